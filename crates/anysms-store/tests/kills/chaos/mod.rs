//! Everything at once: three processes with every layer are killed and started again, while two tenants with an
//! account each at one vendor, and one at another, send through them, directly and from the queue. Callbacks come
//! forged, in the other account's name, repeated and in any order, and somebody else has the database locked.
//!
//! At the end nothing was accepted twice, nothing is lost, nothing was told to the other tenant, and of every end and
//! every report somebody heard. Long forms, on two busy cores four minutes for each 10,000 messages on SQLite, and five
//! on PostgreSQL:
//!
//! ```text
//! ANYSMS_CHAOS=200000 cargo test --release -p anysms-store --all-features --test kills chaos -- \
//!     --include-ignored --nocapture --test-threads 1
//! ```

mod carrier;
mod checker;
mod reporter;
mod script;
mod trouble;
mod worker;

use std::{
    collections::{BTreeMap, HashSet},
    time::{Duration, Instant},
};

use anysms::suppression::SuppressionSource;
use anysms_store::{Enqueued, Filter, MessageStore, Stage, SuppressionScope};
use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{Random, child::Child, setting, worker::Backend};
use carrier::Carrier;
use checker::{End, Facts, Row};
use reporter::Reporter;
use script::{Name, STOPPED, SUPPRESSED, TENANTS, UNSTOPPED};

/// Processes at a time.
const PROCESSES: u64 = 3;

/// Most messages that wait to be sent, so that what is enqueued last waits no longer than what is first.
const MOST_WAITING: usize = 1_000;

#[test]
fn a_worker_of_the_chaos() {
    worker::main();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_over_all_layers_on_sqlite() {
    killed_over_all_layers(Backend::sqlite_with(worker::LEASE).await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn killed_over_all_layers_on_postgres() {
    killed_over_all_layers(Backend::postgres_with(worker::LEASE).await).await;
}

/// Files that the processes write, and addresses that they need.
struct Chaos {
    store: MessageStore,
    place: String,
    folder: tempfile::TempDir,
    carrier: Carrier,
    reporter: Reporter,
    /// Messages of each tenant, and the pause between two lots of them.
    messages: u32,
    pause: Duration,
}

async fn killed_over_all_layers(backend: Backend) {
    let start = Instant::now();
    let (carrier, taken) = Carrier::start().await;
    let store = backend.store.clone().seal_codes_with(script::SEAL).unwrap();
    let accounts = worker::accounts(carrier.twilio);
    let reporter = Reporter::new(store.clone(), carrier.clone(), &accounts);
    let (place, folder) = (backend.place.clone(), tempfile::tempdir().unwrap());
    let messages = setting("ANYSMS_CHAOS", 600).div_ceil(2);
    let is_long = messages > 2_500;
    let pause = Duration::from_millis(if is_long { 0 } else { 250 });
    let chaos = Chaos { store, place, folder, carrier, reporter, messages, pause };
    let first = SuppressionScope::all().with_tenant(TENANTS[0].name.parse().unwrap());
    let number = SUPPRESSED.parse().unwrap();
    chaos.store.suppress(number, first, SuppressionSource::Manual).await.unwrap();

    let (stop, stopped) = watch::channel(false);
    let (end, ended) = watch::channel(false);
    let until =
        |mut watched: watch::Receiver<bool>| async move { drop(watched.wait_for(|it| *it).await) };
    let reports = tokio::spawn(chaos.reporter.clone().run(taken, until(ended)));
    let locks = trouble::lock(chaos.place.clone(), is_long, stopped.clone());
    let locks = tokio::spawn(locks);
    let killing = async {
        let slot = |number| chaos.kill_again_and_again(number, stopped.clone());
        tokio::join!(slot(0), slot(1), slot(2))
    };
    let enqueuing = async {
        let promised = chaos.enqueue().await;
        sleep(Duration::from_secs(1)).await;
        stop.send_replace(true);
        promised
    };
    let (promised, slots) = tokio::join!(enqueuing, killing);
    let (kills, children): (Vec<u32>, Vec<Child>) = [slots.0, slots.1, slots.2].into_iter().unzip();
    let (kills, locks) = (kills.iter().sum::<u32>(), locks.await.unwrap());

    chaos.until_all_sent().await;
    end.send_replace(true);
    reports.await.unwrap();
    for child in children {
        child.signal("-TERM");
        child.until_ended().await;
    }
    chaos.until_all_told(&promised).await;
    let took = start.elapsed();
    let facts = chaos.facts(promised).await;
    facts.print(kills, locks, took);
    let faults = facts.faults();
    for (kind, some) in [
        ("twice", &faults.twice),
        ("lost", &faults.lost),
        ("astray", &faults.astray),
        ("untold", &faults.untold),
    ] {
        println!("{kind}: {}", some.len());
        some.iter().take(10).for_each(|fault| println!("    {fault}"));
    }
    assert_eq!(faults, checker::Faults::default());
    facts.assert_eventful(kills, locks);
}

impl Chaos {
    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.file(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Starts a process, and kills it after a while, until it is told to stop. How often, and the last, which lives.
    async fn kill_again_and_again(
        &self,
        slot: u64,
        mut stop: watch::Receiver<bool>,
    ) -> (u32, Child) {
        let (mut random, mut kills) = (Random::seeded(slot + 1), 0);
        loop {
            let child = Child::of(
                "chaos::a_worker_of_the_chaos",
                &[
                    ("ANYSMS_CHAOS_PLACE", self.place.clone()),
                    ("ANYSMS_CHAOS_TWILIO", self.carrier.twilio.to_string()),
                    ("ANYSMS_CHAOS_PLIVO", self.carrier.plivo.to_string()),
                    ("ANYSMS_CHAOS_ENDS", self.file("ends")),
                    ("ANYSMS_CHAOS_ANSWERS", self.file("answers")),
                    ("ANYSMS_CHAOS_MESSAGES", self.messages.to_string()),
                    ("ANYSMS_CHAOS_SEED", (u64::from(kills) * PROCESSES + slot + 1).to_string()),
                ],
            );
            child.until_ready().await;
            let port: u16 = child.word_after("ready ").unwrap().parse().unwrap();
            self.reporter.ports.lock().unwrap().push(port);
            let life = Duration::from_millis(200) + random.up_to(Duration::from_millis(1_800));
            let is_over = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => true,
                () = sleep(life) => false,
            };
            if is_over {
                return (kills, child);
            }
            self.reporter.ports.lock().unwrap().retain(|other| *other != port);
            child.kill().await;
            kills += 1;
        }
    }

    /// Puts all messages into the queue, as fast as they are sent. Which of them were new there.
    async fn enqueue(&self) -> BTreeMap<Name, bool> {
        let mut promised = BTreeMap::new();
        for start in (0..self.messages).step_by(50) {
            let numbers = start..(start + 50).min(self.messages);
            let both =
                numbers.flat_map(|number| [Name::queued(0, number), Name::queued(1, number)]);
            let names: Vec<Name> = both.collect();
            let messages: Vec<_> = names.iter().map(Name::message).collect();
            let done = loop {
                match self.store.enqueue(&messages, None).await {
                    Ok(done) => break done,
                    Err(_) => sleep(Duration::from_millis(50)).await,
                }
            };
            for (name, one) in names.into_iter().zip(done) {
                promised.insert(name, matches!(one.unwrap(), Enqueued::Queued(_)));
            }
            sleep(self.pause).await;
            // Some are never taken.
            while promised.len() > self.carrier.count() * 5 / 4 + MOST_WAITING {
                sleep(Duration::from_millis(20)).await;
            }
        }
        promised
    }

    /// Until nothing is in the queue or on its way.
    async fn until_all_sent(&self) {
        let stages = [Stage::Waiting, Stage::Claimed, Stage::Sending];
        let stages = stages.map(|stage| Filter::new().with_stage(stage));
        for _ in 0..600 {
            let mut left = 0;
            for filter in &stages {
                left +=
                    self.store.entries(filter, 1, None).await.map_or(1, |page| page.items.len());
            }
            if left == 0 {
                return;
            }
            sleep(Duration::from_millis(200)).await;
        }
        println!("some are stuck");
    }

    /// Until every end was heard. What a process was told that was killed is told again after a minute, which passes
    /// at once here.
    async fn until_all_told(&self, promised: &BTreeMap<Name, bool>) {
        let ports = (self.carrier.twilio, self.carrier.plivo);
        for _ in 0..10 {
            self.store.skip(Duration::from_secs(61));
            let time = Duration::from_millis(1_200);
            worker::run_here(&self.store, ports, &self.file("ends"), time).await;
            let ends = self.lines("ends");
            let heard: HashSet<_> = ends.iter().filter_map(|line| End::read(line).name).collect();
            let mut queued = promised.iter().filter(|(_, is_new)| **is_new);
            if queued.all(|(name, _)| heard.contains(name)) {
                return;
            }
        }
    }

    async fn facts(&self, promised: BTreeMap<Name, bool>) -> Facts {
        let answers = self.lines("answers").into_iter().map(|line| {
            let (tenant, key) = line.split_once(' ').unwrap();
            Name::named(tenant, key).unwrap()
        });
        let mut astray = self.carrier.all_astray();
        for number in [STOPPED, UNSTOPPED] {
            let scopes = self.store.suppressions_of(number.parse().unwrap()).await.unwrap();
            let own = |scope: &SuppressionScope| {
                let tenant = scope.tenant.as_ref().map(anysms::TenantId::as_str);
                number == STOPPED && tenant == Some(TENANTS[1].name)
            };
            let others = scopes.iter().filter(|one| !own(&one.scope));
            astray.extend(others.map(|one| format!("{number} is suppressed: {:?}", one.scope)));
        }
        Facts {
            promised,
            taken: self.carrier.taken(),
            rows: self.rows(&mut astray).await,
            ends: self.lines("ends").iter().map(|line| End::read(line)).collect(),
            answers: answers.collect(),
            reported: self.reporter.reported.lock().unwrap().clone(),
            heard: self.reporter.heard.lock().unwrap().clone(),
            astray,
        }
    }

    async fn rows(&self, astray: &mut Vec<String>) -> Vec<Row> {
        let (mut names, mut cursor) = (Vec::new(), None);
        let outbound = Filter::new().with_direction(anysms::message::Direction::Outbound);
        loop {
            let page = self.store.entries(&outbound, 1_000, cursor.as_ref()).await.unwrap();
            for entry in page.items {
                match Name::of(entry.tenant.as_ref(), &entry.key) {
                    Some(name) => names.push(name),
                    None => astray.push(format!("an entry of nobody: {}", entry.key)),
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let mut parts = JoinSet::new();
        for part in names.chunks(names.len().div_ceil(8).max(1)) {
            let (store, part) = (self.store.clone(), part.to_vec());
            parts.spawn(async move {
                let mut rows = Vec::new();
                for name in part {
                    let history = store.history(Some(&name.tenant_id()), &name.key()).await;
                    rows.push(Row::of(name, &history.unwrap().unwrap()));
                }
                rows
            });
        }
        parts.join_all().await.into_iter().flatten().collect()
    }
}

impl Facts {
    fn of_end(&self, end: &str) -> usize {
        let names =
            self.ends.iter().filter(|one| one.end == end).filter_map(|one| one.name.as_ref());
        names.collect::<HashSet<_>>().len()
    }

    fn print(&self, kills: u32, locks: u32, took: Duration) {
        let ends = ["sent", "failed", "unconfirmed", "dead", "expired", "suppressed"];
        let ends = ends.map(|end| format!("{} {end}", self.of_end(end))).join(", ");
        println!(
            "{} messages in the queue, {} taken, {} answered directly, {} events in {took:.1?}; \
             {kills} kills, {locks} locks; ends: {ends}",
            self.promised.len(),
            self.taken.len(),
            self.answers.len(),
            self.rows.iter().map(|row| row.events.len()).sum::<usize>(),
        );
    }

    /// A run in which nothing went wrong shows nothing.
    fn assert_eventful(&self, kills: u32, locks: u32) {
        assert!(kills > 2 && locks > 0, "{kills} kills, {locks} locks");
        for end in ["sent", "failed", "unconfirmed", "suppressed"] {
            assert!(self.of_end(end) > 0, "none is {end}");
        }
        let by = |vendor| self.taken.iter().filter(|taken| taken.vendor == vendor).count();
        let (twilio, plivo) = (by(carrier::Vendor::Twilio), by(carrier::Vendor::Plivo));
        assert!(twilio > plivo && plivo > 0 && !self.answers.is_empty(), "{twilio}, {plivo}");
        let foreign = |row: &&Row| row.events.iter().any(|event| !event.counts);
        assert!(self.rows.iter().any(|row| foreign(&row)), "no word of another account came");
    }
}
