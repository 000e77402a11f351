//! [`API`]: the table of operations and shapes, and the way from a request to its operation.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use serde::Deserialize;
use serde_json::Value;

/// The operations of all products that the sandbox speaks.
pub(in crate::twilio::sandbox) static API: LazyLock<Api> = LazyLock::new(|| {
    // The file is part of the build, and a test reads it.
    serde_json::from_str(include_str!("api.json")).unwrap_or_default()
});

/// Parts of a path by the names that its template gives them.
pub(in crate::twilio::sandbox) type Arguments = BTreeMap<&'static str, String>;

/// Fields of an answer with what each may be.
pub(in crate::twilio::sandbox) type Shape = BTreeMap<String, Rule>;

#[derive(Debug, Default, Deserialize)]
pub(in crate::twilio::sandbox) struct Api {
    operations: Vec<Operation>,
    shapes: HashMap<String, Shape>,
}

/// One operation: a method on the paths of a template.
#[derive(Debug, Deserialize)]
pub(in crate::twilio::sandbox) struct Operation {
    pub(in crate::twilio::sandbox) host: String,
    pub(in crate::twilio::sandbox) method: String,
    /// Its path, with names in braces where a part may be anything.
    pub(in crate::twilio::sandbox) path: String,
    /// HTTP status of its success.
    pub(in crate::twilio::sandbox) status: u16,
    /// Name of the shape of its answer, or of each that it lists; `None` if it answers nothing.
    pub(in crate::twilio::sandbox) shape: Option<String>,
    /// Field of the answer that has the list; `None` if it lists nothing.
    pub(in crate::twilio::sandbox) list: Option<String>,
    /// Addresses that belong to what it answers, with names in braces.
    #[serde(default)]
    pub(in crate::twilio::sandbox) links: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::twilio::sandbox) parameters: Vec<Rule>,
}

/// Place of a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::twilio::sandbox) enum Place {
    #[default]
    Query,
    Path,
    Form,
    Json,
}

/// Rule for a value.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::twilio::sandbox) struct Rule {
    pub(in crate::twilio::sandbox) name: String,
    #[serde(rename = "in")]
    pub(in crate::twilio::sandbox) place: Place,
    pub(in crate::twilio::sandbox) required: bool,
    #[serde(rename = "type")]
    pub(in crate::twilio::sandbox) kind: String,
    pub(in crate::twilio::sandbox) format: Option<String>,
    #[serde(rename = "enum")]
    pub(in crate::twilio::sandbox) values: Option<Vec<Value>>,
    pub(in crate::twilio::sandbox) pattern: Option<String>,
    pub(in crate::twilio::sandbox) default: Option<Value>,
    pub(in crate::twilio::sandbox) minimum: Option<i64>,
    pub(in crate::twilio::sandbox) maximum: Option<i64>,
    pub(in crate::twilio::sandbox) min_length: Option<usize>,
    pub(in crate::twilio::sandbox) max_length: Option<usize>,
    pub(in crate::twilio::sandbox) nullable: bool,
    pub(in crate::twilio::sandbox) items: Option<Box<Self>>,
}

impl Api {
    /// Finds the operation of a request, among those of a host, or of any where none is named.
    pub(in crate::twilio::sandbox) fn find(
        &'static self,
        host: Option<&str>,
        method: &str,
        path: &str,
    ) -> Option<(&'static Operation, Arguments)> {
        let here = |operation: &&'static Operation| {
            operation.method == method && host.is_none_or(|host| operation.host == host)
        };
        let fitting = self.operations.iter().filter(here).filter_map(|operation| {
            let arguments = operation.arguments(path)?;
            let sids = operation.sids_fit(&arguments);
            Some((operation, arguments, sids))
        });
        // A part that is written out comes before one that may be anything, and one of the right form before
        // one that is not.
        let best = fitting.min_by_key(|(_, arguments, sids)| (!sids, arguments.len()));
        best.map(|(operation, arguments, _)| (operation, arguments))
    }

    /// Returns `true` if there are paths like this one, whatever the method.
    pub(in crate::twilio::sandbox) fn knows(&self, host: Option<&str>, path: &str) -> bool {
        let here = |operation: &&Operation| host.is_none_or(|host| operation.host == host);
        self.operations.iter().filter(here).any(|operation| operation.fits(path))
    }

    pub(in crate::twilio::sandbox) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }

    /// Returns `true` if a path is that of one thing in a collection, which must be there for what is below it.
    pub(in crate::twilio::sandbox) fn is_instance(&self, host: &str, path: &str) -> bool {
        let here = |operation: &&Operation| operation.host == host && operation.fits(path);
        let mut of_path = self.operations.iter().filter(here);
        of_path.any(|operation| operation.path.trim_end_matches(".json").ends_with('}'))
    }

    /// Returns the template of the paths below a collection's; `None` if it has none.
    pub(in crate::twilio::sandbox) fn instance_of(
        &'static self,
        collection: &Operation,
    ) -> Option<&'static Operation> {
        let start = format!("{}/{{", collection.path.trim_end_matches(".json"));
        self.operations.iter().find(|operation| {
            operation.host == collection.host
                && operation.path.strip_prefix(&start).is_some_and(|rest| !rest.contains('/'))
        })
    }

    /// Returns the links of a shape, wherever they are listed.
    pub(in crate::twilio::sandbox) fn links(
        &self,
        shape: &str,
    ) -> impl Iterator<Item = (&String, &String)> {
        let of_shape = move |operation: &&Operation| operation.shape.as_deref() == Some(shape);
        self.operations.iter().filter(of_shape).flat_map(|operation| &operation.links)
    }
}

impl Operation {
    /// Returns the parts of a path that the template names; `None` if the path is not of this template.
    fn arguments(&'static self, path: &str) -> Option<Arguments> {
        let mut arguments = Arguments::new();
        let template: &'static str = &self.path;
        for (template, part) in parts(template, path)? {
            match template.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if !part.is_empty() => drop(arguments.insert(name, part.to_owned())),
                _ if template == part => {}
                _ => return None,
            }
        }
        Some(arguments)
    }

    fn fits(&self, path: &str) -> bool {
        let all = parts(&self.path, path);
        all.is_some_and(|mut all| {
            all.all(|(t, part)| t == part || (t.starts_with('{') && !part.is_empty()))
        })
    }

    /// Returns `true` if every id in the path has the form that it must have.
    pub(in crate::twilio::sandbox) fn sids_fit(&self, arguments: &Arguments) -> bool {
        let of_path = |rule: &&Rule| rule.place == Place::Path;
        self.parameters.iter().filter(of_path).all(|rule| {
            let argument = arguments.get(rule.name.as_str());
            argument
                .is_none_or(|argument| rule.pattern.as_ref().is_none_or(|p| is_sid(p, argument)))
        })
    }
}

/// Pairs the parts of a template with those of a path; `None` if there are more of one.
fn parts<'t, 'p>(
    template: &'t str,
    path: &'p str,
) -> Option<impl Iterator<Item = (&'t str, &'p str)>> {
    let (template, path) = match template.strip_suffix(".json") {
        Some(template) => (template, path.strip_suffix(".json")?),
        None => (template, path),
    };
    let same = template.split('/').count() == path.split('/').count();
    same.then(|| template.split('/').zip(path.split('/')))
}

/// Returns `true` if a text is an id of this pattern, such as `^(SM|MM)[0-9a-fA-F]{32}$`.
pub(super) fn is_sid(pattern: &str, text: &str) -> bool {
    let Some((prefix, digits)) = text.split_at_checked(2) else { return false };
    prefixes(pattern).any(|known| known == prefix)
        && digits.len() == 32
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Returns the prefixes of the ids of a pattern.
pub(in crate::twilio::sandbox) fn prefixes(pattern: &str) -> impl Iterator<Item = &str> {
    let start = pattern.trim_start_matches('^').split('[').next().unwrap_or_default();
    start.trim_matches(['(', ')']).split('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_finds_its_operation() {
        let find = |host, method, path| API.find(host, method, path).map(|(found, _)| &*found.path);
        let account = format!("/2010-04-01/Accounts/AC{}", "0".repeat(32));
        let local = format!("{account}/IncomingPhoneNumbers/Local.json");
        let found = find(None, "GET", &local);
        assert_eq!(
            found,
            Some("/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/Local.json")
        );
        let service = format!("/v1/Services/IS{}", "0".repeat(32));
        let host = API.find(None, "GET", &service).map(|(found, _)| &*found.host);
        assert_eq!(host, Some("conversations.twilio.com"), "by the form of its id");
        assert_eq!(find(Some("verify.twilio.com"), "GET", "/v2/Services"), Some("/v2/Services"));
        assert_eq!(find(None, "PATCH", "/v2/Services"), None);
        assert!(API.knows(None, "/v2/Services") && !API.knows(None, "/v2/Nothing"));
    }

    #[test]
    fn every_pattern_is_that_of_ids() {
        let mut rules: Vec<&Rule> = API.operations.iter().flat_map(|o| &o.parameters).collect();
        rules.extend(API.shapes.values().flat_map(BTreeMap::values));
        assert!(rules.len() > 2_000);
        for pattern in rules.iter().filter_map(|rule| rule.pattern.as_deref()) {
            assert!(pattern.ends_with("[0-9a-fA-F]{32}$"), "{pattern}");
            assert!(prefixes(pattern).all(|prefix| prefix.len() == 2), "{pattern}");
        }
    }
}
