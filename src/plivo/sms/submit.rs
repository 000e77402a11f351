//! Submission of a message: its form on the wire, and the meaning of the answer.

use serde_json::value::RawValue;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{
        Channel, Destination, MAX_MEDIA, Message, MessageId, MessageStatus, Receipt, Sender, word,
    },
    number::PhoneNumber,
    plivo::{PLIVO, PlivoOptions, account, error, options::MessageType, sms::wire},
    transport::{api::Accepted, lenient},
};

/// Rule that is broken where neither the message nor the configuration names a sender.
pub(in crate::plivo) const NO_SENDER: &str =
    "sender: none set; pass one with with_sender or set PLIVO_FROM or PLIVO_SOURCE_NUMBER";

/// Returns the body of a submission to one recipient, or to several, written as Plivo has them.
pub(in crate::plivo) fn submission(
    message: &Message,
    dst: &str,
    default_sender: Option<&Sender>,
) -> Result<Vec<u8>> {
    let options: PlivoOptions = message.options()?.unwrap_or_default();
    let media = message.media().len() + options.media_ids.len();
    let whatsapp = message.destination().channel() == Channel::WhatsApp;
    if !whatsapp && options.message_type == Some(MessageType::WhatsApp) {
        let rule = "message_type: WhatsApp needs a destination on WhatsApp";
        return Err(account::refuse(ErrorKind::InvalidRequest, rule));
    }
    if message.fallback_sender().is_some() {
        return Err(Error::unsupported(PLIVO, "fallback_sender: Plivo has none"));
    }
    if !whatsapp && options.media_ids.is_empty() {
        message.validate().map_err(|error| error.with_provider(PLIVO))?;
    }
    let whatsapp_only =
        options.template.is_some() || options.interactive.is_some() || options.location.is_some();
    if whatsapp_only && !whatsapp {
        let rule = "template, interactive, location: need a destination on WhatsApp";
        return Err(account::refuse(ErrorKind::InvalidRequest, rule));
    }
    if whatsapp && !whatsapp_only && message.text().is_empty() && media == 0 {
        return Err(account::refuse(
            ErrorKind::InvalidContent,
            "text: is empty and there is nothing else",
        ));
    }
    if media > MAX_MEDIA {
        let rule = format!("media: at most {MAX_MEDIA}, has {media}");
        return Err(account::refuse(ErrorKind::InvalidContent, "").with_detail(rule));
    }
    if message.send_at().is_some() {
        return Err(Error::unsupported(PLIVO, "send_at: Plivo does not schedule messages"));
    }
    let expiry = message.validity().map(|validity| (validity.as_secs(), validity.subsec_nanos()));
    if expiry.is_some_and(|(secs, nanos)| nanos != 0 || !(5..=10_799).contains(&secs)) {
        let rule = "validity: must be 5 to 10,799 whole seconds";
        return Err(account::refuse(ErrorKind::InvalidRequest, rule));
    }
    let (src, powerpack) = sender(message, default_sender)?;
    let submission = wire::Submission {
        src: src.as_deref(),
        powerpack_uuid: powerpack,
        dst,
        text: message.text(),
        message_type: message_type(&options, whatsapp, media),
        media_urls: message.media().iter().map(|media| media.url().as_str()).collect(),
        media_ids: &options.media_ids,
        url: message.status_callback().map(|url| url.as_str()),
        method: options.status_method,
        log: options.log,
        trackable: options.trackable,
        message_expiry: expiry.map(|(secs, _)| secs),
        dlt_entity_id: options.dlt_entity_id.as_deref(),
        dlt_template_id: options.dlt_template_id.as_deref(),
        dlt_template_category: options.dlt_template_category,
        template: raw(options.template.as_deref(), "template: is not JSON")?,
        interactive: raw(options.interactive.as_deref(), "interactive: is not JSON")?,
        location: options.location.as_ref(),
    };
    serde_json::to_vec(&submission).map_err(|_| {
        account::refuse(ErrorKind::InvalidRequest, "the message cannot be written as JSON")
    })
}

/// Returns the sender, for `src` or `powerpack_uuid`. Plivo strips what is neither a letter nor a digit from
/// a name, so such a name is refused rather than changed.
fn sender<'a>(
    message: &'a Message,
    default_sender: Option<&'a Sender>,
) -> Result<(Option<String>, Option<&'a str>)> {
    match message.sender().or(default_sender) {
        Some(Sender::Pool(pool)) => Ok((None, Some(pool.as_str()))),
        Some(Sender::PoolMember(_) | Sender::Rcs(_) | Sender::Messenger(_) | Sender::Sim(_)) => {
            Err(account::refuse(
                ErrorKind::InvalidSender,
                "sender: Plivo takes a number, a short code, a name or a Powerpack",
            ))
        }
        Some(Sender::Alphanumeric(name)) if !name.is_plain() => Err(account::refuse(
            ErrorKind::InvalidSender,
            "sender: Plivo takes only letters and digits",
        )),
        Some(Sender::Number(number)) if Some(*number) == message.destination().number() => {
            Err(account::refuse(ErrorKind::InvalidSender, "sender: is the recipient"))
        }
        Some(sender) => Ok((Some(sender.to_string()), None)),
        None => Err(account::refuse(ErrorKind::InvalidSender, NO_SENDER)),
    }
}

/// Returns the number that Plivo shall write to.
pub(in crate::plivo) fn number(message: &Message) -> Result<PhoneNumber> {
    number_of(message.destination())
}

pub(in crate::plivo) fn number_of(destination: &Destination) -> Result<PhoneNumber> {
    match destination {
        Destination::Sms(number) | Destination::WhatsApp(number) => Ok(*number),
        _ => Err(Error::unsupported(PLIVO, "destination: Plivo has SMS, MMS and WhatsApp")),
    }
}

fn message_type(options: &PlivoOptions, whatsapp: bool, media: usize) -> Option<MessageType> {
    let mms = (media > 0).then_some(MessageType::Mms);
    if whatsapp { Some(MessageType::WhatsApp) } else { options.message_type.or(mms) }
}

fn raw<'a>(json: Option<&'a str>, rule: &'static str) -> Result<Option<&'a RawValue>> {
    let parsed = json.map(serde_json::from_str).transpose();
    parsed.map_err(|_| account::refuse(ErrorKind::InvalidRequest, rule))
}

/// Returns the receipt for an answer of 2xx, however little of it can be read.
pub(in crate::plivo) fn receipt(message: &Message, accepted: Accepted) -> Result<Receipt> {
    let status = accepted.status.as_u16();
    let body = accepted.body.unwrap_or_default();
    let submitted: wire::Submitted<'_> = lenient::object(&body).unwrap_or_default();
    let request_id = submitted.api_id.text().and_then(word).map(str::to_owned);
    let warning = submitted.warning();
    let uuids = submitted.message_uuid.unwrap_or_default();
    let uuid = uuids.iter().find_map(|uuid| uuid.text());
    if uuids.is_empty() {
        if submitted.invalid_number.iter().flatten().any(|number| number.text().is_some()) {
            return Err(Error::not_sent(ErrorKind::InvalidRecipient)
                .with_provider(PLIVO)
                .with_status(status)
                .with_request_id(request_id));
        }
        if let Some(words) = error_in(&body) {
            // Plivo has been seen to put errors into answers of 2xx. That proves nothing.
            return Err(Error::unknown(ErrorKind::Other)
                .with_provider(PLIVO)
                .with_status(status)
                .with_request_id(request_id)
                .with_provider_message(words));
        }
    }
    let id = uuid.and_then(|uuid| MessageId::new(PLIVO, uuid).ok());
    let mut receipt = Receipt::new(PLIVO, id, message.key().clone());
    if receipt.id.is_some() {
        receipt.status = MessageStatus::Queued; // what Plivo's "message(s) queued" means
    }
    (receipt.warning, receipt.request_id) = (warning, request_id);
    Ok(receipt)
}

/// Finds an `error` in an answer of 2xx, with Plivo's words about it, if any.
pub(in crate::plivo) fn error_in(body: &[u8]) -> Option<Option<String>> {
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = json.get("error")?;
    if error.is_null() || *error == false || *error == "" {
        return None;
    }
    Some(error::words(body))
}
