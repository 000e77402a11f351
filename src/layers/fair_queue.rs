//! [`FairQueue`]: waiting messages, in order of arrival.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::{
    lock::{Mutex, lock},
    rate_store::Demand,
};

/// Waiting messages by the key of the quota that they wait for. Empty lines are removed.
#[derive(Default)]
pub(super) struct FairQueue(Arc<Mutex<HashMap<u128, Line>>>);

#[derive(Default)]
struct Line {
    turn: Arc<Turn<()>>,
    /// Number of messages in the line, the first included.
    waiting: usize,
    /// Total time of their demands.
    time: Duration,
}

/// Ticket of a message in a line. Dropping it leaves the line.
pub(super) struct Ticket {
    lines: Arc<Mutex<HashMap<u128, Line>>>,
    key: u128,
    time: Duration,
    turn: Option<Arc<Turn<()>>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl FairQueue {
    /// Returns `true` if the lines of all demands are empty.
    pub(super) fn is_empty_for(&self, demands: &[Demand]) -> bool {
        let lines = lock(&self.0);
        lines.is_empty() || !demands.iter().any(|demand| lines.contains_key(&demand.key))
    }

    /// Joins the end of a line; `time` is the time of the new demand. Returns the ticket and the total time
    /// of the demands before it.
    pub(super) fn join(&self, key: u128, time: Duration) -> (Ticket, Duration) {
        let mut lines = lock(&self.0);
        let line = lines.entry(key).or_default();
        let before = line.time;
        line.waiting += 1;
        line.time = line.time.saturating_add(time);
        let turn = Some(Arc::clone(&line.turn));
        drop(lines);
        (Ticket { lines: Arc::clone(&self.0), key, time, turn, guard: None }, before)
    }
}

impl fmt::Debug for FairQueue {
    /// Omits keys: they are hashes, and the number behind one could be found by trying all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FairQueue").field("len", &lock(&self.0).len()).finish()
    }
}

impl Ticket {
    /// Waits until all messages before have left.
    pub(super) async fn turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.guard = Some(turn.lock_owned().await); // Tokio's mutex is fair
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.guard = None;
        let mut lines = lock(&self.lines);
        if let Some(line) = lines.get_mut(&self.key) {
            line.waiting -= 1;
            line.time = line.time.saturating_sub(self.time);
            if line.waiting == 0 {
                lines.remove(&self.key);
            }
        }
    }
}
