//! [`Params`]: the parameters of a form body or a query, decoded in one pass and sorted.
//!
//! A request is decoded once. The check writes the signed text from it (`signing_params`), the reader of
//! the event looks its fields up in it (`fields`).

use std::{cmp::Ordering, ops::Range};

use crate::webhook::{
    MAX_BODY, MAX_PARAMS, WebhookError,
    WebhookErrorKind::{BadEncoding, TooLarge, TooManyParameters},
};

/// The parameters of a form body or a query, decoded, sorted by name and under one name by value, byte by
/// byte.
///
/// Malformed percent signs stay as they are, as browsers and both vendors do it. Bytes that are not
/// UTF-8 are refused rather than replaced, as a replacement could not be what was signed.
#[derive(Clone, Default)]
pub(crate) struct Params {
    /// The whole input, decoded, with its separators `=` and `&`.
    pub(super) text: String,
    /// At most [`MAX_PARAMS`].
    pub(super) spans: Vec<Span>,
}

/// Place of a parameter in the text, packed in one number that sorts as the names do: the first eight
/// bytes of the name, then where it starts, where its `=` is, and where it ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(u128);

/// The bits of a place in a span.
const PLACE: u32 = 20;
const _: () = assert!(MAX_BODY < 1 << PLACE && 3 * PLACE + 64 <= u128::BITS);

impl Params {
    /// Decodes and sorts.
    ///
    /// # Errors
    /// `TooLarge` beyond [`MAX_BODY`] bytes, `TooManyParameters` beyond [`MAX_PARAMS`], `BadEncoding` if
    /// the decoded bytes are not UTF-8.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, WebhookError> {
        if bytes.len() > MAX_BODY {
            return Err(WebhookError::new(TooLarge));
        }
        let mut spans = Vec::with_capacity(bytes.len().div_ceil(16).min(32));
        let mut text = Vec::with_capacity(bytes.len());
        // In the text, the place of the first `=` being nowhere at first.
        let (mut start, mut equals) = (0, usize::MAX);
        let mut decoded = 0;
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
                }
            }
        }
        text.extend_from_slice(&bytes[decoded..]);
        let text = String::from_utf8(text).map_err(|_| WebhookError::new(BadEncoding))?;
        let mut params = Self { text, spans };
        params.sort();
        Ok(params)
    }

    pub(super) fn name(&self, span: Span) -> &str {
        &self.text[span.name()]
    }

    pub(super) fn value(&self, span: Span) -> &str {
        &self.text[span.value()]
    }

    /// Names and values, sorted.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.spans.iter().map(|span| (self.name(*span), self.value(*span)))
    }

    /// Places in `spans` of the parameters of this name.
    #[inline(never)] // The callers are inlined.
    pub(super) fn find(&self, name: Name<'_>) -> Range<usize> {
        self.find_from(self.spans.partition_point(|span| span.first() < name.first), name)
    }

    /// Finds like [`find`](Self::find), right behind `last` where that sorts before the name: fields that
    /// are asked for in their order are found in one pass.
    #[inline(never)]
    pub(super) fn find_behind(&self, last: usize, name: Name<'_>) -> Range<usize> {
        match self.spans.get(last..) {
            Some([before, behind @ ..]) if before.first() < name.first => {
                let between = behind.iter().take_while(|span| span.first() < name.first).count();
                self.find_from(last + 1 + between, name)
            }
            _ => self.find(name),
        }
    }

    /// Returns the range of the parameters of this name, among those from `start` on whose names begin with
    /// these bytes.
    #[inline]
    fn find_from(&self, start: usize, name: Name<'_>) -> Range<usize> {
        let (text, Name { first, text: name }) = (self.text.as_bytes(), name);
        // Most names are told by their length, their first eight bytes and their last.
        let is = |span: &Span| {
            let known = &text[span.name()];
            span.first() == first
                && known.len() == name.len()
                && known.last_chunk::<8>() == name.last_chunk()
                && (name.len() <= 16 || known == name)
        };
        let behind = self.spans.get(start..).unwrap_or_default();
        for (at, span) in behind.iter().enumerate() {
            if span.first() != first {
                break;
            }
            if is(span) {
                let more = behind[at + 1..].iter().take_while(|span| is(span)).count();
                return start + at..start + at + 1 + more;
            }
        }
        start..start
    }

    fn sort(&mut self) {
        let (text, spans) = (self.text.as_bytes(), &mut self.spans);
        spans.iter_mut().for_each(|span| *span = span.with_first(text));
        spans.sort_unstable();
        for alike in spans.chunk_by_mut(|a, b| a.first() == b.first()) {
            if alike.len() > 1 {
                alike.sort_unstable_by(|a, b| a.compare(*b, text));
            }
        }
    }
}

/// A name that is looked for, with its first bytes.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    first: u64,
    text: &'a [u8],
}

impl<'a> Name<'a> {
    #[inline(always)] // The first bytes of a name that is known are a constant.
    pub(super) fn new(name: &'a str) -> Self {
        Self { first: first_of(name.as_bytes()), text: name.as_bytes() }
    }
}

impl Span {
    const fn new(start: usize, equals: usize, end: usize) -> Self {
        Self((start as u128) << (2 * PLACE) | (equals as u128) << PLACE | end as u128)
    }

    /// Adds the first bytes of the name.
    fn with_first(self, text: &[u8]) -> Self {
        let (start, equals, _) = self.places();
        // Eight bytes are there in one step nearly always; those behind the name are masked.
        let beyond = u64::MAX.checked_shr(8 * (equals - start) as u32).unwrap_or(0);
        let first = first_of(&text[start..]) & !beyond;
        Self(self.0 | u128::from(first) << (3 * PLACE))
    }

    pub(super) const fn first(self) -> u64 {
        (self.0 >> (3 * PLACE)) as u64
    }

    /// Returns its start, the place of its `=`, and its end.
    pub(super) fn places(self) -> (usize, usize, usize) {
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

    /// Place of the name, and if the value is not empty of `=` and the value.
    pub(super) fn joined(self) -> Range<usize> {
        let (start, equals, end) = self.places();
        start..if end == equals + 1 { equals } else { end }
    }

    /// Compares by name and then by value, byte by byte.
    pub(super) fn compare(self, other: Self, text: &[u8]) -> Ordering {
        let names = || text[self.name()].cmp(&text[other.name()]);
        let values = || text[self.value()].cmp(&text[other.value()]);
        self.first().cmp(&other.first()).then_with(names).then_with(values)
    }
}

/// Decodes an escape at the start of some bytes: the byte it stands for, and its length. `None` if the
/// first byte stands for itself.
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

/// Value of each byte as a hex digit; above 15 where it is none.
const DIGITS: [u8; 256] = {
    let (mut digits, mut value) = ([u8::MAX; 256], 0);
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        digits[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// Returns the first eight bytes as a number that compares as they do, with zeros behind a shorter text.
#[inline(always)]
fn first_of(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => bytes.iter().rev().fold(0, |all, byte| all >> 8 | u64::from(*byte) << 56),
    }
}

/// Bytes per step of the search for marks.
const BLOCK: usize = 64;

/// Sets the high bit of each byte that is `=` or below `,` in ASCII: the latter are `%`, `&`, `+`, and some
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

/// Collects the high bits of the bytes in one number, the lowest bit for the first byte.
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
