//! Refuses a form that may be another split of the text that was signed.
//!
//! Neither vendor signs where a name ends and its value begins, so anyone who holds one signed form can
//! split its text into other parameters. Those that would name another message or another sender are
//! refused.
//!
//! # Free texts
//! A text that somebody outside has chosen may say anything, the names of the vendor's own fields too. So it is
//! not the word that is refused but what only another split has: **two ids of which either may be the
//! vendor's**. In a forged split the vendor's own id is still there, its name directly followed by an id, and it
//! can only stand within a name or a value of another field. Therefore:
//!
//! 1. A word that is not directly followed by what may be an id is harmless, wherever it stands.
//! 2. One that is, in a field that nobody outside fills, or in one that is not known here, is refused.
//! 3. One in a free field is harmless as well, unless the id of the form may itself have been taken from a free
//!    field. A free field that the vendor signs **behind** the id can only have given it if the text between both
//!    has a name of those that stand behind the id; a free field **before** it only if such a name stands before
//!    the id, and the vendor's own `From` between both.
//!
//! The same holds for `From` and an address.

use std::ops::Range;

use memchr::memmem::{Finder, find};

use crate::webhook::{
    WebhookError, WebhookErrorKind,
    params::{Params, Span},
};

/// Rule of one vendor by which another split is told.
pub(crate) struct Recut {
    id: Mark,
    from: Mark,
    fields: Fields,
    /// For each letter of a name but its last, a bit for each letter that follows it.
    pairs: [u128; 128],
}

/// The vendor's fields by what they can hide. Each is the start of a name.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    /// Fields whose content somebody outside chooses.
    pub(crate) free: &'static [&'static str],
    /// Free fields that sort between `From` and the id.
    pub(crate) between: &'static [&'static str],
    /// Fields that sort behind the id, free or always there.
    pub(crate) behind: &'static [&'static str],
}

/// Name of a field that tells whose the message is, such as `MessageSid`: ASCII letters, of which the first
/// is there once, so that it does not overlap with itself.
struct Mark {
    name: &'static str,
    finder: Finder<'static>,
    /// Returns whether a text begins as the vendor's own value does.
    follows: fn(&str) -> bool,
}

impl Recut {
    /// Creates the rule of a vendor, with the name of a message's id and how an id begins.
    pub(crate) fn new(id: &'static str, follows: fn(&str) -> bool, fields: Fields) -> Self {
        let (id, from) = (Mark::new(id, follows), Mark::new("From", is_number));
        let mut pairs = [0; 128];
        for pair in [id.name, from.name].iter().flat_map(|name| name.as_bytes().windows(2)) {
            pairs[usize::from(pair[0] & 127)] |= 1 << (pair[1] & 127);
        }
        Self { id, from, fields, pairs }
    }

    /// Returns whether one of the names may stand where two parts meet that end and begin so. Bytes beyond ASCII
    /// count as those with the same lower bits.
    const fn may_meet(&self, last: u8, first: u8) -> bool {
        self.pairs[(last & 127) as usize] >> (first & 127) & 1 == 1
    }

    #[cold]
    fn may_join(&self, left: &[u8], right: &[u8]) -> bool {
        [&self.id, &self.from].iter().any(|mark| mark.may_join(left, right))
    }
}

impl Mark {
    fn new(name: &'static str, follows: fn(&str) -> bool) -> Self {
        Self { name, finder: Finder::new(name), follows }
    }

    fn count(&self, text: &str) -> usize {
        self.finder.find_iter(text.as_bytes()).count()
    }

    /// Returns `false` if the name does not end with this byte.
    fn may_end(&self, last: u8) -> bool {
        self.name.as_bytes().last() == Some(&last)
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

impl Params {
    /// Refuses a name that is an end (`From`, `To`) and its number, and a second id or sender that may be the
    /// vendor's own.
    ///
    /// # Errors
    /// `InvalidField`.
    pub(crate) fn refuse_resplit(&self, rule: &Recut) -> Result<(), WebhookError> {
        let invalid =
            |field| Err(WebhookError::new(WebhookErrorKind::InvalidField).with_field(field));
        let text = self.text.as_bytes();
        let (mut ids, mut froms, mut joined) = (0, 0, false);
        // The last part that is not empty, and its last byte.
        let (mut left, mut last) = ((0, 0), 0);
        let joins = |left: (usize, usize), right: (usize, usize)| {
            rule.may_join(&text[left.0..left.1], &text[right.0..right.1])
        };
        for span in &self.spans {
            let (start, equals, end) = span.places();
            let value = (equals + 1).min(end);
            if start < equals {
                joined |= rule.may_meet(last, text[start]) && joins(left, (start, equals));
                (left, last) = ((start, equals), text[equals - 1]);
                ids += usize::from(rule.id.may_end(last) && is_own(&rule.id, self.name(*span)));
            }
            if value < end {
                joined |= rule.may_meet(last, text[value]) && joins(left, (value, end));
                (left, last) = ((value, end), text[end - 1]);
            }
            if let Some(found) = End::of(*span) {
                froms += usize::from(found == End::From);
                // `From+447700900123`, with nothing as its value.
                let rest = &self.name(*span)[found.name().len()..];
                if !rest.is_empty() && (is_number(rest) || rest.contains(':')) {
                    return invalid(found.name());
                }
            }
        }
        // A separator is no part of a name, so what is found in the whole input stands within one name or value.
        let plain =
            !joined && (rule.id.count(&self.text), rule.from.count(&self.text)) == (ids, froms);
        match if plain { None } else { Joined::of(self).other_split(rule) } {
            Some(field) => invalid(field),
            None => Ok(()),
        }
    }
}

/// A name that is an end of a message, or begins with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    From,
    To,
}

impl End {
    fn of(span: Span) -> Option<Self> {
        const FROM: u64 = u32::from_be_bytes(*b"From") as u64;
        const TO: u64 = u16::from_be_bytes(*b"To") as u64;
        match span.first() {
            first if first >> 32 == FROM => Some(Self::From),
            first if first >> 48 == TO => Some(Self::To),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::From => "From",
            Self::To => "To",
        }
    }
}

/// Returns whether a name is that of an id, such as `SmsMessageSid`, and not an empty field joined to it, as in
/// `FromZipMessageSid`.
fn is_own(id: &Mark, name: &str) -> bool {
    name.ends_with(id.name)
        && name.bytes().all(|b| b.is_ascii_alphabetic())
        && !name.starts_with("From")
}

/// The signed text, and what each part of it is.
struct Joined<'a> {
    text: String,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    at: Range<usize>,
    name: &'a str,
    is_name: bool,
}

impl<'a> Joined<'a> {
    fn of(params: &'a Params) -> Self {
        let (mut text, mut parts) = (String::new(), Vec::new());
        for (name, value) in params.pairs() {
            for (piece, is_name) in [(name, true), (value, false)] {
                let start = text.len();
                text.push_str(piece);
                parts.push(Part { at: start..text.len(), name, is_name });
            }
        }
        Self { text, parts }
    }

    /// Returns the name of which a second value may be the vendor's own.
    fn other_split(&self, rule: &Recut) -> Option<&'static str> {
        let place = |mark: &Mark| {
            self.parts
                .iter()
                .find(|part| part.is_name && part.name == mark.name)
                .map(|p| p.at.start)
        };
        let (id, from) = (place(&rule.id), place(&rule.from));
        let fields = rule.fields;
        let has = |range: Range<usize>, names: &[&str]| {
            let text = &self.text.as_bytes()[range];
            names.iter().any(|name| find(text, name.as_bytes()).is_some())
        };
        let is_free = |name: &str| fields.free.iter().any(|free| name.starts_with(free));
        let before: Vec<&str> = fields.free.iter().copied().filter(|free| *free < "From").collect();
        for (mark, own) in [(&rule.id, id), (&rule.from, from)] {
            for at in mark.finder.find_iter(self.text.as_bytes()) {
                let end = at + mark.name.len();
                let part = self.parts.iter().find(|part| part.at.contains(&at))?;
                let is_own = part.is_name
                    && if mark.name == rule.id.name {
                        end == part.at.end && is_own(mark, part.name)
                    } else {
                        at == part.at.start && !is_number(&part.name[mark.name.len()..])
                    };
                if is_own || !(mark.follows)(&self.text[end..]) {
                    continue;
                }
                let harmless = !part.is_name
                    && is_free(part.name)
                    && match own {
                        None => true, // then there is no message
                        Some(own) if at < own && mark.name == rule.id.name => {
                            !has(at..own, fields.behind)
                        }
                        Some(own) if at < own => !has(at..own, fields.between),
                        Some(own) if mark.name == rule.id.name => {
                            let early = has(0..own, &before) && has(own..at, &["From"]);
                            !early && !has(0..own, fields.between)
                        }
                        // Behind the id another sender would need another id as well.
                        Some(_) => id.is_some_and(|id| id < at),
                    };
                if !harmless {
                    return Some(mark.name);
                }
            }
        }
        None
    }
}

/// Returns whether `rest` begins as the number that an end may be, or is part of an address with a channel.
fn is_number(rest: &str) -> bool {
    rest.starts_with(|c: char| c == '+' || c.is_ascii_digit())
        || ["whatsapp:", "rcs:", "messenger:"].iter().any(|channel| rest.starts_with(channel))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::{joined, seeded};

    fn rule() -> Recut {
        let fields = Fields {
            free: &["Body", "Label", "ProfileName"],
            between: &["Label"],
            behind: &["NumMedia", "ProfileName"],
        };
        Recut::new("MessageSid", |rest| rest.starts_with("SM"), fields)
    }

    fn passes(form: &str) -> bool {
        Params::parse(form.as_bytes()).unwrap().refuse_resplit(&rule()).is_ok()
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
            "Fro",
            "To",
            "x",
            "1",
            "%2B",
            "%3A",
            "Label",
            "ProfileName",
        ];
        let values = [
            "M",
            "Message",
            "MessageS",
            "essageSid",
            "id",
            "d",
            "MessageSid",
            "SM1",
            "x",
            "%2B",
            "%26",
            "%0A",
            "F",
            "rom",
            "From",
            "NumMedia",
        ];
        let mut random = seeded();
        let mut refused = 0;
        for _ in 0..20_000 {
            let form: Vec<_> = (0..random.usize(..6))
                .map(|_| (joined(&mut random, &names, 3), joined(&mut random, &values, 4)))
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let form = form.join("&");
            let params = Params::parse(form.as_bytes()).unwrap();
            let end = |name: &str| {
                let number = |rest: &str| is_number(rest) || rest.contains(':');
                ["From", "To"].iter().any(|end| name.strip_prefix(end).is_some_and(number))
            };
            let slow = !params.pairs().any(|(name, _)| end(name))
                && Joined::of(&params).other_split(&rule()).is_none();
            assert_eq!(passes(&form), slow, "{form}");
            refused += u32::from(!slow);
        }
        assert!(refused > 100, "{refused}");
    }

    #[test]
    fn a_word_in_a_free_text_is_a_word() {
        let ends = "From=%2B447700900123&MessageSid=SM1&NumMedia=0&To=%2B447700900456";
        for said in ["MessageSid", "MessageSidSM9", "From%2B447700900999MessageSidSM9", "From%2B44"]
        {
            for name in ["Body", "ProfileName"] {
                let early = if name == "Body" { "" } else { "Body=hi&" };
                // A sender and an id together, in a text behind those of the form: see the next test.
                let both = name == "ProfileName" && said.starts_with("From%2B447");
                assert_eq!(passes(&format!("{early}{ends}&{name}={said}")), !both, "{name} {said}");
            }
        }
        for said in ["MessageSid", "MessageSid+SM1", "the+MessageSid", "From+%2B44"] {
            assert!(passes(&format!("Body=hi&{ends}&Unknown={said}")), "{said}");
        }
        for said in ["MessageSidSM9", "From%2B447700900999"] {
            assert!(!passes(&format!("Body=hi&{ends}&Fx={said}")), "{said}");
        }
    }

    /// Both splits of a text that names two messages: nothing in it says which is the vendor's.
    #[test]
    fn two_ids_of_which_either_may_be_the_vendors_are_refused() {
        let own = "Body=hi&From=%2B447700900123&MessageSid=SM1&NumMedia=0";
        assert!(passes(own));
        for forged in [
            // The true id in an early text, the other one from a late text.
            "Body=hiFrom%2B447700900123MessageSidSM1NumMedia0ProfileNamez&From=%2B447700900999&MessageSid=SM9&To=",
            // The true id in a late text, the other one from an early text.
            "Body=STOP&From=%2B447700900999&MessageSid=SM9&ProfileName=zFrom%2B447700900123MessageSidSM1NumMedia0",
            // The true sender in an early text, the other one from one in the middle.
            "Body=hiFrom%2B447700900123Labelz&From=%2B447700900999&MessageSid=SM1&NumMedia=0",
            "Body=STOP&From=%2B447700900999&Label=From%2B447700900123&MessageSid=SM1",
            // An empty field joined to the id.
            "Body=hi&From=%2B447700900123&FromZipMessageSid=SM1NumMedia0ProfileNamez&MessageSid=SM9",
        ] {
            assert!(!passes(forged), "{forged}");
        }
    }
}
