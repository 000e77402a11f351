//! Sight of a text: links, phone numbers, variables, ways to opt in, what is for adults.

use crate::text;

/// Ends of hosts that count as a link without `https://` or a path.
const ENDINGS: [&str; 24] = [
    "com", "net", "org", "info", "biz", "io", "co", "us", "uk", "ca", "eu", "de", "fr", "app",
    "dev", "shop", "store", "site", "online", "me", "ly", "gov", "edu", "link",
];

/// Returns `true` if a text has a link, or the place of one: `[link]`.
pub(super) fn has_link(text: &str) -> bool {
    let lower = text.to_lowercase();
    let placeholder = placeholders(&lower).any(|name| {
        let names = ["link", "url", "website", "web address"];
        names.iter().any(|known| name.contains(known))
    });
    placeholder || lower.contains("://") || lower.split_whitespace().any(is_link)
}

fn is_link(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
    let (host, path) = word.split_once('/').map_or((word, None), |(host, path)| (host, Some(path)));
    let host = host.split([':', '?', '#']).next().unwrap_or_default();
    let Some((before, ending)) = host.rsplit_once('.') else { return false };
    let labels = before
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    let letters = ending.len() >= 2 && ending.chars().all(char::is_alphabetic);
    let named = host.starts_with("www.") || ENDINGS.contains(&ending);
    labels && letters && (named || path.is_some_and(|path| !path.is_empty()))
}

/// Returns `true` if a text has a phone number, or the place of one: `[phone]`.
pub(super) fn has_phone(text: &str) -> bool {
    let lower = text.to_lowercase();
    let names = |name: &str| name.contains("phone") || name.contains("telephone");
    if placeholders(&lower).any(names) {
        return true;
    }
    let part = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '+');
    let calls = ["call", "phone", "tel", "dial", "text", "contact"];
    let calls = calls.iter().any(|word| has_words(&lower, word));
    lower.split(|c: char| !part(c)).any(|run| is_phone(run, calls))
}

/// Returns `true` if a run of digits, spaces and signs is a phone number rather than a date, a price or an order.
/// Bare digits are one where the text asks to call.
fn is_phone(run: &str, calls: bool) -> bool {
    let groups: Vec<&str> =
        run.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    // The number may have other digits before or behind it.
    (0..groups.len()).any(|start| {
        let after_plus = run
            .match_indices(groups[start])
            .next()
            .is_some_and(|(at, _)| run[..at].trim_end_matches([' ', '(']).ends_with('+'));
        (start + 1..=groups.len()).any(|end| {
            let lengths: Vec<usize> = groups[start..end].iter().map(|group| group.len()).collect();
            let digits: usize = lengths.iter().sum();
            let first = groups[start];
            match lengths.as_slice() {
                _ if after_plus && end == groups.len() => (8..=15).contains(&digits),
                [10] | [11] => calls,
                [3, 3, 4] | [3, 4] if digits == 10 => true,
                [1, 3, 3, 4] => first == "1",
                [5, 6] | [5, 3, 3] | [3, 4, 4] | [4, 3, 4] | [4, 7] => first.starts_with('0'),
                _ => false,
            }
        })
    })
}

/// Iterates over what stands in square brackets.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('[').skip(1).filter_map(|rest| rest.split_once(']').map(|(name, _)| name))
}

/// Returns `true` if a variable is marked in another way than by square brackets: `{name}`, `<name>`, `%name%`,
/// `$name`, `XXXX` or `____`.
pub(super) fn has_other_variables(text: &str) -> bool {
    let name = |inner: &str| {
        (1..=40).contains(&inner.chars().count())
            && inner
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '{'))
            && inner.trim_start_matches(['{', '_']).starts_with(char::is_alphabetic)
    };
    let between = |open: char, close: char| {
        text.split(open)
            .skip(1)
            .any(|rest| rest.split_once(close).is_some_and(|(inner, _)| name(inner)))
    };
    let percent = text.split('%').collect::<Vec<_>>();
    // What is between two signs and has no space: not "20% off or 30% off".
    let between_percents = percent.len() > 2
        && percent[1..percent.len() - 1].iter().any(|inner| name(inner) && !inner.contains(' '));
    let words = || text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$'));
    let dollar = words().any(|word| {
        word.strip_prefix('$').is_some_and(|name| name.starts_with(|c: char| c.is_alphabetic()))
    });
    let filler = |word: &str| {
        (3..=12).contains(&word.len())
            && (word.bytes().all(|b| b == b'x')
                || word.bytes().all(|b| b == b'X')
                || word.bytes().all(|b| b == b'_'))
    };
    between('{', '}') || between('<', '>') || between_percents || dollar || words().any(filler)
}

/// Returns `true` if a text has a link of a public shortener.
pub(super) fn has_shortener(text: &str) -> bool {
    let report = text::check(text, &text::CheckOptions::default());
    report.findings().iter().any(|finding| matches!(finding, text::Finding::ShortenedLink { .. }))
}

/// Returns `true` if a text names this business; without the form of its company, and whatever the case.
pub(super) fn names(text: &str, business: &str) -> bool {
    const FORMS: [&str; 14] = [
        "inc",
        "incorporated",
        "llc",
        "ltd",
        "limited",
        "corp",
        "corporation",
        "co",
        "company",
        "plc",
        "gmbh",
        "llp",
        "lp",
        "pllc",
    ];
    let words = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase().replace(['\'', '’'], "");
        lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (text, mut business) = (words(text), words(business));
    while business.len() > 1 && business.last().is_some_and(|last| FORMS.contains(&last.as_str())) {
        business.pop();
    }
    !business.is_empty() && text.windows(business.len()).any(|window| window == business)
}

/// Returns `true` if a text says where people opt in: on a page or a form, by a keyword, at a counter, by voice.
pub(super) fn says_where(text: &str) -> bool {
    const PLACES: [&str; 32] = [
        "website",
        "web site",
        "web page",
        "webpage",
        "web form",
        "webform",
        "online",
        "form",
        "checkbox",
        "check box",
        "app",
        "portal",
        "checkout",
        "sign-up page",
        "signup page",
        "landing page",
        "page",
        "keyword",
        "qr code",
        "in person",
        "in-person",
        "in store",
        "in-store",
        "point of sale",
        "verbally",
        "by phone",
        "over the phone",
        "phone call",
        "paper",
        "kiosk",
        "texting",
        "text message",
    ];
    let lower = text.to_lowercase();
    has_link(&lower) || PLACES.iter().any(|place| has_words(&lower, place)) || texts_a_keyword(text)
}

/// Returns `true` if a text asks to text a word in capitals: "text START to 12345".
fn texts_a_keyword(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|two| {
        let asks =
            ["text", "send", "reply", "sends", "texts"].contains(&two[0].to_lowercase().as_str());
        asks && two[1].len() >= 2 && two[1].chars().all(|c| c.is_uppercase() || c.is_ascii_digit())
    })
}

/// Returns `true` if a text says that people agree.
pub(super) fn says_consent(text: &str) -> bool {
    const WORDS: [&str; 28] = [
        "opt in",
        "opts in",
        "opt-in",
        "opts-in",
        "opted in",
        "opting in",
        "consent",
        "consents",
        "agree",
        "agrees",
        "agreeing",
        "sign up",
        "signs up",
        "signing up",
        "sign-up",
        "signup",
        "subscribe",
        "subscribes",
        "subscribing",
        "check a box",
        "checks a box",
        "tick",
        "ticks",
        "enroll",
        "enrolls",
        "ask for",
        "asks for",
        "request",
    ];
    let lower = text.to_lowercase();
    WORDS.iter().any(|words| has_words(&lower, words)) || texts_a_keyword(text)
}

/// Returns `true` if a text speaks of what is for adults.
pub(super) fn is_for_adults(text: &str) -> bool {
    const WORDS: [&str; 30] = [
        "alcohol",
        "beer",
        "beers",
        "wine",
        "wines",
        "liquor",
        "whiskey",
        "whisky",
        "vodka",
        "spirits",
        "brewery",
        "winery",
        "tobacco",
        "cigar",
        "cigars",
        "cigarette",
        "cigarettes",
        "vape",
        "vapes",
        "vaping",
        "cannabis",
        "marijuana",
        "cbd",
        "casino",
        "gambling",
        "betting",
        "firearm",
        "firearms",
        "ammo",
        "ammunition",
    ];
    let lower = text.to_lowercase();
    WORDS.iter().any(|word| has_words(&lower, word))
}

/// Returns `true` if a text speaks of loans.
pub(super) fn is_about_loans(text: &str) -> bool {
    const WORDS: [&str; 8] =
        ["loan", "loans", "payday", "mortgage", "mortgages", "lender", "lending", "cash advance"];
    let lower = text.to_lowercase();
    WORDS.iter().any(|word| has_words(&lower, word))
}

/// Returns `true` if a text has these words as whole words.
pub(super) fn has_words(lower: &str, words: &str) -> bool {
    lower.match_indices(words).any(|(at, _)| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + words.len()..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_none_or(|c| !c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_links_and_sentences_are_not() {
        for text in [
            "See https://example.com/a",
            "example.com",
            "(www.club.example)",
            "club.example/menu",
            "EXAMPLE.COM.",
            "at [link]",
            "[short URL]",
            "https://example",
            "see example.co.uk, or call",
            "example.com?a=b",
            "example.org:8080/a",
        ] {
            assert!(has_link(text), "{text}");
        }
        for text in [
            "Your table is ready.Thanks",
            "me@example.com",
            "3.50 or 4.20",
            "e.g. this",
            "a/b",
            "24/7 help",
            "and/or",
            "v1.2",
            "[code]",
            "Ready at 7 p.m. today",
            "",
        ] {
            assert!(!has_link(text), "{text}");
        }
    }

    #[test]
    fn phone_numbers_are_not_dates_codes_or_prices() {
        for text in [
            "Call +1 555 555 0100",
            "(555) 555-0100",
            "555-555-0100",
            "Call 5555550100",
            "1-555-555-0100",
            "07700 900123",
            "020 7946 0123",
            "+447700900123.",
            "555.555.0100 now",
            "[phone number]",
            "Room 12 555-555-0100",
            "tel 15555550100",
        ] {
            assert!(has_phone(text), "{text}");
        }
        for text in [
            "Your code is 123456",
            "2026-12-01 10:30",
            "on 12/01/2026",
            "$1,234.50",
            "Order 4711",
            "1234 5678",
            "0.0075",
            "10-20 minutes",
            "[code]",
            "Order 5555550100",
            "2026-12-01 10-12",
            "",
        ] {
            assert!(!has_phone(text), "{text}");
        }
    }

    #[test]
    fn variables_are_in_brackets_or_found() {
        for text in [
            "Hi {name}",
            "Hi {{first_name}}",
            "Hi <name>",
            "Hi %name%",
            "Hi $name",
            "code XXXX",
            "code xxx",
            "at ____",
        ] {
            assert!(has_other_variables(text), "{text}");
        }
        for text in [
            "Hi [name]",
            "20% off or 30% off",
            "$5 off",
            "a < b",
            "I <3 you",
            "Exxon",
            "{}",
            "",
            "20%, then 10%",
            "<3 > 2",
        ] {
            assert!(!has_other_variables(text), "{text}");
        }
    }

    #[test]
    fn a_business_is_named_by_whole_words() {
        for (text, business) in [
            ("CLUB: your table", "Club"),
            ("Acme Corp: hi", "Acme, Inc."),
            ("from Joe's Diner", "Joe’s Diner"),
            ("Owl, Inc says hi", "Owl Inc."),
            ("Big  Club hi", "Big Club LLC"),
        ] {
            assert!(names(text, business), "{text} {business}");
        }
        for (text, business) in
            [("Clubs: hi", "Club"), ("hi", "Inc."), ("hi", ""), ("Big hi", "Big Club")]
        {
            assert!(!names(text, business), "{text} {business}");
        }
    }

    #[test]
    fn a_flow_says_where_and_that_people_agree() {
        for text in [
            "Members sign up at https://example.com/join and check a box.",
            "Customers text JOIN to our number to opt in.",
            "Guests agree on a paper form at the counter.",
            "People ask for messages on the sign-up page of the club.",
        ] {
            assert!(says_where(text) && says_consent(text), "{text}");
        }
        assert!(!says_where("We send messages to our customers all the time."));
        assert!(!says_consent("We take numbers from our website and send to them."));
        assert!(is_for_adults("New WINES tonight") && !is_for_adults("twines and casinos-free"));
        assert!(is_about_loans("Your payday loan") && !is_about_loans("Sloan says hi"));
    }
}
