//! [`RegistrationEvent`]: a vendor's word that something about a registration changed.

use super::{Registration, RegistrationKind};
use crate::account_id::AccountId;

/// Word of a vendor's that something about a registration changed: from Twilio's Event Streams, or the callback of
/// Plivo.
///
/// It proves nothing, as neither is signed in a way that this crate checks: it makes
/// [`RegistrationDriver::apply`](super::RegistrationDriver::apply) ask the provider, and the answer decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistrationEvent {
    /// Kind of the registration; `None` if it does not say.
    pub kind: Option<RegistrationKind>,
    /// Ids that it names: of the registration, or of what it belongs to, such as a Messaging Service.
    pub ids: Vec<String>,
    /// Account; `None` if it does not say.
    pub account: Option<AccountId>,
    /// Vendor's word for what happened; empty if there is none.
    pub word: String,
}

impl RegistrationEvent {
    /// Returns `true` if the event may be about this registration: same account and kind where it says them, and an
    /// id of it.
    ///
    /// ```
    /// # fn example(registration: &anysms::registration::Registration) {
    /// use anysms::registration::RegistrationEvent;
    ///
    /// let mut event = RegistrationEvent::default();
    /// assert!(!event.is_about(registration)); // it names none
    /// event.ids.push(registration.id.value().to_owned());
    /// assert!(event.is_about(registration));
    /// # }
    /// ```
    #[must_use]
    pub fn is_about(&self, registration: &Registration) -> bool {
        let same_account =
            self.account.as_ref().is_none_or(|account| *account == registration.account);
        let same_kind = self.kind.is_none_or(|kind| kind == registration.kind);
        let value = registration.id.value();
        let names = |id: &String| *id == value || value.split('/').any(|part| part == id);
        same_account && same_kind && self.ids.iter().any(names)
    }
}
