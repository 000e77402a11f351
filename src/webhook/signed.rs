//! [`Signed`]: parameters in the order both vendors sign them in, decoded only once they are written.
//!
//! [`Form`](super::Form) reads fields; this writes the text that is signed, which happens for every
//! request, forged ones too.

use std::{borrow::Cow, cmp::Ordering};

use crate::webhook::{
    MAX_BODY, MAX_PARAMS, WebhookError,
    WebhookErrorKind::{BadEncoding, TooLarge},
    form::{Part, Parts, decode},
};

/// The parameters of a form body or a query, sorted by name and under one name by value, byte by byte.
pub(crate) struct Signed<'a> {
    /// As they came.
    parts: Vec<Part<'a>>,
    /// Their order: the index in the low 16 bits, and above it the first 14 bytes of the decoded name,
    /// so that numbers are sorted and no texts, but for names that begin alike.
    order: Vec<u128>,
    /// Whether what stands for itself is ASCII.
    ascii: bool,
}

/// The bits of the order that hold the index.
const INDEX: u32 = 16;
const _: () = assert!(MAX_PARAMS <= 1 << INDEX);

impl<'a> Signed<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, WebhookError> {
        if bytes.len() > MAX_BODY {
            return Err(WebhookError::new(TooLarge));
        }
        let likely = bytes.len().div_ceil(16).min(MAX_PARAMS);
        let (mut parts, mut order) = (Vec::with_capacity(likely), Vec::with_capacity(likely));
        for part in Parts::of(bytes) {
            let part = part?;
            let first = first_bytes(&part.decoded_name());
            order.push(first >> INDEX << INDEX | parts.len() as u128);
            parts.push(part);
        }
        order.sort_unstable();
        let mut signed = Self { parts, order, ascii: bytes.is_ascii() };
        signed.sort_alike();
        Ok(signed)
    }

    /// Sorts those of which the first bytes do not tell.
    fn sort_alike(&mut self) {
        let Self { parts, order, .. } = self;
        let part = |key: &u128| &parts[*key as u16 as usize];
        for alike in order.chunk_by_mut(|a, b| a >> INDEX == b >> INDEX) {
            if alike.len() > 1 {
                alike.sort_by(|a, b| part(a).compare(part(b)));
            }
        }
    }

    fn sorted(&self) -> impl Iterator<Item = &Part<'a>> + Clone {
        self.order.iter().map(|key| &self.parts[*key as u16 as usize])
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether a name is there twice.
    pub(crate) fn has_repeated_name(&self) -> bool {
        let names = self.sorted().map(Part::decoded_name);
        names.clone().zip(names.skip(1)).any(|(name, next)| name == next)
    }

    /// Whether all of it is ASCII once decoded.
    pub(crate) fn is_ascii(&self) -> bool {
        let ascii =
            |part: &Part<'_>| part.decoded_name().is_ascii() && part.decoded_value().is_ascii();
        self.parts.iter().all(ascii)
    }

    /// The most bytes that writing takes.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.name.len() + part.value.len() + 2).sum()
    }

    /// Writes every name and value, with nothing between.
    ///
    /// # Errors
    /// `BadEncoding` if one is not UTF-8.
    pub(crate) fn write(&self, text: &mut Vec<u8>) -> Result<(), WebhookError> {
        self.sorted().try_for_each(|part| self.write_part(part, b"", text))
    }

    /// Writes as [`write`](Self::write) does, but the same value under the same name only once.
    pub(crate) fn write_distinct(&self, text: &mut Vec<u8>) -> Result<(), WebhookError> {
        let mut last: Option<&u128> = None;
        self.order.iter().try_for_each(|key| {
            let part = |key: &u128| &self.parts[*key as u16 as usize];
            let same = |last: &u128| {
                last >> INDEX == key >> INDEX && part(last).compare(part(key)).is_eq()
            };
            match last.replace(key) {
                Some(last) if same(last) => Ok(()),
                _ => self.write_part(part(key), b"", text),
            }
        })
    }

    /// Writes every name and value as a query, decoded.
    pub(crate) fn write_query(&self, text: &mut Vec<u8>) -> Result<(), WebhookError> {
        self.sorted().enumerate().try_for_each(|(at, part)| {
            if at > 0 {
                text.push(b'&');
            }
            self.write_part(part, b"=", text)
        })
    }

    #[inline]
    fn write_part(
        &self,
        part: &Part<'_>,
        between: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<(), WebhookError> {
        if part.plain && self.ascii {
            text.extend_from_slice(part.name);
            text.extend_from_slice(between);
            text.extend_from_slice(part.value);
            return Ok(());
        }
        Self::write_decoded(part, between, text)
    }

    fn write_decoded(
        part: &Part<'_>,
        between: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<(), WebhookError> {
        for (bytes, behind) in [(part.name, between), (part.value, b"")] {
            let from = text.len();
            decode(bytes, text);
            if !text[from..].is_ascii() && std::str::from_utf8(&text[from..]).is_err() {
                return Err(WebhookError::new(BadEncoding));
            }
            text.extend_from_slice(behind);
        }
        Ok(())
    }
}

impl<'a> Part<'a> {
    fn decoded_name(&self) -> Cow<'a, [u8]> {
        decoded(self.name, self.plain)
    }

    fn decoded_value(&self) -> Cow<'a, [u8]> {
        decoded(self.value, self.plain)
    }

    fn compare(&self, other: &Self) -> Ordering {
        let values = || self.decoded_value().cmp(&other.decoded_value());
        self.decoded_name().cmp(&other.decoded_name()).then_with(values)
    }
}

/// The first 16 bytes, as a number that sorts as they do.
fn first_bytes(name: &[u8]) -> u128 {
    if let Some(first) = name.first_chunk() {
        return u128::from_be_bytes(*first);
    }
    let mut first = [0; 16];
    first[..name.len()].copy_from_slice(name);
    u128::from_be_bytes(first)
}

fn decoded(bytes: &[u8], plain: bool) -> Cow<'_, [u8]> {
    // The escapes of a parameter are nearly always in its value.
    if plain || !bytes.iter().any(|b| matches!(b, b'+' | b'%')) {
        return bytes.into();
    }
    let mut text = Vec::with_capacity(bytes.len());
    decode(bytes, &mut text);
    text.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::webhook::Form;

    fn written(bytes: &[u8]) -> Result<String, WebhookError> {
        let mut text = Vec::new();
        Signed::parse(bytes)?.write_query(&mut text)?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn sorts_by_decoded_name_then_decoded_value() {
        for (form, sorted) in [
            ("b=1&a=2&B=1&a=1", "B=1&a=1&a=2&b=1"),
            (
                "a_name_of_20_bytes_2=1&a_name_of_20_bytes_1=2",
                "a_name_of_20_bytes_1=2&a_name_of_20_bytes_2=1",
            ),
            ("ab=0&a%00=0&a=0", "a=0&a\0=0&ab=0"),
            ("%62=0&a=0&a=%2B&a=%20", "a= &a=+&a=0&b=0"),
            ("ReasonConferenceEnded=1&Reason=2", "Reason=2&ReasonConferenceEnded=1"),
            ("&&a&=b&", "=b&a="),
        ] {
            assert_eq!(written(form.as_bytes()).as_deref(), Ok(sorted));
        }
        let mut text = Vec::new();
        Signed::parse(b"a=1&a=%31&a=2&b=1").unwrap().write_distinct(&mut text).unwrap();
        assert_eq!(text, b"a1a2b1");
        // Two halves of a character in two parts are no character.
        for halves in [&b"a%C3=%A9"[..], b"a=%C3&%A9=1", b"a=\xc3&\xa9=1", b"a=%FF"] {
            assert_eq!(written(halves).unwrap_err().kind(), BadEncoding);
        }
    }

    proptest! {
        #[test]
        fn is_what_the_fields_are_in_order(form in "([ab%0-3A+=&\u{e9}]|%(41|C3|A9|2B|26)){0,40}") {
            let fields = Form::parse(form.as_bytes());
            let expected = fields.map(|fields| {
                let mut pairs: Vec<_> = fields.pairs().collect();
                pairs.sort_unstable();
                let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
                pairs.join("&")
            });
            prop_assert_eq!(written(form.as_bytes()), expected);
        }
    }
}
