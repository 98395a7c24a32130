//! The same program gives the same text, however its tasks are scheduled.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::runtime::{Builder, Runtime};
use xray_phantom::{
    FakeDaemon, Recorder, Trace, carry, current, in_subsegment, in_subsegment_infallible,
};

const RUNS: usize = 1_000;

/// An order: parts at the same time, in tasks of their own, some the same, some failing, and some
/// that say something of their common parent. Parts leave early, as many as have ended by then.
async fn place_order() {
    let tasks: Vec<_> = (0..4)
        .map(|number| {
            tokio::spawn(carry(async move {
                current().annotate(&format!("part_{number}"), number);
                in_subsegment_infallible("fetch", async |fetch| {
                    fetch.annotate("shard", number % 2);
                    tokio::task::yield_now().await;
                    let _ = in_subsegment("parse", async |_| "4x2".parse::<u16>()).await;
                    in_subsegment_infallible("store", async |store| {
                        store.metadata("shard", &(number % 2));
                        tokio::task::yield_now().await;
                    })
                    .await;
                })
                .await;
            }))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    in_subsegment_infallible("mail", async |_| ()).await;
}

/// Runs the program once against a daemon of its own.
fn run(runtime: &Runtime) -> Trace {
    runtime.block_on(async {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("OrdersWorker")
            .daemon(&daemon)
            .streaming_threshold(3)
            .build();
        let order = recorder.in_segment_infallible("OrdersWorker", async |_| place_order().await);
        tokio::spawn(order).await.unwrap();
        daemon.expect_one_trace().await
    })
}

#[test]
fn a_thousand_runs_on_busy_cores_give_the_same_text() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let first = run(&runtime);
    let (outline, normalized) = (first.outline(), first.normalized().to_string());
    assert_eq!(outline, OUTLINE);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let differs = (1..RUNS).find_map(|number| {
            let trace = run(&runtime);
            let same = trace.outline() == outline && trace.normalized().to_string() == normalized;
            (!same).then(|| (number, trace.outline(), trace.normalized().to_string()))
        });
        done.store(true, Ordering::Relaxed);
        if let Some((number, other, text)) = differs {
            assert_eq!(other, outline, "run {number}");
            assert_eq!(text, normalized, "run {number}");
        }
    });
}

const OUTLINE: &str = "\
OrdersWorker {part_0: 0, part_1: 1, part_2: 2, part_3: 3}
  fetch {shard: 0}
    parse FAULT ParseIntError
    store
  fetch {shard: 0}
    parse FAULT ParseIntError
    store
  fetch {shard: 1}
    parse FAULT ParseIntError
    store
  fetch {shard: 1}
    parse FAULT ParseIntError
    store
  mail";
