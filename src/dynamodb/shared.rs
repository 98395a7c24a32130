//! What a mock shares with its connector and its rules.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::dynamodb::call::{Attempt, Outcome};
use crate::dynamodb::findings::{unanswered, unmet, unused};
use crate::dynamodb::rendezvous::Rendezvous;
use crate::dynamodb::reply::Compute;
use crate::dynamodb::script::{Meeting, Script, Turn};
use crate::dynamodb::{Reply, Request};
use crate::error::Error;
use crate::seam::Clock;
use crate::wire::{Emit, Note, NoteSource};

/// What the mock shares with its connector and its rules.
#[derive(Debug)]
pub(in crate::dynamodb) struct Shared {
    state: Mutex<State>,
    answered: AtomicU64,
    clock: Clock,
    /// Where the mock was made.
    pub(in crate::dynamodb) started: &'static Location<'static>,
}

pub(in crate::dynamodb) struct State {
    pub(in crate::dynamodb) scripts: Vec<Script>,
    pub(in crate::dynamodb) back_off: Duration,
    pub(in crate::dynamodb) otherwise: Option<Compute>,
    /// The way to a daemon that asks for the findings.
    pub(in crate::dynamodb) joined: Option<Arc<dyn Emit>>,
    pub(in crate::dynamodb) attempts: Vec<Attempt>,
    meetings: BTreeMap<String, Arc<Rendezvous>>,
    notes: Vec<Note>,
}

/// What a request that has come in is answered.
pub(in crate::dynamodb) struct Accepted {
    pub(in crate::dynamodb) request: Arc<Request>,
    /// The number of its attempt.
    pub(in crate::dynamodb) number: usize,
    pub(in crate::dynamodb) reply: Result<Reply, Error>,
    pub(in crate::dynamodb) meeting: Option<Meeting>,
    /// The number of the rule that answers it.
    pub(in crate::dynamodb) rule: Option<usize>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rules, {} attempts",
            self.scripts.len(),
            self.attempts.len()
        )
    }
}

impl Shared {
    pub(in crate::dynamodb) fn new(started: &'static Location<'static>) -> Shared {
        let state = State {
            scripts: Vec::new(),
            back_off: Duration::from_millis(1),
            otherwise: None,
            joined: None,
            attempts: Vec::new(),
            meetings: BTreeMap::new(),
            notes: Vec::new(),
        };
        Shared {
            state: Mutex::new(state),
            answered: AtomicU64::new(0),
            clock: Clock::tokio(),
            started,
        }
    }

    /// Takes a request in, and finds what it is answered.
    pub(in crate::dynamodb) fn accept(&self, request: Request) -> Accepted {
        let arrived = self.now();
        let request = Arc::new(request);
        let mut state = self.state();
        let number = state.attempts.len();
        state.attempts.push(Attempt {
            request: Arc::clone(&request),
            arrived,
            outcome: Outcome::Waiting,
            back_off: None,
        });
        let back_off = state.back_off;
        let found = state
            .scripts
            .iter_mut()
            .enumerate()
            .filter(|(_, script)| script.pattern.matches(&request))
            .find_map(|(rule, script)| {
                let meeting = script.rendezvous.clone();
                let meeting = meeting.filter(|meeting| !meeting.at.has_met(&request));
                Some((script.next(&request)?, meeting, rule))
            });
        let (turn, meeting, rule) = match (found, &state.otherwise) {
            (Some(found), _) => found,
            (None, Some(otherwise)) => {
                let make = Arc::clone(otherwise);
                drop(state);
                let reply = make(&request).or_retry_after(back_off);
                return Accepted {
                    request,
                    number,
                    reply: Ok(reply),
                    meeting: None,
                    rule: None,
                };
            }
            (None, None) => {
                let why = unanswered(&state.scripts, &request);
                let note = Note::at(self.started, "no-rule", why.clone());
                state.notes.push(note);
                return Accepted {
                    request,
                    number,
                    reply: Err(Error::stopped(format!("mock DynamoDB: {why}"))),
                    meeting: None,
                    rule: None,
                };
            }
        };
        drop(state);
        let reply = match turn {
            Turn::Made(reply) => reply,
            Turn::Make(make, step) => step.finish(make(&request)),
        };
        Accepted {
            request,
            number,
            reply: Ok(reply.or_retry_after(back_off)),
            meeting,
            rule: Some(rule),
        }
    }

    /// Notes what became of an attempt.
    pub(in crate::dynamodb) fn answered(&self, number: usize, reply: &Result<Reply, Error>) {
        let now = self.now();
        let outcome = match reply {
            Ok(reply) => Outcome::Answered(reply.clone(), now),
            Err(_) => Outcome::Refused("no rule", now),
        };
        self.state().attempts[number].outcome = outcome;
    }

    /// Notes a request that is none of DynamoDB, or cannot be read.
    pub(in crate::dynamodb) fn not_understood(&self, why: &str) {
        let note = Note::at(self.started, "no-request", why.to_owned());
        self.state().notes.push(note);
    }

    /// Notes that the client has given an attempt up.
    pub(in crate::dynamodb) fn given_up(&self, number: usize) {
        let now = self.now();
        self.state().attempts[number].outcome = Outcome::GivenUp(now);
    }

    /// Notes that too few came to a rendezvous, and says so.
    pub(in crate::dynamodb) fn alone(&self, number: usize, at: &Rendezvous) -> String {
        let now = self.now();
        let mut state = self.state();
        let request = Arc::clone(&state.attempts[number].request);
        let (calls, most) = (at.calls(), at.alone());
        let why = format!(
            "{request} waited for a rendezvous of {calls} calls, and no more than {most} came at the same time: \
             the others are made after it, or not at all"
        );
        state.attempts[number].outcome = Outcome::Refused("alone", now);
        state
            .notes
            .push(Note::at(self.started, "rendezvous", why.clone()));
        why
    }

    /// Notes that an attempt hangs which its client never gives up, and says so.
    pub(in crate::dynamodb) fn hung(&self, number: usize, rule: Option<usize>) -> String {
        let now = self.now();
        let mut state = self.state();
        let request = &state.attempts[number].request;
        let rule = rule.map(|rule| &state.scripts[rule]);
        let by = match rule {
            Some(script) => format!("the rule for {script} made at {}", script.place),
            None => "what answers where no rule does".to_owned(),
        };
        let why = format!(
            "{request} hangs, as {by} wants it to, and its client never gives up: configure a time-out, such as \
             operation_attempt_timeout"
        );
        let place = rule.map_or(self.started, |script| script.place);
        state.attempts[number].outcome = Outcome::Refused("hang", now);
        state.notes.push(Note::at(place, "hang", why.clone()));
        why
    }

    /// The number of the next answer, for its request id.
    pub(in crate::dynamodb) fn number(&self) -> u64 {
        self.answered.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(in crate::dynamodb) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.clock.now().since_epoch()
    }
}

impl State {
    /// The rendezvous of this name, or one of its own. One that is for another number of calls
    /// already stays what it is, and that is noted.
    pub(in crate::dynamodb) fn meeting(
        &mut self,
        name: Option<&str>,
        calls: usize,
        place: &'static Location<'static>,
    ) -> Meeting {
        let calls = calls.max(1);
        let made = || Arc::new(Rendezvous::new(calls));
        let at = match name {
            Some(name) => Arc::clone(self.meetings.entry(name.to_owned()).or_insert_with(made)),
            None => made(),
        };
        if let Some(name) = name.filter(|_| at.calls() != calls) {
            let message = format!(
                "the rendezvous `{name}` is for {} calls, as was said first: that it is for {calls} is not heard",
                at.calls()
            );
            self.notes.push(Note::at(place, "rendezvous", message));
        }
        Meeting {
            name: name.map(str::to_owned),
            at,
        }
    }

    /// Notes that something was said of the last answer of a rule that has none.
    pub(in crate::dynamodb) fn misplaced(
        &mut self,
        index: usize,
        what: &str,
        place: &'static Location<'static>,
    ) {
        let script = &self.scripts[index];
        let message = format!(
            "`{what}` is said of the answer before it, and the rule for {script} has none yet"
        );
        self.notes.push(Note::at(place, "misplaced", message));
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
        notes.extend(state.scripts.iter().enumerate().filter_map(unmet));
        notes
    }
}
