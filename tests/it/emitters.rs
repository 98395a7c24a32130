//! Emitters of other kinds.

use xray_phantom::wire::frame;
use xray_phantom::{FakeDaemon, block_on};

use crate::support::segment;

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
