//! Words of vendors: statuses, codes and ids that may be logged.

/// Stands for what is no word.
pub(crate) const UNREADABLE: &str = "unreadable";

/// Returns the text, if it is a word: at most 128 ASCII letters, digits, `_`, `-` and `.`, and unless it is
/// as long as an id, no run of digits as long as a phone number's. Anything else has no business in a log.
pub(crate) fn word(text: &str) -> Option<&str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let short_numbers =
        || text.split(|c: char| !c.is_ascii_digit()).all(|digits| digits.len() <= 6);
    let id = text.len() >= 32; // `RQ` and 32 hex digits, a UUID
    (text.len() <= 128 && text.bytes().all(allowed) && (id || short_numbers())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_only_words_through() {
        let id = "RQ0123456789abcdef0123456789abcdef";
        for text in ["", "delivered", "weird-new", "21610", "partially_delivered", id] {
            assert_eq!(word(text), Some(text));
        }
        let long = "x".repeat(129);
        for text in ["+447700900123", "447700900123", "a b", "\u{1b}[2J", "é", "a\nb", &long] {
            assert_eq!(word(text), None, "{text}");
        }
    }
}
