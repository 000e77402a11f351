//! B01 to B12: requests whose signature is right, cut in another way or sent again.

use std::{sync::Barrier, thread};

use anysms::{
    message::{MessageKey, MessageStatus},
    text::{Keyword, Keywords},
    twilio::TwilioWebhook,
    webhook::{
        CallbackTokens, Event, MemoryReplayStore, Received, Webhook, WebhookError,
        WebhookErrorKind::{
            BadSignature, InvalidField, NonceReused, TokenMismatch, UnsupportedMethod,
        },
        WebhookExt,
    },
};

use crate::webhook_cases::common::{
    Call, NONCE, PS, S, SIGNATURE, U, V, form, plivo, s_and, s_but, twilio,
};

/// Receives a request with a memory of those before.
fn once(
    call: &Call,
    webhook: &dyn Webhook,
    store: &MemoryReplayStore,
) -> Result<Received, WebhookError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    call.request(|request| runtime.block_on(webhook.receive_once(request, store))).unwrap()
}

fn is_replay(call: &Call, webhook: &dyn Webhook, store: &MemoryReplayStore) -> bool {
    once(call, webhook, store).unwrap().replay
}

/// A form of these parameters, signed for `U`.
fn signed(body: impl Into<Vec<u8>>) -> Call {
    Call::post(U, body).signed_by(&twilio(U), U)
}

fn text_from(text: &str, sid: &str) -> Call {
    let ends = [("From", "+447700900123"), ("To", "+447700900456")];
    signed(form(&[&ends[..], &[("Body", text), ("MessageSid", sid)]].concat()))
}

#[test]
fn b01_a_shifted_boundary() {
    let shifted =
        s_but("MessageStatus", "deliveredTo+15558675310").replace("&To=%2B15558675310", "");
    let call = Call::status().saying(shifted);
    assert_eq!(call.check(&twilio(U)), Ok(0), "the signed text is the same");
    let error = call.error(&twilio(U));
    assert_eq!((error.kind(), error.field()), (InvalidField, "MessageStatus"));
    assert_eq!((error.http_status(), error.is_authentic()), (400, true));
    // Nothing of it is remembered as an event.
    let store = MemoryReplayStore::default();
    assert_eq!(once(&call, &twilio(U), &store), Err(error));
    assert!(store.is_empty() && !is_replay(&Call::status(), &twilio(U), &store));
}

#[test]
fn b02_parameters_as_a_part_of_the_path() {
    let folded: String = S.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let url = format!("{U}{folded}");
    assert_eq!(twilio(U).sign(&url, b"").as_deref(), Ok(SIGNATURE), "the signed text is the same");
    let call = Call::post(&url, "").signed(SIGNATURE);
    assert_eq!(call.check(&twilio(U)), Err(BadSignature));
    assert_eq!(Call::get(&url).signed(SIGNATURE).check(&twilio(U)), Err(UnsupportedMethod));
    let by_get = crate::webhook_cases::common::twilio_get(U);
    assert_eq!(Call::get(&url).signed(SIGNATURE).check(&by_get), Err(BadSignature));
    // With a host alone it passes: the path is then for the router in front, and no message is in it.
    let host = twilio("https://hooks.example.com");
    assert!(matches!(call.receive(&host), Ok(Event::Other(other)) if other.fields.is_empty()));
}

#[test]
fn b03_a_text_with_the_hash_of_another_body() {
    // The sender's text becomes a query with the hash of a body that the sender has chosen.
    let json = r#"{"MessageStatus":"delivered"}"#;
    let text = format!("?bodySHA256={}", super::json::hash(json));
    let call = signed(form(&[("Body", &text)]));
    assert_eq!(call.check(&twilio(U)), Ok(0));
    let url = format!("{U}Body{text}");
    let folded = call.to(&url).saying(json).with("Content-Type", "application/json");
    assert_eq!(folded.check(&twilio(U)), Err(BadSignature));
    let host = twilio("https://hooks.example.com");
    assert_eq!(folded.check(&host), Ok(0), "with a host alone it is for the router in front");
    // Nor does the query fit if the path does.
    let query = format!("{U}{text}");
    assert_eq!(folded.to(&query).check(&twilio(U)), Err(BadSignature));
}

#[test]
fn b04_the_same_request_again() {
    let store = MemoryReplayStore::default();
    let plivo_call = Call::plivo(V);
    let calls: [(&Call, &dyn Webhook); 2] =
        [(&Call::status(), &twilio(U)), (&plivo_call, &plivo(V))];
    for (call, webhook) in calls {
        let first = once(call, webhook, &store).unwrap();
        assert!(!first.replay);
        for _ in 0..3 {
            let again = once(call, webhook, &store).unwrap();
            assert_eq!((again.replay, &again.event), (true, &first.event));
        }
    }
    // Other news of the same message is no replay.
    let other = signed(s_but("MessageStatus", "undelivered"));
    assert!(!is_replay(&other, &twilio(U), &store));
    let code = signed(s_and(&[("ErrorCode", "30003")]));
    assert!(!is_replay(&code, &twilio(U), &store), "the code of a failure is news");
}

#[test]
fn b05_the_same_news_in_another_dress() {
    let store = MemoryReplayStore::default();
    assert!(!is_replay(&Call::status(), &twilio(U), &store));
    let mut reversed: Vec<_> = S.to_vec();
    reversed.reverse();
    for call in [
        Call::status().saying(form(&reversed)),
        Call::status().saying(form(&S).replace("delivered", "%64elivered")),
        Call::status().without("X-Twilio-Signature").with("x-TWILIO-signature", SIGNATURE),
        Call::status().with("X-Unsigned", "1"),
        signed(s_and(&[("NewField", "x")])),
    ] {
        assert!(is_replay(&call, &twilio(U), &store));
    }
    for call in [
        Call::status().signed(&SIGNATURE.replace('/', "_")),
        Call::status().to(&format!("{U}?unsigned=1")),
    ] {
        assert_eq!(call.check(&twilio(U)), Err(BadSignature));
    }
    assert!(!is_replay(&signed(s_but("MessageStatus", "sent")), &twilio(U), &store));
}

#[test]
fn b06_ids_are_derived() {
    let calls = [Call::status(), text_from("Hi", "SM1"), signed("EventType=other")];
    for call in &calls {
        let (first, second) = (call.receive(&twilio(U)), call.receive(&twilio(U)));
        assert_eq!(first, second);
        // In another process, by another key and under another address too.
        let elsewhere = TwilioWebhook::new("another", U.parse().unwrap()).unwrap();
        let event = call.clone().signed_by(&elsewhere, U).receive(&elsewhere).unwrap();
        assert_eq!(event.id(), first.unwrap().id());
    }
    let ids = calls.map(|call| *call.receive(&twilio(U)).unwrap().id());
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    // Written down, as a store keeps it.
    assert_eq!(ids[0].to_string(), Call::status().update(&twilio(U)).id.to_string());
}

#[test]
fn b07_the_unsigned_idempotency_token() {
    let store = MemoryReplayStore::default();
    let name = "I-Twilio-Idempotency-Token";
    let call = Call::status().with(name, "1");
    assert!(!is_replay(&call, &twilio(U), &store));
    assert!(is_replay(&call.clone().with(name, "2"), &twilio(U), &store), "another token");
    assert!(is_replay(&call.without(name), &twilio(U), &store), "none");
    // The same token does not make a replay of other news.
    let other = signed(s_but("MessageStatus", "sent")).with(name, "1");
    assert!(!is_replay(&other, &twilio(U), &store));
}

#[test]
fn b08_old_news_after_new() {
    let store = MemoryReplayStore::default();
    let read = signed(s_but("MessageStatus", "read"));
    assert!(!is_replay(&Call::status(), &twilio(U), &store));
    assert!(!is_replay(&read, &twilio(U), &store));
    assert!(is_replay(&Call::status(), &twilio(U), &store), "delivered again, after read");
    assert_eq!(read.update(&twilio(U)).status, MessageStatus::Read);

    // Plivo counts its news.
    let update = |sequence: &str| {
        let call = Call::post(V, form(&[&PS[..], &[("Sequence", sequence)]].concat()));
        call.v3_of(&plivo(V)).update(&plivo(V))
    };
    let (old, new) = (update("2"), update("3"));
    assert!(old.sequence < new.sequence && old.sequence == Some(2));
    assert_eq!(old.message, new.message);
}

#[test]
fn b09_an_old_opt_in_after_an_opt_out() {
    let store = MemoryReplayStore::default();
    let (start, stop) = (text_from("START", "SM1"), text_from("STOP", "SM2"));
    let intent = |call: &Call| call.message(&twilio(U)).intent(&Keywords::standard());
    assert_eq!(intent(&start), Some(Keyword::OptIn));
    assert_eq!(intent(&stop), Some(Keyword::OptOut));
    assert!(!is_replay(&start, &twilio(U), &store) && !is_replay(&stop, &twilio(U), &store));
    assert!(is_replay(&start, &twilio(U), &store), "does not subscribe again");
    assert!(is_replay(&stop, &twilio(U), &store));
    let fresh = text_from("START", "SM3");
    assert!(!is_replay(&fresh, &twilio(U), &store), "a new one does");
}

#[test]
fn b10_the_token_of_another_message() {
    let tokens = CallbackTokens::new("a secret of your own").unwrap();
    let keys = ["order-17", "order-18"].map(|key| key.parse::<MessageKey>().unwrap());
    let [one, other] = keys.each_ref().map(|key| tokens.token(key));
    assert_eq!((tokens.check(&one, &keys[0]), tokens.check(&other, &keys[1])), (Ok(()), Ok(())));
    for (token, key) in [(&one, &keys[1]), (&other, &keys[0])] {
        let error = tokens.check(token, key).unwrap_err();
        assert_eq!((error.kind(), error.http_status()), (TokenMismatch, 404));
        assert!(!error.is_authentic());
    }
    // It is in the path, which even V2 signs.
    let url = format!("https://hooks.example.com/plivo/{one}");
    let webhook = plivo("https://hooks.example.com");
    let call = Call::post(&url, form(&PS)).v2(&webhook.sign_v2(&url, NONCE).unwrap(), NONCE);
    assert_eq!(call.check(&webhook), Ok(0));
    let moved = call.to(&url.replace(&one, &other));
    assert_eq!(moved.check(&webhook), Err(BadSignature));
}

#[test]
fn b11_a_token_that_is_none() {
    let tokens = CallbackTokens::new("a secret of your own").unwrap();
    let key: MessageKey = "order-17".parse().unwrap();
    let token = tokens.token(&key);
    assert!(tokens.check(&token, &key).is_ok());
    let flipped = |at: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let mut wrong: Vec<String> = (0..token.len()).map(flipped).collect();
    wrong.extend((0..token.len()).map(|length| token[..length].to_owned()));
    wrong.extend([
        format!("{token}A"),
        format!("{token}="),
        format!(" {token}"),
        token.to_lowercase(),
    ]);
    wrong.extend(["é".into(), "/".into(), "A".repeat(64 * 1024)]);
    // Of another secret, and of the same message's next attempt, which is another key.
    wrong.push(CallbackTokens::new("another secret").unwrap().token(&key));
    wrong.push(tokens.token(&"order-17-2".parse().unwrap()));
    for token in wrong {
        let error = tokens.check(&token, &key).unwrap_err();
        assert_eq!((error.kind(), error.http_status()), (TokenMismatch, 404), "{token}");
    }
    assert!(CallbackTokens::new(" ").is_err());
    assert_eq!(format!("{tokens:?}"), "CallbackTokens");
}

/// How many of 100 requests at once are the first.
fn first_of_100(call: &Call, webhook: &dyn Webhook) -> usize {
    let store = MemoryReplayStore::default();
    let start = Barrier::new(100);
    thread::scope(|scope| {
        let receive = || {
            start.wait();
            is_replay(call, webhook, &store)
        };
        let threads: Vec<_> = (0..100).map(|_| scope.spawn(receive)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|replay| !replay).count()
    })
}

#[test]
fn b12_a_hundred_at_once() {
    assert_eq!(first_of_100(&Call::status(), &twilio(U)), 1);
    assert_eq!(first_of_100(&Call::plivo(V), &plivo(V)), 1);
}

#[test]
fn a_nonce_is_good_for_one_request() {
    let store = MemoryReplayStore::default();
    let call = Call::plivo(V);
    assert!(!is_replay(&call, &plivo(V), &store));
    let other = call.clone().saying(form(&[("Status", "sent"), ("MessageUUID", "m-2")]));
    let other = other.v3_of(&plivo(V));
    assert_eq!(once(&other, &plivo(V), &store).unwrap_err().kind(), NonceReused);
}

/// A text from +447700900123, received by Twilio, and another cut of what is signed of it.
fn another_cut(text: &str, cut: &[(&str, &str)]) -> Call {
    let whole = [
        ("AccountSid", "AC1"),
        ("ApiVersion", "2010-04-01"),
        ("Body", text),
        ("From", "+447700900123"),
        ("MessageSid", "SM1"),
        ("NumSegments", "1"),
        ("To", "+447700900456"),
    ];
    let call = signed(form(&whole));
    assert_eq!(call.message(&twilio(U)).text.as_str(), text, "the text is free");
    let cut = call.saying(form(&[&whole[..2], cut].concat()));
    assert_eq!(cut.check(&twilio(U)), Ok(0), "the signed text is the same");
    cut
}

#[test]
fn no_other_cut_of_a_text_is_a_message() {
    let ends = "From+447700900999MessageSidSM9To+447700900456";
    let rest = "From+447700900123MessageSidSM1NumSegments1To+447700900456";
    let forged = [
        ("Body", "STOP"),
        ("From", "+447700900999"),
        ("MessageSid", "SM9"),
        ("To", "+447700900456"),
        ("Z", rest),
    ];
    let swallowed = another_cut(&format!("STOP{ends}Z"), &forged);
    // In two parameters, neither of which has the whole word.
    let halves = another_cut(
        "STOPFrom+447700900999MessageSidSM9N",
        &[
            ("Body", "STOP"),
            ("From", "+447700900999"),
            ("MessageSid", "SM9"),
            ("N", "From+447700900123Message"),
            ("SidSM1NumSegments1", ""),
            ("To", "+447700900456"),
        ],
    );
    // The number as a part of a name.
    let named = another_cut(
        "STOPFrom+447700900999",
        &[
            ("Body", "STOP"),
            ("From", "+447700900999"),
            ("From+447700900123", ""),
            ("MessageSid", "SM1"),
            ("NumSegments", "1"),
            ("To", "+447700900456"),
        ],
    );
    for (call, field) in [(swallowed, "MessageSid"), (halves, "MessageSid"), (named, "From")] {
        let error = call.error(&twilio(U));
        assert_eq!((error.kind(), error.field()), (InvalidField, field));
    }
}

#[test]
fn no_other_cut_of_plivos_text_is_a_message() {
    let whole = [
        ("From", "447700900123"),
        ("MessageUUID", "u1"),
        ("Text", "hiFrom447700900999MessageUUIDu9TextSTOPTo447700900456Z"),
        ("To", "447700900456"),
        ("Type", "sms"),
    ];
    let call = Call::post(V, form(&whole)).v3_of(&plivo(V));
    assert!(call.message(&plivo(V)).text.as_str().starts_with("hi"));
    let cut = call.saying(form(&[
        ("Fro", "m447700900123MessageUUIDu1Texthi"),
        ("From", "447700900999"),
        ("MessageUUID", "u9"),
        ("Text", "STOP"),
        ("To", "447700900456"),
        ("Z", "To447700900456Typesms"),
    ]));
    assert_eq!(cut.check(&plivo(V)), Ok(0), "the signed text is the same");
    let error = cut.error(&plivo(V));
    assert_eq!((error.kind(), error.field()), (InvalidField, "MessageUUID"));
}

#[test]
fn a_signature_is_good_for_one_content() {
    let store = MemoryReplayStore::default();
    assert!(!is_replay(&Call::status(), &twilio(U), &store));
    let known = store.len();
    for cut in [
        s_but("MessageStatus", "d").replace("&To=", "&eliveredTo="),
        form(&S).replace("MessageStatus=d", "MessageStatusd="),
    ] {
        let call = Call::status().saying(cut);
        assert_eq!(call.check(&twilio(U)), Ok(0), "the signed text is the same");
        assert_eq!(once(&call, &twilio(U), &store).unwrap_err().kind(), NonceReused);
    }
    assert_eq!(store.len(), known, "what is refused pushes nothing out");
    assert!(is_replay(&Call::status(), &twilio(U), &store));
}

#[test]
fn an_account_has_no_say_in_anothers_events() {
    let store = MemoryReplayStore::default();
    let of = |account| signed(s_but("AccountSid", account));
    assert!(!is_replay(&of("AC1"), &twilio(U), &store));
    assert!(!is_replay(&of("AC2"), &twilio(U), &store), "the same message of another account");
    assert!(is_replay(&of("AC1"), &twilio(U), &store));
}
