//! [`Call`], [`Accepted`] and [`Refusal`]: one kind of request, and both ways in which it is answered.

use bytes::Bytes;
use http::StatusCode;

use crate::{
    error::{Error, Outcome, Result},
    transport::BodyError,
};

/// Effect of a call at the provider: it decides what a failure proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It submits a message.
    Sends,
    /// It changes something that is there.
    Changes,
    /// It only reads: it has never sent anything, however it fails.
    Reads,
}

/// One kind of call, for errors and events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
}

impl Call {
    pub(crate) const fn sending(name: &'static str) -> Self {
        Self { name, effect: Effect::Sends }
    }

    pub(crate) const fn changing(name: &'static str) -> Self {
        Self { name, effect: Effect::Changes }
    }

    pub(crate) const fn reading(name: &'static str) -> Self {
        Self { name, effect: Effect::Reads }
    }

    /// Returns what a failure proves, given what the transport or the status proves of a submission.
    pub(super) fn outcome(self, proved: Outcome, status: Option<StatusCode>) -> Outcome {
        match self.effect {
            Effect::Reads => Outcome::NotSent,
            // Of a submission, a conflict may mean that the message is there already; of a change,
            // it means that the change was refused.
            Effect::Changes if status == Some(StatusCode::CONFLICT) => Outcome::NotSent,
            Effect::Sends | Effect::Changes => proved,
        }
    }

    /// Marks an error of this call: only where a message was at stake does it say whether one left.
    pub(super) fn mark(self, error: Error) -> Error {
        if self.effect == Effect::Reads { error.without_message() } else { error }
    }
}

/// Answer of 2xx, and a body that may still be missing.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) status: StatusCode,
    pub(crate) body: Result<Bytes, BodyError>,
    pub(crate) request_id: Option<String>,
}

/// Answer that refuses: what the status proves, and the body in which the vendor says more.
///
/// Read a vendor's own code:
///
/// ```
/// use anysms::{Error, ErrorKind, transport::{ReadRefusal, Refusal}};
///
/// const READ: ReadRefusal = |Refusal { error, body, .. }| -> Error {
///     let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
///     let outcome = error.outcome();
///     match body["code"].as_str() {
///         Some("E17") => error.with_kind(ErrorKind::OptedOut, outcome).with_code("E17"),
///         _ => error,
///     }
/// };
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Refusal {
    /// Error with kind and outcome by the status alone.
    pub error: Error,
    /// Effect that the call would have had.
    pub effect: Effect,
    /// HTTP status.
    pub status: StatusCode,
    /// Body; empty if it did not arrive.
    pub body: Bytes,
}
