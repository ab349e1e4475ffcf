//! `format=selectframe` of the three lists, in a frame of a page like the dialer's admin pages: in a real browser.

use serde_json::{Value, json};

use crate::common::browser::Browser;
use crate::common::client::Client;
use crate::common::database::Backend;
use crate::common::dialer::{Dialer, Keep, answer};
use crate::common::site::Site;

/// Ids that try to leave their quotes, their attribute, their link and their element.
const HOSTILE: &[&str] = &[
    "');parent.document.title='taken';('",
    "%27);parent.document.title='taken'//",
    "</script><script>parent.document.title=1//",
    "\"><img src=x onerror=parent.document.title=1>",
    "\\'); ñ 😀 &amp; {{ x }}",
];

/// A server of pages: the API, and beside it a page with these elements and a frame of that list.
fn pages(site: &Site, elements: &'static str, query: &'static str) -> Dialer {
    let behind = site.server.address;
    Dialer::start(move |request| -> (Vec<u8>, Keep) {
        let target = request.line.split(' ').nth(1).expect("a target");
        if !target.starts_with("/vicidial/non_agent_api.php") {
            let page = format!(
                "<!DOCTYPE html><title>admin</title>{elements}<iframe width=800 height=600 \
                 src=\"/vicidial/non_agent_api.php?source=admin&user=6666&pass=1234&{query}\"></iframe>"
            );
            return answer("200 OK", &[("Content-Type", "text/html")], page.as_bytes());
        }
        let passed = Client::connect(behind).request("GET", target, &[], b"");
        let headers = ["content-type", "content-security-policy"];
        let headers: Vec<(&str, &str)> = headers
            .into_iter()
            .filter_map(|name| Some((name, passed.header(name)?)))
            .collect();
        answer("200 OK", &headers, passed.body.as_bytes())
    })
}

fn admin_page(pages: &Dialer) -> String {
    format!("http://{}/vicidial/admin.php", pages.address)
}

/// The addresses of the links in the frame.
fn links(browser: &mut Browser) -> Value {
    browser.run("return [...document.links].map(link => link.getAttribute('href'))")
}

#[test]
fn a_row_that_is_chosen_fills_the_field_of_the_page_around() {
    let mut browser = Browser::start();
    for (dialect, query, field, link, chosen) in [
        (
            "wire",
            "function=vm_list&format=selectframe&comments=voicemail_ext&stage=date",
            "<input id=voicemail_ext value=old>",
            "javascript:choose_file('8301','voicemail_ext');",
            "8301",
        ),
        (
            "documented",
            "function=ingroup_list&format=selectframe&comments=group_id&stage=csv",
            "<input id=x><input name=group_id>",
            "javascript:choose_file('AGENTDIRECT','group_id');",
            "AGENTDIRECT",
        ),
        (
            "wire",
            "function=callmenu_list&format=selectframe&comments=option[1]",
            "<select id=option[1]><option>old<option>defaultlog</select>",
            "javascript:choose_file('defaultlog','option\\u005B1\\u005D');",
            "defaultlog",
        ),
    ] {
        let site = Site::speaking(dialect, Backend::Sqlite);
        let pages = pages(&site, field, query);
        browser.open(&admin_page(&pages));
        browser.run("changes = 0; addEventListener('change', () => changes++)");
        browser.enter_frame();
        assert_eq!(links(&mut browser)[0], link, "{query}");
        browser.click("a");
        assert_eq!(browser.run("return said.textContent"), chosen);
        browser.leave_frame();
        let last = "const f = document.querySelectorAll('input, select'); return [f[f.length - 1].value, changes]";
        assert_eq!(browser.run(last), json!([chosen, 1]), "{query}");
    }
}

#[test]
fn a_page_with_a_function_of_that_name_decides_itself() {
    let site = Site::speaking("wire", Backend::Sqlite);
    let elements = "<input id=field><script>function choose_file(...given) { field.value = given.join(' to ') }</script>";
    let pages = pages(
        &site,
        elements,
        "function=callmenu_list&format=selectframe&comments=field",
    );
    let mut browser = Browser::start();
    browser.open(&admin_page(&pages));
    browser.enter_frame();
    browser.click("tr:last-child a");
    browser.leave_frame();
    assert_eq!(browser.run("return field.value"), "sales-menu to field");
}

#[test]
fn what_cannot_be_filled_is_said() {
    let site = Site::speaking("wire", Backend::Sqlite);
    let query = "function=callmenu_list&format=selectframe&comments=field";
    let mut browser = Browser::start();
    for (elements, said) in [
        ("", "The page around this one has no field field"),
        (
            "<p id=field>",
            "The page around this one has no field field",
        ),
        (
            "<select id=field><option>old</select>",
            "The field field does not take defaultlog",
        ),
    ] {
        let pages = pages(&site, elements, query);
        browser.open(&admin_page(&pages));
        browser.enter_frame();
        browser.click("a");
        assert_eq!(browser.run("return said.textContent"), said, "{elements}");
    }
}

#[test]
fn no_row_and_no_other_origin_gets_more_than_that() {
    let menus = HOSTILE
        .iter()
        .map(|id| json!({"menu_id": id, "menu_name": id}));
    let menus = json!({"vicidial_call_menu": menus.collect::<Vec<_>>()});
    let site = Site::with("wire", Backend::Sqlite, menus);
    let query =
        "function=callmenu_list&format=selectframe&comments=field%27);alert(1)//%22%3E%3Cb%3E";
    let pages = pages(&site, "<input id=fieldalert1b>", query);
    let mut browser = Browser::start();
    browser.open(&admin_page(&pages));
    browser.enter_frame();
    let count = HOSTILE.len();
    for row in 1..=count {
        browser.click(&format!("tbody tr:nth-child({row}) a"));
        let link = format!("document.links[{}]", row - 1);
        let same = browser.run(&format!("return {link}.textContent === {link}.dataset.value && said.textContent === {link}.dataset.value"));
        assert_eq!(same, true, "row {row}");
        // The text of the link, run as a browser without a policy would run it.
        let script = format!(
            "let given; const choose_file = (value, field) => given = [value, field]; \
             eval(decodeURIComponent({link}.getAttribute('href').slice(11))); \
             return given[0] === {link}.dataset.value && given[1] === 'fieldalert1b'"
        );
        assert_eq!(browser.run(&script), true, "row {row}");
    }
    assert_eq!(
        browser.run("return document.querySelectorAll('img, b').length"),
        0
    );
    // Scripts that are not ours do not run, whether inline or behind a link.
    browser.run(
        "const script = document.createElement('script'); script.textContent = \"parent.document.title = 'taken'\"; \
         document.body.append(script); document.body.insertAdjacentHTML('beforeend', \
         '<button onclick=\"parent.document.title=`taken`\">'); document.querySelector('button').click()",
    );
    browser.leave_frame();
    assert_eq!(
        browser.run("return [document.title, document.querySelector('input').value.length > 0]"),
        json!(["admin", true])
    );
    // A page of another origin does not show it at all.
    let address = format!(
        "http://{}/vicidial/non_agent_api.php?user=6666&pass=1234&{query}",
        site.server.address
    );
    browser.run(&format!(
        "const frame = document.querySelector('iframe'); window.loaded = new Promise(resolve => frame.onload = resolve); \
         frame.src = {}",
        json!(address)
    ));
    browser.run("return window.loaded.then(() => 0)");
    browser.enter_frame();
    assert_eq!(links(&mut browser), json!([]));
}
