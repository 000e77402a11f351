//! Every operation of the table, asked by chance: answers are of their shape, nothing is open without credentials, and
//! nothing that a client may send is an error of the sandbox.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response, request::Parts};
use serde_json::Value;

use super::{
    TwilioSandbox,
    call::new_sid,
    rest::{API, Operation, Place, Rule, prefixes},
};
use crate::sandbox::{Ask, Carrier, SandboxVendor};

/// A client that remembers the ids that it was given.
struct Client {
    carrier: Carrier,
    random: fastrand::Rng,
    ids: BTreeMap<String, Vec<String>>,
}

impl Client {
    fn new(seed: u64) -> Self {
        let carrier = Carrier::detached();
        TwilioSandbox.open(&carrier);
        let account = TwilioSandbox::ACCOUNT_SID.to_owned();
        let ids = BTreeMap::from([("AC".to_owned(), vec![account])]);
        Self { carrier, random: fastrand::Rng::with_seed(seed), ids }
    }

    /// Returns an id of this kind: mostly one that is known.
    fn id(&mut self, pattern: &str) -> String {
        let prefix = prefixes(pattern).next().unwrap_or("XX").to_owned();
        let known = self.ids.get(&prefix).cloned().unwrap_or_default();
        match self.random.choice(&known) {
            Some(id) if self.random.u8(..8) > 0 || prefix == "AC" => id.clone(),
            _ => new_sid(&prefix),
        }
    }

    fn value(&mut self, rule: &Rule) -> String {
        if let Some(pattern) = &rule.pattern {
            return self.id(pattern);
        }
        if let Some(values) =
            rule.values.as_ref().or(rule.items.as_ref().and_then(|i| i.values.as_ref()))
        {
            let value = self.random.choice(values).and_then(Value::as_str);
            return value.unwrap_or_default().to_owned();
        }
        let known = match rule.name.as_str() {
            "From" | "MessagingBinding.ProxyAddress" => TwilioSandbox::NUMBER,
            "To"
            | "PhoneNumber"
            | "Number"
            | "DestinationNumber"
            | "Address"
            | "MessagingBinding.Address" => "+447700900123",
            "Channel" => "sms",
            "Attributes" | "RateLimits" | "Tags" | "ChannelConfiguration" => "{}",
            "TemplateCustomSubstitutions" | "Details.Fields" => "{}",
            "Timers.Inactive" | "Timers.Closed" => "P1D",
            "Permission" => "sendMessage",
            "EventTypes" => "*",
            "Usecase" => "marketing",
            "BrandType" => "STANDARD",
            "UsAppToPersonUsecase" => "MIXED",
            "NotificationEmail" => "someone@example.com",
            "TriggerValue" => "+5",
            "Country" => "GB",
            "Field" => "line_type",
            "Description" | "MessageFlow" | "MessageSamples" | "OptInMessage" | "OptOutMessage"
            | "HelpMessage" => "Tells members of the club when their table is ready.",
            "CountryCode" if self.random.bool() => "US",
            "FormType" => "form-push",
            _ => "",
        };
        if !known.is_empty() {
            return known.to_owned();
        }
        match (rule.kind.as_str(), rule.format.as_deref(), rule.name.as_str()) {
            ("integer", _, _) => self.random.u32(1..100).to_string(),
            ("boolean", ..) => self.random.bool().to_string(),
            (_, Some("uri"), _) => "http://127.0.0.1:9/hook".to_owned(),
            (_, Some("date-time"), _) => "2026-01-01T00:00:00Z".to_owned(),
            (_, Some("date"), _) => "2026-01-01".to_owned(),
            (_, Some("iso-country-code"), _) => "GB".to_owned(),
            _ => (0..self.random.usize(1..30)).map(|_| self.random.alphanumeric()).collect(),
        }
    }

    /// Returns a path of an operation: mostly to things that are there.
    fn path(&mut self, operation: &'static Operation, wild: bool) -> String {
        let account = TwilioSandbox::ACCOUNT_SID;
        let (template, end) = match operation.path.strip_suffix(".json") {
            Some(template) => (template, ".json"),
            None => (operation.path.as_str(), ""),
        };
        let mut path = String::new();
        for part in template.split('/').skip(1) {
            let part = match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                None => part.to_owned(),
                Some(name) => {
                    let key = match path.starts_with("/2010") {
                        true => path.clone(),
                        false => format!("/{account}/{}{path}", operation.host),
                    };
                    let there = self.carrier.records().list(&key);
                    let there: Vec<&str> = there.iter().map(crate::sandbox::Record::key).collect();
                    let rule = operation.parameters.iter().find(|rule| rule.name == name).unwrap();
                    let value = match self.random.choice(&there) {
                        Some(key) if self.random.u8(..8) > 0 => (*key).to_owned(),
                        _ if wild && self.random.bool() => "%FF".to_owned(),
                        _ => self.value(rule),
                    };
                    if value == "%FF" { value } else { escaped(&value) }
                }
            };
            path = format!("{path}/{part}");
        }
        path + end
    }

    /// Asks an operation, with its parameters in order or, at times, with anything.
    fn ask(
        &mut self,
        operation: &'static Operation,
        wild: bool,
        signed_in: bool,
    ) -> Response<Bytes> {
        let path = self.path(operation, wild);
        let (mut form, mut query) = (Vec::new(), Vec::new());
        for rule in &operation.parameters {
            let value = match self.random.u8(..4) {
                0 if wild => {
                    String::from_utf8_lossy(&[self.random.u8(..), 0xc3, 0x28]).into_owned()
                }
                1 if wild => "9".repeat(self.random.usize(..3_000)),
                _ => self.value(rule),
            };
            match rule.place {
                Place::Form if rule.required || self.random.u8(..if wild { 2 } else { 8 }) == 0 => {
                    form.push((&rule.name, value.clone()));
                    if rule.items.is_some() {
                        form.push((&rule.name, value));
                    }
                }
                Place::Query if self.random.u8(..4) == 0 => query.push((&rule.name, value)),
                _ => {}
            }
        }
        let write = |pairs: &[(&String, String)]| {
            form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
        };
        let uri = format!("/{}{path}?{}", operation.host, write(&query));
        let token = if signed_in { TwilioSandbox::AUTH_TOKEN } else { "wrong" };
        let credentials = STANDARD.encode(format!("{}:{token}", TwilioSandbox::ACCOUNT_SID));
        let request = Request::builder().method(operation.method.as_str()).uri(uri);
        let request =
            request.header("authorization", format!("Basic {credentials}")).body(()).unwrap();
        let (parts, ()): (Parts, ()) = request.into_parts();
        let body = write(&form);
        let ask = Ask::new(&parts, body.as_bytes(), "http://127.0.0.1:4010");
        assert!(TwilioSandbox.speaks(&ask), "{} {}", operation.method, operation.path);
        TwilioSandbox.answer(&ask, &self.carrier)
    }

    fn remember(&mut self, answer: &Value) {
        let sids =
            answer.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("sid"));
        for sid in sids.filter_map(|(_, value)| value.as_str()).filter(|sid| sid.len() == 34) {
            let of_kind = self.ids.entry(sid[..2].to_owned()).or_default();
            if !of_kind.iter().any(|known| known == sid) && &sid[..2] != "AC" {
                of_kind.push(sid.to_owned());
            }
        }
    }
}

fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Returns what of an answer is not of its shape.
fn broken(rule: &Rule, value: &Value) -> Option<String> {
    let kind = match (rule.kind.as_str(), value) {
        ("any", _) => return None,
        (_, Value::Null) => rule.nullable,
        ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("object", Value::Object(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("number", Value::Number(_)) => true,
        ("array", Value::Array(items)) => {
            return rule
                .items
                .as_ref()
                .and_then(|rule| items.iter().find_map(|item| broken(rule, item)));
        }
        _ => false,
    };
    if !kind {
        return Some(format!("{value} is no {}", rule.kind));
    }
    let text = value.as_str()?;
    let known = rule.values.as_ref().is_none_or(|all| all.contains(value));
    let is_id = rule.pattern.as_ref().is_none_or(|pattern| {
        !pattern.ends_with("[0-9a-fA-F]{32}$") || pattern.contains("a-zA-Z") || {
            text.len() == 34 && prefixes(pattern).any(|prefix| text.starts_with(prefix))
        }
    });
    (!known || !is_id).then(|| format!("{text} is not allowed"))
}

/// Fields whose values differ from the table in Twilio's own examples: a package of Lookup that was not asked for is
/// null, and so are the reasons of no error.
fn is_excepted(operation: &Operation) -> bool {
    operation.host == "lookups.twilio.com"
}

#[test]
fn every_answer_has_the_fields_of_its_shape() {
    let mut answered = BTreeMap::new();
    for seed in 0..10 {
        let mut client = Client::new(seed);
        for turn in 0..3 {
            for operation in API.operations() {
                // Things are made first, and deleted last.
                if (turn < 2 && operation.method == "DELETE")
                    || (turn == 0 && operation.method == "GET")
                {
                    continue;
                }
                let answer = client.ask(operation, false, true);
                let name = format!("{} {}", operation.method, operation.path);
                let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
                client.remember(&body);
                let success = answer.status().as_u16() < 400;
                *answered.entry(name.clone()).or_insert(0) += usize::from(success);
                if !success {
                    assert!(body["code"].is_u64() && body["message"].is_string(), "{name}: {body}");
                    continue;
                }
                assert_eq!(answer.status().as_u16(), operation.status, "{name}: {body}");
                let Some(shape) = operation.shape.as_deref().and_then(|name| API.shape(name))
                else {
                    continue;
                };
                let items = match &operation.list {
                    Some(list) => {
                        body[list].as_array().cloned().unwrap_or_else(|| panic!("{name}: {body}"))
                    }
                    None => vec![body],
                };
                for item in items.iter().filter(|_| !is_excepted(operation)) {
                    for (field, rule) in shape {
                        let value = item.get(field).unwrap_or_else(|| panic!("{name}: no {field}"));
                        if let Some(broken) = broken(rule, value) {
                            panic!("{name}: {field}: {broken}");
                        }
                    }
                }
            }
        }
    }
    let (all, never): (Vec<_>, Vec<_>) = answered.iter().partition(|(_, answered)| **answered > 0);
    let share = all.len() as f64 / answered.len() as f64;
    assert!(share > 0.8, "{share}: never answered: {never:?}");
}

#[test]
fn nothing_is_open_without_credentials() {
    let mut client = Client::new(1);
    for operation in API.operations() {
        for wild in [false, true] {
            let answer = client.ask(operation, wild, false);
            assert_eq!(answer.status(), 401, "{} {}", operation.method, operation.path);
        }
    }
    assert!(client.carrier.all().is_empty());
}

#[test]
fn nothing_that_a_client_sends_is_an_error_of_the_sandbox() {
    for seed in 0..10 {
        let mut client = Client::new(seed);
        for operation in API.operations() {
            let answer = client.ask(operation, true, true);
            assert!(answer.status().as_u16() < 500, "{} {}", operation.method, operation.path);
            client.remember(&serde_json::from_slice(answer.body()).unwrap_or_default());
        }
    }
}
