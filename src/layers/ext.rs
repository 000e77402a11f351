//! [`LayerExt`]: one method for each layer.

use std::{sync::Arc, time::Duration};

use crate::{
    error::Result,
    layers::{Guard, GuardPolicy, Quota, RateLimit, Retry, RetryPolicy, Suppress, Timeout},
    provider::SmsProvider,
    suppression::SuppressionList,
};

/// Methods that wrap a provider in a layer. See the [order](crate::layers#order).
///
/// Add retries to any provider:
///
/// ```
/// use std::sync::Arc;
///
/// use anysms::{SmsProvider, SmsProviderExt, layers::{LayerExt, RetryPolicy}};
///
/// fn patient(provider: impl SmsProvider) -> Arc<dyn SmsProvider> {
///     provider.retry(RetryPolicy::default()).into_dyn()
/// }
/// ```
pub trait LayerExt: SmsProvider + Sized {
    /// Wraps the provider in [`Suppress`] with this list.
    ///
    /// # Errors
    /// As [`Suppress::new`].
    fn suppress(self, list: Arc<dyn SuppressionList>) -> Result<Suppress<Self>> {
        Suppress::new(self, list)
    }

    /// Wraps the provider in [`RateLimit`] with these quotas.
    fn rate_limit(self, quotas: impl IntoIterator<Item = Quota>) -> RateLimit<Self> {
        RateLimit::new(self, quotas)
    }

    /// Wraps the provider in [`Retry`] with this policy.
    fn retry(self, policy: RetryPolicy) -> Retry<Self> {
        Retry::new(self, policy)
    }

    /// Wraps the provider in [`Guard`] with this policy.
    fn guard(self, policy: GuardPolicy) -> Guard<Self> {
        Guard::new(self, policy)
    }

    /// Wraps the provider in [`Observe`](crate::layers::Observe).
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    fn observe(self) -> crate::layers::Observe<Self> {
        crate::layers::Observe::new(self)
    }

    /// Wraps the provider in [`Timeout`] with this maximum wait.
    fn timeout(self, limit: Duration) -> Timeout<Self> {
        Timeout::new(self, limit)
    }
}

impl<P: SmsProvider> LayerExt for P {}
