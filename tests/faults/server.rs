//! A server that fails as it is told to, and counts the requests that it has read to the end.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer},
    server::TlsStream,
};

use crate::{
    fault::{Exchange, Fault, Handshake, Reply, Say, Then, When, Wire},
    http1, http2,
};

/// What the server has seen and done.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    begun: AtomicUsize,
    read: AtomicUsize,
    answered: AtomicUsize,
    accepted: AtomicUsize,
    numbers: Mutex<HashMap<u16, usize>>,
}

impl Seen {
    /// Requests of which anything was read.
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// Requests that were read to the end of their bodies.
    pub(crate) fn read(&self) -> usize {
        self.read.load(Ordering::SeqCst)
    }

    /// Answers that were begun.
    pub(crate) fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    /// Answers of 2xx that were begun.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// How often the message of this number was read.
    pub(crate) fn read_of(&self, number: u16) -> usize {
        self.numbers.lock().unwrap().get(&number).copied().unwrap_or(0)
    }

    pub(crate) fn a_start(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn a_request(&self, body: &[u8]) {
        self.read.fetch_add(1, Ordering::SeqCst);
        if let Some(number) = number_in(body) {
            *self.numbers.lock().unwrap().entry(number).or_default() += 1;
        }
    }

    pub(crate) fn an_answer(&self, status: u16) {
        self.answered.fetch_add(1, Ordering::SeqCst);
        if (200..300).contains(&status) {
            self.accepted.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Ends with all its connections when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    task: JoinHandle<()>,
    listener: Option<Arc<TcpListener>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        // The next server must not get this port before the clients know that they lost this one.
        let listener = self.listener.take();
        tokio::spawn(async move {
            sleep(Duration::from_millis(500)).await;
            drop(listener);
        });
    }
}

impl Server {
    pub(crate) fn base(&self, wire: Wire) -> String {
        format!("{}://{}", if wire.tls { "https" } else { "http" }, self.address)
    }

    pub(crate) async fn start(fault: &Fault, wire: Wire) -> io::Result<Self> {
        let seen = Arc::new(Seen::default());
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let address = socket.local_addr()?;
        let mut taken = None;
        let task = match fault {
            Fault::Closed | Fault::NoHost | Fault::Proxy(None) => tokio::spawn(async move {
                let _taken = socket; // so that nobody else gets the port
                std::future::pending().await
            }),
            Fault::Full => {
                let listener = socket.listen(1)?;
                let mut queue = Vec::new();
                while let Ok(next) =
                    timeout(Duration::from_millis(50), TcpStream::connect(address)).await
                {
                    queue.push(next?);
                }
                tokio::spawn(async move {
                    let _held = (listener, queue);
                    std::future::pending().await
                })
            }
            _ => {
                let listener = Arc::new(socket.listen(64)?);
                taken = Some(listener.clone());
                tokio::spawn(accept(listener, fault.clone(), wire, seen.clone()))
            }
        };
        Ok(Self { address, seen, task, listener: taken })
    }
}

async fn accept(listener: Arc<TcpListener>, fault: Fault, wire: Wire, seen: Arc<Seen>) {
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        let (fault, seen) = (fault.clone(), seen.clone());
        connections.spawn(async move { connection(tcp, fault, wire, &seen).await });
    }
}

/// A broken connection is what all of this is about, so what it ends with is of no interest.
async fn connection(mut tcp: TcpStream, fault: Fault, wire: Wire, seen: &Seen) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let identity = match &fault {
        Fault::Mute => return end(&mut tcp, Then::Hang).await,
        Fault::Proxy(words) => {
            http1::read_head(&mut tcp).await?;
            tcp.write_all(words.unwrap_or_default().as_bytes()).await?;
            return end(&mut tcp, Then::Fin).await;
        }
        Fault::Tls(Handshake::Untrusted) => &IDENTITIES.untrusted,
        Fault::Tls(Handshake::WrongName) => &IDENTITIES.misnamed,
        Fault::Tls(Handshake::WrongProtocol) => &IDENTITIES.odd,
        Fault::Tls(handshake) => {
            tcp.read_exact(&mut [0; 64]).await?;
            return match handshake {
                Handshake::Reset => end(&mut tcp, Then::Reset).await,
                Handshake::Close => end(&mut tcp, Then::Fin).await,
                _ => {
                    tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
                    end(&mut tcp, Then::Fin).await
                }
            };
        }
        _ if wire.http2 => &IDENTITIES.http2,
        _ => &IDENTITIES.http1,
    };
    let mut io: Pin<Box<dyn Io>> = if wire.tls {
        Box::pin(TlsAcceptor::from(identity.clone()).accept(tcp).await?)
    } else {
        Box::pin(tcp)
    };
    let exchange = match fault {
        Fault::Exchange(exchange) => Some(exchange),
        _ => None,
    };
    if let Some(Exchange { when: When::Before, then, .. }) = exchange {
        return end(&mut io, then).await;
    }
    if wire.http2 {
        http2::serve(&mut io, exchange.as_ref(), seen).await
    } else {
        http1::serve(&mut io, exchange.as_ref(), seen).await
    }
}

/// What the server does with a request: what it is told to, or the status that the text asks for.
pub(crate) fn exchange_for(told: Option<&Exchange>, body: &[u8]) -> Exchange {
    if let Some(told) = told {
        return told.clone();
    }
    let reply = Reply::new(number_in(body).unwrap_or(500), "");
    let reply = reply.header("location", "?again"); // for a client that follows
    Exchange { when: When::After, say: Say::Reply(reply), then: Then::Next }
}

/// The number in a text such as `number 429`, as either vendor's client writes it.
fn number_in(body: &[u8]) -> Option<u16> {
    let word = b"number";
    let at = body.windows(word.len()).position(|bytes| bytes == word)? + word.len() + 1;
    std::str::from_utf8(body.get(at..at + 3)?).ok()?.parse().ok()
}

/// Writes pieces with pauses between them.
pub(crate) async fn write(io: &mut impl Io, pieces: &[Vec<u8>]) -> io::Result<()> {
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        io.write_all(piece).await?;
        io.flush().await?;
    }
    Ok(())
}

/// Ends a connection. One that was shut down or hangs is held until the server is dropped.
pub(crate) async fn end(io: &mut impl Io, then: Then) -> io::Result<()> {
    match then {
        Then::Next => return Ok(()),
        Then::Fin => io.shutdown().await?,
        Then::Cut => io.tcp().shutdown().await?,
        Then::Reset => {
            // At once it would take with it what was said, or meet a client that is connecting.
            sleep(Duration::from_millis(50)).await;
            io.tcp().set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Then::Hang => {}
    }
    std::future::pending().await
}

/// A connection, with or without TLS.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {
    fn tcp(&mut self) -> &mut TcpStream;
}

impl Io for TcpStream {
    fn tcp(&mut self) -> &mut TcpStream {
        self
    }
}

impl Io for TlsStream<TcpStream> {
    fn tcp(&mut self) -> &mut TcpStream {
        self.get_mut().0
    }
}

impl Io for Pin<Box<dyn Io>> {
    fn tcp(&mut self) -> &mut TcpStream {
        self.as_mut().get_mut().tcp()
    }
}

/// The certificates and protocols of the servers, and the one certificate that clients trust.
pub(crate) struct Identities {
    pub(crate) trusted: String,
    http1: Arc<ServerConfig>,
    http2: Arc<ServerConfig>,
    untrusted: Arc<ServerConfig>,
    misnamed: Arc<ServerConfig>,
    odd: Arc<ServerConfig>,
}

pub(crate) static IDENTITIES: LazyLock<Identities> = LazyLock::new(|| {
    let make = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let config = |made: &rcgen::CertifiedKey<rcgen::KeyPair>, protocol: &str| {
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let certificates = vec![made.cert.der().clone()];
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(certificates, key.into())
            .unwrap();
        config.alpn_protocols = vec![protocol.into()];
        Arc::new(config)
    };
    let (ours, stranger) = (make("127.0.0.1"), make("127.0.0.1"));
    let misnamed = make("localhost");
    Identities {
        trusted: ours.cert.pem() + &misnamed.cert.pem(),
        http1: config(&ours, "http/1.1"),
        http2: config(&ours, "h2"),
        untrusted: config(&stranger, "http/1.1"),
        misnamed: config(&misnamed, "http/1.1"),
        odd: config(&ours, "smtp"),
    }
});
