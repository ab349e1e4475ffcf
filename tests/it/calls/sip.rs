//! Calls from end to end: INVITEs that SIPp sends to a Kamailio, which asks where they go.

use serde_json::json;

use crate::common::database::Backend;
use crate::common::sip::Kamailio;
use crate::common::site::Site;

on_our_own! {
    a_call_goes_where_the_hours_send_it
    the_eleventh_caller_of_ten_hears_busy
}

/// The demo's number with ten channels and a schedule.
const NUMBER: &str = "7275550108";

const CALLER: &str = "2125550103";

/// Where calls are redirected to.
const EXCHANGE: &str = "127.0.0.1:5099";

/// A server, and a Kamailio that asks it.
fn exchange(backend: Backend, hours: serde_json::Value) -> (Site, String, Kamailio) {
    let site = Site::demo(backend);
    site.load(json!({
        "vicishim_dids": [{
            "did_id": 8, "did_pattern": NUMBER, "max_channels": 10, "schedule_id": 1,
            "closed_dest_kind": "voicemail", "closed_dest_id": "8301",
        }],
        "vicishim_did_routes": [], "vicishim_schedule_holidays": [], "vicishim_schedule_hours": hours,
    }));
    let key = site.new_key("kamailio");
    let url = format!("http://{}", site.server.address);
    let kamailio = Kamailio::start(&url, &key, EXCHANGE);
    (site, key, kamailio)
}

/// Hours that are open whenever it is.
fn always() -> serde_json::Value {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let hours =
        days.map(|day| json!({"schedule_id": 1, "day": day, "opens": "00:00", "closes": "24:00"}));
    json!(hours)
}

fn redirected(contact: &str) -> (u16, String) {
    (302, contact.to_owned())
}

fn refused(status: u16) -> (u16, String) {
    (status, String::new())
}

fn a_call_goes_where_the_hours_send_it(backend: Backend) {
    let (site, _, kamailio) = exchange(backend, always());
    let queue = redirected("sip:SALESLINE@127.0.0.1:5099;kind=IN_GROUP");
    assert_eq!(kamailio.invite(CALLER, NUMBER, "inside"), queue);
    site.load(json!({"vicishim_schedule_hours": []}));
    let voicemail = redirected("sip:8301@127.0.0.1:5099;kind=VOICEMAIL");
    assert_eq!(kamailio.invite(CALLER, NUMBER, "outside"), voicemail);
    for (number, contact) in [
        ("3125559000", "sip:main_menu@127.0.0.1:5099;kind=CALLMENU"),
        ("3125559001", "sip:cc100@10.0.9.8;kind=PHONE"),
        ("3125559002", "sip:6666@127.0.0.1:5099;kind=AGENT"),
        (
            "7770001",
            "sip:9998811112@127.0.0.1:5099;kind=EXTEN;context=default",
        ),
    ] {
        assert_eq!(kamailio.invite(CALLER, number, number), redirected(contact));
    }
    // An inactive number, and one that takes no calls without a number.
    assert_eq!(kamailio.invite(CALLER, "+17275551112", "off"), refused(404));
    site.load(json!({"vicishim_dids": [
        {"did_id": 2, "did_pattern": "7275551114", "allow_anonymous": "N"},
    ]}));
    let anonymous = |caller| kamailio.invite(caller, "7275551114", caller);
    assert_eq!(anonymous("anonymous"), refused(433));
    let taken = redirected("sip:TEST_IN2@127.0.0.1:5099;kind=IN_GROUP");
    assert_eq!(anonymous(CALLER), taken);
    // Without an answer nobody is sent anywhere.
    site.route_key(&["remove", "kamailio"]);
    assert_eq!(kamailio.invite(CALLER, "7275551114", "late"), refused(503));
}

fn the_eleventh_caller_of_ten_hears_busy(backend: Backend) {
    let (mut site, key, kamailio) = exchange(backend, always());
    let queue = redirected("sip:SALESLINE@127.0.0.1:5099;kind=IN_GROUP");
    for call in 1..=10 {
        let call_id = format!("call-{call}@{EXCHANGE}");
        assert_eq!(kamailio.invite(CALLER, NUMBER, &call_id), queue, "{call}");
    }
    assert_eq!(kamailio.invite(CALLER, NUMBER, "call-11"), refused(486));
    // The exchange tells that one has ended, by its Call-ID.
    let ended = format!("/route/calls/call-4%40{EXCHANGE}");
    let response = site.with_key(&key, "DELETE", &ended);
    assert_eq!((response.status, response.body.as_str()), (200, "ENDED\n"));
    assert_eq!(kamailio.invite(CALLER, NUMBER, "call-12"), queue);
    assert_eq!(kamailio.invite(CALLER, NUMBER, "call-13"), refused(486));
}
