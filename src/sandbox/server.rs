//! [`Sandbox`]: the server, its clock and its callbacks.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::Deref,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::RETRY_AFTER};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

use crate::{
    error::{Error, ErrorKind, Result},
    provider_id::ProviderId,
    sandbox::{
        Ask, Carrier, Fault, SandboxHandle, SandboxVendor, api,
        fault::Script,
        html,
        line::{CutShort, Cutter, Lines},
        state::{self, State},
        timeline,
    },
    transport::ReqwestTransport,
};

/// Longest time that a call of a webhook takes.
const LONGEST_CALL: Duration = Duration::from_secs(15);

/// Longest request that is read, in bytes.
const REQUEST_CAP: usize = 8 * 1024 * 1024; // Plivo takes files of 2 MB, several at once

/// A carrier on loopback, up for as long as this value lives. `Sandbox::start` starts one that
/// speaks every vendor of the build. It does all that its [`SandboxHandle`] does.
#[derive(Debug)]
pub struct Sandbox {
    handle: SandboxHandle,
    tasks: Arc<Mutex<JoinSet<()>>>,
    data: Option<PathBuf>,
}

pub(super) struct Shared {
    pub(super) base: String,
    pub(super) carrier: Carrier,
    pub(super) faults: Script,
    pub(super) vendors: Vec<Box<dyn SandboxVendor>>,
    pub(super) transport: ReqwestTransport,
    pub(super) pace: Duration,
}

type Pages = Box<dyn FnOnce(SandboxHandle) -> Router + Send>;

/// The settings of a [`Sandbox`].
#[must_use]
pub struct SandboxBuilder {
    vendors: Vec<Box<dyn SandboxVendor>>,
    host: IpAddr,
    port: u16,
    pace: Duration,
    kept: usize,
    data: Option<PathBuf>,
    pages: Option<Pages>,
}

impl SandboxBuilder {
    /// Creates a sandbox that speaks these vendors.
    pub fn new(vendors: Vec<Box<dyn SandboxVendor>>) -> Self {
        let pace = Duration::from_millis(50);
        let host = Ipv4Addr::LOCALHOST.into();
        Self { vendors, host, port: 0, pace, kept: 10_000, data: None, pages: None }
    }

    /// Listens on this address; 127.0.0.1 by default. Any other lets other machines in: in a container,
    /// `0.0.0.0` lets its host in.
    pub const fn host(mut self, address: IpAddr) -> Self {
        self.host = address;
        self
    }

    /// Listens on this port; 0, the default, takes a free one.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the time that a message stays in each status; 50 ms by default.
    pub const fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Sets the number of messages that are kept; 10,000 by default. A new one replaces the oldest.
    pub const fn keep(mut self, messages: usize) -> Self {
        self.kept = messages;
        self
    }

    /// Keeps everything in this file over a restart, but for faults. Without it, what is kept goes with the
    /// sandbox. The file has numbers and texts, and only its owner may read it.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = anysms::sandbox::Sandbox::builder().port(4010).data("sandbox.json").start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn data(mut self, file: impl Into<PathBuf>) -> Self {
        self.data = Some(file.into());
        self
    }

    /// Serves pages on the same port. The router answers what it has a route for, the sandbox all else.
    pub fn pages(mut self, make: impl FnOnce(SandboxHandle) -> Router + Send + 'static) -> Self {
        self.pages = Some(Box::new(make));
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    /// `Config` if the port is taken.
    pub async fn start(self) -> Result<Sandbox> {
        let taken = |_| {
            let rule = "sandbox: the port cannot be listened on; choose another with port";
            Error::not_sent(ErrorKind::Config).with_detail(rule)
        };
        let listener = TcpListener::bind((self.host, self.port)).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let (submitted, inbox) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            base: base_url(address),
            carrier: Carrier::new(submitted, self.kept),
            faults: Script::default(),
            vendors: self.vendors,
            transport: ReqwestTransport::builder().timeout(LONGEST_CALL).build()?,
            pace: self.pace,
        });
        if let Some(file) = &self.data {
            let state = State::read(file).map_err(|_| {
                let rule = "sandbox: the file with its data cannot be read; move it away";
                Error::not_sent(ErrorKind::Config).with_detail(rule)
            })?;
            shared.carrier.restore(state);
        }
        let known = shared.carrier.accounts();
        let known = |vendor: &dyn SandboxVendor| {
            known.iter().any(|account| account.provider == vendor.provider())
        };
        for vendor in shared.vendors.iter().filter(|vendor| !known(&***vendor)) {
            vendor.open(&shared.carrier);
        }
        let handle = SandboxHandle { shared: Arc::clone(&shared) };
        let pages = self.pages.map_or_else(Router::new, |make| make(handle.clone()));
        let state = Arc::clone(&shared);
        let router = pages.fallback(move |line, request| answer(Arc::clone(&state), line, request));
        let service = router.into_make_service_with_connect_info::<Cutter>();
        let tasks = Arc::new(Mutex::new(JoinSet::new()));
        let mut set = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        set.spawn(async move { drop(axum::serve(Lines(listener), service).await) });
        set.spawn(timeline::run(Arc::clone(&shared), inbox, Arc::clone(&tasks)));
        if let Some(file) = self.data.clone() {
            set.spawn(state::keep(Arc::clone(&shared), file));
        }
        drop(set);
        Ok(Sandbox { handle, tasks, data: self.data })
    }
}

impl Deref for Sandbox {
    type Target = SandboxHandle;

    fn deref(&self) -> &SandboxHandle {
        &self.handle
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
        if let Some(file) = &self.data {
            let _ = self.handle.shared.carrier.state().write(file); // nobody is there to be told
        }
    }
}

impl Shared {
    pub(super) fn vendor(&self, provider: &ProviderId) -> Option<&dyn SandboxVendor> {
        self.vendors.iter().find(|vendor| vendor.provider() == *provider).map(|d| &**d)
    }
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SandboxBuilder");
        shown.field("vendors", &self.vendors).field("port", &self.port).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("vendors", &self.vendors).finish_non_exhaustive()
    }
}

async fn answer(
    shared: Arc<Shared>,
    ConnectInfo(line): ConnectInfo<Cutter>,
    request: axum::extract::Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, REQUEST_CAP).await else {
        return bare(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let path = parts.uri.path();
    if let Some(path) = path.strip_prefix(api::PREFIX) {
        return api::answer(&shared, path, &parts, &body).await.map(Body::from);
    }
    // Links lead back by the way that the client came, as a container's port may have another number outside.
    let host = api::local_host(&parts.headers).map(|host| format!("http://{host}"));
    let ask = Ask::new(&parts, &body, host.as_deref().unwrap_or(&shared.base));
    match shared.vendors.iter().find(|vendor| vendor.speaks(&ask)) {
        Some(vendor) => spoken(&shared, &**vendor, &ask, &line).await,
        None => bare(StatusCode::NOT_FOUND),
    }
}

/// Answers a request to a vendor, with what goes wrong before, and after it was answered.
async fn spoken(
    shared: &Shared,
    vendor: &dyn SandboxVendor,
    ask: &Ask<'_>,
    line: &Cutter,
) -> Response<Body> {
    let to = vendor.submission(ask);
    let (fault, callbacks) = shared.faults.next(ask.uri.path(), to.as_deref());
    let hang_up = || {
        line.cut();
        bare(StatusCode::OK) // which nobody reads
    };
    match fault {
        Some(Fault::Refuse(status)) => return vendor.refusal(status).map(Body::from),
        Some(Fault::RefuseFor(status, wait)) => {
            let mut refusal = vendor.refusal(status).map(Body::from);
            let wait = HeaderValue::from(wait.as_secs());
            refusal.headers_mut().insert(RETRY_AFTER, wait);
            return refusal;
        }
        Some(Fault::HangUp) => return hang_up(),
        Some(Fault::Hang) => std::future::pending().await,
        _ => {}
    }
    let request = ask.shown();
    let carrier = shared.carrier.for_one(callbacks, Some(request));
    let mut taken = vendor.answer(ask, &carrier);
    if !taken.status().is_success() {
        return taken.map(Body::from);
    }
    if callbacks == Some(Fault::CallbacksFirst) {
        carrier.ended().await;
    }
    match fault {
        Some(Fault::TakeAndFail(status)) => taken = vendor.refusal(status),
        Some(Fault::TakeAndHangUp) => return hang_up(),
        Some(Fault::TakeAndHang) => std::future::pending().await,
        Some(Fault::TakeSlowly(wait)) => tokio::time::sleep(wait).await,
        Some(Fault::TakeAndCutShort) => {
            return taken.map(|body| Body::new(CutShort::new(&body)));
        }
        Some(Fault::TakeAndSayNothing) => *taken.body_mut() = Bytes::new(),
        Some(Fault::TakeAndAnswerHtml) => taken = html(taken.status().as_u16()),
        _ => {}
    }
    taken.map(Body::from)
}

/// Returns the address that this machine reaches the server at.
fn base_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
