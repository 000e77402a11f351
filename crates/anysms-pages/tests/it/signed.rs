//! The text that a vendor signed, as the details show it: its signature is that of the request.

use anysms::{
    Message, MessageStatus, PhoneNumber, SmsProvider,
    plivo::{Plivo, PlivoConfig, PlivoSandbox},
    twilio::{Twilio, TwilioConfig, TwilioSandbox},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};

use crate::{PHONE, Site, actions::webhook};

/// Returns a text of HTML as it was before it was escaped.
fn unescaped(html: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    pairs.iter().fold(html.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Returns the element after this title.
fn after(page: &str, title: &str) -> String {
    let (_, rest) = page.split_once(&format!("<h4>{title}</h4>")).expect(title);
    let (_, rest) = rest.split_once('>').unwrap();
    unescaped(rest.split_once("</pre>").unwrap().0)
}

async fn details(site: &Site, sms: &dyn SmsProvider) -> String {
    let (url, _) = webhook().await;
    let message = Message::new(PHONE.parse::<PhoneNumber>().unwrap(), "Hello & <goodbye>");
    let message = message.with_status_callback(url.parse().unwrap());
    let id = sms.send(&message).await.unwrap().id.unwrap();
    site.reach(&id, &MessageStatus::Delivered).await;
    site.page("?phone=447700900123&part=details").await
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let mut lines = request.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).expect(name)
}

#[tokio::test]
async fn twilios() {
    let site = Site::start().await;
    let sms = Twilio::new(&TwilioConfig::sandbox(&site.sandbox)).unwrap();
    let page = details(&site, &sms).await;
    let (request, base) = (after(&page, "Request"), after(&page, "Signed text"));
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(TwilioSandbox::AUTH_TOKEN.as_bytes()).unwrap();
    mac.update(base.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(header(&request, "x-twilio-signature"), signature);
}

#[tokio::test]
async fn plivos() {
    let site = Site::start().await;
    let sms = Plivo::new(&PlivoConfig::sandbox(&site.sandbox)).unwrap();
    let page = details(&site, &sms).await;
    let (request, base) = (after(&page, "Request"), after(&page, "Signed text"));
    let mut mac =
        Hmac::<sha2::Sha256>::new_from_slice(PlivoSandbox::AUTH_TOKEN.as_bytes()).unwrap();
    mac.update(base.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    assert!(
        header(&request, "x-plivo-signature-ma-v3").split(',').any(|own| own == signature),
        "{request}\n{base}"
    );
}
