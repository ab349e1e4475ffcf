//! Every call has its row in the API's log, whatever was sent.

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    letters_of_four_bytes_cost_no_row
}

fn letters_of_four_bytes_cost_no_row(backend: Backend) {
    let mut api = Site::start(backend);
    let mut client = api.server.client();
    let basic = [("Authorization", "Basic NjY2NjoxMjM0")];
    let before = api.database.rows("vicidial_api_log").len();
    let body = "add_did&did_pattern=727555010";
    for number in 0..3 {
        let added = api.body(&format!(
            "{body}{number}&did_description=%F0%9F%98%80+a+smile"
        ));
        assert!(added.starts_with("SUCCESS"), "{added}");
        let refused = client.request("GET", "/api/dids?%F0%9F%98%80=1", &basic, b"");
        assert!((400..500).contains(&refused.status), "{}", refused.body);
    }
    let rows = api.database.rows("vicidial_api_log");
    assert_eq!(rows.len(), before + 6);
    assert_eq!(api.database.rows("vicidial_api_urls").len(), rows.len());
    assert!(
        !api.server.log().contains("are lost"),
        "{}",
        api.server.log()
    );
}
