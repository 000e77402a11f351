//! Values that are sent and that come back.
//!
//! [`Message`] goes out; [`Receipt`] says a provider took it; [`MessageRecord`] is what the provider
//! knows of it later; [`MessageStatus`] is where it stands. [`Query`] and [`Page`] list records.
//!
//! What belongs here: plain values that every provider shares. Whatever only one vendor has is a
//! typed [`VendorOptions`] in that vendor's folder.

mod address;
mod class;
mod destination;
mod extensions;
mod id;
mod key;
mod media;
mod money;
mod options;
mod outgoing;
mod query;
mod receipt;
mod record;
mod sender;
mod status;
mod tenant;
mod text;
mod web_url;
mod word;

pub use crate::account_id::AccountId;
pub use address::Address;
pub use class::MessageClass;
pub use destination::{Channel, Destination, DestinationError, MessengerId};
pub use extensions::Extensions;
pub use id::{MessageId, MessageIdError};
pub use key::{MessageKey, MessageKeyError};
pub use media::Media;
pub use money::{Currency, Money, MoneyError};
pub use options::VendorOptions;
pub use outgoing::{MAX_MEDIA, Message};
pub use query::{Cursor, Page, Query};
pub use receipt::Receipt;
pub use record::{DeliveryFailure, Direction, MediaRecord, MessageRecord};
pub use sender::{
    AlphanumericRefusal, AlphanumericSender, PoolId, PoolMember, RcsAgent, Sender, SenderError,
    ShortCode, SimId,
};
pub use status::MessageStatus;
pub use tenant::{TenantId, TenantIdError};
pub use text::{Extra, Text};
pub use web_url::{WebUrl, WebUrlError};

pub(crate) use options::OptionSet;
pub(crate) use word::{UNREADABLE, word};
