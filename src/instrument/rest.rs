//! Parameters of services that take them in the URL, in headers or in a form: Lambda, S3, SNS.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};

use crate::recorder::{Key, Saying, key};

/// Records what a request of Lambda says of the function.
///
/// `/2015-03-31/functions/{FunctionName}/invocations?Qualifier=...`
pub(in crate::instrument) fn record_lambda(call: &mut Saying<'_>, request: &HttpRequest) {
    let (path, query) = split(request.uri());
    let function = path.split("/functions/").nth(1);
    if let Some(function) = function.and_then(|rest| rest.split('/').next()) {
        call.aws_text(key!("function_name"), &decoded(function, false));
    }
    let headers = request.headers();
    for (header, key) in [
        ("x-amz-invocation-type", key!("invocation_type")),
        ("x-amz-log-type", key!("log_type")),
    ] {
        if let Some(value) = headers.get(header) {
            call.aws_text(key, value);
        }
    }
    if let Some(qualifier) = parameter(query, "Qualifier") {
        call.aws_text(key!("qualifier"), &qualifier);
    }
}

/// Records how an invocation went.
pub(in crate::instrument) fn record_lambda_response(
    call: &mut Saying<'_>,
    status: Key,
    response: &HttpResponse,
) {
    call.aws_number(status, response.status().as_u16().into());
    if let Some(error) = response.headers().get("x-amz-function-error") {
        call.aws_text(key!("function_error"), error);
    }
}

/// The key under which an operation that invokes a function records the status of its answer; `None`
/// where no function is invoked.
pub(in crate::instrument) fn status_of_invocation(operation: &str) -> Option<&'static Key> {
    match operation {
        "Invoke" | "InvokeWithResponseStream" => Some(const { &key!("status_code") }),
        "InvokeAsync" => Some(const { &key!("status") }),
        _ => None,
    }
}

/// Records what a request of S3 names: the object, and of a copy the source. The bucket is not yet
/// in it.
pub(in crate::instrument) fn record_s3(call: &mut Saying<'_>, request: &HttpRequest) {
    let (path, query) = split(request.uri());
    let key = path_of(path).trim_start_matches('/');
    if !key.is_empty() {
        call.aws_text(key!("key"), &decoded(key, false));
    }
    for (name, key) in [
        ("versionId", key!("version_id")),
        ("prefix", key!("prefix")),
    ] {
        if let Some(value) = parameter(query, name) {
            call.aws_text(key, &value);
        }
    }
    if let Some(source) = request.headers().get("x-amz-copy-source") {
        call.aws_text(key!("copy_source"), &decoded(source, false));
    }
}

/// Whether a request of S3 goes to a bucket, or to none.
///
/// `WriteGetObjectResponse` goes to whoever waits for the object: its host is a route, and its path is
/// its own name (Amazon S3 API reference).
pub(in crate::instrument) fn is_of_bucket(operation: &str) -> bool {
    operation != "WriteGetObjectResponse"
}

/// The bucket that a request of S3 goes to, which the endpoint has put into the host or the path.
///
/// `before` is the path that the request had without it, `endpoint` the URL of the user's own.
pub(in crate::instrument) fn bucket(
    uri: &str,
    before: &str,
    endpoint: Option<&str>,
) -> Option<String> {
    let (location, _) = split(uri);
    let (_, rest) = location.split_once("://")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // In the path: all that stands before the path of before.
    let without = path
        .strip_suffix(before)
        .unwrap_or(path)
        .trim_end_matches('/');
    let in_path = without.rsplit('/').next().filter(|name| !name.is_empty());
    if let Some(name) = in_path {
        return Some(decoded(name, false).into_owned());
    }
    let own = endpoint.and_then(|url| url.split("://").nth(1));
    let own = own.map(|rest| rest.split('/').next().unwrap_or(rest));
    if let Some(name) = own.and_then(|own| host.strip_suffix(own)?.strip_suffix('.')) {
        return Some(name.to_owned());
    }
    let dots = [".s3.", ".s3-", ".s3express-"];
    let at = dots.iter().filter_map(|dot| host.rfind(dot)).max()?;
    Some(host[..at].to_owned())
}

/// Records the topic that a message of SNS goes to: `Action=Publish&TopicArn=...&Message=...`.
pub(in crate::instrument) fn record_sns(call: &mut Saying<'_>, body: &[u8]) {
    let topic = std::str::from_utf8(body)
        .ok()
        .and_then(|body| parameter(body, "TopicArn"));
    if let Some(topic) = topic {
        call.aws_text(key!("topic_arn"), &topic);
    }
}

/// The path of a URL, with or without a host.
pub(in crate::instrument) fn path_of(location: &str) -> &str {
    let (location, _) = split(location);
    match location.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => location,
    }
}

fn split(uri: &str) -> (&str, &str) {
    uri.split_once('?').unwrap_or((uri, ""))
}

/// The value of a parameter of a query or a form.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(decoded(value, true).into_owned())
}

/// A text with its `%2F` resolved; in a form `+` is a space.
fn decoded(text: &str, form: bool) -> Cow<'_, str> {
    let is_escaped = text.contains('%') || form && text.contains('+');
    if !is_escaped {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        let hex = behind.get(..2).filter(|_| *first == b'%');
        let digits = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = digits.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &behind[2..];
        } else {
            bytes.push(if form && *first == b'+' { b' ' } else { *first });
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use crate::instrument::rest::{bucket, decoded, is_of_bucket, parameter, path_of};

    #[test]
    fn a_bucket_is_found_where_the_endpoint_has_put_it() {
        let check = |uri: &str, before: &str, endpoint: Option<&str>, expected: Option<&str>| {
            assert_eq!(bucket(uri, before, endpoint).as_deref(), expected, "{uri}");
        };
        let own = Some("http://localhost:4566");
        check(
            "https://b.s3.us-east-1.amazonaws.com/k/x?y=z",
            "/k/x",
            None,
            Some("b"),
        );
        check(
            "https://b.s3.us-east-1.amazonaws.com/",
            "/",
            None,
            Some("b"),
        );
        check(
            "https://b.s3.us-east-1.amazonaws.com/?list-type=2",
            "/",
            None,
            Some("b"),
        );
        check(
            "https://b.s3.s3.us-east-1.amazonaws.com/k",
            "/k",
            None,
            Some("b.s3"),
        );
        check(
            "https://b.s3-accelerate.amazonaws.com/k",
            "/k",
            None,
            Some("b"),
        );
        check(
            "https://b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/k",
            "/k",
            None,
            Some("b--use1-az4--x-s3"),
        );
        check(
            "https://s3.us-east-1.amazonaws.com/b.c/k/x",
            "/k/x",
            None,
            Some("b.c"),
        );
        check("https://s3.us-east-1.amazonaws.com/b", "/", None, Some("b"));
        check(
            "https://s3.us-east-1.amazonaws.com/b/?acl",
            "/",
            None,
            Some("b"),
        );
        check("http://localhost:4566/b/k", "/k", own, Some("b"));
        check("http://b.localhost:4566/k", "/k", own, Some("b"));
        check("https://s3.us-east-1.amazonaws.com/", "/", None, None);
        check("http://localhost:4566/", "/", own, None);
        check("no url", "/", None, None);
    }

    #[test]
    fn a_route_is_no_bucket() {
        assert!(!is_of_bucket("WriteGetObjectResponse"));
        assert!(is_of_bucket("GetObject"));
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(decoded("a%2Fb+c%", false), "a/b+c%");
        assert_eq!(decoded("a%2Fb+c%zz%4", true), "a/b c%zz%4");
        assert_eq!(decoded("%C3%A4", false), "ä");
        assert_eq!(parameter("a=1&b=x%20y&c", "b").as_deref(), Some("x y"));
        assert_eq!(parameter("ab=1", "b"), None);
        assert_eq!(path_of("https://host/a/b?c"), "/a/b");
        assert_eq!(path_of("https://host"), "");
        assert_eq!(path_of("/a?b"), "/a");
    }
}
