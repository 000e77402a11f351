//! The message store of [`anysms`]: every message accounted for.
//!
//! A [`MessageStore`] writes down the intent to send before the provider is asked, the outcome after it, and every
//! status that a verified webhook brings. Lists, reports and costs are read from it; the queue for sending in the
//! background is in it; and it is the proof that nothing is sent twice and nothing is lost, even if the process is
//! killed at the worst moment.
//!
//! - [`MessageStore`]: opened in memory, in SQLite (feature `sqlite`) or in PostgreSQL (feature `postgres`).
//! - [`RecordExt::recorded`] writes every attempt down, directly around each provider.
//! - [`MessageStore::ingest`] takes what a webhook brings; `axum::router` (feature `axum`) serves the webhooks.
//! - [`Runner`] sends the queue, asks providers about unconfirmed attempts and purges what is old.
//!
//! What belongs in this package: the protocol of a message (`protocol`, pure), its rows (`model`), where they are kept
//! (`backend`), what runs (`run`), and what is added up (`report`). Names of vendors do not.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
// What only databases need lies idle in a build without one.
#![cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code))]

#[macro_use]
mod serde_text;

#[cfg(feature = "axum")]
pub mod axum;
mod backend;
mod model;
mod protocol;
mod report;
mod run;
mod store;
mod trouble;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use backend::sql::{
    EnqueueSql, InTransaction, OpenTransaction, StoreTransaction, TablePrefix, TablePrefixError,
};
pub use backend::{AnyBackend, Backend};
pub use model::{
    attempt::{AttemptOutcome, AttemptRecord, SettledBy},
    attempt_token::{AttemptToken, AttemptTokenError},
    entry::{Enqueued, Entry, EntryId, History, Stage},
    event::{Applied, StatusEvent},
    filter::Filter,
    hash::{TextHash, TextHashError},
    policy::{StorePolicy, TextPolicy, Unconfirmed},
    price::PriceRecord,
    result::{End, MessageResult},
    status::{DeliveryState, Progress, StatusConflict, StatusReducer, message_status},
    suppression::{Suppression, SuppressionScope},
    thread::{LastMessage, Thread, ThreadFilter, ThreadId, ThreadState},
};
pub use protocol::retention::{PurgeReport, Retention};
pub use report::{DeliveryStats, Percentiles, Usage, UsageRow, export};
pub use report::{
    billing::{BillingLine, Tariff, Tier, Tiers},
    costs::{CostComparison, CostReport, CostRow},
};
pub use run::{
    costs::{CostReconciler, CostsReconciled},
    ingest::{Ingest, Ingested, IngestedInbound},
    reconcile::{Reconciled, Reconciler},
    record::{RecordExt, Recorded},
    runner::Runner,
    worker::Worker,
};
pub use store::{MessageStore, ScopedSuppressionList, StorePriceCache};

/// Compiles the code of the README.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
mod readme {}
