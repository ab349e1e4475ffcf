//! The pages: addresses, methods, and who makes each.

use futures_util::future::LocalBoxFuture;

use super::shown::Answer;
use super::visit::Visit;
use super::{activity, adding, bulk, changes, did, findings, list, pick, plan, schedules, why};

/// Who makes a page.
type Make = for<'v> fn(&'v Visit) -> LocalBoxFuture<'v, Answer>;

/// How an address is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// It is shown.
    Get,
    /// A form is sent to it.
    Post,
}

/// A page.
pub(crate) struct Route {
    method: Method,
    /// The address; `{id}` stands for the thing.
    path: &'static str,
    make: Make,
}

/// A line of the table: `page!(Get, "/dids/{id}", did::show)`.
macro_rules! page {
    ($method:ident, $path:literal, $make:path) => {
        Route {
            method: Method::$method,
            path: $path,
            make: |visit| Box::pin($make(visit)),
        }
    };
}

/// Every page; of the addresses that fit the first one counts.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    page!(Get, "/", list::show),
    page!(Get, "/numbers.csv", list::download),
    page!(Post, "/bulk", bulk::choose),
    page!(Post, "/bulk/preview", bulk::preview),
    page!(Post, "/bulk/apply", bulk::apply),
    page!(Get, "/add", adding::show),
    page!(Get, "/add/sources", adding::sources),
    page!(Post, "/add", adding::preview),
    page!(Post, "/add/apply", adding::apply),
    page!(Get, "/changes", changes::list),
    page!(Get, "/changes/{id}", changes::one),
    page!(Get, "/dids/{id}", did::show),
    page!(Post, "/dids/{id}", did::change),
    page!(Get, "/dids/{id}/check", did::check),
    page!(Get, "/dids/{id}/delete", did::ask_delete),
    page!(Post, "/dids/{id}/delete", did::delete),
    page!(Get, "/pick/{id}", pick::options),
    page!(Get, "/plan", plan::form),
    page!(Post, "/plan", plan::show),
    page!(Get, "/plan/table", plan::table),
    page!(Post, "/plan/apply", plan::apply),
    page!(Get, "/undo", changes::ask_undo),
    page!(Post, "/undo", changes::undo),
    page!(Get, "/findings", findings::list),
    page!(Get, "/schedules", schedules::list),
    page!(Get, "/schedules/new", schedules::new),
    page!(Post, "/schedules/new", schedules::add),
    page!(Get, "/schedules/{id}", schedules::one),
    page!(Post, "/schedules/{id}", schedules::change),
    page!(Get, "/activity", activity::show),
    page!(Get, "/activity/tail", activity::tail),
    page!(Get, "/activity/{id}", activity::one),
    page!(Get, "/why", why::show),
];

/// What an address of the console is.
pub(crate) struct Place<'p> {
    path: &'static str,
    /// What its `{id}` is, as it was sent; empty where it has none.
    pub(crate) id: &'p str,
}

/// What this address is; none where it is not the console's.
pub(crate) fn place(address: &str) -> Option<Place<'_>> {
    ROUTES.iter().find_map(|route| {
        let id = id_in(route.path, address)?;
        Some(Place {
            path: route.path,
            id,
        })
    })
}

impl Place<'_> {
    /// The pattern of the address.
    pub(crate) fn path(&self) -> &'static str {
        self.path
    }

    /// Who answers this method here.
    pub(crate) fn route(&self, method: Method) -> Option<&'static Route> {
        let mut here = ROUTES.iter().filter(|route| route.path == self.path);
        here.find(|route| route.method == method)
    }
}

impl Route {
    /// Whether a form is sent to it.
    pub(super) fn is_form(&self) -> bool {
        self.method == Method::Post
    }

    /// Makes the page.
    pub(super) async fn make(&self, visit: &Visit) -> Answer {
        (self.make)(visit).await
    }
}

/// The id in an address that has this path; empty where the path has none.
fn id_in<'a>(path: &str, address: &'a str) -> Option<&'a str> {
    let mut id = "";
    let mut given = address.split('/');
    for word in path.split('/') {
        let given = given.next()?;
        match word {
            "{id}" if !given.is_empty() => id = given,
            _ if word != given => return None,
            _ => {}
        }
    }
    given.next().is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_at_its_address() {
        for route in ROUTES {
            let address = route.path.replace("{id}", "10");
            let place = place(&address).expect("a place");
            assert_eq!(place.path, route.path);
            assert_eq!(
                place.id,
                if route.path.contains("{id}") {
                    "10"
                } else {
                    ""
                }
            );
            assert!(place.route(route.method).is_some());
        }
        for nothing in ["", "/x", "/dids/", "/dids/1/x/y", "/api", "/healthz"] {
            assert!(place(nothing).is_none(), "{nothing}");
        }
    }
}
