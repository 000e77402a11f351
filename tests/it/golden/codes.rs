//! The requests about one-time codes, usage, balance and subaccounts.

use anysms::{
    Date,
    testing::ScriptedTransport,
    usage::{Subaccounts, UsageCategory, UsageQuery, UsageRecords},
    verification::{
        ChallengeId, ReportQuery, Verification, VerificationChannel, VerificationRequest,
    },
};

use super::{Golden, plivo, to, twilio, twilio_config};

const SERVICE: &str = "VA00000000000000000000000000000001";
const STARTED: &str = r#"{"sid":"VE00000000000000000000000000000001","to":"+447700900123",
    "channel":"sms","status":"pending","date_created":"2026-12-01T00:00:00Z"}"#;
const SESSION: &str = r#"{"session_uuid":"5b40a428-bfc7-4daf-9d06-726c558bf3b8",
    "recipient":"447700900123","channel":"sms","status":"in-progress","locale":"cy"}"#;

fn scripted(answers: &[(u16, &str)]) -> ScriptedTransport {
    answers.iter().fold(ScriptedTransport::new(), |script, (status, body)| {
        script.answer(*status, (*body).to_owned())
    })
}

fn request() -> VerificationRequest {
    VerificationRequest::new(to(), "sign-in".parse().unwrap()).with_locale("cy")
}

fn day() -> ReportQuery {
    let query = ReportQuery::new(
        "2026-12-01T00:00:00Z".parse().unwrap(),
        "2026-12-02T00:00:00Z".parse().unwrap(),
    );
    query.with_country("GB".parse().unwrap())
}

/// Starts a challenge without looking at the request.
async fn started(codes: &dyn Verification) -> ChallengeId {
    codes.start(&request()).await.unwrap().id
}

fn december() -> UsageQuery {
    let date = |text: &str| text.parse::<Date>().unwrap();
    let query = UsageQuery::days(date("2026-12-01"), date("2026-12-31"));
    query.with_category(UsageCategory::SmsOutbound)
}

pub(super) async fn of_twilio(golden: &mut Golden) {
    let client = |transport: &ScriptedTransport| twilio(&twilio_config(), transport);
    let transport = scripted(&[(201, STARTED)]);
    let codes = client(&transport).verification(SERVICE).with_name("Club & Co");
    let call = request().with_channel(VerificationChannel::Voice);
    let id = codes.start(&call).await.unwrap().id;
    golden.check("verify_start", &transport);
    let transport = scripted(&[(200, STARTED), (201, STARTED)]);
    client(&transport).verification(SERVICE).resend(&id, None).await.unwrap();
    golden.check("verify_resend", &transport);
    let transport = scripted(&[(200, STARTED)]);
    assert!(client(&transport).verification(SERVICE).check(&id, "123 456").await.is_ok());
    golden.check("verify_check", &transport);
    let transport = scripted(&[(200, STARTED)]);
    client(&transport).verification(SERVICE).cancel(&id).await.unwrap();
    golden.check("verify_cancel", &transport);
    let transport = scripted(&[(200, r#"{"attempts":[]}"#)]);
    client(&transport).verification(SERVICE).report(&day()).await.unwrap();
    golden.check("verify_report", &transport);

    let transport = scripted(&[(200, r#"{"usage_records":[]}"#)]);
    client(&transport).records(&december()).await.unwrap();
    golden.check("usage_records", &transport);
    let transport = scripted(&[(200, r#"{"balance":"4.20","currency":"USD"}"#)]);
    client(&transport).balance().await.unwrap();
    golden.check("balance", &transport);
    let made = r#"{"sid":"AC00000000000000000000000000000009","friendly_name":"Club",
        "status":"active","auth_token":"secret"}"#;
    let transport = scripted(&[(201, made), (200, made), (200, made)]);
    let account = client(&transport);
    let sub = account.create_subaccount("Club").await.unwrap();
    let id = sub.key.id.clone();
    account.suspend_subaccount(&id).await.unwrap();
    account.close_subaccount(&id, id.as_str()).await.unwrap();
    golden.check("subaccounts", &transport);
}

pub(super) async fn of_plivo(golden: &mut Golden) {
    let client = |transport: &ScriptedTransport| plivo("MA000000000000000001", transport);
    let transport = scripted(&[(202, SESSION)]);
    let id = started(&client(&transport).verification(Some("app-1")).with_brand("Club")).await;
    golden.check("verify_start", &transport);
    let transport = scripted(&[(200, SESSION), (202, SESSION)]);
    let voice = Some(VerificationChannel::Voice);
    client(&transport).verification(None).resend(&id, voice).await.unwrap();
    golden.check("verify_resend", &transport);
    let transport = scripted(&[(200, SESSION), (200, r#"{"message":"validated"}"#)]);
    client(&transport).verification(None).check(&id, "123-456").await.unwrap();
    golden.check("verify_check", &transport);
    let transport = scripted(&[(200, r#"{"sessions":[],"meta":{}}"#)]);
    client(&transport).verification(Some("app-1")).report(&day()).await.unwrap();
    golden.check("verify_report", &transport);

    let transport = scripted(&[(200, r#"{"cash_credits":"4.20"}"#)]);
    client(&transport).balance().await.unwrap();
    golden.check("balance", &transport);
}
