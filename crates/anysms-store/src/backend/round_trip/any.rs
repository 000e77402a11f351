//! [`Any`]: values of every type that is stored, at their limits as often as not.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;

use anysms::{
    AccountId, MessageClass, MessageId, MessageStatus, ProviderId, Sender,
    error::ErrorKind,
    message::{Address, Channel, Currency, DeliveryFailure, Direction, MessageKey, Money, WebUrl},
    number::Region,
    webhook::{Authenticity, EventId},
};

use crate::{
    AttemptOutcome, AttemptToken, End, Progress, SettledBy, Stage,
    model::{hash::ContentFingerprint, suppression::SuppressionSource},
};

/// Source of values, the same for the same seed.
pub(super) struct Any {
    state: u64,
    /// `true` for the values as a database keeps them.
    kept: bool,
}

/// Texts in which something has been lost before.
const ODD: [&str; 24] = [
    "",
    " ",
    "\0",
    "a\0b\0",
    "\\u0000",
    "\u{1}\u{7f}\u{9f}",
    "\r\n\t",
    "\u{feff}bom",
    "\u{202e}right to left",
    "\u{2028}\u{2029}",
    "e\u{301}",
    "\u{301}",
    "👩\u{200d}👩\u{200d}👧",
    "\u{10ffff}\u{fffe}",
    "\u{fffd}",
    "\"quoted\" 'and' `so`",
    "\\",
    "%_%",
    "$1 ?1 :a",
    "null",
    "0",
    "true",
    "{\"a\":[1]}",
    "'); DROP TABLE sms_message; --",
];

const KINDS: [ErrorKind; 27] = [
    ErrorKind::Config,
    ErrorKind::InvalidRequest,
    ErrorKind::InvalidRecipient,
    ErrorKind::InvalidSender,
    ErrorKind::UnregisteredSender,
    ErrorKind::InvalidContent,
    ErrorKind::ContentFiltered,
    ErrorKind::OptedOut,
    ErrorKind::Blocked,
    ErrorKind::PolicyBlocked,
    ErrorKind::GeoPermission,
    ErrorKind::Unreachable,
    ErrorKind::Expired,
    ErrorKind::Credentials,
    ErrorKind::Account,
    ErrorKind::RateLimited,
    ErrorKind::QueueFull,
    ErrorKind::Unavailable,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::Unsupported,
    ErrorKind::Connect,
    ErrorKind::Timeout,
    ErrorKind::Interrupted,
    ErrorKind::InvalidResponse,
    ErrorKind::Webhook,
    ErrorKind::Other,
];

impl Any {
    pub(super) fn new(seed: u64, kept: bool) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d, kept }
    }

    pub(super) fn u64(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn below(&mut self, most: u64) -> u64 {
        (self.u64() >> 11) % most
    }

    pub(super) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(super) fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize].clone()
    }

    pub(super) fn option<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        // Made in any case, so that the same seed goes on alike.
        let value = make(self);
        (!self.one_in(4)).then_some(value)
    }

    pub(super) fn list<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| make(self)).collect()
    }

    pub(super) fn u32(&mut self) -> u32 {
        let some = self.below(1_000) as u32;
        self.pick(&[0, 1, u32::MAX - 1, u32::MAX, i32::MAX as u32, some])
    }

    pub(super) fn i64(&mut self) -> i64 {
        let some = self.u64() as i64;
        self.pick(&[0, 1, -1, i64::MIN, i64::MAX, some])
    }

    /// A text of at most so many bytes, often of exactly so many.
    pub(super) fn text(&mut self, most: usize) -> String {
        let odd = self.pick(&ODD).to_owned();
        let wide = char::from_u32(0x4e00 + self.below(20_000) as u32).unwrap_or('x');
        let filled: String = (0..most).map(|_| self.letter()).collect();
        let text = match self.below(6) {
            0 => filled,
            1 => wide.to_string().repeat(most / wide.len_utf8()),
            _ => odd,
        };
        let text = if text.len() <= most { text } else { String::new() };
        if self.kept { text.replace('\0', "\u{fffd}") } else { text }
    }

    fn letter(&mut self) -> char {
        char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[self.below(36) as usize])
    }

    pub(super) fn alphanumeric(&mut self, most: u64) -> String {
        let length = self.below(most) + 1;
        let length = self.pick(&[1, length, most]);
        (0..length).map(|_| self.letter()).collect()
    }

    /// A text without a NUL, which names have not.
    pub(super) fn name(&mut self, most: usize) -> String {
        let kept = std::mem::replace(&mut self.kept, true); // so it is without
        let text = self.text(most);
        self.kept = kept;
        text
    }

    /// A text as JSON, in which a NUL is written out, and kept.
    pub(super) fn json(&mut self) -> String {
        let kept = std::mem::replace(&mut self.kept, false);
        let text = self.text(3_000);
        self.kept = kept;
        serde_json::to_string(&text).unwrap()
    }

    pub(super) fn time(&mut self) -> Timestamp {
        let some = Duration::from_nanos(self.u64());
        let some = Timestamp::UNIX_EPOCH.checked_add(some).unwrap_or_default();
        let before = Timestamp::UNIX_EPOCH.checked_sub(Duration::from_nanos(1)).unwrap();
        let time =
            self.pick(&[Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH, before, some]);
        if !self.kept {
            return time;
        }
        // Whole microseconds, and whole seconds at both ends.
        let [first, last] = [Timestamp::MIN, Timestamp::MAX].map(|end| end.as_second() * 1_000_000);
        Timestamp::from_microsecond(time.as_microsecond().clamp(first, last)).unwrap()
    }

    /// An amount that may be the price of a message.
    pub(super) fn money(&mut self) -> Money {
        let some = Decimal::new(self.below(1_000_000_000) as i64, self.below(9) as u32);
        let most = Decimal::from(1_000_000);
        let least = Decimal::new(1, 8);
        let fine = Decimal::new(123_456_789_123, 11);
        let amounts = [Decimal::ZERO, most, -most, least, -least, fine, some.min(most)];
        let mut amount = self.pick(&amounts);
        if self.kept {
            amount = amount.round_dp(8).normalize();
        }
        let currency: Currency = self.pick(&["USD", "GBP", "ZZZ"]).parse().unwrap();
        Money::new(amount, currency)
    }

    pub(super) fn provider(&mut self) -> ProviderId {
        let name = self.alphanumeric(32);
        name.parse().unwrap_or(ProviderId::from_static("acme"))
    }

    pub(super) fn id_of(&mut self, provider: &ProviderId) -> MessageId {
        let value = self.alphanumeric(MessageId::MAX_LEN as u64);
        MessageId::new(provider.clone(), &value).unwrap()
    }

    pub(super) fn id(&mut self) -> Option<MessageId> {
        let provider = self.provider();
        self.option(|any| any.id_of(&provider))
    }

    pub(super) fn account(&mut self) -> AccountId {
        self.text(255).as_str().into()
    }

    /// A key that no other number has.
    pub(super) fn key(&mut self, number: u32) -> MessageKey {
        let start = format!("{number}-!~\"\\'");
        let most = MessageKey::MAX_LEN - start.len();
        format!("{start}{}", self.alphanumeric(most as u64)).parse().unwrap()
    }

    pub(super) fn address(&mut self) -> Address {
        let other = self.text(255);
        let texts = [
            "+447700900123",
            "+999999999999999",
            "+1234567",
            "12345678",
            "123",
            "ACME",
            "Joe & Co-+_",
            "whatsapp:+447700900123",
            "rcs:+447700900123",
            "whatsapp:ACME",
            "messenger:123",
            "+1202555****",
            &other,
        ];
        Address::from_wire(self.pick(&texts))
    }

    pub(super) fn sender(&mut self) -> Sender {
        let pool = self.alphanumeric(64);
        let member = Sender::pool_member(pool.parse().unwrap(), "60777".parse().unwrap());
        let senders = ["+447700900123", "60777", "12345678", "ACME", "Joe & Co-+_"];
        let senders = senders.into_iter().map(str::to_owned);
        let agents = ["rcs", "messenger", "sim"].map(|kind| format!("{kind}:{pool}"));
        let service = format!("MG{:032x}", self.u64());
        let uuid = "5EC4c8c9-cd74-42b5-9e41-0d7670d6bb46".to_owned();
        let mut all: Vec<Sender> = senders
            .chain(agents)
            .chain([service, uuid])
            .map(|text| text.parse().unwrap())
            .collect();
        all.extend([Sender::Pool(pool.parse().unwrap()), member.unwrap()]);
        self.pick(&all)
    }

    pub(super) fn region(&mut self) -> Region {
        self.pick(&[Region::GB, Region::US, Region::WORLD])
    }

    pub(super) fn url(&mut self) -> WebUrl {
        let long = format!("https://example.com/{}", "a".repeat(WebUrl::MAX_LEN - 20));
        let texts = [
            "https://example.com/a.png",
            "http://user:pass@example.com:8080/a?b=\"c\"&d='e'#f",
            "https://example.com/%00",
            &long,
        ];
        self.pick(&texts).parse().unwrap_or_else(|_| "https://example.com/".parse().unwrap())
    }

    /// A failure, and its reason in words.
    pub(super) fn failure(&mut self) -> Option<(DeliveryFailure, String)> {
        let longest = format!("a{}", "0-_.".repeat(31));
        let code = self.pick(&["", "0", "30003", "weird-new", &longest]).to_owned();
        let kind = self.pick(&KINDS);
        let words = self.text(1_000);
        self.option(|_| (DeliveryFailure::new(kind, &code), words))
    }

    pub(super) fn fingerprint(&mut self) -> ContentFingerprint {
        ContentFingerprint { version: self.pick(&[0, 1, 2, u8::MAX]), hash: self.i64() }
    }

    pub(super) fn token(&mut self) -> AttemptToken {
        format!("{:016x}{:016x}", self.u64(), self.u64()).parse().unwrap()
    }

    pub(super) fn event_id(&mut self) -> EventId {
        format!("{:016x}{:016x}", self.u64(), self.u64()).parse().unwrap()
    }

    pub(super) fn progress(&mut self) -> Progress {
        self.pick(&Progress::all().collect::<Vec<_>>())
    }

    pub(super) fn message_status(&mut self) -> MessageStatus {
        let words = Progress::all().map(Progress::as_str);
        let more = ["receiving", "received", "a-new-word", ""];
        MessageStatus::from_word(self.pick(&words.chain(more).collect::<Vec<_>>()))
    }

    pub(super) fn direction(&mut self) -> Direction {
        self.pick(&[Direction::Outbound, Direction::Inbound])
    }

    pub(super) fn class(&mut self) -> MessageClass {
        use MessageClass::{Marketing, OneTimeCode, Transactional};
        self.pick(&[Transactional, OneTimeCode, Marketing])
    }

    pub(super) fn stage(&mut self) -> Stage {
        self.pick(&[Stage::Waiting, Stage::Claimed, Stage::Sending, Stage::Dead])
    }

    pub(super) fn outcome(&mut self) -> AttemptOutcome {
        use AttemptOutcome::{Accepted, NotSent, Unknown};
        self.pick(&[Accepted, NotSent, Unknown])
    }

    pub(super) fn settled_by(&mut self) -> SettledBy {
        use SettledBy::{Answer, Callback, GivenUp, Hand, Lookup};
        self.pick(&[Answer, Callback, Lookup, GivenUp, Hand])
    }

    pub(super) fn end(&mut self) -> End {
        use End::{Dead, Expired, Failed, Sent, Suppressed, Unconfirmed};
        self.pick(&[Sent, Failed, Unconfirmed, Dead, Expired, Suppressed])
    }

    pub(super) fn proof(&mut self) -> Authenticity {
        self.pick(&[Authenticity::Full, Authenticity::UrlOnly])
    }

    pub(super) fn channel(&mut self) -> Channel {
        self.pick(&[Channel::Sms, Channel::WhatsApp, Channel::Rcs, Channel::Messenger])
    }

    pub(super) fn suppression_source(&mut self) -> SuppressionSource {
        use SuppressionSource::{Keyword, Manual, Provider};
        self.pick(&[Keyword, Provider, Manual])
    }
}

/// Every variant, so that a new one does not compile until it is among those that are picked.
#[allow(dead_code, unreachable_patterns)] // it is there to be compiled
fn all_are_picked(stage: Stage, outcome: AttemptOutcome, by: SettledBy, end: End) {
    match stage {
        Stage::Waiting | Stage::Claimed | Stage::Sending | Stage::Done | Stage::Dead => {}
    }
    match outcome {
        AttemptOutcome::Accepted | AttemptOutcome::NotSent | AttemptOutcome::Unknown => {}
    }
    match by {
        SettledBy::Answer | SettledBy::Callback | SettledBy::Lookup => {}
        SettledBy::GivenUp | SettledBy::Hand => {}
    }
    match end {
        End::Sent | End::Failed | End::Unconfirmed => {}
        End::Dead | End::Expired | End::Suppressed => {}
    }
}
