//! Guessing: counted before anything is compared, slowed down across challenges.

use std::time::Duration;

use anysms::{
    ErrorKind,
    verification::{
        ChallengeId, ChallengeStore, CheckOutcome, CodeKeys, CodePolicy, ConversionGate, Otp,
        ReportQuery, Verification, VerificationRequest,
    },
};

use super::{Bench, code_of, generous, keys, number, request, text, twilio, wrong};

/// What 64 checks at once come to: approvals, wrong ones, refused ones.
async fn at_once(bench: &Bench, id: &ChallengeId, code: &str) -> (u32, u32, u32) {
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (codes, id, code) = (bench.codes.clone(), id.clone(), code.to_owned());
            tokio::spawn(async move { codes.check(&id, &code).await })
        })
        .collect();
    let mut counts = (0, 0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(CheckOutcome::Approved(_)) => counts.0 += 1,
            Ok(_) => counts.1 += 1,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::RateLimited);
                counts.2 += 1;
            }
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_with_the_right_code_one_is_approved() {
    let bench = Bench::new().await;
    let (id, code) = bench.started().await;
    assert_eq!(at_once(&bench, &id, &code).await.0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_with_wrong_codes_five_are_compared() {
    let bench = Bench::new().await;
    let (id, code) = bench.started().await;
    assert_eq!(at_once(&bench, &id, &wrong(&code)).await.0, 0);
    assert_eq!(compared(&bench).await, 5);
    bench.clock.skip(120); // past the wait after wrong codes
    assert!(!bench.approved(&id, &code).await, "the challenge has no try left");
}

/// Returns the number of codes that were compared.
async fn compared(bench: &Bench) -> u32 {
    let (now, day) = (bench.store.now(), jiff::SignedDuration::from_hours(24));
    let facts = bench.store.facts(&ReportQuery::new(now - day, now + day)).await.unwrap();
    facts.iter().filter_map(|fact| fact.checks).sum()
}

#[tokio::test]
async fn the_fifth_try_may_be_right_and_the_sixth_is_none() {
    for (wrongs, approved) in [(4, true), (5, false)] {
        let bench = Bench::new().await;
        let (id, code) = bench.started().await;
        for _ in 0..wrongs {
            assert!(!bench.approved(&id, &wrong(&code)).await);
        }
        bench.clock.skip(60);
        assert_eq!(bench.approved(&id, &code).await, approved, "after {wrongs}");
    }
}

#[tokio::test]
async fn a_code_expires_at_its_time_by_the_clock_of_the_store() {
    for (seconds, approved) in [(599, true), (600, false), (3_600, false), (-3_600, true)] {
        let bench = Bench::new().await;
        let (id, code) = bench.started().await;
        bench.clock.skip(seconds);
        assert_eq!(bench.approved(&id, &code).await, approved, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_guesser_over_a_thousand_challenges_stops_at_the_budget() {
    let gate = ConversionGate::new(u32::MAX, 0, Duration::ZERO);
    let policy = generous().with_range_gate(gate);
    let bench = Bench::with(|codes| codes.with_policy(policy)).await;
    let (mut longest, began) = (0, bench.store.now());
    for _ in 0..1_000 {
        let challenge = bench.codes.start(&request().silently()).await.unwrap();
        for _ in 0..6 {
            let Err(error) = bench.codes.check(&challenge.id, "x").await else { continue };
            let wait = error.retry_after().expect("how long to wait").as_secs();
            longest = longest.max(wait);
            if longest <= 3_601 {
                bench.clock.skip(i64::try_from(wait).unwrap()); // a patient guesser
            }
        }
        if longest > 3_601 {
            break;
        }
    }
    assert_eq!(longest, 24 * 3_600, "nothing is compared for a day");
    let took = bench.store.now().duration_since(began).as_hours();
    assert!((80..=100).contains(&took), "{took} hours for 100 guesses");
    let (id, code) = bench.started().await;
    let error = bench.codes.check(&id, &code).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited, "nothing is compared, the right code neither");
    // Another purpose is not held up.
    bench.sandbox.clear_messages();
    let other = VerificationRequest::new(number(), "payout".parse().unwrap());
    let challenge = bench.codes.start(&other).await.unwrap();
    let code = code_of(&bench.sandbox).await;
    assert!(bench.approved(&challenge.id, &code).await);
    // Nor is the number for ever.
    bench.clock.skip(24 * 3_600 + 1);
    bench.sandbox.clear_messages();
    let (id, code) = bench.started().await;
    assert!(bench.approved(&id, &code).await);
}

#[tokio::test]
async fn an_approval_gives_the_budget_back() {
    let bench = Bench::with(|codes| codes.with_policy(generous())).await;
    for _ in 0..5 {
        let (id, code) = bench.started().await;
        for _ in 0..4 {
            assert!(!bench.approved(&id, &wrong(&code)).await);
        }
        assert!(bench.approved(&id, &code).await);
        bench.sandbox.clear_messages();
    }
}

#[tokio::test]
async fn a_code_outlives_the_change_of_its_key() {
    let bench = Bench::new().await;
    let (id, code) = bench.started().await;
    let rotated = CodeKeys::new("2027-01", [8; 32]).unwrap();
    let kept = rotated.clone().with_previous("2026-12", [7; 32]).unwrap();
    let with = |keys| Otp::new(twilio(&bench.sandbox), keys, bench.store.clone(), text());
    assert_eq!(
        with(rotated).check(&id, &code).await.unwrap(),
        CheckOutcome::Wrong,
        "the key is gone"
    );
    let codes = with(kept);
    assert!(codes.check(&id, &code).await.unwrap().approved().is_some());
    let fresh = codes.start(&request()).await.unwrap();
    let own = with(keys());
    bench.clock.skip(40);
    assert_eq!(own.check(&fresh.id, "000000").await.unwrap(), CheckOutcome::Wrong);
}

#[tokio::test]
async fn a_code_of_another_script_is_the_same() {
    let bench = Bench::new().await;
    let (id, code) = bench.started().await;
    let arabic: String = code
        .chars()
        .map(|digit| char::from_u32(0x660 + digit.to_digit(10).unwrap()).unwrap())
        .collect();
    assert!(bench.approved(&id, &arabic).await);
}

#[test]
fn figures_out_of_their_range_are_refused() {
    let policy = CodePolicy::default;
    assert!(policy().with_length(3).is_err() && policy().with_length(11).is_err());
    assert!(policy().with_life(Duration::from_secs(59)).is_err());
    assert!(policy().with_life(Duration::from_secs(3_601)).is_err());
    assert!(policy().with_tries(0).is_err() && policy().with_tries(11).is_err());
    assert!(policy().with_failures(6, 5).is_err() && policy().with_failures(5, 101).is_err());
    assert!(CodeKeys::new("a", [1; 31]).is_err() && CodeKeys::new("", [1; 32]).is_err());
    assert!(keys().with_previous("2026-12", [1; 32]).is_err());
}
