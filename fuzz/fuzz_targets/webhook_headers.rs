//! Headers: whatever they hold, a request passes exactly where a slow reading of them says so.
//!
//! ```text
//! cargo fuzz run -s none webhook_headers
//! ```
//!
//! An input is three bytes that say what is changed, and a line for each header: a byte that names it,
//! and its value, in which `$1` to `$6` stand for right signatures.

#![no_main]

mod support;

use anysms::{
    plivo::PlivoWebhook,
    twilio::{SharedKeyAlgorithm, TwilioWebhook},
    webhook::{ProxyHeader, PublicUrl, TrustedProxy, Webhook, WebhookRequest},
};
use libfuzzer_sys::fuzz_target;
use support::{
    FORM, Flip, ORIGIN, TOKEN, diagnose_some, passes, plivo_text, sha1, sha256, twilio_text,
};

const NAMES: [&str; 20] = [
    "content-type",
    "Content-Encoding",
    "content-length",
    "Host",
    "x-twilio-signature",
    "X-Twilio-Webhooks-Signature-Settings",
    "X-Plivo-Signature-V3",
    "x-plivo-signature-ma-v3",
    "x-plivo-signature-v3-nonce",
    "x-plivo-signature-v2",
    "x-plivo-signature-ma-v2",
    "x-plivo-signature-v2-nonce",
    "x-plivo-signature",
    "Forwarded",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-For",
    "x-twilio-signature2",
    "x-other",
    "",
];
const NONCE: &str = "12345678901234567890";
const TARGET: &str = "/hooks";
const BODY: &[u8] = b"AccountSid=AC1&MessageSid=SM1&MessageStatus=sent&MessageUUID=m-1&Status=sent";
/// The shared keys: name, secret, algorithm.
const SHARED: [(&str, &str, &str); 2] = [
    ("webhooks_sharedkey_1", "secret 1", "HMAC_SHA256"),
    ("webhooks_sharedkey_2", "secret 2", "HMAC_SHA1"),
];
const PEERS: [&str; 4] = ["10.0.0.1", "::ffff:10.0.0.1", "11.0.0.1", "2001:db8::1"];

type Headers<'a> = [(&'a str, &'a [u8])];

fuzz_target!(|data: &[u8]| {
    let Some((flip, data)) = Flip::read(data) else { return };
    let address = format!("{ORIGIN}{TARGET}");
    let text = twilio_text(&address, BODY);
    let right = [
        sha1(TOKEN, &text),
        sha256(SHARED[0].1, &text),
        sha1(SHARED[1].1, &text),
        sha256(TOKEN, &plivo_text(&address, BODY, NONCE)),
        sha256(TOKEN, &format!("{address}{NONCE}")),
        NONCE.to_owned(),
    ];
    let mut owned: Vec<(&str, Vec<u8>)> = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some((name, value)) = line.split_first() else { continue };
        owned.push((NAMES[usize::from(*name) % NAMES.len()], filled(value, &right)));
    }
    let headers: Vec<(&str, &[u8])> = owned.iter().map(|(name, value)| (*name, &**value)).collect();
    hold(&headers, flip);

    // One byte of one header changed; and its value with no signature in it.
    let at = flip.what % owned.len().max(1);
    let Some((_, value)) = owned.get_mut(at) else { return };
    *value = flip.of(value);
    let headers: Vec<(&str, &[u8])> = owned.iter().map(|(name, value)| (*name, &**value)).collect();
    hold(&headers, flip);
});

/// A value with what stands for signatures filled in.
fn filled(value: &[u8], right: &[String]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = value;
    while let [byte, after @ ..] = rest {
        let number = after.first().map(|digit| usize::from(digit.wrapping_sub(b'1')));
        match number.and_then(|number| right.get(number)) {
            Some(text) if *byte == b'$' => {
                filled.extend_from_slice(text.as_bytes());
                rest = &after[1..];
            }
            _ => {
                filled.push(*byte);
                rest = after;
            }
        }
    }
    filled
}

fn hold(headers: &Headers<'_>, flip: Flip) {
    let request = WebhookRequest::new("POST", TARGET, headers, BODY);
    let url: PublicUrl = ORIGIN.parse().unwrap();
    let mut twilio = TwilioWebhook::new(TOKEN, url.clone()).unwrap();
    for (name, secret, algorithm) in SHARED {
        let algorithm = match algorithm {
            "HMAC_SHA1" => SharedKeyAlgorithm::HmacSha1,
            _ => SharedKeyAlgorithm::HmacSha256,
        };
        twilio = twilio.with_shared_key(name, secret, algorithm).unwrap();
    }
    let by_twilio = twilio_passes(headers).is_some();
    assert_eq!(passes(&twilio, request).is_some(), by_twilio, "Twilio");
    let plivo = PlivoWebhook::new(TOKEN, url).unwrap();
    for (webhook, lenient) in [(plivo.clone(), false), (plivo.clone().lenient(), true)] {
        let by_plivo = plivo_passes(headers, lenient).is_some();
        assert_eq!(passes(&webhook, request).is_some(), by_plivo, "Plivo");
    }
    for webhook in [&twilio as &dyn Webhook, &plivo] {
        diagnose_some(webhook, request, [flip.what as u8]);
    }

    // Behind a proxy: only a trusted peer names an address, and only a listed one.
    let peer = PEERS[flip.what / 4 % PEERS.len()];
    let request = request.with_peer(peer.parse().unwrap());
    for header in [ProxyHeader::XForwarded, ProxyHeader::Forwarded] {
        let origins = ["http://example.org:8080", ORIGIN];
        let proxy = TrustedProxy::new(["10.0.0.0/8"], origins).unwrap().with_header(header);
        let named = match header {
            ProxyHeader::XForwarded => forwarded_by_parts(headers),
            _ => forwarded(headers),
        };
        let trusted = peer.ends_with("10.0.0.1")
            && named.is_some_and(|(scheme, host)| {
                let host = host.to_lowercase();
                scheme.eq_ignore_ascii_case("https")
                    && (host == "example.com" || host == "example.com:443")
            });
        let plain = TwilioWebhook::new(TOKEN, PublicUrl::behind(proxy)).unwrap();
        let settings = one(headers, "x-twilio-webhooks-signature-settings") == Some(None);
        let by_twilio = settings && twilio_passes(headers).is_some();
        assert_eq!(passes(&plain, request).is_some(), trusted && by_twilio, "{header:?}");
        diagnose_some(&plain, request, [flip.what as u8]);
    }
}

/// The one value of a header; none where it is there twice or is no visible ASCII.
fn one<'a>(headers: &Headers<'a>, name: &str) -> Option<Option<&'a str>> {
    let mut values = headers.iter().filter(|(known, _)| known.to_lowercase() == name);
    let Some((_, value)) = values.next() else { return Some(None) };
    let text = std::str::from_utf8(value).ok()?;
    let visible = text.chars().all(|c| c.is_ascii() && !c.is_ascii_control());
    (values.next().is_none() && visible).then_some(Some(text))
}

/// Whether the content is a form.
fn form(headers: &Headers<'_>) -> Option<()> {
    one(headers, "content-encoding")?.is_none_or(|coding| coding == "identity").then_some(())?;
    let kind = one(headers, "content-type")??.to_lowercase();
    let (kind, charset) = kind.split_once(';').unwrap_or((&kind, ""));
    let utf8 = ["", "charset=utf-8", "charset=\"utf-8\""].contains(&charset.trim());
    (kind.trim().as_bytes() == FORM && utf8).then_some(())
}

fn twilio_passes(headers: &Headers<'_>) -> Option<()> {
    form(headers)?;
    let signature = one(headers, "x-twilio-signature")??;
    let text = twilio_text(&format!("{ORIGIN}{TARGET}"), BODY);
    let expected = match one(headers, "x-twilio-webhooks-signature-settings")? {
        None => sha1(TOKEN, &text),
        Some(settings) => {
            let value = |name: &str| {
                let pairs = settings.split(',').filter_map(|pair| pair.split_once('='));
                let values: Vec<_> = pairs.filter(|(known, _)| known.trim() == name).collect();
                if let [(_, value)] = values[..] { Some(value.trim()) } else { None }
            };
            let (key, algorithm) = (value("key")?, value("algorithm")?);
            let named = |shared: &&(&str, &str, &str)| shared.0 == key && shared.2 == algorithm;
            let (_, secret, algorithm) = SHARED.iter().find(named)?;
            if *algorithm == "HMAC_SHA1" { sha1(secret, &text) } else { sha256(secret, &text) }
        }
    };
    (signature == expected).then_some(())
}

fn plivo_passes(headers: &Headers<'_>, lenient: bool) -> Option<()> {
    form(headers)?;
    let address = format!("{ORIGIN}{TARGET}");
    for (name, nonce, v3) in [
        ("x-plivo-signature-v3", "x-plivo-signature-v3-nonce", true),
        ("x-plivo-signature-ma-v3", "x-plivo-signature-v3-nonce", true),
        ("x-plivo-signature-v2", "x-plivo-signature-v2-nonce", false),
        ("x-plivo-signature-ma-v2", "x-plivo-signature-v2-nonce", false),
    ] {
        let Some(list) = one(headers, name)?.filter(|list| !list.is_empty()) else { continue };
        let nonce = one(headers, nonce)??;
        let digits = nonce.chars().all(|c| c.is_ascii_digit());
        let few = list.split(',').count() <= 8 && (lenient || !list.contains(' '));
        let expected = match v3 {
            true => sha256(TOKEN, &plivo_text(&address, BODY, nonce)),
            false => sha256(TOKEN, &format!("{address}{nonce}")),
        };
        let found = list.split(',').any(|entry| entry.trim() == expected);
        return (found && few && digits && (1..=64).contains(&nonce.len())).then_some(());
    }
    None
}

/// The scheme and host that `X-Forwarded-*` name.
fn forwarded_by_parts<'a>(headers: &Headers<'a>) -> Option<(&'a str, &'a str)> {
    let host = one(headers, "x-forwarded-host")?;
    let host = if host.is_none() { one(headers, "host")? } else { host };
    Some((one(headers, "x-forwarded-proto")??, host?))
}

/// The scheme and host that `Forwarded` names.
fn forwarded<'a>(headers: &Headers<'a>) -> Option<(&'a str, &'a str)> {
    let header = one(headers, "forwarded")??;
    let value = |name: &str| {
        let pairs = header.split(';').filter_map(|pair| pair.split_once('='));
        let values: Vec<_> =
            pairs.filter(|(known, _)| known.trim().to_lowercase() == name).collect();
        let [(_, value)] = values[..] else { return None };
        let value = value.trim();
        Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
    };
    if header.contains(',') { None } else { Some((value("proto")?, value("host")?)) }
}
