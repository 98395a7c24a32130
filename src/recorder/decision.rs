//! Whether a request is recorded.

use std::sync::Arc;

use crate::wire::Sampled;

/// Whether a request is recorded, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::recorder) struct Decision {
    pub(in crate::recorder) sampled: bool,
    /// The description of the local rule that decided, if it has one.
    ///
    /// For messages, not for documents: the SDKs write the names of central rules alone into
    /// them, and for a local rule nothing (aws-xray-sdk-go, `strategy/sampling/sampling_rule.go`,
    /// `Rule.Sample`).
    pub(in crate::recorder) rule: Option<Arc<str>>,
}

impl Decision {
    /// One that no rule made.
    pub(in crate::recorder) fn of(sampled: bool) -> Decision {
        Decision {
            sampled,
            rule: None,
        }
    }

    /// The decision of the caller if it made one, otherwise the local one.
    ///
    /// `Sampled=0` and `Sampled=1` win; the local decision is not even asked, so that a
    /// reservoir keeps its permits for others. With `Sampled=?` and without any the decision is
    /// local (aws-xray-sdk-python 2.15.0, `ext/util.py:44`).
    pub(in crate::recorder) fn resolve(
        incoming: Option<Sampled>,
        local: impl FnOnce() -> Decision,
    ) -> Decision {
        match incoming {
            Some(Sampled::Drop) => Decision::of(false),
            Some(Sampled::Keep) => Decision::of(true),
            Some(Sampled::Ask) | None => local(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::recorder::decision::Decision;
    use crate::wire::Sampled;

    #[test]
    fn the_decision_of_the_caller_wins_and_the_local_one_is_not_asked() {
        for (incoming, sampled) in [(Sampled::Drop, false), (Sampled::Keep, true)] {
            let decision = Decision::resolve(Some(incoming), || panic!("asked in vain"));
            assert_eq!(decision, Decision::of(sampled));
        }
    }

    #[test]
    fn without_one_the_decision_is_local() {
        for incoming in [Some(Sampled::Ask), None] {
            for sampled in [false, true] {
                let local = Decision {
                    sampled,
                    rule: Some("Moves.".into()),
                };
                assert_eq!(Decision::resolve(incoming, || local.clone()), local);
            }
        }
    }
}
