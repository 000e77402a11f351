//! Several recipients in one request of Plivo's: one outcome for each, and none that is not proved.

use std::sync::Arc;

use anysms::{
    ErrorKind, Message, Outcome, PhoneNumber, Receipt, Result,
    plivo::{MAX_SEVERAL, Plivo, PlivoConfig},
    testing::ScriptedTransport,
    transport::{BodyError, TransportErrorKind},
};

fn messages(count: usize) -> Vec<Message> {
    let to = |n: usize| format!("+4477009000{n:02}").parse::<PhoneNumber>().unwrap();
    (0..count).map(|n| Message::new(to(n), "Hello")).collect()
}

async fn send(transport: &ScriptedTransport, messages: &[Message]) -> Vec<Result<Receipt>> {
    let config = PlivoConfig::new("MA000000000000000001", "token")
        .with_sender("+15555550100".parse().unwrap());
    Plivo::with_transport(&config, Arc::new(transport.clone()))
        .unwrap()
        .send_several(messages)
        .await
}

/// Each outcome as a word: `accepted`, with its id if it has one, else the kind and what is known.
fn words(results: &[Result<Receipt>]) -> Vec<String> {
    let word = |result: &Result<Receipt>| match result {
        Ok(receipt) => receipt.id.as_ref().map_or("accepted".into(), |id| id.value().to_owned()),
        Err(error) => format!("{} {:?}", error.kind(), error.outcome()),
    };
    results.iter().map(word).collect()
}

#[tokio::test]
async fn one_request_and_one_outcome_each() {
    let transport = ScriptedTransport::new().answer(
        202,
        r#"{"api_id":"x1","message_uuid":["a1","a2"],"invalid_number":["447700900001"]}"#,
    );
    let sent = messages(3);
    let results = send(&transport, &sent).await;
    assert_eq!(words(&results), ["accepted", "invalid_recipient NotSent", "accepted"]);
    for (message, receipt) in
        sent.iter().zip(&results).filter_map(|(m, r)| Some((m, r.as_ref().ok()?)))
    {
        assert_eq!((message.key(), receipt.request_id.as_deref()), (&receipt.key, Some("x1")));
    }
    let requests = transport.requests();
    let body = String::from_utf8_lossy(requests[0].body());
    assert!(body.contains(r#""dst":"+447700900000<+447700900001<+447700900002""#), "{body}");
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn what_is_not_proved_is_unknown() {
    for (body, expected) in [
        // One alone has the one id.
        (
            r#"{"message_uuid":["a1"],"invalid_number":["447700900001"]}"#,
            ["a1", "invalid_recipient NotSent"],
        ),
        // Fewer ids than recipients: nobody says whose is missing.
        (r#"{"message_uuid":["a1"]}"#, ["invalid_response Unknown"; 2]),
        (
            r#"{"message_uuid":[],"invalid_number":["447700900001"]}"#,
            ["invalid_response Unknown", "invalid_recipient NotSent"],
        ),
        (r#"{"error":"oops"}"#, ["invalid_response Unknown"; 2]),
        (
            r#"{"message_uuid":[],"invalid_number":["447700900000","+447700900001"]}"#,
            ["invalid_recipient NotSent"; 2],
        ),
        // Plivo said yes, and no more can be read.
        ("", ["accepted"; 2]),
        ("<html>", ["accepted"; 2]),
        (r#"{"message_uuid":["a1","a2"]"#, ["accepted"; 2]),
    ] {
        let results = send(&ScriptedTransport::new().answer(202, body), &messages(2)).await;
        assert_eq!(words(&results), expected, "{body}");
    }
    let cut = ScriptedTransport::new().lose_body(202, BodyError::Interrupted);
    assert_eq!(words(&send(&cut, &messages(2)).await), ["accepted"; 2]);
}

#[tokio::test]
async fn what_becomes_of_the_request_becomes_of_all() {
    let lost = ScriptedTransport::new().fail(TransportErrorKind::Timeout);
    assert_eq!(words(&send(&lost, &messages(3)).await), ["timeout Unknown"; 3]);
    let refused = ScriptedTransport::new().answer(429, r#"{"error":"too many requests"}"#);
    let results = send(&refused, &messages(3)).await;
    assert_eq!(words(&results), ["rate_limited NotSent"; 3]);
    assert!(
        results.iter().flat_map(|result| result.as_ref().err()).all(|e| e.status() == Some(429))
    );
    let broken = ScriptedTransport::new().answer(500, "");
    assert_eq!(words(&send(&broken, &messages(2)).await), ["unavailable Unknown"; 2]);
}

#[tokio::test]
async fn what_cannot_go_together_is_refused_before() {
    let transport = ScriptedTransport::new();
    let mut different = messages(3);
    different[2] = Message::new(different[2].destination(), "Something else");
    let mut twice = messages(3);
    twice[2] = twice[2].clone().with_destination(twice[0].destination());
    let mut to_itself = messages(2);
    to_itself[1] =
        to_itself[1].clone().with_destination("+15555550100".parse::<PhoneNumber>().unwrap());
    for (messages, kind) in [
        (messages(MAX_SEVERAL + 1), ErrorKind::InvalidRequest),
        (different, ErrorKind::InvalidRequest),
        (twice, ErrorKind::InvalidRequest),
        (to_itself, ErrorKind::InvalidSender),
    ] {
        let results = send(&transport, &messages).await;
        assert_eq!(results.len(), messages.len());
        for result in results {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotSent));
        }
    }
    assert!(send(&transport, &[]).await.is_empty());
    assert_eq!(transport.requests().len(), 0);
}
