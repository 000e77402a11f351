//! Stands between a store and its server, and cuts the connection at the message that it is told to.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

/// A socket that leads to a server.
pub(crate) struct Proxy {
    folder: tempfile::TempDir,
    options: PgConnectOptions,
    line: Line,
}

/// How many messages passed, in either direction, and which does not.
#[derive(Clone, Default)]
struct Line {
    count: Arc<AtomicU32>,
    cut_at: Arc<AtomicU32>,
    /// Whether it is for good, and whether it has come to that.
    for_good: Arc<AtomicBool>,
    gone: Arc<AtomicBool>,
}

impl Proxy {
    /// To the server of a pool.
    pub(crate) fn start(pool: &PgPool) -> Self {
        let options = pool.connect_options();
        let server = options.get_socket().unwrap().join(".s.PGSQL.5432");
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let line = Line::default();
        tokio::spawn(serve(listener, server, line.clone()));
        let options = options.as_ref().clone().socket(folder.path()).ssl_mode(PgSslMode::Disable);
        Self { folder, options, line }
    }

    /// How to connect through it.
    pub(crate) fn options(&self) -> PgConnectOptions {
        assert!(self.folder.path().exists());
        self.options.clone()
    }

    /// Cuts a connection instead of passing its so-many-th message on, counted from now; at 0 never.
    pub(crate) fn cut_at(&self, message: u32) {
        self.line.cut_at.store(message, Ordering::SeqCst);
        self.line.count.store(0, Ordering::SeqCst);
    }

    /// The same, and nobody connects again until it is [`back`](Self::back).
    pub(crate) fn cut_for_good_at(&self, message: u32) {
        self.line.for_good.store(true, Ordering::SeqCst);
        self.cut_at(message);
    }

    pub(crate) fn back(&self) {
        self.line.for_good.store(false, Ordering::SeqCst);
        self.line.gone.store(false, Ordering::SeqCst);
        self.cut_at(0);
    }

    /// How many messages came since.
    pub(crate) fn count(&self) -> u32 {
        self.line.count.load(Ordering::SeqCst)
    }
}

impl Line {
    /// Whether a message is passed on.
    fn passes(&self) -> bool {
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let cut = number == self.cut_at.load(Ordering::SeqCst);
        if cut && self.for_good.load(Ordering::SeqCst) {
            self.gone.store(true, Ordering::SeqCst);
        }
        !cut && !self.gone.load(Ordering::SeqCst)
    }
}

async fn serve(listener: UnixListener, server: PathBuf, line: Line) {
    while let Ok((mut client, _)) = listener.accept().await {
        let (server, line) = (server.clone(), line.clone());
        tokio::spawn(async move {
            let mut server = UnixStream::connect(server).await.unwrap();
            let ((from_client, to_client), (from_server, to_server)) =
                (client.split(), server.split());
            tokio::select! {
                _ = pass(from_client, to_server, true, &line) => {}
                _ = pass(from_server, to_client, false, &line) => {}
            }
        });
    }
}

/// Passes messages on: a letter, unless it is a client's first, a length, and the rest.
async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut first: bool,
    line: &Line,
) -> std::io::Result<()> {
    loop {
        let mut message = vec![0; if std::mem::take(&mut first) { 4 } else { 5 }];
        from.read_exact(&mut message).await?;
        let (head, length) = (message.len(), message.last_chunk::<4>().unwrap());
        let length = u32::from_be_bytes(*length) as usize - 4;
        message.resize(head + length, 0);
        from.read_exact(&mut message[head..]).await?;
        if !line.passes() {
            return Ok(());
        }
        to.write_all(&message).await?;
    }
}
