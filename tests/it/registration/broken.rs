//! Registering that is killed or times out at every point: never twice, and never unaccounted for.
//!
//! `ANYSMS_REGISTRATIONS` says how many times; the gate does a few.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anysms::{
    AccountKey, Outcome,
    bytes::Bytes,
    http::{Method, Request},
    intent::{FileIntents, Intent, IntentLog},
    registration::{
        FileRegistrationHistory, Filing, Registration, RegistrationDesk, RegistrationForm,
        RegistrationHistory, RegistrationStep, Registrations,
    },
    transport::{
        Answer, BodyError, HttpTransport, ReqwestTransport, TransportError, TransportErrorKind,
    },
};

use super::World;

/// A way in which a request is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It never leaves, and that is proved.
    Refused,
    /// It never leaves, and nobody can know.
    Swallowed,
    /// It is done, and the answer does not come.
    Unanswered,
    /// It is done, and answered with an error.
    Failed,
    /// It is done, and the answer's body breaks off.
    Bodiless,
    /// The program dies before it leaves.
    DiedBefore,
    /// The program dies when it is done.
    DiedAfter,
    /// The nth change of the log of intents fails: nothing is written.
    IntentsDown,
    /// The nth step of the history fails: nothing is written.
    HistoryDown,
}

const CUTS: [Cut; 9] = [
    Cut::Refused,
    Cut::Swallowed,
    Cut::Unanswered,
    Cut::Failed,
    Cut::Bodiless,
    Cut::DiedBefore,
    Cut::DiedAfter,
    Cut::IntentsDown,
    Cut::HistoryDown,
];

/// Counts down to the call that fails.
#[derive(Debug)]
struct Fuse(AtomicUsize);

impl Fuse {
    /// A fuse that blows at the nth call, if this is what breaks.
    fn new(here: bool, nth: usize) -> Self {
        Self(AtomicUsize::new(if here { nth } else { usize::MAX }))
    }

    fn burn(&self) -> anysms::Result<()> {
        match self.0.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(anysms::Error::not_sent(anysms::ErrorKind::Unavailable)),
            _ => Ok(()),
        }
    }
}

/// A log of intents that cannot be written once.
#[derive(Debug)]
struct Flaky<T>(T, Fuse);

#[anysms::async_trait]
impl IntentLog for Flaky<FileIntents> {
    async fn begin(&self, intent: &Intent) -> anysms::Result<Option<Intent>> {
        self.1.burn()?;
        self.0.begin(intent).await
    }
    async fn finish(&self, intent: &Intent, id: &str) -> anysms::Result<()> {
        self.1.burn()?;
        self.0.finish(intent, id).await
    }
    async fn withdraw(&self, intent: &Intent) -> anysms::Result<()> {
        self.1.burn()?;
        self.0.withdraw(intent).await
    }
    async fn find(&self, intent: &Intent) -> anysms::Result<Option<Intent>> {
        self.0.find(intent).await
    }
    async fn open(&self) -> anysms::Result<Vec<Intent>> {
        self.0.open().await
    }
}

#[anysms::async_trait]
impl RegistrationHistory for Flaky<FileRegistrationHistory> {
    async fn append(&self, step: &RegistrationStep) -> anysms::Result<()> {
        self.1.burn()?;
        self.0.append(step).await
    }
    async fn steps(&self, account: &AccountKey) -> anysms::Result<Vec<RegistrationStep>> {
        self.0.steps(account).await
    }
}

/// A transport that breaks its nth request.
struct Cutting {
    inner: Arc<ReqwestTransport>,
    left: AtomicUsize,
    cut: Cut,
    /// Shows empty lists: what was submitted does not show yet.
    blind: bool,
}

/// Returns `true` for a request of a list of registrations.
fn lists(request: &Request<Bytes>) -> bool {
    let ends = ["/BrandRegistrations", "/Usa2p", "/Verifications", "/Brand/", "/Campaign/"];
    let path = request.uri().path();
    let known =
        ends.iter().any(|end| path.ends_with(end)) || path.ends_with("/TollfreeVerification/");
    request.method() == Method::GET && known
}

impl fmt::Debug for Cutting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cutting")
    }
}

#[anysms::async_trait]
impl HttpTransport for Cutting {
    async fn execute(&self, request: Request<Bytes>) -> Result<Answer, TransportError> {
        if self.left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return match self.blind && lists(&request) {
                true => Ok(anysms::http::Response::new(Ok("{}".into()))),
                false => self.inner.execute(request).await,
            };
        }
        let failed = |kind| Err(TransportError::new(kind));
        match self.cut {
            Cut::Refused => return failed(TransportErrorKind::Connect),
            Cut::Swallowed => return failed(TransportErrorKind::Timeout),
            Cut::DiedBefore => std::future::pending::<()>().await, // its future is dropped
            _ => {}
        }
        let mut answer = self.inner.execute(request).await?;
        match self.cut {
            Cut::Unanswered => return failed(TransportErrorKind::Interrupted),
            Cut::DiedAfter => std::future::pending::<()>().await,
            Cut::Failed => *answer.status_mut() = 500.try_into().unwrap(),
            Cut::Bodiless => *answer.body_mut() = Err(BodyError::Interrupted),
            _ => {}
        }
        Ok(answer)
    }
}

/// A random number of a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

/// Tries once, as one life of a program: a client, a desk, and what breaks. `None` if the program died.
async fn life(
    world: &World,
    which: usize,
    folder: &std::path::Path,
    form: &RegistrationForm,
    (nth, cut, blind): (usize, Cut, bool),
    inner: &Arc<ReqwestTransport>,
) -> Option<anysms::Result<Filing>> {
    let written = matches!(cut, Cut::IntentsDown | Cut::HistoryDown);
    let left = if written { usize::MAX } else { nth };
    let transport = Arc::new(Cutting { inner: inner.clone(), left: left.into(), cut, blind });
    let registrations: Arc<dyn Registrations> = match which {
        0 => Arc::new(super::twilio(&world.sandbox, transport)),
        _ => Arc::new(super::plivo(&world.sandbox, transport)),
    };
    let intents = FileIntents::new(folder).unwrap();
    let history = FileRegistrationHistory::new(folder.join("steps.jsonl")).unwrap();
    let intents = Flaky(intents, Fuse::new(cut == Cut::IntentsDown, nth));
    let history = Flaky(history, Fuse::new(cut == Cut::HistoryDown, nth));
    let desk = RegistrationDesk::new(registrations, Arc::new(intents), Arc::new(history));
    let dies = matches!(cut, Cut::DiedBefore | Cut::DiedAfter) && nth < usize::MAX;
    let within = if dies { Duration::from_millis(150) } else { Duration::from_secs(30) };
    tokio::time::timeout(within, desk.submit(form)).await.ok()
}

fn desk(
    registrations: Arc<dyn Registrations>,
    folder: &std::path::Path,
) -> RegistrationDesk<Arc<dyn Registrations>> {
    let intents = Arc::new(FileIntents::new(folder).unwrap());
    let history = FileRegistrationHistory::new(folder.join("steps.jsonl")).unwrap();
    RegistrationDesk::new(registrations, intents, Arc::new(history))
}

#[tokio::test]
async fn never_twice_and_never_unaccounted_for_wherever_it_breaks() {
    let rounds = std::env::var("ANYSMS_REGISTRATIONS");
    let rounds: usize = rounds.map_or(30, |rounds| rounds.parse().unwrap());
    let inner = Arc::new(ReqwestTransport::new().unwrap());
    let mut random = Random(2_026);
    let (mut died, mut unknown, mut unconfirmed, mut lives) = (0, 0, 0, 0);
    for round in 0..rounds {
        let which = round % 2;
        let world = World::new().await;
        let honest = world.both()[which].clone();
        let [brand, campaign, line] = world.forms(&*honest).await;
        let form = [brand, campaign, line].into_iter().nth(random.below(3)).unwrap();
        let before = honest.list_registrations(form.kind()).await.unwrap().len();
        let folder = tempfile::tempdir().unwrap();
        let count = async || honest.list_registrations(form.kind()).await.unwrap().len() - before;
        let mut done: Option<Registration> = None;
        // Several lives in a row break, each at a point of its own; every cut comes first once in a while.
        for broken in 0..=random.below(3) {
            let cut =
                if broken == 0 { CUTS[round % CUTS.len()] } else { CUTS[random.below(CUTS.len())] };
            let nth = 1 + random.below(4);
            let blind = random.below(3) == 0;
            let there = count().await;
            let breaks = (nth, cut, blind);
            let ended = life(&world, which, folder.path(), &form, breaks, &inner).await;
            lives += 1;
            let now = count().await;
            assert!(now <= 1, "round {round}: registered twice after {cut:?} at {nth}");
            match ended {
                None => died += 1,
                Some(Ok(Filing::New(made))) => {
                    assert_eq!((there, now), (0, 1), "round {round}: {cut:?} at {nth}");
                    done = Some(made);
                }
                Some(Ok(Filing::Found(found))) => {
                    assert_eq!(now, 1, "round {round}: {cut:?} at {nth}");
                    done = Some(found);
                }
                Some(Ok(_)) => unconfirmed += 1,
                Some(Err(error)) => {
                    unknown += usize::from(error.outcome() == Outcome::Unknown);
                    if error.outcome() == Outcome::NotSent {
                        assert_eq!(now, there, "round {round}: {error} after {cut:?} at {nth}");
                    }
                }
            }
        }
        // Nothing breaks any more: either it is there, or it is said that nobody knows, and a person decides.
        let whole = (usize::MAX, Cut::Refused, false);
        for _ in 0..2 {
            match life(&world, which, folder.path(), &form, whole, &inner).await.unwrap() {
                Ok(Filing::New(made) | Filing::Found(made)) => {
                    assert!(done.is_none_or(|done| done.id == made.id), "round {round}");
                    done = Some(made);
                    break;
                }
                Ok(_) => {
                    assert_eq!(count().await, 0, "round {round}: it is there, and was not found");
                    let desk = desk(honest.clone(), folder.path());
                    assert_eq!(desk.unconfirmed().await.unwrap().len(), 1, "round {round}");
                    assert_eq!(desk.withdraw(&form).await.unwrap(), None);
                    done = None;
                }
                Err(error) => panic!("round {round}: {error}"),
            }
        }
        let done = done.unwrap_or_else(|| panic!("round {round}: unaccounted for"));
        assert_eq!(count().await, 1, "round {round}");
        let desk = desk(honest.clone(), folder.path());
        assert!(desk.unconfirmed().await.unwrap().is_empty(), "round {round}");
        let known = desk.registration(form.kind(), form.name()).await.unwrap().unwrap();
        assert_eq!(known.id, done.id, "round {round}");
        let steps = desk.history(form.kind(), form.name()).await.unwrap();
        let submitted = steps.iter().filter(|step| step.form.is_some()).count();
        assert_eq!(submitted, 1, "round {round}: {steps:?}");
    }
    println!(
        "{rounds} registrations in {lives} broken lives: {died} died, {unknown} unproved, {unconfirmed} unconfirmed"
    );
    assert!(rounds < 30 || died > 0 && unknown > 0, "nothing broke");
}
