//! A trace as a tree.

use std::fmt::{self, Write as _};

use crate::model::Entity;
use crate::render::text::{count, duration, on_one_line};
use crate::trace::{Node, Nodes, PartialTrace, Trace};

/// The trace as a tree, one line an entity:
///
/// ```text
/// trace 1-6b02b1e8-299bb96069a00e338b2e13be (complete, 3 entities)
/// OrdersWorker  46.3 ms
/// └─ dynamo-put  45.1 ms  {order_id: o-1}
///    └─ dynamodb PutItem Orders 200  44.9 ms
/// ```
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entities = count(self.nodes().len() as u64, "entity");
        writeln!(
            f,
            "trace {} (complete, {entities})",
            on_one_line(self.id(), NAME_WIDTH)
        )?;
        branches(f, self.roots(), &|_| Vec::new())
    }
}

/// As a [`Trace`], with what is missing behind the entity that lacks it.
impl fmt::Display for PartialTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.defects().next().is_none() {
            "complete"
        } else {
            "incomplete"
        };
        let entities = count(self.nodes().len() as u64, "entity");
        writeln!(
            f,
            "trace {} ({state}, {entities})",
            on_one_line(self.id(), NAME_WIDTH)
        )?;
        branches(f, self.roots(), &|node| {
            self.defects_of(node)
                .map(|defect| defect.code().as_str())
                .collect()
        })
    }
}

/// At most `lines` lines of a text, the rest counted.
pub(crate) fn first_lines(text: &str, lines: usize) -> String {
    let total = text.lines().count();
    let mut shown = String::new();
    for line in text
        .lines()
        .take(if total > lines { lines - 1 } else { total })
    {
        let _ = writeln!(shown, "{line}");
    }
    if total > lines {
        let _ = writeln!(shown, "... and {} more lines", total + 1 - lines);
    }
    shown
}

/// What is said behind an entity, after `<-`.
type Marks<'a> = dyn Fn(Node<'_>) -> Vec<&'static str> + 'a;

fn branches(f: &mut fmt::Formatter<'_>, roots: Nodes<'_>, marks: &Marks<'_>) -> fmt::Result {
    for root in roots {
        writeln!(f, "{}", line(root, &marks(root)))?;
        let mut waiting = Vec::new();
        wait_for_children(&mut waiting, root, 1, "");
        while let Some(Waiting {
            node,
            depth,
            indent,
            last,
        }) = waiting.pop()
        {
            let branch = if last { "└─ " } else { "├─ " };
            let number = if depth > MAX_INDENT {
                format!("[{depth}] ")
            } else {
                String::new()
            };
            writeln!(f, "{indent}{branch}{number}{}", line(node, &marks(node)))?;
            let below = match (depth < MAX_INDENT, last) {
                (true, true) => format!("{indent}   "),
                (true, false) => format!("{indent}│  "),
                // Deeper than this the number says it, and the lines stay readable.
                (false, _) => indent,
            };
            wait_for_children(&mut waiting, node, depth + 1, &below);
        }
    }
    Ok(())
}

/// An entity that is yet to be drawn.
struct Waiting<'a> {
    node: Node<'a>,
    depth: usize,
    indent: String,
    last: bool,
}

fn wait_for_children<'a>(
    waiting: &mut Vec<Waiting<'a>>,
    node: Node<'a>,
    depth: usize,
    indent: &str,
) {
    for (from_last, node) in node.children().rev().enumerate() {
        waiting.push(Waiting {
            node,
            depth,
            indent: indent.to_owned(),
            last: from_last == 0,
        });
    }
}

/// `dynamodb PutItem Orders 400 ERROR  44.9 ms  {order_id: o-1}  <- never-closed`
fn line(node: Node<'_>, marks: &[&str]) -> String {
    let entity = node.entity();
    let mut line = match entity.name() {
        Some(name) if name.is_empty() => "<empty name>".to_owned(),
        Some(name) => on_one_line(&name, NAME_WIDTH),
        None => "<no name>".to_owned(),
    };
    for word in what(entity) {
        line.push(' ');
        line.push_str(&on_one_line(&word, WORD_WIDTH));
    }
    let flags = [
        (entity.error(), " ERROR"),
        (entity.fault(), " FAULT"),
        (entity.throttle(), " THROTTLE"),
    ];
    for (flag, text) in flags {
        if flag == Some(true) {
            line.push_str(text);
        }
    }
    if let Some(time) = node.duration() {
        line.push_str("  ");
        line.push_str(&duration(time));
    }
    let annotations: Vec<String> = entity
        .annotations()
        .map(|(key, value)| match value.as_str() {
            Some(text) => format!("{key}: {text}"),
            None => format!("{key}: {value}"),
        })
        .collect();
    if !annotations.is_empty() {
        line.push_str("  {");
        line.push_str(&on_one_line(&annotations.join(", "), WORD_WIDTH));
        line.push('}');
    }
    if !marks.is_empty() {
        line.push_str("  <- ");
        line.push_str(&marks.join(", "));
    }
    line
}

/// What an entity did, in a few words: operation and resource, method and URL, status.
fn what(entity: Entity<'_>) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(aws) = entity.aws() {
        let resource = [
            aws.table_name(),
            aws.queue_url(),
            aws.topic_arn(),
            aws.bucket_name(),
            aws.function_name(),
        ];
        words.extend(
            aws.operation()
                .into_iter()
                .chain(resource.into_iter().flatten())
                .map(Into::into),
        );
        if let Some(retries @ 1..) = aws.retries() {
            words.push(format!("(retries {retries})"));
        }
    }
    if let Some(http) = entity.http() {
        let request = http.request();
        let method = request.and_then(|request| request.method());
        let url = request.and_then(|request| request.url());
        words.extend(method.into_iter().chain(url).map(Into::into));
        let status = http.response().and_then(|response| response.status());
        words.extend(status.map(|status| status.to_string()));
    }
    words
}

const NAME_WIDTH: usize = 60;
const WORD_WIDTH: usize = 60;
/// How many levels are indented.
const MAX_INDENT: usize = 24;
