//! [`code_in`]: the one-time code of a text.

/// Words beside which a number is a code, in lower case.
const WORDS: [&str; 31] = [
    "2fa",
    "authentication",
    "clave",
    "cod",
    "code",
    "codes",
    "codice",
    "codigo",
    "código",
    "otp",
    "parola",
    "passcode",
    "password",
    "pin",
    "verification",
    "verify",
    "kod",
    "kode",
    "koodi",
    "kód",
    "kodu",
    "token",
    "bestätigungscode",
    "sicherheitscode",
    "контрольный",
    "код",
    "кода",
    "رمز",
    "कोड",
    "验证码",
    "認証コード",
];

/// Returns the one-time code of a text; `None` if it seems to have none.
///
/// A code is 4 to 8 digits, whole or in two halves (`123-456`, `123 456`), as people are sent them. That of a last line
/// `@example.com #123456` (WebOTP) comes first, then the one nearest to a word such as code or PIN, then a number of six
/// digits if the text has no other number.
pub(super) fn code_in(text: &str) -> Option<String> {
    let numbers = numbers(text);
    let bound = text.trim_end().lines().last().filter(|line| line.starts_with('@'));
    if let Some((_, code)) = bound.and_then(|line| line.rsplit_once(" #")) {
        return Some(code.to_owned()).filter(|code| !code.is_empty());
    }
    let lower = text.to_lowercase();
    // Places in a lower-case text are those of the text itself only where no letter changes its length.
    let words: Vec<usize> = if lower.len() == text.len() { places(&lower) } else { Vec::new() };
    let distance = |at: usize| words.iter().map(|word| word.abs_diff(at)).min();
    let nearest = numbers.iter().filter_map(|(at, code)| Some((distance(*at)?, code)));
    if let Some((_, code)) = nearest.min_by_key(|(distance, _)| *distance) {
        return Some(code.clone());
    }
    let says =
        !words.is_empty() || WORDS.iter().any(|word| !word.is_ascii() && lower.contains(word));
    match numbers.as_slice() {
        [(_, only)] if says || only.len() == 6 => Some(only.clone()),
        _ => None,
    }
}

/// Returns where the words of a code stand in a text.
fn places(lower: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_alphanumeric();
    let mut places = Vec::new();
    let mut start = None;
    for (at, c) in lower.char_indices().chain([(lower.len(), ' ')]) {
        match (is_word(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let word = &lower[from..at];
                // Scripts without spaces: the word is within a run.
                if WORDS
                    .iter()
                    .any(|known| *known == word || !known.is_ascii() && word.contains(known))
                {
                    places.push(from);
                }
                start = None;
            }
            _ => {}
        }
    }
    places
}

/// Returns the numbers of a text that may be codes, and where they stand.
fn numbers(text: &str) -> Vec<(usize, String)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let mut digits = text[start..at].to_owned();
        // A second half of the same length, behind one mark.
        let half = at - start;
        let end = at + 1 + half;
        if (3..=4).contains(&half)
            && matches!(bytes.get(at), Some(b'-' | b' '))
            && bytes.get(at + 1..end).is_some_and(|half| half.iter().all(u8::is_ascii_digit))
            && !bytes.get(end).is_some_and(|next| next.is_ascii_digit() || matches!(next, b'-'))
        {
            digits += &text[at + 1..end];
            at = end;
        }
        // Part of a phone number, a price, a time, a date or a longer name.
        let before = text[..start].chars().next_back();
        let mut after = text[at..].chars();
        let (next, behind) = (after.next(), after.next());
        let joined = |c: Option<char>| {
            c.is_some_and(|c| matches!(c, '+' | '/' | '_' | '£' | '$' | '€' | '%'))
        };
        let goes_on = matches!(next, Some('.' | ',' | ':' | '-'))
            && behind.is_some_and(|c| c.is_ascii_digit());
        let went_on = matches!(before, Some('.' | ',' | ':' | '-'))
            && text[..start].chars().rev().nth(1).is_some_and(|c| c.is_ascii_digit());
        let is_name = next.is_some_and(|c| c.is_ascii_alphabetic())
            || before.is_some_and(|c| c.is_ascii_alphabetic());
        if (4..=8).contains(&digits.len())
            && !joined(before)
            && !joined(next)
            && !goes_on
            && !went_on
            && !is_name
        {
            found.push((start, digits));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_code_and_nothing_else() {
        for (text, code) in [
            ("Your Acme verification code is: 123456", Some("123456")),
            ("123456 is your code. Do not share it with anyone.", Some("123456")),
            ("G-481516 is your Acme verification code.", Some("481516")),
            ("Your code is 123-456", Some("123456")),
            ("Code: 123 456.", Some("123456")),
            ("Use 4242 as your PIN before 10:30", Some("4242")),
            ("Your code 0042 for order 20261130", Some("0042")),
            ("Su código es 778899", Some("778899")),
            ("Ваш код: 5512", Some("5512")),
            ("您的验证码是445566，十分钟内有效", Some("445566")),
            ("ACME: 918273", Some("918273")),
            ("Your code is 1122.\n\n@example.com #334455", Some("334455")),
            ("Your table is ready", None),
            ("Table for 2 at 19:30 on 2026", None),
            ("Call +447700900123", None),
            ("For your code call 555-010-0123", None),
            ("Your PIN ends on 2026-11-30", None),
            ("Your bill is £1234.50", None),
            ("Order 123456 of 654321", None),
            ("", None),
        ] {
            assert_eq!(code_in(text).as_deref(), code, "{text}");
        }
    }
}
