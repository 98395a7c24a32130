//! A Lambda function that runs into its time-out of 15 minutes, in a few milliseconds.
//!
//! ```sh
//! cargo run --example lambda_timeout
//! ```
//!
//! Tokio's clock is paused, and the recorder beside a `FakeDaemon` follows it: nothing sleeps, and
//! the trace shows the minutes that pass.

use std::time::{Duration, Instant};

use xray_phantom::wire::TraceHeader;
use xray_phantom::{FakeDaemon, Recorder, in_subsegment_infallible};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let begun = Instant::now();
    let daemon = FakeDaemon::builder()
        .external_parent("53995c3f42cd8ad8") // the service sends the function's own segment
        .start();
    let recorder = Recorder::builder("handler").daemon(&daemon).build();
    // The Lambda runtime hands over a header with each invocation.
    let header = TraceHeader::parse(
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    );

    let invocation = recorder.lambda_invocation(&header);
    let work = invocation.carry(async {
        in_subsegment_infallible("load", async |_| {
            tokio::time::sleep(Duration::from_secs(20)).await;
        })
        .await;
        in_subsegment_infallible("wait for an answer", async |_| {
            std::future::pending::<()>().await;
        })
        .await;
    });
    let timed_out = tokio::time::timeout(Duration::from_mins(15), work).await;
    assert!(timed_out.is_err());
    invocation.end();

    let trace = daemon.expect_one_trace().await;
    println!("{trace}");
    assert_eq!(
        trace.outline(),
        "\"wait for an answer\" ERROR Cancelled\nload"
    );
    assert_eq!(trace.duration(), Some(Duration::from_mins(15)));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "no minute passed"
    );
}
