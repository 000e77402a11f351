//! Reading what vendors write: numbers as texts, texts as numbers, null where a value is promised.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::{
    Timestamp,
    civil::DateTime,
    fmt::{rfc2822, temporal},
    tz::Offset,
};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// A JSON value taken as text, whatever it was: a number or a boolean in its own words, and nothing
/// for null, a list or an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scalar<'a>(Option<Cow<'a, str>>);

impl Scalar<'_> {
    /// Returns the text; none if there is none or it is empty.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// Returns the text, even if it is empty.
    pub(crate) fn raw(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(crate) fn owned(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// Returns the text as another type; none if it cannot be read as one.
    pub(crate) fn parse<T: FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// Returns the text as a time, in any form the vendors use.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        time(self.text()?)
    }
}

/// Returns a time in any form the vendors use: RFC 2822, RFC 3339, with a space for the `T`, with or without
/// an offset (then UTC). Years before 1970 are the "never" of some fields.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let parsed = plain_time(text).or_else(|| any_time(text))?;
    (parsed > Timestamp::UNIX_EPOCH).then_some(parsed)
}

/// Reads `2026-11-20 10:11:12.123456`, also without a fraction or with `+00:00`, as webhooks have several: UTC.
fn plain_time(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix("+00:00").unwrap_or(text).as_bytes();
    let (whole, fraction) = text.split_first_chunk::<19>()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| whole[*at] != *mark) {
        return None;
    }
    let digit = |b: u8| Some(b.wrapping_sub(b'0')).filter(|digit| *digit < 10);
    let two = |at: usize| Some((digit(whole[at])? * 10 + digit(whole[at + 1])?) as i8);
    let nanoseconds = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            let add = |sum: i32, b: &u8| Some(sum * 10 + i32::from(digit(*b)?));
            digits.iter().try_fold(0, add)? * 10_i32.pow(9 - digits.len() as u32)
        }
        _ => return None,
    };
    let year = i16::from(two(0)?) * 100 + i16::from(two(2)?);
    let time = DateTime::new(year, two(5)?, two(8)?, two(11)?, two(14)?, two(17)?, nanoseconds);
    Offset::UTC.to_timestamp(time.ok()?).ok()
}

fn any_time(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok().or_else(|| {
        let parser = temporal::DateTimeParser::new();
        let utc = || parser.parse_datetime(text).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
        parser.parse_timestamp(text).ok().or_else(|| Some(utc()?.timestamp()))
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor).map(Self)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(value.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Returns a field of an object as text, whatever scalar it is; `None` for null, an empty text, a list or an object.
pub(crate) fn field(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns a flag of an object; `false` unless it is `true`, as a boolean or in words.
pub(crate) fn flag(object: &Value, name: &str) -> bool {
    field(object, name).is_some_and(|word| word.eq_ignore_ascii_case("true"))
}

/// Reads a JSON object. Anything else is none: serde would read a list too, taking its values for the
/// fields by their place.
pub(crate) fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    if !is_object(body) {
        return None;
    }
    // To check all of it as UTF-8 once is cheaper than to check each of its texts.
    let read = match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body), // a text that nobody reads may be anything
    };
    read.ok()
}

/// Returns whether a JSON text begins as an object does.
pub(crate) fn is_object(body: &[u8]) -> bool {
    body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

/// Returns whether a body is something other than a JSON object: the page of a gateway, a CDN or a portal that
/// answered in the vendor's place. An empty body is none.
pub(crate) fn is_page(body: &[u8]) -> bool {
    !body.trim_ascii().is_empty() && !is_object(body)
}

/// Reads any JSON value as a text: a number in its own words, and nothing for null, a list or an object.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Scalar::deserialize(deserializer)?.owned())
}

/// Returns a list that may be null, or hold one value that should have been in a list.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Shape<T> {
        Many(Vec<T>),
        One(T),
    }
    Ok(Option::<Shape<T>>::deserialize(deserializer)?.map(|shape| match shape {
        Shape::Many(many) => many,
        Shape::One(one) => vec![one],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_any_scalar_as_text() {
        for (json, text) in [
            ("\"1\"", Some("1")),
            ("1", Some("1")),
            ("-7", Some("-7")),
            ("0.0075", Some("0.0075")),
            ("true", Some("true")),
            ("\"a\\u0062\"", Some("ab")),
            ("null", None),
            ("\"\"", None),
            ("[1,[2]]", None),
            ("{\"a\":{}}", None),
        ] {
            let scalar: Scalar<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(scalar.text(), text, "{json}");
        }
    }

    #[test]
    fn reads_every_form_of_time() {
        for (text, utc) in [
            ("Thu, 24 Aug 2023 05:01:45 +0000", "2023-08-24T05:01:45Z"),
            ("2015-07-30T20:00:00Z", "2015-07-30T20:00:00Z"),
            ("2019-06-24T22:32:49+00:00", "2019-06-24T22:32:49Z"),
            ("2017-05-22 21:36:14+05:30", "2017-05-22T16:06:14Z"),
            ("2024-08-21 18:28:51.94772+05:30", "2024-08-21T12:58:51.94772Z"),
            ("2024-05-01 10:11:12.123456", "2024-05-01T10:11:12.123456Z"),
        ] {
            assert_eq!(time(text).map(|time| time.to_string()).as_deref(), Some(utc), "{text}");
        }
        for text in [
            "2024-05-01 10:11:12",
            "2024-02-29 23:59:59.1",
            "2024-05-01 10:11:12+00:00",
            "2024-05-01 10:11:12.123456",
            "2024-05-01 10:11:12.123456789",
        ] {
            assert!(plain_time(text).is_some() && plain_time(text) == any_time(text), "{text}");
        }
        for text in [
            "2024-05-01 10:11:12.",
            "2024-05-01 10:11:12.1234567890",
            "2024-05-01 10:11:12Z",
            "2024-05-01 10:11",
            "2024-02-30 10:11:12",
            "+024-05-01 10:11:12",
            "2024-05-01 1é:11:12",
        ] {
            assert_eq!(plain_time(text), None, "{text}");
        }
        for text in ["", "never", "0001-01-01T05:53:28+05:53", "2024-13-01", "0001-01-01"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
