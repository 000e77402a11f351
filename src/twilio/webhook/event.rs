//! Reads the fields of Twilio's webhooks into an [`Event`].
//!
//! Source: Twilio's pages on status callbacks and incoming messages, as of 2026-11-20.

use std::{borrow::Cow, sync::LazyLock};

use crate::{
    message::{Address, Extra, MessageId},
    text::Keyword,
    twilio::{TWILIO, error::delivery_failure, status::TwilioStatus},
    webhook::{
        Authenticity, Content, Event, Fields, Geography, IdName, InboundMedia, InboundMessage,
        MAX_PARAMS, OtherEvent, Params, StatusUpdate, Verified, WebhookError, WebhookErrorKind,
        WebhookRequest,
    },
};

static MESSAGE_SID: LazyLock<IdName> = LazyLock::new(|| IdName::new("MessageSid"));

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
    if params.has("MessageStatus") {
        status(params, authenticity).map(Event::Status)
    } else if params.has("Body") && params.has("From") && !params.has("EventType") {
        inbound(params, authenticity).map(Event::Inbound)
    } else {
        other(params.fields().rest())
    }
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

fn status(params: &Params, authenticity: Authenticity) -> Result<StatusUpdate, WebhookError> {
    params.refuse_resplit(&MESSAGE_SID, &[])?;
    // In the order of their names.
    let fields = &mut params.fields();
    let account = fields.name("AccountSid")?.map(Into::into);
    let code = fields.parsed::<u32>("ErrorCode")?.map(|n| n.to_string());
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

    let failure = delivery_failure(code.as_deref());
    let status = TwilioStatus::from(word).into();
    let mut update = StatusUpdate::new(message, status, failure, authenticity);
    (update.account, update.pool) = (account, pool);
    (update.from, update.to) = (from, to);
    update.extra = fields.rest();
    Ok(update)
}

fn inbound(params: &Params, authenticity: Authenticity) -> Result<InboundMessage, WebhookError> {
    params.refuse_resplit(&MESSAGE_SID, &["Body"])?;
    // In the order of their names.
    let fields = &mut params.fields();
    let account = fields.name("AccountSid")?.map(Into::into);
    let text = fields.take("Body")?.unwrap_or_default().into();
    let from = Address::from_wire(fields.required("From")?);
    let from_geography = geography(fields, ["FromCity", "FromCountry", "FromState", "FromZip"])?;
    let media = media(fields)?;
    let message = message_id(fields)?;
    let pool = fields.parsed("MessagingServiceSid")?;
    let segments = fields.parsed("NumSegments")?;
    let keyword = match params.get("OptOutType")? {
        Some("STOP") => Some(Keyword::OptOut),
        Some("START") => Some(Keyword::OptIn),
        Some("HELP") => Some(Keyword::Help),
        _ => None,
    };
    fields.discard(&["SmsMessageSid", "SmsSid", "SmsStatus"]);
    let to = Address::from_wire(fields.required("To")?);
    let to_geography = geography(fields, ["ToCity", "ToCountry", "ToState", "ToZip"])?;

    let mut message = InboundMessage::new(message, (from, to), text, authenticity);
    (message.account, message.pool) = (account, pool);
    (message.segments, message.media, message.keyword) = (segments, media, keyword);
    (message.from_geography, message.to_geography) = (from_geography, to_geography);
    message.extra = fields.rest();
    Ok(message)
}

/// Reads `MediaUrl0` and so on, as many as `NumMedia` says.
fn media(fields: &mut Fields<'_>) -> Result<Vec<InboundMedia>, WebhookError> {
    let fail = |kind| WebhookError::new(kind).with_field("MediaUrl");
    let count: u32 = fields.parsed("NumMedia")?.unwrap_or(0);
    let (mut media, mut name) = (Vec::new(), String::new());
    let numbers = 0..count.min(MAX_PARAMS as u32);
    let mut find = |prefix: &'static str, n| {
        name.clear();
        name.push_str(prefix);
        push_number(&mut name, n);
        fields.take_as(&name, prefix)
    };
    for n in numbers {
        let kind = find("MediaContentType", n)?.map(str::to_owned);
        let url = find("MediaUrl", n)?.ok_or(fail(WebhookErrorKind::MissingField))?;
        let url = url.parse().map_err(|_| fail(WebhookErrorKind::InvalidField))?;
        media.push(InboundMedia::new(url, kind));
    }
    Ok(media)
}

fn push_number(text: &mut String, n: u32) {
    if n > 9 {
        push_number(text, n / 10);
    }
    text.extend(char::from_digit(n % 10, 10));
}

fn geography(
    fields: &mut Fields<'_>,
    [city, country, state, zip]: [&'static str; 4],
) -> Result<Option<Geography>, WebhookError> {
    let mut text = |name| Ok(fields.text(name)?.map(Into::into));
    let place = Geography {
        city: text(city)?,
        country: text(country)?,
        state: text(state)?,
        zip: text(zip)?,
    };
    Ok(Some(place).filter(|place| *place != Geography::default()))
}
