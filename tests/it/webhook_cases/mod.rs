//! The cases that a verifier of webhooks must pass, each under its number.
//!
//! A is Twilio's forms and GET, B is re-splitting and replay, C is Twilio's JSON, D is Plivo, E is
//! behaviour. What is not here: E01 to E03 are measurements of time, and no test measures time; E05
//! and E06 are about a handler and its store. Of B08 and B09 here is what an event says, and of A43,
//! E07 and E08 what the check does without a framework.

mod accounts;
mod address;
mod behaviour;
mod common;
mod json;
mod limits;
mod parameters;
mod plivo;
mod replay;
mod shared_key;
mod texts;
