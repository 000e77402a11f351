//! Messages that phones send: they are kept, their keywords obeyed, and what their webhooks answer is done.

use bytes::Bytes;
use http::{Response, header::CONTENT_TYPE};
use rust_decimal::Decimal;

use super::{PlivoSandbox, new_uuid, number, submit};
use crate::{
    account_id::AccountId,
    message::{MessageId, MessageStatus},
    plivo::PLIVO,
    sandbox::{Callback, Carried, Carrier, Inbound, Origin, Prices, SandboxAccount},
    text::{Keyword, Keywords, SegmentRule, segments_by},
};

/// Takes a message from a phone: keeps it, and what it says of opting out.
pub(super) fn take_in(inbound: &Inbound, carrier: &Carrier) -> Carried {
    let digits = inbound.to.digits().to_string();
    let number = number::owner(carrier, &digits);
    let main = number.as_ref().and_then(|number| number.path.split('/').nth(1));
    let sub = number.as_ref().and_then(|number| number.text("sub_account"));
    let id: AccountId = sub.or(main).unwrap_or(PlivoSandbox::AUTH_ID).into();
    let account = carrier.account(&PLIVO, &id);
    let account = account.unwrap_or_else(|| SandboxAccount::new(PLIVO, id.as_str(), ""));
    let id = MessageId::new(PLIVO, &new_uuid());
    let id = id.unwrap_or_else(|_| unreachable!("an id of 36 characters"));
    let text = inbound.text.to_string();
    let mut message =
        Carried::new(id, account.id.clone(), inbound.to, text, MessageStatus::Received);
    message.origin = Origin::Phone;
    message.from = inbound.from.digits().to_string().into();
    message.channel.clone_from(&inbound.channel);
    message.media = inbound.media.iter().map(|url| (new_uuid(), url.clone())).collect();
    if inbound.media.is_empty() {
        message.segments = segments_by(SegmentRule::Plain, &inbound.text).count();
    }
    message.price = Prices::to(inbound.to).inbound * Decimal::from(message.segments);
    carrier.charge(&account, "sms-inbound", 1, message.segments as u64, message.price);
    carrier.keep(message.clone());
    let answer = match Keywords::standard().find(&inbound.text) {
        Some(Keyword::OptOut) => {
            carrier.set_opted_out(&digits, inbound.from, true);
            "You are unsubscribed and will get no more messages. Reply START to resubscribe."
        }
        Some(Keyword::OptIn) => {
            carrier.set_opted_out(&digits, inbound.from, false);
            "You are subscribed again. Reply STOP to unsubscribe."
        }
        Some(Keyword::Help) => "Reply STOP to unsubscribe.",
        _ => return message,
    };
    if inbound.channel.is_none() {
        let mut reply = reply_to(&message, answer);
        reply.to = inbound.from;
        submit::take(carrier, &account, reply);
    }
    message
}

fn reply_to(message: &Carried, text: &str) -> Carried {
    let id = MessageId::new(PLIVO, &new_uuid());
    let id = id.unwrap_or_else(|_| unreachable!("an id of 36 characters"));
    let account = message.account.clone();
    let mut reply = Carried::new(id, account, message.to, text, MessageStatus::Queued);
    reply.origin = Origin::Reply;
    reply.from = message.to.digits().to_string().into();
    reply.channel.clone_from(&message.channel);
    reply
}

/// Does what a webhook answered: sends its messages.
pub(super) fn obey(message: &Carried, answer: &Response<Bytes>, carrier: &Carrier) {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_xml = kind.is_some_and(|kind| kind.contains("xml"));
    let Some(account) = carrier.account(&PLIVO, &message.account).filter(|_| is_xml) else {
        return;
    };
    let text = String::from_utf8_lossy(answer.body());
    let Ok(document) = roxmltree::Document::parse(&text) else { return };
    let root = document.root_element();
    if !root.has_tag_name("Response") {
        return;
    }
    for verb in root.children().filter(|child| child.has_tag_name("Message")) {
        let attribute = |name: &str| verb.attribute(name).unwrap_or_default();
        let texts = verb.descendants().filter(roxmltree::Node::is_text);
        let text: String = texts.filter_map(|node| node.text()).collect();
        // Neither sender nor recipient has a default.
        if attribute("src").is_empty() || text.trim().is_empty() {
            continue;
        }
        for to in attribute("dst").split('<').filter_map(submit::number) {
            let mut reply = reply_to(message, text.trim());
            reply.to = to;
            reply.from = attribute("src").into();
            let url = attribute("callbackUrl").parse().ok();
            reply.callback =
                url.map(|url| Callback::new(url, attribute("callbackMethod") == "GET"));
            submit::take(carrier, &account, reply);
        }
    }
}
