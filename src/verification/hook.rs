//! [`CodeHook`]: an endpoint for identity services that make codes themselves and have them sent by a hook.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{CodeText, HookSecret};
use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    message::{Message, MessageClass, MessageKey, TenantId},
    number::PhoneNumber,
    provider::SmsProvider,
};

/// Largest body of a hook, in bytes.
const MOST_BYTES: usize = 64 * 1024;

/// Endpoint that sends the codes of Supabase Auth ("send SMS" hook), and of anything that posts the same:
/// `{"user": {"phone": "447700900123"}, "sms": {"otp": "123456"}}`, signed by the Standard Webhooks specification.
///
/// A request that is repeated, by its `webhook-id`, sends once; a provider that is recorded in a message store keeps
/// that promise across processes. The code is in no log and no error.
///
/// ```
/// # async fn serve(provider: impl anysms::SmsProvider + 'static) -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::verification::{CodeHook, CodeText, HookSecret};
///
/// let secret = HookSecret::new("v1,whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")?; // from the dashboard
/// let text = CodeText::builder("Club").domain("club.example").build()?;
/// let app = axum::Router::new().nest("/hooks/sms", CodeHook::new(provider, secret, text).into_router());
/// axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8080").await?, app).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CodeHook {
    provider: Arc<dyn SmsProvider>,
    secret: HookSecret,
    text: CodeText,
    tenant: Option<TenantId>,
    seen: Mutex<HashMap<String, (Timestamp, Seen)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Sending,
    Sent,
}

#[derive(Deserialize)]
struct Body {
    user: User,
    sms: Sms,
}

#[derive(Deserialize)]
struct User {
    phone: String,
}

#[derive(Deserialize)]
struct Sms {
    otp: String,
}

impl CodeHook {
    /// Creates an endpoint.
    #[must_use]
    pub fn new(provider: impl SmsProvider + 'static, secret: HookSecret, text: CodeText) -> Self {
        let seen = Mutex::default();
        Self { provider: Arc::new(provider), secret, text, tenant: None, seen }
    }

    /// Sets the tenant on whose behalf the codes are sent.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Returns a router with one route, `POST /`.
    pub fn into_router(self) -> Router {
        Router::new().route("/", post(answer)).with_state(Arc::new(self))
    }

    async fn send(&self, headers: &HeaderMap, body: &[u8]) -> Result<()> {
        let refuse = |rule| Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule);
        if body.len() > MOST_BYTES {
            return Err(refuse("hook: the body has more than 64 KiB"));
        }
        let id = self.secret.verify(headers, body, Timestamp::now())?;
        let body: Body = serde_json::from_slice(body)
            .map_err(|_| refuse("hook: the body needs user.phone and sms.otp"))?;
        let number = format!("+{}", body.user.phone.trim_start_matches('+'));
        let number = PhoneNumber::parse(&number).map_err(|_| {
            Error::not_sent(ErrorKind::InvalidRecipient)
                .with_detail("user.phone: is no number in international form")
        })?;
        let digits = (4..=10).contains(&body.sms.otp.len());
        if !digits || !body.sms.otp.bytes().all(|c| c.is_ascii_digit()) {
            return Err(refuse("sms.otp: must be 4 to 10 digits"));
        }
        match self.begin(&id) {
            Some(Seen::Sent) => return Ok(()),
            Some(Seen::Sending) => {
                return Err(Error::not_sent(ErrorKind::Conflict)
                    .with_detail("hook: this request is being sent, or may have been sent"));
            }
            None => {}
        }
        let key = format!("hook:{}", hashed(&id));
        let mut message = Message::new(number, self.text.write(&body.sms.otp, "", 10))
            .with_class(MessageClass::OneTimeCode)
            .with_key(key.parse().unwrap_or_else(|_| MessageKey::random())); // it always is a key
        if let Some(tenant) = &self.tenant {
            message = message.with_tenant(tenant.clone());
        }
        let sent = self.provider.send(&message).await;
        self.end(&id, &sent.as_ref().map(drop).map_err(Clone::clone));
        sent.map(drop)
    }

    /// Notes that a request is being sent, and returns what was known of it.
    fn begin(&self, id: &str) -> Option<Seen> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        // A request of more than five minutes is refused by its time, so ten are enough.
        seen.retain(|_, (at, _)| now.duration_since(*at) < SignedDuration::from_mins(10));
        if let Some((_, known)) = seen.get(id) {
            return Some(*known);
        }
        seen.insert(id.to_owned(), (now, Seen::Sending));
        None
    }

    /// Notes how it ended: what may have been sent is not sent again.
    fn end(&self, id: &str, sent: &Result<()>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match sent {
            Ok(()) => {
                if let Some((_, state)) = seen.get_mut(id) {
                    *state = Seen::Sent;
                }
            }
            Err(error) if error.outcome() == Outcome::NotSent => {
                seen.remove(id);
            }
            Err(_) => {}
        }
    }
}

fn hashed(id: &str) -> String {
    Sha256::digest(id).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Answers as Supabase reads it: `{}`, or an error with its code (supabase.com/docs/guides/auth/auth-hooks, 2026-11).
async fn answer(State(hook): State<Arc<CodeHook>>, headers: HeaderMap, body: Bytes) -> Response {
    let Err(error) = hook.send(&headers, &body).await else {
        return json_answer(StatusCode::OK, &json!({}));
    };
    let status = match error.kind() {
        ErrorKind::Credentials => StatusCode::UNAUTHORIZED,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::InvalidRecipient => StatusCode::BAD_REQUEST,
        ErrorKind::InvalidRequest if error.provider().is_none() => StatusCode::BAD_REQUEST,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        _ => StatusCode::BAD_GATEWAY,
    };
    let message = error.kind().description();
    let body = json!({"error": {"http_code": status.as_u16(), "message": message}});
    json_answer(status, &body)
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
