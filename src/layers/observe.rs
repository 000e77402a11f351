//! [`Observe`]: spans and metrics of every send. Their names are stable.

#[cfg(feature = "metrics")]
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::{
    account_id::AccountKey,
    error::{Error, Result},
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    text,
};

/// Layer that reports every send as a `tracing` span and as metrics of the `metrics` facade, depending on
/// the features.
///
/// Names follow OpenTelemetry's messaging conventions, which do not cover SMS (2026-11). Place it outside
/// layers that retry or choose providers, so that it reports sends as the caller sees them.
///
/// Report every send:
///
/// ```
/// use anysms::{SmsProvider, layers::LayerExt};
///
/// fn observed(provider: impl SmsProvider) -> impl SmsProvider {
///     provider.observe()
/// }
/// ```
///
/// # Spans
/// `send`, of level `INFO` and target `anysms`, with the fields `otel.kind` (`producer`),
/// `messaging.system` (the provider), `messaging.operation.name` and `messaging.operation.type` (both
/// `send`), `messaging.message.id` (the provider's id), `anysms.message.key`, `anysms.class`,
/// `anysms.country` (the recipient's, such as `GB`), `anysms.segments`, `anysms.outcome` (`accepted`,
/// `not_sent`, `unknown`), `error.type` (the error's kind), `anysms.attempts` (number of attempts, if the
/// send failed) and `otel.status_code` (`ERROR`).
///
/// # Metrics
/// | name | | labels |
/// |---|---|---|
/// | `messaging.client.sent.messages` | counter | `messaging.system`, `anysms.outcome`, `error.type` |
/// | `messaging.client.operation.duration` | histogram, seconds | the same |
/// | `anysms.segments` | counter, of accepted messages | `messaging.system`, `anysms.country` |
/// | `anysms.retries` | counter, of `Retry` | `messaging.system`, `error.type` |
///
/// `error.type` is empty if there is no error. No field or label contains a phone number, a text, a URL or
/// a token.
#[derive(Debug)]
pub struct Observe<P> {
    inner: P,
}

impl<P: SmsProvider> Observe<P> {
    /// Wraps a provider.
    pub fn new(inner: P) -> Self {
        Self { inner }
    }

    async fn observed(
        &self,
        message: &Message,
        #[cfg(feature = "tracing")] span: tracing::Span,
    ) -> Result<Receipt> {
        #[cfg(feature = "metrics")]
        let begun = Instant::now();
        let send = self.inner.send(message);
        #[cfg(feature = "tracing")]
        let send = tracing::Instrument::instrument(send, span.clone());
        let result = send.await;
        let observation = Observation::of(self.inner.id(), message, &result);
        #[cfg(feature = "tracing")]
        observation.record(&span, &result);
        #[cfg(feature = "metrics")]
        observation.count(message, begun.elapsed());
        result
    }
}

/// Reported properties of a send.
struct Observation {
    provider: ProviderId,
    outcome: &'static str,
    error: &'static str,
    segments: u64,
}

impl Observation {
    fn of(asked: ProviderId, message: &Message, result: &Result<Receipt>) -> Self {
        let error = result.as_ref().err();
        let provider = match result {
            Ok(receipt) => receipt.provider.clone(),
            Err(error) => error.provider().cloned().unwrap_or(asked),
        };
        let counted = result.as_ref().ok().and_then(|receipt| receipt.segments);
        Self {
            provider,
            outcome: error.map_or("accepted", |error| error.outcome().as_str()),
            error: error.map_or("", |error| error.kind().as_str()),
            segments: counted.map_or_else(|| segments(message), u64::from),
        }
    }

    #[cfg(feature = "tracing")]
    fn record(&self, span: &tracing::Span, result: &Result<Receipt>) {
        span.record("messaging.system", self.provider.as_str());
        span.record("anysms.outcome", self.outcome);
        span.record("anysms.segments", self.segments);
        match result {
            Ok(receipt) => {
                if let Some(id) = &receipt.id {
                    span.record("messaging.message.id", id.value());
                }
            }
            Err(error) => {
                span.record("error.type", self.error);
                span.record("otel.status_code", "ERROR");
                span.record("anysms.attempts", error.attempts().len().max(1));
            }
        }
    }

    #[cfg(feature = "metrics")]
    fn count(&self, message: &Message, took: Duration) {
        let labels = [
            ("messaging.system", self.provider.as_str().to_owned()),
            ("anysms.outcome", self.outcome.to_owned()),
            ("error.type", self.error.to_owned()),
        ];
        metrics::counter!("messaging.client.sent.messages", &labels).increment(1);
        metrics::histogram!("messaging.client.operation.duration", &labels).record(took);
        if self.outcome == "accepted" {
            let labels = [
                ("messaging.system", self.provider.as_str().to_owned()),
                ("anysms.country", country(message)),
            ];
            metrics::counter!("anysms.segments", &labels).increment(self.segments);
        }
    }
}

fn country(message: &Message) -> String {
    message
        .destination()
        .number()
        .and_then(|to| to.region())
        .map(|region| region.to_string())
        .unwrap_or_default()
}

fn segments(message: &Message) -> u64 {
    text::segments(message.text()).count() as u64
}

/// Counts a retry.
pub(super) fn retried(provider: &ProviderId, error: &Error) {
    #[cfg(feature = "metrics")]
    {
        let labels = [
            ("messaging.system", provider.as_str().to_owned()),
            ("error.type", error.kind().as_str().to_owned()),
        ];
        metrics::counter!("anysms.retries", &labels).increment(1);
    }
    #[cfg(feature = "tracing")]
    tracing::debug!(
        target: "anysms",
        { messaging.system = provider.as_str(), error.type = error.kind().as_str() },
        "retry"
    );
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: SmsProvider> SmsProvider for Observe<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.inner.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        #[cfg(feature = "tracing")]
        return self.observed(message, span(message)).await;
        #[cfg(not(feature = "tracing"))]
        self.observed(message).await
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.inner.fetch(id).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.inner.list(query).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.inner.cancel(id).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.inner.check().await
    }
}

#[cfg(feature = "tracing")]
fn span(message: &Message) -> tracing::Span {
    use tracing::field::Empty;

    tracing::info_span!(
        target: "anysms",
        "send",
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.system = Empty,
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.message.id = Empty,
        anysms.message.key = message.key().as_str(),
        anysms.class = message.class().as_str(),
        anysms.country = country(message),
        anysms.segments = Empty,
        anysms.outcome = Empty,
        anysms.attempts = Empty,
        error.type = Empty,
    )
}
