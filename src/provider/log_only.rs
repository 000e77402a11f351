//! [`LogOnly`]: a provider that sends nothing.

use async_trait::async_trait;

use crate::{
    error::Result,
    message::{Message, MessageId, Receipt},
    provider::{Capabilities, SmsProvider},
    provider_id::ProviderId,
    random, text,
};

/// Provider on the receipts of [`LogOnly`].
pub const LOG_ONLY: ProviderId = ProviderId::from_static("log-only");

/// Provider that accepts every message that is one and **sends nothing**, for development and dry runs.
///
/// The layers around it work as around any provider: a store writes each message down, a guard counts, a
/// suppression list refuses. The receipt names the provider [`LOG_ONLY`], an id that nobody else knows, and the
/// status `accepted`; as nothing is delivered, no delivery report ever comes. With the feature `tracing`, each
/// message is an event of level `INFO` and target `anysms` with its class, segments and tenant, and neither
/// the recipient nor the text.
///
/// `GuardPolicy::dry_run` (feature `layers`) also sends nothing, but passes nothing on to a
/// store.
///
/// Send in production, and write down elsewhere:
///
/// ```
/// use std::sync::Arc;
///
/// use anysms::{SmsProvider, SmsProviderExt, provider::LogOnly};
///
/// fn provider(live: bool, real: impl SmsProvider) -> Arc<dyn SmsProvider> {
///     if live { real.into_dyn() } else { LogOnly::new().into_dyn() }
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct LogOnly;

impl LogOnly {
    /// Creates the provider.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

#[async_trait]
impl SmsProvider for LogOnly {
    fn id(&self) -> ProviderId {
        LOG_ONLY
    }

    /// Returns every ability that a message may ask for, and none to look anything up.
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            media: true,
            schedule: true,
            validity: true,
            short_code: true,
            alphanumeric: true,
            pool: true,
            whatsapp: true,
            rcs: true,
            messenger: true,
            ..Capabilities::default()
        }
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        // A vendor's template may stand for the text.
        if !message.has_options() {
            message.validate().map_err(|error| error.with_provider(LOG_ONLY))?;
        }
        let segments = text::segments(message.text()).count();
        #[cfg(feature = "tracing")]
        tracing::info!(
            target: "anysms",
            {
                messaging.system = LOG_ONLY.as_str(),
                anysms.class = message.class().as_str(),
                anysms.segments = segments,
                anysms.tenant = message.tenant().map(|tenant| tenant.as_str()),
            },
            "message not sent: the provider only logs"
        );
        let id = MessageId::new(LOG_ONLY, &random::uuid().to_string()).ok();
        let mut receipt = Receipt::new(LOG_ONLY, id, message.key().clone());
        receipt.segments = u32::try_from(segments).ok();
        Ok(receipt)
    }
}
