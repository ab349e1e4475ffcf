use proptest::prelude::*;

use super::*;

#[test]
fn every_separator_that_people_use_is_dropped() {
    for written in [
        "727-555-0100",
        "(727) 555-0100",
        "[727] {555} 0100",
        "727.555.0100",
        "727_555_0100",
        "727/555/0100",
        "727\\555\\0100",
        "727\u{A0}555\u{202F}0100",
        "727\u{2009}555\u{3000}0100",
        "727\u{2010}555\u{2011}0100",
        "727\u{2013}555\u{2014}0100",
        "727\u{2212}555\u{FF0D}0100",
        "727\u{30FC}555\u{FF70}0100",
        "727\u{B7}555\u{2022}0100",
        "727\u{FF0E}555\u{FF0E}0100",
        "\u{FF08}727\u{FF09}555\u{FF0F}0100",
        "\u{200E}7275550100\u{200B}\u{FEFF}",
        "727\u{AD}555\u{2060}0100",
        "'7275550100",
        "=\"7275550100\"",
        "\u{2018}7275550100\u{2019}",
        "7275550100.",
        "tel:727-555-0100",
        "TEL: 727-555-0100",
        "Tel. 727-555-0100",
        "tel://7275550100",
    ] {
        assert_eq!(
            number(written),
            Ok(Some("7275550100".to_owned())),
            "{written:?}"
        );
    }
    for written in [
        "+1 (727) 555-0100",
        "\u{FF0B}1 727 555 0100",
        "tel:+1-727-555-0100",
        "(+1) 727 5550100",
    ] {
        assert_eq!(
            number(written),
            Ok(Some("+17275550100".to_owned())),
            "{written:?}"
        );
    }
}

#[test]
fn a_pattern_of_another_kind_stays_what_it_is() {
    for pattern in [
        "",
        "+",
        "default",
        "_727555XXXX",
        "_1727555XXXX",
        "*98",
        "*98#",
        "*67",
        "*677275550100",
        "7275550100#",
        "1101",
        "10.1",
        "2e5",
        "7e09",
        "1-2",
        "ñandú:2",
        "sip.trunk.1",
        "agent1001",
        "telephone",
        "tel",
        "telco7275550",
        "1-800-FLOWERS",
        "---",
        "727*5551",
        "---ALL---",
    ] {
        assert_eq!(number(pattern), Ok(None), "{pattern:?}");
    }
    let long = "7".repeat(50);
    assert_eq!(number(&long), Ok(Some(long.clone())));
}

#[test]
fn what_begins_as_a_number_and_is_none_is_malformed() {
    for (written, why) in [
        ("%2B17275550100", Malformed::EncodedPlus),
        ("%2b17275550100", Malformed::EncodedPlus),
        ("7.27556E+09", Malformed::Rounded),
        ("7,27556E+09", Malformed::Rounded),
        ("7E+09", Malformed::Rounded),
        ("٧٢٧٥٥٥٠١٠٠", Malformed::Digits),
        ("727555٠١٠٠", Malformed::Digits),
        ("７２７５５５０１００", Malformed::Digits),
        ("7275550100 7275550101", Malformed::Several),
        ("7275550100-7275550199", Malformed::Several),
        ("7275550100\u{2013}7275550199", Malformed::Several),
        ("7275550100/7275550101", Malformed::Several),
        ("7275550100+7275550101", Malformed::Several),
        ("++17275550100", Malformed::Several),
        ("1+727 555 0100", Malformed::Several),
        ("7275550100 x22", Malformed::Mixed),
        ("727.555.0100x22", Malformed::Mixed),
        ("727-555-0100 ext. 22", Malformed::Mixed),
        ("tel:+1-727-555-0100;ext=22", Malformed::Mixed),
        ("7275550100#22", Malformed::Mixed),
        ("7275550100*22", Malformed::Mixed),
        ("7275550100,22", Malformed::Mixed),
        ("7275550100 22", Malformed::Mixed),
        ("727-555-0100/01", Malformed::Mixed),
        ("7275550100;7275550101", Malformed::Mixed),
        ("7275550100~7275550199", Malformed::Mixed),
        ("727:555:0100", Malformed::Mixed),
        ("(727) 555-0100 (home)", Malformed::Mixed),
        ("sip:7275550100@example.com", Malformed::Mixed),
        ("fax: 727-555-0100", Malformed::Mixed),
        ("tel:727x", Malformed::Mixed),
        ("+44 (0)20 7946 0958", Malformed::TrunkZero),
        ("727-555-0100-2000-3000", Malformed::TooLong),
    ] {
        assert_eq!(number(written), Err(why), "{written:?}");
    }
}

#[test]
fn a_number_is_written_in_the_form_that_is_asked_for() {
    let form = |form, country| NumberForm { form, country };
    let ok = |number: &str| Ok(Some(number.to_owned()));
    for written in [
        "7275550100",
        "17275550100",
        "+17275550100",
        "(727) 555.0100",
        "tel:+1-727-555-0100",
    ] {
        assert_eq!(form(Form::National, 1).number(written), ok("7275550100"));
        assert_eq!(
            form(Form::WithCountry, 1).number(written),
            ok("17275550100")
        );
        assert_eq!(form(Form::E164, 1).number(written), ok("+17275550100"));
    }
    for written in ["020 7946 0958", "+44 20 7946 0958"] {
        assert_eq!(form(Form::National, 44).number(written), ok("2079460958"));
        assert_eq!(
            form(Form::WithCountry, 44).number(written),
            ok("442079460958")
        );
        assert_eq!(form(Form::E164, 44).number(written), ok("+442079460958"));
    }
    assert_eq!(
        form(Form::E164, 39).number("06 698 12345"),
        ok("+390669812345")
    );
    assert_eq!(
        form(Form::E164, 1).number("+44 20 7946 0958"),
        ok("+442079460958")
    );
    assert_eq!(form(Form::E164, 1).number("default"), Ok(None));
    for (number, country, why) in [
        ("+44 20 7946 0958", 1, Malformed::OtherCountry),
        ("5550100", 1, Malformed::OtherCountry),
        ("27275550100", 1, Malformed::OtherCountry),
        ("+1727555010", 1, Malformed::OtherCountry),
        ("72755501000", 1, Malformed::OtherCountry),
        ("011442079460958", 1, Malformed::Prefix),
        ("00442079460958", 1, Malformed::Prefix),
        ("00442079460958", 44, Malformed::Prefix),
        ("2079460958", 44, Malformed::NoCountry),
        ("7275550100x22", 1, Malformed::Mixed),
    ] {
        assert_eq!(
            form(Form::National, country).number(number),
            Err(why),
            "{number}"
        );
    }
}

#[test]
fn the_variants_of_a_number() {
    for (number, others) in [
        ("7275551014", "17275551014 +7275551014 +17275551014"),
        ("+17275551014", "7275551014 17275551014 +7275551014"),
        ("5551014", "15551014 +5551014 +15551014"),
        ("1555101", "11555101 +1555101 +11555101"),
        ("1101", "+1101"),
        ("+101", "101"),
        ("", ""),
        ("+", ""),
        ("default", ""),
        ("727#5551014", ""),
    ] {
        assert_eq!(variants(number).join(" "), others, "{number}");
    }
}

#[test]
fn variants_have_their_part_in_common_and_no_other_number_has() {
    for number in [
        "7275551014",
        "+17275551014",
        "5551014",
        "1555101",
        "+442079460958",
    ] {
        let part = common_part(number);
        assert!(part.is_some());
        for variant in variants(number) {
            assert_eq!(common_part(&variant), part, "{variant}");
        }
    }
    for none in ["1101", "default", "+", "_727555XXXX"] {
        assert_eq!(common_part(none), None);
    }
}

proptest! {
    #[test]
    fn a_number_is_digits_and_is_read_again_as_it_is(written in "[0-9+ ().x_#*/-]{0,24}|\\PC{0,24}") {
        if let Ok(Some(read)) = number(&written) {
            prop_assert!(digits(&read).is_some(), "{read}");
            prop_assert_eq!(number(&read), Ok(Some(read)));
        }
        for form in [Form::National, Form::WithCountry, Form::E164] {
            for country in [1, 39, 44, 999] {
                let form = NumberForm { form, country };
                if let Ok(Some(formed)) = form.number(&written) {
                    prop_assert!(digits(&formed).is_some_and(|digits| digits.len() <= 15), "{formed}");
                }
            }
        }
    }
}

#[test]
fn a_form_has_one_word_everywhere() {
    for form in <Form as clap::ValueEnum>::value_variants() {
        assert_eq!(Form::of_word(&form.word()), Some(*form));
        assert_eq!(serde_json::json!(form), form.word());
    }
    assert_eq!(Form::of_word("12"), None);
}
