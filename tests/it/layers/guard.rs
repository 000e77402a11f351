//! `Guard`: countries, velocity, spend, staging.

use std::time::Duration;

use crate::layers::scripted::{ACME, Scripted, message, message_to};
use anysms::{
    Decimal, Error, ErrorKind, Message, Outcome, PhoneNumber, SmsProvider,
    layers::{DRY_RUN, Guard, GuardPolicy},
    message::Money,
    number::{NumberKind, Region},
};
use tokio::time::advance;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn guarded(policy: GuardPolicy) -> (Guard<Scripted>, Scripted) {
    let acme = Scripted::failing(ACME, []);
    (Guard::new(acme.clone(), policy), acme)
}

fn gb() -> GuardPolicy {
    GuardPolicy::new([Region::GB])
}

async fn sent(sms: &Guard<Scripted>, message: &Message) -> bool {
    match sms.send(message).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::PolicyBlocked, Outcome::NotSent)
            );
            assert!(!error.may_fail_over() && !error.is_retryable());
            false
        }
    }
}

#[tokio::test]
async fn only_to_countries_that_are_named() {
    let (sms, acme) = guarded(GuardPolicy::new([Region::GB, Region::US]));
    for (to, goes) in [
        ("+447700900123", true),
        ("+15555550100", true),
        ("+447797123456", false),  // Jersey
        ("+18765550100", false),   // Jamaica, under the same country code
        ("+882161234567", false),  // a satellite
        ("+9991234567890", false), // nobody's
    ] {
        let result = sms.send(&message_to(to)).await;
        assert_eq!(result.is_ok(), goes, "{to}");
        let kind = result.err().map_or(ErrorKind::GeoPermission, |error| error.kind());
        assert_eq!(kind, ErrorKind::GeoPermission);
    }
    assert_eq!(acme.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn three_to_a_number_in_ten_minutes_and_ten_in_a_day() {
    let (sms, acme) = guarded(gb());
    let mut today = 0;
    for minute in 0..24 * 60 {
        today += usize::from(sent(&sms, &message()).await);
        match minute {
            0..=2 => assert_eq!(today, minute + 1),
            3..=9 => assert_eq!(today, 3, "{minute}"),
            10 => assert_eq!(today, 4, "ten minutes after the first"),
            _ => assert!(today <= 10),
        }
        advance(Duration::from_secs(60)).await;
    }
    assert_eq!((today, acme.calls()), (10, 10));
    assert!(sent(&sms, &message()).await, "a day after the first");
}

#[tokio::test]
async fn what_was_not_sent_is_not_counted() {
    let down = || Error::not_sent(ErrorKind::Connect);
    let lost = || Error::unknown(ErrorKind::Timeout);
    let acme = Scripted::failing(ACME, [down(), down(), down(), lost(), lost(), lost()]);
    let sms = Guard::new(acme.clone(), gb());
    for _ in 0..6 {
        sms.send(&message()).await.unwrap_err();
    }
    assert_eq!(sms.send(&message()).await.unwrap_err().kind(), ErrorKind::PolicyBlocked);
    assert_eq!(acme.calls(), 6);
}

/// The defaults against numbers that are pumped for their termination fees.
#[tokio::test(start_paused = true)]
async fn a_pumped_range_gets_a_tenth_at_most() {
    for apart in [1, 7, 50] {
        let (sms, acme) = guarded(gb());
        for n in 0..10_000_u64 {
            // 200 numbers in each of 50 ranges side by side, in a row or in turns.
            let (range, number) = if apart == 1 { (n / 200, n % 200) } else { (n % 50, n / 50) };
            let digits = 447_400_000_000 + range * 10_000 + number * apart % 10_000;
            sent(&sms, &message_to(&format!("+{digits}"))).await;
            advance(Duration::from_millis(100)).await;
        }
        assert!(acme.calls() <= 1_000, "{apart}: {}", acme.calls());
    }
}

/// 10,000 customers of one business over a day, some of whom get several messages: none is refused.
#[tokio::test(start_paused = true)]
async fn honest_users_are_never_refused() {
    let (sms, acme) = guarded(GuardPolicy::new([Region::GB, Region::US, "DE".parse().unwrap()]));
    let mut random = 12_345_u64;
    let mut next = |below: u64| {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut messages = 0;
    for _ in 0..10_000 {
        let to = match next(10) {
            0..=6 => 447_000_000_000 + (400 + next(600)) * 1_000_000 + next(1_000_000),
            7 | 8 => 12_010_000_000 + next(900) * 10_000 + next(10_000) + 1_000_000,
            _ => 4_915_000_000_000 + next(1_000_000_000),
        };
        for _ in 0..=next(3) {
            let sent = sms.send(&message_to(&format!("+{to}"))).await;
            // Some of the random numbers are of Jersey, Guernsey and Man, which are other countries, and some
            // are pagers or nobody's.
            let number: PhoneNumber = format!("+{to}").parse().unwrap();
            let nobodys = number.country_code() == 44 && number.kind() != NumberKind::Mobile;
            if nobodys || sent.is_err_and(|error| error.kind() == ErrorKind::GeoPermission) {
                continue;
            }
            messages += 1;
            advance(DAY / 20_000).await;
        }
    }
    assert!(messages > 15_000, "{messages}");
    assert_eq!(acme.calls(), messages);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_spent_than_the_cap_in_any_window() {
    let pounds = |amount: &str| format!("{amount} GBP").parse::<Money>().unwrap();
    let price = move |message: &Message| {
        let cost = || Money::new(Decimal::new(4, 2), pounds("0").currency);
        (!message.text().is_empty()).then(cost)
    };
    let (sms, acme) = guarded(
        gb().with_spend_cap(pounds("1.00"), DAY, price).with_per_number([]).with_per_prefix([]),
    );
    for hour in 0..24 {
        sent(&sms, &message()).await;
        assert!(!sent(&sms, &Message::new(message().destination(), "")).await, "it has no price");
        assert_eq!(acme.calls(), hour + 1);
        advance(Duration::from_secs(60 * 60)).await;
    }
    for _ in 0..2 {
        assert!(sent(&sms, &message()).await, "the first is a day ago: 23 and these are 25");
    }
    assert!(!sent(&sms, &message()).await);
}

#[tokio::test(start_paused = true)]
async fn one_tenants_spending_does_not_stop_the_others() {
    let cap = "1.00 GBP".parse::<Money>().unwrap();
    let price = move |_: &Message| "0.10 GBP".parse().ok();
    let policy = gb().with_per_number([]).with_per_prefix([]).with_spend_cap(cap, DAY, price);
    let of = |tenant: &str| message().with_tenant(tenant.parse().unwrap());
    let (sms, acme) = guarded(policy.with_spend_share(40));
    for _ in 0..2 {
        for (tenant, expected) in [("a", 4), ("b", 4), ("c", 2), ("d", 0)] {
            let mut sent_in_all = 0;
            for _ in 0..20 {
                sent_in_all += usize::from(sent(&sms, &of(tenant)).await);
            }
            assert_eq!(sent_in_all, expected, "{tenant}: the cap is over all");
        }
        advance(DAY).await;
    }
    assert_eq!(acme.calls(), 20);
}

#[tokio::test]
async fn staging_writes_to_one_number_or_to_nobody() {
    let (sms, acme) = guarded(gb().redirecting_to("+447700900999".parse().unwrap()));
    let message = message();
    let receipt = sms.send(&message).await.unwrap();
    assert_eq!((acme.recipients(), &receipt.key), (vec!["+447700900999".into()], message.key()));
    assert!(sms.send(&message_to("+15555550100")).await.is_err(), "the rules hold all the same");

    let (sms, acme) = guarded(gb().dry_run());
    let receipt = sms.send(&message).await.unwrap();
    assert_eq!((receipt.provider, receipt.id, acme.calls()), (DRY_RUN, None, 0));
    assert!(sms.send(&message_to("+15555550100")).await.is_err());
}

#[tokio::test]
async fn numbers_that_cost_extra_or_reach_nobody_are_refused_until_allowed() {
    use NumberKind::{Pager, PersonalNumber, PremiumRate, Uan, Unknown};
    let regions = ["GB", "US", "DE", "FR"].map(|region| region.parse().unwrap());
    let policy = || GuardPolicy::new(regions).with_per_number([]).with_per_prefix([]);
    for (to, kind) in [
        ("+449098790123", PremiumRate),
        ("+4409098790123", PremiumRate), // with a trunk zero
        ("+448712345678", PremiumRate),
        ("+447012345678", PersonalNumber),
        ("+447640123456", Pager),
        ("+443069990123", Uan),
        ("+4411111", Unknown),
        ("+44770090012", Unknown),
        ("+446530122166", Unknown),
        ("+1555555010", Unknown),
        ("+155555501000", Unknown),
        ("+3312345", Unknown),
        ("+19005550100", PremiumRate),
        ("+491801234567", NumberKind::SharedCost),
    ] {
        let (sms, acme) = guarded(policy());
        assert!(!sent(&sms, &message_to(to)).await, "{to}");
        let (sms, _) = guarded(policy().allowing_kind(kind));
        assert!(sent(&sms, &message_to(to)).await, "{to} {kind}");
        assert_eq!(acme.calls(), 0);
    }
    let (sms, _) = guarded(policy());
    for to in ["+447700900123", "+15555550100", "+442079460123", "+33639980012", "+448081570123"] {
        assert!(sent(&sms, &message_to(to)).await, "{to}");
    }
}

#[tokio::test]
async fn forms_of_one_number_are_counted_together() {
    let (sms, acme) = guarded(GuardPolicy::new([Region::GB, "MX".parse().unwrap()]));
    for [one, other] in [["+447700900123", "+4407700900123"], ["+525512345678", "+5215512345678"]] {
        for (to, goes) in [(one, true), (other, true), (one, true), (other, false), (one, false)] {
            assert_eq!(sent(&sms, &message_to(to)).await, goes, "{to}");
        }
    }
    assert_eq!(acme.calls(), 6);
    assert!(acme.recipients().contains(&"+4407700900123".to_owned()), "sent as it was written");
}

/// What one tenant sends is not counted against another, and all together cannot flood a number.
#[tokio::test]
async fn one_tenants_counter_is_not_everybodys() {
    let of = |tenant: &str| message().with_tenant(tenant.parse().unwrap());
    let count = async |sms: &Guard<Scripted>, message: &Message| {
        let mut sent_in_all = 0;
        for _ in 0..20 {
            sent_in_all += usize::from(sent(sms, message).await);
        }
        sent_in_all
    };
    let (sms, acme) = guarded(gb());
    for tenant in ["a", "b"] {
        assert_eq!(count(&sms, &of(tenant)).await, 3, "{tenant}");
    }
    assert_eq!(count(&sms, &message()).await, 3, "no tenant is a tenant of its own");
    assert_eq!(count(&sms, &of("c")).await, 0, "nine in ten minutes, whoever sends");
    assert_eq!(acme.calls(), 9);

    let (sms, _) = guarded(gb().with_overall_factor(std::num::NonZeroU32::MIN));
    assert_eq!((count(&sms, &of("a")).await, count(&sms, &of("b")).await), (3, 0));

    // The same for a range of numbers: 20 an hour, and 60 over all.
    let (sms, acme) = guarded(gb().with_per_number([]));
    for (tenant, expected) in [("a", 20), ("b", 20), ("c", 20), ("d", 0)] {
        let mut sent_in_all = 0;
        for n in 0..30 {
            let message = message_to(&format!("+4477009001{n:02}"));
            let message = message.with_tenant(tenant.parse().unwrap());
            sent_in_all += usize::from(sent(&sms, &message).await);
        }
        assert_eq!(sent_in_all, expected, "{tenant}");
    }
    assert_eq!(acme.calls(), 60);
}

mod quiet_hours {
    use anysms::{MessageClass, layers::QuietHours};

    use super::*;

    #[test]
    fn hours_are_checked() {
        for (from, until) in [(8, 8), (21, 8), (8, 25)] {
            let error = QuietHours::default().with_allowed_hours(from, until).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
        }
        assert!(QuietHours::default().with_allowed_hours(0, 24).is_ok());
    }

    /// The clock is the machine's, so the zone is one in which it is noon, or midnight, now.
    #[tokio::test]
    async fn marketing_waits_for_the_day_and_all_else_goes() {
        let hour = anysms::Timestamp::now().as_second() / 3_600 % 24;
        let zone = |local: i64| match (local - hour).rem_euclid(24) {
            0 => "Etc/GMT".to_owned(),
            east @ 1..=14 => format!("Etc/GMT-{east}"),
            west => format!("Etc/GMT+{}", 24 - west),
        };
        let (noon, night) = (zone(12), zone(3));
        for (zone, class, goes) in [
            (&noon, MessageClass::Marketing, true),
            (&night, MessageClass::Marketing, false),
            (&night, MessageClass::Transactional, true),
            (&night, MessageClass::OneTimeCode, true),
        ] {
            let name = zone.clone();
            let quiet = QuietHours::default().with_time_zone(move |_| Some(name.clone()));
            let (sms, _) = guarded(gb().with_quiet_hours(quiet));
            let result = sms.send(&message().with_class(class)).await;
            assert_eq!(result.is_ok(), goes, "{zone} {class:?}");
            if let Err(error) = result {
                let hours = error.retry_after().unwrap().as_secs_f64() / 3_600.0;
                assert!((4.0..=5.25).contains(&hours), "{hours}");
            }
        }
        let nowhere = QuietHours::default().with_time_zone(|_| Some("Nowhere/Land".into()));
        let (sms, acme) = guarded(gb().with_quiet_hours(nowhere));
        assert!(!sent(&sms, &message().with_class(MessageClass::Marketing)).await);
        assert_eq!(acme.calls(), 0);
    }
}
