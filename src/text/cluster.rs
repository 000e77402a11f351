//! Grapheme clusters: what a reader takes for one character, by the rules of Twilio's calculator.
//!
//! Those are the extended grapheme clusters of Unicode 10 (UAX 29, revision 31), as grapheme-splitter
//! 1.0.4 has them, which sms-segments-calculator 1.3.0 uses (read 2026-11). Where that departs from
//! the annex, a comment says so. Newer rules join more, such as Indic conjuncts.

use super::cluster_table::{CLASSES, RUNS};

/// The Grapheme_Cluster_Break of a character, as far as the rules tell them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Class {
    Other,
    /// CR and LF too: the calculator parts them.
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
    /// A base that also goes after a zero width joiner.
    EmojiBaseGlue,
    EmojiModifier,
    /// Goes after a zero width joiner.
    Glue,
}

impl Class {
    pub(super) fn of(c: char) -> Self {
        match u32::from(c) {
            0x20..0x7f | 0xae..0x300 => Self::Other,
            syllable @ 0xac00..=0xd7a3 if (syllable - 0xac00).is_multiple_of(28) => Self::Lv,
            0xac00..=0xd7a3 => Self::Lvt,
            code => {
                // The last run that begins here or before; the first begins at 0.
                let after = RUNS.partition_point(|run| run >> 4 <= code);
                CLASSES[(RUNS[after - 1] & 0xf) as usize]
            }
        }
    }
}

/// A cluster while it is read: as much of it as the rules ask for.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    last: Class,
    /// Whether it is one character long.
    single: bool,
    /// Whether its second character is a regional indicator.
    flag: bool,
    /// Whether it has an Extend.
    extended: bool,
    /// Whether the character before the last is an emoji base.
    base_before_last: bool,
}

impl Cluster {
    /// Takes the next character in, or begins a new cluster with it and says no.
    pub(super) fn takes(&mut self, next: Class) -> bool {
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

    /// The lengths of the clusters, in characters.
    fn clusters(text: &str) -> Vec<usize> {
        let (mut cluster, mut lengths) = (Cluster::default(), Vec::new());
        for c in text.chars() {
            match lengths.last_mut() {
                Some(length) if cluster.takes(Class::of(c)) => *length += 1,
                _ => {
                    cluster.takes(Class::of(c));
                    lengths.push(1);
                }
            }
        }
        lengths
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(RUNS.is_sorted_by(|a, b| a >> 4 < b >> 4));
        assert!(RUNS.is_sorted_by(|a, b| a & 0xf != b & 0xf), "a run ends where the class changes");
        assert_eq!(RUNS[0] >> 4, 0);
        assert_eq!(Class::of('\u{1f466}'), Class::EmojiBaseGlue);
        assert_eq!(Class::of(char::MAX), Class::Other);
    }
}
