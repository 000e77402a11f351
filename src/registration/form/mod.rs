//! [`RegistrationForm`]: a form of one of three kinds, and what all have in common.
//!
//! The forms are neutral: a field is for every provider, unless its documentation names one. serde reads and writes
//! them, with the kind in the field `kind`.

mod brand;
mod campaign;
mod toll_free;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

pub use brand::{BrandForm, BrandType};
pub use campaign::CampaignForm;
pub use toll_free::{BusinessDetails, TollFreeForm};

use super::{FindingSeverity, FormFinding, RegistrationKind};
use crate::error::{Error, ErrorKind, Result};

/// Form of a registration.
///
/// ```
/// use anysms::registration::{RegistrationForm, RegistrationKind};
///
/// let form: RegistrationForm = serde_json::from_str(
///     r#"{"kind":"brand","name":"club","profile":"43d0616e-d50a-445a-a84e-310a089f0618"}"#,
/// )?;
/// assert_eq!((form.kind(), form.name()), (RegistrationKind::Brand, "club"));
/// assert!(form.check().is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RegistrationForm {
    /// Brand.
    Brand(BrandForm),
    /// Campaign.
    Campaign(Box<CampaignForm>),
    /// Toll-free number.
    TollFree(Box<TollFreeForm>),
}

impl RegistrationForm {
    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> RegistrationKind {
        match self {
            Self::Brand(_) => RegistrationKind::Brand,
            Self::Campaign(_) => RegistrationKind::Campaign,
            Self::TollFree(_) => RegistrationKind::TollFree,
        }
    }

    /// Returns our own name of the registration.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Brand(form) => &form.name,
            Self::Campaign(form) => &form.name,
            Self::TollFree(form) => &form.name,
        }
    }

    /// Finds the usual reasons of rejection, without asking anybody.
    #[must_use]
    pub fn check(&self) -> Vec<FormFinding> {
        match self {
            Self::Brand(form) => form.check(),
            Self::Campaign(form) => form.check(),
            Self::TollFree(form) => form.check(),
        }
    }

    /// Fails if the check finds an error. A warning passes.
    pub(super) fn refuse_errors(&self) -> Result<()> {
        let findings = self.check();
        let mut errors = findings.iter().filter(|one| one.severity == FindingSeverity::Error);
        let Some(first) = errors.next() else { return Ok(()) };
        let more = match errors.count() {
            0 => String::new(),
            more => format!(" (and {more} more; see the form's check)"),
        };
        Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(format!("{first}{more}")))
    }

    /// Returns the hash of all that the form says.
    pub(super) fn hash(&self) -> String {
        let mut hash = String::with_capacity(64);
        let json = serde_json::to_vec(self).unwrap_or_default(); // texts, flags and lists: it always can
        for byte in Sha256::digest(json) {
            let _ = write!(hash, "{byte:02x}"); // to a string it always can
        }
        hash
    }
}

impl From<BrandForm> for RegistrationForm {
    fn from(form: BrandForm) -> Self {
        Self::Brand(form)
    }
}

impl From<CampaignForm> for RegistrationForm {
    fn from(form: CampaignForm) -> Self {
        Self::Campaign(Box::new(form))
    }
}

impl From<TollFreeForm> for RegistrationForm {
    fn from(form: TollFreeForm) -> Self {
        Self::TollFree(Box::new(form))
    }
}
