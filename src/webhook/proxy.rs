//! [`TrustedProxy`]: a proxy that may name the public address of a request.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;
use thiserror::Error;

use crate::webhook::{
    PublicUrlError, WebhookError, WebhookErrorKind, WebhookRequest, public_url::Origin,
};

/// A proxy that is believed when it says under which of your addresses a request came.
///
/// Anyone can send `X-Forwarded-Host`. So it counts only where the connection comes from a peer you
/// name, and only to pick one of the addresses you list: nothing of it becomes part of an address.
/// The framework's extractor says who the peer is, or [`WebhookRequest::with_peer`] does.
///
/// ```
/// use anysms::webhook::{PublicUrl, TrustedProxy};
///
/// let proxy = TrustedProxy::new(["10.0.0.0/8", "::1"], ["https://example.com", "https://example.org"])?;
/// let url = PublicUrl::behind(proxy);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TrustedProxy {
    peers: Vec<IpNet>,
    origins: Vec<Origin>,
    header: ProxyHeader,
}

/// Headers in which a proxy names the public address. No others are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyHeader {
    /// `X-Forwarded-Proto`, with `X-Forwarded-Host` or, where the proxy passes it on, `Host`.
    #[default]
    XForwarded,
    /// `Forwarded` of RFC 7239, with its `proto` and `host`.
    Forwarded,
}

impl TrustedProxy {
    /// Creates a proxy at one of these addresses or networks (`10.0.0.0/8`, `::1`), which may name one of
    /// these public addresses (`https://example.com`, without a path).
    ///
    /// # Errors
    /// [`TrustedProxyError`] if one cannot be read, or there is none.
    pub fn new<'a>(
        peers: impl IntoIterator<Item = &'a str>,
        origins: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, TrustedProxyError> {
        let net = |text: &str| text.parse::<IpNet>().or(text.parse::<IpAddr>().map(IpNet::from));
        let peers: Result<Vec<_>, _> = peers.into_iter().map(net).collect();
        let origin = |text| match Origin::parse(text)? {
            (origin, "" | "/") => Ok(origin),
            _ => Err(PublicUrlError),
        };
        let origins: Result<Vec<_>, PublicUrlError> = origins.into_iter().map(origin).collect();
        match (peers, origins) {
            (Err(_), _) => Err(TrustedProxyError::Peer),
            (_, Err(_)) => Err(TrustedProxyError::Origin),
            (Ok(peers), Ok(origins)) if peers.is_empty() || origins.is_empty() => {
                Err(if peers.is_empty() {
                    TrustedProxyError::Peer
                } else {
                    TrustedProxyError::Origin
                })
            }
            (Ok(peers), Ok(origins)) => Ok(Self { peers, origins, header: ProxyHeader::default() }),
        }
    }

    /// Reads this header in place of `X-Forwarded-*`.
    #[must_use]
    pub const fn with_header(mut self, header: ProxyHeader) -> Self {
        self.header = header;
        self
    }

    /// Returns the address that a trusted peer names.
    pub(super) fn origin(&self, request: &WebhookRequest<'_>) -> Result<&Origin, WebhookError> {
        let refused =
            |field| WebhookError::new(WebhookErrorKind::UntrustedAddress).with_field(field);
        // An IPv4 peer of an IPv6 socket is written as `::ffff:10.0.0.1`.
        let peer = request.peer().map(|peer| peer.to_canonical()).ok_or(refused("peer"))?;
        if !self.peers.iter().any(|net| net.contains(&peer)) {
            return Err(refused("peer"));
        }
        let (scheme, authority) = match self.header {
            ProxyHeader::XForwarded => {
                let host = match request.header("X-Forwarded-Host")? {
                    Some(host) => Some(host),
                    None => request.header("Host")?,
                };
                (request.header("X-Forwarded-Proto")?, host)
            }
            ProxyHeader::Forwarded => {
                let value = request.header("Forwarded")?.unwrap_or_default();
                (parameter(value, "proto"), parameter(value, "host"))
            }
        };
        let scheme = scheme.ok_or(refused("proto"))?;
        let authority = authority.ok_or(refused("host"))?;
        let named = |origin: &&Origin| {
            let Origin { scheme: own, host, port, .. } = origin;
            let rest = authority
                .get(..host.len())
                .filter(|start| start.eq_ignore_ascii_case(host))
                .map(|_| &authority[host.len()..]);
            let default = origin.default_port();
            let either_way = |port: &str| port.is_empty() || port == default;
            own.eq_ignore_ascii_case(scheme)
                && rest.is_some_and(|rest| rest == port || either_way(rest) && either_way(port))
        };
        self.origins.iter().find(named).ok_or(refused("host"))
    }
}

/// Returns the one value of a parameter of a `Forwarded` header with one element. Several elements are
/// several proxies, of which only the last is the one that is trusted: they are not read.
fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    if header.contains(',') {
        return None;
    }
    let mut values = header.split(';').filter_map(|pair| {
        let (known, value) = pair.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    });
    let value = values.next().filter(|_| values.next().is_none())?;
    Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

impl fmt::Debug for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedProxy")
            .field("peers", &self.peers)
            .field("origins", &self.origins)
            .field("header", &self.header)
            .finish()
    }
}

/// Reason why a [`TrustedProxy`] cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TrustedProxyError {
    /// There is no peer, or one that is neither an IP address nor a network.
    #[error("trusted proxy: a peer is no IP address or network; write it such as 10.0.0.0/8")]
    Peer,
    /// There is no public address, or one that is not absolute or has a path.
    #[error(
        "trusted proxy: a public address is not a scheme and host; write it such as https://example.com"
    )]
    Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(proxy: &TrustedProxy, peer: &str, headers: &[(&str, &str)]) -> Option<String> {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        let mut request = WebhookRequest::new("POST", "/", &headers, b"");
        if let Ok(peer) = peer.parse() {
            request = request.with_peer(peer);
        }
        proxy.origin(&request).ok().map(|origin| format!("{origin:?}"))
    }

    #[test]
    fn only_a_trusted_peer_picks_only_a_listed_address() {
        let addresses = ["https://example.com", "https://Example.org:8443", "http://example.com"];
        let proxy = TrustedProxy::new(["10.0.0.0/8", "2001:db8::1"], addresses).unwrap();
        let com = Some("https://example.com".to_owned());
        let to = |host| [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", host)];
        for peer in ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1"] {
            assert_eq!(host(&proxy, peer, &to("example.com")), com, "{peer}");
        }
        for peer in ["", "11.0.0.1", "::ffff:11.0.0.1", "127.0.0.1", "2001:db8::2"] {
            assert_eq!(host(&proxy, peer, &to("example.com")), None, "{peer}");
        }
        assert_eq!(host(&proxy, "10.0.0.1", &to("EXAMPLE.com:443")), com);
        let org = Some("https://Example.org:8443".to_owned());
        assert_eq!(host(&proxy, "10.0.0.1", &to("example.org:8443")), org);
        let plain = [("X-Forwarded-Proto", "http"), ("Host", "example.com")];
        assert_eq!(host(&proxy, "10.0.0.1", &plain).as_deref(), Some("http://example.com"));
        for other in [
            "evil.example",
            "example.com.evil.example",
            "example.com:8443",
            "example.org",
            "example.org:443",
            "",
            "example.com, evil.example",
            "example.com@evil.example",
            "é",
        ] {
            assert_eq!(host(&proxy, "10.0.0.1", &to(other)), None, "{other}");
        }
        let twice = [("X-Forwarded-Host", "example.com"), ("X-Forwarded-Host", "example.com")];
        assert_eq!(host(&proxy, "10.0.0.1", &twice), None);
        assert_eq!(host(&proxy, "10.0.0.1", &[("X-Forwarded-Host", "example.com")]), None);
        assert_eq!(
            host(&proxy, "10.0.0.1", &[("Forwarded", "proto=https;host=example.com")]),
            None
        );
    }

    #[test]
    fn reads_the_standard_header_where_told_to() {
        let proxy = TrustedProxy::new(["127.0.0.1"], ["https://example.com"]).unwrap();
        let proxy = proxy.with_header(ProxyHeader::Forwarded);
        let read = |value| host(&proxy, "127.0.0.1", &[("Forwarded", value)]).is_some();
        assert!(read("proto=https;host=example.com"));
        assert!(read("for=192.0.2.1; Proto=https ;HOST=\"example.com\""));
        for value in [
            "",
            "host=example.com",
            "proto=https",
            "proto=https;host=evil.example",
            "proto=https;host=example.com;host=example.com",
            "proto=https;host=example.com, proto=https;host=evil.example",
        ] {
            assert!(!read(value), "{value}");
        }
        let x = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "example.com")];
        assert_eq!(host(&proxy, "127.0.0.1", &x), None);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (peers, origins, error) in [
            (vec!["10.0.0"], vec!["https://example.com"], TrustedProxyError::Peer),
            (vec![], vec!["https://example.com"], TrustedProxyError::Peer),
            (vec!["::1"], vec![], TrustedProxyError::Origin),
            (vec!["::1"], vec!["example.com"], TrustedProxyError::Origin),
            (vec!["::1"], vec!["https://example.com/hooks"], TrustedProxyError::Origin),
            (vec!["::1"], vec!["https://example.com?x=1"], TrustedProxyError::Origin),
        ] {
            assert_eq!(TrustedProxy::new(peers, origins).err(), Some(error));
        }
    }
}
