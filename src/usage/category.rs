//! [`UsageCategory`]: words for what is used.

use std::{fmt, str::FromStr};

use crate::message::word;

/// Category of usage, by a name that all providers share.
///
/// serde and `Display` write the name in lower case, `sms_outbound`; a category that only the vendor has is written
/// as the vendor does.
///
/// ```
/// use anysms::usage::UsageCategory;
///
/// assert_eq!("sms_outbound".parse(), Ok(UsageCategory::SmsOutbound));
/// assert_eq!("a2p-registration-fees".parse(), Ok(UsageCategory::Other("a2p-registration-fees".into())));
/// assert!("two words".parse::<UsageCategory>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UsageCategory {
    /// SMS in both directions, without the fees of carriers.
    Sms,
    /// SMS that were sent.
    SmsOutbound,
    /// SMS that were received.
    SmsInbound,
    /// Fees of carriers for SMS.
    SmsCarrierFees,
    /// MMS in both directions, without the fees of carriers.
    Mms,
    /// MMS that were sent.
    MmsOutbound,
    /// MMS that were received.
    MmsInbound,
    /// Fees of carriers for MMS.
    MmsCarrierFees,
    /// Rent of numbers.
    Numbers,
    /// Verification of numbers by codes.
    Verify,
    /// Lookup of numbers.
    Lookup,
    /// Everything together.
    Total,
    /// Category of the vendor's own, in its word.
    Other(String),
}

/// Categories that have a name, with it.
const NAMES: [(UsageCategory, &str); 12] = [
    (UsageCategory::Sms, "sms"),
    (UsageCategory::SmsOutbound, "sms_outbound"),
    (UsageCategory::SmsInbound, "sms_inbound"),
    (UsageCategory::SmsCarrierFees, "sms_carrier_fees"),
    (UsageCategory::Mms, "mms"),
    (UsageCategory::MmsOutbound, "mms_outbound"),
    (UsageCategory::MmsInbound, "mms_inbound"),
    (UsageCategory::MmsCarrierFees, "mms_carrier_fees"),
    (UsageCategory::Numbers, "numbers"),
    (UsageCategory::Verify, "verify"),
    (UsageCategory::Lookup, "lookup"),
    (UsageCategory::Total, "total"),
];

impl UsageCategory {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if let Self::Other(word) = self {
            return word;
        }
        NAMES.iter().find(|(category, _)| category == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for UsageCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UsageCategory {
    type Err = UsageCategoryError;

    /// Reads a name; any other word is a category of the vendor's own.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((category, _)) = NAMES.iter().find(|(_, name)| *name == text) {
            return Ok(category.clone());
        }
        let other = word(text).filter(|word| !word.is_empty()).ok_or(UsageCategoryError)?;
        Ok(Self::Other(other.to_owned()))
    }
}

serde_as_text!(UsageCategory);

/// A text that is no category of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("category: must be one word of letters, digits, _, - and ., such as sms_outbound")]
#[non_exhaustive]
pub struct UsageCategoryError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_reads_what_it_writes() {
        for (category, name) in NAMES {
            assert_eq!((category.as_str(), name.parse()), (name, Ok(category.clone())));
        }
        let other = UsageCategory::Other("fraud-lookups".into());
        assert_eq!(other.to_string().parse(), Ok(other));
        for text in ["", "a b", "+447700900123", "é"] {
            assert_eq!(text.parse::<UsageCategory>(), Err(UsageCategoryError), "{text}");
        }
    }
}
