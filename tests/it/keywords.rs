//! Keywords: what people really send, and what holds for every text.

use std::collections::BTreeSet;

use anysms::{
    message::{Address, MessageId},
    text::{Keyword, KeywordError, Keywords},
    webhook::{Authenticity, InboundMessage},
};
use proptest::{collection::vec, prelude::*, sample::select};

/// The lines of a file: a text, and what stands behind the tab.
fn lines(file: &'static str) -> Vec<(String, &'static str)> {
    let lines = file.lines().filter(|line| !line.starts_with("# "));
    let parted = lines.map(|line| line.split_once('\t').unwrap_or((line, "")));
    parted.map(|(text, rest)| (unescaped(text), rest)).collect()
}

fn unescaped(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, escape)) = rest.split_once('\\') {
        plain.push_str(before);
        let (c, length) = match &escape[..1] {
            "n" => ('\n', 1),
            "r" => ('\r', 1),
            "t" => ('\t', 1),
            "\\" => ('\\', 1),
            _ => {
                let (hex, _) = escape.strip_prefix("u{").unwrap().split_once('}').unwrap();
                let c = u32::from_str_radix(hex, 16).unwrap().try_into().unwrap();
                (c, hex.len() + 3)
            }
        };
        plain.push(c);
        rest = &escape[length..];
    }
    plain + rest
}

fn positives() -> Vec<(String, Keyword)> {
    let meaning = |word| match word {
        "opt_out" => Keyword::OptOut,
        "opt_in" => Keyword::OptIn,
        "help" => Keyword::Help,
        _ => panic!("{word} is no meaning"),
    };
    let lines = lines(include_str!("../data/keywords/positives.txt"));
    lines.into_iter().map(|(text, word)| (text, meaning(word))).collect()
}

fn negatives() -> Vec<(String, bool)> {
    let lines = lines(include_str!("../data/keywords/negatives.txt"));
    lines.into_iter().map(|(text, mark)| (text, mark == "possible")).collect()
}

#[test]
fn what_is_a_keyword_is_found() {
    let (rows, keywords) = (positives(), Keywords::standard());
    assert_eq!(rows.len(), 200);
    for (text, meaning) in &rows {
        assert_eq!(keywords.find(text), Some(*meaning), "{text:?}");
        assert!(!keywords.may_be_opt_out(text), "{text:?}");
    }
    let texts: BTreeSet<_> = rows.iter().map(|(text, _)| text.to_lowercase()).collect();
    let missing: Vec<_> = keywords.iter().filter(|(word, _)| !texts.contains(*word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_is_none_is_not() {
    let (rows, keywords) = (negatives(), Keywords::standard());
    assert_eq!(rows.len(), 700);
    let distinct: BTreeSet<_> = rows.iter().map(|(text, _)| text).collect();
    assert_eq!(distinct.len(), rows.len());
    for (text, _) in &rows {
        assert_eq!(keywords.find(text), None, "{text:?}");
    }
}

#[test]
fn what_may_be_an_opt_out_is_pointed_out() {
    let keywords = Keywords::standard();
    let wrong: Vec<_> = negatives()
        .into_iter()
        .filter(|(text, possible)| keywords.may_be_opt_out(text) != *possible)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn words_of_your_own() -> Result<(), KeywordError> {
    let keywords = Keywords::standard()
        .with("Yes", Keyword::OptIn)?
        .with("¡Darme de BAJA!", Keyword::OptOut)?
        .with("info", Keyword::OptIn)?
        .without("CANCEL");
    for (text, meaning) in [
        ("yes!", Some(Keyword::OptIn)),
        ("darme  de-baja", Some(Keyword::OptOut)),
        ("darme de baja ya", None),
        ("INFO", Some(Keyword::OptIn)),
        ("cancel", None),
        ("stop", Some(Keyword::OptOut)),
    ] {
        assert_eq!(keywords.find(text), meaning, "{text}");
    }
    assert_eq!(
        keywords.clone().with("cancel", Keyword::Help)?.find("Cancel."),
        Some(Keyword::Help)
    );
    assert!(
        keywords.may_be_opt_out("Darme de baja ya") && !keywords.may_be_opt_out("darme de baja")
    );

    let none = Keywords::none();
    assert_eq!((none.find("STOP"), none.iter().count()), (None, 0));
    assert!(none.may_be_opt_out("STOP"), "what is no keyword here still reads like one");
    let word = none.with("Ｐａｒｅｎ", Keyword::OptOut)?;
    assert_eq!(word.iter().collect::<Vec<_>>(), [("paren", Keyword::OptOut)]);
    Ok(())
}

#[test]
fn a_word_that_no_text_could_match_is_refused() {
    for (word, error) in [
        ("", KeywordError::Empty),
        (" 🛑!", KeywordError::Empty),
        (&*"a".repeat(65), KeywordError::TooLong),
    ] {
        let refused = Keywords::none().with(word, Keyword::OptOut);
        assert_eq!(refused.map(|_| ()), Err(error), "{word}");
    }
    let longest = "a".repeat(64);
    let keywords = Keywords::none().with(&longest, Keyword::Help).unwrap();
    assert_eq!(keywords.find(&longest), Some(Keyword::Help));
    assert_eq!(keywords.without(" ").find("."), None);
}

#[test]
fn the_vendors_flag_comes_before_the_text() {
    let message = |text: &str| {
        let address = |text: &str| text.parse::<Address>().unwrap();
        let id: MessageId = "twilio:SM00000000000000000000000000000001".parse().unwrap();
        let addresses = (address("+447700900123"), address("+447700900456"));
        InboundMessage::new(id, addresses, text.into(), Authenticity::Full)
    };
    let keywords = Keywords::standard();
    assert_eq!(message("Stop.").intent(&keywords), Some(Keyword::OptOut));
    assert_eq!(message("See you").intent(&keywords), None);
    let mut flagged = message("help");
    flagged.keyword = Some(Keyword::OptOut);
    assert_eq!(flagged.intent(&keywords), Some(Keyword::OptOut));
}

#[test]
fn a_long_text_is_not_read_to_its_end() {
    let keywords = Keywords::standard();
    let long = "stop ".repeat(1_000_000);
    let start = std::time::Instant::now();
    assert_eq!((keywords.find(&long), keywords.may_be_opt_out(&long)), (None, false));
    assert!(start.elapsed().as_millis() < 100, "{:?}", start.elapsed());
}

/// What may stand around a keyword: signs, emoji, spaces and what is not seen.
const AROUND: [&str; 24] = [
    " ",
    "\n",
    "\t",
    "\u{a0}",
    "\u{3000}",
    ".",
    "!",
    "?",
    "…",
    "\"",
    "'",
    "“",
    "»",
    "(",
    "]",
    "*",
    "_",
    "-",
    "🛑",
    "🙏🏽",
    "🤦‍♀️",
    "‼️",
    "\u{200b}",
    "\u{fe0f}",
];

/// What may stand between two characters of one.
const INVISIBLE: [&str; 5] = ["\u{200b}", "\u{ad}", "\u{2060}", "\u{fe0f}", "\u{feff}"];

fn around() -> impl Strategy<Value = String> {
    vec(select(&AROUND[..]), 0..6).prop_map(|parts| parts.concat())
}

fn standard_words() -> Vec<(String, Keyword)> {
    Keywords::standard().iter().map(|(word, meaning)| (word.to_owned(), meaning)).collect()
}

/// One character in another case, full width, or with something invisible behind it.
fn varied(c: char, how: u8) -> String {
    match how {
        0 => c.to_uppercase().collect(),
        1 if c.is_ascii_lowercase() => {
            char::from_u32(u32::from(c) - 0x61 + 0xff41).unwrap().to_string()
        }
        2 if c == ' ' => "\u{2011}".to_owned(),
        3 if c == 'ê' => "E\u{302}".to_owned(),
        4..=8 => format!("{c}{}", INVISIBLE[usize::from(how - 4)]),
        _ => c.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn looks_do_not_matter(
        (word, meaning) in select(standard_words()),
        how in vec(0..16_u8, 12),
        (before, after) in (around(), around()),
    ) {
        let varied: String = word.chars().zip(how).map(|(c, how)| varied(c, how)).collect();
        let text = format!("{before}{varied}{after}");
        prop_assert_eq!(Keywords::standard().find(&text), Some(meaning), "{:?}", text);
    }

    #[test]
    fn another_word_matters(
        (word, _) in select(standard_words()),
        other in "[a-zA-Zа-яé0-9]{1,12}",
        between in "[ -/\n]{1,3}",
        first in any::<bool>(),
    ) {
        let text = if first { other + &between + &word } else { format!("{word}{between}{other}") };
        let keywords = Keywords::standard();
        // Two words may make another keyword: "stop all", "opt out".
        let known = ["stop all", "opt out"].iter().any(|known| {
            text.to_lowercase().split([' ', '-', '\n']).filter(|word| !word.is_empty()).eq(known.split(' '))
        });
        prop_assert!(known || keywords.find(&text).is_none(), "{:?}", text);
    }

    #[test]
    fn nothing_panics(text in any::<String>(), word in any::<String>()) {
        let keywords = Keywords::standard();
        let _ = (keywords.find(&text), keywords.may_be_opt_out(&text));
        if let Ok(keywords) = Keywords::none().with(&word, Keyword::Help) {
            prop_assert_eq!(keywords.find(&word), Some(Keyword::Help));
            prop_assert_eq!(keywords.without(&word).find(&word), None);
        }
    }
}
