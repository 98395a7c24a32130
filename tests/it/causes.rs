//! Errors, panics and cancellations as causes.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use serde_json::{Value, json};
use xray_phantom::{
    FakeDaemon, OpenEntity, Recorder, block_on, in_subsegment, in_subsegment_boxed_sync,
    in_subsegment_infallible, in_subsegment_sync,
};

use crate::support::panic_text;
use crate::values::{Sent, all_sent, sent};

#[test]
fn the_message_of_a_panic_is_read_whatever_text_it_is() {
    fn message(panic: impl FnOnce()) -> Value {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("api").daemon(&daemon).build();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            recorder.in_segment_infallible_sync("api", |_| panic());
        }));
        caught.unwrap_err();
        let sent = all_sent(&daemon, &recorder);
        let exception = &sent.document["cause"]["exceptions"][0];
        assert_eq!(exception["type"], "panic");
        exception["message"].clone()
    }
    use std::panic::panic_any;
    assert_eq!(message(|| panic!("a text")), "a text");
    assert_eq!(message(|| panic!("{} text", 'a')), "a text");
    assert_eq!(message(|| panic_any(Box::<str>::from("a text"))), "a text");
    assert_eq!(
        message(|| panic_any(Cow::<'static, str>::Owned("a text".to_owned()))),
        "a text"
    );
    assert_eq!(message(|| panic_any(7)), "a panic without a message");
}
