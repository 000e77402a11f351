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
pub(crate) struct Signed<'a>(Vec<Pair<'a>>);

#[derive(Clone, Copy)]
struct Pair<'a> {
    /// The first bytes of the decoded name, by which nearly all names can be sorted.
    first: u128,
    part: Part<'a>,
}

impl<'a> Signed<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, WebhookError> {
        if bytes.len() > MAX_BODY {
            return Err(WebhookError::new(TooLarge));
        }
        let mut sorted = Vec::with_capacity(bytes.len().div_ceil(16).min(MAX_PARAMS));
        for part in Parts::of(bytes) {
            let part = part?;
            let first = match part.plain {
                true => first_bytes(part.name),
                false => first_bytes(&decoded(part.name, false)),
            };
            sorted.push(Pair { first, part });
        }
        sorted.sort_unstable_by(|a: &Pair<'_>, b| a.first.cmp(&b.first).then_with(|| a.compare(b)));
        Ok(Self(sorted))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a name is there twice.
    pub(crate) fn has_repeated_name(&self) -> bool {
        self.0.windows(2).any(|two| two[0].name() == two[1].name())
    }

    /// Whether all of it is ASCII once decoded.
    pub(crate) fn is_ascii(&self) -> bool {
        self.0.iter().all(|pair| pair.name().is_ascii() && pair.value().is_ascii())
    }

    /// The most bytes that writing takes.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|Pair { part, .. }| part.name.len() + part.value.len() + 2).sum()
    }

    /// Writes every name and value, with nothing between.
    ///
    /// # Errors
    /// `BadEncoding` if one is not UTF-8.
    pub(crate) fn write(&self, text: &mut Vec<u8>) -> Result<(), WebhookError> {
        self.0.iter().try_for_each(|pair| pair.write(b"", text))
    }

    /// Writes as [`write`](Self::write) does, but the same value under the same name only once.
    pub(crate) fn write_distinct(&self, text: &mut Vec<u8>) -> Result<(), WebhookError> {
        let mut last: Option<&Pair<'_>> = None;
        self.0.iter().try_for_each(|pair| {
            let same = |last: &Pair<'_>| last.first == pair.first && last.compare(pair).is_eq();
            match last.replace(pair) {
                Some(last) if same(last) => Ok(()),
                _ => pair.write(b"", text),
            }
        })
    }

    /// Writes every name and value as a query, decoded.
    pub(crate) fn write_query(&self, text: &mut Vec<u8>) -> Result<(), WebhookError> {
        self.0.iter().enumerate().try_for_each(|(at, pair)| {
            if at > 0 {
                text.push(b'&');
            }
            pair.write(b"=", text)
        })
    }
}

impl<'a> Pair<'a> {
    fn name(&self) -> Cow<'a, [u8]> {
        decoded(self.part.name, self.part.plain)
    }

    fn value(&self) -> Cow<'a, [u8]> {
        decoded(self.part.value, self.part.plain)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.name().cmp(&other.name()).then_with(|| self.value().cmp(&other.value()))
    }

    fn write(&self, between: &[u8], text: &mut Vec<u8>) -> Result<(), WebhookError> {
        let Part { name, value, plain } = self.part;
        write(name, plain, text)?;
        text.extend_from_slice(between);
        write(value, plain, text)
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
    if plain {
        return bytes.into();
    }
    let mut text = Vec::with_capacity(bytes.len());
    decode(bytes, &mut text);
    text.into()
}

fn write(bytes: &[u8], plain: bool, text: &mut Vec<u8>) -> Result<(), WebhookError> {
    let from = text.len();
    if plain {
        text.extend_from_slice(bytes);
    } else {
        decode(bytes, text);
    }
    let written = &text[from..];
    if written.is_ascii() || std::str::from_utf8(written).is_ok() {
        return Ok(());
    }
    Err(WebhookError::new(BadEncoding))
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
