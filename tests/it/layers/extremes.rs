//! Settings at their limits: no layer panics, overflows, or waits beyond the patience that it has.

use std::{sync::Arc, time::Duration};

use crate::layers::scripted::{ACME, Scripted, message};
use anysms::{
    Decimal, Error, ErrorKind, Message, MessageClass, ProviderId, SmsProvider, SmsProviderExt,
    layers::{
        BreakerPolicy, Failover, GuardPolicy, LayerExt, ProviderHealth, QuietHours, Quota,
        ResendPolicy, RetryPolicy, Weighted,
    },
    message::{Currency, Money},
    number::Region,
};
use tokio::time::{Instant, timeout};

const DURATIONS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_nanos(1),
    Duration::from_secs(60),
    Duration::from_secs(136 * 366 * 24 * 60 * 60),
    Duration::from_secs(u64::MAX),
    Duration::MAX,
];
const COUNTS: [u32; 4] = [0, 1, u32::MAX - 1, u32::MAX];

/// A provider that takes, refuses for a time, and loses.
fn provider(asks: Duration) -> Scripted {
    let limited = || Error::not_sent(ErrorKind::RateLimited).with_retry_after(Some(asks));
    let errors = [limited(), Error::unknown(ErrorKind::Timeout), limited()];
    Scripted::failing(ACME, errors.map(|error| error.with_status(503)))
}

/// Sends some messages of each class. Whoever waits longer than an hour is left.
async fn send_all(sms: impl SmsProvider) {
    for _ in 0..3 {
        for class in [MessageClass::OneTimeCode, MessageClass::Marketing] {
            let message = message().with_class(class).with_campaign("c");
            let _ = timeout(Duration::from_secs(3_600), sms.send(&message)).await;
        }
        let _ = timeout(Duration::from_secs(3_600), sms.check()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_setting_at_its_limit_panics() {
    for a in DURATIONS {
        for b in DURATIONS {
            for n in COUNTS {
                let mut resend = ResendPolicy::default();
                (resend.max, resend.after) = (n, b);
                let retry = RetryPolicy::default()
                    .with_max_attempts(n)
                    .with_backoff(a, b)
                    .with_deadline(b)
                    .with_budget(n, n)
                    .with_resend(MessageClass::OneTimeCode, resend);
                send_all(provider(a).retry(retry)).await;

                let quotas = [
                    Quota::segments(n).within(a).per_sender(),
                    Quota::messages(n).within(b).per_campaign(),
                    Quota::requests(n).within(a),
                ];
                send_all(provider(a).rate_limit(quotas).with_max_wait(b)).await;

                let breaker = BreakerPolicy::default()
                    .with_consecutive_failures(n)
                    .with_failure_rate(n, n as usize, a)
                    .with_probe_interval(b);
                let two = Scripted::failing(ProviderId::from_static("two"), []);
                send_all(Failover::with_policy(provider(a), breaker).or(two).unwrap()).await;

                let cap = Money::new(Decimal::MAX, Currency::USD);
                let policy = GuardPolicy::new([Region::GB])
                    .with_per_number([(n, a)])
                    .with_per_prefix([(n, b)])
                    .with_overall_factor(n.try_into().unwrap_or(std::num::NonZeroU32::MIN))
                    .with_spend_cap(cap, a, move |_| Some(cap))
                    .with_spend_share(n)
                    .with_quiet_hours(QuietHours::default().with_margin(b));
                send_all(provider(a).guard(policy)).await;

                let health = ProviderHealth::new(a);
                send_all(Weighted::new(provider(b), n, &health).and(provider(b), n).unwrap()).await;
            }
            send_all(provider(a).timeout(b)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_centuries_ends_at_the_deadline() {
    for asks in &DURATIONS[3..] {
        let start = Instant::now();
        let sms = provider(*asks).retry(RetryPolicy::default());
        assert_eq!(sms.send(&message()).await.unwrap_err().kind(), ErrorKind::RateLimited);
        assert!(start.elapsed() <= Duration::from_secs(60));
    }
    let sms = Scripted::failing(ACME, []).rate_limit([Quota::messages(1).within(Duration::MAX)]);
    sms.send(&message()).await.unwrap();
    let start = Instant::now();
    assert_eq!(sms.send(&message()).await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert!(start.elapsed() <= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn as_many_at_a_time_as_there_can_be() {
    let acme = Scripted::failing(ACME, []);
    for concurrency in [0, 1, usize::MAX] {
        let messages: Vec<Message> = (0..3).map(|_| message()).collect();
        let max = Money::new(Decimal::MAX, Currency::USD);
        let mut all = Arc::new(acme.clone())
            .send_each(messages)
            .with_concurrency(concurrency)
            .with_price(move |_| Some(max));
        while all.next().await.is_some() {}
        assert_eq!((all.summary().sent, &*all.summary().cost), (3, &[max][..]));
    }
}
