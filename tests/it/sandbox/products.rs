//! The products beside messages: hosts, codes, lookups, prices, registrations, faults, and a file that keeps it all.

use std::time::Duration;

use anysms::{
    MessageStatus,
    plivo::PlivoSandbox,
    sandbox::{Fault, Sandbox, When},
    twilio::TwilioSandbox,
};
use serde_json::{Value, json};

use super::hand::{Hand, account};

const PHONE: &str = "+447700900123";
const DAY: u64 = 86_400;

#[tokio::test]
async fn a_product_is_found_by_path_and_by_header_and_its_pages_lead_back() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    for name in ["One", "Two"] {
        let made = hand.form("/verify.twilio.com/v2/Services", &[("FriendlyName", name)]).await;
        assert_eq!(made.0, 201);
    }
    let by_header = hand.get_at("verify.twilio.com", "/v2/Services").await;
    assert_eq!(by_header.1["services"].as_array().unwrap().len(), 2);
    assert_eq!(hand.get("/verify.dublin.ie1.twilio.com/v2/Services").await.0, 200);
    assert_eq!(hand.get("/verify/v2/Services").await.1["services"].as_array().unwrap().len(), 2);
    assert_eq!(hand.get(&format!("/api{}.json", account())).await.0, 200);
    let plivo = Hand::plivo(&sandbox);
    let at = format!("v1/Account/{}/", PlivoSandbox::AUTH_ID);
    for path in [format!("/api/{at}"), format!("/api.plivo.com/{at}"), format!("/{at}")] {
        assert_eq!(plivo.get(&path).await.0, 200, "{path}");
    }
    assert_eq!(plivo.get("/lookup/v1/Number/+447700900123").await.0, 200);
    let (_, first) = hand.get("/verify.twilio.com/v2/Services?PageSize=1").await;
    assert_eq!(first["services"][0]["friendly_name"], "Two", "the newest comes first");
    let next = first["meta"]["next_page_url"].as_str().unwrap();
    assert!(next.starts_with(&sandbox.base_url()), "{next}");
    let (_, second) = hand.get(next).await;
    assert_eq!(second["services"][0]["friendly_name"], "One");
    assert_eq!(second["meta"]["next_page_url"], Value::Null);
    let (status, refused) = hand.form("/pricing.twilio.com/v1/Messaging/Countries", &[]).await;
    assert_eq!((status, &refused["code"]), (405, &json!(20004)));
}

#[tokio::test]
async fn a_code_is_sent_checked_and_gone() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let services = "/verify.twilio.com/v2/Services";
    let settings = [("FriendlyName", "Club"), ("CodeLength", "4")];
    let (_, service) = hand.form(services, &settings).await;
    let start = format!("{services}/{}", service["sid"].as_str().unwrap());
    let (status, pending) =
        hand.form(&format!("{start}/Verifications"), &[("To", PHONE), ("Channel", "sms")]).await;
    assert_eq!((status, &pending["status"]), (201, &json!("pending")));
    assert!(pending.get("code").is_none(), "the code is in the message alone");
    let code = sandbox.messages()[0].code().unwrap();
    assert_eq!(code.len(), 4);
    let check = async |code: &str| {
        hand.form(&format!("{start}/VerificationCheck"), &[("To", PHONE), ("Code", code)]).await
    };
    let wrong = if code == "0000" { "1111" } else { "0000" };
    let (status, still) = check(wrong).await;
    assert_eq!(
        (status, &still["status"], &still["valid"]),
        (200, &json!("pending"), &json!(false))
    );
    let (_, approved) = check(&code).await;
    assert_eq!((&approved["status"], &approved["valid"]), (&json!("approved"), &json!(true)));
    assert_eq!(check(&code).await.1["code"], 20404);
    let (_, attempts) = hand.get("/verify.twilio.com/v2/Attempts").await;
    assert_eq!(attempts["attempts"][0]["conversion_status"], "converted");

    for _ in 0..5 {
        let again = [("To", "+447700900124"), ("Channel", "sms")];
        assert_eq!(hand.form(&format!("{start}/Verifications"), &again).await.0, 201);
    }
    let again = [("To", "+447700900124"), ("Channel", "sms")];
    let (status, refused) = hand.form(&format!("{start}/Verifications"), &again).await;
    assert_eq!((status, &refused["code"]), (429, &json!(60203)));
    sandbox.skip(Duration::from_secs(600));
    assert_eq!(hand.form(&format!("{start}/Verifications"), &again).await.0, 201, "ten minutes on");
}

#[tokio::test]
async fn registrations_move_by_the_clock_and_one_that_asks_for_it_is_rejected() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let bundle = format!("BU{}", "0".repeat(32));
    let brands = "/messaging.twilio.com/v1/a2p/BrandRegistrations";
    let pairs =
        [("CustomerProfileBundleSid", bundle.as_str()), ("A2PProfileBundleSid", bundle.as_str())];
    let (_, brand) = hand.form(brands, &pairs).await;
    assert_eq!(brand["status"], "PENDING");
    let (_, service) =
        hand.form("/messaging.twilio.com/v1/Services", &[("FriendlyName", "Club")]).await;
    let campaigns = format!(
        "/messaging.twilio.com/v1/Services/{}/Compliance/Usa2p",
        service["sid"].as_str().unwrap()
    );
    let campaign = |description: &'static str| {
        [
            ("BrandRegistrationSid", brand["sid"].as_str().unwrap().to_owned()),
            ("Description", description.to_owned()),
            ("MessageFlow", "People ask for messages on the sign-up page of the club.".to_owned()),
            ("MessageSamples", "Your table is ready at seven.".to_owned()),
            ("MessageSamples", "Your table is ready at eight.".to_owned()),
            ("UsAppToPersonUsecase", "CUSTOMER_CARE".to_owned()),
            ("HasEmbeddedLinks", "false".to_owned()),
            ("HasEmbeddedPhone", "false".to_owned()),
        ]
    };
    let mut sids = Vec::new();
    for description in [
        "Tells members of the club when their table is ready.",
        "Tells members of the club something that is to REJECT.",
    ] {
        let pairs = campaign(description);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let (status, made) = hand.form(&campaigns, &pairs).await;
        assert_eq!((status, &made["campaign_status"]), (201, &json!("PENDING")), "{made}");
        sids.push(made["sid"].as_str().unwrap().to_owned());
    }
    sandbox.skip(Duration::from_secs(3 * DAY));
    let (_, brand) = hand.get(&format!("{brands}/{}", brand["sid"].as_str().unwrap())).await;
    assert_eq!(
        (&brand["status"], &brand["identity_status"]),
        (&json!("APPROVED"), &json!("VERIFIED"))
    );
    let state = async |sid: &str| hand.get(&format!("{campaigns}/{sid}")).await.1;
    assert_eq!(state(&sids[0]).await["campaign_status"], "VERIFIED");
    let failed = state(&sids[1]).await;
    assert_eq!(failed["campaign_status"], "FAILED");
    assert_eq!(failed["errors"].as_array().unwrap().len(), 1);
    let short = campaign("Too short");
    let short: Vec<(&str, &str)> = short.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(hand.form(&campaigns, &short).await.0, 400);
}

#[tokio::test]
async fn what_is_scheduled_is_sent_when_its_time_is_skipped_to() {
    let sandbox = Sandbox::builder().pace(Duration::from_millis(5)).start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let at = sandbox.now() + jiff::SignedDuration::from_hours(24);
    let pairs = [
        ("To", PHONE),
        ("MessagingServiceSid", &format!("MG{}", "0".repeat(32))),
        ("Body", "See you tomorrow"),
        ("ScheduleType", "fixed"),
        ("SendAt", &at.to_string()),
    ];
    let (status, sent) = hand.form(&format!("{}/Messages.json", account()), &pairs).await;
    assert_eq!((status, &sent["status"]), (201, &json!("scheduled")));
    sandbox.skip(Duration::from_secs(DAY));
    let message = sandbox.expect_message(PHONE.parse().unwrap());
    let message = message.with_status(MessageStatus::Delivered).await.unwrap();
    assert!(message.updated_at >= at);
}

#[tokio::test]
async fn a_fault_hits_any_endpoint() {
    let sandbox = Sandbox::start().await.unwrap();
    let (twilio, plivo) = (Hand::twilio(&sandbox), Hand::plivo(&sandbox));
    sandbox.inject_at("/v2/Services", When::Next(1), Fault::Refuse(503));
    sandbox.inject_at("/Pricing/", When::Next(1), Fault::Refuse(429));
    assert_eq!(twilio.get("/pricing.twilio.com/v1/Messaging/Countries").await.0, 200);
    let (status, refused) = twilio.get("/verify.twilio.com/v2/Services").await;
    assert_eq!((status, &refused["code"]), (503, &json!(20503)));
    assert_eq!(twilio.get("/verify.twilio.com/v2/Services").await.0, 200);
    let prices = format!("/v1/Account/{}/Pricing/?country_iso=GB", PlivoSandbox::AUTH_ID);
    assert_eq!(plivo.get(&prices).await.0, 429);
    let (_, listed) = plivo.get(&prices).await;
    assert_eq!(listed["message"]["outbound"]["rate"], "0.05240");
}

#[tokio::test]
async fn a_file_keeps_everything_over_a_restart() {
    let file = std::env::temp_dir().join(format!("anysms-sandbox-{}.json", std::process::id()));
    let start = async || Sandbox::builder().data(&file).start().await.unwrap();
    let sandbox = start().await;
    let hand = Hand::twilio(&sandbox);
    let made = hand.form("/verify.twilio.com/v2/Services", &[("FriendlyName", "Club")]).await;
    let pairs = [("To", PHONE), ("From", TwilioSandbox::NUMBER), ("Body", "Hello")];
    let (_, sent) = hand.form(&format!("{}/Messages.json", account()), &pairs).await;
    sandbox.skip(Duration::from_secs(DAY));
    let before = sandbox.now();
    drop(sandbox);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "numbers and texts are their owner's");
    }
    let sandbox = start().await;
    let hand = Hand::twilio(&sandbox);
    let (_, services) = hand.get("/verify.twilio.com/v2/Services").await;
    assert_eq!(services["services"][0]["sid"], made.1["sid"]);
    assert!(sandbox.now() >= before);
    let sent = format!("{}/Messages/{}.json", account(), sent["sid"].as_str().unwrap());
    assert_eq!(hand.get(&sent).await.1["body"], "Hello");
    let end = sandbox.expect_message(PHONE.parse().unwrap()).with_status(MessageStatus::Delivered);
    end.await.unwrap(); // it goes on where it was
    drop(sandbox);
    std::fs::write(&file, "not a state").unwrap();
    let refused = Sandbox::builder().data(&file).start().await.unwrap_err();
    assert_eq!(refused.kind(), anysms::ErrorKind::Config);
    std::fs::remove_file(file).unwrap();
}
