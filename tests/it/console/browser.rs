//! The console in a real browser: what people see, with and without script, on a wide screen and on a phone.

use std::path::Path;

use serde_json::Value;

use crate::common::browser::Browser;
use crate::common::database::Backend;
use crate::common::site::Site;

/// Every page, by the name of its picture.
const PAGES: &[(&str, &str)] = &[
    ("activity", "/activity"),
    ("call", "/activity/1"),
    ("plan", "/plan"),
    ("numbers", "/?findings=Y"),
    ("add", "/add?source=7275551114"),
    ("changes", "/changes"),
    ("change", "/changes/1"),
    ("undo", "/undo?id=1"),
    ("did", "/dids/8?at=2026-11-20T12:30"),
    ("did-history", "/dids/3"),
    ("did-delete", "/dids/8/delete"),
    ("findings", "/findings"),
    ("schedules", "/schedules"),
    ("schedule", "/schedules/1"),
    ("why", "/why?user=6666&function=update_did"),
];

/// What looks for what keeps people from using a page.
fn axe() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/axe/node_modules/axe-core/axe.min.js"
    );
    std::fs::read_to_string(path).expect("axe-core: tests/axe installs it")
}

/// A browser at a server.
struct Person {
    browser: Browser,
    url: String,
}

impl Person {
    fn at(site: &Site, browser: Browser) -> Self {
        let url = format!("http://{}", site.server.address);
        Self { browser, url }
    }

    fn signed_in(site: &Site, browser: Browser) -> Self {
        let mut person = Self::at(site, browser);
        person.open("/sign-in?next=/why");
        person.browser.fill("#user", "6666");
        person.browser.fill("#pass", "1234");
        person.browser.click("main button");
        person.browser.reads("h1", "Why may this user not?");
        person
    }

    fn open(&mut self, path: &str) {
        self.browser.open(&format!("{}{path}", self.url));
    }

    /// What axe-core finds on the page.
    fn barriers(&mut self, axe: &str) -> Vec<String> {
        let script = format!(
            "{axe}; return axe.run().then(found => found.violations.map(one => one.id + ': ' + \
             one.nodes.map(node => node.html.slice(0, 200) + ' ' + node.failureSummary).join(' | ')));"
        );
        let found = self.browser.run(&script);
        let found = found.as_array().expect("a list").clone();
        found.iter().map(Value::to_string).collect()
    }

    /// Takes pictures of the page on a wide screen and on a phone; what is wrong with it there.
    fn looks_at(&mut self, name: &str, axe: &str) -> Vec<String> {
        let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&pictures).expect("a directory");
        let mut faults = Vec::new();
        for (width, height, scheme) in [(1280, 900, "light"), (380, 800, "dark")] {
            self.browser.look(width, height, scheme);
            faults.extend(self.barriers(axe));
            let overflow = self.overflow();
            if overflow > 0 {
                faults.push(format!("{overflow} pixels too wide"));
            }
            faults.extend(self.browser.errors());
            let picture = pictures.join(format!("{name}-{width}.png"));
            std::fs::write(picture, self.browser.screenshot()).expect("a picture");
            for fault in &mut faults {
                if !fault.starts_with(name) {
                    *fault = format!("{name} {width}: {fault}");
                }
            }
        }
        faults
    }

    /// How far the page is wider than its window.
    fn overflow(&mut self) -> i64 {
        let script = "return document.scrollingElement.scrollWidth - window.innerWidth;";
        self.browser.run(script).as_i64().expect("a number")
    }
}

fn demo_with_changes() -> Site {
    let mut site = Site::demo(Backend::Sqlite);
    site.ask("copy_did&source_did_pattern=default&new_dids=7275559001-7275559003");
    site.ask("update_did&did_pattern=7275559001&did_description=Changed+line");
    site
}

#[test]
fn every_page_can_be_used_by_everybody_at_every_width() {
    let site = demo_with_changes();
    let axe = axe();
    let mut person = Person::signed_in(&site, Browser::start());
    let mut faults = Vec::new();
    for (name, path) in PAGES {
        person.open(path);
        faults.extend(person.looks_at(name, &axe));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn somebody_finds_what_was_changed_and_takes_it_back() {
    let site = demo_with_changes();
    let before = site.patterns();
    let mut person = Person::at(&site, Browser::start());
    person.open("/changes");
    person.browser.reads("h1", "Sign in");
    person.browser.fill("#user", "6666");
    person.browser.fill("#pass", "wrong");
    person.browser.click("main button");
    let why = person.browser.text("[role=alert]");
    assert!(
        why.starts_with("The user or the password is wrong"),
        "{why}"
    );
    // The browser tells of the 401.
    person.browser.errors();
    person.browser.fill("#pass", "1234");
    person.browser.click("main button");
    person.browser.reads("h1", "Changes");
    person.browser.click("tbody tr:last-child a");
    person.browser.reads("h1", "Change 1");
    person.browser.click("main a.button");
    person
        .browser
        .says("did 7275559001: row was changed again since");
    person.browser.click("input[name=partial]");
    person.browser.click("main button");
    person.browser.says("Taken back: 1.");
    let left = site.patterns();
    assert!(left.contains(&"7275559001".to_owned()), "{left:?}");
    assert_eq!(left.len(), before.len() - 2);
    assert_eq!(person.browser.errors(), Vec::<String>::new());
}

#[test]
fn the_pages_work_without_script() {
    let site = demo_with_changes();
    let mut person = Person::signed_in(&site, Browser::without_script());
    person.open("/undo?id=2");
    person.browser.click("main button");
    person.browser.says("Taken back: 2.");
    person.browser.click("header button");
    person.browser.reads("h1", "Sign in");
}

#[test]
fn somebody_watches_the_calls_as_they_come() {
    let mut site = demo_with_changes();
    let mut person = Person::signed_in(&site, Browser::start());
    person.open("/activity");
    person.browser.click("[data-tail-button]");
    let state = "document.querySelector('[data-tail-state]').textContent";
    person
        .browser
        .wait(&format!("{state} === 'Waiting for calls.'"));
    site.ask("add_did&did_pattern=7275559009&did_description=%3Cimg+src%3Dx%3E&source=%3Cimg%3E");
    let table = "document.querySelector('[data-tail-table]').innerText";
    person.browser.wait(&format!("{table}.includes('add_did')"));
    assert_eq!(person.browser.run("return document.images.length;"), 0);
    person.browser.click("[data-tail-button]");
    person.browser.wait(&format!("{state} === 'Paused.'"));
    // What is looked for is found as one types.
    person.browser.fill("#function", "did_lint");
    let results = "document.querySelector('#results').innerText";
    person
        .browser
        .wait(&format!("{results}.includes('No call is like that')"));
    assert_eq!(person.browser.errors(), Vec::<String>::new());
}

#[test]
fn somebody_plans_from_a_table_with_script_and_without() {
    for has_script in [true, false] {
        let browser = match has_script {
            true => Browser::start(),
            false => Browser::without_script(),
        };
        let site = Site::demo(Backend::Sqlite);
        let mut person = Person::signed_in(&site, browser);
        person.open("/plan");
        person.browser.fill(
            "#table",
            "did_pattern,did_description\n7275551114,Main office\n7275559100,New line",
        );
        person.browser.click("[action='/plan'] button");
        let apply = person.browser.text("[action='/plan/apply'] button");
        if has_script {
            assert_eq!(person.looks_at("plan-shown", &axe()), Vec::<String>::new());
        }
        assert_eq!(apply, "Apply: 1 to add, 1 to change, 0 to delete");
        person.browser.click("[action='/plan/apply'] button");
        let said = person.browser.text("main [role=status]");
        assert_eq!(said, "The numbers are as planned.");
        if has_script {
            assert_eq!(
                person.looks_at("plan-applied", &axe()),
                Vec::<String>::new()
            );
        }
        let row = site.row("vicidial_inbound_dids", "did_pattern", "7275551114");
        assert_eq!(row["did_description"], "Main office");
        person.browser.click("main a[href^='/undo']");
        person.browser.click("[action='/undo'] button");
        let said = person.browser.text("main [role=status]");
        assert!(said.contains("Taken back"), "{said}");
        assert_eq!(person.browser.errors(), Vec::<String>::new());
    }
}

/// A list of numbers as somebody pastes them, of which one is there already.
fn two_hundred_with_one_bad() -> String {
    let numbers = (0..199).map(|number| format!("(727) 555-{:04}", 3000 + number));
    let numbers: Vec<String> = numbers.chain(["7275551114".to_owned()]).collect();
    numbers.join("\n")
}

#[test]
fn somebody_finds_a_number_changes_it_and_copies_two_hundred() {
    let site = demo_with_changes();
    let mut rows = site.database.rows("vicidial_inbound_dids");
    for row in rows
        .iter_mut()
        .filter(|row| row["did_pattern"] == "7275559002")
    {
        row["did_description"] = "\"><script>document.title=1</script>\u{202E}".into();
    }
    site.load(serde_json::json!({ "vicidial_inbound_dids": rows }));
    let mut person = Person::signed_in(&site, Browser::start());
    person.open("/");
    person.browser.fill("#search", "7275550108");
    person
        .browser
        .wait("document.querySelectorAll('#results tbody tr').length === 1");
    person.browser.click("#results tbody a");
    person.browser.reads("h1", "7275550108");
    // A value that is refused is said beside its field as it is left, by the server.
    person.browser.fill("#f-list_id", "12");
    person.browser.run("document.querySelector('#f-list_id').dispatchEvent(new Event('change', {bubbles: true})); document.querySelector('#f-list_id').blur();");
    person
        .browser
        .wait("document.querySelector('#w-list_id').textContent.toLowerCase().includes('3 to 14')");
    person.browser.fill("#f-list_id", "1234");
    person.browser.click("form[data-check] button");
    person.browser.says("Stored: ");
    let row = site.row("vicidial_inbound_dids", "did_pattern", "7275550108");
    assert_eq!(row["list_id"], 1234);
    // What a description says is text, whatever it is.
    person.open("/?search=7275559002");
    assert!(person.browser.text("#results").contains("document.title=1"));
    let title = person.browser.run("return document.title;");
    assert!(
        title
            .as_str()
            .is_some_and(|title| title.starts_with("Numbers")),
        "{title}"
    );
    person.open("/add?source=7275551114");
    let numbers = two_hundred_with_one_bad();
    person.browser.run(&format!(
        "document.querySelector('#numbers').value = {};",
        Value::from(numbers)
    ));
    person.browser.click("main form button");
    person.browser.says("199 would be added as copies");
    person.browser.click("form[action='/add/apply'] button");
    person.browser.says("199 numbers were added.");
    assert_eq!(
        site.patterns()
            .iter()
            .filter(|number| number.starts_with("7275553"))
            .count(),
        199
    );
}
