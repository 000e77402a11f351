//! [`PublicUrl`]: where the provider calls, as the provider sees it.

use std::{fmt, str::FromStr};

use crate::{
    message::WebUrl,
    webhook::{WebhookError, WebhookErrorKind, WebhookRequest},
};

/// The address under which the provider calls, as the provider sees it. Both vendors sign it, and a
/// process behind a proxy cannot know it, so it is configured and never guessed from `Host` or
/// `X-Forwarded-*`.
///
/// Give the whole address, `https://example.com/hooks/twilio`, with its query if it has one: then a
/// request passes for that endpoint only, whatever path the proxy passes on. Neither vendor marks in
/// what it signs where the address ends and the parameters begin, so a signature seen once could be
/// made to fit another address and other parameters.
///
/// With a host alone, `https://example.com`, path and query are those of the request, and **it is for
/// the router in front to let through only the paths and queries that were given to the provider**.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,         // scheme and authority
    target: Option<String>, // path and query
    get: bool,
}

impl PublicUrl {
    /// Reads an address. It is kept byte for byte; a fragment, which is never signed, is dropped.
    ///
    /// # Errors
    /// [`PublicUrlError`] if it is not an absolute `http` or `https` address.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let text = text.split_once('#').map_or(text, |(before, _)| before);
        let web = WebUrl::parse(text).map_err(|_| PublicUrlError)?;
        let text = web.as_str();
        let host = text.find("://").ok_or(PublicUrlError)? + 3;
        let end = text[host..].find(['/', '?']).map_or(text.len(), |at| host + at);
        let target = Some(&text[end..]).filter(|target| !target.is_empty() && *target != "/");
        Ok(Self { origin: text[..end].to_owned(), target: target.map(str::to_owned), get: false })
    }

    /// Expects calls by GET in place of POST, with everything in the query.
    #[must_use]
    pub const fn by_get(mut self) -> Self {
        self.get = true;
        self
    }

    /// The whole address of a request, as the provider signed it.
    ///
    /// # Errors
    /// `UnsupportedMethod` if the provider was told to call by the other method, `BadSignature` if the
    /// query is not the one the provider was given.
    pub(crate) fn of(&self, request: &WebhookRequest<'_>) -> Result<String, WebhookError> {
        if request.method() != if self.get { "GET" } else { "POST" } {
            return Err(WebhookError::new(WebhookErrorKind::UnsupportedMethod));
        }
        let Some(target) = &self.target else {
            let path = request.path();
            return Ok(join(&self.origin, path, request.query()));
        };
        let (path, given) = match target.split_once('?') {
            Some((path, query)) => (path, query),
            None => (target.as_str(), ""),
        };
        let query = request.query();
        if !self.allows(given, query.unwrap_or_default()) {
            let mismatch = WebhookError::new(WebhookErrorKind::BadSignature);
            return Err(mismatch.with_field("query"));
        }
        Ok(join(&self.origin, path, query))
    }

    /// Whether this is the query the provider was given: with the parameters behind it if it calls by
    /// GET, and with the hash of the body in it if it calls by POST.
    fn allows(&self, given: &str, query: &str) -> bool {
        if self.get {
            let rest = query.strip_prefix(given);
            return rest
                .is_some_and(|rest| given.is_empty() || rest.is_empty() || rest.starts_with('&'));
        }
        let hash = |part: &&str| part.starts_with("bodySHA256=");
        query == given
            || query
                .split('&')
                .filter(|part| !hash(part))
                .eq(given.split('&').filter(|part| !part.is_empty()))
    }
}

fn join(origin: &str, path: &str, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{origin}{path}?{query}"),
        None => format!("{origin}{path}"),
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
        f.write_str("public URL: must be an absolute http or https address")
    }
}

impl std::error::Error for PublicUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(public: &str, method: &str, target: &str) -> Result<String, WebhookErrorKind> {
        let public = PublicUrl::parse(public).unwrap();
        let public = if method == "GET" { public.by_get() } else { public };
        public.of(&WebhookRequest::new(method, target, &[], b"")).map_err(|error| error.kind())
    }

    #[test]
    fn is_what_the_provider_saw() {
        for (public, whole) in [
            ("https://example.com", "https://example.com/inner/a%2Fb?x=1"),
            ("https://example.com/", "https://example.com/inner/a%2Fb?x=1"),
            ("https://Example.com:8443/hooks?x=1#rc=3", "https://Example.com:8443/hooks?x=1"),
            ("https://u:p@example.com/hooks/?x=1", "https://u:p@example.com/hooks/?x=1"),
        ] {
            assert_eq!(of(public, "POST", "/inner/a%2Fb?x=1").as_deref(), Ok(whole));
        }
        for text in ["", "example.com", "/hooks", "ftp://example.com"] {
            assert_eq!(PublicUrl::parse(text), Err(PublicUrlError), "{text}");
        }
    }

    #[test]
    fn a_whole_address_has_one_query() {
        let given = "https://example.com/hooks?x=1";
        for query in ["x=1", "x=1&bodySHA256=ab", "bodySHA256=ab&x=1"] {
            assert!(of(given, "POST", &format!("/hooks?{query}")).is_ok(), "{query}");
        }
        for query in ["", "x=", "x=1AccountSidAC1", "x=1&y=2", "x=1&", "y=2&x=1"] {
            let answer = of(given, "POST", &format!("/hooks?{query}"));
            assert_eq!(answer, Err(WebhookErrorKind::BadSignature), "{query}");
        }
        let bare = "https://example.com/hooks";
        assert!(of(bare, "POST", "/hooks").is_ok());
        assert!(of(bare, "POST", "/hooks?bodySHA256=ab").is_ok());
        assert_eq!(of(bare, "POST", "/hooks?x=1"), Err(WebhookErrorKind::BadSignature));
        assert!(of(given, "GET", "/hooks?x=1&From=1").is_ok());
        assert_eq!(of(given, "GET", "/hooks?x=12&From=1"), Err(WebhookErrorKind::BadSignature));
    }

    #[test]
    fn only_the_configured_method_passes() {
        let url = PublicUrl::parse("https://example.com").unwrap();
        for (url, method) in [(url.clone(), "GET"), (url.clone(), "PUT"), (url.by_get(), "POST")] {
            let error = url.of(&WebhookRequest::new(method, "/", &[], b"")).unwrap_err();
            assert_eq!(error.kind(), WebhookErrorKind::UnsupportedMethod);
        }
    }
}
