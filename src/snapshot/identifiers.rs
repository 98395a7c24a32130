//! The texts of a trace that stand for something else in each run, and that are looked for in all
//! other texts.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::json::Value;
use crate::snapshot::alias::Kind;
use crate::snapshot::scan::{SHORTEST, hosts};
use crate::trace::Node;

/// Ids, request ids, accounts and hosts, each of one kind.
#[derive(Debug, Default)]
pub(in crate::snapshot) struct Identifiers<'a> {
    /// By the text; with the text that it is one with.
    known: HashMap<Cow<'a, str>, (Kind, Cow<'a, str>)>,
    /// Whether one of them has no digit.
    has_wordlike: bool,
}

impl<'a> Identifiers<'a> {
    /// Those that some steps tell by references.
    pub(in crate::snapshot) fn of(
        nodes: &[Node<'a>],
        taken: impl Fn(Kind) -> bool,
    ) -> Identifiers<'a> {
        let mut claims = Claims::default();
        let mut waiting = Vec::new();
        for node in nodes {
            claims.read(*node, &mut waiting);
        }
        let mut identifiers = Identifiers {
            known: HashMap::with_capacity(4 * nodes.len()),
            has_wordlike: false,
        };
        // The first kind that claims a text has it: in the order of the steps, and an entity
        // before an exception with the same id (Node refers to subsegments so).
        let claims = [
            (Kind::Trace, claims.traces),
            (Kind::Entity, claims.entities),
            (Kind::Exception, claims.exceptions),
            (Kind::External, claims.references),
            (Kind::Request, claims.requests),
            (Kind::Account, claims.accounts),
            (Kind::Host, claims.hosts),
        ];
        for (kind, texts) in claims.into_iter().filter(|(kind, _)| taken(*kind)) {
            for text in texts {
                if kind == Kind::Trace
                    && let Some(w3c) = w3c(&text)
                {
                    identifiers.add(kind, Cow::Owned(w3c), text.clone());
                }
                identifiers.add(kind, text.clone(), text);
            }
        }
        identifiers
    }

    fn add(&mut self, kind: Kind, text: Cow<'a, str>, same: Cow<'a, str>) {
        if !is_none(&text) {
            // A host that has no digit has a dot.
            self.has_wordlike |= kind != Kind::Host
                && text.len() >= SHORTEST
                && !text.bytes().any(|byte| byte.is_ascii_digit());
            self.known.entry(text).or_insert((kind, same));
        }
    }

    /// The kind of a text, and the text that it is one with.
    pub(in crate::snapshot) fn find(&self, text: &str) -> Option<(Kind, &str)> {
        let (kind, text) = self.known.get(text)?;
        Some((*kind, text))
    }

    /// Whether a text surely holds nothing that differs from run to run: that has a digit, a dot
    /// or a colon, or is a reference.
    pub(in crate::snapshot) fn leave(&self, text: &str) -> bool {
        !self.has_wordlike
            && !text
                .bytes()
                .any(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'<'))
    }
}

/// What texts are claimed to be.
#[derive(Default)]
struct Claims<'a> {
    traces: Vec<Cow<'a, str>>,
    entities: Vec<Cow<'a, str>>,
    exceptions: Vec<Cow<'a, str>>,
    /// Ids that entities and exceptions refer to, whatever they are of.
    references: Vec<Cow<'a, str>>,
    requests: Vec<Cow<'a, str>>,
    accounts: Vec<Cow<'a, str>>,
    hosts: Vec<Cow<'a, str>>,
}

impl<'a> Claims<'a> {
    /// Reads an entity; `waiting` is room to do so.
    fn read(&mut self, node: Node<'a>, waiting: &mut Vec<Value<'a>>) {
        for (key, value) in node.entity().json().members() {
            let key = key.decode();
            match &*key {
                "subsegments" => continue,
                "aws" => self.aws(value),
                "cause" => self.cause(value),
                "id" => self.entities.extend(value.as_identity()),
                "links" => {
                    for link in value.elements() {
                        self.traces.extend(text(link, "trace_id"));
                        self.references.extend(text(link, "id"));
                    }
                }
                "parent_id" => self.references.extend(value.as_identity()),
                "precursor_ids" => {
                    let ids = value.elements().filter_map(|id| id.as_identity());
                    self.references.extend(ids);
                }
                "trace_id" => self.traces.extend(value.as_identity()),
                _ => {}
            }
            // All strings may hold an address.
            waiting.push(value);
            while let Some(value) = waiting.pop() {
                match value.as_text() {
                    Some(text) => self.addresses(&text.decode()),
                    None => {
                        waiting.extend(value.elements());
                        waiting.extend(value.members().map(|(_, value)| value));
                    }
                }
            }
        }
    }

    fn aws(&mut self, aws: Value<'a>) {
        for (key, value) in aws.members() {
            match &*key.decode() {
                "account_id" => self.accounts.extend(value.as_str()),
                "extended_request_id" | "id_2" | "request_id" => {
                    self.requests.extend(value.as_str());
                }
                _ => {}
            }
        }
    }

    fn cause(&mut self, cause: Value<'a>) {
        self.references.extend(cause.as_identity());
        for (key, value) in cause.members() {
            match &*key.decode() {
                "exceptions" => {
                    for exception in value.elements() {
                        self.exceptions.extend(text(exception, "id"));
                        self.references.extend(text(exception, "cause"));
                    }
                }
                "id" => self.references.extend(value.as_identity()),
                _ => {}
            }
        }
    }

    /// The hosts and accounts of the URLs and ARNs in a text.
    fn addresses(&mut self, text: &str) {
        if !text.as_bytes().contains(&b':') {
            return;
        }
        let owned = |text: &str| Cow::Owned(text.to_owned());
        self.accounts.extend(accounts(text).map(owned));
        self.hosts.extend(hosts(text).map(owned));
    }
}

fn text<'a>(value: Value<'a>, key: &str) -> Option<Cow<'a, str>> {
    value.get(key)?.as_identity()
}

/// A trace id as W3C writes it: 32 digits and nothing between.
fn w3c(id: &str) -> Option<String> {
    let (epoch, random) = id.strip_prefix("1-")?.split_once('-')?;
    (epoch.len() + random.len() == W3C_DIGITS).then(|| format!("{epoch}{random}"))
}

/// Whether a text says that there is no id: it is empty, or all zeros (the Python SDK gives that
/// to what is not sampled).
pub(in crate::snapshot) fn is_none(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}

/// The accounts of ARNs and of the URLs of queues in a text.
fn accounts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|sign: char| sign.is_whitespace() || "\"',;()".contains(sign));
    parts.filter_map(|part| {
        let candidate = if part.starts_with("arn:") {
            part.split(':').nth(4)?
        } else if part.contains("://") {
            part.split('/').nth(3)?
        } else {
            return None;
        };
        let is_account = candidate.len() == ACCOUNT_DIGITS
            && candidate.bytes().all(|byte| byte.is_ascii_digit());
        is_account.then_some(candidate)
    })
}

const ACCOUNT_DIGITS: usize = 12;
const W3C_DIGITS: usize = 32;
