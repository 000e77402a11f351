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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebUrlError {
    /// More than 2,048 bytes.
    TooLong,
    /// A space, a control character or a byte beyond ASCII; write it percent-encoded.
    NotUrlSafe {
        /// Its place in the text, in bytes from 0.
        at: usize,
    },
    /// Neither `http` nor `https`.
    Scheme,
    /// Not a URL with a host.
    Malformed,
}

impl fmt::Display for WebUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("URL: ")?;
        match self {
            Self::TooLong => f.write_str("has more than 2,048 bytes"),
            Self::NotUrlSafe { at } => write!(f, "byte {at} must be percent-encoded"),
            Self::Scheme => f.write_str("must begin with https:// or http://"),
            Self::Malformed => f.write_str("is not an absolute URL with a host"),
        }
    }
}

impl std::error::Error for WebUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

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
