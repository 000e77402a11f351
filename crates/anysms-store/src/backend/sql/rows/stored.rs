//! [`Stored`]: the form of a value in its column, or in its two columns.

use jiff::Timestamp;
use rust_decimal::Decimal;

use anysms::{
    AccountId, ProviderId, Sender,
    message::{
        Address, Currency, DeliveryFailure, Direction, MessageClass, MessageId, MessageKey,
        MessageStatus, Money, Text as Body, WebUrl,
    },
    number::Region,
    webhook::{Authenticity, EventId},
};

use crate::{
    AttemptOutcome, AttemptToken, End, EntryId, Progress, SettledBy, Stage, TextHash,
    backend::sql::{
        connection::{Columns, Corrupt, Value},
        rows::{
            Kind::{self, Int, Text},
            json::RowWriter,
        },
    },
    model::redaction::Redaction,
    model::{status::StatusReducer, suppression::SuppressionSource},
    report::UNITS,
};

/// Value of one or more columns.
pub(crate) trait Stored: Sized {
    const KINDS: &'static [Kind];

    fn write(&self, out: &mut RowWriter<'_>);

    fn read(columns: &mut Columns) -> Result<Self, Corrupt>;
}

impl<V: Stored> Stored for Option<V> {
    const KINDS: &'static [Kind] = V::KINDS;

    fn write(&self, out: &mut RowWriter<'_>) {
        match self {
            Some(value) => value.write(out),
            None => V::KINDS.iter().for_each(|_| out.null()),
        }
    }

    fn read(columns: &mut Columns) -> Result<Self, Corrupt> {
        if columns.peek() == Some(&Value::Null) {
            V::KINDS.iter().for_each(|_| columns.skip());
            return Ok(None);
        }
        V::read(columns).map(Some)
    }
}

/// A whole number.
macro_rules! int {
    ($($type:ty: |$value:ident| $write:expr, |$int:ident| $read:expr;)+) => {$(
        impl Stored for $type {
            const KINDS: &'static [Kind] = &[Int];

            fn write(&self, out: &mut RowWriter<'_>) {
                let $value = self;
                out.int($write);
            }

            fn read(columns: &mut Columns) -> Result<Self, Corrupt> {
                let $int = columns.int()?;
                $read
            }
        }
    )+};
}

int! {
    i64: |value| *value, |int| Ok(int);
    u8: |value| (*value).into(), |int| int.try_into().map_err(|_| Corrupt);
    u32: |value| (*value).into(), |int| int.try_into().map_err(|_| Corrupt);
    bool: |value| (*value).into(), |int| Ok(int != 0);
    EntryId: |value| value.0, |int| Ok(Self(int));
    Timestamp: |value| micros(*value), |int| time(int);
    Direction: |value| (*value == Self::Inbound).into(), |int| Ok(direction(int));
    MessageClass: |value| *value as i64, |int| one_of(int, &CLASSES);
    Stage: |value| value.number(), |int| Self::from_number(int).ok_or(Corrupt);
    Progress: |value| value.rank().into(), |int| Self::from_rank(int).ok_or(Corrupt);
    StatusReducer: |value| value.seen().into(), |int| {
        let seen = int.try_into().map_err(|_| Corrupt)?;
        Ok(Self::from_seen(seen, None))
    };
    AttemptOutcome: |value| *value as i64, |int| one_of(int, &[
        Self::Accepted, Self::NotSent, Self::Unknown,
    ]);
    SettledBy: |value| *value as i64, |int| one_of(int, &[
        Self::Answer, Self::Callback, Self::Lookup, Self::GivenUp, Self::Hand,
    ]);
    SuppressionSource: |value| *value as i64, |int| one_of(int, &[
        Self::Keyword, Self::Provider, Self::Manual,
    ]);
    End: |value| *value as i64, |int| one_of(int, &[
        Self::Sent, Self::Failed, Self::Unconfirmed, Self::Dead, Self::Expired, Self::Suppressed,
    ]);
    Authenticity: |value| (*value == Self::UrlOnly).into(), |int| {
        Ok(if int == 0 { Self::Full } else { Self::UrlOnly })
    };
    Redaction: |value| *value as i64, |int| one_of(int, &[
        Self::Whole, Self::WithoutText, Self::WithoutNumber,
    ]);
}

/// The classes by their numbers.
const CLASSES: [MessageClass; 3] =
    [MessageClass::Transactional, MessageClass::OneTimeCode, MessageClass::Marketing];

pub(crate) fn direction(number: i64) -> Direction {
    if number == 1 { Direction::Inbound } else { Direction::Outbound }
}

/// A text, by a view of it or by its `Display`.
macro_rules! text {
    ($($type:ty: $view:ident, |$text:ident| $read:expr;)+) => {$(
        impl Stored for $type {
            const KINDS: &'static [Kind] = &[Text];

            fn write(&self, out: &mut RowWriter<'_>) {
                text!(@write $view, self, out);
            }

            fn read(columns: &mut Columns) -> Result<Self, Corrupt> {
                let $text = columns.text()?;
                $read
            }
        }
    )+};
    (@write display, $value:ident, $out:ident) => { $out.display($value) };
    (@write $view:ident, $value:ident, $out:ident) => { $out.text($value.$view()) };
}

text! {
    String: as_str, |text| Ok(text);
    Body: as_str, |text| Ok(text.into());
    MessageKey: as_str, |text| text.parse().map_err(|_| Corrupt);
    ProviderId: as_str, |text| text.parse().map_err(|_| Corrupt);
    AccountId: as_str, |text| text.parse().map_err(|_| Corrupt);
    Region: as_str, |text| text.parse().map_err(|_| Corrupt);
    Currency: as_str, |text| text.parse().map_err(|_| Corrupt);
    MessageStatus: as_str, |text| Ok(Self::from_word(&text));
    Address: display, |text| text.parse().map_err(|_| Corrupt);
    Sender: display, |text| text.parse().map_err(|_| Corrupt);
    AttemptToken: display, |text| text.parse().map_err(|_| Corrupt);
    EventId: display, |text| text.parse().map_err(|_| Corrupt);
    MessageId: display, |text| text.parse().map_err(|_| Corrupt);
    TextHash: display, |text| text.parse().map_err(|_| Corrupt);
}

/// A list as JSON.
macro_rules! list {
    ($type:ty, $null_if_empty:literal) => {
        impl Stored for Vec<$type> {
            const KINDS: &'static [Kind] = &[Text];

            fn write(&self, out: &mut RowWriter<'_>) {
                if $null_if_empty && self.is_empty() {
                    return out.null();
                }
                out.text(&serde_json::to_string(self).unwrap_or_default()); // texts are always JSON
            }

            fn read(columns: &mut Columns) -> Result<Self, Corrupt> {
                let Some(text) = columns.text_or_none()? else { return Ok(Vec::new()) };
                serde_json::from_str(&text).map_err(|_| Corrupt)
            }
        }
    };
}

list!(String, true);
list!(WebUrl, false);

impl Stored for DeliveryFailure {
    const KINDS: &'static [Kind] = &[Text, Text];

    fn write(&self, out: &mut RowWriter<'_>) {
        out.text(self.kind.as_str());
        out.text(&self.code);
    }

    fn read(columns: &mut Columns) -> Result<Self, Corrupt> {
        let (kind, code) = (columns.text()?, columns.text()?);
        let kind = serde_json::from_value(kind.into()).map_err(|_| Corrupt)?;
        Ok(Self::new(kind, &code))
    }
}

impl Stored for Money {
    const KINDS: &'static [Kind] = &[Int, Text];

    fn write(&self, out: &mut RowWriter<'_>) {
        out.int(units(*self));
        out.text(self.currency.as_str());
    }

    fn read(columns: &mut Columns) -> Result<Self, Corrupt> {
        Ok(Self::new(amount(columns.int()?), columns.parse()?))
    }
}

/// Returns a time in microseconds, within what can be read back: whole seconds at both ends.
pub(crate) fn micros(time: Timestamp) -> i64 {
    let [first, last] = [Timestamp::MIN, Timestamp::MAX].map(|end| end.as_second() * 1_000_000);
    time.as_microsecond().clamp(first, last)
}

pub(crate) fn time(micros: i64) -> Result<Timestamp, Corrupt> {
    Timestamp::from_microsecond(micros).map_err(|_| Corrupt)
}

fn one_of<T: Copy>(place: i64, all: &[T]) -> Result<T, Corrupt> {
    let place: usize = place.try_into().map_err(|_| Corrupt)?;
    all.get(place).copied().ok_or(Corrupt)
}

/// Returns an amount in whole units, at most what 64 bits hold.
fn units(money: Money) -> i64 {
    let most = Decimal::new(i64::MAX, UNITS);
    let mut amount = money.amount.clamp(-most, most).round_dp(UNITS);
    amount.rescale(UNITS);
    amount.mantissa().clamp(i64::MIN.into(), i64::MAX.into()) as i64 // it fits now
}

pub(crate) fn amount(units: i64) -> Decimal {
    Decimal::new(units, UNITS).normalize()
}
