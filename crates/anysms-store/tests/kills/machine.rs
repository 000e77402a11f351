//! The machine itself is not to be relied on: a disk that does not sync or is full, and a clock that jumps. A small
//! library in C stands between it and the worker, or the server. Clocks that jump while a worker runs take longer:
//! `cargo test --all-features --test kills -- --ignored a_clock_that_jumps_sends_nothing`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anysms::{ErrorKind, Outcome, Timestamp};
use anysms_store::{Filter, Progress, Stage};

use crate::{
    carrier::{Carrier, Mode},
    checker,
    child::Child,
    postgres::{Environment, Restartable},
    worker::{Backend, Point, message},
};

const LEASE: Duration = Duration::from_secs(2);

/// What a disk has, as the name of the file that says so.
#[derive(Clone, Copy)]
enum Trouble {
    DoesNotSync,
    IsFull,
}

impl Trouble {
    fn name(self) -> &'static str {
        match self {
            Self::DoesNotSync => "broken",
            Self::IsFull => "full",
        }
    }
}

/// What stands between a process and the machine, and how it is told.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        // The server is another user.
        fs::set_permissions(machine.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kills/shim.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-ldl", "-o"]);
        assert!(cc.arg(machine.file("shim.so")).status().unwrap().success(), "cc");
        machine
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn environment(&self) -> Environment {
        let file = |name| self.file(name).display().to_string();
        vec![
            ("LD_PRELOAD", file("shim.so")),
            ("ANYSMS_SHIM_BROKEN", file(Trouble::DoesNotSync.name())),
            ("ANYSMS_SHIM_FULL", file(Trouble::IsFull.name())),
            ("ANYSMS_SHIM_CLOCK", file("clock")),
            ("ANYSMS_WORKER_GATE", file("gate")),
        ]
    }

    fn start(&self, backend: &Backend, carrier: &Carrier, point: Point) -> Child {
        Child::start_with(backend, carrier, point, &self.environment())
    }

    fn open_gate(&self) {
        fs::write(self.file("gate"), "").unwrap();
    }

    fn begin(&self, trouble: Trouble) {
        fs::write(self.file(trouble.name()), "").unwrap();
    }

    fn end(&self, trouble: Trouble) {
        fs::remove_file(self.file(trouble.name())).unwrap();
    }

    /// Puts the clock forward by so many seconds.
    fn put_clock(&self, by: i64) {
        fs::write(self.file("new"), by.to_string()).unwrap();
        fs::rename(self.file("new"), self.file("clock")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_whose_intent_is_not_on_disk() {
    let (backend, machine) = (Backend::sqlite_with(LEASE).await, Machine::new());
    let carrier = Carrier::start(Mode::Takes).await;
    backend.enqueue(10).await;
    let child = machine.start(&backend, &carrier, Point::WaitsBeforeIntent);
    child.until_said("waits", 10).await;
    machine.begin(Trouble::DoesNotSync);
    machine.open_gate();
    child.until_said("came of it", 10).await;
    assert_eq!((child.times_said("NotSent"), carrier.taken().len()), (10, 0));
    child.kill().await;
    crate::finish(&backend, &carrier, 10).await;
    assert_eq!(checker::check(&backend, &carrier, 10).await, 0);
    assert_eq!(carrier.taken().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_when_its_disk_is_mended() {
    goes_on_after(Trouble::DoesNotSync).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_when_its_disk_has_room() {
    goes_on_after(Trouble::IsFull).await;
}

async fn goes_on_after(trouble: Trouble) {
    let (backend, machine) = (Backend::sqlite_with(LEASE).await, Machine::new());
    let carrier = Carrier::start(Mode::Takes).await;
    let mut child = machine.start(&backend, &carrier, Point::Nowhere);
    child.until_ready().await;
    backend.enqueue(5).await;
    backend.until_all_ended(5).await;
    machine.begin(trouble);
    backend.enqueue(30).await; // of which it has five
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(carrier.taken().len(), 5, "it could not write down that it has them");
    machine.end(trouble);
    let mended = Instant::now();
    carrier.until_taken(30).await;
    println!("at work {:?} after the disk was mended", mended.elapsed());
    assert!(mended.elapsed() < Duration::from_secs(10) && child.is_alive());
    backend.until_all_ended(30).await;
    assert_eq!(checker::check(&backend, &carrier, 30).await, 0);
    child.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn a_disk_that_is_full_refuses_and_goes_on_when_it_has_room_on_postgres() {
    let machine = Machine::new();
    let server = Restartable::start(machine.environment()).await;
    let backend = Backend::of_pool(&server.database().await, LEASE).await;
    let carrier = Carrier::start(Mode::Takes).await;
    let mut child = Child::start(&backend, &carrier, Point::Nowhere);
    child.until_ready().await;
    let (mut queued, mut refused) = (700, 0);
    backend.enqueue(queued).await;
    carrier.until_taken(100).await;
    machine.begin(Trouble::IsFull); // in the middle
    while refused < 100 {
        let some: Vec<_> = (queued..queued + 7).map(message).collect();
        match backend.store.enqueue(&some, None).await {
            Ok(_) => queued += 7,
            Err(error) => {
                assert_eq!(
                    (error.kind(), error.outcome()),
                    (ErrorKind::Unavailable, Outcome::NotSent),
                    "{error}"
                );
                refused += 1;
            }
        }
        assert!(queued < 10_000, "it is not full");
    }
    let there = backend.count(&Filter::new()).await;
    assert_eq!(there, queued, "all of seven, or none");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = carrier.taken().len() as u32;
    assert!(before < queued, "all was sent before it was full");
    machine.end(Trouble::IsFull);
    let mended = Instant::now();
    carrier.until_taken(before + 1).await;
    let took = mended.elapsed();
    backend.enqueue(queued + 30).await; // of which it has some
    carrier.until_taken(queued + 30).await;
    let all = mended.elapsed();
    println!(
        "{before} of {queued} sent when it was full; at work {took:?} after it had room, done after {all:?}"
    );
    assert!(took < Duration::from_secs(10) && child.is_alive());
    backend.until_all_ended(queued + 30).await;
    // What came of those that were sent when it was full is written down late.
    let unknown = Filter::new().with_status(Progress::Unconfirmed);
    for _ in 0..300 {
        if backend.count(&unknown).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(checker::check(&backend, &carrier, queued + 30).await, 0);
    child.kill().await;
}

const HOUR: i64 = 3_600;

/// An hour and a year, forward and back.
const JUMPS: [i64; 4] = [HOUR, -HOUR, 365 * 24 * HOUR, -365 * 24 * HOUR];

#[tokio::test(flavor = "multi_thread")]
async fn workers_whose_clocks_differ_send_nothing_twice_on_sqlite() {
    let mut all = tokio::task::JoinSet::new();
    for jump in JUMPS {
        all.spawn(clocks_differ(jump));
    }
    all.join_all().await;
}

/// One starts after the clock has jumped. On PostgreSQL all go by the server's.
async fn clocks_differ(jump: i64) {
    let (backend, machine) = (Backend::sqlite_with(LEASE).await, Machine::new());
    let carrier = Carrier::start(Mode::Takes).await;
    let first = Child::start(&backend, &carrier, Point::Nowhere);
    first.until_ready().await;
    machine.put_clock(jump);
    let second = machine.start(&backend, &carrier, Point::Nowhere);
    second.until_ready().await;
    for some in 0..4 {
        backend.enqueue(25 * (some + 1)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    backend.until_all_ended(100).await;
    for child in [first, second] {
        child.signal("-TERM"); // what was given up by the other may be on its way yet
        assert!(child.until_ended().await.success());
    }
    checker::check(&backend, &carrier, 100).await;
    assert_eq!(carrier.taken().len(), 100, "{jump}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "half a minute: it looks at the clock every ten seconds"]
async fn a_clock_that_jumps_sends_nothing_early_or_twice() {
    let mut all = tokio::task::JoinSet::new();
    for jump in JUMPS {
        all.spawn(clock_jumps(jump));
    }
    all.join_all().await;
}

async fn clock_jumps(jump: i64) {
    let (backend, machine) = (Backend::sqlite_with(LEASE).await, Machine::new());
    let carrier = Carrier::start(Mode::Takes).await;
    machine.put_clock(0);
    let child = machine.start(&backend, &carrier, Point::WaitsBeforeByte);
    backend.enqueue(20).await;
    child.until_said("waits", 20).await;
    let later = Timestamp::now() + Duration::from_secs(1_800);
    backend.store.enqueue(&[message(1_000)], Some(later)).await.unwrap();
    machine.put_clock(jump);
    tokio::time::sleep(Duration::from_secs(25)).await;
    machine.open_gate();
    backend.enqueue(40).await;
    carrier.until_taken(40).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(carrier.taken().len(), 40, "{jump}: none early");
    assert_eq!(backend.count(&Filter::new().with_stage(Stage::Waiting)).await, 1);
    assert!(backend.store.cancel_queued(None, message(1_000).key()).await.unwrap());
    let taken: std::collections::HashSet<_> =
        carrier.taken().into_iter().map(|taken| taken.key).collect();
    assert_eq!(taken.len(), 40, "{jump}: none twice");
    child.kill().await;
}
