//! What Plivo's webhooks say: fields to an [`Event`].
//!
//! Source: Plivo's pages on message status callbacks and incoming messages, as of 2026-11-20.

use crate::{
    message::{Address, Currency, MessageId, Money},
    plivo::{PLIVO, error::delivery_failure, status::PlivoStatus},
    text::Keyword,
    transport::lenient,
    webhook::{
        Authenticity, Event, Form, InboundMedia, InboundMessage, OtherEvent, Proof, StatusUpdate,
        WebhookError, WebhookErrorKind, WebhookRequest,
    },
};

/// Reads a request that was checked.
pub(in crate::plivo) fn read(
    request: &WebhookRequest<'_>,
    proof: &Proof<'_>,
) -> Result<Event, WebhookError> {
    let form = match request.method() {
        "GET" => Form::parse(request.query().unwrap_or_default().as_bytes())?,
        _ => Form::parse(request.body())?,
    };
    let authenticity = proof.authenticity;
    if form.has("MessageUUID") && form.has("Status") {
        let mut update = status(&form, authenticity)?;
        update.account = proof.account.as_deref().map(Into::into);
        Ok(Event::Status(update))
    } else if form.has("MessageUUID") && form.has("From") {
        let mut message = inbound(&form, authenticity)?;
        message.account = proof.account.as_deref().map(Into::into);
        Ok(Event::Inbound(message))
    } else {
        let fields = form.extra(|_| false);
        Ok(Event::Other(OtherEvent::new(PLIVO, fields, authenticity)))
    }
}

fn message_id(form: &Form) -> Result<MessageId, WebhookError> {
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("MessageUUID");
    MessageId::new(PLIVO, form.required("MessageUUID")?).map_err(invalid)
}

/// The price, which Plivo gives without a currency: US dollars.
fn price(form: &Form) -> Result<Option<Money>, WebhookError> {
    let Some(amount) = form.text("TotalAmount")? else { return Ok(None) };
    let invalid = WebhookError::new(WebhookErrorKind::InvalidField).with_field("TotalAmount");
    let plain = amount.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    Money::charge(amount, Currency::USD).filter(|_| plain).map(Some).ok_or(invalid)
}

fn status(form: &Form, authenticity: Authenticity) -> Result<StatusUpdate, WebhookError> {
    form.is_cut_once("MessageUUID", &[])?;
    let word = form.required("Status")?;
    if word.len() > 32 || !word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-') {
        return Err(WebhookError::new(WebhookErrorKind::InvalidField).with_field("Status"));
    }
    let failure = delivery_failure(form.text("ErrorCode")?);
    let status = PlivoStatus::from(word).into();
    let mut update = StatusUpdate::new(message_id(form)?, status, failure, authenticity);
    update.from = form.name("From")?.map(Address::from_plain);
    update.to = form.name("To")?.map(Address::from_plain);
    update.pool = form.parsed("PowerpackUUID")?;
    update.segments = form.parsed("Units")?;
    update.requester = form.text("requester_ip")?.and_then(|address| address.parse().ok());
    update.price = price(form)?;
    update.sequence = form.parsed("Sequence")?;
    let at = form.text("DeliveryReportTime")?.or(form.text("SentTime")?);
    update.at = at.or(form.text("QueuedTime")?).and_then(lenient::time);
    update.extra = form.extra(|name| {
        const READ: [&str; 13] = [
            "MessageUUID",
            "Status",
            "ErrorCode",
            "From",
            "To",
            "PowerpackUUID",
            "Units",
            "TotalAmount",
            "Sequence",
            "DeliveryReportTime",
            "SentTime",
            "QueuedTime",
            "MessageTime",
        ];
        READ.contains(&name)
    });
    Ok(update)
}

fn inbound(form: &Form, authenticity: Authenticity) -> Result<InboundMessage, WebhookError> {
    form.is_cut_once("MessageUUID", &["Text", "Body"])?;
    let ends =
        (Address::from_plain(form.required("From")?), Address::from_plain(form.required("To")?));
    // The text of an MMS is in Body.
    let text = form.get("Text")?.or(form.get("Body")?).unwrap_or_default();
    let mut message = InboundMessage::new(message_id(form)?, ends, text.into(), authenticity);
    message.pool = form.parsed("PowerpackUUID")?;
    message.segments = form.parsed("Units")?;
    message.media = media(form)?;
    message.keyword = match form.text("MessageIntent")? {
        Some("optout") => Some(Keyword::OptOut),
        Some("optin") => Some(Keyword::OptIn),
        Some("help") => Some(Keyword::Help),
        _ => None,
    };
    message.extra = form.extra(|name| {
        const READ: [&str; 8] = [
            "MessageUUID",
            "From",
            "To",
            "Text",
            "Body",
            "PowerpackUUID",
            "Units",
            "MessageIntent",
        ];
        READ.contains(&name) || media_number(name).is_some()
    });
    Ok(message)
}

/// Every `Media` with a number, in the order of the numbers: Plivo counts from 0 in some places and
/// from 1 in others.
fn media(form: &Form) -> Result<Vec<InboundMedia>, WebhookError> {
    let numbered = form.pairs().filter_map(|(name, url)| Some((media_number(name)?, url)));
    let mut numbered: Vec<_> = numbered.collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    if numbered.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field("Media"));
    }
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("Media");
    let url = |(_, url): (u32, &str)| url.parse().map_err(invalid);
    numbered.into_iter().map(|entry| Ok(InboundMedia::new(url(entry)?, None))).collect()
}

fn media_number(name: &str) -> Option<u32> {
    name.strip_prefix("Media").filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}
