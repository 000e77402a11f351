//! What both clients make of the answers that the vendors publish, and of odder ones.

use std::sync::Arc;

use anysms::{
    ErrorKind, Message, MessageId, MessageRecord, MessageStatus, PhoneNumber, Query, SmsProvider,
    SmsProviderExt, Timestamp,
    message::{Address, DeliveryFailure, Direction, Extra, MediaRecord},
    plivo::{ERROR_HELP, Plivo, PlivoConfig},
    provider::{AccountState, AccountStatus},
    testing::ScriptedTransport,
    twilio::{Twilio, TwilioConfig},
};
use serde_json::{Value, json};

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const SID: &str = "SM00000000000000000000000000000002";
const UUID: &str = "5b40a428-bfc7-4daf-9d06-726c558bf3b8";
const API_ID: &str = "948b53a2-3f08-11e7-b6f4-061564b78b75";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../data/plivo/", $name))
    };
}

fn twilio(status: u16, body: impl Into<String>) -> Twilio {
    let config = TwilioConfig::new(ACCOUNT, "token").with_sender("+15555550100".parse().unwrap());
    let transport = ScriptedTransport::new().answer(status, body.into());
    Twilio::with_transport(&config, Arc::new(transport)).unwrap()
}

fn plivo(status: u16, body: impl Into<String>) -> Plivo {
    let config = PlivoConfig::new("MAXXXXXXXXXXXXXXXXXX", "token")
        .with_sender("+15555550100".parse().unwrap());
    let transport = ScriptedTransport::new().answer(status, body.into());
    Plivo::with_transport(&config, Arc::new(transport)).unwrap()
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Hello")
}

fn sid() -> MessageId {
    format!("twilio:{SID}").parse().unwrap()
}

fn uuid() -> MessageId {
    format!("plivo:{UUID}").parse().unwrap()
}

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

/// What a JSON object holds beside the fields that have a place of their own.
fn rest(body: &str, read: &[&str]) -> Extra {
    let fields: Value = serde_json::from_str(body).unwrap();
    let fields = fields.as_object().unwrap().iter();
    let rest = fields.filter(|(name, value)| !read.contains(&name.as_str()) && !value.is_null());
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rest.map(|(name, value)| (name.clone(), text(value))).collect()
}

const PLIVO_READ: [&str; 12] = [
    "message_uuid",
    "message_state",
    "message_direction",
    "from_number",
    "to_number",
    "powerpack_id",
    "units",
    "total_amount",
    "error_code",
    "message_time",
    "message_sent_time",
    "message_updated_time",
];

/// What all of Plivo's published single records have in common.
fn plivo_record() -> MessageRecord {
    let mut record = MessageRecord::new(uuid(), MessageStatus::Sent);
    record.direction = Some(Direction::Outbound);
    record.from = Some(Address::from_wire("+911231231230"));
    record.to = Some(Address::from_wire("+911231231231"));
    record.segments = Some(1);
    record.price = Some("0.00250 USD".parse().unwrap());
    record.created_at = at("2017-05-22T16:06:14Z");
    record.sent_at = at("2024-08-21T12:58:49.244057Z");
    record.updated_at = at("2024-08-21T12:58:51.94772Z");
    record
}

#[tokio::test]
async fn plivos_published_records_are_read_whole() {
    let powerpack = "15c01cc2-4b9f-4d3b-bd15-3c4b38984cc4".parse().ok();
    for (body, pool, extra) in [
        (fixture!("message.get.GET-Message-uuid.200.json"), None, ("is_domestic", "false")),
        (
            fixture!("message.get.minimal-with-powerpack_id.GET-Message-uuid.200.json"),
            None, // for all its name
            ("total_rate", "0.00250"),
        ),
        (
            fixture!("message.get.php-variant.GET-Message-uuid.200.json"),
            powerpack,
            ("replaced_sender", "INSID"),
        ),
        (
            fixture!("message.get.ruby-variant.GET-Message-uuid.200.json"),
            None,
            ("conversation_id", ""),
        ),
    ] {
        let record = plivo(200, body).fetch(&uuid()).await.unwrap();
        let mut expected = plivo_record();
        expected.pool = pool;
        expected.extra = rest(body, &PLIVO_READ);
        assert_eq!(record.extra.get(extra.0), Some(extra.1));
        assert_eq!(record.price.unwrap().to_string(), "0.00250 USD");
        assert_eq!(record, expected, "{body}");
    }
}

#[tokio::test]
async fn plivos_published_list_is_read_whole() {
    const BODY: &str = fixture!("message.list-including-failed-450.GET-Message.200.json");
    let page = plivo(200, BODY).list(&Query::new()).await.unwrap();
    let cursor = "/v1/Account/MAXXXXXXXXXXXXXXXXXX/Message/?limit=20&offset=20";
    assert_eq!(page.next.as_ref().map(|next| next.as_str()), Some(cursor));

    let written: Value = serde_json::from_str(BODY).unwrap();
    let written = written["objects"].as_array().unwrap();
    assert_eq!((page.items.len(), written.len()), (20, 20));
    for (record, written) in page.items.iter().zip(written) {
        assert_eq!(written["message_uuid"], record.id.value());
        assert_eq!(written["message_state"], record.status.as_str());
        assert_eq!(record.extra, rest(&written.to_string(), &PLIVO_READ));
        assert_eq!(record.failure.is_some(), written["error_code"] == "450", "{}", record.id);
    }
    let failed = &page.items[7];
    let mut failure = DeliveryFailure::new(ErrorKind::GeoPermission, "450");
    failure.help = Some(ERROR_HELP.into());
    assert_eq!((&failed.status, &failed.failure), (&MessageStatus::Failed, &Some(failure)));
    assert_eq!(failed.extra.get("error_message"), Some("Destination Country Disabled"));
    assert_eq!(page.items[18].created_at, at("2017-05-09T16:46:21Z"));
}

#[tokio::test]
async fn plivos_published_submissions_are_receipts() {
    for body in [
        fixture!("message.send.POST-Message.202.json"),
        // One destination of several was invalid; the other was taken.
        fixture!("message.send-bulk-invalid_number.POST-Message.202.json"),
    ] {
        let message = message();
        let receipt = plivo(202, body).send(&message).await.unwrap();
        assert_eq!((receipt.id, &receipt.key), (Some(uuid()), message.key()), "{body}");
        assert_eq!(receipt.status, MessageStatus::Queued);
        assert_eq!(receipt.request_id.as_deref(), Some(API_ID));
        assert_eq!((receipt.segments, receipt.price), (None, None));
    }
}

#[tokio::test]
async fn plivos_published_media_and_account_are_read_whole() {
    const MEDIA: &str = fixture!("message.media-list.GET-Message-uuid-Media.200.json");
    let mut pdf = MediaRecord::new("0178eb8a-461a-4fd1-bc37-13eebfdc0676");
    pdf.content_type = Some("application/pdf".into());
    pdf.size = Some(433_994);
    pdf.url = "https://media.plivo.com/Account/{auth_id}/Message/24d742b9-9b12-4397-93a7-da496bc874d9/Media/0178eb8a-461a-4fd1-bc37-13eebfdc0676".parse().ok();
    assert!(pdf.url.is_some());
    assert_eq!(plivo(200, MEDIA).media(&uuid()).await.unwrap(), [pdf]);

    let one = fixture!("media.get.GET-Media-id.200.json");
    let media =
        plivo(200, one).library_media("91f8f9ce-e236-474f-a2b8-f75d9c35988a").await.unwrap();
    assert_eq!(media.created_at, at("2020-02-17T07:53:36.643522Z"));
    let page = plivo(200, fixture!("media.list.GET-Media.200.json")).library(None).await.unwrap();
    let sizes: Vec<_> = page.items.into_iter().map(|media| media.size.unwrap()).collect();
    assert_eq!((sizes, page.next.is_some()), (vec![766_424, 47_343], true));

    let status = plivo(200, fixture!("account.GET-Account.200.json")).check().await.unwrap();
    let mut expected = AccountStatus::new(AccountState::Active);
    expected.kind = Some("standard".into());
    expected.balance = Some("4.88860 USD".parse().unwrap());
    assert_eq!(status, expected);
    assert_eq!(status.balance.unwrap().to_string(), "4.88860 USD");
}

/// A message with every field that Twilio documents, in the types it documents.
fn twilio_message() -> Value {
    json!({
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": "Your table is ready 👍",
        "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
        "date_sent": "Thu, 24 Aug 2023 07:01:46 +0200",
        "date_updated": "Thu, 24 Aug 2023 05:01:47 +0000",
        "direction": "outbound-api",
        "error_code": 30003,
        "error_message": "Unreachable destination handset",
        "from": "+15555550100",
        "messaging_service_sid": "MG00000000000000000000000000000003",
        "num_media": "0",
        "num_segments": "2",
        "price": "-0.00750",
        "price_unit": "usd",
        "sid": SID,
        "status": "undelivered",
        "subresource_uris": { "media": "/media" },
        "to": "+447700900123",
        "uri": "/uri",
    })
}

#[tokio::test]
async fn twilios_record_is_read_whole() {
    let body = twilio_message().to_string();
    let mut expected = MessageRecord::new(sid(), MessageStatus::Undelivered);
    expected.direction = Some(Direction::Outbound);
    expected.from = Some(Address::from_wire("+15555550100"));
    expected.to = Some(Address::from_wire("+447700900123"));
    expected.pool = "MG00000000000000000000000000000003".parse().ok();
    expected.text = Some("Your table is ready 👍".into());
    expected.segments = Some(2);
    expected.media = Some(0);
    expected.price = Some("0.00750 USD".parse().unwrap());
    let mut failure = DeliveryFailure::new(ErrorKind::Unreachable, "30003");
    failure.help = Some("https://www.twilio.com/docs/errors/30003".into());
    expected.failure = Some(failure);
    expected.created_at = at("2023-08-24T05:01:45Z");
    expected.sent_at = at("2023-08-24T05:01:46Z");
    expected.updated_at = at("2023-08-24T05:01:47Z");
    for (name, value) in [
        ("account_sid", ACCOUNT),
        ("api_version", "2010-04-01"),
        ("error_message", "Unreachable destination handset"),
        ("subresource_uris", r#"{"media":"/media"}"#),
        ("uri", "/uri"),
    ] {
        expected.extra.push(name, value);
    }
    let record = twilio(200, body).fetch(&sid()).await.unwrap();
    assert_eq!(record.price.unwrap().to_string(), "0.00750 USD");
    assert_eq!(record, expected);

    let mut taken = twilio_message();
    (taken["status"], taken["error_code"]) = ("queued".into(), Value::Null);
    let receipt = twilio(201, taken.to_string()).send(&message()).await.unwrap();
    assert_eq!((receipt.id, receipt.status), (Some(sid()), MessageStatus::Queued));
    assert_eq!(receipt.segments, Some(2));
    assert_eq!(receipt.price.unwrap().to_string(), "0.00750 USD");
}

#[tokio::test]
async fn the_direction_is_told_from_twilios_four_words() {
    for (word, direction) in [
        ("inbound", Direction::Inbound),
        ("outbound-api", Direction::Outbound),
        ("outbound-call", Direction::Outbound),
        ("outbound-reply", Direction::Outbound),
    ] {
        let mut body = twilio_message();
        body["direction"] = word.into();
        let record = twilio(200, body.to_string()).fetch(&sid()).await.unwrap();
        assert_eq!(record.direction, Some(direction), "{word}");
    }
}

#[tokio::test]
async fn numbers_may_be_texts_and_texts_numbers() {
    let mut odd = twilio_message();
    odd["num_segments"] = 2.into();
    odd["num_media"] = 0.into();
    odd["error_code"] = "30003".into();
    odd["price"] = json!(-0.0075);
    let plain = twilio(200, twilio_message().to_string()).fetch(&sid()).await.unwrap();
    let record = twilio(200, odd.to_string()).fetch(&sid()).await.unwrap();
    assert_eq!(record, plain);

    let body = fixture!("message.get.GET-Message-uuid.200.json");
    let mut odd: Value = serde_json::from_str(body).unwrap();
    odd["units"] = "1".into();
    odd["from_number"] = 911_231_231_230_u64.into();
    odd["to_number"] = "+911231231231".into();
    odd["total_amount"] = json!(0.0025);
    odd["message_state"] = "SENT".into();
    odd["error_code"] = 0.into();
    let plain = plivo(200, body).fetch(&uuid()).await.unwrap();
    assert_eq!(plivo(200, odd.to_string()).fetch(&uuid()).await.unwrap(), plain);
}

#[tokio::test]
async fn every_field_but_the_id_may_be_null_or_absent() {
    let mut nulls = twilio_message();
    nulls.as_object_mut().unwrap().values_mut().for_each(|value| *value = Value::Null);
    nulls["sid"] = SID.into();
    for body in [nulls, json!({ "sid": SID })] {
        let mut record = twilio(200, body.to_string()).fetch(&sid()).await.unwrap();
        record.extra = Extra::default();
        assert_eq!(record, MessageRecord::new(sid(), MessageStatus::Accepted), "{body}");
    }

    let body = fixture!("message.get.php-variant.GET-Message-uuid.200.json");
    let mut nulls: Value = serde_json::from_str(body).unwrap();
    nulls.as_object_mut().unwrap().values_mut().for_each(|value| *value = Value::Null);
    nulls["message_uuid"] = UUID.into();
    for body in [nulls, json!({ "message_uuid": UUID })] {
        let mut record = plivo(200, body.to_string()).fetch(&uuid()).await.unwrap();
        (record.extra, record.direction) = (Extra::default(), None);
        assert_eq!(record, MessageRecord::new(uuid(), MessageStatus::Accepted), "{body}");
    }
    for empty in [r#"{"objects":null,"meta":null}"#, "{}", r#"{"objects":[],"meta":{"next":""}}"#] {
        let all = plivo(200, empty).list(&Query::new()).await;
        assert!(all.is_ok_and(|page| page.items.is_empty() && page.next.is_none()), "{empty}");
    }
    for empty in [r#"{"messages":null,"next_page_uri":null}"#, "{}"] {
        let client = twilio(200, empty);
        let mut all = client.list_all(Query::new());
        assert!(all.next().await.is_none(), "{empty}");
    }
}

#[tokio::test]
async fn unknown_fields_and_words_are_kept() {
    let mut odd = twilio_message();
    odd["status"] = "teleported".into();
    odd["brand_new"] = json!([1, "two", null]);
    odd["error_code"] = 39_999.into();
    odd["from"] = "rcs:agent".into();
    let record = twilio(200, odd.to_string()).fetch(&sid()).await.unwrap();
    assert_eq!(record.status, MessageStatus::Other("teleported".into()));
    assert_eq!(record.extra.get("brand_new"), Some(r#"[1,"two",null]"#));
    assert_eq!(record.failure.as_ref().map(|failure| failure.code.as_str()), Some("39999"));
    assert_eq!(record.from, Some(Address::Other("rcs:agent".into())));

    let odd = json!({ "message_uuid": UUID, "message_state": "Teleported", "error_code": "12X",
                      "message_direction": "inbound", "brand_new": { "a": 1.50 } });
    let record = plivo(200, odd.to_string()).fetch(&uuid()).await.unwrap();
    assert_eq!(record.status, MessageStatus::Other("Teleported".into()));
    assert_eq!(record.extra.get("brand_new"), Some(r#"{"a":1.5}"#));
    // Of an inbound message the code is what one's own webhook answered.
    assert_eq!((record.direction, record.failure), (Some(Direction::Inbound), None));
}
