//! The header of campaigns, and answers that leave something out.

use std::sync::Arc;

use anysms::{
    ErrorKind, Outcome,
    registration::{
        BrandForm, CampaignForm, RegistrationForm, RegistrationId, RegistrationKind,
        RegistrationState, Registrations,
    },
    testing::ScriptedTransport,
    twilio::{Twilio, TwilioConfig},
};

fn twilio(transport: &ScriptedTransport) -> Twilio {
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn brand() -> RegistrationForm {
    let mut form = BrandForm::new("club");
    form.customer_profile = Some(super::bundle("club", 1));
    form.messaging_profile = Some(super::bundle("club", 2));
    form.into()
}

#[tokio::test]
async fn the_version_is_named_where_an_address_is_given_and_nowhere_else() {
    let answer = r#"{"sid":"QE1","messaging_service_sid":"MG1","campaign_status":"PENDING"}"#;
    let transport = ScriptedTransport::new().answer(201, answer).answer(201, answer);
    let mut form = CampaignForm::new("club", "Club");
    form.service = Some("MG1".to_owned());
    let client = twilio(&transport);
    client.submit_registration(&form.clone().into()).await.unwrap();
    form.terms = Some("https://example.com/terms".into());
    let report = client.submit_registration(&form.into()).await.unwrap();
    assert_eq!(report.id.value(), "MG1/QE1");
    let headers: Vec<_> = transport
        .requests()
        .iter()
        .map(|request| request.headers().get("x-twilio-api-version").cloned())
        .collect();
    assert_eq!(headers, [None, Some("v1.2".parse().unwrap())]);
}

#[tokio::test]
async fn an_answer_of_2xx_without_an_id_proves_nothing() {
    for body in ["{}", "", "<html>", r#"{"status":"PENDING"}"#, r#"{"sid":null}"#, "[]"] {
        let transport = ScriptedTransport::new().answer(201, body);
        let error = twilio(&transport).submit_registration(&brand()).await.unwrap_err();
        let expected = (ErrorKind::InvalidResponse, Outcome::Unknown);
        assert_eq!((error.kind(), error.outcome()), expected, "{body}");
    }
}

#[tokio::test]
async fn words_and_reasons_of_tomorrow_are_kept() {
    let body = r#"{"sid":"BN1","status":"DAYDREAMING","errors":[{"error_code":30999,
        "description":"Mend the name","fields":["name"],"more":{}}],"new_field":[1]}"#;
    let transport = ScriptedTransport::new().answer(200, body);
    let id = RegistrationId::new(RegistrationKind::Brand, "BN1");
    let report = Registrations::fetch_registration(&twilio(&transport), &id).await.unwrap();
    assert_eq!((report.word.as_str(), report.meaning), ("DAYDREAMING", None));
    assert_eq!(report.reasons[0].text, "Mend the name");
    // Errors beside PENDING decide nothing (the example of Twilio's documentation, 2026-11).
    let body = r#"{"sid":"QE1","messaging_service_sid":"MG1","campaign_status":"PENDING",
        "errors":[{"error_code":30893,"fields":["MESSAGE_FLOW"],"url":"https://example.com",
        "description":"The flow"}]}"#;
    let transport = ScriptedTransport::new().answer(200, body);
    let id = RegistrationId::new(RegistrationKind::Campaign, "MG1/QE1");
    let report = Registrations::fetch_registration(&twilio(&transport), &id).await.unwrap();
    assert_eq!(report.meaning, Some(RegistrationState::Submitted));
    assert_eq!(report.reasons[0].fields, ["MESSAGE_FLOW"]);
}
