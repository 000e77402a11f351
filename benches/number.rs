//! Reading and writing numbers, beside `rlibphonenumber` doing the same and a bare check of syntax.
//!
//! `cargo bench -p anysms-benches --bench number`
//!
//! `world` reads the national form of other countries: at most 1.3 times as long as `rlibphonenumber` takes for
//! the same.
#![allow(missing_docs)] // what `criterion_group!` writes

use std::hint::black_box;

use anysms::{
    PhoneNumber,
    number::{self, uk},
};
use criterion::{Criterion, criterion_group, criterion_main};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

const E164: &str = "+447700900123";
/// As people write it.
const WRITTEN: [(&str, &str); 4] = [
    ("national", "07700 900123"),
    ("international", "+44 7700 900123"),
    ("with a zero too many", "+44 (0)7700 900123"),
    ("landline", "(020) 7946 0123"),
];
/// Fictional numbers of other countries, as people there write them.
const WORLD: [(&str, &str); 5] = [
    ("AU", "0491 570 006"),
    ("DE", "030 23125 012"),
    ("DE", "30 23125 012"),
    ("FR", "02 61 91 00 12"),
    ("US", "(202) 555-0123"),
];

/// The floor: `+` and 7 to 15 digits.
fn bare_syntax(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+')?.as_bytes();
    let right = (7..=15).contains(&digits.len()) && digits[0] != b'0';
    let value = |value: u64, b: &u8| b.is_ascii_digit().then(|| value * 10 + u64::from(b - b'0'));
    if right { digits.iter().try_fold(0, value) } else { None }
}

fn e164(c: &mut Criterion) {
    let mut group = c.benchmark_group("E.164");
    group.bench_function("bare syntax check", |b| b.iter(|| bare_syntax(black_box(E164))));
    group.bench_function("parse", |b| b.iter(|| PhoneNumber::parse(black_box(E164))));
    group.bench_function("parse and format", |b| {
        let mut text = String::with_capacity(16);
        b.iter(|| {
            use std::fmt::Write;
            text.clear();
            let number = PhoneNumber::parse(black_box(E164)).unwrap();
            write!(text, "{number}").unwrap();
            text.len()
        });
    });
    group.bench_function("rlibphonenumber, parse and format", |b| {
        b.iter(|| {
            let number = PHONE_NUMBER_UTIL.parse(black_box(E164), None).unwrap();
            PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).len()
        });
    });
    group.finish();
}

fn uk(c: &mut Criterion) {
    let mut group = c.benchmark_group("UK");
    for (name, text) in WRITTEN {
        group.bench_function(format!("{name}, parse and validity"), |b| {
            b.iter(|| uk::parse(black_box(text)).unwrap());
        });
        group.bench_function(format!("{name}, rlibphonenumber, parse alone"), |b| {
            b.iter(|| PHONE_NUMBER_UTIL.parse(black_box(text), Some(Region::GB)).unwrap());
        });
        group.bench_function(format!("{name}, rlibphonenumber, parse and validity"), |b| {
            b.iter(|| {
                let number = PHONE_NUMBER_UTIL.parse(black_box(text), Some(Region::GB)).unwrap();
                PHONE_NUMBER_UTIL.is_valid_number(&number)
            });
        });
    }
    group.finish();
}

fn world(c: &mut Criterion) {
    let mut group = c.benchmark_group("world");
    for (region, text) in WORLD {
        let ours: number::Region = region.parse().unwrap();
        let theirs: Region = region.parse().unwrap();
        group.bench_function(format!("{region} {text}, parse and validity"), |b| {
            b.iter(|| number::parse(black_box(text), black_box(ours)).unwrap());
        });
        let name = format!("{region} {text}, rlibphonenumber, parse and validity");
        group.bench_function(name, |b| {
            b.iter(|| {
                let number = PHONE_NUMBER_UTIL.parse(black_box(text), Some(theirs)).unwrap();
                assert!(PHONE_NUMBER_UTIL.is_valid_number(&number));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, e164, uk, world);
criterion_main!(benches);
