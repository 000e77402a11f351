//! [`check`]: finds problems of a text before it is sent.

use std::{collections::HashMap, hash::Hash};

use super::{
    Finding, LengthLimit, SegmentRule, TextPosition, TextReport, gsm7::septets, opt_out_notice,
    segments_by, shorteners, to_gsm7::Gsm7Writer,
};

/// Options of [`check`](check()). Characters outside GSM-7 and shortened links are always reported.
///
/// Check a campaign that goes out over two vendors in one segment a message:
///
/// ```
/// use anysms::text::{CheckOptions, LengthLimit, check};
///
/// let options = CheckOptions::default()
///     .with_marketing()
///     .with_max_segments(1)
///     .with_limit(LengthLimit::TWILIO)
///     .with_limit(LengthLimit::PLIVO);
/// assert!(check("Spring sale: 20% off. Reply STOP to opt out.", &options).is_clean());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    rule: SegmentRule,
    marketing: bool,
    limits: Vec<LengthLimit>,
    max_segments: Option<usize>,
    ucs2: bool,
}

impl CheckOptions {
    /// Sets the rule for counting segments. Default: [`SegmentRule::Twilio`].
    #[must_use]
    pub const fn with_rule(mut self, rule: SegmentRule) -> Self {
        self.rule = rule;
        self
    }

    /// Requires an opt-out notice, as marketing texts need one. Recognises English, French, Spanish and
    /// German wordings.
    #[must_use]
    pub const fn with_marketing(mut self) -> Self {
        self.marketing = true;
        self
    }

    /// Requires the text to be within this limit. Call again to add further limits.
    #[must_use]
    pub fn with_limit(mut self, limit: LengthLimit) -> Self {
        self.limits.push(limit);
        self
    }

    /// Sets the maximum number of segments of the text as it stands.
    #[must_use]
    pub const fn with_max_segments(mut self, max: usize) -> Self {
        self.max_segments = Some(max);
        self
    }

    /// Declares that the text is meant to be UCS-2, as with another script or an emoji: only characters
    /// with a substitute are reported.
    ///
    /// Check a text in Russian for a stray curly quote:
    ///
    /// ```
    /// use anysms::text::{CheckOptions, check};
    ///
    /// let report = check("Привет, it’s ready", &CheckOptions::default().with_ucs2());
    /// assert_eq!(report.findings().len(), 1);
    /// ```
    #[must_use]
    pub const fn with_ucs2(mut self) -> Self {
        self.ucs2 = true;
        self
    }
}

/// Checks a text before it is sent: for characters that make it UCS-2, shortened links, and the
/// requirements of the options.
///
/// List the problems of a draft:
///
/// ```
/// use anysms::text::{CheckOptions, check};
///
/// let report = check("You’re next: bit.ly/x1", &CheckOptions::default().with_marketing());
/// let findings: Vec<_> = report.findings().iter().map(ToString::to_string).collect();
/// assert_eq!(findings, [
///     "marketing without a way to opt out",
///     "U+2019 (’) is not in GSM-7; \"'\" can take its place",
///     "a link of bit.ly, and carriers filter shorteners",
/// ]);
/// ```
#[must_use]
pub fn check(text: &str, checks: &CheckOptions) -> TextReport {
    let before = segments_by(checks.rule, text);
    let mut findings = Vec::new();
    for &limit in &checks.limits {
        let excess = limit.excess(text);
        if excess > 0 {
            findings.push(Finding::TooLong { limit, excess });
        }
    }
    let (count, max) = (before.count(), checks.max_segments);
    findings.extend(
        max.filter(|max| count > *max).map(|allowed| Finding::TooManySegments { count, allowed }),
    );
    if checks.marketing && !opt_out_notice::has_opt_out(text) {
        findings.push(Finding::NoOptOut);
    }

    let (mut characters, mut shorteners) = (Grouped::default(), Grouped::default());
    let mut links = shorteners::shortened(text).peekable();
    let (mut writer, mut first) = (Gsm7Writer::default(), TextPosition::START);
    for character in text.chars() {
        let substitute = writer.push(character);
        if septets(character) == 0 {
            let finding = Finding::NotGsm7 { character, first, times: 1, substitute };
            if substitute.is_some() || !checks.ucs2 {
                characters.add((character, substitute), finding);
            }
        }
        if let Some((_, host)) = links.next_if(|(byte, _)| *byte == first.byte) {
            shorteners.add(host, Finding::ShortenedLink { host, first, times: 1 });
        }
        first = first.after(character);
    }
    findings.append(&mut characters.findings);
    findings.append(&mut shorteners.findings);
    TextReport { before, after: segments_by(checks.rule, &writer.text), findings }
}

/// Findings grouped by key: one for each character or shortener, with a count.
#[derive(Default)]
struct Grouped<K> {
    findings: Vec<Finding>,
    indexes: HashMap<K, usize>,
}

impl<K: Eq + Hash> Grouped<K> {
    fn add(&mut self, key: K, finding: Finding) {
        let index = *self.indexes.entry(key).or_insert(self.findings.len());
        match self.findings.get_mut(index) {
            Some(Finding::NotGsm7 { times, .. } | Finding::ShortenedLink { times, .. }) => {
                *times += 1
            }
            _ => self.findings.push(finding),
        }
    }
}
