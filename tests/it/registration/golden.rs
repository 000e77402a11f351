//! The requests of registrations, for the files of `golden`.

use std::sync::Arc;

use anysms::{
    plivo::{Plivo, PlivoConfig, PlivoProfile, ProfileAddress, ProfileContact},
    registration::{
        BrandForm, BrandType, CampaignForm, RegistrationForm, RegistrationId, RegistrationKind,
        Registrations, TollFreeForm,
    },
    testing::ScriptedTransport,
    twilio::{Twilio, TwilioConfig},
};

const SERVICE: &str = "MG00000000000000000000000000000002";
const NUMBER: &str = "PN00000000000000000000000000000003";
const PROFILE: &str = "43d0616e-d50a-445a-a84e-310a089f0618";

fn brand() -> BrandForm {
    let mut form = BrandForm::new("club");
    form.brand_type = BrandType::SoleProprietor;
    form.customer_profile = Some("BU00000000000000000000000000000004".to_owned());
    form.messaging_profile = Some("BU00000000000000000000000000000005".to_owned());
    form.profile = Some(PROFILE.to_owned());
    form.skip_vetting = true;
    form.mock = true;
    form.callback = Some("https://example.com/hooks/brand".into());
    form
}

fn campaign(brand: &str) -> CampaignForm {
    let mut form = CampaignForm::new("tables", "Club");
    form.brand = brand.to_owned();
    form.service = Some(SERVICE.to_owned());
    form.use_case = "MIXED".to_owned();
    form.sub_use_cases = vec!["CUSTOMER_CARE".to_owned(), "MARKETING".to_owned()];
    form.vertical = Some("HOSPITALITY".to_owned());
    form.description = "Tells members of the club when their table is ready & what is on.".into();
    form.message_flow = "Members tick a box on the form at https://example.com/join?a=b.".into();
    form.samples = vec![
        "Club: your table is ready, [name]. See https://example.com or call (555) 555-0100.".into(),
        "Club: 20% off tonight. Reply STOP to opt out.".into(),
    ];
    form.opt_in_message = Some("Club: you get alerts now. Reply STOP to opt out.".into());
    form.opt_out_message = Some("Club: you get no more messages.".into());
    form.help_message = Some("Club: see our website for help.".into());
    form.opt_in_keywords = vec!["JOIN".to_owned(), "START".to_owned()];
    form.opt_out_keywords = vec!["STOP".to_owned()];
    form.help_keywords = vec!["HELP".to_owned()];
    form.privacy_policy = Some("https://example.com/privacy".into());
    form.terms = Some("https://example.com/terms".into());
    form.has_links = true;
    form.has_phones = true;
    form.age_gated = true;
    form.direct_lending = true;
    form.affiliate_marketing = true;
    form.callback = Some("https://example.com/hooks/campaign".into());
    form
}

fn line() -> TollFreeForm {
    let mut form = TollFreeForm::new("line");
    form.number = Some("+18005550100".parse().unwrap());
    form.number_id = Some(NUMBER.to_owned());
    form.profile = Some(PROFILE.to_owned());
    form.customer_profile = Some("BU00000000000000000000000000000004".to_owned());
    form.notification_email = "desk@example.com".into();
    form.use_cases = vec!["2FA".to_owned(), "MARKETING".to_owned()];
    form.summary = "Tells members when their table is ready.".into();
    form.sample = "Club: your table is ready. Reply STOP to opt out.".into();
    form.opt_in_images =
        vec!["https://example.com/1.png".into(), "https://example.com/2.png".into()];
    form.opt_in_type = "WEB_FORM".to_owned();
    form.monthly_volume = 10_000;
    form.opt_in_message = Some("Club: you get alerts now. Reply STOP to opt out.".into());
    form.help_message = Some("Club: see our website for help.".into());
    form.opt_in_keywords = vec!["JOIN".to_owned()];
    form.privacy_policy = Some("https://example.com/privacy".into());
    form.terms = Some("https://example.com/terms".into());
    form.age_gated = true;
    form.additional_information = Some("The form is behind a log-in.".into());
    form.callback = Some("https://example.com/hooks/line".into());
    let business = &mut form.business;
    business.name = "Club".into();
    business.website = "https://example.com".into();
    business.doing_business_as = Some("The Club".into());
    business.business_type = Some("PRIVATE_PROFIT".to_owned());
    business.registration_number = Some("12-3456789".into());
    business.registration_authority = Some("EIN".to_owned());
    business.registration_country = Some("US".to_owned());
    business.street = Some("1 Example Street".into());
    business.city = Some("Anytown".into());
    business.region = Some("NY".into());
    business.postal_code = Some("10001".into());
    business.country = Some("US".to_owned());
    business.contact_first_name = Some("First".into());
    business.contact_last_name = Some("Last".into());
    business.contact_email = Some("contact@example.com".into());
    business.contact_phone = Some("+15555550100".parse().unwrap());
    form
}

/// Fails if a field of a form was added and not set here.
fn assert_all_set(form: &RegistrationForm) {
    let form = serde_json::to_value(form).unwrap();
    let mut fields: Vec<_> = form.as_object().unwrap().iter().collect();
    fields.extend(form["business"].as_object().into_iter().flatten());
    for (name, value) in fields {
        let empty = value.is_null() || *value == false || *value == "" || *value == 0;
        let empty = empty || value.as_array().is_some_and(Vec::is_empty);
        assert!(!empty, "{name} is not set");
    }
}

fn forms(brand_id: &str) -> [RegistrationForm; 3] {
    let forms = [brand().into(), campaign(brand_id).into(), line().into()];
    forms.iter().for_each(assert_all_set);
    forms
}

fn id(kind: RegistrationKind, value: &str) -> RegistrationId {
    RegistrationId::new(kind, value)
}

/// Every request of Twilio's.
pub(crate) async fn twilio(account: &str, mut check: impl FnMut(&str, &ScriptedTransport)) {
    let client = |transport: &ScriptedTransport| {
        let config = TwilioConfig::new(account, "token");
        Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap()
    };
    let answer = format!(r#"{{"sid":"X1","messaging_service_sid":"{SERVICE}"}}"#);
    let yes = || ScriptedTransport::new().answer(200, answer.clone());
    let ids = [
        id(RegistrationKind::Brand, "BN1"),
        id(RegistrationKind::Campaign, &format!("{SERVICE}/QE1")),
        id(RegistrationKind::TollFree, "HH1"),
    ];
    let lists = [
        vec![r#"{"data":[]}"#],
        vec![r#"{"services":[{"sid":"MG1"},{"sid":"MG2"}]}"#, r#"{"compliance":[]}"#, "{}"],
        vec![r#"{"verifications":[]}"#],
    ];
    let forms = forms("BN1");
    for ((form, id), lists) in forms.iter().zip(&ids).zip(lists) {
        let kind = form.kind();
        let transport = yes();
        Registrations::submit_registration(&client(&transport), form).await.unwrap();
        check(&format!("registration_{kind}_submit"), &transport);
        let transport = yes();
        Registrations::fetch_registration(&client(&transport), id).await.unwrap();
        check(&format!("registration_{kind}_fetch"), &transport);
        let transport = yes();
        Registrations::resubmit_registration(&client(&transport), id, form).await.unwrap();
        check(&format!("registration_{kind}_resubmit"), &transport);
        let transport = lists.into_iter().fold(ScriptedTransport::new(), |t, a| t.answer(200, a));
        Registrations::list_registrations(&client(&transport), kind).await.unwrap();
        check(&format!("registration_{kind}_list"), &transport);
        let transport = ScriptedTransport::new().answer(200, "{}");
        Registrations::find_registration(&client(&transport), form).await.unwrap();
        check(&format!("registration_{kind}_find"), &transport);
        if kind != RegistrationKind::Brand {
            let transport = ScriptedTransport::new().answer(204, "");
            Registrations::delete_registration(&client(&transport), id).await.unwrap();
            check(&format!("registration_{kind}_delete"), &transport);
        }
    }
    let transport = ScriptedTransport::new().answer(201, "{}");
    client(&transport).resend_brand_code("BN1").await.unwrap();
    check("registration_brand_code", &transport);
    let mut by_number = line();
    by_number.number_id = None;
    let numbers = r#"{"incoming_phone_numbers":[{"sid":"PN1","phone_number":"+18005550100"}]}"#;
    let transport = ScriptedTransport::new().answer(200, numbers).answer(200, "{}");
    Registrations::find_registration(&client(&transport), &by_number.into()).await.unwrap();
    check("registration_toll_free_find_by_number", &transport);
}

/// Every request of Plivo's.
pub(crate) async fn plivo(account: &str, mut check: impl FnMut(&str, &ScriptedTransport)) {
    let client = |transport: &ScriptedTransport| {
        let config = PlivoConfig::new(account, "token");
        Plivo::with_transport(&config, Arc::new(transport.clone())).unwrap()
    };
    let yes = || {
        let answer = r#"{"brand_id":"B1","campaign_id":"C1","uuid":"u1","profile_uuid":"p1"}"#;
        ScriptedTransport::new().answer(200, answer)
    };
    let ids = [
        id(RegistrationKind::Brand, "B1"),
        id(RegistrationKind::Campaign, "C1"),
        id(RegistrationKind::TollFree, "u1"),
    ];
    let forms = forms("B1");
    for (form, id) in forms.iter().zip(&ids) {
        let kind = form.kind();
        let transport = yes();
        Registrations::submit_registration(&client(&transport), form).await.unwrap();
        check(&format!("registration_{kind}_submit"), &transport);
        let transport = yes();
        Registrations::fetch_registration(&client(&transport), id).await.unwrap();
        check(&format!("registration_{kind}_fetch"), &transport);
        if kind != RegistrationKind::Brand {
            let transport = yes();
            Registrations::resubmit_registration(&client(&transport), id, form).await.unwrap();
            check(&format!("registration_{kind}_resubmit"), &transport);
        }
        let transport = yes();
        Registrations::list_registrations(&client(&transport), kind).await.unwrap();
        check(&format!("registration_{kind}_list"), &transport);
        let transport = yes();
        Registrations::find_registration(&client(&transport), form).await.unwrap();
        check(&format!("registration_{kind}_find"), &transport);
        let transport = ScriptedTransport::new().answer(204, "");
        Registrations::delete_registration(&client(&transport), id).await.unwrap();
        check(&format!("registration_{kind}_delete"), &transport);
    }
    let mut profile = PlivoProfile::new("club", "Club");
    let (mut address, mut contact) = (ProfileAddress::default(), ProfileContact::default());
    address.street = "1 Example Street".into();
    address.country = "US".to_owned();
    contact.first_name = "First".into();
    contact.phone = "15555550100".into();
    assert_eq!(contact.number(), Some("+15555550100".parse().unwrap()));
    profile.address = Some(address);
    profile.authorized_contact = Some(contact);
    profile.ein = Some("12-3456789".into());
    profile.vertical = Some("HOSPITALITY".to_owned());
    let transport = yes();
    client(&transport).create_profile(&profile).await.unwrap();
    check("profile_create", &transport);
    let transport = yes();
    client(&transport).profile("p1").await.unwrap();
    check("profile_fetch", &transport);
    let transport = yes();
    client(&transport).profiles().await.unwrap();
    check("profile_list", &transport);
    let transport = ScriptedTransport::new().answer(204, "");
    client(&transport).delete_profile("p1").await.unwrap();
    check("profile_delete", &transport);

    let number = "+15555550100".parse().unwrap();
    let transport = yes();
    client(&transport).link_numbers("C1", &[number]).await.unwrap();
    check("campaign_numbers_link", &transport);
    let transport = yes();
    client(&transport).campaign_numbers("C1").await.unwrap();
    check("campaign_numbers_list", &transport);
    let transport = yes();
    client(&transport).unlink_number("C1", number).await.unwrap();
    check("campaign_numbers_unlink", &transport);
}
