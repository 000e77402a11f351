//! Twilio Verify, version 2.
//!
//! What belongs here: the verification itself (`verification`), a channel for codes of our own (`channel`), and the
//! management of services (`services`), templates (`templates`) and attempts (`attempts`).

mod attempts;
mod channel;
mod services;
mod templates;
mod verification;

pub use attempts::{VerifyAttempt, VerifyAttemptQuery, VerifyAttemptSummary};
pub use channel::TwilioVerifyChannel;
pub use services::{VerifyService, VerifyServiceSettings, VerifyServices};
pub use templates::{VerifyTemplate, VerifyTranslation};
pub use verification::TwilioVerification;

use crate::{
    error::{Error, Result},
    transport::api::ApiRequest,
    twilio::{Product, TWILIO, Twilio},
    verification::VerificationChannel,
};

/// Begins a request below a service.
fn request<'a>(
    twilio: &'a Twilio,
    service: &str,
    method: http::Method,
    rest: &[&str],
) -> ApiRequest<'a> {
    let path = ["v2", "Services", service].into_iter().chain(rest.iter().copied());
    twilio.request(method, Product::Verify, path)
}

/// Returns Twilio's word for a channel.
fn word(channel: VerificationChannel) -> Result<&'static str> {
    match channel {
        VerificationChannel::Sms => Ok("sms"),
        VerificationChannel::Voice => Ok("call"),
        VerificationChannel::Whatsapp => Ok("whatsapp"),
        VerificationChannel::Email => Err(Error::unsupported(
            TWILIO,
            "channel: e-mail proves no number; use a channel of the number",
        )),
    }
}

fn channel(word: &str) -> VerificationChannel {
    match word.to_ascii_lowercase().as_str() {
        "call" | "voice" => VerificationChannel::Voice,
        "whatsapp" => VerificationChannel::Whatsapp,
        "email" => VerificationChannel::Email,
        _ => VerificationChannel::Sms,
    }
}
