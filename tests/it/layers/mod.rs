//! The layers around providers that do what they are told to, on a paused clock.

mod extremes;
mod failover;
mod guard;
mod log_only;
mod order;
mod per_account;
mod rate_limit;
mod retry;
mod route;
mod scripted;
mod send_all;
mod suppress;
mod timeout;
mod weighted;
