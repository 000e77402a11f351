//! [`Signed`]: parameters in the order both vendors sign them in.
//!
//! [`Form`](super::Form) reads fields; this writes the text that is signed, which happens for every
//! request, forged ones too.

use crate::webhook::{
    WebhookError,
    params::{Params, Span},
};

/// The parameters of a form body or a query, sorted by name and under one name by value, byte by byte.
pub(crate) struct Signed(Params);

impl Signed {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, WebhookError> {
        let mut params = Params::parse(bytes)?;
        params.sort();
        Ok(Self(params))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.spans.is_empty()
    }

    /// Whether a name is there twice.
    pub(crate) fn has_repeated_name(&self) -> bool {
        self.0.spans.windows(2).any(|pair| self.0.name(pair[0]) == self.0.name(pair[1]))
    }

    /// Whether all of it is ASCII.
    pub(crate) fn is_ascii(&self) -> bool {
        self.0.text.is_ascii()
    }

    /// The most bytes that writing takes.
    pub(crate) const fn len(&self) -> usize {
        self.0.text.len() + 1
    }

    /// Writes every name and value, with nothing between.
    pub(crate) fn write(&self, text: &mut Vec<u8>) {
        self.0.spans.iter().for_each(|span| self.write_one(*span, text));
    }

    /// Writes as [`write`](Self::write) does, but the same value under the same name only once.
    pub(crate) fn write_distinct(&self, text: &mut Vec<u8>) {
        let mut last: Option<Span> = None;
        for span in &self.0.spans {
            let again = |last: Span| {
                last.first() == span.first() && last.compare(*span, &self.0.text).is_eq()
            };
            if !last.replace(*span).is_some_and(again) {
                self.write_one(*span, text);
            }
        }
    }

    fn write_one(&self, span: Span, text: &mut Vec<u8>) {
        text.extend_from_slice(self.0.name(span));
        text.extend_from_slice(self.0.value(span));
    }

    /// Writes every name and value as a query.
    pub(crate) fn write_query(&self, text: &mut Vec<u8>) {
        for (at, span) in self.0.spans.iter().enumerate() {
            if at > 0 {
                text.push(b'&');
            }
            text.extend_from_slice(self.0.name(*span));
            text.push(b'=');
            text.extend_from_slice(self.0.value(*span));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::webhook::{Form, WebhookErrorKind};

    fn written(bytes: &[u8]) -> Result<String, WebhookError> {
        let mut text = Vec::new();
        Signed::parse(bytes)?.write_query(&mut text);
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
        Signed::parse(b"a=1&a=%31&a=2&b=1").unwrap().write_distinct(&mut text);
        assert_eq!(text, b"a1a2b1");
        // Two halves of a character in two parts are no character.
        for halves in [&b"a%C3=%A9"[..], b"a=%C3&%A9=1", b"a=\xc3&\xa9=1", b"a=%FF"] {
            assert_eq!(written(halves).unwrap_err().kind(), WebhookErrorKind::BadEncoding);
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
