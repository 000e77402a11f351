//! [`ScriptedTransport`]: answers from a script.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::transport::{Answer, BodyError, HttpTransport, TransportError, TransportErrorKind};

/// A transport that answers from a script, in order, and keeps what it was asked. A clone shares
/// both. Past the end of the script nothing connects.
///
/// ```
/// # #[cfg(feature = "twilio")]
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use anysms::{Message, SmsProvider, testing::ScriptedTransport, twilio::{Twilio, TwilioConfig}};
///
/// let transport = ScriptedTransport::new().answer(201, r#"{"sid":"SM1","status":"queued"}"#);
/// let config = TwilioConfig::new("AC00000000000000000000000000000001", "token")
///     .with_sender("+15555550100".parse()?);
/// let sms = Twilio::with_transport(&config, Arc::new(transport.clone()))?;
/// let receipt = sms.send(&Message::new("+447700900123".parse::<anysms::PhoneNumber>()?, "Hello")).await?;
/// assert_eq!(receipt.id.map(|id| id.to_string()).as_deref(), Some("twilio:SM1"));
/// assert_eq!(transport.requests().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct ScriptedTransport {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    script: VecDeque<Result<Answer, TransportErrorKind>>,
    requests: Vec<http::Request<Bytes>>,
}

impl ScriptedTransport {
    /// Creates an empty script.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers the next request with this status and body.
    #[must_use]
    pub fn answer(self, status: u16, body: impl Into<Bytes>) -> Self {
        let mut answer = http::Response::new(Ok(body.into()));
        *answer.status_mut() = status.try_into().unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        self.respond(answer)
    }

    /// Answers the next request with this whole answer, headers and all.
    #[must_use]
    pub fn respond(self, answer: Answer) -> Self {
        self.lock().script.push_back(Ok(answer));
        self
    }

    /// Answers the next request with this status, and loses the body on the way.
    #[must_use]
    pub fn lose_body(self, status: u16, error: BodyError) -> Self {
        let script = self.answer(status, "");
        if let Some(Ok(answer)) = script.lock().script.back_mut() {
            *answer.body_mut() = Err(error);
        }
        script
    }

    /// Lets the next request fail without an answer.
    #[must_use]
    pub fn fail(self, kind: TransportErrorKind) -> Self {
        self.lock().script.push_back(Err(kind));
        self
    }

    /// Returns the requests so far, in order. **With the credentials in the headers.**
    #[must_use]
    pub fn requests(&self) -> Vec<http::Request<Bytes>> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("ScriptedTransport")
            .field("left", &state.script.len())
            .field("requests", &state.requests.len())
            .finish()
    }
}

#[async_trait]
impl HttpTransport for ScriptedTransport {
    async fn execute(&self, request: http::Request<Bytes>) -> Result<Answer, TransportError> {
        let mut state = self.lock();
        state.requests.push(request);
        match state.script.pop_front() {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(kind)) => Err(TransportError::new(kind)),
            None => Err(TransportError::new(TransportErrorKind::Connect)),
        }
    }
}
