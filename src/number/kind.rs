//! [`NumberKind`]: what a number is for.

use std::fmt;

/// What a number is for, in the terms of Google's libphonenumber.
///
/// `Display` and [`NumberKind::as_str`] write those terms in lower case: `fixed_line`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NumberKind {
    /// A mobile phone; in the UK 071 to 075 and 077 to 079, and 07624 on the Isle of Man.
    Mobile,
    /// A landline; in the UK 01 and 02.
    FixedLine,
    /// A landline or a mobile phone, where the plan does not tell them apart, as in North America.
    FixedLineOrMobile,
    /// Free for the caller; in the UK 0800 and 0808.
    TollFree,
    /// Dearer than a call to a landline; in the UK 084, 087 and 09.
    PremiumRate,
    /// Paid by both sides.
    SharedCost,
    /// Internet telephony; in the UK 056.
    Voip,
    /// Follows a person from one line to another; in the UK 070, which looks like a mobile phone and
    /// is none.
    PersonalNumber,
    /// A pager; in the UK 076.
    Pager,
    /// One number of an organisation for all its places; in the UK 03 and 055.
    Uan,
    /// A mailbox.
    Voicemail,
    /// Not known: not in a range in use, or nothing in this build knows the country's plan.
    Unknown,
}

impl NumberKind {
    /// The term, in lower case: `mobile`, `fixed_line`, `toll_free`.
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

    /// Whether numbers of this kind are spelled in letters on posters. Behind a number of a person or
    /// a place, letters are rather a name, and the number lost its end.
    pub(super) const fn may_be_spelled(self) -> bool {
        matches!(self, Self::TollFree | Self::PremiumRate | Self::SharedCost | Self::Uan)
    }
}

impl fmt::Display for NumberKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
