//! Numbers as lines of JSON for programs and as a table for people.

use anysms::{
    message::Money,
    numbers::{AvailableNumber, InboundRoute, NumberCapabilities, OwnedNumber},
};
use serde_json::{Value, json};

use crate::output;

pub(super) fn available(one: &AvailableNumber) -> Value {
    json!({
        "number": one.number,
        "country": one.country.as_str(),
        "category": one.category,
        "region": one.region,
        "city": one.city,
        "capabilities": one.capabilities,
        "setup": one.price.setup,
        "monthly": one.price.monthly,
        "first_month": one.price.first_month(),
        "requirements": one.requirements,
    })
}

pub(super) fn available_row(one: &AvailableNumber) -> Vec<String> {
    let place = [one.city.as_deref(), one.region.as_deref()];
    let place: Vec<&str> = place.into_iter().flatten().collect();
    vec![
        one.number.to_string(),
        one.category.to_string(),
        can(one.capabilities),
        place.join(", "),
        money(one.price.setup),
        money(one.price.monthly),
        one.requirements.join("; "),
    ]
}

pub(super) fn owned(one: &OwnedNumber) -> Value {
    let inbound = match &one.inbound {
        Some(InboundRoute::Webhook(url, method)) => {
            json!({"url": url, "method": method.as_str()})
        }
        Some(InboundRoute::Application(id)) => json!({"application": id}),
        _ => Value::Null,
    };
    json!({
        "id": one.id,
        "number": one.number,
        "name": one.name.as_deref(),
        "category": one.category,
        "capabilities": one.capabilities,
        "inbound": inbound,
        "monthly": one.monthly,
        "since": one.since,
    })
}

pub(super) fn owned_row(one: &OwnedNumber) -> Vec<String> {
    let inbound = match &one.inbound {
        Some(InboundRoute::Webhook(url, method)) => format!("{} {url}", method.as_str()),
        Some(InboundRoute::Application(id)) => format!("application {id}"),
        _ => String::new(),
    };
    vec![
        one.number.to_string(),
        one.category.map(|category| category.to_string()).unwrap_or_default(),
        can(one.capabilities),
        one.name.as_deref().unwrap_or_default().to_owned(),
        inbound,
        money(one.monthly),
    ]
}

fn can(capabilities: NumberCapabilities) -> String {
    let all = [(capabilities.sms, "sms"), (capabilities.mms, "mms"), (capabilities.voice, "voice")];
    let can: Vec<&str> = all.into_iter().filter_map(|(can, name)| can.then_some(name)).collect();
    can.join(",")
}

fn money(money: Option<Money>) -> String {
    money
        .map(|money| Money::new(money.amount.normalize(), money.currency).to_string())
        .unwrap_or_default()
}

/// Prints a table: as wide as its columns need, an empty cell as a dash.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) {
    for line in lines(head, rows) {
        output::line(&line);
    }
}

fn lines(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&head).chain(rows).collect();
    let cell = |text: &str| -> String {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if text.is_empty() { "-".to_owned() } else { text }
    };
    let width = |column: usize| {
        let cells = all.iter().filter_map(|row| row.get(column));
        cells.map(|text| cell(text).chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &&Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(text, width)| format!("{:<width$}", cell(text)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_and_a_name_breaks_no_line() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["+447700900123", "Kör\n", ""]), row(["+1", "", "x"])];
        assert_eq!(
            lines(&["NUMBER", "NAME", "MONTHLY"], &rows),
            ["NUMBER         NAME  MONTHLY", "+447700900123  Kör   -", "+1             -     x"]
        );
    }
}
