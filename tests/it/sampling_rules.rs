//! Files of sampling rules: which are read, and what is said of the others.

use proptest::prelude::*;
use serde_json::{Value, json};
use xray_phantom::Sampling;

/// A file with this rule and a sound default.
fn with_rule(version: u32, rule: &str) -> String {
    format!(
        r#"{{"version": {version}, "default": {{"fixed_target": 1, "rate": 0.05}}, "rules": [{rule}]}}"#
    )
}

/// A file with this default alone.
fn with_default(default: &str) -> String {
    format!(r#"{{"version": 2, "default": {default}}}"#)
}

#[track_caller]
fn reads(json: &str) {
    if let Err(error) = Sampling::rules(json) {
        panic!("{error}\n{json}");
    }
}

#[track_caller]
fn refuses(json: &str, expected: &str) {
    assert_eq!(Sampling::rules(json).unwrap_err().to_string(), expected);
}

#[test]
fn both_versions_are_read() {
    reads(&with_default(r#"{"fixed_target": 1, "rate": 0.05}"#));
    reads(&with_rule(
        1,
        r#"{"description": "The checkout page.", "id": "1", "service_name": "*", "http_method": "*",
            "url_path": "/checkout", "fixed_target": 10, "rate": 0.05}"#,
    ));
    reads(&with_rule(
        2,
        r#"{"host": "*", "http_method": "GET", "url_path": "/a?c", "fixed_target": 0, "rate": 0}"#,
    ));
    reads(r#"{"version": 2, "rules": [], "default": {"fixed_target": 1, "rate": 0.05}}"#);
}

#[test]
fn numbers_are_read_however_they_are_written() {
    for version in ["1", "2", "2.0", "2e0"] {
        reads(&format!(
            r#"{{"version": {version}, "default": {{"fixed_target": 1, "rate": 0.05}}}}"#
        ));
    }
    for (target, rate) in [
        ("0", "0"),
        ("1.0", "1.0"),
        ("1e2", "5e-2"),
        ("4294967295", "1"),
        ("-0", "-0.0"),
    ] {
        reads(&with_default(&format!(
            r#"{{"fixed_target": {target}, "rate": {rate}}}"#
        )));
    }
}

#[test]
fn of_a_key_that_is_there_twice_the_last_counts() {
    reads(&with_default(
        r#"{"fixed_target": -1, "fixed_target": 1, "rate": 2, "rate": 0.05}"#,
    ));
    refuses(
        &with_default(r#"{"fixed_target": 1, "rate": 0.05, "rate": 2}"#),
        "invalid rate `2`: expected a number from 0 to 1 (0.05 is 5 %) at /default/rate",
    );
}

#[test]
fn what_is_no_file_of_rules_is_refused() {
    refuses(
        "",
        "invalid sampling rules ``: not JSON: the text ends where a value should stand at its first byte",
    );
    refuses(
        "{\n  \"version\": 2,\n",
        "invalid sampling rules `{ \"version\": 2,`: not JSON: the text ends where a key in quotes should \
         stand at /version, byte 18",
    );
    refuses(
        "[]",
        "invalid sampling rules `[]`: expected an object, got an array",
    );
    refuses(
        "null",
        "invalid sampling rules `null`: expected an object, got null",
    );
}

#[test]
fn the_file_has_a_version_that_is_known() {
    let file = |version| {
        format!(r#"{{"version": {version}, "default": {{"fixed_target": 1, "rate": 0.05}}}}"#)
    };
    for version in ["0", "3", "1.5", "-1", "1e400"] {
        refuses(
            &file(version),
            &format!(
                "invalid version `{version}`: expected 1 (its rules have a `service_name`) or 2 (a `host`) at \
                 /version"
            ),
        );
    }
    refuses(
        &file(r#""2""#),
        "invalid version `\"2\"`: expected 1 (its rules have a `service_name`) or 2 (a `host`), got a string \
         at /version",
    );
    refuses(
        r#"{"default": {"fixed_target": 1, "rate": 0.05}}"#,
        "invalid sampling rules `{\"default\": {\"fixed_target\": 1, \"rate\": 0.05}}`: `version` is missing: \
         add `\"version\": 2`",
    );
}

#[test]
fn the_file_has_a_default_for_all_requests() {
    refuses(
        r#"{"version": 2, "rules": []}"#,
        "invalid sampling rules `{\"version\": 2, \"rules\": []}`: `default` is missing: add `\"default\": \
         {\"fixed_target\": 1, \"rate\": 0.05}`",
    );
    refuses(
        &with_default("[]"),
        "invalid default `[]`: expected an object, got an array at /default",
    );
    refuses(
        &with_default(r#"{"host": "*", "fixed_target": 1, "rate": 0.05}"#),
        "invalid key `host`: the default rule at /default takes fixed_target, rate",
    );
    refuses(
        &with_default(r#"{"rate": 0.05}"#),
        "invalid default `{\"rate\": 0.05}`: `fixed_target` is missing at /default: add how many requests a \
         second are recorded for certain",
    );
    refuses(
        &with_default(r#"{"fixed_target": 1}"#),
        "invalid default `{\"fixed_target\": 1}`: `rate` is missing at /default: add which part of the other \
         requests is recorded (0.05 is 5 %)",
    );
}

#[test]
fn a_fixed_target_is_a_whole_number() {
    for target in ["-1", "0.5", "4294967296", "1e400", "-1e400", "1e-400"] {
        refuses(
            &with_default(&format!(r#"{{"fixed_target": {target}, "rate": 0.05}}"#)),
            &format!(
                "invalid fixed_target `{target}`: expected a whole number of requests a second (0 to \
                 4294967295) at /default/fixed_target"
            ),
        );
    }
    refuses(
        &with_default(r#"{"fixed_target": true, "rate": 0.05}"#),
        "invalid fixed_target `true`: expected a whole number of requests a second (0 to 4294967295), got a \
         boolean at /default/fixed_target",
    );
}

#[test]
fn a_rate_is_a_number_from_0_to_1() {
    for rate in ["-0.01", "1.01", "5", "1e400", "-1e400"] {
        refuses(
            &with_default(&format!(r#"{{"fixed_target": 1, "rate": {rate}}}"#)),
            &format!(
                "invalid rate `{rate}`: expected a number from 0 to 1 (0.05 is 5 %) at /default/rate"
            ),
        );
    }
    refuses(
        &with_default(r#"{"fixed_target": 1, "rate": "0.05"}"#),
        "invalid rate `\"0.05\"`: expected a number from 0 to 1 (0.05 is 5 %), got a string at /default/rate",
    );
}

#[test]
fn keys_that_no_rule_has_are_refused() {
    refuses(
        r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0.05}, "rule": []}"#,
        "invalid key `rule`: a file of sampling rules takes default, rules, version",
    );
    refuses(
        &with_rule(2, r#"{"service_name": "*"}"#),
        "invalid key `service_name`: the rule of version 2 at /rules/0 takes description, fixed_target, host, \
         http_method, id, rate, url_path",
    );
    refuses(
        &with_rule(1, r#"{"host": "*"}"#),
        "invalid key `host`: the rule of version 1 at /rules/0 takes description, fixed_target, http_method, \
         id, rate, service_name, url_path",
    );
}

#[test]
fn rules_are_an_array_of_objects() {
    refuses(
        r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0.05}, "rules": null}"#,
        "invalid rules `null`: expected an array, got null at /rules",
    );
    refuses(
        &with_rule(2, "5"),
        "invalid sampling rule `5`: expected an object, got a number at /rules/0",
    );
}

#[test]
fn a_rule_says_which_requests_it_is_for() {
    let rule =
        json!({"host": "*", "http_method": "*", "url_path": "*", "fixed_target": 1, "rate": 0.05});
    for (version, missing) in [
        (2, "host"),
        (2, "http_method"),
        (2, "url_path"),
        (1, "service_name"),
    ] {
        let mut rule = rule.clone();
        rule.as_object_mut().unwrap().remove(missing);
        if version == 1 {
            rule.as_object_mut().unwrap().remove("host");
        }
        let text = rule.to_string();
        refuses(
            &with_rule(version, &text),
            &format!(
                "invalid sampling rule `{text}`: `{missing}` is missing at /rules/0: add `\"*\"` for any"
            ),
        );
    }
    let sound = rule.to_string();
    let broken = |key: &str, value: Value| {
        let mut rule = rule.clone();
        rule[key] = value;
        with_rule(2, &format!("{sound}, {rule}"))
    };
    refuses(
        &broken("host", json!("")),
        "invalid host `\"\"`: expected a string that is not empty (`*` stands for any) at /rules/1/host",
    );
    refuses(
        &broken("url_path", json!(["/a"])),
        "invalid url_path `[\"/a\"]`: expected a string that is not empty (`*` stands for any), got an array \
         at /rules/1/url_path",
    );
    refuses(
        &broken("description", json!(5)),
        "invalid description `5`: expected a string, got a number at /rules/1/description",
    );
    refuses(
        &broken("rate", json!(2)),
        "invalid rate `2`: expected a number from 0 to 1 (0.05 is 5 %) at /rules/1/rate",
    );
}

#[test]
fn an_error_quotes_the_beginning_of_what_is_long() {
    let long = "x".repeat(10_000);
    refuses(
        &with_rule(2, &format!("{{\n\t\"{long}\": 1}}")),
        &format!(
            "invalid key `{}…`: the rule of version 2 at /rules/0 takes description, fixed_target, host, \
             http_method, id, rate, url_path",
            &long[..80]
        ),
    );
}

/// Whether a file is sound, read with another reader and in another order.
fn is_sound(file: &Value) -> bool {
    let has_only = |value: &Value, keys: &[&str]| {
        let object = value.as_object();
        object.is_some_and(|object| object.keys().all(|key| keys.contains(&&**key)))
    };
    let is_quota = |value: &Value| {
        let target = value["fixed_target"].as_f64();
        let rate = value["rate"].as_f64();
        target.is_some_and(|target| (0.0..4_294_967_296.0).contains(&target) && target % 1.0 == 0.0)
            && rate.is_some_and(|rate| (0.0..=1.0).contains(&rate))
    };
    let is_pattern = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let host = match file["version"].as_f64() {
        Some(1.0) => "service_name",
        Some(2.0) => "host",
        _ => return false,
    };
    let is_rule = |rule: &Value| {
        let patterns = [host, "http_method", "url_path"];
        has_only(
            rule,
            &[
                host,
                "http_method",
                "url_path",
                "fixed_target",
                "rate",
                "description",
                "id",
            ],
        ) && patterns.iter().all(|key| is_pattern(&rule[key]))
            && rule.get("description").is_none_or(Value::is_string)
            && is_quota(rule)
    };
    has_only(file, &["version", "default", "rules"])
        && has_only(&file["default"], &["fixed_target", "rate"])
        && is_quota(&file["default"])
        && file.get("rules").is_none_or(|rules| {
            rules
                .as_array()
                .is_some_and(|rules| rules.iter().all(is_rule))
        })
}

/// Values that stand in rules files, right and wrong ones.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => (0..4_i64).prop_map(Value::from),
        1 => (-2.0..2.0_f64).prop_map(Value::from),
        2 => "[a*?/]{0,3}".prop_map(Value::from),
        1 => prop::sample::select(vec![Value::Null, json!(true), json!([]), json!({})]),
    ]
}

/// Mostly the sound value, now and then nothing, or any other.
fn member(sound: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        12 => sound.prop_map(Some),
        1 => value().prop_map(Some),
        1 => Just(None),
    ]
}

fn object(
    members: impl Strategy<Value = Vec<(&'static str, Option<Value>)>>,
) -> impl Strategy<Value = Value> {
    members.prop_map(|members| {
        let present = members.into_iter();
        let present = present.filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Object(present.collect())
    })
}

fn quota() -> impl Strategy<Value = Vec<(&'static str, Option<Value>)>> {
    let target = member((0..20_i64).prop_map(Value::from));
    let rate = member((0.0..=1.0_f64).prop_map(Value::from));
    (target, rate).prop_map(|(target, rate)| vec![("fixed_target", target), ("rate", rate)])
}

fn rule() -> impl Strategy<Value = Value> {
    let pattern = || member("[a-z*?/]{1,5}".prop_map(Value::from));
    let host = prop_oneof![1 => Just("service_name"), 20 => Just("host")];
    object(
        (
            host,
            pattern(),
            pattern(),
            pattern(),
            member(Just(json!("Moves."))),
            quota(),
        )
            .prop_map(|(host_key, host, method, path, description, quota)| {
                let mut members = vec![
                    (host_key, host),
                    ("http_method", method),
                    ("url_path", path),
                    ("description", description),
                ];
                members.extend(quota);
                members
            }),
    )
}

fn file() -> impl Strategy<Value = Value> {
    let version = member(prop_oneof![1 => Just(json!(1)), 20 => Just(json!(2))]);
    let rules = member(prop::collection::vec(rule(), 0..3).prop_map(Value::from));
    object(
        (version, member(object(quota())), rules).prop_map(|(version, default, rules)| {
            vec![("version", version), ("default", default), ("rules", rules)]
        }),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn files_are_read_if_and_only_if_they_are_sound(file in file()) {
        let text = file.to_string();
        let read = Sampling::rules(&text);
        prop_assert_eq!(read.is_ok(), is_sound(&file), "{}: {:?}", text, read.err());
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,60}") {
        if let Err(error) = Sampling::rules(&text) {
            prop_assert!(error.to_string().starts_with("invalid "));
        }
    }

    #[test]
    fn no_damage_to_a_file_makes_reading_panic(
        file in file(),
        at in any::<prop::sample::Index>(),
        with in "\\PC{0,3}",
    ) {
        let text = file.to_string();
        let at = at.index(text.chars().count() + 1);
        let (before, after) = (text.chars().take(at), text.chars().skip(at + 1));
        let damaged: String = before.chain(with.chars()).chain(after).collect();
        let read = Sampling::rules(&damaged);
        match serde_json::from_str::<Value>(&damaged) {
            Ok(file) => prop_assert_eq!(read.is_ok(), is_sound(&file), "{}: {:?}", damaged, read.err()),
            Err(_) => prop_assert!(read.is_err(), "{}", damaged),
        }
    }
}
