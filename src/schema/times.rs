//! When an entity began and ended.

use crate::json::{Kind, Value};
use crate::model::Timestamp;
use crate::schema::Rule;
use crate::schema::entity::{Facts, what};
use crate::schema::fields::Fact;
use crate::schema::judge::Judge;

/// Judges the times of an entity.
pub(in crate::schema) fn judge_times<'a>(judge: &mut Judge<'a>, facts: &Facts<'a>) {
    let [start, end] = [(Fact::Start, "start_time"), (Fact::End, "end_time")].map(|(fact, key)| {
        let value = facts
            .get(fact)
            .filter(|value| value.kind() == Kind::Number)?;
        time_range(judge, value, key);
        Some(value)
    });
    if let (Some(start), Some(end)) = (start, end)
        && is_before(end, start)
    {
        judge.report(Rule::TimeOrder, end, || {
            let number = |value: Value<'_>| value.as_number().map(|number| number.as_f64());
            let why = match (number(start), number(end)) {
                (_, Some(0.0)) => "the end was never set",
                (Some(LATEST..), Some(..LATEST)) => "the two are in different units",
                _ => "the clock was set back while it ran",
            };
            format!(
                "{why}: `end_time` {end} is before `start_time` \
                {start}; measure durations with a monotonic clock"
            )
        });
    }
    if let (Some(_), true) = (end, facts.is_true(Fact::InProgress)) {
        let Some(value) = facts.get(Fact::InProgress) else {
            unreachable!("it was just seen to be true")
        };
        judge.report(Rule::OpenAndEnded, value, || {
            format!(
                "it was closed, and is still marked as open: {} has an `end_time` and \
                `in_progress: true`; write one of them",
                what(facts)
            )
        });
    }
}

fn time_range<'a>(judge: &mut Judge<'a>, value: Value<'a>, key: &str) {
    let Some(number) = value.as_number() else {
        return;
    };
    if plain_digits(value.raw()).is_some_and(|whole| whole <= SECONDS_DIGITS) {
        return;
    }
    let seconds = number.as_f64();
    if seconds < 0.0 {
        judge.report(Rule::TimeRange, value, || {
            format!(
                "a time that was never set was sent: `{key}` is {value}, before 1970; write \
                epoch seconds"
            )
        });
    } else if seconds >= LATEST {
        let unit = match seconds {
            ..1e14 => "milliseconds",
            ..1e17 => "microseconds",
            _ => "nanoseconds",
        };
        judge.report(Rule::TimeRange, value, || {
            format!(
                "a time in {unit} was sent: `{key}` is {value}; write epoch seconds, such as \
                1721763840.25"
            )
        });
    }
}

/// Whether one time is before another; `false` where one is beyond reckoning.
fn is_before(earlier: Value<'_>, later: Value<'_>) -> bool {
    let (raw, other) = (earlier.raw(), later.raw());
    // With as many digits before the point, the texts are in the order of the numbers.
    if let (Some(one), Some(two)) = (plain_digits(raw), plain_digits(other))
        && one == two
        && raw >= other
    {
        return false;
    }
    let time = |value: Value<'_>| value.as_number().and_then(Timestamp::from_seconds);
    matches!((time(earlier), time(later)), (Some(earlier), Some(later)) if earlier < later)
}

/// How many digits stand before the point of a number that has no sign and no exponent.
fn plain_digits(number: &str) -> Option<usize> {
    let mut whole = number.len();
    for (at, byte) in number.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {}
            b'.' => whole = at,
            _ => return None,
        }
    }
    Some(whole)
}

/// Digits of epoch seconds up to the year 5138.
const SECONDS_DIGITS: usize = 11;
/// The year 5138 in seconds, 1973 in milliseconds.
const LATEST: f64 = 1e11;
