//! A quote of a message beside a bare read of a map. Asked of `quote`: at most 200 ns.
//!
//! ```text
//! cargo bench -p anysms-benches --bench pricing
//! ```
//!
//! `segments` and `now` are parts of a quote: it counts the segments of the text, and reads the clock for the age.

use std::{collections::HashMap, hint::black_box};

use anysms::{
    Date, Decimal, Message, PhoneNumber, Timestamp,
    message::{Currency, Direction},
    number::Region,
    pricing::{MobileNetwork, PriceBook, PriceRow, PriceTable},
    text::segments,
};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Builder;

/// Number of networks of the country.
const NETWORKS: u32 = 40;

fn table() -> PriceTable {
    let of = |mnc: u32| {
        let row = PriceRow::new(Direction::Outbound, Decimal::new(i64::from(mnc), 4));
        row.with_network("234", format!("{mnc:02}"))
    };
    let empty = PriceTable::new(Date::constant(9999, 1, 1), Currency::USD);
    (1..=NETWORKS).fold(empty, |table, mnc| table.with_row(Region::GB, of(mnc)))
}

fn pricing(c: &mut Criterion) {
    let book = PriceBook::builder(table()).build();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(book.warm(&[Region::GB])).expect("a table answers");
    let map = HashMap::from([(Region::GB, Decimal::new(40, 4))]);
    let to: PhoneNumber = "+447700900123".parse().expect("a number");
    let message = Message::new(to, "Your table is ready");
    let network: MobileNetwork = "234-15".parse().expect("a network");
    assert_eq!(book.quote(&message).expect("a price").money.to_string(), "0.0040 USD");

    let mut group = c.benchmark_group("pricing");
    group.bench_function("bare", |b| {
        b.iter(|| {
            let number = black_box(&message).destination().number().expect("a number");
            map.get(&number.region().expect("a country")).copied()
        });
    });
    group.bench_function("segments", |b| b.iter(|| segments(black_box(&message).text())));
    group.bench_function("now", |b| b.iter(Timestamp::now));
    group.bench_function("quote", |b| b.iter(|| book.quote(black_box(&message))));
    group.bench_function("quote_for_network", |b| {
        b.iter(|| book.quote_for_network(black_box(&message), network));
    });
    group.finish();
}

criterion_group!(benches, pricing);
criterion_main!(benches);
