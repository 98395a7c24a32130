//! What a value should be.

use std::cmp::Ordering;
use std::ops::{Range, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};
use std::time::Duration;

use regex::Regex;

use crate::error::on_one_line;
use crate::json::{Number, Value};
use crate::render::duration;

/// What a value should be: a literal, a range, a regular expression, a closure, or a type of the
/// user's own.
///
/// Texts (`str`) are names, operations, URLs and the like; whole numbers (`i64`) are statuses,
/// retries and counts; [`Duration`]s are times; [`Value`]s are annotations and metadata, which may
/// be texts, numbers and booleans. A literal matches what is equal to it, a range what lies in it,
/// a [`Regex`] a text in which it is found, a closure what it returns `true` for. More of them are
/// [functions of this module](crate::expect#functions).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use regex::Regex;
/// use xray_phantom::expect::{Matcher, glob, not};
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().segment("OrdersWorker", |s| s
///     .status(200..300)
///     .duration(..Duration::from_millis(250))
///     .user(Regex::new("^u-[0-9]+$").unwrap())
///     .child(glob("dynamo-*"), |s| s
///         .annotation("items", 1..=5)
///         .annotation("order_id", not("o-2"))
///         .descendant("DynamoDB", |s| s.aws(|a| a.table(|table: &str| table.len() == 6)))));
///
/// /// A text in capital letters.
/// struct Capitals;
///
/// impl Matcher<str> for Capitals {
///     fn matches(&self, found: &str) -> bool {
///         !found.chars().any(char::is_lowercase)
///     }
///
///     fn expected(&self) -> String {
///         "capital letters".to_owned()
///     }
/// }
///
/// let wrong = trace.assert().try_subsegment("SNS", |s| s.name(Capitals).namespace(Capitals));
/// assert!(wrong.unwrap_err().to_string().contains("namespace  expected capital letters, found \"aws\""));
/// ```
pub trait Matcher<T: ?Sized> {
    /// Whether the value is as expected.
    fn matches(&self, found: &T) -> bool;

    /// What is expected, in a few words: `"PutItem"`, `200 to 299`.
    fn expected(&self) -> String;

    /// Why no value at all can be as expected, if that is so. An assertion with such a matcher
    /// fails, whatever there is.
    fn never(&self) -> Option<String> {
        None
    }

    /// Whether every value is as expected: what is negated then can never be.
    fn always(&self) -> bool {
        false
    }

    /// The one text that is expected, if it is one: a failure then tells what comes near it.
    fn literal(&self) -> Option<&str> {
        None
    }
}

/// A closure holds for the value.
impl<T: ?Sized, F: Fn(&T) -> bool> Matcher<T> for F {
    fn matches(&self, found: &T) -> bool {
        self(found)
    }

    fn expected(&self) -> String {
        "what a closure holds for".to_owned()
    }
}

macro_rules! texts {
    ($($text:ty),*) => {
        $(
            impl Matcher<str> for $text {
                fn matches(&self, found: &str) -> bool {
                    **self == *found
                }

                fn expected(&self) -> String {
                    quoted(self)
                }

                fn literal(&self) -> Option<&str> {
                    Some(self)
                }
            }

            impl Matcher<Value<'_>> for $text {
                fn matches(&self, found: &Value<'_>) -> bool {
                    found.as_str().is_some_and(|found| found == **self)
                }

                fn expected(&self) -> String {
                    quoted(self)
                }

                fn literal(&self) -> Option<&str> {
                    Some(self)
                }
            }
        )*
    };
}

texts!(&str, String, &String, Box<str>, std::borrow::Cow<'_, str>);

/// It is found in the text.
impl Matcher<str> for Regex {
    fn matches(&self, found: &str) -> bool {
        self.is_match(found)
    }

    fn expected(&self) -> String {
        format!("a text like /{}/", short(self.as_str()))
    }
}

/// It is found in the text.
impl Matcher<Value<'_>> for Regex {
    fn matches(&self, found: &Value<'_>) -> bool {
        found.as_str().is_some_and(|found| self.is_match(&found))
    }

    fn expected(&self) -> String {
        Matcher::<str>::expected(self)
    }
}

impl Matcher<Value<'_>> for bool {
    fn matches(&self, found: &Value<'_>) -> bool {
        found.as_bool() == Some(*self)
    }

    fn expected(&self) -> String {
        self.to_string()
    }
}

/// The whole number that a value is: 3, 3.0 and 3e0 are the same one.
fn whole(value: &Value<'_>) -> Option<i128> {
    let number = value.as_number().filter(Number::is_integer)?;
    number.scaled(0)
}

macro_rules! integers {
    ($($integer:ty),*) => {
        $(
            impl Matcher<i64> for $integer {
                fn matches(&self, found: &i64) -> bool {
                    i64::try_from(*self).is_ok_and(|expected| expected == *found)
                }

                fn expected(&self) -> String {
                    self.to_string()
                }
            }

            impl Matcher<Value<'_>> for $integer {
                fn matches(&self, found: &Value<'_>) -> bool {
                    whole(found).is_some_and(|found| {
                        i128::try_from(*self).is_ok_and(|expected| expected == found)
                    })
                }

                fn expected(&self) -> String {
                    self.to_string()
                }
            }

            // What is found may be too large for the type of the range, and lie in it all the same.
            ranges!($integer, i64, i128, |found: &i64| Some(i128::from(*found)), wide);
            ranges!($integer, Value<'_>, i128, whole, wide);
        )*
    };
}

/// Ranges of a type as matchers of what may be read as one.
macro_rules! ranges {
    ($bound:ty, $found:ty, $read_as:ty, $read:expr, $widen:expr) => {
        ranges!(one $bound, $found, $read_as, $read, $widen, Range<$bound>, |range: &Range<$bound>| {
            (Some(range.start), Some((range.end, false)))
        });
        ranges!(one $bound, $found, $read_as, $read, $widen, RangeInclusive<$bound>, |range: &RangeInclusive<$bound>| {
            (Some(*range.start()), Some((*range.end(), true)))
        });
        ranges!(one $bound, $found, $read_as, $read, $widen, RangeFrom<$bound>, |range: &RangeFrom<$bound>| {
            (Some(range.start), None)
        });
        ranges!(one $bound, $found, $read_as, $read, $widen, RangeTo<$bound>, |range: &RangeTo<$bound>| {
            (None, Some((range.end, false)))
        });
        ranges!(one $bound, $found, $read_as, $read, $widen, RangeToInclusive<$bound>, |range: &RangeToInclusive<$bound>| {
            (None, Some((range.end, true)))
        });
    };
    (one $bound:ty, $found:ty, $read_as:ty, $read:expr, $widen:expr, $range:ty, $bounds:expr) => {
        impl Matcher<$found> for $range {
            fn matches(&self, found: &$found) -> bool {
                let read: fn(&$found) -> Option<$read_as> = $read;
                read(found).is_some_and(|found| lies_in(&found, $bounds(self), $widen))
            }

            fn expected(&self) -> String {
                bounds(&$bounds(self))
            }

            fn never(&self) -> Option<String> {
                empty(&$bounds(self))
            }
        }
    };
}

/// A least value, and a last one with whether it is a part of the range.
type Bounds<T> = (Option<T>, Option<(T, bool)>);

/// Whether something lies between bounds, which are compared as `widen` gives them.
fn lies_in<T, W: PartialOrd>(found: &W, (from, to): Bounds<T>, widen: fn(T) -> W) -> bool {
    from.is_none_or(|from| widen(from) <= *found)
        && to.is_none_or(|(to, inclusive)| {
            let to = widen(to);
            *found < to || inclusive && *found == to
        })
}

/// Any whole number as one that holds them all.
fn wide<T>(bound: T) -> i128
where
    i128: TryFrom<T>,
{
    i128::try_from(bound).unwrap_or(i128::MAX)
}

fn bounds<T: Shown>(bounds: &Bounds<T>) -> String {
    match bounds {
        (Some(from), Some((to, true))) => format!("{} to {}", from.shown(), to.shown()),
        (Some(from), Some((to, false))) => format!("{} to less than {}", from.shown(), to.shown()),
        (Some(from), None) => format!("at least {}", from.shown()),
        (None, Some((to, true))) => format!("at most {}", to.shown()),
        (None, Some((to, false))) => format!("less than {}", to.shown()),
        (None, None) => "any".to_owned(),
    }
}

fn empty<T: PartialOrd + Shown>(range: &Bounds<T>) -> Option<String> {
    // NaN is the one bound that nothing can be compared with.
    let is_bound = |bound: &T| bound.partial_cmp(bound).is_some();
    let holds_some = match range {
        (Some(from), Some((to, inclusive))) => from < to || *inclusive && from == to,
        (Some(from), None) => is_bound(from),
        (None, Some((to, inclusive))) => is_bound(to) && (*inclusive || !to.is_least()),
        (None, None) => true,
    };
    (!holds_some).then(|| format!("nothing lies in the range {}", bounds(range)))
}

/// A bound, as failures show it.
trait Shown {
    fn shown(&self) -> String;

    /// Whether nothing at all lies below it.
    fn is_least(&self) -> bool {
        false
    }
}

macro_rules! shown {
    ($($number:ty),*) => {
        $(impl Shown for $number {
            fn shown(&self) -> String {
                self.to_string()
            }
        })*
    };
}

shown!(i8, i16, i32, i64, u8, u16, u32, u64, usize, f64);

impl Shown for Duration {
    fn shown(&self) -> String {
        duration(*self)
    }

    fn is_least(&self) -> bool {
        self.is_zero()
    }
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64, usize);

macro_rules! floats {
    ($($float:ty),*) => {
        $(
            impl Matcher<Value<'_>> for $float {
                fn matches(&self, found: &Value<'_>) -> bool {
                    // Both were written down as decimals, and are equal to the last bit where they are
                    // read as the same type: 0.1 as `f32` is another number than 0.1 as `f64`.
                    let read = |found: Number<'_>| found.text().parse::<$float>().ok();
                    let found = found.as_number().and_then(read);
                    found.and_then(|found| found.partial_cmp(self)).is_some_and(Ordering::is_eq)
                }

                fn expected(&self) -> String {
                    self.to_string()
                }

                fn never(&self) -> Option<String> {
                    (!self.is_finite()).then(|| format!("{self} is no number of JSON"))
                }
            }
        )*
    };
}

floats!(f32, f64);
ranges!(
    f64,
    Value<'_>,
    f64,
    |found: &Value<'_>| Some(found.as_number()?.as_f64()),
    |bound| bound
);

impl Matcher<Duration> for Duration {
    fn matches(&self, found: &Duration) -> bool {
        self == found
    }

    fn expected(&self) -> String {
        duration(*self)
    }
}

ranges!(
    Duration,
    Duration,
    Duration,
    |found: &Duration| Some(*found),
    |bound| bound
);

/// A text in quotes, on one line and not too long.
pub(in crate::expect) fn quoted(text: &str) -> String {
    format!("\"{}\"", short(text))
}

/// A text on one line and not too long.
pub(in crate::expect) fn short(text: &str) -> String {
    on_one_line(text, LONGEST)
}

/// How many characters of a value are shown.
const LONGEST: usize = 60;
