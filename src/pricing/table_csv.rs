//! Rows of a price table, read from CSV.

use std::str::FromStr;

use super::{
    PriceRow,
    table::{Given, invalid},
};
use crate::{error::Result, message::Direction};

/// Columns of a price table.
const COLUMNS: [&str; 8] =
    ["country", "per_segment", "currency", "direction", "carrier", "mcc", "mnc", "number_type"];

/// Reads the rows of a table, each with its place for errors.
pub(super) fn read(text: &str) -> Result<Vec<(String, Given)>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, head) = lines.next().ok_or_else(|| invalid("price table: is empty".into()))?;
    let head: Vec<String> = fields(head, 1)?.iter().map(|name| name.to_lowercase()).collect();
    for name in &head {
        if !COLUMNS.contains(&name.as_str()) {
            let known = COLUMNS.join(", ");
            return Err(invalid(format!("price table: 1: a column is unknown; use {known}")));
        }
    }
    for name in &COLUMNS[..2] {
        if !head.iter().any(|known| known == name) {
            return Err(invalid(format!("price table: 1: the column {name} is missing")));
        }
    }
    lines
        .map(|(at, line)| {
            let number = at + 1;
            Ok((format!("line {number}"), row(&head, &fields(line, number)?, number)?))
        })
        .collect()
}

fn row(head: &[String], fields: &[String], line: usize) -> Result<Given> {
    let place = |name: &str| head.iter().position(|known| known == name);
    let field = |name: &str| {
        place(name).and_then(|at| fields.get(at)).map(|field| field.trim()).unwrap_or_default()
    };
    if fields.len() != head.len() {
        let (has, needs) = (fields.len(), head.len());
        return Err(invalid(format!("price table: line {line}: has {has} fields, needs {needs}")));
    }
    let text = |name: &str| Some(field(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let country = parse(field("country"), "country", line)?;
    let per_segment = parse(field("per_segment"), "per_segment", line)?;
    let currency = text("currency").map(|code| parse(&code, "currency", line)).transpose()?;
    let direction = match field("direction").to_lowercase().as_str() {
        "" | "outbound" => Direction::Outbound,
        "inbound" => Direction::Inbound,
        _ => {
            let rule = "direction: use outbound or inbound";
            return Err(invalid(format!("price table: line {line}: {rule}")));
        }
    };
    let (carrier, mcc, mnc) = (text("carrier"), text("mcc"), text("mnc"));
    let number_type = text("number_type");
    let row = PriceRow { carrier, mcc, mnc, number_type, direction, per_segment };
    Ok((country, currency, row))
}

fn parse<T: FromStr>(text: &str, name: &str, line: usize) -> Result<T> {
    text.parse().map_err(|_| invalid(format!("price table: line {line}: {name} cannot be read")))
}

/// Splits a line into its fields; a quote in a field in quotes stands twice.
fn fields(line: &str, number: usize) -> Result<Vec<String>> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, quoted) {
            ('"', true) if rest.peek() == Some(&'"') => {
                rest.next();
                field.push('"');
            }
            ('"', true) => quoted = false,
            ('"', false) if field.trim().is_empty() => {
                field.clear();
                quoted = true;
            }
            (',', false) => fields.push(std::mem::take(&mut field)),
            (c, _) => field.push(c),
        }
    }
    if quoted {
        return Err(invalid(format!("price table: line {number}: a quote is not closed")));
    }
    fields.push(field);
    Ok(fields.into_iter().map(|field| field.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;
    use crate::{message::Currency, number::Region, pricing::PriceTable};

    fn table(text: &str) -> Result<PriceTable> {
        PriceTable::from_csv(text, Date::constant(2026, 11, 1), Currency::USD)
    }

    #[test]
    fn a_table_is_read_with_all_that_it_says() {
        let text = "\u{feff}Country, per_segment,carrier,mcc,mnc,direction,currency\r\n\
                    GB,0.052,\"Acme, the \"\"one\"\"\",234,15,,\r\n\r\n GB ,0.04,,,,inbound,usd\nDE,0.1,,,,,EUR";
        let table = table(text).unwrap();
        let british = table.prices(Region::GB).unwrap();
        assert_eq!(british.rows[0].carrier.as_deref(), Some("Acme, the \"one\""));
        assert!(british.rows[0].network().is_some());
        assert_eq!(british.rows[1].direction, Direction::Inbound);
        let german = table.prices("DE".parse().unwrap()).unwrap();
        assert_eq!(german.highest().unwrap().to_string(), "0.1 EUR");
    }

    #[test]
    fn an_error_names_the_line_and_the_column() {
        for (text, rule) in [
            ("", "price table: is empty"),
            ("country\nGB", "price table: 1: the column per_segment is missing"),
            ("country,per_segment,x\n", "price table: 1: a column is unknown; use country"),
            ("country,per_segment\nGB", "line 2: has 1 fields, needs 2"),
            ("country,per_segment\nGBR,1", "line 2: country cannot be read"),
            ("country,per_segment\nGB,\n", "line 2: per_segment cannot be read"),
            ("country,per_segment\nGB,-1", "line 2: per_segment is negative"),
            ("country,per_segment\nGB,\"1", "line 2: a quote is not closed"),
            ("country,per_segment,direction\nGB,1,up", "line 2: direction: use outbound"),
            (
                "country,per_segment,currency\nGB,1,USD\nGB,1,EUR",
                "line 3: the country has prices in",
            ),
        ] {
            let error = table(text).unwrap_err().to_string();
            assert!(error.contains(rule), "{error}");
        }
    }

    #[test]
    fn json_says_the_same() {
        let table = PriceTable::from_json(
            r#"{"as_of":"2026-11-01","currency":"USD","provider":"acme","prices":[
                {"country":"GB","per_segment":"0.052","mcc":"234","mnc":"15"},
                {"country":"GB","per_segment":"0.04","direction":"inbound","carrier":null}]}"#,
        );
        let table = table.unwrap();
        assert_eq!(table.prices(Region::GB).unwrap().rows.len(), 2);
        assert_eq!(table.prices(Region::GB).unwrap().provider.as_str(), "acme");
        let error = PriceTable::from_json("{\"as_of\":\n1}").unwrap_err().to_string();
        assert!(error.contains("not the JSON expected, 2:"), "{error}");
    }
}
