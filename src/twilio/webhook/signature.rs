//! Twilio's signature: an HMAC over the address and the sorted parameters.
//!
//! Source: Twilio's "Webhooks security" page and the validators of its SDKs, as of 2026-11-20.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::webhook::{Key, Origin, Params, RequestUrl, decode_mac};

/// The hash of the HMAC: SHA-1 with an auth token, and either with a SharedKey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::twilio) enum Algorithm {
    Sha1,
    Sha256,
}

/// The bytes of a signature.
pub(in crate::twilio) enum Signature {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

impl Algorithm {
    /// Its name in the settings header.
    pub(in crate::twilio) const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "HMAC_SHA1",
            Self::Sha256 => "HMAC_SHA256",
        }
    }

    /// Returns the signature of a text, as it stands in the header.
    pub(in crate::twilio) fn sign(self, key: &Key, text: &[u8]) -> String {
        match self {
            Self::Sha1 => STANDARD.encode(key.sha1(text)),
            Self::Sha256 => STANDARD.encode(key.sha256(text)),
        }
    }

    /// Returns the bytes of a signature: canonical base64 of its one length and nothing else.
    pub(in crate::twilio) fn decode(self, header: &str) -> Option<Signature> {
        match self {
            Self::Sha1 => decode_mac(header).map(Signature::Sha1),
            Self::Sha256 => decode_mac(header).map(Signature::Sha256),
        }
    }
}

impl Signature {
    /// Returns whether it is the key's signature of this text.
    pub(in crate::twilio) fn is_of(&self, key: &Key, text: &[u8]) -> bool {
        match self {
            Self::Sha1(mac) => key.is_sha1(text, mac),
            Self::Sha256(mac) => key.is_sha256(text, mac),
        }
    }
}

/// Returns the user name and port under which Twilio may have signed an address: with and without user name
/// and password, and of each with the port as it is, without it, and with the scheme's own.
pub(in crate::twilio) fn forms(origin: &Origin) -> impl Iterator<Item = (&str, &str)> {
    let (own, default) = (origin.port.as_str(), origin.default_port());
    let users = [Some(origin.userinfo.as_str()), (!origin.userinfo.is_empty()).then_some("")];
    let ports = [Some(own), (!own.is_empty()).then_some(""), (own != default).then_some(default)];
    let ports = move |user| ports.into_iter().flatten().map(move |port| (user, port));
    users.into_iter().flatten().flat_map(ports)
}

/// Returns a query with `'`, `:` and `@` as themselves, if it has them as escapes: Twilio may sign before it
/// escapes these three. What the query says stays the same.
///
/// Source: twilio-node 621, 1061 and 1183, twilio-ruby 528, as of 2026-11-20.
pub(in crate::twilio) fn unescaped(query: &str) -> Option<String> {
    let escapes = [("%27", "'"), ("%3A", ":"), ("%3a", ":"), ("%40", "@")];
    let replace = |text: String, (escape, character)| text.replace(escape, character);
    let text = escapes.into_iter().fold(query.to_owned(), replace);
    Some(text).filter(|text| text != query)
}

/// Writes the text that is signed, with this user name and port.
pub(in crate::twilio) fn signed_text(
    text: &mut Vec<u8>,
    url: &RequestUrl<'_>,
    (userinfo, port): (&str, &str),
    params: Option<&Params>,
) {
    let Origin { scheme, host, .. } = url.origin;
    let (mark, query) = url.query.as_deref().map_or(("", ""), |query| ("?", query));
    let parts = [scheme, "://", userinfo, host, port, url.path, mark, query];
    text.clear();
    let params_len = params.map_or(0, Params::written_len);
    text.reserve(parts.iter().map(|part| part.len()).sum::<usize>() + params_len);
    parts.iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
    // A repeated name is signed once for each of its different values.
    if let Some(params) = params {
        params.write_distinct(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_the_forms_twilio_signs() {
        for (url, expected) in [
            (
                "https://u:p@example.com:8443",
                &[
                    ("u:p@", ":8443"),
                    ("u:p@", ""),
                    ("u:p@", ":443"),
                    ("", ":8443"),
                    ("", ""),
                    ("", ":443"),
                ][..],
            ),
            ("https://example.com", &[("", ""), ("", ":443")]),
            ("https://example.com:443", &[("", ":443"), ("", "")]),
            ("http://[::1]", &[("", ""), ("", ":80")]),
            ("http://[::1]:8080", &[("", ":8080"), ("", ""), ("", ":80")]),
        ] {
            let (origin, _) = Origin::parse(url).unwrap();
            assert_eq!(forms(&origin).collect::<Vec<_>>(), expected, "{url}");
        }
    }

    #[test]
    fn only_three_escapes_may_have_been_signed_as_characters() {
        assert_eq!(unescaped("a=%27%3A%3a%40&b=%2F").as_deref(), Some("a='::@&b=%2F"));
        for query in ["", "a='", "a=%2527&b=%253A", "a=%26%3D%2B%20%25%23%3F%2C%22%7E"] {
            assert_eq!(unescaped(query), None, "{query}");
        }
    }

    #[test]
    fn only_the_canonical_form_is_a_signature() {
        assert!(decode_mac::<20>("RSOYDt4T1cUTdK1PDd93/VVr8B8=").is_some());
        assert!(decode_mac::<32>("xhtapDfw8ATkoCh/n/AIIuw7svY6WzS7Yz3yHwUG+PY=").is_some());
        for text in [
            "",
            "=",
            "RSOYDt4T",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8",
            "RSOYDt4T1cUTdK1PDd93_VVr8B8=",
            " RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            "RSOYDt4T1cUTdK1PDd93/VVr8B9=",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8A",
            "xhtapDfw8ATkoCh/n/AIIuw7svY6WzS7Yz3yHwUG+PY=",
        ] {
            assert!(decode_mac::<20>(text).is_none(), "{text}");
        }
    }
}
