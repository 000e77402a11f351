//! Reads the fields of Twilio's webhooks into an [`Event`].
//!
//! Source: Twilio's pages on status callbacks and incoming messages, as of 2026-11-20.

use std::{borrow::Cow, sync::LazyLock};

use crate::{
    message::{Address, Extra, MessageId},
    text::Keyword,
    twilio::{TWILIO, error::failure_of, status::TwilioStatus},
    webhook::{
        Authenticity, Content, Event, Fields, Geography, InboundMedia, InboundMessage, MAX_PARAMS,
        OtherEvent, Params, Recut, RecutFields, StatusUpdate, Verified, WebhookError,
        WebhookErrorKind, WebhookRequest,
    },
};

/// Rule for another split. Free are texts, buttons, lists, locations and names that the sender or the sender's
/// business has chosen, and the places of numbers, which come from registers of others. (The last part of a
/// place, `FromZip`, is not, so that a place has an end.)
static MESSAGE_SID: LazyLock<Recut> = LazyLock::new(|| {
    let fields = RecutFields {
        free: &[
            "Address",
            "Body",
            "Button",
            "Caption",
            "ChannelMetadata",
            "Flow",
            "FromCity",
            "FromCountry",
            "FromState",
            "Interactive",
            "Label",
            "List",
            "ProfileName",
            "Referral",
            "ToCity",
            "ToCountry",
            "ToState",
        ],
        between: &["Interactive", "Label", "List", "MediaContentType"],
        behind: &[
            "MessageType",
            "MessagingServiceSid",
            "NumMedia",
            "NumSegments",
            "OptOutType",
            "OriginalReplied",
            "ProfileName",
            "Referral",
            "SmsMessageSid",
            "ToCity",
            "ToCountry",
            "ToState",
        ],
    };
    Recut::new("MessageSid", is_sid_start, fields)
});

/// Returns whether a text begins as an id of Twilio's does, such as `SM0`.
fn is_sid_start(text: &str) -> bool {
    let [a, b, c, ..] = text.as_bytes() else { return false };
    a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_hexdigit()
}

/// Reads a request that was checked.
pub(in crate::twilio) fn read(verified: &Verified<'_>) -> Result<Event, WebhookError> {
    let request = verified.request_for(&TWILIO)?;
    let authenticity = verified.proof().authenticity;
    let content = match verified.content() {
        Content::Unread => Cow::Owned(content(request)?),
        read => Cow::Borrowed(read),
    };
    let other = |fields| Ok(Event::Other(OtherEvent::new(TWILIO, fields, authenticity)));
    let params = match &*content {
        Content::Unread => return other(Extra::default()),
        Content::Json(fields) => return other(fields.clone()),
        Content::Params(params) => params,
    };
    match params.first("MessageStatus") {
        Some(word) if !(is_received(word) && is_inbound(params)) => status(params, authenticity),
        _ if is_inbound(params) => inbound(params, authenticity),
        _ => other(params.fields().rest()),
    }
}

/// Returns the fields of a form that was checked; `None` for JSON.
pub(in crate::twilio) fn form_of(verified: &Verified<'_>) -> Result<Option<Extra>, WebhookError> {
    let request = verified.request_for(&TWILIO)?;
    let content = match verified.content() {
        Content::Unread => Cow::Owned(content(request)?),
        read => Cow::Borrowed(read),
    };
    Ok(match &*content {
        Content::Params(params) => Some(params.fields().rest()),
        Content::Unread | Content::Json(_) => None,
    })
}

/// Returns whether it is a message that came in: it has an end, and something that only such a message has. (A
/// Conversation's event has its own type.)
fn is_inbound(params: &Params) -> bool {
    const MARKS: [&str; 4] = ["Body", "NumMedia", "SmsMessageSid", "MediaUrl0"];
    let marked = || {
        MARKS.iter().any(|mark| params.has(mark))
            || params.first("SmsStatus").is_some_and(is_received)
    };
    (params.has("From") || params.has("To")) && !params.has("EventType") && marked()
}

fn is_received(word: &str) -> bool {
    matches!(word, "received" | "receiving")
}

/// Reads the fields of a request: of a form by POST, of the query by GET, else of a JSON body.
pub(in crate::twilio) fn content(request: &WebhookRequest<'_>) -> Result<Content, WebhookError> {
    let twice = WebhookError::new(WebhookErrorKind::DuplicateField).with_field("body");
    match request.method() {
        "GET" => Params::parse(request.query().unwrap_or_default().as_bytes()).map(Content::Params),
        _ if request.has_form()? => Params::parse(request.body()).map(Content::Params),
        _ => Extra::from_body(request.body()).map(Content::Json).ok_or(twice),
    }
}

/// Returns the account that a request claims to be about; not proved before the signature is.
pub(in crate::twilio) fn account(content: &Content) -> Option<&str> {
    match content {
        Content::Unread => None,
        Content::Params(params) => params.get("AccountSid").ok()?,
        Content::Json(fields) => fields.get("AccountSid"),
    }
}

fn message_id(fields: &mut Fields<'_>) -> Result<MessageId, WebhookError> {
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("MessageSid");
    MessageId::new(TWILIO, fields.required("MessageSid")?).map_err(invalid)
}

fn status(params: &Params, authenticity: Authenticity) -> Result<Event, WebhookError> {
    params.refuse_resplit(&MESSAGE_SID)?;
    // In the order of their names.
    let fields = &mut params.fields();
    let account = fields.name("AccountSid")?.map(Into::into);
    let code = fields.parsed::<u32>("ErrorCode")?;
    let from = fields.name("From")?.map(Address::from_wire);
    let message = message_id(fields)?;
    let word = fields.required("MessageStatus")?;
    if word.len() > 32 || !word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        let kind = WebhookErrorKind::InvalidField;
        return Err(WebhookError::new(kind).with_field("MessageStatus"));
    }
    let pool = fields.parsed("MessagingServiceSid")?;
    fields.discard(&["SmsSid", "SmsStatus"]);
    let to = fields.name("To")?.map(Address::from_wire);

    let failure = code.and_then(failure_of);
    let status = TwilioStatus::from(word).into();
    let mut update = StatusUpdate::new(message, status, failure, authenticity);
    (update.account, update.pool) = (account, pool);
    (update.from, update.to) = (from, to);
    (update.issues, update.extra) = (fields.issues(), fields.rest());
    Ok(Event::Status(update))
}

fn inbound(params: &Params, authenticity: Authenticity) -> Result<Event, WebhookError> {
    params.refuse_resplit(&MESSAGE_SID)?;
    // In the order of their names.
    let fields = &mut params.fields();
    let account = fields.name("AccountSid")?.map(Into::into);
    let text = fields.take("Body")?.unwrap_or_default().into();
    let from = fields.end("From", Address::from_wire)?;
    let from_geography = geography(fields, ["FromCity", "FromCountry", "FromState", "FromZip"])?;
    let media = media(fields)?;
    let message = message_id(fields)?;
    let pool = fields.parsed("MessagingServiceSid")?;
    let segments = fields.parsed("NumSegments")?;
    // Kept among the rest too: the flag is the vendor's own word.
    let keyword = match params.get("OptOutType")? {
        Some("STOP") => Some(Keyword::OptOut),
        Some("START") => Some(Keyword::OptIn),
        Some("HELP") => Some(Keyword::Help),
        _ => None,
    };
    fields.discard(&["SmsMessageSid", "SmsSid", "SmsStatus"]);
    let to = fields.end("To", Address::from_wire)?;
    let to_geography = geography(fields, ["ToCity", "ToCountry", "ToState", "ToZip"])?;

    let mut message = InboundMessage::new(message, (from, to), text, authenticity);
    (message.account, message.pool) = (account, pool);
    (message.segments, message.media, message.keyword) = (segments, media, keyword);
    (message.from_geography, message.to_geography) = (from_geography, to_geography);
    (message.issues, message.extra) = (fields.issues(), fields.rest());
    Ok(Event::Inbound(message))
}

/// Reads `MediaUrl0` and so on, as many as `NumMedia` says; where it says no number, as many as there are.
fn media(fields: &mut Fields<'_>) -> Result<Vec<InboundMedia>, WebhookError> {
    let said: Option<u32> = fields.parsed("NumMedia")?;
    let most = MAX_PARAMS as u32;
    let (mut media, mut name) = (Vec::new(), String::new());
    for n in 0..said.unwrap_or(most).min(most) {
        numbered(&mut name, "MediaUrl", n);
        let url = fields.numbered(&name, "MediaUrl", |url| url.parse().ok())?;
        let Some(url) = url else {
            if said.is_none() {
                break;
            }
            fields.issue("MediaUrl", WebhookErrorKind::MissingField);
            continue;
        };
        numbered(&mut name, "MediaContentType", n);
        if let Some(url) = url {
            let kind = fields.numbered(&name, "MediaContentType", |kind| Some(kind.to_owned()))?;
            media.push(InboundMedia::new(url, kind.flatten()));
        }
    }
    Ok(media)
}

/// Writes a name with a number.
fn numbered(name: &mut String, prefix: &str, n: u32) {
    name.clear();
    name.push_str(prefix);
    push_number(name, n);
}

fn push_number(text: &mut String, n: u32) {
    if n > 9 {
        push_number(text, n / 10);
    }
    text.push(char::from(b'0' + (n % 10) as u8));
}

fn geography(
    fields: &mut Fields<'_>,
    [city, country, state, zip]: [&'static str; 4],
) -> Result<Option<Geography>, WebhookError> {
    let mut text = |name| fields.side(name, |text| Some(text.into()));
    let place = Geography {
        city: text(city)?,
        country: text(country)?,
        state: text(state)?,
        zip: text(zip)?,
    };
    Ok(Some(place).filter(|place| *place != Geography::default()))
}
