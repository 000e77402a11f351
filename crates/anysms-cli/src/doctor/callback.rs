//! The test callbacks that a webhook gets.

use std::fmt::Display;

use anysms::{Timestamp, plivo::PlivoWebhook, twilio::TwilioWebhook, webhook::PublicUrl};
use bytes::Bytes;

use super::setup::Setup;
use crate::{failure::Failure, target::Vendor};

/// Makes a status callback about a message that does not exist, signed with this token; `None` leaves it
/// unsigned.
pub(super) fn request(
    setup: &Setup,
    url: &str,
    token: Option<&str>,
) -> Result<http::Request<Bytes>, Failure> {
    let none = "0".repeat(32);
    let (sid, uuid) = (format!("SM{none}"), "00000000-0000-4000-8000-000000000000");
    let pairs: &[(&str, &str)] = match setup.vendor {
        Vendor::Twilio => &[
            ("AccountSid", &setup.account),
            ("ApiVersion", "2010-04-01"),
            ("From", "+15555550100"),
            ("MessageSid", &sid),
            ("MessageStatus", "sent"),
            ("SmsSid", &sid),
            ("SmsStatus", "sent"),
            ("To", "+447700900123"),
        ],
        Vendor::Plivo => &[
            ("From", "15555550100"),
            ("MessageUUID", uuid),
            ("ParentMessageUUID", uuid),
            ("Status", "sent"),
            ("To", "447700900123"),
            ("Type", "sms"),
            ("Units", "1"),
        ],
    };
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut request = http::Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("user-agent", "anysms-doctor");
    for (name, value) in
        token.map_or(Ok(Vec::new()), |token| signatures(setup.vendor, token, url, &body))?
    {
        request = request.header(name, value);
    }
    let malformed = |_| Failure::usage("--webhook-url", "cannot be asked for");
    request.body(body.into()).map_err(malformed)
}

/// Makes the signature headers of the provider.
fn signatures(
    vendor: Vendor,
    token: &str,
    url: &str,
    body: &str,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let refuse = |error: &dyn Display| Failure::usage("--webhook-url", error);
    let public: PublicUrl = url.parse().map_err(|error| refuse(&error))?;
    match vendor {
        Vendor::Twilio => {
            let signature = TwilioWebhook::new(token, public)?.sign(url, body.as_bytes());
            let signature = signature.map_err(|error| refuse(&error))?;
            Ok(vec![("x-twilio-signature", signature)])
        }
        Vendor::Plivo => {
            let webhook = PlivoWebhook::new(token, public)?;
            let nonce = Timestamp::now().as_nanosecond().to_string();
            let v3 = webhook.sign_v3("POST", url, body.as_bytes(), &nonce);
            let v2 = webhook.sign_v2(url, &nonce).map_err(|error| refuse(&error))?;
            let v3 = v3.map_err(|error| refuse(&error))?;
            Ok(vec![
                ("x-plivo-signature-v3", v3.clone()),
                ("x-plivo-signature-ma-v3", v3),
                ("x-plivo-signature-v3-nonce", nonce.clone()),
                ("x-plivo-signature-v2", v2.clone()),
                ("x-plivo-signature-ma-v2", v2),
                ("x-plivo-signature-v2-nonce", nonce),
            ])
        }
    }
}
