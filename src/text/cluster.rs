//! Grapheme clusters (characters as seen by a reader), by the rules of Twilio's calculator.
//!
//! These are the extended grapheme clusters of Unicode 10 (UAX 29, revision 31) as implemented by
//! grapheme-splitter 1.0.4, which sms-segments-calculator 1.3.0 uses (read 2026-11). Comments mark where it
//! departs from the annex. Newer versions of Unicode join more, such as Indic conjuncts.

use super::cluster_table::{CLASSES, PAGES, RUNS};

/// Grapheme_Cluster_Break property of a character, as far as the rules distinguish it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Class {
    Other,
    /// Includes CR and LF, which the calculator separates.
    #[default]
    Control,
    Extend,
    SpacingMark,
    Prepend,
    RegionalIndicator,
    Zwj,
    L,
    V,
    T,
    Lv,
    Lvt,
    EmojiBase,
    /// Emoji base that may also follow a zero width joiner.
    EmojiBaseGlue,
    EmojiModifier,
    /// May follow a zero width joiner.
    Glue,
}

impl Class {
    pub(super) fn of(c: char) -> Self {
        match u32::from(c) {
            // Fast path for the most common characters.
            0x20..0x7f | 0xae..0x300 | 0x370..0x483 => Self::Other,
            syllable @ 0xac00..=0xd7a3 if (syllable - 0xac00).is_multiple_of(28) => Self::Lv,
            0xac00..=0xd7a3 => Self::Lvt,
            code => {
                // The last run of the page that begins at or before the code point.
                let page = code as usize >> 8;
                let (from, to) = (PAGES[page] as usize, PAGES[page + 1] as usize);
                let later = RUNS[from..=to].partition_point(|run| run >> 4 <= code);
                CLASSES[(RUNS[from + later - 1] & 0xf) as usize]
            }
        }
    }
}

/// Bytes of plain characters (class Other, one UTF-16 unit) that the lead byte alone identifies, and all
/// continuation bytes.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < plain.len() {
        plain[byte] =
            matches!(byte, 0x20..=0x7e | 0x80..=0xbf | 0xc3..=0xcb | 0xce..=0xd1 | 0xe4..=0xe9);
        byte += 1;
    }
    plain
};

/// Returns the number of plain characters at the start of a text, and their length in bytes. After a
/// character of class Other, each is a cluster of one unit.
pub(super) fn plain_run(text: &str) -> (usize, usize) {
    let bytes = text.bytes().take_while(|&byte| PLAIN[usize::from(byte)]);
    bytes.fold((0, 0), |(chars, len), byte| (chars + usize::from(byte & 0xc0 != 0x80), len + 1))
}

/// State of the current cluster, as far as the rules need it.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    last: Class,
    /// `true` if it has one character.
    single: bool,
    /// `true` if its second character is a regional indicator.
    flag: bool,
    /// `true` if it contains an Extend.
    extended: bool,
    /// `true` if the character before the last is an emoji base.
    base_before_last: bool,
}

impl Cluster {
    /// Cluster of one character of class Other.
    pub(super) const PLAIN: Self = Self {
        last: Class::Other,
        single: true,
        flag: false,
        extended: false,
        base_before_last: false,
    };

    /// Adds the next character and returns `true`, or begins a new cluster with it and returns `false`.
    pub(super) fn push(&mut self, next: Class) -> bool {
        let joins = self.joins(next);
        *self = Self {
            last: next,
            single: !joins,
            flag: joins && (self.flag || self.single && next == Class::RegionalIndicator),
            extended: joins && self.extended || next == Class::Extend,
            base_before_last: joins && self.last_is_base(),
        };
        joins
    }

    fn joins(&self, next: Class) -> bool {
        use Class::*;
        match (self.last, next) {
            (Other, Other) | (Control, _) | (_, Control) => false,
            // Departs from the annex: a flag takes one mark, not any number of them.
            (last, _) if self.flag && last != RegionalIndicator => false,
            (L, L | V | Lv | Lvt) | (Lv | V, V | T) | (Lvt | T, T) => true,
            (_, Extend | SpacingMark | Zwj) | (Prepend, _) => true,
            // Departs: at most one Extend, and between the two.
            (Extend, EmojiModifier) => self.base_before_last,
            (_, EmojiModifier) => self.last_is_base() && !self.extended,
            (Zwj, Glue | EmojiBaseGlue) => true,
            // Departs: after a Prepend, regional indicators do not pair.
            (RegionalIndicator, RegionalIndicator) => self.single,
            _ => false,
        }
    }

    fn last_is_base(&self) -> bool {
        matches!(self.last, Class::EmojiBase | Class::EmojiBaseGlue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_the_class_of_its_run() {
        assert!(RUNS.is_sorted_by(|a, b| a >> 4 < b >> 4 && a & 0xf != b & 0xf));
        let mut run = 0;
        for c in '\0'..=char::MAX {
            while RUNS.get(run + 1).is_some_and(|next| next >> 4 <= u32::from(c)) {
                run += 1;
            }
            let expected = match u32::from(c) {
                syllable @ 0xac00..=0xd7a3 if syllable % 28 == 16 => Class::Lv,
                0xac00..=0xd7a3 => Class::Lvt,
                _ => CLASSES[(RUNS[run] & 0xf) as usize],
            };
            assert_eq!(Class::of(c), expected, "{c:?}");
        }
    }

    #[test]
    fn plain_characters_are_of_class_other_and_one_unit() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            match plain_run(&text) {
                (0, 0) => {}
                (1, len) => {
                    assert!(len == text.len() && Class::of(c) == Class::Other && c.len_utf16() == 1)
                }
                other => panic!("{c:?}: {other:?}"),
            }
        }
        assert_eq!(plain_run("ждём, né\u{301}"), (8, 13));
    }

    #[test]
    fn clusters_are_those_of_the_calculator() {
        for (text, lengths) in [
            ("a\r\nb", vec![1, 1, 1, 1]),
            ("e\u{301}\u{302}я", vec![3, 1]),
            ("👩\u{200d}❤\u{fe0f}\u{200d}👩", vec![6]),
            ("👋🏽", vec![2]),
            ("🇬🇧🇫🇷🇩", vec![2, 2, 1]),
            ("각ᄀ\u{1161}\u{11a8}", vec![1, 3]),
            // Newer rules make one of the two.
            ("क\u{94d}ष", vec![2, 1]),
            // Where the calculator departs from the annex.
            ("🇬🇧\u{fe0f}\u{fe0f}", vec![3, 1]),
            ("👋\u{fe0f}\u{fe0f}🏽", vec![3, 1]),
            ("\u{600}🇬🇧", vec![2, 1]),
        ] {
            let (mut cluster, mut found) = (Cluster::default(), Vec::new());
            for c in text.chars() {
                match (cluster.push(Class::of(c)), found.last_mut()) {
                    (true, Some(length)) => *length += 1,
                    _ => found.push(1),
                }
            }
            assert_eq!(found, lengths, "{text:?}");
        }
    }
}
