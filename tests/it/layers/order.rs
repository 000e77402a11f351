//! The order of layers: a stack that lets a message go round a protection cannot be built.

use std::{sync::Arc, time::Duration};

use crate::layers::scripted::{ACME, Scripted};
use anysms::{
    ErrorKind, SmsProvider, SmsProviderExt,
    layers::{
        Failover, GuardPolicy, LayerExt, ProviderHealth, Quota, RetryPolicy, Route, Weighted,
    },
    number::Region,
    suppression::{MemorySuppressionList, SuppressionList},
};

fn acme() -> Scripted {
    Scripted::failing(ACME, [])
}

fn list() -> Arc<dyn SuppressionList> {
    Arc::new(MemorySuppressionList::new())
}

fn policy() -> GuardPolicy {
    GuardPolicy::new([Region::GB])
}

#[test]
fn nothing_waits_between_the_list_and_the_submission() {
    assert!(acme().suppress(list()).is_ok());
    let wrong = [
        acme().retry(RetryPolicy::default()).into_dyn(),
        acme().rate_limit([Quota::messages(1)]).into_dyn(),
        acme().rate_limit([]).timeout(Duration::from_secs(1)).guard(policy()).into_dyn(),
        Failover::new(acme()).or(acme().retry(RetryPolicy::default())).unwrap().into_dyn(),
        Route::new(acme().rate_limit([])).into_dyn(),
        Failover::new(acme()).or(acme()).unwrap().into_dyn(),
    ];
    for stack in wrong {
        let error = stack.suppress(list()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.detail().contains("suppress"), "{error}");
    }
    // A guard may send to another number than the one that the list was asked about.
    assert!(acme().guard(policy()).suppress(list()).is_err());
}

#[test]
fn a_list_is_around_all_or_none_and_a_guard_is_outside() {
    let bare = || acme().into_dyn();
    let suppressed = || acme().suppress(list()).unwrap().into_dyn();
    let guarded = || acme().guard(policy()).into_dyn();
    let reports = ProviderHealth::default();
    for (one, other) in [
        (bare(), suppressed()),
        (suppressed(), bare()),
        (bare(), guarded()),
        (guarded(), bare()),
        (guarded(), guarded()),
    ] {
        let errors = [
            Failover::new(one.clone()).or(other.clone()).map(drop).unwrap_err(),
            Route::new(one.clone()).when(|_| true, other.clone()).map(drop).unwrap_err(),
            Weighted::new(one.clone(), 1, &reports).and(other.clone(), 1).map(drop).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        }
    }
    for same in [bare, suppressed] as [fn() -> _; 2] {
        let both = Route::new(same()).when(|_| true, same()).unwrap();
        let mut expected = same().capabilities();
        expected.chooses = true;
        assert_eq!(both.capabilities(), expected);
    }
}

#[test]
fn the_stack_says_what_it_is() {
    let inner = acme().suppress(list()).unwrap().rate_limit([Quota::messages(1)]);
    let stack = inner.retry(RetryPolicy::default()).guard(policy()).timeout(Duration::from_secs(1));
    let capabilities = stack.capabilities();
    assert!(capabilities.waits && capabilities.suppresses && capabilities.guards);
    let debug = format!("{stack:?}");
    for layer in ["Timeout", "Guard", "Retry", "RateLimit", "Suppress", "Scripted"] {
        assert!(debug.contains(layer), "{debug}");
    }
}
