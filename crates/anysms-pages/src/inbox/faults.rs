//! Choices of the menus, things that can go wrong: each a word for a form and a line for people.

use std::time::Duration;

use anysms::sandbox::{Fate, Fault, When};

/// One choice of a menu: its word in a form, its line, and what it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<T> {
    pub(super) word: &'static str,
    pub(super) line: &'static str,
    pub(super) value: T,
}

const fn choice<T>(word: &'static str, line: &'static str, value: T) -> Choice<T> {
    Choice { word, line, value }
}

/// Faults by group: what the program is told, and what becomes of the message.
pub(super) const FAULTS: [(&str, &[Choice<Fault>]); 3] = [
    (
        "Refuse it",
        &[
            choice("429", "429, retry after 30 s", Fault::RefuseFor(429, Duration::from_secs(30))),
            choice("400", "400 bad request", Fault::Refuse(400)),
            choice("401", "401 unauthorised", Fault::Refuse(401)),
            choice("500", "500 server error", Fault::Refuse(500)),
            choice("503", "503 unavailable", Fault::Refuse(503)),
            choice("hang-up", "Hang up", Fault::HangUp),
            choice("hang", "Never answer", Fault::Hang),
        ],
    ),
    (
        "Take it, but",
        &[
            choice("take-503", "answer 503", Fault::TakeAndFail(503)),
            choice("take-hang-up", "hang up", Fault::TakeAndHangUp),
            choice("take-hang", "never answer", Fault::TakeAndHang),
            choice("take-slowly", "answer after 5 s", Fault::TakeSlowly(Duration::from_secs(5))),
            choice("take-cut", "break off the answer", Fault::TakeAndCutShort),
            choice("take-nothing", "answer nothing", Fault::TakeAndSayNothing),
            choice("take-html", "answer HTML", Fault::TakeAndAnswerHtml),
        ],
    ),
    (
        "Deliver it, with callbacks",
        &[
            choice("lose", "lost", Fault::LoseCallbacks),
            choice("twice", "made twice", Fault::RepeatCallbacks(2)),
            choice("reverse", "in reverse order", Fault::ReverseCallbacks),
            choice("shuffle", "in any order", Fault::ShuffleCallbacks(1)),
            choice("late", "10 s late", Fault::DelayCallbacks(Duration::from_secs(10))),
            choice("first", "before the answer", Fault::CallbacksFirst),
        ],
    ),
];

/// Fates of messages to a number.
pub(super) const FATES: [Choice<Fate>; 8] = [
    choice("delivered", "Delivered", Fate::Delivered),
    choice("sent", "Sent, never reported", Fate::Sent),
    choice("u30003", "Undelivered 30003: unreachable", Fate::Undelivered(30003)),
    choice("u30005", "Undelivered 30005: unknown", Fate::Undelivered(30005)),
    choice("u30006", "Undelivered 30006: landline", Fate::Undelivered(30006)),
    choice("u30007", "Undelivered 30007: filtered", Fate::Undelivered(30007)),
    choice("f30001", "Failed 30001: queue full", Fate::Failed(30001)),
    choice("f30008", "Failed 30008: unknown error", Fate::Failed(30008)),
];

/// Returns the fault of a word.
pub(super) fn fault(word: &str) -> Option<Fault> {
    let mut all = FAULTS.iter().flat_map(|(_, choices)| choices.iter());
    all.find(|choice| choice.word == word).map(|choice| choice.value)
}

/// Returns the fate of a word.
pub(super) fn fate(word: &str) -> Option<Fate> {
    FATES.iter().find(|choice| choice.word == word).map(|choice| choice.value)
}

/// Returns a fault that waits, in a line.
pub(super) fn line(path: Option<&str>, when: When, fault: Fault) -> String {
    let when = match when {
        When::Next(1) => "next".to_owned(),
        When::Next(number) => format!("next {number}"),
        When::To(number) => format!("all to {}", number.international()),
        When::Every(1) => "all".to_owned(),
        When::Every(number) => format!("one in {number}"),
        _ => "some".to_owned(),
    };
    let when = match path {
        Some(path) => format!("{when} at {path}"),
        None => when,
    };
    let fault = match fault {
        Fault::Refuse(status) => format!("refuse with {status}"),
        Fault::RefuseFor(status, wait) => {
            format!("refuse with {status}, retry after {} s", wait.as_secs())
        }
        Fault::HangUp => "hang up".to_owned(),
        Fault::Hang => "never answer".to_owned(),
        Fault::TakeAndFail(status) => format!("take, answer {status}"),
        Fault::TakeAndHangUp => "take, hang up".to_owned(),
        Fault::TakeAndHang => "take, never answer".to_owned(),
        Fault::TakeSlowly(wait) => format!("take, answer after {} s", wait.as_secs()),
        Fault::TakeAndCutShort => "take, break off the answer".to_owned(),
        Fault::TakeAndSayNothing => "take, answer nothing".to_owned(),
        Fault::TakeAndAnswerHtml => "take, answer HTML".to_owned(),
        Fault::RepeatCallbacks(times) => format!("callbacks {times} times"),
        Fault::ReverseCallbacks => "callbacks in reverse order".to_owned(),
        Fault::ShuffleCallbacks(_) => "callbacks in any order".to_owned(),
        Fault::DelayCallbacks(wait) => format!("callbacks {} s late", wait.as_secs()),
        Fault::LoseCallbacks => "callbacks lost".to_owned(),
        Fault::CallbacksFirst => "callbacks before the answer".to_owned(),
        _ => "a fault".to_owned(),
    };
    format!("{when}: {fault}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_has_a_word_of_its_own_and_a_line() {
        let mut words: Vec<_> =
            FAULTS.iter().flat_map(|(_, all)| all.iter()).map(|choice| choice.word).collect();
        assert!(words.iter().all(|word| {
            fault(word).is_some_and(|fault| !line(None, When::Next(1), fault).ends_with("a fault"))
        }));
        let all = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), all);
        assert!(FATES.iter().all(|choice| fate(choice.word) == Some(choice.value)));
        assert_eq!(line(None, When::Next(2), Fault::HangUp), "next 2: hang up");
    }
}
