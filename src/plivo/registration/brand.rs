//! Brands on the wire.

use serde_json::Value;

use super::{Body, items, words};
use crate::{
    error::Result,
    plivo::Plivo,
    registration::{
        BrandForm, BrandType, RegistrationKind, RegistrationReport, Registrations, needed, scalar,
    },
};

pub(super) const PATH: [&str; 2] = ["10dlc", "Brand"];

pub(super) fn body(plivo: &Plivo, form: &BrandForm) -> Result<Value> {
    let rule = "profile: is missing; Plivo needs the id of a profile, which create_profile makes";
    let profile = needed(&plivo.registrar(), form.profile.as_deref(), rule)?;
    let mut body = Body::default();
    body.set("brand_alias", form.name.as_str());
    body.set("profile_uuid", profile);
    body.set(
        "brand_type",
        match form.brand_type {
            BrandType::Standard => "STANDARD",
            BrandType::SoleProprietor => "STARTER",
        },
    );
    if form.callback.is_some() {
        body.text("url", form.callback.as_ref());
        body.set("method", "POST");
    }
    Ok(body.value())
}

pub(super) async fn find(plivo: &Plivo, form: &BrandForm) -> Result<Option<RegistrationReport>> {
    let all = items(plivo, &PATH, "brands").await?;
    let same = |one: &&Value| {
        scalar(one, "brand_alias").as_deref() == Some(form.name.as_str()) && !words::is_deleted(one)
    };
    Ok(all.iter().find(same).and_then(|one| words::report(RegistrationKind::Brand, one)))
}
