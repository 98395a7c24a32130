//! Sampling rules that the program brings along.

use std::sync::Arc;

use crate::error::on_one_line;
use crate::model::Timestamp;
use crate::recorder::SamplingRequest;
use crate::recorder::decision::Decision;
use crate::recorder::pattern::Pattern;
use crate::recorder::reservoir::Reservoir;

/// Rules in their order, and the one for requests that none of them is for.
#[derive(Debug)]
pub(in crate::recorder) struct LocalRules {
    pub(in crate::recorder) rules: Vec<LocalRule>,
    pub(in crate::recorder) default: Quota,
}

/// A rule, and which requests it is for.
#[derive(Debug)]
pub(in crate::recorder) struct LocalRule {
    pub(in crate::recorder) description: Option<Arc<str>>,
    pub(in crate::recorder) host: Pattern,
    pub(in crate::recorder) http_method: Pattern,
    pub(in crate::recorder) url_path: Pattern,
    pub(in crate::recorder) quota: Quota,
}

/// How many of its requests a rule records: some in each second for certain, and of the others
/// this part, from 0 to 1.
#[derive(Debug)]
pub(in crate::recorder) struct Quota {
    pub(in crate::recorder) reservoir: Reservoir,
    pub(in crate::recorder) rate: f64,
}

impl LocalRules {
    /// The default of the SDKs: one request a second, and 5 % of the others
    /// (aws-xray-sdk-python 2.15.0, `core/sampling/local/sampling_rule.json`).
    pub(in crate::recorder) fn default_rule() -> LocalRules {
        LocalRules {
            rules: Vec::new(),
            default: Quota {
                reservoir: Reservoir::of(1),
                rate: 0.05,
            },
        }
    }

    /// Decides by the first rule that is for the request.
    ///
    /// Chance is asked only where the reservoir has run dry.
    pub(in crate::recorder) fn decide(
        &self,
        request: &SamplingRequest<'_>,
        now: Timestamp,
        chance: impl FnOnce() -> f64,
    ) -> Decision {
        let first = self.rules.iter().find(|rule| rule.applies_to(request));
        let quota = first.map_or(&self.default, |rule| &rule.quota);
        Decision {
            sampled: quota.reservoir.take(now) || chance() < quota.rate,
            rule: first.and_then(|rule| rule.description.clone()),
        }
    }
}

/// For messages.
impl LocalRules {
    /// Which rule decides on a request, and what it says.
    pub(in crate::recorder) fn told(&self, request: &SamplingRequest<'_>) -> String {
        let first = self.rules.iter().find(|rule| rule.applies_to(request));
        let Some(rule) = first else {
            return format!("the default rule, {}", self.default.told());
        };
        let description = rule.description.as_deref().unwrap_or_default();
        let description = on_one_line(description, SHOWN_DESCRIPTION);
        format!("rule `{description}`, {}", rule.quota.told())
    }
}

impl Quota {
    fn told(&self) -> String {
        format!(
            "{} a second, then a rate of {}",
            self.reservoir.size(),
            self.rate
        )
    }
}

impl LocalRule {
    fn applies_to(&self, request: &SamplingRequest<'_>) -> bool {
        let fits = |pattern: &Pattern, text: Option<&str>| {
            text.is_none_or(|text| text.is_empty() || pattern.matches(text))
        };
        fits(&self.host, request.host)
            && fits(&self.http_method, request.http_method)
            && fits(&self.url_path, request.url_path)
    }
}

/// How many characters of a description are shown.
const SHOWN_DESCRIPTION: usize = 60;

#[cfg(test)]
mod tests {
    use crate::model::Timestamp;
    use crate::recorder::SamplingRequest;
    use crate::recorder::local_rules::LocalRules;
    use crate::recorder::rules_file;
    use crate::seam::Ids;

    /// Nothing in the reservoir, and all or nothing of the rest: the answer shows which rule
    /// decided.
    const RULES: &str = r#"{
        "version": 2,
        "default": {"fixed_target": 0, "rate": 0},
        "rules": [
            {"description": "Moves.", "host": "*", "http_method": "P?T", "url_path": "/move/*",
             "fixed_target": 0, "rate": 1},
            {"description": "Never.", "host": "*", "http_method": "*", "url_path": "/move/slow",
             "fixed_target": 0, "rate": 0},
            {"host": "*.example.com", "http_method": "*", "url_path": "/", "fixed_target": 0, "rate": 1}
        ]
    }"#;

    fn rules(json: &str) -> LocalRules {
        rules_file::read(json).unwrap_or_else(|error| panic!("{error}"))
    }

    fn second(number: i128) -> Timestamp {
        Timestamp::from_nanos(number * 1_000_000_000)
    }

    #[track_caller]
    fn check(request: SamplingRequest<'_>, sampled: bool, rule: Option<&str>) {
        let decision = rules(RULES).decide(&request, second(0), || 0.5);
        assert_eq!(
            (decision.sampled, decision.rule.as_deref()),
            (sampled, rule)
        );
    }

    #[test]
    fn the_first_rule_for_a_request_decides() {
        let put = SamplingRequest::new().host("a").http_method("put");
        check(put.url_path("/MOVE/slow"), true, Some("Moves."));
        let get = SamplingRequest::new().host("a").http_method("GET");
        check(get.url_path("/move/slow"), false, Some("Never."));
        check(get.host("api.example.com").url_path("/"), true, None);
    }

    #[test]
    fn without_a_rule_for_it_the_default_decides() {
        let get = SamplingRequest::new().host("a").http_method("GET");
        check(get.url_path("/"), false, None);
        check(get.url_path("/move"), false, None);
        check(get.host("example.com").url_path("/"), false, None);
    }

    #[test]
    fn what_is_not_known_of_a_request_matches() {
        check(SamplingRequest::new(), true, Some("Moves."));
        check(
            SamplingRequest::new().service_name("worker"),
            true,
            Some("Moves."),
        );
        check(
            SamplingRequest::new().url_path("/move/slow"),
            true,
            Some("Moves."),
        );
        check(
            SamplingRequest::new().http_method("GET"),
            false,
            Some("Never."),
        );
        check(
            SamplingRequest::new().http_method("GET").url_path("/"),
            true,
            None,
        );
        let empty = SamplingRequest::new().host("").http_method("").url_path("");
        check(empty, true, Some("Moves."));
    }

    #[test]
    fn the_service_name_of_version_1_is_held_against_the_host() {
        let rules = rules(
            r#"{"version": 1, "default": {"fixed_target": 0, "rate": 0}, "rules": [{"service_name": "shop",
                "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 1}]}"#,
        );
        let sampled = |request| rules.decide(&request, second(0), || 0.5).sampled;
        assert!(sampled(
            SamplingRequest::new().host("shop").service_name("other")
        ));
        assert!(!sampled(
            SamplingRequest::new().host("other").service_name("shop")
        ));
    }

    #[test]
    fn each_rule_has_a_reservoir_of_its_own() {
        let rules = rules(
            r#"{"version": 2, "default": {"fixed_target": 1, "rate": 0}, "rules": [{"host": "*",
                "http_method": "*", "url_path": "/a", "fixed_target": 2, "rate": 0}]}"#,
        );
        let (a, b) = (
            SamplingRequest::new().url_path("/a"),
            SamplingRequest::new().url_path("/b"),
        );
        let sampled = |request, at| {
            let decisions = (0..10).map(|_| rules.decide(request, second(at), || 0.0));
            decisions.filter(|decision| decision.sampled).count()
        };
        assert_eq!((sampled(&a, 5), sampled(&b, 5)), (2, 1));
        assert_eq!((sampled(&a, 5), sampled(&b, 5)), (0, 0));
        assert_eq!((sampled(&a, 6), sampled(&b, 6)), (2, 1));
    }

    #[test]
    fn chance_is_asked_only_beyond_the_reservoir() {
        let rules = LocalRules::default_rule();
        let request = SamplingRequest::new();
        let first = rules.decide(&request, second(5), || panic!("asked in vain"));
        assert!(first.sampled);
        for (chance, sampled) in [(0.0, true), (0.049_999, true), (0.05, false), (0.99, false)] {
            let decision = rules.decide(&request, second(5), || chance);
            assert_eq!(decision.sampled, sampled, "{chance}");
        }
    }

    #[test]
    fn the_default_rule_records_one_a_second_and_five_percent_of_the_others() {
        const OTHERS: usize = 100_000;
        let sampled = |ids: &Ids| {
            let rules = LocalRules::default_rule();
            let request = SamplingRequest::new();
            let decisions =
                (0..=OTHERS).map(|_| rules.decide(&request, second(5), || ids.chance()));
            decisions.filter(|decision| decision.sampled).count()
        };
        // 69 is the standard deviation.
        let random = sampled(&Ids::random());
        assert!((4_501..5_501).contains(&random), "{random}");
        // Evenly spread, and the same on every run.
        assert_eq!(sampled(&Ids::sequential()), 5_000);
    }
}
