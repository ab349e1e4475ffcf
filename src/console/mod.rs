//! The console: pages for people who look rather than script. A page is made from calls of the two APIs, as the user who has
//! signed in, and of what it reads itself. Nothing here knows HTTP but its words for methods and statuses.

pub(crate) mod activity;
mod adding;
mod bulk;
mod changes;
mod chart;
mod did;
pub(crate) mod door;
mod each;
mod findings;
pub(crate) mod form;
mod frame;
mod list;
pub(crate) mod notice;
mod paged;
mod pick;
mod plan;
mod reading;
mod rights;
pub(crate) mod routes;
mod schedules;
pub(crate) mod sessions;
pub(crate) mod shown;
pub(crate) mod sign_in;
mod stop;
mod values;
pub(crate) mod visit;
mod why;
mod words;

use shown::Shown;
use stop::Stop;
use visit::Visit;

/// Something that pages load.
pub(crate) struct Asset {
    /// The address.
    path: &'static str,
    /// What kind of text it is.
    pub(crate) content_type: &'static str,
    /// The text.
    pub(crate) text: &'static str,
}

const ASSETS: &[Asset] = &[
    Asset {
        path: "/console/style.css",
        content_type: "text/css; charset=utf-8",
        text: include_str!("templates/style.css"),
    },
    Asset {
        path: "/console/script.js",
        content_type: "text/javascript; charset=utf-8",
        text: include_str!("templates/script.js"),
    },
    Asset {
        path: "/favicon.svg",
        content_type: "image/svg+xml",
        text: include_str!("templates/favicon.svg"),
    },
];

/// What pages load from this address.
pub(crate) fn asset(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// Makes a page; of somebody whose session does not hold any more, none.
///
/// # Errors
/// The user has to sign in again: why.
pub(crate) async fn show(
    route: &routes::Route,
    visit: &Visit,
    sent: &str,
) -> Result<Shown, String> {
    let is_foreign = route.is_form() && !visit.person.sent(sent);
    let answer = match is_foreign {
        true => Err(Stop::Foreign),
        false => route.make(visit).await,
    };
    match answer {
        Ok(shown) => Ok(shown),
        Err(Stop::SignIn(code)) => Err(stop::why(code).to_owned()),
        Err(stop) => {
            let person = &visit.person;
            let notice = visit.to_be_said();
            let (status, page) = frame::stopped(&stop, person, notice);
            Ok(Shown::Page(status, page))
        }
    }
}
