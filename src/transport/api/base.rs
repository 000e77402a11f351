//! [`BaseUrl`]: the address of an API.

use http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};

use crate::error::{Error, ErrorKind, Result};

/// Address of an API: scheme, host and port.
///
/// ```
/// use anysms::transport::BaseUrl;
///
/// assert!(BaseUrl::https("api.example.com").is_ok());
/// assert!(BaseUrl::custom("http://127.0.0.1:8080", false).is_ok());
/// assert!(BaseUrl::custom("https://elsewhere.example.com", false).is_err()); // it would get the credentials
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
}

impl BaseUrl {
    /// Takes a host of the vendor, over https.
    ///
    /// # Errors
    /// `Config` if the host is malformed.
    pub fn https(host: &str) -> Result<Self> {
        let authority = host.parse().map_err(|_| config("base URL: the host is malformed"))?;
        Ok(Self { scheme: Scheme::HTTPS, authority })
    }

    /// Takes a host of the user's own. It receives the credentials, so it must be a loopback address unless
    /// `any_host` allows others, and then over https.
    ///
    /// # Errors
    /// `Config` if the URL has anything but a scheme, a host and a port, or names a host that is not allowed.
    pub fn custom(url: &str, any_host: bool) -> Result<Self> {
        let malformed = || config("base URL: needs a scheme and a host, and nothing after them");
        let uri: Uri = url.parse().map_err(|_| malformed())?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(malformed());
        };
        let path = parts.path_and_query.as_ref().map_or("/", PathAndQuery::as_str);
        if path != "/" || url.contains(['#', '@']) {
            return Err(malformed());
        }
        let https = scheme == Scheme::HTTPS;
        match (is_loopback(authority.host()), any_host) {
            (true, _) if https || scheme == Scheme::HTTP => {}
            (false, true) if https => {}
            (false, true) => return Err(config("base URL: must be https")),
            _ => return Err(config("base URL: must be a loopback address, or allowed by name")),
        }
        Ok(Self { scheme, authority })
    }

    pub(crate) fn uri(&self, path: PathAndQuery) -> Result<Uri> {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .map_err(|_| config("request: the URL could not be put together"))
    }

    /// Returns whether an absolute address is on this very host.
    pub(super) fn has(&self, uri: &Uri) -> bool {
        uri.scheme() == Some(&self.scheme) && uri.authority() == Some(&self.authority)
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(super) fn config(detail: &'static str) -> Error {
    Error::not_sent(ErrorKind::Config).with_detail(detail)
}

/// Refuses a setting that names a host, unless it is null.
pub(crate) fn set_in_code<'de, D, T>(deserializer: D) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default,
{
    let refuse =
        |_| D::Error::custom("base_url: cannot be deserialized; call with_base_url in code");
    Option::<IgnoredAny>::deserialize(deserializer)?
        .map_or_else(|| Ok(T::default()), |any| Err(refuse(any)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_only_where_they_may() {
        for url in
            ["http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:2", "https://127.0.0.1"]
        {
            assert!(BaseUrl::custom(url, false).is_ok(), "{url}");
        }
        for url in [
            "http://example.com",
            "https://example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://127.0.0.1:80/path",
            "http://127.0.0.1?x",
            "ftp://127.0.0.1",
            "127.0.0.1:80",
            "",
        ] {
            assert!(BaseUrl::custom(url, false).is_err(), "{url}");
        }
        assert!(BaseUrl::custom("https://example.com:8443", true).is_ok());
        assert!(BaseUrl::custom("http://example.com", true).is_err());
    }
}
