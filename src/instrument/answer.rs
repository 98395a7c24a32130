//! What a service answered.

use std::panic::Location;

use aws_smithy_runtime_api::client::interceptors::context::Error;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};

use crate::instrument::failure::{Blame, chain, kind, of_text};
use crate::instrument::message::without_values;
use crate::json::Document;
use crate::recorder::{OpenEntity, Saying, key};

/// Whether a mock of the SDK's own gave an output, or an error, that was never answered: in their
/// place `aws-smithy-mocks` shows this.
pub(in crate::instrument) fn is_stand_in(response: &HttpResponse) -> bool {
    response.status().as_u16() == 418
        && response.body().bytes() == Some(b"Mock HTTP client dummy response")
}

/// Records status, length and request ids.
pub(in crate::instrument) fn record(call: &mut Saying<'_>, response: &HttpResponse) {
    call.status(response.status().as_u16());
    let told = headers(response);
    let [content_length, id_2, request_id_of_s3, request_id] = told;
    // Where there is no body, as after a HEAD, the header tells how long it would be.
    let body = response.body().bytes().unwrap_or_default();
    let length = if body.is_empty() {
        let written = content_length.and_then(text);
        let written = written.and_then(|length| length.parse().ok());
        written.or_else(|| response.body().bytes().map(|_| 0))
    } else {
        i64::try_from(body.len()).ok()
    };
    if let Some(length) = length {
        call.content_length(length);
    }
    let of_s3 = || request_id_of_s3.and_then(text);
    if let Some(id) = request_id.and_then(text).or_else(of_s3) {
        call.aws_text(key!("request_id"), id);
    }
    if let Some(id) = id_2.and_then(text) {
        call.aws_text(key!("id_2"), id);
    }
}

/// What the headers of an answer tell, in the order of [`HEADERS`]: of each the first value.
///
/// All in one go: an answer has few headers, and to look each of these up takes longer.
fn headers(response: &HttpResponse) -> [Option<&[u8]>; 4] {
    let mut told = [None; 4];
    for (name, value) in response.headers().iter_bytes() {
        if let Some(told) = told.get_mut(place_of(name)) {
            *told = told.or(Some(value));
        }
    }
    told
}

/// Where a header stands among [`HEADERS`]; behind them all where it does not.
// Apart, so that there is one comparison, and not one for each.
#[inline(never)]
fn place_of(name: &str) -> usize {
    let place = HEADERS.iter().position(|header| *header == name);
    place.unwrap_or(HEADERS.len())
}

/// Most services name the request in the last one, S3 in the one before.
const HEADERS: [&str; 4] = [
    "content-length",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amzn-requestid",
];

/// A header that is a text.
fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

/// How far a call has come.
#[derive(Clone, Copy, Debug)]
pub(in crate::instrument) struct Progress {
    /// Whether the request was written.
    pub(in crate::instrument) serialized: bool,
    /// Whether an attempt was sent.
    pub(in crate::instrument) sent: bool,
}

/// Records why a call failed. `response` is what the service answered, if it did.
pub(in crate::instrument) fn record_failure(
    subsegment: &OpenEntity,
    place: &'static Location<'static>,
    error: &OrchestratorError<Error>,
    response: Option<&HttpResponse>,
    progress: Progress,
) {
    let is_mock = response.is_some_and(is_stand_in);
    let response = response.filter(|_| !is_mock);
    // The service has answered with an error only if the SDK has read it as one.
    let (code, message) = match error.as_operation_error() {
        None => (String::new(), String::new()),
        Some(error) => match response.map(told).filter(|(code, _)| !code.is_empty()) {
            Some(told) => told,
            None => of_text(&error.to_string()),
        },
    };
    let status = response.map(|response| response.status().as_u16());
    let (kind, message) = if code.is_empty() {
        (
            kind(error, progress.serialized, response.is_some()).to_owned(),
            chain(error),
        )
    } else {
        (code, message)
    };
    let blame = if is_mock && error.is_operation_error() {
        Blame::of_mock(&kind)
    } else {
        Blame::of(&kind, status)
    };
    match blame {
        Blame::Error => subsegment.error(),
        Blame::Fault => subsegment.fault(),
        Blame::Nobody => subsegment,
        Blame::Throttle => subsegment.throttle(),
    };
    // A connection that breaks is broken by the other side, as far as this one can tell.
    subsegment.exception(place, &kind, &without_values(&message), progress.sent);
}

/// Code and message of an error in the order in which the SDKs look: header, `code`, `__type`; in
/// XML `Code`.
fn told(response: &HttpResponse) -> (String, String) {
    let body = response.body().bytes();
    let text = body.and_then(|body| std::str::from_utf8(body).ok());
    let text = text.unwrap_or_default().trim_start();
    if text.starts_with('<') {
        return (element(text, "Code"), element(text, "Message"));
    }
    let document = Document::parse(text).ok();
    let member = |key: &str| -> Option<String> {
        let value = document.as_ref()?.root().get(key)?;
        Some(value.as_str()?.into_owned())
    };
    let header = response.headers().get("x-amzn-errortype");
    let code = header
        .map(str::to_owned)
        .or_else(|| member("code"))
        .or_else(|| member("__type"))
        .unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = member("message")
        .or_else(|| member("Message"))
        .or_else(|| member("errorMessage"));
    (code.to_owned(), message.unwrap_or_default())
}

/// The text of the first element of that name.
fn element(xml: &str, name: &str) -> String {
    let text = xml
        .split_once(&format!("<{name}>"))
        .and_then(|(_, rest)| rest.split_once("</"))
        .map(|(text, _)| text);
    let mut text = text.unwrap_or_default().to_owned();
    for (entity, sign) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, sign);
    }
    text
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use crate::instrument::answer::told;

    #[track_caller]
    fn check(header: Option<&'static str>, body: &str, code: &str, message: &str) {
        let status = StatusCode::try_from(400).unwrap();
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        if let Some(header) = header {
            response.headers_mut().insert("x-amzn-errortype", header);
        }
        assert_eq!(told(&response), (code.to_owned(), message.to_owned()));
    }

    #[test]
    fn errors_are_read_in_json_and_in_xml() {
        check(
            None,
            r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}"#,
            "ValidationException",
            "no",
        );
        check(
            None,
            r#"{"code":"A:http://x","__type":"b#B","Message":"no"}"#,
            "A",
            "no",
        );
        check(Some("Header:http://x"), r#"{"__type":"b#B"}"#, "Header", "");
        check(
            None,
            "<Error><Code>NoSuchKey</Code><Message>a &lt;b&gt; &amp;lt;</Message></Error>",
            "NoSuchKey",
            "a <b> &lt;",
        );
        check(
            None,
            "\n<?xml version=\"1.0\"?><ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>",
            "NotFound",
            "",
        );
        check(None, "", "", "");
        check(None, "<Error><Code>cut", "", "");
    }
}
