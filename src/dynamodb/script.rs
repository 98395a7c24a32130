//! A rule as the mock holds it.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::dynamodb::operation::empty_answer;
use crate::dynamodb::pages::Pages;
use crate::dynamodb::pattern::Pattern;
use crate::dynamodb::rendezvous::Rendezvous;
use crate::dynamodb::reply::Compute;
use crate::dynamodb::unprocessed::unprocessed;
use crate::dynamodb::{Reply, Request};

/// For which requests, and what they are answered in turn.
#[derive(Debug)]
pub(in crate::dynamodb) struct Script {
    pub(in crate::dynamodb) pattern: Pattern,
    pub(in crate::dynamodb) steps: VecDeque<Step>,
    /// Lists of pages that are used up, of which some reader is not at the end.
    pub(in crate::dynamodb) read_on: Vec<Step>,
    pub(in crate::dynamodb) rendezvous: Option<Meeting>,
    pub(in crate::dynamodb) used: usize,
    /// Whether what is wrong with the rule was told.
    pub(in crate::dynamodb) reported: bool,
    pub(in crate::dynamodb) place: &'static Location<'static>,
    /// Its number, where it is of a script.
    pub(in crate::dynamodb) number: Option<usize>,
}

/// Where the calls of a rule wait for each other; rules that say the same name wait together.
#[derive(Clone, Debug)]
pub(in crate::dynamodb) struct Meeting {
    pub(in crate::dynamodb) name: Option<String>,
    pub(in crate::dynamodb) at: Arc<Rendezvous>,
}

/// An answer, and how often it is given.
#[derive(Clone, Debug)]
pub(in crate::dynamodb) struct Step {
    pub(in crate::dynamodb) answer: Answer,
    pub(in crate::dynamodb) times: Times,
    /// What is said of the answer behind it.
    pub(in crate::dynamodb) delay: Option<Duration>,
    pub(in crate::dynamodb) wrong_crc: bool,
    /// Whether the whole of it was given.
    pub(in crate::dynamodb) begun: bool,
    /// Of pages, how many readers have begun and are not at the end.
    pub(in crate::dynamodb) readers: usize,
}

/// How often an answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dynamodb) enum Times {
    Exactly(usize),
    Forever,
}

#[derive(Clone)]
pub(in crate::dynamodb) enum Answer {
    /// By the program.
    Compute(Compute),
    /// All went well, and there is nothing to tell.
    Empty,
    Pages(Pages),
    Reply(Reply),
    /// A batch without its last parts.
    Unprocessed(usize),
}

/// What a request is answered: made already, or to be made by the program's own code, which is not
/// to run under the lock.
pub(in crate::dynamodb) enum Turn {
    Made(Reply),
    Make(Compute, Step),
}

impl Step {
    pub(in crate::dynamodb) fn times(answer: Answer, times: usize) -> Step {
        Step {
            answer,
            times: Times::Exactly(times),
            delay: None,
            wrong_crc: false,
            begun: false,
            readers: 0,
        }
    }

    /// The reply with what is said of it behind it.
    pub(in crate::dynamodb) fn finish(&self, mut reply: Reply) -> Reply {
        if let Some(delay) = self.delay {
            reply = reply.after(delay);
        }
        if self.wrong_crc {
            reply = reply.with_wrong_crc();
        }
        reply
    }

    /// The page that a request asks for, and whether it is the last one.
    fn page(&mut self, request: &Request) -> Option<(Reply, bool)> {
        let Answer::Pages(pages) = &self.answer else {
            return None;
        };
        let (reply, is_last) = pages.page(request);
        if !Pages::is_continued(request) {
            self.readers += 1;
        }
        if is_last {
            self.readers = self.readers.saturating_sub(1);
        }
        Some((self.finish(reply), is_last))
    }

    /// How many of its answers nobody has asked for.
    fn left(&self) -> usize {
        match self.times {
            Times::Exactly(times) => times,
            Times::Forever => usize::from(!self.begun),
        }
    }
}

impl Script {
    pub(in crate::dynamodb) fn new(operation: &str, place: &'static Location<'static>) -> Script {
        Script {
            pattern: Pattern::new(operation),
            steps: VecDeque::new(),
            read_on: Vec::new(),
            rendezvous: None,
            used: 0,
            reported: false,
            place,
            number: None,
        }
    }

    /// The next answer.
    pub(in crate::dynamodb) fn next(&mut self, request: &Request) -> Option<Turn> {
        if let Some(reply) = self.next_page(request) {
            self.used += 1;
            return Some(Turn::Made(reply));
        }
        let step = self.steps.front_mut()?;
        let mut is_whole = true;
        let turn = match &step.answer {
            Answer::Compute(compute) => Turn::Make(Arc::clone(compute), step.clone()),
            Answer::Empty => {
                let answer = empty_answer(&self.pattern.operation);
                Turn::Made(step.finish(Reply::ok(answer)))
            }
            Answer::Pages(_) => {
                let (reply, is_last) = step.page(request)?;
                is_whole = is_last;
                Turn::Made(reply)
            }
            Answer::Reply(reply) => Turn::Made(step.finish(reply.clone())),
            Answer::Unprocessed(count) => Turn::Made(step.finish(unprocessed(request, *count))),
        };
        self.used += 1;
        step.begun |= is_whole;
        if let Times::Exactly(times) = &mut step.times
            && is_whole
        {
            *times -= 1;
            if *times == 0 {
                // Others may be in the middle of it.
                let used_up = self.steps.pop_front();
                self.read_on.extend(used_up.filter(|step| step.readers > 0));
            }
        }
        Some(turn)
    }

    /// The page of one that reads on in a list that another reader has used up.
    fn next_page(&mut self, request: &Request) -> Option<Reply> {
        let is_in =
            |step: &Step| matches!(&step.answer, Answer::Pages(pages) if pages.reads_on(request));
        let is_in_front = self
            .steps
            .front()
            .is_some_and(|step| step.readers > 0 && is_in(step));
        if is_in_front {
            return None;
        }
        let place = self.read_on.iter().position(is_in)?;
        let step = &mut self.read_on[place];
        let (reply, _) = step.page(request)?;
        if step.readers == 0 {
            self.read_on.remove(place);
        }
        Some(reply)
    }

    /// How many answers nobody asked for.
    pub(in crate::dynamodb) fn left(&self) -> usize {
        self.steps.iter().map(Step::left).sum()
    }
}

/// `PutItem Orders`
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.pattern, f)?;
        match self.number {
            Some(number) => write!(f, " (/rules/{number} of the script)"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Compute(_) => f.write_str("computed"),
            Answer::Empty => f.write_str("200"),
            Answer::Pages(pages) => {
                write!(f, "{} items in pages of {}", pages.items.len(), pages.size)
            }
            Answer::Reply(reply) => write!(f, "{reply}"),
            Answer::Unprocessed(count) => write!(f, "{count} unprocessed"),
        }
    }
}
