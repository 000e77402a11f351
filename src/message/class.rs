//! [`MessageClass`]: the purpose of a message.

use serde::{Deserialize, Serialize};

/// Purpose of a message, as far as rules depend on it: quiet hours bind marketing, and a one-time code may
/// be allowed to come twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MessageClass {
    /// Something the recipient waits for or agreed to: a booking, a reminder, a receipt, a payment link.
    #[default]
    Transactional,
    /// A code that proves the recipient has the number. A second copy of the same code harms nobody.
    OneTimeCode,
    /// Something to buy.
    Marketing,
}

impl MessageClass {
    /// Returns the class as a word for logs and metrics, such as `one_time_code`. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "transactional",
            Self::OneTimeCode => "one_time_code",
            Self::Marketing => "marketing",
        }
    }
}
