//! [`Lanes`]: one message after the other, in the order in which they came.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::{
    lock::{Mutex, lock},
    rate_store::Demand,
};

/// Whoever waits for a limit, by the limit's key. There are only lanes in which somebody is.
#[derive(Default)]
pub(super) struct Lanes(Arc<Mutex<HashMap<u128, Lane>>>);

#[derive(Default)]
struct Lane {
    turn: Arc<Turn<()>>,
    /// Who is in the lane, the first included.
    members: usize,
    /// How long all of them take.
    time: Duration,
}

/// A place in a lane. Dropping it leaves the lane.
pub(super) struct Place {
    lanes: Arc<Mutex<HashMap<u128, Lane>>>,
    key: u128,
    time: Duration,
    turn: Option<Arc<Turn<()>>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Lanes {
    /// Whether nobody is in any of these lanes.
    pub(super) fn are_free(&self, demands: &[Demand]) -> bool {
        let lanes = lock(&self.0);
        lanes.is_empty() || !demands.iter().any(|demand| lanes.contains_key(&demand.key))
    }

    /// Joins the lane at its end, and says how long those before take. `time` is how long this one takes.
    pub(super) fn join(&self, key: u128, time: Duration) -> (Place, Duration) {
        let mut lanes = lock(&self.0);
        let lane = lanes.entry(key).or_default();
        let before = lane.time;
        lane.members += 1;
        lane.time = lane.time.saturating_add(time);
        let turn = Some(Arc::clone(&lane.turn));
        drop(lanes);
        (Place { lanes: Arc::clone(&self.0), key, time, turn, guard: None }, before)
    }
}

impl fmt::Debug for Lanes {
    /// A key is a hash of a number, which could be found by trying.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("len", &lock(&self.0).len()).finish()
    }
}

impl Place {
    /// Waits until everybody before has left.
    pub(super) async fn turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.guard = Some(turn.lock_owned().await); // in the order of asking
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guard = None;
        let mut lanes = lock(&self.lanes);
        if let Some(lane) = lanes.get_mut(&self.key) {
            lane.members -= 1;
            lane.time = lane.time.saturating_sub(self.time);
            if lane.members == 0 {
                lanes.remove(&self.key);
            }
        }
    }
}
