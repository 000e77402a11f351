//! [`Receipt`]: the proof that a provider took a message.

use serde::{Deserialize, Serialize};

use crate::{
    message::{AccountId, MessageId, MessageKey, MessageStatus, Money},
    provider_id::ProviderId,
};

/// The proof that a provider took a message. **Accepted, never delivered**: what becomes of it comes
/// by webhook or by `fetch`.
///
/// `id` is none when the provider said yes in an answer that could not be read to its end: the
/// message was taken, and sending it again would send it twice.
///
/// Note how to find the message again:
///
/// ```
/// use anysms::{MessageId, Receipt, message::MessageKey};
///
/// fn note(receipt: &Receipt) -> String {
///     match &receipt.id {
///         Some(id) => id.to_string(), // what `fetch` and webhooks go by
///         None => format!("taken without an id, request {:?}", receipt.request_id),
///     }
/// }
/// let id: MessageId = "twilio:SM00000000000000000000000000000001".parse()?;
/// let receipt = Receipt::new(id.provider().clone(), Some(id.clone()), MessageKey::random());
/// assert_eq!(note(&receipt).parse::<MessageId>()?, id);
/// # Ok::<(), anysms::message::MessageIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// Provider that took it.
    pub provider: ProviderId,
    /// Account that took it; `None` where the provider has no accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The provider's id, where the answer could be read.
    pub id: Option<MessageId>,
    /// The message's own key.
    pub key: MessageKey,
    /// Status; `Accepted` if the provider does not say.
    pub status: MessageStatus,
    /// Number of segments, where the provider says so at once.
    pub segments: Option<u32>,
    /// Price, where the provider says so at once.
    pub price: Option<Money>,
    /// The provider's error code, where it gives one with a message that it took all the same; the delivery
    /// reports say what becomes of that message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// The provider's id of the request, for its support desk.
    pub request_id: Option<String>,
    /// `true` for the receipt of an earlier send under the same key, from a store: nothing was sent now.
    #[serde(default)]
    pub earlier: bool,
}

impl Receipt {
    /// Creates a receipt for a message that this provider took.
    #[must_use]
    pub const fn new(provider: ProviderId, id: Option<MessageId>, key: MessageKey) -> Self {
        Self {
            provider,
            account: None,
            id,
            key,
            status: MessageStatus::Accepted,
            segments: None,
            price: None,
            warning: None,
            request_id: None,
            earlier: false,
        }
    }

    /// Names the account that took it.
    #[must_use]
    pub fn with_account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }
}
