//! [`check`]: the parameters of a request, held against what its operation asks for.

use jiff::{Timestamp, civil::Date};
use serde_json::Value;

use super::table::{API, Operation, Place, Rule, is_sid};
use crate::{message::WebUrl, twilio::sandbox::resource::snake};

/// Checks the parameters of a request but for those that are checked elsewhere. Returns the name of the first that is
/// wrong, and the rule.
pub(in crate::twilio::sandbox) fn check<'a>(
    operation: &'a Operation,
    form: &[(String, String)],
    query: &[(String, String)],
    elsewhere: &[&str],
) -> Result<(), (&'a str, String)> {
    let checked = |rule: &&Rule| !elsewhere.contains(&rule.name.as_str());
    let shape = operation.shape.as_deref().and_then(|name| API.shape(name));
    for rule in operation.parameters.iter().filter(checked) {
        let given = match rule.place {
            Place::Form => form,
            Place::Query => query,
            Place::Path | Place::Json => continue,
        };
        let mut values = given.iter().filter(|(name, _)| *name == rule.name).peekable();
        if rule.required && values.peek().is_none() {
            return Err((&rule.name, "is required".to_owned()));
        }
        for (_, value) in values {
            let rule_of_value = rule.items.as_deref().unwrap_or(rule);
            check_value(rule_of_value, value).map_err(|broken| (&*rule.name, broken))?;
            // What an answer may say of it and what a request may say are the same.
            let shown = shape.filter(|_| rule.place == Place::Form);
            if let Some(shown) = shown.and_then(|shape| shape.get(&snake(&rule.name))) {
                check_word(shown, value).map_err(|broken| (&*rule.name, broken))?;
            }
            if rule.required && value.is_empty() {
                return Err((&rule.name, "must not be empty".to_owned()));
            }
        }
    }
    Ok(())
}

fn check_value(rule: &Rule, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(()); // which takes a value away
    }
    check_word(rule, value)?;
    if let Some(pattern) = &rule.pattern
        && !is_sid(pattern, value)
    {
        return Err("is no id of the right kind".to_owned());
    }
    let length = value.chars().count();
    if rule.min_length.is_some_and(|least| length < least)
        || rule.max_length.is_some_and(|most| length > most)
    {
        return Err("is too short or too long".to_owned());
    }
    let right = match (rule.kind.as_str(), rule.format.as_deref()) {
        ("integer", _) => value.parse().is_ok_and(|value: i64| {
            rule.minimum.is_none_or(|least| value >= least)
                && rule.maximum.is_none_or(|most| value <= most)
        }),
        ("number", _) => value.parse::<f64>().is_ok_and(f64::is_finite),
        ("boolean", _) => ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word)),
        (_, Some("uri")) => value.parse::<WebUrl>().is_ok(),
        (_, Some("http-method")) => {
            ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"].contains(&value)
        }
        (_, Some("date-time")) => value.parse::<Timestamp>().is_ok() || is_date(value),
        (_, Some("date")) => is_date(value) || is_offset(value),
        (_, Some("iso-country-code")) => {
            value.len() == 2 && value.bytes().all(|b| b.is_ascii_alphabetic())
        }
        _ => true,
    };
    if right {
        Ok(())
    } else {
        Err(format!("is no {}", rule.format.as_ref().unwrap_or(&rule.kind)))
    }
}

fn check_word(rule: &Rule, value: &str) -> Result<(), String> {
    let Some(values) = rule.values.as_ref().filter(|_| !value.is_empty()) else { return Ok(()) };
    let mut words = values.iter().filter_map(Value::as_str);
    match words.any(|known| known.eq_ignore_ascii_case(value)) {
        true => Ok(()),
        false => Err("is none of the values that it may have".to_owned()),
    }
}

fn is_date(value: &str) -> bool {
    value.parse::<Date>().is_ok()
}

/// Returns `true` for a day so many days ago, such as `-30days`.
fn is_offset(value: &str) -> bool {
    let days = value.strip_suffix("days").or_else(|| value.strip_suffix("day"));
    days.is_some_and(|days| days.parse::<i32>().is_ok())
}
