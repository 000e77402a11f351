//! [`Fields`]: looks up the fields of a verified request, each once.
//!
//! Functions that take a name are inlined, so that the compiler sees the name as a constant.

use std::{ops::Range, str::FromStr};

use crate::{
    message::{Address, Extra},
    webhook::{
        FieldIssue, MAX_PARAMS, WebhookError, WebhookErrorKind,
        params::{Name, Params},
    },
};

/// Parameters, and which of them were taken; [`rest`](Self::rest) has the others.
pub(crate) struct Fields<'a> {
    params: &'a Params,
    /// One bit for each parameter, by its place.
    taken: [u64; MAX_PARAMS / 64],
    /// Place of the field that was taken last.
    last: usize,
    issues: Vec<FieldIssue>,
}

impl Params {
    pub(crate) const fn fields(&self) -> Fields<'_> {
        Fields { params: self, taken: [0; _], last: usize::MAX, issues: Vec::new() }
    }

    /// Tells whether there is a parameter of this name.
    #[inline(always)]
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.find(Name::new(name)).is_empty()
    }

    /// Returns the first value of a parameter.
    #[inline(always)]
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.spans.get(self.find(Name::new(name)))?.first().map(|span| self.value(*span))
    }

    /// Returns the one value of a parameter.
    ///
    /// # Errors
    /// `DuplicateField` if it is there several times.
    #[inline(always)]
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<&str>, WebhookError> {
        let found = self.find(Name::new(name));
        if found.len() > 1 {
            return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field(name));
        }
        Ok(self.spans.get(found).and_then(<[_]>::first).map(|span| self.value(*span)))
    }
}

impl<'a> Fields<'a> {
    /// Takes the one value of a field.
    ///
    /// # Errors
    /// `DuplicateField` if it is there several times.
    #[inline(always)]
    pub(crate) fn take(&mut self, name: &'static str) -> Result<Option<&'a str>, WebhookError> {
        Ok(self.find(Name::new(name), name)?.map(|at| self.take_at(at)))
    }

    /// Finds the one value of a field: its place.
    ///
    /// # Errors
    /// `DuplicateField` of `field` if it is there several times.
    #[inline(always)]
    fn find(&self, name: Name<'_>, field: &'static str) -> Result<Option<usize>, WebhookError> {
        let found = self.params.find_behind(self.last, name);
        if found.len() > 1 {
            return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field(field));
        }
        Ok(found.last())
    }

    #[inline]
    fn take_at(&mut self, at: usize) -> &'a str {
        self.taken[at / 64] |= 1 << (at % 64);
        self.last = at;
        self.params.value(self.params.spans[at])
    }

    /// Takes the one value of a field; `None` if it is empty.
    ///
    /// # Errors
    /// `DuplicateField`.
    #[inline(always)]
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<&'a str>, WebhookError> {
        Ok(self.take(name)?.filter(|value| !value.is_empty()))
    }

    /// Takes the one value of a field that names something; `None` if it is empty.
    ///
    /// # Errors
    /// `DuplicateField`; `InvalidField` if it has control characters.
    #[inline(always)]
    pub(crate) fn name(&mut self, name: &'static str) -> Result<Option<&'a str>, WebhookError> {
        let invalid = WebhookError::new(WebhookErrorKind::InvalidField).with_field(name);
        match self.text(name)? {
            Some(text) if has_control(text) => Err(invalid),
            text => Ok(text),
        }
    }

    /// Takes the one value of a field that must be there; any characters may be in it.
    ///
    /// # Errors
    /// `MissingField`, `DuplicateField`.
    #[inline(always)]
    pub(crate) fn required(&mut self, name: &'static str) -> Result<&'a str, WebhookError> {
        let missing = || WebhookError::new(WebhookErrorKind::MissingField).with_field(name);
        self.text(name)?.ok_or_else(missing)
    }

    /// Takes the one value of a field that the event can do without; `None` if it is not there or empty. One
    /// that `read` cannot read is an issue, and stays among the rest.
    ///
    /// # Errors
    /// `DuplicateField` if it is there several times: no vendor sends that.
    #[inline(always)]
    pub(crate) fn side<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, WebhookError> {
        let Some(at) = self.find(Name::new(name), name)? else { return Ok(None) };
        let value = self.params.value(self.params.spans[at]);
        let result = if value.is_empty() { None } else { read(value) };
        if result.is_some() || value.is_empty() {
            self.take_at(at);
        } else {
            self.issue(name, WebhookErrorKind::InvalidField);
        }
        Ok(result)
    }

    /// Takes the one value of a field that the event can do without, as another type.
    ///
    /// # Errors
    /// `DuplicateField`.
    #[inline(always)]
    pub(crate) fn parsed<T: FromStr>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, WebhookError> {
        self.side(name, |text| text.parse().ok())
    }

    /// Takes the one value of a field whose name has a number, if `read` can read it; an issue calls it `field`.
    /// `None` if it is not there.
    ///
    /// # Errors
    /// `DuplicateField` if it is there several times.
    pub(crate) fn numbered<T>(
        &mut self,
        name: &str,
        field: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<Option<T>>, WebhookError> {
        let found = self.find(Name::new(name), field)?;
        Ok(found.map(|at| self.read_at(at, field, read)))
    }

    /// Takes the value at a place if `read` can read it, else it is an issue.
    pub(crate) fn read_at<T>(
        &mut self,
        at: usize,
        field: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Option<T> {
        let result = read(self.params.value(self.params.spans[at]));
        if result.is_some() {
            self.take_at(at);
        } else {
            self.issue(field, WebhookErrorKind::InvalidField);
        }
        result
    }

    /// Takes an end of an inbound message. One that is empty or not there is an issue, and an address that is
    /// none: the message came all the same.
    ///
    /// # Errors
    /// `DuplicateField`; `InvalidField` if it has control characters.
    pub(crate) fn end(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Address,
    ) -> Result<Address, WebhookError> {
        let text = self.name(name)?;
        if text.is_none() {
            self.issue(name, WebhookErrorKind::MissingField);
        }
        Ok(text.map_or_else(|| Address::Other("".into()), read))
    }

    /// Notes an issue of a field; the same one after another is one.
    pub(crate) fn issue(&mut self, field: &'static str, kind: WebhookErrorKind) {
        let issue = FieldIssue::new(field, kind);
        if self.issues.last() != Some(&issue) {
            self.issues.push(issue);
        }
    }

    /// Returns the issues so far.
    pub(crate) fn issues(&mut self) -> Vec<FieldIssue> {
        std::mem::take(&mut self.issues)
    }

    /// Finds every field whose name starts with `prefix` and goes on with something that `read` reads: what it
    /// read and the place, in the order of the names.
    pub(crate) fn find_all<T>(
        &self,
        prefix: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<(T, usize)> {
        let params = self.params;
        let start = params.spans.partition_point(|span| params.name(*span) < prefix);
        let names = params.spans[start..].iter().map(|span| params.name(*span));
        let rests = names.map_while(|name| name.strip_prefix(prefix)).enumerate();
        rests.filter_map(|(at, rest)| Some((read(rest)?, start + at))).collect()
    }

    /// Takes fields that say nothing new.
    pub(crate) fn discard(&mut self, names: &[&str]) {
        for name in names {
            for at in self.params.find_behind(self.last, Name::new(name)) {
                self.take_at(at);
            }
        }
    }

    /// Returns the parameters that were not taken, in the order of their names.
    pub(crate) fn rest(&self) -> Extra {
        let spans = self.params.spans.iter().enumerate();
        let left = spans.filter(|(at, _)| self.taken[at / 64] >> (at % 64) & 1 == 0);
        let left = left.map(|(_, span)| (span.joined(), span.name().len()));
        let add = |(fields, bytes), (field, _): (Range<_>, _)| (fields + 1, bytes + field.len());
        let (fields, bytes) = left.clone().fold((0, 0), add);
        let mut extra = Extra::with_capacity(fields, bytes);
        left.for_each(|(field, name)| extra.add_joined(&self.params.text[field], name));
        extra
    }
}

fn has_control(text: &str) -> bool {
    // Without an early end, so that many bytes are looked at in one step. U+0080 to U+009F begin with C2.
    let suspect = |b: &u8| (*b < b' ') | (*b == 0x7f) | (*b == 0xc2);
    text.bytes().fold(false, |any, b| any | suspect(&b)) && text.chars().any(char::is_control)
}
