//! [`Begin`]: an attempt that is about to be made; [`Begun`]: the decision.

use std::sync::Arc;

use anysms::{
    AccountId, ProviderId,
    error::{Error, ErrorKind, Outcome, Result},
    layers::ResendAllowed,
    message::{Message, Money, Receipt},
};

use crate::{
    AttemptToken,
    model::{case::Snapshot, hash::ContentFingerprint},
    protocol::transaction::Named,
};

/// An attempt that is about to be made.
#[derive(Clone, Debug)]
pub(crate) struct Begin {
    pub(crate) message: Message,
    pub(crate) content: ContentFingerprint,
    pub(crate) provider: ProviderId,
    pub(crate) account: Option<AccountId>,
    pub(crate) token: AttemptToken,
    pub(crate) estimate: Option<Money>,
}

/// Mark of a message on its way from the queue: the message as its worker claimed it.
#[derive(Clone, Debug)]
pub(crate) struct Claim(pub(crate) Arc<Snapshot>);

impl Begin {
    pub(crate) fn name(&self) -> Named {
        name(&self.message)
    }

    /// Returns the claim of the queue under which it is sent; `None` for a direct send.
    pub(crate) fn fence(&self) -> Option<i64> {
        self.claim().map(|claim| claim.entry.fence)
    }

    /// Returns the message as it was claimed; `None` for a direct send.
    pub(crate) fn claim(&self) -> Option<&Arc<Snapshot>> {
        self.message.extensions().get::<Claim>().map(|claim| &claim.0)
    }

    /// Returns the allowance of a layer to send it although an earlier attempt may have been sent.
    pub(crate) fn allowance(&self) -> Option<ResendAllowed> {
        self.message.extensions().get::<ResendAllowed>().copied()
    }
}

/// Returns the name of a message.
pub(crate) fn name(message: &Message) -> Named {
    (message.tenant().cloned(), message.key().clone())
}

/// Decision on an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// The intent is written down: submit it.
    Go,
    /// An earlier attempt was accepted.
    Earlier(Box<Receipt>),
    /// An earlier attempt may have been sent, or is on its way now.
    MaybeSent,
    /// The key was already used for a different message.
    OtherContent,
    /// It waits in the queue, a worker has it, or it is set aside.
    Queued,
    /// The claim is over: somebody else has it, or will.
    LeaseLost,
    /// It was canceled.
    Canceled,
    /// The recipient opted out.
    OptedOut,
    /// It is not worth sending any more.
    Expired,
}

impl Begun {
    /// Returns the answer of a layer that may not submit; `None` if it may.
    pub(crate) fn into_result(self, provider: &ProviderId) -> Option<Result<Receipt>> {
        let refuse = |kind, outcome, detail| {
            let error = Error::new(kind, outcome).with_provider(provider.clone());
            Some(Err(error.with_detail(detail).by_layer()))
        };
        let (not_sent, unknown) = (Outcome::NotSent, Outcome::Unknown);
        match self {
            Self::Go => None,
            Self::Earlier(receipt) => Some(Ok(*receipt)),
            Self::MaybeSent => refuse(
                ErrorKind::Conflict,
                unknown,
                "idempotency key: may have been sent before, and its outcome is unknown",
            ),
            Self::OtherContent => refuse(
                ErrorKind::Conflict,
                not_sent,
                "idempotency key: was already used for a different message",
            ),
            Self::Queued => refuse(
                ErrorKind::Conflict,
                not_sent,
                "idempotency key: the message waits in the queue",
            ),
            Self::Canceled => refuse(
                ErrorKind::Conflict,
                not_sent,
                "idempotency key: the message was canceled; requeue it, or use another key",
            ),
            Self::LeaseLost => refuse(ErrorKind::Conflict, not_sent, "lease: the claim is over"),
            Self::Expired => {
                refuse(ErrorKind::Expired, not_sent, "validity: over before the message was sent")
            }
            Self::OptedOut => {
                refuse(ErrorKind::OptedOut, not_sent, "destination: suppressed in the store")
            }
        }
    }
}
