//! What the recorder sends, whatever happens to the code inside.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use xray_phantom::model::Timestamp;
use xray_phantom::seam::{Clock, Ids, ManualClock};
use xray_phantom::{
    FakeDaemon, Finding, Recorder, Sampling, block_on, current, in_subsegment, in_subsegment_boxed,
    in_subsegment_infallible, in_subsegment_infallible_sync, in_subsegment_sync,
};

use crate::support::panic_text;

fn recorder(daemon: &FakeDaemon) -> Recorder {
    Recorder::builder("OrdersWorker").daemon(daemon).build()
}

/// The codes of the notes that are found now.
fn notes(daemon: &FakeDaemon) -> Vec<String> {
    match block_on(daemon.verify()) {
        Ok(()) => Vec::new(),
        Err(report) => report
            .findings()
            .iter()
            .map(|finding| match finding {
                Finding::Note(note) => format!("{}: {}", note.code(), note.message()),
                other => other.to_string(),
            })
            .collect(),
    }
}

#[derive(Debug)]
struct OrderRefused {
    source: std::num::ParseIntError,
}

impl fmt::Display for OrderRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order was refused")
    }
}

impl std::error::Error for OrderRefused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

fn refuse() -> Result<(), OrderRefused> {
    Err(OrderRefused {
        source: "x".parse::<u8>().unwrap_err(),
    })
}

#[test]
fn the_bytes_are_the_same_on_every_run_with_given_time_and_ids() {
    let clock = ManualClock::at(Timestamp::from_nanos(0x6000_0000 * 1_000_000_000));
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("Orders")
        .daemon(&daemon)
        .clock(Clock::from(&clock))
        .ids(Ids::sequential())
        .build();
    block_on(
        recorder.in_segment_infallible("OrdersWorker", async |segment| {
            segment
                .metadata("cart", &["apple"])
                .metadata_in("shop", "open", &true);
            clock.advance(Duration::from_millis(1));
            in_subsegment_infallible("dynamo put", async |put| {
                put.metadata("quoted", "\"\n");
                put.annotate("order_id", "o-1")
                    .annotate("items", 3)
                    .annotate("vip", true)
                    .annotate("total", 1.5);
                clock.advance(Duration::from_millis(2));
                put.throttle();
            })
            .await;
        }),
    );
    let datagrams = block_on(daemon.datagrams()).unwrap();
    assert_eq!(
        datagrams[0].document().unwrap().text(),
        concat!(
            r#"{"trace_id":"1-60000000-000000000000000000000001","id":"0000000000000002","name":"OrdersWorker","#,
            r#""start_time":1610612736.000000,"end_time":1610612736.003000,"#,
            r#""aws":{"xray":{"sdk":"xray-phantom","sdk_version":"0.1.0"}},"service":{"name":"Orders"},"#,
            r#""metadata":{"default":{"cart":["apple"]},"shop":{"open":true}},"#,
            r#""subsegments":[{"id":"0000000000000003","name":"dynamo put","start_time":1610612736.001000,"#,
            r#""end_time":1610612736.003000,"error":true,"throttle":true,"#,
            r#""annotations":{"items":3,"order_id":"o-1","total":1.5,"vip":true},"#,
            r#""metadata":{"default":{"quoted":"\"\n"}}}]}"#,
        )
    );
    assert_eq!(recorder.counts().sent, 1);
}

#[tokio::test]
async fn an_error_is_recorded_with_its_sources_and_named_once_as_it_passes_through() {
    let daemon = FakeDaemon::start();
    let result = recorder(&daemon)
        .in_segment("api", async |_| {
            in_subsegment("handle", async |_| {
                in_subsegment("parse", async |_| refuse()).await
            })
            .await
        })
        .await;
    assert!(result.is_err());
    let trace = daemon.expect_one_trace().await;
    assert_eq!(
        trace.outline(),
        "api FAULT\n  handle FAULT\n    parse FAULT OrderRefused"
    );
    let node = |name: &str| {
        trace
            .nodes()
            .find(|node| node.name().as_deref() == Some(name))
            .unwrap()
    };
    let xray_phantom::model::Cause::Exceptions(cause) = node("parse").entity().cause().unwrap()
    else {
        panic!("{trace}")
    };
    let exceptions = cause.exceptions().unwrap();
    let told: Vec<_> = exceptions
        .iter()
        .map(|e| (e.type_name().unwrap(), e.message().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("OrderRefused".into(), "the order was refused".into()),
            (
                "ParseIntError".into(),
                "invalid digit found in string".into()
            )
        ]
    );
    assert_eq!(exceptions[0].cause(), exceptions[1].id());
    for outer in ["handle", "api"] {
        let cause = node(outer).entity().cause().unwrap();
        assert!(
            matches!(cause, xray_phantom::model::Cause::Reference(id) if id == exceptions[0].id().unwrap())
        );
    }
}

#[tokio::test]
async fn boxed_errors_have_a_twin_and_code_that_cannot_fail_too() {
    let daemon = FakeDaemon::start();
    let boxed: Result<(), Box<dyn std::error::Error + Send + Sync>> = recorder(&daemon)
        .in_segment_boxed("api", async |_| {
            in_subsegment_boxed("parse", async |_| Ok(refuse()?)).await
        })
        .await;
    assert_eq!(boxed.unwrap_err().to_string(), "the order was refused");
    let trace = daemon.expect_one_trace().await;
    assert_eq!(trace.outline(), "api FAULT\n  parse FAULT OrderRefused");
}

#[test]
fn sync_code_has_the_same() {
    let daemon = FakeDaemon::start();
    let result = recorder(&daemon).in_segment_sync("api", |_| {
        in_subsegment_infallible_sync("price", |price| _ = price.annotate("items", 2));
        current().annotate("seen", true);
        in_subsegment_sync("parse", |_| refuse())
    });
    assert!(result.is_err());
    let trace = block_on(daemon.expect_one_trace());
    assert_eq!(
        trace.outline(),
        "api FAULT {seen: true}\n  parse FAULT OrderRefused\n  price {items: 2}"
    );
}

#[tokio::test]
async fn futures_that_are_joined_have_each_their_own_parent() {
    let daemon = FakeDaemon::start();
    recorder(&daemon)
        .in_segment_infallible("api", async |_| {
            let branch = async |name: &'static str| {
                in_subsegment_infallible(name, async |_| {
                    for step in ["one", "two"] {
                        tokio::task::yield_now().await;
                        in_subsegment_infallible(step, async |_| tokio::task::yield_now().await)
                            .await;
                    }
                })
                .await;
            };
            tokio::join!(branch("left"), branch("right"));
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    assert_eq!(
        trace.outline(),
        "api\n  left\n    one\n    two\n  right\n    one\n    two"
    );
}

#[tokio::test(start_paused = true)]
async fn a_future_that_loses_a_race_closes_what_it_had_opened() {
    let daemon = FakeDaemon::start();
    recorder(&daemon)
        .in_segment_infallible("api", async |_| {
            let slow = in_subsegment_infallible("slow", async |_| {
                in_subsegment_infallible("inner", async |_| {
                    tokio::time::sleep(Duration::from_secs(5)).await;
                })
                .await;
            });
            tokio::select! {
                () = slow => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
            in_subsegment_infallible("after", async |_| ()).await;
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    assert_eq!(
        trace.outline(),
        "api\n  after\n  slow ERROR Cancelled\n    inner ERROR Cancelled"
    );
    let slow = trace
        .nodes()
        .find(|node| node.name().as_deref() == Some("slow"))
        .unwrap();
    assert_eq!(slow.duration(), Some(Duration::from_secs(1)));
}

#[test]
fn a_panic_is_recorded_as_a_fault_and_goes_on() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let text = panic_text(|| {
        block_on(recorder.in_segment_infallible("api", async |_| {
            in_subsegment_infallible("charge", async |_| panic!("no such account")).await
        }))
    });
    assert_eq!(text, "no such account");
    let trace = block_on(daemon.expect_one_trace());
    assert_eq!(trace.outline(), "api FAULT panic\n  charge FAULT panic");
    assert!(
        trace
            .nodes()
            .all(|node| node.entity().json().raw().contains("no such account"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_can_be_spawned() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let name = format!("order-{number:02}");
            tokio::spawn(recorder.in_segment(&name, async move |_| {
                in_subsegment("work", async move |work| {
                    tokio::task::yield_now().await;
                    work.annotate("number", number);
                    Ok::<_, std::io::Error>(())
                })
                .await
            }))
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let traces = daemon.traces().await.unwrap();
    let mut outlines: Vec<String> = traces.iter().map(xray_phantom::Trace::outline).collect();
    outlines.sort();
    let expected: Vec<String> = (0..20)
        .map(|n| format!("order-{n:02}\n  work {{number: {n}}}"))
        .collect();
    assert_eq!(outlines, expected);
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_shows_virtual_time() {
    let daemon = FakeDaemon::start();
    recorder(&daemon)
        .in_segment_infallible("api", async |_| {
            tokio::time::sleep(Duration::from_hours(1)).await;
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    assert_eq!(
        trace.roots().next().unwrap().duration(),
        Some(Duration::from_hours(1))
    );
}

#[tokio::test]
async fn code_outside_of_every_segment_runs_and_is_a_finding_with_its_place() {
    let daemon = FakeDaemon::start();
    let _recorder = recorder(&daemon);
    assert_eq!(in_subsegment_infallible("lonely", async |_| 7).await, 7);
    current().annotate("key", "value");
    tokio::spawn(in_subsegment_infallible("spawned", async |_| ()))
        .await
        .unwrap();
    let report = daemon.verify().await.unwrap_err();
    let places: Vec<_> = report
        .findings()
        .iter()
        .map(|finding| match finding {
            Finding::Note(note) => note.place().unwrap().file(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(places, ["tests/it/recorder.rs"; 3]);
    let text = report.to_string();
    let why =
        "ran outside of every segment: it was spawned without its context, or nobody opened one";
    for what in ["subsegment `lonely`", "current()", "subsegment `spawned`"] {
        assert!(
            text.contains(&format!(
                "- no-segment: {what} {why} (tests/it/recorder.rs:"
            )),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_is_left_open_is_a_finding_and_comes_on_its_own_when_it_ends() {
    let daemon = FakeDaemon::start();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut leaked = None;
    recorder(&daemon)
        .in_segment_infallible("api", async |_| {
            let mut late = Box::pin(in_subsegment_infallible("late", async move |_| {
                drop(stopped.await);
            }));
            // Begun, and not ended.
            assert!(futures_poll_once(&mut late).await.is_none());
            leaked = Some(late);
        })
        .await;
    assert_eq!(
        notes(&daemon),
        ["left-open: subsegment `late` was still open when its segment `api` ended"]
    );
    stop.send(()).unwrap();
    leaked.unwrap().await;
    assert_eq!(daemon.expect_one_trace().await.outline(), "api\n  late");
}

/// Polls a future one time.
async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    use std::task::Poll;
    std::future::poll_fn(
        |context| match std::pin::Pin::new(&mut *future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Poll::Ready(None),
        },
    )
    .await
}

#[test]
fn what_x_ray_would_drop_is_left_out_and_reported() {
    let daemon = FakeDaemon::start();
    let mut kept = None;
    block_on(
        recorder(&daemon).in_segment_infallible("api", async |segment| {
            segment
                .annotate("user id", 1)
                .annotate("", 1)
                .annotate("ratio", f64::NAN)
                .annotate("a.b_1", 1);
            kept = Some(segment.clone());
        }),
    );
    kept.unwrap().annotate("late", 1);
    assert_eq!(
        notes(&daemon),
        [
            "annotation-key: the annotation key `user id` is left out: X-Ray takes letters, digits, `_` and `.` \
             and drops others",
            "annotation-key: the annotation key `` is left out: X-Ray takes letters, digits, `_` and `.` and \
             drops others",
            "annotation-value: the annotation `ratio` is left out: JSON has no NaN and no infinity",
            "used-after-end: segment `api` had ended; what was said of it is lost",
        ]
    );
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "api {a.b_1: 1}"
    );
}

#[test]
fn a_segment_too_large_for_a_datagram_goes_in_parts() {
    let daemon = FakeDaemon::start();
    block_on(recorder(&daemon).in_segment_infallible("api", async |_| {
        for _ in 0..3 {
            in_subsegment_infallible("part", async |part| {
                part.metadata("filling", &"x".repeat(30_000));
                in_subsegment_infallible("inner", async |_| ()).await;
            })
            .await;
        }
    }));
    // Two parts are more than is kept until the segment ends.
    assert_eq!(block_on(daemon.fence()).unwrap().accepted, 3);
    let trace = block_on(daemon.expect_one_trace());
    assert_eq!(
        trace.outline(),
        "api\n  part\n    inner\n  part\n    inner\n  part\n    inner"
    );
}

#[test]
fn of_one_entity_that_is_too_large_the_largest_metadata_is_cut_and_told() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    block_on(recorder.in_segment_infallible("api", async |segment| {
        segment
            .metadata("filling", &"x".repeat(40_000))
            .metadata("more", &"x".repeat(50_000))
            .annotate("kept", 1);
    }));
    assert_eq!(
        notes(&daemon),
        [
            "cut: the metadata `more` of 50002 bytes is cut: one entity has to fit into a document of 64 kB"
        ]
    );
    let trace = block_on(daemon.expect_one_trace());
    assert_eq!(trace.outline(), "api {kept: 1}");
    let segment = trace.roots().next().unwrap().entity();
    let metadata = segment
        .json()
        .get("metadata")
        .unwrap()
        .get("default")
        .unwrap();
    assert_eq!(
        metadata.get("more").unwrap().as_str().unwrap(),
        "cut by xray-phantom: 50002 bytes"
    );
    assert_eq!(metadata.get("filling").unwrap().raw().len(), 40_002);
    let stats = recorder.stats();
    assert_eq!((stats.sent, stats.failed, stats.cut), (1, 0, 1));
}

#[test]
fn over_udp_the_same_arrives() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("OrdersWorker")
        .daemon_address(daemon.address())
        .try_build()
        .unwrap();
    block_on(recorder.in_segment_infallible("api", async |_| {
        in_subsegment_infallible("part", async |_| ()).await;
    }));
    assert_eq!(block_on(daemon.expect_one_trace()).outline(), "api\n  part");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_daemon_the_program_goes_on() {
    // A port that is taken and refuses: its socket listens to one other alone.
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    taken.connect(taken.local_addr().unwrap()).unwrap();
    let recorder = Recorder::builder("OrdersWorker")
        .daemon_address(taken.local_addr().unwrap())
        .sampling(Sampling::always())
        .build();
    for _ in 0..3 {
        assert_eq!(
            block_on(recorder.in_segment_infallible("api", async |_| 7)),
            7
        );
    }
    let counts = recorder.counts();
    assert_eq!((counts.sent, counts.failed), (0, 3));
}

#[tokio::test]
async fn another_task_that_is_polled_inside_is_not_part_of_the_segment() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let local = tokio::task::LocalSet::new();
    let stranger =
        local.spawn_local(async { in_subsegment_infallible("stranger", async |_| ()).await });
    recorder
        .in_segment_infallible("api", async |_| {
            local
                .run_until(async {
                    in_subsegment_infallible("own", async |_| tokio::task::yield_now().await).await;
                    stranger.await.unwrap();
                })
                .await;
        })
        .await;
    assert_eq!(daemon.expect_one_trace().await.outline(), "api\n  own");
    let found = notes(&daemon);
    assert!(
        found[0].starts_with("no-segment: subsegment `stranger` ran outside of every segment"),
        "{found:?}"
    );
}

#[test]
fn what_ended_below_a_subsegment_that_never_ends_is_sent() {
    let daemon = FakeDaemon::start();
    block_on(recorder(&daemon).in_segment_infallible("api", async |_| {
        let mut leaked = Box::pin(in_subsegment_infallible("leaked", async |_| {
            in_subsegment_infallible("done", async |_| ()).await;
            std::future::pending::<()>().await;
        }));
        assert!(futures_poll_once(&mut leaked).await.is_none());
        std::mem::forget(leaked);
    }));
    let found = notes(&daemon);
    assert_eq!(
        found[0],
        "left-open: subsegment `leaked` was still open when its segment `api` ended"
    );
    // It is named itself, and what is known of it is there: nothing is an orphan.
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].contains("never-closed: ")
            && found[1].contains("all that arrived of subsegment `leaked` is in progress"),
        "{found:?}"
    );
    assert!(!found[1].contains("orphan"), "{found:?}");
}

#[test]
fn two_errors_of_the_same_text_are_not_taken_for_one() {
    let daemon = FakeDaemon::start();
    let result: Result<(), std::io::Error> =
        block_on(recorder(&daemon).in_segment("api", async |_| {
            let handled = in_subsegment("first", async |_| Err::<(), _>(Timeout)).await;
            assert!(handled.is_err());
            Err(std::io::Error::other("timed out"))
        }));
    result.unwrap_err();
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "api FAULT io::Error\n  first FAULT Timeout"
    );
}

#[derive(Debug)]
struct Timeout;

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("timed out")
    }
}

impl std::error::Error for Timeout {}

#[test]
fn a_segment_of_many_subsegments_loses_none() {
    let daemon = FakeDaemon::start();
    block_on(recorder(&daemon).in_segment_infallible("api", async |_| {
        for _ in 0..2_000 {
            in_subsegment_infallible("part", async |_| ()).await;
        }
        in_subsegment_infallible("large", async |large| {
            large.metadata("filling", &"x".repeat(50_000));
        })
        .await;
    }));
    assert_eq!(block_on(daemon.expect_one_trace()).nodes().len(), 2_002);
}

#[test]
fn a_header_leads_downstream() {
    let daemon = FakeDaemon::start();
    block_on(
        recorder(&daemon).in_segment_infallible("api", async |segment| {
            let (trace, id) = (segment.trace_id().unwrap(), segment.id().unwrap());
            let header = current().trace_header().unwrap().to_string();
            assert_eq!(header, format!("Root={trace};Parent={id};Sampled=1"));
        }),
    );
}

#[test]
fn two_hundred_tests_with_recorders_never_meet() {
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for test in 0..25 {
                    let daemon = Arc::new(FakeDaemon::start());
                    let name = format!("order-{thread}-{test}");
                    block_on(recorder(&daemon).in_segment_infallible(&name, async |_| {
                        in_subsegment_infallible("work", async |work| {
                            work.annotate("name", &name);
                        })
                        .await;
                    }));
                    let outline = block_on(daemon.expect_one_trace()).outline();
                    assert_eq!(outline, format!("{name}\n  work {{name: {name}}}"));
                }
            });
        }
    });
}
