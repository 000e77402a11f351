//! [`RegistrationDriver`]: asks for every registration from time to time, and when an event says that something
//! changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::{
    Registration, RegistrationDesk, RegistrationEvent, RegistrationKind, Registrations, StateMove,
    record::SHORTEST_WAIT,
};
use crate::error::Result;

/// Longest wait between two questions about one registration.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);

/// Shortest time between two questions that events cause, so that a flood of them floods no provider.
const BETWEEN_EVENTS: SignedDuration = SignedDuration::from_secs(10);

/// Answer to one question about a registration.
#[derive(Debug)]
#[non_exhaustive]
pub struct PolledRegistration {
    /// Kind.
    pub kind: RegistrationKind,
    /// Our own name of it.
    pub name: String,
    /// Registration after the answer and what the answer did; an error if there was no answer.
    pub result: Result<(Registration, StateMove)>,
}

/// Driver of the registrations of a desk: asks the provider for each that is not final, after a minute first, and
/// then after twice as long each time that nothing changed, up to six hours. An approved one is asked for every six
/// hours, as it may be suspended.
///
/// What was submitted anew is asked for without being told. A wait lasts as long as the driver: a new one begins
/// with a minute.
///
/// ```
/// # async fn example<R: anysms::registration::Registrations>(
/// #     desk: std::sync::Arc<anysms::registration::RegistrationDesk<R>>,
/// # ) -> anysms::Result<()> {
/// use anysms::registration::RegistrationDriver;
///
/// let driver = RegistrationDriver::new(desk);
/// for polled in driver.poll_once().await? {
///     if let Ok((registration, _)) = polled.result {
///         println!("{} is {}", registration.name, registration.state);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RegistrationDriver<R> {
    desk: Arc<RegistrationDesk<R>>,
    waits: Mutex<HashMap<(RegistrationKind, String), Wait>>,
}

/// Wait until the next question about a registration.
#[derive(Clone, Copy, Debug)]
struct Wait {
    next: Timestamp,
    length: SignedDuration,
    asked: Option<Timestamp>,
}

impl Wait {
    fn first(registration: &Registration) -> Self {
        let next = registration.next_check.unwrap_or(registration.updated_at);
        Self { next, length: SHORTEST_WAIT, asked: None }
    }

    /// Returns the wait after an answer.
    fn after(self, result: &Result<(Registration, StateMove)>, now: Timestamp) -> Self {
        let twice = self.length.saturating_mul(2).clamp(SHORTEST_WAIT, LONGEST_WAIT);
        let length = match result {
            Ok((_, StateMove::To(_))) => SHORTEST_WAIT,
            Ok(_) => twice,
            Err(error) => {
                let asked =
                    error.retry_after().and_then(|wait| SignedDuration::try_from(wait).ok());
                twice.max(asked.unwrap_or_default()).min(LONGEST_WAIT)
            }
        };
        let next = now.checked_add(length).unwrap_or(Timestamp::MAX);
        Self { next, length, asked: Some(now) }
    }
}

impl<R: Registrations> RegistrationDriver<R> {
    /// Creates a driver of a desk.
    #[must_use]
    pub fn new(desk: Arc<RegistrationDesk<R>>) -> Self {
        Self { desk, waits: Mutex::default() }
    }

    /// Asks for every registration that is due, one after the other.
    ///
    /// # Errors
    /// `Unavailable` if the history cannot be read now. A provider that fails is no error here: each answer has its
    /// own result.
    pub async fn poll_once(&self) -> Result<Vec<PolledRegistration>> {
        self.poll_at(Timestamp::now()).await
    }

    /// Does what [`poll_once`](Self::poll_once) does at a time of a clock of the program's own.
    ///
    /// # Errors
    /// The same.
    pub async fn poll_at(&self, now: Timestamp) -> Result<Vec<PolledRegistration>> {
        let mut polled = Vec::new();
        for registration in self.desk.registrations().await? {
            let asked = !registration.state.is_final() && !registration.kind.is_by_hand();
            if asked && self.wait(&registration).next <= now {
                polled.push(self.ask(&registration, now).await);
            }
        }
        Ok(polled)
    }

    /// Asks for the registrations that an event may be about, and returns the answers: none if it is about none of
    /// ours. What was asked for in the last ten seconds is put first in the line instead.
    ///
    /// The event itself moves nothing.
    ///
    /// # Errors
    /// `Unavailable` if the history cannot be read now.
    pub async fn apply(&self, event: &RegistrationEvent) -> Result<Vec<PolledRegistration>> {
        let now = Timestamp::now();
        let mut polled = Vec::new();
        for registration in self.desk.registrations().await? {
            // A final one, too: it may have been deleted.
            if registration.kind.is_by_hand() || !event.is_about(&registration) {
                continue;
            }
            let wait = self.wait(&registration);
            let soon = wait.asked.and_then(|asked| asked.checked_add(BETWEEN_EVENTS).ok());
            match soon.filter(|soon| *soon > now) {
                Some(soon) => {
                    self.set(&registration, Wait { next: wait.next.min(soon), ..wait });
                }
                None => polled.push(self.ask(&registration, now).await),
            }
        }
        Ok(polled)
    }

    /// Returns the time at which this registration is asked for next; `None` if it is final.
    #[must_use]
    pub fn next_check(&self, registration: &Registration) -> Option<Timestamp> {
        (!registration.state.is_final()).then(|| self.wait(registration).next)
    }

    /// Asks for what is due, again and again, until the future is dropped. Tells each answer to `told`, and the
    /// error of a history that cannot be read.
    #[cfg(feature = "layers")]
    pub async fn run(&self, mut told: impl FnMut(Result<PolledRegistration>)) {
        // What is submitted meanwhile is due after a minute.
        const NAP: std::time::Duration = std::time::Duration::from_secs(10);
        loop {
            match self.poll_once().await {
                Ok(polled) => polled.into_iter().map(Ok).for_each(&mut told),
                Err(error) => told(Err(error)),
            }
            tokio::time::sleep(NAP).await;
        }
    }

    async fn ask(&self, registration: &Registration, now: Timestamp) -> PolledRegistration {
        let (kind, name) = (registration.kind, registration.name.clone());
        let mut result = self.desk.refresh(kind, &name).await;
        let wait = self.wait(registration).after(&result, now);
        if let Ok((registration, _)) = &mut result {
            registration.next_check = (!registration.state.is_final()).then_some(wait.next);
        }
        self.set(registration, wait);
        PolledRegistration { kind, name, result }
    }

    fn wait(&self, registration: &Registration) -> Wait {
        let waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let known = waits.get(&(registration.kind, registration.name.clone())).copied();
        match known {
            // Something else than this driver changed it: it begins anew.
            Some(wait) if wait.asked.is_some_and(|asked| registration.updated_at > asked) => {
                Wait { asked: wait.asked, ..Wait::first(registration) }
            }
            Some(wait) => wait,
            None => Wait::first(registration),
        }
    }

    fn set(&self, registration: &Registration, wait: Wait) {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.insert((registration.kind, registration.name.clone()), wait);
    }
}
