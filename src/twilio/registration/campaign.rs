//! Campaigns on the wire: `Usa2p` below a Messaging Service.

use http::Method;
use serde_json::Value;

use super::{each, items, optional, report, words};
use crate::{
    error::{ErrorKind, Result},
    registration::{
        CampaignForm, RegistrationKind, RegistrationReport, Registrations, needed, scalar,
    },
    transport::ApiRequest,
    twilio::{Product, Twilio},
};

/// Header with which the two addresses are taken (messaging v1, seen 2026-11).
const VERSION: (&str, &str) = ("x-twilio-api-version", "v1.2");

fn path(service: &str) -> [&str; 5] {
    ["v1", "Services", service, "Compliance", "Usa2p"]
}

fn service<'a>(twilio: &Twilio, form: &'a CampaignForm) -> Result<&'a str> {
    let rule = "service: is missing; Twilio needs the id of the Messaging Service, MG…";
    needed(&twilio.registrar(), form.service.as_deref(), rule)
}

pub(super) async fn submit(twilio: &Twilio, form: &CampaignForm) -> Result<RegistrationReport> {
    let request = twilio
        .request(Method::POST, Product::Messaging, path(service(twilio, form)?))
        .form("BrandRegistrationSid", &form.brand)
        .form("UsAppToPersonUsecase", &form.use_case);
    let request = both(request, form);
    let request = optional(request, "OptInMessage", form.opt_in_message.as_ref());
    let request = optional(request, "OptOutMessage", form.opt_out_message.as_ref());
    let request = optional(request, "HelpMessage", form.help_message.as_ref());
    let request = each(request, "OptInKeywords", &form.opt_in_keywords);
    let request = each(request, "OptOutKeywords", &form.opt_out_keywords);
    let request = each(request, "HelpKeywords", &form.help_keywords);
    let request = request.form("SubscriberOptIn", "true");
    report(twilio, RegistrationKind::Campaign, &request.send().await?)
}

/// Adds the fields that can be changed later. Twilio takes no other in a change (messaging v1, 2026-11).
pub(super) fn changed<'a>(request: ApiRequest<'a>, form: &CampaignForm) -> ApiRequest<'a> {
    both(request, form)
}

fn both<'a>(request: ApiRequest<'a>, form: &CampaignForm) -> ApiRequest<'a> {
    let request = request
        .form("Description", form.description.as_str())
        .form("MessageFlow", form.message_flow.as_str());
    let request = each(request, "MessageSamples", &form.samples)
        .form("HasEmbeddedLinks", form.has_links.to_string())
        .form("HasEmbeddedPhone", form.has_phones.to_string())
        .form("AgeGated", form.age_gated.to_string())
        .form("DirectLending", form.direct_lending.to_string());
    let request = optional(request, "PrivacyPolicyUrl", form.privacy_policy.as_ref());
    let request = optional(request, "TermsAndConditionsUrl", form.terms.as_ref());
    match form.privacy_policy.is_some() || form.terms.is_some() {
        true => request.header(VERSION.0, VERSION.1),
        false => request,
    }
}

async fn of_service(twilio: &Twilio, service: &str) -> Result<Vec<Value>> {
    let request = twilio.request(Method::GET, Product::Messaging, path(service));
    match items(request, "compliance").await {
        // A service without a campaign may have no such list at all.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        all => all,
    }
}

/// Returns the campaigns of all services.
pub(super) async fn all(twilio: &Twilio) -> Result<Vec<Value>> {
    let services = twilio.request(Method::GET, Product::Messaging, ["v1", "Services"]);
    let mut all = Vec::new();
    for service in items(services, "services").await? {
        if let Some(sid) = scalar(&service, "sid") {
            all.extend(of_service(twilio, &sid).await?);
        }
    }
    Ok(all)
}

pub(super) async fn find(
    twilio: &Twilio,
    form: &CampaignForm,
) -> Result<Option<RegistrationReport>> {
    let all = of_service(twilio, service(twilio, form)?).await?;
    let is = |one: &Value, field: &str, value: &str| {
        scalar(one, field).is_some_and(|own| own.trim() == value.trim())
    };
    let same = |one: &&Value| {
        is(one, "brand_registration_sid", &form.brand)
            && is(one, "us_app_to_person_usecase", &form.use_case)
            && is(one, "description", &form.description)
    };
    Ok(words::newest(RegistrationKind::Campaign, all.iter().filter(same)))
}
