//! [`MessageResult`]: how a message of the queue ended, for [`Runner::on_result`](crate::Runner::on_result).

use serde::{Deserialize, Serialize};

use anysms::{error::ErrorKind, message::MessageKey};

use crate::{AttemptOutcome, Entry, Progress, Stage, model::case::Case};

/// End of a message of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum End {
    /// Accepted by a provider. Its delivery is reported later, by webhook.
    Sent,
    /// Refused for good; it was not sent.
    Failed,
    /// Perhaps sent: its outcome is unknown. What a provider says later is a status, not a second end.
    Unconfirmed,
    /// Set aside: claimed five times and never begun, or unreadable.
    Dead,
    /// Not sent in time.
    Expired,
    /// Not sent, as the recipient is suppressed.
    Suppressed,
}

impl End {
    /// Returns it as a word, such as `suppressed`. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
            Self::Dead => "dead",
            Self::Expired => "expired",
            Self::Suppressed => "suppressed",
        }
    }
}

/// Message of the queue that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MessageResult {
    /// End of it.
    pub end: End,
    /// Message, without its text.
    pub entry: Entry,
}

impl MessageResult {
    /// Returns the idempotency key of the message.
    #[must_use]
    pub const fn key(&self) -> &MessageKey {
        &self.entry.key
    }
}

impl Case {
    /// Notes how a message ended that was in the queue when it was read; a cancel is no end, as its caller knows.
    pub(crate) fn note_end(&mut self) {
        let before = self.before();
        let was_queued =
            before.payload.is_some() && !matches!(before.stage, Stage::Done | Stage::Dead);
        if was_queued && matches!(self.entry.stage, Stage::Done | Stage::Dead) {
            self.ended = self.end();
        }
    }

    fn end(&self) -> Option<End> {
        let of = |outcome| self.attempts.iter().any(|attempt| attempt.outcome == Some(outcome));
        Some(match self.entry.failure.as_ref().map(|failure| failure.kind) {
            _ if of(AttemptOutcome::Accepted) => End::Sent,
            _ if of(AttemptOutcome::Unknown) => End::Unconfirmed,
            _ if self.entry.stage == Stage::Dead => End::Dead,
            _ if self.entry.status == Some(Progress::Canceled) => return None,
            Some(ErrorKind::OptedOut) => End::Suppressed,
            Some(ErrorKind::Expired) => End::Expired,
            _ => End::Failed,
        })
    }
}
