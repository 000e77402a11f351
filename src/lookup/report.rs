//! [`LookupReport`]: what a lookup tells.

use jiff::Timestamp;

use super::LookupPackage;
use crate::{
    message::Text,
    number::{NumberKind, PhoneNumber, Region},
};

/// Answer of a lookup. A field is `None` if its package was not asked for, failed, or does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupReport {
    /// Number that was asked about.
    pub number: PhoneNumber,
    /// `true` if there may be such a number; `None` if nobody said.
    pub valid: Option<bool>,
    /// Country of the number.
    pub country: Option<Region>,
    /// Line that it is.
    pub line: Option<LineType>,
    /// Carrier that it is with.
    pub carrier: Option<NumberCarrier>,
    /// Name that is registered for it.
    pub caller_name: Option<Text>,
    /// `true` if its SIM was changed in the provider's window, which is a day or more.
    pub sim_swapped: Option<bool>,
    /// Time at which its SIM was changed last.
    pub sim_swapped_at: Option<Timestamp>,
    /// `true` if its calls are forwarded.
    pub forwarded: Option<bool>,
    /// `true` if it can be reached.
    pub active: Option<bool>,
    /// `true` if somebody else has it since the date that the provider knows.
    pub reassigned: Option<bool>,
    /// Risk that it pumps messages: 0 is none, 100 is certain.
    pub pumping_risk: Option<u8>,
    /// Packages that failed, each with the provider's code.
    pub failed: Vec<(LookupPackage, u32)>,
    /// Time of the answer.
    pub at: Timestamp,
}

/// Carrier of a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberCarrier {
    /// Name.
    pub name: Option<String>,
    /// Mobile country code: three digits.
    pub mcc: Option<String>,
    /// Mobile network code: two or three digits.
    pub mnc: Option<String>,
    /// `true` if the number was taken along from another carrier.
    pub ported: Option<bool>,
}

/// Line that a number is.
///
/// serde writes the name in lower case: `mobile`, `fixed_voip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LineType {
    /// Mobile phone.
    Mobile,
    /// Landline, which mostly receives no SMS.
    Landline,
    /// Internet telephony at an address.
    FixedVoip,
    /// Internet telephony that anybody can have in a minute: a sign of fraud.
    NonFixedVoip,
    /// Internet telephony of a kind that the provider does not tell.
    Voip,
    /// Free for the caller.
    TollFree,
    /// More expensive than others, or with shared cost.
    Premium,
    /// Any other: a pager, a voice mailbox, a personal number.
    Other,
}

impl LookupReport {
    /// Tells what is known of a number without asking anybody: its country, and its line where the numbering
    /// plan says it.
    ///
    /// ```
    /// use anysms::lookup::{LineType, LookupReport};
    ///
    /// let report = LookupReport::offline("+442079460123".parse()?);
    /// assert_eq!(report.line, Some(LineType::Landline));
    /// assert_eq!(report.country.expect("a country").as_str(), "GB");
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub fn offline(number: PhoneNumber) -> Self {
        let line = match number.kind() {
            NumberKind::Mobile => Some(LineType::Mobile),
            NumberKind::FixedLine => Some(LineType::Landline),
            NumberKind::TollFree => Some(LineType::TollFree),
            NumberKind::PremiumRate | NumberKind::SharedCost => Some(LineType::Premium),
            NumberKind::Voip => Some(LineType::Voip),
            NumberKind::FixedLineOrMobile | NumberKind::Unknown => None,
            _ => Some(LineType::Other),
        };
        let valid = number.is_valid();
        Self { valid, country: number.region(), line, ..Self::empty(number) }
    }

    /// Creates a report that tells nothing.
    #[must_use]
    pub fn empty(number: PhoneNumber) -> Self {
        Self {
            number,
            valid: None,
            country: None,
            line: None,
            carrier: None,
            caller_name: None,
            sim_swapped: None,
            sim_swapped_at: None,
            forwarded: None,
            active: None,
            reassigned: None,
            pumping_risk: None,
            failed: Vec::new(),
            at: Timestamp::now(),
        }
    }

    /// Takes over what another report tells of a package.
    pub(super) fn take(&mut self, package: LookupPackage, other: &Self) {
        match package {
            LookupPackage::LineType => {
                (self.line, self.carrier) = (other.line, other.carrier.clone());
            }
            LookupPackage::CallerName => self.caller_name.clone_from(&other.caller_name),
            LookupPackage::SimSwap => {
                (self.sim_swapped, self.sim_swapped_at) = (other.sim_swapped, other.sim_swapped_at);
            }
            LookupPackage::CallForwarding => self.forwarded = other.forwarded,
            LookupPackage::LineStatus => self.active = other.active,
            LookupPackage::Reassigned => self.reassigned = other.reassigned,
            LookupPackage::PumpingRisk => self.pumping_risk = other.pumping_risk,
        }
        self.valid = self.valid.or(other.valid);
        self.country = self.country.or(other.country);
    }
}
