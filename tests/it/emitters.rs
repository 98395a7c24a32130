//! Emitters of other kinds: in memory, and those that collect before they send.

use std::net::UdpSocket;
use std::sync::{Arc, Mutex};

use xray_phantom::wire::frame;
use xray_phantom::{FakeDaemon, Finding, block_on};

use crate::support::{Folder, panic_text, segment, trace_id};

/// What ran, in order.
type Log = Arc<Mutex<Vec<&'static str>>>;

/// A hook that enters its name.
fn enters(log: &Log, name: &'static str) -> impl Fn() + Send + Sync + 'static {
    let log = Arc::clone(log);
    move || log.lock().unwrap().push(name)
}

/// Takes what was entered.
fn taken(log: &Log) -> Vec<&'static str> {
    std::mem::take(&mut *log.lock().unwrap())
}

/// An exporter that sends when it is told to, and when it ends.
struct Exporter {
    socket: UdpSocket,
    batch: Mutex<Vec<String>>,
}

impl Exporter {
    fn to(daemon: &FakeDaemon) -> Arc<Exporter> {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(daemon.address()).unwrap();
        let batch = Mutex::default();
        Arc::new(Exporter { socket, batch })
    }

    fn collect(&self, document: String) {
        self.batch.lock().unwrap().push(document);
    }

    fn flush(&self) -> std::io::Result<()> {
        for document in self.batch.lock().unwrap().drain(..) {
            self.socket.send(&frame(&document).unwrap())?;
        }
        Ok(())
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.flush().unwrap();
    }
}

#[test]
fn hooks_run_before_every_question_in_the_order_in_which_they_were_asked_for() {
    let log = Log::default();
    let daemon = FakeDaemon::builder()
        .before_fence(enters(&log, "first"))
        .before_fence(enters(&log, "second"))
        .start();
    daemon.before_fence(enters(&log, "third"));
    assert!(taken(&log).is_empty());
    daemon.emitter().emit(&segment(1, "api"));
    let folder = Folder::new("hooks");

    let questions: [(&str, &dyn Fn()); 12] = [
        ("datagrams", &|| {
            drop(block_on(daemon.datagrams()).unwrap());
        }),
        ("expect_one_trace", &|| {
            drop(block_on(daemon.expect_one_trace()));
        }),
        ("expect_rejection", &|| {
            block_on(daemon.try_expect_rejection("not-json")).unwrap_err();
        }),
        ("expect_violation", &|| {
            block_on(daemon.try_expect_violation("name-format")).unwrap_err();
        }),
        ("fence", &|| {
            block_on(daemon.fence()).unwrap();
        }),
        ("partial", &|| {
            drop(block_on(daemon.partial(trace_id(1))).unwrap());
        }),
        ("rejections", &|| {
            drop(block_on(daemon.rejections()).unwrap());
        }),
        ("save", &|| {
            block_on(daemon.save(folder.0.join("capture.jsonl"))).unwrap();
        }),
        ("trace", &|| {
            drop(block_on(daemon.trace(trace_id(1))).unwrap());
        }),
        ("traces", &|| {
            drop(block_on(daemon.traces()).unwrap());
        }),
        ("verify", &|| {
            block_on(daemon.verify()).unwrap();
        }),
        ("violations", &|| {
            drop(block_on(daemon.violations()).unwrap());
        }),
    ];
    for (question, ask) in questions {
        ask();
        assert_eq!(taken(&log), ["first", "second", "third"], "{question}");
    }
    drop(daemon);
    assert_eq!(taken(&log), ["first", "second", "third"]);
}

#[tokio::test]
async fn hooks_run_when_a_scope_ends() {
    let log = Log::default();
    FakeDaemon::builder()
        .before_fence(enters(&log, "first"))
        .scope(async |daemon| daemon.before_fence(enters(&log, "second")))
        .await;
    assert_eq!(taken(&log), ["first", "second"]);
}

#[test]
fn hooks_do_not_run_while_a_panic_is_under_way_and_are_let_go() {
    let log = Log::default();
    let text = panic_text(|| {
        let daemon = FakeDaemon::start();
        daemon.before_fence(enters(&log, "hook"));
        panic!("the test's own");
    });
    assert_eq!(text, "the test's own");
    let text = panic_text(|| {
        block_on(FakeDaemon::scope(async |daemon| {
            daemon.before_fence(enters(&log, "hook"));
            assert!(daemon.address().port() == 0, "the test's own");
        }));
    });
    assert_eq!(text, "the test's own");
    assert!(taken(&log).is_empty());
    assert_eq!(Arc::strong_count(&log), 1);
}

#[test]
fn without_a_hook_the_batch_is_missing_and_with_it_it_is_there() {
    let daemon = FakeDaemon::start();
    let exporter = Exporter::to(&daemon);
    exporter.collect(segment(1, "api"));
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    assert_eq!(shortfall.code().as_str(), "no-trace");

    let flushed = Arc::clone(&exporter);
    daemon.before_fence(move || flushed.flush());
    assert!(block_on(daemon.expect_one_trace()).has_segment("api"));
}

#[test]
fn what_only_the_last_hook_brings_is_judged_at_the_drop_and_at_the_end_of_a_scope() {
    let refused = |daemon: &FakeDaemon| {
        let exporter = Exporter::to(daemon);
        exporter.collect("no object".to_owned());
        daemon.before_fence(move || exporter.flush());
    };
    let text = panic_text(|| refused(&FakeDaemon::start()));
    assert!(text.contains("- datagram 0 rejected (not-json)"), "{text}");

    let ended = block_on(FakeDaemon::try_scope(async |daemon| refused(daemon)));
    let report = ended.unwrap_err();
    assert!(matches!(report.findings(), [Finding::Rejection(_)]));
}

#[test]
fn a_hook_that_fails_is_a_finding_with_its_place_told_once() {
    let daemon = FakeDaemon::start();
    daemon.before_fence(|| Err::<(), _>("no such host"));
    let told = concat!(
        "hook-failed: the hook before the fence returned `\"no such host\"`: what it should have sent may be ",
        "missing (tests/it/emitters.rs:"
    );
    for _ in 0..2 {
        let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
        let text = shortfall.to_string();
        let told = concat!(
            "expected one trace, and none came\n",
            "likely: not sent: the hook before the fence returned `\"no such host\"`: what it\n",
            "  should have sent may be missing\n",
            "  at tests/it/emitters.rs:"
        );
        assert!(text.starts_with(told), "{text}");
        assert_eq!(text.matches("no such host").count(), 1, "{text}");
    }
    let text = panic_text(|| drop(daemon));
    assert_eq!(text.matches(told).count(), 1, "{text}");
    assert!(
        text.starts_with("1 finding that nobody expected "),
        "{text}"
    );

    let daemon = FakeDaemon::builder()
        .before_fence(|| Err::<(), _>("no such host"))
        .start();
    let text = panic_text(|| drop(daemon));
    assert_eq!(text.matches(told).count(), 1, "{text}");
}

#[test]
fn a_hook_that_panics_is_a_finding_and_hides_nothing() {
    let fails = || -> () { panic!("no such host") };
    let daemon = FakeDaemon::builder().before_fence(fails).start();
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    let told = concat!(
        "expected one trace, and none came\n",
        "likely: not sent: the hook before the fence panicked: `no such host`: what it\n",
        "  should have sent may be missing\n",
        "  at tests/it/emitters.rs:"
    );
    let text = shortfall.to_string();
    assert!(text.starts_with(told), "{text}");
    let told = "- hook-failed: the hook before the fence panicked: `no such host`: what it should have sent may be";
    let text = panic_text(|| drop(daemon));
    assert_eq!(text.matches(told).count(), 1, "{text}");

    // The error of the test goes first.
    let text = panic_text(|| {
        let scope = FakeDaemon::scope(async |daemon| {
            daemon.before_fence(fails);
            Err::<(), _>("the test's own")
        });
        let _ = block_on(scope);
    });
    let (own, rest) = (text.find("the test's own"), text.find(told));
    assert!(own.is_some() && own < rest, "{text}");

    // What other hooks send is there.
    let daemon = FakeDaemon::start();
    let exporter = Exporter::to(&daemon);
    exporter.collect(segment(1, "api"));
    daemon.before_fence(fails);
    daemon.before_fence(move || exporter.flush());
    assert!(block_on(daemon.expect_one_trace()).has_segment("api"));
    let text = panic_text(|| drop(daemon));
    assert!(
        text.starts_with("1 finding that nobody expected "),
        "{text}"
    );
}

#[test]
fn a_hook_may_ask_for_another_and_daemons_can_be_asked_by_several_threads() {
    let daemon = Arc::new(FakeDaemon::start());
    let log = Log::default();
    let (weak, entered) = (Arc::downgrade(&daemon), Arc::clone(&log));
    daemon.before_fence(move || {
        entered.lock().unwrap().push("outer");
        if let Some(daemon) = weak.upgrade() {
            daemon.before_fence(enters(&entered, "inner"));
        }
    });
    block_on(daemon.traces()).unwrap();
    assert_eq!(taken(&log), ["outer"]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| block_on(daemon.traces()).unwrap());
        }
    });
    assert!(taken(&log).contains(&"inner"));
}

#[test]
fn an_emitter_by_hand_may_send_in_memory() {
    let daemon = FakeDaemon::start();
    let emitter = daemon.emitter();
    emitter.emit(&segment(1, "api"));
    emitter.emit("no object");
    assert_eq!(block_on(daemon.expect_one_trace()).outline(), "api");
    assert_eq!(block_on(daemon.expect_rejection("not-json")).seq(), 1);
    assert_eq!((emitter.counts().sent, emitter.counts().failed), (2, 0));
    let bytes = block_on(daemon.datagrams()).unwrap()[0].bytes().to_vec();
    assert_eq!(bytes, frame(&segment(1, "api")).unwrap());
}
