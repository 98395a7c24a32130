//! Emitters that users write: good ones, failing ones, and those that panic.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use xray_phantom::wire::{Emit, EmitCounts, Note, NoteSource};
use xray_phantom::{FakeDaemon, Recorder, Sampling, block_on};

use crate::support::panic_text;

/// Keeps names of documents; panics and fails where it is told to.
#[derive(Debug, Default)]
struct Moody {
    /// The method that panics, if any.
    panics_in: &'static str,
    /// The document that `emit` panics over: its name.
    panics_over: &'static str,
    fails: bool,
    emitted: Mutex<Vec<String>>,
    notes: Mutex<Vec<String>>,
    flushes: AtomicUsize,
    /// The test that stands behind it.
    daemon: Option<Arc<dyn Emit>>,
}

impl Moody {
    fn enter(&self, method: &str) {
        assert!(self.panics_in != method, "no {method} today");
    }

    fn emitted(&self) -> Vec<String> {
        self.emitted.lock().unwrap().clone()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }
}

/// A handle, as users would hold one to look at their emitter.
#[derive(Clone, Debug)]
struct Held(Arc<Moody>);

impl Emit for Held {
    fn emit(&self, document: &str) {
        self.0.enter("emit");
        let name = document.split("\"name\":\"").nth(1).unwrap();
        let name = name.split('"').next().unwrap();
        assert!(name != self.0.panics_over, "not {name}");
        self.0.emitted.lock().unwrap().push(name.to_owned());
    }

    fn counts(&self) -> EmitCounts {
        self.0.enter("counts");
        let sent = self.0.emitted().len() as u64;
        EmitCounts { sent, failed: 0 }
    }

    fn note(&self, note: Note) {
        self.0.enter("note");
        match &self.0.daemon {
            Some(daemon) => daemon.note(note),
            None => self.0.notes.lock().unwrap().push(note.to_string()),
        }
    }

    fn flush(&self) {
        self.0.enter("flush");
        self.0.flushes.fetch_add(1, Relaxed);
    }

    fn watch(&self, source: Arc<dyn NoteSource>) {
        self.0.enter("watch");
        drop(source);
    }

    fn is_test(&self) -> bool {
        self.0.enter("is_test");
        self.0.daemon.is_some()
    }

    fn failures(&self) -> Vec<Note> {
        self.0.enter("failures");
        if self.0.fails {
            return vec![Note::new("queue-full", "read it more often")];
        }
        Vec::new()
    }
}

fn recorder(moody: Moody) -> (Arc<Moody>, Recorder) {
    let moody = Arc::new(moody);
    let recorder = Recorder::builder("api")
        .emitter(Held(Arc::clone(&moody)))
        .sampling(Sampling::always())
        .build();
    (moody, recorder)
}

fn run(recorder: &Recorder) {
    for name in ["one", "t(w)o"] {
        assert_eq!(recorder.in_segment_infallible_sync(name, |_| 7), 7);
    }
    recorder.flush();
}

#[test]
fn an_emitter_of_ones_own_gets_documents_notes_and_flushes() {
    let (moody, recorder) = recorder(Moody::default());
    run(&recorder);
    assert_eq!(moody.emitted(), ["one", "two"]);
    assert_eq!(moody.flushes.load(Relaxed), 1);
    let notes = moody.notes();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].starts_with("name: the name `t(w)o`"), "{notes:?}");
    assert_eq!((recorder.stats().sent, recorder.stats().failed), (2, 0));
}

#[test]
fn what_it_says_has_failed_is_told_once_and_in_a_test_each_time() {
    let (moody, recorder) = recorder(Moody {
        fails: true,
        ..Moody::default()
    });
    run(&recorder);
    let failures = |notes: &[String]| {
        let told = notes
            .iter()
            .filter(|note| note.contains("queue-full: read it more often"));
        told.count()
    };
    assert_eq!(failures(&moody.notes()), 1);

    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api")
        .emitter(Held(Arc::new(Moody {
            fails: true,
            daemon: Some(daemon.emitter()),
            ..Moody::default()
        })))
        .build();
    run(&recorder);
    let error = block_on(daemon.verify()).unwrap_err();
    let notes: Vec<String> = error.findings().iter().map(ToString::to_string).collect();
    // After two documents and a flush.
    assert_eq!(failures(&notes), 3);
}

#[test]
fn a_panic_over_one_document_costs_that_one() {
    let (moody, recorder) = recorder(Moody {
        panics_over: "first",
        ..Moody::default()
    });
    recorder.in_segment_infallible_sync("api", |segment| {
        // Sent together, when the second has ended: 48 kB.
        for name in ["first", "second"] {
            let part = segment.begin_subsegment(name);
            part.metadata("filling", &"x".repeat(24_000));
            part.end();
        }
        assert_eq!(moody.emitted(), ["second"]);
    });
    assert_eq!(moody.emitted(), ["second", "api"]);
    assert_eq!((recorder.stats().sent, recorder.stats().failed), (2, 1));
    assert_eq!(
        moody.notes(),
        [
            "emitter-panicked: the recorder's emitter panicked in `emit`: not first; the program goes on, and \
             documents that are lost so count as failed"
        ]
    );
}

#[test]
fn a_panic_in_any_method_is_no_harm_and_is_told_once() {
    for method in [
        "emit", "counts", "note", "flush", "watch", "is_test", "failures",
    ] {
        let (moody, recorder) = recorder(Moody {
            panics_in: method,
            ..Moody::default()
        });
        run(&recorder);
        let stats = recorder.stats();
        let expected = match method {
            "counts" => (0, 0),
            "emit" => (0, 2),
            _ => (2, 0),
        };
        assert_eq!((stats.sent, stats.failed), expected, "{method}");
        let text = format!("emitter panicked in `{method}`: no {method} today");
        let notes = moody.notes();
        let told = notes.iter().filter(|note| note.contains(&text)).count();
        // Of `note` stderr tells; nobody asks for notes of others here.
        let expected = usize::from(!["note", "watch"].contains(&method));
        assert_eq!(told, expected, "{method}: {notes:?}");
    }
}

#[test]
fn a_panic_of_the_emitter_while_another_unwinds_does_not_abort() {
    let (moody, recorder) = recorder(Moody {
        panics_in: "emit",
        ..Moody::default()
    });
    let text = panic_text(|| {
        let segment = recorder.begin_segment("api");
        let _part = segment.begin_subsegment("part");
        panic!("the program's own");
    });
    assert_eq!(text, "the program's own");
    assert_eq!(recorder.stats().failed, 1);
    assert_eq!(moody.notes().len(), 1);
}

/// Writes with a client that is traced itself.
#[derive(Debug)]
struct Traced;

impl std::io::Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        xray_phantom::in_subsegment_infallible_sync("send", |send| assert!(!send.is_recorded()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_emitter_that_is_traced_itself_records_nothing_and_does_not_wait_for_itself() {
    let recorder = Recorder::builder("api")
        .emitter(xray_phantom::recorder::JsonLines::to(Traced))
        .sampling(Sampling::always())
        .streaming_threshold(0)
        .build();
    recorder.in_segment_infallible_sync("api", |_| {
        xray_phantom::in_subsegment_infallible_sync("part", |_| ());
    });
    let stats = recorder.stats();
    assert_eq!((stats.sent, stats.failed, stats.missing), (2, 0, 0));
}
