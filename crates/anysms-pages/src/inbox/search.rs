//! [`Search`]: the words of the search, such as `to:+4477 is:failed code`.

use anysms::sandbox::Carried;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// Choice of messages. All terms have to fit; two of one kind are two terms.
#[derive(Debug, Default)]
pub(super) struct Search(Vec<Term>);

#[derive(Debug, PartialEq)]
enum Term {
    To(String),
    From(String),
    Status(String),
    Code(String),
    Tag(String),
    Before(Timestamp),
    After(Timestamp),
    Unread,
    Failed,
    Word(String),
    /// A term that cannot be read: nothing fits.
    Unreadable(String),
}

impl Search {
    /// Reads a search. Words in double quotes are one.
    pub(super) fn read(text: &str, now: Timestamp) -> Self {
        let lower = text.to_lowercase();
        let mut terms = Vec::new();
        let mut rest = lower.trim_start();
        while !rest.is_empty() {
            let mut quoted = false;
            let end = rest.find(|c: char| {
                quoted ^= c == '"';
                c.is_whitespace() && !quoted
            });
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            terms.extend(term(&word.replace('"', ""), now));
            rest = after.trim_start();
        }
        Self(terms)
    }

    /// Returns the terms that could not be read.
    pub(super) fn unreadable(&self) -> Vec<&str> {
        let mut found = Vec::new();
        for term in &self.0 {
            if let Term::Unreadable(text) = term {
                found.push(text.as_str());
            }
        }
        found
    }

    /// Returns `true` if a message fits.
    pub(super) fn fits(&self, message: &Carried, is_unread: bool) -> bool {
        self.0.iter().all(|term| fits(term, message, is_unread))
    }
}

fn term(word: &str, now: Timestamp) -> Option<Term> {
    let unreadable = || Term::Unreadable(word.to_owned());
    let Some((name, value)) = word.split_once(':') else {
        return Some(Term::Word(word.to_owned())).filter(|_| !word.is_empty());
    };
    let text = value.to_owned();
    Some(match name {
        "to" => Term::To(digits(value)),
        "from" => Term::From(text),
        "status" => Term::Status(text),
        "code" => Term::Code(text),
        "tag" => Term::Tag(text),
        "before" => time(value, now).map_or_else(unreadable, Term::Before),
        "after" => time(value, now).map_or_else(unreadable, Term::After),
        "is" if value == "unread" => Term::Unread,
        "is" if value == "failed" => Term::Failed,
        "is" => unreadable(),
        _ => Term::Word(word.to_owned()), // such as a time or an address
    })
}

fn fits(term: &Term, message: &Carried, is_unread: bool) -> bool {
    let within = |text: &str, part: &str| text.to_lowercase().contains(part);
    let equals = |text: &str, other: &str| text.eq_ignore_ascii_case(other);
    match term {
        Term::To(part) => message.to.digits().to_string().contains(part.as_str()),
        Term::From(part) => {
            within(&message.from, part) || {
                let digits = digits(part);
                !digits.is_empty()
                    && digits.len() + 1 >= part.len()
                    && message.from.contains(&digits)
            }
        }
        Term::Status(word) => equals(message.status.as_str(), word),
        Term::Code(code) => {
            message.error_code.is_some_and(|error| error.to_string() == *code)
                || message.code().is_some_and(|found| found.eq_ignore_ascii_case(code))
        }
        Term::Tag(tag) => {
            let kind = if message.media.is_empty() { "sms" } else { "mms" };
            let channel = message.channel.as_deref().unwrap_or(kind);
            let pool = message.pool.as_deref().unwrap_or_default();
            let direction = if message.is_inbound() { "in" } else { "out" };
            [channel, pool, direction, message.id.provider().as_str()]
                .iter()
                .any(|own| equals(own, tag))
        }
        Term::Before(time) => message.created_at < *time,
        Term::After(time) => message.created_at >= *time,
        Term::Unread => is_unread,
        Term::Failed => message.status.is_failure(),
        Term::Word(word) => {
            within(&message.text, word)
                || within(&message.from, word)
                || message.to.to_string().contains(word.as_str())
                || within(message.id.value(), word)
        }
        Term::Unreadable(_) => false,
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Reads a time: a date, a time of RFC 3339, or how long ago, such as `10m`, `2h` or `3d`.
fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(time) = text.to_uppercase().parse() {
        return Some(time);
    }
    if let Ok(date) = text.parse::<Date>() {
        return date.to_zoned(TimeZone::system()).ok().map(|start| start.timestamp());
    }
    let unit = text.chars().next_back()?;
    let number: i64 =
        text[..text.len() - unit.len_utf8()].parse().ok().filter(|n| (0..100_000).contains(n))?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    now.checked_sub(SignedDuration::from_secs(number * seconds)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anysms::{MessageId, MessageStatus, ProviderId};

    #[test]
    fn every_term_chooses() {
        let id = MessageId::new(ProviderId::from_static("acme"), "SM1").unwrap();
        let to = "+447700900123".parse().unwrap();
        let text = "Your code is 123456, see a:b";
        let mut message = Carried::new(id, "MA1".into(), to, text, MessageStatus::Undelivered);
        message.from = "+15555550123".to_owned().into();
        message.error_code = Some(30003);
        message.channel = Some("whatsapp".to_owned());
        let now = message.created_at + SignedDuration::from_secs(60);
        for (text, fits) in [
            ("", true),
            ("to:+447700", true),
            ("to:44 from:5555", true),
            ("to:1555", false),
            ("from:+15555550123", true),
            ("from:acme", false),
            ("status:UNDELIVERED", true),
            ("status:delivered", false),
            ("code:30003", true),
            ("code:123456", true),
            ("code:3000", false),
            ("tag:whatsapp tag:acme tag:out", true),
            ("tag:mms", false),
            ("is:failed is:unread", true),
            ("is:odd", false),
            ("after:2m", true),
            ("after:30s", false),
            ("before:30s", true),
            ("before:2020-01-01", false),
            ("after:2020-01-01T00:00:00Z", true),
            ("before:soon", false),
            ("CODE your", true),
            ("\"code is\"", true),
            ("\"is code\"", false),
            ("a:b", true),
            ("sm1", true),
            ("\"", true),
        ] {
            assert_eq!(Search::read(text, now).fits(&message, true), fits, "{text}");
        }
        assert!(!Search::read("is:unread", now).fits(&message, false));
        assert_eq!(
            Search::read("x is:odd before:soon", now).unreadable(),
            ["is:odd", "before:soon"]
        );
    }
}
