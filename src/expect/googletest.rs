//! Matchers of googletest here, and traces there.

use std::fmt;
use std::time::Duration;

use googletest::description::Description;
use googletest::matcher::{Matcher as GoogleMatcher, MatcherBase, MatcherResult};

use crate::expect::matcher::short;
use crate::expect::{Assertion, Matcher};
use crate::json::Value;
use crate::trace::Trace;

/// A matcher of googletest as one of ours: of texts it takes `&str`, of whole numbers `i64`, of
/// times [`Duration`], of annotations [`Value`].
///
/// # Examples
///
/// ```
/// use googletest::matchers::{all, contains_substring, ge, le};
/// use xray_phantom::expect::google;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().segment("OrdersWorker", |s| s
///     .status(google(all!(ge(200), le(299))))
///     .http(|h| h.url(google(contains_substring("orders")))));
/// ```
///
/// ```should_panic
/// use googletest::matchers::ge;
/// use xray_phantom::expect::google;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().segment("OrdersWorker", |s| s.status(google(ge(300))));
/// ```
pub fn google<M>(matcher: M) -> Google<M> {
    Google(matcher)
}

/// See [`google`].
#[derive(Clone, Copy)]
pub struct Google<M>(M);

impl<M> fmt::Debug for Google<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Google")
    }
}

impl<M> Matcher<str> for Google<M>
where
    for<'t> M: GoogleMatcher<&'t str>,
{
    fn matches(&self, found: &str) -> bool {
        self.0.matches(found).is_match()
    }

    fn expected(&self) -> String {
        expected(&GoogleMatcher::<&str>::describe(
            &self.0,
            MatcherResult::Match,
        ))
    }
}

macro_rules! copied {
    ($($found:ty),*) => {
        $(
            impl<M: GoogleMatcher<$found>> Matcher<$found> for Google<M> {
                fn matches(&self, found: &$found) -> bool {
                    self.0.matches(*found).is_match()
                }

                fn expected(&self) -> String {
                    expected(&self.0.describe(MatcherResult::Match))
                }
            }
        )*
    };
}

copied!(i64, Duration);

impl<'a, M: GoogleMatcher<Value<'a>>> Matcher<Value<'a>> for Google<M> {
    fn matches(&self, found: &Value<'a>) -> bool {
        self.0.matches(*found).is_match()
    }

    fn expected(&self) -> String {
        expected(&self.0.describe(MatcherResult::Match))
    }
}

fn expected(description: &Description) -> String {
    short(&format!("what {description}"))
}

/// A chain of assertions as a matcher of googletest, for `verify_that!` and `expect_that!`.
///
/// # Examples
///
/// ```
/// use googletest::prelude::*;
/// use xray_phantom::expect::holds;
///
/// # let trace = xray_phantom::trace::sample();
/// # fn test(trace: &xray_phantom::Trace) -> googletest::Result<()> {
/// verify_that!(trace, holds(|trace| trace
///     .segment("OrdersWorker", |s| s.status(200))
///     .subsegment_count("DynamoDB", 1)))
/// # }
/// # test(&trace).unwrap();
/// ```
///
/// ```should_panic
/// use googletest::prelude::*;
/// use xray_phantom::expect::holds;
///
/// # let trace = xray_phantom::trace::sample();
/// # fn test(trace: &xray_phantom::Trace) -> googletest::Result<()> {
/// verify_that!(trace, holds(|trace| trace.lacks_subsegment("DynamoDB")))
/// # }
/// # test(&trace).unwrap();
/// ```
pub fn holds<F>(check: F) -> Holds<F>
where
    F: for<'a> Fn(Assertion<'a>) -> Assertion<'a>,
{
    Holds(check)
}

/// See [`holds`].
pub struct Holds<F>(F);

impl<F> fmt::Debug for Holds<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holds")
    }
}

impl<F> MatcherBase for Holds<F> {}

impl<F> GoogleMatcher<&Trace> for Holds<F>
where
    F: for<'a> Fn(Assertion<'a>) -> Assertion<'a>,
{
    fn matches(&self, trace: &Trace) -> MatcherResult {
        trace.try_assert_all(&self.0).is_ok().into()
    }

    fn describe(&self, sense: MatcherResult) -> Description {
        Description::new().text(match sense {
            MatcherResult::Match => "is as the chain of assertions says",
            MatcherResult::NoMatch => "is not as the chain of assertions says",
        })
    }

    fn explain_match(&self, trace: &Trace) -> Description {
        match trace.try_assert_all(&self.0) {
            Ok(()) => Description::new().text("which is so"),
            Err(mismatches) => {
                let texts: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
                Description::new().text(format!("which is not so:\n{}", texts.join("\n\n")))
            }
        }
    }
}
