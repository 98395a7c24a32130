//! What is known beside a trace, for whoever explains why it is not as expected.

use std::fmt;
use std::sync::Arc;

use crate::trace::PartialTrace;

/// Whoever captured a trace, and knows what else came.
pub(crate) trait Around: Send + Sync {
    /// What is known now, for the trace with this id.
    fn surroundings(&self, trace: &str) -> Surroundings;

    /// The text without what must not be shown whole.
    fn mask(&self, text: String) -> String;
}

/// What is known beside a trace.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// What recorders and mocks in the same process noted, such as code outside of every segment.
    pub(crate) notes: Vec<String>,
    /// The datagrams that never become documents: each why, and what it held.
    pub(crate) rejections: Vec<String>,
    /// The rules that documents of this capture break, and what X-Ray loses thereby.
    pub(crate) violations: Vec<String>,
    /// The traces that came with it, this one too; not those that other captures have begun.
    pub(crate) traces: Vec<PartialTrace>,
}

/// Whoever captured a trace, if anyone is known.
#[derive(Clone, Default)]
pub(in crate::trace) struct CapturedBy(pub(in crate::trace) Option<Arc<dyn Around>>);

impl fmt::Debug for CapturedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CapturedBy")
    }
}
