//! Campaigns on the wire.

use serde_json::Value;

use super::{Body, items, words};
use crate::{
    error::Result,
    plivo::Plivo,
    registration::{
        CampaignForm, RegistrationKind, RegistrationReport, Registrations, needed, scalar,
    },
};

pub(super) const PATH: [&str; 2] = ["10dlc", "Campaign"];

pub(super) fn body(plivo: &Plivo, form: &CampaignForm) -> Result<Value> {
    let rule = "vertical: is missing; Plivo needs the trade of the business, such as RETAIL";
    let vertical = needed(&plivo.registrar(), form.vertical.as_deref(), rule)?;
    let mut body = Body::default();
    body.set("brand_id", form.brand.as_str());
    body.set("campaign_alias", form.name.as_str());
    body.set("vertical", vertical);
    body.set("usecase", form.use_case.as_str());
    body.set("sub_usecases", form.sub_use_cases.clone());
    for (name, flag) in [
        ("embedded_link", form.has_links),
        ("embedded_phone", form.has_phones),
        ("age_gated", form.age_gated),
        ("direct_lending", form.direct_lending),
        ("affiliate_marketing", form.affiliate_marketing),
        ("subscriber_optin", true),
        ("subscriber_optout", true),
        ("subscriber_help", true),
    ] {
        body.set(name, flag);
    }
    texts(&mut body, form);
    if form.callback.is_some() {
        body.text("url", form.callback.as_ref());
        body.set("method", "POST");
    }
    Ok(body.value())
}

/// Returns the fields that can be changed later (py `campaign.py`, seen 2026-11).
pub(super) fn changed(form: &CampaignForm) -> Value {
    let mut body = Body::default();
    texts(&mut body, form);
    body.value()
}

fn texts(body: &mut Body, form: &CampaignForm) {
    body.text("description", Some(&form.description));
    body.text("message_flow", Some(&form.message_flow));
    for (at, sample) in form.samples.iter().enumerate() {
        body.text(&format!("sample{}", at + 1), Some(sample));
    }
    body.text("optin_message", form.opt_in_message.as_ref());
    body.text("optout_message", form.opt_out_message.as_ref());
    body.text("help_message", form.help_message.as_ref());
    body.words("optin_keywords", &form.opt_in_keywords);
    body.words("optout_keywords", &form.opt_out_keywords);
    body.words("help_keywords", &form.help_keywords);
    body.text("privacy_policy_link", form.privacy_policy.as_ref());
    body.text("terms_and_conditions_link", form.terms.as_ref());
}

pub(super) async fn find(plivo: &Plivo, form: &CampaignForm) -> Result<Option<RegistrationReport>> {
    let all = items(plivo, &PATH, "campaigns").await?;
    let is = |one: &Value, field: &str, value: &str| {
        scalar(one, field).is_some_and(|own| own.trim() == value.trim())
    };
    let same = |one: &&Value| match scalar(one, "campaign_alias") {
        _ if words::is_deleted(one) => false,
        Some(alias) => alias == form.name,
        None => {
            is(one, "brand_id", &form.brand)
                && is(one, "usecase", &form.use_case)
                && is(one, "description", &form.description)
        }
    };
    Ok(all.iter().find(same).and_then(|one| words::report(RegistrationKind::Campaign, one)))
}
