//! The fields of a form, and the texts of the files in it.

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::console::form::Fields;

/// The fields; none where the form is not what it says. A file is the field of its name with its text.
pub(super) async fn form(request: &HttpRequest, body: &Bytes) -> Option<Fields> {
    let content_type = request.headers().get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    match content_type.starts_with("multipart/form-data") {
        true => parts(request, body.clone()).await,
        false => serde_urlencoded::from_bytes(body).ok().map(Fields),
    }
}

async fn parts(request: &HttpRequest, body: Bytes) -> Option<Fields> {
    let mut parts = Multipart::new(request.headers(), stream::iter([Ok(body)]));
    let mut fields = Vec::new();
    while let Some(part) = parts.next().await {
        let mut part = part.ok()?;
        let name = part.name().unwrap_or_default().to_owned();
        let value = part.bytes(usize::MAX).await.ok()?.ok()?;
        fields.push((name, String::from_utf8_lossy(&value).into_owned()));
    }
    Some(Fields(fields))
}
