//! [`PublicUrl`]: where the provider calls, as the provider sees it.

use std::{fmt, str::FromStr, sync::Arc};

use thiserror::Error;

use crate::{
    message::WebUrl,
    webhook::{TrustedProxy, WebhookError, WebhookErrorKind, WebhookRequest, request::split},
};

/// The address under which the provider calls, as the provider sees it. Both vendors sign it, and a
/// process behind a proxy cannot know it, so it is configured and never guessed from `Host` or
/// `X-Forwarded-*`; a [`TrustedProxy`] may say which of several configured ones it is.
///
/// Give the whole address, `https://example.com/hooks/twilio`, with its query if it has one: then a
/// request passes for that endpoint only, whatever path the proxy passes on. Neither vendor marks in
/// what it signs where the address ends and the parameters begin, so a signature seen once could be
/// made to fit another address and other parameters.
///
/// With a host alone, `https://example.com`, path and query are those of the request, and **it is for
/// the router in front to let through only the paths and queries that were given to the provider**.
#[derive(Clone)]
pub struct PublicUrl {
    source: Source,
    target: Option<String>, // path and query
    get: bool,
}

/// Source of scheme and host.
#[derive(Clone)]
enum Source {
    Fixed(Origin),
    Proxy(Arc<TrustedProxy>),
}

impl PublicUrl {
    /// Reads an address. It is kept byte for byte; a fragment, which is never signed, is dropped.
    ///
    /// # Errors
    /// [`PublicUrlError`] if it is not an absolute `http` or `https` address.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let (origin, rest) = Origin::parse(text)?;
        let target = Some(rest).filter(|target| !target.is_empty() && *target != "/");
        Ok(Self { source: Source::Fixed(origin), target: target.map(str::to_owned), get: false })
    }

    /// Takes scheme and host from what a trusted proxy says, among those it may name. Path and query
    /// are those of the request, and **it is for the router in front to let through only those that were
    /// given to the provider**.
    #[must_use]
    pub fn behind(proxy: TrustedProxy) -> Self {
        Self { source: Source::Proxy(Arc::new(proxy)), target: None, get: false }
    }

    /// Expects calls by GET in place of POST, with everything in the query.
    #[must_use]
    pub const fn by_get(mut self) -> Self {
        self.get = true;
        self
    }

    /// Returns the address as text; `None` behind a proxy.
    pub(super) fn text(&self) -> Option<String> {
        let Source::Fixed(Origin { scheme, userinfo, host, port }) = &self.source else {
            return None;
        };
        let target = self.target.as_deref().unwrap_or_default();
        Some(format!("{scheme}://{userinfo}{host}{port}{target}"))
    }

    /// Creates a public URL from a scheme and host, with path and query of the request.
    pub(super) const fn of_origin(origin: Origin, get: bool) -> Self {
        Self { source: Source::Fixed(origin), target: None, get }
    }

    /// Returns scheme and host, path and query where they are configured, and whether calls are by GET;
    /// `None` if no trusted proxy names an address.
    pub(super) fn parts(
        &self,
        request: &WebhookRequest<'_>,
    ) -> Option<(&Origin, Option<&str>, bool)> {
        let origin = match &self.source {
            Source::Fixed(origin) => origin,
            Source::Proxy(proxy) => proxy.origin(request).ok()?,
        };
        Some((origin, self.target.as_deref(), self.get))
    }

    /// Returns the whole address of a request, as the provider signed it.
    ///
    /// # Errors
    /// `UnsupportedMethod` if the provider was told to call by the other method, `BadSignature` if the
    /// query is not the one the provider was given, `UntrustedAddress` if no trusted proxy names a
    /// known address.
    pub(crate) fn of<'a>(
        &'a self,
        request: &WebhookRequest<'a>,
    ) -> Result<RequestUrl<'a>, WebhookError> {
        if request.method() != if self.get { "GET" } else { "POST" } {
            return Err(WebhookError::new(WebhookErrorKind::UnsupportedMethod));
        }
        let origin = match &self.source {
            Source::Fixed(origin) => origin,
            Source::Proxy(proxy) => proxy.origin(request)?,
        };
        let query = request.query();
        let Some(target) = &self.target else {
            return Ok(RequestUrl { origin, path: request.path(), query });
        };
        let (path, given) = split(target);
        if !self.allows(given.unwrap_or_default(), query.unwrap_or_default()) {
            let mismatch = WebhookError::new(WebhookErrorKind::BadSignature);
            return Err(mismatch.with_field("query"));
        }
        Ok(RequestUrl { origin, path, query })
    }

    /// Returns whether this is the query the provider was given: with the parameters behind it if it calls
    /// by GET, and with the hash of the body in it if it calls by POST.
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
                .eq(given.split('&').filter(|part| !(given.is_empty() && part.is_empty())))
    }
}

/// The address of one request, in the parts that vendors vary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestUrl<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

/// Scheme and authority of an address, each part as it was written.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) scheme: String,
    /// With its `@`, or empty.
    pub(crate) userinfo: String,
    pub(crate) host: String,
    /// With its `:`, or empty.
    pub(crate) port: String,
}

impl Origin {
    /// Reads an address up to its path, and gives the rest without its fragment.
    pub(crate) fn parse(text: &str) -> Result<(Self, &str), PublicUrlError> {
        let text = text.split_once('#').map_or(text, |(before, _)| before);
        WebUrl::parse(text).map_err(|_| PublicUrlError)?;
        let (scheme, rest) = text.split_once("://").ok_or(PublicUrlError)?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (userinfo, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let colon = host.rfind(':').filter(|at| host[at + 1..].bytes().all(|b| b.is_ascii_digit()));
        let (host, port) = host.split_at(colon.unwrap_or(host.len()));
        let own = str::to_owned;
        let origin =
            Self { scheme: own(scheme), userinfo: own(userinfo), host: own(host), port: own(port) };
        Ok((origin, rest))
    }

    /// Returns the port of the scheme, with its `:`.
    pub(crate) fn default_port(&self) -> &'static str {
        if self.scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" }
    }
}

impl fmt::Debug for Origin {
    /// Leaves out user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.host, self.port)
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
        match &self.source {
            Source::Fixed(origin) => write!(f, "PublicUrl({origin:?})"),
            Source::Proxy(proxy) => write!(f, "PublicUrl({proxy:?})"),
        }
    }
}

/// Error of an address that is not an absolute `http` or `https` URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "public URL: not an absolute http or https address; write it such as https://example.com/hooks"
)]
#[non_exhaustive]
pub struct PublicUrlError;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(public: &str, method: &str, target: &str) -> Result<String, WebhookErrorKind> {
        let public = PublicUrl::parse(public).unwrap();
        let public = if method == "GET" { public.by_get() } else { public };
        let request = WebhookRequest::new(method, target, &[], b"");
        let url = public.of(&request).map_err(|error| error.kind())?;
        let Origin { scheme, userinfo, host, port } = url.origin;
        let query = url.query.map(|query| format!("?{query}")).unwrap_or_default();
        Ok(format!("{scheme}://{userinfo}{host}{port}{}{query}", url.path))
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
            assert_eq!(PublicUrl::parse(text).err(), Some(PublicUrlError), "{text}");
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
        let odd = "https://example.com/hooks?x=1&&y=2";
        for query in ["x=1&&y=2", "x=1&&y=2&bodySHA256=ab"] {
            assert!(of(odd, "POST", &format!("/hooks?{query}")).is_ok(), "{query}");
        }
        assert!(of(odd, "POST", "/hooks?x=1&y=2").is_err());
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
            let request = WebhookRequest::new(method, "/", &[], b"");
            let error = url.of(&request).unwrap_err();
            assert_eq!(error.kind(), WebhookErrorKind::UnsupportedMethod);
        }
    }
}
