//! [`Keywords`]: recognises messages that consist of a keyword, such as STOP, START or HELP.
//!
//! | file | job |
//! |---|---|
//! | `normalize` | the form in which texts and keywords are compared |
//! | `heuristic` | detects opt-outs in free wording |

mod heuristic;
mod normalize;

use std::collections::BTreeMap;

use serde::Serialize;

use normalize::normalize;

/// Maximum number of characters of a keyword. Longer texts never match and are not read to their end.
const MAX: usize = 64;

/// Request that a message makes by a keyword.
///
/// serde writes `opt_out`, `opt_in` and `help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Keyword {
    /// The sender wants no more messages.
    OptOut,
    /// The sender wants messages again.
    ///
    /// Reverses an earlier opt-out by keyword, but is not consent by itself: ignore it from senders who did
    /// not opt out that way. A vendor may treat `YES` as an opt-in, which may instead be the answer to one
    /// of your questions.
    OptIn,
    /// The sender asks for information about the service.
    Help,
}

/// Standard keywords, after [`normalize`].
///
/// Opt-out: the words named in 47 CFR 64.1200(a)(10); Twilio's defaults (since 2025-05-14 with REVOKE and
/// OPTOUT); Plivo's, from the longest of its three lists; those that AWS End User Messaging lists for the
/// United States and Canada. Help: Twilio's defaults. ARRET, AIDE and INFO are also mandatory on Canadian
/// short codes (CWTA application guidelines 3.9). All as of 2026-11-20.
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

/// Set of keywords with their meanings. A keyword counts only as the whole message.
///
/// Ignored in comparison: case, full-width and other forms of letters, invisible characters, and everything
/// but letters and digits at both ends. Spaces, dashes and underscores between words are equal. Nothing
/// else is ignored: `STOP it` is not a keyword.
///
/// Recognise opt-outs in received messages:
///
/// ```
/// use anysms::text::{Keyword, Keywords};
///
/// let keywords = Keywords::standard().with("salir", Keyword::OptOut)?;
/// for text in ["STOP", " \"Stop\". ", "stop 🛑", "ＳＴＯＰ", "Opt-Out", "ARRÊT", "Salir!"] {
///     assert_eq!(keywords.find(text), Some(Keyword::OptOut));
/// }
/// for text in ["Don't stop", "stopwatch", "End of day?", "yes", "Please stop texting me"] {
///     assert_eq!(keywords.find(text), None);
/// }
/// # Ok::<(), anysms::text::KeywordError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keywords {
    standard: bool,
    /// Words that were added, and words that were removed (`None`).
    custom: BTreeMap<String, Option<Keyword>>,
}

impl Keywords {
    /// Returns the keywords of United States law, of Twilio, Plivo and AWS, and of Canadian short codes.
    ///
    /// Opt-out: stop, stop all, stopall, quit, end, revoke, opt out, optout, cancel, unsubscribe, unsub,
    /// remove, td, arret, arrêt. Help: help, info, aide. Opt-in: start, unstop.
    ///
    /// A wrong opt-out loses one message; a wrong opt-in sends an unwanted one. Therefore every documented
    /// word opts out, and only words that both vendors list today opt in. `YES` does not, although Twilio
    /// treats it so, because people confirm bookings with it; nor do the older words of Plivo: yes, resume,
    /// resume all, go.
    #[must_use]
    pub const fn standard() -> Self {
        Self { standard: true, custom: BTreeMap::new() }
    }

    /// Returns an empty set, to which you add your own words.
    #[must_use]
    pub const fn none() -> Self {
        Self { standard: false, custom: BTreeMap::new() }
    }

    /// Adds a keyword of one or more words, or changes its meaning. Accents count; case and punctuation at
    /// the ends do not.
    ///
    /// Add the words of another language:
    ///
    /// ```
    /// use anysms::text::{Keyword, Keywords};
    ///
    /// let keywords = Keywords::standard().with("dar de baja", Keyword::OptOut)?;
    /// assert_eq!(keywords.find("DAR DE BAJA."), Some(Keyword::OptOut));
    /// # Ok::<(), anysms::text::KeywordError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeywordError::Empty`] without a letter or digit, [`KeywordError::TooLong`] with more than 64
    /// characters: no message could match.
    pub fn with(mut self, word: &str, meaning: Keyword) -> Result<Self, KeywordError> {
        let word = normalize(word, MAX).ok_or(KeywordError::TooLong)?;
        if word.is_empty() {
            return Err(KeywordError::Empty);
        }
        self.custom.insert(word, Some(meaning));
        Ok(self)
    }

    /// Removes a keyword.
    ///
    /// United States law counts the words that it names as opt-outs even if you remove them.
    ///
    /// Let `cancel` cancel an appointment:
    ///
    /// ```
    /// use anysms::text::Keywords;
    ///
    /// let keywords = Keywords::standard().without("cancel");
    /// assert_eq!(keywords.find("Cancel"), None);
    /// ```
    #[must_use]
    pub fn without(mut self, word: &str) -> Self {
        if let Some(word) = normalize(word, MAX) {
            self.custom.insert(word, None);
        }
        self
    }

    /// Iterates over all keywords with their meanings, in the normalised form in which they are compared.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Keyword)> {
        let standard = if self.standard { &STANDARD[..] } else { &[] };
        let kept = standard.iter().filter(|(word, _)| !self.custom.contains_key(*word));
        let custom = self.custom.iter().filter_map(|(word, meaning)| Some((&**word, (*meaning)?)));
        kept.copied().chain(custom)
    }

    /// Returns the meaning of a text that consists of a keyword; `None` for any other text.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Keyword> {
        let text = normalize(text, MAX)?;
        self.iter().find(|(word, _)| *word == text).map(|(_, meaning)| meaning)
    }

    /// Returns `true` if a text that is not a keyword reads like an opt-out, such as "please stop texting
    /// me" or "take me off your list". Covers English, French and Spanish.
    ///
    /// Use it to show the message to a person, not to act on it. Such a wording is a legal opt-out if a
    /// reasonable person would understand it so (47 CFR 64.1200(a)(10), as of 2026-11-20). `false` is no
    /// proof, as other wordings exist; texts of more than 306 characters are not read.
    ///
    /// Queue unclear messages for review:
    ///
    /// ```
    /// use anysms::text::Keywords;
    ///
    /// let keywords = Keywords::standard();
    /// assert!(keywords.may_be_opt_out("Please stop texting me"));
    /// assert!(!keywords.may_be_opt_out("See you at the bus stop"));
    /// ```
    #[must_use]
    pub fn may_be_opt_out(&self, text: &str) -> bool {
        self.find(text).is_none() && heuristic::reads_like_opt_out(text)
    }
}

impl Default for Keywords {
    /// Returns the [standard](Self::standard) keywords.
    fn default() -> Self {
        Self::standard()
    }
}

/// Error of adding a keyword: no message could match it. Does not contain the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum KeywordError {
    /// The word contains no letter or digit.
    #[error("keyword: has no letter or digit")]
    Empty,
    /// The word has more than 64 characters.
    #[error("keyword: has more than {MAX} characters")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_words_are_in_the_form_in_which_they_are_compared() {
        for (at, (word, _)) in STANDARD.iter().enumerate() {
            assert_eq!(normalize(word, MAX).as_deref(), Some(*word));
            assert!(STANDARD[..at].iter().all(|(other, _)| other != word), "{word} is there twice");
        }
    }
}
