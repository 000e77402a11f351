//! Reports of the providers, and words of others: forged, or signed by another account.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anysms::{
    Accounts,
    bytes::Bytes,
    http::{Request, Uri},
    plivo::PlivoWebhook,
    transport::{HttpTransport, ReqwestTransport},
    twilio::TwilioWebhook,
    webhook::{Webhook, WebhookExt, WebhookRequest},
};
use anysms_store::{Ingest, Ingested, MessageStore};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::sleep,
};

use super::{
    carrier::{Carrier, Taken, Vendor},
    checker::{Heard, Reported},
    script::{FOREIGN, Fate, Name, PLIVO_TOKEN, PUBLIC, STOPPED, TENANTS, UNSIGNED, UNSTOPPED},
    worker,
};
use crate::Random;

/// Most reports on their way at a time.
const MOST: usize = 96;

#[derive(Clone)]
pub(crate) struct Reporter {
    carrier: Carrier,
    ingest: Ingest,
    webhooks: Arc<[(&'static str, Arc<dyn Webhook>)]>,
    transport: ReqwestTransport,
    /// Ports of the processes that live.
    pub(crate) ports: Arc<Mutex<Vec<u16>>>,
    random: Arc<Mutex<Random>>,
    at_a_time: Arc<Semaphore>,
    pub(crate) heard: Arc<Mutex<Vec<Heard>>>,
    pub(crate) reported: Arc<Mutex<Vec<Reported>>>,
}

/// Signer of a callback.
#[derive(Clone, Copy)]
enum Signer {
    Twilio(&'static str),
    Plivo,
    Nobody,
}

/// A callback: where it goes, what it says, and who signs it.
struct Callback {
    url: String,
    fields: Vec<(&'static str, String)>,
    signer: Signer,
    is_plivo: bool,
}

impl Reporter {
    pub(crate) fn new(store: MessageStore, carrier: Carrier, accounts: &Accounts) -> Self {
        let transport = ReqwestTransport::builder().timeout(Duration::from_secs(10));
        Self {
            carrier,
            ingest: worker::ingest(store),
            webhooks: worker::webhooks(accounts).into(),
            transport: transport.build().unwrap(),
            ports: Arc::default(),
            random: Arc::default(),
            at_a_time: Arc::new(Semaphore::new(MOST)),
            heard: Arc::default(),
            reported: Arc::default(),
        }
    }

    /// Reports everything that is taken until the sender is gone, and then what is left.
    pub(crate) async fn run(self, mut taken: mpsc::UnboundedReceiver<Taken>, end: impl Future) {
        let mut tasks = JoinSet::new();
        let mut end = std::pin::pin!(end);
        tasks.spawn(self.clone().stop_in_anothers_name());
        loop {
            tokio::select! {
                biased;
                Some(taken) = taken.recv() => drop(tasks.spawn(self.clone().report(taken))),
                Some(task) = tasks.join_next() => task.unwrap(),
                _ = &mut end => break,
            }
        }
        while let Ok(taken) = taken.try_recv() {
            tasks.spawn(self.clone().report(taken));
        }
        tasks.join_all().await;
    }

    fn below(&self, most: u64) -> u64 {
        self.random.lock().unwrap().below(most)
    }

    async fn report(self, taken: Taken) {
        let name = &taken.name;
        let fate = Fate::of(name);
        sleep(Duration::from_millis(self.below(300))).await;
        let _turn = self.at_a_time.acquire().await.unwrap();
        let forged_first = name.lot("forged first") < 500;
        if forged_first {
            self.forge(&taken).await;
        }
        let (word, code) = fate.word();
        let mut reports = vec![("sent", None), (word, code)];
        match name.lot("order") {
            0..200 => reports.reverse(),
            200..350 => reports = [&reports[..], &reports[..], &reports[1..]].concat(),
            _ => {}
        }
        let mut is_told = fate != Fate::Untold;
        if is_told {
            for (word, code) in reports {
                is_told &= self.deliver(&status(&taken, word, code), name).await;
                self.carrier.says(&taken.id, word);
            }
        }
        self.carrier.says(&taken.id, word);
        self.reported.lock().unwrap().push(Reported { name: name.clone(), fate, is_told });
        if !forged_first {
            self.forge(&taken).await;
        }
    }

    /// Delivers an honest callback, again and again until it is heard. Returns `false` where it is refused.
    async fn deliver(&self, callback: &Callback, name: &Name) -> bool {
        for _ in 0..600 {
            let said = if self.below(10) < 3 {
                self.tell_here(callback, Some(name)).await
            } else {
                self.post(callback).await
            };
            match said {
                Some(200) => return true,
                Some(503) | None => sleep(Duration::from_millis(100)).await,
                Some(status) => {
                    self.hear(Heard::Refused(format!("{name:?}: {status}")));
                    return false;
                }
            }
        }
        self.hear(Heard::Refused(format!("{name:?}: never heard")));
        false
    }

    /// Says of one message in five what is not so.
    async fn forge(&self, taken: &Taken) {
        let other = &TENANTS[1 - taken.name.tenant];
        let bare = |callback: &mut Callback| {
            callback.url.truncate(callback.url.rfind('/').unwrap_or(callback.url.len()));
        };
        let account = |callback: &mut Callback| {
            callback.fields.retain(|(field, _)| *field != "AccountSid");
            callback.fields.push(("AccountSid", other.sid.to_owned()));
            callback.signer = Signer::Twilio(other.token);
        };
        let twilio = taken.vendor == Vendor::Twilio;
        let mut callback = status(taken, "undelivered", Some(FOREIGN));
        match taken.name.lot("forged") {
            // Signed by nobody.
            0..60 => {
                callback = status(taken, "undelivered", Some(UNSIGNED));
                callback.signer = Signer::Nobody;
                return self.refused(&callback, &taken.name).await;
            }
            // Of this account, and signed by the other.
            60..100 if twilio => {
                callback = status(taken, "undelivered", Some(UNSIGNED));
                callback.signer = Signer::Twilio(other.token);
                return self.refused(&callback, &taken.name).await;
            }
            // Of the other account, with the token of the attempt.
            100..140 if twilio => account(&mut callback),
            // Of the other account, by the message's id.
            140..180 if twilio => {
                account(&mut callback);
                bare(&mut callback);
            }
            // The very words that are to come, before they come.
            180..220 if twilio => {
                let (word, code) = Fate::of(&taken.name).word();
                callback = status(taken, word, code);
                account(&mut callback);
            }
            // Another vendor's account, with the token of the attempt.
            220..260 if !twilio => {
                let url = callback.url.replace("/hooks/plivo", "/hooks/twilio");
                callback = status(
                    &Taken { vendor: Vendor::Twilio, ..taken.clone() },
                    "undelivered",
                    Some(FOREIGN),
                );
                callback.url = url;
                account(&mut callback);
            }
            _ => return,
        }
        for _ in 0..600 {
            let here = self.below(2) == 0;
            let said = if here {
                self.tell_here(&callback, None).await
            } else {
                self.post(&callback).await
            };
            match said {
                Some(200) => return,
                Some(503) | None => sleep(Duration::from_millis(100)).await,
                Some(status) => {
                    return self.hear(Heard::Forgery(format!("{:?}: {status}", taken.name)));
                }
            }
        }
    }

    /// Posts a callback without a good signature, which must be refused.
    async fn refused(&self, callback: &Callback, name: &Name) {
        for _ in 0..600 {
            let here = self.below(2) == 0;
            let said =
                if here { self.tell_here(callback, None).await } else { self.post(callback).await };
            match said {
                Some(403) => return,
                None => sleep(Duration::from_millis(100)).await,
                Some(status) => return self.hear(Heard::Forgery(format!("{name:?}: {status}"))),
            }
        }
    }

    /// A STOP to the first tenant that nobody signed, and one that the second tenant's account signed.
    async fn stop_in_anothers_name(self) {
        let stop = |from: &str, signer, id: &str| Callback {
            url: format!("{PUBLIC}/hooks/twilio"),
            fields: [
                ("AccountSid", TENANTS[1].sid),
                ("MessageSid", id),
                ("From", from),
                ("To", TENANTS[0].sender),
                ("Body", "STOP"),
                ("NumMedia", "0"),
            ]
            .map(|(name, value)| (name, value.to_owned()))
            .into(),
            signer,
            is_plivo: false,
        };
        let name = Name::queued(0, 0);
        let of = |kind: &str| format!("SM{kind}{:030}", 0);
        self.refused(&stop(UNSTOPPED, Signer::Nobody, &of("f1")), &name).await;
        let signed = stop(STOPPED, Signer::Twilio(TENANTS[1].token), &of("f2"));
        self.deliver(&signed, &Name::queued(1, 0)).await;
    }

    fn hear(&self, heard: Heard) {
        self.heard.lock().unwrap().push(heard);
    }

    /// Has this very process hear it, and looks at what came of it. Returns the status of HTTP.
    async fn tell_here(&self, callback: &Callback, of: Option<&Name>) -> Option<u16> {
        let request = callback.request(PUBLIC);
        let path = request.uri().path().trim_start_matches('/');
        let (at, webhook) = self.webhooks.iter().find(|(at, _)| path.starts_with(at))?;
        let token = path[at.len()..].trim_start_matches('/').parse().ok();
        let event = match webhook.receive(WebhookRequest::from_http(&request)) {
            Ok(event) => event,
            Err(error) => return Some(error.http_status()),
        };
        let Ok(done) = self.ingest.event(&event, token).await else { return None };
        if let Ingested::Status(applied) = done {
            let told = applied.message.as_ref();
            let told = told.map(|(tenant, key)| Name::of(tenant.as_ref(), key));
            let changed = applied.changed;
            self.hear(Heard::Applied { of: of.cloned(), told: told.flatten(), changed });
        }
        Some(200)
    }

    /// Posts it to any of the processes that live; `None` if that fails.
    async fn post(&self, callback: &Callback) -> Option<u16> {
        let port = {
            let ports = self.ports.lock().unwrap();
            *ports.get(self.random.lock().unwrap().below(ports.len().max(1) as u64) as usize)?
        };
        let request = callback.request(&format!("http://127.0.0.1:{port}"));
        Some(self.transport.execute(request).await.ok()?.status().as_u16())
    }
}

/// Returns the provider's own report of a message.
fn status(taken: &Taken, word: &str, code: Option<&str>) -> Callback {
    let tenant = &TENANTS[taken.name.tenant];
    let is_plivo = taken.vendor == Vendor::Plivo;
    let names = match is_plivo {
        false => ["MessageSid", "MessageStatus", "ErrorCode", "From", "To"],
        true => ["MessageUUID", "Status", "ErrorCode", "From", "To"],
    };
    let code = code.unwrap_or_default();
    let values = [&taken.id, word, code, tenant.sender, &taken.to];
    let mut fields: Vec<_> =
        names.into_iter().zip(values.map(str::to_owned)).filter(|(_, it)| !it.is_empty()).collect();
    if !is_plivo {
        fields.push(("AccountSid", tenant.sid.to_owned()));
    }
    let signer = if is_plivo { Signer::Plivo } else { Signer::Twilio(tenant.token) };
    Callback { url: taken.callback.clone(), fields, signer, is_plivo }
}

impl Callback {
    /// The request, signed for the public address, and sent to another.
    fn request(&self, base: &str) -> Request<Bytes> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let form = form.extend_pairs(&self.fields).finish();
        let public = |url: &str| url.parse().unwrap();
        let request = Request::post(self.url.replacen(PUBLIC, base, 1).parse::<Uri>().unwrap())
            .header("content-type", "application/x-www-form-urlencoded");
        let nonce = "12345678901234567890";
        let plivo = |token: &str| {
            let webhook = PlivoWebhook::new(token, public(PUBLIC)).unwrap();
            webhook.sign_v3("POST", &self.url, form.as_bytes(), nonce).unwrap()
        };
        let twilio = |token: &str| {
            let webhook = TwilioWebhook::new(token, public(PUBLIC)).unwrap();
            webhook.sign(&self.url, form.as_bytes()).unwrap()
        };
        let nobodys = "a-token-of-nobody";
        let request = match self.signer {
            Signer::Twilio(token) => request.header("x-twilio-signature", twilio(token)),
            Signer::Nobody if !self.is_plivo => {
                request.header("x-twilio-signature", twilio(nobodys))
            }
            Signer::Plivo => request.header("x-plivo-signature-v3", plivo(PLIVO_TOKEN)),
            Signer::Nobody => request.header("x-plivo-signature-v3", plivo(nobodys)),
        };
        request.header("x-plivo-signature-v3-nonce", nonce).body(form.into()).unwrap()
    }
}
