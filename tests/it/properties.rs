//! What holds for every text and every answer, however odd.

use std::{fmt::Display, str::FromStr, sync::Arc};

use anysms::{
    Message, MessageId, MessageStatus, Outcome, PhoneNumber, ProviderId, Query, Sender,
    SmsProvider,
    message::{Address, Currency, MessageKey, Money, WebUrl},
    plivo::{Plivo, PlivoConfig},
    testing::ScriptedTransport,
    transport::outcome_of_status,
    twilio::{Twilio, TwilioConfig},
    webhook::PublicUrl,
};
use http::StatusCode;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}

/// What reads as one of its kind is written as it was read.
fn round_trip<T: FromStr + Display + PartialEq + std::fmt::Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let written = value.to_string();
        let again: Result<T, _> = written.parse();
        assert_eq!(again.ok(), Some(value), "{text} is written {written}");
    }
}

/// Any text, and texts that come close to being something.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,40}",
        "\\+?[0-9 ()+-]{0,20}",
        "\\+[1-9][0-9]{5,15}",
        "(MG|mg)?[0-9a-f-]{0,40}",
        "[a-z0-9_-]{0,34}:[A-Za-z0-9._:-]{0,130}",
        "https?://[a-z0-9@:.\\[\\]-]{0,20}/?[!-~]{0,30}",
        "-?[0-9]{0,30}(\\.[0-9]{0,30})? ?[A-Za-z]{0,4}",
    ]
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_number_is_written_as_it_was_read(text in texts()) {
        if let Ok(number) = PhoneNumber::parse(&text) {
            prop_assert_eq!(number.to_string(), &*text);
            prop_assert_eq!(number.digit_count(), text.len() - 1);
            prop_assert!((PhoneNumber::MIN_DIGITS..=PhoneNumber::MAX_DIGITS).contains(&number.digit_count()));
            let shown = format!("{number:?}");
            prop_assert!(number.digit_count() <= 8 || !shown.contains(&text[1..]), "{}", shown);
        }
    }

    #[test]
    fn any_text_can_be_parsed_as_anything(text in texts()) {
        round_trip::<PhoneNumber>(&text);
        round_trip::<Sender>(&text);
        round_trip::<MessageId>(&text);
        round_trip::<MessageKey>(&text);
        round_trip::<WebUrl>(&text);
        round_trip::<Money>(&text);
        round_trip::<Currency>(&text);
        round_trip::<ProviderId>(&text);
        round_trip::<MessageStatus>(&text);
        let _ = format!("{:?} {:?}", text.parse::<PublicUrl>(), text.parse::<WebUrl>());
        // An address is what the provider wrote, at most with the plus that it left out.
        let address = Address::from_wire(&text);
        let written = address.to_string();
        prop_assert_eq!(written.trim_start_matches('+'), text.trim_start_matches('+'));
        round_trip::<Address>(&text);
        let _ = format!("{address:?}");
    }
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Hello")
        .with_sender("+15555550100".parse().unwrap())
}

fn clients(status: u16, body: &[u8]) -> (Twilio, Plivo) {
    let script = || Arc::new(ScriptedTransport::new().answer(status, body.to_vec()));
    let twilio = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    let plivo = PlivoConfig::new("MA000000000000000001", "token");
    (
        Twilio::with_transport(&twilio, script()).unwrap(),
        Plivo::with_transport(&plivo, script()).unwrap(),
    )
}

/// Every call over this answer: none panics, none claims more than the answer proves.
fn answered(status: u16, body: &[u8]) {
    let proved = outcome_of_status(StatusCode::from_u16(status).unwrap());
    let client = || clients(status, body);
    let (sid, uuid) = ("twilio:SM1".parse().unwrap(), "plivo:1".parse().unwrap());
    let reads = run(async {
        [
            client().0.fetch(&sid).await.err(),
            client().1.fetch(&uuid).await.err(),
            client().0.list(&Query::new()).await.err(),
            client().1.list(&Query::new()).await.err(),
            client().0.check().await.err(),
            client().1.check().await.err(),
            client().0.media(&sid, None).await.err(),
            client().1.media(&uuid).await.err(),
        ]
    });
    for error in reads {
        assert!(error.is_some() || proved.is_none());
        assert!(error.is_none_or(|error| error.outcome() == Outcome::NotSent));
    }
    let message = message();
    let sent = run(async { [client().0.send(&message).await, client().1.send(&message).await] });
    for (at, sent) in sent.into_iter().enumerate() {
        match (proved, sent) {
            (None, Ok(receipt)) => assert_eq!(receipt.key, *message.key()),
            // Inside a yes only the vendor's own words are a no.
            (None, Err(error)) => assert!(says_no(at == 0, body, error.outcome()), "{error:?}"),
            (Some(outcome), Err(error)) => assert_eq!(error.outcome(), outcome),
            (Some(_), Ok(receipt)) => panic!("{status} is no yes: {receipt:?}"),
        }
    }
}

fn says_no(twilio: bool, body: &[u8], outcome: Outcome) -> bool {
    let text = String::from_utf8_lossy(body); // what is skipped need not be text
    let Ok(Value::Object(said)) = serde_json::from_str(&text) else { return false };
    let has = |name: &str| said.get(name).is_some_and(|value| !value.is_null());
    if twilio {
        let failed =
            said.get("status").is_some_and(|status| status == "failed" || status == "undelivered");
        outcome == Outcome::NotSent && (failed || has("error_code"))
    } else if has("invalid_number") && outcome == Outcome::NotSent {
        true
    } else {
        has("error") && outcome == Outcome::Unknown
    }
}

const FIXTURES: [&str; 7] = [
    include_str!("../data/plivo/message.get.php-variant.GET-Message-uuid.200.json"),
    include_str!("../data/plivo/message.send-bulk-invalid_number.POST-Message.202.json"),
    include_str!("../data/plivo/message.media-list.GET-Message-uuid-Media.200.json"),
    include_str!("../data/plivo/account.GET-Account.200.json"),
    include_str!("../data/plivo/error.404.json"),
    r#"{"messages":[{"sid":"SM1","status":"sent","price":"-0.00750","error_code":30003,"date_sent":"Thu, 24 Aug 2023 05:01:45 +0000"}],"next_page_uri":"/x"}"#,
    r#"{"sid":"SM1","status":"queued","num_segments":"1","error_code":null,"price":null,"from":"+15555550100"}"#,
];

fn odd_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec![json!(null), json!({}), json!([]), json!([[]]), json!(true), json!("failed")]),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        vec(any::<u8>(), 0..3).prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn any_bytes_may_be_an_answer(body in vec(any::<u8>(), 0..200), status in 200_u16..=599) {
        answered(status, &body);
        answered(201, &body);
    }

    #[test]
    fn an_answer_may_have_any_byte_changed(
        fixture in select(&FIXTURES[..]),
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut body = fixture.as_bytes().to_vec();
        for (at, byte, how) in changes {
            let at = at.index(body.len());
            match how {
                0 => body[at] = byte,
                1 => body.insert(at, byte),
                _ => body.truncate(at.max(1)),
            }
        }
        answered(200, &body);
    }

    #[test]
    fn an_answer_may_have_any_value_of_another_type(
        fixture in select(&FIXTURES[..]),
        field in any::<prop::sample::Index>(),
        value in odd_values(),
    ) {
        let mut body: Value = serde_json::from_str(fixture).unwrap();
        let fields = body.as_object_mut().unwrap();
        let name = fields.keys().nth(field.index(fields.len())).unwrap().clone();
        fields[&name] = value;
        answered(200, body.to_string().as_bytes());
        answered(400, body.to_string().as_bytes());
    }
}
