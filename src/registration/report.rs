//! [`RegistrationReport`]: what a provider says of a registration, and its parts.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde_json::Value;

use super::RegistrationState;
use crate::{
    error::{Error, ErrorKind},
    message::{Money, Text},
};

/// Kind of a registration.
///
/// serde writes the name in lower case: `toll_free`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RegistrationKind {
    /// Business that sends, at the registry of the United States (10DLC).
    Brand,
    /// Purpose for which a brand sends.
    Campaign,
    /// Verification of a toll-free number.
    TollFree,
    /// Short code that is leased. No provider here orders one by API: it is
    /// [followed by hand](super::RegistrationDesk::follow).
    ShortCode,
    /// Order of numbers that a regulator has to pass. The same holds for it.
    NumberOrder,
}

impl RegistrationKind {
    /// Returns `true` if no provider here has an API for it, so that a person says how it stands.
    #[must_use]
    pub const fn is_by_hand(self) -> bool {
        matches!(self, Self::ShortCode | Self::NumberOrder)
    }

    /// Returns the kind as a word: `toll_free`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Campaign => "campaign",
            Self::TollFree => "toll_free",
            Self::ShortCode => "short_code",
            Self::NumberOrder => "number_order",
        }
    }
}

impl fmt::Display for RegistrationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RegistrationKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let all = [Self::Brand, Self::Campaign, Self::TollFree, Self::ShortCode, Self::NumberOrder];
        let same = |kind: &Self| kind.as_str() == text.replace('-', "_");
        all.into_iter().find(same).ok_or_else(|| {
            Error::not_sent(ErrorKind::InvalidRequest).with_detail(
                "kind: is none of brand, campaign, toll_free, short_code and number_order",
            )
        })
    }
}

/// Id of a registration: its kind, and the provider's own id.
///
/// ```
/// use anysms::registration::{RegistrationId, RegistrationKind};
///
/// let id: RegistrationId = "brand:BN00000000000000000000000000000001".parse()?;
/// assert_eq!(id.kind(), RegistrationKind::Brand);
/// assert_eq!(id.to_string(), "brand:BN00000000000000000000000000000001");
/// # Ok::<(), anysms::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegistrationId {
    kind: RegistrationKind,
    value: String,
}

impl RegistrationId {
    /// Names a registration by the provider's own id. Twilio's campaigns are named by their Messaging Service and
    /// their own id, with a slash between: `MG…/QE…`.
    #[must_use]
    pub fn new(kind: RegistrationKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into() }
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> RegistrationKind {
        self.kind
    }

    /// Returns the provider's own id.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for RegistrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.value)
    }
}

impl FromStr for RegistrationId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let broken = || {
            Error::not_sent(ErrorKind::InvalidRequest).with_detail(
                "registration id: needs a kind, a colon and the provider's id, as in brand:BN1",
            )
        };
        let (kind, value) = text.split_once(':').ok_or_else(broken)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/');
        if value.is_empty() || value.len() > 128 || !value.bytes().all(plain) {
            return Err(broken());
        }
        Ok(Self::new(kind.parse()?, value))
    }
}

serde_as_text!(RegistrationId);

/// Reason for which a provider rejects something or asks for a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct RegistrationReason {
    /// Provider's code, such as `30893`; `None` if it gives none.
    pub code: Option<String>,
    /// Fields that are to be mended, by the provider's names; empty if it names none.
    pub fields: Vec<String>,
    /// Provider's own words. They may quote the form, so `Debug` does not show them.
    pub text: Text,
}

impl RegistrationReason {
    /// Creates a reason without code and fields.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Reads a reason as vendors write it: an object under one of several names, or a bare text.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        if let Value::String(text) = value {
            return (!text.is_empty()).then(|| Self::new(text.as_str()));
        }
        let one = |names: &[&str]| names.iter().find_map(|name| scalar(value, name));
        let code = one(&["error_code", "code", "rejection_reason_code", "reason_code"]);
        let words =
            ["description", "message", "reason", "rejection_reason", "error_reason", "text"];
        let text = one(&words).unwrap_or_default();
        let fields = match &value["fields"] {
            Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::String(one) if !one.is_empty() => vec![one.clone()],
            _ => Vec::new(),
        };
        let empty = code.is_none() && text.is_empty() && fields.is_empty();
        (!empty).then(|| Self { code, fields, text: text.into() })
    }

    /// Reads a list of reasons; anything but a list is none.
    pub(crate) fn read_all(value: &Value) -> Vec<Self> {
        value.as_array().into_iter().flatten().filter_map(Self::read).collect()
    }
}

/// Returns a field as text, whether it is a text, a number or a flag; `None` if it is empty or null.
pub(crate) fn scalar(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Words of a provider on one of its registrations, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RegistrationReport {
    /// Provider's id.
    pub id: RegistrationId,
    /// Our own name of it, where the provider keeps one.
    pub name: Option<String>,
    /// Provider's word for its state; empty if it said none.
    pub word: String,
    /// Meaning of the word; `None` if it is not known.
    pub meaning: Option<RegistrationState>,
    /// Reasons of a rejection, or of what has to be mended.
    pub reasons: Vec<RegistrationReason>,
    /// Time until which something can be mended; `None` if none is said.
    pub edit_until: Option<Timestamp>,
    /// Fees that the provider says; `None` if it says none, as neither Twilio nor Plivo does (2026-11).
    pub fees: Option<Money>,
    /// Time of its creation at the provider; `None` if it does not say.
    pub created_at: Option<Timestamp>,
}

impl RegistrationReport {
    /// Creates a report of a provider's word.
    ///
    /// ```
    /// use anysms::registration::{
    ///     RegistrationId, RegistrationKind, RegistrationReport, RegistrationState,
    /// };
    ///
    /// let id = RegistrationId::new(RegistrationKind::Brand, "B1");
    /// let report = RegistrationReport::new(id, "WAITING", Some(RegistrationState::InReview));
    /// assert!(report.reasons.is_empty());
    /// ```
    #[must_use]
    pub fn new(
        id: RegistrationId,
        word: impl Into<String>,
        meaning: Option<RegistrationState>,
    ) -> Self {
        Self {
            id,
            name: None,
            word: word.into(),
            meaning,
            reasons: Vec::new(),
            edit_until: None,
            fees: None,
            created_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reasons_are_read_in_every_form() {
        let all = json!([
            {"error_code": 30893, "fields": ["MESSAGE_FLOW"], "description": "a", "url": "u"},
            {"code": "1001", "message": "b"},
            {"rejection_reason_code": 30441, "rejection_reason": "c", "fields": "Website"},
            "d", "", null, {}, 7,
        ]);
        let read = RegistrationReason::read_all(&all);
        let codes: Vec<_> = read.iter().map(|reason| reason.code.as_deref()).collect();
        assert_eq!(codes, [Some("30893"), Some("1001"), Some("30441"), None]);
        let texts: Vec<_> = read.iter().map(|reason| reason.text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "c", "d"]);
        assert_eq!(
            (&*read[0].fields, &*read[2].fields),
            (&["MESSAGE_FLOW".to_owned()][..], &["Website".to_owned()][..])
        );
        assert!(RegistrationReason::read_all(&Value::Null).is_empty());
    }

    #[test]
    fn an_id_that_is_none_is_refused() {
        for text in ["", "brand", "brand:", "brand:a b", "brand:../x", "dog:B1", "brand:a?b"] {
            let parsed = text.parse::<RegistrationId>();
            assert!(parsed.is_err(), "{text}");
        }
        let id: RegistrationId = "toll-free:HH1".parse().unwrap();
        assert_eq!(id.to_string(), "toll_free:HH1");
    }
}
