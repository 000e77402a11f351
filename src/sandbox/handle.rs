//! [`SandboxHandle`]: what a program, a test or a page may ask of a sandbox.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    account_id::AccountId,
    error::{Error, ErrorKind, Result},
    message::{MessageId, MessageStatus, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{
        Callback, Carried, Expected, Fate, Fault, Inbound, SandboxAccount, Used, When,
        server::Shared,
    },
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
    }

    /// Removes all faults: from now on everything goes well again.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
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

    /// Returns all accounts, of every vendor.
    #[must_use]
    pub fn accounts(&self) -> Vec<SandboxAccount> {
        self.shared.carrier.accounts()
    }

    /// Opens another main account, with a number of its own: a mailbox that no other test looks into.
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, SmsProvider, sandbox::Sandbox};
    /// use anysms::twilio::{TWILIO, Twilio, TwilioConfig};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let account = sandbox.open_account(&TWILIO)?;
    /// let config = TwilioConfig::new(account.id.as_str(), account.token.as_str());
    /// let sms = Twilio::new(&config.with_base_url(sandbox.base_url()))?;
    /// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello");
    /// sms.send(&message.with_sender(sandbox.numbers(&account)[0].into())).await?;
    /// assert_eq!(sandbox.messages()[0].account, account.id);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a vendor it does not speak.
    pub fn open_account(&self, provider: &ProviderId) -> Result<SandboxAccount> {
        let vendor = self.shared.vendor(provider).ok_or_else(|| {
            Error::unsupported(provider.clone(), "sandbox: does not speak this vendor")
        })?;
        Ok(vendor.open_account(&self.shared.carrier, None))
    }

    /// Returns the numbers of an account.
    #[must_use]
    pub fn numbers(&self, account: &SandboxAccount) -> Vec<PhoneNumber> {
        let vendor = self.shared.vendor(&account.provider);
        vendor.map_or_else(Vec::new, |vendor| vendor.numbers(account, &self.shared.carrier))
    }

    /// Gives an account a number, without buying it. Returns `false` if another account has it.
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{sandbox::Sandbox, twilio::TWILIO};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let account = sandbox.open_account(&TWILIO)?;
    /// assert!(sandbox.give_number(&account, "+15555550142".parse()?));
    /// assert_eq!(sandbox.numbers(&account).len(), 2);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn give_number(&self, account: &SandboxAccount, number: PhoneNumber) -> bool {
        let vendor = self.shared.vendor(&account.provider);
        vendor.is_some_and(|vendor| vendor.give_number(account, number, &self.shared.carrier))
    }

    /// Changes an account: suspends it, makes it a trial, verifies a number, sets its balance. Returns it
    /// as it is then; `None` if there is none of this id.
    ///
    /// See what a program does when its account is suspended:
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{ErrorKind, Message, PhoneNumber, SmsProvider};
    /// use anysms::sandbox::{AccountStanding, Sandbox};
    /// use anysms::twilio::{TWILIO, Twilio, TwilioConfig, TwilioSandbox};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let id = TwilioSandbox::ACCOUNT_SID.into();
    /// sandbox.change_account(&TWILIO, &id, |account| account.state = AccountStanding::Suspended);
    /// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello");
    /// assert_eq!(sms.send(&message).await.unwrap_err().kind(), ErrorKind::Auth);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    pub fn change_account(
        &self,
        provider: &ProviderId,
        id: &AccountId,
        change: impl FnOnce(&mut SandboxAccount),
    ) -> Option<SandboxAccount> {
        self.shared.carrier.change_account(provider, id, change)
    }

    /// Returns what the accounts used, by account, category and day.
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
    /// sms.send(&Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello")).await?;
    /// let used = &sandbox.usage()[0];
    /// assert_eq!((used.category.as_str(), used.units), ("sms-outbound", 1));
    /// assert_eq!(used.price.to_string(), "0.0524");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn usage(&self) -> Vec<Used> {
        self.shared.carrier.usage()
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
    /// assert!(sandbox.now() - before >= jiff::SignedDuration::from_hours(1).try_into()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn skip(&self, time: Duration) {
        self.shared.carrier.clock().skip(time);
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
