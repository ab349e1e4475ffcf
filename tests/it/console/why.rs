//! "Why may this user not?"

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

#[test]
fn the_gates_of_a_user_are_shown_in_words() {
    let site = Site::demo(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/why?user=6666&function=update_did&address=10.0.0.1");
    assert!(
        page.contains("Every gate that was looked at is open."),
        "{page}"
    );
    assert!(page.contains("modify_inbound_dids"), "{page}");
    let page = pages.page("/why?user=nobody&function=update_did");
    assert!(page.contains("there is no user nobody"), "{page}");
    assert!(page.contains("It may not"), "{page}");
    let page = pages.page("/why?user=6666&function=update_did&address=here");
    assert!(page.contains("here is not an IP address"), "{page}");
}
