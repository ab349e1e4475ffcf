//! The calls as they come, as server-sent events: looked for once a second, until the session, the client or the server ends.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Asking, busy};
use crate::console::activity::Tail;
use crate::console::visit::Visit;
use crate::http::connections::Connection;
use crate::http::packed::EVENTS;
use crate::http::{State, with_our_headers};

/// How often new calls are looked for.
const EVERY: Duration = Duration::from_secs(1);

/// After how many looks it is asked again whether this user may see them.
const CHECKED_EVERY: u32 = 10;

/// After how many looks without a call something is sent, so that a client that is gone is noticed.
const HEARTBEAT_EVERY: u32 = 5;

struct Live {
    tail: Tail,
    visit: Visit,
    token: String,
    state: Data<State>,
    connection: Option<Arc<Connection>>,
    looks: Interval,
    count: u32,
    quiet: u32,
    has_ended: bool,
    _place: OwnedSemaphorePermit,
}

/// Sends the calls of a tail as they come.
pub(super) fn send(asking: &Asking<'_>, tail: Tail, visit: Visit, token: String) -> HttpResponse {
    let Some(place) = asking.sessions.place_for_a_tail() else {
        return busy("Too many people watch the log already. Try again later.\n");
    };
    let mut looks = interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let live = Live {
        tail,
        visit,
        token,
        state: Data::clone(asking.state),
        connection: asking.request.conn_data::<Arc<Connection>>().cloned(),
        looks,
        count: 0,
        quiet: 0,
        has_ended: false,
        _place: place,
    };
    with_our_headers(StatusCode::OK)
        .content_type(EVENTS)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A proxy like nginx would keep them back.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream::unfold(live, |mut live| async move {
            let piece = live.next().await?;
            Some((Ok::<_, Infallible>(Bytes::from(piece)), live))
        }))
}

impl Live {
    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<String> {
        if self.has_ended {
            return None;
        }
        // So that the browser knows at once that it is connected.
        if self.count == 0 {
            self.count = 1;
            return Some(": connected\n\n".to_owned());
        }
        loop {
            self.looks.tick().await;
            if let Err(why) = self.goes_on().await {
                self.has_ended = true;
                return Some(format!("event: end\ndata: {why}\n\n"));
            }
            // The browser asks the server that comes after this one.
            if self
                .connection
                .as_ref()
                .is_some_and(|connection| connection.ends())
            {
                return None;
            }
            if let Some(calls) = self.tail.next(&self.visit).await {
                self.quiet = 0;
                return Some(format!("data: {calls}\n\n"));
            }
            self.quiet += 1;
            if self.quiet >= HEARTBEAT_EVERY {
                self.quiet = 0;
                return Some(":\n\n".to_owned());
            }
        }
    }

    /// Whether the session goes on, and from time to time whether its user still may.
    async fn goes_on(&mut self) -> Result<(), String> {
        let sessions = self.state.console.as_ref();
        if !sessions.is_some_and(|sessions| sessions.goes_on(&self.token)) {
            return Err("Your session has ended.".to_owned());
        }
        self.count += 1;
        if !self.count.is_multiple_of(CHECKED_EVERY) {
            return Ok(());
        }
        self.tail.check(&self.visit).await
    }
}
