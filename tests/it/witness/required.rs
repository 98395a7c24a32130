//! Schemas of the user's own.

use xray_phantom::json::Document;
use xray_phantom::schema::RequiredSchema;

#[track_caller]
fn check(schema: &str, document: &str, expected: &[(&str, &str)]) {
    let schema = RequiredSchema::new(schema).unwrap();
    let document = Document::parse(document).unwrap();
    let found = schema.check(document.root());
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(pointer, message)| (&**pointer, &**message))
        .collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn refused(schema: &str, expected: &str) {
    assert_eq!(
        RequiredSchema::new(schema).unwrap_err().to_string(),
        expected
    );
}

const TENANT: &str =
    r#"{"required": ["annotations"], "properties": {"annotations": {"required": ["tenant"]}}}"#;

#[test]
fn a_schema_of_the_users_own_says_what_is_missing() {
    check(TENANT, r#"{"annotations": {"tenant": "a"}}"#, &[]);
    check(
        TENANT,
        r#"{"annotations": {"Tenant": "a"}}"#,
        &[("/annotations", r#""tenant" is a required property"#)],
    );
    check(
        TENANT,
        "{}",
        &[("", r#""annotations" is a required property"#)],
    );
}

#[test]
fn a_value_inside_a_document_is_checked_by_itself_and_named_by_its_place() {
    let schema = RequiredSchema::new(TENANT).unwrap();
    let document =
        Document::parse(r#"{"subsegments": [{}, {"annotations": {"a/b": 1}}]}"#).unwrap();
    let second = document
        .root()
        .get("subsegments")
        .unwrap()
        .elements()
        .nth(1)
        .unwrap();
    let found = schema.check(second);
    assert_eq!(
        found,
        [(
            "/subsegments/1/annotations".to_owned(),
            r#""tenant" is a required property"#.to_owned()
        )]
    );
}

#[test]
fn constants_and_bounds_are_compared_with_what_was_written() {
    let schema = r#"{"properties": {
        "name": {"const": "OrdersWorker"}, "http": {"const": {"response": {"status": 200}}},
        "start_time": {"minimum": 1.5, "maximum": 1e300}, "precursor_ids": {"uniqueItems": true},
        "namespace": {"enum": ["aws", "remote"]}}}"#;
    check(
        schema,
        r#"{"name": "Orders\u0057orker", "http": {"response": {"status": 1, "status": 200.0}}, "start_time": 15e-1,
            "precursor_ids": [1, "1", 1.5], "namespace": "aws"}"#,
        &[],
    );
    check(
        schema,
        r#"{"name": "orders", "http": {"response": {"status": 201}}, "start_time": 1e400, "precursor_ids": [2, 2.0],
            "namespace": "\ud800"}"#,
        &[
            ("/http", r#"{"response":{"status":200}} was expected"#),
            ("/name", r#""OrdersWorker" was expected"#),
            ("/namespace", r#""\ud800" is not one of "aws" or "remote""#),
            ("/precursor_ids", "[2, 2.0] has non-unique elements"),
            ("/start_time", "1e400 is greater than the maximum of 1e+300"),
        ],
    );
}

#[test]
fn a_message_stays_on_one_line_however_large_the_value_is() {
    let schema =
        r#"{"properties": {"metadata": {"type": "string"}, "user": {"pattern": "^[a-z]+$"}}}"#;
    let large = "x\\n".repeat(10_000);
    check(
        schema,
        &format!(r#"{{"metadata": {{"default": "{large}"}}, "user": "{large}"}}"#),
        &[
            (
                "/metadata",
                &format!(r#"{{"default": "{}… is not of type "string""#, &large[..46]),
            ),
            (
                "/user",
                &format!(r#""{}… does not match "^[a-z]+$""#, &large[..58]),
            ),
        ],
    );
}

#[test]
fn what_is_nested_deeper_than_a_schema_looks_is_not_judged() {
    let schema = r##"{"$defs": {"entity": {"required": ["name"],
        "properties": {"subsegments": {"items": {"$ref": "#/$defs/entity"}}}}}, "$ref": "#/$defs/entity"}"##;
    let nested = |levels: usize| {
        format!(
            "{}{{}}{}",
            r#"{"name": "a", "subsegments": ["#.repeat(levels),
            "]}".repeat(levels)
        )
    };
    let place = "/subsegments/0".repeat(31);
    check(
        schema,
        &nested(31),
        &[(&place, r#""name" is a required property"#)],
    );
    check(schema, &nested(32), &[]);
    check(schema, &nested(2_000), &[]);
}

#[test]
fn what_is_no_schema_is_refused_with_what_is_wrong() {
    refused(
        "{\"required\": [tenant]}",
        "invalid schema `{\"required\": [tenant]}`: `tenant` is no JSON value at /required/0, byte 14",
    );
    refused(
        r#"{"required": "tenant"}"#,
        r#"invalid schema `{"required": "tenant"}`: "tenant" is not of type "array" at /required"#,
    );
    refused(
        r#"{"properties": {"user": {"pattern": "("}}}"#,
        r#"invalid schema `{"properties": {"user": {"pattern": "("}}}`: "(" is not a "regex" at /properties/user/pattern"#,
    );
    refused(
        "7",
        r#"invalid schema `7`: 7 is not of types "boolean", "object""#,
    );
    refused(
        r#"{"$schema": "tenant-draft"}"#,
        r#"invalid schema `{"$schema": "tenant-draft"}`: `tenant-draft` is no `$schema` that is known: use a draft from 4 to 2020-12"#,
    );
    refused(
        r#"{"const": "\ud800"}"#,
        r#"invalid schema `{"const": "\ud800"}`: unexpected end of hex escape at line 1 column 18"#,
    );
    refused(
        r#"{"const": 1e400}"#,
        r#"invalid schema `{"const": 1e400}`: number out of range at line 1 column 15"#,
    );
    refused(
        &format!("{}true{}", r#"{"not":"#.repeat(200), "}".repeat(200)),
        r#"invalid schema `{"not":{"not":{"not":{"not":{"not":{"not":{"not":{"not":{"n…`: recursion limit exceeded at line 1 column 890"#,
    );
}

#[test]
fn nothing_is_fetched() {
    for place in [
        "https://xray-phantom.invalid/tenant.json",
        "file:///etc/hostname",
        "tenant.json",
    ] {
        let schema = format!(r#"{{"$ref": "{place}"}}"#);
        refused(
            &schema,
            &format!(
                "invalid schema `{schema}`: the `$ref` `{place}` leads out of the schema, and nothing is fetched: copy what it \
                 names into `$defs`"
            ),
        );
    }
    refused(
        r##"{"$ref": "#/$defs/tenant"}"##,
        r##"invalid schema `{"$ref": "#/$defs/tenant"}`: Pointer '/$defs/tenant' does not exist"##,
    );
}

#[test]
fn a_schema_as_deep_as_can_be_read_looks_into_a_document_as_deep_as_can_be_read() {
    let nots = 120;
    let schema = format!("{}true{}", r#"{"not":"#.repeat(nots), "}".repeat(nots));
    check(&schema, "{}", &[]);
    let schema = r##"{"$defs": {"a": {"allOf": [{"anyOf": [{"oneOf": [{"if": true, "then": {"$ref": "#/$defs/b"}}]}]}]},
        "b": {"items": {"$ref": "#/$defs/a"}, "unevaluatedItems": false}}, "$ref": "#/$defs/a"}"##;
    check(
        schema,
        &format!("{}{}", "[".repeat(4_000), "]".repeat(4_000)),
        &[],
    );
}

#[test]
fn a_schema_that_refers_to_itself_forever_comes_to_an_end() {
    check(r##"{"$ref": "#"}"##, "{}", &[]);
    check(
        r##"{"propertyNames": {"$ref": "#/$defs/a"}, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##,
        r#"{"a": 1}"#,
        &[],
    );
}
