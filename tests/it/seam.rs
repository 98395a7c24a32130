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

#[test]
fn one_in_twenty_random_chances_is_below_five_percent() {
    const DRAWS: u32 = 100_000;
    let ids = Ids::random();
    let drawn: Vec<f64> = (0..DRAWS).map(|_| ids.chance()).collect();
    assert!(drawn.iter().all(|chance| (0.0..1.0).contains(chance)));
    for twentieth in 0..20 {
        let from = f64::from(twentieth) / 20.0;
        let within = drawn
            .iter()
            .filter(|chance| (from..from + 0.05).contains(*chance));
        // 5,000 are expected; 69 is the standard deviation, and this is more than 8 of them.
        let within = within.count();
        assert!((4_400..5_600).contains(&within), "{within} from {from}");
    }
    assert_ne!(Ids::random().chance().to_bits(), ids.chance().to_bits());
}

#[test]
fn sequential_chances_are_the_same_on_every_run_and_even() {
    let (ids, again) = (Ids::sequential(), Ids::sequential());
    assert_eq!(ids.chance().to_string(), "0.6180339887498948");
    assert_eq!(ids.clone().chance().to_string(), "0.2360679774997897");
    assert_eq!(again.chance().to_string(), "0.6180339887498948");

    for (percent, rate) in [(1, 0.01), (5, 0.05), (50, 0.5), (100, 1.0)] {
        let chances = Ids::sequential();
        let mut below = 0;
        for draws in 1..=20_000 {
            below += i32::from(chances.chance() < rate);
            let off = below * 100 - draws * percent;
            assert!(off.abs() <= 300, "{below} of {draws} are below {percent} %");
        }
    }
    assert!((0..1_000).all(|_| ids.chance() >= 0.0));
}

#[test]
fn chance_does_not_move_the_ids() {
    let ids = Ids::sequential();
    assert_eq!(ids.entity_id().to_string(), "0000000000000001");
    ids.chance();
    assert_eq!(ids.entity_id().to_string(), "0000000000000002");
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
