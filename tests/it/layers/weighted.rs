//! `Weighted`: shares by weight, and away from whoever delivers badly.

use std::time::Duration;

use crate::layers::scripted::{Scripted, message};
use anysms::{
    ErrorKind, MessageId, MessageStatus, ProviderId, SmsProvider,
    layers::{ProviderHealth, Weighted},
    message::DeliveryFailure,
    webhook::{Authenticity, Event, StatusUpdate},
};
use tokio::time::advance;

const ONE: ProviderId = ProviderId::from_static("one");
const TWO: ProviderId = ProviderId::from_static("two");

fn both(weights: (u32, u32)) -> (Weighted, ProviderHealth) {
    let reports = ProviderHealth::default();
    let (one, two) = (Scripted::failing(ONE, []), Scripted::failing(TWO, []));
    (Weighted::new(one, weights.0, &reports).and(two, weights.1).unwrap(), reports)
}

fn report(id: &MessageId, failure: Option<ErrorKind>) -> Event {
    let status =
        if failure.is_none() { MessageStatus::Delivered } else { MessageStatus::Undelivered };
    let failure = failure.map(|kind| DeliveryFailure::new(kind, "1"));
    Event::Status(StatusUpdate::new(id.clone(), status, failure, Authenticity::Full))
}

/// Sends so many, reports each of the first provider as told, after so long, and each of the other as
/// delivered. Returns the first provider's share.
async fn share(
    sms: &Weighted,
    reports: &ProviderHealth,
    failure: Option<ErrorKind>,
    after: Duration,
) -> f64 {
    let mut first = 0;
    for _ in 0..2_000 {
        let receipt = sms.send(&message()).await.unwrap();
        let id = receipt.id.unwrap();
        if receipt.provider == ONE {
            first += 1;
            advance(after).await;
            reports.learn(&report(&id, failure));
        } else {
            reports.learn(&report(&id, None));
        }
    }
    f64::from(first) / 2_000.0
}

#[tokio::test(start_paused = true)]
async fn shares_are_by_weight() {
    for (weights, expected) in
        [((3, 1), 0.75), ((1, 1), 0.5), ((0, 0), 0.5), ((1, 0), 1.0), ((0, 5), 0.0)]
    {
        let (sms, reports) = both(weights);
        let share = share(&sms, &reports, None, Duration::from_secs(1)).await;
        assert!((share - expected).abs() < 0.05, "{weights:?}: {share}");
    }
}

#[tokio::test(start_paused = true)]
async fn they_move_away_from_bad_and_from_slow_and_come_back() {
    let minute = Duration::from_secs(60);
    for (failure, after) in [(Some(ErrorKind::Unavailable), Duration::ZERO), (None, minute * 3)] {
        let (sms, reports) = both((1, 1));
        share(&sms, &reports, failure, after).await;
        let bad = share(&sms, &reports, failure, after).await;
        assert!((0.01..0.10).contains(&bad), "{failure:?}: {bad}");
        share(&sms, &reports, None, Duration::ZERO).await;
        let well = share(&sms, &reports, None, Duration::ZERO).await;
        assert!((0.4..0.6).contains(&well), "{failure:?}: {well}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_recipients_fault_is_not_the_providers() {
    for kind in [ErrorKind::InvalidRecipient, ErrorKind::Unreachable, ErrorKind::OptedOut] {
        let (sms, reports) = both((1, 1));
        share(&sms, &reports, Some(kind), Duration::ZERO).await;
        let share = share(&sms, &reports, Some(kind), Duration::ZERO).await;
        assert!((0.45..0.55).contains(&share), "{kind}: {share}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_bad_only_of_who_reports() {
    let (sms, reports) = both((1, 1));
    let mut told = false;
    for round in 0..4 {
        let mut first = 0;
        for _ in 0..1_000 {
            let receipt = sms.send(&message()).await.unwrap();
            if receipt.provider == ONE {
                first += 1;
                if round == 2 && !told {
                    reports.learn(&report(&receipt.id.unwrap(), None));
                    told = true;
                }
            }
            advance(Duration::from_secs(1)).await;
        }
        if round < 2 {
            assert!((420..580).contains(&first), "nobody ever reports: {first}");
        } else if round == 3 {
            assert!(first < 100, "it reported once, and is silent since: {first}");
        }
    }
}
