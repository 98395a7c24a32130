//! Which entity the current task is in.
//!
//! This is the only ambient state of the crate: a task-local for the entity, and a thread-local
//! that knows where to report when there is none.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::{Arc, Weak};

use crate::recorder::entity::OpenEntity;
use crate::wire::{Emit, Note};

tokio::task_local! {
    /// The entity that this task is in: immutable inside a scope, so that nobody else's work
    /// can change it.
    pub(in crate::recorder) static CURRENT: OpenEntity;
}

thread_local! {
    /// The emitters of the recorders that were built on this thread, youngest last. Code that
    /// runs outside of every segment knows no recorder; this is where its notes go.
    static BUILT_HERE: RefCell<Vec<Weak<dyn Emit>>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a recorder that was built on this thread.
pub(in crate::recorder) fn remember(emitter: &Arc<dyn Emit>) {
    BUILT_HERE.with_borrow_mut(|built| {
        built.retain(|emitter| emitter.strong_count() > 0);
        built.push(Arc::downgrade(emitter));
    });
}

/// The entity that this task is in.
pub(crate) fn current() -> Option<OpenEntity> {
    CURRENT.try_with(OpenEntity::clone).ok()
}

/// Reports that there is none.
pub(in crate::recorder) fn report_missing(place: &'static Location<'static>, what: &str) {
    let note = Note::at(
        place,
        "no-segment",
        format!(
            "{what} ran outside of every segment: it was spawned without its context, or nobody opened one"
        ),
    );
    let youngest = BUILT_HERE.with_borrow(|built| built.iter().rev().find_map(Weak::upgrade));
    match youngest {
        Some(emitter) => emitter.note(note),
        None => eprintln!("xray-phantom: {note}"),
    }
}
