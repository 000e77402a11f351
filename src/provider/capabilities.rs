//! [`Capabilities`]: the abilities of a provider.

/// Abilities of a provider. All false by default, and false means an honest refusal.
///
/// ```
/// use anysms::Capabilities;
///
/// let mut capabilities = Capabilities::default();
/// capabilities.fetch = true;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// `fetch` looks a message up.
    pub fetch: bool,
    /// `list` lists messages.
    pub list: bool,
    /// `cancel` calls a scheduled message back.
    pub cancel: bool,
    /// `check` tells whether the credentials are alive.
    pub check: bool,
    /// Messages may carry media.
    pub media: bool,
    /// Messages may be scheduled (`Message::with_send_at`).
    pub schedule: bool,
    /// Messages may have a validity (`Message::with_validity`).
    pub validity: bool,
    /// The provider reports what becomes of a message (`Message::with_status_callback`).
    pub status_callback: bool,
    /// A short code may be the sender.
    pub short_code: bool,
    /// A name may be the sender.
    pub alphanumeric: bool,
    /// A pool may be the sender.
    pub pool: bool,
    /// Messages may go by WhatsApp.
    pub whatsapp: bool,
    /// Messages may go by RCS.
    pub rcs: bool,
    /// Messages may go by Messenger.
    pub messenger: bool,
    /// A send may wait before it submits, as a retry or a rate limit does.
    pub waits: bool,
    /// Suppressed recipients are refused before every submission.
    pub suppresses: bool,
    /// A guard stands before every submission.
    pub guards: bool,
    /// Messages go by one of several providers, as a route, a failover or weights choose.
    pub chooses: bool,
    /// Identity of the message store into which every submission is written before it is made; `None` if there is none,
    /// or not the same for all submissions.
    pub recorded_in: Option<u128>,
}

impl Capabilities {
    /// Combines two providers of a stack, either of which may be asked: an ability counts if one of them has
    /// it, a protection only if both do.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            fetch: self.fetch | other.fetch,
            list: self.list | other.list,
            cancel: self.cancel | other.cancel,
            check: self.check | other.check,
            media: self.media | other.media,
            schedule: self.schedule | other.schedule,
            validity: self.validity | other.validity,
            status_callback: self.status_callback | other.status_callback,
            short_code: self.short_code | other.short_code,
            alphanumeric: self.alphanumeric | other.alphanumeric,
            pool: self.pool | other.pool,
            whatsapp: self.whatsapp | other.whatsapp,
            rcs: self.rcs | other.rcs,
            messenger: self.messenger | other.messenger,
            waits: self.waits | other.waits,
            suppresses: self.suppresses & other.suppresses,
            guards: self.guards & other.guards,
            chooses: self.chooses | other.chooses,
            recorded_in: match (self.recorded_in, other.recorded_in) {
                (Some(one), Some(two)) if one == two => Some(one),
                _ => None,
            },
        }
    }
}
