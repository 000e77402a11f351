//! [`Pattern`]: a set of numbers, given as a regular expression over digits, and the prefixes that cover
//! it. Nothing here knows about countries.

use std::{cell::RefCell, collections::HashMap};

use regex_automata::{
    Anchored,
    dfa::{Automaton, StartKind, dense},
    util::{primitives::StateID, start, syntax},
};

use crate::Result;

/// Set of numbers, which are strings of digits.
pub(super) struct Pattern {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
    /// Extents by state and by the number of digits that are to come.
    known: RefCell<HashMap<(StateID, usize), Extent>>,
}

/// Share of a group of numbers that a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    None,
    Some,
    All,
}

impl Pattern {
    /// Builds the set of the numbers that one of the expressions matches from end to end.
    pub(super) fn any<'a>(expressions: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let each = expressions.into_iter().map(|expression| format!("(?:{expression})"));
        let whole = match each.collect::<Vec<_>>() {
            none if none.is_empty() => "[^\\s\\S]".to_owned(), // matches nothing
            some => format!("^(?:{})$", some.join("|")),
        };
        let dfa = dense::Builder::new()
            .configure(dense::Config::new().start_kind(StartKind::Anchored))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build(&whole)
            .map_err(|error| format!("pattern {whole}: {error}"))?;
        let start = dfa
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .map_err(|error| format!("pattern {whole}: {error}"))?;
        Ok(Self { dfa, start, known: RefCell::default() })
    }

    /// Returns the state after further digits.
    fn after(&self, state: StateID, digits: &str) -> StateID {
        digits.bytes().fold(state, |state, digit| self.dfa.next_state(state, digit))
    }

    fn is_match(&self, state: StateID) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }

    /// Returns how many of the numbers with this many further digits match.
    fn extent(&self, state: StateID, further: usize) -> Extent {
        if further == 0 {
            return if self.is_match(state) { Extent::All } else { Extent::None };
        }
        if self.dfa.is_dead_state(state) {
            return Extent::None;
        }
        if let Some(known) = self.known.borrow().get(&(state, further)) {
            return *known;
        }
        let mut each =
            DIGITS.iter().map(|digit| self.extent(self.after(state, digit), further - 1));
        let first = each.next().unwrap_or(Extent::None);
        let extent = if each.all(|other| other == first) { first } else { Extent::Some };
        self.known.borrow_mut().insert((state, further), extent);
        extent
    }

    /// Returns how many of the numbers of this length that begin with the prefix match.
    fn extent_of(&self, prefix: &str, length: usize) -> Extent {
        match length.checked_sub(prefix.len()) {
            Some(further) => self.extent(self.after(self.start, prefix), further),
            None => Extent::None,
        }
    }

    /// Returns the ranges of prefixes with `digits` digits that make up the numbers of this length: first and
    /// last, in order, neighbours joined.
    ///
    /// Fails if a prefix is too short to tell the numbers that match from those that do not.
    pub(super) fn ranges(&self, digits: usize, length: usize) -> Result<Vec<(u32, u32)>> {
        let mut ranges = Vec::new();
        self.collect(&mut String::new(), digits, length, &mut ranges)?;
        Ok(ranges)
    }

    fn collect(
        &self,
        prefix: &mut String,
        digits: usize,
        length: usize,
        ranges: &mut Vec<(u32, u32)>,
    ) -> Result {
        let open = digits - prefix.len();
        match self.extent_of(prefix, length) {
            Extent::None => {}
            Extent::All => {
                let width = 10_u32.pow(open as u32);
                let first = prefix.parse().unwrap_or(0) * width; // no digit yet: all numbers
                match ranges.last_mut() {
                    Some((_, last)) if *last + 1 == first => *last += width,
                    _ => ranges.push((first, first + width - 1)),
                }
            }
            Extent::Some if open == 0 => {
                return Err(format!(
                    "prefix {prefix}: only some of its numbers match; use more digits"
                ));
            }
            Extent::Some => {
                for digit in DIGITS {
                    prefix.push_str(digit);
                    self.collect(prefix, digits, length, ranges)?;
                    prefix.pop();
                }
            }
        }
        Ok(())
    }

    /// Returns the shortest prefixes under which numbers of these lengths match, and none of `others`.
    pub(super) fn prefixes_beside(&self, others: &Self, lengths: &[usize]) -> Vec<String> {
        let mut prefixes = Vec::new();
        shortest(&mut String::new(), &mut prefixes, &|prefix| {
            let extents: Vec<_> = lengths
                .iter()
                .map(|length| (self.extent_of(prefix, *length), others.extent_of(prefix, *length)))
                .collect();
            let is_left = |(own, other)| own != Extent::None && other != Extent::All;
            match () {
                () if !extents.iter().copied().any(is_left) => Found::Nothing,
                () if extents.iter().all(|(_, other)| *other == Extent::None) => Found::Prefix,
                () => Found::Longer,
            }
        });
        prefixes
    }

    /// Returns the shortest strings of digits that match, for a pattern that stands for how numbers begin.
    pub(super) fn beginnings(&self) -> Vec<String> {
        let mut prefixes = Vec::new();
        shortest(&mut String::new(), &mut prefixes, &|prefix| {
            let state = self.after(self.start, prefix);
            match () {
                () if self.is_match(state) => Found::Prefix,
                () if self.dfa.is_dead_state(state) => Found::Nothing,
                () => Found::Longer,
            }
        });
        prefixes
    }
}

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Longest number, E.164 without a country code included.
const LONGEST: usize = 17;

/// Answer about a prefix: it is one, no longer one is, or a longer one may be.
enum Found {
    Prefix,
    Nothing,
    Longer,
}

/// Collects the shortest prefixes in order.
fn shortest(prefix: &mut String, prefixes: &mut Vec<String>, ask: &dyn Fn(&str) -> Found) {
    match ask(prefix) {
        Found::Prefix => prefixes.push(prefix.clone()),
        Found::Nothing => {}
        Found::Longer if prefix.len() == LONGEST => {}
        Found::Longer => {
            for digit in DIGITS {
                prefix.push_str(digit);
                shortest(prefix, prefixes, ask);
                prefix.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of four digits that a set of ranges of prefixes makes up.
    fn members(ranges: &[(u32, u32)], digits: usize) -> Vec<String> {
        let all = (0..10_000).map(|number| format!("{number:04}"));
        let inside = |number: &String| {
            let prefix = number[..digits].parse().unwrap_or(0);
            ranges.iter().any(|(first, last)| (first..=last).contains(&&prefix))
        };
        all.filter(inside).collect()
    }

    #[test]
    fn ranges_hold_the_numbers_that_a_matcher_finds() {
        for (expressions, digits) in [
            (&[r"\d{4}"][..], 0),
            (&[r"12\d\d"], 2),
            (&[r"1(?:2[0-35-9]|[3-5]\d|69)\d", r"\d{3}", r"7\d{3}"], 3),
            (&[r"[2-46]\d(?:00|1[0-8])", r"9999", r"0\d*"], 4),
            (&[r"56\d{3}"], 1),
            (&[], 2),
        ] {
            let pattern = Pattern::any(expressions.iter().copied()).unwrap();
            let matching = |number: &String| pattern.is_match(pattern.after(pattern.start, number));
            let all = (0..10_000).map(|number| format!("{number:04}"));
            let expected: Vec<_> = all.filter(matching).collect();
            let ranges = pattern.ranges(digits, 4).unwrap();
            assert_eq!(members(&ranges, digits), expected, "{expressions:?}");
            assert!(ranges.windows(2).all(|two| two[0].1 + 1 < two[1].0), "{ranges:?}");
        }
    }

    #[test]
    fn ranges_are_few_and_joined() {
        let pattern = Pattern::any([r"1[0-4]\d\d", r"15[0-9]\d", r"1[7-9]\d\d|2\d{3}"]).unwrap();
        assert_eq!(pattern.ranges(2, 4), Ok(vec![(10, 15), (17, 29)]));
        assert_eq!(pattern.ranges(3, 4), Ok(vec![(100, 159), (170, 299)]));
        assert_eq!(pattern.ranges(3, 5), Ok(vec![]));
    }

    #[test]
    fn a_prefix_that_is_too_short_is_an_error() {
        let pattern = Pattern::any([r"12[0-8]\d"]).unwrap();
        let error = "prefix 12: only some of its numbers match; use more digits";
        assert_eq!(pattern.ranges(2, 4), Err(error.to_owned()));
        assert_eq!(pattern.ranges(3, 4), Ok(vec![(120, 128)]));
    }

    #[test]
    fn a_pattern_matches_digits_from_end_to_end() {
        let pattern = Pattern::any(["12|123"]).unwrap();
        assert_eq!(pattern.ranges(1, 1), Ok(vec![]));
        assert_eq!(pattern.ranges(2, 2), Ok(vec![(12, 12)]));
        assert_eq!(pattern.ranges(3, 3), Ok(vec![(123, 123)]));
        assert!(Pattern::any(["("]).is_err());
    }

    #[test]
    fn prefixes_tell_numbers_from_others() {
        let own = Pattern::any([r"20[4-6]\d|3\d{3}", r"56\d{2}"]).unwrap();
        let others = Pattern::any([r"20[57]\d", r"3\d{3}", r"5[0-4]\d\d|6\d{5}"]).unwrap();
        assert_eq!(own.prefixes_beside(&others, &[4]), ["204", "206", "56"]);
        assert_eq!(others.prefixes_beside(&own, &[4]), ["207", "50", "51", "52", "53", "54"]);
        assert_eq!(own.prefixes_beside(&others, &[5]), [""; 0]);
        assert_eq!(others.prefixes_beside(&own, &[4, 6]).last().unwrap(), "6");
    }

    #[test]
    fn beginnings_are_the_shortest() {
        let pattern = Pattern::any(["74576|(?:16|7[56])24", "16|8[024]9"]).unwrap();
        assert_eq!(pattern.beginnings(), ["16", "74576", "7524", "7624", "809", "829", "849"]);
        assert_eq!(Pattern::any([]).unwrap().beginnings(), [""; 0]);
    }
}
