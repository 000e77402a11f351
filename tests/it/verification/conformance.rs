//! One suite that every implementation of `Verification` passes.

use anysms::{
    ErrorKind, Timestamp,
    http::Method,
    plivo::{Plivo, PlivoConfig},
    sandbox::Sandbox,
    twilio::Product,
    verification::{
        ChallengeId, CheckOutcome, MemoryChallenges, Otp, ReportBy, ReportQuery, Verification,
        VerificationChannel,
    },
};

use super::{code_of, keys, number, purpose, request, text, twilio, wrong};

/// All implementations, each with what it can do.
async fn all(sandbox: &Sandbox) -> Vec<(Box<dyn Verification>, bool)> {
    let client = twilio(sandbox);
    let made = client.request(Method::POST, Product::Verify, ["v2", "Services"]);
    let made = made.form("FriendlyName", "Club").send().await.unwrap();
    let made: serde_json::Value = made.json().unwrap();
    let plivo = Plivo::new(&PlivoConfig::sandbox(sandbox)).unwrap();
    let own = Otp::new(client.clone(), keys(), MemoryChallenges::new(), text());
    vec![
        (Box::new(own), true),
        (Box::new(client.verification(made["sid"].as_str().unwrap())), true),
        (Box::new(plivo.verification(None)), false),
    ]
}

#[tokio::test]
async fn a_code_is_approved_once_and_for_its_purpose() {
    let sandbox = Sandbox::start().await.unwrap();
    for (codes, _) in all(&sandbox).await {
        let name = codes.authority();
        let challenge = codes.start(&request()).await.unwrap();
        assert_eq!(challenge.channel, VerificationChannel::Sms, "{name}");
        let code = code_of(&sandbox).await;
        assert_eq!(codes.check(&challenge.id, &wrong(&code)).await.unwrap(), CheckOutcome::Wrong);
        let typed = format!(" {}-{} ", &code[..3], &code[3..]);
        let proof = codes
            .check(&challenge.id, &typed)
            .await
            .unwrap()
            .approved()
            .unwrap_or_else(|| panic!("{name}"));
        assert_eq!((proof.number(), proof.purpose()), (number(), &purpose()), "{name}");
        assert_eq!(proof.challenge(), &challenge.id);
        proof.redeem(number(), &purpose()).unwrap();
        assert_eq!(codes.check(&challenge.id, &code).await.unwrap(), CheckOutcome::Wrong, "{name}");
        sandbox.clear_messages();
    }
}

#[tokio::test]
async fn a_proof_is_of_its_number_and_purpose_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    let another = "+447700900124".parse().unwrap();
    for (codes, _) in all(&sandbox).await {
        for (number, purpose) in [(another, purpose()), (number(), "payout".parse().unwrap())] {
            let challenge = codes.start(&request()).await.unwrap();
            let code = code_of(&sandbox).await;
            let proof = codes.check(&challenge.id, &code).await.unwrap().approved().unwrap();
            let error = proof.redeem(number, &purpose).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            sandbox.clear_messages();
        }
    }
}

#[tokio::test]
async fn unknown_used_and_wrong_have_one_answer() {
    let sandbox = Sandbox::start().await.unwrap();
    for (codes, cancels) in all(&sandbox).await {
        let used = codes.start(&request()).await.unwrap();
        let code = code_of(&sandbox).await;
        assert!(codes.check(&used.id, &code).await.unwrap().approved().is_some());
        let mut ids = vec![used.id.clone()];
        for unknown in ["x", "0123456789abcdef0123456789abcdef", "VE01.sign-in.AAAA", "..", "é"] {
            ids.extend(unknown.parse::<ChallengeId>());
        }
        ids.push(codes.start(&request().silently()).await.unwrap().id);
        for id in &ids {
            for typed in [&*code, "", "12345", "1234567890123", "abcdef", "\u{661}\u{662}"] {
                assert_eq!(
                    codes.check(id, typed).await.unwrap(),
                    CheckOutcome::Wrong,
                    "{id} {typed}"
                );
            }
        }
        if cancels {
            sandbox.clear_messages();
            let canceled = codes.start(&request()).await.unwrap();
            let code = code_of(&sandbox).await;
            codes.cancel(&canceled.id).await.unwrap();
            codes.cancel(&canceled.id).await.unwrap();
            assert_eq!(codes.check(&canceled.id, &code).await.unwrap(), CheckOutcome::Wrong);
        }
        codes.cancel(&"nobody-knows-it".parse().unwrap()).await.unwrap();
        sandbox.clear_messages();
    }
}

#[tokio::test]
async fn a_silent_challenge_looks_like_any_other_and_sends_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    for (codes, _) in all(&sandbox).await {
        let silent = codes.start(&request().silently()).await.unwrap();
        assert_eq!(sandbox.messages().len(), 0);
        let loud = codes.start(&request()).await.unwrap();
        assert_eq!(silent.id.as_str().len(), loud.id.as_str().len());
        assert_eq!((silent.channel, silent.code_length), (loud.channel, loud.code_length));
        assert_eq!(silent.resend_at.is_some(), loud.resend_at.is_some());
        sandbox.clear_messages();
    }
}

#[tokio::test]
async fn reports_count_what_was_started_and_approved() {
    let sandbox = Sandbox::start().await.unwrap();
    for (codes, _) in all(&sandbox).await {
        let now = Timestamp::now();
        let (from, to) =
            (now - jiff::SignedDuration::from_hours(1), now + jiff::SignedDuration::from_hours(1));
        let challenge = codes.start(&request()).await.unwrap();
        let code = code_of(&sandbox).await;
        assert!(codes.check(&challenge.id, &code).await.unwrap().approved().is_some());
        let another = anysms::verification::VerificationRequest::new(
            "+15555550142".parse().unwrap(),
            purpose(),
        );
        codes.start(&another).await.unwrap();
        let query = ReportQuery::new(from, to).by(ReportBy::Country).by(ReportBy::Range);
        let report = codes.report(&query).await.unwrap();
        let name = codes.authority();
        let rows: Vec<_> = report
            .rows
            .iter()
            .map(|row| {
                (
                    row.country.map(|c| c.to_string()),
                    row.range.clone(),
                    row.started,
                    row.sent,
                    row.approved,
                )
            })
            .collect();
        let gb = (Some("GB".to_owned()), Some("44770090".to_owned()), 1, 1, 1);
        let us = (Some("US".to_owned()), Some("1555555".to_owned()), 1, 1, 0);
        assert_eq!(rows, [gb, us], "{name}");
        assert_eq!(report.rows[0].conversion(), Some(1.0));
        assert!(report.rows[0].median_seconds.is_some(), "{name}");
        assert_eq!(report.total().started, 2);
        let gb = query.clone().with_country("GB".parse().unwrap());
        assert_eq!(codes.report(&gb).await.unwrap().total().started, 1, "{name}");
        let none = ReportQuery::new(to, to + jiff::SignedDuration::from_hours(1));
        assert_eq!(codes.report(&none).await.unwrap().total().started, 0, "{name}");
        sandbox.clear_messages();
    }
}

#[tokio::test]
async fn a_resend_has_the_same_code() {
    let sandbox = Sandbox::start().await.unwrap();
    for (codes, _) in all(&sandbox).await.into_iter().skip(1) {
        let challenge = codes.start(&request()).await.unwrap();
        let first = code_of(&sandbox).await;
        let again = codes.resend(&challenge.id, None).await.unwrap();
        let messages = sandbox.messages();
        assert_eq!(messages.len(), 2, "{}", codes.authority());
        assert!(messages.iter().all(|message| message.text.contains(&first)));
        assert!(codes.check(&again.id, &first).await.unwrap().approved().is_some());
        let error = codes.resend(&challenge.id, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{}", codes.authority());
        sandbox.clear_messages();
    }
}

#[tokio::test]
async fn what_a_vendor_does_not_have_is_refused_before_it_is_asked() {
    let sandbox = Sandbox::start().await.unwrap();
    for (codes, _) in all(&sandbox).await.into_iter().skip(1) {
        let keyed = request().with_key("once".parse().unwrap());
        let mail = request().with_channel(VerificationChannel::Email).with_email("a@club.example");
        for request in [keyed, mail] {
            assert_eq!(codes.start(&request).await.unwrap_err().kind(), ErrorKind::Unsupported);
        }
        let now = Timestamp::now();
        let query = ReportQuery::new(now, now).with_tenant("club".parse().unwrap());
        assert_eq!(codes.report(&query).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(sandbox.messages().len(), 0);
    }
}
