//! When subsegments leave before their segment, and how large documents are.

use serde_json::Value;
use xray_phantom::recorder::MemoryEmitter;
use xray_phantom::{OpenEntity, Recorder, Sampling, in_subsegment_infallible_sync};

/// A recorder whose documents are kept, and the place where.
fn kept(threshold: Option<usize>) -> (Recorder, MemoryEmitter) {
    let kept = MemoryEmitter::new();
    let builder = Recorder::builder("api")
        .emitter(kept.clone())
        .sampling(Sampling::always());
    let builder = match threshold {
        Some(threshold) => builder.streaming_threshold(threshold),
        None => builder,
    };
    (builder.build(), kept)
}

/// For each document its name, whether it is a segment, and how many subsegments lie in it.
fn shapes(kept: &MemoryEmitter) -> Vec<(String, bool, usize)> {
    let shape = |document: &String| {
        let document: Value = serde_json::from_str(document).unwrap();
        let name = document["name"].as_str().unwrap().to_owned();
        (name, document.get("type").is_none(), inside(&document))
    };
    kept.documents().iter().map(shape).collect()
}

fn inside(entity: &Value) -> usize {
    let below = entity["subsegments"].as_array();
    below.map_or(0, |below| below.iter().map(|child| 1 + inside(child)).sum())
}

fn parts(count: usize, mut say: impl FnMut(&OpenEntity)) {
    for _ in 0..count {
        in_subsegment_infallible_sync("part", |part| say(&part));
    }
}

#[test]
fn a_hundred_subsegments_wait_for_their_segment_and_one_more_sends_them() {
    let (recorder, kept) = kept(None);
    recorder.in_segment_infallible_sync("api", |_| parts(100, |_| ()));
    assert_eq!(shapes(&kept), [("api".to_owned(), true, 100)]);

    let (recorder, kept) = self::kept(None);
    recorder.in_segment_infallible_sync("api", |_| {
        parts(101, |_| ());
        // They left while the segment was open, each on its own: they have no parent that ended.
        assert_eq!(kept.documents().len(), 101);
        parts(3, |_| ());
        assert_eq!(kept.documents().len(), 101);
    });
    let last = shapes(&kept).pop();
    assert_eq!(last, Some(("api".to_owned(), true, 3)));
}

#[test]
fn a_threshold_is_the_number_that_is_kept() {
    for threshold in [0, 1, 7] {
        let (recorder, kept) = kept(Some(threshold));
        recorder.in_segment_infallible_sync("api", |_| {
            parts(threshold, |_| ());
            assert_eq!(kept.documents().len(), 0, "{threshold}");
            parts(1, |_| ());
            assert_eq!(kept.documents().len(), threshold + 1);
        });
        let last = shapes(&kept).pop();
        assert_eq!(last, Some(("api".to_owned(), true, 0)), "{threshold}");
    }
}

#[test]
fn what_lies_in_a_subsegment_leaves_with_it_and_what_is_open_stays() {
    let (recorder, kept) = kept(Some(2));
    recorder.in_segment_infallible_sync("api", |_| {
        in_subsegment_infallible_sync("outer", |_| {
            in_subsegment_infallible_sync("middle", |_| parts(2, |_| ()));
            // Three have ended, two of them inside the third; the outer one is open.
            assert_eq!(shapes(&kept), [("middle".to_owned(), false, 2)]);
        });
    });
    assert_eq!(shapes(&kept).pop(), Some(("api".to_owned(), true, 1)));
    let middle: Value = serde_json::from_str(&kept.documents()[0]).unwrap();
    let segment: Value = serde_json::from_str(&kept.documents()[1]).unwrap();
    let outer = &segment["subsegments"][0];
    assert_eq!(middle["parent_id"], outer["id"]);
    assert_eq!(middle["trace_id"], segment["trace_id"]);
}

#[test]
fn large_subsegments_leave_before_they_are_many() {
    let (recorder, kept) = kept(None);
    recorder.in_segment_infallible_sync("api", |_| {
        parts(3, |part| {
            part.metadata("filling", &"x".repeat(20_000));
        });
        assert_eq!(kept.documents().len(), 3);
    });
    assert_eq!(kept.documents().len(), 4);
}

#[test]
fn no_document_is_larger_than_the_service_takes_and_none_is_lost() {
    let (recorder, kept) = kept(Some(10_000));
    recorder.in_segment_infallible_sync("api", |segment| {
        segment.metadata("filling", &"x".repeat(60_000));
        for size in 0..300 {
            in_subsegment_infallible_sync("outer", |outer| {
                outer.metadata("filling", &"x".repeat(size * 37 % 9_000));
                parts(5, |part| {
                    part.metadata("filling", &"é".repeat(size * 101 % 3_000));
                });
            });
        }
    });
    let documents = kept.documents();
    assert!(documents.iter().all(|document| document.len() <= 64_000));
    let entities: usize = shapes(&kept).iter().map(|(_, _, inside)| 1 + inside).sum();
    assert_eq!(entities, 1 + 300 * 6);
    assert_eq!(recorder.stats().cut, 0);
}

#[test]
fn what_ends_after_its_segment_leaves_at_once_below_it() {
    let (recorder, kept) = kept(None);
    let late = recorder.in_segment_infallible_sync("api", |segment| {
        (segment.clone(), segment.begin_subsegment("late"))
    });
    assert_eq!(shapes(&kept), [("api".to_owned(), true, 0)]);
    let (segment, late) = late;
    late.end();
    segment.in_subsegment_infallible_sync("later", |_| ());
    let documents: Vec<Value> = kept
        .documents()
        .iter()
        .map(|document| serde_json::from_str(document).unwrap())
        .collect();
    assert_eq!(documents.len(), 3);
    for document in &documents[1..] {
        assert_eq!(document["type"], "subsegment");
        assert_eq!(document["parent_id"], documents[0]["id"]);
    }
}

#[test]
fn texts_are_cut_at_their_limits_without_splitting_a_character_and_counted() {
    let (recorder, kept) = kept(None);
    recorder.in_segment_infallible_sync("api", |segment| {
        segment
            .http_request("GET", &format!("https://host/{}", "é".repeat(400)))
            .http_user_agent(&"🦀".repeat(251))
            .user(&"u".repeat(250))
            .annotate("long", "ü".repeat(1_001));
    });
    let document: Value = serde_json::from_str(&kept.documents()[0]).unwrap();
    let length = |value: &Value| value.as_str().unwrap().chars().count();
    let request = &document["http"]["request"];
    assert_eq!(length(&request["url"]), 250);
    assert_eq!(length(&request["user_agent"]), 250);
    assert_eq!(length(&document["user"]), 250);
    assert_eq!(length(&document["annotations"]["long"]), 1_000);
    assert_eq!(recorder.stats().cut, 3);
}
