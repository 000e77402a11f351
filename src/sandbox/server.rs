//! [`Sandbox`]: the server, its clock and its callbacks.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, State},
};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::RETRY_AFTER};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{MessageId, MessageStatus, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{
        Ask, Carried, Carrier, Expected, Fate, Fault, Inbound, SandboxVendor, When, api,
        fault::Script,
        html,
        line::{CutShort, Cutter, Lines},
        timeline,
    },
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

pub(super) struct Shared {
    pub(super) carrier: Carrier,
    pub(super) faults: Script,
    vendors: Vec<Box<dyn SandboxVendor>>,
    pub(super) transport: ReqwestTransport,
    pub(super) pace: Duration,
}

/// The settings of a [`Sandbox`].
#[derive(Debug)]
#[must_use]
pub struct SandboxBuilder {
    vendors: Vec<Box<dyn SandboxVendor>>,
    port: u16,
    pace: Duration,
    kept: usize,
}

impl SandboxBuilder {
    /// Creates a sandbox that speaks these vendors.
    pub fn new(vendors: Vec<Box<dyn SandboxVendor>>) -> Self {
        Self { vendors, port: 0, pace: Duration::from_millis(50), kept: 10_000 }
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

    /// Starts the server.
    ///
    /// # Errors
    /// `Config` if the port is taken.
    pub async fn start(self) -> Result<Sandbox> {
        let taken = |_| {
            let rule = "sandbox: the port cannot be listened on; choose another with port";
            Error::not_sent(ErrorKind::Config).with_detail(rule)
        };
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let (submitted, inbox) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            carrier: Carrier::new(submitted, self.kept),
            faults: Script::default(),
            vendors: self.vendors,
            transport: ReqwestTransport::builder().timeout(Duration::from_secs(15)).build()?,
            pace: self.pace,
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let service = router.into_make_service_with_connect_info::<Cutter>();
        let tasks = Arc::new(Mutex::new(JoinSet::new()));
        let mut set = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        set.spawn(async move { drop(axum::serve(Lines(listener), service).await) });
        set.spawn(timeline::run(Arc::clone(&shared), inbox, Arc::clone(&tasks)));
        drop(set);
        Ok(Sandbox { address, shared, tasks })
    }
}

impl Sandbox {
    /// Returns the base URL at which it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Decides what becomes of messages to this number.
    pub fn set_fate(&self, to: PhoneNumber, fate: Fate) {
        self.shared.carrier.set_fate(to, fate);
    }

    /// Makes something go wrong. A submission meets the first fault that fits it, in the order in which
    /// they were injected: one that is about the answer, and one that is about the callbacks.
    pub fn inject(&self, when: When, fault: Fault) {
        self.shared.faults.add(when, fault);
    }

    /// Removes all faults: from now on everything goes well again.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Forgets all messages that it took.
    pub fn clear_messages(&self) {
        self.shared.carrier.clear();
    }

    /// Returns all messages it took and still keeps, newest first.
    ///
    /// Read what a program sent:
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, SmsProvider, sandbox::Sandbox};
    /// use anysms::twilio::{Twilio, TwilioConfig};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// sms.send(&Message::new(to, "Your table is ready")).await?;
    /// let messages = sandbox.messages();
    /// assert_eq!(messages[0].text, "Your table is ready");
    /// assert_eq!((messages.len(), messages[0].segments), (1, 1));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
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
        let reached = |message: &Carried| message.id == *id && message.status == *status;
        let late =
            || Error::not_sent(ErrorKind::Timeout).with_detail("sandbox: not reached in time");
        self.shared.carrier.wait_for(reached, within).await.ok_or_else(late)
    }

    /// Sends a message to a number of the account: calls the webhook at this address, signed as the
    /// vendor does. Returns the HTTP status that the webhook answered.
    ///
    /// Write STOP to a webhook:
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{sandbox::{Inbound, Sandbox}, twilio::{TWILIO, TwilioSandbox}};
    ///
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let url = format!("http://{}/hooks/twilio", listener.local_addr()?).parse()?;
    /// let webhook = axum::Router::new().fallback(|| async { "" });
    /// tokio::spawn(async move { axum::serve(listener, webhook).await });
    ///
    /// let stop = Inbound::new("+447700900123".parse()?, TwilioSandbox::NUMBER.parse()?, "STOP");
    /// assert_eq!(Sandbox::start().await?.receive(&TWILIO, &stop, &url).await?, 200);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a vendor it does not speak, or that the webhook did not answer.
    pub async fn receive(
        &self,
        provider: &ProviderId,
        message: &Inbound,
        url: &WebUrl,
    ) -> Result<u16> {
        self.shared.receive(provider, message, url).await
    }

    /// Begins to wait for a message to this number: the next that fits, or one that is there already.
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, SmsProvider, sandbox::Sandbox};
    /// use anysms::twilio::{Twilio, TwilioConfig};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// sms.send(&Message::new(to, "Your code is 123456")).await?;
    /// let message = sandbox.expect_message(to).with_text("Your code").await?;
    /// assert_eq!(message.code().as_deref(), Some("123456"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    pub fn expect_message(&self, to: PhoneNumber) -> Expected<'_> {
        Expected::new(&self.shared.carrier, to)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl Shared {
    pub(super) async fn receive(
        &self,
        provider: &ProviderId,
        message: &Inbound,
        url: &WebUrl,
    ) -> Result<u16> {
        let vendor = self.vendor(provider);
        let request = vendor.and_then(|vendor| vendor.inbound(message, url));
        let request = request.ok_or_else(|| {
            Error::unsupported(provider.clone(), "sandbox: does not speak this vendor")
        })?;
        let answer = self.transport.execute(request).await;
        let failed = |error| Error::not_sent(ErrorKind::Webhook).caused_by(error);
        Ok(answer.map_err(failed)?.status().as_u16())
    }

    pub(super) fn vendor(&self, provider: &ProviderId) -> Option<&dyn SandboxVendor> {
        self.vendors.iter().find(|vendor| vendor.provider() == *provider).map(|d| &**d)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("vendors", &self.vendors).finish_non_exhaustive()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
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
    let spoken = shared.vendors.iter().find(|vendor| path.starts_with(vendor.prefix()));
    let Some(vendor) = spoken else { return bare(StatusCode::NOT_FOUND) };
    let ask = Ask::new(&parts, &body);
    match vendor.submission(&ask) {
        Some(to) => submission(&shared, &**vendor, &ask, &to, &line).await,
        None => vendor.answer(&ask, &shared.carrier).map(Body::from),
    }
}

/// Takes a message, with what goes wrong before, and after it was taken.
async fn submission(
    shared: &Shared,
    vendor: &dyn SandboxVendor,
    ask: &Ask<'_>,
    to: &[PhoneNumber],
    line: &Cutter,
) -> Response<Body> {
    let (fault, callbacks) = shared.faults.next(to);
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
    let carrier = shared.carrier.for_one(callbacks);
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

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
