//! Verification of numbers by one-time codes: codes of our own over any provider, or a vendor's service. See
//! [`Verification`].
//!
//! What belongs here: the neutral trait, its requests (`request`) and answers (`challenge`); [`Otp`], which derives
//! codes from keys (`keys`), writes them (`text`), hands them to channels (`channel`) and keeps challenges in a
//! store (`store`, `memory`) by pure changes (`change`) under a policy (`policy`, `tallies`); reports (`report`). The vendors'
//! own services live with the vendors.

mod alarm;
mod challenge;
mod change;
mod channel;
#[cfg(feature = "axum")]
mod hook;
mod hook_secret;
mod keys;
mod locales;
mod memory;
mod otp;
mod policy;
mod refused;
mod report;
mod request;
mod signed_id;
mod store;
mod tallies;
mod text;
mod typed;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use alarm::Alarm;
pub use challenge::{Challenge, ChallengeId, ChallengeIdError, CheckOutcome, NumberProof};
pub use change::{ChallengeAnswer, ChallengeChange};
pub use channel::{CodeChannel, CodeDelivery, spoken};
#[cfg(feature = "axum")]
pub use hook::CodeHook;
pub use hook_secret::HookSecret;
pub use keys::CodeKeys;
pub use memory::MemoryChallenges;
pub use otp::Otp;
pub use policy::{CodePolicy, ConversionGate};
pub use refused::Refused;
pub use report::{ChallengeFact, ReportBy, ReportQuery, ReportRow, VerificationReport};
pub use request::{Purpose, PurposeError, VerificationChannel, VerificationRequest};
pub use store::{
    ChallengeCheck, ChallengeRow, ChallengeRows, ChallengeSend, ChallengeState, ChallengeStore,
    SendState, Tally, TallyKey,
};
pub use text::{CodeText, CodeTextBuilder};

pub(crate) use {signed_id::IdSigner, typed::typed};

use crate::{error::Result, provider_id::ProviderId};

/// Verification of numbers by codes. Three implementations keep the same promises: [`Otp`], and the services of
/// Twilio and Plivo, which `Twilio::verification` and `Plivo::verification` return.
///
/// - A wrong code, one that was used or is expired, and a challenge that is not known have one answer:
///   [`CheckOutcome::Wrong`].
/// - A code is approved once, however many ask at the same time.
/// - A [`NumberProof`] is good once, for one number and one purpose.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::{PhoneNumber, sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
/// use anysms::verification::{
///     CodeKeys, CodeText, MemoryChallenges, Otp, Purpose, Verification, VerificationRequest,
/// };
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let keys = CodeKeys::new("2026-12", [7; 32])?; // 32 random bytes from where your secrets are
/// let text = CodeText::builder("Club").domain("club.example").build()?;
/// let codes = Otp::new(twilio, keys, MemoryChallenges::new(), text);
///
/// let (number, sign_in): (PhoneNumber, Purpose) = ("+447700900123".parse()?, "sign-in".parse()?);
/// let challenge = codes.start(&VerificationRequest::new(number, sign_in.clone())).await?;
/// let code = sandbox.expect_message(number).await?.code().expect("a code"); // the person reads it
/// let proof = codes.check(&challenge.id, &code).await?.approved().expect("the right code");
/// proof.redeem(number, &sign_in)?; // now let them in
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait Verification: fmt::Debug + Send + Sync {
    /// Returns the name of who knows the codes: `otp`, or the vendor.
    fn authority(&self) -> ProviderId;

    /// Starts a challenge: a code is made and sent.
    ///
    /// # Errors
    /// `RateLimited` for a limit that is reached, with the time to wait; `PolicyBlocked` for a country or a range
    /// that is blocked; else as sending a message, with its outcome. After `Unknown` the code may be on its way.
    async fn start(&self, request: &VerificationRequest) -> Result<Challenge>;

    /// Sends the code of a challenge once more, over this channel or the one before. The code stays the same.
    ///
    /// # Errors
    /// `RateLimited` before the wait is over, and after the last send; `NotFound` for a challenge that is over or
    /// not known; else as [`start`](Self::start).
    async fn resend(
        &self,
        id: &ChallengeId,
        channel: Option<VerificationChannel>,
    ) -> Result<Challenge>;

    /// Checks a code as a person typed it: white space and dashes are no part of it.
    ///
    /// # Errors
    /// `RateLimited` while the number's wait after wrong codes lasts, with the time to wait: nothing was compared.
    /// `Unavailable` and the like where it could not be checked. A wrong code is no error.
    async fn check(&self, id: &ChallengeId, code: &str) -> Result<CheckOutcome>;

    /// Ends a challenge, so that no code is approved any more. One that is not known has ended.
    ///
    /// # Errors
    /// Where it could not be written.
    async fn cancel(&self, id: &ChallengeId) -> Result<()>;

    /// Counts challenges, codes, checks and approvals.
    ///
    /// # Errors
    /// `Unsupported` for a filter or a group that the authority does not know; else as any read.
    async fn report(&self, query: &ReportQuery) -> Result<VerificationReport>;
}

#[async_trait]
impl<V: Verification + ?Sized> Verification for Arc<V> {
    fn authority(&self) -> ProviderId {
        (**self).authority()
    }

    async fn start(&self, request: &VerificationRequest) -> Result<Challenge> {
        (**self).start(request).await
    }

    async fn resend(
        &self,
        id: &ChallengeId,
        channel: Option<VerificationChannel>,
    ) -> Result<Challenge> {
        (**self).resend(id, channel).await
    }

    async fn check(&self, id: &ChallengeId, code: &str) -> Result<CheckOutcome> {
        (**self).check(id, code).await
    }

    async fn cancel(&self, id: &ChallengeId) -> Result<()> {
        (**self).cancel(id).await
    }

    async fn report(&self, query: &ReportQuery) -> Result<VerificationReport> {
        (**self).report(query).await
    }
}
