//! Sending an answer of many rows. The next page is read only when the client has taken the one before, and the
//! database's connection serves others in between: a slow client holds one page, and nothing else.

use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream;

use super::State;
use crate::api::Export;
use crate::log_limit;

/// How long a page may take to be read.
const PAGE_TIME: Duration = Duration::from_secs(60);

/// The database failed in the middle. The connection is cut, so that nobody takes what was sent for the whole.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the database failed in the middle of an answer, which was cut off")
    }
}

impl std::error::Error for Broken {}

/// Sends the rows: whole where they are one page, else page by page.
pub(super) fn send(
    mut response: HttpResponseBuilder,
    mut export: Box<Export>,
    state: &Data<State>,
) -> HttpResponse {
    if export.has_ended() {
        return response.body(export.take_opened().unwrap_or_default());
    }
    let start = (export, Data::clone(state));
    response.streaming(stream::try_unfold(start, |(export, state)| {
        next_page(export, state)
    }))
}

/// All rows at once, for a comparison; none where the database fails.
pub(super) async fn read(mut export: Box<Export>, mut state: Data<State>) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        match next_page(export, state).await {
            Ok(Some((page, next))) => {
                text.extend_from_slice(&page);
                (export, state) = next;
            }
            Ok(None) => return Some(text),
            Err(Broken) => return None,
        }
    }
}

type Next = Option<(Bytes, (Box<Export>, Data<State>))>;

async fn next_page(mut export: Box<Export>, state: Data<State>) -> Result<Next, Broken> {
    if let Some(page) = export.take_opened() {
        return Ok(Some((Bytes::from(page), (export, state))));
    }
    if export.has_ended() {
        return Ok(None);
    }
    let reading = state.store.read(move |db| {
        let page = export.next(db)?;
        Ok((page, export))
    });
    let read = tokio::time::timeout(PAGE_TIME, reading).await;
    match read.ok().flatten() {
        Some((page, export)) => Ok(Some((Bytes::from(page), (export, state)))),
        None => {
            log_limit::error!("{Broken}");
            Err(Broken)
        }
    }
}
