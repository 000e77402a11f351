//! The layers around providers that do what they are told to, on a paused clock.

mod failover;
mod guard;
mod order;
mod rate_limit;
mod retry;
mod route;
mod scripted;
mod send_all;
mod suppress;
mod timeout;
mod weighted;
