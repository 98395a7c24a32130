//! How an entity fails: with an error, a panic, or cancelled.

use std::error::Error as StdError;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use crate::model::limits::MAX_TEXT;
use crate::recorder::OpenEntity;
use crate::recorder::cause::{Exception, Failure, LONGEST, MOST_EXCEPTIONS, chain};
use crate::recorder::stack::stack_here;

impl OpenEntity {
    /// Records an error as the cause, with the chain of its sources. Flags are not changed.
    ///
    /// What is recorded later, such as the error with which the code ends, stands beside it.
    #[track_caller]
    pub fn cause<E: StdError + ?Sized>(&self, error: &E) -> &OpenEntity {
        self.record_error(error, Location::caller(), false);
        self
    }

    /// Ends the entity as one whose code was dropped, if it has not ended.
    pub(crate) fn cancel(&self, place: &'static Location<'static>) {
        if self.is_open() {
            self.exception(
                place,
                "Cancelled",
                "the future was dropped before it ended",
                false,
            );
            self.say(place, |fields| fields.said.error = true);
            self.close();
        }
    }

    /// Says that the code under it failed with this error.
    pub(in crate::recorder) fn failed<E: StdError + ?Sized>(
        &self,
        error: &E,
        place: &'static Location<'static>,
    ) {
        self.record_error(error, place, true);
    }

    /// Records an exception that is no error of this program: a panic, a cancellation, an answer.
    pub(crate) fn exception(
        &self,
        place: &'static Location<'static>,
        kind: &str,
        message: &str,
        remote: bool,
    ) {
        let (Some(record), index) = (self.record(), self.index()) else {
            return;
        };
        let id = record.shared().ids.entity_id();
        let kind = self.limited(place, EXCEPTION_TYPE, kind.into(), MAX_TEXT);
        let mut exception = Exception::new(id, kind.into_owned().into(), message.to_owned());
        exception.remote = remote;
        let mut left_out = 0;
        let taken = self.say(place, |fields| {
            left_out = fields.cause.add([exception].into_iter());
        });
        if taken {
            record.failed(index, Failure { id, mark: None });
        }
        self.tell_of_exceptions(place, left_out);
    }

    fn record_error<E: StdError + ?Sized>(
        &self,
        error: &E,
        place: &'static Location<'static>,
        fault: bool,
    ) {
        let (Some(record), index) = (self.record(), self.index()) else {
            return;
        };
        // Formatting is the user's code; a panic in it is not to be one of the recorder's.
        let chain = catch_unwind(AssertUnwindSafe(|| chain(error, &record.shared().ids)));
        let Ok(chain) = chain else {
            self.say(place, |fields| fields.failed |= fault);
            return record.shared().note_counted(
                |counters| &counters.left_out,
                place,
                "error-text",
                "an error panicked when it was formatted".to_owned(),
            );
        };
        let mark = chain.mark;
        let mut exceptions = chain.exceptions;
        for exception in &mut exceptions {
            let kind = std::mem::take(&mut exception.kind);
            exception.kind = self.limited(place, EXCEPTION_TYPE, kind, MAX_TEXT);
        }
        let Some(first) = exceptions.first_mut() else {
            return;
        };
        let mut id = first.id;
        let known = record.passed_through(index, mark);
        if known.is_none() && record.shared().backtraces {
            (first.stack, first.frames) = stack_here();
        }
        let mut left_out = 0;
        let taken = self.say(place, |fields| {
            fields.failed |= fault;
            let cause = &mut fields.cause;
            match (cause.find(mark), known) {
                (Some(said), _) => id = said,
                (None, Some(known)) if cause.exceptions().is_empty() => {
                    id = known;
                    cause.refer(known);
                }
                _ => left_out = chain.skipped + cause.add(exceptions.into_iter()),
            }
        });
        if taken {
            let mark = Some(mark);
            record.failed(index, Failure { id, mark });
        }
        self.tell_of_exceptions(place, left_out);
    }

    /// Tells how many exceptions are not recorded, as they are too many.
    fn tell_of_exceptions(&self, place: &'static Location<'static>, left_out: usize) {
        if let Some(record) = self.record()
            && left_out > 0
        {
            let message = format!(
                "{left_out} errors are cut: of a chain {LONGEST} are recorded, the first ones and \
                 the innermost; of an entity {MOST_EXCEPTIONS}"
            );
            record
                .shared()
                .note_counted(|counters| &counters.cut, place, "cut", message);
        }
    }
}

/// What is told of where it is too long.
const EXCEPTION_TYPE: &str = "the type of an exception";
