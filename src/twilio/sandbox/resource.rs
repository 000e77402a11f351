//! The common ground of all products: things are created, read, listed, changed and deleted, and an answer has
//! every field of its shape.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    NOT_FOUND, Refusal,
    call::{Call, OF_2010, all, default_service, empty, iso, new_sid, rfc2822},
    refusal,
    rest::{API, Operation, Place, Rule, Shape, prefixes},
};
use crate::sandbox::{self, Record};

type Fields = Map<String, Value>;

/// Answers a request as every product does that has no rules of its own for it.
pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    parents(call)?;
    let is_instance = call.operation.path.trim_end_matches(".json").ends_with('}');
    let is_collection = API.instance_of(call.operation).is_some();
    match (call.ask.method.as_str(), call.operation.list.is_some()) {
        ("GET", true) => Ok(list(call, call.records(&call.path))),
        ("GET", false) => match call.record(&call.path) {
            Some(record) => Ok(shown(call, &record)),
            None if is_instance => Err(NOT_FOUND),
            None => Ok(shown(call, &call.keep(&call.path, fields(call)))),
        },
        ("POST", _) if is_collection => Ok(shown(call, &create(call, fields(call))?)),
        ("DELETE", _) => match call.carrier.records().remove(&call.key(&call.path)) {
            true => Ok(empty(StatusCode::NO_CONTENT)),
            false => Err(NOT_FOUND),
        },
        _ => {
            let changed =
                call.carrier.records().change(&call.key(&call.path), call.carrier.now(), |known| {
                    known.extend(fields(call))
                });
            match changed {
                Some(record) => Ok(shown(call, &record)),
                None if is_instance && call.ask.method != "PUT" => Err(NOT_FOUND),
                None => Ok(shown(call, &call.keep(&call.path, fields(call)))),
            }
        }
    }
}

/// Fails unless everything is there that the path goes through.
pub(super) fn parents(call: &Call<'_>) -> Result<(), Refusal> {
    const ELSEWHERE: [&str; 7] = [
        "Accounts",
        "AvailablePhoneNumbers",
        "Domains",
        "Fields",
        "Messages",
        "MessagingServices",
        "PhoneNumbers",
    ];
    let path = call.path.strip_suffix(".json").unwrap_or(&call.path);
    let of_2010 = path.starts_with(OF_2010);
    for (at, _) in path.match_indices('/').skip(1) {
        let above = &path[..at];
        let collection = above.rsplit('/').nth(1).unwrap_or_default();
        let template = if of_2010 { format!("{above}.json") } else { above.to_owned() };
        let of_messages = call.operation.host != "conversations.twilio.com";
        let of_numbers = call.operation.host != "messaging.twilio.com";
        let kept_elsewhere = ELSEWHERE.contains(&collection)
            && (of_2010 || of_messages && (of_numbers || collection != "PhoneNumbers"));
        let default = default_service(&call.account.id);
        if API.is_instance(&call.operation.host, &template)
            && !kept_elsewhere
            && !above.ends_with(&default)
            && call.record(above).is_none()
        {
            return Err(NOT_FOUND);
        }
    }
    Ok(())
}

/// Keeps something new in the collection at the path of the request, under an id of its own or the name that
/// the request gives it.
pub(super) fn create(call: &Call<'_>, mut fields: Fields) -> Result<Record, Refusal> {
    let shape = shape(call.operation);
    let key_name = API.instance_of(call.operation).and_then(Operation::last_argument);
    let named = key_name.and_then(|name| call.get(name)).map(str::to_owned);
    let key = match (named, fields.get("sid").and_then(Value::as_str)) {
        (Some(named), _) if key_name != Some("Sid") => named,
        (_, Some(sid)) => sid.to_owned(),
        _ => {
            let pattern = shape.and_then(|shape| shape.get("sid")?.pattern.as_deref());
            new_sid(pattern.and_then(|pattern| prefixes(pattern).next()).unwrap_or("XX"))
        }
    };
    let path = format!("{}/{key}", call.path.strip_suffix(".json").unwrap_or(&call.path));
    if call.record(&path).is_some() {
        return Err(refusal(409, 20409, "There is one of this name already"));
    }
    if shape.is_some_and(|shape| shape.contains_key("sid")) && !fields.contains_key("sid") {
        let sid = match shape.and_then(|shape| shape.get("sid")?.pattern.as_deref()) {
            Some(pattern) if key_name != Some("Sid") => {
                new_sid(prefixes(pattern).next().unwrap_or("XX"))
            }
            _ => key,
        };
        fields.insert("sid".to_owned(), sid.into());
    }
    Ok(call.keep(&path, fields))
}

fn shape(operation: &Operation) -> Option<&'static Shape> {
    API.shape(operation.shape.as_deref()?)
}

/// Returns the fields that a request sets, by the names and kinds of the answer's shape.
pub(super) fn fields(call: &Call<'_>) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in &call.arguments {
        fields.insert(snake(name), value.as_str().into());
    }
    fields.remove("sid"); // what is at the path has one
    let of_body = call.operation.parameters.iter().filter(|rule| rule.place == Place::Form);
    for rule in of_body {
        let values: Vec<&str> = all(&call.form, &rule.name).collect();
        let Some(first) = values.first() else { continue };
        let shape = shape(call.operation);
        let has = |name: &String| shape.is_some_and(|shape| shape.contains_key(name));
        let (one, all) = (snake(&rule.name), format!("{}s", snake(&rule.name)));
        let name = if rule.items.is_some() && !has(&one) && has(&all) { all } else { one };
        // `A2PProfileBundleSid` is `a2p_profile_bundle_sid`.
        let bare = |name: &str| name.replace('_', "");
        let same = |name: &&String| bare(name.as_str()) == bare(&rule.name.to_ascii_lowercase());
        let spelt = shape.and_then(|shape| shape.keys().find(same)).filter(|_| !has(&name));
        let name = spelt.cloned().unwrap_or(name);
        let target = shape.and_then(|shape| shape.get(&name));
        let value = match (&rule.items, target) {
            (Some(items), _) => values.iter().map(|value| typed(items, value)).collect(),
            (None, Some(target)) if target.kind != "any" => typed(target, first),
            _ => typed(rule, first),
        };
        set(&mut fields, &name, value);
    }
    fields
}

/// Sets a field; a dot in its name leads into an object.
fn set(fields: &mut Fields, name: &str, value: Value) {
    match name.split_once('.') {
        Some((outer, inner)) => {
            let object = fields.entry(outer).or_insert_with(|| json!({}));
            if let Some(object) = object.as_object_mut() {
                set(object, inner, value);
            }
        }
        None => drop(fields.insert(name.to_owned(), value)),
    }
}

/// Returns a parameter's text as the value that the rule says.
fn typed(rule: &Rule, text: &str) -> Value {
    let parsed = match rule.kind.as_str() {
        "integer" => text.parse::<i64>().ok().map(Value::from),
        "number" => text.parse::<f64>().ok().map(Value::from),
        "boolean" => Some(text.eq_ignore_ascii_case("true").into()),
        "object" | "array" => serde_json::from_str(text).ok(),
        _ if text.is_empty() && rule.format.is_some() => Some(Value::Null),
        _ => match &rule.values {
            Some(values) => {
                let same = |value: &&Value| {
                    value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(text))
                };
                values.iter().find(same).cloned()
            }
            None => None,
        },
    };
    parsed.unwrap_or_else(|| text.into())
}

/// Returns the answer that shows a record, with the status of the operation.
pub(super) fn shown(call: &Call<'_>, record: &Record) -> Response<Bytes> {
    sandbox::json(call.operation.status, &present(call, record))
}

/// Returns a record with every field of the operation's shape.
pub(super) fn present(call: &Call<'_>, record: &Record) -> Value {
    let Some(shape) = shape(call.operation) else { return json!(record.fields) };
    if shape.is_empty() {
        return json!(record.fields);
    }
    let path = call.path_of(record);
    let time = |rule: &Rule, at| match rule.format.as_deref() {
        Some("date-time-rfc-2822") => json!(rfc2822(at)),
        _ if path.starts_with(OF_2010) => json!(rfc2822(at)),
        _ => json!(iso(at)),
    };
    let mut out = Fields::new();
    for (name, rule) in shape {
        let value = match (record.fields.get(name), name.as_str()) {
            (Some(value), _) => value.clone(),
            (None, "account_sid") => call.account.id.as_str().into(),
            (None, "chat_service_sid") => default_service(&call.account.id).into(),
            (None, "api_version") => "2010-04-01".into(),
            (None, "date_created") => time(rule, record.created_at),
            (None, "date_updated") => time(rule, record.updated_at),
            (None, "uri") => path.as_str().into(),
            (None, "url") => call.url(&path).into(),
            (None, "links" | "subresource_uris") => links(call, record, &path),
            _ => absent(rule),
        };
        out.insert(name.clone(), value);
    }
    super::registration::advance(call, record, &mut out);
    Value::Object(out)
}

/// Returns the value of a field that nothing has set.
fn absent(rule: &Rule) -> Value {
    match (&rule.default, rule.kind.as_str()) {
        (_, "boolean") => false.into(),
        (_, "array") => json!([]),
        _ if rule.nullable => Value::Null,
        (Some(default), _) => default.clone(),
        (None, "integer" | "number") => 0.into(),
        (None, "object") => json!({}),
        (None, "string") => match &rule.values {
            Some(values) => values.first().cloned().unwrap_or_default(),
            None => "".into(),
        },
        _ => Value::Null,
    }
}

/// Returns the addresses of what belongs to a record.
fn links(call: &Call<'_>, record: &Record, path: &str) -> Value {
    let mut out = Fields::new();
    for (name, template) in API.links(call.operation.shape.as_deref().unwrap_or_default()) {
        let mut address = String::new();
        for (at, part) in template.split(['{', '}']).enumerate() {
            let known = || match part {
                "account_sid" if record.text("owner_account_sid").is_none() => {
                    call.account.id.as_str()
                }
                _ => record.text(part).unwrap_or_else(|| record.key()),
            };
            address += if at % 2 == 0 { part } else { known() };
        }
        let whole = if path.starts_with(OF_2010) { address } else { call.url(&address) };
        out.insert(name.clone(), whole.into());
    }
    Value::Object(out)
}

/// Returns a page of the records that the query asks for.
pub(super) fn list(call: &Call<'_>, records: Vec<Record>) -> Response<Bytes> {
    let fitting: Vec<Record> = records.into_iter().filter(|record| fits(call, record)).collect();
    page(call, &fitting, |record| present(call, record))
}

/// Returns whether a record has what the query asks for, as far as it has such fields.
fn fits(call: &Call<'_>, record: &Record) -> bool {
    call.query.iter().filter(|(name, value)| !name.starts_with("Page") && !value.is_empty()).all(
        |(name, value)| match (name.as_str(), record.fields.get(&snake(name))) {
            ("DateCreated<" | "DateCreatedBefore", _) => {
                starts(value).is_none_or(|end| record.created_at < end)
            }
            ("DateCreated>" | "DateCreatedAfter", _) => {
                starts(value).is_none_or(|start| record.created_at >= start)
            }
            ("PhoneNumber" | "ShortCode", Some(Value::String(own))) => {
                own.contains(value.trim_matches('*').trim())
            }
            (_, Some(Value::String(own))) => own.eq_ignore_ascii_case(value),
            (_, Some(Value::Bool(own))) => value.parse() == Ok(*own),
            (_, Some(Value::Number(own))) => {
                value.parse().is_ok_and(|wanted: f64| own.as_f64() == Some(wanted))
            }
            (_, Some(_)) => true,
            (_, None) => true,
        },
    )
}

/// Returns the time of a text, or the start of the day that it names.
pub(super) fn starts(text: &str) -> Option<Timestamp> {
    let day = || {
        let day: jiff::civil::Date = text.parse().ok()?;
        Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(day)
}

/// Returns the page that the query names, with the addresses of those beside it.
pub(super) fn page<T>(call: &Call<'_>, items: &[T], show: impl Fn(&T) -> Value) -> Response<Bytes> {
    let number = |name| call.get(name).and_then(|text| text.parse::<usize>().ok());
    let most = if call.operation.host.starts_with("conversations") { 100 } else { 1_000 };
    let size = number("PageSize").unwrap_or(50);
    if !(1..=most).contains(&size) || number("Page").is_none() && call.get("Page").is_some() {
        return super::refused(refusal(400, 20007, "The page size is too large."));
    }
    let key = call.operation.list.as_deref().unwrap_or("items");
    let at = number("Page").unwrap_or(0);
    let start = at.saturating_mul(size);
    let shown: Vec<Value> = items.iter().skip(start).take(size).map(show).collect();
    let of_2010 = call.path.starts_with(OF_2010);
    let address = |page: usize| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in call.query.iter().filter(|(name, _)| !name.starts_with("Page")) {
            query.append_pair(name, value);
        }
        query.append_pair("PageSize", &size.to_string()).append_pair("Page", &page.to_string());
        if page > 0 {
            query.append_pair("PageToken", &format!("PA{page}"));
        }
        let path = if of_2010 { call.path.clone() } else { call.url(&call.path) };
        format!("{path}?{}", query.finish())
    };
    let end = start.saturating_add(shown.len());
    let next = (items.len() > end && !shown.is_empty()).then(|| address(at + 1));
    let previous = (at > 0).then(|| address(at - 1));
    let mut body = if of_2010 {
        json!({
            "first_page_uri": address(0), "next_page_uri": next, "previous_page_uri": previous,
            "page": at, "page_size": size, "start": start, "end": end.saturating_sub(1).max(start),
            "uri": address(at),
        })
    } else {
        json!({"meta": {
            "first_page_url": address(0), "next_page_url": next, "previous_page_url": previous,
            "page": at, "page_size": size, "url": address(at), "key": key,
        }})
    };
    body[key] = shown.into();
    sandbox::json(200, &body)
}

/// Returns the name of a field by that of a parameter: `FriendlyName` is `friendly_name`.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = '.';
    for c in name.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = c;
    }
    out
}

impl Operation {
    /// Returns the name of the last part of its path; `None` if that is written out.
    fn last_argument(&self) -> Option<&str> {
        let last = self.path.trim_end_matches(".json").rsplit('/').next()?;
        last.strip_prefix('{')?.strip_suffix('}')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_the_names_of_fields() {
        let names = ["FriendlyName", "Psd2Enabled", "Push.IncludeDate", "UsAppToPersonUsecase"];
        let fields =
            ["friendly_name", "psd2_enabled", "push.include_date", "us_app_to_person_usecase"];
        assert_eq!(names.map(snake), fields);
    }
}
