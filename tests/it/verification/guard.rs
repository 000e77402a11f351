//! Limits of sends, and the gate against pumped messages.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    ErrorKind, PhoneNumber,
    verification::{CodePolicy, ConversionGate, Verification, VerificationRequest},
};

use super::{Bench, code_of, generous, purpose, request};

fn of(last: u64) -> VerificationRequest {
    let number: PhoneNumber = format!("+4477009{last:05}").parse().unwrap();
    VerificationRequest::new(number, purpose())
}

/// Policy that lets any number of a range pass, as if it were in use.
async fn range_of(bench: &Bench, from: u64, to: u64) -> (u32, Option<Duration>) {
    let (mut sent, mut wait) = (0, None);
    for last in from..to {
        match bench.codes.start(&of(last)).await {
            Ok(_) => sent += 1,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::PolicyBlocked);
                wait = error.retry_after();
            }
        }
    }
    (sent, wait)
}

#[tokio::test]
async fn of_a_range_without_approvals_20_codes_leave() {
    let alarms = Arc::new(Mutex::new(Vec::new()));
    let heard = alarms.clone();
    let bench = Bench::with(|codes| {
        codes.on_alarm(move |alarm| heard.lock().unwrap().push(alarm.of.clone()))
    })
    .await;
    let (sent, wait) = range_of(&bench, 0, 1_000).await;
    assert_eq!((sent, bench.sandbox.messages().len()), (20, 20));
    assert!(wait.unwrap() > Duration::from_secs(11 * 3_600), "{wait:?}");
    assert_eq!(*alarms.lock().unwrap(), ["44770090"], "one alarm");
    // Nobody else is held up.
    let us = VerificationRequest::new("+15555550142".parse().unwrap(), purpose());
    bench.codes.start(&us).await.unwrap();
    let tenant = of(0).with_tenant("club".parse().unwrap());
    bench.codes.start(&tenant).await.unwrap();
    bench.clock.skip(12 * 3_600);
    assert_eq!(range_of(&bench, 0, 30).await.0, 20, "after half a day it begins anew");
}

#[tokio::test]
async fn a_range_with_approvals_goes_on() {
    let bench = Bench::new().await;
    for last in 0..60 {
        let challenge = bench.codes.start(&of(last)).await.unwrap();
        if last % 5 == 0 {
            let message = bench.sandbox.expect_message(of(last).number).await.unwrap();
            assert!(bench.approved(&challenge.id, &message.code().unwrap()).await);
        }
    }
}

#[tokio::test]
async fn a_country_raises_the_alarm_and_is_blocked_where_that_is_wanted() {
    let gate = |block| {
        let open = ConversionGate::new(u32::MAX, 0, Duration::ZERO);
        let country = ConversionGate::new(30, 20, block);
        CodePolicy::default().with_range_gate(open).with_country_gate(country)
    };
    for (block, sent) in [(Duration::ZERO, 40), (Duration::from_secs(3_600), 30)] {
        let alarms = Arc::new(Mutex::new(Vec::new()));
        let heard = alarms.clone();
        let bench = Bench::with(|codes| {
            let codes = codes.with_policy(gate(block));
            codes.on_alarm(move |alarm| heard.lock().unwrap().push(alarm.of.clone()))
        })
        .await;
        assert_eq!(range_of(&bench, 0, 40).await.0, sent);
        assert_eq!(*alarms.lock().unwrap(), ["GB"]);
    }
}

#[tokio::test]
async fn silent_and_real_sends_reach_each_limit_at_the_same_count() {
    let mut counts = Vec::new();
    for silent in [false, true] {
        let bench = Bench::new().await;
        let mut request = request().with_client("203.0.113.7".parse().unwrap());
        request.silent = silent;
        let mut answers = Vec::new();
        for _ in 0..8 {
            let answer = bench.codes.start(&request).await;
            answers.push(answer.map(drop).map_err(|error| (error.kind(), error.retry_after())));
        }
        counts.push(answers);
    }
    assert_eq!(counts[0], counts[1]);
    assert_eq!(counts[0].iter().filter(|answer| answer.is_ok()).count(), 5);
    let wait = counts[0][5].unwrap_err().1.unwrap();
    assert_eq!(wait, Duration::from_secs(600), "whole seconds, never too early");
}

#[tokio::test]
async fn one_client_is_one_network() {
    for (addresses, sent) in [
        (["203.0.113.7", "203.0.113.200", "::ffff:203.0.113.9"], 25),
        (["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:0:9::"], 25),
        (["203.0.113.7", "203.0.114.7", "2001:db8:0:1::1"], 75),
    ] {
        let open = ConversionGate::new(u32::MAX, 0, Duration::ZERO);
        let policy = generous().with_range_gate(open);
        let bench = Bench::with(|codes| codes.with_policy(policy)).await;
        let mut taken = 0;
        for turn in 0..90_usize {
            let client = addresses[turn % 3].parse().unwrap();
            let request = of(turn as u64).with_client(client).silently();
            taken += u32::from(bench.codes.start(&request).await.is_ok());
        }
        assert_eq!(taken, sent, "{addresses:?}");
    }
}

#[tokio::test]
async fn a_refused_start_counts_nothing() {
    let bench = Bench::with(|codes| {
        let all = [(3, Duration::from_secs(60))];
        codes.with_policy(generous().with_overall(all))
    })
    .await;
    for last in 0..3 {
        bench.codes.start(&of(last)).await.unwrap();
    }
    for _ in 0..30 {
        assert_eq!(bench.codes.start(&of(9)).await.unwrap_err().kind(), ErrorKind::RateLimited);
    }
    bench.clock.skip(60);
    bench.codes.start(&of(9)).await.unwrap();
}

#[tokio::test]
async fn numbers_that_cost_extra_or_are_elsewhere_are_refused_before_they_count() {
    let policy = CodePolicy::default().with_countries(["GB".parse().unwrap()]);
    let bench = Bench::with(|codes| codes.with_policy(policy)).await;
    for number in ["+449098790000", "+15555550100", "+447000000000"] {
        let request = VerificationRequest::new(number.parse().unwrap(), purpose());
        let error = bench.codes.start(&request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PolicyBlocked, "{number}");
    }
    assert!(bench.sandbox.messages().is_empty());
}

#[tokio::test]
async fn a_code_is_sent_again_after_its_waits_and_no_more() {
    let bench = Bench::with(|codes| codes.with_policy(generous())).await;
    let (id, code) = bench.started().await;
    for wait in [30, 40, 60, 90, 120] {
        bench.clock.skip(wait - 1);
        let error = bench.codes.resend(&id, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
        bench.clock.skip(1);
        bench.sandbox.clear_messages();
        bench.codes.resend(&id, None).await.unwrap();
        assert_eq!(code_of(&bench.sandbox).await, code, "the same code");
    }
    bench.clock.skip(200);
    let error = bench.codes.resend(&id, None).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, None));
    bench.clock.skip(100);
    assert_eq!(bench.codes.resend(&id, None).await.unwrap_err().kind(), ErrorKind::NotFound);
    let unknown = "0123456789abcdef0123456789abcdef".parse().unwrap();
    assert_eq!(bench.codes.resend(&unknown, None).await.unwrap_err().kind(), ErrorKind::NotFound);
}
