//! Whatever is said of one entity, its document is one that the service takes.

use std::fmt;

use serde_json::Value;
use xray_phantom::recorder::{MemoryEmitter, Origin, Sql};
use xray_phantom::wire::Note;
use xray_phantom::{OpenEntity, Recorder, Sampling};

struct Sent {
    document: Value,
    cut: u64,
    notes: Vec<String>,
}

/// What is sent of a segment and its subsegment of which this is said.
fn sent(say: impl Fn(&OpenEntity)) -> [Sent; 2] {
    let of = |in_subsegment: bool| {
        let kept = MemoryEmitter::new();
        let recorder = Recorder::builder("api")
            .emitter(kept.clone())
            .sampling(Sampling::always())
            .streaming_threshold(0)
            .build();
        recorder.in_segment_infallible_sync("api", |segment| {
            if in_subsegment {
                segment.in_subsegment_infallible_sync("part", |part| say(&part));
            } else {
                say(&segment);
            }
        });
        let documents = kept.documents();
        for document in &documents {
            assert!(document.len() <= 64_000, "{}", document.len());
        }
        let stats = recorder.stats();
        assert_eq!(stats.sent, documents.len() as u64);
        Sent {
            document: serde_json::from_str(&documents[0]).unwrap(),
            cut: stats.cut,
            notes: kept.notes().iter().map(Note::to_string).collect(),
        }
    };
    [of(false), of(true)]
}

#[test]
fn many_small_values_are_cut_until_the_rest_fits_and_a_mark_says_how_many() {
    for sent in sent(|entity| {
        for number in 0..5_000 {
            entity.metadata(&format!("key-{number}"), &number);
        }
    }) {
        let metadata = &sent.document["metadata"];
        let kept = metadata["default"].as_object().unwrap().len();
        assert!(kept > 3_000, "{kept}");
        assert_eq!(sent.cut, 5_000 - kept as u64);
        let mark = metadata["xray-phantom"]["cut"].as_str().unwrap();
        assert!(mark.starts_with("the metadata `key-"), "{mark}");
        assert!(
            mark.ends_with(&format!("; and {} more", sent.cut - 3)),
            "{mark}"
        );
        assert_eq!(sent.notes.len(), 1, "each kind once: {:?}", sent.notes);
    }
}

#[test]
fn annotations_and_members_of_aws_are_cut_too() {
    for sent in sent(|entity| {
        for number in 0..2_000 {
            entity.annotate(&format!("key_{number}"), "x".repeat(100));
        }
    }) {
        let annotations = sent.document["annotations"].as_object().unwrap();
        assert!(annotations.len() > 400, "{}", annotations.len());
        assert_eq!(sent.cut, 2_000 - annotations.len() as u64);
    }
    for sent in sent(|entity| {
        for number in 0..4_000 {
            entity.aws(&format!("member_{number}"), &number);
        }
    }) {
        assert!(sent.cut > 500);
        assert!(sent.document["aws"].as_object().unwrap().len() > 1_500);
    }
}

#[test]
fn long_keys_and_namespaces_do_not_stay() {
    let long = "k".repeat(70_000);
    for sent in sent(|entity| {
        entity.metadata(&long, &1).metadata("kept", &2);
    }) {
        assert_eq!(sent.document["metadata"]["default"]["kept"], 2);
        assert_eq!(sent.cut, 1);
        let mark = sent.document["metadata"]["xray-phantom"]["cut"].to_string();
        assert!(mark.contains("`kkkkk") && mark.len() < 200, "{mark}");
    }
    for sent in sent(|entity| {
        entity
            .metadata_in(&long, "a", &1)
            .metadata_in(&long, "b", &1);
        entity.metadata("kept", &2);
    }) {
        assert_eq!(sent.document["metadata"]["default"]["kept"], 2);
        assert_eq!(sent.cut, 1);
    }
    for sent in sent(|entity| {
        for number in 0..120 {
            entity.metadata(&format!("{number}{}", "k".repeat(600)), &1);
        }
    }) {
        assert!(sent.cut > 10 && sent.cut < 40, "{}", sent.cut);
    }
    for sent in sent(|entity| {
        for number in 0..5_000 {
            entity.metadata_in(&format!("namespace-{number}"), "key", &1);
        }
    }) {
        assert!(sent.cut > 1_000);
    }
    for sent in sent(|entity| {
        entity.aws(&long, &1);
    }) {
        assert_eq!(sent.cut, 1);
    }
}

#[test]
fn a_query_is_cut_and_marked() {
    let [_, sent] = sent(|entity| {
        entity.sql(
            &Sql::new()
                .sanitized_query(&"SELECT ? ".repeat(20_000))
                .user("u"),
        );
    });
    let sql = &sent.document["sql"];
    assert_eq!(sql["sanitized_query"], "cut by xray-phantom: 180002 bytes");
    assert_eq!(sql["user"], "u");
    assert_eq!(sent.cut, 1);
}

#[test]
fn values_keep_their_place_and_a_mark() {
    for sent in sent(|entity| {
        entity
            .metadata("large", &"x".repeat(50_000))
            .metadata("larger", &"x".repeat(60_000))
            .metadata("small", &1);
    }) {
        let values = &sent.document["metadata"]["default"];
        assert_eq!(values["larger"], "cut by xray-phantom: 60002 bytes");
        assert_eq!(values["large"].as_str().unwrap().len(), 50_000);
        assert_eq!(values["small"], 1);
        assert_eq!(sent.document["metadata"]["xray-phantom"], Value::Null);
        assert_eq!(sent.cut, 1);
        assert_eq!(sent.notes.len(), 1);
        assert!(
            sent.notes[0].starts_with(
                "cut: the metadata `larger` of 60002 bytes is cut: one entity has to fit into a document of 64 kB (tests/it/cutting.rs:"
            ),
            "{:?}",
            sent.notes
        );
    }
}

#[derive(Debug)]
struct Long;

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&"m".repeat(100_000))
    }
}

impl std::error::Error for Long {}

#[test]
fn a_message_is_cut_and_the_error_stays() {
    for sent in sent(|entity| {
        entity.cause(&Long);
    }) {
        let exception = &sent.document["cause"]["exceptions"][0];
        assert_eq!(exception["type"], "Long");
        assert!((100..600).contains(&exception["message"].as_str().unwrap().len()));
        assert_eq!(sent.cut, 1);
    }
}

#[test]
fn what_every_segment_says_leaves_room_for_the_others() {
    let kept = MemoryEmitter::new();
    let mut origin = Origin::new(&"o".repeat(70_000));
    for number in 0..3_000 {
        origin = origin.with("ec2", &format!("field_{number}"), "x");
    }
    let recorder = Recorder::builder(&"s".repeat(70_000))
        .emitter(kept.clone())
        .sampling(Sampling::always())
        .version(&"v".repeat(70_000))
        .origin(origin)
        .build();
    recorder.in_segment_infallible_sync("api", |_| ());
    let document = &kept.documents()[0];
    assert!(document.len() < 2_000, "{}", document.len());
    let document: Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["service"]["version"].as_str().unwrap().len(), 250);
}

#[test]
fn what_is_in_progress_is_cut_as_a_copy_and_told() {
    let kept = MemoryEmitter::new();
    let recorder = Recorder::builder("api")
        .emitter(kept.clone())
        .sampling(Sampling::always())
        .build();
    recorder.in_segment_infallible_sync("api", |segment| {
        segment.metadata("value", &"x".repeat(70_000));
        segment.send_in_progress();
        assert_eq!(recorder.stats().cut, 1);
        segment.metadata("value", &"small");
    });
    let documents: Vec<Value> = kept
        .documents()
        .iter()
        .map(|document| serde_json::from_str(document).unwrap())
        .collect();
    let value = |index: usize| &documents[index]["metadata"]["default"]["value"];
    assert_eq!(value(0), "cut by xray-phantom: 70002 bytes");
    assert_eq!(value(1), "small");
    assert_eq!(recorder.stats().cut, 1);
}

#[test]
fn to_cut_thousands_of_values_costs_one_look_at_them() {
    let [sent, _] = sent(|entity| {
        for number in 0..2_000 {
            entity.metadata(&format!("{number}"), &"x".repeat(700));
        }
    });
    // 64 kB of 700 bytes each, and a mark for each of the others.
    assert!(sent.cut > 1_900, "{}", sent.cut);
}

#[test]
fn no_more_is_cut_than_has_to_be() {
    for sent in sent(|entity| {
        for number in 0..10_000 {
            entity.metadata(&format!("k{number}"), &1);
        }
    }) {
        assert!(sent.document.to_string().len() > 60_000);
    }
    for sent in sent(|entity| {
        for number in 0..20_000 {
            entity.metadata_in(&format!("n{number}"), "k", &1);
        }
    }) {
        assert!(sent.document.to_string().len() > 60_000);
    }
}

#[test]
fn the_namespace_of_the_mark_is_cut_like_any_other() {
    for sent in sent(|entity| {
        entity.metadata_in("xray-phantom", "large", &"x".repeat(100_000));
    }) {
        let values = &sent.document["metadata"]["xray-phantom"];
        assert_eq!(values["large"], "cut by xray-phantom: 100002 bytes");
        assert_eq!(sent.cut, 1);
    }
}

/// An error whose texts take six bytes a character, below as many others.
#[derive(Debug)]
struct Escaped(Option<Box<Escaped>>);

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&"\u{1}".repeat(2_000))
    }
}

impl std::error::Error for Escaped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.as_deref()?)
    }
}

#[test]
fn texts_of_escapes_at_their_limits_fit_too() {
    let chain = (0..30).fold(Escaped(None), |inner, _| Escaped(Some(Box::new(inner))));
    let text = "\u{1}".repeat(300);
    for sent in sent(|entity| {
        entity
            .cause(&chain)
            .http_request(&text, &text)
            .http_client(&text, true)
            .http_user_agent(&text)
            .user(&text)
            .sql(&Sql::new().url(&text).user(&text).preparation(&text))
            .metadata("large", &text.repeat(100));
        for number in 0..200 {
            entity.annotate(&format!("k{number}"), "\u{1}".repeat(1_000));
        }
    }) {
        assert!(sent.cut > 0);
        assert_eq!(sent.document["fault"], true);
    }
}
