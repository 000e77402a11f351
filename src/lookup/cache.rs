//! [`LookupCache`]: answers that are still good are not paid for again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use super::{Lookup, LookupPackage, LookupReport};
use crate::{error::Result, message::Money, number::PhoneNumber, provider_id::ProviderId};

const DAY: Duration = Duration::from_secs(86_400);

/// Lookup that keeps answers in memory, each package for its own life, and asks only for what is missing.
///
/// A line and a carrier are kept for 30 days, a caller's name for 7, whether a number was reassigned and its
/// risk for one. A SIM swap, forwarding and status are asked each time, as only this moment counts. A package
/// that failed is not kept. At most 10,000 answers are kept; when they are full, all that are stale go, and then
/// the cache begins anew.
///
/// ```
/// use std::time::Duration;
///
/// use anysms::lookup::{Lookup, LookupCache, LookupPackage};
///
/// fn cached<L: Lookup>(lookup: L) -> LookupCache<L> {
///     let week = Duration::from_secs(7 * 86_400);
///     LookupCache::new(lookup).with_life(LookupPackage::LineType, week)
/// }
/// ```
#[derive(Debug)]
pub struct LookupCache<L> {
    lookup: L,
    lives: HashMap<LookupPackage, Duration>,
    kept: Mutex<HashMap<(PhoneNumber, LookupPackage), (Instant, LookupReport)>>,
    most: usize,
}

impl<L: Lookup> LookupCache<L> {
    /// Puts a cache around a lookup.
    #[must_use]
    pub fn new(lookup: L) -> Self {
        let lives = HashMap::from([
            (LookupPackage::LineType, 30 * DAY),
            (LookupPackage::CallerName, 7 * DAY),
            (LookupPackage::Reassigned, DAY),
            (LookupPackage::PumpingRisk, DAY),
        ]);
        Self { lookup, lives, kept: Mutex::default(), most: 10_000 }
    }

    /// Sets how long answers to a package are kept; zero asks each time.
    #[must_use]
    pub fn with_life(mut self, package: LookupPackage, life: Duration) -> Self {
        self.lives.insert(package, life);
        self
    }

    /// Sets how many answers are kept, by number and package.
    #[must_use]
    pub const fn with_capacity(mut self, answers: usize) -> Self {
        self.most = answers;
        self
    }

    /// Returns the packages that would be asked and paid for now.
    #[must_use]
    pub fn missing(&self, number: PhoneNumber, packages: &[LookupPackage]) -> Vec<LookupPackage> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_kept = |package: &LookupPackage| {
            let answer = kept.get(&(number, *package));
            answer.is_some_and(|(at, _)| at.elapsed() < self.life(*package))
        };
        packages.iter().copied().filter(|package| !is_kept(package)).collect()
    }

    fn life(&self, package: LookupPackage) -> Duration {
        self.lives.get(&package).copied().unwrap_or_default()
    }

    fn keep(&self, report: &LookupReport, packages: &[LookupPackage]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for package in packages {
            let failed = report.failed.iter().any(|(failed, _)| failed == package);
            if failed || self.life(*package).is_zero() {
                continue;
            }
            if kept.len() >= self.most {
                kept.retain(|(_, package), (at, _)| at.elapsed() < self.life(*package));
            }
            if kept.len() >= self.most {
                kept.clear();
            }
            kept.insert((report.number, *package), (Instant::now(), report.clone()));
        }
    }
}

#[async_trait]
impl<L: Lookup> Lookup for LookupCache<L> {
    fn lookup_provider(&self) -> ProviderId {
        self.lookup.lookup_provider()
    }

    fn packages(&self) -> &'static [LookupPackage] {
        self.lookup.packages()
    }

    fn lookup_price(&self, packages: &[LookupPackage]) -> Option<Money> {
        self.lookup.lookup_price(packages)
    }

    async fn lookup(
        &self,
        number: PhoneNumber,
        packages: &[LookupPackage],
    ) -> Result<LookupReport> {
        let missing = self.missing(number, packages);
        let mut report = if missing.is_empty() && !packages.is_empty() {
            LookupReport::empty(number)
        } else {
            let report = self.lookup.lookup(number, &missing).await?;
            self.keep(&report, &missing);
            report
        };
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for package in packages.iter().filter(|package| !missing.contains(package)) {
            if let Some((_, known)) = kept.get(&(number, *package)) {
                report.take(*package, known);
                report.at = report.at.min(known.at); // as old as its oldest part
            }
        }
        Ok(report)
    }
}
