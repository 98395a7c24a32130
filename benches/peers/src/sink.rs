//! An emitter that sends nowhere.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xray_phantom::wire::{Emit, EmitCounts, HEADER_LINE, Note};

use crate::Outcome;

/// Takes documents and forgets them, unless it is told to keep them. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Sink(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_keeping: AtomicBool,
    kept: Mutex<Vec<Vec<u8>>>,
    notes: Mutex<Vec<String>>,
}

impl Sink {
    /// The datagrams that would have been sent while this ran.
    ///
    /// # Errors
    ///
    /// That of the code itself, and whatever the recorder had to tell since it was built: what is
    /// measured is to be what was meant.
    pub fn keep(&self, run: impl FnOnce() -> Outcome) -> Outcome<Vec<Vec<u8>>> {
        self.0.is_keeping.store(true, Ordering::SeqCst);
        let outcome = run();
        self.0.is_keeping.store(false, Ordering::SeqCst);
        outcome?;
        let notes = std::mem::take(&mut *lock(&self.0.notes));
        if notes.is_empty() {
            return Ok(std::mem::take(&mut *lock(&self.0.kept)));
        }
        Err(format!("the recorder tells: {}", notes.join("; ")).into())
    }
}

impl Emit for Sink {
    fn emit(&self, document: &str) {
        if self.0.is_keeping.load(Ordering::Relaxed) {
            lock(&self.0.kept).push(format!("{HEADER_LINE}{document}").into_bytes());
        }
        black_box(document);
    }

    fn counts(&self) -> EmitCounts {
        EmitCounts::default()
    }

    fn note(&self, note: Note) {
        lock(&self.0.notes).push(note.to_string());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use xray_phantom::{Recorder, Sampling};

    use crate::Outcome;
    use crate::sink::Sink;
    use crate::workloads::seg0;

    fn recorder(sink: &Sink) -> Recorder {
        let builder = Recorder::builder("OrdersWorker").emitter(sink.clone());
        builder.sampling(Sampling::always()).build()
    }

    #[test]
    fn documents_are_kept_only_where_that_is_asked_for() -> Outcome {
        let sink = Sink::default();
        let recorder = recorder(&sink);
        seg0(&recorder);
        let kept = sink.keep(|| {
            seg0(&recorder);
            Ok(())
        })?;
        seg0(&recorder);
        assert_eq!(kept.len(), 1);
        assert_eq!(sink.keep(|| Ok(()))?.len(), 0);
        Ok(())
    }

    #[test]
    fn what_the_recorder_has_to_tell_is_an_error() {
        let sink = Sink::default();
        let recorder = recorder(&sink);
        let segment = recorder.begin_segment("OrdersWorker");
        segment.annotate("order id", 1);
        segment.end();
        let told = sink.keep(|| Ok(())).err().map(|error| error.to_string());
        assert!(told.is_some_and(|told| told.starts_with("the recorder tells: ")));
    }
}
