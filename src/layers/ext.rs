//! [`LayerExt`]: layers by a method each.

use std::{sync::Arc, time::Duration};

use crate::{
    error::Result,
    layers::{Guard, GuardPolicy, Limit, RateLimit, Retry, RetryPolicy, Suppress, Timeout},
    provider::SmsProvider,
    suppression::SuppressionList,
};

/// Puts one layer around a provider. The [module](crate::layers) says in which order.
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
    /// [`Suppress`] by this list.
    ///
    /// # Errors
    /// Those of [`Suppress::new`].
    fn suppress(self, list: Arc<dyn SuppressionList>) -> Result<Suppress<Self>> {
        Suppress::new(self, list)
    }

    /// [`RateLimit`] by these limits.
    fn rate_limit(self, limits: impl IntoIterator<Item = Limit>) -> RateLimit<Self> {
        RateLimit::new(self, limits)
    }

    /// [`Retry`] by this policy.
    fn retry(self, policy: RetryPolicy) -> Retry<Self> {
        Retry::new(self, policy)
    }

    /// [`Guard`] by this policy.
    fn guard(self, policy: GuardPolicy) -> Guard<Self> {
        Guard::new(self, policy)
    }

    /// `Observe`.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    fn observe(self) -> crate::layers::Observe<Self> {
        crate::layers::Observe::new(self)
    }

    /// [`Timeout`] after this time.
    fn timeout(self, limit: Duration) -> Timeout<Self> {
        Timeout::new(self, limit)
    }
}

impl<P: SmsProvider> LayerExt for P {}
