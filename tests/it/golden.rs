//! The exact requests of both clients, held against files. `ANYSMS_GOLDEN=accept` rewrites the files.

use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf, sync::Arc, time::Duration};

use anysms::{
    Destination, Message, MessageId, MessageStatus, PhoneNumber, Query, Sender, SmsProvider,
    Timestamp,
    message::Channel,
    message::{Cursor, Direction, Media, MessageKey, VendorOptions, WebUrl},
    number::Region,
    plivo::{
        DltCategory, Location, Log, MessageType, Plivo, PlivoConfig, PlivoOptions, PlivoQuery,
        StatusMethod,
    },
    pricing::PriceSource,
    testing::ScriptedTransport,
    twilio::{
        AddressRetention, ContentRetention, MessageIntent, RiskCheck, Twilio, TwilioConfig,
        TwilioOptions, TwilioQuery, VerifyAttemptQuery, VerifyServiceSettings,
    },
    verification::VerificationChannel,
};
use serde_json::Value;

mod codes;
mod numbers;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const POOL: &str = "MG00000000000000000000000000000002";
const FILE: &str = "ME00000000000000000000000000000003";
const POWERPACK: &str = "15c01cc2-4b9f-4d3b-bd15-3c4b38984cc4";
const TWILIO_LIST: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json";

/// The files of one folder, and what differs from them.
pub(crate) struct Golden {
    folder: PathBuf,
    accept: bool,
    seen: BTreeSet<String>,
    differences: String,
}

impl Golden {
    pub(crate) fn new(vendor: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(vendor);
        let accept = std::env::var("ANYSMS_GOLDEN").is_ok_and(|word| word == "accept");
        Self { folder, accept, seen: BTreeSet::new(), differences: String::new() }
    }

    pub(crate) fn check(&mut self, name: &str, transport: &ScriptedTransport) {
        let actual = written(transport);
        let path = self.folder.join(format!("{name}.http"));
        assert!(self.seen.insert(format!("{name}.http")), "{name} is there twice");
        if self.accept {
            fs::write(&path, &actual).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if actual != expected {
            let file = path.display();
            writeln!(self.differences, "{file}\n--- file\n{expected}\n--- request\n{actual}")
                .unwrap();
        }
    }

    /// Fails on any difference, and on files that no case wrote.
    pub(crate) fn finish(self) {
        assert!(self.differences.is_empty(), "{}", self.differences);
        let files = fs::read_dir(&self.folder).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        assert_eq!(names.collect::<BTreeSet<_>>(), self.seen);
    }
}

/// The requests as text: method and URL, headers in order of their names, body.
fn written(transport: &ScriptedTransport) -> String {
    let mut text = String::new();
    for (at, request) in transport.requests().iter().enumerate() {
        let separator = if at == 0 { "" } else { "###\n" };
        writeln!(text, "{separator}{} {}", request.method(), request.uri()).unwrap();
        let mut headers: Vec<_> = request.headers().iter().collect();
        headers.sort_by_key(|(name, _)| name.as_str().to_owned());
        for (name, value) in headers {
            // The version changes with every release; nothing else does.
            let value = value.to_str().unwrap();
            let value =
                if name == "user-agent" { without_version(value) } else { value.to_owned() };
            writeln!(text, "{name}: {value}").unwrap();
        }
        writeln!(text, "\n{}", std::str::from_utf8(request.body()).unwrap()).unwrap();
    }
    text
}

/// A user agent with `<version>` in place of the version.
fn without_version(agent: &str) -> String {
    let (name, version) = agent.split_once('/').unwrap();
    assert!(version.split('.').count() == 3, "{agent}");
    format!("{name}/<version>")
}

fn to() -> PhoneNumber {
    "+447700900123".parse().unwrap()
}

fn sender(text: &str) -> Sender {
    text.parse().unwrap()
}

fn url(text: &str) -> WebUrl {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn message(text: &str) -> Message {
    Message::new(to(), text).with_key(MessageKey::new("golden").unwrap())
}

fn media(message: Message, count: usize) -> Message {
    (1..=count).fold(message, |message, n| {
        let file = url(&format!("https://files.example.com/{n}.jpg?size=large&x=%20"));
        message.with_media(Media::from_url(file))
    })
}

/// Fails if an option was added and not set here.
fn assert_all_set<O: VendorOptions>(options: &O) {
    for (name, value) in serde_json::to_value(options).unwrap().as_object().unwrap() {
        assert!(!value.is_null() && value != &Value::Array(Vec::new()), "{name} is not set");
    }
}

fn twilio(config: &TwilioConfig, transport: &ScriptedTransport) -> Twilio {
    Twilio::with_transport(config, Arc::new(transport.clone())).unwrap()
}

fn twilio_config() -> TwilioConfig {
    TwilioConfig::new(ACCOUNT, "token").with_sender(sender("+15555550100"))
}

fn twilio_messages() -> Vec<(&'static str, Message)> {
    let mut options = TwilioOptions::default();
    options.content_sid = Some("HX00000000000000000000000000000004".into());
    options.content_variables = Some(r#"{"1":"Ann & Bob"}"#.into());
    options.application_sid = Some("AP00000000000000000000000000000005".into());
    options.smart_encoded = Some(true);
    options.send_as_mms = Some(false);
    options.shorten_urls = Some(true);
    options.risk_check = Some(RiskCheck::Disable);
    options.provide_feedback = Some(true);
    options.attempt = Some(2);
    options.content_retention = Some(ContentRetention::Discard);
    options.address_retention = Some(AddressRetention::Obfuscate);
    options.persistent_action = vec!["geo:51.5,-0.1|London".into(), "x:y".into()];
    options.traffic_type = Some("free".into());
    options.force_delivery = Some(false);
    options.message_intent = Some(MessageIntent::CustomerCare);
    options.max_price = Some("0.01".into());
    assert_all_set(&options);
    let on = |destination: &str| {
        message("Hello").with_destination(destination.parse::<Destination>().unwrap())
    };
    let picked = format!("{POOL}/+15555550101");
    let mut template = TwilioOptions::default();
    template.content_sid = Some("HX00000000000000000000000000000004".into());
    vec![
        ("send_plain", message("Your table is ready")),
        (
            "send_every_option",
            on("rcs:+447700900123")
                .with_sender(sender(POOL))
                .with_fallback_sender(sender("+15555550102"))
                .with_options(&options),
        ),
        ("send_media", media(message("Look"), 3)),
        ("send_media_without_text", media(message(""), 1)),
        ("send_pool", message("Hello").with_sender(sender(POOL))),
        ("send_pool_sender", message("Hello").with_sender(sender(&picked))),
        ("send_short_code", message("Hello").with_sender(sender("72345"))),
        ("send_alphanumeric", message("Hello").with_sender(sender("Joe & Co"))),
        (
            "send_schedule",
            message("Hello")
                .with_sender(sender(POOL))
                .with_send_at(at("2026-12-01T10:30:00.9+01:00")),
        ),
        ("send_validity", message("Hello").with_validity(Duration::from_secs(600))),
        (
            "send_status_callback",
            message("Hello").with_status_callback(url("https://example.com/hooks?a=b&c#rc=3")),
        ),
        ("send_unicode", message("Grüße & 👍🏽 = 100%+\nπ")),
        ("send_whatsapp", on("whatsapp:+447700900123")),
        ("send_rcs_agent", on("rcs:+447700900123").with_sender(sender("rcs:brand_agent"))),
        ("send_messenger", on("messenger:1").with_sender(sender("messenger:2"))),
        (
            "send_sim",
            message("Hello").with_sender(sender("sim:DE00000000000000000000000000000008")),
        ),
        ("send_template_without_text", message("").with_options(&template)),
    ]
}

#[tokio::test]
async fn twilios_requests_are_those_of_the_files() {
    let mut golden = Golden::new("twilio");
    let id: MessageId = "twilio:SM00000000000000000000000000000006".parse().unwrap();
    for (name, message) in twilio_messages() {
        let transport = ScriptedTransport::new().answer(201, r#"{"sid":"SM1"}"#);
        twilio(&twilio_config(), &transport).send(&message).await.unwrap();
        golden.check(name, &transport);
    }

    let transport = ScriptedTransport::new().answer(201, r#"{"sid":"SM1"}"#);
    let config = twilio_config()
        .with_region("ie1", "dublin")
        .with_api_key("SK00000000000000000000000000000007", "secret");
    twilio(&config, &transport).send(&message("Hello")).await.unwrap();
    golden.check("send_region_api_key", &transport);

    let transport = ScriptedTransport::new().answer(200, r#"{"sid":"SM1"}"#);
    twilio(&twilio_config(), &transport).fetch(&id).await.unwrap();
    golden.check("fetch", &transport);

    let transport = ScriptedTransport::new().answer(200, "{}");
    twilio(&twilio_config(), &transport).country(Region::GB).await.unwrap();
    golden.check("prices", &transport);

    let filters = Query::new()
        .with_to(to())
        .with_from(sender("Joe & Co"))
        .with_since(at("2026-11-01T00:00:00Z"))
        .with_until(at("2026-11-20T23:59:59Z"))
        .with_page_size(1_000);
    let cursor = Cursor::new(format!("{TWILIO_LIST}?PageSize=50&Page=1&PageToken=PASM1"));
    let next = filters.clone().with_cursor(cursor);
    let mut options = TwilioQuery::default();
    options.date_sent = Some(at("2026-11-20T23:59:59Z"));
    assert_all_set(&options);
    let mut channel = Query::new()
        .with_to(Destination::WhatsApp(to()))
        .with_from(sender("+15555550100"))
        .with_options(&options);
    channel.from_channel = Channel::WhatsApp;
    for (name, query) in [
        ("list", Query::new()),
        ("list_filters", filters),
        ("list_channel", channel),
        ("list_next", next),
    ] {
        let transport = ScriptedTransport::new().answer(200, r#"{"messages":[]}"#);
        twilio(&twilio_config(), &transport).list(&query).await.unwrap();
        golden.check(name, &transport);
    }

    let yes = || ScriptedTransport::new().answer(200, "{}");
    let client = |transport: &ScriptedTransport| twilio(&twilio_config(), transport);
    let transport = yes();
    client(&transport).cancel(&id).await.unwrap();
    golden.check("cancel", &transport);
    let transport = yes();
    client(&transport).redact(&id).await.unwrap();
    golden.check("redact", &transport);
    let transport = ScriptedTransport::new().answer(204, "");
    client(&transport).delete(&id).await.unwrap();
    golden.check("delete", &transport);
    let transport = yes();
    client(&transport).media(&id, None).await.unwrap();
    golden.check("media", &transport);
    let transport = ScriptedTransport::new().answer(204, "");
    client(&transport).delete_media(&id, FILE).await.unwrap();
    golden.check("delete_media", &transport);
    for (name, confirmed) in [("feedback_confirmed", true), ("feedback_unconfirmed", false)] {
        let transport = yes();
        client(&transport).feedback(&id, confirmed).await.unwrap();
        golden.check(name, &transport);
    }

    let account = format!(r#"{{"sid":"{ACCOUNT}","status":"active"}}"#);
    let transport = ScriptedTransport::new().answer(200, account);
    client(&transport).check().await.unwrap();
    golden.check("check", &transport);
    let transport =
        ScriptedTransport::new().answer(401, r#"{"code":20003}"#).answer(200, r#"{"messages":[]}"#);
    let config = twilio_config().with_api_key("SK00000000000000000000000000000007", "secret");
    twilio(&config, &transport).check().await.unwrap();
    golden.check("check_api_key", &transport);
    for portal in ["<html>", "{}"] {
        let transport =
            ScriptedTransport::new().answer(401, r#"{"code":20003}"#).answer(200, portal);
        assert!(twilio(&config, &transport).check().await.is_err(), "{portal}");
    }
    codes::of_twilio(&mut golden).await;
    numbers::of_twilio(&mut golden).await;
    crate::registration::golden::twilio(ACCOUNT, |name, transport| golden.check(name, transport))
        .await;
    golden.finish();
}

fn plivo(auth_id: &str, transport: &ScriptedTransport) -> Plivo {
    let config = PlivoConfig::new(auth_id, "token").with_sender(sender("+15555550100"));
    Plivo::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn plivo_messages() -> Vec<(&'static str, Message)> {
    let mut options = PlivoOptions::default();
    options.message_type = Some(MessageType::WhatsApp);
    options.media_ids = vec!["91f8f9ce-e236-474f-a2b8-f75d9c35988a".into()];
    options.status_method = Some(StatusMethod::Get);
    options.log = Some(Log::ContentOnly);
    options.trackable = Some(true);
    options.dlt_entity_id = Some("1111".into());
    options.dlt_template_id = Some("2222".into());
    options.dlt_template_category = Some(DltCategory::ServiceImplicit);
    options.template = Some(r#"{"name":"ready","language":"en"}"#.into());
    options.interactive = Some(r#"{"type":"button"}"#.into());
    let mut place = Location::default();
    place.latitude = "51.5007".into();
    place.longitude = "-0.1246".into();
    place.name = Some("Big Ben".into());
    place.address = Some("London".into());
    options.location = Some(place);
    assert_all_set(&options);
    let whatsapp = |text: &str| message(text).with_destination(Destination::WhatsApp(to()));
    let log = |log| {
        let mut options = PlivoOptions::default();
        options.log = Some(log);
        message("Hello").with_options(&options)
    };
    vec![
        ("send_plain", message("Your table is ready")),
        ("send_every_option", media(whatsapp("Hello"), 1).with_options(&options)),
        ("send_media", media(message("Look"), 3)),
        ("send_media_without_text", media(message(""), 1)),
        ("send_pool", message("Hello").with_sender(sender(POWERPACK))),
        ("send_short_code", message("Hello").with_sender(sender("72345"))),
        ("send_alphanumeric", message("Hello").with_sender(sender("ACME24"))),
        ("send_validity", message("Hello").with_validity(Duration::from_secs(600))),
        (
            "send_status_callback",
            message("Hello").with_status_callback(url("https://example.com/hooks?a=b&c")),
        ),
        ("send_unicode", message("Grüße & 👍🏽 = \"100%\"+\nπ")),
        ("send_whatsapp", whatsapp("Hello")),
        ("send_log_all", log(Log::All)),
        ("send_log_none", log(Log::None)),
        ("send_log_number_only", log(Log::NumberOnly)),
    ]
}

#[tokio::test]
async fn plivos_requests_are_those_of_the_files() {
    const MAIN: &str = "MA000000000000000001";
    const SUB: &str = "SA000000000000000002";
    let mut golden = Golden::new("plivo");
    let id: MessageId = "plivo:5b40a428-bfc7-4daf-9d06-726c558bf3b8".parse().unwrap();
    for (name, message) in plivo_messages() {
        let transport = ScriptedTransport::new().answer(202, r#"{"message_uuid":["1"]}"#);
        plivo(MAIN, &transport).send(&message).await.unwrap();
        golden.check(name, &transport);
    }

    let transport = ScriptedTransport::new().answer(200, r#"{"message_uuid":"1"}"#);
    plivo(MAIN, &transport).fetch(&id).await.unwrap();
    golden.check("fetch", &transport);

    let transport = ScriptedTransport::new().answer(200, "{}");
    plivo(MAIN, &transport).country(Region::GB).await.unwrap();
    golden.check("prices", &transport);

    let mut options = PlivoQuery::default();
    options.message_time = Some(at("2026-11-21T08:00:00Z"));
    options.message_time_gt = Some(at("2026-11-21T08:00:00.000001Z"));
    options.message_time_lt = Some(at("2026-11-21T08:00:00.5Z"));
    options.subaccount = Some(SUB.into());
    options.message_type = Some(MessageType::Mms);
    options.error_code = Some("450".into());
    options.tendlc_campaign_id = Some("C1".into());
    options.tendlc_registration_status = Some("registered".into());
    options.destination_country_iso2 = Some("GB".into());
    options.conversation_id = Some("9876".into());
    options.conversation_origin = Some("utility".into());
    assert_all_set(&options);
    let filters = Query::new()
        .with_to(to())
        .with_from(sender("+15555550100"))
        .with_since(at("2026-11-01T01:00:00+01:00"))
        .with_until(at("2026-11-20T23:59:59Z"))
        .with_direction(Direction::Outbound)
        .with_status(MessageStatus::Undelivered)
        .with_page_size(20)
        .with_options(&options);
    let pool = Query::new().with_from(sender(POWERPACK)).with_direction(Direction::Inbound);
    let cursor = Cursor::new(format!("/v1/Account/{MAIN}/Message/?limit=20&offset=20"));
    let next = filters.clone().with_cursor(cursor);
    for (name, query) in [
        ("list", Query::new()),
        ("list_filters", filters),
        ("list_pool", pool),
        ("list_next", next),
    ] {
        let transport = ScriptedTransport::new().answer(200, r#"{"objects":[]}"#);
        plivo(MAIN, &transport).list(&query).await.unwrap();
        golden.check(name, &transport);
    }

    let transport = ScriptedTransport::new().answer(200, r#"{"objects":[]}"#);
    plivo(MAIN, &transport).media(&id).await.unwrap();
    golden.check("media", &transport);

    let page =
        r#"{"objects":[],"meta":{"next":"/v1/Account/MA000000000000000001/Media?offset=20"}}"#;
    let transport = ScriptedTransport::new().answer(200, page).answer(200, page);
    let next = plivo(MAIN, &transport).library(None).await.unwrap().next.unwrap();
    plivo(MAIN, &transport).library(Some(&next)).await.unwrap();
    golden.check("library", &transport);
    let transport = ScriptedTransport::new().answer(200, r#"{"media_id":"m-1"}"#);
    plivo(MAIN, &transport).library_media("m-1").await.unwrap();
    golden.check("library_media", &transport);

    let transport = ScriptedTransport::new().answer(200, format!(r#"{{"auth_id":"{MAIN}"}}"#));
    plivo(MAIN, &transport).check().await.unwrap();
    golden.check("check", &transport);
    let transport = ScriptedTransport::new().answer(404, "{}").answer(200, r#"{"objects":[]}"#);
    plivo(SUB, &transport).check().await.unwrap();
    golden.check("check_subaccount", &transport);
    for portal in ["<html>", "{}"] {
        let transport = ScriptedTransport::new().answer(404, "{}").answer(200, portal);
        assert!(plivo(SUB, &transport).check().await.is_err(), "{portal}");
    }
    codes::of_plivo(&mut golden).await;
    numbers::of_plivo(&mut golden).await;
    crate::registration::golden::plivo(MAIN, |name, transport| golden.check(name, transport)).await;
    golden.finish();
}

#[tokio::test]
async fn the_management_of_twilio_verify_writes_the_requests_of_the_files() {
    const SERVICE: &str = "VA00000000000000000000000000000009";
    let mut golden = Golden::new("twilio_verify");
    let shown = || ScriptedTransport::new().answer(200, format!(r#"{{"sid":"{SERVICE}"}}"#));
    let services =
        |transport: &ScriptedTransport| twilio(&twilio_config(), transport).verify_services();
    let mut all = VerifyServiceSettings::named("Ann & Bob's").with_code_length(8);
    all.lookup_enabled = Some(true);
    all.skip_sms_to_landlines = Some(true);
    all.do_not_share_warning = Some(true);
    all.custom_code = Some(false);
    all.default_template = Some("HJ00000000000000000000000000000010".into());
    all.psd2 = Some(true);
    all.dtmf_input_required = Some(false);
    all.tts_name = Some("Ann and Bob's".into());
    let transport = shown();
    services(&transport).create(&VerifyServiceSettings::named("Club")).await.unwrap();
    golden.check("service_create", &transport);
    let transport = shown();
    services(&transport).create(&all).await.unwrap();
    golden.check("service_create_every_setting", &transport);
    let transport = shown();
    services(&transport).fetch(SERVICE).await.unwrap();
    golden.check("service_fetch", &transport);
    let transport = shown();
    let longer = VerifyServiceSettings::default().with_code_length(10);
    services(&transport).update(SERVICE, &longer).await.unwrap();
    golden.check("service_update", &transport);
    let next = "https://verify.twilio.com/v2/Services?PageSize=1000&Page=1&PageToken=PAVA1";
    let page = format!(r#"{{"services":[],"meta":{{"next_page_url":"{next}"}}}}"#);
    let transport = ScriptedTransport::new().answer(200, page).answer(200, r#"{"services":[]}"#);
    services(&transport).list().await.unwrap();
    golden.check("service_list", &transport);
    let transport = ScriptedTransport::new().answer(204, "");
    services(&transport).delete(SERVICE).await.unwrap();
    golden.check("service_delete", &transport);

    for (name, wanted) in [("templates", None), ("templates_named", Some("Ann & Bob"))] {
        let transport = ScriptedTransport::new().answer(200, r#"{"templates":[]}"#);
        twilio(&twilio_config(), &transport).verify_templates(wanted).await.unwrap();
        golden.check(name, &transport);
    }
    let mut filters = VerifyAttemptQuery::default();
    filters.since = Some(at("2026-11-01T01:00:00.5+01:00"));
    filters.until = Some(at("2026-11-30T23:59:59Z"));
    filters.to = Some(to());
    filters.country = Some("GB".parse().unwrap());
    filters.channel = Some(VerificationChannel::Voice);
    filters.service = Some(SERVICE.into());
    filters.verification = Some("VE00000000000000000000000000000011".into());
    filters.converted = Some(false);
    for (name, query) in
        [("attempts", VerifyAttemptQuery::default()), ("attempts_filters", filters)]
    {
        let transport = ScriptedTransport::new().answer(200, r#"{"attempts":[]}"#);
        twilio(&twilio_config(), &transport).verify_attempts(&query).await.unwrap();
        golden.check(name, &transport);
        let counts = r#"{"total_attempts":0,"total_converted":0,"total_unconverted":0}"#;
        let transport = ScriptedTransport::new().answer(200, counts);
        let mut query = query;
        query.prefix = Some("+4477".into());
        twilio(&twilio_config(), &transport).verify_attempt_summary(&query).await.unwrap();
        golden.check(&name.replace("attempts", "summary"), &transport);
    }
    golden.finish();
}
