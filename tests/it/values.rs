//! What becomes of values that are said: kept, cut or left out, and then told.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Serialize;
use serde::ser::{SerializeSeq, SerializeStruct, SerializeStructVariant, Serializer};
use serde_json::{Value, json};
use xray_phantom::model::{EntityId, TraceId};
use xray_phantom::recorder::{AnnotationValue, Namespace, RecorderStats, Sql};
use xray_phantom::wire::TraceHeader;
use xray_phantom::{FakeDaemon, Finding, OpenEntity, Recorder, Sampling, block_on};

/// What a recorder did.
pub(crate) struct Sent {
    /// The segment `api`, with its subsegments.
    pub(crate) document: Value,
    /// `code: message` of each.
    pub(crate) notes: Vec<String>,
    pub(crate) stats: RecorderStats,
}

/// Says something of a segment; X-Ray takes the document whatever it was.
#[track_caller]
pub(crate) fn sent(say: impl FnOnce(&OpenEntity)) -> Sent {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    recorder.in_segment_infallible_sync("api", |segment| say(&segment));
    all_sent(&daemon, &recorder)
}

/// What was sent to this daemon: one document.
#[track_caller]
pub(crate) fn all_sent(daemon: &FakeDaemon, recorder: &Recorder) -> Sent {
    let note = |finding: &Finding| match finding {
        Finding::Note(note) => format!("{}: {}", note.code(), note.message()),
        other => panic!("{other}"),
    };
    let notes = match block_on(daemon.verify()) {
        Ok(()) => Vec::new(),
        Err(report) => report.findings().iter().map(note).collect(),
    };
    assert_eq!(block_on(daemon.violations()).unwrap(), []);
    let datagrams = block_on(daemon.datagrams()).unwrap();
    assert_eq!(datagrams.len(), 1);
    Sent {
        document: serde_json::from_str(datagrams[0].document().unwrap().text()).unwrap(),
        notes,
        stats: recorder.stats(),
    }
}

/// Says something of a subsegment, and gives it as it was sent.
#[track_caller]
fn of_subsegment(say: impl FnOnce(&OpenEntity)) -> (Value, Vec<String>) {
    let mut sent = sent(|segment| {
        segment.in_subsegment_infallible_sync("call", |call| say(&call));
    });
    (sent.document["subsegments"][0].take(), sent.notes)
}

/// A struct without `derive`.
struct Reading {
    mean: f64,
    peaks: Vec<f32>,
}

impl Serialize for Reading {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reading = serializer.serialize_struct("Reading", 2)?;
        reading.serialize_field("mean", &self.mean)?;
        reading.serialize_field("peaks", &self.peaks)?;
        reading.end()
    }
}

/// A variant with fields, and one of a single value.
enum Shape {
    Fields(f64),
    Value(f64),
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Shape::Fields(number) => {
                let mut fields = serializer.serialize_struct_variant("Shape", 0, "Fields", 1)?;
                fields.serialize_field("number", number)?;
                fields.end()
            }
            Shape::Value(number) => {
                serializer.serialize_newtype_variant("Shape", 1, "Value", number)
            }
        }
    }
}

#[test]
fn numbers_that_json_does_not_have_become_null_and_are_told() {
    let nan = f64::NAN;
    let check = |value: &dyn Fn(&OpenEntity), expected: Value, notes: &[&str]| {
        let sent = sent(|segment| value(segment));
        assert_eq!(sent.document["metadata"]["default"]["k"], expected);
        assert_eq!(sent.notes, notes);
        assert_eq!(sent.stats.left_out, notes.len() as u64);
    };
    macro_rules! check {
        ($value:expr, $expected:tt, $($notes:expr)?) => {
            check(
                &|segment| { segment.metadata("k", &$value); },
                json!($expected),
                &[$(concat!("metadata-value: ", $notes, " became null: JSON has no NaN and no infinity"))?],
            );
        };
    }
    check!(nan, null, "1 number in the metadata `k`");
    check!(f32::INFINITY, null, "1 number in the metadata `k`");
    check!(
        [1.5, nan, f64::NEG_INFINITY],
        [1.5, null, null],
        "2 numbers in the metadata `k`"
    );
    check!(
        Reading {
            mean: nan,
            peaks: vec![0.5, f32::NAN]
        },
        {"mean": null, "peaks": [0.5, null]},
        "2 numbers in the metadata `k`"
    );
    check!(
        BTreeMap::from([("a", Some((nan, "null", 1))), ("b", None)]),
        {"a": [null, "null", 1], "b": null},
        "1 number in the metadata `k`"
    );
    check!(
        (Shape::Fields(nan), Shape::Value(nan)),
        [{"Fields": {"number": null}}, {"Value": null}],
        "2 numbers in the metadata `k`"
    );
    // A null of its own is none.
    check!((), null,);
    check!(
        (None::<f64>, "null", json!(null), 1.5, f32::MAX),
        [null, "null", null, 1.5, 3.402_823_5e38],
    );
}

#[test]
fn numbers_that_json_does_not_have_are_told_of_aws_too() {
    let sent = sent(|segment| {
        segment.aws("load", &[0.5, f64::NAN]).aws("none", &());
    });
    assert_eq!(sent.document["aws"]["load"], json!([0.5, null]));
    assert_eq!(sent.document["aws"]["none"], Value::Null);
    assert_eq!(
        sent.notes,
        ["aws-value: 1 number in `load` of `aws` became null: JSON has no NaN and no infinity"]
    );
}

/// Fails, or panics, after its first element.
struct HalfWay {
    panics: bool,
}

impl Serialize for HalfWay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut elements = serializer.serialize_seq(Some(2))?;
        elements.serialize_element("first")?;
        assert!(!self.panics, "no second element");
        Err(serde::ser::Error::custom("no second\nelement"))
    }
}

#[test]
fn metadata_that_cannot_be_written_is_an_error_where_the_call_returns_one() {
    let mut errors = Vec::new();
    let sent = sent(|segment| {
        let mut tried = |result: Result<&OpenEntity, xray_phantom::Error>| {
            errors.push(result.map_or_else(|error| error.to_string(), |_| "kept".to_owned()));
        };
        tried(segment.try_metadata("a", &1));
        tried(segment.try_metadata_in("shop", "b", &[2]));
        tried(segment.try_metadata("c", &HalfWay { panics: false }));
        tried(segment.try_metadata("c", &HalfWay { panics: true }));
        tried(segment.try_metadata("AWS.d", &1));
        tried(segment.try_metadata_in("AWS.e", "f", &1));
        // It is kept, and what became of it is told as `metadata` does.
        tried(segment.try_metadata("g", &f64::NAN));
    });
    assert_eq!(
        errors,
        [
            "kept",
            "kept",
            "the metadata `c` is left out: the value is no JSON: no second\\nelement",
            "the metadata `c` is left out: it panicked when it was serialized",
            "the metadata `AWS.d` is left out: `AWS.d` begins with `AWS.`, which is reserved",
            "the metadata `f` is left out: `AWS.e` begins with `AWS.`, which is reserved",
            "kept"
        ]
    );
    assert_eq!(
        sent.document["metadata"],
        json!({"default": {"a": 1, "g": null}, "shop": {"b": [2]}})
    );
    // What the call returned is not told a second time.
    assert_eq!(sent.notes.len(), 1);
    assert_eq!(sent.stats.left_out, 1);
}

#[test]
fn what_is_said_after_the_end_is_an_error_where_the_call_returns_one() {
    let sent = sent(|segment| {
        let work = segment.begin_subsegment("work");
        assert!(work.try_annotate("a", 1).is_ok());
        assert!(work.try_metadata("a", &1).is_ok());
        work.clone().end();
        let error = work.try_annotate("b", 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the annotation `b` is left out: the entity had ended"
        );
        let error = work.try_metadata("b", &1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the metadata `b` is left out: the entity had ended"
        );
    });
    let work = &sent.document["subsegments"][0];
    assert_eq!(work["annotations"], json!({"a": 1}));
    assert_eq!(work["metadata"], json!({"default": {"a": 1}}));
}

#[test]
fn what_is_said_of_the_segment_that_lambda_sends_is_an_error_and_unsampled_is_none() {
    let daemon = FakeDaemon::builder()
        .external_parent("53995c3f42cd8ad8")
        .start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let header = TraceHeader::parse(
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    );
    let invocation = recorder.lambda_invocation(&header);
    assert_eq!(
        invocation.try_annotate("a", 1).unwrap_err().to_string(),
        "the annotation `a` is left out: someone else sends this segment"
    );
    invocation.begin_subsegment("work").end();
    invocation.end();
    let sent = all_sent(&daemon, &recorder);
    assert_eq!(sent.notes.len(), 1);

    let unsampled = Recorder::builder("api").sampling(Sampling::never()).build();
    let segment = unsampled.begin_segment("api");
    assert!(segment.try_annotate("a", 1).is_ok());
    // What is not recorded is not serialized.
    assert!(segment.try_metadata("a", &HalfWay { panics: true }).is_ok());
}

#[test]
fn no_url_keeps_a_password() {
    for (url, shown) in [
        ("https://host/orders?token=x#y", "https://host/orders"),
        ("https://user:pw@host/x", "https://host/x"),
        ("https://user@host:8080/x", "https://host:8080/x"),
        ("https://:pw@host", "https://host"),
        ("user:pw@host/x", "host/x"),
        ("user@host", "host"),
        ("//user:pw@host", "//host"),
        ("https://u:a/b@host", "https://host"),
        ("https://u:a/b@host:80/x", "https://host:80/x"),
        ("https://u:a?b@host/x?c", "https://host/x"),
        ("https://u:a#b@host/x", "https://host/x"),
        ("https://u:a@b@host/x", "https://host/x"),
        ("https://u:1:a/b@host", "https://host"),
        ("u:a/b@host", "host"),
        ("https://u:pw@[::1]:80/x", "https://[::1]:80/x"),
        (r"DOMAIN\user:pw@host/x", "host/x"),
        // None of these holds one.
        ("https://host/@user", "https://host/@user"),
        ("https://host/a@b", "https://host/a@b"),
        ("https://host:8080/a@b:c", "https://host:8080/a@b:c"),
        ("https://[::1]:80/@user", "https://[::1]:80/@user"),
        ("https://[fe80::a]/@user", "https://[fe80::a]/@user"),
        ("host:80/@user", "host:80/@user"),
        ("/orders/@user", "/orders/@user"),
        ("/to?url=https://u:pw@host", "/to"),
        ("/a//b@c", "/a//b@c"),
        ("@scope/package", "@scope/package"),
        ("//host/@user", "//host/@user"),
        ("https://host", "https://host"),
        ("https://", "https://"),
        ("/a;v=1/b", "/a;v=1/b"),
        ("*", "*"),
        ("", ""),
    ] {
        let sent = sent(|segment| {
            segment.http_request("GET", url);
        });
        assert_eq!(sent.document["http"]["request"]["url"], shown, "{url}");
    }
}

#[test]
fn no_url_of_a_database_keeps_a_password() {
    for (url, shown) in [
        ("postgres://host/db", "postgres://host/db"),
        ("postgres://user:pw@host:5432/db", "postgres://host:5432/db"),
        ("postgres://u:p;w@host/db", "postgres://host/db"),
        ("postgres://host/db?user=u&password=p", "postgres://host/db"),
        (
            "jdbc:sqlserver://host:1433;user=u;password=p@ss/w",
            "jdbc:sqlserver://host:1433",
        ),
        ("jdbc:mysql://u:pw@host/db;a=b", "jdbc:mysql://host/db"),
        ("jdbc:oracle:thin:scott/tiger@host:1521:x", "host:1521:x"),
        ("u:pw@tcp(host:3306)/db", "tcp(host:3306)/db"),
        ("postgres://host/@db", "postgres://host/@db"),
    ] {
        let (call, _) = of_subsegment(|call| {
            call.sql(&Sql::new().url(url));
        });
        assert_eq!(call["sql"]["url"], shown, "{url}");
    }
}

#[test]
fn a_field_that_x_ray_does_not_read_of_this_kind_of_entity_is_left_out_and_told() {
    let id: EntityId = "00000000000000a1".parse().unwrap();
    let trace: TraceId = "1-66a00000-0123456789abcdef01234567".parse().unwrap();
    let all = |entity: &OpenEntity| {
        entity
            .namespace(Namespace::Remote)
            .sql(&Sql::new().user("u").url("postgres://host"))
            .precursor(id)
            .user("alice")
            .link(trace, id);
    };
    let has = |entity: &Value| -> Vec<&str> {
        ["namespace", "sql", "precursor_ids", "user", "links"]
            .into_iter()
            .filter(|key| entity.get(key).is_some())
            .collect()
    };
    let sent = sent(all);
    assert_eq!(has(&sent.document), ["user", "links"]);
    assert_eq!(
        sent.notes,
        [
            "misplaced: `namespace` of a segment is left out: X-Ray reads it of subsegments alone",
            "misplaced: `sql` of a segment is left out: X-Ray reads it of subsegments alone",
            "misplaced: `precursor_ids` of a segment is left out: X-Ray reads it of subsegments alone",
        ]
    );
    assert_eq!(sent.stats.left_out, 3);

    let (call, notes) = of_subsegment(all);
    assert_eq!(has(&call), ["namespace", "sql", "precursor_ids", "links"]);
    assert_eq!(
        notes,
        ["misplaced: `user` of a subsegment is left out: X-Ray reads it of segments alone"]
    );
}

#[test]
fn a_member_of_aws_has_the_type_that_x_ray_knows_or_is_left_out() {
    let values = [
        json!("text"),
        json!(3),
        json!(true),
        json!(["a"]),
        json!([{"arn": "a"}]),
        json!({}),
        json!(null),
        json!([1]),
        json!(1.5),
    ];
    // Which of the values stays.
    let known: [(&[&str], usize); 6] = [
        (
            &[
                "operation",
                "region",
                "request_id",
                "table_name",
                "queue_url",
                "queue_name",
                "topic_arn",
                "account_id",
                "bucket_name",
                "function_name",
                "invocation_type",
                "log_type",
                "id_2",
            ],
            0,
        ),
        (&["retries"], 1),
        (&["consistent_read"], 2),
        (&["table_names", "resource_names"], 3),
        (&["cloudwatch_logs"], 4),
        (&["ec2", "ecs", "eks", "elastic_beanstalk", "tracing"], 5),
    ];
    for (keys, right) in known {
        for key in keys {
            for (place, value) in values.iter().enumerate() {
                let say = |entity: &OpenEntity| {
                    entity.aws(key, value);
                };
                // The judge looks at both.
                let (call, notes) = of_subsegment(say);
                let sent = sent(say);
                let kept = (place == right).then_some(value);
                assert_eq!(call["aws"].get(key), kept, "{key}");
                assert_eq!(sent.document["aws"].get(key), kept, "{key}");
                assert_eq!(notes.len(), usize::from(kept.is_none()));
                assert_eq!(sent.stats.left_out, u64::from(kept.is_none()));
            }
        }
    }
}

#[test]
fn a_member_of_aws_is_told_with_what_x_ray_wants_and_others_are_free() {
    let sent = sent(|segment| {
        segment
            .aws("operation", &7)
            .aws("xray", &json!({"sdk": "mine"}))
            .aws("mine", &[1, 2])
            .aws("broken", &HalfWay { panics: false });
    });
    let aws = &sent.document["aws"];
    assert_eq!(aws["xray"]["sdk"], "xray-phantom");
    assert_eq!(aws["mine"], json!([1, 2]));
    assert_eq!(
        sent.notes,
        [
            "aws-value: `operation` of `aws` is left out: it is 7, and X-Ray wants a text",
            "aws-reserved: `xray` of `aws` is left out: there the recorder says what it is",
            "aws-value: `broken` of `aws` is left out: the value is no JSON: no second\\nelement",
        ]
    );
}

#[test]
fn a_note_is_one_line_of_some_length_whatever_the_program_said() {
    let key = "line\nleft-open: forged ".repeat(50_000);
    let sent = sent(|segment| {
        segment
            .annotate(&key, 1)
            .annotate("a\u{1b}[31m", 1)
            .metadata(&format!("AWS.{key}"), &1)
            .metadata_in(&format!("AWS.{key}"), &key, &1)
            .metadata("broken", &HalfWay { panics: false })
            .aws("region", &[&key])
            .http_client(&",\n".repeat(50_000), true);
    });
    assert_eq!(sent.notes.len(), 7);
    for note in &sent.notes {
        assert!(note.chars().count() < 400, "{note}");
        assert!(!note.contains(char::is_control), "{note}");
    }
    let shown = format!("{}…", "line\\nleft-open: forged ".repeat(4).split_at(79).0);
    assert!(
        sent.notes[0].contains(&format!("`{shown}`")),
        "{}",
        sent.notes[0]
    );
}

#[test]
fn the_address_of_a_client_is_the_first_that_is_one() {
    let request = |say: &dyn Fn(&OpenEntity)| {
        let mut sent = sent(|segment| say(segment));
        (sent.document["http"]["request"].take(), sent.notes)
    };
    let none: [String; 0] = [];
    for (address, shown) in [
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4, 5.6.7.8", "1.2.3.4"),
        (" , 5.6.7.8", "5.6.7.8"),
        (",,::1 ", "::1"),
    ] {
        let (request, notes) = request(&|segment| {
            segment.http_client(address, true);
        });
        assert_eq!(
            request,
            json!({"client_ip": shown, "x_forwarded_for": true})
        );
        assert_eq!(notes, none);
    }
    let (said, notes) = request(&|segment| {
        segment.http_client(" ,", true);
    });
    assert_eq!(said, Value::Null);
    assert_eq!(
        notes,
        ["client-address: the address ` ,` is left out: it is empty"]
    );
    // The last call is what counts.
    let (said, _) = request(&|segment| {
        segment
            .http_client("1.2.3.4", true)
            .http_client("5.6.7.8", false);
    });
    assert_eq!(said, json!({"client_ip": "5.6.7.8"}));
}

#[test]
fn an_annotation_is_the_number_that_was_written() {
    #[track_caller]
    fn check(value: impl Into<AnnotationValue> + Debug, expected: &str) {
        let shown = format!("{value:?}");
        let sent = sent(|segment| {
            segment.annotate("n", value);
        });
        let json = sent.document["annotations"]["n"].to_string();
        assert_eq!(json, expected, "{shown}");
    }
    check(0.1_f32, "0.1");
    check(-2.5_f32, "-2.5");
    check(16_777_216_f32, "16777216");
    check(0.1_f64, "0.1");
    check(f64::from(0.1_f32), "0.10000000149011612");
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let sent = sent(|segment| {
            segment.annotate("n", value);
        });
        assert_eq!(sent.document.get("annotations"), None);
        assert_eq!(sent.notes.len(), 1);
    }
}

#[test]
fn a_value_that_can_be_written_only_once_is_written() {
    struct Once(std::cell::RefCell<Option<Vec<Option<u8>>>>);

    impl Serialize for Once {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let value = self.0.borrow_mut().take();
            value.unwrap().serialize(serializer)
        }
    }

    let sent = sent(|segment| {
        segment.metadata("once", &Once(Some(vec![Some(1), None]).into()));
    });
    assert_eq!(
        sent.document["metadata"]["default"]["once"],
        json!([1, null])
    );
    assert_eq!(sent.notes, [""; 0]);
}
