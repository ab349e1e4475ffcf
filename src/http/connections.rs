//! The connections that are open, counted.

use std::sync::Arc;

use tokio::sync::watch;

/// The connections that are open.
#[derive(Clone)]
pub(super) struct Connections(Arc<watch::Sender<usize>>);

/// One of them, counted until it is dropped.
pub(super) struct Open(Arc<watch::Sender<usize>>);

impl Connections {
    pub(super) fn none() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub(super) fn count(&self) -> Open {
        self.0.send_modify(|count| *count += 1);
        Open(Arc::clone(&self.0))
    }

    /// Waits until none is open.
    pub(super) async fn closed(&self) {
        // The sender is ours, so that there is always an answer.
        self.0.subscribe().wait_for(|count| *count == 0).await.ok();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
