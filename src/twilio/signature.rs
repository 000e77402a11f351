//! Twilio's signature: HMAC-SHA1 over the address and the sorted parameters.
//!
//! Source: Twilio's "Webhooks security" page and the validators of its SDKs, as of 2026-11-20.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::webhook::Form;

/// A key, ready to sign: the token is in the state of the hash and nowhere else.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha1>);

impl Key {
    /// None for a token of white space only.
    pub(super) fn new(token: &str) -> Option<Self> {
        if token.trim().is_empty() {
            return None;
        }
        Hmac::new_from_slice(token.as_bytes()).ok().map(Self)
    }

    /// The signature of an address and its parameters, as it stands in the header.
    pub(super) fn sign(&self, url: &str, params: &Form<'_>) -> String {
        STANDARD.encode(self.mac(url, params).finalize().into_bytes())
    }

    /// Whether the signature is of any of the forms of the address. All are tried, so that the time
    /// does not tell which.
    pub(super) fn matches(&self, urls: &[String], params: &Form<'_>, signature: &[u8; 20]) -> bool {
        let check = |url: &String| self.mac(url, params).verify_slice(signature).is_ok();
        urls.iter().fold(false, |matched, url| matched | check(url))
    }

    fn mac(&self, url: &str, params: &Form<'_>) -> Hmac<Sha1> {
        let mut mac = self.0.clone();
        mac.update(url.as_bytes());
        let mut last = None;
        for pair in params.pairs() {
            // A repeated name is signed once for each of its different values.
            if last.replace(pair) != Some(pair) {
                mac.update(pair.0.as_bytes());
                mac.update(pair.1.as_bytes());
            }
        }
        mac
    }
}

/// The bytes of a signature: 28 characters of canonical base64 and nothing else.
pub(super) fn decode(header: &str) -> Option<[u8; 20]> {
    if header.len() != 28 {
        return None;
    }
    STANDARD.decode(header).ok()?.try_into().ok()
}

/// The forms of an address that Twilio may have signed: with and without user name and password,
/// and of each with the port as it is, without it, and with the scheme's own.
pub(super) fn candidates(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let default = if matches!(scheme, "https" | "wss") { "443" } else { "80" };
    let (userinfo, host) = authority
        .rsplit_once('@')
        .map_or(("", authority), |(_, host)| authority.split_at(authority.len() - host.len()));
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !bare.ends_with(':') => {
            bare
        }
        _ => host,
    };
    let mut forms = Vec::with_capacity(6);
    for user in [userinfo, ""].into_iter().skip(usize::from(userinfo.is_empty())) {
        for host in [host.to_owned(), bare.to_owned(), format!("{bare}:{default}")] {
            let form = format!("{scheme}://{user}{host}{path}");
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_the_forms_twilio_signs() {
        assert_eq!(
            candidates("https://u:p@example.com:8443/a?b=c:1"),
            [
                "https://u:p@example.com:8443/a?b=c:1",
                "https://u:p@example.com/a?b=c:1",
                "https://u:p@example.com:443/a?b=c:1",
                "https://example.com:8443/a?b=c:1",
                "https://example.com/a?b=c:1",
                "https://example.com:443/a?b=c:1",
            ]
        );
        assert_eq!(candidates("http://[::1]/x")[1..], ["http://[::1]:80/x"]);
        assert_eq!(candidates("http://[::1]:8080/x")[1..], ["http://[::1]/x", "http://[::1]:80/x"]);
    }

    #[test]
    fn only_the_canonical_form_is_a_signature() {
        assert!(decode("RSOYDt4T1cUTdK1PDd93/VVr8B8=").is_some());
        for text in [
            "",
            "=",
            "RSOYDt4T",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8",
            "RSOYDt4T1cUTdK1PDd93_VVr8B8=",
            " RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            "RSOYDt4T1cUTdK1PDd93/VVr8B9=",
        ] {
            assert!(decode(text).is_none(), "{text}");
        }
    }
}
