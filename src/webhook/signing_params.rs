//! The part of the signed text that comes of parameters: both vendors sign them by name, each with its
//! value. It is written for every request, forged ones too.

use crate::webhook::params::{Params, Span};

impl Params {
    pub(crate) const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Tells whether two parameters have the same name.
    pub(crate) fn has_repeated_name(&self) -> bool {
        self.spans.windows(2).any(|pair| self.name(pair[0]) == self.name(pair[1]))
    }

    pub(crate) fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }

    /// Returns an upper bound of the bytes that a `write` appends.
    pub(crate) const fn written_len(&self) -> usize {
        self.text.len() + 1
    }

    /// Appends every name and value, with nothing between.
    pub(crate) fn write(&self, text: &mut Vec<u8>) {
        self.spans.iter().for_each(|span| self.write_one(*span, text));
    }

    /// Appends as [`write`](Self::write) does, but the same value under the same name only once.
    pub(crate) fn write_distinct(&self, text: &mut Vec<u8>) {
        let mut last: Option<Span> = None;
        for span in &self.spans {
            let again = |last: Span| {
                last.first() == span.first() && last.compare(*span, self.text.as_bytes()).is_eq()
            };
            if !last.replace(*span).is_some_and(again) {
                self.write_one(*span, text);
            }
        }
    }

    fn write_one(&self, span: Span, text: &mut Vec<u8>) {
        text.extend_from_slice(self.name(span).as_bytes());
        text.extend_from_slice(self.value(span).as_bytes());
    }

    /// Appends every name and value as a query.
    pub(crate) fn write_query(&self, text: &mut Vec<u8>) {
        for (at, (name, value)) in self.pairs().enumerate() {
            if at > 0 {
                text.push(b'&');
            }
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            text.extend_from_slice(value.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::{joined, seeded};
    use crate::webhook::{WebhookError, WebhookErrorKind};

    fn written(bytes: &[u8]) -> Result<String, WebhookError> {
        let mut text = Vec::new();
        Params::parse(bytes)?.write_query(&mut text);
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
        Params::parse(b"a=1&a=%31&a=2&b=1").unwrap().write_distinct(&mut text);
        assert_eq!(text, b"a1a2b1");
        // Two halves of a character in two parts are no character.
        for halves in [&b"a%C3=%A9"[..], b"a=%C3&%A9=1", b"a=\xc3&\xa9=1", b"a=%FF", b"\xff=1"] {
            assert_eq!(written(halves).unwrap_err().kind(), WebhookErrorKind::BadEncoding);
        }
    }

    /// The parameters as a plain reader of forms has them, sorted by the standard library.
    fn plain(form: &str) -> Option<String> {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            let text = percent_encoding::percent_decode_str(&text).decode_utf8().ok()?;
            Some(text.into_owned())
        };
        let parts = form.split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
        let mut pairs: Vec<_> =
            pairs.map(|(n, v)| Some((decode(n)?, decode(v)?))).collect::<Option<_>>()?;
        pairs.sort_unstable();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(pairs.join("&"))
    }

    #[test]
    fn is_what_the_fields_are_in_order() {
        let pieces = [
            "a", "b", "%", "0", "1", "2", "3", "A", "+", "=", "&", "\u{e9}", "%41", "%C3", "%A9",
            "%2B", "%26",
        ];
        let mut random = seeded();
        for _ in 0..2_000 {
            let form = joined(&mut random, &pieces, 40);
            assert_eq!(written(form.as_bytes()).ok(), plain(&form), "{form:?}");
        }
    }
}
