//! What a service answered.

use std::borrow::Cow;
use std::panic::Location;

use aws_smithy_runtime_api::client::interceptors::context::Error;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};

use crate::instrument::failure::{Blame, chain, kind, of_text};
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

/// A message of a service without what it repeats of the request: where a signature is wrong, all
/// headers with the session's token; where a value is, that value; where an expression is, a part of
/// it.
///
/// Source: aws-sdk-cpp issue 17 and selling-partner-api-models issue 1900 ("The Canonical String for
/// this request should have been ..."); the validation of the services' common framework ("Value
/// '...' at 'limit' failed to satisfy constraint"); `DynamoDB` ("cannot be converted to a numeric
/// value: ...", "Invalid FilterExpression: Syntax error; token: "...", near: "...""; dynamodb-dashboard
/// issue 735).
fn without_values(message: &str) -> Cow<'_, str> {
    for (start, replaced) in [
        ("The Canonical String", ""),
        ("The String-to-Sign", ""),
        ("x-amz-security-token:", "***"),
        ("a numeric value: ", "***"),
        ("Syntax error; token: ", "***"),
    ] {
        if let Some(place) = message.find(start) {
            let kept = place + if replaced.is_empty() { 0 } else { start.len() };
            let text = message[..kept].trim_end();
            let space = if replaced.is_empty() { "" } else { " " };
            return Cow::Owned(format!("{text}{space}{replaced}"));
        }
    }
    let (begins, ends) = ("Value '", "' at '");
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, value)) = rest.split_once(begins)
        && let Some(place) = value.find(ends)
    {
        text.push_str(before);
        text.push_str(begins);
        text.push_str("***");
        rest = &value[place..];
    }
    if text.is_empty() {
        return Cow::Borrowed(message);
    }
    text.push_str(rest);
    Cow::Owned(text)
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

    use crate::instrument::answer::{told, without_values};

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

    #[test]
    fn a_message_repeats_no_value_of_the_request() {
        for (message, expected) in [
            (
                "The conditional request failed",
                "The conditional request failed",
            ),
            (
                "The request signature we calculated does not match.\n\nThe Canonical String for this request \
                 should have been\n'POST\n/\nx-amz-security-token:SECRET\n'",
                "The request signature we calculated does not match.",
            ),
            (
                "sent x-amz-security-token:SECRET too",
                "sent x-amz-security-token: ***",
            ),
            (
                "The parameter cannot be converted to a numeric value: SECRET",
                "The parameter cannot be converted to a numeric value: ***",
            ),
            (
                "2 validation errors detected: Value 'SECRET' at 'limit' failed to satisfy constraint: a; \
                 Value 'it's SECRET' at 'tableName' failed to satisfy constraint: b",
                "2 validation errors detected: Value '***' at 'limit' failed to satisfy constraint: a; \
                 Value '***' at 'tableName' failed to satisfy constraint: b",
            ),
            (
                "Invalid FilterExpression: Syntax error; token: \"SECRET\", near: \"= SECRET\"",
                "Invalid FilterExpression: Syntax error; token: ***",
            ),
            ("Value 'open", "Value 'open"),
        ] {
            assert_eq!(without_values(message), expected);
        }
    }
}
