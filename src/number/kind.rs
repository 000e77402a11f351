//! [`NumberKind`]: the type of service behind a number.

use std::fmt;

/// Type of service behind a number, with the names of Google's libphonenumber.
///
/// `Display` and [`NumberKind::as_str`] write those names in lower case: `fixed_line`.
///
/// Keep numbers that may receive SMS:
///
/// ```
/// use anysms::{PhoneNumber, number::NumberKind};
///
/// let number: PhoneNumber = "+447700900123".parse()?;
/// assert!(matches!(number.kind(), NumberKind::Mobile | NumberKind::FixedLineOrMobile));
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NumberKind {
    /// Mobile phone; in the UK 071 to 075 and 077 to 079, and 07624 on the Isle of Man.
    Mobile,
    /// Landline; in the UK 01 and 02.
    FixedLine,
    /// Landline or mobile phone, where the plan does not tell them apart, as in North America.
    FixedLineOrMobile,
    /// Free for the caller; in the UK 0800 and 0808.
    TollFree,
    /// More expensive than a call to a landline; in the UK 084, 087 and 09.
    PremiumRate,
    /// Cost shared by caller and recipient.
    SharedCost,
    /// Internet telephony; in the UK 056.
    Voip,
    /// Follows a person from one line to another; in the UK 070, which looks like a mobile phone but
    /// cannot receive SMS.
    PersonalNumber,
    /// Pager; in the UK 076.
    Pager,
    /// Universal access number: one number for all offices of an organisation; in the UK 03 and 055.
    Uan,
    /// Voice mailbox.
    Voicemail,
    /// Not in a range in use, or this build has no plan of the country.
    Unknown,
}

impl NumberKind {
    /// Returns the name in lower case: `mobile`, `fixed_line`, `toll_free`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::FixedLine => "fixed_line",
            Self::FixedLineOrMobile => "fixed_line_or_mobile",
            Self::TollFree => "toll_free",
            Self::PremiumRate => "premium_rate",
            Self::SharedCost => "shared_cost",
            Self::Voip => "voip",
            Self::PersonalNumber => "personal_number",
            Self::Pager => "pager",
            Self::Uan => "uan",
            Self::Voicemail => "voicemail",
            Self::Unknown => "unknown",
        }
    }

    /// Returns `true` if numbers of this kind are advertised in letters (`0800 FLOWERS`). After the
    /// number of a person or a place, letters are more likely a name, and the number is incomplete.
    pub(super) const fn may_be_spelled(self) -> bool {
        matches!(self, Self::TollFree | Self::PremiumRate | Self::SharedCost | Self::Uan)
    }
}

impl fmt::Display for NumberKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
