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
