//! [`QuietHours`]: when a recipient is not to be disturbed, by the recipient's own clock.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use super::zones::{AREAS, COUNTRIES};
use crate::{
    error::{Error, ErrorKind, Result},
    message::{Message, MessageClass},
    number::PhoneNumber,
};

/// The hours in which a recipient may be written to, by the recipient's own clock.
///
/// Where a number may live in several time zones it must be within the hours in **all** of them; where none
/// is known the message is refused. A zone of your own knowledge, such as a customer's address, comes first
/// ([`with_zone`](Self::with_zone)).
#[derive(Clone)]
pub struct QuietHours {
    allowed: Range<i8>,
    classes: Vec<MessageClass>,
    zone: Option<ZoneOf>,
}

type ZoneOf = Arc<dyn Fn(&Message) -> Option<String> + Send + Sync>;

impl Default for QuietHours {
    /// Marketing from 08:00 to 21:00, as 47 CFR 64.1200(c)(1) has it for telephone solicitations (2026-11).
    /// Several states of the US are stricter.
    fn default() -> Self {
        Self { allowed: 8..21, classes: vec![MessageClass::Marketing], zone: None }
    }
}

impl QuietHours {
    /// Lets messages go from the first of these hours until the second begins: 0 to 24.
    ///
    /// # Errors
    /// `Config` unless the second is after the first and at most 24.
    pub fn with_allowed(mut self, from: u8, until: u8) -> Result<Self> {
        if from >= until || until > 24 {
            let rule = "quiet hours: the allowed hours need a begin before their end, at most 24";
            return Err(Error::not_sent(ErrorKind::Config).with_detail(rule));
        }
        self.allowed = from as i8..until as i8; // both fit, as 24 does
        Ok(self)
    }

    /// Holds messages of this class to the hours as well.
    #[must_use]
    pub fn with_class(mut self, class: MessageClass) -> Self {
        self.classes.push(class);
        self
    }

    /// Asks the closure for the recipient's time zone, by its IANA name such as `Europe/London`. What it does
    /// not know, the number says.
    #[must_use]
    pub fn with_zone(
        mut self,
        zone: impl Fn(&Message) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.zone = Some(Arc::new(zone));
        self
    }

    /// Whether a message may go at this time.
    pub(super) fn check(&self, message: &Message, now: Timestamp) -> Result<()> {
        if !self.classes.contains(&message.class()) {
            return Ok(());
        }
        let refuse = |rule| Error::not_sent(ErrorKind::PolicyBlocked).with_detail(rule);
        let own = self.zone.as_ref().and_then(|zone| zone(message));
        let names: Vec<&str> = match &own {
            Some(own) => vec![own],
            None => zones_of(message.to()).to_vec(),
        };
        let zones: Result<Vec<_>, _> = names.into_iter().map(TimeZone::get).collect();
        let zones = zones.ok().filter(|zones| !zones.is_empty());
        let zones =
            zones.ok_or_else(|| refuse("quiet hours: the recipient's time zone is not known"))?;
        if self.allows(&zones, now) {
            return Ok(());
        }
        let wait = (1..=MOST_STEPS)
            .map(|step| STEP * step)
            .find(|wait| now.checked_add(*wait).is_ok_and(|then| self.allows(&zones, then)));
        Err(refuse("quiet hours: of the recipient").with_retry_after(wait))
    }

    fn allows(&self, zones: &[TimeZone], at: Timestamp) -> bool {
        zones.iter().all(|zone| self.allowed.contains(&zone.to_datetime(at).hour()))
    }
}

/// How exactly it is said when the hours begin; the offsets of all zones are multiples of it.
const STEP: Duration = Duration::from_secs(15 * 60);

/// As many steps as two days have.
const MOST_STEPS: u32 = 2 * 24 * 4;

impl fmt::Debug for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuietHours")
            .field("allowed", &self.allowed)
            .field("classes", &self.classes)
            .finish_non_exhaustive()
    }
}

/// All time zones in which a number may live, by their IANA names.
fn zones_of(number: PhoneNumber) -> &'static [&'static str] {
    let (table, code) = match number.country_code() {
        1 if number.digit_count() != 11 => return &[],
        1 => (AREAS, (number.digits() / 10_000_000 % 1_000) as u16),
        code => (COUNTRIES, code),
    };
    table.iter().find(|(codes, _)| codes.contains(&code)).map_or(&[], |(_, zones)| zones)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn marketing(to: &str) -> Message {
        let number = to.parse::<PhoneNumber>().unwrap();
        Message::new(number, "Half price today").with_class(MessageClass::Marketing)
    }

    /// Whether a message may go at this local time of a zone.
    fn goes(to: &str, zone: &str, at: jiff::civil::DateTime) -> bool {
        let at = at.in_tz(zone).unwrap().timestamp();
        QuietHours::default().check(&marketing(to), at).is_ok()
    }

    #[test]
    fn by_the_recipients_clock() {
        let day = date(2026, 11, 21);
        for (hour, minute, london) in [(7, 59, false), (8, 0, true), (20, 59, true), (21, 0, false)]
        {
            let at = day.at(hour, minute, 0, 0);
            assert_eq!(goes("+447700900123", "Europe/London", at), london, "{at}");
        }
        // Arizona keeps no summer time, but the Navajo Nation does, and 928 is of both.
        let summer = date(2026, 7, 1);
        assert!(goes("+16025550100", "America/Phoenix", summer.at(20, 30, 0, 0)));
        assert!(!goes("+19285550100", "America/Phoenix", summer.at(20, 30, 0, 0)));
        assert!(goes("+19285550100", "America/Phoenix", date(2026, 1, 5).at(20, 30, 0, 0)));
        // Nobody knows where a toll-free number or a satellite is.
        for to in ["+18005550100", "+882161234567", "+15555550100"] {
            assert!(!goes(to, "America/New_York", day.at(12, 0, 0, 0)), "{to}");
        }
    }

    #[test]
    fn says_when_the_hours_begin() {
        let at = date(2026, 11, 21).at(23, 10, 0, 0).in_tz("Europe/London").unwrap().timestamp();
        let error = QuietHours::default().check(&marketing("+447700900123"), at).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(9 * 60 * 60)));
        // A clock that skips an hour, and one that repeats one.
        for (day, hours) in [(date(2026, 3, 28), 8), (date(2026, 10, 24), 10)] {
            let at = day.at(23, 0, 0, 0).in_tz("Europe/London").unwrap().timestamp();
            let error = QuietHours::default().check(&marketing("+447700900123"), at).unwrap_err();
            assert_eq!(error.retry_after(), Some(Duration::from_secs(hours * 60 * 60)), "{day}");
        }
    }

    /// A year, at all quarters of the hours, over all area codes of +1 and all country codes.
    #[test]
    fn nobody_is_disturbed_in_a_year() {
        let quiet = QuietHours::default();
        let begin = date(2026, 1, 1).at(0, 0, 0, 0).in_tz("UTC").unwrap().timestamp();
        // One step of a day and the next one of the next day, so that it is quick and all steps are there.
        let steps = || (0..365 * 24 * 4).step_by(97);
        let mut known: std::collections::HashMap<&str, Vec<bool>> = Default::default();
        for (_, names) in AREAS.iter().chain(COUNTRIES) {
            for name in *names {
                known.entry(name).or_insert_with(|| {
                    let zone = TimeZone::get(name).unwrap();
                    let within = |step: u32| {
                        let local = (begin + STEP * step).to_zoned(zone.clone());
                        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
                        (8 * 60..21 * 60).contains(&minute)
                    };
                    steps().map(within).collect()
                });
            }
        }
        for (codes, names) in AREAS.iter().chain(COUNTRIES) {
            let zones: Vec<TimeZone> =
                names.iter().map(|name| TimeZone::get(name).unwrap()).collect();
            assert!(!zones.is_empty(), "{codes:?}");
            let mut open = 0;
            for (number, step) in steps().enumerate() {
                let expected = names.iter().all(|name| known[name][number]);
                assert_eq!(quiet.allows(&zones, begin + STEP * step), expected, "{codes:?} {step}");
                open += usize::from(expected);
            }
            assert!(open > 0, "{codes:?} can never be written to");
        }
    }
}
