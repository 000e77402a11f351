//! Toll-free verifications on the wire.

use http::Method;
use serde_json::Value;

use super::{each, items, optional, report, words};
use crate::{
    error::{Error, ErrorKind, Result},
    registration::{
        RegistrationKind, RegistrationReport, Registrations, TollFreeForm, needed, scalar,
    },
    transport::ApiRequest,
    twilio::{Product, TWILIO, Twilio},
};

const PATH: [&str; 3] = ["v1", "Tollfree", "Verifications"];

/// Use cases that Twilio names otherwise here than for campaigns (messaging v1, 2026-11).
const CATEGORIES: [(&str, &str); 14] = [
    ("2FA", "TWO_FACTOR_AUTHENTICATION"),
    ("ACCOUNT_NOTIFICATION", "ACCOUNT_NOTIFICATIONS"),
    ("CUSTOMER_CARE", "CUSTOMER_CARE"),
    ("CHARITY", "CHARITY_NONPROFIT"),
    ("DELIVERY_NOTIFICATION", "DELIVERY_NOTIFICATIONS"),
    ("FRAUD_ALERT", "FRAUD_ALERT_MESSAGING"),
    ("EVENTS", "EVENTS"),
    ("HIGHER_EDUCATION", "HIGHER_EDUCATION"),
    ("K12_EDUCATION", "K12"),
    ("MARKETING", "MARKETING"),
    ("POLLING_VOTING", "POLLING_AND_VOTING_NON_POLITICAL"),
    ("POLITICAL", "POLITICAL_ELECTION_CAMPAIGNS"),
    ("PUBLIC_SERVICE_ANNOUNCEMENT", "PUBLIC_SERVICE_ANNOUNCEMENT"),
    ("SECURITY_ALERT", "SECURITY_ALERT"),
];

fn categories(form: &TollFreeForm) -> Result<Vec<&'static str>> {
    let category = |case: &String| {
        let known = CATEGORIES.iter().find(|(name, _)| name == case);
        known.map(|(_, category)| *category).ok_or_else(|| {
            let rule = "use_cases: has one that Twilio has not for toll-free numbers; name another";
            Error::not_sent(ErrorKind::InvalidRequest).with_provider(TWILIO).with_detail(rule)
        })
    };
    form.use_cases.iter().map(category).collect()
}

/// Returns the id of the number, which is looked up if the form has only the number.
async fn number_id(twilio: &Twilio, form: &TollFreeForm) -> Result<String> {
    if let Some(id) = &form.number_id {
        return Ok(id.clone());
    }
    let number = form.number.map(|number| number.to_string());
    let rule = "number: is missing; give the toll-free number or its id, PN…";
    let number = needed(&twilio.registrar(), number.as_deref(), rule)?.to_owned();
    let path = ["IncomingPhoneNumbers.json"];
    let request = twilio.request(Method::GET, Product::Account, path);
    let found = items(request.query("PhoneNumber", &number), "incoming_phone_numbers").await?;
    let own = found.iter().find(|one| scalar(one, "phone_number").as_ref() == Some(&number));
    own.and_then(|one| scalar(one, "sid")).ok_or_else(|| {
        Error::not_sent(ErrorKind::InvalidRequest)
            .with_provider(TWILIO)
            .with_detail("number: is none of this account; buy it first")
    })
}

pub(super) async fn submit(twilio: &Twilio, form: &TollFreeForm) -> Result<RegistrationReport> {
    let categories = categories(form)?;
    let number = number_id(twilio, form).await.map_err(Error::without_message)?;
    let request = twilio
        .request(Method::POST, Product::Messaging, PATH)
        .form("TollfreePhoneNumberSid", number)
        .form("ExternalReferenceId", &form.name);
    let request = optional(request, "CustomerProfileSid", form.customer_profile.as_ref());
    let request = each(request, "UseCaseCategories", categories);
    report(twilio, RegistrationKind::TollFree, &fields(request, form).send().await?)
}

pub(super) fn changed<'a>(request: ApiRequest<'a>, form: &TollFreeForm) -> Result<ApiRequest<'a>> {
    Ok(fields(each(request, "UseCaseCategories", categories(form)?), form))
}

/// Adds the fields that can be changed later.
fn fields<'a>(request: ApiRequest<'a>, form: &TollFreeForm) -> ApiRequest<'a> {
    let business = &form.business;
    let request = request
        .form("BusinessName", business.name.as_str())
        .form("BusinessWebsite", business.website.as_str())
        .form("NotificationEmail", form.notification_email.as_str())
        .form("UseCaseSummary", form.summary.as_str())
        .form("ProductionMessageSample", form.sample.as_str());
    let request = each(request, "OptInImageUrls", &form.opt_in_images)
        .form("OptInType", &form.opt_in_type)
        .form("MessageVolume", form.monthly_volume.to_string())
        .form("AgeGatedContent", form.age_gated.to_string());
    let texts = [
        ("DoingBusinessAs", &business.doing_business_as),
        ("BusinessRegistrationNumber", &business.registration_number),
        ("BusinessStreetAddress", &business.street),
        ("BusinessCity", &business.city),
        ("BusinessStateProvinceRegion", &business.region),
        ("BusinessPostalCode", &business.postal_code),
        ("BusinessContactFirstName", &business.contact_first_name),
        ("BusinessContactLastName", &business.contact_last_name),
        ("BusinessContactEmail", &business.contact_email),
        ("OptInConfirmationMessage", &form.opt_in_message),
        ("HelpMessageSample", &form.help_message),
        ("PrivacyPolicyUrl", &form.privacy_policy),
        ("TermsAndConditionsUrl", &form.terms),
        ("AdditionalInformation", &form.additional_information),
    ];
    let words = [
        ("BusinessType", &business.business_type),
        ("BusinessRegistrationAuthority", &business.registration_authority),
        ("BusinessRegistrationCountry", &business.registration_country),
        ("BusinessCountry", &business.country),
    ];
    let add = |request, (name, value): (_, &Option<_>)| optional(request, name, value.as_ref());
    let request = texts.into_iter().fold(request, add);
    let add = |request, (name, value): (_, &Option<_>)| optional(request, name, value.as_ref());
    let request = words.into_iter().fold(request, add);
    let request = optional(request, "BusinessContactPhone", business.contact_phone);
    each(request, "OptInKeywords", &form.opt_in_keywords)
}

pub(super) async fn all(twilio: &Twilio, number_id: Option<&str>) -> Result<Vec<Value>> {
    let request = twilio.request(Method::GET, Product::Messaging, PATH);
    let request = match number_id {
        Some(id) => request.query("TollfreePhoneNumberSid", id),
        None => request,
    };
    items(request, "verifications").await
}

pub(super) async fn find(
    twilio: &Twilio,
    form: &TollFreeForm,
) -> Result<Option<RegistrationReport>> {
    let number = number_id(twilio, form).await?;
    let all = all(twilio, Some(&number)).await?;
    let same = |one: &&Value| scalar(one, "tollfree_phone_number_sid").as_deref() == Some(&*number);
    Ok(words::newest(RegistrationKind::TollFree, all.iter().filter(same)))
}
