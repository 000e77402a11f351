//! Reads the fields of Plivo's webhooks into an [`Event`].
//!
//! Source: Plivo's pages on message status callbacks and incoming messages, as of 2026-11-20.

use std::{borrow::Cow, sync::LazyLock};

use jiff::Timestamp;

use crate::{
    message::{Address, Currency, MessageId, Money},
    plivo::{PLIVO, error::delivery_failure, status::PlivoStatus},
    text::Keyword,
    transport::lenient,
    webhook::{
        Content, Event, Fields, InboundMedia, InboundMessage, OtherEvent, Params, Proof, Recut,
        RecutFields, StatusUpdate, Verified, WebhookError, WebhookErrorKind,
    },
};

/// Rule for another split. Free are the texts, and what a button or a profile says.
static MESSAGE_UUID: LazyLock<Recut> = LazyLock::new(|| {
    let fields = RecutFields {
        free: &["Body", "Button", "Contact", "List", "Location", "Profile", "Text"],
        between: &["List", "Location"],
        behind: &["PowerpackUUID", "Profile", "Text", "TotalAmount", "TotalRate", "Units"],
    };
    Recut::new("MessageUUID", |text| text.starts_with(|c: char| c.is_ascii_alphanumeric()), fields)
});

/// Reads a request that was checked.
pub(in crate::plivo) fn read(verified: &Verified<'_>) -> Result<Event, WebhookError> {
    let (request, proof) = (verified.request_for(&PLIVO)?, verified.proof());
    let params = match (verified.content(), request.method()) {
        (Content::Params(params), _) => Cow::Borrowed(params),
        (_, "GET") => Cow::Owned(Params::parse(request.query().unwrap_or_default().as_bytes())?),
        _ => Cow::Owned(Params::parse(request.body())?),
    };
    // A status says which, a message has content; what has neither may be either, and is kept whole.
    if params.has("MessageUUID") && params.has("Status") {
        status(&params, proof)
    } else if is_inbound(&params) {
        inbound(&params, proof)
    } else {
        Ok(Event::Other(OtherEvent::new(PLIVO, params.fields().rest(), proof.authenticity)))
    }
}

/// Returns whether it is a message that came in: it has an id, an end and content.
fn is_inbound(params: &Params) -> bool {
    const CONTENT: [&str; 5] = ["Text", "Body", "MediaCount", "MessageIntent", "ContentType"];
    let content = || {
        CONTENT.iter().any(|name| params.has(name))
            || !params.fields().find_all("Media", media_number).is_empty()
    };
    params.has("MessageUUID") && (params.has("From") || params.has("To")) && content()
}

fn message_id(fields: &mut Fields<'_>) -> Result<MessageId, WebhookError> {
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("MessageUUID");
    MessageId::new(PLIVO, fields.required("MessageUUID")?).map_err(invalid)
}

/// Reads a price, which Plivo gives without a currency: US dollars.
fn price(amount: &str) -> Option<Money> {
    let plain = amount.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    Money::charge(amount, Currency::USD).filter(|_| plain)
}

/// Reads a time; the year 1 is "never", and `Some(None)`.
fn time(text: &str) -> Option<Option<Timestamp>> {
    if text.starts_with("0001-01-01") { Some(None) } else { lenient::time(text).map(Some) }
}

fn status(params: &Params, proof: &Proof<'_>) -> Result<Event, WebhookError> {
    params.refuse_resplit(&MESSAGE_UUID)?;
    // In the order of their names.
    let fields = &mut params.fields();
    let delivered_at = fields.side("DeliveryReportTime", time)?.flatten();
    let code = fields.side("ErrorCode", |code| code.parse::<u32>().ok().map(|_| code))?;
    let from = fields.name("From")?.map(Address::from_plain);
    fields.discard(&["MessageTime"]);
    let message = message_id(fields)?;
    let pool = fields.parsed("PowerpackUUID")?;
    let queued_at = fields.side("QueuedTime", time)?.flatten();
    let sent_at = fields.side("SentTime", time)?.flatten();
    let sequence = fields.parsed("Sequence")?;
    let word = fields.required("Status")?;
    if word.len() > 32 || !word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-') {
        return Err(WebhookError::new(WebhookErrorKind::InvalidField).with_field("Status"));
    }
    let to = fields.name("To")?.map(Address::from_plain);
    let price = fields.side("TotalAmount", price)?;
    let segments = fields.parsed("Units")?;
    // Kept among the rest too.
    let requester = params.get("requester_ip")?.filter(|text| !text.is_empty());
    let requester = requester.map(str::parse).transpose().unwrap_or_else(|_| {
        fields.issue("requester_ip", WebhookErrorKind::InvalidField);
        None
    });

    let status = PlivoStatus::from(word).into();
    let mut update = StatusUpdate::new(message, status, delivery_failure(code), proof.authenticity);
    update.account = proof.account.as_deref().map(Into::into);
    (update.from, update.to, update.pool) = (from, to, pool);
    (update.segments, update.price, update.sequence) = (segments, price, sequence);
    update.requester = requester;
    update.at = delivered_at.or(sent_at).or(queued_at);
    (update.issues, update.extra) = (fields.issues(), fields.rest());
    Ok(Event::Status(update))
}

fn inbound(params: &Params, proof: &Proof<'_>) -> Result<Event, WebhookError> {
    params.refuse_resplit(&MESSAGE_UUID)?;
    let fields = &mut params.fields();
    let ends = (fields.end("From", Address::from_plain)?, fields.end("To", Address::from_plain)?);
    // The text of an MMS is in Body.
    let text = fields.take("Text")?.or(fields.take("Body")?).unwrap_or_default();
    let id = message_id(fields)?;
    let mut message = InboundMessage::new(id, ends, text.into(), proof.authenticity);
    message.account = proof.account.as_deref().map(Into::into);
    message.pool = fields.parsed("PowerpackUUID")?;
    message.segments = fields.parsed("Units")?;
    message.media = media(fields)?;
    message.keyword = fields.side("MessageIntent", |word| match word {
        "optout" => Some(Keyword::OptOut),
        "optin" => Some(Keyword::OptIn),
        "help" => Some(Keyword::Help),
        _ => None,
    })?;
    let announced = params.get("MediaCount")?.unwrap_or_default().parse();
    if announced.is_ok_and(|count: usize| count > message.media.len()) {
        fields.issue("Media", WebhookErrorKind::MissingField);
    }
    (message.issues, message.extra) = (fields.issues(), fields.rest());
    Ok(Event::Inbound(message))
}

/// Reads every `Media` with a number, in the order of the numbers: Plivo counts from 0 in some places and
/// from 1 in others.
fn media(fields: &mut Fields<'_>) -> Result<Vec<InboundMedia>, WebhookError> {
    let mut numbered = fields.find_all("Media", media_number);
    numbered.sort_by_key(|(number, _)| *number);
    if numbered.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field("Media"));
    }
    let url = |(_, at)| fields.read_at(at, "Media", |url| url.parse().ok());
    Ok(numbered.into_iter().filter_map(url).map(|url| InboundMedia::new(url, None)).collect())
}

fn media_number(digits: &str) -> Option<u32> {
    Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}
