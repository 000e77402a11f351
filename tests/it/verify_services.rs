//! The management of Twilio Verify: services, templates, attempts.

use std::sync::Arc;

use anysms::{
    ErrorKind, Outcome, PhoneNumber,
    sandbox::Sandbox,
    testing::ScriptedTransport,
    twilio::{Twilio, TwilioConfig, VerifyAttemptQuery, VerifyServiceSettings},
    verification::{Verification, VerificationChannel, VerificationRequest},
};

const SERVICE: &str = "VA00000000000000000000000000000001";

async fn twilio() -> (Sandbox, Twilio) {
    let sandbox = Sandbox::start().await.unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    (sandbox, twilio)
}

fn scripted(body: &str) -> (Twilio, Arc<ScriptedTransport>) {
    let transport = Arc::new(ScriptedTransport::new().answer(200, body.to_owned()));
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    (Twilio::with_transport(&config, transport.clone()).unwrap(), transport)
}

#[tokio::test]
async fn a_service_is_made_read_changed_and_deleted() {
    let (_sandbox, twilio) = twilio().await;
    let services = twilio.verify_services();
    let mut settings = VerifyServiceSettings::named("Rowing club").with_code_length(8);
    settings.lookup_enabled = Some(true);
    settings.skip_sms_to_landlines = Some(true);
    settings.custom_code = Some(true);
    settings.tts_name = Some("rowing".into());
    let made = services.create(&settings).await.unwrap();
    assert_eq!(made.settings.code_length, Some(8));
    assert_eq!(services.fetch(&made.sid).await.unwrap(), made);
    let changed = VerifyServiceSettings::named("Tennis club");
    let changed = services.update(&made.sid, &changed).await.unwrap();
    assert_eq!(changed.settings.name.as_deref(), Some("Tennis club"));
    assert_eq!((changed.settings.code_length, changed.settings.custom_code), (Some(8), Some(true)));
    assert_eq!(services.list().await.unwrap().len(), 1);
    services.delete(&made.sid).await.unwrap();
    assert_eq!(services.fetch(&made.sid).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_setting_that_breaks_its_rule_is_named_before_anything_is_sent() {
    let (twilio, transport) = scripted("{}");
    let services = twilio.verify_services();
    let named = VerifyServiceSettings::named;
    let mut landlines = named("Club");
    landlines.skip_sms_to_landlines = Some(true);
    let mut template = named("Club");
    template.default_template = Some("HJ1".into());
    for (settings, rule) in [
        (VerifyServiceSettings::default(), "name: none given"),
        (named(""), "name: must have 1 to 32"),
        (named(&"x".repeat(33)), "name: must have 1 to 32"),
        (named("Club 12345"), "name: must not have 5 digits"),
        (named("Club").with_code_length(3), "code_length: must be 4 to 10"),
        (named("Club").with_code_length(11), "code_length: must be 4 to 10"),
        (landlines, "skip_sms_to_landlines: needs the lookup"),
        (template, "default_template: must be HJ"),
    ] {
        let error = services.create(&settings).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
        assert!(error.to_string().contains(rule), "{error}");
    }
    for sid in ["", "VA1", "../Services", "MG00000000000000000000000000000001"] {
        assert_eq!(services.delete(sid).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
    assert!(transport.requests().is_empty());
}

#[tokio::test]
async fn attempts_are_listed_filtered_and_counted() {
    let (sandbox, twilio) = twilio().await;
    let settings = VerifyServiceSettings::named("Rowing club");
    let service = twilio.verify_services().create(&settings).await.unwrap();
    let codes = twilio.verification(&*service.sid);
    let numbers: [PhoneNumber; 2] =
        ["+447700900123", "+447700900124"].map(|to| to.parse().unwrap());
    for number in numbers {
        let request = VerificationRequest::new(number, "sign-in".parse().unwrap());
        let challenge = codes.start(&request).await.unwrap();
        let code = sandbox.expect_message(number).await.unwrap().code().unwrap();
        if number == numbers[0] {
            assert!(codes.check(&challenge.id, &code).await.unwrap().approved().is_some());
        }
    }
    let mut query = VerifyAttemptQuery::default();
    query.service = Some(service.sid);
    query.channel = Some(VerificationChannel::Sms);
    let all = twilio.verify_attempts(&query).await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|one| one.price.is_some() && one.code_length == Some(6)), "{all:?}");
    assert!(!format!("{all:?}").contains("7700900"), "{all:?}");
    let summary = twilio.verify_attempt_summary(&query).await.unwrap();
    assert_eq!((summary.attempts, summary.converted, summary.unconverted), (2, 1, 1));
    assert_eq!(summary.conversion_rate, Some(50.into()));
    query.converted = Some(true);
    let typed = twilio.verify_attempts(&query).await.unwrap();
    assert_eq!((typed.len(), typed[0].converted), (1, Some(true)));
    query.to = Some(numbers[1]);
    assert!(twilio.verify_attempts(&query).await.unwrap().is_empty());
    query.prefix = Some("+44".into());
    assert_eq!(twilio.verify_attempts(&query).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    query.prefix = Some("44x".into());
    let error = twilio.verify_attempt_summary(&query).await.unwrap_err();
    assert!(error.to_string().contains("prefix: must be digits"), "{error}");
}

#[tokio::test]
async fn filters_are_written_and_answers_read_in_every_form() {
    let body = r#"{"attempts":[{"sid":"VL00000000000000000000000000000001","conversion_status":"UNCONVERTED",
        "channel":"rbm","price":{"value":"-0.05","currency":"usd"},"channel_data":{"to":"+447700900123",
        "error_code":"30008","code_length":6,"country":"GB","mcc":"234"}},{"sid":null}],"meta":{}}"#;
    let (twilio, transport) = scripted(body);
    let mut query = VerifyAttemptQuery::default();
    query.since = Some("2026-11-01T00:00:00Z".parse().unwrap());
    query.service = Some(SERVICE.into());
    query.country = Some("GB".parse().unwrap());
    query.converted = Some(false);
    let all = twilio.verify_attempts(&query).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].price.unwrap().to_string(), "0.05 USD");
    assert_eq!((all[0].converted, all[0].error_code.as_deref()), (Some(false), Some("30008")));
    let asked = transport.requests()[0].uri().to_string();
    assert!(
        asked.ends_with(&format!(
            "/v2/Attempts?DateCreatedAfter=2026-11-01T00%3A00%3A00Z&Country=GB&VerifyServiceSid={SERVICE}&Status=unconverted&PageSize=1000"
        )),
        "{asked}"
    );
    let (twilio, _) = scripted(
        r#"{"total_attempts":"3","total_converted":1,"total_unconverted":2,"conversion_rate_percentage":"33.33"}"#,
    );
    let summary = twilio.verify_attempt_summary(&VerifyAttemptQuery::default()).await.unwrap();
    assert_eq!(
        (summary.attempts, summary.conversion_rate.unwrap().to_string()),
        (3, "33.33".into())
    );
    let (twilio, _) = scripted("{}");
    let error = twilio.verify_attempts(&VerifyAttemptQuery::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn templates_come_with_their_translations() {
    let (_sandbox, twilio) = twilio().await;
    let all = twilio.verify_templates(None).await.unwrap();
    let english = all[0].translations.iter().find(|one| one.locale == "en").unwrap();
    assert!(english.is_default && english.text.as_ref().unwrap().contains("{{code}}"));
    assert!(all[0].sid.starts_with("HJ") && !all[0].channels.is_empty());
    let name = all[0].name.clone().unwrap();
    assert_eq!(twilio.verify_templates(Some(&name)).await.unwrap(), all);
    assert!(twilio.verify_templates(Some("another")).await.unwrap().is_empty());
}
