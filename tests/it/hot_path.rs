//! What recording costs in memory, and what is written by hand beside what serde_json writes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use allocation_counter::measure;
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};
use xray_phantom::recorder::{MemoryEmitter, Namespace};
use xray_phantom::wire::{Emit, EmitCounts, Note, TraceHeader};
use xray_phantom::{
    OpenEntity, Recorder, Sampling, begin_subsegment, in_subsegment_infallible_sync,
};

/// Takes documents and keeps their lengths, without memory of its own.
#[derive(Debug, Default)]
struct Lengths(Mutex<(u64, usize)>);

impl Emit for Lengths {
    fn emit(&self, document: &str) {
        let (count, bytes) = &mut *self.0.lock().unwrap();
        *count += 1;
        *bytes += document.len();
    }

    fn counts(&self) -> EmitCounts {
        EmitCounts {
            sent: self.0.lock().unwrap().0,
            failed: 0,
        }
    }

    fn note(&self, note: Note) {
        panic!("{note}");
    }
}

fn recorder(sampling: Sampling) -> Recorder {
    let builder = Recorder::builder("OrdersWorker").emitter(Lengths::default());
    builder.sampling(sampling).build()
}

fn call(parent: &OpenEntity) {
    let call = parent.begin_subsegment("DynamoDB");
    call.namespace(Namespace::Aws)
        .aws("operation", "PutItem")
        .aws("table_name", "Orders")
        .aws("retries", &1)
        .http_status(200);
    call.end();
}

fn order(recorder: &Recorder, calls: usize) {
    let segment = recorder.begin_segment("OrdersWorker");
    segment
        .annotate("order_id", "o-1")
        .annotate("items", 3)
        .annotate("express", true)
        .metadata("cart", &["apple", "pear"])
        .http_status(201);
    for _ in 0..calls {
        call(&segment);
    }
    segment.end();
}

/// How many allocations one time costs, once it was done a few times.
#[track_caller]
fn check(expected: u64, mut run: impl FnMut()) {
    for _ in 0..4 {
        run();
    }
    let measured = measure(|| {
        for _ in 0..100 {
            run();
        }
    });
    assert_eq!(measured.count_total, 100 * expected, "{measured:?}");
}

#[test]
fn a_segment_with_its_calls_costs_no_allocation() {
    let recorder = recorder(Sampling::always());
    for calls in [0, 1, 10] {
        check(0, || order(&recorder, calls));
    }
    assert_eq!(recorder.stats().sent, 3 * 104);
    assert_eq!(recorder.stats().subsegments, 11 * 104);
}

#[test]
fn nor_does_one_through_closures_or_deep_down() {
    let recorder = recorder(Sampling::always());
    check(0, || {
        recorder.in_segment_infallible_sync("api", |segment| {
            segment.annotate("items", 3);
            in_subsegment_infallible_sync("outer", |_| {
                in_subsegment_infallible_sync("inner", |inner| call(&inner));
            });
        });
    });
}

#[test]
fn nor_does_what_is_sent_over_udp() {
    let receiver = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let builder = Recorder::builder("OrdersWorker").daemon_address(receiver.local_addr().unwrap());
    let recorder = builder.sampling(Sampling::always()).build();
    check(0, || order(&recorder, 1));
    assert_eq!(recorder.stats().sent, 104);
}

#[test]
fn nor_do_the_calls_of_an_invocation_of_lambda() {
    let recorder = recorder(Sampling::always());
    let header = TraceHeader::parse(
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    );
    check(0, || {
        let invocation = recorder.lambda_invocation(&header);
        let call = invocation.begin_subsegment("DynamoDB");
        call.send_in_progress();
        call.http_status(200);
        call.end();
        invocation.end();
    });
    assert_eq!(recorder.stats().sent, 2 * 104);
}

#[test]
fn an_error_costs_its_message_and_a_list_of_its_sources() {
    #[derive(Debug)]
    struct NoRoom;

    impl std::fmt::Display for NoRoom {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no room left")
        }
    }

    impl std::error::Error for NoRoom {}

    let recorder = recorder(Sampling::always());
    let io = std::io::Error::other(NoRoom);
    check(2, || recorder.begin_segment("api").end_with(&NoRoom));
    check(2, || recorder.begin_segment("api").end_with(&io));
}

#[test]
fn what_is_not_recorded_costs_no_allocation() {
    let recorder = recorder(Sampling::never());
    let unsampled = || {
        let segment = recorder.begin_segment("api");
        let part = segment.begin_subsegment("part");
        part.annotate("order_id", "o-1").annotate("items", 3);
        part.end();
        segment.end();
    };
    check(0, unsampled);
    let header =
        TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0;Lineage=x:1");
    let serving = recorder.continuing(&header);
    check(0, || serving.begin_segment("api").end());
    assert_eq!(recorder.stats().unsampled, 208);
}

#[test]
fn code_outside_of_every_segment_costs_no_allocation_where_it_is_ignored() {
    let builder = Recorder::builder("api").emitter(Lengths::default());
    let recorder = builder
        .context_missing(xray_phantom::recorder::ContextMissing::Ignore)
        .build();
    check(0, || begin_subsegment("part").end());
    assert_eq!(recorder.stats().missing, 104);

    // Another one that wants to hear of it is at work now, and the first one again after it.
    let told = MemoryEmitter::new();
    let other = Recorder::builder("other").emitter(told.clone()).build();
    begin_subsegment("part").end();
    assert_eq!(told.notes().len(), 1);
    drop(other);
    check(0, || begin_subsegment("part").end());
    assert_eq!(recorder.stats().missing, 208);

    // The counts of other threads are in, whether these go on or not.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let here = recorder.clone();
            here.in_segment_infallible_sync("api", |_| ());
            for _ in 0..10 {
                begin_subsegment("part").end();
            }
        });
    });
    assert_eq!(recorder.stats().missing, 218);
}

/// Any value that JSON has.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// The document of a segment of which this is said.
fn said(say: impl FnOnce(&OpenEntity)) -> Value {
    let kept = MemoryEmitter::new();
    let builder = Recorder::builder("api").emitter(kept.clone());
    let recorder = builder.sampling(Sampling::always()).build();
    recorder.in_segment_infallible_sync("api", |segment| say(&segment));
    serde_json::from_str(&kept.documents()[0]).unwrap()
}

proptest! {
    #[test]
    fn metadata_of_any_kind_is_read_back_as_serde_json_reads_its_own(
        values in btree_map("[^A]*", value(), 1..4),
        namespace in "[^A]*",
    ) {
        let document = said(|segment| {
            for (key, value) in &values {
                segment.metadata_in(&namespace, key, value);
            }
        });
        let own = |value: &Value| -> Value {
            serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
        };
        let expected: BTreeMap<&str, Value> =
            values.iter().map(|(key, value)| (&**key, own(value))).collect();
        prop_assert_eq!(&document["metadata"][&namespace], &json!(expected));
    }

    #[test]
    fn annotations_of_any_kind_are_read_back_and_stand_in_order(
        texts in btree_map("[a-z]{1,12}", ".{0,200}", 0..6),
        numbers in btree_map("[A-Z]{1,12}", any::<f64>().prop_filter("JSON has it", |number| number.is_finite()), 0..6),
        integers in btree_map("[0-9]{1,12}", any::<i64>(), 0..6),
    ) {
        let document = said(|segment| {
            for (key, text) in texts.iter().rev() {
                segment.annotate(key, "another").annotate(key, text);
            }
            for (key, number) in &numbers {
                segment.annotate(key, *number);
            }
            for (key, number) in &integers {
                segment.annotate(key, *number);
            }
        });
        let mut expected = BTreeMap::new();
        expected.extend(texts.iter().map(|(key, text)| (key, json!(text))));
        expected.extend(numbers.iter().map(|(key, number)| (key, json!(number))));
        expected.extend(integers.iter().map(|(key, number)| (key, json!(number))));
        let annotations = document.get("annotations").cloned().unwrap_or_else(|| json!({}));
        let read = annotations.as_object().unwrap();
        prop_assert_eq!(read.len(), expected.len());
        for (key, value) in expected {
            match value.as_f64() {
                Some(number) if !value.is_i64() => prop_assert_eq!(read[key].as_f64(), Some(number)),
                _ => prop_assert_eq!(&read[key], &value),
            }
        }
    }

    #[test]
    fn members_of_aws_that_nobody_knows_are_read_back_whatever_their_keys(
        values in btree_map(any::<String>(), prop::option::of(any::<String>()), 0..8),
    ) {
        let document = said(|segment| {
            for (key, value) in values.iter().rev() {
                segment.aws(&format!("x {key}"), value);
            }
        });
        for (key, value) in &values {
            prop_assert_eq!(&document["aws"][format!("x {key}")], &json!(value));
        }
    }
}

/// What several threads record into one segment at a time is all there, once.
#[test]
fn memory_that_is_used_again_holds_nothing_of_what_was_there_before() {
    let kept = MemoryEmitter::new();
    let builder = Recorder::builder("api").emitter(kept.clone());
    let recorder = Arc::new(builder.sampling(Sampling::always()).build());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let recorder = &recorder;
            scope.spawn(move || {
                for number in 0..200_u32 {
                    let segment = recorder.begin_segment("api");
                    if number % 3 == 0 {
                        segment
                            .annotate("thread", thread)
                            .annotate("number", number)
                            .user("u-1");
                    }
                    let part = segment.begin_subsegment("part");
                    // One is kept beyond the end, so that its memory is not used again yet.
                    let beyond = (number % 7 == 0).then(|| OpenEntity::clone(&segment));
                    if number % 2 == 0 {
                        part.metadata("number", &number).http_status(404);
                    }
                    part.end();
                    segment.end();
                    assert!(beyond.is_none_or(|beyond| !beyond.is_open()));
                }
            });
        }
    });
    let documents = kept.documents();
    assert_eq!(documents.len(), 800);
    let mut annotated = 0;
    for document in &documents {
        let document: Value = serde_json::from_str(document).unwrap();
        let part = &document["subsegments"][0];
        let number = document["annotations"]["number"].as_u64();
        annotated += u64::from(number.is_some());
        assert_eq!(number.is_some(), document.get("user").is_some());
        let of_part = part["metadata"]["default"]["number"].as_u64();
        assert_eq!(of_part.is_some(), part["http"]["response"]["status"] == 404);
        assert_eq!(of_part.is_some(), part["error"] == true);
        if let (Some(number), Some(of_part)) = (number, of_part) {
            assert_eq!(number, of_part);
        }
    }
    assert_eq!(annotated, 4 * 67);
}

#[test]
fn memory_of_a_large_part_does_not_stay_while_its_segment_is_open() {
    let builder = Recorder::builder("api").emitter(MemoryEmitter::new());
    let builder = builder.sampling(Sampling::always());
    let recorder = builder.streaming_threshold(0).build();
    let segment = recorder.begin_segment("api");
    segment.begin_subsegment("first").end();
    let id = segment.id().unwrap();
    let value = "v".repeat(5_000_000);
    let measured = measure(|| {
        let large = segment.begin_subsegment("large");
        large.metadata("value", &value);
        for _ in 0..500_000 {
            large.precursor(id);
        }
        large.end();
    });
    assert!(measured.bytes_max > 5_000_000, "{measured:?}");
    assert!(measured.bytes_current < 500_000, "{measured:?}");
}

#[test]
fn thousands_of_values_are_cut_at_once() {
    let kept = MemoryEmitter::new();
    let builder = Recorder::builder("api").emitter(kept.clone());
    let recorder = builder.sampling(Sampling::always()).build();
    recorder.in_segment_infallible_sync("api", |segment| {
        let value = "v".repeat(600);
        for number in 0..20_000 {
            segment.metadata(&format!("key{number}"), &value);
        }
    });
    assert!(kept.documents()[0].len() <= 64_000);
    assert!(recorder.stats().cut > 20_000, "{:?}", recorder.stats());
}

#[test]
fn a_value_that_fails_after_its_text_is_left_out_and_the_one_before_holds() {
    struct Half(bool);

    impl serde::Serialize for Half {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str("half")?;
            assert!(self.0, "half way");
            Err(serde::ser::Error::custom("no"))
        }
    }

    let document = said(|segment| {
        segment.metadata("a", "before").aws("b", "before");
        for half in [Half(true), Half(false)] {
            segment.metadata("a", &half).metadata("c", &half);
            segment.aws("b", &half).aws("d", &half);
        }
    });
    assert_eq!(document["metadata"], json!({"default": {"a": "before"}}));
    assert_eq!(document["aws"]["b"], "before");
    assert!(document["aws"].get("d").is_none());
}

#[test]
fn the_debug_text_of_a_recorder_says_each_thing_once() {
    let text = format!("{:?}", recorder(Sampling::always()));
    assert_eq!(text.matches("WrittenBlocks").count(), 1, "{text}");
    assert!(text.len() < 3_000, "{} bytes", text.len());
}

/// Drops a future while it emits.
#[derive(Clone, Debug, Default)]
struct Dropping(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    future: Mutex<Option<Dropped>>,
    sent: Mutex<Vec<String>>,
}

struct Dropped(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>);

impl std::fmt::Debug for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a future")
    }
}

impl Emit for Dropping {
    fn emit(&self, document: &str) {
        self.0.sent.lock().unwrap().push(document.to_owned());
        let future = self.0.future.lock().unwrap().take();
        drop(future);
        // What the emitter itself does is none of anybody's.
        begin_subsegment("the emitter's").end();
    }

    fn counts(&self) -> EmitCounts {
        EmitCounts::default()
    }

    fn note(&self, note: Note) {
        self.0.sent.lock().unwrap().push(note.to_string());
    }
}

#[test]
fn what_a_future_records_when_an_emitter_drops_it_is_its_own() {
    struct Ends;

    impl Drop for Ends {
        fn drop(&mut self) {
            begin_subsegment("in-drop").end();
        }
    }

    let dropping = Dropping::default();
    let builder = Recorder::builder("api").emitter(dropping.clone());
    let recorder = builder.sampling(Sampling::always()).build();
    let mut future = Dropped(Box::pin({
        let recorder = recorder.clone();
        async move {
            recorder
                .in_segment_infallible("one", async |_| {
                    let _ends = Ends;
                    std::future::pending::<()>().await;
                })
                .await;
        }
    }));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.0.as_mut().poll(&mut context).is_pending());
    *dropping.0.future.lock().unwrap() = Some(future);
    recorder.begin_segment("two").end();
    let sent = dropping.0.sent.lock().unwrap().join("\n");
    assert_eq!(sent.matches("\"name\":\"in-drop\"").count(), 1, "{sent}");
    assert!(!sent.contains("the emitter's"), "{sent}");
    assert_eq!(recorder.stats().missing, 0);
}
