//! [`Expected`]: a message that a test waits for.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use crate::{
    error::{Error, ErrorKind, Result},
    message::MessageStatus,
    number::PhoneNumber,
    sandbox::{Carried, Carrier},
};

/// Message that a test waits for, made by `Sandbox::expect_message`. Await it.
///
/// The newest that fits everything is returned, as soon as there is one; there may be one already. Without
/// [`within`](Self::within) it waits for 5 seconds.
#[derive(Debug)]
#[must_use = "await it"]
pub struct Expected<'a> {
    carrier: &'a Carrier,
    to: PhoneNumber,
    text: Option<String>,
    status: Option<MessageStatus>,
    reported: Option<MessageStatus>,
    within: Duration,
}

impl<'a> Expected<'a> {
    pub(super) const fn new(carrier: &'a Carrier, to: PhoneNumber) -> Self {
        Self {
            carrier,
            to,
            text: None,
            status: None,
            reported: None,
            within: Duration::from_secs(5),
        }
    }

    /// Waits for one whose text has this within it.
    pub fn with_text(mut self, part: impl Into<String>) -> Self {
        self.text = Some(part.into());
        self
    }

    /// Waits for one that stands so.
    pub fn with_status(mut self, status: MessageStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Waits for one whose callback was told this status and took it, by an answer of 2xx.
    pub fn with_reported(mut self, status: MessageStatus) -> Self {
        self.reported = Some(status);
        self
    }

    /// Waits for so long at most.
    pub const fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    fn fits(&self, message: &Carried) -> bool {
        message.to == self.to
            && self.text.as_ref().is_none_or(|text| message.text.contains(text.as_str()))
            && self.status.as_ref().is_none_or(|status| message.status == *status)
            && self.reported.as_ref().is_none_or(|status| {
                message.reports.iter().any(|report| report.status == *status && report.was_taken())
            })
    }
}

impl<'a> IntoFuture for Expected<'a> {
    type Output = Result<Carried>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Carried>> + Send + 'a>>;

    /// Waits for the message.
    ///
    /// # Errors
    /// `Timeout` if none comes in time.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let found = self.carrier.wait_for(|message| self.fits(message), self.within).await;
            found.ok_or_else(|| {
                let rule = "sandbox: no message that fits came in time";
                Error::not_sent(ErrorKind::Timeout).with_detail(rule)
            })
        })
    }
}
