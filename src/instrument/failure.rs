//! How a call of the AWS SDK fails.

use aws_smithy_runtime_api::client::interceptors::context::Error;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::wire::is_throttling;

/// Who is to be told of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::instrument) enum Blame {
    Error,
    Fault,
    /// An answer such as 304.
    Nobody,
    Throttle,
}

impl Blame {
    /// What a code and a status mean.
    pub(in crate::instrument) fn of(code: &str, status: Option<u16>) -> Blame {
        match status {
            _ if is_throttling(code) => Blame::Throttle,
            Some(429) => Blame::Throttle,
            Some(400..=499) => Blame::Error,
            Some(300..=399) => Blame::Nobody,
            _ => Blame::Fault,
        }
    }

    /// What the code of a mocked error means, which has no status.
    pub(in crate::instrument) fn of_mock(code: &str) -> Blame {
        let is_servers = [
            "InternalServer",
            "InternalFailure",
            "InternalError",
            "ServiceUnavailable",
            "ServiceException",
        ];
        match Blame::of(code, Some(400)) {
            Blame::Error if is_servers.iter().any(|part| code.contains(part)) => Blame::Fault,
            blame => blame,
        }
    }
}

/// What a failure is called that is no answer of the service, by the variants of `SdkError`.
pub(in crate::instrument) fn kind(
    error: &OrchestratorError<Error>,
    serialized: bool,
    answered: bool,
) -> &'static str {
    let timed_out = error
        .as_connector_error()
        .is_some_and(ConnectorError::is_timeout);
    if error.is_timeout_error() || timed_out {
        "TimeoutError"
    } else if answered {
        "ResponseError"
    } else if serialized {
        "DispatchFailure"
    } else {
        "ConstructionFailure"
    }
}

/// Code and message of an error that has no answer to read them in, as its text tells them:
/// `NotFound: no such key`, `unhandled error (SlowDown)`.
pub(in crate::instrument) fn of_text(text: &str) -> (String, String) {
    let is_code = |code: &str| {
        !code.is_empty()
            && code
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
    };
    let unhandled = text.strip_prefix("unhandled error (");
    if let Some(code) = unhandled.and_then(|rest| rest.strip_suffix(')')) {
        return (code.to_owned(), String::new());
    }
    match text.split_once(": ") {
        Some((code, message)) if is_code(code) => (code.to_owned(), message.to_owned()),
        None if is_code(text) => (text.to_owned(), String::new()),
        _ => (String::new(), text.to_owned()),
    }
}

/// An error with its sources on one line.
pub(in crate::instrument) fn chain(error: &OrchestratorError<Error>) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::instrument::failure::{Blame, of_text};

    #[test]
    fn codes_and_statuses_have_their_blame() {
        for (code, status, expected) in [
            (
                "ProvisionedThroughputExceededException",
                Some(400),
                Blame::Throttle,
            ),
            ("SlowDown", Some(503), Blame::Throttle),
            ("Whatever", Some(429), Blame::Throttle),
            ("ValidationException", Some(400), Blame::Error),
            ("NotFound", Some(404), Blame::Error),
            ("NotModified", Some(304), Blame::Nobody),
            ("InternalServerError", Some(500), Blame::Fault),
            ("ResponseError", Some(200), Blame::Fault),
            ("TimeoutError", None, Blame::Fault),
        ] {
            assert_eq!(Blame::of(code, status), expected, "{code} {status:?}");
        }
        assert_eq!(Blame::of_mock("ThrottlingException"), Blame::Throttle);
        assert_eq!(
            Blame::of_mock("ConditionalCheckFailedException"),
            Blame::Error
        );
        assert_eq!(Blame::of_mock("InternalServerError"), Blame::Fault);
    }

    #[test]
    fn the_text_of_an_error_tells_its_code() {
        let check = |text: &str, code: &str, message: &str| {
            assert_eq!(of_text(text), (code.to_owned(), message.to_owned()));
        };
        check("NotFound", "NotFound", "");
        check("NoSuchKey: there is none", "NoSuchKey", "there is none");
        check("unhandled error (SlowDown)", "SlowDown", "");
        check("unhandled error", "", "unhandled error");
        check("it was: nothing", "", "it was: nothing");
    }
}
