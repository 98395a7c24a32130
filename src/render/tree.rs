//! A trace as a tree.

use std::fmt::{self, Write as _};

use crate::error::{count, on_one_line, visible};
use crate::model::{Annotation, Entity};
use crate::render::text::{COLUMNS, duration};
use crate::trace::{Node, Nodes, PartialTrace, Severity, Trace};

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
        let mut text = String::new();
        branches(&mut text, self.roots(), usize::MAX, None);
        f.write_str(&text)
    }
}

/// As a [`Trace`], with what is missing behind the entity that lacks it.
impl fmt::Display for PartialTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&excerpt(self, usize::MAX))
    }
}

/// At most so many lines of a trace, the others counted.
pub(crate) fn excerpt(trace: &PartialTrace, lines: usize) -> String {
    let total = trace.nodes().len();
    let state = if trace.is_complete() {
        "complete"
    } else {
        "incomplete"
    };
    let entities = count(total as u64, "entity");
    let mut text = format!(
        "trace {} ({state}, {entities})\n",
        on_one_line(trace.id(), NAME_WIDTH)
    );
    branches(&mut text, trace.roots(), lines, None);
    if total > lines {
        let _ = writeln!(
            text,
            "... and {}",
            count((total - lines) as u64, "more entity")
        );
    }
    text
}

/// At most so many lines of a complete trace, one entity marked if one is meant.
pub(crate) fn marked(trace: &Trace, here: Option<Node<'_>>, lines: usize) -> String {
    let total = trace.nodes().len();
    let mut text = format!(
        "trace {} (complete, {})\n",
        on_one_line(trace.id(), NAME_WIDTH),
        count(total as u64, "entity")
    );
    branches(&mut text, trace.roots(), lines, here);
    if total > lines {
        let _ = writeln!(
            text,
            "... and {}",
            count((total - lines) as u64, "more entity")
        );
    }
    if let Some(here) = here.filter(|_| !text.contains(HERE)) {
        let mut above: Vec<Node<'_>> = std::iter::successors(here.parent(), Node::parent).collect();
        above.reverse();
        let columns = COLUMNS - "... ".len();
        let left_out = above.len().saturating_sub(SHOWN_ABOVE);
        if left_out > 0 {
            let levels = count(left_out as u64, "level");
            let _ = writeln!(text, "... {levels} above");
        }
        for node in &above[left_out..] {
            let _ = writeln!(text, "... {}", line(*node, columns));
        }
        let _ = writeln!(text, "... {}{HERE}", line(here, columns - HERE.len()));
    }
    text
}

/// Draws at most so many entities.
fn branches(text: &mut String, roots: Nodes<'_>, most: usize, here: Option<Node<'_>>) {
    let mut left = most;
    for root in roots {
        let mut waiting = vec![Waiting {
            node: root,
            depth: 0,
            indent: String::new(),
            last: true,
        }];
        while let Some(Waiting {
            node,
            depth,
            indent,
            last,
        }) = waiting.pop()
        {
            if left == 0 {
                return;
            }
            left -= 1;
            let branch = match (depth, last) {
                (0, _) => "",
                (_, true) => "└─ ",
                (_, false) => "├─ ",
            };
            let number = if depth > MAX_INDENT {
                format!("[{depth}] ")
            } else {
                String::new()
            };
            let mark = if here.is_some_and(|here| here.is(node)) {
                HERE
            } else {
                ""
            };
            let taken = [&*indent, branch, &*number, mark].map(|part| part.chars().count());
            let columns = COLUMNS.saturating_sub(taken.iter().sum());
            let shown = line(node, columns);
            let _ = writeln!(text, "{indent}{branch}{number}{shown}{mark}");
            let below = match (depth, last) {
                (0, _) => String::new(),
                (1..MAX_INDENT, true) => format!("{indent}   "),
                (1..MAX_INDENT, false) => format!("{indent}│  "),
                // Deeper than this the number says it, and the lines stay readable.
                _ => indent,
            };
            for (from_last, node) in node.children().rev().enumerate() {
                let indent = below.clone();
                waiting.push(Waiting {
                    node,
                    depth: depth + 1,
                    indent,
                    last: from_last == 0,
                });
            }
        }
    }
}

/// An entity that is yet to be drawn.
struct Waiting<'a> {
    node: Node<'a>,
    depth: usize,
    indent: String,
    last: bool,
}

/// `dynamodb PutItem Orders 400 ERROR  44.9 ms  {order_id: o-1}  <- never-closed`
///
/// Where that is too wide the annotations are cut first, then what it did, then the name.
fn line(node: Node<'_>, columns: usize) -> String {
    let mut widths = [NAME_WIDTH, WORD_WIDTH, WORD_WIDTH];
    let mut shown = line_of(node, widths);
    for part in (0..widths.len()).rev() {
        let mut over = shown.chars().count().saturating_sub(columns);
        // First what is too much for the longest text, then half of what is left each time.
        while over > 0 && widths[part] > SHORTEST {
            let less = over.min((widths[part] - SHORTEST).div_ceil(2));
            widths[part] -= less;
            shown = line_of(node, widths);
            over = shown.chars().count().saturating_sub(columns);
        }
    }
    shown
}

/// The same with so many characters for the name, for each word behind it, and for annotations.
fn line_of(node: Node<'_>, [name_width, word_width, annotations_width]: [usize; 3]) -> String {
    let entity = node.entity();
    let mut line = match entity.name() {
        Some(name) if name.is_empty() => "<empty name>".to_owned(),
        Some(name) => on_one_line(&name, name_width),
        None => "<no name>".to_owned(),
    };
    let retries = retries(entity).map(|retries| format!("(retries {retries})"));
    let status = status(entity).map(|status| status.to_string());
    for word in what(entity).into_iter().chain(retries).chain(status) {
        line.push(' ');
        line.push_str(&on_one_line(&word, word_width));
    }
    for flag in flags(entity) {
        line.push(' ');
        line.push_str(flag);
    }
    if let Some(time) = node.duration() {
        line.push_str("  ");
        line.push_str(&duration(time));
    }
    let annotations = annotations(entity);
    if !annotations.is_empty() {
        line.push_str("  {");
        line.push_str(&on_one_line(&annotations.join(", "), annotations_width));
        line.push('}');
    }
    let marks: Vec<&str> = node
        .defects()
        .iter()
        .filter(|defect| defect.code().severity() == Severity::Error)
        .map(|defect| defect.code().as_str())
        .collect();
    if !marks.is_empty() {
        line.push_str("  <- ");
        line.push_str(&marks.join(", "));
    }
    line
}

/// What an entity did, in a few words: operation and resource, method and URL.
pub(crate) fn what(entity: Entity<'_>) -> Vec<String> {
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
    }
    if let Some(request) = entity.http().and_then(|http| http.request()) {
        words.extend(
            request
                .method()
                .into_iter()
                .chain(request.url())
                .map(Into::into),
        );
    }
    words
}

/// How often an AWS call was tried again, if it was.
pub(crate) fn retries(entity: Entity<'_>) -> Option<i64> {
    entity.aws()?.retries().filter(|retries| *retries > 0)
}

/// The status of the answer, if there was one.
pub(crate) fn status(entity: Entity<'_>) -> Option<i64> {
    entity.http()?.response()?.status()
}

/// `ERROR`, `FAULT`, `THROTTLE`: the flags that are set.
pub(crate) fn flags(entity: Entity<'_>) -> impl Iterator<Item = &'static str> {
    let flags = [
        (entity.error(), "ERROR"),
        (entity.fault(), "FAULT"),
        (entity.throttle(), "THROTTLE"),
    ];
    flags
        .into_iter()
        .filter_map(|(flag, name)| (flag == Some(true)).then_some(name))
}

/// `order_id: o-1, items: 3`
pub(crate) fn annotations(entity: Entity<'_>) -> Vec<String> {
    let annotation = |(key, value): Annotation<'_>| match value.as_str() {
        Some(text) => format!("{}: {}", visible(&key.decode()), visible(&text)),
        None => format!("{}: {}", visible(&key.decode()), visible(value.raw())),
    };
    entity.annotations().map(annotation).collect()
}

/// Stands behind the entity that a text is about.
const HERE: &str = "  <- here";
const NAME_WIDTH: usize = 60;
const WORD_WIDTH: usize = 60;
/// How many levels are indented.
const MAX_INDENT: usize = 12;
/// What is cut keeps so many characters.
const SHORTEST: usize = 8;
/// Of an entity that is not among those shown, how many levels above it are.
const SHOWN_ABOVE: usize = 8;
