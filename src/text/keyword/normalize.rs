//! [`normal`]: what is left of a text when only its words count.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longer texts, in bytes, are not read: no SMS is as long, whatever stands around its words.
const LONGEST: usize = 16 * 1024;

/// The text in NFKC and without case, cut down to what stands between its first letter or digit and
/// its last, with one space for every run of spaces, dashes and underscores; none where that has more
/// than so many characters. An `İ` and an `ı` are an `i`, which a Turkish keyboard makes of one.
pub(super) fn normal(text: &str, most: usize) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let folded = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if is_emoji_of_letters(c) { ' ' } else { c })
        .nfkc()
        // Down, up and down again comes to case folding: `ẞ` to `ß`, `SS` and `ss`.
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .scan(false, |after_i, c| {
            let dot = *after_i && c == '\u{307}';
            *after_i = c == 'i' || dot;
            Some((!dot).then_some(c))
        })
        .flatten()
        .nfkc();
    let (mut normal, mut count) = (String::new(), 0);
    // What came since the last letter, if only for as long as it could stay.
    let (mut between, mut between_count) = (String::new(), 0);
    for c in folded {
        let mark = is_combining_mark(c) && between.is_empty();
        if c.is_alphanumeric() || mark && !normal.is_empty() {
            count += between_count + 1;
            if count > most {
                return None;
            }
            normal.push_str(&between);
            normal.push(c);
            (between_count, between) = (0, String::new());
        } else if !normal.is_empty() && between_count <= most {
            let c = match c {
                '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' => ' ',
                '’' | '\u{2bc}' => '\'',
                c if c.is_whitespace() => ' ',
                c => c,
            };
            if c != ' ' || !between.ends_with(' ') {
                between.push(c);
                between_count += 1;
            }
        }
    }
    Some(normal)
}

/// Whether nothing is seen of it: the format characters and fillers that Unicode calls
/// `Default_Ignorable_Code_Point`.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether NFKC would make letters of an emoji, or Rust takes it for one: `ℹ`, `™`, `🅿`, `㊗`, `🆗`.
const fn is_emoji_of_letters(c: char) -> bool {
    matches!(c, 'ℹ' | '™' | 'Ⓜ' | '㊗' | '㊙' | '\u{1f170}'..='\u{1f2ff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> String {
        normal(text, usize::MAX).unwrap()
    }

    #[test]
    fn only_the_words_count() {
        for (text, expected) in [
            ("", ""),
            (" \n🛑!\u{301}", ""),
            ("ＯＰＴ－ＯＵＴ", "opt out"),
            ("  opt \u{a0}—_\tOut ", "opt out"),
            ("𝐒𝐓𝐎𝐏 ⓢⓣⓞⓟ 🅂🅃🄾🄿", "stop stop stop"),
            ("S\u{200b}T\u{ad}O\u{fe0f}P\u{e0020}", "stop"),
            ("UNSUBSCRİBE unsubscrıbe i\u{307}\u{301}", "unsubscribe unsubscribe í"),
            ("Straße STRASSE STRAẞE ΤΕΛΟΣ τελος", "strasse strasse strasse τελοσ τελοσ"),
            ("ARRE\u{302}T", "arrêt"),
            ("AIDE\u{301}!", "aidé"),
            ("stop*\u{301}", "stop"),
            ("stop, all", "stop, all"),
            ("d’envoi", "d'envoi"),
            ("INFO ℹ️ STOP™", "info stop"),
            ("ЅТОР", "ѕтор"),
        ] {
            assert_eq!(of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        assert_eq!(normal("stop", 4).as_deref(), Some("stop"));
        assert_eq!(normal("stop", 3), None);
        assert_eq!(
            normal(&("!".repeat(2_000) + "stop" + &"🛑".repeat(2_000)), 4),
            Some("stop".into())
        );
        assert_eq!(normal(&("stop".to_owned() + &"!".repeat(LONGEST)), 4), None);
        assert_eq!(normal(&("a".to_owned() + &".".repeat(2_000) + "b"), 64), None);
    }

    #[test]
    fn every_character_settles_at_once() {
        for c in '\0'..='\u{1ffff}' {
            let text = format!("i{c}\u{307}");
            let once = of(&text);
            assert_eq!(of(&once), once, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_text_settles_at_once(
            text in prop_oneof![any::<String>(), "[a-iA-I \u{300}-\u{345}İıßẞς’_.—\u{ad}ｱ-ﾟ가-깋ᄀ-ᇿ´¨½]{0,40}"],
        ) {
            let once = of(&text);
            prop_assert_eq!(of(&once), &*once);
            prop_assert!(once.trim_matches(|c: char| !c.is_alphanumeric() && !is_combining_mark(c)) == once);
        }
    }
}
