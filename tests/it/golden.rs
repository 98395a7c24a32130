//! Captures that are kept: of tests that fail, and as what others are held against.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use xray_phantom::seam::Environment;
use xray_phantom::snapshot::diff;
use xray_phantom::trace::ExternalParents;
use xray_phantom::{CaptureFile, FakeDaemon, FakeDaemonBuilder, Recorder, block_on};

use crate::support::{Emitter, Folder, panic_text, segment};

/// A daemon whose failing tests leave their captures in this folder.
fn saving(folder: &Folder) -> FakeDaemonBuilder {
    let folder = folder.0.join("captures");
    FakeDaemon::builder().environment(Environment::of([("XRAY_PHANTOM_SAVE", folder)]))
}

/// The files that were left, and the datagrams in each.
fn left(folder: &Folder) -> Vec<(String, Vec<Vec<u8>>)> {
    let Ok(entries) = fs::read_dir(folder.0.join("captures")) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let capture = CaptureFile::read(&path).unwrap();
        let datagrams = capture
            .datagrams()
            .map(|received| received.bytes().to_vec());
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, datagrams.collect())
    };
    paths.into_iter().map(read).collect()
}

/// The text without what changes from run to run.
fn stable(text: &str, folder: &Folder) -> String {
    let text = text.replace(&*folder.0.to_string_lossy(), "FOLDER");
    let lines = text
        .lines()
        .map(|line| match line.split_once("(FakeDaemon on ") {
            Some((before, _)) => format!("{before}(DAEMON)"),
            None => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs on a thread of this name.
fn on_thread<T: Send>(name: &str, run: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let builder = thread::Builder::new().name(name.to_owned());
        builder.spawn_scoped(scope, run).unwrap().join().unwrap()
    })
}

#[test]
fn a_test_that_findings_fail_leaves_its_capture_and_says_where() {
    let folder = Folder::new("golden_backstop");
    let report = on_thread("orders::placed", || {
        panic_text(|| {
            let daemon = saving(&folder).start();
            Emitter::to(&daemon).send("not a segment");
            drop(daemon);
        })
    });
    let expected = "1 finding that nobody expected (DAEMON)\n";
    let text = stable(&report, &folder);
    assert!(text.starts_with(expected), "{text}");
    let end = "\nthe capture is in FOLDER/captures/orders.placed-1.jsonl\n\
               If the test returned an Err, this panic has taken its place: FakeDaemon::scope shows both.";
    assert!(text.ends_with(end), "{text}");
    let expected = [(
        "orders.placed-1.jsonl".to_owned(),
        vec![b"not a segment".to_vec()],
    )];
    assert_eq!(left(&folder), expected);
}

#[test]
fn verify_says_where_too_and_one_daemon_has_one_file() {
    let folder = Folder::new("golden_verify");
    on_thread("t", || {
        let daemon = saving(&folder).start();
        let emitter = Emitter::to(&daemon);
        emitter.send("one");
        let report = block_on(daemon.verify()).unwrap_err();
        assert!(
            report.to_string().contains("the capture is in "),
            "{report}"
        );
        emitter.send("two");
        let report = block_on(daemon.verify()).unwrap_err();
        assert!(report.to_string().ends_with("t-1.jsonl\n"), "{report}");
    });
    let expected = [(
        "t-1.jsonl".to_owned(),
        vec![b"one".to_vec(), b"two".to_vec()],
    )];
    assert_eq!(left(&folder), expected);
}

#[test]
fn a_test_that_panics_or_returns_an_error_leaves_its_capture() {
    let folder = Folder::new("golden_panic");
    let emit = |daemon: &FakeDaemon, name: &str| Emitter::to(daemon).emit(&segment(1, name));
    on_thread("t", || {
        panic_text(|| {
            let daemon = saving(&folder).start();
            emit(&daemon, "panicked");
            panic!("the test fails");
        });
        panic_text(|| {
            block_on(saving(&folder).scope(async |daemon| {
                emit(daemon, "in-scope");
                assert!(daemon.address().port() == 0, "the test fails");
            }));
        });
        let outcome = block_on(saving(&folder).try_scope(async |daemon| {
            emit(daemon, "error");
            Err::<(), _>("the test fails")
        }));
        assert_eq!(outcome.unwrap(), Err("the test fails"));
        let text = panic_text(|| {
            let daemon = saving(&folder).start();
            let _ = block_on(daemon.expect_one_trace());
        });
        let text = stable(&text, &folder);
        let (first, rest) = text.split_once('\n').unwrap();
        assert_eq!(first, "expected one trace, and none came");
        let (kept, asked) = rest.rsplit_once('\n').unwrap();
        let kept = kept.rsplit('\n').next();
        assert_eq!(kept, Some("the capture is in FOLDER/captures/t-4.jsonl"));
        assert!(asked.starts_with("asked at "), "{text}");
    });
    let names: Vec<(String, Vec<String>)> = left(&folder)
        .into_iter()
        .map(|(name, _)| {
            let capture = CaptureFile::read(folder.0.join("captures").join(&name)).unwrap();
            let traces = capture.traces();
            (
                name,
                traces
                    .iter()
                    .map(xray_phantom::PartialTrace::outline)
                    .collect(),
            )
        })
        .collect();
    let expected: [(&str, &[&str]); 4] = [
        ("t-1.jsonl", &["panicked"]),
        ("t-2.jsonl", &["in-scope"]),
        ("t-3.jsonl", &["error"]),
        ("t-4.jsonl", &[]),
    ];
    let expected = expected.map(|(name, traces)| {
        let traces = traces.iter().map(ToString::to_string);
        (name.to_owned(), traces.collect::<Vec<_>>())
    });
    assert_eq!(names, expected);
}

#[test]
fn a_test_that_passes_leaves_nothing() {
    let folder = Folder::new("golden_pass");
    let daemon = saving(&folder).start();
    Emitter::to(&daemon).emit(&segment(1, "api"));
    block_on(daemon.verify()).unwrap();
    drop(daemon);
    let outcome: Result<(), &str> = block_on(saving(&folder).scope(async |_| Ok(())));
    outcome.unwrap();
    assert_eq!(left(&folder), []);
    // No folder is none.
    let empty = Environment::of([("XRAY_PHANTOM_SAVE", "")]);
    let daemon = FakeDaemon::builder().environment(empty).start();
    Emitter::to(&daemon).send("not a segment");
    let report = block_on(daemon.verify()).unwrap_err();
    assert!(!report.to_string().contains("capture"), "{report}");
}

#[test]
fn a_folder_that_cannot_be_is_said() {
    let folder = Folder::new("golden_file");
    fs::write(folder.0.join("captures"), "a file").unwrap();
    let daemon = saving(&folder).start();
    Emitter::to(&daemon).send("not a segment");
    let report = block_on(daemon.verify()).unwrap_err();
    let text = stable(&report.to_string(), &folder);
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        "the capture is not saved: cannot create FOLDER/captures: File exists (os error 17)"
    );
}

#[test]
fn odd_names_of_threads_are_names_of_files() {
    let folder = Folder::new("golden_names");
    for name in ["../../up", "a b/c", "", &"x".repeat(400)] {
        on_thread(name, || {
            let daemon = saving(&folder).start();
            Emitter::to(&daemon).send("no");
            block_on(daemon.verify()).unwrap_err();
        });
    }
    let names: Vec<String> = left(&folder).into_iter().map(|(name, _)| name).collect();
    let long = format!("{}-1.jsonl", "x".repeat(200));
    assert_eq!(
        names,
        ["_.._up-1.jsonl", "a_b_c-1.jsonl", "unnamed-1.jsonl", &long]
    );
}

#[test]
fn a_capture_that_was_saved_is_what_later_ones_are_held_against() {
    let folder = Folder::new("golden_later");
    let golden = folder.0.join("orders.jsonl");
    let orders = |names: &[&str]| {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
        for name in names {
            recorder.in_segment_infallible_sync("OrdersWorker", |segment| {
                segment.annotate("order", *name);
            });
        }
        daemon
    };
    let daemon = orders(&["o-1", "o-2"]);
    block_on(daemon.save(&golden)).unwrap();
    let before = CaptureFile::read(&golden).unwrap().traces();
    assert_eq!(before.len(), 2);
    let same = block_on(orders(&["o-2", "o-1"]).traces()).unwrap();
    assert_eq!(diff(&before, &same).to_string(), "no difference\n");
    let other = block_on(orders(&["o-1", "o-3"]).traces()).unwrap();
    assert_eq!(
        diff(&before, &other).to_string(),
        "1 difference\n\
         changed OrdersWorker\n        /annotations/order\n          before \"o-2\"\n          after  \"o-3\"\n"
    );
}

#[test]
fn a_capture_of_subsegments_alone_is_read_with_external_parents() {
    let folder = Folder::new("golden_external");
    let path = folder.0.join("lambda.jsonl");
    let daemon = FakeDaemon::builder().any_external_parent().start();
    Emitter::to(&daemon).emit(
        r#"{"type":"subsegment","trace_id":"1-66a00000-000000000000000000000001","id":"00000000000000b1","parent_id":"00000000000000a1",
            "name":"put","start_time":1,"end_time":2}"#,
    );
    block_on(daemon.save(&path)).unwrap();
    let capture = CaptureFile::read(&path).unwrap();
    assert_eq!(capture.traces()[0].outline(), "put <- orphan");
    assert_eq!(
        capture.traces_with(&ExternalParents::any())[0].outline(),
        "put"
    );
}

#[test]
fn each_question_that_fails_a_test_says_where_its_capture_is() {
    let folder = Folder::new("golden_questions");
    let ask = |number: u32, question: &dyn Fn(&FakeDaemon)| {
        let text = panic_text(|| {
            let daemon = saving(&folder).start();
            Emitter::to(&daemon).emit(&segment(1, "api"));
            question(&daemon);
        });
        let text = stable(&text, &folder);
        let line = format!("the capture is in FOLDER/captures/t-{number}.jsonl");
        let last = text.lines().rev().nth(1);
        assert_eq!(last, Some(&*line), "{text}");
    };
    on_thread("t", || {
        ask(1, &|daemon| {
            block_on(daemon.expect_rejection("not-json"));
        });
        ask(2, &|daemon| {
            block_on(daemon.expect_violation("name-format"));
        });
        ask(3, &|daemon| block_on(daemon.expect_silence()));
        ask(4, &|daemon| {
            block_on(daemon.expect_silence_during(async |context| {
                let id = context.trace_id();
                Emitter::to(daemon).emit(&format!(
                    r#"{{"trace_id":"{id}","id":"00000000000000a2","name":"api","start_time":1,"end_time":2}}"#
                ));
            }));
        });
        ask(5, &|daemon| {
            block_on(daemon.capture(async |_| ()));
        });
        ask(6, &|daemon| {
            block_on(daemon.eventually(Duration::ZERO, |_| Err::<(), _>("no")));
        });
    });
    let sent = left(&folder);
    let counts: Vec<usize> = sent.iter().map(|(_, datagrams)| datagrams.len()).collect();
    assert_eq!(counts, [1, 1, 1, 2, 1, 1]);
}

/// What the test below runs in a process of its own.
#[test]
fn a_program_says_on_stderr_where_the_capture_of_a_panic_is() {
    const INNER: &str = "XRAY_PHANTOM_GOLDEN_INNER";
    let name = "golden::a_program_says_on_stderr_where_the_capture_of_a_panic_is";
    if std::env::var_os(INNER).is_some() {
        let daemon = FakeDaemon::start();
        Emitter::to(&daemon).emit(&segment(1, "api"));
        panic!("the test fails");
    }
    let folder = Folder::new("golden_stderr");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(INNER, "1")
        .env("XRAY_PHANTOM_SAVE", folder.0.join("captures"))
        .output()
        .unwrap();
    assert!(!output.status.success());
    let stderr = stable(&String::from_utf8(output.stderr).unwrap(), &folder);
    let said = format!(
        "xray-phantom: the capture is in FOLDER/captures/{}-1.jsonl (DAEMON)",
        name.replace("::", ".")
    );
    assert!(stderr.lines().any(|line| line == said), "{stderr}");
    assert_eq!(left(&folder).len(), 1);
}
