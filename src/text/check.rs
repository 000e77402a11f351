//! [`check`]: what is wrong with a text, before it is sent.

use std::{collections::HashMap, hash::Hash};

use super::{
    Finding, Limit, Place, Report, Rule, gsm7::septets, opt_out_notice, segments_by, shorteners,
    to_gsm7::Gsm7Writer,
};

/// What a text is checked for, besides characters outside GSM-7 and shortened links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    rule: Rule,
    marketing: bool,
    limits: Vec<Limit>,
    max_segments: Option<usize>,
    ucs2: bool,
}

impl Checks {
    /// Counts segments by this rule.
    #[must_use]
    pub const fn with_rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    /// Wants a line that says how to opt out, as marketing needs one (English, French, Spanish or
    /// German).
    #[must_use]
    pub const fn with_marketing(mut self) -> Self {
        self.marketing = true;
        self
    }

    /// Wants the text to be within this limit, besides those before.
    #[must_use]
    pub fn with_limit(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }

    /// Wants the text, as it is, to take at most so many segments.
    #[must_use]
    pub const fn with_max_segments(mut self, max: usize) -> Self {
        self.max_segments = Some(max);
        self
    }

    /// Takes the text for one that is meant to be UCS-2, as in another script or with an emoji: only
    /// characters that have a substitute are found.
    #[must_use]
    pub const fn with_ucs2(mut self) -> Self {
        self.ucs2 = true;
        self
    }
}

/// Checks a text before it is sent.
///
/// ```
/// use anysms::text::{Checks, check};
///
/// let report = check("You’re next: bit.ly/x1", &Checks::default().with_marketing());
/// let findings: Vec<_> = report.findings().iter().map(ToString::to_string).collect();
/// assert_eq!(findings, [
///     "marketing without a way to opt out",
///     "U+2019 (’) is not in GSM-7; \"'\" can take its place",
///     "a link of bit.ly, and carriers filter shorteners",
/// ]);
/// ```
#[must_use]
pub fn check(text: &str, checks: &Checks) -> Report {
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
    let (mut writer, mut first) = (Gsm7Writer::default(), Place::START);
    for character in text.chars() {
        let substitute = writer.push(character);
        if septets(character) == 0 {
            let finding = Finding::NotGsm7 { character, first, times: 1, substitute };
            if substitute.is_some() || !checks.ucs2 {
                characters.note((character, substitute), finding);
            }
        }
        if let Some((_, host)) = links.next_if(|(byte, _)| *byte == first.byte) {
            shorteners.note(host, Finding::ShortenedLink { host, first, times: 1 });
        }
        first = first.after(character);
    }
    findings.append(&mut characters.findings);
    findings.append(&mut shorteners.findings);
    Report { before, after: segments_by(checks.rule, &writer.text), findings }
}

/// One finding for a character or a shortener, however often it occurs.
#[derive(Default)]
struct Grouped<K> {
    findings: Vec<Finding>,
    places: HashMap<K, usize>,
}

impl<K: Eq + Hash> Grouped<K> {
    fn note(&mut self, key: K, finding: Finding) {
        let place = *self.places.entry(key).or_insert(self.findings.len());
        match self.findings.get_mut(place) {
            Some(Finding::NotGsm7 { times, .. } | Finding::ShortenedLink { times, .. }) => {
                *times += 1
            }
            _ => self.findings.push(finding),
        }
    }
}
