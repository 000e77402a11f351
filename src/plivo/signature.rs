//! Plivo's signatures: HMAC-SHA256 over the address and a nonce (V2), and over the parameters too
//! (V3).
//!
//! Source: Plivo's SDKs for Python and Node, where they agree, as of 2026-11-20.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::webhook::Form;

/// A key, ready to sign: the token is in the state of the hash and nowhere else.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha256>);

impl Key {
    /// None for a token of white space only.
    pub(super) fn new(token: &str) -> Option<Self> {
        if token.trim().is_empty() {
            return None;
        }
        Hmac::new_from_slice(token.as_bytes()).ok().map(Self)
    }

    /// The signature of a text, as it stands in the header.
    pub(super) fn sign(&self, text: &str) -> String {
        STANDARD.encode(self.mac(text).finalize().into_bytes())
    }

    /// Whether any of the signatures is of any of the texts. All are tried, so that the time does
    /// not tell which.
    pub(super) fn matches(&self, texts: &[String], signatures: &[[u8; 32]]) -> bool {
        let mut matched = false;
        for text in texts {
            for signature in signatures {
                matched |= self.mac(text).verify_slice(signature).is_ok();
            }
        }
        matched
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac
    }
}

/// The text that V2 signs: the address without its query, and the nonce.
pub(super) fn v2_text(url: &str, nonce: &str) -> String {
    format!("{}{nonce}", split(url).0)
}

/// The text that V3 signs: the address, its query sorted, the parameters sorted, and the nonce.
/// Parameters of a GET are in its query.
pub(super) fn v3_text(url: &str, params: &Form<'_>, query: &Form<'_>, nonce: &str) -> String {
    let mut text = split(url).0.to_owned();
    let (query, params) = (query.pairs(), params.pairs());
    if !query.is_empty() || !params.is_empty() {
        text.push('?');
    }
    for (at, (name, value)) in query.iter().enumerate() {
        let ampersand = if at == 0 { "" } else { "&" };
        text.extend([ampersand, name, "=", value]);
    }
    if !query.is_empty() && !params.is_empty() {
        text.push('.');
    }
    for (name, value) in params {
        text.extend([name.as_ref(), value.as_ref()]);
    }
    text.extend([".", nonce]);
    text
}

/// An address and its query; a fragment is in neither.
pub(super) fn split(url: &str) -> (&str, &str) {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    url.split_once('?').unwrap_or((url, ""))
}

/// The forms of an address that Plivo may have signed: without user name and password, with or
/// without the scheme's own port, and where the path is `/`, with or without it, as a request always
/// has one and a callback address may not.
pub(super) fn candidates(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let default = if scheme == "https" { ":443" } else { ":80" };
    let has_port = host.rsplit(']').next().unwrap_or(host).contains(':');
    let other = match host.strip_suffix(default) {
        Some(bare) => Some(bare.to_owned()),
        None if has_port => None,
        None => Some(format!("{host}{default}")),
    };
    let pathless = path.strip_prefix('/').filter(|rest| rest.is_empty() || rest.starts_with('?'));
    let hosts = std::iter::once(host.to_owned()).chain(other);
    let forms = |host: String| {
        let paths = std::iter::once(path).chain(pathless);
        paths.map(move |path| format!("{scheme}://{host}{path}")).collect::<Vec<_>>()
    };
    hosts.flat_map(forms).collect()
}

/// The signatures in a header: up to 8, with commas between them, each 44 characters of canonical
/// base64. What is not a signature is left out.
pub(super) fn decode(header: &str) -> Option<Vec<[u8; 32]>> {
    const MOST: usize = 8;
    if header.split(',').count() > MOST {
        return None;
    }
    let entry = |text: &str| STANDARD.decode(text.trim()).ok()?.try_into().ok();
    Some(header.split(',').filter_map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_the_forms_plivo_signs() {
        assert_eq!(
            candidates("https://u:p@example.com/a"),
            ["https://example.com/a", "https://example.com:443/a"]
        );
        assert_eq!(candidates("http://example.com:80")[1..], ["http://example.com"]);
        assert_eq!(
            candidates("https://example.com:1/?a=b"),
            ["https://example.com:1/?a=b", "https://example.com:1?a=b"]
        );
        assert_eq!(candidates("https://[::1]:8443/a"), ["https://[::1]:8443/a"]);
        assert_eq!(candidates("https://[::1]/a")[1..], ["https://[::1]:443/a"]);
    }
}
