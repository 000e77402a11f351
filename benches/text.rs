//! Counting segments, beside a scan that only looks every character up in a table and adds, and beside
//! the nearest that sms-pdu has, which cuts the text to count.
//!
//! ```text
//! cargo bench -p anysms-benches --bench text
//! ```
//!
//! For texts in UCS-2 the scan adds UTF-16 code units, and knows nothing of clusters.

use std::hint::black_box;

use anysms::text::{CheckOptions, Encoding, SegmentRule, check, segments, segments_by, to_gsm7};
use criterion::{Criterion, criterion_group, criterion_main};
use sms_pdu::gsm_encoding::GsmMessageData;

/// The septets of the bytes that are a character.
fn septet_table() -> [u8; 256] {
    let mut table = [0; 256];
    for byte in b' '..=b'~' {
        table[usize::from(byte)] = if b"[\\]^{|}~".contains(&byte) { 2 } else { 1 };
    }
    table[usize::from(b'`')] = 0;
    table[usize::from(b'\n')] = 1;
    table
}

fn scan_gsm7(table: &[u8; 256], text: &str) -> usize {
    text.bytes().map(|byte| usize::from(table[usize::from(byte)])).sum()
}

fn scan_ucs2(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn repeat(text: &str, chars: usize) -> String {
    text.chars().cycle().take(chars).collect()
}

fn gsm7(c: &mut Criterion) {
    let table = septet_table();
    let sentence = "Your table for two at 19:30 is ready. Reply STOP to opt out. ";
    let plain = repeat(sentence, 1_530);
    let escapes = repeat("Order {ref} is [late], sorry ~ see ^above | STOP ends. ", 1_300);
    for (name, text) in [("gsm7", &plain), ("gsm7 with escapes", &escapes)] {
        assert_eq!(segments(text).encoding(), Encoding::Gsm7);
        assert_eq!(segments(text).units(), scan_gsm7(&table, text));
        assert_eq!(segments(text).count(), GsmMessageData::encode_message(text).len());
        let mut group = c.benchmark_group(format!("text/{name}"));
        group.bench_function("scan", |b| b.iter(|| scan_gsm7(&table, black_box(text))));
        group.bench_function("segments", |b| b.iter(|| segments(black_box(text))));
        let sms_pdu = |b: &mut criterion::Bencher<'_>| {
            b.iter(|| GsmMessageData::encode_message(black_box(text)).len());
        };
        group.bench_function("sms-pdu", sms_pdu);
        group.finish();
    }
}

fn ucs2(c: &mut Criterion) {
    let cyrillic = repeat("Ваш столик готов, ждём вас в 19:30. ", 737);
    let emoji = repeat("Готово 👋🏽 👩‍👩‍👧‍👦 🇬🇧 ❤️ ", 737);
    for (name, text) in [("cyrillic", &cyrillic), ("emoji", &emoji)] {
        assert_eq!(segments(text).units(), scan_ucs2(text));
        let mut group = c.benchmark_group(format!("text/{name}"));
        group.bench_function("scan", |b| b.iter(|| scan_ucs2(black_box(text))));
        group.bench_function("segments", |b| b.iter(|| segments(black_box(text))));
        group.bench_function("plain rule", |b| {
            b.iter(|| segments_by(SegmentRule::Plain, black_box(text)));
        });
        let sms_pdu = |b: &mut criterion::Bencher<'_>| {
            b.iter(|| GsmMessageData::encode_message(black_box(text)).len());
        };
        group.bench_function("sms-pdu", sms_pdu);
        group.finish();
    }
}

fn checks(c: &mut Criterion) {
    let text =
        repeat("You’re next: “20% off” – see https://example.com/x. Reply STOP to end. ", 320);
    let marketing = CheckOptions::default().with_marketing();
    let mut group = c.benchmark_group("text/check");
    group.bench_function("to_gsm7", |b| b.iter(|| to_gsm7(black_box(&text)).len()));
    group.bench_function("check", |b| b.iter(|| check(black_box(&text), &marketing)));
    group.finish();
}

criterion_group!(benches, gsm7, ucs2, checks);
criterion_main!(benches);
