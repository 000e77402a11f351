//! What Twilio's webhooks say: fields to an [`Event`].
//!
//! Source: Twilio's pages on status callbacks and incoming messages, as of 2026-11-20.

use crate::{
    message::{Address, Extra, MessageId},
    text::Keyword,
    twilio::{TWILIO, error::delivery_failure, status::TwilioStatus},
    webhook::{
        Authenticity, Event, Form, Geography, InboundMedia, InboundMessage, OtherEvent,
        StatusUpdate, WebhookError, WebhookErrorKind, WebhookRequest,
    },
};

/// Reads a request that was checked.
pub(in crate::twilio) fn read(
    request: &WebhookRequest<'_>,
    authenticity: Authenticity,
) -> Result<Event, WebhookError> {
    let Some(form) = fields(request)? else {
        let twice = WebhookError::new(WebhookErrorKind::DuplicateField).with_field("body");
        let fields = Extra::from_body(request.body()).ok_or(twice)?;
        return Ok(Event::Other(OtherEvent::new(TWILIO, fields, authenticity)));
    };
    if form.has("MessageStatus") {
        status(&form, authenticity).map(Event::Status)
    } else if form.has("Body") && form.has("From") && !form.has("EventType") {
        inbound(&form, authenticity).map(Event::Inbound)
    } else {
        let fields = form.extra(|_| false);
        Ok(Event::Other(OtherEvent::new(TWILIO, fields, authenticity)))
    }
}

/// The account that a request is about, as far as it says so; not proved before the signature is.
pub(in crate::twilio) fn account(request: &WebhookRequest<'_>) -> Option<String> {
    match fields(request).ok()? {
        Some(form) => form.get("AccountSid").ok()?.map(str::to_owned),
        None => Extra::from_body(request.body())?.get("AccountSid").map(str::to_owned),
    }
}

/// The fields of a request: of a form by POST, of the query by GET; none of any other body.
fn fields(request: &WebhookRequest<'_>) -> Result<Option<Form>, WebhookError> {
    match request.method() {
        "GET" => Form::parse(request.query().unwrap_or_default().as_bytes()).map(Some),
        _ if request.has_form()? => Form::parse(request.body()).map(Some),
        _ => Ok(None),
    }
}

fn message_id(form: &Form) -> Result<MessageId, WebhookError> {
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("MessageSid");
    MessageId::new(TWILIO, form.required("MessageSid")?).map_err(invalid)
}

fn status(form: &Form, authenticity: Authenticity) -> Result<StatusUpdate, WebhookError> {
    form.is_cut_once("MessageSid", &[])?;
    let word = form.required("MessageStatus")?;
    if word.len() > 32 || !word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        let kind = WebhookErrorKind::InvalidField;
        return Err(WebhookError::new(kind).with_field("MessageStatus"));
    }
    let failure =
        delivery_failure(form.parsed::<u32>("ErrorCode")?.map(|n| n.to_string()).as_deref());
    let status = TwilioStatus::from(word).into();
    let mut update = StatusUpdate::new(message_id(form)?, status, failure, authenticity);
    update.account = form.name("AccountSid")?.map(Into::into);
    update.from = form.name("From")?.map(Address::from_wire);
    update.to = form.name("To")?.map(Address::from_wire);
    update.pool = form.parsed("MessagingServiceSid")?;
    update.extra = form.extra(|name| {
        const READ: [&str; 9] = [
            "MessageSid",
            "SmsSid",
            "MessageStatus",
            "SmsStatus",
            "ErrorCode",
            "AccountSid",
            "From",
            "To",
            "MessagingServiceSid",
        ];
        READ.contains(&name)
    });
    Ok(update)
}

fn inbound(form: &Form, authenticity: Authenticity) -> Result<InboundMessage, WebhookError> {
    form.is_cut_once("MessageSid", &["Body"])?;
    let ends =
        (Address::from_wire(form.required("From")?), Address::from_wire(form.required("To")?));
    let text = form.get("Body")?.unwrap_or_default().into();
    let mut message = InboundMessage::new(message_id(form)?, ends, text, authenticity);
    message.account = form.name("AccountSid")?.map(Into::into);
    message.pool = form.parsed("MessagingServiceSid")?;
    message.segments = form.parsed("NumSegments")?;
    let (media, numbered) = media(form)?;
    message.media = media;
    message.keyword = match form.text("OptOutType")? {
        Some("STOP") => Some(Keyword::OptOut),
        Some("START") => Some(Keyword::OptIn),
        Some("HELP") => Some(Keyword::Help),
        _ => None,
    };
    message.from_geography = geography(form, ["FromCountry", "FromState", "FromCity", "FromZip"])?;
    message.to_geography = geography(form, ["ToCountry", "ToState", "ToCity", "ToZip"])?;
    message.extra = form.extra(|name| {
        const READ: [&str; 19] = [
            "MessageSid",
            "SmsSid",
            "SmsMessageSid",
            "AccountSid",
            "MessagingServiceSid",
            "From",
            "To",
            "Body",
            "NumMedia",
            "NumSegments",
            "SmsStatus",
            "FromCountry",
            "FromState",
            "FromCity",
            "FromZip",
            "ToCountry",
            "ToState",
            "ToCity",
            "ToZip",
        ];
        READ.contains(&name) || numbered.iter().any(|known| known == name)
    });
    Ok(message)
}

/// `MediaUrl0` and so on, as many as `NumMedia` says, and the names under which they stand.
fn media(form: &Form) -> Result<(Vec<InboundMedia>, Vec<String>), WebhookError> {
    let count: u32 = form.parsed("NumMedia")?.unwrap_or(0);
    let (mut media, mut names) = (Vec::new(), Vec::new());
    for n in 0..count.min(crate::webhook::MAX_PARAMS as u32) {
        let mut find = |prefix: &'static str| {
            let name = format!("{prefix}{n}");
            let value = form.get_as(&name, prefix);
            names.push(name);
            value
        };
        let fail = |kind| WebhookError::new(kind).with_field("MediaUrl");
        let url = find("MediaUrl")?.ok_or(fail(WebhookErrorKind::MissingField))?;
        let url = url.parse().map_err(|_| fail(WebhookErrorKind::InvalidField))?;
        media.push(InboundMedia::new(url, find("MediaContentType")?.map(str::to_owned)));
    }
    Ok((media, names))
}

fn geography(
    form: &Form,
    [country, state, city, zip]: [&'static str; 4],
) -> Result<Option<Geography>, WebhookError> {
    let text = |name| Ok(form.text(name)?.map(Into::into));
    let place = Geography {
        country: text(country)?,
        state: text(state)?,
        city: text(city)?,
        zip: text(zip)?,
    };
    Ok(Some(place).filter(|place| *place != Geography::default()))
}
