//! [`Form`]: the parameters of a form body or a query, in order, strictly UTF-8.

use std::borrow::Cow;

use crate::{
    message::Extra,
    webhook::{MAX_PARAMS, WebhookError, WebhookErrorKind},
};

/// The parameters of a form body or a query, decoded, in the order they came.
///
/// Malformed percent signs stay as they are, as browsers and both vendors have it. Bytes that are not
/// UTF-8 are refused rather than replaced, as a replacement could not be what was signed.
#[derive(Clone)]
pub(crate) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, WebhookError> {
        let text = |pair: Part<'a>| Ok((pair.name_text()?, pair.value_text()?));
        Parts::of(bytes).map(|part| part.and_then(text)).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// The one value under a name that the vendor's schema has.
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<&str>, WebhookError> {
        let mut values = self.pairs().filter(|(known, _)| *known == name);
        let value = values.next();
        if values.next().is_some() {
            return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field(name));
        }
        Ok(value.map(|(_, value)| value))
    }

    /// The one value, none if it is empty.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, WebhookError> {
        Ok(self.get(name)?.filter(|value| !value.is_empty()))
    }

    /// The one value, none if it is empty, which names something: it has no control characters.
    pub(crate) fn name(&self, name: &'static str) -> Result<Option<&str>, WebhookError> {
        let invalid = WebhookError::new(WebhookErrorKind::InvalidField).with_field(name);
        match self.text(name)? {
            Some(text) if text.chars().any(char::is_control) => Err(invalid),
            text => Ok(text),
        }
    }

    /// The one value, which must be there and names something.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, WebhookError> {
        let missing = || WebhookError::new(WebhookErrorKind::MissingField).with_field(name);
        self.name(name)?.ok_or_else(missing)
    }

    /// The one value as another type; one that is there and cannot be read is an error.
    pub(crate) fn parsed<T: std::str::FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, WebhookError> {
        let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field(name);
        self.text(name)?.map(str::parse).transpose().map_err(invalid)
    }

    /// Whether there is a parameter of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pairs().any(|(known, _)| known == name)
    }

    /// All parameters but those that were read.
    pub(crate) fn extra(&self, read: impl Fn(&str) -> bool) -> Extra {
        let rest = self.pairs().filter(|(name, _)| !read(name));
        rest.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// A parameter as it came.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// Whether name and value are what they stand for.
    pub(super) plain: bool,
}

impl<'a> Part<'a> {
    fn name_text(self) -> Result<Cow<'a, str>, WebhookError> {
        text(self.name, self.plain)
    }

    fn value_text(self) -> Result<Cow<'a, str>, WebhookError> {
        text(self.value, self.plain)
    }
}

/// The parameters of a form as they came, without the empty ones.
pub(super) struct Parts<'a> {
    bytes: &'a [u8],
    from: usize,
    marks: Marks<'a>,
    count: usize,
}

impl<'a> Parts<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, from: 0, marks: Marks { bytes, word: 0, found: 0 }, count: 0 }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, WebhookError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (mut equals, mut plain) = (None, true);
        loop {
            let at = self.marks.next_mark();
            match self.bytes.get(at) {
                Some(b'=') => equals = equals.or(Some(at)),
                Some(b'+' | b'%') => plain = false,
                // The end, or an `&` with nothing before it.
                None if at == self.from => return None,
                Some(_) if at == self.from => self.from += 1,
                _ if self.count == MAX_PARAMS => {
                    (self.from, self.marks.word, self.marks.found) = (at, at, 0);
                    self.bytes = &self.bytes[..at];
                    self.marks.bytes = self.bytes;
                    return Some(Err(WebhookError::new(WebhookErrorKind::TooManyParameters)));
                }
                end => {
                    let (name, value) = match equals {
                        Some(equals) => (self.from..equals, equals + 1..at),
                        None => (self.from..at, at..at),
                    };
                    self.from = at + usize::from(end.is_some());
                    self.count += 1;
                    let (name, value) = (&self.bytes[name], &self.bytes[value]);
                    return Some(Ok(Part { name, value, plain }));
                }
            }
        }
    }
}

/// Finds the bytes that part or escape: `&`, `=`, `+`, `%`; eight bytes in one step.
struct Marks<'a> {
    bytes: &'a [u8],
    /// Where the next step begins.
    word: usize,
    /// A bit in each byte of the last step that was found and not yet told.
    found: u64,
}

impl Marks<'_> {
    /// Where the next one is; the end if there is none.
    #[inline]
    fn next_mark(&mut self) -> usize {
        while self.found == 0 {
            let rest = self.bytes.get(self.word..).unwrap_or_default();
            let word = match rest.first_chunk() {
                Some(word) => *word,
                None if rest.is_empty() => return self.bytes.len(),
                None => {
                    let mut word = [0; 8];
                    word[..rest.len()].copy_from_slice(rest);
                    word
                }
            };
            self.found = marks(u64::from_le_bytes(word));
            self.word += 8;
        }
        let at = self.word - 8 + self.found.trailing_zeros() as usize / 8;
        self.found &= self.found - 1;
        at
    }
}

/// The high bits of those bytes of a word that part or escape.
const fn marks(word: u64) -> u64 {
    const LOW: u64 = u64::MAX / 255 * 0x7f;
    /// The high bits of the bytes that are this one.
    const fn are(byte: u8, word: u64) -> u64 {
        let differs = word ^ (u64::MAX / 255 * byte as u64);
        !(((differs & LOW) + LOW) | differs | LOW)
    }
    are(b'&', word) | are(b'=', word) | are(b'+', word) | are(b'%', word)
}

/// Appends what bytes stand for.
pub(super) fn decode(mut bytes: &[u8], decoded: &mut Vec<u8>) {
    loop {
        let plain = bytes.iter().take_while(|byte| !matches!(byte, b'+' | b'%')).count();
        let (copied, rest) = bytes.split_at(plain);
        decoded.extend_from_slice(copied);
        let (byte, rest) = match *rest {
            [] => return,
            [b'%', high, low, ref after @ ..] => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', &rest[1..]),
            },
            [b'%', ref after @ ..] => (b'%', after),
            [_, ref after @ ..] => (b' ', after),
        };
        decoded.push(byte);
        bytes = rest;
    }
}

fn text(bytes: &[u8], plain: bool) -> Result<Cow<'_, str>, WebhookError> {
    let bad = || WebhookError::new(WebhookErrorKind::BadEncoding);
    if plain {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| bad());
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    decode(bytes, &mut decoded);
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| bad())
}

/// What a hex digit stands for.
const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &[u8]) -> Vec<(String, String)> {
        let form = Form::parse(text).unwrap();
        form.pairs().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    }

    #[test]
    fn decodes_as_both_vendors_do() {
        for (text, name, value) in [
            ("a=b", "a", "b"),
            ("a", "a", ""),
            ("a=", "a", ""),
            ("&&a=1", "a", "1"),
            ("a=b+c", "a", "b c"),
            ("a=b%20c", "a", "b c"),
            ("a=b%2Bc", "a", "b+c"),
            ("a=b=c", "a", "b=c"),
            ("a=%", "a", "%"),
            ("a=%2", "a", "%2"),
            ("a=%ZZ", "a", "%ZZ"),
            ("a=%F0%9F%91%8D", "a", "👍"),
            ("%61=1", "a", "1"),
        ] {
            assert_eq!(pairs(text.as_bytes()), [(name.to_owned(), value.to_owned())], "{text}");
        }
    }

    #[test]
    fn finds_every_mark_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut word = [b'a'; 8];
                (word[at], word[7 - at]) = (byte, byte ^ 1);
                let expected = word.map(|b| if b"&=+%".contains(&b) { 0x80 } else { 0 });
                assert_eq!(marks(u64::from_le_bytes(word)), u64::from_le_bytes(expected));
            }
        }
    }

    #[test]
    fn refuses_what_could_not_have_been_signed() {
        let kind = |bytes: &[u8]| Form::parse(bytes).err().map(|error| error.kind());
        assert_eq!(kind(b"a=%FF"), Some(WebhookErrorKind::BadEncoding));
        assert_eq!(kind(b"\xff=1"), Some(WebhookErrorKind::BadEncoding));
        // Two halves of a character in two parts are no character.
        for halves in [&b"a%C3=%A9"[..], b"a=%C3&%A9=1", b"a=\xc3&\xa9=1"] {
            assert_eq!(kind(halves), Some(WebhookErrorKind::BadEncoding));
        }
        let many = |n: usize| vec!["a=1"; n].join("&");
        assert_eq!(kind(many(256).as_bytes()), None);
        assert_eq!(kind(many(257).as_bytes()), Some(WebhookErrorKind::TooManyParameters));
    }

    #[test]
    fn a_schema_field_is_there_once() {
        let form = Form::parse(b"Sid=1&Sid=1&Empty=&Number=x").unwrap();
        assert_eq!(form.get("Sid").unwrap_err().kind(), WebhookErrorKind::DuplicateField);
        assert_eq!(form.text("Empty"), Ok(None));
        assert_eq!(form.required("Absent").unwrap_err().kind(), WebhookErrorKind::MissingField);
        let error = form.parsed::<u32>("Number").unwrap_err();
        assert_eq!((error.kind(), error.field()), (WebhookErrorKind::InvalidField, "Number"));
    }
}
