//! The mock: rules, requests, findings.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::dynamodb::operation;
use crate::dynamodb::rule::Script;
use crate::dynamodb::{Reply, Request, Rule};
use crate::error::Error;
use crate::wire::{Emit, Note, NoteSource};

/// A DynamoDB that answers as its [rules](MockDynamo::on) say.
///
/// A request that no rule answers fails in the code under test with an error that the SDK does
/// not retry, and is a finding; so is an answer that nobody asked for. Findings fail the test:
/// through the daemon that [`mock_dynamo_client!`](crate::mock_dynamo_client) joins it with, or
/// when the mock is dropped.
///
/// The pause between two attempts is fixed: one millisecond, or what
/// [`back_off`](MockDynamo::back_off) says. The SDK's own is random and long.
pub struct MockDynamo {
    shared: Arc<Shared>,
}

/// What the mock shares with its connector and its rules.
#[derive(Debug)]
pub(in crate::dynamodb) struct Shared {
    pub(in crate::dynamodb) state: Mutex<State>,
    answered: AtomicU64,
    started: &'static Location<'static>,
}

#[derive(Debug)]
pub(in crate::dynamodb) struct State {
    pub(in crate::dynamodb) scripts: Vec<Script>,
    pub(in crate::dynamodb) back_off: Duration,
    requests: Vec<Request>,
    notes: Vec<Note>,
    /// The way to a daemon that asks for the findings.
    joined: Option<Arc<dyn Emit>>,
}

impl MockDynamo {
    /// A DynamoDB without rules.
    #[track_caller]
    pub fn new() -> MockDynamo {
        let state = State {
            scripts: Vec::new(),
            back_off: Duration::from_millis(1),
            requests: Vec::new(),
            notes: Vec::new(),
            joined: None,
        };
        let shared = Shared {
            state: Mutex::new(state),
            answered: AtomicU64::new(0),
            started: Location::caller(),
        };
        MockDynamo {
            shared: Arc::new(shared),
        }
    }

    /// Sets the pause between two attempts, for rules and clients that are made after this.
    ///
    /// Up to five seconds: beyond that the SDK makes up its own.
    #[must_use = "the mock with the pause is what this returns"]
    pub fn back_off(self, pause: Duration) -> MockDynamo {
        self.shared.state().back_off = pause;
        self
    }

    /// Makes a rule for an operation, such as `PutItem`.
    ///
    /// # Panics
    ///
    /// Where DynamoDB has no such operation; the text names the nearest.
    #[track_caller]
    pub fn on(&self, operation: &str) -> Rule {
        match self.try_on(operation) {
            Ok(rule) => rule,
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes a rule for an operation.
    ///
    /// # Errors
    ///
    /// DynamoDB has no such operation.
    #[track_caller]
    pub fn try_on(&self, operation: &str) -> Result<Rule, Error> {
        if let Err(nearest) = operation::check(operation) {
            let why = format!("DynamoDB has no such operation; the nearest is `{nearest}`");
            return Err(Error::invalid("operation", operation, why));
        }
        let mut state = self.shared.state();
        state.scripts.push(Script {
            operation: operation.to_owned(),
            table: None,
            replies: VecDeque::new(),
            repeated: false,
            used: 0,
            last_given: false,
            reported: false,
            place: Location::caller(),
        });
        Ok(Rule::new(Arc::clone(&self.shared), state.scripts.len() - 1))
    }

    /// Answers a request, as the connector does.
    ///
    /// # Errors
    ///
    /// No rule answers it; the error names the nearest.
    pub fn handle(&self, request: Request) -> Result<Reply, Error> {
        self.shared.handle(request)
    }

    /// The requests so far, each attempt one.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Judges: requests that no rule answered, and answers that nobody asked for.
    ///
    /// What this reports is not reported again.
    ///
    /// # Errors
    ///
    /// The findings.
    pub fn verify(&self) -> Result<(), DynamoReport> {
        let notes = self.shared.notes();
        if notes.is_empty() {
            return Ok(());
        }
        Err(DynamoReport {
            started: self.shared.started,
            notes,
        })
    }

    /// Lets a daemon ask for the findings when it is judged.
    #[doc(hidden)]
    pub fn join(&self, emitter: &Arc<dyn Emit>) {
        if emitter.is_test() {
            self.shared.state().joined = Some(Arc::clone(emitter));
            emitter.watch(Arc::clone(&self.shared) as Arc<dyn NoteSource>);
        }
    }

    pub(in crate::dynamodb) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Default for MockDynamo {
    #[track_caller]
    fn default() -> Self {
        MockDynamo::new()
    }
}

impl fmt::Debug for MockDynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MockDynamo made at {}", self.shared.started)
    }
}

/// The backstop: a finding that no daemon asks for fails the test. Silent while a panic is under
/// way.
impl Drop for MockDynamo {
    fn drop(&mut self) {
        // A daemon that has ended asks no more.
        let joined = self
            .shared
            .state()
            .joined
            .as_ref()
            .is_some_and(|emitter| emitter.is_test());
        if std::thread::panicking() || joined {
            return;
        }
        if let Err(report) = self.verify() {
            panic!("{report}If the test returned an Err, this panic has taken its place.\n");
        }
    }
}

impl Shared {
    /// Answers a request.
    pub(in crate::dynamodb) fn handle(&self, request: Request) -> Result<Reply, Error> {
        let mut state = self.state();
        let reply = state
            .scripts
            .iter_mut()
            .filter(|script| script.matches(&request))
            .find_map(Script::next);
        let answer = match reply {
            Some(reply) => Ok(reply.or_retry_after(state.back_off)),
            None => {
                let why = unanswered(&state.scripts, &request);
                state
                    .notes
                    .push(Note::at(self.started, "no-rule", why.clone()));
                Err(Error::stopped(format!("mock DynamoDB: {why}")))
            }
        };
        state.requests.push(request);
        answer
    }

    /// The number of the next answer, for its request id.
    pub(in crate::dynamodb) fn number(&self) -> u64 {
        self.answered.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(in crate::dynamodb) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asked when a test is judged: from then on an answer that nobody asked for is a finding.
impl NoteSource for Shared {
    fn notes(&self) -> Vec<Note> {
        let mut state = self.state();
        let mut notes = std::mem::take(&mut state.notes);
        for script in state.scripts.iter_mut().filter(|script| !script.reported) {
            if let Some(note) = unused(script) {
                script.reported = true;
                notes.push(note);
            }
        }
        notes
    }
}

fn unused(script: &Script) -> Option<Note> {
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

/// Why no rule answers a request, with the nearest.
fn unanswered(scripts: &[Script], request: &Request) -> String {
    if let Some(script) = scripts.iter().find(|script| script.matches(request)) {
        return format!(
            "no answer is left for {request}: the rule for {script} made at {} has given {}",
            script.place, script.used
        );
    }
    let nearest = scripts
        .iter()
        .find(|script| script.operation == request.operation())
        .or_else(|| {
            scripts.iter().find(|script| {
                request
                    .tables()
                    .any(|table| script.table.as_deref() == Some(table))
            })
        });
    match nearest {
        Some(script) => format!(
            "no rule answers {request}; the nearest is for {script}, made at {}",
            script.place
        ),
        None => format!(
            "no rule answers {request}: add one, dynamo.on(\"{}\")",
            request.operation()
        ),
    }
}

/// What a mock found.
#[derive(Clone)]
pub struct DynamoReport {
    started: &'static Location<'static>,
    notes: Vec<Note>,
}

impl DynamoReport {
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
