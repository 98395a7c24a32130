//! Parents that are known to be elsewhere.

use std::collections::BTreeSet;

/// The parents that may be missing from a capture, because someone else sends them.
///
/// In Lambda the service writes the segments, so that all a function sends is subsegments whose
/// parent never comes over UDP.
///
/// # Examples
///
/// ```
/// use xray_phantom::trace::ExternalParents;
///
/// let external = ExternalParents::none().with("53995c3f42cd8ad8");
/// assert!(external.contains("53995c3f42cd8ad8"));
/// assert!(!external.contains("0000000000000001"));
/// assert!(ExternalParents::any().contains("0000000000000001"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExternalParents {
    any: bool,
    ids: BTreeSet<String>,
}

impl ExternalParents {
    /// Every parent must be in the capture.
    pub fn none() -> ExternalParents {
        ExternalParents::default()
    }

    /// Any parent may be elsewhere.
    pub fn any() -> ExternalParents {
        ExternalParents {
            any: true,
            ids: BTreeSet::new(),
        }
    }

    /// This parent may be elsewhere too.
    #[must_use = "the set with the id is what this returns"]
    pub fn with(mut self, id: impl Into<String>) -> ExternalParents {
        self.ids.insert(id.into());
        self
    }

    /// Whether the parent with this id may be elsewhere.
    pub fn contains(&self, id: &str) -> bool {
        self.any || self.ids.contains(id)
    }
}
