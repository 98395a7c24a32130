//! What a check has found.

use std::cmp::Ordering;

use crate::capture::Rejection;
use crate::cli::input::{Capture, Datagram};
use crate::fake_daemon::{Inspection, Inspector, Strictness};
use crate::schema::{Consequence, Masker, Secrets, Violation};
use crate::trace::{Defect, ExternalParents, PartialTrace, Severity};

/// Findings of a capture, in the order in which they are printed.
pub(in crate::cli) struct Report<'a> {
    pub(in crate::cli) capture: &'a Capture,
    pub(in crate::cli) rejections: Vec<Found<'a, Rejection>>,
    pub(in crate::cli) violations: Vec<Found<'a, Violation>>,
    pub(in crate::cli) traces: Vec<PartialTrace>,
    /// What must not be shown whole.
    pub(in crate::cli) secrets: Masker,
    strictness: &'a Strictness,
}

/// A finding, and the datagram that it is in.
pub(in crate::cli) struct Found<'a, T> {
    pub(in crate::cli) what: T,
    pub(in crate::cli) datagram: Datagram<'a>,
    pub(in crate::cli) fails: bool,
}

/// How many findings of each kind there are.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cli) struct Tally {
    pub(in crate::cli) rejections: u64,
    pub(in crate::cli) rejected: u64,
    pub(in crate::cli) pruned: u64,
    pub(in crate::cli) lints: u64,
    pub(in crate::cli) defects: u64,
    pub(in crate::cli) failing: u64,
}

impl<'a> Report<'a> {
    pub(in crate::cli) fn of(
        capture: &'a Capture,
        external: &ExternalParents,
        strictness: &'a Strictness,
        secrets: Option<&Secrets>,
    ) -> Report<'a> {
        let datagrams = capture.datagrams();
        let mut inspector = Inspector::new(secrets.cloned(), strictness);
        for datagram in datagrams.clone() {
            inspector.enter(datagram.number, datagram.received);
        }
        let Inspection {
            traces,
            violations,
            secrets,
        } = inspector.inspection(external);
        let mut rejections: Vec<_> = datagrams
            .filter_map(|datagram| {
                let rejection = datagram.received.rejection()?;
                let fails = strictness.fails_rejection(rejection.code());
                Some(Found {
                    what: rejection,
                    datagram,
                    fails,
                })
            })
            .collect();
        let mut violations: Vec<_> = violations
            .into_iter()
            .filter_map(|violation| {
                let datagram = capture.datagram(violation.seq())?;
                let fails = strictness.fails_violation(&violation);
                Some(Found {
                    what: violation,
                    datagram,
                    fails,
                })
            })
            .collect();
        // By the numbers that the files give; stable, so that files stay in order.
        rejections.sort_by_key(|found| found.datagram.received.seq());
        violations.sort_by(by_place);
        Report {
            capture,
            rejections,
            violations,
            traces,
            secrets,
            strictness,
        }
    }

    /// Whether a defect fails the check.
    pub(in crate::cli) fn fails(&self, defect: &Defect) -> bool {
        self.strictness.fails_defect(defect)
    }

    /// The defects of all traces, each with its trace and its datagram.
    pub(in crate::cli) fn defects(
        &self,
    ) -> impl Iterator<Item = (&PartialTrace, Found<'a, &Defect>)> {
        let defects = self
            .traces
            .iter()
            .flat_map(|trace| trace.defects().map(move |defect| (trace, defect)));
        defects.filter_map(|(trace, defect)| {
            let datagram = self.capture.datagram(defect.seq())?;
            let fails = self.fails(defect);
            Some((
                trace,
                Found {
                    what: defect,
                    datagram,
                    fails,
                },
            ))
        })
    }

    pub(in crate::cli) fn tally(&self) -> Tally {
        let mut tally = Tally {
            rejections: self.rejections.len() as u64,
            ..Tally::default()
        };
        for violation in &self.violations {
            match violation.what.consequence() {
                Consequence::Lint => tally.lints += 1,
                Consequence::Pruned => tally.pruned += 1,
                Consequence::Rejected => tally.rejected += 1,
            }
        }
        for (_, found) in self.defects() {
            match found.what.code().severity() {
                Severity::Error => tally.defects += 1,
                Severity::Lint => tally.lints += 1,
            }
        }
        let rejections = self.rejections.iter().map(|found| found.fails);
        let violations = self.violations.iter().map(|found| found.fails);
        let defects = self.defects().map(|(_, found)| found.fails);
        tally.failing = rejections
            .chain(violations)
            .chain(defects)
            .filter(|fails| *fails)
            .count() as u64;
        tally
    }
}

fn by_place(one: &Found<'_, Violation>, other: &Found<'_, Violation>) -> Ordering {
    let seq = |found: &Found<'_, Violation>| found.datagram.received.seq();
    seq(one)
        .cmp(&seq(other))
        .then_with(|| one.what.pointer().cmp(other.what.pointer()))
}
