//! The same webhook server on six web frameworks, one module each.
//!
//! With `axum` and `actix-web` a handler takes the verified event as an argument. The other four read the
//! body themselves, up to [`MAX_BODY`](anysms::webhook::MAX_BODY), and call
//! [`WebhookExt::receive`](anysms::webhook::WebhookExt::receive). All of them answer 403 to a request
//! without a valid signature, 413 to one that is too large, and the provider's empty reply to the rest.

pub mod actix;
pub mod axum;
pub mod hyper;
pub mod poem;
pub mod rocket;
pub mod warp;
