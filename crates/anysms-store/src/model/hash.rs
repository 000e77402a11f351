//! Hashes: [`TextHash`] of a text, `ContentFingerprint` of all that the recipient sees.

use std::{fmt, str::FromStr};

use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use anysms::message::{Message, MessageClass};

/// SHA-256 of a text. Whoever can guess the text can confirm it: short codes are no secret behind it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextHash([u8; 32]);

impl TextHash {
    /// Returns the hash of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

/// Fingerprint of the content that a key stands for: the same key with another content is a mistake.
///
/// 64 bits of a hash do, as only messages with the same key are ever compared. Each row keeps by which version of
/// the rules its hash was made, and a message is compared by the rules of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ContentFingerprint {
    pub(crate) version: u8,
    pub(crate) hash: i64,
}

impl ContentFingerprint {
    /// Version that is written. 1 is the first edition's: options in the order in which they were set.
    const VERSION: u8 = 2;

    /// Fingerprint of an inbound message, which nobody sends, and of what is erased: equal to no message.
    pub(crate) const NONE: Self = Self { version: Self::VERSION, hash: 0 };

    /// Covers recipient, text, media, sender and the vendors' options: what the recipient sees. When it is sent, how
    /// long it is worth sending and whom it is booked to may differ.
    pub(crate) fn of(message: &Message) -> Self {
        Self::of_version(Self::VERSION, message)
    }

    /// Makes a fingerprint by the rules of a version.
    pub(crate) fn of_version(version: u8, message: &Message) -> Self {
        let options = options_of(message);
        let bytes = match version {
            1 => {
                let to = message.destination();
                let said = (to, message.text(), message.media(), message.sender(), options);
                serde_json::to_vec(&said).unwrap_or_default() // texts and lists: always JSON
            }
            _ => canonical(message, options),
        };
        let hash = Sha256::digest(bytes);
        let hash = hash.iter().take(8).fold(0, |sum, byte| sum << 8 | i64::from(*byte));
        Self { version, hash }
    }

    /// Returns whether it is the fingerprint of a message, whose fingerprint by the newest rules is given.
    pub(crate) fn matches(self, message: &Message, newest: Self) -> bool {
        self == if self.version == newest.version {
            newest
        } else {
            Self::of_version(self.version, message)
        }
    }
}

/// Returns the options of all vendors, as the message's own JSON has them: an array of names and values.
fn options_of(message: &Message) -> Value {
    let json = serde_json::to_value(message).ok();
    json.and_then(|mut json| json.get_mut("options").map(Value::take))
        .unwrap_or_else(|| Value::Array(Vec::new()))
}

/// Returns the version, then each part with its name. Options are sorted and those that are not set are left
/// out, so that neither the order in which they were set nor an option that a later version adds changes
/// anything. Of a one-time code the text, the media and the options are left out: whoever reads the table could try all
/// codes. Its key stands for the message whatever the code in it.
fn canonical(message: &Message, options: Value) -> Vec<u8> {
    let mut parts: Vec<(&str, Value)> = vec![
        ("to", Value::from(message.destination().to_string())),
        ("sender", message.sender().map(ToString::to_string).into()),
    ];
    if message.class() == MessageClass::OneTimeCode {
        parts.push(("class", Value::from(message.class().as_str())));
        return bytes_of(&parts);
    }
    parts.insert(1, ("text", Value::from(message.text())));
    let media = message.media().iter().map(|media| Value::from(media.url().as_str()));
    parts.insert(2, ("media", Value::Array(media.collect())));
    let mut options = match options {
        Value::Array(options) => options,
        _ => Vec::new(),
    };
    options.sort_by_cached_key(|option| option.get(0).map(ToString::to_string));
    parts.push(("options", Value::Array(options)));
    bytes_of(&parts)
}

fn bytes_of(parts: &[(&str, Value)]) -> Vec<u8> {
    let mut bytes = vec![ContentFingerprint::VERSION];
    for (name, value) in parts.iter().filter(|(_, value)| !is_unset(value)) {
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(b'=');
        write_sorted(value, &mut bytes);
        bytes.push(b'\n'); // which JSON writes as an escape
    }
    bytes
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(_) | Value::Bool(true) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.values().all(is_unset),
    }
}

/// Writes JSON with the members of objects in the order of their names, without those that are not set.
fn write_sorted(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().filter(|(_, value)| !is_unset(value)).collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            bytes.push(b'{');
            for (name, value) in members {
                write_sorted(&Value::from(name.as_str()), bytes);
                bytes.push(b':');
                write_sorted(value, bytes);
                bytes.push(b',');
            }
            bytes.push(b'}');
        }
        Value::Array(all) => {
            bytes.push(b'[');
            for value in all {
                write_sorted(value, bytes);
                bytes.push(b',');
            }
            bytes.push(b']');
        }
        other => bytes.extend_from_slice(other.to_string().as_bytes()),
    }
}

impl fmt::Display for TextHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TextHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextHash(…)")
    }
}

impl FromStr for TextHash {
    type Err = TextHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(TextHashError);
        }
        for (byte, two) in bytes.iter_mut().zip(digits.chunks(2)) {
            let digit = |digit: u8| (digit as char).to_digit(16).ok_or(TextHashError);
            *byte = (digit(two[0])? << 4 | digit(two[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

serde_as_text!(TextHash);

/// Error of a text that is not a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("hash: needs 64 hexadecimal digits")]
#[non_exhaustive]
pub struct TextHashError;

#[cfg(test)]
mod tests {
    use super::*;
    use anysms::{PhoneNumber, ProviderId, message::VendorOptions};
    use serde::{Deserialize, Serialize};

    /// Options of a vendor, and the same with one more that is not set.
    macro_rules! options {
        ($name:ident, $vendor:literal, $($field:ident: $type:ty),+) => {
            #[derive(Serialize, Deserialize, Default)]
            struct $name {
                $($field: $type),+
            }

            impl VendorOptions for $name {
                const PROVIDER: ProviderId = ProviderId::from_static($vendor);
            }
        };
    }
    options!(First, "acme", b: Option<u8>, a: Vec<String>);
    options!(Next, "acme", a: Vec<String>, new: bool, b: Option<u8>);
    options!(Second, "other", c: u8);

    fn message() -> Message {
        let to: PhoneNumber = "+447700900123".parse().unwrap();
        Message::new(to, "Your table is ready")
    }

    fn of(message: &Message) -> ContentFingerprint {
        ContentFingerprint::of(message)
    }

    #[test]
    fn the_order_and_what_is_not_set_change_nothing() {
        let (first, second) = (First { b: Some(3), a: Vec::new() }, Second { c: 4 });
        let one = message().with_options(&first).with_options(&second).with_tag("a").with_tag("b");
        let two = message().with_options(&second).with_options(&first).with_tag("b").with_tag("a");
        assert_eq!(of(&one), of(&two));
        let next = Next { b: Some(3), ..Next::default() };
        assert_eq!(of(&message().with_options(&next).with_options(&second)), of(&one));
        let first_edition = |message| ContentFingerprint::of_version(1, message);
        assert_ne!(first_edition(&one), first_edition(&two));
    }

    #[test]
    fn what_the_recipient_sees_changes_it() {
        let all = [
            message(),
            message().with_sender("ACME".parse().unwrap()),
            message().with_destination("+447700900124".parse::<PhoneNumber>().unwrap()),
            message().with_options(&Second { c: 4 }),
            message().with_options(&Second { c: 5 }),
            message().with_media(anysms::message::Media::from_url(
                "https://example.com/a.png".parse().unwrap(),
            )),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| of(other) != of(one)), "{at}");
        }
    }

    /// Both are in databases.
    #[test]
    fn hashes_stay_what_they_are() {
        let message = message().with_sender("ACME".parse().unwrap());
        let hash = |version| ContentFingerprint::of_version(version, &message).hash;
        assert_eq!(hash(1), HASH_1);
        assert_eq!(hash(2), HASH_2);
    }
    const HASH_1: i64 = 6_559_377_035_400_807_440;
    const HASH_2: i64 = -7_518_369_996_164_766_608;
}
