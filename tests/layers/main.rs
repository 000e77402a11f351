//! The layers around providers that do what they are told to, on a paused clock.
#![cfg(feature = "layers")]

mod failover;
mod retry;
mod scripted;
