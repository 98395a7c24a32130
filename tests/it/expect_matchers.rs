//! What each matcher takes and what it does not, at its bounds; which candidate is the closest.
#![expect(
    clippy::needless_pass_by_value,
    reason = "a matcher is written where it is checked"
)]

use std::time::Duration;

use regex::Regex;
use xray_phantom::expect::{
    Matcher, any, contains, described, ends_with, glob, not, one_of, regex, starts_with,
};
use xray_phantom::json::Document;
use xray_phantom::{FakeDaemon, Recorder, Trace, block_on, in_subsegment_infallible};

#[track_caller]
fn text(matcher: impl Matcher<str>, takes: &[&str], leaves: &[&str]) {
    let never = matcher.never();
    assert_eq!(never, None, "{}", matcher.expected());
    for found in takes {
        assert!(matcher.matches(found), "{found}: {}", matcher.expected());
    }
    for found in leaves {
        assert!(!matcher.matches(found), "{found}: {}", matcher.expected());
    }
}

#[track_caller]
fn value(
    matcher: impl for<'a> Matcher<xray_phantom::json::Value<'a>>,
    takes: &[&str],
    leaves: &[&str],
) {
    assert_eq!(matcher.never(), None, "{}", matcher.expected());
    for (founds, is_taken) in [(takes, true), (leaves, false)] {
        for found in founds {
            let document = Document::parse(found).unwrap();
            let is_like = matcher.matches(&document.root());
            assert_eq!(is_like, is_taken, "{found}: {}", matcher.expected());
        }
    }
}

#[track_caller]
fn number(matcher: impl Matcher<i64>, takes: &[i64], leaves: &[i64]) {
    assert_eq!(matcher.never(), None, "{}", matcher.expected());
    for found in takes {
        assert!(matcher.matches(found), "{found}: {}", matcher.expected());
    }
    for found in leaves {
        assert!(!matcher.matches(found), "{found}: {}", matcher.expected());
    }
}

#[test]
fn texts() {
    text("a", &["a"], &["", "A", "aa"]);
    text("a".to_owned(), &["a"], &["b"]);
    text(contains("b"), &["b", "abc"], &["", "ac"]);
    text(starts_with("a"), &["a", "ab"], &["", "ba"]);
    text(ends_with("b"), &["b", "ab"], &["", "ba"]);
    text(glob("a*c"), &["ac", "abc"], &["abcd", "xabc", "a"]);
    text(regex("^a+$"), &["a", "aa"], &["", "ab"]);
    text(Regex::new("^a+$").unwrap(), &["a", "aa"], &["", "ab"]);
    text(not("a"), &["b", ""], &["a"]);
    text(one_of(["a", "b"]), &["a", "b"], &["c", ""]);
    text(any(), &["", "a"], &[]);
    text(described("a", starts_with("a")), &["ab"], &["b"]);
    text(|found: &str| found.len() == 2, &["ab"], &["a"]);
}

#[test]
fn values() {
    let others = ["null", "1", "[]", "{}"];
    value("a", &[r#""a""#, r#""\u0061""#], &[r#""b""#, "1", "null"]);
    value("1", &[r#""1""#], &["1"]);
    value(true, &["true"], &["false", "1", r#""true""#]);
    value(false, &["false"], &["true", "0", "null"]);
    value(
        3,
        &["3", "3.0", "3e0"],
        &["4", "-3", "3.5", r#""3""#, "true"],
    );
    value(3_u8, &["3"], &["4", "259"]);
    value(-3_i8, &["-3"], &["3", "253"]);
    value(
        u64::MAX,
        &["18446744073709551615"],
        &["18446744073709551614", "-1"],
    );
    value(2.5, &["2.5", "25e-1"], &["2.4", "2", r#""2.5""#]);
    value(1..3, &["1", "2"], &["0", "3", r#""1""#, "1.5"]);
    value(1..=3, &["1", "3"], &["0", "4"]);
    // A literal is an `i32`, and what is found may be larger.
    value(2.., &["2", "3", "5000000000"], &["1", "-5000000000"]);
    value(..2, &["-5000000000"], &["5000000000"]);
    value(..300_u64, &["299", "-1"], &["300", "18446744073709551615"]);
    value(..2, &["1", "-1"], &["2"]);
    value(..=2, &["2"], &["3"]);
    value(0.5..1.5, &["0.5", "1"], &["0.4", "1.5", r#""1""#]);
    for like in [contains("a"), regex("a"), glob("*a*")] {
        value(like, &[r#""bab""#], &[r#""b""#, "1", "null", r#"["a"]"#]);
    }
    value(
        Regex::new("^a").unwrap(),
        &[r#""ab""#],
        &[r#""b""#, "1", "null"],
    );
    value(any(), &others, &[]);
    value(not("a"), &["1", r#""b""#], &[r#""a""#]);
    value(one_of([1, 2]), &["1", "2"], &["3"]);
}

#[test]
#[cfg(feature = "googletest")]
fn those_of_googletest() {
    use googletest::matchers as theirs;
    use xray_phantom::expect::google;

    text(google(theirs::starts_with("a")), &["ab"], &["ba", ""]);
    number(google(theirs::gt(2)), &[3], &[2]);
    let is_text = || {
        let is_text = |found: xray_phantom::json::Value<'_>| found.as_str().is_some();
        google(theirs::predicate(is_text))
    };
    let trace = xray_phantom::trace::sample();
    let assert = trace.assert();
    let annotated = |key| assert.try_subsegment("dynamo-put", |s| s.annotation(key, is_text()));
    assert!(annotated("order_id").is_ok());
    assert!(annotated("items").is_err());
}

#[test]
fn numbers() {
    number(3, &[3], &[2, 4, -3]);
    number(3_usize, &[3], &[4]);
    number(u64::MAX, &[], &[-1, i64::MAX]);
    number(1..3, &[1, 2], &[0, 3]);
    number(1..=3, &[1, 3], &[0, 4]);
    number(3..=3, &[3], &[2, 4]);
    number(2.., &[2, i64::MAX], &[1, i64::MIN]);
    number(..2, &[1, i64::MIN], &[2]);
    number(..=2, &[2], &[3]);
    number(0_u8..=255, &[0, 255], &[-1, 256]);
    number(|found: &i64| found % 2 == 0, &[2], &[1]);
    number(not(1..3), &[0, 3], &[1]);
    // A range of nothing is said to be one.
    let never = |matcher: &dyn Matcher<i64>| matcher.never();
    let nothing = |range: &str| Some(format!("nothing lies in the range {range}"));
    assert_eq!(never(&(3..3)), nothing("3 to less than 3"));
    #[expect(clippy::reversed_empty_ranges, reason = "what is said of one")]
    let reversed = (3..2, 3..=2);
    assert_eq!(never(&reversed.0), nothing("3 to less than 2"));
    assert_eq!(never(&reversed.1), nothing("3 to 2"));
}

#[test]
fn what_wraps_a_matcher_that_nothing_can_match_cannot_match_either() {
    let never = |matcher: &dyn Matcher<str>| matcher.never();
    let nothing = Some("an empty pattern matches no name: write `*` for any".to_owned());
    assert_eq!(never(&glob("")), nothing);
    assert_eq!(never(&not(glob(""))), nothing);
    assert_eq!(never(&described("a name", glob(""))), nothing);
    assert_eq!(never(&one_of([glob(""), glob("")])), nothing);
    // One that can never be is a mistake beside others too: that none is like them would say little.
    assert_eq!(never(&one_of([glob(""), glob("a")])), nothing);
    assert_eq!(never(&one_of([glob("b"), glob("a")])), None);
    let trace = two();
    let lacks = trace
        .assert()
        .try_lacks_subsegment(described("a name", glob("")));
    let text = lacks.unwrap_err().to_string();
    assert!(
        text.contains("cannot be: an empty pattern matches no name"),
        "{text}"
    );
}

#[test]
fn times() {
    let seconds = Duration::from_secs;
    let takes = |matcher: &dyn Matcher<Duration>, found: u64| matcher.matches(&seconds(found));
    assert!(takes(&seconds(1), 1) && !takes(&seconds(1), 2));
    let range = seconds(1)..seconds(3);
    assert!(takes(&range, 1) && takes(&range, 2) && !takes(&range, 3) && !takes(&range, 0));
    assert!(takes(&(seconds(1)..=seconds(1)), 1) && !takes(&(seconds(1)..=seconds(1)), 2));
    assert!(takes(&(..=seconds(1)), 1) && !takes(&(..seconds(1)), 1));
    assert!(takes(&(seconds(1)..), 1) && !takes(&(seconds(1)..), 0));
}

/// Two subsegments `put`: one with a child `DynamoDB`, which is annotated, and one without.
fn two() -> Trace {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    block_on(recorder.in_segment_infallible("api", async |_| {
        in_subsegment_infallible("put", async |_| {
            in_subsegment_infallible("call", async |call| {
                call.annotate("a", 1).annotate("b", 2).annotate("c", 3);
            })
            .await;
        })
        .await;
        in_subsegment_infallible("put", async |_| ()).await;
    }));
    block_on(daemon.expect_one_trace())
}

#[test]
fn one_that_fits_is_found_beside_another_with_more_that_is_right() {
    // Of the first more is right, and something is wrong.
    two().assert().subsegment("put", |s| {
        s.each_child_if_any("call", |s| {
            s.annotation("a", 1)
                .annotation("b", 2)
                .annotation("c", 3)
                .faulted()
        })
    });
}

#[test]
fn the_closest_has_the_most_that_is_right_though_more_of_it_is_wrong() {
    let mismatch = two()
        .assert()
        .try_subsegment("put", |s| {
            s.child("call", |s| {
                s.annotation("a", 1)
                    .annotation("b", 2)
                    .annotation("c", 4)
                    .faulted()
            })
        })
        .unwrap_err();
    let text = mismatch.to_string();
    assert!(
        text.starts_with("api > put > call is not as expected\n"),
        "{text}"
    );
}

#[test]
fn a_range_with_a_bound_that_is_no_number_and_one_below_no_time_hold_nothing() {
    let never = |matcher: &dyn for<'a> Matcher<xray_phantom::json::Value<'a>>| matcher.never();
    let nothing = |range: &str| Some(format!("nothing lies in the range {range}"));
    assert_eq!(never(&(..f64::NAN)), nothing("less than NaN"));
    assert_eq!(never(&(..=f64::NAN)), nothing("at most NaN"));
    assert_eq!(never(&(f64::NAN..)), nothing("at least NaN"));
    assert_eq!(never(&not(f64::NAN..)), nothing("at least NaN"));
    assert_eq!(never(&(0.5..)), None);
    assert_eq!(never(&(..0.5)), None);
    let never = |matcher: &dyn Matcher<Duration>| matcher.never();
    assert_eq!(never(&(..Duration::ZERO)), nothing("less than 0 ns"));
    assert_eq!(never(&(..=Duration::ZERO)), None);
    assert_eq!(never(&(..Duration::from_nanos(1))), None);
}

#[test]
fn floats_are_equal_as_the_type_that_they_are_read_as() {
    value(0.1_f32, &["0.1", "1e-1"], &["0.2", "0", r#""0.1""#]);
    value(0.1, &["0.1"], &["0.10000000149011612"]);
    value(0.0, &["0", "-0.0", "-0"], &["0.1"]);
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    recorder.in_segment_infallible_sync("api", |segment| {
        segment.annotate("ratio", 0.1_f32);
    });
    let trace = block_on(daemon.expect_one_trace());
    trace
        .assert()
        .segment("api", |s| s.annotation("ratio", 0.1_f32));
}

/// Writes what it likes.
struct Loud(bool);

impl Matcher<str> for Loud {
    fn matches(&self, _: &str) -> bool {
        false
    }

    fn expected(&self) -> String {
        "a\n\u{1b}[31m\u{202e}".repeat(1000)
    }

    fn never(&self) -> Option<String> {
        self.0.then(|| Matcher::<str>::expected(self))
    }
}

#[test]
fn what_a_matcher_of_the_user_says_is_visible_and_bounded() {
    let trace = two();
    let assert = trace.assert();
    for is_never in [false, true] {
        for mismatch in [
            assert.try_segment("api", |s| s.name(Loud(is_never))),
            assert.try_segment(Loud(is_never), |s| s),
            assert.try_subsegment_count(Loud(is_never), 1),
            assert.try_before(Loud(is_never), "api"),
            assert.try_before("api", Loud(is_never)),
            assert.try_max_concurrency(Loud(is_never), 1),
        ] {
            let text = mismatch.unwrap_err().to_string();
            let is_hostile = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
            assert!(!text.contains(is_hostile), "{text:?}");
            assert!(text.chars().count() < 1500, "{text}");
        }
    }
}

#[test]
fn what_negates_a_matcher_of_everything_cannot_match() {
    #[track_caller]
    fn check(matcher: impl Matcher<str> + Clone + 'static) {
        let what = "every value is excluded";
        assert_eq!(matcher.never().as_deref(), Some(what));
        let trace = two();
        let checked = [
            trace.assert().try_lacks_subsegment(matcher.clone()),
            trace.assert().try_subsegment_count(matcher, 0),
        ];
        for checked in checked {
            let text = checked.unwrap_err().to_string();
            let words: Vec<&str> = text.split_whitespace().collect();
            assert!(words.join(" ").contains(what), "{text}");
        }
    }
    check(not(any()));
    check(not(glob("**")));
    check(not(contains("")));
    check(not(starts_with("")));
    check(not(regex("")));
    check(not(described("a name", any())));
    check(not(one_of([glob("a"), glob("*")])));
    for some in [glob("a*"), contains("a"), regex("^$")] {
        assert_eq!(Matcher::<str>::never(&not(some)), None);
    }
    let of_text = |matcher: &dyn Matcher<str>| matcher.always();
    assert!(of_text(&glob("*")) && !of_text(&glob("")) && !of_text(&"a"));
}

#[test]
fn an_empty_name_is_refused_however_it_is_wrapped() {
    let trace = two();
    let checked = [
        trace.assert().try_lacks_subsegment(""),
        trace.assert().try_lacks_subsegment(described("x", "")),
        trace.assert().try_lacks_subsegment(one_of([""])),
        trace.assert().try_subsegment_count(one_of([""]), 0),
    ];
    for checked in checked {
        let text = checked.unwrap_err().to_string();
        assert!(text.contains("an empty name names nothing"), "{text}");
    }
}
