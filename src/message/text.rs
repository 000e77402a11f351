//! [`Text`] and [`Extra`]: values whose `Debug` keeps personal data to itself.

use std::{convert::Infallible, fmt, ops::Deref, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The text of a message. It reads as a `str`; `Debug` shows only how long it is.
///
/// ```
/// use anysms::message::Text;
///
/// let text = Text::from("Your code is 123456");
/// assert!(text.ends_with("123456"));
/// assert_eq!(format!("{text:?}"), "[19 characters]"); // a log does not show the code
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(String);

impl Text {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl FromStr for Text {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

serde_as_text!(Text);

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} characters]", self.0.chars().count())
    }
}

/// Fields a provider sent that this crate has no name for, as names and texts, in the order of the names.
///
/// A value that was not text on the wire is kept as JSON. `Debug` shows only the names, and `?` for a name
/// that is no word.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extra {
    /// Every name and its value, one behind the other: `=` is between both, unless the value is empty.
    text: String,
    /// Where each name and its value end in the text.
    ends: Vec<(usize, usize)>,
}

impl Extra {
    /// Returns the first value under this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns all names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ends.iter().scan(0, |start, (name, value)| {
            let pair = (&self.text[*start..*name], &self.text[(*name + 1).min(*value)..*value]);
            *start = *value;
            Some(pair)
        })
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds a field behind the others.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.add(&name.into(), &value.into());
    }

    /// Adds a field behind the others.
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let end = self.text.len();
        if !value.is_empty() {
            self.text.push('=');
            self.text.push_str(value);
        }
        self.ends.push((end, self.text.len()));
    }

    /// Adds a field behind the others: its name of this length, and if its value is not empty `=` and the value.
    pub(crate) fn add_joined(&mut self, field: &str, name: usize) {
        self.ends.push((self.text.len() + name, self.text.len() + field.len()));
        self.text.push_str(field);
    }

    /// Room for so many fields, with so many bytes of names and values.
    pub(crate) fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(fields) }
    }
}

impl FromIterator<(String, String)> for Extra {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        let mut extra = Self::default();
        fields.into_iter().for_each(|(name, value)| extra.add(&name, &value));
        extra
    }
}

impl Extra {
    /// Reads the fields of a JSON object, or any other body whole, under the name `body`. `None` if a name
    /// of the object is there twice.
    pub(crate) fn from_body(body: &[u8]) -> Option<Self> {
        let Ok(Fields(mut fields)) = serde_json::from_slice(body) else {
            let mut whole = Self::default();
            whole.add("body", &String::from_utf8_lossy(body));
            return Some(whole);
        };
        fields.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        if fields.windows(2).any(|two| two[0].0 == two[1].0) {
            return None;
        }
        let text = |value: &RawValue| match value.get() {
            "null" => None,
            json => Some(serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())),
        };
        Some(fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect())
    }

    pub(crate) fn from_json(fields: serde_json::Map<String, serde_json::Value>) -> Self {
        let text = |value| match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
    }
}

/// The fields of a JSON object as they came, their values as they were written.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields<'de>, M::Error> {
                std::iter::from_fn(|| map.next_entry().transpose())
                    .collect::<Result<_, _>>()
                    .map(Fields)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name that is none may be a number, or a text.
        let word = |name: &str| {
            let digits = name.bytes().filter(u8::is_ascii_digit).count();
            name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && digits < 4
        };
        let names = self.iter().map(|(name, _)| if word(name) { name } else { "?" });
        f.debug_list().entries(names).finish()
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = std::collections::BTreeMap::<String, Text>::deserialize(deserializer)?;
        Ok(fields.into_iter().map(|(name, text)| (name, text.0)).collect())
    }
}

impl Serialize for Extra {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let text = Text::from("Your code is 123456 😀");
        assert_eq!(format!("{text:?}"), "[21 characters]");
        let mut extra = Extra::default();
        extra.push("FromCity", "LONDON");
        assert_eq!(format!("{extra:?}"), "[\"FromCity\"]");
        assert_eq!(extra.get("FromCity"), Some("LONDON"));
    }

    #[test]
    fn fields_are_what_was_added_however_it_was_added() {
        let fields = [("a", ""), ("", "b"), ("", ""), ("c=d", "=e&f="), ("a", "1")];
        let (mut extra, mut joined) = (Extra::default(), Extra::with_capacity(5, 0));
        for (name, value) in fields {
            extra.push(name, value);
            let field = if value.is_empty() { name.to_owned() } else { format!("{name}={value}") };
            joined.add_joined(&field, name.len());
        }
        assert!(extra.iter().eq(fields) && extra == joined);
        assert_eq!(extra.get("a"), Some(""));
    }

    #[test]
    fn an_error_does_not_quote_what_stands_in_the_place_of_a_text() {
        for json in ["447700900123", "-447700900123", "447700900123.5", "[447700900123]", "true"] {
            let number =
                serde_json::from_str::<crate::number::PhoneNumber>(json).unwrap_err().to_string();
            let text = serde_json::from_str::<Text>(json).unwrap_err().to_string();
            assert!(!number.contains("7700900123") && !text.contains("7700900123"), "{number}");
        }
        assert_eq!(serde_json::from_str::<Text>("\"a\\u0062\"").unwrap(), "ab");
    }
}
