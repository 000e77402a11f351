//! Messages of conversations: to the phones that take part, from them, and to the webhooks that listen.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::attributes_are_json;
use crate::{
    account_id::AccountId,
    message::WebUrl,
    number::PhoneNumber,
    sandbox::{Callback, Carried, Carrier, Record},
    twilio::sandbox::{
        Refusal,
        account::fields_of,
        call::{Call, default_service, iso, new_sid},
        hook, message, refusal, resource, submit,
    },
};

/// Adds a message, and sends it to every phone that takes part.
pub(super) fn add(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    attributes_are_json(call)?;
    let body = call.get("Body").unwrap_or_default();
    if body.chars().count() > 1_600 {
        return Err(refusal(400, 50_501, "The body exceeds 1600 characters"));
    }
    if call.get("Subject").is_some_and(|text| text.chars().count() > 256) {
        return Err(call.invalid("Subject", "has more than 256 characters"));
    }
    let conversation = call.path.trim_end_matches("/Messages");
    let closed = call.record(conversation).is_some_and(|c| c.text("state") == Some("closed"));
    if closed {
        return Err(refusal(400, 50_370, "The conversation is closed"));
    }
    let index = call.records(&call.path).first().and_then(|last| last.fields["index"].as_i64());
    let mut fields = resource::fields(call);
    fields.insert("index".to_owned(), index.map_or(0, |last| last + 1).into());
    fields.entry("author").or_insert("system".into());
    fields.entry("attributes").or_insert("{}".into());
    let author = call.get("Author");
    let members = call.records(&format!("{conversation}/Participants"));
    let author_sid =
        members.iter().find(|member| author.is_some() && member.text("identity") == author);
    if let Some(member) = author_sid {
        fields.insert("participant_sid".to_owned(), member.key().into());
    }
    let phones: Vec<(&Record, PhoneNumber, &str)> = members
        .iter()
        .filter_map(|member| {
            let binding = member.fields.get("messaging_binding")?;
            let address = binding["address"].as_str()?;
            let to = submit::number(address)?;
            Some((member, to, binding["proxy_address"].as_str().unwrap_or_default()))
        })
        .collect();
    if !phones.is_empty() {
        fields.insert(
            "delivery".to_owned(),
            json!({"total": phones.len(), "sent": "all",
            "delivered": "all", "read": "none", "failed": "none", "undelivered": "none"}),
        );
    }
    let record = resource::create(call, fields)?;
    let path = call.path_of(&record);
    for (member, to, from) in phones {
        let sent = message::send(call, to, from, body, None, "sms");
        let sid = new_sid("DY");
        let conversation = call.argument("ConversationSid");
        let receipt = json!({
            "sid": sid, "conversation_sid": conversation, "message_sid": record.key(),
            "channel_message_sid": sent, "participant_sid": member.key(), "status": "delivered",
            "error_code": 0,
        });
        call.keep(&format!("{path}/Receipts/{sid}"), fields_of(receipt));
    }
    // A client's own writes are events only where it asks for them.
    if call.ask.header("x-twilio-webhook-enabled").is_some_and(|on| on.eq_ignore_ascii_case("true"))
    {
        let thread = call.key(call.path.trim_end_matches("/Messages"));
        added(call.carrier, &call.account.id, &thread, &record, "SDK");
    }
    Ok(resource::shown(call, &record))
}

/// Adds what a phone sent to the conversations that it takes part in by the number that it was sent to.
pub(in crate::twilio::sandbox) fn take_in(carrier: &Carrier, message: &Carried) {
    let start = format!("/{}/conversations.twilio.com/v1", message.account);
    let own = message.to.to_string();
    let is_open = |conversation: &Record| {
        conversation.text("state") != Some("closed")
            && conversation.path.contains("/Conversations/CH")
    };
    let bound = |record: &Record| {
        let binding = record.fields.get("messaging_binding");
        binding.is_some_and(|binding| {
            binding["address"] == *message.from && binding["proxy_address"] == *own
        })
    };
    let Some(member) = carrier.records().find(&start, |record| bound(record)) else { return };
    let Some((conversation, _)) = member.path.split_once("/Participants/") else { return };
    if !carrier.records().get(conversation).is_some_and(|record| is_open(&record)) {
        return;
    }
    let messages = format!("{conversation}/Messages");
    let index = carrier.records().list(&messages).len();
    let sid = new_sid("IM");
    let fields = json!({
        "sid": sid, "conversation_sid": conversation.rsplit('/').next(), "index": index,
        "author": &*message.from, "body": &*message.text, "participant_sid": member.key(),
        "attributes": "{}",
    });
    let path = format!("{messages}/{sid}");
    let record = carrier.records().insert(&path, fields_of(fields), carrier.now());
    added(carrier, &message.account, conversation, &record, "SMS");
}

/// Tells the webhooks of a conversation, and those of its account, that a message was added.
fn added(
    carrier: &Carrier,
    account: &AccountId,
    conversation: &str,
    record: &Record,
    source: &str,
) {
    const EVENT: &str = "onMessageAdded";
    let start = format!("/{account}/conversations.twilio.com/v1");
    let mut webhooks: Vec<(Value, Value, Value)> = Vec::new();
    for scoped in carrier.records().list(&format!("{conversation}/Webhooks")) {
        let set = scoped.fields.get("configuration").cloned().unwrap_or_default();
        webhooks.push((set["url"].clone(), set["method"].clone(), set["filters"].clone()));
    }
    if let Some(all) = carrier.records().get(&format!("{start}/Configuration/Webhooks")) {
        let field = |name: &str| all.fields.get(name).cloned().unwrap_or_default();
        webhooks.push((field("post_webhook_url"), field("method"), field("filters")));
    }
    let index = record.fields.get("index").map(Value::to_string);
    let (created, service) = (iso(record.created_at), default_service(account));
    let pairs = [
        ("EventType", Some(EVENT)),
        ("AccountSid", Some(account.as_str())),
        ("ChatServiceSid", Some(service.as_str())),
        ("ConversationSid", conversation.rsplit('/').next()),
        ("Source", Some(source)),
        ("RetryCount", Some("0")),
        ("DateCreated", Some(&created)),
        ("MessageSid", Some(record.key())),
        ("Index", index.as_deref()),
        ("Body", record.text("body")),
        ("Author", record.text("author")),
        ("ParticipantSid", record.text("participant_sid")),
        ("Attributes", record.text("attributes")),
    ];
    for (url, method, filters) in webhooks {
        let listens =
            filters.as_array().is_none_or(|all| all.is_empty() || all.iter().any(|f| f == EVENT));
        let url: Option<WebUrl> = url.as_str().and_then(|url| url.parse().ok());
        if let Some(url) = url.filter(|_| listens) {
            let get = method.as_str().is_some_and(|method| method.eq_ignore_ascii_case("GET"));
            hook::event(carrier, account, &Callback::new(url, get), &pairs);
        }
    }
}
