//! [`Params`]: the parameters of a form body or a query, decoded in one pass.
//!
//! Both readers of parameters stand on it: [`Form`](super::Form), which looks fields up, and
//! [`Signed`](super::Signed), which writes the text that was signed.

use std::{cmp::Ordering, ops::Range};

use crate::webhook::{
    MAX_BODY, MAX_PARAMS, WebhookError,
    WebhookErrorKind::{BadEncoding, TooLarge, TooManyParameters},
};

/// The parameters of a form body or a query, decoded, in the order they came.
///
/// Malformed percent signs stay as they are, as browsers and both vendors have it. Bytes that are not
/// UTF-8 are refused rather than replaced, as a replacement could not be what was signed.
#[derive(Default)]
pub(super) struct Params {
    /// All that came, decoded and UTF-8, with `=` and `&` where they parted something.
    pub(super) text: Vec<u8>,
    pub(super) spans: Vec<Span>,
}

/// Where a parameter is, in one number, so that it is sorted as one: once they are asked for, the first
/// eight bytes of its name; where it starts, where its `=` is, and where it ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(u128);

/// The bits of a place in a span.
const PLACE: u32 = 20;
const _: () = assert!(MAX_BODY < 1 << PLACE && 3 * PLACE + 64 <= u128::BITS);

impl Params {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, WebhookError> {
        if bytes.len() > MAX_BODY {
            return Err(WebhookError::new(TooLarge));
        }
        let mut spans = Vec::with_capacity(bytes.len().div_ceil(16).min(32));
        let mut text = Vec::with_capacity(bytes.len());
        // In the text, the place of the first `=` being nowhere at first.
        let (mut start, mut equals) = (0, usize::MAX);
        let (mut decoded, mut ascii) = (0, bytes.is_ascii());
        let (blocks, rest) = bytes.as_chunks();
        // Where nothing is left a parameter ends.
        let mut last = [b'&'; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        'blocks: for (number, block) in blocks.iter().chain([&last]).enumerate() {
            let mut marks = gather(&likely_marks(block));
            while marks != 0 {
                let at = marks.trailing_zeros() as usize % BLOCK;
                marks &= marks - 1;
                let byte = block[at];
                let at = number * BLOCK + at;
                let place = text.len() + (at - decoded);
                if byte == b'=' {
                    equals = equals.min(place);
                } else if byte == b'&' {
                    if place > start {
                        if spans.len() == MAX_PARAMS {
                            return Err(WebhookError::new(TooManyParameters));
                        }
                        spans.push(Span::new(start, equals.min(place), place));
                    }
                    (start, equals) = (place + 1, usize::MAX);
                    if at >= bytes.len() {
                        break 'blocks;
                    }
                } else if let Some((byte, length)) = unescaped(&bytes[at..]) {
                    text.extend_from_slice(&bytes[decoded..at]);
                    text.push(byte);
                    decoded = at + length;
                    ascii &= byte.is_ascii();
                }
            }
        }
        text.extend_from_slice(&bytes[decoded..]);
        if !ascii && std::str::from_utf8(&text).is_err() {
            return Err(WebhookError::new(BadEncoding));
        }
        Ok(Self { text, spans })
    }

    pub(super) fn name(&self, span: Span) -> &[u8] {
        &self.text[span.name()]
    }

    pub(super) fn value(&self, span: Span) -> &[u8] {
        &self.text[span.value()]
    }

    /// Sorts the parameters by name and then by value, byte by byte.
    pub(super) fn sort(&mut self) {
        let Self { text, spans } = self;
        spans.iter_mut().for_each(|span| *span = span.with_first(text));
        spans.sort_unstable();
        for alike in spans.chunk_by_mut(|a, b| a.first() == b.first()) {
            if alike.len() > 1 {
                alike.sort_unstable_by(|a, b| a.compare(*b, text));
            }
        }
    }
}

impl Span {
    const fn new(start: usize, equals: usize, end: usize) -> Self {
        Self((start as u128) << (2 * PLACE) | (equals as u128) << PLACE | end as u128)
    }

    /// With the first bytes of the name.
    fn with_first(self, text: &[u8]) -> Self {
        let (start, equals, _) = self.places();
        let beyond = u64::MAX.checked_shr(8 * (equals - start) as u32).unwrap_or(0);
        let first = u64::from_be_bytes(first(&text[start..], 0)) & !beyond;
        Self(self.0 | u128::from(first) << (3 * PLACE))
    }

    pub(super) const fn first(self) -> u64 {
        (self.0 >> (3 * PLACE)) as u64
    }

    /// Where it starts, where its `=` is, and where it ends.
    fn places(self) -> (usize, usize, usize) {
        const PLACES: u64 = (1 << PLACE) - 1;
        let places = self.0 as u64;
        let place = |number: u32| (places >> (number * PLACE) & PLACES) as usize;
        (place(2), place(1), place(0))
    }

    pub(super) fn name(self) -> Range<usize> {
        let (start, equals, _) = self.places();
        start..equals
    }

    pub(super) fn value(self) -> Range<usize> {
        let (_, equals, end) = self.places();
        (equals + 1).min(end)..end
    }

    /// By name and then by value, byte by byte.
    pub(super) fn compare(self, other: Self, text: &[u8]) -> Ordering {
        let names = || text[self.name()].cmp(&text[other.name()]);
        let values = || text[self.value()].cmp(&text[other.value()]);
        self.first().cmp(&other.first()).then_with(names).then_with(values)
    }
}

/// What the first of some bytes stands for, and how many bytes that takes, if not itself.
const fn unescaped(bytes: &[u8]) -> Option<(u8, usize)> {
    match *bytes {
        [b'+', ..] => Some((b' ', 1)),
        [b'%', high, low, ..] => match (DIGITS[high as usize], DIGITS[low as usize]) {
            (high, low) if high | low < 16 => Some((high << 4 | low, 3)),
            _ => None,
        },
        _ => None,
    }
}

/// What each byte is as a hex digit, and more than all digits where it is none.
const DIGITS: [u8; 256] = {
    let (mut digits, mut value) = ([u8::MAX; 256], 0);
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        digits[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// The first eight bytes, with padding behind if there are not so many.
fn first(bytes: &[u8], padding: u8) -> [u8; 8] {
    match bytes.first_chunk() {
        Some(first) => *first,
        None => {
            let mut first = [padding; 8];
            first[..bytes.len()].copy_from_slice(bytes);
            first
        }
    }
}

/// Bytes that are looked at in one step.
const BLOCK: usize = 64;

/// The high bits of the bytes that are `=` or below `,` in ASCII: the latter are `%`, `&`, `+`, and some
/// that stand for themselves and that vendors escape.
#[inline(never)] // In a loop of its own several words are taken at once.
fn likely_marks(block: &[u8; BLOCK]) -> [u64; BLOCK / 8] {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let (words, _) = block.as_chunks();
    let mut marks = [0; BLOCK / 8];
    for (marks, word) in marks.iter_mut().zip(words) {
        let word = u64::from_le_bytes(*word);
        let ascii = word | HIGH;
        let comma_or_above = ascii - ONES * u64::from(b',');
        let other_than_equals = (ascii ^ (ONES * u64::from(b'='))) - ONES;
        *marks = !(comma_or_above & other_than_equals | word) & HIGH;
    }
    marks
}

/// A bit for every byte of which the high bit is set, the lowest for the first.
fn gather(words: &[u64; BLOCK / 8]) -> u64 {
    const TOGETHER: u64 = 0x0002_0408_1020_4081;
    words.iter().rev().fold(0, |all, word| all << 8 | word.wrapping_mul(TOGETHER) >> 56)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_mark_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for at in 0..BLOCK {
                let mut block = [b'a'; BLOCK];
                (block[at], block[BLOCK - 1 - at]) = (byte, byte ^ 1);
                let bits = block.iter().rev();
                let expected = bits.fold(0, |all, b| all << 1 | u64::from(*b < b',' || *b == b'='));
                assert_eq!(gather(&likely_marks(&block)), expected);
            }
        }
    }
}
