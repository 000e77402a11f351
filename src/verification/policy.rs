//! [`CodePolicy`]: figures of a program's own codes.

use std::time::Duration;

use crate::{
    error::{Error, ErrorKind, Result},
    number::{NumberKind, PhoneNumber, Region},
};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Figures and limits of [`Otp`](super::Otp). The default is for public sign-in.
///
/// A code has 6 digits, lives 10 minutes and allows 5 tries; it is sent again after 30, 40, 60, 90 and 120 seconds,
/// and then no more. A number gets 5 codes in 10 minutes and 20 in a day, a client (an IPv4 network of 24 bits, an
/// IPv6 network of 64) 25 in 5 minutes. After 5 wrong codes for a number and a purpose each further try waits: 30
/// seconds, doubling up to an hour, and after 100 in a row nothing is compared for a day (NIST SP 800-63B-4 allows 100).
/// A range of numbers of which fewer than 10 % of 20 codes in an hour are approved is blocked for 12 hours.
///
/// ```
/// use std::time::Duration;
///
/// use anysms::{number::Region, verification::CodePolicy};
///
/// # fn main() -> anysms::Result<()> {
/// let policy = CodePolicy::default()
///     .with_countries([Region::GB]) // no other country pays for an attack
///     .with_length(8)?
///     .with_life(Duration::from_secs(5 * 60))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CodePolicy {
    pub(super) length: u8,
    pub(super) life: Duration,
    pub(super) tries: u16,
    pub(super) waits: Vec<Duration>,
    pub(super) countries: Option<Vec<Region>>,
    pub(super) per_number: Vec<(u32, Duration)>,
    pub(super) per_client: Vec<(u32, Duration)>,
    pub(super) per_tenant: Vec<(u32, Duration)>,
    pub(super) overall: Vec<(u32, Duration)>,
    pub(super) range_gate: Option<ConversionGate>,
    pub(super) country_gate: Option<ConversionGate>,
    pub(super) free_failures: u32,
    pub(super) failures: u32,
}

/// Gate against pumped messages: blocks a range of numbers, or a country, of which too few codes are approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversionGate {
    /// Codes in a window from which the share counts.
    pub sends: u32,
    /// Share of approved codes, in percent, below which it shuts.
    pub percent: u32,
    /// Length of a window, which begins with its first code.
    pub window: Duration,
    /// Time for which it stays shut; zero raises the [alarm](super::Alarm) alone.
    pub block: Duration,
}

impl ConversionGate {
    /// Creates a gate with windows of an hour.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anysms::verification::{CodePolicy, ConversionGate};
    ///
    /// let half_a_day = Duration::from_secs(12 * 60 * 60);
    /// let policy = CodePolicy::default().with_country_gate(ConversionGate::new(100, 20, half_a_day));
    /// ```
    #[must_use]
    pub const fn new(sends: u32, percent: u32, block: Duration) -> Self {
        Self { sends, percent, window: Duration::from_secs(HOUR), block }
    }
}

impl Default for CodePolicy {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            length: 6,
            life: seconds(10 * MINUTE),
            tries: 5,
            waits: [30, 40, 60, 90, 120].map(seconds).to_vec(),
            countries: None,
            per_number: vec![(5, seconds(10 * MINUTE)), (20, seconds(24 * HOUR))],
            per_client: vec![(25, seconds(5 * MINUTE))],
            per_tenant: Vec::new(),
            overall: Vec::new(),
            range_gate: Some(ConversionGate::new(20, 10, seconds(12 * HOUR))),
            country_gate: Some(ConversionGate::new(100, 20, Duration::ZERO)),
            free_failures: 5,
            failures: 100,
        }
    }
}

impl CodePolicy {
    /// Sets the digits of a code: 4 to 10.
    ///
    /// # Errors
    /// `Config` for another length.
    pub fn with_length(mut self, digits: u8) -> Result<Self> {
        if !(4..=10).contains(&digits) {
            return Err(refuse("code length: must be 4 to 10 digits"));
        }
        self.length = digits;
        Ok(self)
    }

    /// Sets how long a code lives: 1 minute to 1 hour. NIST allows 10 minutes at most.
    ///
    /// # Errors
    /// `Config` for another time.
    pub fn with_life(mut self, life: Duration) -> Result<Self> {
        if !(MINUTE..=HOUR).contains(&life.as_secs()) {
            return Err(refuse("code life: must be 1 minute to 1 hour"));
        }
        self.life = life;
        Ok(self)
    }

    /// Sets how many codes are compared with one challenge: 1 to 10.
    ///
    /// # Errors
    /// `Config` for another number.
    pub fn with_tries(mut self, tries: u16) -> Result<Self> {
        if !(1..=10).contains(&tries) {
            return Err(refuse("code tries: must be 1 to 10"));
        }
        self.tries = tries;
        Ok(self)
    }

    /// Sets the waits before each further send of a challenge's code; after the last of them it is not sent again.
    #[must_use]
    pub fn with_waits(mut self, waits: impl IntoIterator<Item = Duration>) -> Self {
        self.waits = waits.into_iter().collect();
        self
    }

    /// Allows numbers of these countries alone.
    #[must_use]
    pub fn with_countries(mut self, countries: impl IntoIterator<Item = Region>) -> Self {
        self.countries = Some(countries.into_iter().collect());
        self
    }

    /// Replaces the limits of codes to one number, each in a window of a length.
    #[must_use]
    pub fn with_per_number(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_number = limits.into_iter().collect();
        self
    }

    /// Replaces the limits of codes that one client asks for.
    #[must_use]
    pub fn with_per_client(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_client = limits.into_iter().collect();
        self
    }

    /// Sets limits of the codes of one tenant; there are none by default.
    #[must_use]
    pub fn with_per_tenant(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_tenant = limits.into_iter().collect();
        self
    }

    /// Sets limits of all codes together; there are none by default.
    #[must_use]
    pub fn with_overall(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.overall = limits.into_iter().collect();
        self
    }

    /// Sets the gate of a range of numbers, which are those that differ in their last four digits alone.
    #[must_use]
    pub const fn with_range_gate(mut self, gate: ConversionGate) -> Self {
        self.range_gate = Some(gate);
        self
    }

    /// Sets the gate of a country. By default it raises the alarm at fewer than 20 % of 100 codes, and blocks nothing.
    #[must_use]
    pub const fn with_country_gate(mut self, gate: ConversionGate) -> Self {
        self.country_gate = Some(gate);
        self
    }

    /// Sets after how many wrong codes in a row for a number and a purpose tries have to wait, and after how many
    /// none is compared for a day.
    ///
    /// # Errors
    /// `Config` if the first is more than the second, or the second more than 100, which NIST allows.
    pub fn with_failures(mut self, free: u32, most: u32) -> Result<Self> {
        if free > most || !(1..=100).contains(&most) {
            return Err(refuse(
                "code failures: the free ones must be fewer than all, and all at most 100",
            ));
        }
        (self.free_failures, self.failures) = (free, most);
        Ok(self)
    }

    /// Returns the wait after this many wrong codes in a row.
    pub(super) fn wait(&self, failures: u32) -> Duration {
        if failures >= self.failures {
            return Duration::from_secs(24 * HOUR);
        }
        match failures.checked_sub(self.free_failures) {
            None => Duration::ZERO,
            Some(over) => Duration::from_secs((30_u64 << over.min(7)).min(HOUR)),
        }
    }

    /// Refuses a number of another country, or of a kind that costs extra or is nobody's.
    pub(super) fn admits(&self, number: PhoneNumber) -> Result<()> {
        const REFUSED: [NumberKind; 6] = [
            NumberKind::PremiumRate,
            NumberKind::SharedCost,
            NumberKind::Pager,
            NumberKind::PersonalNumber,
            NumberKind::Uan,
            NumberKind::Voicemail,
        ];
        let blocked = |rule| Err(Error::not_sent(ErrorKind::PolicyBlocked).with_detail(rule));
        let unused = number.is_valid() == Some(false) && !number.is_fictional();
        if REFUSED.contains(&number.kind()) || unused {
            return blocked("number: costs extra or is not in use; verify another");
        }
        if let Some(allowed) = &self.countries
            && !number.region().is_some_and(|country| allowed.contains(&country))
        {
            return blocked("number: its country is not allowed; add it with with_countries");
        }
        Ok(())
    }
}

fn refuse(rule: &'static str) -> Error {
    Error::not_sent(ErrorKind::Config).with_detail(rule)
}
