//! The process that is killed: a runner with every layer, the webhooks of all accounts, and direct sends of what
//! other processes have in hand.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    Accounts, Error, ErrorKind, SmsProvider, TenantId,
    layers::{BreakerPolicy, Failover, GuardPolicy, LayerExt, Quota, RetryPolicy},
    number::Region,
    plivo::{Plivo, PlivoConfig, PlivoWebhook},
    transport::ReqwestTransport,
    twilio::{Twilio, TwilioConfig, TwilioWebhook},
    webhook::{InboundMessage, PublicUrl, Webhook},
};
use anysms_store::{Ingest, MessageResult, MessageStore, RecordExt, Runner, SuppressionScope};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::sleep,
};

use super::script::{Name, PLIVO_ID, PLIVO_TOKEN, PUBLIC, SEAL, TENANTS};
use crate::{Random, worker};

/// Longest time that a claim is held without renewal.
pub(crate) const LEASE: Duration = Duration::from_secs(2);

/// Time for which a message is tried again.
const PATIENCE: Duration = Duration::from_secs(4);

/// Number of direct sends that begin in a second, and messages in a second of one account.
const DIRECT: u64 = 25;
const QUOTA: u32 = 400;

/// The accounts of both tenants, at a vendor that listens on this port.
pub(crate) fn accounts(port: u16) -> Accounts {
    let accounts = Accounts::new();
    for tenant in &TENANTS {
        let config = TwilioConfig::new(tenant.sid, tenant.token)
            .with_base_url(format!("http://127.0.0.1:{port}"));
        let account = Twilio::with_transport(&config, transport()).unwrap();
        accounts.put(tenant.name.parse::<TenantId>().unwrap(), account);
    }
    accounts
}

fn plivo(port: u16) -> Plivo {
    let config =
        PlivoConfig::new(PLIVO_ID, PLIVO_TOKEN).with_base_url(format!("http://127.0.0.1:{port}"));
    Plivo::with_transport(&config, transport()).unwrap()
}

fn transport() -> Arc<ReqwestTransport> {
    let builder = ReqwestTransport::builder().connect_timeout(Duration::from_millis(500));
    Arc::new(builder.timeout(Duration::from_millis(1_500)).build().unwrap())
}

/// The webhooks of all accounts, each with its path.
pub(crate) fn webhooks(accounts: &Accounts) -> [(&'static str, Arc<dyn Webhook>); 2] {
    let url = || PUBLIC.parse::<PublicUrl>().unwrap();
    let plivo = PlivoWebhook::new(PLIVO_TOKEN, url()).unwrap();
    [
        ("hooks/twilio", Arc::new(TwilioWebhook::by_account(accounts.clone(), url()))),
        ("hooks/plivo", Arc::new(plivo)),
    ]
}

/// The intake, in which the account says whose a message is.
pub(crate) fn ingest(store: MessageStore) -> Ingest {
    Ingest::new(store).with_tenants(|message: &InboundMessage| {
        let account = message.account.as_ref()?.as_str();
        TENANTS.iter().find(|tenant| tenant.sid == account)?.name.parse().ok()
    })
}

/// Every layer: a guard around a failover with breakers, over retries and limits around what is recorded.
fn stack(store: &MessageStore, accounts: &Accounts, plivo: Plivo) -> impl SmsProvider {
    let url = |path: &str| format!("{PUBLIC}/hooks/{path}").parse().unwrap();
    let twilio = accounts.clone().recorded(store).unwrap().with_callback(url("twilio"));
    let plivo = plivo.recorded(store).unwrap().with_callback(url("plivo"));
    // What everybody must not be written; whom one tenant must not write to, the record knows.
    let list = || {
        Arc::new(
            store.suppression_list(SuppressionScope::all().with_tenant("all".parse().unwrap())),
        )
    };
    let retry = || {
        let waits = (Duration::from_millis(20), Duration::from_millis(200));
        RetryPolicy::default().with_backoff(waits.0, waits.1).with_deadline(Duration::from_secs(2))
    };
    let breaker = BreakerPolicy::default().with_probe_interval(Duration::from_millis(500));
    let first = twilio.suppress(list()).unwrap().rate_limit([Quota::messages(QUOTA)]);
    let second = plivo.suppress(list()).unwrap().rate_limit([Quota::messages(QUOTA)]);
    let failover = Failover::with_policy(first.retry(retry()), breaker);
    let failover = failover.or(second.retry(retry())).unwrap();
    let policy = GuardPolicy::new([Region::GB]).with_per_number([]).with_per_prefix([]);
    failover.guard(policy)
}

/// Opens the store, however long somebody has locked it.
async fn open(place: &str) -> MessageStore {
    loop {
        match worker::opened(place, LEASE).await {
            Ok(store) => return store.seal_codes_with(SEAL).unwrap(),
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Record of a process, line by line: there before it goes on, whenever it is killed.
#[derive(Clone)]
struct Book(Arc<File>);

impl Book {
    fn open(path: &str) -> Self {
        let file = OpenOptions::new().append(true).create(true).open(path);
        Self(Arc::new(file.unwrap()))
    }

    fn line(&self, line: &str) {
        (&*self.0).write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn write(&self, result: &MessageResult) {
        let (entry, end) = (&result.entry, result.end.as_str());
        let tenant = entry.tenant.as_ref().map_or("-", TenantId::as_str);
        self.line(&format!("{tenant} {} {end} {}", entry.key, entry.remote));
    }
}

/// A runner with every layer, which writes what it hears into a book, and its stack.
fn runner(
    store: &MessageStore,
    (twilio, plivo_port): (u16, u16),
    ends: Book,
    mut random: Random,
) -> (Runner<Arc<dyn SmsProvider>>, Arc<dyn SmsProvider>, Accounts) {
    let (accounts, plivo) = (accounts(twilio), plivo(plivo_port));
    let stack: Arc<dyn SmsProvider> = Arc::new(stack(store, &accounts, plivo.clone()));
    let runner = Runner::new(store.clone(), stack.clone()).unwrap();
    let runner = runner.with_accounts(&accounts).with_lookup(plivo);
    let runner = runner.with_worker(|worker| worker.with_patience(PATIENCE));
    let deaf = Mutex::new(random.fork());
    let runner = runner.on_result(move |result| {
        let heard = match deaf.lock().unwrap().below(50) {
            0 => Err(Error::not_sent(ErrorKind::Other)),
            _ => {
                ends.write(&result);
                Ok(())
            }
        };
        async move { heard }
    });
    (runner, stack, accounts)
}

/// Does what is left to do in this very process, for a while.
pub(crate) async fn run_here(store: &MessageStore, ports: (u16, u16), ends: &str, time: Duration) {
    let (runner, ..) = runner(store, ports, Book::open(ends), Random::default());
    runner.run_until(sleep(time)).await;
}

/// The process; an ordinary run of the tests passes by.
pub(crate) fn main() {
    let Ok(place) = std::env::var("ANYSMS_CHAOS_PLACE") else { return };
    let setting = |name: &str| std::env::var(format!("ANYSMS_CHAOS_{name}")).unwrap();
    let port = |name: &str| setting(name).parse::<u16>().unwrap();
    let (ends, answers) = (Book::open(&setting("ENDS")), Book::open(&setting("ANSWERS")));
    let messages: u32 = setting("MESSAGES").parse().unwrap();
    let mut random = Random::seeded(setting("SEED").parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = open(&place).await;
        let ports = (port("TWILIO"), port("PLIVO"));
        let (runner, stack, accounts) = runner(&store, ports, ends, random.fork());
        let mut stop = signal(SignalKind::terminate()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hooks = anysms_store::axum::router(ingest(store.clone()), webhooks(&accounts));
        println!("ready {}", listener.local_addr().unwrap().port());
        tokio::spawn(async move { axum::serve(listener, hooks).await });
        let direct = tokio::spawn(send_directly(stack, answers, messages, random));
        let stopped = async {
            stop.recv().await;
            direct.abort();
        };
        runner.run_until(stopped).await;
    });
}

/// Sends what is in the queue too, and what is not.
async fn send_directly(stack: impl SmsProvider, answers: Book, messages: u32, mut random: Random) {
    loop {
        sleep(Duration::from_millis(1_000 / DIRECT)).await;
        let (tenant, number) =
            (random.below(2) as usize, random.below(u64::from(messages / 10 + 1)) as u32);
        let name = match random.below(3) {
            0 => Name::direct(tenant, number),
            _ => Name::queued(tenant, number * 5),
        };
        if stack.send(&name.message()).await.is_ok() {
            answers.line(&format!("{} {}", TENANTS[name.tenant].name, name.key));
        }
    }
}
