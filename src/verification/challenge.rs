//! [`Challenge`], [`CheckOutcome`] and [`NumberProof`]: answers of a verification.

use std::{fmt, str::FromStr, sync::Arc};

use jiff::Timestamp;
use thiserror::Error;

use super::{ChallengeRow, Purpose, VerificationChannel};
use crate::{
    error::{Error, ErrorKind, Result},
    message::{TenantId, Text},
    number::PhoneNumber,
};

/// Id of a challenge: 1 to 255 printable characters of ASCII. Give it to the client that asked; it proves nothing.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChallengeId(Arc<str>);

impl ChallengeId {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Failure of a text that is no [`ChallengeId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("challenge id: must be 1 to 255 printable characters of ASCII")]
#[non_exhaustive]
pub struct ChallengeIdError;

impl FromStr for ChallengeId {
    type Err = ChallengeIdError;

    fn from_str(text: &str) -> Result<Self, ChallengeIdError> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(ChallengeIdError) }
    }
}

impl fmt::Display for ChallengeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChallengeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

serde_as_text!(ChallengeId);

/// Challenge that waits for its code. A challenge of a [silent](super::VerificationRequest::silently) request looks the
/// same.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Challenge {
    /// Id, for [`check`](super::Verification::check) and [`resend`](super::Verification::resend).
    pub id: ChallengeId,
    /// Channel that was asked for last.
    pub channel: VerificationChannel,
    /// Time from which no code is approved; `None` if only the vendor knows.
    pub expires_at: Option<Timestamp>,
    /// Earliest time of another send; `None` if there is none any more, or only the vendor knows.
    pub resend_at: Option<Timestamp>,
    /// Digits of the code; `None` if only the vendor knows.
    pub code_length: Option<u8>,
}

/// Outcome of a check.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// Code was right, for the first time.
    Approved(NumberProof),
    /// Code was wrong, used before or too late, or the challenge is not known. Which of them, nobody is told.
    Wrong,
}

impl CheckOutcome {
    /// Returns the proof; `None` if the code was wrong.
    ///
    /// ```
    /// use anysms::verification::CheckOutcome;
    ///
    /// assert!(CheckOutcome::Wrong.approved().is_none());
    /// ```
    #[must_use]
    pub fn approved(self) -> Option<NumberProof> {
        match self {
            Self::Approved(proof) => Some(proof),
            Self::Wrong => None,
        }
    }
}

/// NumberProof that a person has a number, good once and for one purpose. Only an approved check makes one; it cannot be
/// copied, and using it consumes it. A code that went out by e-mail proves the address, not the number.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a proof that is not redeemed lets nobody in"]
pub struct NumberProof {
    pub(crate) id: ChallengeId,
    pub(crate) number: PhoneNumber,
    pub(crate) purpose: Purpose,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) email: Option<Text>,
    pub(crate) at: Timestamp,
}

impl NumberProof {
    /// Consumes the proof for a number and a purpose.
    ///
    /// # Errors
    /// `InvalidRequest` if it is a proof of another number, of an e-mail address, or for another purpose.
    pub fn redeem(self, number: PhoneNumber, purpose: &Purpose) -> Result<()> {
        if self.email.is_some() {
            return refuse("proof: is of an e-mail address; use redeem_email");
        }
        if self.number.canonical() != number.canonical() {
            return refuse("proof: is of another number; start a challenge for this one");
        }
        self.is_for(purpose)
    }

    /// Consumes the proof for an e-mail address, where the code went out by e-mail, and a purpose.
    ///
    /// # Errors
    /// `InvalidRequest` if it is a proof of another address, of a number, or for another purpose.
    pub fn redeem_email(self, address: &str, purpose: &Purpose) -> Result<()> {
        if self.email.as_ref().is_none_or(|own| own.as_str() != address) {
            return refuse("proof: is not of this address; start a challenge for it");
        }
        self.is_for(purpose)
    }

    fn is_for(&self, purpose: &Purpose) -> Result<()> {
        if self.purpose == *purpose {
            return Ok(());
        }
        refuse("proof: is for another purpose; start a challenge for this one")
    }

    /// Returns the id of its challenge.
    #[must_use]
    pub const fn challenge(&self) -> &ChallengeId {
        &self.id
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(&self) -> PhoneNumber {
        self.number
    }

    /// Returns the purpose.
    #[must_use]
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Returns the tenant; `None` of one that had none, and of a vendor's service, which knows no tenants.
    #[must_use]
    pub const fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// Returns the time of the approval.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

fn refuse(rule: &'static str) -> Result<()> {
    Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule).without_message())
}

/// Returns the id of a challenge of ours.
pub(super) fn id_of(row: &ChallengeRow) -> ChallengeId {
    ChallengeId(format!("{:032x}", row.id).into())
}

/// Reads an id of ours; the id of nothing if it is none.
pub(super) fn own(id: &ChallengeId) -> u128 {
    let text = id.as_str();
    let is_ours = text.len() == 32 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    if is_ours { u128::from_str_radix(text, 16).unwrap_or_default() } else { 0 }
}
