//! [`TwilioVerifyChannel`]: codes of our own, sent by Twilio Verify.

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;

use super::{request, word};
use crate::{
    error::Result,
    twilio::Twilio,
    verification::{CodeChannel, CodeDelivery, VerificationChannel},
};

/// Channel that has Twilio Verify send codes of our own ("custom code", which the service must allow), and reports
/// back which were approved: Twilio's guard against fraud looks at the share.
///
/// ```
/// use anysms::{twilio::Twilio, verification::{Otp, VerificationChannel}};
///
/// fn with_calls(codes: Otp, twilio: &Twilio) -> Otp {
///     let service = "VA00000000000000000000000000000001";
///     codes.with_channel(twilio.verify_channel(service, VerificationChannel::Voice))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct TwilioVerifyChannel {
    twilio: Twilio,
    service: String,
    channel: VerificationChannel,
}

impl Twilio {
    /// Returns a channel for codes of our own by a service of Twilio Verify.
    #[must_use]
    pub fn verify_channel(
        &self,
        service: impl Into<String>,
        channel: VerificationChannel,
    ) -> TwilioVerifyChannel {
        TwilioVerifyChannel { twilio: self.clone(), service: service.into(), channel }
    }
}

#[derive(Deserialize)]
struct Started {
    sid: Option<String>,
}

#[async_trait]
impl CodeChannel for TwilioVerifyChannel {
    fn channel(&self) -> VerificationChannel {
        self.channel
    }

    async fn deliver(&self, delivery: &CodeDelivery) -> Result<Option<String>> {
        let mut start = request(&self.twilio, &self.service, Method::POST, &["Verifications"])
            .form("To", delivery.number.to_string())
            .form("Channel", word(self.channel)?)
            .form("CustomCode", delivery.code.as_str());
        if !delivery.locale.is_empty() {
            start = start.form("Locale", delivery.locale.as_str());
        }
        // An answer of 2xx means that it was taken, however little of it can be read.
        let answer = start.sends().send().await?;
        Ok(answer.json::<Started>().ok().and_then(|started| started.sid))
    }

    async fn approved(&self, id: &str) -> Result<()> {
        let update = request(&self.twilio, &self.service, Method::POST, &["Verifications", id]);
        update.form("Status", "approved").send().await.map(drop)
    }
}
