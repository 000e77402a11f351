//! [`Form`]: the parameters of a form body or a query, in order, strictly UTF-8.

use memchr::{memchr, memchr2};

use crate::{
    message::Extra,
    webhook::{MAX_BODY, MAX_PARAMS, WebhookError, WebhookErrorKind},
};

/// The parameters of a form body or a query, decoded, in the order they came.
///
/// Malformed percent signs stay as they are, as browsers and both vendors have it. Bytes that are not
/// UTF-8 are refused rather than replaced, as a replacement could not be what was signed.
#[derive(Clone)]
pub(crate) struct Form {
    /// All that was decoded. The `&` and `=` between the parts stay, so that the end of one part and
    /// the start of the next never make a character together.
    text: String,
    pairs: Vec<Pair>,
}

/// Where a parameter stands in the text. No body is so long that it does not fit.
#[derive(Clone, Copy)]
struct Pair {
    /// The first bytes of the name, by which nearly all names can be sorted.
    first: u128,
    name: (u32, u32),
    value: (u32, u32),
}

impl Form {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, WebhookError> {
        if bytes.len() > MAX_BODY {
            return Err(WebhookError::new(WebhookErrorKind::TooLarge));
        }
        let mut pairs = Vec::with_capacity((bytes.len() / 16 + 1).min(MAX_PARAMS));
        let mut decoded = Vec::with_capacity(bytes.len() + 1);
        let mut escapes = Escapes::new(bytes);
        let mut from = 0;
        while from < bytes.len() {
            let to = memchr(b'&', &bytes[from..]).map_or(bytes.len(), |at| from + at);
            if to > from {
                if pairs.len() == MAX_PARAMS {
                    return Err(WebhookError::new(WebhookErrorKind::TooManyParameters));
                }
                pairs.push(pair(bytes, from, to, &mut escapes, &mut decoded));
                decoded.push(b'&');
            }
            from = to + 1;
        }
        let bad = |_| WebhookError::new(WebhookErrorKind::BadEncoding);
        Ok(Self { text: String::from_utf8(decoded).map_err(bad)?, pairs })
    }

    /// The parameters by name, byte by byte, and under one name by value: the order both vendors
    /// sign in.
    pub(crate) fn sorted(mut self) -> Self {
        let text = &self.text;
        self.pairs.sort_unstable_by(|a, b| {
            let whole = |pair: &Pair| (part(text, pair.name), part(text, pair.value));
            a.first.cmp(&b.first).then_with(|| whole(a).cmp(&whole(b)))
        });
        self
    }

    pub(crate) fn pairs(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs.iter().map(|pair| (part(&self.text, pair.name), part(&self.text, pair.value)))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The bytes of all names and values, and no more than that.
    pub(crate) const fn len(&self) -> usize {
        self.text.len()
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

fn part(text: &str, (from, to): (u32, u32)) -> &str {
    &text[from as usize..to as usize]
}

/// Appends a parameter to what was decoded, and says where it is.
fn pair(
    bytes: &[u8],
    from: usize,
    to: usize,
    escapes: &mut Escapes<'_>,
    decoded: &mut Vec<u8>,
) -> Pair {
    let start = decoded.len();
    let equals = memchr(b'=', &bytes[from..to]).map_or(to, |at| from + at);
    let (name_end, value_start) = if escapes.next < to {
        escapes.decode(from, equals, decoded);
        let name_end = decoded.len();
        decoded.push(b'=');
        escapes.decode((equals + 1).min(to), to, decoded);
        (name_end, name_end + 1)
    } else {
        decoded.extend_from_slice(&bytes[from..to]);
        (start + (equals - from), (start + (equals - from) + 1).min(decoded.len()))
    };
    let first = first_bytes(&decoded[start..name_end]);
    let place = |from: usize, to: usize| (from as u32, to as u32);
    Pair { first, name: place(start, name_end), value: place(value_start, decoded.len()) }
}

/// The first 16 bytes, as a number that sorts as they do.
fn first_bytes(name: &[u8]) -> u128 {
    if let Some(first) = name.first_chunk() {
        return u128::from_be_bytes(*first);
    }
    name.iter()
        .fold(0, |number, byte| number << 8 | u128::from(*byte))
        .checked_shl(8 * (16 - name.len()) as u32)
        .unwrap_or_default()
}

/// The bytes that do not stand for themselves.
struct Escapes<'a> {
    bytes: &'a [u8],
    /// Where the next one is; the end if there is none.
    next: usize,
}

impl<'a> Escapes<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut escapes = Self { bytes, next: 0 };
        escapes.find(0);
        escapes
    }

    fn find(&mut self, from: usize) {
        let found = memchr2(b'+', b'%', &self.bytes[from..]);
        self.next = found.map_or(self.bytes.len(), |at| from + at);
    }

    /// Appends what the bytes from here to there stand for.
    fn decode(&mut self, mut from: usize, to: usize, decoded: &mut Vec<u8>) {
        while self.next < to {
            decoded.extend_from_slice(&self.bytes[from..self.next]);
            let (byte, len) = match self.bytes[self.next..to] {
                [b'%', high, low, ..] => match (hex(high), hex(low)) {
                    (Some(high), Some(low)) => (high << 4 | low, 3),
                    _ => (b'%', 1),
                },
                [b'+', ..] => (b' ', 1),
                _ => (b'%', 1),
            };
            decoded.push(byte);
            from = self.next + len;
            self.find(from);
        }
        decoded.extend_from_slice(&self.bytes[from..to]);
    }
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
    fn sorts_by_name_then_value_byte_by_byte() {
        let text =
            b"b=1&a_name_of_20_bytes_2=1&a_name_of_20_bytes_1=2&B=1&a=2&a=1&ab=0&a%00=0&%C3%A9=1";
        let form = Form::parse(text).unwrap().sorted();
        let sorted: Vec<_> = form.pairs().collect();
        assert!(sorted.is_sorted() && sorted.len() == 9, "{sorted:?}");
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
