//! What one entity should look like.

use std::cmp::Reverse;
use std::fmt;

use crate::error::visible;
use crate::expect::Scalar;
use crate::model::{Aws, Entity};
use crate::render::flags;
use crate::trace::Node;

/// The expectations of one segment or subsegment. Each step adds one.
#[must_use = "expectations are checked when they are returned to the chain"]
pub struct ExpectEntity<'a> {
    node: Node<'a>,
    path: String,
    pub(in crate::expect) criteria: Vec<Criterion<'a>>,
}

impl fmt::Debug for ExpectEntity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expectations of {}", self.path)
    }
}

/// Something that was expected, and whether it is so.
pub(in crate::expect) struct Criterion<'a> {
    pub(in crate::expect) node: Node<'a>,
    /// The names from the segment down to the entity.
    pub(in crate::expect) path: String,
    pub(in crate::expect) what: String,
    /// What was found, or what was expected and found instead.
    pub(in crate::expect) outcome: Result<String, String>,
}

impl<'a> ExpectEntity<'a> {
    pub(in crate::expect) fn new(node: Node<'a>, path: String) -> ExpectEntity<'a> {
        ExpectEntity {
            node,
            path,
            criteria: Vec::new(),
        }
    }

    /// One of its children has this name, and looks like this. Other children do not matter.
    ///
    /// Of several with the name, one that fits is enough; if none does, the closest is explained.
    pub fn child(
        mut self,
        name: &str,
        expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) -> Self {
        let children: Vec<Node<'a>> = self.node.children().collect();
        let path = format!("{} > {}", self.path, visible(name));
        match closest(&children, name, &path, expect) {
            Some(criteria) => self.criteria.extend(criteria),
            None => self.add(
                &format!("child \"{}\"", visible(name)),
                Err(format!("expected one, found {}", names(&children))),
            ),
        }
        self
    }

    /// An annotation has this value.
    pub fn annotation(mut self, key: &str, value: impl Into<Scalar>) -> Self {
        let expected = value.into();
        let outcome = match self.entity().annotation(key) {
            Some(found)
                if expected.is(
                    found.as_bool(),
                    found
                        .as_number()
                        .map(|number| (number.as_f64(), number.scaled(0))),
                    found.as_str().as_deref(),
                ) =>
            {
                Ok(expected.to_string())
            }
            Some(found) => Err(format!("expected {expected}, found {found}")),
            None => Err(format!("expected {expected}, found no such annotation")),
        };
        self.add(&format!("annotation {}", visible(key)), outcome);
        self
    }

    /// Its `aws` block looks like this.
    pub fn aws(mut self, expect: impl Fn(ExpectAws<'a>) -> ExpectAws<'a>) -> Self {
        let Some(aws) = self.entity().aws() else {
            self.add("aws", Err("expected a block, found none".to_owned()));
            return self;
        };
        for (what, outcome) in expect(ExpectAws {
            aws,
            outcomes: Vec::new(),
        })
        .outcomes
        {
            self.add(&what, outcome);
        }
        self
    }

    /// Its namespace is `aws`, `remote`, or what the sender wrote.
    pub fn namespace(mut self, namespace: &str) -> Self {
        let found = self.entity().namespace();
        self.add("namespace", text(namespace, found.as_deref()));
        self
    }

    /// The status of the answer is this.
    pub fn status(mut self, status: i64) -> Self {
        let found = self
            .entity()
            .http()
            .and_then(|http| http.response()?.status());
        self.add("http.response.status", number(status, found));
        self
    }

    /// None of error, fault and throttle is set.
    pub fn succeeded(mut self) -> Self {
        let set: Vec<&str> = flags(self.entity()).collect();
        let outcome = if set.is_empty() {
            Ok(String::new())
        } else {
            Err(format!("found {}", set.join(" ")))
        };
        self.add("succeeded", outcome);
        self
    }

    /// It is an error: the caller was at fault.
    pub fn errored(self) -> Self {
        self.flag("errored", "ERROR")
    }

    /// It is a fault: the service was.
    pub fn faulted(self) -> Self {
        self.flag("faulted", "FAULT")
    }

    /// It was throttled.
    pub fn throttled(self) -> Self {
        self.flag("throttled", "THROTTLE")
    }

    fn flag(mut self, what: &str, flag: &str) -> Self {
        let set: Vec<&str> = flags(self.entity()).collect();
        let outcome = match set.as_slice() {
            set if set.contains(&flag) => Ok(String::new()),
            [] => Err("found no flag".to_owned()),
            others => Err(format!("found {} alone", others.join(" "))),
        };
        self.add(what, outcome);
        self
    }

    fn entity(&self) -> Entity<'a> {
        self.node.entity()
    }

    fn add(&mut self, what: &str, outcome: Result<String, String>) {
        let path = self.path.clone();
        self.criteria.push(Criterion {
            node: self.node,
            path,
            what: what.to_owned(),
            outcome,
        });
    }
}

/// The expectations of an `aws` block. Each step adds one.
#[derive(Debug)]
#[must_use = "expectations are checked when they are returned to the chain"]
pub struct ExpectAws<'a> {
    aws: Aws<'a>,
    outcomes: Vec<(String, Result<String, String>)>,
}

impl ExpectAws<'_> {
    /// The operation.
    pub fn operation(self, operation: &str) -> Self {
        let found = self.aws.operation();
        self.text("aws.operation", operation, found.as_deref())
    }

    /// The DynamoDB table.
    pub fn table(self, table: &str) -> Self {
        let found = self.aws.table_name();
        self.text("aws.table_name", table, found.as_deref())
    }

    /// The region.
    pub fn region(self, region: &str) -> Self {
        let found = self.aws.region();
        self.text("aws.region", region, found.as_deref())
    }

    /// How often the SDK tried again.
    pub fn retries(mut self, retries: u32) -> Self {
        let outcome = number(retries.into(), self.aws.retries());
        self.outcomes.push(("aws.retries".to_owned(), outcome));
        self
    }

    fn text(mut self, what: &str, expected: &str, found: Option<&str>) -> Self {
        self.outcomes.push((what.to_owned(), text(expected, found)));
        self
    }
}

/// The criteria of the candidate of this name that fits, or comes closest; `None` without one.
pub(in crate::expect) fn closest<'a>(
    nodes: &[Node<'a>],
    name: &str,
    path: &str,
    expect: impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
) -> Option<Vec<Criterion<'a>>> {
    let candidates = nodes
        .iter()
        .filter(|node| node.name().as_deref() == Some(name));
    let judged = candidates.map(|node| expect(ExpectEntity::new(*node, path.to_owned())).criteria);
    // One that fits, else the one with the most that is right, then the least that is wrong.
    judged.min_by_key(|criteria| {
        let wrong = criteria
            .iter()
            .filter(|criterion| criterion.outcome.is_err())
            .count();
        (wrong > 0, Reverse(criteria.len() - wrong), wrong)
    })
}

/// `"a", "b" and "c"`, or `none`.
pub(in crate::expect) fn names(nodes: &[Node<'_>]) -> String {
    let names: Vec<String> = nodes
        .iter()
        .map(|node| {
            node.name().map_or("one without name".to_owned(), |name| {
                format!("\"{}\"", visible(&name))
            })
        })
        .collect();
    match names.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

fn text(expected: &str, found: Option<&str>) -> Result<String, String> {
    match found {
        Some(found) if found == expected => Ok(visible(found)),
        Some(found) => Err(format!(
            "expected \"{}\", found \"{}\"",
            visible(expected),
            visible(found)
        )),
        None => Err(format!("expected \"{}\", found none", visible(expected))),
    }
}

fn number(expected: i64, found: Option<i64>) -> Result<String, String> {
    match found {
        Some(found) if found == expected => Ok(found.to_string()),
        Some(found) => Err(format!("expected {expected}, found {found}")),
        None => Err(format!("expected {expected}, found none")),
    }
}
