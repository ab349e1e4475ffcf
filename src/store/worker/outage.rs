//! An outage of the database that one request alone sees: what it asks of the store is answered as if nothing could be
//! reached, so that a test sees what a client is told then.

use std::future::Future;

tokio::task_local! {
    static OUTAGE: ();
}

/// Carries this out as if the database were away. Nothing is read or changed.
pub(crate) async fn during_outage<F: Future>(work: F) -> F::Output {
    OUTAGE.scope((), work).await
}

/// Whether the database is to be taken for away here.
pub(super) fn is_out() -> bool {
    OUTAGE.try_with(|()| ()).is_ok()
}
