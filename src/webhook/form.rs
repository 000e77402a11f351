//! [`Form`]: the parameters of a form body or a query, in order, strictly UTF-8.

use crate::{
    message::Extra,
    webhook::{
        WebhookError, WebhookErrorKind,
        params::{Params, Span},
    },
};

/// The parameters of a form body or a query, decoded, in the order they came.
#[derive(Clone)]
pub(crate) struct Form {
    text: String,
    spans: Vec<Span>,
}

impl Form {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, WebhookError> {
        let Params { text, spans } = Params::parse(bytes)?;
        let bad = |_| WebhookError::new(WebhookErrorKind::BadEncoding);
        Ok(Self { text: String::from_utf8(text).map_err(bad)?, spans })
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spans.iter().map(|span| (&self.text[span.name()], &self.text[span.value()]))
    }

    /// The one value under a name that the vendor's schema has.
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<&str>, WebhookError> {
        self.get_as(name, name)
    }

    /// The one value under a name with a number, which an error calls by its name without.
    pub(crate) fn get_as(
        &self,
        name: &str,
        field: &'static str,
    ) -> Result<Option<&str>, WebhookError> {
        let mut values = self.pairs().filter(|(known, _)| *known == name);
        let value = values.next();
        if values.next().is_some() {
            return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field(field));
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

    /// Refuses what may be another cut of the text that was signed, in which no mark parts a name from
    /// its value: no name is an end and its number, and the word by which the vendor calls a message's id
    /// stands nowhere but in the names of ids and in the free text, where the sender may have put it.
    pub(crate) fn is_cut_once(&self, id: &'static str, free: &[&str]) -> Result<(), WebhookError> {
        let invalid = |field| WebhookError::new(WebhookErrorKind::InvalidField).with_field(field);
        // `From+447700900123`, with nothing as its value.
        let with_number = |name: &str, end: &str| {
            let number = |c: char| c == '+' || c.is_ascii_digit();
            let rest = name.strip_prefix(end);
            rest.is_some_and(|rest| rest.starts_with(number) || rest.contains(':'))
        };
        for end in ["From", "To"] {
            if self.pairs().any(|(name, _)| with_number(name, end)) {
                return Err(invalid(end));
            }
        }
        let mut pairs: Vec<_> = self.pairs().collect();
        pairs.sort_unstable();
        let part = |(name, value)| [name, if free.contains(&name) { "\n" } else { value }];
        let text: String = pairs.iter().copied().flat_map(part).collect();
        let letters = |name: &str| name.bytes().all(|b| b.is_ascii_alphabetic());
        let ids = pairs.iter().filter(|(name, _)| name.ends_with(id) && letters(name));
        if text.matches(id).count() == ids.count() { Ok(()) } else { Err(invalid(id)) }
    }

    /// Whether there is a parameter of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pairs().any(|(known, _)| known == name)
    }

    /// All parameters but those that were read, in the order of their names.
    pub(crate) fn extra(&self, read: impl Fn(&str) -> bool) -> Extra {
        let mut rest: Vec<_> = self.pairs().filter(|(name, _)| !read(name)).collect();
        rest.sort_unstable();
        rest.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
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
