//! Segments, substitutes and checks of texts, held against other programs' answers.

use anysms::{
    Decimal, gsm7,
    text::{
        CheckOptions, Encoding, Finding, LengthLimit, SegmentRule, check, segments, segments_by,
        smart_encode, to_gsm7,
    },
};
use serde::Deserialize;

/// What Twilio's calculator says of a text (sms-segments-calculator 1.3.0), and what split-sms and
/// smsutil do where both agree on it.
#[derive(Deserialize)]
struct Row {
    text: String,
    encoding: String,
    units: usize,
    segments: usize,
    plain: Option<usize>,
    smart: (String, usize, usize),
}

fn rows() -> Vec<Row> {
    let lines = include_str!("../data/text/segments.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn measures(segments: anysms::text::Segments) -> (String, usize, usize) {
    (segments.encoding().to_string(), segments.units(), segments.count())
}

#[test]
fn other_programs_count_the_same() {
    let rows = rows();
    assert!(rows.len() >= 150);
    for Row { text, encoding, units, segments: count, plain, smart } in rows {
        assert_eq!(measures(segments(&text)), (encoding.clone(), units, count), "{text:?}");
        if let Some(plain) = plain {
            let found = measures(segments_by(SegmentRule::Plain, &text));
            assert_eq!(found, (encoding, units, plain), "{text:?}");
        }
        assert_eq!(measures(segments(&smart_encode(&text))), smart, "{text:?}");
    }
}

#[test]
fn the_edges_of_segments() {
    let count = |text: &str| (segments(text).count(), segments(text).remaining());
    assert_eq!(count(""), (1, 160));
    assert_eq!(count(&"a".repeat(160)), (1, 0));
    assert_eq!(count(&"a".repeat(161)), (2, 145));
    assert_eq!(count(&"я".repeat(70)), (1, 0));
    assert_eq!(count(&"я".repeat(71)), (2, 63));
    // An extension character that does not fit leaves a septet empty.
    assert_eq!(count(&("a".repeat(152) + "€" + &"b".repeat(152))), (3, 152));
    // A cluster that does not fit leaves units empty, by Twilio's rule.
    let text = "я".repeat(66) + "👋" + &"я".repeat(66);
    assert_eq!(count(&text), (3, 66));
    assert_eq!(segments_by(SegmentRule::Plain, &text).count(), 3, "nor is a surrogate pair split");
    let text = "я".repeat(65) + "👋🏽" + &"я".repeat(65);
    assert_eq!((count(&text).0, segments_by(SegmentRule::Plain, &text).count()), (3, 2));
    // Longer than a segment, it is kept whole all the same, and nothing is left.
    assert_eq!(count(&("e".to_owned() + &"\u{301}".repeat(200))), (2, 0));
}

#[test]
fn a_cost_is_exact() {
    let price: Decimal = "0.0075".parse().unwrap();
    assert_eq!(segments(&"a".repeat(307)).cost(price).to_string(), "0.0225");
    assert_eq!(segments(&"a".repeat(307)).cost(Decimal::MAX), Decimal::MAX);
}

#[test]
fn a_repeated_character_is_one_finding() {
    let text = "a\n".to_owned() + &"’ç".repeat(500) + "👋";
    let report = check(&text, &CheckOptions::default());
    let findings: Vec<_> = report.findings().iter().map(|f| (f.position().unwrap(), f)).collect();
    let shown: Vec<_> = findings.iter().map(|(place, f)| format!("{place}: {f}")).collect();
    assert_eq!(
        shown,
        [
            "2:1: U+2019 (’) is not in GSM-7, 500 times; \"'\" can take its place",
            "2:2: U+00E7 (ç) is not in GSM-7, 500 times; \"c\" can take its place",
            "2:1001: U+1F44B (👋) is not in GSM-7",
        ]
    );
    assert_eq!(findings[1].0.byte, "a\n’".len());
    assert_eq!(report.before.encoding(), Encoding::Ucs2);
    assert_eq!(report.after, segments(&to_gsm7(&text)));
}

#[test]
fn every_wish_has_its_finding() {
    let text = "Sale! ".repeat(267) + "https://tinyurl.com/x bit.ly/y tinyurl.com/z";
    let checks = CheckOptions::default()
        .with_marketing()
        .with_max_segments(10)
        .with_limit(LengthLimit::TWILIO)
        .with_limit(LengthLimit::PLIVO);
    let report = check(&text, &checks);
    let shown: Vec<_> = report.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "longer than Twilio takes, by 46 units",
            "longer than Plivo takes, by 46 units",
            "segments: 11, at most 10",
            "marketing without a way to opt out",
            "a link of tinyurl.com, 2 times, and carriers filter shorteners",
            "a link of bit.ly, and carriers filter shorteners",
        ]
    );
    assert!(
        matches!(report.findings()[4], Finding::ShortenedLink { first, .. } if first.byte == 1_610)
    );
    assert!(check("Reply STOP to opt out", &checks).is_clean());
}

#[test]
fn a_report_shows_no_text() {
    let report = check("Your code is 123456 – bit.ly/secret", &CheckOptions::default());
    let shown = format!("{report:?} {:?}", report.findings());
    assert!(report.findings().len() == 2 && !shown.contains("123456") && !shown.contains("secret"));
    // All of this is outside GSM-7.
    let report = check("您的驗證碼是１２３４５６", &CheckOptions::default());
    let shown = format!("{report:?} {:#?}", report.findings());
    assert!(report.findings().len() == 12 && shown.is_ascii(), "{shown}");
}

#[test]
fn a_check_counts_by_its_rule() {
    let text = "я".repeat(65) + "👋🏽" + &"я".repeat(65);
    let plain = CheckOptions::default().with_rule(SegmentRule::Plain);
    let (ours, theirs) = (check(&text, &CheckOptions::default()), check(&text, &plain));
    assert_ne!(ours.before.count(), theirs.before.count());
    assert_eq!(theirs.before, segments_by(SegmentRule::Plain, &text));
    assert_eq!(theirs.after, segments_by(SegmentRule::Plain, &to_gsm7(&text)));
}

#[test]
fn a_text_may_be_meant_to_be_ucs2() {
    let checks = CheckOptions::default().with_ucs2();
    assert!(check("Привет 👋", &checks).is_clean());
    assert_eq!(check("Привет – 👋", &checks).findings().len(), 1, "a dash has a substitute");
    // What a mark comes to depends on what it stands on.
    let report = check("cafe\u{301} за\u{301}мок", &checks);
    assert_eq!(report.findings().len(), 1);
    assert!(check("abc", &CheckOptions::default().with_max_segments(1)).is_clean());
    let two = check(&"a".repeat(400), &CheckOptions::default().with_max_segments(1));
    assert_eq!(two.findings()[0].to_string(), "segments: 3, at most 1");
}

#[test]
fn a_text_is_held_to_its_segments_when_it_is_compiled() {
    const TEXT: &str = "ACME";
    const READY: &str = gsm7!(TEXT, 1);
    assert_eq!(READY, "ACME");
    assert_eq!(gsm7!(concat!("Price: ", "10 €"), 1, room = 148), "Price: 10 €");
    assert_eq!(gsm7!("", 1), "");
}
