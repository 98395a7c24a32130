//! What is wrong with the use of a mock.

use std::fmt;
use std::panic::Location;

use crate::dynamodb::Request;
use crate::dynamodb::operation::check;
use crate::dynamodb::script::Script;
use crate::wire::Note;

/// What a rule has that nobody asked for.
pub(in crate::dynamodb) fn unused(script: &Script) -> Option<Note> {
    let message = match (script.left(), script.used) {
        (0, 0) => format!("the rule for {script} has no answer: add one, such as .then_ok()"),
        (0, _) => return None,
        (left, used) => {
            let plural = if left == 1 { "answer" } else { "answers" };
            format!("the rule for {script} has {left} {plural} that nobody asked for ({used} used)")
        }
    };
    Some(Note::at(script.place, "unused-rule", message))
}

/// That calls of a rule waited for others which never came, and gave up.
pub(in crate::dynamodb) fn unmet((rule, script): (usize, &Script)) -> Option<Note> {
    let at = &script.rendezvous.as_ref()?.at;
    let (most, calls) = (at.unmet(rule)?, at.calls());
    let message = format!(
        "calls to the rule for {script} gave up while they waited for a rendezvous of {calls}, and no more than \
         {most} came at the same time: the others are made after it, or not at all"
    );
    Some(Note::at(script.place, "rendezvous", message))
}

/// Why no rule answers a request, with the nearest and what differs.
pub(in crate::dynamodb) fn unanswered(scripts: &[Script], request: &Request) -> String {
    if let Some(script) = scripts
        .iter()
        .find(|script| script.pattern.matches(request))
    {
        let attempt = match request.attempt() {
            1 => String::new(),
            attempt => format!(", attempt {attempt}"),
        };
        return format!(
            "no answer is left for {request}{attempt}: the rule for {script} made at {} has given {}; add another, \
             or let the last be repeated",
            script.place, script.used
        );
    }
    let is_near = |script: &&Script| {
        let pattern = &script.pattern;
        pattern.operation == request.operation()
            || pattern.table.is_some() && pattern.has_table(request)
    };
    let judged = scripts
        .iter()
        .filter(is_near)
        .map(|script| (script, script.pattern.differences(request)));
    // Of another operation it differs more than by anything else.
    let nearest = judged.min_by_key(|(script, differences)| {
        (
            script.pattern.operation != request.operation(),
            differences.len(),
        )
    });
    match nearest {
        Some((script, differences)) => format!(
            "no rule answers {request}; the nearest is for {script}, made at {}: {}",
            script.place,
            differences.join("; ")
        ),
        None => match check(request.operation()) {
            Ok(()) => format!(
                "no rule answers {request}: add one, dynamo.on(\"{}\")",
                request.operation()
            ),
            Err(nearest) => format!(
                "no rule can answer {request}: DynamoDB has no such operation; the nearest is `{nearest}`. A \
                 client of another service needs a mock of its own"
            ),
        },
    }
}

/// What a mock found.
#[derive(Clone)]
pub struct DynamoReport {
    started: &'static Location<'static>,
    notes: Vec<Note>,
}

impl DynamoReport {
    pub(in crate::dynamodb) fn new(
        started: &'static Location<'static>,
        notes: Vec<Note>,
    ) -> DynamoReport {
        DynamoReport { started, notes }
    }

    /// The findings.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl fmt::Display for DynamoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.notes.len() == 1 {
            "finding"
        } else {
            "findings"
        };
        writeln!(
            f,
            "{} {plural} of the MockDynamo made at {}",
            self.notes.len(),
            self.started
        )?;
        self.notes
            .iter()
            .try_for_each(|note| writeln!(f, "- {note}"))
    }
}

impl fmt::Debug for DynamoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for DynamoReport {}
