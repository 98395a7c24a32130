//! What lies below an entity.

use crate::expect::log::Log;
use crate::expect::relation::Relation;
use crate::expect::{ExpectEntity, Matcher};

/// Its children, and all that lies below it. Names are texts, patterns such as
/// [`glob`](crate::expect::glob), or any other [`Matcher`]; several can be asserted in one chain,
/// and what is not named does not matter.
impl<'a> ExpectEntity<'a> {
    /// One of its children has this name, and looks like this.
    ///
    /// Of several with the name, one that fits is enough; if none does, the closest is explained.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s
    ///     .child("auth", |s| s.succeeded())
    ///     .child("dynamo-put", |s| s.annotation("order_id", "o-1")));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.child("DynamoDB", |s| s)); // it lies deeper
    /// ```
    pub fn child(
        self,
        name: impl Matcher<str>,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        self.with_children(|children, log| children.one(log, &name, &expect))
    }

    /// The child with this number among those with this name looks like this. They are counted
    /// from 0, in order of start.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::expect::any;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.nth_child(any(), 1, |s| s.name("dynamo-put")));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.nth_child("auth", 1, |s| s)); // there is one
    /// ```
    pub fn nth_child(
        self,
        name: impl Matcher<str>,
        number: usize,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        self.with_children(|children, log| children.nth(log, &name, number, &expect))
    }

    /// Each child with this name looks like this. There must be one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use xray_phantom::expect::any;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s
    ///     .each_child(any(), |s| s.duration(..Duration::from_millis(100))));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.each_child("Kinesis", |s| s.succeeded())); // there is none
    /// ```
    pub fn each_child(
        self,
        name: impl Matcher<str>,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        self.with_children(|children, log| children.each(log, &name, false, &expect))
    }

    /// Each child with this name looks like this, and there may be none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.each_child_if_any("Kinesis", |s| s.succeeded()));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.each_child_if_any("charge", |s| s.succeeded()));
    /// ```
    pub fn each_child_if_any(
        self,
        name: impl Matcher<str>,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        self.with_children(|children, log| children.each(log, &name, true, &expect))
    }

    /// So many children have this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::expect::any;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.child_count("charge", 1).child_count(any(), ..=5));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.child_count("charge", 2));
    /// ```
    pub fn child_count(self, name: impl Matcher<str>, count: impl Matcher<i64>) -> Self {
        self.with_children(|children, log| children.count(log, &name, &count))
    }

    /// No child has this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.lacks_child("Kinesis"));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.lacks_child("charge"));
    /// ```
    pub fn lacks_child(self, name: impl Matcher<str>) -> Self {
        self.with_children(|children, log| children.none_named(log, &name))
    }

    /// Something below it has this name, and looks like this. As [`child`](ExpectEntity::child),
    /// at any depth.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.descendant("DynamoDB", |s| s.succeeded()));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("auth", |s| s.descendant("DynamoDB", |s| s));
    /// ```
    pub fn descendant(
        self,
        name: impl Matcher<str>,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        self.with_descendants(|below, log| below.one(log, &name, &expect))
    }

    /// The one with this number among those below it with this name looks like this. They are
    /// counted from 0, in order of start.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::expect::any;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.nth_descendant(any(), 1, |s| s.name("users-db")));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.nth_descendant("users-db", 1, |s| s)); // there is one
    /// ```
    pub fn nth_descendant(
        self,
        name: impl Matcher<str>,
        number: usize,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        self.with_descendants(|below, log| below.nth(log, &name, number, &expect))
    }

    /// Each one below it with this name looks like this. There must be one.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.each_descendant("DynamoDB", |s| s.succeeded()));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.each_descendant("Kinesis", |s| s.succeeded())); // there is none
    /// ```
    pub fn each_descendant(
        self,
        name: impl Matcher<str>,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        self.with_descendants(|below, log| below.each(log, &name, false, &expect))
    }

    /// Each one below it with this name looks like this, and there may be none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.each_descendant_if_any("Kinesis", |s| s.succeeded()));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.each_descendant_if_any("SNS", |s| s.succeeded()));
    /// ```
    pub fn each_descendant_if_any(
        self,
        name: impl Matcher<str>,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        self.with_descendants(|below, log| below.each(log, &name, true, &expect))
    }

    /// So many below it have this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.descendant_count("DynamoDB", 1));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.descendant_count("DynamoDB", 2));
    /// ```
    pub fn descendant_count(self, name: impl Matcher<str>, count: impl Matcher<i64>) -> Self {
        self.with_descendants(|below, log| below.count(log, &name, &count))
    }

    /// Nothing below it has this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("auth", |s| s.lacks_descendant("DynamoDB"));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.lacks_descendant("DynamoDB"));
    /// ```
    pub fn lacks_descendant(self, name: impl Matcher<str>) -> Self {
        self.with_descendants(|below, log| below.none_named(log, &name))
    }

    fn with_children(mut self, check: impl FnOnce(&Relation<'a>, &mut Log<'a>)) -> Self {
        let children = Relation {
            noun: "child",
            to: Some(self.node),
            nodes: self.node.children().collect(),
        };
        check(&children, &mut self.log);
        self
    }

    fn with_descendants(mut self, check: impl FnOnce(&Relation<'a>, &mut Log<'a>)) -> Self {
        let below = Relation::by_start("descendant", Some(self.node), self.node.descendants());
        check(&below, &mut self.log);
        self
    }
}
