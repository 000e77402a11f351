//! [`Keywords`]: what a message says that is nothing but a keyword.

mod heuristic;
mod normalize;

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use normalize::normal;

/// Most characters of a keyword. A text that has more of them is none, and is not read to its end.
const MAX: usize = 64;

/// What a message asks for by a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Keyword {
    /// The sender wants no more messages.
    OptOut,
    /// The sender wants messages again. It takes back an opt-out by keyword, and is no consent of its
    /// own: ignore it from whoever did not opt out that way. A vendor may take `YES` for it, and that
    /// may be the answer to a question of yours.
    OptIn,
    /// The sender asks what this is.
    Help,
}

/// The standard words, as [`normal`] leaves them.
///
/// Opting out: the words that 47 CFR 64.1200(a)(10) names; Twilio's defaults (since 2025-05-14 with
/// REVOKE and OPTOUT); Plivo's, in the most generous of its three lists; those that AWS End User
/// Messaging lists for the United States and Canada. Help: Twilio's defaults. ARRET, AIDE and INFO are
/// also mandatory on Canadian short codes (CWTA application guidelines 3.9). All as of 2026-11-20.
const STANDARD: [(&str, Keyword); 20] = [
    ("stop", Keyword::OptOut),
    ("quit", Keyword::OptOut),
    ("end", Keyword::OptOut),
    ("revoke", Keyword::OptOut),
    ("opt out", Keyword::OptOut),
    ("cancel", Keyword::OptOut),
    ("unsubscribe", Keyword::OptOut),
    ("stopall", Keyword::OptOut),  // Twilio
    ("optout", Keyword::OptOut),   // Twilio
    ("stop all", Keyword::OptOut), // Plivo
    ("unsub", Keyword::OptOut),    // Plivo
    ("remove", Keyword::OptOut),   // AWS
    ("td", Keyword::OptOut),       // AWS
    ("arret", Keyword::OptOut),    // AWS, CWTA
    ("arrêt", Keyword::OptOut),
    ("start", Keyword::OptIn),
    ("unstop", Keyword::OptIn),
    ("help", Keyword::Help),
    ("info", Keyword::Help),
    ("aide", Keyword::Help), // CWTA
];

/// Which words mean what, when they are the whole message.
///
/// Case, full-width and other forms of the letters, invisible characters, and whatever is neither
/// letter nor digit at either end make no difference; spaces, dashes and underscores between words are
/// all one. Nothing else is overlooked: `STOP it` is no keyword.
///
/// ```
/// use anysms::webhook::{Keyword, Keywords};
///
/// let keywords = Keywords::standard().with("salir", Keyword::OptOut)?;
/// for text in ["STOP", " \"Stop\". ", "stop 🛑", "ＳＴＯＰ", "Opt-Out", "ARRÊT", "Salir!"] {
///     assert_eq!(keywords.find(text), Some(Keyword::OptOut));
/// }
/// for text in ["Don't stop", "stopwatch", "End of day?", "yes", "Please stop texting me"] {
///     assert_eq!(keywords.find(text), None);
/// }
/// assert!(keywords.may_be_opt_out("Please stop texting me")); // for a person to look at
/// # Ok::<(), anysms::webhook::KeywordError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keywords {
    standard: bool,
    /// What was added, and what was taken out.
    custom: BTreeMap<String, Option<Keyword>>,
}

impl Keywords {
    /// The words of United States law, of Twilio, Plivo and AWS, and of Canadian short codes.
    ///
    /// To opt out: stop, stop all, stopall, quit, end, revoke, opt out, optout, cancel, unsubscribe,
    /// unsub, remove, td, arret, arrêt. For help: help, info, aide. To opt in: start, unstop.
    ///
    /// To take a word for an opt-out wrongly costs a message, for an opt-in an unwanted one. So every
    /// documented word opts out, and only what both vendors list today opts in. `YES` does not, though
    /// Twilio takes it so: people answer it to a booking. Nor do older words of Plivo's: yes, resume,
    /// resume all, go.
    #[must_use]
    pub const fn standard() -> Self {
        Self { standard: true, custom: BTreeMap::new() }
    }

    /// No words but those you add.
    #[must_use]
    pub const fn none() -> Self {
        Self { standard: false, custom: BTreeMap::new() }
    }

    /// Adds a word or a few, or gives them another meaning. They are compared as texts are: case and
    /// signs at the ends do not count, accents do.
    ///
    /// # Errors
    /// [`KeywordError`] if no text could match.
    pub fn with(mut self, word: &str, meaning: Keyword) -> Result<Self, KeywordError> {
        let word = normal(word, MAX).ok_or(KeywordError::TooLong)?;
        if word.is_empty() {
            return Err(KeywordError::Empty);
        }
        self.custom.insert(word, Some(meaning));
        Ok(self)
    }

    /// Takes a word out, such as `cancel` where it cancels an appointment. The law of the United States
    /// counts those that it names as opt-outs whatever you call them.
    #[must_use]
    pub fn without(mut self, word: &str) -> Self {
        if let Some(word) = normal(word, MAX) {
            self.custom.insert(word, None);
        }
        self
    }

    /// All words with their meanings, in the form in which they are compared.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Keyword)> {
        let standard = if self.standard { &STANDARD[..] } else { &[] };
        let kept = standard.iter().filter(|(word, _)| !self.custom.contains_key(*word));
        let custom = self.custom.iter().filter_map(|(word, meaning)| Some((&**word, (*meaning)?)));
        kept.copied().chain(custom)
    }

    /// What a text means that is a keyword and nothing else.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Keyword> {
        let text = normal(text, MAX)?;
        self.iter().find(|(word, _)| *word == text).map(|(_, meaning)| meaning)
    }

    /// Whether a text that is no keyword reads like an opt-out: "please stop texting me", "take me off
    /// your list", in English, French or Spanish.
    ///
    /// A hint for a person to look at, not to act upon: such a wording counts in law if a reasonable
    /// person would take it so (47 CFR 64.1200(a)(10), as of 2026-11-20). `false` says little, as there
    /// are other wordings; texts of more than some 300 characters are not read.
    #[must_use]
    pub fn may_be_opt_out(&self, text: &str) -> bool {
        self.find(text).is_none() && heuristic::reads_like_opt_out(text)
    }
}

impl Default for Keywords {
    /// The [standard](Self::standard) words.
    fn default() -> Self {
        Self::standard()
    }
}

/// Why a word cannot be a keyword. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeywordError {
    /// There is no letter or digit in it.
    Empty,
    /// It has more than 64 characters.
    TooLong,
}

impl fmt::Display for KeywordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a keyword needs a letter or a digit",
            Self::TooLong => "a keyword has at most 64 characters",
        })
    }
}

impl std::error::Error for KeywordError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_words_are_in_the_form_in_which_they_are_compared() {
        for (at, (word, _)) in STANDARD.iter().enumerate() {
            assert_eq!(normal(word, MAX).as_deref(), Some(*word));
            assert!(STANDARD[..at].iter().all(|(other, _)| other != word), "{word} is there twice");
        }
    }
}
