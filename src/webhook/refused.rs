//! Counts and traces requests that were refused: the kind, the provider and the account, never their content.

use crate::{
    account_id::AccountId,
    provider_id::ProviderId,
    webhook::{Event, Webhook, WebhookError, WebhookRequest},
};

/// Reports a request that was refused, and hands the error on.
pub(super) fn request<W: Webhook + ?Sized>(
    webhook: &W,
    request: &WebhookRequest<'_>,
    error: WebhookError,
) -> WebhookError {
    if cfg!(any(feature = "metrics", feature = "tracing")) {
        // What is over the limits is not looked at further.
        let account = request.within_limits().ok().and_then(|()| webhook.claimed_account(request));
        report(&webhook.provider(), account.as_ref(), error.kind().as_str(), error.field());
    }
    error
}

/// Reports a request that was refused after it was read, and hands the error on.
pub(super) fn event(event: &Event, error: WebhookError) -> WebhookError {
    let account = event.account_key().map(|account| account.id);
    report(event.provider(), account.as_ref(), error.kind().as_str(), error.field());
    error
}

/// Reports a refusal. Only the end of the account's id is shown.
pub(super) fn report(
    provider: &ProviderId,
    account: Option<&AccountId>,
    kind: &'static str,
    field: &'static str,
) {
    let account = account.map(|account| format!("{account:?}")).unwrap_or_default();
    #[cfg(feature = "metrics")]
    {
        let labels = [
            ("messaging.system", provider.as_str().to_owned()),
            ("error.type", kind.to_owned()),
            ("anysms.account", account.clone()),
        ];
        metrics::counter!("anysms.webhook.refused", &labels).increment(1);
    }
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "anysms::webhook",
        {
            messaging.system = provider.as_str(),
            error.type = kind,
            anysms.account = account,
            anysms.field = field,
        },
        "refused"
    );
    let _ = (provider, account, kind, field);
}
