//! The watch over the sandbox: finds what changed, and tells the pages.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Weak},
    task::Poll,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use crate::inbox::state::State;

/// Shortest time between two looks. A message stays in each status for 50 ms by default.
const SHORTEST: Duration = Duration::from_millis(15);

/// Time after which it looks although nothing was said to change: faults are used up without a word.
const LONGEST: Duration = Duration::from_millis(400);

/// Starts to watch, if nobody does and there is a runtime to do it on.
pub(super) fn start(state: &Arc<State>) {
    if !state.is_watched()
        && let Ok(runtime) = Handle::try_current()
    {
        state.watched_by(runtime.spawn(watch(Arc::downgrade(state))).abort_handle());
    }
}

/// Watches until the pages are gone.
async fn watch(state: Weak<State>) {
    let Some(handle) = state.upgrade().map(|state| state.handle.clone()) else { return };
    loop {
        let mut changed = pin!(handle.changed());
        // Begins to listen before it looks, so that no change falls between.
        let _ = poll_fn(|context| Poll::Ready(changed.as_mut().poll(context).is_ready())).await;
        let begun = Instant::now();
        let Some(state) = state.upgrade() else { return };
        for part in state.note(&state.look()) {
            state.tick(part);
        }
        drop(state);
        // Of a large sandbox the look itself takes long: three quarters of the time stay for others.
        tokio::time::sleep(SHORTEST.max(begun.elapsed() * 3)).await;
        drop(tokio::time::timeout(LONGEST, changed).await);
    }
}
