//! `cargo bench --bench call`: what one call costs without HTTP and without a disk.
//!
//! `parse` decodes and filters the parameters of an `add_did`; `answer` walks it through sign-in and all checks to its
//! reply, on a database in memory. It is a dry run, so that each one finds what the first found. `compare` is what
//! SQLite runs at each step through an index.

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use vicishim::api::{self, Call, CallTime, Dialect, Parameters};
use vicishim::http::query;
use vicishim::routing::number_form::NumberForm;
use vicishim::store::{CreateTables, Db, collation, load_dump};

const QUERY: &str = "source=bench&user=6666&pass=1234&function=add_did&did_pattern=17275551999&did_description=Bench+number\
                     &did_route=IN_GROUP&group=TEST_IN2&record_call=Y&list_id=998&dry_run=Y";

fn call(query: &str) -> Call {
    Call {
        pairs: query::pairs(query.as_bytes()),
        proof: None,
        form_pair_count: 0,
        client: "127.0.0.1".to_owned(),
        host: "127.0.0.1".to_owned(),
        hostname: "bench".to_owned(),
        script_url: "http://127.0.0.1/vicidial/non_agent_api.php".to_owned(),
        url: format!("http://127.0.0.1/vicidial/non_agent_api.php?{query}"),
        number_form: NumberForm::default(),
        time: CallTime::now(),
        time_zone: None,
        received: Instant::now(),
    }
}

fn parse(criterion: &mut Criterion) {
    criterion.bench_function("parse", |bencher| {
        bencher.iter(|| Parameters::filter(&query::pairs(black_box(QUERY).as_bytes()), false));
    });
}

fn answer(criterion: &mut Criterion) {
    let address = ":memory:".parse().expect("an address");
    let mut db = Db::open(&address, CreateTables::No).expect("a database");
    let demo = [("demo.json", include_str!("../fixtures/demo.json"))];
    load_dump::load(&mut db, demo).expect("the demo's rows");
    let call = call(QUERY);
    let answered = api::answer(&mut db, &call, Dialect::Documented).expect("an answer");
    assert!(
        answered
            .text(Dialect::Documented)
            .starts_with("SUCCESS: add_did"),
        "{answered:?}"
    );
    criterion.bench_function("answer", |bencher| {
        bencher.iter(|| api::answer(&mut db, black_box(&call), Dialect::Documented));
    });
}

fn compare(criterion: &mut Criterion) {
    for (name, left, right) in [
        ("compare numbers", "7275551114", "7275551999"),
        (
            "compare accented letters",
            "ñandú de la Peña",
            "NANDU de la peñé",
        ),
    ] {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| collation::compare(black_box(left), black_box(right)));
        });
    }
}

criterion_group!(benches, parse, answer, compare);
criterion_main!(benches);
