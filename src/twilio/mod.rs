//! Twilio: messages through its REST API of 2010-04-01, and its webhooks.
//!
//! - [`Twilio`] sends, looks up, lists and cancels, redacts and deletes; [`TwilioConfig`] says for
//!   whom and where.
//! - [`TwilioOptions`] and [`TwilioQuery`] carry what only Twilio has.
//! - [`TwilioWebhook`] checks and reads what Twilio calls; [`Twiml`] is what to answer.
//!
//! Products, each behind its neutral trait where there is one:
//!
//! - [`Lookup`](crate::lookup::Lookup) is Twilio's Lookup, version 2; [`PriceSource`](crate::pricing::PriceSource) its
//!   Pricing; [`TwilioVerification`] is Twilio Verify, whose services [`Twilio::verify_services`] manages.
//! - [`Numbers`](crate::numbers::Numbers), [`Pools`](crate::numbers::Pools) and
//!   [`ShortCodes`](crate::numbers::ShortCodes) are its numbers, Messaging Services and short codes.
//! - [`Registrations`](crate::registration::Registrations) are its brands, campaigns and toll-free verifications.
//! - [`UsageRecords`](crate::usage::UsageRecords) and [`Subaccounts`](crate::usage::Subaccounts): usage, balance,
//!   subaccounts.
//! - [`TwilioConversations`] is Twilio's Conversations (classic), and [`ConversationEvent`] what its webhooks say.
//!
//! Each file is one job: `account` (the contract), `config`, `product` (hosts), `sms` (a message on the wire, and
//! what the answer means), a file or a folder for each product, `error` (codes), `status` (words), `options`,
//! `webhook` (signatures, events, replies), and `sandbox` (Twilio's half of the sandbox).

mod account;
mod config;
mod conversations;
mod error;
mod lookup;
mod numbers;
mod options;
mod pools;
mod pricing;
mod product;
mod registration;
mod short_codes;
mod sms;
mod status;
mod subaccounts;
mod usage;
mod verify;
mod webhook;

#[cfg(feature = "sandbox")]
mod sandbox;

pub use account::Twilio;
pub use config::TwilioConfig;
pub use conversations::{
    Conversation, ConversationEvent, ConversationEventKind, ConversationMessage,
    ConversationParticipant, ConversationReceipt, ConversationSettings, ConversationState,
    ConversationWebhook, ConversationWebhooks, NewConversationMessage, NewConversationWebhook,
    NewParticipant, ParticipantConversation, TwilioConversations,
};
pub use error::{error_help, error_kind};
pub use options::{
    AddressRetention, ContentRetention, MessageIntent, RiskCheck, TwilioOptions, TwilioQuery,
};
pub use product::Product;
pub use registration::registration_events;
pub use status::TwilioStatus;
pub use usage::{NewUsageTrigger, TriggerBy, TriggerFired, TriggerRecurring, UsageTrigger};
pub use verify::{
    TwilioVerification, TwilioVerifyChannel, VerifyAttempt, VerifyAttemptQuery,
    VerifyAttemptSummary, VerifyService, VerifyServiceSettings, VerifyServices, VerifyTemplate,
    VerifyTranslation,
};
pub use webhook::{SharedKeyAlgorithm, TwilioWebhook, Twiml};

#[cfg(feature = "sandbox")]
pub use sandbox::TwilioSandbox;

use crate::provider_id::ProviderId;

/// Twilio's name.
pub const TWILIO: ProviderId = ProviderId::from_static("twilio");
