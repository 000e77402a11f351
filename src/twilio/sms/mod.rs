//! Text messages at Twilio: a message on the wire, the answer to it, and the messages resource.
//!
//! What belongs here: `submit` (parameters of a send, and what the answer proves), `resource` (redacting,
//! deleting, media) and `wire` (the serde types of both).

mod resource;
pub(super) mod submit;
pub(super) mod wire;
