//! What each layer adds to a send, around a provider that accepts at once. Asked of `Retry`, `RateLimit` and
//! `Guard` together: at most 2 µs more than `bare`.
//!
//! ```text
//! cargo bench -p anysms-benches --bench layers
//! ```
//!
//! Every send is to another number, and the guard counts it in windows of a second, so that it forgets as
//! much as it learns. The limits are such that nothing waits and nothing is refused.

use std::{cell::Cell, sync::Arc, time::Duration};

use anysms::{
    Capabilities, Message, PhoneNumber, ProviderId, Receipt, Result, SmsProvider, SmsProviderExt,
    async_trait,
    layers::{
        Failover, GuardPolicy, LayerExt, ProviderHealth, Quota, RetryPolicy, Route, Weighted,
    },
    number::Region,
    suppression::MemorySuppressionList,
};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Builder;

const ACME: ProviderId = ProviderId::from_static("acme");
const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
struct Accepts;

#[async_trait]
impl SmsProvider for Accepts {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        Ok(Receipt::new(ACME, None, message.key().clone()))
    }
}

fn policy() -> GuardPolicy {
    GuardPolicy::new([Region::GB])
        .with_per_number([(u32::MAX, SECOND), (u32::MAX, SECOND)])
        .with_per_prefix([(u32::MAX, SECOND)])
}

fn limits() -> [Quota; 1] {
    [Quota::messages(1_000_000_000).per_sender()]
}

fn layers(c: &mut Criterion) {
    let retry = RetryPolicy::default;
    let stacks: [(&str, Arc<dyn SmsProvider>); 12] = [
        ("bare", Arc::new(Accepts)),
        (
            "suppress",
            Accepts.suppress(Arc::new(MemorySuppressionList::new())).expect("a stack").into_dyn(),
        ),
        ("rate_limit", Accepts.rate_limit(limits()).into_dyn()),
        ("rate_limit/two", Accepts.rate_limit([limits(), limits()].concat()).into_dyn()),
        ("retry", Accepts.retry(retry()).into_dyn()),
        ("failover", Failover::new(Accepts).or(Accepts).expect("a stack").into_dyn()),
        (
            "route",
            Route::new(Accepts).countries([Region::GB], Accepts).expect("a stack").into_dyn(),
        ),
        ("weighted", weighted().into_dyn()),
        ("guard", Accepts.guard(policy()).into_dyn()),
        ("observe", observed()),
        ("timeout", Accepts.timeout(SECOND).into_dyn()),
        (
            "retry+rate_limit+guard",
            Accepts.rate_limit(limits()).retry(retry()).guard(policy()).into_dyn(),
        ),
    ];
    let number = |n: u64| {
        format!("+{}", 447_460_000_000 + n * 7_919 % 10_000_000).parse().expect("a number")
    };
    let numbers: Vec<PhoneNumber> = (0..50_000).map(number).collect();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = c.benchmark_group("layers");
    for (name, stack) in stacks {
        let next = Cell::new(0);
        let message = Message::new(
            "+447700900123".parse::<PhoneNumber>().expect("a number"),
            "Your table is ready",
        );
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter(async || {
                let number = next.get();
                next.set(number + 1);
                let to = numbers[number % numbers.len()];
                stack.send(&message.clone().with_destination(to)).await.expect("a receipt")
            });
        });
    }
    group.finish();
}

fn weighted() -> Weighted {
    Weighted::new(Accepts, 3, &ProviderHealth::default()).and(Accepts, 1).expect("a stack")
}

/// Only there with one of its features.
fn observed() -> Arc<dyn SmsProvider> {
    #[cfg(feature = "observe")]
    return Accepts.observe().into_dyn();
    #[cfg(not(feature = "observe"))]
    Arc::new(Accepts)
}

criterion_group!(benches, layers);
criterion_main!(benches);
