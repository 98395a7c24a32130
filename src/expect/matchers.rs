//! Matchers that are no literals.

use std::fmt;

use crate::expect::Matcher;
use crate::expect::matcher::{quoted, short};
use crate::json::Value;
use crate::model::Glob;

/// Any value: what is asked is only that there is one.
///
/// ```
/// use xray_phantom::expect::any;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.request_id(any())));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::any;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("DynamoDB", |s| s.user(any())); // it has none
/// ```
#[must_use]
pub fn any() -> Any {
    Any
}

/// See [`any`].
#[derive(Clone, Copy, Debug)]
pub struct Any;

impl<T: ?Sized> Matcher<T> for Any {
    fn matches(&self, _: &T) -> bool {
        true
    }

    fn expected(&self) -> String {
        "any".to_owned()
    }

    fn always(&self) -> bool {
        true
    }
}

/// Any value but one like this. There must be one.
///
/// ```
/// use xray_phantom::expect::not;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.region(not("us-east-1"))));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::not;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.region(not("eu-west-1"))));
/// ```
#[must_use]
pub fn not<M>(matcher: M) -> Not<M> {
    Not(matcher)
}

/// See [`not`].
#[derive(Clone, Copy, Debug)]
pub struct Not<M>(M);

impl<T: ?Sized, M: Matcher<T>> Matcher<T> for Not<M> {
    fn matches(&self, found: &T) -> bool {
        !self.0.matches(found)
    }

    fn expected(&self) -> String {
        format!("anything but {}", self.0.expected())
    }

    /// What can never be is a mistake here too.
    fn never(&self) -> Option<String> {
        let nothing = || "every value is excluded".to_owned();
        self.0.never().or_else(|| self.0.always().then(nothing))
    }
}

/// A value that is like one of these.
///
/// ```
/// use xray_phantom::expect::one_of;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.region(one_of(["eu-west-1", "eu-central-1"]))));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::one_of;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.region(one_of(["us-east-1", "us-west-2"]))));
/// ```
pub fn one_of<M>(matchers: impl IntoIterator<Item = M>) -> OneOf<M> {
    OneOf(matchers.into_iter().collect())
}

/// See [`one_of`].
#[derive(Clone, Debug)]
pub struct OneOf<M>(Vec<M>);

impl<T: ?Sized, M: Matcher<T>> Matcher<T> for OneOf<M> {
    fn matches(&self, found: &T) -> bool {
        self.0.iter().any(|matcher| matcher.matches(found))
    }

    fn expected(&self) -> String {
        if self.0.is_empty() {
            return "one of none".to_owned();
        }
        let each: Vec<String> = self.0.iter().map(Matcher::expected).collect();
        short(&each.join(" or "))
    }

    fn never(&self) -> Option<String> {
        if self.0.is_empty() {
            return Some("one of none was asked for".to_owned());
        }
        // One that can never be is a mistake, though others can.
        self.0.iter().find_map(Matcher::never)
    }

    fn always(&self) -> bool {
        self.0.iter().any(Matcher::always)
    }

    fn literal(&self) -> Option<&str> {
        match &*self.0 {
            [only] => only.literal(),
            _ => None,
        }
    }
}

/// What a matcher expects, in other words.
///
/// ```
/// use xray_phantom::expect::described;
///
/// # let trace = xray_phantom::trace::sample();
/// let wrong = trace.assert().try_segment("OrdersWorker", |s| {
///     s.user(described("a user of the test", |user: &str| user.starts_with("test-")))
/// });
/// assert!(wrong.unwrap_err().to_string().contains("user  expected a user of the test, found \"u-1\""));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::described;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().segment("OrdersWorker", |s| s.user(described("nobody", |user: &str| user.is_empty())));
/// ```
pub fn described<M>(expected: impl Into<String>, matcher: M) -> Described<M> {
    Described {
        expected: expected.into(),
        matcher,
    }
}

/// See [`described`].
#[derive(Clone)]
pub struct Described<M> {
    expected: String,
    matcher: M,
}

impl<M> fmt::Debug for Described<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expected)
    }
}

impl<T: ?Sized, M: Matcher<T>> Matcher<T> for Described<M> {
    fn matches(&self, found: &T) -> bool {
        self.matcher.matches(found)
    }

    fn expected(&self) -> String {
        short(&self.expected)
    }

    fn never(&self) -> Option<String> {
        self.matcher.never()
    }

    fn always(&self) -> bool {
        self.matcher.always()
    }

    fn literal(&self) -> Option<&str> {
        self.matcher.literal()
    }
}

/// A text that a pattern describes.
#[derive(Clone, Debug)]
pub struct Like {
    pattern: Pattern,
    text: String,
}

#[derive(Clone, Debug)]
enum Pattern {
    Contains,
    EndsWith,
    Glob(Glob),
    /// The expression, or why it is none.
    Regex(Result<regex::Regex, String>),
    StartsWith,
}

/// A text that holds this one.
///
/// ```
/// use xray_phantom::expect::contains;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("users-db", |s| s.sql(|q| q.query(contains("FROM users"))));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::contains;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("users-db", |s| s.sql(|q| q.query(contains("FROM orders"))));
/// ```
pub fn contains(text: impl Into<String>) -> Like {
    Like::new(Pattern::Contains, text.into())
}

/// A text that begins like this.
///
/// ```
/// use xray_phantom::expect::starts_with;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().segment("OrdersWorker", |s| s.http(|h| h.url(starts_with("https://"))));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::starts_with;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().segment("OrdersWorker", |s| s.http(|h| h.url(starts_with("http://"))));
/// ```
pub fn starts_with(text: impl Into<String>) -> Like {
    Like::new(Pattern::StartsWith, text.into())
}

/// A text that ends like this.
///
/// ```
/// use xray_phantom::expect::ends_with;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().segment("OrdersWorker", |s| s.http(|h| h.url(ends_with("/orders"))));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::ends_with;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().segment("OrdersWorker", |s| s.http(|h| h.url(ends_with("/users"))));
/// ```
pub fn ends_with(text: impl Into<String>) -> Like {
    Like::new(Pattern::EndsWith, text.into())
}

/// A text that is like this from end to end; `*` stands for any run of characters, none included.
///
/// ```
/// use xray_phantom::expect::glob;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment(glob("dynamo-*"), |s| s.annotation("order_id", glob("o-*")));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::glob;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment(glob("dynamo"), |s| s); // it is asked from end to end
/// ```
pub fn glob(pattern: impl Into<String>) -> Like {
    let text = pattern.into();
    Like::new(Pattern::Glob(Glob::new(&text)), text)
}

/// A text in which this regular expression is found; an assertion with one that cannot be read
/// fails and says why. The syntax is that of the crate `regex`.
///
/// ```
/// use xray_phantom::expect::regex;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("dynamo-put", |s| s.annotation("order_id", regex("^o-[0-9]+$")));
/// ```
///
/// ```should_panic
/// use xray_phantom::expect::regex;
///
/// # let trace = xray_phantom::trace::sample();
/// trace.assert().subsegment("dynamo-put", |s| s.annotation("order_id", regex("^[0-9]+$")));
/// ```
pub fn regex(pattern: impl Into<String>) -> Like {
    let text = pattern.into();
    let read = regex::Regex::new(&text).map_err(|error| error.to_string());
    Like::new(Pattern::Regex(read), text)
}

impl Like {
    fn new(pattern: Pattern, text: String) -> Like {
        Like { pattern, text }
    }
}

impl Matcher<str> for Like {
    fn matches(&self, found: &str) -> bool {
        match &self.pattern {
            Pattern::Contains => found.contains(&self.text),
            Pattern::EndsWith => found.ends_with(&self.text),
            Pattern::Glob(glob) => glob.matches(found),
            Pattern::Regex(regex) => regex.as_ref().is_ok_and(|regex| regex.is_match(found)),
            Pattern::StartsWith => found.starts_with(&self.text),
        }
    }

    fn expected(&self) -> String {
        match &self.pattern {
            Pattern::Contains => format!("a text that holds {}", quoted(&self.text)),
            Pattern::EndsWith => format!("a text that ends with {}", quoted(&self.text)),
            Pattern::Glob(_) => format!("a text like {}", quoted(&self.text)),
            Pattern::Regex(_) => format!("a text like /{}/", short(&self.text)),
            Pattern::StartsWith => format!("a text that begins with {}", quoted(&self.text)),
        }
    }

    fn never(&self) -> Option<String> {
        match &self.pattern {
            Pattern::Glob(_) if self.text.is_empty() => {
                Some("an empty pattern matches no name: write `*` for any".to_owned())
            }
            Pattern::Regex(Err(why)) => {
                // The last line says it; those before it point at the place.
                let why = why.lines().last().unwrap_or_default();
                let why = why.strip_prefix("error: ").unwrap_or(why);
                let expression = short(&self.text);
                Some(format!(
                    "/{expression}/ is no regular expression: {}",
                    short(why)
                ))
            }
            _ => None,
        }
    }

    fn always(&self) -> bool {
        match &self.pattern {
            Pattern::Glob(_) => !self.text.is_empty() && self.text.bytes().all(|byte| byte == b'*'),
            Pattern::Contains | Pattern::EndsWith | Pattern::StartsWith | Pattern::Regex(_) => {
                self.text.is_empty()
            }
        }
    }
}

impl Matcher<Value<'_>> for Like {
    fn matches(&self, found: &Value<'_>) -> bool {
        let text = found.as_str();
        text.is_some_and(|found| Matcher::<str>::matches(self, &found))
    }

    fn expected(&self) -> String {
        Matcher::<str>::expected(self)
    }

    fn never(&self) -> Option<String> {
        Matcher::<str>::never(self)
    }
}
