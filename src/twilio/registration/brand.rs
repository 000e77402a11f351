//! Brands on the wire.

use http::Method;
use serde_json::Value;

use super::{items, report, words};
use crate::{
    error::Result,
    registration::{
        BrandForm, BrandType, RegistrationKind, RegistrationReport, Registrations, needed, scalar,
    },
    twilio::{Product, Twilio},
};

const PATH: [&str; 3] = ["v1", "a2p", "BrandRegistrations"];

/// Returns Twilio's word for the type of a brand.
const fn type_of(form: &BrandForm) -> &'static str {
    match form.brand_type {
        BrandType::Standard => "STANDARD",
        BrandType::SoleProprietor => "SOLE_PROPRIETOR",
    }
}

fn profiles<'a>(twilio: &Twilio, form: &'a BrandForm) -> Result<[&'a str; 2]> {
    let registrar = twilio.registrar();
    let rule = "customer_profile: is missing; Twilio needs the id of the customer profile, BU…";
    let customer = needed(&registrar, form.customer_profile.as_deref(), rule)?;
    let rule = "messaging_profile: is missing; Twilio needs the id of the A2P profile, BU…";
    Ok([customer, needed(&registrar, form.messaging_profile.as_deref(), rule)?])
}

pub(super) async fn submit(twilio: &Twilio, form: &BrandForm) -> Result<RegistrationReport> {
    let [customer, messaging] = profiles(twilio, form)?;
    let mut request = twilio
        .request(Method::POST, Product::Messaging, PATH)
        .form("CustomerProfileBundleSid", customer)
        .form("A2PProfileBundleSid", messaging)
        .form("BrandType", type_of(form));
    if form.skip_vetting {
        request = request.form("SkipAutomaticSecVet", "true");
    }
    if form.mock {
        request = request.form("Mock", "true");
    }
    report(twilio, RegistrationKind::Brand, &request.send().await?)
}

pub(super) async fn all(twilio: &Twilio) -> Result<Vec<Value>> {
    items(twilio.request(Method::GET, Product::Messaging, PATH), "data").await
}

pub(super) async fn find(twilio: &Twilio, form: &BrandForm) -> Result<Option<RegistrationReport>> {
    let [customer, messaging] = profiles(twilio, form)?;
    let is = |one: &Value, field: &str, value: &str| scalar(one, field).as_deref() == Some(value);
    let same = |one: &&Value| {
        is(one, "customer_profile_bundle_sid", customer)
            && is(one, "a2p_profile_bundle_sid", messaging)
            && is(one, "brand_type", type_of(form))
            && !is(one, "status", "DELETION_PENDING")
            && scalar(one, "mock").as_deref().unwrap_or("false") == form.mock.to_string()
    };
    let all = all(twilio).await?;
    Ok(words::newest(RegistrationKind::Brand, all.iter().filter(same)))
}

impl Twilio {
    /// Has the text message with the one-time code sent once more to the contact of a sole proprietor's brand, who
    /// has 24 hours to answer it.
    ///
    /// ```
    /// # async fn example(twilio: anysms::twilio::Twilio) -> anysms::Result<()> {
    /// twilio.resend_brand_code("BN00000000000000000000000000000001").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such brand; else as any change.
    pub async fn resend_brand_code(&self, brand: &str) -> Result<()> {
        let path = PATH.into_iter().chain([brand, "SmsOtp"]);
        self.request(Method::POST, Product::Messaging, path).send().await.map(drop)
    }
}
