//! [`QuietHours`]: allowed hours for messages, by the recipient's local time.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use crate::number::time_zones::{AREAS, COUNTRIES};
use crate::{
    error::{Error, ErrorKind, Result},
    message::{Message, MessageClass},
    number::PhoneNumber,
};

/// Hours in which messages may be sent, by the recipient's local time.
///
/// If the number may be in several time zones, the hours must hold in **all** of them; if no zone is known,
/// the message is refused. A zone that you know, such as from a customer's address, takes precedence
/// ([`with_time_zone`](Self::with_time_zone)). A scheduled message ([`Message::with_send_at`]) is checked
/// for its scheduled time. As layers inside and the provider may wait, the hours must also hold some
/// minutes later ([`with_margin`](Self::with_margin)).
///
/// Send marketing and reminders only from 9 to 20 o'clock:
///
/// ```
/// use anysms::{MessageClass, Result, layers::{GuardPolicy, QuietHours}, number::Region};
///
/// fn policy() -> Result<GuardPolicy> {
///     let hours = QuietHours::default()
///         .with_allowed_hours(9, 20)?
///         .with_class(MessageClass::Transactional);
///     Ok(GuardPolicy::new([Region::GB]).with_quiet_hours(hours))
/// }
/// # policy().unwrap();
/// ```
#[derive(Clone)]
pub struct QuietHours {
    allowed: Range<i8>,
    classes: Vec<MessageClass>,
    zone: Option<ZoneOf>,
    margin: Duration,
}

type ZoneOf = Arc<dyn Fn(&Message) -> Option<String> + Send + Sync>;

impl Default for QuietHours {
    /// Allows marketing from 08:00 to 21:00, with a margin of 5 minutes; other classes are not limited.
    ///
    /// Source: 47 CFR 64.1200(c)(1), on telephone solicitations (2026-11). Several US states are stricter.
    fn default() -> Self {
        Self {
            allowed: 8..21,
            classes: vec![MessageClass::Marketing],
            zone: None,
            margin: Duration::from_secs(300),
        }
    }
}

impl QuietHours {
    /// Sets the allowed hours: from the start of hour `from` until the start of hour `until`, 0 to 24.
    ///
    /// # Errors
    /// `Config` unless `from` is less than `until` and `until` is at most 24.
    pub fn with_allowed_hours(mut self, from: u8, until: u8) -> Result<Self> {
        if from >= until || until > 24 {
            let rule = "quiet hours: from must be less than until, and until at most 24";
            return Err(Error::not_sent(ErrorKind::Config).with_detail(rule));
        }
        self.allowed = from as i8..until as i8; // both fit, as 24 does
        Ok(self)
    }

    /// Applies the hours to another class of messages.
    #[must_use]
    pub fn with_class(mut self, class: MessageClass) -> Self {
        self.classes.push(class);
        self
    }

    /// Sets the time before the end of the hours after which no message is admitted. Choose it longer than
    /// the layers inside may wait: the maximum wait of a rate limit and the deadline of retries.
    #[must_use]
    pub const fn with_margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// Sets a closure that returns the recipient's time zone by IANA name, such as `Europe/London`; for
    /// `None`, the zones of the number apply.
    ///
    /// Use the time zone of your customers, whatever their numbers:
    ///
    /// ```
    /// use anysms::layers::QuietHours;
    ///
    /// let hours = QuietHours::default().with_time_zone(|_message| Some("Europe/London".to_owned()));
    /// ```
    #[must_use]
    pub fn with_time_zone(
        mut self,
        zone: impl Fn(&Message) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.zone = Some(Arc::new(zone));
        self
    }

    /// Checks if a message may be sent at this time.
    pub(super) fn check(&self, message: &Message, now: Timestamp) -> Result<()> {
        if !self.classes.contains(&message.class()) {
            return Ok(());
        }
        let refuse = |rule| Error::not_sent(ErrorKind::PolicyBlocked).with_detail(rule);
        let own = self.zone.as_ref().and_then(|zone| zone(message));
        let names: Vec<&str> = match &own {
            Some(own) => vec![own],
            None => {
                message.destination().number().map(|to| zones_of(to).to_vec()).unwrap_or_default()
            }
        };
        let zones: Result<Vec<_>, _> = names.into_iter().map(TimeZone::get).collect();
        let zones = zones.ok().filter(|zones| !zones.is_empty());
        let zones = zones.ok_or_else(|| {
            refuse("quiet hours: the recipient's time zone is unknown; set it with with_time_zone")
        })?;
        let begin = message.send_at().map_or(now, |at| at.max(now));
        let allows = |at: Timestamp| {
            let end = at.checked_add(self.margin);
            self.allows(&zones, at) && end.is_ok_and(|end| self.allows(&zones, end))
        };
        if allows(begin) {
            return Ok(());
        }
        let wait = (1..=MAX_STEPS)
            .map(|step| STEP * step)
            .find(|wait| now.checked_add(*wait).is_ok_and(allows));
        Err(refuse("quiet hours: outside the allowed hours of the recipient; retry later")
            .with_retry_after(wait))
    }

    fn allows(&self, zones: &[TimeZone], at: Timestamp) -> bool {
        zones.iter().all(|zone| self.allowed.contains(&zone.to_datetime(at).hour()))
    }
}

/// Resolution of the returned wait. The offsets of all zones are multiples of it.
const STEP: Duration = Duration::from_secs(15 * 60);

/// Number of steps in two days.
const MAX_STEPS: u32 = 2 * 24 * 4;

impl fmt::Debug for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuietHours")
            .field("allowed", &self.allowed)
            .field("classes", &self.classes)
            .finish_non_exhaustive()
    }
}

/// Returns all time zones in which a number may be, by IANA name.
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

    /// Returns `true` if a message may be sent at this local time of a zone.
    fn goes(to: &str, zone: &str, at: jiff::civil::DateTime) -> bool {
        let at = at.in_tz(zone).unwrap().timestamp();
        QuietHours::default().check(&marketing(to), at).is_ok()
    }

    #[test]
    fn by_the_recipients_clock() {
        let day = date(2026, 11, 21);
        for (hour, minute, london) in
            [(7, 59, false), (8, 0, true), (20, 54, true), (20, 56, false), (21, 0, false)]
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

    #[test]
    fn a_message_that_is_held_is_checked_for_its_time() {
        let local = |hour| date(2026, 11, 21).at(hour, 0, 0, 0).in_tz("Europe/London").unwrap();
        let check = |at: i8, now: i8| {
            let message = marketing("+447700900123").with_send_at(local(at).timestamp());
            QuietHours::default().check(&message, local(now).timestamp()).is_ok()
        };
        assert!(check(12, 3) && check(3, 12), "the second is past, and goes at once");
        assert!(!check(23, 12) && !check(3, 4));
    }

    /// A year, at all quarters of the hours: what goes is within the hours in every zone of the country.
    #[test]
    fn nobody_is_disturbed_in_a_year() {
        let zones = include_str!("../../tests/data/zones/countries.txt").lines();
        let zones = zones.filter(|line| !line.starts_with('#')).map(|line| {
            let (code, zone) = line.split_once(' ').unwrap();
            (code.parse::<u16>().unwrap(), TimeZone::get(zone).unwrap())
        });
        let begin = date(2026, 1, 1).at(0, 0, 0, 0).in_tz("UTC").unwrap().timestamp();
        // One step of a day and the next one of the next day, so that it is quick and all steps are there.
        let steps = || (0..365 * 24 * 4).step_by(97).map(|step| begin + STEP * step);
        let quiet = QuietHours::default();
        let of = |names: &[&str]| names.iter().map(|name| TimeZone::get(name).unwrap()).collect();
        let mut open = std::collections::HashMap::<u16, (Vec<TimeZone>, usize)>::new();
        for (codes, names) in COUNTRIES {
            for code in *codes {
                let zones: Vec<TimeZone> = of(names);
                let often = steps().filter(|at| quiet.allows(&zones, *at)).count();
                assert!(often > 0, "+{code} can never be written to");
                open.insert(*code, (zones, often));
            }
        }
        let mut seen = 0;
        for (code, zone) in zones {
            let (known, _) = &open[&code];
            for at in steps().filter(|at| quiet.allows(known, *at)) {
                let hour = at.to_zoned(zone.clone()).hour();
                assert!((8..21).contains(&hour), "+{code} {at} {hour}");
            }
            seen += 1;
        }
        assert!(seen > 300, "{seen}");
        assert!(AREAS.iter().all(|(_, names)| !of(names).is_empty()));
    }
}
