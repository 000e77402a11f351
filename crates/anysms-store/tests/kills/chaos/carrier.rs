//! Both vendors on loopback, over HTTP: what they took they know for certain.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::sleep,
};

use super::script::{Conduct, Name, PLIVO_ID, PLIVO_TOKEN, TENANTS};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    Twilio,
    Plivo,
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) name: Name,
    pub(crate) vendor: Vendor,
    /// Vendor's id of the account that took it.
    pub(crate) account: String,
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) text: String,
    /// Address of its reports.
    pub(crate) callback: String,
    /// Last word about it.
    pub(crate) word: &'static str,
    pub(crate) at: jiff::Timestamp,
}

#[derive(Default)]
struct Book {
    taken: Vec<Taken>,
    submissions: HashMap<Name, u32>,
    /// Acts that no client may do.
    astray: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Carrier {
    book: Arc<Mutex<Book>>,
    down: Arc<AtomicBool>,
    news: mpsc::UnboundedSender<Taken>,
    pub(crate) twilio: u16,
    pub(crate) plivo: u16,
}

struct Request {
    method: String,
    path: String,
    query: String,
    authorization: String,
    body: Vec<u8>,
}

enum Answer {
    Json(u16, Value),
    HangUp,
    Hang,
}

impl Taken {
    /// A message that its own account took.
    pub(crate) fn for_test(name: &Name, id: &str) -> Self {
        Self {
            vendor: Vendor::Twilio,
            account: TENANTS[name.tenant].sid.to_owned(),
            id: id.to_owned(),
            to: name.recipient().to_string(),
            text: String::new(),
            callback: String::new(),
            word: "delivered",
            at: jiff::Timestamp::UNIX_EPOCH,
            name: name.clone(),
        }
    }
}

impl Carrier {
    /// Starts both vendors; what they take is told to the receiver.
    pub(crate) async fn start() -> (Self, mpsc::UnboundedReceiver<Taken>) {
        let listen = || TcpListener::bind("127.0.0.1:0");
        let (twilio, plivo) = (listen().await.unwrap(), listen().await.unwrap());
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let (news, told) = mpsc::unbounded_channel();
        let (book, down) = Default::default();
        let carrier = Self { book, down, news, twilio: port(&twilio), plivo: port(&plivo) };
        tokio::spawn(carrier.clone().listen_with_outages(twilio));
        let second = carrier.clone();
        tokio::spawn(async move { second.listen(&plivo, Vendor::Plivo).await });
        (carrier, told)
    }

    async fn listen(&self, listener: &TcpListener, vendor: Vendor) {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(self.clone().serve(socket, vendor));
        }
    }

    /// Twilio is gone for a moment every few seconds: what connects is refused.
    async fn listen_with_outages(self, first: TcpListener) {
        let mut listener = Some(first);
        loop {
            let up = match listener.take() {
                Some(up) => up,
                None => match TcpListener::bind(("127.0.0.1", self.twilio)).await {
                    Ok(up) => up,
                    Err(_) => {
                        sleep(Duration::from_millis(20)).await;
                        continue;
                    }
                },
            };
            self.down.store(false, Ordering::SeqCst);
            tokio::select! {
                () = self.listen(&up, Vendor::Twilio) => {}
                () = sleep(Duration::from_millis(2_500)) => {}
            }
            self.down.store(true, Ordering::SeqCst);
            drop(up);
            sleep(Duration::from_millis(400)).await;
        }
    }

    async fn serve(self, socket: TcpStream, vendor: Vendor) -> Option<()> {
        let mut socket = BufReader::new(socket);
        loop {
            let request = read(&mut socket).await?;
            match self.answer(vendor, &request).await {
                Answer::HangUp => return None,
                Answer::Hang => std::future::pending().await,
                Answer::Json(status, body) => {
                    let body = body.to_string();
                    let wait = if status == 429 { "retry-after: 0\r\n" } else { "" };
                    let head = format!(
                        "HTTP/1.1 {status} So\r\ncontent-type: application/json\r\n{wait}content-length: {}\r\n\r\n",
                        body.len()
                    );
                    socket.write_all((head + &body).as_bytes()).await.ok()?;
                }
            }
        }
    }

    async fn answer(&self, vendor: Vendor, request: &Request) -> Answer {
        let refusal = |status: u16| {
            let body = match vendor {
                Vendor::Twilio => {
                    let code = if status == 400 { 21211 } else { u32::from(status) + 20_000 };
                    json!({"code": code, "message": "no", "status": status})
                }
                Vendor::Plivo => json!({"api_id": "a", "error": "no"}),
            };
            Answer::Json(status, body)
        };
        if vendor == Vendor::Twilio && self.down.load(Ordering::SeqCst) {
            return refusal(429);
        }
        let Some(account) = self.account(vendor, request) else { return refusal(401) };
        if request.method == "GET" {
            return self.look(vendor, &account, request).unwrap_or_else(|| refusal(404));
        }
        let Some(message) = self.message(vendor, &account, request) else { return refusal(400) };
        let submission = {
            let mut book = self.book.lock().unwrap();
            let count = book.submissions.entry(message.name.clone()).or_default();
            *count += 1;
            *count
        };
        match Conduct::of(&message.name, submission) {
            Conduct::Fails => refusal(500),
            Conduct::HangsUp => Answer::HangUp,
            Conduct::IsBusy => refusal(429),
            Conduct::Refuses => refusal(400),
            conduct => {
                let answer = self.take(message);
                match conduct {
                    Conduct::TakesAndHangsUp => return Answer::HangUp,
                    Conduct::TakesAndHangs => return Answer::Hang,
                    Conduct::TakesAndFails => return refusal(500),
                    Conduct::TakesSlowly(wait) => sleep(Duration::from_millis(wait)).await,
                    _ => {}
                }
                answer
            }
        }
    }

    /// The account of a path, if its own token signs in.
    fn account(&self, vendor: Vendor, request: &Request) -> Option<String> {
        let id = match vendor {
            Vendor::Twilio => request.path.strip_prefix("/2010-04-01/Accounts/")?,
            Vendor::Plivo => request.path.strip_prefix("/v1/Account/")?,
        };
        let id = id.split('/').next()?;
        let token = match vendor {
            Vendor::Twilio => TENANTS.iter().find(|tenant| tenant.sid == id)?.token,
            Vendor::Plivo => PLIVO_TOKEN,
        };
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{token}")));
        if request.authorization != basic {
            self.astray(format!("{id} is signed in with another token"));
            return None;
        }
        Some(id.to_owned())
    }

    fn message(&self, vendor: Vendor, account: &str, request: &Request) -> Option<Taken> {
        let form: HashMap<String, String> = match vendor {
            Vendor::Twilio => form_urlencoded::parse(&request.body).into_owned().collect(),
            Vendor::Plivo => {
                let body: Value = serde_json::from_slice(&request.body).ok()?;
                let fields = [("dst", "To"), ("text", "Body"), ("url", "StatusCallback")];
                let field = |(theirs, name): (&str, &str)| {
                    Some((name.to_owned(), body[theirs].as_str()?.to_owned()))
                };
                fields.into_iter().filter_map(field).collect()
            }
        };
        let get = |name: &str| form.get(name).cloned().unwrap_or_default();
        let name = Name::in_text(&get("Body"))?;
        let own = account == PLIVO_ID || account == TENANTS[name.tenant].sid;
        let to = get("To");
        if !own || to.trim_start_matches('+') != &name.recipient().to_string()[1..] {
            self.astray(format!("{name:?} came to {account} for {to}"));
        }
        let (id, at) = (String::new(), jiff::Timestamp::now());
        let (text, callback, account) = (get("Body"), get("StatusCallback"), account.to_owned());
        Some(Taken { name, vendor, account, id, to, text, callback, word: "queued", at })
    }

    fn take(&self, mut message: Taken) -> Answer {
        let mut book = self.book.lock().unwrap();
        let number = book.taken.len() + 1;
        let answer = match message.vendor {
            Vendor::Twilio => {
                message.id = format!("SM{number:032x}");
                Answer::Json(201, json!({"sid": message.id, "status": "queued"}))
            }
            Vendor::Plivo => {
                message.id = format!("{number:08x}-0000-4000-8000-000000000000");
                Answer::Json(202, json!({"api_id": "a", "message_uuid": [message.id]}))
            }
        };
        book.taken.push(message.clone());
        let _ = self.news.send(message); // the end of the test
        answer
    }

    /// A message by its id, or the list of those to a number.
    fn look(&self, vendor: Vendor, account: &str, request: &Request) -> Option<Answer> {
        let book = self.book.lock().unwrap();
        let own = book.taken.iter().filter(|taken| taken.account == account);
        let last = request.path.trim_end_matches('/').rsplit('/').next()?;
        let last = last.trim_end_matches(".json");
        let body = |taken: &Taken| match vendor {
            Vendor::Twilio => json!({
                "sid": taken.id, "status": taken.word, "direction": "outbound-api", "to": taken.to,
                "body": taken.text, "date_created": rfc2822(taken.at),
            }),
            Vendor::Plivo => json!({
                "message_uuid": taken.id, "message_state": taken.word, "to_number": taken.to,
                "message_direction": "outbound",
            }),
        };
        if !last.starts_with("Message") {
            let found = own.rev().find(|taken| taken.id == last)?;
            return Some(Answer::Json(200, body(found)));
        }
        let query: HashMap<String, String> =
            form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        let to = |taken: &&Taken| query.get("To").is_none_or(|to| *to == taken.to);
        let twilio = vendor == Vendor::Twilio; // Plivo's records have no text
        let list: Vec<Value> = own.filter(to).filter(|_| twilio).rev().map(body).collect();
        let empty = json!({"objects": [], "meta": {"next": null}});
        let page = json!({"messages": list, "next_page_uri": null});
        Some(Answer::Json(200, if twilio { page } else { empty }))
    }

    fn astray(&self, what: String) {
        self.book.lock().unwrap().astray.push(what);
    }

    /// Notes the last word about a message.
    pub(crate) fn says(&self, id: &str, word: &'static str) {
        let mut book = self.book.lock().unwrap();
        if let Some(taken) = book.taken.iter_mut().rev().find(|taken| taken.id == id) {
            taken.word = word;
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.book.lock().unwrap().taken.len()
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.book.lock().unwrap().taken.clone()
    }

    /// Returns the acts that no client may do, and one did.
    pub(crate) fn all_astray(&self) -> Vec<String> {
        self.book.lock().unwrap().astray.clone()
    }
}

async fn read(socket: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    socket.read_line(&mut line).await.ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = value.to_owned(),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    let (path, query) = (path.to_owned(), query.to_owned());
    Some(Request { method, path, query, authorization, body })
}

fn rfc2822(at: jiff::Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
