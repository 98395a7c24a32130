//! What follows from when entities began and ended.

use std::cmp::Reverse;
use std::time::Duration;

use crate::model::Timestamp;
use crate::trace::{Node, Trace};

impl<'a> Node<'a> {
    /// How deep it lies: 1 for a root, one more a level.
    pub fn depth(&self) -> usize {
        1 + self.ancestors().count()
    }

    /// The entities around it, the nearest first.
    pub fn ancestors(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        std::iter::successors(self.parent(), Node::parent)
    }

    /// All that lies below it, each before its children.
    pub fn descendants(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let mut waiting: Vec<Node<'a>> = self.children().rev().collect();
        std::iter::from_fn(move || {
            let node = waiting.pop()?;
            waiting.extend(node.children().rev());
            Some(node)
        })
    }

    /// The part of its duration in which none of its children was open; `None` where its duration
    /// is not known. Children that lack a time are left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// // OrdersWorker  100 ms, from 10 to 90 ms of it in dynamo-put
    /// let orders = trace.roots().next().unwrap();
    /// assert_eq!(orders.duration(), Some(Duration::from_millis(100)));
    /// assert_eq!(orders.self_time(), Some(Duration::from_millis(15)));
    /// ```
    pub fn self_time(&self) -> Option<Duration> {
        let (start, end) = self.interval()?;
        let mut inside: Vec<(Timestamp, Timestamp)> = self
            .children()
            .filter_map(|child| child.interval())
            .map(|(from, to)| (from.max(start), to.min(end)))
            .filter(|(from, to)| from < to)
            .collect();
        inside.sort_unstable();
        let mut own = Duration::ZERO;
        let mut until = start;
        for (from, to) in inside {
            own += from.since(until).unwrap_or_default();
            until = until.max(to);
        }
        Some(own + end.since(until).unwrap_or_default())
    }

    /// Its start and its end; `None` where one is missing or they are reversed.
    pub(crate) fn interval(&self) -> Option<(Timestamp, Timestamp)> {
        let entity = self.entity();
        let (start, end) = (entity.start_time()?, entity.end_time()?);
        (start <= end).then_some((start, end))
    }
}

impl Trace {
    /// The entities that the duration of the trace depends on, each when it first counts: had one
    /// of them been shorter, the trace would have been.
    ///
    /// It is found from the end: of the segment that ended last, the child that ended last before
    /// that, the child that ended last before that one began, and so on, and the same within each.
    /// Of two that ended together it is the longer one.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// let names: Vec<_> = trace.critical_path().iter().filter_map(|node| node.name()).collect();
    /// assert_eq!(names, ["OrdersWorker", "auth", "users-db", "dynamo-put", "DynamoDB"]);
    /// ```
    pub fn critical_path(&self) -> Vec<Node<'_>> {
        let timed = self
            .roots()
            .filter_map(|root| Some((root, root.interval()?)));
        let last = timed.max_by_key(|(_, (start, end))| (*end, Reverse(*start)));
        let Some((root, (_, end))) = last else {
            return Vec::new();
        };
        // Backwards in time: of each entity its children from the last to the first. What is
        // found is turned round at the end, so that an entity stands before what lies in it.
        let mut path = Vec::new();
        let mut waiting = vec![Step::Into(root, end)];
        while let Some(step) = waiting.pop() {
            let (node, until) = match step {
                Step::Into(node, until) => (node, until),
                Step::Found(node) => {
                    path.push(node);
                    continue;
                }
            };
            waiting.push(Step::Found(node));
            let mut children: Vec<(Node<'_>, (Timestamp, Timestamp))> = node
                .children()
                .filter_map(|child| Some((child, child.interval()?)))
                .collect();
            // Of those that ended together the longest, but first those that took no time.
            children.sort_by_key(|(_, (start, end))| (*end, start == end, Reverse(*start)));
            let mut until = until;
            let mut chosen = Vec::new();
            while let Some((child, (start, end))) = children.pop() {
                if end <= until {
                    chosen.push(Step::Into(child, end));
                    until = start;
                }
            }
            // The last one first: it is on top of those before it.
            chosen.reverse();
            waiting.extend(chosen);
        }
        path.reverse();
        path
    }
}

/// What is yet to be done on the way backwards.
enum Step<'a> {
    /// All that lies in it was found.
    Found(Node<'a>),
    /// It counts, until this time.
    Into(Node<'a>, Timestamp),
}
