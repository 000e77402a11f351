//! [`Unsaved`]: opt-outs that a suppression list could not take yet.

use std::{
    collections::HashMap,
    fmt, ptr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{task::JoinHandle, time::sleep};

use crate::{
    number::PhoneNumber,
    suppression::{OptOutDetails, SuppressionList, SuppressionSource},
};

/// Opt-outs that a provider reported and the list does not have yet, by canonical number.
#[derive(Default)]
pub(super) struct Unsaved(Mutex<HashMap<PhoneNumber, OptOut>>);

struct OptOut {
    details: OptOutDetails,
    /// `true` while a task tells the list.
    running: bool,
}

/// Lists that are in use, each with its opt-outs: what one provider reported holds for the next.
static LISTS: Mutex<Vec<Known>> = Mutex::new(Vec::new());

type Known = (Weak<dyn SuppressionList>, Arc<Unsaved>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
}

impl Unsaved {
    /// Returns the opt-outs of a list, the same for all clones of one pointer.
    pub(super) fn of(list: &Arc<dyn SuppressionList>) -> Arc<Self> {
        let mut lists = lock(&LISTS);
        lists.retain(|(known, _)| known.strong_count() > 0);
        let same = |known: &&Known| ptr::addr_eq(known.0.as_ptr(), Arc::as_ptr(list));
        if let Some((_, unsaved)) = lists.iter().find(same) {
            return Arc::clone(unsaved);
        }
        let unsaved = Arc::new(Self::default());
        lists.push((Arc::downgrade(list), Arc::clone(&unsaved)));
        unsaved
    }

    pub(super) fn has(&self, number: PhoneNumber) -> bool {
        lock(&self.0).contains_key(&number.canonical())
    }

    /// Keeps an opt-out, or one that is kept for `None`, until the list has it. A task that the caller cannot
    /// cancel tells the list; `None` if there is one already, or nothing to tell.
    pub(super) fn save(
        self: &Arc<Self>,
        list: &Arc<dyn SuppressionList>,
        number: PhoneNumber,
        details: Option<OptOutDetails>,
    ) -> Option<JoinHandle<()>> {
        let number = number.canonical();
        let details = {
            let mut unsaved = lock(&self.0);
            if let Some(details) = details {
                unsaved.entry(number).or_insert(OptOut { details, running: false });
            }
            let opt_out = unsaved.get_mut(&number).filter(|opt_out| !opt_out.running)?;
            opt_out.running = true;
            opt_out.details.clone()
        };
        let (list, task) = (Arc::clone(list), Task { unsaved: Arc::clone(self), number });
        Some(tokio::spawn(async move {
            for wait in WAITS.into_iter().chain([LONGEST; REPEATS]) {
                sleep(Duration::from_secs(wait)).await;
                if list.insert_for(number, SuppressionSource::Provider, &details).await.is_ok() {
                    lock(&task.unsaved.0).remove(&number);
                    return;
                }
            }
        }))
    }
}

impl fmt::Debug for Unsaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsaved").field("len", &lock(&self.0).len()).finish()
    }
}

/// Seconds before each attempt to tell the list, and before all further ones, for a day.
const WAITS: [u64; 5] = [0, 1, 5, 30, 60];
const LONGEST: u64 = 300;
const REPEATS: usize = 288;

/// Task that tells a list. Its end, also by a panic or with the runtime, lets the next message begin another.
struct Task {
    unsaved: Arc<Unsaved>,
    number: PhoneNumber,
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(opt_out) = lock(&self.unsaved.0).get_mut(&self.number) {
            opt_out.running = false;
        }
    }
}
