//! E04 and E07 to E09: keys that change meanwhile, what a refusal tells, and what time has no part in.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use anysms::{
    twilio::TwilioWebhook,
    webhook::{
        KeyRing, MemoryReplayStore, Webhook, WebhookError,
        WebhookErrorKind::{self, BadSignature},
        WebhookExt,
    },
};

use crate::webhook_cases::common::{
    Call, NONCE, PS, SIGNATURE, TOKEN, U, V, form, plivo, s_and, twilio,
};

#[test]
fn e04_keys_change_under_a_thousand_checks() {
    let ring = KeyRing::new(TOKEN).unwrap();
    let webhook = TwilioWebhook::with_ring(ring.clone(), U.parse().unwrap());
    let never = Call::status()
        .signed_by(&TwilioWebhook::new("never in the ring", U.parse().unwrap()).unwrap(), U);
    let done = AtomicBool::new(false);
    let refused: usize = thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0;
            while !done.load(Ordering::Relaxed) {
                let fillers: Vec<_> = (0..turn % 4).map(|n| format!("filler {turn} {n}")).collect();
                let (before, behind) = fillers.split_at(fillers.len() / 2);
                let tokens = [before, &[TOKEN.to_owned()], behind].concat();
                ring.replace(tokens).unwrap();
                if ring.len() < KeyRing::MAX_KEYS {
                    ring.add(format!("added {turn}")).unwrap();
                }
                turn += 1;
            }
        });
        let checks: Vec<_> = (0..20)
            .map(|_| {
                scope.spawn(|| {
                    let call = Call::status();
                    let wrong = |_: &usize| !call.passes(&webhook) || never.passes(&webhook);
                    (0..50).filter(wrong).count()
                })
            })
            .collect();
        let refused = checks.into_iter().map(|check| check.join().unwrap()).sum();
        done.store(true, Ordering::Relaxed);
        refused
    });
    assert_eq!(refused, 0);
    ring.replace(["another token"]).unwrap();
    assert_eq!(Call::status().check(&webhook), Err(BadSignature));
}

#[test]
fn e07_a_handler_that_panics() {
    let (webhook, store) = (twilio(U), MemoryReplayStore::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let receive = || {
        let call = Call::status();
        let received =
            call.request(|request| runtime.block_on(webhook.receive_once(request, &store)));
        received.unwrap().unwrap()
    };
    let handled = catch_unwind(AssertUnwindSafe(|| {
        let received = receive();
        assert!(received.replay, "a handler that panics");
    }));
    assert!(handled.is_err());
    // Everything goes on: the event is known, and can be forgotten for the provider's next attempt.
    let again = receive();
    assert!(again.replay);
    runtime.block_on(again.forget(&store)).unwrap();
    assert!(!receive().replay);
}

#[test]
fn e08_a_refusal_tells_nothing() {
    use WebhookErrorKind as Kind;
    for (kind, status) in [
        (Kind::MissingSignature, 403),
        (Kind::AmbiguousHeader, 403),
        (Kind::MalformedHeader, 403),
        (Kind::BadNonce, 403),
        (Kind::BadSignature, 403),
        (Kind::BodyHashMismatch, 403),
        (Kind::UntrustedAddress, 403),
        (Kind::NonceReused, 403),
        (Kind::UnsupportedMethod, 403),
        (Kind::BadEncoding, 403),
        (Kind::WrongAccount, 403),
        (Kind::WrongProvider, 403),
        (Kind::TokenMismatch, 404),
        (Kind::TooLarge, 413),
        (Kind::TooManyParameters, 413),
        (Kind::UnsupportedContent, 415),
        (Kind::MissingField, 400),
        (Kind::DuplicateField, 400),
        (Kind::InvalidField, 400),
    ] {
        let error = WebhookError::new(kind);
        assert_eq!(
            (error.http_status(), error.is_authentic()),
            (status, status == 400),
            "{kind:?}"
        );
        assert!(error.to_string().starts_with("webhook: "), "{error}");
    }

    // A mark in everything that a request or a verifier holds.
    let mark = "m4rk";
    let secret = twilio(U).with_key(mark).unwrap().for_account(mark);
    let call = Call::post(U, s_and(&[("Body", mark), ("To", mark)]));
    let valid = call.clone().signed_by(&twilio(U), U);
    let calls = [
        call.clone(),
        call.clone().signed(mark),
        call.clone().signed(SIGNATURE),
        call.clone().to(&format!("{U}?{mark}={mark}")).signed(SIGNATURE),
        call.clone().with("Content-Type", mark).signed(SIGNATURE),
        call.clone().signed(SIGNATURE).also("X-Twilio-Signature", mark),
        call.clone().with("X-Twilio-Webhooks-Signature-Settings", mark).signed(SIGNATURE),
        call.signed(SIGNATURE).by("PUT"),
        valid.clone(),
    ];
    for call in calls {
        for webhook in [&secret, &twilio(U)] {
            let error = call.error(webhook);
            for text in [error.to_string(), format!("{error:?}"), format!("{webhook:?}")] {
                assert!(!text.to_lowercase().contains(mark), "{text}");
            }
            let text = call
                .request(|request| format!("{request:?} {:?}", webhook.check_signature(&request)));
            assert!(!text.contains(mark), "{text}");
        }
    }
    let webhook = plivo(V).with_key(mark).unwrap();
    let call = Call::post(V, form(&[&PS[..], &[("Text", mark)]].concat()));
    for call in [call.clone(), call.clone().v3(mark, mark), call.v2(mark, NONCE)] {
        let error = call.error(&webhook);
        let text = format!("{error} {error:?} {webhook:?}");
        assert!(!text.contains(mark), "{text}");
    }
}

#[test]
fn e09_the_clock_has_no_part_in_it() {
    // No time is signed: what the request says of time changes neither the check nor the id.
    let times = ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 20 Nov 2026 11:11:11 GMT", "tomorrow", ""];
    let event = Call::status().receive(&twilio(U));
    for date in times {
        let call = Call::status().with("Date", date);
        assert_eq!((call.check(&twilio(U)), call.receive(&twilio(U))), (Ok(0), event.clone()));
    }
    let ids = ["1970-01-01 00:00:00", "2026-11-20 10:11:12", "2099-12-31 23:59:59"].map(|time| {
        let body = form(&[&PS[..], &[("DeliveryReportTime", time)]].concat());
        let call = Call::post(V, body).v3_of(&plivo(V));
        assert_eq!(call.check(&plivo(V)), Ok(0), "{time}");
        call.update(&plivo(V)).id
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
}
