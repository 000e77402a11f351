//! [`normalize`]: the form of a text in which keywords are compared.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Maximum length of a text in bytes. No SMS is longer.
const MAX_BYTES: usize = 16 * 1024;

/// Returns the text in NFKC, case-folded and trimmed to its first and last letter or digit, with one space
/// for every run of spaces, dashes and underscores; `None` if that has more than `max` characters. `İ` and
/// `ı` become `i`, as Turkish keyboards type them for it.
pub(super) fn normalize(text: &str, max: usize) -> Option<String> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let folded = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if is_emoji_of_letters(c) { ' ' } else { c })
        .nfkc()
        // To lower, upper and lower case amounts to case folding: `ẞ` to `ß`, `SS`, `ss`.
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
    let (mut normalized, mut count) = (String::new(), 0);
    // Characters since the last letter, kept while the text could still be short enough.
    let (mut between, mut between_count) = (String::new(), 0);
    for c in folded {
        let mark = is_combining_mark(c) && between.is_empty();
        if c.is_alphanumeric() || mark && !normalized.is_empty() {
            count += between_count + 1;
            if count > max {
                return None;
            }
            normalized.push_str(&between);
            normalized.push(c);
            (between_count, between) = (0, String::new());
        } else if !normalized.is_empty() && between_count <= max {
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
    Some(normalized)
}

/// Returns `true` for invisible characters: Unicode's `Default_Ignorable_Code_Point`.
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

/// Returns `true` for emoji that NFKC turns into letters, or that Rust counts as letters: `ℹ`, `™`, `🅿`.
const fn is_emoji_of_letters(c: char) -> bool {
    matches!(c, 'ℹ' | '™' | 'Ⓜ' | '㊗' | '㊙' | '\u{1f170}'..='\u{1f2ff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::{any, of_ranges, seeded};

    fn of(text: &str) -> String {
        normalize(text, usize::MAX).unwrap()
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
        assert_eq!(normalize("stop", 4).as_deref(), Some("stop"));
        assert_eq!(normalize("stop", 3), None);
        assert_eq!(
            normalize(&("!".repeat(2_000) + "stop" + &"🛑".repeat(2_000)), 4),
            Some("stop".into())
        );
        assert_eq!(normalize(&("stop".to_owned() + &"!".repeat(MAX_BYTES)), 4), None);
        assert_eq!(normalize(&("a".to_owned() + &".".repeat(2_000) + "b"), 64), None);
    }

    #[test]
    fn every_character_settles_at_once() {
        for c in '\0'..='\u{1ffff}' {
            let text = format!("i{c}\u{307}");
            let once = of(&text);
            assert_eq!(of(&once), once, "{text:?}");
        }
    }

    #[test]
    fn every_text_settles_at_once() {
        let close = [
            'a'..='i',
            'A'..='I',
            ' '..=' ',
            '\u{300}'..='\u{345}',
            'ſ'..='ſ',
            'İ'..='ı',
            'ß'..='ß',
            'ẞ'..='ẞ',
            'ς'..='ς',
            '’'..='’',
            '_'..='_',
            '.'..='.',
            '—'..='—',
            '\u{ad}'..='\u{ad}',
            'ｱ'..='ﾟ',
            '가'..='깋',
            'ᄀ'..='ᇿ',
            '´'..='´',
            '¨'..='¨',
            '½'..='½',
        ];
        let mut random = seeded();
        for _ in 0..2_000 {
            for text in [any(&mut random, 40), of_ranges(&mut random, &close, 40)] {
                let once = of(&text);
                assert_eq!(of(&once), once, "{text:?}");
                let is_edge = |c: char| !c.is_alphanumeric() && !is_combining_mark(c);
                assert_eq!(once.trim_matches(is_edge), once, "{text:?}");
            }
        }
    }
}
