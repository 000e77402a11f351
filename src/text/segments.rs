//! [`segments`]: how a text is cut, without cutting it.

use std::fmt;

use rust_decimal::Decimal;

use super::{
    Encoding, Rule,
    cluster::{self, Class, Cluster},
    gsm7,
};

/// How many segments a text takes, by [`Rule::Twilio`]. Allocates nothing.
///
/// ```
/// use anysms::text::{Encoding, segments};
///
/// let plain = segments("Your table is ready");
/// assert_eq!((plain.encoding(), plain.units(), plain.count()), (Encoding::Gsm7, 19, 1));
/// let curly = segments("You’re next");
/// assert_eq!((curly.encoding(), curly.left()), (Encoding::Ucs2, 59));
/// ```
#[must_use]
pub fn segments(text: &str) -> Segments {
    segments_by(Rule::Twilio, text)
}

/// How many segments a text takes, by this rule. Allocates nothing.
#[must_use]
pub fn segments_by(rule: Rule, text: &str) -> Segments {
    match gsm7_segments(text) {
        Some(segments) => segments,
        None => ucs2_segments(rule, text),
    }
}

/// How a text is encoded and cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    encoding: Encoding,
    units: usize,
    count: usize,
    left: usize,
}

impl Segments {
    /// The encoding of all segments.
    #[must_use]
    pub const fn encoding(self) -> Encoding {
        self.encoding
    }

    /// The length of the text: septets in GSM-7, of which an extension character has two; UTF-16 code
    /// units in UCS-2.
    #[must_use]
    pub const fn units(self) -> usize {
        self.units
    }

    /// How many segments are sent and billed. At least 1: an SMS without text is still one.
    #[must_use]
    pub const fn count(self) -> usize {
        self.count
    }

    /// How many units are free in the last segment.
    #[must_use]
    pub const fn left(self) -> usize {
        self.left
    }

    /// What they cost at this price for each.
    #[must_use]
    pub fn cost(self, price_per_segment: Decimal) -> Decimal {
        Decimal::from(self.count).saturating_mul(price_per_segment)
    }
}

impl fmt::Display for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} segment{plural} of {}, {} units", self.count, self.encoding, self.units)
    }
}

/// The segments of a text in GSM-7; none if it has a character outside.
///
/// A constant function, so that [`gsm7!`](crate::gsm7) counts as [`segments`] does.
pub(super) const fn gsm7_segments(text: &str) -> Option<Segments> {
    let mut packer = Packer::new(Encoding::Gsm7);
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        // Most blocks of four are ASCII and do not reach the end of the segment: they are added up.
        let block_end = match rest.split_first_chunk() {
            Some((block, after)) => match gsm7::septets_of_ascii(block) {
                Some(septets) if packer.has_room(septets) => {
                    packer.push(septets);
                    rest = after;
                    continue;
                }
                _ => after.len(),
            },
            None => 0,
        };
        while rest.len() > block_end {
            let (septets, len) = gsm7::first_septets(rest);
            if septets == 0 {
                return None;
            }
            packer.push(septets as usize);
            (_, rest) = rest.split_at(len);
        }
    }
    Some(packer.finish())
}

fn ucs2_segments(rule: Rule, text: &str) -> Segments {
    let mut packer = Packer::new(Encoding::Ucs2);
    match rule {
        Rule::Plain => text.chars().for_each(|c| packer.push(c.len_utf16())),
        Rule::Twilio => {
            let (mut cluster, mut units) = (Cluster::default(), 0);
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                let class = Class::of(c);
                if !cluster.takes(class) {
                    packer.push(units);
                    units = 0;
                }
                units += c.len_utf16();
                // Most text is runs of characters that are clusters: they are counted, not walked.
                if class == Class::Other {
                    let rest = chars.as_str();
                    let (run, len) = cluster::plain_run(rest);
                    if run > 0 {
                        packer.push(units);
                        packer.push_ones(run - 1);
                        (cluster, units) = (Cluster::PLAIN, 1);
                        chars = rest[len..].chars();
                    }
                }
            }
            packer.push(units);
        }
    }
    packer.finish()
}

/// Fills segments with what must not be split.
struct Packer {
    encoding: Encoding,
    units: usize,
    count: usize,
    /// The units at which the segment is full.
    full: usize,
}

impl Packer {
    const fn new(encoding: Encoding) -> Self {
        Self { encoding, units: 0, count: 1, full: encoding.part_limit() }
    }

    const fn has_room(&self, units: usize) -> bool {
        self.units + units <= self.full
    }

    #[inline]
    const fn push(&mut self, units: usize) {
        let before = self.units;
        self.units += units;
        if self.units > self.full {
            // What would have fitted a single segment, and the one thing that did not, all go into the
            // second: so does Twilio's calculator, and a cluster of 64 units or more overfills it.
            if self.count == 2 && before <= self.encoding.single_limit() {
                return;
            }
            self.count += 1;
            self.full = before + self.encoding.part_limit();
        }
    }

    /// Pushes one unit so many times.
    fn push_ones(&mut self, mut times: usize) {
        while times > 0 {
            let fits = times.min(self.full.saturating_sub(self.units));
            self.units += fits;
            times -= fits;
            if times > 0 {
                self.push(1);
                times -= 1;
            }
        }
    }

    const fn finish(self) -> Segments {
        let Self { encoding, units, mut count, mut full } = self;
        if units <= encoding.single_limit() {
            (count, full) = (1, encoding.single_limit());
        }
        Segments { encoding, units, count, left: full.saturating_sub(units) }
    }
}
