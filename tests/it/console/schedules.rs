//! Schedules: the week, and the form.

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

const FORM: [(&str, &str); 6] = [
    ("name", "Shop <hours>"),
    ("time_zone", "Europe/Berlin"),
    ("mon", "09:00-12:00, 13:00-17:00"),
    ("sat", "22:00-02:00"),
    ("holidays", "12-25 Christmas Day\n2026-11-26"),
    ("etag", ""),
];

#[test]
fn a_schedule_is_added_changed_and_deleted() {
    let site = Site::start(Backend::Sqlite);
    site.may_delete();
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/schedules");
    assert!(page.contains("There is no schedule yet."), "{page}");
    let page = pages.done("/schedules/new", &FORM);
    assert!(page.contains("The schedule was added."), "{page}");
    assert!(page.contains("Shop &#60;hours&#62;"), "{page}");
    assert!(page.contains("<dd>09:00-12:00, 13:00-17:00</dd>"), "{page}");
    assert!(page.contains("<dd>Holiday: Christmas Day</dd>"), "{page}");
    assert_eq!(page.matches("<rect class=\"bar\"").count(), 4, "{page}");
    let page = pages.page("/schedules/1");
    assert!(page.contains("value=\"22:00-02:00\""), "{page}");
    let etag = regex::Regex::new("name=\"etag\" value=\"([^\"]+)\"").expect("a pattern");
    let etag = etag.captures(&page).expect("a tag")[1].to_owned();
    let mut form = FORM;
    form[0].1 = "Shop";
    form[5].1 = &etag;
    let page = pages.done("/schedules/1", &form);
    assert!(page.contains("The schedule was changed."), "{page}");
    // Made from a state that is not the present one.
    let page = pages.done("/schedules/1", &form);
    assert!(page.contains("It was changed meanwhile"), "{page}");
    let page = pages.done("/schedules/1", &[("delete", "Y")]);
    assert!(page.contains("The schedule was deleted."), "{page}");
    assert_eq!(pages.get("/schedules/1").status, 404);
}

#[test]
fn what_is_wrong_is_said_beside_its_field_and_nothing_is_lost() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    for (field, value, why) in [
        (
            "mon",
            "nine",
            "nine is not from when to when: write 09:00-17:00",
        ),
        ("time_zone", "Mars/Base", "time_zone"),
        ("name", "", "name"),
        ("holidays", "13-45 Never", "holidays"),
    ] {
        let mut form = FORM;
        for (name, content) in &mut form {
            if *name == field {
                *content = value;
            }
        }
        let answer = pages.post("/schedules/new", &form);
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.body.contains(why), "{field}: {}", answer.body);
        assert!(
            answer.body.contains("value=\"22:00-02:00\""),
            "{field}: {}",
            answer.body
        );
    }
    assert!(
        pages
            .page("/schedules")
            .contains("There is no schedule yet.")
    );
}
