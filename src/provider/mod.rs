//! The contract between this crate and a provider, and what users call on top of it.
//!
//! Whoever writes a provider implements [`SmsProvider`]; whoever uses one calls its methods and those
//! of [`SmsProviderExt`]. What belongs here: the contract, its extension, and what a provider says
//! about itself ([`Capabilities`], [`AccountStatus`]); and the one that needs no vendor, [`LogOnly`].

mod account_status;
mod capabilities;
mod ext;
mod log_only;
#[cfg(feature = "layers")]
mod send_all;
#[cfg(feature = "layers")]
mod summary;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{
    account_id::AccountKey,
    error::{Error, Result},
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider_id::ProviderId,
};

pub use account_status::{AccountState, AccountStatus};
pub use capabilities::Capabilities;
pub use ext::{Records, SmsProviderExt};
pub use log_only::{LOG_ONLY, LogOnly};
#[cfg(feature = "layers")]
pub use send_all::{Each, SendAll};
#[cfg(feature = "layers")]
pub use summary::{Sent, Summary};

/// Something that sends SMS.
///
/// # Contract
/// - [`send`](Self::send) makes **at most one submission**. It never retries; layers do, and only on
///   what is proved.
/// - `Ok(Receipt)` means accepted, never delivered. An answer that says yes is a receipt even if the
///   rest of it cannot be read.
/// - `Err(e)` with [`Outcome::NotSent`](crate::Outcome::NotSent) promises that no message left. What
///   is not proved is [`Outcome::Unknown`](crate::Outcome::Unknown).
/// - No `Debug`, error or span shows a token, a full number, a text or a URL with an account in it.
///
/// # Wrappers
/// A wrapper is a provider itself and forwards **every** method, so that nothing a provider can do is
/// lost on the way. Put `#[deny(clippy::missing_trait_methods)]` on its implementation.
///
/// # Minimal implementations
/// Put `#[anysms::async_trait]` on the implementation.
///
/// Three methods are required. The others refuse as [`ErrorKind::Unsupported`](crate::ErrorKind) and
/// must be implemented together with their flag in [`Capabilities`]. The `testing` feature has a
/// conformance suite that checks all this; `examples/custom_provider.rs` shows it on one page.
#[async_trait]
pub trait SmsProvider: fmt::Debug + Send + Sync + 'static {
    /// Returns the provider's name, such as `twilio`. Always the same for one value.
    fn id(&self) -> ProviderId;

    /// Returns the abilities of this provider; of a stack of layers, those of the whole stack. No I/O.
    fn capabilities(&self) -> Capabilities;

    /// Returns the account that would send this message; `None` where the provider has no accounts, or where
    /// it depends on more than the message. No I/O.
    fn account(&self, message: &Message) -> Option<AccountKey> {
        let _ = message;
        None
    }

    /// Submits a message, once.
    ///
    /// # Errors
    /// Any kind; [`Error::outcome`] says whether the message may have left all the same.
    async fn send(&self, message: &Message) -> Result<Receipt>;

    /// Looks a message up.
    ///
    /// # Errors
    /// `NotFound` for a message the account does not have, `InvalidRequest` for another provider's
    /// id, `Unsupported` where the provider cannot look up.
    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        let _ = id;
        Err(Error::unsupported(self.id(), "fetch"))
    }

    /// Returns one page of messages. [`SmsProviderExt::list_all`] walks through all pages.
    ///
    /// # Errors
    /// `Unsupported` for a filter the provider does not have, `InvalidRequest` for a cursor that
    /// leads elsewhere.
    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        let _ = query;
        Err(Error::unsupported(self.id(), "list"))
    }

    /// Calls back a message that has not been sent yet.
    ///
    /// # Errors
    /// `Conflict` if it is too late, `Unsupported` where the provider cannot cancel. An outcome of
    /// `Unknown` means that it may have been cancelled.
    async fn cancel(&self, id: &MessageId) -> Result<()> {
        let _ = id;
        Err(Error::unsupported(self.id(), "cancel"))
    }

    /// Checks the credentials and returns the state of the account. Sends nothing.
    ///
    /// # Errors
    /// `Credentials` if they are refused, `Unsupported` where the provider cannot tell.
    async fn check(&self) -> Result<AccountStatus> {
        Err(Error::unsupported(self.id(), "check"))
    }
}

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<P: SmsProvider + ?Sized> SmsProvider for $pointer<P> {
            fn id(&self) -> ProviderId {
                (**self).id()
            }

            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }

            fn account(&self, message: &Message) -> Option<AccountKey> {
                (**self).account(message)
            }

            async fn send(&self, message: &Message) -> Result<Receipt> {
                (**self).send(message).await
            }

            async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
                (**self).fetch(id).await
            }

            async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
                (**self).list(query).await
            }

            async fn cancel(&self, id: &MessageId) -> Result<()> {
                (**self).cancel(id).await
            }

            async fn check(&self) -> Result<AccountStatus> {
                (**self).check().await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
