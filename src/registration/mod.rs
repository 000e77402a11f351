//! Registration of brands, campaigns and toll-free numbers: checked before a fee is paid, submitted once, and followed
//! until it is decided. See [`Registrations`] and [`RegistrationDesk`].
//!
//! What belongs here: the neutral trait, the forms and the check of them, the state machine, the desk that submits
//! once, its history, and what asks the provider from time to time. The vendors' halves live with the vendors.
//!
//! | file | job |
//! |---|---|
//! | `state` | the states, and which moves are lawful |
//! | `form`, `check` | the forms, and the usual reasons of rejection that are in them |
//! | `report`, `record` | what a provider says of a registration; what is known of it |
//! | `history`, `history_file` | every move of every registration; the same in a file |
//! | `desk` | one submission for each name, whatever breaks; what a person follows |
//! | `event`, `driver` | a vendor's word that something changed; who asks when |
//!
//! Check a form, submit it once, and see what became of it:
//!
//! ```
//! # #[cfg(all(feature = "sandbox", feature = "twilio"))]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::{sync::Arc, time::Duration};
//!
//! use anysms::intent::MemoryIntents;
//! use anysms::registration::{
//!     BrandForm, Filing, MemoryRegistrationHistory, RegistrationDesk, RegistrationState,
//! };
//! use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
//!
//! let sandbox = Sandbox::start().await?;
//! let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
//! let mut form = BrandForm::new("club");
//! form.customer_profile = Some("BU00000000000000000000000000000001".to_owned());
//! form.messaging_profile = Some("BU00000000000000000000000000000002".to_owned());
//! let form = form.into();
//!
//! let intents = Arc::new(MemoryIntents::new()); // in earnest: FileIntents
//! let desk = RegistrationDesk::new(twilio, intents, Arc::new(MemoryRegistrationHistory::new()));
//! let Filing::New(brand) = desk.submit(&form).await? else { panic!("it is new") };
//! assert_eq!(brand.state, RegistrationState::Submitted);
//! assert!(matches!(desk.submit(&form).await?, Filing::Found(_))); // never a second one
//!
//! sandbox.skip(Duration::from_secs(3 * 86_400));
//! let (brand, _) = desk.refresh(brand.id.kind(), "club").await?;
//! assert_eq!((brand.state, brand.vendor_state.as_str()), (RegistrationState::Approved, "APPROVED"));
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
//! # fn main() {}
//! ```

mod check;
mod desk;
mod driver;
mod event;
mod form;
mod history;
mod history_file;
mod record;
mod report;
mod state;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use check::{FindingSeverity, FormFinding, USE_CASES};
pub use desk::{Filing, RegistrationDesk};
pub use driver::{PolledRegistration, RegistrationDriver};
pub use event::RegistrationEvent;
pub use form::{
    BrandForm, BrandType, BusinessDetails, CampaignForm, RegistrationForm, TollFreeForm,
};
pub use history::{MemoryRegistrationHistory, RegistrationHistory, RegistrationStep, StepCause};
pub use history_file::FileRegistrationHistory;
pub use record::Registration;
pub use report::{RegistrationId, RegistrationKind, RegistrationReason, RegistrationReport};
pub use state::{RegistrationState, StateMove};

pub(crate) use report::scalar;

use crate::{
    account_id::AccountKey,
    error::{Error, Result},
};

/// Registrations at a provider, as one account. `Twilio` and `Plivo` are ones.
///
/// These methods do what they say and remember nothing: [`submit_registration`](Self::submit_registration) called twice registers twice. Call
/// them through a [`RegistrationDesk`], which submits once.
///
/// List what an account has:
///
/// ```
/// # async fn example(provider: impl anysms::registration::Registrations) -> anysms::Result<()> {
/// use anysms::registration::RegistrationKind;
///
/// for brand in provider.list_registrations(RegistrationKind::Brand).await? {
///     println!("{} {}", brand.id, brand.word);
/// }
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Registrations: fmt::Debug + Send + Sync {
    /// Returns the provider and the account at which it registers.
    fn registrar(&self) -> AccountKey;

    /// Submits a form, once.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, if the form lacks what this provider needs; `Unsupported` for a kind that it does
    /// not have; else as any change, with the outcome that is proved.
    async fn submit_registration(&self, form: &RegistrationForm) -> Result<RegistrationReport>;

    /// Looks for what this form has registered, by whatever the provider keeps of it: the name, the profiles, the
    /// service, the number. `None` if there is none yet; right after a submission that proves nothing.
    ///
    /// # Errors
    /// As any read of the provider.
    async fn find_registration(
        &self,
        form: &RegistrationForm,
    ) -> Result<Option<RegistrationReport>>;

    /// Returns what the provider says of a registration now.
    ///
    /// # Errors
    /// `NotFound` if there is none; else as any read of the provider.
    async fn fetch_registration(&self, id: &RegistrationId) -> Result<RegistrationReport>;

    /// Returns all registrations of a kind that the account has.
    ///
    /// # Errors
    /// `Unsupported` for a kind that the provider does not have; else as any read of the provider.
    async fn list_registrations(&self, kind: RegistrationKind) -> Result<Vec<RegistrationReport>>;

    /// Submits a registration once more, with what the form says now.
    ///
    /// # Errors
    /// `Unsupported` where the provider has no way to; else as [`submit_registration`](Self::submit_registration).
    async fn resubmit_registration(
        &self,
        id: &RegistrationId,
        form: &RegistrationForm,
    ) -> Result<RegistrationReport>;

    /// Deletes a registration.
    ///
    /// # Errors
    /// `Unsupported` where the provider has no way to; else as any change.
    async fn delete_registration(&self, id: &RegistrationId) -> Result<()>;
}

#[async_trait]
impl<R: Registrations + ?Sized> Registrations for Arc<R> {
    fn registrar(&self) -> AccountKey {
        (**self).registrar()
    }

    async fn submit_registration(&self, form: &RegistrationForm) -> Result<RegistrationReport> {
        (**self).submit_registration(form).await
    }

    async fn find_registration(
        &self,
        form: &RegistrationForm,
    ) -> Result<Option<RegistrationReport>> {
        (**self).find_registration(form).await
    }

    async fn fetch_registration(&self, id: &RegistrationId) -> Result<RegistrationReport> {
        (**self).fetch_registration(id).await
    }

    async fn list_registrations(&self, kind: RegistrationKind) -> Result<Vec<RegistrationReport>> {
        (**self).list_registrations(kind).await
    }

    async fn resubmit_registration(
        &self,
        id: &RegistrationId,
        form: &RegistrationForm,
    ) -> Result<RegistrationReport> {
        (**self).resubmit_registration(id, form).await
    }

    async fn delete_registration(&self, id: &RegistrationId) -> Result<()> {
        (**self).delete_registration(id).await
    }
}

/// Returns the refusal of a kind that a provider does not have here.
pub(crate) fn unsupported_kind(registrar: &AccountKey) -> Error {
    let rule = "registration: the provider has no such kind; brands, campaigns and toll-free numbers are registered";
    Error::unsupported(registrar.provider.clone(), rule)
}

/// Returns what a form must have at this provider; fails, before anything is sent, if it has not.
pub(crate) fn needed<'a>(
    registrar: &AccountKey,
    value: Option<&'a str>,
    rule: &'static str,
) -> Result<&'a str> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| {
        Error::not_sent(crate::error::ErrorKind::InvalidRequest)
            .with_provider(registrar.provider.clone())
            .with_account(registrar.id.clone())
            .with_detail(rule)
    })
}
