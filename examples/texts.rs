//! Counts what a text costs before it is sent, and finds what makes it dear.
//!
//! ```text
//! cargo run --example texts
//! ```

use anysms::{
    Decimal, gsm7,
    text::{CheckOptions, check, segments, to_gsm7},
};

/// Compiles only if the text is GSM-7 and fits into one segment.
const READY: &str = gsm7!("Your table is ready. Reply STOP to opt out.", 1);

fn main() {
    let price = Decimal::new(4, 2); // 0.04 a segment
    println!("{}: costs {}", segments(READY), segments(READY).cost(price));

    // One curly apostrophe makes a text UCS-2: 70 characters a segment instead of 160.
    let text = "You’re next: your table is ready – please come to the bar within 10 minutes.";
    println!("{}: costs {}", segments(text), segments(text).cost(price));
    let plain = to_gsm7(text);
    println!("{}: costs {}", segments(&plain), segments(&plain).cost(price));

    // All findings at once, for a text that advertises.
    let report = check(text, &CheckOptions::default().with_marketing());
    for finding in report.findings() {
        match finding.position() {
            Some(position) => println!("{position}: {finding}"),
            None => println!("{finding}"),
        }
    }
}
