//! [`Blame`]: the party at fault.

/// Party at whose door a failure lies: the one table that retry, failover, breaker and worker decide by.
///
/// ```
/// use anysms::{Error, ErrorKind, error::Blame};
///
/// assert_eq!(Error::not_sent(ErrorKind::OptedOut).blame(), Blame::Recipient);
/// assert_eq!(Error::not_sent(ErrorKind::Credentials).blame(), Blame::Account);
/// assert!(Error::not_sent(ErrorKind::Credentials).may_fail_over());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The message: its sender, text, media or a parameter; a policy that holds it back. The same message
    /// fares the same at every provider, or must not be carried to another.
    Message,
    /// The recipient: opted out, barred, not reachable, or in a country that is not enabled.
    Recipient,
    /// The account: credentials, funds, suspension, its rate limit or queue. Other accounts are not affected.
    Account,
    /// The provider: in trouble, or it answers what cannot be understood.
    Provider,
    /// The network between this program and the provider.
    Network,
    /// This program: its configuration, its own limits, or something the client cannot do.
    Us,
}

impl Blame {
    /// Returns whether another provider or account may fare better with the same message.
    #[must_use]
    pub const fn is_elsewhere(self) -> bool {
        !matches!(self, Self::Message | Self::Recipient)
    }

    /// Returns whether the next message to the same account is likely to fail as well.
    ///
    /// Pause an account that is out of funds, but not for one bad number:
    ///
    /// ```
    /// use anysms::ErrorKind;
    ///
    /// assert!(ErrorKind::Account.blame().hits_the_next());
    /// assert!(!ErrorKind::InvalidRecipient.blame().hits_the_next());
    /// ```
    #[must_use]
    pub const fn hits_the_next(self) -> bool {
        matches!(self, Self::Account | Self::Provider | Self::Network)
    }
}
