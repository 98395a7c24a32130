//! The chain that begins at a trace.

use std::fmt::Write as _;

use crate::error::visible;
use crate::expect::entity::{Criterion, closest, names};
use crate::expect::{ExpectEntity, Mismatch};
use crate::model::EntityKind;
use crate::render::marked;
use crate::trace::{Node, Trace};

impl Trace {
    /// Begins a chain of assertions, which panics where one does not hold and says why.
    ///
    /// # Examples
    ///
    /// ```
    /// # use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
    /// # let daemon = FakeDaemon::start();
    /// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    /// # block_on(recorder.in_segment_infallible("OrdersWorker", async |_| {
    /// #     in_subsegment_infallible("dynamo-put", async |put| drop(put.annotate("order_id", "o-1"))).await
    /// # }));
    /// let trace = block_on(daemon.expect_one_trace());
    /// trace.assert().segment("OrdersWorker", |s| s
    ///     .child("dynamo-put", |s| s.annotation("order_id", "o-1").succeeded()));
    /// ```
    ///
    /// ```should_panic
    /// # use xray_phantom::{FakeDaemon, Recorder, block_on};
    /// # let daemon = FakeDaemon::start();
    /// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    /// # block_on(recorder.in_segment_infallible("OrdersWorker", async |_| ()));
    /// # let trace = block_on(daemon.expect_one_trace());
    /// trace.assert().segment("OrdersWorker", |s| s.child("dynamo-put", |s| s));
    /// ```
    #[must_use = "a chain asserts nothing by itself: name a segment"]
    pub fn assert(&self) -> Assertion<'_> {
        Assertion { trace: self }
    }
}

/// A chain of assertions on a trace.
#[derive(Debug)]
pub struct Assertion<'a> {
    trace: &'a Trace,
}

impl<'a> Assertion<'a> {
    /// A segment has this name, and looks like this.
    ///
    /// Of several with the name, one that fits is enough; if none does, the closest is explained.
    ///
    /// # Panics
    ///
    /// Where [`try_segment`](Assertion::try_segment) gives a mismatch, with its text.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "the assertion is made; what is returned is only for going on"
    )]
    pub fn segment(
        self,
        name: &str,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Assertion<'a> {
        match self.try_segment(name, expect) {
            Ok(()) => self,
            Err(mismatch) => panic!("{mismatch}"),
        }
    }

    /// A segment has this name, and looks like this.
    ///
    /// # Errors
    ///
    /// It does not; the mismatch says in what.
    pub fn try_segment(
        &self,
        name: &str,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Result<(), Mismatch> {
        let segments: Vec<Node<'a>> = self
            .trace
            .roots()
            .filter(|root| root.kind() == EntityKind::Segment)
            .collect();
        let Some(criteria) = closest(&segments, name, &visible(name), expect) else {
            let text = format!(
                "expected segment \"{}\", found {}\n{}",
                visible(name),
                names(&segments),
                self.trace
            );
            return Err(Mismatch { text });
        };
        match criteria.iter().find(|criterion| criterion.outcome.is_err()) {
            None => Ok(()),
            Some(first) => Err(self.explain(first, &criteria)),
        }
    }

    /// The criteria of the entity at which the first one fails, and the tree with it marked.
    fn explain(&self, first: &Criterion<'a>, criteria: &[Criterion<'a>]) -> Mismatch {
        let mut text = format!("{} is not as expected:\n", first.path);
        let here: Vec<_> = criteria
            .iter()
            .filter(|criterion| criterion.node.is(first.node))
            .collect();
        let width = here
            .iter()
            .map(|criterion| criterion.what.chars().count())
            .max()
            .unwrap_or(0);
        for Criterion { what, outcome, .. } in here {
            let line = match outcome {
                Ok(found) => format!("  ok  {what:width$}  {found}"),
                Err(why) => format!("  NO  {what:width$}  {why}"),
            };
            let _ = writeln!(text, "{}", line.trim_end());
        }
        let elsewhere = criteria
            .iter()
            .filter(|criterion| criterion.outcome.is_err() && !criterion.node.is(first.node))
            .map(|criterion| format!("{}: {}", criterion.path, criterion.what));
        for also in elsewhere {
            let _ = writeln!(text, "  NO  {also}");
        }
        text.push_str(&marked(self.trace, first.node, SHOWN_LINES));
        Mismatch { text }
    }
}

/// How many lines of a trace a mismatch shows.
const SHOWN_LINES: usize = 40;
