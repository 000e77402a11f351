//! Builders of an [`Error`], for whoever writes a provider or a layer.

use std::{borrow::Cow, error::Error as StdError, sync::Arc, time::Duration};

use crate::{
    account_id::AccountId,
    error::{Attempt, Error, ErrorKind, Inner, Outcome, foreign::ForeignError},
    provider_id::ProviderId,
};

impl Error {
    /// Creates a failure with **proof** that no message left.
    #[must_use]
    pub fn not_sent(kind: ErrorKind) -> Self {
        Self::new(kind, Outcome::NotSent)
    }

    /// Creates a failure after which the message may be on its way all the same.
    #[must_use]
    pub fn unknown(kind: ErrorKind) -> Self {
        Self::new(kind, Outcome::Unknown)
    }

    /// Creates a failure with an outcome that was worked out elsewhere.
    #[must_use]
    pub fn new(kind: ErrorKind, outcome: Outcome) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            detail: Cow::Borrowed(""),
            provider: None,
            account: None,
            at_stake: !matches!(kind, ErrorKind::Config),
            code: None,
            status: None,
            retry_after: None,
            request_id: None,
            help: None,
            provider_message: None,
            attempts: Vec::new(),
            by_layer: false,
            source: None,
        }))
    }

    /// Sets kind and outcome anew, keeping the rest: for a provider whose own code says more than the
    /// HTTP status.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind, outcome: Outcome) -> Self {
        self.0.kind = kind;
        self.0.outcome = outcome;
        self
    }

    /// Sets the outcome anew, keeping the rest: for a layer that knows what its inner part could not, such as
    /// that nothing was submitted yet.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Creates the honest refusal of a provider that cannot do what was asked.
    #[must_use]
    pub fn unsupported(provider: ProviderId, what: &'static str) -> Self {
        Self::not_sent(ErrorKind::Unsupported).with_provider(provider).with_detail(what)
    }

    /// Says which field breaks which rule. Shown by `Display`: no number, text, URL or token in it.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Names the provider.
    #[must_use]
    pub fn with_provider(mut self, provider: ProviderId) -> Self {
        self.0.provider = Some(provider);
        self
    }

    /// Names the account that was asked.
    #[must_use]
    pub fn with_account(mut self, account: AccountId) -> Self {
        self.0.account = Some(account);
        self
    }

    /// Marks the failure of a call that sends nothing, such as a lookup: `Display` leaves the outcome out.
    #[must_use]
    pub fn without_message(mut self) -> Self {
        self.0.at_stake = false;
        self
    }

    /// Keeps the provider's own error code, as text.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Keeps the HTTP status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Keeps how long the provider asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    /// Keeps the provider's id of the request, for its support desk.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    /// Keeps the address of the provider's page about this code.
    #[must_use]
    pub fn with_help(mut self, url: Option<String>) -> Self {
        self.0.help = url;
        self
    }

    /// Keeps the provider's own words. They may hold a number or a text, so nothing prints them;
    /// [`Error::provider_message`] hands them out.
    #[must_use]
    pub fn with_provider_message(mut self, message: Option<String>) -> Self {
        self.0.provider_message = message;
        self
    }

    /// Keeps the name of the cause's type, and **nothing of its text**, which is written elsewhere and may quote an
    /// address with a password, a number or what a server sent. Say what is known of it in the kind and the
    /// [detail](Self::with_detail).
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a cause is handed over")]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.caused_by(ForeignError::of(&source))
    }

    /// Keeps a cause whose text is written in this crate.
    #[must_use]
    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Marks what a layer refused by itself, before any provider was asked: it says nothing of the provider.
    #[must_use]
    pub fn by_layer(mut self) -> Self {
        self.0.by_layer = true;
        self
    }

    /// Keeps what was tried before this, in order; this error ends the last try, which took so long. An
    /// error that ends several tries itself is all of them. If one of them may have sent the message,
    /// the message may have been sent, whatever the last one proves of itself.
    #[must_use]
    pub fn after(mut self, mut before: Vec<Attempt>, elapsed: Duration) -> Self {
        if before.is_empty() {
            return self;
        }
        before.append(&mut Attempt::all_of(&self, elapsed));
        if before.iter().any(|attempt| attempt.outcome == Outcome::Unknown) {
            self.0.outcome = Outcome::Unknown;
        }
        self.0.attempts = before;
        self
    }
}
