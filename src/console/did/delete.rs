//! Deleting a DID: asked first, on a page of its own.

use askama::Template;
use serde_json::Value;

use super::loaded::{Loaded, address, page};
use crate::console::frame::{Frame, Section};
use crate::console::notice::Notice;
use crate::console::rights::Right;
use crate::console::shown::{Answer, Shown};
use crate::console::stop::Stop;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "did_delete.html", config = "src/console/askama.toml")]
struct Page {
    frame: Frame,
    /// The address of the DID's page.
    page: String,
    did: Loaded,
}

impl Page {
    fn why_not(&self) -> &str {
        self.frame.rights.why_not(Right::DeleteDids)
    }
}

/// `GET /dids/{id}/delete`
pub(in crate::console) async fn ask(visit: &Visit) -> Answer {
    let did = Loaded::read(visit).await?;
    let title = format!("Delete {}?", did.number());
    Ok(Shown::page(&Page {
        frame: visit.frame(Section::Dids, title),
        page: page(visit),
        did,
    }))
}

/// `POST /dids/{id}/delete`. What is deleted is what was seen: the form brings its tag.
pub(in crate::console) async fn delete(visit: &Visit) -> Answer {
    let tag = visit.form.text("tag");
    if tag.is_empty() {
        return Err(Stop::Refused(
            422,
            "Nothing was deleted: the form does not say what was seen. Open the DID's page again."
                .to_owned(),
        ));
    }
    let told = visit
        .send("DELETE", address(visit), Value::Null, Some(tag.to_owned()))
        .await;
    let number = visit.form.text("number");
    if told.status == 412 {
        let why = format!(
            "{number} was not deleted: somebody has changed it meanwhile. Look at what is there now."
        );
        return Ok(Shown::saying(page(visit), Notice::bad(why)));
    }
    let told = told.done("DID")?;
    let notice = Notice::good(format!("{number} was deleted.")).of_change(told.change_id);
    Ok(Shown::saying("/", notice))
}
