//! What the targets of webhooks share: requests, one changed byte, signatures by the slow, obvious
//! rule, and what holds for whatever is refused.

#![allow(dead_code, reason = "no target uses all of it")]

use std::{collections::BTreeSet, fmt::Write};

use anysms::webhook::{Authenticity, Verified, Webhook, WebhookExt, WebhookRequest};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

pub const TOKEN: &str = "token";
pub const ORIGIN: &str = "https://example.com";
pub const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// Another byte in place of one.
#[derive(Clone, Copy)]
pub struct Flip {
    /// Which of several things, where there is a choice.
    pub what: usize,
    at: usize,
    byte: u8,
}

impl Flip {
    /// Reads the first three bytes of an input.
    pub fn read(data: &[u8]) -> Option<(Self, &[u8])> {
        let ([what, at, byte], rest) = data.split_first_chunk()?;
        Some((Self { what: (*what).into(), at: (*at).into(), byte: *byte }, rest))
    }

    /// The bytes with one of them changed.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let at = self.at % bytes.len().max(1);
        match bytes.get_mut(at) {
            Some(byte) if *byte == self.byte => *byte = byte.wrapping_add(1),
            Some(byte) => *byte = self.byte,
            None => bytes.push(self.byte),
        }
        bytes
    }

    /// The text with one byte changed, if it is a text then.
    pub fn of_text(self, text: &str) -> Option<String> {
        String::from_utf8(self.of(text.as_bytes())).ok()
    }

    /// The form with one byte of a decoded value changed, written again.
    pub fn of_value(self, form: &[u8]) -> Option<Vec<u8>> {
        let mut pairs = pairs(form);
        let count = pairs.len();
        let (_, value) = pairs.get_mut(self.what % count.max(1))?;
        *value = self.of_text(value)?;
        Some(written(&pairs).into_bytes())
    }
}

/// The first line of an input, and what follows; all of it where there is one line.
pub fn line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, b""),
    }
}

pub fn pairs(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}

pub fn sorted(form: &[u8]) -> Vec<(String, String)> {
    let mut pairs = pairs(form);
    pairs.sort();
    pairs
}

pub fn written(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub fn sha1(key: &str, text: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap().chain_update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

pub fn sha256(key: &str, text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The SHA-256 of a body, in hex.
pub fn body_hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// What Twilio signs: the address, and names and values in order, each pair once.
pub fn twilio_text(url: &str, form: &[u8]) -> String {
    let mut pairs = sorted(form);
    pairs.dedup();
    pairs.iter().fold(url.to_owned(), |text, (name, value)| text + name + value)
}

/// What Plivo signs by its third version.
pub fn plivo_text(url: &str, form: &[u8], nonce: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let query: Vec<_> = sorted(query.as_bytes()).iter().map(|(n, v)| format!("{n}={v}")).collect();
    let form: Vec<_> = sorted(form).iter().map(|(name, value)| format!("{name}{value}")).collect();
    let mark = if query.is_empty() && form.is_empty() { "" } else { "?" };
    let dot = if query.is_empty() || form.is_empty() { "" } else { "." };
    format!("{base}{mark}{}{dot}{}.{nonce}", query.join("&"), form.concat())
}

/// An address in its parts: scheme with `://`, user name with `@`, host, port with `:`, and the rest
/// without its fragment.
pub fn parts(url: &str) -> [&str; 5] {
    let url = url.split('#').next().unwrap();
    let (scheme, rest) = url.split_at(url.find("://").unwrap() + 3);
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    let name = host.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(':');
    let (host, port) = host.split_at(name.map_or(host.len(), str::len));
    [scheme, user, host, port, rest]
}

fn default_port(scheme: &str) -> &'static str {
    if scheme.eq_ignore_ascii_case("https://") { ":443" } else { ":80" }
}

/// The forms of an address that Twilio may have signed.
pub fn twilio_forms(url: &str) -> BTreeSet<String> {
    let [scheme, user, host, port, rest] = parts(url);
    let ports = [port, "", default_port(scheme)];
    let with = |user| ports.map(|port| format!("{scheme}{user}{host}{port}{rest}"));
    [user, ""].into_iter().flat_map(with).collect()
}

/// The forms of an address that Plivo may have signed.
pub fn plivo_forms(url: &str) -> BTreeSet<String> {
    let [scheme, _, host, port, rest] = parts(url);
    let default = default_port(scheme);
    let ports = if port.is_empty() || port == default { ["", default] } else { [port; 2] };
    let bare = rest.strip_prefix('/').filter(|rest| rest.is_empty() || rest.starts_with('?'));
    let with = |port| {
        [Some(rest), bare]
            .into_iter()
            .flatten()
            .map(move |rest| format!("{scheme}{host}{port}{rest}"))
    };
    ports.into_iter().flat_map(with).collect()
}

/// Whether a query has the hash of a body.
pub fn has_hash(target: &str) -> bool {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|part| part.split('=').next() == Some("bodySHA256"))
}

/// Checks a request, and reads it if it passes: how much of it is proved.
pub fn passes(webhook: &dyn Webhook, request: WebhookRequest<'_>) -> Option<Authenticity> {
    let read = webhook.receive(request);
    match Verified::check(webhook, request) {
        Ok(verified) => {
            // What is authentic may still be malformed: that is the sender's fault, and no panic.
            let read = webhook.parse(&verified);
            if let Err(error) = &read {
                assert!(matches!(error.http_status(), 400 | 403 | 413), "{error}");
            }
            if let Ok(event) = read {
                assert_eq!(event.authenticity(), verified.proof().authenticity);
            }
            Some(verified.proof().authenticity)
        }
        Err(error) => {
            assert_eq!(read.err(), Some(error), "an event without a proof");
            assert!([403, 413, 415].contains(&error.http_status()), "{error}");
            None
        }
    }
}

/// Whether a request passes, and all of it is proved.
pub fn is_full(webhook: &dyn Webhook, request: WebhookRequest<'_>) -> bool {
    passes(webhook, request) == Some(Authenticity::Full)
}

/// The sources of what a diagnosis may say.
const SAID: [&str; 4] = [
    include_str!("../../../src/webhook/diagnosis.rs"),
    include_str!("../../../src/webhook/error.rs"),
    include_str!("../../../src/twilio/webhook/mod.rs"),
    include_str!("../../../src/plivo/webhook/mod.rs"),
];

/// Diagnoses one request in eight, as a diagnosis checks many times over.
pub fn diagnose_some(
    webhook: &dyn Webhook,
    request: WebhookRequest<'_>,
    chosen_by: impl AsRef<[u8]>,
) {
    if chosen_by.as_ref().iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)) % 8 == 0 {
        diagnose(webhook, request);
    }
}

/// Diagnoses a request: every word of it is one of the source's, short, or a number that is not from
/// the parameters.
fn diagnose(webhook: &dyn Webhook, request: WebhookRequest<'_>) {
    let diagnosis = webhook.diagnose(&request);
    assert_eq!(diagnosis.error(), webhook.check_signature(&request).err());
    let text = diagnosis.to_string();
    let header = |name| request.header(name).ok().flatten().unwrap_or_default();
    let given = [header("host"), header("x-forwarded-host"), header("content-length")];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 5) {
        let from_headers = || given.iter().any(|given| given.contains(word));
        assert!(SAID.iter().any(|said| said.contains(word)) || from_headers(), "says a value");
    }
}
