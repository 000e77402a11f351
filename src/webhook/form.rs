//! [`Form`]: the parameters of a form body or a query, in order, strictly UTF-8.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

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
        let pairs = Pairs::of(bytes).map(|pair| pair.and_then(|(n, v)| Ok((text(n)?, text(v)?))));
        pairs.collect::<Result<_, _>>().map(Self)
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

    /// The one value, which must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, WebhookError> {
        let missing = || WebhookError::new(WebhookErrorKind::MissingField).with_field(name);
        self.text(name)?.ok_or_else(missing)
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

/// The parameters of a form, percent-encoded, without the empty ones.
pub(super) struct Pairs<'a> {
    rest: &'a [u8],
    count: usize,
}

impl<'a> Pairs<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, count: 0 }
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), WebhookError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let [b'&', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if self.rest.is_empty() {
            return None;
        }
        if self.count == MAX_PARAMS {
            self.rest = b"";
            return Some(Err(WebhookError::new(WebhookErrorKind::TooManyParameters)));
        }
        self.count += 1;
        let end = memchr(b'&', self.rest).unwrap_or(self.rest.len());
        let (pair, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Ok(match memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, b""),
        }))
    }
}

/// Whether a part is what it stands for.
pub(super) fn is_plain(part: &[u8]) -> bool {
    memchr2(b'+', b'%', part).is_none()
}

/// Appends what a part of a parameter stands for.
pub(super) fn decode(part: &[u8], decoded: &mut Vec<u8>) {
    let mut rest = part;
    while let Some(at) = memchr2(b'+', b'%', rest) {
        decoded.extend_from_slice(&rest[..at]);
        let (byte, len) = match rest[at..] {
            [b'%', high, low, ..] => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (b'%', 1),
            },
            [b'+', ..] => (b' ', 1),
            _ => (b'%', 1),
        };
        decoded.push(byte);
        rest = &rest[at + len..];
    }
    decoded.extend_from_slice(rest);
}

fn text(part: &[u8]) -> Result<Cow<'_, str>, WebhookError> {
    let bad = || WebhookError::new(WebhookErrorKind::BadEncoding);
    if is_plain(part) {
        return std::str::from_utf8(part).map(Cow::Borrowed).map_err(|_| bad());
    }
    let mut decoded = Vec::with_capacity(part.len());
    decode(part, &mut decoded);
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
