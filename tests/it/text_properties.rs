//! What holds for every text.

use crate::text_model::{ALPHABET, Kind, cut};
use anysms::text::{
    CheckOptions, LengthLimit, SegmentRule, check, segments, segments_by, smart_encode, to_gsm7,
};
use proptest::{collection::vec, prelude::*, sample::select};

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}

/// Texts over the model's alphabet: of any of it or of a few characters, in runs that reach the edges
/// of segments.
fn model_texts() -> impl Strategy<Value = Vec<(char, Kind)>> {
    let run = |of: Vec<(char, Kind)>| {
        vec((select(of), prop_oneof![4 => 1..3_usize, 1 => 1..80_usize]), 0..60)
    };
    vec(select(ALPHABET.to_vec()), 1..6).prop_flat_map(move |few| {
        prop_oneof![run(ALPHABET.to_vec()), run(few), run(ALPHABET[..5].to_vec())].prop_map(
            |runs| runs.iter().flat_map(|(c, times)| vec![*c; *times]).collect::<Vec<_>>(),
        )
    })
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn counting_is_cutting(text in model_texts()) {
        let string: String = text.iter().map(|(c, _)| *c).collect();
        let mut longest = 0;
        let counts = [SegmentRule::Twilio, SegmentRule::Plain].map(|rule| {
            let (encoding, parts) = cut(rule, &text);
            let found = segments_by(rule, &string);
            let last: usize = parts[parts.len() - 1].iter().sum();
            let limit =
                if parts.len() == 1 { encoding.single_limit() } else { encoding.part_limit() };
            assert_eq!(found.encoding(), encoding);
            assert_eq!(found.units(), parts.iter().flatten().sum::<usize>());
            assert_eq!(found.count(), parts.len());
            assert_eq!(found.remaining(), limit.saturating_sub(last));
            longest = longest.max(parts.into_iter().flatten().max().unwrap_or_default());
            found.count()
        });
        prop_assert!(counts[0] >= counts[1] || longest >= 64, "Twilio's rule counts fewer");
    }

    #[test]
    fn substitutes_settle_and_nothing_panics(
        text in prop_oneof![any::<String>(), "[ -~’“ç–…\u{300}-\u{30b}Ā-ſ👋\u{fe0f}\t]{0,200}"],
    ) {
        let once = to_gsm7(&text);
        prop_assert_eq!(to_gsm7(&once), &*once);
        let smart = smart_encode(&text);
        prop_assert_eq!(smart_encode(&smart), &*smart);
        let checks = CheckOptions::default()
            .with_marketing()
            .with_max_segments(1)
            .with_limit(LengthLimit::TWILIO)
            .with_limit(LengthLimit::PLIVO);
        let report = check(&text, &checks);
        prop_assert_eq!(report.before, segments(&text));
        prop_assert_eq!(report.after, segments(&once));
        for finding in report.findings() {
            prop_assert!(!finding.to_string().contains('\n'));
            let place = finding.position().map_or(0, |place| place.byte);
            prop_assert!(text.is_char_boundary(place));
        }
    }
}
