//! Messages that phones send: they are kept, their keywords obeyed, and what their webhooks answer is done.

use bytes::Bytes;
use http::{Response, header::CONTENT_TYPE};
use rust_decimal::Decimal;

use super::{call::new_sid, conversation, message, number, submit};
use crate::{
    account_id::AccountId,
    message::{MessageId, MessageStatus, WebUrl},
    number::PhoneNumber,
    sandbox::{Callback, Carried, Carrier, Inbound, Origin, Prices, Record, SandboxAccount},
    text::{Keyword, Keywords, segments},
    twilio::{TWILIO, TwilioSandbox},
};

/// Most replies of one answer.
const MOST_REPLIES: usize = 10;

/// Takes a message from a phone: keeps it, and what it says of opting out.
pub(super) fn take_in(inbound: &Inbound, carrier: &Carrier) -> Carried {
    let number = number::owner(carrier, &inbound.to.to_string());
    let account = number.as_ref().and_then(|number| number.text("account_sid"));
    let account: AccountId = account.unwrap_or(TwilioSandbox::ACCOUNT_SID).into();
    let account = carrier
        .account(&TWILIO, &account)
        .unwrap_or_else(|| SandboxAccount::new(TWILIO, account.as_str(), ""));
    let sid = new_sid(if inbound.media.is_empty() { "SM" } else { "MM" });
    let mut message = received(&sid, &account, inbound);
    message.pool = number.and_then(|number| service_of(carrier, &account, &number));
    let cost = Prices::to(inbound.to).inbound * Decimal::from(message.segments);
    message.price = cost;
    carrier.charge(&account, "sms-inbound", 1, message.segments as u64, cost);
    carrier.keep(message.clone());
    conversation::message::take_in(carrier, &message);
    let senders = [Some(inbound.to.to_string()), message.pool.clone()];
    let answer = match Keywords::standard().find(&inbound.text) {
        Some(Keyword::OptOut) => {
            for sender in senders.iter().flatten() {
                carrier.set_opted_out(sender, inbound.from, true);
            }
            "You have been unsubscribed and will get no more messages from this number. Reply START to resubscribe."
        }
        Some(Keyword::OptIn) => {
            for sender in senders.iter().flatten() {
                carrier.set_opted_out(sender, inbound.from, false);
            }
            "You have been re-subscribed to messages from this number. Reply STOP to unsubscribe."
        }
        Some(Keyword::Help) => "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
        _ => return message,
    };
    if inbound.channel.is_none() {
        reply(&message, inbound.from, &inbound.to.to_string(), answer, Vec::new(), None, carrier);
    }
    message
}

fn received(sid: &str, account: &SandboxAccount, inbound: &Inbound) -> Carried {
    let id = MessageId::new(TWILIO, sid).unwrap_or_else(|_| unreachable!("an id of 34 characters"));
    let text = inbound.text.to_string();
    let mut message =
        Carried::new(id, account.id.clone(), inbound.to, text, MessageStatus::Received);
    message.origin = Origin::Phone;
    message.from = inbound.from.to_string().into();
    message.channel.clone_from(&inbound.channel);
    message.media = inbound.media.iter().map(|url| (new_sid("ME"), url.clone())).collect();
    if inbound.media.is_empty() {
        message.segments = segments(&inbound.text).count();
    }
    message
}

/// Returns the id of the service that has this number in its pool.
fn service_of(carrier: &Carrier, account: &SandboxAccount, number: &Record) -> Option<String> {
    let services =
        carrier.records().list(&format!("/{}/messaging.twilio.com/v1/Services", account.id));
    let has = |service: &&Record| {
        let path = format!("{}/PhoneNumbers/{}", service.path, number.key());
        carrier.records().get(&path).is_some()
    };
    services.iter().find(has).map(|service| service.key().to_owned())
}

/// Does what a webhook answered: sends the replies. Returns the webhook that it redirects to.
pub(super) fn obey(
    message: &Carried,
    webhook: &Callback,
    answer: &Response<Bytes>,
    carrier: &Carrier,
) -> Option<Callback> {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let text = std::str::from_utf8(answer.body()).ok()?;
    let phone: PhoneNumber = message.from.parse().ok()?;
    let own = message.to.to_string();
    match kind {
        "text/plain" if !text.trim().is_empty() => {
            reply(message, phone, &own, text, Vec::new(), None, carrier);
            None
        }
        "text/xml" | "application/xml" | "text/html" => {
            let document = roxmltree::Document::parse(text).ok()?;
            let root = document.root_element();
            if !root.has_tag_name("Response") {
                return None;
            }
            let verbs = root.children().filter(roxmltree::Node::is_element);
            let mut replies = 0;
            for verb in verbs {
                match verb.tag_name().name() {
                    "Message" | "Sms" if replies < MOST_REPLIES => {
                        replies += 1;
                        say(message, &verb, webhook, carrier);
                    }
                    "Redirect" => return redirect(&verb, webhook),
                    _ => {}
                }
            }
            None
        }
        _ => None,
    }
}

fn redirect(verb: &roxmltree::Node<'_, '_>, webhook: &Callback) -> Option<Callback> {
    let get = verb.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("GET"));
    let url = absolute(verb.text().unwrap_or_default().trim(), webhook)?;
    Some(Callback::new(url, get))
}

/// Returns an address that may be relative to the webhook's.
fn absolute(address: &str, webhook: &Callback) -> Option<WebUrl> {
    let base = url::Url::parse(webhook.url.as_str()).ok()?;
    base.join(address).ok()?.as_str().parse().ok()
}

/// Sends the reply of one verb.
fn say(message: &Carried, verb: &roxmltree::Node<'_, '_>, webhook: &Callback, carrier: &Carrier) {
    let texts = |name: &'static str| {
        let of_name = verb.children().filter(move |child| child.has_tag_name(name));
        of_name.filter_map(|child| child.text()).map(str::trim)
    };
    let direct = verb.children().filter(roxmltree::Node::is_text);
    let direct: String = direct.filter_map(|node| node.text()).collect();
    let body: String = texts("Body").collect::<Vec<_>>().concat();
    let text = if body.is_empty() { direct.trim() } else { &body };
    let media: Vec<WebUrl> = texts("Media").filter_map(|url| absolute(url, webhook)).collect();
    let to = verb.attribute("to").map_or_else(|| message.from.parse().ok(), submit::number);
    let own = message.to.to_string();
    let from = verb.attribute("from").unwrap_or(&own);
    let callback = verb.attribute("action").or_else(|| verb.attribute("statusCallback"));
    let callback = callback.and_then(|url| absolute(url, webhook));
    let get = verb.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("GET"));
    let callback = callback.map(|url| Callback::new(url, get));
    if let Some(to) = to.filter(|_| !text.is_empty() || !media.is_empty()) {
        reply(message, to, from, text, media, callback, carrier);
    }
}

/// Sends a message that answers another.
fn reply(
    message: &Carried,
    to: PhoneNumber,
    from: &str,
    text: &str,
    media: Vec<WebUrl>,
    callback: Option<Callback>,
    carrier: &Carrier,
) {
    let sid = new_sid(if media.is_empty() { "SM" } else { "MM" });
    let Ok(id) = MessageId::new(TWILIO, &sid) else { return };
    let mut reply = Carried::new(id, message.account.clone(), to, text, MessageStatus::Queued);
    reply.origin = Origin::Reply;
    reply.from = from.into();
    reply.channel.clone_from(&message.channel);
    reply.segments = segments(text).count();
    reply.price = message::price(to, reply.segments);
    reply.callback = callback;
    reply.media = media.into_iter().map(|url| (new_sid("ME"), url)).collect();
    if let Some(account) = carrier.account(&TWILIO, &message.account) {
        carrier.charge(&account, "sms-outbound", 1, reply.segments as u64, reply.price);
    }
    carrier.submit(reply);
}
