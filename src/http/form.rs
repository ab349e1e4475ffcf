//! The parameters of a request: those in its form, then those in its query.

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::http::{Method, header};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::body::Unreadable;
use super::query::{Keeps, Pairs, TooMany};
use crate::api;

/// How much of a multipart form is given to its parser at a time.
const PIECE: usize = 8 * 1024;

/// What a request's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Parameters, written as in a query.
    Form,
    /// Parameters in parts.
    Multipart,
    /// Nothing that the API looks at.
    Other,
}

impl Kind {
    fn of(request: &HttpRequest) -> Self {
        if request.method() != Method::POST {
            return Self::Other;
        }
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if content_type.starts_with("multipart/form-data") {
            Self::Multipart
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            Self::Form
        } else {
            Self::Other
        }
    }
}

/// Why a form is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It has more parameters than are taken.
    TooMany,
    /// It is not what its type says.
    Broken,
}

impl Wrong {
    /// What is said of it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::TooMany => "ERROR: TOO MANY PARAMETERS, AT MOST 1000\n",
            Self::Broken => Unreadable::Broken.text(),
        }
    }
}

impl From<TooMany> for Wrong {
    fn from(_: TooMany) -> Self {
        Self::TooMany
    }
}

/// The parameters that the API knows, and how many of them came in a form: the first ones. A parameter in the query wins
/// over the same one in the form: it comes later.
///
/// # Errors
/// There are too many, or the form cannot be read.
pub(super) async fn parameters(
    request: &HttpRequest,
    body: &Bytes,
) -> Result<(Vec<(String, Vec<u8>)>, usize), Wrong> {
    let (mut pairs, query) = sent(request, body, api::is_known).await?;
    let from_form = pairs.len();
    pairs.extend(query);
    Ok((pairs, from_form))
}

/// All parameters, also those that the API does not know; one that comes later wins, but for `name[]`, which adds to an array.
///
/// # Errors
/// There are too many, the form cannot be read, or there is a body that is none.
pub(super) async fn all_parameters(
    request: &HttpRequest,
    body: &Bytes,
) -> Result<impl Iterator<Item = (String, Vec<u8>)> + use<>, Wrong> {
    if Kind::of(request) == Kind::Other && !body.is_empty() {
        return Err(Wrong::Broken);
    }
    let (form, query) = sent(request, body, |_| true).await?;
    Ok(form.into_iter().chain(query))
}

/// Parameters with their values.
type Sent = Vec<(String, Vec<u8>)>;

/// Those of the form and those of the query.
async fn sent(request: &HttpRequest, body: &Bytes, keeps: Keeps) -> Result<(Sent, Sent), Wrong> {
    let form = match Kind::of(request) {
        Kind::Form => Pairs::of(body, keeps)?,
        Kind::Multipart => parts(request, body, keeps).await?,
        Kind::Other => Pairs::none(keeps),
    };
    let query = Pairs::of(request.query_string().as_bytes(), keeps)?;
    Ok((form.kept(), query.kept()))
}

/// The text fields of a multipart form; files count for nothing, as the reference has it.
async fn parts(request: &HttpRequest, body: &Bytes, keeps: Keeps) -> Result<Pairs, Wrong> {
    let body = body.clone();
    let places = (0..body.len()).step_by(PIECE);
    let pieces = places.map(move |from| Ok(body.slice(from..body.len().min(from + PIECE))));
    let mut parts = Multipart::new(request.headers(), stream::iter(pieces));
    let mut pairs = Pairs::none(keeps);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| Wrong::Broken)?;
        let disposition = part.content_disposition();
        let is_file = disposition.is_some_and(|disposition| {
            disposition.get_filename().is_some() || disposition.get_filename_ext().is_some()
        });
        let name = part.name().unwrap_or_default().to_owned();
        let value = part.bytes(usize::MAX).await;
        let value = value
            .map_err(|_| Wrong::Broken)?
            .map_err(|_| Wrong::Broken)?;
        if !is_file {
            pairs.add(name.into_bytes(), || value.to_vec())?;
        }
    }
    Ok(pairs)
}
