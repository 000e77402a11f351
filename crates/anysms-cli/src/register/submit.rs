//! Submitting a form, submitting it once more, and saying that it did not happen.

use std::process::ExitCode;

use anysms::{
    http::Method,
    plivo::PlivoProfile,
    registration::{BrandForm, Filing, RegistrationForm, RegistrationKind, Registrations},
    twilio::Product,
};
use serde_json::{Value, json};

use super::{Desk, file, status};
use crate::{confirm::confirmed, failure::Failure, output, target::Client};

pub(super) async fn submit(
    desk: &Desk,
    form: &RegistrationForm,
    yes: bool,
    json: bool,
) -> Result<ExitCode, Failure> {
    if let Err(code) = file::before(form, json) {
        return Ok(code);
    }
    confirmed(&question("Submit", desk, form), yes)?;
    match desk.submit(form).await? {
        Filing::New(made) => status::one(&made, json),
        Filing::Found(found) => {
            eprintln!("nothing was submitted: it was there already");
            status::one(&found, json);
        }
        Filing::Unconfirmed { since } => {
            eprintln!(
                "unconfirmed: it may have been submitted at {since}, and the provider does not show it; \
                 nothing was submitted now; look at the provider's console, then `register withdraw`"
            );
            return Ok(ExitCode::FAILURE);
        }
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn resubmit(
    desk: &Desk,
    form: &RegistrationForm,
    yes: bool,
    json: bool,
) -> Result<ExitCode, Failure> {
    if let Err(code) = file::before(form, json) {
        return Ok(code);
    }
    confirmed(&question("Submit once more", desk, form), yes)?;
    status::one(&desk.resubmit(form).await?, json);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn withdraw(
    desk: &Desk,
    form: &RegistrationForm,
    yes: bool,
    json: bool,
) -> Result<ExitCode, Failure> {
    confirmed(&question("Was it never submitted? Withdraw", desk, form), yes)?;
    match desk.withdraw(form).await? {
        Some(found) => {
            eprintln!("nothing was withdrawn: the provider has it");
            status::one(&found, json);
        }
        None if json => output::json(&json!({"withdrawn": form.name()})),
        None => output::line(&format!("{} {}: withdrawn", form.kind(), form.name())),
    }
    Ok(ExitCode::SUCCESS)
}

fn question(act: &str, desk: &Desk, form: &RegistrationForm) -> String {
    let provider = desk.inner().registrar().provider;
    let (kind, name) = (form.kind(), form.name());
    format!("{act} {kind} {name} at {provider}? The provider charges its fees.")
}

/// Makes what a form needs in a fresh sandbox, and names it in the form.
pub(super) async fn in_sandbox(
    client: &Client,
    mut form: RegistrationForm,
) -> Result<RegistrationForm, Failure> {
    let registrations: &dyn Registrations = match client {
        Client::Twilio(twilio) => twilio,
        Client::Plivo(plivo) => plivo,
    };
    let profile = match client {
        Client::Plivo(plivo) => {
            Some(plivo.create_profile(&PlivoProfile::new("sandbox", "Sandbox")).await?)
        }
        Client::Twilio(_) => None,
    };
    let brand = match form.kind() {
        RegistrationKind::Campaign => {
            let mut brand = BrandForm::new("sandbox");
            brand.customer_profile = Some(format!("BU{}1", "0".repeat(31)));
            brand.messaging_profile = Some(format!("BU{}2", "0".repeat(31)));
            brand.profile.clone_from(&profile);
            Some(registrations.submit_registration(&brand.into()).await?.id)
        }
        _ => None,
    };
    match &mut form {
        RegistrationForm::Brand(form) => form.profile = profile.or(form.profile.take()),
        RegistrationForm::Campaign(form) => {
            form.brand = brand.map(|id| id.value().to_owned()).unwrap_or_default();
            if let Client::Twilio(twilio) = client {
                let service = twilio.request(Method::POST, Product::Messaging, ["v1", "Services"]);
                let service: Value =
                    service.form("FriendlyName", "Sandbox").send().await?.json()?;
                form.service = service["sid"].as_str().map(str::to_owned);
            }
        }
        RegistrationForm::TollFree(form) => {
            form.profile = profile;
            if let (Client::Twilio(twilio), Some(number)) = (client, form.number) {
                let path = ["IncomingPhoneNumbers.json"];
                let bought = twilio.request(Method::POST, Product::Account, path);
                bought.form("PhoneNumber", number.to_string()).send().await?;
                form.number_id = None;
            }
        }
        _ => {}
    }
    Ok(form)
}
