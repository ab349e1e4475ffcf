//! The id of a request: that of its client in `X-Request-Id`, else one of our own. It is in the answer, and in every line that is
//! logged while the request is answered.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::access::identity;

/// The header of requests and answers.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestId;
}

/// An id: 1 to 64 letters, digits and `- _ . :`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestId(String);

impl RequestId {
    /// That of the client, where it is well-formed, else a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let sent = headers.get(HEADER).and_then(|sent| sent.to_str().ok());
        match sent.filter(|sent| identity::is_request_id(sent)) {
            Some(sent) => Self(sent.to_owned()),
            None => Self::new(),
        }
    }

    /// A new one: 16 digits, which no other request of this process has, and hardly one of another.
    pub(super) fn new() -> Self {
        static NEXT: LazyLock<(RandomState, AtomicU64)> = LazyLock::new(Default::default);
        let (keyed, next) = &*NEXT;
        // Mixed, so that ids that follow each other look different.
        let number = keyed.hash_one(next.fetch_add(1, Ordering::Relaxed));
        Self(format!("{number:016x}"))
    }

    /// As a header's value.
    pub(super) fn value(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }

    /// Its text.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Does something of which every log line has this id.
    pub(super) async fn within<F: Future>(self, done: F) -> F::Output {
        CURRENT.scope(self, done).await
    }

    /// The same at once.
    pub(super) fn within_now<T>(self, done: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, done)
    }
}

/// The id of the request that is answered here now; none outside of one.
pub(crate) fn current() -> Option<String> {
    CURRENT.try_with(|id| id.0.clone()).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn of(sent: &'static str) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(sent));
        RequestId::of(&headers)
    }

    #[test]
    fn a_well_formed_id_is_taken_and_another_replaced() {
        let longest = "x".repeat(64).leak();
        for sent in ["1", "0f8e-a_b.c:D", longest] {
            assert_eq!(of(sent).text(), sent);
        }
        let too_long = "x".repeat(65).leak();
        for sent in ["", " ", "a b", "a\"b", "a\tb", "{}", "a,b", too_long] {
            let made = of(sent);
            assert_ne!(made.text(), sent);
            assert!(identity::is_request_id(made.text()), "{made:?}");
        }
    }

    #[test]
    fn ids_of_our_own_differ() {
        let made: HashSet<String> = (0..10_000).map(|_| RequestId::new().0).collect();
        assert_eq!(made.len(), 10_000);
    }

    #[test]
    fn the_current_one_is_that_of_its_request() {
        assert_eq!(current(), None);
        assert_eq!(of("a").within_now(current), Some("a".to_owned()));
        assert_eq!(current(), None);
    }
}
