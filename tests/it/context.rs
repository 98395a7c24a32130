//! Whose work lands in whose segment, on a runtime of several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::Barrier;
use xray_phantom::recorder::{carry, carry_fn};
use xray_phantom::{
    FakeDaemon, Finding, Recorder, Trace, current, in_subsegment_infallible,
    in_subsegment_infallible_sync,
};

fn recorder(daemon: &FakeDaemon) -> Recorder {
    Recorder::builder("api").daemon(daemon).build()
}

async fn outlines(daemon: &FakeDaemon) -> Vec<String> {
    let traces = daemon.traces().await.unwrap();
    let mut outlines: Vec<String> = traces.iter().map(Trace::outline).collect();
    outlines.sort();
    outlines
}

/// `run_in_executor` of the Python SDK attaches such work to whatever request the loop runs now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_work_lands_in_its_own_request_while_others_run() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let together = Arc::new(Barrier::new(8));
    let requests: Vec<_> = (0..8)
        .map(|number| {
            let together = Arc::clone(&together);
            let name = format!("request-{number}");
            tokio::spawn(recorder.in_segment_infallible(&name, async move |_| {
                together.wait().await;
                let work = carry_fn(move || {
                    in_subsegment_infallible_sync(&format!("blocking-{number}"), |_| ());
                });
                let blocking = tokio::task::spawn_blocking(work);
                in_subsegment_infallible(&format!("own-{number}"), async |_| {
                    tokio::task::yield_now().await;
                })
                .await;
                blocking.await.unwrap();
            }))
        })
        .collect();
    for request in requests {
        request.await.unwrap();
    }
    for (outline, number) in outlines(&daemon).await.iter().zip(0..) {
        let mut lines: Vec<&str> = outline.lines().collect();
        lines[1..].sort_unstable();
        assert_eq!(
            lines,
            [
                format!("request-{number}"),
                format!("  blocking-{number}"),
                format!("  own-{number}")
            ]
        );
    }
}

/// Sibling tasks of the Python SDK share one context where the task that spawns them was traced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sibling_tasks_of_a_traced_task_do_not_share_a_context() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    recorder
        .in_segment_infallible("parent", async |_| {
            let siblings: Vec<_> = (0..20)
                .map(|number| {
                    let name = format!("sibling-{number:02}");
                    tokio::spawn(recorder.in_segment_infallible(&name, async move |segment| {
                        for step in 0..3 {
                            tokio::task::yield_now().await;
                            assert_eq!(current().id(), segment.id());
                            in_subsegment_infallible(&format!("step-{step}"), async |inner| {
                                tokio::task::yield_now().await;
                                assert_eq!(current().id(), inner.id());
                            })
                            .await;
                        }
                    }))
                })
                .collect();
            for sibling in siblings {
                sibling.await.unwrap();
            }
        })
        .await;
    let mut expected: Vec<String> = (0..20)
        .map(|number| format!("sibling-{number:02}\n  step-0\n  step-1\n  step-2"))
        .collect();
    expected.insert(0, "parent".to_owned());
    assert_eq!(outlines(&daemon).await, expected);
}

/// In Python and Node such a segment is never sent, or held back, or sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_outlives_its_segment_costs_it_nothing_and_is_told() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
    let mut task = None;
    recorder
        .in_segment_infallible("request", async |_| {
            let mail = in_subsegment_infallible("mail", async move |_| {
                begun.send(()).unwrap();
                gone.await.unwrap();
                in_subsegment_infallible("smtp", async |_| ()).await;
            });
            task = Some(tokio::spawn(carry(mail)));
            has_begun.await.unwrap();
        })
        .await;
    // The segment is there although the task still runs.
    assert_eq!(daemon.expect_one_trace().await.outline(), "request");
    go.send(()).unwrap();
    task.unwrap().await.unwrap();
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        "request\n  mail\n    smtp"
    );
    let report = daemon.verify().await.unwrap_err();
    let [Finding::Note(note)] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(
        note.to_string(),
        format!(
            "left-open: subsegment `mail` was still open when its segment `request` ended ({})",
            note.place().unwrap()
        )
    );
    assert_eq!(note.place().unwrap().file(), "tests/it/context.rs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_begins_after_its_segment_has_ended_is_not_lost() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let mut late = None;
    recorder
        .in_segment_infallible("request", async |_| {
            late = Some(carry(in_subsegment_infallible("late", async |_| ())));
        })
        .await;
    tokio::spawn(late.unwrap()).await.unwrap();
    assert_eq!(daemon.expect_one_trace().await.outline(), "request\n  late");
    let report = daemon.verify().await.unwrap_err();
    let [Finding::Note(note)] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(
        format!("{}: {}", note.code(), note.message()),
        "used-after-end: subsegment `late` was opened in segment `request`, which had ended; it is sent on its own"
    );
    assert_eq!(note.place().unwrap().file(), "tests/it/context.rs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_that_was_not_carried_is_nobodys_and_the_rest_of_the_trace_is_whole() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    recorder
        .in_segment_infallible("request", async |_| {
            // On a thread that knows neither recorder nor runtime: a line on stderr, no more.
            let lost = std::thread::spawn(|| {
                in_subsegment_infallible_sync("lost", |lost| lost.is_recorded())
            });
            assert!(!lost.join().unwrap());
            in_subsegment_infallible("kept", async |_| ()).await;
        })
        .await;
    assert_eq!(daemon.expect_one_trace().await.outline(), "request\n  kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_joined_raced_or_dropped_keeps_its_parent() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let polls = AtomicUsize::new(0);
    recorder
        .in_segment_infallible("request", async |_| {
            let branch = |name: &'static str| {
                let polls = &polls;
                in_subsegment_infallible(name, async move |branch| {
                    for _ in 0..3 {
                        tokio::task::yield_now().await;
                        polls.fetch_add(1, SeqCst);
                        assert_eq!(current().id(), branch.id());
                    }
                    in_subsegment_infallible("leaf", async |_| ()).await;
                })
            };
            tokio::join!(branch("one"), branch("two"));
            tokio::select! {
                biased;
                () = in_subsegment_infallible("loser", async |_| std::future::pending().await) => unreachable!("it never ends"),
                () = branch("winner") => {}
            }
        })
        .await;
    assert_eq!(polls.load(SeqCst), 9);
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        "request\n  loser ERROR Cancelled\n  one\n    leaf\n  two\n    leaf\n  winner\n    leaf"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_a_task_closes_what_it_had_opened_and_nothing_else() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    recorder
        .in_segment_infallible("request", async |_| {
            let task = tokio::spawn(carry(in_subsegment_infallible("task", async |_| {
                in_subsegment_infallible("inner", async |_| panic!("no such account")).await
            })));
            assert!(task.await.unwrap_err().is_panic());
            in_subsegment_infallible("after", async |_| ()).await;
        })
        .await;
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        "request\n  after\n  task FAULT panic\n    inner FAULT panic"
    );
}

/// A stream made by hand, as no crate of streams is needed for one.
struct Numbers(u32);

impl futures_core::Stream for Numbers {
    type Item = u32;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<u32>> {
        if self.0 == 0 {
            return std::task::Poll::Ready(None);
        }
        self.0 -= 1;
        in_subsegment_infallible_sync(&format!("item-{}", self.0), |_| ());
        std::task::Poll::Ready(Some(self.0))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_records_where_it_was_made_wherever_it_is_polled() {
    use futures_core::Stream as _;

    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    recorder
        .in_segment_infallible("request", async |segment| {
            let mut numbers = segment.carry(Numbers(2));
            tokio::spawn(async move {
                while let Some(_number) = std::future::poll_fn(|context| {
                    std::pin::Pin::new(&mut numbers).poll_next(context)
                })
                .await
                {}
            })
            .await
            .unwrap();
        })
        .await;
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        "request\n  item-0\n  item-1"
    );
}

/// In Python and Node such work lands in whatever request runs by then.
#[tokio::test]
async fn work_that_was_made_in_one_request_and_is_polled_in_another_stays_in_its_own() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let mut queued = None;
    let one = recorder.begin_segment("one");
    one.carry_fn(|| {
        queued = Some(in_subsegment_infallible("work-of-one", async |_| {
            in_subsegment_infallible("inner", async |_| ()).await;
        }));
    })();
    recorder
        .in_segment_infallible("two", async |_| {
            in_subsegment_infallible("before", async |_| ()).await;
            queued.unwrap().await;
            in_subsegment_infallible("after", async |_| ()).await;
        })
        .await;
    one.end();
    assert_eq!(
        outlines(&daemon).await,
        ["one\n  work-of-one\n    inner", "two\n  after\n  before"]
    );
}

#[tokio::test]
async fn a_future_that_is_made_outside_of_a_subsegment_and_awaited_inside_lies_inside() {
    let daemon = FakeDaemon::start();
    recorder(&daemon)
        .in_segment_infallible("request", async |_| {
            let made = in_subsegment_infallible("made", async |_| ());
            in_subsegment_infallible("outer", async |_| made.await).await;
        })
        .await;
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        "request\n  outer\n    made"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subsegment_can_be_spawned_as_it_is() {
    let daemon = FakeDaemon::start();
    recorder(&daemon)
        .in_segment_infallible("request", async |_| {
            let task = tokio::spawn(in_subsegment_infallible("task", async |_| {
                in_subsegment_infallible("inner", async |_| ()).await;
            }));
            task.await.unwrap();
        })
        .await;
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        "request\n  task\n    inner"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_that_was_spawned_without_its_context_fails_the_test_of_its_runtime() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    recorder
        .in_segment_infallible("request", async |_| {
            let task = tokio::spawn(async {
                in_subsegment_infallible("task", async |_| ()).await;
            });
            task.await.unwrap();
            let thread =
                tokio::task::spawn_blocking(|| in_subsegment_infallible_sync("blocking", |_| ()));
            thread.await.unwrap();
        })
        .await;
    assert_eq!(daemon.expect_one_trace().await.outline(), "request");
    assert_eq!(recorder.stats().missing, 2);
    let report = daemon.verify().await.unwrap_err();
    for (finding, name) in report.findings().iter().zip(["task", "blocking"]) {
        let text = finding.to_string();
        assert!(
            text.starts_with(&format!(
                "no-segment: subsegment `{name}` ran outside of every segment: it was spawned without its context, or nobody opened one (tests/it/context.rs:"
            )),
            "{text}"
        );
    }
    assert_eq!(report.findings().len(), 2);
}

#[test]
fn on_worker_threads_too_the_recorder_says_what_happens_without_a_segment() {
    use xray_phantom::Sampling;
    use xray_phantom::recorder::{ContextMissing, MemoryEmitter};

    for (what, panics, notes) in [
        (ContextMissing::Panic, true, 0),
        (ContextMissing::Log, false, 1),
        (ContextMissing::Ignore, false, 0),
    ] {
        let kept = MemoryEmitter::new();
        let recorder = Recorder::builder("api")
            .emitter(kept.clone())
            .sampling(Sampling::always())
            .context_missing(what)
            .build();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let spawned = runtime.block_on(recorder.in_segment_infallible("request", async |_| {
            let task = async { in_subsegment_infallible("task", async |_| ()).await };
            tokio::spawn(task).await
        }));
        assert_eq!(spawned.is_err(), panics, "{what}");
        assert_eq!(kept.notes().len(), notes, "{what}");
        assert_eq!(recorder.stats().missing, 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_futures_in_one_task_keeps_each_its_parent() {
    use futures_util::stream::{FuturesUnordered, StreamExt as _};

    let daemon = FakeDaemon::start();
    recorder(&daemon)
        .in_segment_infallible("request", async |_| {
            let mut crowd: FuturesUnordered<_> = (0..20)
                .map(|number| {
                    in_subsegment_infallible_owned(format!("part-{number:02}"), number % 3)
                })
                .collect();
            while let Some(()) = crowd.next().await {}
        })
        .await;
    let parts: Vec<String> = (0..20)
        .map(|number| format!("\n  part-{number:02}\n    leaf"))
        .collect();
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        format!("request{}", parts.concat())
    );
}

async fn in_subsegment_infallible_owned(name: String, yields: usize) {
    in_subsegment_infallible(&name, async |part| {
        for _ in 0..yields {
            tokio::task::yield_now().await;
            assert_eq!(current().id(), part.id());
        }
        in_subsegment_infallible("leaf", async |_| ()).await;
    })
    .await;
}

#[tokio::test]
async fn whatever_drops_a_future_its_clean_up_is_its_own() {
    struct CleansUp;

    impl Drop for CleansUp {
        fn drop(&mut self) {
            in_subsegment_infallible_sync("clean-up", |_| ());
        }
    }

    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let mut request = Box::pin(recorder.in_segment_infallible("request", async |_| {
        let _cleans_up = CleansUp;
        std::future::pending::<()>().await;
    }));
    // Polled in this task, and dropped in another.
    std::future::poll_fn(|context| {
        assert!(request.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    tokio::spawn(async move { drop(request) }).await.unwrap();
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        "request ERROR Cancelled\n  clean-up"
    );
}

#[tokio::test]
async fn what_a_carried_future_does_when_it_is_dropped_is_its_own_work() {
    struct CleansUp;

    impl Drop for CleansUp {
        fn drop(&mut self) {
            in_subsegment_infallible_sync("clean-up", |_| ());
        }
    }

    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let one = recorder.begin_segment("one");
    let mut work = one.carry(async {
        let _cleans_up = CleansUp;
        std::future::pending::<()>().await;
    });
    std::future::poll_fn(|context| {
        assert!(std::pin::Pin::new(&mut work).poll(context).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    recorder
        .in_segment_infallible("two", async |_| drop(work))
        .await;
    let aborted = tokio::spawn(one.carry(async {
        let _cleans_up = CleansUp;
        std::future::pending::<()>().await;
    }));
    tokio::task::yield_now().await;
    aborted.abort();
    assert!(aborted.await.unwrap_err().is_cancelled());
    one.end();
    assert_eq!(
        outlines(&daemon).await,
        ["one\n  clean-up\n  clean-up", "two"]
    );
}

#[test]
fn at_the_end_of_a_thread_the_code_runs_and_is_not_recorded_at_worst() {
    use std::cell::RefCell;
    use xray_phantom::{Sampling, recorder::MemoryEmitter};

    struct LastWords(Recorder, std::sync::mpsc::Sender<&'static str>);

    impl Drop for LastWords {
        fn drop(&mut self) {
            self.0.in_segment_infallible_sync("bye", |_| {
                in_subsegment_infallible_sync("sync", |_| self.1.send("sync").unwrap());
            });
            xray_phantom::block_on(self.0.in_segment_infallible("bye", async |_| {
                self.1.send("async").unwrap();
                assert!(!current().is_open() || current().is_recorded());
            }));
        }
    }

    thread_local! {
        static LAST_WORDS: RefCell<Option<LastWords>> = const { RefCell::new(None) };
    }

    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let recorder = Recorder::builder("api")
            .emitter(MemoryEmitter::new())
            .sampling(Sampling::always())
            .build();
        LAST_WORDS.set(Some(LastWords(recorder.clone(), sender)));
        recorder.in_segment_infallible_sync("api", |_| ());
    });
    thread.join().unwrap();
    assert_eq!(receiver.iter().collect::<Vec<_>>(), ["sync", "async"]);
}

#[tokio::test]
async fn a_task_that_still_runs_when_a_test_is_judged_is_no_mistake() {
    let daemon = FakeDaemon::start();
    let poll = recorder(&daemon).in_segment_infallible("poll the queue", async |_| {
        std::future::pending::<()>().await;
    });
    let poll = tokio::spawn(poll);
    tokio::task::yield_now().await;
    assert!(daemon.verify().await.is_ok());
    drop(daemon);
    poll.abort();
}

#[test]
fn a_thread_that_once_ran_code_of_a_segment_owes_nothing_to_its_test() {
    let daemon = FakeDaemon::start();
    let (work, works) = std::sync::mpsc::channel::<Box<dyn FnOnce() + Send>>();
    let thread = std::thread::spawn(move || works.iter().for_each(|work| work()));
    recorder(&daemon).in_segment_infallible_sync("api", |segment| {
        work.send(Box::new(segment.carry_fn(|| ()))).unwrap();
    });
    work.send(Box::new(|| {
        in_subsegment_infallible_sync("somebody else's", |_| ());
    }))
    .unwrap();
    drop(work);
    thread.join().unwrap();
    assert!(xray_phantom::block_on(daemon.verify()).is_ok());
}
