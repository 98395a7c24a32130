//! Which requests are recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Error;
use crate::model::Timestamp;
use crate::recorder::SamplingRequest;
use crate::recorder::decision::Decision;
use crate::recorder::local_rules::LocalRules;
use crate::recorder::rules_file;

/// Which requests are recorded, where the caller has not decided. Clones decide together: they
/// draw on the same reservoirs and the same script.
///
/// A decision that came with the request (`Sampled=0` or `Sampled=1` in its trace header) always
/// wins.
///
/// # Examples
///
/// ```
/// use xray_phantom::Sampling;
///
/// let sampling = Sampling::rules(r#"{
///     "version": 2,
///     "default": {"fixed_target": 1, "rate": 0.1},
///     "rules": [{
///         "description": "Player moves.",
///         "host": "*", "http_method": "*", "url_path": "/api/move/*",
///         "fixed_target": 0, "rate": 0.05
///     }]
/// }"#);
/// assert!(sampling.is_ok());
///
/// let error = Sampling::rules(r#"{"version": 2, "default": {"fixed_target": 1, "rate": 5}}"#);
/// assert_eq!(
///     error.unwrap_err().to_string(),
///     "invalid rate `5`: expected a number from 0 to 1 (0.05 is 5 %) at /default/rate"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Sampling(Plan);

#[derive(Clone, Debug)]
enum Plan {
    Always,
    Never,
    Rules(Arc<LocalRules>),
    Script(Arc<Script>),
}

impl Sampling {
    /// Records every request.
    pub fn always() -> Sampling {
        Sampling(Plan::Always)
    }

    /// Records the first request of each second, and 5 % of the others: what the SDKs of AWS do
    /// where they have no other rules.
    ///
    /// A second is a whole one of the recorder's clock, and a clock that goes back opens no
    /// second again. (One that goes on behind for ten seconds was set back, and is believed.)
    pub fn default_rule() -> Sampling {
        Sampling(Plan::Rules(Arc::new(LocalRules::default_rule())))
    }

    /// Records no request.
    pub fn never() -> Sampling {
        Sampling(Plan::Never)
    }

    /// Records by the rules of a file, as the SDKs of AWS read them.
    ///
    /// ```json
    /// {
    ///   "version": 2,
    ///   "default": {"fixed_target": 1, "rate": 0.1},
    ///   "rules": [
    ///     {
    ///       "description": "Player moves.",
    ///       "host": "*",
    ///       "http_method": "*",
    ///       "url_path": "/api/move/*",
    ///       "fixed_target": 0,
    ///       "rate": 0.05
    ///     }
    ///   ]
    /// }
    /// ```
    ///
    /// The first rule that is for a request decides, and the default where there is none. It
    /// records `fixed_target` requests a second (a whole number, at least 0), and `rate` of the
    /// others (0 to 1). In patterns `*` stands for any run of characters and `?` for one; case
    /// does not count. What is not known of a request matches. Version 1 says `service_name`
    /// instead of `host`, and means the host too. `rules`, `description` and `id` may be missing;
    /// of a key that is there twice, the last counts.
    ///
    /// The format is that of the developer guide, "Configuring the X-Ray SDK for Node.js",
    /// sampling rules; the checks are those of aws-xray-sdk-node,
    /// `core/lib/middleware/sampling/local_sampler.js` (`parseRulesConfig`) and
    /// `local_reservoir.js` (`init`), which are the strictest of the SDKs. Beyond them, an unknown
    /// key beside `rules` is refused, as a misspelled `rules` would be lost in silence, and so is
    /// a description that is no text. `id` is let through: example files of aws-xray-sdk-go have
    /// it.
    ///
    /// # Errors
    ///
    /// What cannot be a file of rules, with its place: no JSON, an unknown version, a key that is
    /// missing or unknown, a value of the wrong type, an empty pattern, a number out of range.
    pub fn rules(json: &str) -> Result<Sampling, Error> {
        Ok(Sampling(Plan::Rules(Arc::new(rules_file::read(json)?))))
    }

    /// Records as it is told, request by request: for tests.
    ///
    /// After the last decision that one goes on: `[true, false]` records the first request and no
    /// other. Without any, every request is recorded.
    ///
    /// ```
    /// use xray_phantom::Sampling;
    ///
    /// let first_and_third = Sampling::script([true, false, true, false]);
    /// ```
    pub fn script(decisions: impl Into<Vec<bool>>) -> Sampling {
        Sampling(Plan::Script(Arc::new(Script {
            decisions: decisions.into(),
            next: AtomicUsize::new(0),
        })))
    }

    /// Decides on a request that comes in now. Chance is a number from 0 up to, and without, 1,
    /// and is asked once or not at all.
    pub(in crate::recorder) fn decide(
        &self,
        request: &SamplingRequest<'_>,
        now: Timestamp,
        chance: impl FnOnce() -> f64,
    ) -> Decision {
        match &self.0 {
            Plan::Always => Decision::of(true),
            Plan::Never => Decision::of(false),
            Plan::Rules(rules) => rules.decide(request, now, chance),
            Plan::Script(script) => Decision::of(script.decide()),
        }
    }
}

/// What decides on a request, for a message.
impl Sampling {
    #[cold]
    pub(in crate::recorder) fn told(&self, request: &SamplingRequest<'_>) -> String {
        match &self.0 {
            Plan::Always => "Sampling::always()".to_owned(),
            Plan::Never => "Sampling::never()".to_owned(),
            Plan::Rules(rules) => rules.told(request),
            Plan::Script(_) => "Sampling::script(...)".to_owned(),
        }
    }
}

/// Decisions that were made beforehand.
#[derive(Debug)]
struct Script {
    decisions: Vec<bool>,
    /// The next decision; in the end the last one, again and again.
    next: AtomicUsize,
}

impl Script {
    fn decide(&self) -> bool {
        let advance = |at: usize| (at + 1 < self.decisions.len()).then_some(at + 1);
        let (Ok(at) | Err(at)) =
            self.next
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, advance);
        self.decisions.get(at).copied().unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use crate::model::Timestamp;
    use crate::recorder::decision::Decision;
    use crate::recorder::{Sampling, SamplingRequest};

    fn decide(sampling: &Sampling, chance: impl FnOnce() -> f64) -> Decision {
        let now = Timestamp::from_nanos(5_000_000_000);
        sampling.decide(&SamplingRequest::new(), now, chance)
    }

    /// The next five decisions, which are none of chance.
    fn five(sampling: &Sampling) -> [bool; 5] {
        [(); 5].map(|()| decide(sampling, || panic!("asked in vain")).sampled)
    }

    #[test]
    fn always_and_never_ask_nothing() {
        assert_eq!(five(&Sampling::always()), [true; 5]);
        assert_eq!(five(&Sampling::never()), [false; 5]);
    }

    #[test]
    fn a_script_is_followed_and_its_last_decision_goes_on() {
        let check =
            |script: &[bool], expected| assert_eq!(five(&Sampling::script(script)), expected);
        check(&[], [true; 5]);
        check(&[true], [true; 5]);
        check(&[false], [false; 5]);
        check(&[true, false], [true, false, false, false, false]);
        check(&[false, false, true], [false, false, true, true, true]);
        check(
            &[true, false, true, false, true, false],
            [true, false, true, false, true],
        );
    }

    #[test]
    fn clones_decide_together() {
        let script = Sampling::script([true, false, true, false]);
        assert!(decide(&script, || 0.5).sampled);
        assert_eq!(five(&script.clone()), [false, true, false, false, false]);

        let default = Sampling::default_rule();
        assert!(decide(&default, || 0.5).sampled);
        assert!(!decide(&default.clone(), || 0.5).sampled);
        // Another one has a reservoir of its own.
        assert!(decide(&Sampling::default_rule(), || 0.5).sampled);
    }

    #[test]
    fn many_threads_get_each_decision_of_a_script_once() {
        let decisions: Vec<bool> = (0..1_000).map(|at| at % 3 == 0).chain([false]).collect();
        let sampling = Sampling::script(decisions);
        let sampled = thread::scope(|scope| {
            let count = || {
                let sampled = (0..250).map(|_| decide(&sampling, || 0.5).sampled);
                sampled.filter(|sampled| *sampled).count()
            };
            let threads = [(); 8].map(|()| scope.spawn(count));
            threads
                .map(|thread| thread.join().unwrap_or_default())
                .iter()
                .sum::<usize>()
        });
        assert_eq!(sampled, 334);
    }

    #[test]
    fn a_decision_by_a_rule_names_it() {
        let sampling = Sampling::rules(
            r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0}, "rules": [{"description": "Moves.",
                "host": "*", "http_method": "*", "url_path": "*", "fixed_target": 1, "rate": 0}]}"#,
        );
        let sampling = sampling.unwrap_or_else(|error| panic!("{error}"));
        for sampled in [true, false] {
            let decision = decide(&sampling, || 0.5);
            assert_eq!(decision.rule.as_deref(), Some("Moves."));
            assert_eq!(decision.sampled, sampled);
        }
    }
}
