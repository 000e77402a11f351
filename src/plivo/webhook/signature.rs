//! Plivo's signatures: HMAC-SHA256 over the address and a nonce (V2), and over the parameters too
//! (V3); the old V1 is HMAC-SHA1 over the address and the parameters.
//!
//! Source: Plivo's SDKs for Python and Node, where they agree, as of 2026-11-20.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::webhook::{Key, Origin, Params, RequestUrl, decode_mac};

/// Most signatures in one header.
const MOST: usize = 8;
/// Longest header that is read, in bytes: each signature has 44, and there may be blanks.
const LONGEST: usize = MOST * 64;

/// Version of the signature, which fixes the text that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plivo) enum Version {
    V1,
    V2,
    V3,
}

impl Version {
    /// Writes the text that is signed, with this port and path.
    pub(in crate::plivo) fn write(
        self,
        text: &mut Vec<u8>,
        (url, (port, path)): (&RequestUrl<'_>, (&str, &str)),
        (query, params): (&Params, &Params),
        nonce: Option<&str>,
    ) {
        let Origin { scheme, host, .. } = url.origin;
        text.clear();
        text.reserve(96 + host.len() + path.len() + query.written_len() + params.written_len());
        let mut push = |part: &str| text.extend_from_slice(part.as_bytes());
        [scheme, "://", host, port, path].into_iter().for_each(&mut push);
        match self {
            Self::V1 => {
                url.query.as_deref().into_iter().flat_map(|query| ["?", query]).for_each(push);
                params.write(text);
            }
            Self::V2 => nonce.into_iter().for_each(push),
            Self::V3 => append_v3(text, (query, params), nonce.unwrap_or_default()),
        }
    }
}

/// A version of the signature and its headers: those of the account, of the main account, and of the
/// nonce.
pub(in crate::plivo) struct Scheme {
    pub(in crate::plivo) version: Version,
    pub(in crate::plivo) plain: Option<&'static str>,
    pub(in crate::plivo) main: Option<&'static str>,
    pub(in crate::plivo) nonce: Option<&'static str>,
}

/// Schemes, in the order in which they are looked for.
pub(in crate::plivo) const SCHEMES: [Scheme; 3] = [
    Scheme {
        version: Version::V3,
        plain: Some("X-Plivo-Signature-V3"),
        main: Some("X-Plivo-Signature-Ma-V3"),
        nonce: Some("X-Plivo-Signature-V3-Nonce"),
    },
    Scheme {
        version: Version::V2,
        plain: Some("X-Plivo-Signature-V2"),
        main: Some("X-Plivo-Signature-Ma-V2"),
        nonce: Some("X-Plivo-Signature-V2-Nonce"),
    },
    Scheme { version: Version::V1, plain: Some("X-Plivo-Signature"), main: None, nonce: None },
];

/// Signatures that are accepted, and the header that decides.
#[derive(Clone, Copy, Default)]
pub(in crate::plivo) struct Rules {
    pub(in crate::plivo) main_account: bool,
    pub(in crate::plivo) require_v3: bool,
    pub(in crate::plivo) allow_v1: bool,
    pub(in crate::plivo) lenient: bool,
}

impl Rules {
    pub(in crate::plivo) const fn allow(self, version: Version) -> bool {
        match version {
            Version::V3 => true,
            Version::V2 => !self.require_v3,
            Version::V1 => self.allow_v1 && !self.require_v3,
        }
    }
}

/// The signatures of a header.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, on the stack")]
pub(in crate::plivo) enum Signatures {
    Sha1([u8; 20]),
    Sha256([[u8; 32]; MOST], usize),
}

impl Signatures {
    /// Reads up to 8 signatures with commas between them, each 44 characters of canonical base64; one
    /// of 28 where it is V1. What is not a signature is left out.
    pub(in crate::plivo) fn decode(version: Version, header: &str, lenient: bool) -> Option<Self> {
        if version == Version::V1 {
            return decode_mac(header).map(Self::Sha1);
        }
        let (mut all, mut count) = ([[0; 32]; MOST], 0);
        // One signature, as nearly always, has no comma and no blank.
        if let Some(only) = decode_mac(header) {
            all[0] = only;
            return Some(Self::Sha256(all, 1));
        }
        let blank = |b: u8| matches!(b, b' ' | b'\t');
        if header.len() > LONGEST
            || header.split(',').count() > MOST
            || !lenient && header.bytes().any(blank)
        {
            return None;
        }
        for signature in header.split(',').filter_map(|entry| decode_mac(entry.trim())) {
            all[count] = signature;
            count += 1;
        }
        Some(Self::Sha256(all, count))
    }

    /// Returns whether any of these signatures is the key's signature of this text. All are compared, so
    /// that the time does not tell which.
    pub(in crate::plivo) fn any_of(&self, key: &Key, text: &[u8]) -> bool {
        match self {
            Self::Sha1(mac) => key.is_sha1(text, mac),
            Self::Sha256(all, count) => {
                let signs = key.signs_sha256(text);
                all[..*count].iter().fold(false, |found, mac| found | signs(mac))
            }
        }
    }
}

/// Returns the signature of a text, as it stands in the header.
pub(in crate::plivo) fn sign(key: &Key, text: &[u8]) -> String {
    STANDARD.encode(key.sha256(text))
}

/// Appends what V3 signs behind the address: its query sorted, the parameters sorted, and the nonce.
/// Parameters of a GET are in its query.
pub(in crate::plivo) fn append_v3(
    text: &mut Vec<u8>,
    (query, params): (&Params, &Params),
    nonce: &str,
) {
    if !query.is_empty() || !params.is_empty() {
        text.push(b'?');
    }
    query.write_query(text);
    if !query.is_empty() && !params.is_empty() {
        text.push(b'.');
    }
    params.write(text);
    text.push(b'.');
    text.extend_from_slice(nonce.as_bytes());
}

/// Returns an address and its query; a fragment is in neither.
pub(in crate::plivo) fn split(url: &str) -> (&str, &str) {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    url.split_once('?').unwrap_or((url, ""))
}

/// Returns the port and path under which Plivo may have signed an address: with or without the scheme's own
/// port, and where the path is `/`, with or without it, as a request always has one and a callback address
/// may not. User name and password are never signed.
pub(in crate::plivo) fn forms<'a>(
    url: &RequestUrl<'a>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let (own, default) = (url.origin.port.as_str(), url.origin.default_port());
    let other = match own {
        "" => Some(default),
        own if own == default => Some(""),
        _ => None,
    };
    let paths = [Some(url.path), (url.path == "/").then_some("")];
    let paths = move |port| paths.into_iter().flatten().map(move |path| (port, path));
    std::iter::once(own).chain(other).flat_map(paths)
}

/// Returns whether Plivo's SDKs disagree about what is signed of this address.
pub(in crate::plivo) fn disputed(url: &RequestUrl<'_>, query: &Params, method: &str) -> bool {
    // The parameters of a GET are in its query, and may be anything.
    let in_query = method != "GET" && (query.has_repeated_name() || !query.is_ascii());
    url.path.contains('%') || in_query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_the_forms_plivo_signs() {
        for (url, path, expected) in [
            ("https://u:p@example.com", "/a", &[("", "/a"), (":443", "/a")][..]),
            ("http://example.com:80", "/a", &[(":80", "/a"), ("", "/a")]),
            ("https://example.com:1", "/", &[(":1", "/"), (":1", "")]),
            ("https://[::1]:8443", "/a", &[(":8443", "/a")]),
            ("https://[::1]", "/a", &[("", "/a"), (":443", "/a")]),
        ] {
            let (origin, _) = Origin::parse(url).unwrap();
            let url = RequestUrl { origin: &origin, path, query: None };
            assert_eq!(forms(&url).collect::<Vec<_>>(), expected);
        }
    }
}
