//! The trace as a whole.

use std::time::Duration;

use crate::expect::assertion::assertions;
use crate::expect::clue::Clue;
use crate::expect::log::{Log, Said, compared, holds};
use crate::expect::relation::path;
use crate::expect::{Assertion, Matcher, Mismatch};
use crate::render::{duration, flags};
use crate::trace::{Node, Trace};

/// The trace as a whole.
impl<'a> Assertion<'a> {
    assertions! {
        /// Nothing in the trace is a fault.
        ///
        /// # Examples
        ///
        /// ```
        /// use xray_phantom::{FakeDaemon, Recorder, block_on};
        ///
        /// let daemon = FakeDaemon::start();
        /// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
        /// block_on(recorder.in_segment_infallible("OrdersWorker", async |_| ()));
        /// block_on(daemon.expect_one_trace()).assert().no_faults();
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().no_faults(); // `charge` is one
        /// ```
        no_faults, try_no_faults()
        |this, log| this.no_flag(log, "no faults", &["FAULT"]);

        /// Nothing in the trace is a fault, an error, or was throttled.
        ///
        /// # Examples
        ///
        /// ```
        /// use xray_phantom::{FakeDaemon, Recorder, block_on};
        ///
        /// let daemon = FakeDaemon::start();
        /// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
        /// block_on(recorder.in_segment_infallible("OrdersWorker", async |_| ()));
        /// block_on(daemon.expect_one_trace()).assert().all_succeeded();
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().all_succeeded(); // `SNS` was throttled
        /// ```
        all_succeeded, try_all_succeeded()
        |this, log| this.no_flag(log, "all succeeded", &["FAULT", "ERROR", "THROTTLE"]);

        /// The time from the first start to the last end of its segments.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::time::Duration;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().duration(..Duration::from_millis(250));
        /// ```
        ///
        /// ```should_panic
        /// use std::time::Duration;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().duration(..Duration::from_millis(50));
        /// ```
        duration, try_duration(expected: impl Matcher<Duration>)
        |this, log| {
            let found = this.trace.duration();
            log.note(None, holds(found.as_ref(), &expected), || {
                compared("duration", found.as_ref(), &expected, |found| duration(*found))
            });
        };

        /// The depth of the trace: 1 where there are segments alone, one more a level.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().depth(..=4);
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().depth(2);
        /// ```
        depth, try_depth(expected: impl Matcher<i64>)
        |this, log| {
            let deepest = deepest(this.trace);
            let found = deepest.map(|(depth, _)| depth);
            log.note(None, holds(found.as_ref(), &expected), || {
                compared("depth", found.as_ref(), &expected, ToString::to_string)
                    .shown_by(deepest.map(|(_, node)| node))
            });
        };

        /// So many segments and subsegments are in the trace.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().entity_count(11);
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().entity_count(..10);
        /// ```
        entity_count, try_entity_count(expected: impl Matcher<i64>)
        |this, log| {
            let found = i64::try_from(this.trace.nodes().len()).unwrap_or(i64::MAX);
            log.note(None, holds(Some(&found), &expected), || {
                compared("entities", Some(&found), &expected, ToString::to_string)
            });
        };
    }
}

impl<'a> Assertion<'a> {
    fn no_flag(&self, log: &mut Log<'a>, what: &'static str, unwanted: &[&str]) {
        let is_wrong = |node: &Node<'a>| flags(node.entity()).any(|flag| unwanted.contains(&flag));
        let wrong: Vec<Node<'a>> = self.trace.nodes().filter(is_wrong).collect();
        log.note(None, wrong.is_empty(), || match wrong.first() {
            None => Said::right(what, ""),
            Some(first) => {
                let set: Vec<&str> = flags(first.entity()).collect();
                let others = match wrong.len() - 1 {
                    0 => String::new(),
                    many => format!(", and {many} more"),
                };
                let found = format!("found {} of {}{others}", set.join(" "), path(*first));
                Said::wrong(what, found)
                    .because(Clue::Flags)
                    .shown_by(Some(*first))
            }
        });
    }
}

/// How deep the trace is, and the first entity there.
fn deepest(trace: &Trace) -> Option<(i64, Node<'_>)> {
    let mut deepest = None;
    let mut waiting: Vec<(i64, Node<'_>)> = trace.roots().map(|root| (1, root)).collect();
    waiting.reverse();
    while let Some((depth, node)) = waiting.pop() {
        if deepest.is_none_or(|(most, _)| depth > most) {
            deepest = Some((depth, node));
        }
        waiting.extend(node.children().rev().map(|child| (depth + 1, child)));
    }
    deepest
}
