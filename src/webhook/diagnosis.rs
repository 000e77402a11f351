//! [`Diagnosis`]: why a signature does not match, in words for a developer.
//!
//! The request is checked again with one thing changed, or two: what then matches was the fault.

use std::{fmt, str::FromStr};

use crate::webhook::{
    PublicUrl, WebhookError, WebhookErrorKind, WebhookRequest, public_url::Origin,
};

/// Explanation of why a request does not pass, in words for a developer: for logs and a debugger, **never
/// for the response**. It names no number, no text, no token and no value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    error: Option<WebhookError>,
    findings: Vec<String>,
}

impl Diagnosis {
    /// Creates a diagnosis of the check's own answer, without findings.
    #[must_use]
    pub const fn new(error: Option<WebhookError>) -> Self {
        Self { error, findings: Vec::new() }
    }

    /// Returns the error by which the check refuses the request; `None` if it passes.
    #[must_use]
    pub const fn error(&self) -> Option<WebhookError> {
        self.error
    }

    /// Returns the findings: changes with which the signature would match, and oddities, each in a sentence
    /// without a full stop. The texts may change from one version to the next.
    #[must_use]
    pub fn findings(&self) -> &[String] {
        &self.findings
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "{error}")?,
            None => f.write_str("webhook: the signature matches")?,
        }
        self.findings.iter().try_for_each(|finding| write!(f, "; {finding}"))
    }
}

/// A check under an address, which says the key that matched.
pub(crate) type Check<'a> =
    dyn Fn(&PublicUrl, &WebhookRequest<'_>) -> Result<usize, WebhookError> + 'a;

/// Finds out why a request does not pass `check`; the others are checks under other settings, each
/// with its name.
pub(crate) fn diagnose(
    request: &WebhookRequest<'_>,
    url: &PublicUrl,
    check: &Check<'_>,
    others: &[(&str, &Check<'_>)],
) -> Diagnosis {
    let error = match check(url, request) {
        Ok(key) => {
            let findings = vec![format!("by key {}", key + 1)];
            return Diagnosis { error: None, findings };
        }
        Err(error) => error,
    };
    let mut diagnosis =
        Diagnosis { findings: oddities(request, error), ..Diagnosis::new(Some(error)) };
    let findings = &mut diagnosis.findings;
    if error.kind() == WebhookErrorKind::TooLarge {
        return diagnosis;
    }
    let checks = std::iter::once(("", check)).chain(others.iter().copied());
    let mut fewest = usize::MAX;
    for (setting, check) in checks {
        for variant in variants(request, url, error) {
            let changes: Vec<_> = variant
                .changes
                .iter()
                .map(String::as_str)
                .chain([setting])
                .filter(|c| !c.is_empty())
                .collect();
            if changes.is_empty() || changes.len() > fewest {
                continue;
            }
            if let Ok(key) = variant.check(request, check) {
                if changes.len() < fewest {
                    findings.retain(|finding| !finding.starts_with("would match"));
                }
                fewest = changes.len();
                findings.push(format!("would match {}, by key {}", changes.join(" and "), key + 1));
            }
        }
    }
    if fewest == usize::MAX && error.kind() == WebhookErrorKind::BadSignature {
        findings
            .push("no change of address or body that is tried here matches: is it the key?".into());
    }
    diagnosis
}

/// Returns the oddities of a request, whatever its signature.
fn oddities(request: &WebhookRequest<'_>, error: WebhookError) -> Vec<String> {
    let mut odd = Vec::new();
    if let Ok(Some(length)) = request.header("Content-Length")
        && let Ok(length) = usize::from_str(length)
        && length != request.body().len()
    {
        let has = request.body().len();
        odd.push(format!(
            "the body has {has} bytes and Content-Length says {length}: a middleware changed or read it"
        ));
    }
    if error.kind() == WebhookErrorKind::BodyHashMismatch {
        let said = match request.query().is_some_and(|query| query.contains("bodySHA256=")) {
            true => "the body is not the one that was hashed: was it parsed and written again?",
            false => "by its content type the body is no form, and the query has no hash of it",
        };
        odd.push(said.to_owned());
    }
    odd
}

/// A request as it might have been.
#[derive(Clone)]
struct Variant {
    changes: Vec<String>,
    origin: Origin,
    path_and_query: String,
    method: &'static str,
    body: Vec<u8>,
}

impl Variant {
    fn check(
        &self,
        request: &WebhookRequest<'_>,
        check: &Check<'_>,
    ) -> Result<usize, WebhookError> {
        let url = PublicUrl::of_origin(self.origin.clone(), self.method == "GET");
        check(&url, &request.changed(self.method, &self.path_and_query, &self.body))
    }

    fn with(&self, change: impl Into<String>, edit: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        changed.changes.push(change.into());
        edit(&mut changed);
        changed
    }
}

/// Returns the request with nothing changed, with one thing, and with one more of another sort.
fn variants(request: &WebhookRequest<'_>, url: &PublicUrl, error: WebhookError) -> Vec<Variant> {
    let Some((origin, target, get)) = url.parts(request) else { return Vec::new() };
    let given = target.unwrap_or_else(|| request.path_and_query());
    let (path, given_query) = split(given);
    let own_query = split(request.path_and_query()).1;
    let mut plain = Variant {
        changes: Vec::new(),
        origin: origin.clone(),
        path_and_query: format!("{path}{own_query}"),
        method: if get { "GET" } else { "POST" },
        body: request.body().to_vec(),
    };
    let mut all = Vec::new();
    if (error.kind(), error.field()) == (WebhookErrorKind::BadSignature, "query") {
        let change = match given_query {
            "" => "without the query",
            _ => "with the query of the public URL",
        };
        all.push(plain.with(change, |variant| variant.path_and_query = given.to_owned()));
        plain.changes.push("with the query of the request".to_owned());
    }
    all.push(plain);
    let sorts: [fn(&Variant, &WebhookRequest<'_>) -> Vec<Variant>; 5] =
        [schemes, hosts, paths, methods, bodies];
    for vary in sorts {
        let more: Vec<_> = all
            .iter()
            .filter(|variant| variant.changes.len() < 2)
            .flat_map(|variant| vary(variant, request))
            .collect();
        all.extend(more);
    }
    all
}

fn schemes(of: &Variant, _: &WebhookRequest<'_>) -> Vec<Variant> {
    let other = if of.origin.scheme == "https" { "http" } else { "https" };
    vec![of.with(format!("with {other}"), |variant| variant.origin.scheme = other.to_owned())]
}

fn hosts(of: &Variant, request: &WebhookRequest<'_>) -> Vec<Variant> {
    let mut found: Vec<Variant> = Vec::new();
    for header in ["Host", "X-Forwarded-Host"] {
        let Ok(Some(host)) = request.header(header) else { continue };
        let Ok((origin, "")) = Origin::parse(&format!("{}://{host}", of.origin.scheme)) else {
            continue;
        };
        let change = if origin.host != of.origin.host {
            format!("with the host of the {header} header")
        } else if origin.port != of.origin.port && !origin.port.is_empty() {
            format!("with the port {} of the {header} header", &origin.port[1..])
        } else {
            continue;
        };
        found.push(of.with(change, |variant| variant.origin = origin));
    }
    if !of.origin.port.is_empty() {
        found.push(of.with("without the port", |variant| variant.origin.port.clear()));
    }
    found
}

fn paths(of: &Variant, request: &WebhookRequest<'_>) -> Vec<Variant> {
    let (path, query) = split(&of.path_and_query);
    let to =
        |change: &str, target: String| of.with(change, |variant| variant.path_and_query = target);
    let mut found = vec![match path.strip_suffix('/') {
        Some(bare) => to("without the trailing slash", format!("{bare}{query}")),
        None => to("with a trailing slash", format!("{path}/{query}")),
    }];
    if !query.is_empty() {
        found.push(to("without the query", path.to_owned()));
    }
    if request.path() != path {
        found.push(to("with the path of the request", format!("{}{query}", request.path())));
    }
    let decoded = percent_decoded(path);
    if decoded != path {
        found.push(to("with the path percent-decoded", format!("{decoded}{query}")));
    }
    found
}

fn methods(of: &Variant, request: &WebhookRequest<'_>) -> Vec<Variant> {
    match (of.method, request.method()) {
        ("POST", "GET") => {
            vec![of.with("with `PublicUrl::by_get`", |variant| variant.method = "GET")]
        }
        ("GET", "POST") => {
            vec![of.with("without `PublicUrl::by_get`", |variant| variant.method = "POST")]
        }
        _ => Vec::new(),
    }
}

/// Returns variants with the body as it was before a middleware changed it.
fn bodies(of: &Variant, _: &WebhookRequest<'_>) -> Vec<Variant> {
    let Ok(body) = std::str::from_utf8(&of.body) else { return Vec::new() };
    if body.is_empty() {
        return Vec::new();
    }
    let before = |what: &str| format!("with the body before a middleware changed it ({what})");
    let crlf = body.replace("%0D%0A", "%0A").replace("%0A", "%0D%0A");
    [
        (before("line ends were CR LF"), crlf),
        (before("line ends were LF"), body.replace("%0D%0A", "%0A")),
        (before("`+` stood for itself"), body.replace('+', "%2B")),
        (before("no line end behind it"), body.trim_end_matches(['\r', '\n']).to_owned()),
        (before("dots in names"), dotted_names(body)),
        (before("decoded once more than it is now"), body.replace('%', "%25")),
        (before("decoded once less than it is now"), percent_decoded(body)),
        ("without the parameters of the body".to_owned(), String::new()),
    ]
    .into_iter()
    .filter(|(_, changed)| changed != body)
    .map(|(change, changed)| of.with(change, |variant| variant.body = changed.into_bytes()))
    .collect()
}

/// Returns the form with `.` for `_` in names, which some frameworks do not take.
fn dotted_names(body: &str) -> String {
    let pairs = body.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) => format!("{}={value}", name.replace('_', ".")),
        None => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Returns a path, and its query with the `?`.
fn split(target: &str) -> (&str, &str) {
    target.split_at(target.find('?').unwrap_or(target.len()))
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
