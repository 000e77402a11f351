//! `anysms lookup`: what a provider knows of a number.

use std::{process::ExitCode, sync::Arc};

use anysms::{
    PhoneNumber,
    lookup::{Lookup, LookupPackage, LookupReport},
};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    confirm,
    failure::Failure,
    output,
    target::{Client, Target, account_environment},
};

/// Looks a number up at a provider, after it has said the price.
#[derive(Args)]
#[command(after_help = concat!("\
Example:
  anysms lookup +447700900123 --package line_type,sim_swap --provider twilio --sandbox --yes
  anysms lookup +447700900123 --offline

", account_environment!(), "  With --offline none of them is read either.

Exit codes:
  0  the provider answered, or the numbering plan did
  1  refused or not reached; standard error has the kind, the code and the outcome
  2  the command line or the configuration is wrong, or the price was not confirmed"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The number, in international form: +447700900123.
    number: String,
    /// The packages to ask and pay for: line_type, caller_name, sim_swap, call_forwarding, line_status,
    /// reassigned, pumping_risk. Without any it is asked whether there is such a number.
    #[arg(long, value_name = "PACKAGES", value_delimiter = ',', value_parser = package)]
    package: Vec<LookupPackage>,
    /// Pay without asking.
    #[arg(long)]
    yes: bool,
    /// Ask no provider: print what the numbering plan says.
    #[arg(long, conflicts_with_all = ["package", "sandbox", "provider", "base_url"])]
    offline: bool,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

fn package(name: &str) -> Result<LookupPackage, String> {
    let unknown = "must be line_type, caller_name, sim_swap, call_forwarding, line_status, reassigned \
                   or pumping_risk";
    serde_json::from_value(name.into()).map_err(|_| unknown.to_owned())
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let number: PhoneNumber =
        arguments.number.parse().map_err(|error| Failure::usage("NUMBER", error))?;
    if arguments.offline {
        print(&LookupReport::offline(number), arguments.json);
        return Ok(ExitCode::SUCCESS);
    }
    let (client, _sandbox) = Client::new(&arguments.target).await?;
    let lookup: Arc<dyn Lookup> = match client {
        Client::Twilio(twilio) => Arc::new(twilio),
        Client::Plivo(plivo) => Arc::new(plivo),
    };
    let provider = lookup.lookup_provider();
    if let Some(missing) = arguments.package.iter().find(|one| !lookup.packages().contains(one)) {
        let problem = format!("{provider} does not have {}", name(*missing));
        return Err(Failure::usage("--package", problem));
    }
    let price = lookup.lookup_price(&arguments.package);
    if price.is_none_or(|price| !price.amount.is_zero()) {
        let price = match price {
            Some(price) => format!("price: {price}, by {provider}'s list"),
            None => format!("price: not known, as {provider} publishes none"),
        };
        eprintln!("{price}");
        confirm::confirmed("Look this number up?", arguments.yes)?;
    }
    print(&lookup.lookup(number, &arguments.package).await?, arguments.json);
    Ok(ExitCode::SUCCESS)
}

fn name(package: LookupPackage) -> String {
    json!(package).as_str().unwrap_or_default().to_owned()
}

/// Prints a report: what is known, a line for each, or everything as JSON.
fn print(report: &LookupReport, as_json: bool) {
    let carrier = report.carrier.as_ref();
    let failed = report.failed.iter();
    let failed: Vec<Value> =
        failed.map(|(package, code)| json!({"package": package, "code": code})).collect();
    let fields = json!({
        "number": report.number, "valid": report.valid,
        "country": report.country.map(|country| country.to_string()), "line": report.line,
        "carrier": carrier.and_then(|carrier| carrier.name.clone()),
        "mcc": carrier.and_then(|carrier| carrier.mcc.clone()),
        "mnc": carrier.and_then(|carrier| carrier.mnc.clone()),
        "ported": carrier.and_then(|carrier| carrier.ported),
        "caller_name": report.caller_name.as_ref().map(ToString::to_string),
        "sim_swapped": report.sim_swapped,
        "sim_swapped_at": report.sim_swapped_at.map(|at| at.to_string()),
        "forwarded": report.forwarded, "active": report.active, "reassigned": report.reassigned,
        "pumping_risk": report.pumping_risk, "failed": failed, "at": report.at.to_string(),
    });
    if as_json {
        return output::json(&fields);
    }
    for (name, value) in fields.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Array(failed) if failed.is_empty() => {}
            Value::String(text) => output::line(&format!("{name}: {text}")),
            other => output::line(&format!("{name}: {other}")),
        }
    }
}
