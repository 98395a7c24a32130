//! The chain that begins at a trace.

use crate::expect::explain::explain;
use crate::expect::log::{Log, Score};
use crate::expect::relation::Relation;
use crate::expect::{ExpectEntity, Matcher, Mismatch};
use crate::model::EntityKind;
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
        Assertion {
            trace: self,
            failed: None,
        }
    }

    /// Makes several assertions and reports all that do not hold at once.
    ///
    /// # Panics
    ///
    /// Where [`try_assert_all`](Trace::try_assert_all) gives mismatches, with all their texts.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert_all(|trace| trace
    ///     .segment("OrdersWorker", |s| s.status(200))
    ///     .subsegment_count("DynamoDB", 1)
    ///     .lacks_subsegment("Kinesis"));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert_all(|trace| trace
    ///     .segment("OrdersWorker", |s| s.status(201)) // both are reported
    ///     .subsegment_count("DynamoDB", 2));
    /// ```
    #[track_caller]
    pub fn assert_all<'a>(&'a self, check: impl FnOnce(Assertion<'a>) -> Assertion<'a>) {
        let Err(mismatches) = self.try_assert_all(check) else {
            return;
        };
        let texts: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
        match &*texts {
            [only] => panic!("{only}"),
            several => panic!(
                "{} assertions do not hold\n\n{}",
                several.len(),
                several.join("\n\n")
            ),
        }
    }

    /// Makes several assertions, and goes on where one does not hold.
    ///
    /// # Errors
    ///
    /// All those that do not hold, in order.
    pub fn try_assert_all<'a>(
        &'a self,
        check: impl FnOnce(Assertion<'a>) -> Assertion<'a>,
    ) -> Result<(), Vec<Mismatch>> {
        let begun = Assertion {
            trace: self,
            failed: Some(Vec::new()),
        };
        match check(begun).failed {
            Some(failed) if !failed.is_empty() => Err(failed),
            _ => Ok(()),
        }
    }
}

/// A chain of assertions on a trace.
///
/// Each of them panics where it does not hold; its twin, whose name begins with `try_`, gives the
/// same text as a [`Mismatch`]. Names are texts, patterns such as [`glob`](crate::expect::glob), or
/// any other [`Matcher`].
#[derive(Debug)]
pub struct Assertion<'a> {
    pub(in crate::expect) trace: &'a Trace,
    /// What did not hold, where all of it is to be reported at once.
    failed: Option<Vec<Mismatch>>,
}

/// Declares an assertion and its twin.
macro_rules! assertions {
    ($($(#[$about:meta])* $name:ident, $try_name:ident($($argument:ident: $type:ty),*)
        |$this:ident, $log:ident| $check:expr;)*) => {
        $(
            $(#[$about])*
            ///
            /// # Panics
            ///
            #[doc = concat!("Where [`", stringify!($try_name), "`](Assertion::", stringify!($try_name), ") gives a mismatch, with its text.")]
            #[track_caller]
            #[expect(
                clippy::return_self_not_must_use,
                reason = "the assertion is made; what is returned is only for going on"
            )]
            pub fn $name(mut self, $($argument: $type),*) -> Assertion<'a> {
                let checked = self.$try_name($($argument),*);
                self.go_on(checked)
            }

            #[doc = concat!("As [`", stringify!($name), "`](Assertion::", stringify!($name), "), without a panic.")]
            ///
            /// # Errors
            ///
            /// It does not hold; the mismatch says in what.
            pub fn $try_name(&self, $($argument: $type),*) -> Result<(), Mismatch> {
                let $this = self;
                self.check(|$log| $check)
            }
        )*
    };
}
pub(in crate::expect) use assertions;

/// Segments, and subsegments wherever in the trace.
impl<'a> Assertion<'a> {
    assertions! {
        /// A segment has this name, and looks like this.
        ///
        /// Of several with the name, one that fits is enough; if none does, the closest is explained.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().segment("OrdersWorker", |s| s.status(200));
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().segment("dynamo-put", |s| s); // that is a subsegment
        /// ```
        segment, try_segment(name: impl Matcher<str>, expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>)
        |this, log| this.segments().one(log, &name, &expect);

        /// The segment with this number among those with this name looks like this. They are
        /// counted from 0, in order of start.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().nth_segment("OrdersWorker", 0, |s| s.status(200));
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().nth_segment("OrdersWorker", 1, |s| s.status(200)); // there is one
        /// ```
        nth_segment, try_nth_segment(name: impl Matcher<str>, number: usize, expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>)
        |this, log| this.segments().nth(log, &name, number, &expect);

        /// Each segment with this name looks like this. There must be one.
        ///
        /// # Examples
        ///
        /// ```
        /// use xray_phantom::expect::any;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().each_segment(any(), |s| s.origin("AWS::EC2::Instance"));
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().each_segment("Billing", |s| s); // there is none
        /// ```
        each_segment, try_each_segment(name: impl Matcher<str>, expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>)
        |this, log| this.segments().each(log, &name, false, &expect);

        /// Each segment with this name looks like this, and there may be none.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().each_segment_if_any("Billing", |s| s.status(200));
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().each_segment_if_any("OrdersWorker", |s| s.status(201));
        /// ```
        each_segment_if_any, try_each_segment_if_any(name: impl Matcher<str>, expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>)
        |this, log| this.segments().each(log, &name, true, &expect);

        /// So many segments have this name.
        ///
        /// # Examples
        ///
        /// ```
        /// use xray_phantom::expect::any;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().segment_count(any(), 1);
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().segment_count("OrdersWorker", 2..);
        /// ```
        segment_count, try_segment_count(name: impl Matcher<str>, count: impl Matcher<i64>)
        |this, log| this.segments().count(log, &name, &count);

        /// No segment has this name.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().lacks_segment("Billing");
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().lacks_segment("OrdersWorker");
        /// ```
        lacks_segment, try_lacks_segment(name: impl Matcher<str>)
        |this, log| this.segments().none_named(log, &name);

        /// A subsegment anywhere in the trace has this name, and looks like this.
        ///
        /// Of several with the name, one that fits is enough; if none does, the closest is explained.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.operation("PutItem")).succeeded());
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().subsegment("Kinesis", |s| s);
        /// ```
        subsegment, try_subsegment(name: impl Matcher<str>, expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>)
        |this, log| this.subsegments().one(log, &name, &expect);

        /// The subsegment with this number among those with this name looks like this. They are
        /// counted from 0, in order of start.
        ///
        /// # Examples
        ///
        /// ```
        /// use xray_phantom::expect::any;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().nth_subsegment(any(), 0, |s| s.name("auth"));
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().nth_subsegment("DynamoDB", 1, |s| s); // there is one
        /// ```
        nth_subsegment, try_nth_subsegment(name: impl Matcher<str>, number: usize, expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>)
        |this, log| this.subsegments().nth(log, &name, number, &expect);

        /// Each subsegment with this name looks like this. There must be one.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::time::Duration;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().each_subsegment("DynamoDB", |s| s.duration(..Duration::from_millis(80)));
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().each_subsegment("Kinesis", |s| s.succeeded()); // there is none
        /// ```
        each_subsegment, try_each_subsegment(name: impl Matcher<str>, expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>)
        |this, log| this.subsegments().each(log, &name, false, &expect);

        /// Each subsegment with this name looks like this, and there may be none.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().each_subsegment_if_any("Kinesis", |s| s.succeeded());
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().each_subsegment_if_any("SNS", |s| s.succeeded());
        /// ```
        each_subsegment_if_any, try_each_subsegment_if_any(name: impl Matcher<str>, expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>)
        |this, log| this.subsegments().each(log, &name, true, &expect);

        /// So many subsegments have this name.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().subsegment_count("DynamoDB", 1);
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().subsegment_count("DynamoDB", 2..=3);
        /// ```
        subsegment_count, try_subsegment_count(name: impl Matcher<str>, count: impl Matcher<i64>)
        |this, log| this.subsegments().count(log, &name, &count);

        /// No subsegment has this name.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().lacks_subsegment("Kinesis");
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().lacks_subsegment("DynamoDB");
        /// ```
        lacks_subsegment, try_lacks_subsegment(name: impl Matcher<str>)
        |this, log| this.subsegments().none_named(log, &name);
    }
}

impl<'a> Assertion<'a> {
    fn segments(&self) -> Relation<'a> {
        let roots = self.trace.roots();
        let segments = roots.filter(|root| root.kind() == EntityKind::Segment);
        Relation::by_start("segment", None, segments)
    }

    fn subsegments(&self) -> Relation<'a> {
        let nodes = self.trace.nodes();
        Relation::by_start("subsegment", None, nodes.filter(Node::is_subsegment))
    }

    /// Looks whether something holds, and explains why it does not.
    pub(in crate::expect) fn check(&self, check: impl Fn(&mut Log<'a>)) -> Result<(), Mismatch> {
        let mut counted = Log::Counted(Score::default());
        check(&mut counted);
        if counted.score().is_right() {
            return Ok(());
        }
        let mut written = Log::written(String::new());
        check(&mut written);
        let Log::Written { criteria, .. } = written else {
            unreachable!("it was begun as one that is written")
        };
        Err(explain(self.trace, &criteria))
    }

    /// Panics, or keeps what does not hold until the end.
    #[track_caller]
    pub(in crate::expect) fn go_on(&mut self, checked: Result<(), Mismatch>) -> Assertion<'a> {
        let failed = match (checked, self.failed.take()) {
            (Ok(()), failed) => failed,
            (Err(mismatch), Some(mut failed)) => {
                failed.push(mismatch);
                Some(failed)
            }
            (Err(mismatch), None) => panic!("{mismatch}"),
        };
        Assertion {
            trace: self.trace,
            failed,
        }
    }
}
