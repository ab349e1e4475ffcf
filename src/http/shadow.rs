//! Proof before the switch: functions that only read are also asked of the upstream, and a difference is logged.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;

use actix_web::web::Data;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::upstream::{Asking, Unavailable, Upstream};
use super::{State, rows};
use crate::api::Export;

/// How many comparisons may be under way; a call beyond that is not compared.
const AT_ONCE: usize = 8;

/// The functions that are compared.
pub struct Shadow {
    functions: HashSet<String>,
    places: Arc<Semaphore>,
}

impl Shadow {
    /// Compares these functions. They must change nothing, for they are done twice.
    pub fn of<'a>(functions: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            functions: functions.into_iter().map(str::to_owned).collect(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    pub(super) fn compares(&self, function: &str) -> bool {
        self.functions.contains(function)
    }

    /// Asks the upstream too and compares, beside all else: our own answer does not wait for it.
    pub(super) fn compare(&self, upstream: Arc<Upstream>, asking: Asking, ours: Ours) {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => {
                tokio::spawn(compare(upstream, asking, ours, place));
            }
            Err(_) => log::info!(
                target: "vicishim::shadow",
                "function={} user={} not compared: {AT_ONCE} others are under way",
                ours.function,
                ours.user,
            ),
        }
    }
}

/// Our own answer, as the upstream would write it.
pub(super) struct Ours {
    pub(super) function: String,
    pub(super) user: String,
    pub(super) status: u16,
    pub(super) text: Text,
}

/// The text of an answer.
pub(super) enum Text {
    /// As it is.
    Whole(String),
    /// Rows, to be read once more; they are held while they are compared.
    Rows(Box<Export>, Data<State>),
}

impl Text {
    /// The text; none where the database cannot be read.
    async fn read(self) -> Option<Vec<u8>> {
        match self {
            Self::Whole(text) => Some(text.into_bytes()),
            Self::Rows(export, state) => rows::read(export, state).await,
        }
    }
}

async fn compare(
    upstream: Arc<Upstream>,
    asking: Asking,
    ours: Ours,
    _place: OwnedSemaphorePermit,
) {
    let Ours {
        function,
        user,
        status: our_status,
        text,
    } = ours;
    let Some(text) = text.read().await else {
        log::warn!(
            target: "vicishim::shadow",
            "function={function} user={user} not compared: our own rows cannot be read",
        );
        return;
    };
    match theirs(&upstream, asking, &text).await {
        Ok((status, size, None)) if status == our_status => log::info!(
            target: "vicishim::shadow",
            "function={function} user={user} the same: status={status} bytes={size}",
        ),
        Ok((status, size, line)) => log::warn!(
            target: "vicishim::shadow",
            "function={function} user={user} DIFFERENT: ours status={} bytes={}, upstream status={status} bytes={size}, {}",
            our_status,
            text.len(),
            line.map_or_else(|| "same text".to_owned(), |line| format!("first in line {line}")),
        ),
        Err(unavailable) => log::warn!(
            target: "vicishim::shadow",
            "function={function} user={user} not compared: {unavailable}",
        ),
    }
}

/// The upstream's status, its answer's size, and the first line in which it differs from our text.
async fn theirs(
    upstream: &Upstream,
    asking: Asking,
    text: &[u8],
) -> Result<(u16, usize, Option<usize>), Unavailable> {
    let (status, pieces) = upstream.ask_to_compare(asking).await?;
    let mut pieces = pin!(pieces);
    let mut difference = Difference::from(text);
    let mut size = 0;
    while let Some(piece) = pieces.next().await {
        let piece: Bytes = piece?;
        size += piece.len();
        difference.go_on(&piece);
    }
    Ok((status, size, difference.line()))
}

/// Finds the first line in which two texts differ, one of them coming in pieces.
struct Difference<'a> {
    rest: &'a [u8],
    line: usize,
    found: bool,
}

impl<'a> From<&'a [u8]> for Difference<'a> {
    fn from(text: &'a [u8]) -> Self {
        Self {
            rest: text,
            line: 1,
            found: false,
        }
    }
}

impl Difference<'_> {
    fn go_on(&mut self, piece: &[u8]) {
        for &byte in piece {
            if self.found {
                return;
            }
            match self.rest.split_first() {
                Some((&ours, rest)) if ours == byte => {
                    self.rest = rest;
                    self.line += usize::from(byte == b'\n');
                }
                _ => self.found = true,
            }
        }
    }

    fn line(&self) -> Option<usize> {
        (self.found || !self.rest.is_empty()).then_some(self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_found_however_the_text_comes() {
        for (ours, theirs, line) in [
            ("", "", None),
            ("a\nb\n", "a\nb\n", None),
            ("a\nb\n", "a\nc\n", Some(2)),
            ("a\nb\n", "a\nb", Some(2)),
            ("a\nb", "a\nb\n", Some(2)),
            ("a\nb\n", "a\n", Some(2)),
            ("a\n", "a\nb\n", Some(2)),
            ("", "a", Some(1)),
            ("x\na\n", "y\na\n", Some(1)),
        ] {
            for size in 1..4 {
                let mut difference = Difference::from(ours.as_bytes());
                for piece in theirs.as_bytes().chunks(size) {
                    difference.go_on(piece);
                }
                assert_eq!(difference.line(), line, "{ours:?} {theirs:?} {size}");
            }
        }
    }
}
