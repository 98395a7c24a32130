//! The outline of a trace.

use crate::error::visible;
use crate::model::{Cause, Entity};
use crate::render::{annotations, flags, retries, status, what};
use crate::trace::{Node, Trace};

impl Trace {
    /// What happened, without ids and times: one line an entity, indented by two spaces a level.
    ///
    /// ```text
    /// OrdersWorker
    ///   dynamo-put {order_id: o-1}
    ///     DynamoDB PutItem Orders (retries 2)
    /// ```
    ///
    /// A line is the name; operation and resource, or method and URL; the retries, if there were
    /// any; the status, where it is not 2xx; the flags that are set; the type of the exception;
    /// the annotations. Siblings are sorted by what is written of them and of all below them, as
    /// their times cannot order them in the same way every time.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    /// let number: Result<u16, _> = block_on(recorder.in_segment("OrdersWorker", async |segment| {
    ///     segment.annotate("tenant", "t1");
    ///     in_subsegment("parse", async |_| "4x2".parse::<u16>()).await
    /// }));
    /// let trace = block_on(daemon.expect_one_trace());
    /// assert_eq!(
    ///     trace.outline(),
    ///     "OrdersWorker FAULT {tenant: t1}\n  parse FAULT ParseIntError"
    /// );
    /// ```
    pub fn outline(&self) -> String {
        // Entities in reverse, so that each finds its children written. A text of several lines,
        // not yet indented, waits for each of them.
        let nodes: Vec<Node<'_>> = self.nodes().collect();
        let mut written: Vec<(usize, Vec<String>)> = Vec::new();
        for node in nodes.iter().rev() {
            let count = node.children().len();
            // The children are the last ones that were written.
            let mut inside: Vec<Vec<String>> = written
                .split_off(written.len() - count)
                .into_iter()
                .map(|(_, lines)| lines)
                .collect();
            inside.sort();
            let mut lines = vec![line(node.entity())];
            lines.extend(inside.into_iter().flatten().map(|line| format!("  {line}")));
            written.push((count, lines));
        }
        let mut roots: Vec<Vec<String>> = written.into_iter().map(|(_, lines)| lines).collect();
        roots.sort();
        roots.concat().join("\n")
    }
}

fn line(entity: Entity<'_>) -> String {
    let mut words = vec![
        entity
            .name()
            .map_or_else(|| "<no name>".to_owned(), |name| visible(&name)),
    ];
    words.extend(what(entity).iter().map(|word| visible(word)));
    words.extend(retries(entity).map(|retries| format!("(retries {retries})")));
    words.extend(
        status(entity)
            .filter(|status| !(200..300).contains(status))
            .map(|status| status.to_string()),
    );
    words.extend(flags(entity).map(str::to_owned));
    words.extend(exception(entity));
    let annotations = annotations(entity);
    if !annotations.is_empty() {
        words.push(format!("{{{}}}", annotations.join(", ")));
    }
    words.join(" ")
}

/// The type of the first exception.
fn exception(entity: Entity<'_>) -> Option<String> {
    match entity.cause()? {
        Cause::Exceptions(cause) => {
            let exceptions = cause.exceptions()?;
            Some(visible(&exceptions.first()?.type_name()?))
        }
        // The entity that threw it has it.
        Cause::Reference(_) => None,
    }
}
