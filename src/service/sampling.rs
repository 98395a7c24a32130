//! The answers to sampling requests: record everything.
//!
//! Without an answer the SDKs fall back to one request in a second and 5 % of the others, and a
//! test would lose its second trace. Paths, fields and types are those of the X-Ray API
//! (`GetSamplingRules`, `GetSamplingTargets`), each field present: the Python SDK discards a
//! list with a rule that lacks one, and Node wants `LastRuleModification` to be a number.

use std::fmt::Write as _;

use crate::json::{Document, Value, write_text};
use crate::model::Timestamp;

/// Status and JSON body of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::service) struct Answer {
    pub(in crate::service) status: u16,
    pub(in crate::service) body: String,
}

/// Answers one request. A body may be missing (ADOT Python sends none) and needs no content type.
pub(in crate::service) fn answer(method: &str, path: &str, body: &[u8], now: Timestamp) -> Answer {
    match (method, path) {
        ("POST", "/GetSamplingRules") => Answer {
            status: 200,
            body: RULES.to_owned(),
        },
        ("POST", "/SamplingTargets") => targets(body, now),
        (_, "/GetSamplingRules" | "/SamplingTargets") => {
            refuse(405, &format!("{path} takes POST, not {method}"))
        }
        _ => refuse(
            404,
            &format!(
                "{method} {path} is not answered: this FakeDaemon has POST /GetSamplingRules and POST \
                 /SamplingTargets over TCP, and takes segments over UDP"
            ),
        ),
    }
}

/// For each rule that was used, the target to record everything for the next minute.
fn targets(body: &[u8], now: Timestamp) -> Answer {
    let text = String::from_utf8_lossy(body);
    let text = if text.trim().is_empty() { "{}" } else { &text };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            return refuse(
                400,
                &format!("the body of /SamplingTargets is not JSON: {error}"),
            );
        }
    };
    let statistics = document.root().get("SamplingStatisticsDocuments");
    let rules = statistics
        .iter()
        .flat_map(Value::elements)
        .filter_map(|used| used.get("RuleName"));
    let mut documents = String::new();
    for rule in rules.filter_map(|rule| rule.as_str()) {
        if !documents.is_empty() {
            documents.push(',');
        }
        documents.push_str("{\"RuleName\":");
        write_text(&mut documents, &rule);
        let _ = write!(
            documents,
            ",\"FixedRate\":1.0,\"ReservoirQuota\":100,\"ReservoirQuotaTTL\":{},\"Interval\":10}}",
            now + QUOTA_LIFE
        );
    }
    let body = format!(
        "{{\"SamplingTargetDocuments\":[{documents}],\"LastRuleModification\":{MODIFIED},\
         \"UnprocessedStatistics\":[]}}"
    );
    Answer { status: 200, body }
}

fn refuse(status: u16, message: &str) -> Answer {
    let mut body = "{\"message\":".to_owned();
    write_text(&mut body, message);
    body.push('}');
    Answer { status, body }
}

/// The one rule: everything, always.
const RULES: &str = concat!(
    r#"{"SamplingRuleRecords":[{"SamplingRule":{"RuleName":"Default","#,
    r#""RuleARN":"arn:aws:xray:us-east-1:123456789012:sampling-rule/Default","ResourceARN":"*","#,
    r#""Priority":10000,"FixedRate":1.0,"ReservoirSize":0,"ServiceName":"*","ServiceType":"*","#,
    r#""Host":"*","HTTPMethod":"*","URLPath":"*","Version":1,"Attributes":{}},"#,
    r#""CreatedAt":0.0,"ModifiedAt":1700000000.0}],"NextToken":null}"#
);
/// When the rule was last changed: before any SDK has asked for it.
const MODIFIED: &str = "1700000000.0";
/// How long a quota holds. The SDKs ask anew every 10 s.
const QUOTA_LIFE: std::time::Duration = std::time::Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use crate::model::Timestamp;
    use crate::service::sampling::{Answer, answer};

    #[track_caller]
    fn check(request: (&str, &str, &str), status: u16, body: &str) {
        let now = Timestamp::from_nanos(1_795_338_258_500_000_000);
        let found = answer(request.0, request.1, request.2.as_bytes(), now);
        assert_eq!(
            found,
            Answer {
                status,
                body: body.to_owned()
            }
        );
    }

    #[test]
    fn each_rule_that_was_used_gets_a_target_of_all() {
        check(
            (
                "POST",
                "/SamplingTargets",
                r#"{"SamplingStatisticsDocuments": [{"RuleName": "Default", "ClientID": "62d118f4df1ca6d38ca6f319",
                "RequestCount": 98, "BorrowCount": 13, "SampledCount": 85, "Timestamp": 1795338258}, {"RuleName": "a\"b"}]}"#,
            ),
            200,
            r#"{"SamplingTargetDocuments":[{"RuleName":"Default","FixedRate":1.0,"ReservoirQuota":100,"ReservoirQuotaTTL":1795338318.500000,"Interval":10},{"RuleName":"a\"b","FixedRate":1.0,"ReservoirQuota":100,"ReservoirQuotaTTL":1795338318.500000,"Interval":10}],"LastRuleModification":1700000000.0,"UnprocessedStatistics":[]}"#,
        );
    }

    #[test]
    fn an_empty_body_has_used_no_rule() {
        let none = r#"{"SamplingTargetDocuments":[],"LastRuleModification":1700000000.0,"UnprocessedStatistics":[]}"#;
        check(("POST", "/SamplingTargets", ""), 200, none);
        check(("POST", "/SamplingTargets", "{}"), 200, none);
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        check(
            ("POST", "/SamplingTargets", "{"),
            400,
            r#"{"message":"the body of /SamplingTargets is not JSON: the text ends where a key in quotes or `}` should stand at byte 1"}"#,
        );
        check(
            ("GET", "/GetSamplingRules", ""),
            405,
            r#"{"message":"/GetSamplingRules takes POST, not GET"}"#,
        );
        check(
            ("POST", "/TraceSegments", "{}"),
            404,
            r#"{"message":"POST /TraceSegments is not answered: this FakeDaemon has POST /GetSamplingRules and POST /SamplingTargets over TCP, and takes segments over UDP"}"#,
        );
    }
}
