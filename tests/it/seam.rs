//! Time, chance and variables.

use std::collections::BTreeSet;

use xray_phantom::model::Timestamp;
use xray_phantom::seam::{Clock, Environment, Ids};

#[test]
fn the_system_clock_shows_this_century() {
    let now = Clock::system().now().as_seconds();
    assert!((1.7e9..1e10).contains(&now), "{now}");
}

#[test]
fn random_ids_do_not_repeat_and_sequential_ones_count() {
    let ids = Ids::random();
    let drawn: BTreeSet<_> = (0..10_000).map(|_| ids.entity_id()).collect();
    assert_eq!(drawn.len(), 10_000);
    assert_ne!(Ids::random().entity_id(), Ids::random().entity_id());

    let ids = Ids::sequential();
    let clone = ids.clone();
    assert_eq!(ids.entity_id().to_string(), "0000000000000001");
    assert_eq!(clone.entity_id().to_string(), "0000000000000002");
}

#[test]
fn a_trace_id_begins_with_the_second_of_its_start() {
    let start = Timestamp::from_nanos(0x66a0_0000 * 1_000_000_000 + 999_999_999);
    assert_eq!(Ids::random().trace_id(start).epoch_seconds(), 0x66a0_0000);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_an_error_and_not_absent() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let environment = Environment::of([("NAME", OsString::from_vec(vec![b'a', 0xff]))]);
    assert_eq!(
        environment.variable("NAME").unwrap_err().to_string(),
        "invalid environment variable `NAME=a\u{fffd}`: the value is not Unicode"
    );
    assert_eq!(environment.variable("OTHER").unwrap(), None);
}
