//! Protection of the pages: who may ask, and the headers of every answer.
//!
//! A page of another site must not reach a sandbox. A request has to name this machine in `Host`, so that
//! a name that was pointed at it later (DNS rebinding) does not; and what comes from a browser has to come
//! from these pages.

use std::net::IpAddr;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};

/// Policy of every answer: scripts, styles and requests of these pages alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; \
    base-uri 'none'";

/// Relation of the page that a request comes from, by the browser's word.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what comes from elsewhere, and adds the headers to every answer.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let strict = request.method() != Method::GET || request.uri().path().ends_with("/stream");
    let mut response = match refusal(request.headers(), strict) {
        None => next.run(request).await,
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
    };
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    set(X_FRAME_OPTIONS, "DENY");
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Returns why a request is refused; `None` if it may pass. A strict one changes something, or listens.
fn refusal(headers: &HeaderMap, strict: bool) -> Option<&'static str> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(host) = text(HOST).filter(|host| is_local(host)) else {
        return Some("host: must be localhost or an address of this machine\n");
    };
    let site = text(SEC_FETCH_SITE);
    let own = match headers.get(ORIGIN) {
        None => true,
        // A form of a page that sends no referrer has no origin; the browser vouches for it elsewhere.
        Some(origin) if origin == "null" => site == Some("same-origin"),
        Some(_) => text(ORIGIN) == Some(&format!("http://{host}")),
    };
    let vouched = !strict || matches!(site, None | Some("same-origin" | "none"));
    (!own || !vouched).then_some("origin: must be that of this sandbox\n")
}

/// Returns `true` if a host is `localhost` or an address, with or without a port.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_host_is_an_address_or_localhost() {
        for host in ["localhost", "localhost:4010", "127.0.0.1:4010", "[::1]:4010", "192.168.0.7"] {
            assert!(refusal(&headers(&[("host", host)]), true).is_none(), "{host}");
        }
        for host in ["example.com", "localhost.example.com", "127.0.0.1.example.com:80", "", ":80"]
        {
            assert!(refusal(&headers(&[("host", host)]), false).is_some(), "{host}");
        }
        assert!(refusal(&HeaderMap::new(), false).is_some());
    }

    #[test]
    fn an_origin_is_the_same_or_vouched_for() {
        let host = ("host", "127.0.0.1:4010");
        for (fits, rest) in [
            (true, &[][..]),
            (true, &[("origin", "http://127.0.0.1:4010")]),
            (true, &[("origin", "null"), ("sec-fetch-site", "same-origin")]),
            (false, &[("origin", "null")]),
            (false, &[("origin", "null"), ("sec-fetch-site", "cross-site")]),
            (false, &[("origin", "http://127.0.0.1:4011")]),
            (false, &[("origin", "https://127.0.0.1:4010")]),
            (false, &[("origin", "http://example.com")]),
            (false, &[("sec-fetch-site", "cross-site")]),
            (false, &[("sec-fetch-site", "same-site")]),
        ] {
            let all = [&[host], rest].concat();
            assert_eq!(refusal(&headers(&all), true).is_none(), fits, "{rest:?}");
        }
        let link = [host, ("sec-fetch-site", "cross-site")];
        assert!(refusal(&headers(&link), false).is_none(), "a link from elsewhere opens the page");
    }
}
