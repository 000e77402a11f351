//! States of registrations.

use std::process::ExitCode;

use anysms::registration::{Registration, RegistrationId, RegistrationReport, Registrations};

use super::Desk;
use crate::{failure::Failure, output};

/// Asks for a registration, or for all that were submitted from here, and prints them.
pub(super) async fn print(desk: &Desk, id: &str, json: bool) -> Result<ExitCode, Failure> {
    if id == "all" {
        let mut failed = false;
        for known in desk.registrations().await? {
            if known.state.is_final() {
                one(&known, json);
                continue;
            }
            match desk.refresh(known.kind, &known.name).await {
                Ok((known, _)) => one(&known, json),
                Err(error) => {
                    failed = true;
                    eprintln!("{} {}: {error}", known.kind, known.name);
                    one(&known, json); // as it was known before
                }
            }
        }
        for intent in desk.unconfirmed().await? {
            let (since, key) = (intent.begun_at, &intent.key);
            eprintln!("unconfirmed: {key}: may have been submitted at {since}");
        }
        return Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    let id: RegistrationId = id.parse().map_err(|error| Failure::usage("ID", error))?;
    let all = desk.registrations().await?;
    let is_it = |known: &&Registration| {
        known.kind == id.kind() && (known.name == id.value() || known.id == id)
    };
    match all.iter().find(is_it) {
        Some(known) => one(&desk.refresh(known.kind, &known.name).await?.0, json),
        None => report(&desk.inner().fetch_registration(&id).await?, json),
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a registration.
pub(super) fn one(known: &Registration, json: bool) {
    if json {
        return output::json(known);
    }
    let word = if known.vendor_state.is_empty() { "-" } else { &known.vendor_state };
    output::line(&format!("{}  {}  {} ({word})", known.id, known.name, known.state));
    for reason in &known.reasons {
        let code = reason.code.as_deref().unwrap_or("-");
        let fields = reason.fields.join(", ");
        output::line(&format!("  {code}  {fields}  {}", reason.text));
    }
    if let Some(until) = known.edit_until {
        output::line(&format!("  may be mended until {until}"));
    }
}

/// Prints what the provider says of a registration that was not submitted from here.
fn report(report: &RegistrationReport, json: bool) {
    if json {
        return output::json(report);
    }
    let state = report.meaning.map_or("unknown", |state| state.as_str());
    let name = report.name.as_deref().unwrap_or("-");
    output::line(&format!("{}  {name}  {state} ({})", report.id, report.word));
}
