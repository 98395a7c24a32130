//! What the JSON Schemas say of the documents of a test: our own, and the user's.

use std::fmt;

use crate::capture::Received;
use crate::error::{Error, on_one_line};
use crate::fake_daemon::Finding;
use crate::fake_daemon::strictness::Strictness;
use crate::model::{Entity, EntityKind};
use crate::schema::{NO_NAME, RequiredSchema, Testimony, Violation, witness};

/// The schemas that a test requires, and how far its documents have been held against them.
#[derive(Debug, Default)]
pub(in crate::fake_daemon) struct SecondWitness {
    required: Vec<(EntityKind, RequiredSchema)>,
    /// Datagrams before this number have been looked into.
    next: u64,
}

/// A rule that a document breaks by our JSON Schema, and not by the judge.
#[derive(Clone, Debug)]
pub struct Disagreement {
    seq: u64,
    testimony: Testimony,
}

/// A document that does not follow a schema of the user's own.
#[derive(Clone, Debug)]
pub struct Unmet {
    seq: u64,
    names: Vec<String>,
    pointer: String,
    message: String,
}

impl SecondWitness {
    /// Requires that each segment, or each subsegment, follows a schema.
    pub(in crate::fake_daemon) fn require(
        &mut self,
        kind: EntityKind,
        schema: &str,
    ) -> Result<(), Error> {
        self.required.push((kind, RequiredSchema::new(schema)?));
        Ok(())
    }

    /// Hears the schemas on the documents that are new, once each.
    pub(in crate::fake_daemon) fn hear<'a>(
        &mut self,
        received: impl Iterator<Item = &'a Received>,
        violations: &[Violation],
        strictness: &Strictness,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let next = self.next;
        for datagram in received.filter(|datagram| datagram.seq() >= next) {
            self.next = datagram.seq() + 1;
            let Some(document) = datagram.document() else {
                continue;
            };
            let seq = datagram.seq();
            let known = |testimony: &Testimony| {
                violations.iter().any(|violation| {
                    violation.seq() == seq
                        && violation.rule() == testimony.rule()
                        && violation.pointer() == testimony.pointer()
                })
            };
            let testimonies = witness(document).into_iter();
            let unknown = testimonies
                .filter(|testimony| !known(testimony) && strictness.fails_rule(testimony.rule()));
            findings.extend(
                unknown.map(|testimony| Finding::Disagreement(Disagreement { seq, testimony })),
            );
            if let (false, Some(top)) = (self.required.is_empty(), Entity::of(document.root())) {
                self.unmet(seq, top, &mut findings);
            }
        }
        findings
    }

    /// Holds the entities of a document against the schemas of the user's own. What is in progress
    /// may yet become what it should be.
    fn unmet(&self, seq: u64, top: Entity<'_>, findings: &mut Vec<Finding>) {
        let mut waiting = vec![(top, top.kind_at_top(), Vec::new())];
        while let Some((entity, kind, mut names)) = waiting.pop() {
            names.push(entity.name().map_or_else(|| NO_NAME.to_owned(), Into::into));
            let asked = self
                .required
                .iter()
                .filter(|(of, _)| *of == kind && entity.is_closed());
            for (_, schema) in asked {
                let found = schema.check(entity.json()).into_iter();
                findings.extend(found.map(|(pointer, message)| {
                    Finding::Unmet(Unmet {
                        seq,
                        names: names.clone(),
                        pointer,
                        message,
                    })
                }));
            }
            if self
                .required
                .iter()
                .any(|(of, _)| *of == EntityKind::Subsegment)
            {
                let inside = entity.subsegments().unwrap_or_default().into_iter().rev();
                waiting.extend(inside.map(|child| (child, EntityKind::Subsegment, names.clone())));
            }
        }
    }
}

impl Disagreement {
    /// The number of the datagram in its capture, from 0.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// What the schema says.
    pub fn testimony(&self) -> &Testimony {
        &self.testimony
    }
}

/// What the schema says, and that this is ours to mend.
impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.testimony.to_string().replace('\n', "\n  ");
        write!(
            f,
            "datagram {} {text}\n  \
             the JSON Schema says so, and the judge does not: one of them is wrong, which is a fault of \
             xray-phantom; please report it",
            self.seq
        )
    }
}

impl Unmet {
    /// The number of the datagram in its capture, from 0.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The names from the top of the document down to the entity.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The place as a JSON pointer (RFC 6901) into the document.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What the schema asks for.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// `datagram 0 does not follow a required schema: "tenant" is a required property`
impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self
            .names
            .iter()
            .map(|name| on_one_line(name, SHOWN))
            .collect();
        let place = match &*self.pointer {
            "" => "in".to_owned(),
            pointer => format!("at {} of", on_one_line(pointer, SHOWN)),
        };
        write!(
            f,
            "datagram {} does not follow a required schema: {}\n  {place} {}",
            self.seq,
            self.message,
            names.join(" > ")
        )
    }
}

/// How many characters of a name or a pointer are shown.
const SHOWN: usize = 60;
