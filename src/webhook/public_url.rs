//! [`PublicUrl`]: where the provider calls, as the provider sees it.

use std::{fmt, str::FromStr};

use crate::webhook::WebhookRequest;

/// The address under which the provider calls, as the provider sees it. Both vendors sign it, and a
/// process behind a proxy cannot know it, so it is configured and never guessed from `Host` or
/// `X-Forwarded-*`.
///
/// With a path, `https://example.com/hooks/twilio`, it is the whole address of one endpoint, whatever
/// path the proxy passes on. Without one, `https://example.com`, the path is that of the request. The
/// query is that of the request either way.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String, // scheme, authority
    path: Option<String>,
}

impl PublicUrl {
    /// Reads an address. It is kept byte for byte; a fragment, which is never signed, is dropped.
    ///
    /// # Errors
    /// [`PublicUrlError`] if it is not an absolute `http` or `https` address, or has a query.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let text = text.split_once('#').map_or(text, |(before, _)| before);
        let web = crate::message::WebUrl::parse(text).map_err(|_| PublicUrlError)?;
        let text = web.as_str();
        if text.contains('?') {
            return Err(PublicUrlError);
        }
        let host = text.find("://").ok_or(PublicUrlError)? + 3;
        let end = text[host..].find('/').map_or(text.len(), |at| host + at);
        let path = Some(&text[end..]).filter(|path| !path.is_empty() && *path != "/");
        Ok(Self { origin: text[..end].to_owned(), path: path.map(str::to_owned) })
    }

    /// The whole address of a request, as the provider signed it.
    pub(crate) fn of(&self, request: &WebhookRequest<'_>) -> String {
        let path = self.path.as_deref().unwrap_or_else(|| request.path());
        match request.query() {
            Some(query) => format!("{}{path}?{query}", self.origin),
            None => format!("{}{path}", self.origin),
        }
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.origin.rsplit(['@', '/']).next().unwrap_or_default();
        write!(f, "PublicUrl({host})")
    }
}

/// A text that is not a public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicUrlError;

impl fmt::Display for PublicUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("public URL: must be an absolute http or https address without a query")
    }
}

impl std::error::Error for PublicUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_provider_saw() {
        let request = WebhookRequest::new("POST", "/inner/a%2Fb?x=1", &[], b"");
        for (public, whole) in [
            ("https://example.com", "https://example.com/inner/a%2Fb?x=1"),
            ("https://example.com/", "https://example.com/inner/a%2Fb?x=1"),
            ("https://Example.com:8443/hooks#rc=3", "https://Example.com:8443/hooks?x=1"),
            ("https://u:p@example.com/hooks/", "https://u:p@example.com/hooks/?x=1"),
        ] {
            assert_eq!(PublicUrl::parse(public).unwrap().of(&request), whole);
        }
        for text in ["", "example.com", "/hooks", "https://example.com/?x", "ftp://example.com"] {
            assert_eq!(PublicUrl::parse(text), Err(PublicUrlError), "{text}");
        }
    }
}
