//! Public addresses: a request passes under the forms of its address that the vendor may have signed,
//! and under no other.
//!
//! ```text
//! cargo fuzz run -s none webhook_urls
//! ```
//!
//! An input is three bytes that say what is changed, and three lines: the public address, a request's
//! target, and the addresses of trusted proxies.

#![no_main]

mod support;

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{MAX_PARAMS, PublicUrl, TrustedProxy, WebhookRequest},
};
use libfuzzer_sys::fuzz_target;
use support::{
    FORM, Flip, TOKEN, diagnose_some, has_hash, line, parts, passes, plivo_forms, plivo_text, sha1,
    sha256, twilio_forms, twilio_text,
};

const BODY: &[u8] = b"AccountSid=AC1&MessageSid=SM1&MessageStatus=sent&MessageUUID=m-1&Status=sent";
const NONCE: &str = "12345678901234567890";

fuzz_target!(|data: &[u8]| {
    let Some((flip, data)) = Flip::read(data) else { return };
    let (given, data) = line(data);
    let (target, peers) = line(data);
    let (Ok(given), Ok(target), Ok(peers)) =
        (std::str::from_utf8(given), std::str::from_utf8(target), std::str::from_utf8(peers))
    else {
        return;
    };
    let Ok(url) = given.parse::<PublicUrl>() else {
        assert!(TrustedProxy::new(["::1"], [given]).is_err());
        return;
    };
    let [scheme, user, host, port, rest] = parts(given);
    let given = given.split('#').next().unwrap_or_default();
    assert!(given.bytes().all(|byte| byte.is_ascii_graphic()) && !host.is_empty(), "{given}");
    let shown = format!("{url:?}");
    assert_eq!(shown, format!("PublicUrl({scheme}{host}{port})"));

    // The whole address: whatever path the request has, under its own query.
    let whole = ["", "/"].contains(&rest);
    let address =
        if whole { format!("{scheme}{user}{host}{port}{target}") } else { given.to_owned() };
    if target.contains('#') || !target.starts_with('/') || has_hash(parts(&address)[4]) {
        return;
    }
    let query = parts(&address)[4].split_once('?').map(|(_, query)| query);
    let path = target.split('?').next().unwrap_or_default();
    let own = query.map_or(path.to_owned(), |query| format!("{path}?{query}"));
    hold(&url, &address, &own);

    // Another query than the one that was given is refused, though it was signed.
    if !whole {
        let bare = parts(&address)[4].split('?').next().unwrap_or_default();
        let other = target.split_once('?').map_or("", |(_, query)| query);
        let same = other == query.unwrap_or_default()
            || without_hash(other).eq(without_hash(query.unwrap_or_default()));
        let signed = format!("{scheme}{user}{host}{port}{bare}?{other}");
        let signature = sha1(TOKEN, &twilio_text(&signed, BODY));
        assert!(same || !by_twilio(&url, target, &signature), "{target}");
    }

    // A byte of the address changed, in the configuration.
    if let Some(changed) = flip.of_text(given)
        && let Ok(other) = changed.parse::<PublicUrl>()
    {
        let [scheme, user, host, port, rest] = parts(&changed);
        let changed = match rest {
            "" | "/" => format!("{scheme}{user}{host}{port}{own}"),
            _ => changed.clone(),
        };
        let first = twilio_forms(&address).into_iter().next().unwrap_or_default();
        let signature = sha1(TOKEN, &twilio_text(&first, BODY));
        let same = twilio_forms(&changed).contains(&first);
        assert!(same || !by_twilio(&other, &own, &signature), "{given} {changed}");
        let first = plivo_forms(&address).into_iter().next().unwrap_or_default();
        let signature = sha256(TOKEN, &plivo_text(&first, BODY, NONCE));
        let text = plivo_text(&first, BODY, NONCE);
        let same = plivo_forms(&changed).iter().any(|url| plivo_text(url, BODY, NONCE) == text);
        assert!(same || !by_plivo(&other, &own, &signature), "{given} {changed}");
    }

    // Named by a proxy, which is trusted where its address is listed.
    let origin = format!("{scheme}{user}{host}{port}");
    let peers = peers.split(',').chain(["192.0.2.1"]);
    let Ok(proxy) = TrustedProxy::new(peers, [origin.as_str()]) else { return };
    let address = format!("{scheme}{host}{port}{own}");
    let authority = format!("{host}{port}");
    let (signature, scheme) =
        (sha1(TOKEN, &twilio_text(&address, BODY)), &scheme[..scheme.len() - 3]);
    let headers: [(&str, &[u8]); 4] = [
        ("content-type", FORM),
        ("x-twilio-signature", signature.as_bytes()),
        ("x-forwarded-proto", scheme.as_bytes()),
        ("x-forwarded-host", authority.as_bytes()),
    ];
    let webhook = TwilioWebhook::new(TOKEN, PublicUrl::behind(proxy)).unwrap();
    let request = WebhookRequest::new("POST", &own, &headers, BODY);
    assert!(passes(&webhook, request).is_none(), "by nobody");
    assert!(passes(&webhook, request.with_peer("192.0.2.1".parse().unwrap())).is_some());
});

/// The parts of a query, but for the hash of a body.
fn without_hash(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|part| !part.is_empty() && !part.starts_with("bodySHA256="))
}

/// A request under this address passes in each form that may have been signed, and in no other.
fn hold(url: &PublicUrl, address: &str, target: &str) {
    let [scheme, user, host, port, rest] = parts(address);
    let twilio = twilio_forms(address);
    let others = [
        format!("{scheme}{user}{host}:8443{rest}"),
        format!("{scheme}other@{host}{port}{rest}"),
        format!("{scheme}{user}{host}.{port}{rest}"),
        format!("{scheme}{user}{host}{port}{rest}/"),
        format!("http{}{user}{host}{port}{rest}", if scheme.len() == 7 { "s://" } else { "://" }),
    ];
    for form in twilio.iter().chain(&others) {
        let signature = sha1(TOKEN, &twilio_text(form, BODY));
        assert_eq!(by_twilio(url, target, &signature), twilio.contains(form), "{form}");
    }
    let plivo: Vec<_> =
        plivo_forms(address).iter().map(|form| plivo_text(form, BODY, NONCE)).collect();
    // A query that is not UTF-8 once decoded is refused, whatever was signed.
    if plivo.iter().any(|text| text.contains('\u{fffd}')) {
        return;
    }
    // So is one of more parameters than are read.
    if address.matches('&').count() >= MAX_PARAMS {
        return;
    }
    let others = others.iter().map(|form| plivo_text(form, BODY, NONCE));
    for text in plivo.iter().cloned().chain(others) {
        let right = plivo.contains(&text);
        assert_eq!(by_plivo(url, target, &sha256(TOKEN, &text)), right, "{text}");
    }
}

fn by_twilio(url: &PublicUrl, target: &str, signature: &str) -> bool {
    let webhook = TwilioWebhook::new(TOKEN, url.clone()).unwrap();
    let headers: [(&str, &[u8]); 2] =
        [("content-type", FORM), ("x-twilio-signature", signature.as_bytes())];
    let request = WebhookRequest::new("POST", target, &headers, BODY);
    diagnose_some(&webhook, request, signature);
    passes(&webhook, request).is_some()
}

fn by_plivo(url: &PublicUrl, target: &str, signature: &str) -> bool {
    let webhook = PlivoWebhook::new(TOKEN, url.clone()).unwrap().lenient();
    let headers: [(&str, &[u8]); 3] = [
        ("content-type", FORM),
        ("x-plivo-signature-v3", signature.as_bytes()),
        ("x-plivo-signature-v3-nonce", NONCE.as_bytes()),
    ];
    let request = WebhookRequest::new("POST", target, &headers, BODY);
    diagnose_some(&webhook, request, signature);
    passes(&webhook, request).is_some()
}
