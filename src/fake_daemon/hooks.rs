//! What is done before each fence.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::panic_message;
use crate::fake_daemon::Outcome;
use crate::wire::Note;

/// Things to do before each fence, in the order in which they were asked for.
#[derive(Default)]
pub(in crate::fake_daemon) struct Hooks(Mutex<Vec<Hook>>);

/// Does it, and says what went wrong.
type Hook = Arc<dyn Fn() -> Option<Note> + Send + Sync>;

impl Hooks {
    /// Adds a hook that was asked for at this place.
    pub(in crate::fake_daemon) fn add<R: Outcome>(
        &self,
        place: &'static Location<'static>,
        hook: impl Fn() -> R + Send + Sync + 'static,
    ) {
        self.lock().push(Arc::new(move || {
            // One that panics must not hide what the test itself says.
            let failed = match catch_unwind(AssertUnwindSafe(&hook)) {
                Ok(outcome) => outcome.error().map(|error| format!("returned `{error}`")),
                Err(panic) => Some(format!("panicked: `{}`", panic_message(&*panic))),
            };
            failed.map(|failed| {
                let message = format!(
                    "the hook before the fence {failed}: what it should have sent may be missing"
                );
                Note::at(place, "hook-failed", message)
            })
        }));
    }

    /// Lets all hooks go. An exporter that nobody else holds ends with its hook.
    pub(in crate::fake_daemon) fn clear(&self) {
        let hooks = std::mem::take(&mut *self.lock());
        drop(hooks);
    }

    /// Runs all hooks, and gives what went wrong.
    pub(in crate::fake_daemon) fn run(&self) -> Vec<Note> {
        // Outside of the lock: a hook takes its time, and another thread may ask meanwhile.
        let hooks = self.lock().clone();
        hooks.iter().filter_map(|hook| hook()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Hook>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
