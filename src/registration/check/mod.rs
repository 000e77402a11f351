//! Check of the forms: the usual reasons of rejection, found before a fee is paid and without asking anybody.
//!
//! Lengths and counts are those of Twilio's API for campaigns (messaging v1, seen 2026-11) and of Plivo's for
//! toll-free numbers (2026-11); where both have one, the narrower counts. The rest are the reasons that reviewers
//! give most, Twilio's error 30893 and its neighbours (2026-11).
//!
//! What belongs here: the findings and the rules that several forms share; a file for each form (`brand`,
//! `campaign`, `toll_free`), and what can be seen in a text (`sight`).

mod brand;
mod campaign;
mod sight;
mod toll_free;

use std::fmt;

use crate::{message::Text, text};

/// Finding of a check: what is likely to be rejected, and how to mend it. It quotes nothing of the form.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct FormFinding {
    /// Field of the form: `samples`.
    pub field: &'static str,
    /// Place in a list, from 1; `None` for the field as a whole.
    pub item: Option<usize>,
    /// Rule that is broken: `needs 20 to 1,024 characters, has 12`.
    pub rule: String,
    /// Way out: `say more`.
    pub way_out: &'static str,
    /// Severity.
    pub severity: FindingSeverity,
}

/// Severity of a finding.
///
/// serde writes the name in lower case: `warning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingSeverity {
    /// It is likely to delay the review, or may be rejected.
    Warning,
    /// It is refused or rejected. A form with one is not submitted.
    Error,
}

impl fmt::Display for FindingSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl FormFinding {
    /// Returns the field with the place in its list: `samples[2]`.
    #[must_use]
    pub fn place(&self) -> String {
        match self.item {
            Some(item) => format!("{}[{item}]", self.field),
            None => self.field.to_owned(),
        }
    }
}

impl fmt::Display for FormFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place(), self.rule, self.way_out)
    }
}

/// Use cases of campaigns and of toll-free numbers, of both vendors (2026-11). A vendor may not have each.
pub const USE_CASES: [&str; 23] = [
    "2FA",
    "ACCOUNT_NOTIFICATION",
    "AGENTS_FRANCHISES",
    "CHARITY",
    "CUSTOMER_CARE",
    "DELIVERY_NOTIFICATION",
    "EMERGENCY",
    "EVENTS",
    "FRAUD_ALERT",
    "HIGHER_EDUCATION",
    "K12_EDUCATION",
    "LOW_VOLUME",
    "MARKETING",
    "MIXED",
    "POLITICAL",
    "POLLING_VOTING",
    "PROXY",
    "PUBLIC_SERVICE_ANNOUNCEMENT",
    "SECURITY_ALERT",
    "SOCIAL",
    "SOLE_PROPRIETOR",
    "STARTER",
    "SWEEPSTAKE",
];

/// Findings of one form, as they come up.
#[derive(Default)]
struct Findings(Vec<FormFinding>);

impl Findings {
    fn error(&mut self, field: &'static str, rule: impl Into<String>, way_out: &'static str) {
        self.add(field, None, rule.into(), way_out, FindingSeverity::Error);
    }

    fn warning(&mut self, field: &'static str, rule: impl Into<String>, way_out: &'static str) {
        self.add(field, None, rule.into(), way_out, FindingSeverity::Warning);
    }

    fn add(
        &mut self,
        field: &'static str,
        item: Option<usize>,
        rule: String,
        way_out: &'static str,
        severity: FindingSeverity,
    ) {
        self.0.push(FormFinding { field, item, rule, way_out, severity });
    }

    /// Checks our own name.
    fn name(&mut self, name: &str) {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
            let rule = "needs 1 to 64 letters, digits, -, _ and .";
            self.error("name", rule, "choose a short name that stays, such as that of the brand");
        }
    }

    /// Checks the length of a text, in characters.
    fn length(
        &mut self,
        field: &'static str,
        item: Option<usize>,
        text: &str,
        (low, high): (usize, usize),
    ) {
        let has = text.trim().chars().count();
        if has < low || text.chars().count() > high {
            let way_out = if has < low { "say more" } else { "say it in fewer words" };
            let has = if has < low { has } else { text.chars().count() };
            let rule = format!(
                "needs {} to {} characters, has {}",
                grouped(low),
                grouped(high),
                grouped(has)
            );
            self.add(field, item, rule, way_out, FindingSeverity::Error);
        }
    }

    /// Checks an id of a known form; one that is not set passes.
    fn id(&mut self, field: &'static str, id: Option<&str>, prefix: &str) {
        let Some(id) = id else { return };
        let hex = id.strip_prefix(prefix).unwrap_or_default();
        if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            let rule = format!("needs {prefix} and 32 digits of base 16");
            self.error(field, rule, "copy the id from the provider's console");
        }
    }

    /// Checks an address that must be there and by https.
    fn https(
        &mut self,
        field: &'static str,
        item: Option<usize>,
        url: Option<&Text>,
        way_out: &'static str,
    ) {
        let url = url.map_or("", |url| url.as_str().trim());
        let rule = if url.is_empty() {
            "is missing"
        } else if url.parse::<crate::message::WebUrl>().is_err() {
            "is no web address"
        } else if !url.to_ascii_lowercase().starts_with("https://") {
            "is not by https"
        } else {
            return;
        };
        self.add(field, item, rule.to_owned(), way_out, FindingSeverity::Error);
    }

    /// Checks that use cases are known.
    fn use_case(&mut self, field: &'static str, item: Option<usize>, case: &str) {
        if !USE_CASES.contains(&case) {
            let (rule, way_out) = match case.is_empty() {
                true => ("is missing", "name a use case, such as CUSTOMER_CARE"),
                false => ("is no use case that is known", "name one of USE_CASES, in capitals"),
            };
            self.add(field, item, rule.to_owned(), way_out, FindingSeverity::Error);
        }
    }

    /// Checks what is wrong with a message, wherever it stands.
    fn message(&mut self, field: &'static str, item: Option<usize>, message: &str) {
        if sight::has_shortener(message) {
            let rule = "has a link of a public shortener, and carriers filter those".to_owned();
            self.add(
                field,
                item,
                rule,
                "link to a domain of the brand's own",
                FindingSeverity::Error,
            );
        }
        if sight::has_other_variables(message) {
            let rule = "marks a variable in another way than by brackets".to_owned();
            self.add(field, item, rule, "write variables as [name]", FindingSeverity::Warning);
        }
    }

    /// Checks the flag for adults' content and that of lenders against the words of the texts.
    fn flags<'a>(&mut self, texts: impl IntoIterator<Item = &'a str> + Clone, age_gated: bool) {
        let adult = texts.into_iter().any(sight::is_for_adults);
        if adult && !age_gated {
            let rule = "is not set, and the texts speak of what is for adults";
            self.warning("age_gated", rule, "set it, or leave those words out");
        }
    }
}

/// Returns a number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns `true` if a message says how to opt out.
fn says_how_to_stop(message: &str) -> bool {
    let marketing = text::CheckOptions::default().with_marketing();
    !text::check(message, &marketing).findings().contains(&text::Finding::NoOptOut)
}
