//! Protocol of a message: what may become of it.
//!
//! What belongs here: pure changes of a message and its attempts (`transitions`, `lease`, `admission`,
//! `retention`), the operations that read, change and write them (`operations`), and the tables that a backend has
//! for them (`transaction`; `challenges` for codes and intents). No I/O.
//! `retention`), the operations that read, change and write them (`operations`, `threads`), and the tables that a backend has
//! for them (`transaction`). No I/O.

pub(crate) mod admission;
pub(crate) mod challenges;
pub(crate) mod costs;
pub(crate) mod events;
pub(crate) mod lease;
pub(crate) mod operations;
pub(crate) mod prices;
pub(crate) mod queue;
pub(crate) mod results;
pub(crate) mod retention;
pub(crate) mod threads;
pub(crate) mod transaction;
pub(crate) mod transitions;
pub(crate) mod turns;
