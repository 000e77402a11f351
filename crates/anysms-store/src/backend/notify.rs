//! [`QueueSignal`]: the signal to a worker that the queue may hold something.

use std::time::Duration;

use tokio::{sync::Notify, time::timeout};

/// Wakes the workers of one process.
#[derive(Debug, Default)]
pub(crate) struct QueueSignal(Notify);

impl QueueSignal {
    /// Wakes one worker.
    pub(crate) fn raise(&self) {
        self.0.notify_one();
    }

    /// Waits for the signal, at most this long.
    pub(crate) async fn wait(&self, at_most: Duration) {
        let _ = timeout(at_most, self.0.notified()).await;
    }
}
