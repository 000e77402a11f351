//! [`Wake`]: what tells a worker that there may be something to do.

use std::time::Duration;

use tokio::{sync::Notify, time::timeout};

/// Wakes the workers of one process.
#[derive(Debug, Default)]
pub(crate) struct Wake(Notify);

impl Wake {
    /// Something was put into the queue.
    pub(crate) fn now(&self) {
        self.0.notify_one();
    }

    /// Waits for that, or for so long.
    pub(crate) async fn wait(&self, at_most: Duration) {
        let _ = timeout(at_most, self.0.notified()).await;
    }
}
