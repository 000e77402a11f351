//! Countries that refuse alphanumeric senders.

use super::{Table, lines};
use crate::Result;

const fn table(from: &'static str, render: fn(&str) -> Result<String>) -> Table {
    let file = "src/message/sender/refusals.rs";
    Table { file, source: "xtask/data/alphanumeric-refusals.txt", from, to: "\n\n", render }
}

pub(super) const AS_OF: Table = table("const AS_OF", |source| {
    let as_of = lines(source).find_map(|(_, line)| line.strip_prefix("as of "));
    Ok(format!("const AS_OF: &str = {:?};", as_of.ok_or("no line says as of when")?))
});
pub(super) const CONFIRMED: Table =
    table("const CONFIRMED", |source| Ok(countries(source, "CONFIRMED", "confirmed")));
pub(super) const REPORTED: Table =
    table("const REPORTED", |source| Ok(countries(source, "REPORTED", "reported")));

fn countries(source: &str, name: &str, word: &str) -> String {
    let named = lines(source).filter_map(|(_, line)| line.strip_suffix(word)?.strip_suffix(' '));
    let named: Vec<_> = named.collect();
    format!("const {name}: [&str; {}] = {named:?};", named.len())
}
