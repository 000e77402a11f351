//! [`WebUrl`]: an address that a provider is asked to call or to fetch.

use std::{fmt, str::FromStr};

/// An absolute `http` or `https` URL, at most 2,048 bytes of ASCII, kept byte for byte.
///
/// It is not normalised, because providers sign the very bytes they were given. A fragment is kept:
/// Twilio reads its connection overrides from it. `Debug` shows only the scheme and the host, as a
/// path may hold a token.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebUrl(Box<str>);

impl WebUrl {
    /// Longest URL, in bytes.
    pub const MAX_LEN: usize = 2_048;

    /// Reads a URL.
    ///
    /// # Errors
    /// [`WebUrlError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, WebUrlError> {
        if text.len() > Self::MAX_LEN {
            return Err(WebUrlError::TooLong);
        }
        if is_plain(text) {
            return Ok(Self(text.into()));
        }
        if let Some(at) = text.bytes().position(|b| !b.is_ascii_graphic()) {
            return Err(WebUrlError::NotUrlSafe { at });
        }
        let uri: http::Uri = text.parse().map_err(|_| WebUrlError::Malformed)?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            _ => return Err(WebUrlError::Scheme),
        }
        match uri.host() {
            None | Some("") => Err(WebUrlError::Malformed),
            Some(_) => Ok(Self(text.into())),
        }
    }

    /// Returns the URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns `true` for a URL of the most common form, for which the whole grammar is not needed.
fn is_plain(text: &str) -> bool {
    let Some(rest) = text.as_bytes().strip_prefix(b"https://") else { return false };
    let host = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(host);
    let in_host = |b: u8| b.is_ascii_alphanumeric() | (b == b'.') | (b == b'-');
    let in_path = |b: u8| in_host(b) | (b == b'/') | (b == b'_');
    !host.is_empty() && all(host, in_host) && all(path, in_path)
}

/// Returns whether all bytes are such. Without an early end, so that many bytes are looked at in one step.
fn all(bytes: &[u8], is: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, byte| all & is(*byte))
}

/// Fails if the address is relative, or neither `http` nor `https`.
///
/// ```
/// use anysms::message::WebUrl;
///
/// let uri = http::Uri::from_static("https://example.com/map.png");
/// assert_eq!(WebUrl::try_from(&uri)?.as_str(), "https://example.com/map.png");
/// # Ok::<(), anysms::message::WebUrlError>(())
/// ```
impl TryFrom<&http::Uri> for WebUrl {
    type Error = WebUrlError;

    fn try_from(uri: &http::Uri) -> Result<Self, WebUrlError> {
        Self::parse(&uri.to_string())
    }
}

/// Drops a fragment, which the type of the `http` crate has no place for.
///
/// ```
/// use anysms::message::WebUrl;
///
/// let url: WebUrl = "https://example.com/map.png#top".parse()?;
/// assert_eq!(http::Uri::from(&url), "https://example.com/map.png");
/// # Ok::<(), anysms::message::WebUrlError>(())
/// ```
impl From<&WebUrl> for http::Uri {
    fn from(url: &WebUrl) -> Self {
        url.0.parse().unwrap_or_default() // it was read as one
    }
}

/// Takes the URL as the `url` crate writes it; fails if it is neither `http` nor `https`, or too long.
///
/// ```
/// use anysms::message::WebUrl;
///
/// let url = url::Url::parse("https://example.com/map.png").expect("a URL");
/// assert_eq!(WebUrl::try_from(&url)?.as_str(), "https://example.com/map.png");
/// # Ok::<(), anysms::message::WebUrlError>(())
/// ```
#[cfg(feature = "url")]
impl TryFrom<&url::Url> for WebUrl {
    type Error = WebUrlError;

    fn try_from(url: &url::Url) -> Result<Self, WebUrlError> {
        Self::parse(url.as_str())
    }
}

/// Normalises, as the `url` crate does; fails on what only that crate refuses, such as an invalid port.
///
/// ```
/// use anysms::message::WebUrl;
///
/// let url: WebUrl = "https://example.com".parse()?;
/// assert_eq!(url::Url::try_from(&url)?.as_str(), "https://example.com/");
/// # Ok::<(), anysms::message::WebUrlError>(())
/// ```
#[cfg(feature = "url")]
impl TryFrom<&WebUrl> for url::Url {
    type Error = WebUrlError;

    fn try_from(url: &WebUrl) -> Result<Self, WebUrlError> {
        Self::parse(&url.0).map_err(|_| WebUrlError::Malformed)
    }
}

impl FromStr for WebUrl {
    type Err = WebUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri: http::Uri = self.0.parse().unwrap_or_default();
        let (scheme, host) = (uri.scheme_str().unwrap_or(""), uri.host().unwrap_or(""));
        write!(f, "WebUrl({scheme}://{host}/…)")
    }
}

serde_as_text!(WebUrl);

/// Reason why a text is not a URL that a provider could call. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebUrlError {
    /// More than 2,048 bytes.
    #[error("URL: has more than 2,048 bytes")]
    TooLong,
    /// A space, a control character or a byte beyond ASCII; write it percent-encoded.
    #[error("URL: byte {at} must be percent-encoded")]
    NotUrlSafe {
        /// Its place in the text, in bytes from 0.
        at: usize,
    },
    /// Neither `http` nor `https`.
    #[error("URL: must begin with https:// or http://")]
    Scheme,
    /// Not a URL with a host.
    #[error("URL: is not an absolute URL with a host")]
    Malformed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_url_is_one_by_the_whole_grammar_too() {
        for byte in 0..=u8::MAX {
            let byte = char::from(byte);
            for text in [
                format!("https://{byte}"),
                format!("https://a{byte}"),
                format!("https://a{byte}b/c"),
                format!("https://a/{byte}"),
                format!("https://{byte}/"),
            ] {
                if is_plain(&text) {
                    let uri: http::Uri = text.parse().unwrap();
                    assert!(uri.host().is_some_and(|host| !host.is_empty()), "{text}");
                }
            }
        }
        assert!(is_plain("https://example.com/a/b_c-1.png") && !is_plain("https:///a"));
    }

    #[test]
    fn keeps_the_bytes() {
        for text in ["https://example.com", "http://127.0.0.1:8080/a%2Fb?x=1&y#rc=3&rp=all"] {
            assert_eq!(WebUrl::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn says_which_rule_is_broken() {
        use WebUrlError::*;
        let long = format!("https://example.com/{}", "x".repeat(2_048));
        for (text, error) in [
            ("", Malformed),
            ("example.com", Scheme),
            ("ftp://example.com", Scheme),
            ("https://", Malformed),
            ("/hooks", Scheme),
            ("https://example.com/a b", NotUrlSafe { at: 21 }),
            ("https://example.com/é", NotUrlSafe { at: 20 }),
            (&long, TooLong),
        ] {
            assert_eq!(WebUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn debug_hides_the_path() {
        let url = WebUrl::parse("https://user:secret@example.com/token").unwrap();
        assert_eq!(format!("{url:?}"), "WebUrl(https://example.com/…)");
    }
}
