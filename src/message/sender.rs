//! [`Sender`]: the origin of a message.

mod refusals;

use std::{fmt, str::FromStr};

pub use refusals::AlphanumericRefusal;

use crate::{
    message::MessengerId,
    number::{PhoneNumber, PhoneNumberError, Region},
};

/// Origin of a message, as the recipient's phone shows it.
///
/// ```
/// use anysms::Sender;
///
/// assert!(matches!(Sender::parse("+15555550100")?, Sender::Number(_)));
/// assert!(matches!(Sender::parse("72345")?, Sender::ShortCode(_)));
/// assert!(matches!(Sender::parse("ACME")?, Sender::Alphanumeric(_)));
/// assert!(matches!(Sender::parse("MG00000000000000000000000000000001")?, Sender::Pool(_)));
/// # Ok::<(), anysms::message::SenderError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Sender {
    /// A phone number of the account.
    Number(PhoneNumber),
    /// A short code: 3 to 8 digits, known in one country.
    ShortCode(ShortCode),
    /// A name of up to 11 characters. Nobody can reply to it, and some countries refuse it
    /// ([`AlphanumericSender::refusal_in`]), the United States and Canada among them.
    Alphanumeric(AlphanumericSender),
    /// A pool of senders from which the provider picks: a Twilio Messaging Service (`MG…`) or a
    /// Plivo Powerpack (a UUID).
    Pool(PoolId),
    /// One sender of a pool, picked by the caller: a number or a short code, with the pool's settings.
    PoolMember(Box<PoolMember>),
    /// An RCS agent of the brand.
    Rcs(RcsAgent),
    /// A page on Messenger.
    Messenger(MessengerId),
    /// A SIM card of the account, at Twilio.
    Sim(SimId),
}

impl Sender {
    /// Reads a sender: `+…` is a number, 3 to 8 digits a short code, `MG` and 32 hex digits or a UUID
    /// a pool, `pool:…` one with an id of another form, a pool with `/` and a number or a short code one sender of
    /// it, `rcs:…` an RCS agent, `messenger:…` a page, `sim:…` a SIM card, and anything else an alphanumeric sender.
    ///
    /// It reads back what `Display` writes.
    ///
    /// # Errors
    /// [`SenderError`] says which rule the text breaks and where, without quoting it.
    pub fn parse(text: &str) -> Result<Self, SenderError> {
        if text.starts_with('+') {
            Ok(Self::Number(PhoneNumber::parse(text)?))
        } else if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self::ShortCode(text.parse()?))
        } else if is_messaging_service(text) || is_uuid(text) {
            Ok(Self::Pool(text.parse()?))
        } else if let Some(pool) = text.strip_prefix("pool:") {
            Ok(Self::Pool(pool.parse()?))
        } else if let Some(agent) = text.strip_prefix("rcs:") {
            Ok(Self::Rcs(agent.parse()?))
        } else if let Some(page) = text.strip_prefix("messenger:") {
            Ok(Self::Messenger(page.parse().map_err(|_| SenderError::Messenger)?))
        } else if let Some(sim) = text.strip_prefix("sim:") {
            Ok(Self::Sim(sim.parse()?))
        } else if let Some((pool, sender)) = text.split_once('/') {
            Self::pool_member(pool.parse()?, Self::parse(sender)?)
        } else {
            Ok(Self::Alphanumeric(text.parse()?))
        }
    }
}

impl Sender {
    /// Picks one sender of a pool.
    ///
    /// # Errors
    /// [`SenderError::PoolMember`] unless the sender is a number or a short code.
    pub fn pool_member(pool: PoolId, sender: Self) -> Result<Self, SenderError> {
        match sender {
            Self::Number(_) | Self::ShortCode(_) => {
                Ok(Self::PoolMember(Box::new(PoolMember { pool, sender })))
            }
            _ => Err(SenderError::PoolMember),
        }
    }

    /// Returns the pool, where a pool or one sender of it is named.
    #[must_use]
    pub fn pool(&self) -> Option<&PoolId> {
        match self {
            Self::Pool(pool) => Some(pool),
            Self::PoolMember(member) => Some(&member.pool),
            _ => None,
        }
    }
}

/// One sender of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PoolMember {
    pool: PoolId,
    sender: Sender,
}

impl PoolMember {
    /// Returns the pool.
    #[must_use]
    pub const fn pool(&self) -> &PoolId {
        &self.pool
    }

    /// Returns the number or the short code.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }
}

impl From<PhoneNumber> for Sender {
    fn from(number: PhoneNumber) -> Self {
        Self::Number(number)
    }
}

impl From<PoolId> for Sender {
    fn from(pool: PoolId) -> Self {
        Self::Pool(pool)
    }
}

impl FromStr for Sender {
    type Err = SenderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::ShortCode(code) => code.fmt(f),
            Self::Alphanumeric(name) => name.fmt(f),
            Self::Pool(pool) if is_messaging_service(&pool.0) || is_uuid(&pool.0) => pool.fmt(f),
            Self::Pool(pool) => write!(f, "pool:{pool}"),
            Self::PoolMember(member) => write!(f, "{}/{}", member.pool, member.sender),
            Self::Rcs(agent) => write!(f, "rcs:{agent}"),
            Self::Messenger(page) => write!(f, "messenger:{page}"),
            Self::Sim(sim) => write!(f, "sim:{sim}"),
        }
    }
}

serde_as_text!(Sender, ShortCode, AlphanumericSender, PoolId, RcsAgent, SimId);

/// A short code: 3 to 8 digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortCode(Box<str>);

/// A sender's name: 1 to 11 of ASCII letters, digits, space, `-`, `+`, `_` and `&`, at least one of
/// them a letter, with no space at either end (Twilio's rule, 2026-11). Plivo's is narrower
/// ([`AlphanumericSender::is_plain`]), and so is that of some countries: India takes six letters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlphanumericSender(Box<str>);

/// A provider's id of a sender pool: 1 to 64 ASCII letters, digits and `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PoolId(Box<str>);

/// An RCS agent's id: 1 to 64 ASCII letters, digits, `-` and `_`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RcsAgent(Box<str>);

/// Twilio's id of a SIM card: 1 to 64 ASCII letters and digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SimId(Box<str>);

macro_rules! parsed_text {
    ($name:ident, $check:expr) => {
        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = SenderError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

parsed_text!(ShortCode, check_short_code);
parsed_text!(AlphanumericSender, check_name);
parsed_text!(PoolId, check_pool_id);
parsed_text!(RcsAgent, check_rcs_agent);
parsed_text!(SimId, check_sim_id);

impl AlphanumericSender {
    /// Most characters.
    pub const MAX_LENGTH: usize = 11;

    /// Returns whether there are letters and digits only, which both Twilio and Plivo take (2026-11).
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    /// Returns how well it is known that a country refuses alphanumeric senders; `None` if it is not known
    /// to.
    ///
    /// Dated data to warn by, not to refuse by: countries change their rules, and many ask for
    /// registration first.
    ///
    /// Send from a number where names are refused:
    ///
    /// ```
    /// use anysms::{Sender, message::{AlphanumericSender, SenderError}, number::Region};
    ///
    /// fn sender(country: Region) -> Result<Sender, SenderError> {
    ///     let refused = AlphanumericSender::refusal_in(country).is_some();
    ///     Sender::parse(if refused { "+15555550100" } else { "ACME" })
    /// }
    /// assert!(matches!(sender(Region::US)?, Sender::Number(_)));
    /// assert!(matches!(sender(Region::GB)?, Sender::Alphanumeric(_)));
    /// # Ok::<(), SenderError>(())
    /// ```
    #[must_use]
    pub fn refusal_in(region: Region) -> Option<AlphanumericRefusal> {
        refusals::find(region)
    }
}

/// Reason why a text is not a sender: the rule it breaks, and where. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SenderError {
    /// Begins with `+` and is no phone number.
    #[error("sender: {0}")]
    Number(PhoneNumberError),
    /// Digits only, but not 3 to 8 of them.
    #[error("sender: a short code has 3 to 8 digits, this has {digits}; a number begins with +")]
    ShortCode {
        /// Number of digits.
        digits: usize,
    },
    /// Not 1 to 11 characters.
    #[error("sender: a name has 1 to 11 characters, this has {characters}")]
    NameLength {
        /// Number of characters.
        characters: usize,
    },
    /// Something that no name may have.
    #[error("sender: a name has letters, digits, -, +, _, & and spaces inside, byte {at} is none")]
    NameCharacter {
        /// Its place in the text, in bytes from 0.
        at: usize,
    },
    /// A name without a letter.
    #[error("sender: a name has at least one letter")]
    NameWithoutLetter,
    /// Not a pool's id.
    #[error("sender: a pool id has 1 to 64 letters, digits and -")]
    Pool,
    /// One sender of a pool that is neither a number nor a short code.
    #[error("sender: one sender of a pool is a number or a short code")]
    PoolMember,
    /// Not an id of an RCS agent.
    #[error("sender: an RCS agent has 1 to 64 letters, digits, - and _")]
    Rcs,
    /// Not an id of a Messenger page.
    #[error("sender: a page of Messenger has 1 to 64 letters, digits, -, _ and .")]
    Messenger,
    /// Not an id of a SIM card.
    #[error("sender: a SIM card has 1 to 64 letters and digits")]
    Sim,
}

impl From<PhoneNumberError> for SenderError {
    fn from(error: PhoneNumberError) -> Self {
        Self::Number(error)
    }
}

fn check_rcs_agent(text: &str) -> Result<(), SenderError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
    if fits { Ok(()) } else { Err(SenderError::Rcs) }
}

fn check_sim_id(text: &str) -> Result<(), SenderError> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(SenderError::Sim) }
}

fn check_short_code(text: &str) -> Result<(), SenderError> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let right = (3..=8).contains(&digits) && digits == text.len();
    if right { Ok(()) } else { Err(SenderError::ShortCode { digits }) }
}

fn check_name(text: &str) -> Result<(), SenderError> {
    let characters = text.chars().count();
    if !(1..=AlphanumericSender::MAX_LENGTH).contains(&characters) {
        return Err(SenderError::NameLength { characters });
    }
    let last = text.len() - 1; // not empty
    let allowed = |(at, b): (usize, u8)| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'_' | b'&')
            || b == b'+' && at != 0 // a number begins so
            || b == b' ' && at != 0 && at != last
    };
    if let Some((at, _)) = text.bytes().enumerate().find(|byte| !allowed(*byte)) {
        return Err(SenderError::NameCharacter { at });
    }
    let letter = text.bytes().any(|b| b.is_ascii_alphabetic());
    if letter { Ok(()) } else { Err(SenderError::NameWithoutLetter) }
}

fn check_pool_id(text: &str) -> Result<(), SenderError> {
    let right = (1..=64).contains(&text.len())
        && text.bytes().fold(true, |all, b| all & (b.is_ascii_alphanumeric() | (b == b'-')));
    if right { Ok(()) } else { Err(SenderError::Pool) }
}

fn is_messaging_service(text: &str) -> bool {
    text.strip_prefix("MG")
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_four_kinds_apart() {
        let parse = |text: &str| text.parse::<Sender>();
        assert!(matches!(parse("+447700900123"), Ok(Sender::Number(_))));
        assert!(matches!(parse("60777"), Ok(Sender::ShortCode(_))));
        assert!(matches!(parse("Joe & Co"), Ok(Sender::Alphanumeric(_))));
        assert!(matches!(parse("5EC4c8c9-cd74-42b5-9e41-0d7670d6bb46"), Ok(Sender::Pool(_))));
        assert!(matches!(parse(&format!("MG{}", "a".repeat(32))), Ok(Sender::Pool(_))));
    }

    #[test]
    fn says_which_rule_is_broken_and_where() {
        use SenderError::*;
        for (text, error) in [
            ("447700900123", ShortCode { digits: 12 }),
            ("12", ShortCode { digits: 2 }),
            ("+44", Number(PhoneNumberError::TooShort { digits: 2 })),
            ("", NameLength { characters: 0 }),
            ("TwelveLetter", NameLength { characters: 12 }),
            (" ", NameCharacter { at: 0 }),
            ("ACME ", NameCharacter { at: 4 }),
            ("Café", NameCharacter { at: 3 }),
            ("a\nb", NameCharacter { at: 1 }),
            ("1-2", NameWithoutLetter),
        ] {
            assert_eq!(Sender::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn every_sender_is_read_back_from_its_text() {
        let long = "a-pool-of-the-programs-own-with-an-id-of-another-form";
        let service = format!("MG{}", "a".repeat(32));
        let (uuid, number) = ("5EC4c8c9-cd74-42b5-9e41-0d7670d6bb46", "+447700900123");
        for id in ["acme", "123", "12345678", long, uuid, &service] {
            let pool: PoolId = id.parse().unwrap();
            let member = Sender::pool_member(pool.clone(), number.parse().unwrap()).unwrap();
            for sender in [Sender::Pool(pool), member] {
                assert_eq!(sender.to_string().parse(), Ok(sender), "{id}");
            }
        }
        assert!("+ACME".parse::<AlphanumericSender>().is_err(), "a number begins so");
        assert!("A+B".parse::<AlphanumericSender>().is_ok());
    }

    #[test]
    fn a_plain_name_is_one_that_both_vendors_take() {
        let plain = |text: &str| text.parse::<AlphanumericSender>().unwrap().is_plain();
        assert!(plain("ACME24"));
        assert!(!plain("Joe & Co"));
    }
}
