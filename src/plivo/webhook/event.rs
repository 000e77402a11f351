//! Reads the fields of Plivo's webhooks into an [`Event`].
//!
//! Source: Plivo's pages on message status callbacks and incoming messages, as of 2026-11-20.

use std::{borrow::Cow, sync::LazyLock};

use crate::{
    message::{Address, Currency, MessageId, Money},
    plivo::{PLIVO, error::delivery_failure, status::PlivoStatus},
    text::Keyword,
    transport::lenient,
    webhook::{
        Authenticity, Content, Event, Fields, IdName, InboundMedia, InboundMessage, OtherEvent,
        Params, StatusUpdate, Verified, WebhookError, WebhookErrorKind,
    },
};

static MESSAGE_UUID: LazyLock<IdName> = LazyLock::new(|| IdName::new("MessageUUID"));

/// Reads a request that was checked.
pub(in crate::plivo) fn read(verified: &Verified<'_>) -> Result<Event, WebhookError> {
    let (request, proof) = (verified.request_for(&PLIVO)?, verified.proof());
    let params = match (verified.content(), request.method()) {
        (Content::Params(params), _) => Cow::Borrowed(params),
        (_, "GET") => Cow::Owned(Params::parse(request.query().unwrap_or_default().as_bytes())?),
        _ => Cow::Owned(Params::parse(request.body())?),
    };
    let authenticity = proof.authenticity;
    if params.has("MessageUUID") && params.has("Status") {
        let mut update = status(&params, authenticity)?;
        update.account = proof.account.as_deref().map(Into::into);
        Ok(Event::Status(update))
    } else if params.has("MessageUUID") && params.has("From") {
        let mut message = inbound(&params, authenticity)?;
        message.account = proof.account.as_deref().map(Into::into);
        Ok(Event::Inbound(message))
    } else {
        Ok(Event::Other(OtherEvent::new(PLIVO, params.fields().rest(), authenticity)))
    }
}

fn message_id(fields: &mut Fields<'_>) -> Result<MessageId, WebhookError> {
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("MessageUUID");
    MessageId::new(PLIVO, fields.required("MessageUUID")?).map_err(invalid)
}

/// Returns the price, which Plivo gives without a currency: US dollars.
fn price(fields: &mut Fields<'_>) -> Result<Option<Money>, WebhookError> {
    let Some(amount) = fields.text("TotalAmount")? else { return Ok(None) };
    let invalid = WebhookError::new(WebhookErrorKind::InvalidField).with_field("TotalAmount");
    let plain = amount.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    Money::charge(amount, Currency::USD).filter(|_| plain).map(Some).ok_or(invalid)
}

fn status(params: &Params, authenticity: Authenticity) -> Result<StatusUpdate, WebhookError> {
    params.refuse_resplit(&MESSAGE_UUID, &[])?;
    // In the order of their names.
    let fields = &mut params.fields();
    let delivered_at = fields.text("DeliveryReportTime")?;
    let failure = delivery_failure(fields.text("ErrorCode")?);
    let from = fields.name("From")?.map(Address::from_plain);
    fields.discard(&["MessageTime"]);
    let message = message_id(fields)?;
    let pool = fields.parsed("PowerpackUUID")?;
    let queued_at = fields.text("QueuedTime")?;
    let sent_at = fields.text("SentTime")?;
    let sequence = fields.parsed("Sequence")?;
    let word = fields.required("Status")?;
    if word.len() > 32 || !word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-') {
        return Err(WebhookError::new(WebhookErrorKind::InvalidField).with_field("Status"));
    }
    let to = fields.name("To")?.map(Address::from_plain);
    let price = price(fields)?;
    let segments = fields.parsed("Units")?;
    let requester = params.get("requester_ip")?.and_then(|address| address.parse().ok());

    let status = PlivoStatus::from(word).into();
    let mut update = StatusUpdate::new(message, status, failure, authenticity);
    (update.from, update.to, update.pool) = (from, to, pool);
    (update.segments, update.price, update.sequence) = (segments, price, sequence);
    update.requester = requester;
    update.at = delivered_at.or(sent_at).or(queued_at).and_then(lenient::time);
    update.extra = fields.rest();
    Ok(update)
}

fn inbound(params: &Params, authenticity: Authenticity) -> Result<InboundMessage, WebhookError> {
    params.refuse_resplit(&MESSAGE_UUID, &["Text", "Body"])?;
    let fields = &mut params.fields();
    let ends = (
        Address::from_plain(fields.required("From")?),
        Address::from_plain(fields.required("To")?),
    );
    // The text of an MMS is in Body.
    let text = fields.take("Text")?.or(fields.take("Body")?).unwrap_or_default();
    let mut message = InboundMessage::new(message_id(fields)?, ends, text.into(), authenticity);
    message.pool = fields.parsed("PowerpackUUID")?;
    message.segments = fields.parsed("Units")?;
    message.media = media(fields)?;
    message.keyword = match fields.text("MessageIntent")? {
        Some("optout") => Some(Keyword::OptOut),
        Some("optin") => Some(Keyword::OptIn),
        Some("help") => Some(Keyword::Help),
        _ => None,
    };
    message.extra = fields.rest();
    Ok(message)
}

/// Reads every `Media` with a number, in the order of the numbers: Plivo counts from 0 in some places and
/// from 1 in others.
fn media(fields: &mut Fields<'_>) -> Result<Vec<InboundMedia>, WebhookError> {
    let mut numbered = fields.take_all("Media", media_number);
    numbered.sort_by_key(|(number, _)| *number);
    if numbered.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field("Media"));
    }
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("Media");
    let url = |(_, url): (u32, &str)| url.parse().map_err(invalid);
    numbered.into_iter().map(|entry| Ok(InboundMedia::new(url(entry)?, None))).collect()
}

fn media_number(digits: &str) -> Option<u32> {
    Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}
