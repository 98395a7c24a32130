//! What an exception should look like.

use std::borrow::Cow;
use std::fmt;

use crate::expect::Matcher;
use crate::expect::log::{Log, Said, compared, holds, wanted};
use crate::expect::matcher::quoted;
use crate::model::{Cause, Exception};
use crate::trace::Node;

/// The expectations of one exception of a cause. Each step adds one.
#[must_use = "expectations are checked when they are returned to the chain"]
pub struct ExpectException<'a> {
    exception: Exception<'a>,
    /// All exceptions of the same cause, and which of them it is.
    all: Vec<Exception<'a>>,
    at: usize,
    node: Node<'a>,
    log: Log<'a>,
}

impl fmt::Debug for ExpectException<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expectations of an exception {}", self.exception.json())
    }
}

impl<'a> ExpectException<'a> {
    /// The first exception of a cause, or why there is none.
    pub(in crate::expect) fn first(
        node: Node<'a>,
        log: Log<'a>,
    ) -> Result<ExpectException<'a>, String> {
        let id = match node.entity().cause() {
            None => return Err("expected an exception, found no cause".to_owned()),
            Some(Cause::Exceptions(cause)) => {
                let all = cause.exceptions().unwrap_or_default();
                match (all.first(), cause.id()) {
                    (Some(_), _) => return Ok(ExpectException::at(all, 0, node, log)),
                    (None, Some(id)) => id,
                    (None, None) => {
                        return Err("expected an exception, found a cause without one".to_owned());
                    }
                }
            }
            Some(Cause::Reference(id)) => id,
        };
        match referred(node, &id) {
            Some((all, at)) => Ok(ExpectException::at(all, at, node, log)),
            None => Err(format!(
                "expected an exception, found a reference to {}, which is not in this trace",
                quoted(&id)
            )),
        }
    }

    fn at(all: Vec<Exception<'a>>, at: usize, node: Node<'a>, log: Log<'a>) -> ExpectException<'a> {
        ExpectException {
            exception: all[at],
            all,
            at,
            node,
            log,
        }
    }

    pub(in crate::expect) fn into_log(self) -> Log<'a> {
        self.log
    }

    /// Its type.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.type_name("PaymentError")));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.type_name("BadGateway")));
    /// ```
    pub fn type_name(mut self, expected: impl Matcher<str>) -> Self {
        let (what, found) = (self.named("type"), self.exception.type_name());
        self.log.text(Some(self.node), what, found, &expected);
        self
    }

    /// Its message.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::expect::contains;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.message(contains("declined"))));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.message("no answer")));
    /// ```
    pub fn message(mut self, expected: impl Matcher<str>) -> Self {
        let (what, found) = (self.named("message"), self.exception.message());
        self.log.text(Some(self.node), what, found, &expected);
        self
    }

    /// Whether a service downstream reported it. One that says nothing about it was not.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.remote(false)));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.remote(true)));
    /// ```
    pub fn remote(mut self, expected: bool) -> Self {
        let found = self.exception.remote().unwrap_or(false);
        let what = self.named("remote");
        self.log.note(Some(self.node), found == expected, || {
            if found == expected {
                Said::right(what, found.to_string())
            } else {
                Said::wrong(what, format!("expected {expected}, found {found}"))
            }
        });
        self
    }

    /// One of the labels, or of the files, of its stack is like this.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.frame("payments::charge").frame("src/payments.rs")));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.frame("orders::place")));
    /// ```
    pub fn frame(mut self, expected: impl Matcher<str>) -> Self {
        let frames = self.exception.stack().unwrap_or_default();
        let texts = || {
            frames
                .iter()
                .flat_map(|frame| [frame.label(), frame.path()])
                .flatten()
        };
        let found = texts().find(|text| holds(Some(&**text), &expected));
        let what = self.named("frame");
        self.log
            .note(Some(self.node), found.is_some(), || match &found {
                Some(found) => Said::right(what, quoted(found)),
                None => {
                    let first: Option<Cow<'_, str>> = texts().next();
                    let Some(first) = first else {
                        return compared(what, None, &expected, quoted);
                    };
                    let frames = crate::error::count(frames.len() as u64, "frame");
                    Said::wrong(
                        what,
                        format!(
                            "expected {}, found {frames}, the first {}",
                            wanted(&expected),
                            quoted(&first)
                        ),
                    )
                }
            });
        self
    }

    /// The exception that caused it looks like this: the one whose id is its `cause`, or where it
    /// names none, the next one of the list.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.caused_by(|e| e.message("no answer"))));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.caused_by(|e| e.caused_by(|e| e)))); // there are two
    /// ```
    pub fn caused_by(
        mut self,
        expect: impl Fn(ExpectException<'a>) -> ExpectException<'a>,
    ) -> Self {
        let next = match self.exception.cause() {
            Some(id) => self
                .all
                .iter()
                .position(|exception| exception.id().as_deref() == Some(&*id))
                .map(|at| (self.all.clone(), at))
                .or_else(|| referred(self.node, &id)),
            None => (self.at + 1 < self.all.len()).then(|| (self.all.clone(), self.at + 1)),
        };
        match next {
            Some((all, at)) => {
                let begun = ExpectException::at(all, at, self.node, self.log.begin());
                self.log.add(expect(begun).into_log());
            }
            None => {
                let what = self.named("caused by");
                self.log.note(Some(self.node), false, || {
                    Said::wrong(what, "expected an exception, found none")
                });
            }
        }
        self
    }

    /// `cause.exceptions[1].type`
    fn named(&self, field: &str) -> String {
        format!("cause.exceptions[{}].{field}", self.at)
    }
}

/// The exception with this id, wherever it is in the trace: all of its cause, and which it is.
fn referred<'a>(node: Node<'a>, id: &str) -> Option<(Vec<Exception<'a>>, usize)> {
    node.trace_nodes().find_map(|other| {
        let Some(Cause::Exceptions(cause)) = other.entity().cause() else {
            return None;
        };
        let all = cause.exceptions()?;
        // The Node SDK refers to the entity and not to its exception.
        let is_entity = other.entity().id().as_deref() == Some(id) && !other.is(node);
        let at = all
            .iter()
            .position(|exception| exception.id().as_deref() == Some(id))
            .or((is_entity && !all.is_empty()).then_some(0))?;
        Some((all, at))
    })
}
