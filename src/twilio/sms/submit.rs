//! Submission of a message: its form on the wire, and the meaning of the answer.

use form_urlencoded::Serializer;

use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    message::{Channel, Message, MessageId, MessageStatus, Receipt, Sender},
    transport::{api::Accepted, lenient},
    twilio::{
        TWILIO, TwilioOptions, account,
        error::{error_help, error_kind, is_unproved},
        sms::wire,
    },
};

/// Rule that is broken where neither the message nor the configuration names a sender.
pub(in crate::twilio) const NO_SENDER: &str =
    "sender: none set; pass one with with_sender or set TWILIO_FROM or TWILIO_PHONE_NUMBER";

/// Returns the body of a submission.
pub(in crate::twilio) fn form(
    message: &Message,
    default_sender: Option<&Sender>,
) -> Result<String> {
    let refuse = |kind, detail: &'static str| {
        Error::not_sent(kind).with_provider(TWILIO).with_detail(detail)
    };
    let options: TwilioOptions = message.options()?.unwrap_or_default();
    if options.content_sid.is_none() {
        message.validate().map_err(|error| error.with_provider(TWILIO))?;
    }
    let sender = message.sender().or(default_sender);
    let pool = sender.and_then(Sender::pool);
    let mut form = Serializer::new(String::with_capacity(256 + message.text().len()));
    form.append_pair("To", &message.destination().to_string());
    if let Some(pool) = pool {
        form.append_pair("MessagingServiceSid", pool.as_str());
    }
    match sender {
        Some(Sender::Pool(_)) => {} // the pool picks
        Some(sender) => {
            form.append_pair("From", &from(sender, message.destination().channel())?);
        }
        None => {
            return Err(refuse(ErrorKind::InvalidSender, NO_SENDER));
        }
    }
    if !message.text().is_empty() {
        form.append_pair("Body", message.text());
    }
    for media in message.media() {
        form.append_pair("MediaUrl", media.url().as_str());
    }
    if let Some(url) = message.status_callback() {
        form.append_pair("StatusCallback", url.as_str());
    }
    if let Some(validity) = message.validity() {
        if validity.subsec_nanos() != 0 || !(1..=36_000).contains(&validity.as_secs()) {
            let rule = "validity: must be 1 to 36,000 whole seconds";
            return Err(refuse(ErrorKind::InvalidRequest, rule));
        }
        form.append_pair("ValidityPeriod", &validity.as_secs().to_string());
    }
    if let Some(at) = message.send_at() {
        if pool.is_none() {
            let rule = "send_at: Twilio schedules only from a Messaging Service";
            return Err(refuse(ErrorKind::InvalidRequest, rule));
        }
        form.append_pair("ScheduleType", "fixed").append_pair("SendAt", &account::date_time(at));
    }
    if let Some(fallback) = message.fallback_sender() {
        form.append_pair("FallbackFrom", &from(fallback, Channel::Sms)?);
    }
    append_options(&mut form, &options);
    Ok(form.finish())
}

fn append_options(form: &mut Serializer<'_, String>, options: &TwilioOptions) {
    let truth = |flag: Option<bool>| flag.map(|flag| if flag { "true" } else { "false" });
    let attempt = options.attempt.map(|attempt| attempt.to_string());
    let pairs = [
        ("ContentSid", options.content_sid.as_deref()),
        ("ContentVariables", options.content_variables.as_deref()),
        ("ApplicationSid", options.application_sid.as_deref()),
        ("SmartEncoded", truth(options.smart_encoded)),
        ("SendAsMms", truth(options.send_as_mms)),
        ("ShortenUrls", truth(options.shorten_urls)),
        ("RiskCheck", options.risk_check.map(|check| check.word())),
        ("ProvideFeedback", truth(options.provide_feedback)),
        ("Attempt", attempt.as_deref()),
        ("ContentRetention", options.content_retention.map(|retention| retention.word())),
        ("AddressRetention", options.address_retention.map(|retention| retention.word())),
        ("TrafficType", options.traffic_type.as_deref()),
        ("ForceDelivery", truth(options.force_delivery)),
        ("MessageIntent", options.message_intent.map(|intent| intent.word())),
        ("MaxPrice", options.max_price.as_deref()),
    ];
    for (name, value) in pairs {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    for action in &options.persistent_action {
        form.append_pair("PersistentAction", action);
    }
}

/// Returns the receipt for an answer of 2xx, however little of it can be read.
pub(in crate::twilio) fn receipt(message: &Message, accepted: Accepted) -> Result<Receipt> {
    let body = accepted.body.as_deref().unwrap_or_default();
    let submitted: wire::Submitted<'_> = lenient::object(body).unwrap_or_default();
    let status = wire::status(&submitted.status);
    let code: Option<u32> = submitted.error_code.parse().filter(|code| *code != 0);
    // Only these two words prove that nothing leaves: a code beside another is a warning.
    if matches!(status, MessageStatus::Failed | MessageStatus::Canceled) {
        return Err(gave_up(code, accepted));
    }
    let id = submitted.sid.text().and_then(|sid| MessageId::new(TWILIO, sid).ok());
    let mut receipt = Receipt::new(TWILIO, id, message.key().clone());
    receipt.status = status;
    receipt.segments = submitted.num_segments.parse().filter(|segments| *segments > 0);
    receipt.price = wire::price(&submitted.price, &submitted.price_unit);
    receipt.warning = code.map(|code| code.to_string());
    receipt.request_id = accepted.request_id;
    Ok(receipt)
}

/// Returns the error of a submission that Twilio gave up: it has not left, unless the code leaves that
/// unknown. To ask again is pointless, so the kind is none that is retried.
fn gave_up(code: Option<u32>, accepted: Accepted) -> Error {
    let proved = code.is_none_or(|code| !is_unproved(code));
    let outcome = if proved { Outcome::NotSent } else { Outcome::Unknown };
    let error = Error::new(code.map_or(ErrorKind::Other, error_kind), outcome);
    let error = if error.is_retryable() { Error::not_sent(ErrorKind::Other) } else { error };
    let error = error
        .with_provider(TWILIO)
        .with_status(accepted.status.as_u16())
        .with_request_id(accepted.request_id);
    match code {
        Some(code) => error.with_code(code.to_string()).with_help(Some(error_help(code))),
        None => error,
    }
}

/// Writes a sender as Twilio reads it on a channel: a number, a short code or a name has the channel's prefix.
pub(in crate::twilio) fn from(sender: &Sender, channel: Channel) -> Result<String> {
    match sender {
        Sender::PoolMember(member) => from(member.sender(), channel),
        Sender::Rcs(_) | Sender::Messenger(_) | Sender::Sim(_) | Sender::Pool(_) => {
            Ok(sender.to_string())
        }
        Sender::Number(_) | Sender::ShortCode(_) | Sender::Alphanumeric(_) => match channel {
            Channel::Sms => Ok(sender.to_string()),
            Channel::WhatsApp | Channel::Rcs => Ok(format!("{channel}:{sender}")),
            Channel::Messenger => Err(Error::not_sent(ErrorKind::InvalidSender)
                .with_provider(TWILIO)
                .with_detail("sender: Messenger needs a page, messenger:ID")),
        },
    }
}
