//! Text messages at Plivo: a message on the wire, the answer to it, and the messages resource.
//!
//! What belongs here: `submit` (parameters of a send, and what the answer proves), `bulk` (several recipients
//! in one request), `media` (media of messages and of the account) and `wire` (the serde types of all).

mod bulk;
mod media;
pub(super) mod submit;
pub(super) mod wire;

pub use bulk::MAX_SEVERAL;
