//! [`Group`]: operations of one kind, each with the caller that waits for its output.

use std::any::Any;

use async_trait::async_trait;
use tokio::sync::oneshot;

use anysms::error::{Error, Result};

use super::closed;
use crate::{StorePolicy, backend::operation::Operation, protocol::transaction::Tables};

/// An operation, its output once it has run, and the caller that waits for it.
pub(super) struct Slot<O: Operation> {
    operation: O,
    output: Option<O::Output>,
    reply: oneshot::Sender<Result<O::Output>>,
}

impl<O: Operation> Slot<O> {
    /// Returns a group of this one operation.
    pub(super) fn group(operation: O, reply: oneshot::Sender<Result<O::Output>>) -> Box<dyn Group> {
        Box::new(vec![Self { operation, output: None, reply }])
    }
}

/// Operations of one kind, whichever that is.
#[async_trait]
pub(super) trait Group: Send {
    /// Runs them and keeps their outputs until the commit.
    async fn run(&mut self, tables: &mut dyn Tables, policy: StorePolicy) -> Result<()>;

    /// Returns whether any puts something into the queue.
    fn enqueues(&self) -> bool;

    /// Answers the callers, after the commit.
    fn answer(self: Box<Self>);

    /// Answers the callers with an error.
    fn fail(self: Box<Self>, error: &Error);

    /// Parts them into groups of one.
    fn split(self: Box<Self>) -> Vec<Box<dyn Group>>;

    /// Returns [`Operation::TOGETHER`].
    fn together(&self) -> Option<u8>;

    /// Takes another group in, if it is of the same kind; else gives it back.
    fn absorb(&mut self, other: Box<dyn Group>) -> Option<Box<dyn Group>>;

    fn is(&self, other: &dyn Any) -> bool;

    fn into_any(self: Box<Self>) -> Box<dyn Any>;

    fn as_any(&self) -> &dyn Any;
}

#[async_trait]
impl<O: Operation> Group for Vec<Slot<O>> {
    async fn run(&mut self, tables: &mut dyn Tables, policy: StorePolicy) -> Result<()> {
        let operations: Vec<O::Output> = {
            let all: Vec<&O> = self.iter().map(|slot| &slot.operation).collect();
            O::run(tables, policy, &all).await?
        };
        for (slot, output) in self.iter_mut().zip(operations) {
            slot.output = Some(output);
        }
        Ok(())
    }

    fn enqueues(&self) -> bool {
        self.iter().any(|slot| slot.operation.enqueues())
    }

    fn answer(self: Box<Self>) {
        for slot in *self {
            let _ = slot.reply.send(slot.output.ok_or_else(closed)); // nobody may wait any more
        }
    }

    fn fail(self: Box<Self>, error: &Error) {
        for slot in *self {
            let _ = slot.reply.send(Err(error.clone())); // nobody may wait any more
        }
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Group>> {
        self.into_iter().map(|slot| Box::new(vec![slot]) as Box<dyn Group>).collect()
    }

    fn together(&self) -> Option<u8> {
        O::TOGETHER
    }

    fn absorb(&mut self, other: Box<dyn Group>) -> Option<Box<dyn Group>> {
        if O::TOGETHER.is_none() || !self.is(other.as_any()) {
            return Some(other);
        }
        if let Ok(other) = other.into_any().downcast::<Self>() {
            self.extend(*other);
        }
        None
    }

    fn is(&self, other: &dyn Any) -> bool {
        other.is::<Self>()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Puts operations that run together into one group each: what runs by itself first, in order.
pub(super) fn gather(waiting: impl Iterator<Item = Box<dyn Group>>) -> Vec<Box<dyn Group>> {
    let mut groups: Vec<Box<dyn Group>> = Vec::new();
    for one in waiting {
        let mut left = Some(one);
        for group in &mut groups {
            let Some(one) = left.take() else { break };
            left = group.absorb(one);
        }
        groups.extend(left);
    }
    groups.sort_by_key(|group| group.together());
    groups
}
