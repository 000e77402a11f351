//! Purchases, releases and pools that are cut or killed at any point: nothing is done twice, and nothing is unaccounted.
//!
//! `ANYSMS_PURCHASES=2000` makes 2,000 runs in place of 64.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use anysms::{
    Outcome, PhoneNumber, async_trait,
    bytes::Bytes,
    http::{Method, Request},
    intent::{FileIntents, Intent, IntentLog},
    numbers::{
        NumberBuyer, NumberQuery, Numbers, PoolMaker, PoolQuery, PoolSetup, Pools, Purchase,
        Release,
    },
    sandbox::Sandbox,
    transport::{Answer, HttpTransport, TransportError, TransportErrorKind},
};
use tokio::sync::Notify;

use super::{Subject, mobile, plain, subjects, usd};

/// Numbers by chance that a seed decides (SplitMix64).
#[derive(Debug)]
struct Chance(AtomicU64);

impl Chance {
    fn below(&self, end: u64) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A transport on which every exchange may be cut, and the process die before or after it.
#[derive(Debug)]
struct Cutting {
    inner: Arc<dyn HttpTransport>,
    chance: Arc<Chance>,
    calm: Arc<AtomicBool>,
    died: Arc<Notify>,
    /// Requests that arrive at the vendor after the client has given up.
    late: Arc<Mutex<Vec<Request<Bytes>>>>,
    /// The ways in which exchanges ended, to see that all of them happen.
    seen: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Cutting {
    async fn die(&self) -> ! {
        self.died.notify_one();
        std::future::pending().await
    }
}

#[async_trait]
impl HttpTransport for Cutting {
    async fn execute(&self, request: Request<Bytes>) -> Result<Answer, TransportError> {
        let ways = [
            "no connection",
            "lost before",
            "lost after",
            "late",
            "500 after",
            "died before",
            "died after",
        ];
        let way = match self.calm.load(Ordering::Relaxed) {
            true => "well",
            false => ways.get(self.chance.below(15) as usize).copied().unwrap_or("well"),
        };
        self.seen.lock().unwrap().insert(way);
        let cut = |kind| Err(TransportError::new(kind));
        match way {
            "no connection" => return cut(TransportErrorKind::Connect),
            "lost before" => return cut(TransportErrorKind::Timeout),
            "late" => {
                if request.method() != Method::GET {
                    self.late.lock().unwrap().push(request);
                }
                return cut(TransportErrorKind::Timeout);
            }
            "died before" => self.die().await,
            _ => {}
        }
        let answer = self.inner.execute(request).await;
        match way {
            "lost after" => cut(TransportErrorKind::Interrupted),
            "500 after" => {
                let mut answer = Answer::new(Ok("{}".into()));
                *answer.status_mut() = anysms::http::StatusCode::INTERNAL_SERVER_ERROR;
                Ok(answer)
            }
            "died after" => self.die().await,
            _ => answer,
        }
    }
}

/// What is really at the vendor.
async fn owned(truth: &Subject) -> BTreeSet<PhoneNumber> {
    let own = truth.numbers.list_numbers(&NumberQuery::new()).await.unwrap();
    own.into_iter().map(|own| own.number).filter(|number| number.country_code() == 44).collect()
}

async fn pools(truth: &Subject) -> Vec<String> {
    let all = truth.pools.list_pools(&PoolQuery::new()).await.unwrap();
    all.into_iter().map(|pool| pool.name).collect()
}

fn spent(sandbox: &Sandbox) -> u64 {
    sandbox.usage().iter().map(|used| used.count).sum()
}

/// Runs a thing to its end, or until the process dies: then it is dropped where it stands.
async fn until_death<T>(died: &Notify, act: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = act => Some(done),
        () = died.notified() => None,
    }
}

fn log(folder: &Path) -> Arc<FileIntents> {
    Arc::new(FileIntents::new(folder).unwrap())
}

async fn done(folder: &Path, numbers: &dyn Numbers, key: String) -> bool {
    let account = numbers.numbers_account();
    let known = log(folder).find(&Intent::new(account.provider, account.id, key)).await.unwrap();
    known.is_some_and(|known| known.done.is_some())
}

async fn run(seed: u64, inner: &Arc<dyn HttpTransport>, seen: &Arc<Mutex<BTreeSet<&'static str>>>) {
    let sandbox = Sandbox::start().await.unwrap();
    let (folder, chance) = (tempfile::tempdir().unwrap(), Arc::new(Chance(AtomicU64::new(seed))));
    let (calm, died) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let late: Arc<Mutex<Vec<Request<Bytes>>>> = Arc::default();
    let cutting: Arc<dyn HttpTransport> = Arc::new(Cutting {
        late: late.clone(),
        inner: inner.clone(),
        chance: chance.clone(),
        calm: calm.clone(),
        died: died.clone(),
        seen: seen.clone(),
    });
    let vendor = (seed % 2) as usize;
    let subject = &subjects(&sandbox, &cutting)[vendor];
    let truth = &subjects(&sandbox, inner)[vendor];
    let buyer = || NumberBuyer::new(subject.numbers.clone(), log(folder.path()));
    let maker = || PoolMaker::new(subject.pools.clone(), log(folder.path()));
    for step in 0..12 {
        let at = format!("seed {seed}, step {step}, {}", subject.name);
        let number = mobile(100 + chance.below(3) as u32);
        let name = ["club", "hall"][chance.below(2) as usize];
        let (had, paid, pooled) = (owned(truth).await, spent(&sandbox), pools(truth).await);
        match chance.below(6) {
            0..=2 => {
                let purchase = Purchase::new(number, usd("2"));
                let ended = until_death(&died, buyer().buy(&purchase)).await;
                let (has, new) = (owned(truth).await.contains(&number), spent(&sandbox) - paid);
                assert!(new <= u64::from(!had.contains(&number)), "{at}: bought twice");
                match ended {
                    Some(Ok(own)) => {
                        assert!(own.number == number && has, "{at}: is not the account's");
                        let key = format!("buy:{number}");
                        assert!(done(folder.path(), &*truth.numbers, key).await, "{at}: not noted");
                    }
                    Some(Err(error)) if error.outcome() == Outcome::NotSent => {
                        assert_eq!(new, 0, "{at}: {error}");
                    }
                    Some(Err(_)) | None => {}
                }
            }
            3 => {
                let release = Release::confirm(number, &number.to_string()).unwrap();
                let ended = until_death(&died, buyer().release(&release)).await;
                let has = owned(truth).await.contains(&number);
                match ended {
                    Some(Ok(())) => assert!(!has, "{at}: is still the account's"),
                    Some(Err(error)) if error.outcome() == Outcome::NotSent => {
                        assert_eq!(has, had.contains(&number), "{at}: {error}");
                    }
                    Some(Err(_)) | None => {}
                }
                assert_eq!(spent(&sandbox), paid, "{at}");
            }
            4 => {
                let made = until_death(&died, maker().create(&PoolSetup::new(name))).await;
                let now = pools(truth).await;
                let of_name = now.iter().filter(|known| *known == name).count();
                assert!(of_name <= 1, "{at}: made twice");
                match made {
                    Some(Ok(pool)) => assert!(pool.name == name && of_name == 1, "{at}"),
                    Some(Err(error)) if error.outcome() == Outcome::NotSent => {
                        assert_eq!(now, pooled, "{at}: {error}");
                    }
                    Some(Err(_)) | None => {}
                }
            }
            _ => {
                let _ = until_death(&died, buyer().recover()).await;
                let _ = until_death(&died, maker().recover()).await;
                assert_eq!((owned(truth).await, spent(&sandbox)), (had, paid), "{at}");
            }
        }
        let arriving: Vec<Request<Bytes>> = late.lock().unwrap().drain(..).collect();
        for request in arriving {
            inner.execute(request).await.unwrap();
        }
    }
    calm.store(true, Ordering::Relaxed);
    let at = format!("seed {seed}, {}", subject.name);
    let found = buyer().recover().await.unwrap();
    let made = maker().recover().await.unwrap();
    let now = owned(truth).await;
    for number in &now {
        let key = format!("buy:{number}");
        assert!(done(folder.path(), &*truth.numbers, key).await, "{at}: a number is unaccounted");
    }
    assert!(found.missing.iter().all(|number| !now.contains(number)), "{at}");
    for name in pools(truth).await {
        let key = format!("pool:{name}");
        assert!(done(folder.path(), &*truth.numbers, key).await, "{at}: a pool is unaccounted");
    }
    // What is missing can be tried again, and then everything is settled.
    for number in found.missing {
        buyer().buy(&Purchase::new(number, usd("2"))).await.unwrap();
    }
    for name in made.missing {
        maker().create(&PoolSetup::new(name)).await.unwrap();
    }
    assert!(log(folder.path()).open().await.unwrap().is_empty(), "{at}");
}

#[tokio::test]
async fn nothing_is_bought_twice_or_unaccounted_whatever_is_cut() {
    let runs = std::env::var("ANYSMS_PURCHASES").ok().and_then(|runs| runs.parse().ok());
    let (inner, seen) = (plain(), Arc::default());
    for seed in 0..runs.unwrap_or(64) {
        run(seed, &inner, &seen).await;
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 8, "every way was met: {seen:?}");
}
