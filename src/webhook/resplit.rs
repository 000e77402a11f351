//! Refuses a form that may be another split of the text that was signed.
//!
//! Neither vendor signs where a name ends and its value begins, so anyone who holds one signed form can
//! split its text into other parameters. Those that would name another message or another sender are
//! refused.

use memchr::memmem::Finder;

use crate::webhook::{
    WebhookError, WebhookErrorKind,
    params::{Params, Span},
};

/// Name by which a vendor calls the id of a message, such as `MessageSid`: ASCII letters, of which the first
/// is there once, so that it does not overlap with itself.
pub(crate) struct IdName {
    name: &'static str,
    finder: Finder<'static>,
    /// Bits of all its letters but the last.
    starts: u64,
    /// Bits of all its letters but the first.
    rests: u64,
}

impl IdName {
    pub(crate) fn new(name: &'static str) -> Self {
        let starts = name.bytes().rev().skip(1).fold(0, |set, letter| set | bit(letter));
        let rests = name.bytes().skip(1).fold(0, |set, letter| set | bit(letter));
        Self { name, finder: Finder::new(name), starts, rests }
    }

    fn count(&self, text: &str) -> usize {
        self.finder.find_iter(text.as_bytes()).count()
    }

    /// Returns whether the name may stand where two parts of a text meet: the left one ends as it begins and
    /// the right one goes on as it does, as far as both are long.
    fn may_join(&self, left: &[u8], right: &[u8]) -> bool {
        let name = self.name.as_bytes();
        let meets = |at: usize| {
            let (start, rest) = name.split_at(at);
            (left.ends_with(start) || start.ends_with(left))
                && (right.starts_with(rest) || rest.starts_with(right))
        };
        let at_ends = [left.last(), right.first()];
        let mut pairs = name.windows(2).enumerate();
        pairs.any(|(at, pair)| at_ends == [Some(&pair[0]), Some(&pair[1])] && meets(at + 1))
    }
}

/// Returns the bit of a letter, which some other bytes share.
const fn bit(byte: u8) -> u64 {
    1 << (byte & 63)
}

impl Params {
    /// Refuses a name that is an end (`From`, `To`) and its number, and the name of a message's id anywhere
    /// but at the end of a name or in a free text, which its sender may have written.
    ///
    /// # Errors
    /// `InvalidField`.
    pub(crate) fn refuse_resplit(&self, id: &IdName, free: &[&str]) -> Result<(), WebhookError> {
        let invalid =
            |field| Err(WebhookError::new(WebhookErrorKind::InvalidField).with_field(field));
        let mut ids = 0;
        for span in &self.spans {
            // `From+447700900123`, with nothing as its value.
            let name = self.name(*span);
            for end in ["From", "To"] {
                if name.strip_prefix(end).is_some_and(is_number) {
                    return invalid(end);
                }
            }
            ids += usize::from(
                name.ends_with(id.name) && name.bytes().all(|b| b.is_ascii_alphabetic()),
            );
        }
        // A separator is no part of the name, so what is found in the whole input stands within one name or
        // value.
        let mut within = id.count(&self.text);
        for span in free.iter().flat_map(|name| &self.spans[self.find(name)]) {
            within -= id.count(self.value(*span));
        }
        if within == ids && (!self.may_join_to(id, free) || id.count(&self.joined(free)) == ids) {
            Ok(())
        } else {
            invalid(id.name)
        }
    }

    /// Returns the signed text, with a line end in place of each free text.
    fn joined(&self, free: &[&str]) -> String {
        let value = |name, value| if free.contains(&name) { "\n" } else { value };
        self.pairs().flat_map(|(name, said)| [name, value(name, said)]).collect()
    }

    /// Returns whether the name of an id may stand across names and values.
    fn may_join_to<'a>(&'a self, id: &IdName, free: &[&str]) -> bool {
        let text = self.text.as_bytes();
        let mut left: &'a [u8] = b"";
        let mut joins = |right: &'a [u8]| {
            let [first, ..] = right else { return false };
            let left = std::mem::replace(&mut left, right);
            let [.., last] = left else { return false };
            let likely = id.starts & bit(*last) != 0 && id.rests & bit(*first) != 0;
            likely && id.may_join(left, right)
        };
        self.spans.iter().any(|span: &Span| {
            let (name, value) = (&text[span.name()], &text[span.value()]);
            let is_free = free.iter().any(|free| free.as_bytes() == name);
            joins(name) || joins(if is_free { b"\n" } else { value })
        })
    }
}

/// Returns whether `rest` is the number that an end may be, or part of an address with a channel.
fn is_number(rest: &str) -> bool {
    rest.starts_with(|c: char| c == '+' || c.is_ascii_digit()) || rest.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::{joined, seeded};

    /// The same rule, over the whole text at once.
    fn is_split_once(form: &str, id: &'static str, free: &[&str]) -> bool {
        let params = Params::parse(form.as_bytes()).unwrap();
        let end = |name: &str| {
            ["From", "To"].iter().any(|end| name.strip_prefix(end).is_some_and(is_number))
        };
        let letters = |name: &str| name.bytes().all(|b| b.is_ascii_alphabetic());
        let ids = params.pairs().filter(|(name, _)| name.ends_with(id) && letters(name)).count();
        !params.pairs().any(|(name, _)| end(name)) && params.joined(free).matches(id).count() == ids
    }

    #[test]
    fn finds_the_word_wherever_names_and_values_meet() {
        let names = [
            "M",
            "Me",
            "Message",
            "MessageSi",
            "sage",
            "Sid",
            "d",
            "e",
            "MessageSid",
            "Body",
            "From",
            "To",
            "x",
            "1",
            "%2B",
            "%3A",
        ];
        let values = [
            "M",
            "Message",
            "MessageS",
            "essageSid",
            "id",
            "d",
            "MessageSid",
            "x",
            "%2B",
            "%26",
            "%0A",
        ];
        let mut random = seeded();
        for _ in 0..5_000 {
            let form: Vec<_> = (0..random.usize(..6))
                .map(|_| (joined(&mut random, &names, 3), joined(&mut random, &values, 3)))
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let form = form.join("&");
            for free in [&[][..], &["Body"], &["Body", "x"]] {
                let params = Params::parse(form.as_bytes()).unwrap();
                let passes = params.refuse_resplit(&IdName::new("MessageSid"), free).is_ok();
                assert_eq!(passes, is_split_once(&form, "MessageSid", free), "{form}");
            }
        }
    }
}
