//! [`SandboxHandle`]: what a program, a test or a page may ask of a sandbox.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{MessageId, MessageStatus, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{Callback, Carried, Expected, Fate, Fault, Inbound, When, server::Shared},
};

/// Access to a sandbox, as long as it is up: cheap to clone.
#[derive(Clone, Debug)]
pub struct SandboxHandle {
    pub(super) shared: Arc<Shared>,
}

impl SandboxHandle {
    /// Returns the base URL at which it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.shared.base.clone()
    }

    /// Decides what becomes of messages to this number.
    pub fn set_fate(&self, to: PhoneNumber, fate: Fate) {
        self.shared.carrier.set_fate(to, fate);
    }

    /// Makes something go wrong. A submission meets the first fault that fits it, in the order in which
    /// they were injected: one that is about the answer, and one that is about the callbacks.
    pub fn inject(&self, when: When, fault: Fault) {
        self.shared.faults.add(None, when, fault);
        self.shared.carrier.touch();
    }

    /// Makes something go wrong with requests whose path has this within it, whatever they ask for.
    ///
    /// Fail the next request for a verification:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::sandbox::{Fault, Sandbox, When};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// sandbox.inject_at("/Verifications", When::Next(1), Fault::Refuse(503));
    /// # Ok(())
    /// # }
    /// ```
    pub fn inject_at(&self, path: impl Into<String>, when: When, fault: Fault) {
        self.shared.faults.add(Some(path.into()), when, fault);
        self.shared.carrier.touch();
    }

    /// Removes all faults: from now on everything goes well again.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
        self.shared.carrier.touch();
    }

    /// Forgets all messages that it took.
    pub fn clear_messages(&self) {
        self.shared.carrier.clear();
    }

    /// Returns all messages it took and still keeps, newest first.
    ///
    /// Read what a program sent:
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, SmsProvider, sandbox::Sandbox};
    /// use anysms::twilio::{Twilio, TwilioConfig};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// sms.send(&Message::new(to, "Your table is ready")).await?;
    /// let messages = sandbox.messages();
    /// assert_eq!(messages[0].text, "Your table is ready");
    /// assert_eq!((messages.len(), messages[0].segments), (1, 1));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn messages(&self) -> Vec<Carried> {
        let all = self.shared.carrier.all();
        all.into_iter().filter(|message| !message.is_inbound()).collect()
    }

    /// Returns all messages that phones sent and that it still keeps, newest first.
    #[must_use]
    pub fn received(&self) -> Vec<Carried> {
        self.shared.carrier.all().into_iter().filter(Carried::is_inbound).collect()
    }

    /// Returns this many messages, those of phones among them, newest first.
    #[must_use]
    pub fn newest(&self, messages: usize) -> Vec<Carried> {
        self.shared.carrier.newest_ones(messages)
    }

    /// Returns the fate of messages to this number.
    #[must_use]
    pub fn fate(&self, to: PhoneNumber) -> Fate {
        self.shared.carrier.fate(to)
    }

    /// Returns the time of the sandbox: that of this machine, and what was skipped.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.carrier.now()
    }

    /// Skips so much time: what is scheduled in it is sent, what ends in it ends, and registrations move on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let sandbox = anysms::sandbox::Sandbox::start().await?;
    /// let before = sandbox.now();
    /// sandbox.skip(Duration::from_secs(3_600));
    /// assert!(sandbox.now().duration_since(before) >= jiff::SignedDuration::from_hours(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn skip(&self, time: Duration) {
        self.shared.carrier.clock().skip(time);
        self.shared.carrier.touch();
    }

    /// Waits until something in the sandbox changes after this call.
    pub async fn changed(&self) {
        drop(self.shared.carrier.changes().changed().await); // the sender lives as long as `self`
    }

    /// Returns the message of this id; `None` if it keeps none.
    #[must_use]
    pub fn message(&self, id: &MessageId) -> Option<Carried> {
        self.shared.carrier.find(id)
    }

    /// Returns the kind of a message's error and the address of the vendor's page about it; `None` if it has
    /// no error.
    #[must_use]
    pub fn error_help(&self, message: &Carried) -> Option<(ErrorKind, String)> {
        let vendor = self.shared.vendor(message.id.provider())?;
        message.error_code.map(|code| vendor.error_help(code))
    }

    /// Returns the faults that wait, in the order in which they were injected, each with the part of the
    /// path that it was injected at; `None` for submissions.
    #[must_use]
    pub fn faults(&self) -> Vec<(Option<String>, When, Fault)> {
        self.shared.faults.all()
    }

    /// Waits until a message stands so.
    ///
    /// # Errors
    /// `Timeout` if it does not within this time.
    pub async fn wait_for(
        &self,
        id: &MessageId,
        status: &MessageStatus,
        within: Duration,
    ) -> Result<Carried> {
        let reached = |message: &Carried| message.id == *id && message.status == *status;
        let late =
            || Error::not_sent(ErrorKind::Timeout).with_detail("sandbox: not reached in time");
        self.shared.carrier.wait_for(reached, within).await.ok_or_else(late)
    }

    /// Sends a message from a phone to a number of an account: calls the webhook that the number names,
    /// signed as the vendor does, and does what it answers. Returns the message and the HTTP status of
    /// the answer; `None` if the number names no webhook.
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{sandbox::{Inbound, Sandbox}, twilio::{TWILIO, TwilioSandbox}};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let hello = Inbound::new("+447700900123".parse()?, TwilioSandbox::NUMBER.parse()?, "Hello");
    /// let (message, answer) = sandbox.receive_at_number(&TWILIO, &hello).await?;
    /// assert!(message.is_inbound() && answer.is_none());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a vendor it does not speak, `Webhook` if the webhook did not answer.
    pub async fn receive_at_number(
        &self,
        provider: &ProviderId,
        message: &Inbound,
    ) -> Result<(Carried, Option<u16>)> {
        self.shared.receive(provider, message, None).await
    }

    /// Sends a message from a phone to a number of an account: calls the webhook at this address, signed as
    /// the vendor does, and does what it answers. Returns the HTTP status that the webhook answered.
    ///
    /// Write STOP to a webhook:
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{sandbox::{Inbound, Sandbox}, twilio::{TWILIO, TwilioSandbox}};
    ///
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let url = format!("http://{}/hooks/twilio", listener.local_addr()?).parse()?;
    /// let webhook = axum::Router::new().fallback(|| async { "" });
    /// tokio::spawn(async move { axum::serve(listener, webhook).await });
    ///
    /// let stop = Inbound::new("+447700900123".parse()?, TwilioSandbox::NUMBER.parse()?, "STOP");
    /// assert_eq!(Sandbox::start().await?.receive(&TWILIO, &stop, &url).await?, 200);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a vendor it does not speak, or that the webhook did not answer.
    pub async fn receive(
        &self,
        provider: &ProviderId,
        message: &Inbound,
        url: &WebUrl,
    ) -> Result<u16> {
        let webhook = Some(Callback::new(url.clone(), false));
        let (_, status) = self.shared.receive(provider, message, webhook).await?;
        status.ok_or_else(|| Error::not_sent(ErrorKind::Webhook))
    }

    /// Begins to wait for a message to this number: the next that fits, or one that is there already.
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, SmsProvider, sandbox::Sandbox};
    /// use anysms::twilio::{Twilio, TwilioConfig};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// sms.send(&Message::new(to, "Your code is 123456")).await?;
    /// let message = sandbox.expect_message(to).with_text("Your code").await?;
    /// assert_eq!(message.code().as_deref(), Some("123456"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    pub fn expect_message(&self, to: PhoneNumber) -> Expected<'_> {
        Expected::new(&self.shared.carrier, to)
    }
}
