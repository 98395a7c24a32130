//! The README's test is this file: another test compares the two.

// README
use std::net::UdpSocket;
use xray_phantom::{FakeDaemon, wire};

/// The code under test: it records an order, and sends the segment to the X-Ray daemon.
fn place_order(daemon: std::net::SocketAddr) -> std::io::Result<()> {
    let segment = r#"{
        "trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1",
        "name": "OrdersWorker", "start_time": 1721763840.25, "end_time": 1721763840.75,
        "subsegments": [{"id": "00000000000000b1", "name": "dynamo-put",
                         "start_time": 1721763840.3, "end_time": 1721763840.4}]
    }"#;
    let datagram = wire::frame(segment).map_err(std::io::Error::other)?;
    UdpSocket::bind("127.0.0.1:0")?.send_to(&datagram, daemon)?;
    Ok(())
}

#[tokio::test]
async fn placing_an_order_writes_it_once() -> std::io::Result<()> {
    FakeDaemon::scope(async |daemon| {
        place_order(daemon.address())?;
        let trace = daemon.expect_one_trace().await; // fences: no sleep, no time-out to tune
        assert!(trace.has_subsegment("dynamo-put"));
        Ok(())
    })
    .await
}
// README

#[test]
fn the_readme_shows_this_very_test() {
    let source = include_str!("readme.rs");
    let shown = source.split("// README\n").nth(1).unwrap();
    let readme = include_str!("../../README.md");
    let blocks: Vec<&str> = readme
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(blocks, [shown]);
}
