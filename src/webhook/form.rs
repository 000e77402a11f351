//! [`Form`]: the parameters of a form body or a query, in order, strictly UTF-8.

use std::borrow::Cow;

use percent_encoding::percent_decode;

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
        let likely = bytes.iter().filter(|b| **b == b'&').count() + 1;
        let mut pairs = Vec::with_capacity(likely.min(MAX_PARAMS));
        for pair in bytes.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PARAMS {
                return Err(WebhookError::new(WebhookErrorKind::TooManyParameters));
            }
            let equals = pair.iter().position(|b| *b == b'=');
            let (name, value) = match equals {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &b""[..]),
            };
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// The parameters by name, byte by byte, and under one name by value: the order both vendors
    /// sign in.
    pub(crate) fn sorted(mut self) -> Self {
        self.0.sort_unstable();
        self
    }

    pub(crate) fn pairs(&self) -> &[(Cow<'a, str>, Cow<'a, str>)] {
        &self.0
    }

    /// The one value under a name that the vendor's schema has.
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<&str>, WebhookError> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let value = values.next();
        if values.next().is_some() {
            return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field(name));
        }
        Ok(value.map(|(_, value)| value.as_ref()))
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
        self.0.iter().any(|(known, _)| known == name)
    }

    /// All parameters but those that were read.
    pub(crate) fn extra(&self, read: impl Fn(&str) -> bool) -> Extra {
        let rest = self.0.iter().filter(|(name, _)| !read(name));
        rest.map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }
}

fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, WebhookError> {
    let bad = || WebhookError::new(WebhookErrorKind::BadEncoding);
    if !bytes.iter().any(|b| matches!(b, b'+' | b'%')) {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| bad());
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    for (at, part) in bytes.split(|b| *b == b'+').enumerate() {
        if at > 0 {
            decoded.push(b' ');
        }
        decoded.extend(percent_decode(part));
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &[u8]) -> Vec<(String, String)> {
        let form = Form::parse(text).unwrap();
        form.pairs().iter().map(|(n, v)| (n.to_string(), v.to_string())).collect()
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
