//! The texts of a trace that stand for something else in each run, and that are looked for in all
//! other texts.

use std::collections::HashMap;

use crate::json::Value;
use crate::model::{Cause, Entity};
use crate::snapshot::alias::Kind;
use crate::snapshot::scan::hosts;
use crate::trace::Node;

/// Ids, request ids, accounts and hosts, each of one kind.
#[derive(Debug, Default)]
pub(in crate::snapshot) struct Identifiers {
    known: HashMap<String, (Kind, String)>,
}

impl Identifiers {
    /// Those that some steps tell by references.
    pub(in crate::snapshot) fn of(nodes: &[Node<'_>], taken: impl Fn(Kind) -> bool) -> Identifiers {
        let mut identifiers = Identifiers::default();
        // The first kind that claims a text has it: in the order of the steps, and an entity
        // before an exception with the same id (Node refers to subsegments so).
        let mut claim = |kind: Kind, claims: fn(&mut Claims<'_>, Node<'_>)| {
            if taken(kind) {
                let mut claims_of = Claims {
                    kind,
                    identifiers: &mut identifiers,
                };
                nodes.iter().for_each(|node| claims(&mut claims_of, *node));
            }
        };
        claim(Kind::Trace, |claims, node| {
            let entity = node.entity();
            claims.trace(entity.trace_id());
            let links = entity.links().unwrap_or_default();
            links.iter().for_each(|link| claims.trace(link.trace_id()));
        });
        claim(Kind::Entity, |claims, node| claims.text(node.entity().id()));
        claim(Kind::Exception, |claims, node| {
            if let Some(Cause::Exceptions(cause)) = node.entity().cause() {
                let exceptions = cause.exceptions().unwrap_or_default();
                let ids = exceptions.iter().map(|exception| exception.id());
                ids.for_each(|id| claims.text(id));
            }
        });
        claim(Kind::External, external);
        claim(Kind::Request, |claims, node| {
            if let Some(aws) = node.entity().aws() {
                for key in ["request_id", "id_2", "extended_request_id"] {
                    claims.text(aws.json().get(key).and_then(|value| value.as_str()));
                }
            }
        });
        claim(Kind::Account, |claims, node| {
            if let Some(aws) = node.entity().aws() {
                claims.text(aws.account_id());
            }
            texts(node.entity(), |text| {
                accounts(text).for_each(|account| claims.add(account))
            });
        });
        claim(Kind::Host, |claims, node| {
            texts(node.entity(), |text| {
                hosts(text).for_each(|host| claims.add(host))
            });
        });
        identifiers
    }

    /// The kind of a text, and the text that it is one with.
    pub(in crate::snapshot) fn find(&self, text: &str) -> Option<(Kind, &str)> {
        let (kind, text) = self.known.get(text)?;
        Some((*kind, text))
    }
}

struct Claims<'a> {
    kind: Kind,
    identifiers: &'a mut Identifiers,
}

impl Claims<'_> {
    fn add(&mut self, text: &str) {
        self.add_as(text, text);
    }

    fn add_as(&mut self, text: &str, same: &str) {
        if !is_none(text) {
            let known = self.identifiers.known.entry(text.to_owned());
            known.or_insert_with(|| (self.kind, same.to_owned()));
        }
    }

    fn text(&mut self, text: Option<std::borrow::Cow<'_, str>>) {
        if let Some(text) = text {
            self.add(&text);
        }
    }

    /// A trace id, also as W3C writes it: 32 digits and nothing between.
    fn trace(&mut self, id: Option<std::borrow::Cow<'_, str>>) {
        let Some(id) = id else {
            return;
        };
        self.add(&id);
        if let Some((epoch, random)) = id.strip_prefix("1-").and_then(|rest| rest.split_once('-'))
            && epoch.len() + random.len() == W3C_DIGITS
        {
            self.add_as(&format!("{epoch}{random}"), &id);
        }
    }
}

/// Ids that an entity refers to, whatever they are of.
fn external(claims: &mut Claims<'_>, node: Node<'_>) {
    let entity = node.entity();
    claims.text(entity.parent_id());
    for link in entity.links().unwrap_or_default() {
        claims.text(link.id());
    }
    for id in entity.precursor_ids().unwrap_or_default() {
        claims.add(&id);
    }
    match entity.cause() {
        Some(Cause::Reference(id)) => claims.add(&id),
        Some(Cause::Exceptions(cause)) => {
            claims.text(cause.id());
            for exception in cause.exceptions().unwrap_or_default() {
                claims.text(exception.cause());
            }
        }
        None => {}
    }
}

/// Whether a text says that there is no id: it is empty, or all zeros (the Python SDK gives that
/// to what is not sampled).
pub(in crate::snapshot) fn is_none(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}

/// Visits all strings of an entity, those of its subsegments left out.
fn texts(entity: Entity<'_>, mut visit: impl FnMut(&str)) {
    let members = entity.json().members();
    let mut waiting: Vec<Value<'_>> = members
        .filter(|(key, _)| *key != *"subsegments")
        .map(|(_, value)| value)
        .collect();
    while let Some(value) = waiting.pop() {
        if let Some(text) = value.as_str() {
            visit(&text);
        }
        waiting.extend(value.elements());
        waiting.extend(value.members().map(|(_, value)| value));
    }
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
