//! [`Sandbox`]: the server, its clock and its callbacks.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, extract::State};
use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{MessageId, MessageStatus, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{Ask, Carried, Carrier, Dialect, Fate, Inbound},
    transport::{HttpTransport, ReqwestTransport},
};

/// Longest request that is read, in bytes.
const REQUEST_CAP: usize = 1024 * 1024;

/// A carrier on loopback, up for as long as this value lives. `Sandbox::start` starts one that
/// speaks every vendor of the build.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

struct Shared {
    carrier: Carrier,
    dialects: Vec<Box<dyn Dialect>>,
    transport: ReqwestTransport,
    pace: Duration,
}

/// The settings of a [`Sandbox`].
#[derive(Debug)]
#[must_use]
pub struct SandboxBuilder {
    dialects: Vec<Box<dyn Dialect>>,
    port: u16,
    pace: Duration,
}

impl SandboxBuilder {
    /// A sandbox that speaks these dialects.
    pub fn new(dialects: Vec<Box<dyn Dialect>>) -> Self {
        Self { dialects, port: 0, pace: Duration::from_millis(50) }
    }

    /// Listens on this port; 0, the default, takes a free one.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How long a message stays in each status; 50 ms by default.
    pub const fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    /// `Config` if the port is taken.
    pub async fn start(self) -> Result<Sandbox> {
        let taken = |error| {
            let error = Error::not_sent(ErrorKind::Config).with_source(error);
            error.with_detail("sandbox: the port cannot be listened on")
        };
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let (submitted, inbox) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            carrier: Carrier::new(submitted),
            dialects: self.dialects,
            transport: ReqwestTransport::builder().timeout(Duration::from_secs(15)).build()?,
            pace: self.pace,
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let tasks = Arc::new(Mutex::new(JoinSet::new()));
        let mut set = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        set.spawn(async move { drop(axum::serve(listener, router).await) });
        set.spawn(clock(Arc::clone(&shared), inbox, Arc::clone(&tasks)));
        drop(set);
        Ok(Sandbox { address, shared, tasks })
    }
}

impl Sandbox {
    /// Where it listens, as a base URL: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Decides what becomes of messages to this number.
    pub fn set_fate(&self, to: PhoneNumber, fate: Fate) {
        self.shared.carrier.set_fate(to, fate);
    }

    /// All messages it took, newest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Carried> {
        self.shared.carrier.all()
    }

    /// Waits until a message stands so.
    ///
    /// # Errors
    /// `Timeout` if it does not within this time.
    pub async fn wait_for(
        &self,
        id: &MessageId,
        status: &MessageStatus,
        within: Duration,
    ) -> Result<Carried> {
        let mut changes = self.shared.carrier.changes();
        let reached = async {
            loop {
                match self.shared.carrier.find(id) {
                    Some(message) if message.status == *status => return message,
                    _ => drop(changes.changed().await), // the sender lives as long as `self`
                }
            }
        };
        let late =
            |_| Error::not_sent(ErrorKind::Timeout).with_detail("sandbox: not reached in time");
        tokio::time::timeout(within, reached).await.map_err(late)
    }

    /// Sends a message to a number of the account: calls the webhook at this address, signed as the
    /// vendor does. Returns the HTTP status that the webhook answered.
    ///
    /// # Errors
    /// `Unsupported` for a vendor it does not speak, or that the webhook did not answer.
    pub async fn receive(
        &self,
        provider: &ProviderId,
        message: &Inbound,
        url: &WebUrl,
    ) -> Result<u16> {
        let dialect = self.shared.dialect(provider);
        let request = dialect.and_then(|dialect| dialect.inbound(message, url));
        let request = request.ok_or_else(|| {
            Error::unsupported(provider.clone(), "sandbox: does not speak this vendor")
        })?;
        let answer = self.shared.transport.execute(request).await;
        let failed = |error| Error::not_sent(ErrorKind::Webhook).with_source(error);
        Ok(answer.map_err(failed)?.status().as_u16())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl Shared {
    fn dialect(&self, provider: &ProviderId) -> Option<&dyn Dialect> {
        self.dialects.iter().find(|dialect| dialect.provider() == *provider).map(|d| &**d)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("dialects", &self.dialects).finish_non_exhaustive()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
) -> Response<axum::body::Body> {
    let (parts, body) = request.into_parts();
    let refuse = |status: StatusCode| {
        let mut response = Response::new(axum::body::Body::empty());
        *response.status_mut() = status;
        response
    };
    let Ok(body) = axum::body::to_bytes(body, REQUEST_CAP).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let path = parts.uri.path();
    match shared.dialects.iter().find(|dialect| path.starts_with(dialect.prefix())) {
        Some(dialect) => dialect.answer(&Ask::new(&parts, &body), &shared.carrier).map(Into::into),
        None => refuse(StatusCode::NOT_FOUND),
    }
}

/// Starts a timeline for every message that comes in.
async fn clock(
    shared: Arc<Shared>,
    mut submitted: mpsc::UnboundedReceiver<MessageId>,
    tasks: Arc<Mutex<JoinSet<()>>>,
) {
    while let Some(id) = submitted.recv().await {
        let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {} // those that have ended
        tasks.spawn(deliver(Arc::clone(&shared), id));
    }
}

/// Takes one message along its timeline, and reports every step.
async fn deliver(shared: Arc<Shared>, id: MessageId) {
    let Some(message) = shared.carrier.find(&id) else { return };
    let Some(dialect) = shared.dialect(id.provider()) else { return };
    if let Some(at) = message.send_at {
        let wait = at.duration_since(Timestamp::now());
        tokio::time::sleep(wait.try_into().unwrap_or(Duration::ZERO)).await;
    }
    for step in dialect.timeline(&message, shared.carrier.fate(message.to)) {
        tokio::time::sleep(shared.pace).await;
        let changed = shared.carrier.change(&id, |message| {
            let on_its_way = !message.status.is_final();
            if on_its_way {
                message.status = step.status;
                message.error_code = step.error_code;
                message.changes += 1;
            }
            on_its_way
        });
        let Some(message) = changed else { return }; // cancelled or deleted
        if let Some(request) = dialect.report(&message) {
            report(&shared.transport, request).await;
        }
    }
}

/// Calls back once more if the first call fails, as a webhook may be about to start.
async fn report(transport: &ReqwestTransport, request: http::Request<Bytes>) {
    if transport.execute(request.clone()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(transport.execute(request).await);
    }
}
