//! Toll-free verifications on the wire.

use http::Method;
use serde_json::Value;

use super::{Body, invalid, items_of, words};
use crate::{
    error::{Error, ErrorKind, Result},
    plivo::{PLIVO, Plivo},
    registration::{
        RegistrationKind, RegistrationReport, Registrations, TollFreeForm, needed, scalar,
    },
};

pub(super) const PATH: [&str; 1] = ["TollfreeVerification"];

/// Use cases that Plivo has for toll-free numbers (py `tollfree_verification.py`, seen 2026-11).
const USE_CASES: [&str; 10] = [
    "2FA",
    "ACCOUNT_NOTIFICATION",
    "CUSTOMER_CARE",
    "DELIVERY_NOTIFICATION",
    "FRAUD_ALERT",
    "HIGHER_EDUCATION",
    "MARKETING",
    "POLLING_VOTING",
    "PUBLIC_SERVICE_ANNOUNCEMENT",
    "SECURITY_ALERT",
];

/// Returns the number without its plus, as Plivo writes it.
fn number(plivo: &Plivo, form: &TollFreeForm) -> Result<String> {
    let rule = "number: is missing; Plivo knows numbers by themselves, not by an id";
    let number = form.number.ok_or_else(|| invalid(plivo, rule))?;
    Ok(number.to_string().trim_start_matches('+').to_owned())
}

pub(super) fn body(plivo: &Plivo, form: &TollFreeForm) -> Result<Value> {
    let rule = "profile: is missing; Plivo needs the id of a profile, which create_profile makes";
    let profile = needed(&plivo.registrar(), form.profile.as_deref(), rule)?;
    let mut body = fields(form)?;
    body.set("profile_uuid", profile);
    body.set("number", number(plivo, form)?);
    if form.callback.is_some() {
        body.text("callback_url", form.callback.as_ref());
        body.set("callback_method", "POST");
    }
    Ok(body.value())
}

pub(super) fn changed(form: &TollFreeForm) -> Result<Value> {
    fields(form).map(Body::value)
}

fn fields(form: &TollFreeForm) -> Result<Body> {
    if !form.use_cases.iter().all(|case| USE_CASES.contains(&case.as_str())) {
        let rule = "use_cases: has one that Plivo has not for toll-free numbers; name another";
        return Err(Error::not_sent(ErrorKind::InvalidRequest)
            .with_provider(PLIVO)
            .with_detail(rule));
    }
    let mut body = Body::default();
    body.words("usecase", &form.use_cases);
    body.text("usecase_summary", Some(&form.summary));
    body.text("message_sample", Some(&form.sample));
    // One address alone is taken.
    body.text("optin_image_url", form.opt_in_images.first());
    body.set("optin_type", form.opt_in_type.as_str());
    body.set("volume", form.monthly_volume.to_string());
    body.text("additional_information", form.additional_information.as_ref());
    body.text("optin_message", form.opt_in_message.as_ref());
    body.text("help_message", form.help_message.as_ref());
    body.text("privacy_policy_link", form.privacy_policy.as_ref());
    body.text("terms_and_conditions_link", form.terms.as_ref());
    body.set("extra_data", form.name.as_str());
    Ok(body)
}

pub(super) async fn find(plivo: &Plivo, form: &TollFreeForm) -> Result<Option<RegistrationReport>> {
    let number = number(plivo, form)?;
    let request = plivo.request(Method::GET, PATH).query("number", &number);
    let all = items_of(request, "objects").await?;
    let same = |one: &&Value| {
        scalar(one, "number").is_some_and(|own| own.trim_start_matches('+') == number)
    };
    let reports = all.iter().filter(same);
    Ok(words::newest(RegistrationKind::TollFree, reports))
}
