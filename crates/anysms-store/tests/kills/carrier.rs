//! The provider, which knows for certain what it took.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the provider took, in order.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) key: String,
    pub(crate) id: String,
    /// The token in the address to which it reports.
    pub(crate) token: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Takes,
    /// Takes and never answers.
    TakesInSilence,
}

#[derive(Clone)]
pub(crate) struct Carrier {
    taken: Arc<Mutex<Vec<Taken>>>,
    silent: Arc<AtomicBool>,
    pub(crate) port: u16,
}

impl Carrier {
    pub(crate) async fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let carrier = Self {
            taken: Arc::default(),
            silent: Arc::new(AtomicBool::new(mode == Mode::TakesInSilence)),
            port: listener.local_addr().unwrap().port(),
        };
        let serving = carrier.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(socket));
            }
        });
        carrier
    }

    /// One message a line: its key and its token.
    async fn serve(self, mut socket: TcpStream) {
        let (reader, mut writer) = socket.split();
        let mut lines = BufReader::new(reader).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let Some((key, token)) = line.split_once(' ') else { return };
            let id = {
                let mut taken = self.taken.lock().unwrap();
                let id = format!("C{}", taken.len() + 1);
                taken.push(Taken { key: key.into(), id: id.clone(), token: token.into() });
                id
            };
            if self.silent.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if writer.write_all(format!("{id}\n").as_bytes()).await.is_err() {
                return;
            }
        }
    }

    pub(crate) fn answering(self) -> Self {
        self.silent.store(false, Ordering::SeqCst);
        self
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    pub(crate) async fn until_taken(&self, count: u32) {
        while (self.taken.lock().unwrap().len() as u32) < count {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}
