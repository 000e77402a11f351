//! [`Begin`]: what is about to be submitted; [`Begun`]: whether it may be.

use anysms::{error::{Error, ErrorKind, Outcome, Result}, message::{Message, Money, Receipt}, ProviderId};

use crate::{AttemptToken, model::hash::ContentHash};

/// What is about to be submitted.
#[derive(Clone, Debug)]
pub(crate) struct Begin {
    pub(crate) message: Message,
    pub(crate) content: ContentHash,
    pub(crate) provider: ProviderId,
    pub(crate) token: AttemptToken,
    pub(crate) estimate: Option<Money>,
}

/// Whether it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It is written down: submit it.
    Go,
    /// An earlier attempt was accepted.
    Earlier(Receipt),
    /// An earlier attempt may have been sent, or is on its way now.
    MaybeSent,
    /// The key stands for another content.
    OtherContent,
    /// It waits in the queue, a worker has it, or it is set aside.
    Queued,
    /// The claim is over: somebody else has it, or will.
    LeaseLost,
    /// The recipient opted out.
    OptedOut,
    /// It is not worth sending any more.
    Expired,
}

impl Begun {
    /// What a layer answers who may not submit.
    pub(crate) fn into_result(self, provider: &ProviderId) -> Option<Result<Receipt>> {
        let refuse = |kind, outcome, detail| {
            let error = Error::new(kind, outcome).with_provider(provider.clone());
            Some(Err(error.with_detail(detail).by_layer()))
        };
        let (not_sent, unknown) = (Outcome::NotSent, Outcome::Unknown);
        match self {
            Self::Go => None,
            Self::Earlier(receipt) => Some(Ok(receipt)),
            Self::MaybeSent => {
                refuse(ErrorKind::Conflict, unknown, "key: may have been sent before")
            }
            Self::OtherContent => {
                refuse(ErrorKind::Conflict, not_sent, "key: stands for another content")
            }
            Self::Queued => refuse(ErrorKind::Conflict, not_sent, "key: is in the queue"),
            Self::LeaseLost => refuse(ErrorKind::Conflict, not_sent, "key: the claim is over"),
            Self::Expired => refuse(ErrorKind::Expired, not_sent, "validity: is over"),
            Self::OptedOut => {
                refuse(ErrorKind::OptedOut, not_sent, "to: is on the log's list of opt-outs")
            }
        }
    }
}
