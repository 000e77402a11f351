//! [`PublicUrl`]: where the provider calls, as the provider sees it.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use thiserror::Error;

use crate::{
    message::WebUrl,
    webhook::{
        Params, TrustedProxy, WebhookError, WebhookErrorKind, WebhookRequest, request::split,
    },
};

/// The address under which the provider calls, as the provider sees it. Both vendors sign it, and a
/// process behind a proxy cannot know it, so it is configured and never guessed from `Host` or
/// `X-Forwarded-*`; a [`TrustedProxy`] may say which of several configured ones it is.
///
/// Give the whole address, `https://example.com/hooks/twilio`, with its query if it has one: then a
/// request passes for that endpoint only, whatever path the proxy passes on. The query is signed as it is written
/// here; the request's own need only say the same, in any order and however it is escaped, as proxies and
/// frameworks write it anew (`@` and `%40`, `+` and `%20`, `flag` and `flag=`). Neither vendor marks in
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
            let query = query.map(Cow::Borrowed);
            return Ok(RequestUrl { origin, path: request.path(), query });
        };
        let (path, given) = split(target);
        let mismatch = WebhookError::new(WebhookErrorKind::BadSignature).with_field("query");
        let query = self.signed_query(given, query).ok_or(mismatch)?;
        Ok(RequestUrl { origin, path, query })
    }

    /// Returns the query that the provider signed: the configured one as it is written, and behind it what the
    /// provider adds, which is the parameters where it calls by GET and the hash of the body where it calls by
    /// POST. `None` if the request's query says something else.
    ///
    /// A proxy or a framework may have written the request's query anew, so it need only say the same: the same
    /// names and values, decoded, in any order.
    fn signed_query<'a>(
        &self,
        given: Option<&'a str>,
        query: Option<&'a str>,
    ) -> Option<Option<Cow<'a, str>>> {
        let (own, said) = (given.unwrap_or_default(), query.unwrap_or_default());
        if own == said {
            return Some(given.map(Cow::Borrowed));
        }
        let behind = said.strip_prefix(own).filter(|rest| own.is_empty() || rest.starts_with('&'));
        let added = |part: &&str| part.starts_with("bodySHA256=");
        if let Some(rest) = behind
            && (self.get
                || rest.split('&').filter(|part| !part.is_empty()).all(|part| added(&part)))
        {
            return Some(Some(Cow::Borrowed(said)));
        }
        let rest: Vec<&str> = if self.get {
            without(said, own)?
        } else {
            let (hashes, others): (Vec<_>, Vec<_>) = said.split('&').partition(added);
            let same = Params::parse(own.as_bytes()).ok()?;
            let others = Params::parse(others.join("&").as_bytes()).ok()?;
            same.pairs().eq(others.pairs()).then_some(hashes)?
        };
        let parts: Vec<&str> =
            std::iter::once(own).filter(|own| !own.is_empty()).chain(rest).collect();
        let query: Option<Cow<'a, str>> = Some(parts.join("&").into());
        Some(query.filter(|query| given.is_some() || !query.is_empty()))
    }
}

/// Returns the parts of a query that are left without those that another one says, each once; `None` if one of
/// them is not there.
fn without<'a>(query: &'a str, given: &str) -> Option<Vec<&'a str>> {
    Params::parse(query.as_bytes()).ok()?; // within the limits
    let pair = |part: &str| {
        let params = Params::parse(part.as_bytes()).ok()?;
        params.pairs().next().map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let mut wanted: Vec<_> = given.split('&').filter_map(pair).collect();
    let mut rest = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let pair = pair(part)?;
        match wanted.iter().position(|wanted| *wanted == pair) {
            Some(at) => drop(wanted.swap_remove(at)),
            None => rest.push(part),
        }
    }
    wanted.is_empty().then_some(rest)
}

/// The address of one request, in the parts that vendors vary.
#[derive(Clone, Debug)]
pub(crate) struct RequestUrl<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) path: &'a str,
    pub(crate) query: Option<Cow<'a, str>>,
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
        let query = url.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
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
        let given = "https://example.com/hooks?x=1&y=a%40b+c&flag";
        let signed = Ok("https://example.com/hooks?x=1&y=a%40b+c&flag");
        for query in [
            "x=1&y=a%40b+c&flag",
            "flag&y=a%40b+c&x=1",
            "x=1&y=a@b%20c&flag=",
            "%78=%31&y=a%40b+c&&flag&",
        ] {
            assert_eq!(of(given, "POST", &format!("/hooks?{query}")).as_deref(), signed, "{query}");
        }
        for query in [
            "x=1&y=a%40b+c",
            "x=1&y=a%40b+c&flag&flag",
            "x=1&y=a%40b%2Bc&flag",
            "x=1%26y=a%40b+c&flag",
            "x=1&y=a%40b+c&flag&z=1",
            "x=1&y=A%40b+c&flag",
            "X=1&y=a%40b+c&flag",
            "x=1&y=a%40b+c&flag=1",
            "x=1&y=%FF&flag",
            "",
        ] {
            let answer = of(given, "POST", &format!("/hooks?{query}"));
            assert_eq!(answer, Err(WebhookErrorKind::BadSignature), "{query}");
        }
        // The hash of a body stands behind what was configured.
        let given = "https://example.com/hooks?x=1&y=2";
        let signed = Ok("https://example.com/hooks?x=1&y=2&bodySHA256=ab");
        for query in ["x=1&y=2&bodySHA256=ab", "bodySHA256=ab&y=2&x=1", "y=2&bodySHA256=ab&x=%31"] {
            assert_eq!(of(given, "POST", &format!("/hooks?{query}")).as_deref(), signed, "{query}");
        }
        let bare = "https://example.com/hooks";
        assert_eq!(of(bare, "POST", "/hooks").as_deref(), Ok("https://example.com/hooks"));
        let signed = Ok("https://example.com/hooks?bodySHA256=ab");
        assert_eq!(of(bare, "POST", "/hooks?bodySHA256=ab").as_deref(), signed);
        assert_eq!(of(bare, "POST", "/hooks?x=1"), Err(WebhookErrorKind::BadSignature));
    }

    #[test]
    fn by_get_the_parameters_stand_behind_the_query() {
        let given = "https://example.com/hooks?x=1&y=a%40b";
        let signed = Ok("https://example.com/hooks?x=1&y=a%40b&From=%2B1&Body=x=1");
        for query in [
            "x=1&y=a%40b&From=%2B1&Body=x=1",
            "From=%2B1&y=a@b&Body=x=1&x=1",
            "y=a%40b&From=%2B1&x=%31&Body=x=1",
        ] {
            assert_eq!(of(given, "GET", &format!("/hooks?{query}")).as_deref(), signed, "{query}");
        }
        for query in ["x=12&y=a%40b&From=1", "y=a%40b&From=1", "From=x=1&y=a%40b", "x=1", ""] {
            let answer = of(given, "GET", &format!("/hooks?{query}"));
            assert_eq!(answer, Err(WebhookErrorKind::BadSignature), "{query}");
        }
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
