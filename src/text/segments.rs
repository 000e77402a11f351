//! [`segments`]: counts the segments of a text.

use std::fmt;

use rust_decimal::Decimal;

use super::{
    Encoding, SegmentRule,
    cluster::{self, Class, Cluster},
    gsm7,
};

/// Counts the segments of a text by [`SegmentRule::Twilio`]. Allocates nothing.
///
/// Show a counter below an editor:
///
/// ```
/// use anysms::text::{Encoding, segments};
///
/// let plain = segments("Your table is ready");
/// assert_eq!((plain.encoding(), plain.units(), plain.count()), (Encoding::Gsm7, 19, 1));
/// let curly = segments("You’re next");
/// assert_eq!((curly.encoding(), curly.remaining()), (Encoding::Ucs2, 59));
/// ```
#[must_use]
pub fn segments(text: &str) -> Segments {
    segments_by(SegmentRule::Twilio, text)
}

/// Counts the segments of a text by a rule. Allocates nothing.
///
/// Compare the rules:
///
/// ```
/// use anysms::text::{SegmentRule, segments_by};
///
/// let flags = "🇬🇧".repeat(33); // a flag is 4 units, and Twilio keeps it whole
/// assert_eq!(segments_by(SegmentRule::Twilio, &flags).count(), 3);
/// assert_eq!(segments_by(SegmentRule::Plain, &flags).count(), 2);
/// ```
#[must_use]
pub fn segments_by(rule: SegmentRule, text: &str) -> Segments {
    match gsm7_segments(text) {
        Some(segments) => segments,
        None => ucs2_segments(rule, text),
    }
}

/// Encoding, length and number of segments of a text.
///
/// `Display` writes `2 segments of GSM-7, 161 units`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    encoding: Encoding,
    units: usize,
    count: usize,
    remaining: usize,
}

impl Segments {
    /// Returns the encoding of all segments.
    #[must_use]
    pub const fn encoding(self) -> Encoding {
        self.encoding
    }

    /// Returns the length of the text: septets in GSM-7, two for an extension character; UTF-16 code units
    /// in UCS-2.
    #[must_use]
    pub const fn units(self) -> usize {
        self.units
    }

    /// Returns the number of segments that are sent and billed. At least 1, also for an empty text.
    #[must_use]
    pub const fn count(self) -> usize {
        self.count
    }

    /// Returns the units that are free in the last segment.
    #[must_use]
    pub const fn remaining(self) -> usize {
        self.remaining
    }

    /// Returns the cost of the text at a price per segment, saturating.
    ///
    /// Estimate a campaign to 10,000 recipients:
    ///
    /// ```
    /// use anysms::{Decimal, text::segments};
    ///
    /// let price = Decimal::new(400, 4); // 0.04
    /// let each = segments(&"a".repeat(161)).cost(price);
    /// assert_eq!(each * Decimal::from(10_000), Decimal::from(800));
    /// ```
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

/// Counts the segments of a text in GSM-7; `None` if it has a character outside.
///
/// Constant, so that [`gsm7!`](crate::gsm7) counts with the same code as [`segments`].
pub(super) const fn gsm7_segments(text: &str) -> Option<Segments> {
    let mut packer = Packer::new(Encoding::Gsm7);
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        // Fast path: most blocks of four are ASCII and do not reach the end of the segment.
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

fn ucs2_segments(rule: SegmentRule, text: &str) -> Segments {
    let mut packer = Packer::new(Encoding::Ucs2);
    match rule {
        SegmentRule::Plain => text.chars().for_each(|c| packer.push(c.len_utf16())),
        SegmentRule::Twilio => {
            let (mut cluster, mut units) = (Cluster::default(), 0);
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                let class = Class::of(c);
                if !cluster.push(class) {
                    packer.push(units);
                    units = 0;
                }
                units += c.len_utf16();
                // Fast path: in most texts, every character is a cluster, so runs are only counted.
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

/// Fills segments with parts that must not be split.
struct Packer {
    encoding: Encoding,
    units: usize,
    count: usize,
    /// Units of the text at which the current segment is full.
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
            // As in Twilio's calculator, everything that would have fitted a single segment, and the first
            // part that did not, go into the second segment. A cluster of 64 units or more overfills it.
            if self.count == 2 && before <= self.encoding.single_limit() {
                return;
            }
            self.count += 1;
            self.full = before + self.encoding.part_limit();
        }
    }

    /// Pushes a part of one unit several times.
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
        Segments { encoding, units, count, remaining: full.saturating_sub(units) }
    }
}
