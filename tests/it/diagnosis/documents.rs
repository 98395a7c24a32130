//! What X-Ray would refuse, lose in silence, or show in a misleading way.

use xray_phantom::schema::Secrets;

use crate::diagnosis::{Bug, diagnose_with, recorder};
use crate::support::{Emitter, segment};

/// A program that sends a segment with these members, and the same with those.
#[track_caller]
fn diagnose_document(deny: &str, good: &str, bad: &str, expected: &str) {
    diagnose_with(
        |builder| builder.deny(deny).lint_secrets(Secrets::new()),
        async |daemon, bug| {
            let member = if bug == Bug::Seeded { bad } else { good };
            let document = segment(1, "api").replace(r#""end_time":1.5}"#, &format!("{member}}}"));
            Emitter::to(daemon).emit(&document);
            Ok(())
        },
        expected,
    );
}

const END: &str = r#""end_time":1.5"#;

#[test]
fn a_segment_without_an_end() {
    diagnose_document(
        "missing-end-time",
        END,
        r#""origin":"x""#,
        "2 findings that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 rejected (missing-end-time): it was sent before it was closed: the segment `api` has neither an `end_time` nor `in_progress: true`, and X-Ray refuses the whole document; close it before it is sent, or mark it\n\
         \x20   in api\n\
         \x20 X-Ray refuses the whole document and answers MissingEndTime (known by: seen)\n\
         - trace TRACE is not complete:",
    );
}

#[test]
fn a_name_that_x_ray_refuses() {
    diagnose_with(
        |builder| builder,
        async |daemon, bug| {
            let name = if bug == Bug::Seeded {
                "api?id=1"
            } else {
                "api"
            };
            Emitter::to(daemon).emit(&segment(1, name));
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 rejected (name-format): a URL, a pattern or a text was used as a name: the name `api?id=1` of a segment has `?`; use letters, digits, spaces and `_.:/%&#=+-@`\n\
         \x20   at /name of api?id=1\n\
         \x20 X-Ray refuses the whole document and answers InvalidName (known by: seen)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_document_that_names_no_trace() {
    diagnose_with(
        |builder| builder,
        async |daemon, bug| {
            let key = if bug == Bug::Seeded {
                "traceId"
            } else {
                "trace_id"
            };
            Emitter::to(daemon).emit(&segment(1, "api").replace("trace_id", key));
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "the test failed: expected one trace, and none came\n\
         likely: datagram 0 was rejected (missing-trace-id): the document has no\n\
         \x20 `trace_id`\n\
         also: datagram 0 rejected (missing-trace-id): it was made outside of a trace: the segment `api` has no `trace_id`, so that it belongs to none; write 1-, 8 hex digits, -, 24 hex digits\n\
         \x20 in api",
    );
}

#[test]
fn a_datagram_without_its_header_line() {
    diagnose_with(
        |builder| builder,
        async |daemon, bug| {
            let emitter = Emitter::to(daemon);
            match bug {
                Bug::Seeded => emitter.send(segment(1, "api")),
                Bug::Absent => emitter.emit(&segment(1, "api")),
            }
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "the test failed: expected one trace, and none came\n\
         likely: datagram 0 was rejected (missing-newline): no line feed parts header and\n\
         \x20 document\n\
         also: datagram 0 rejected (missing-newline): no line feed parts header and document in `{\"trace_id\":\"TRACE\",\"id\":\"0000000000000001\",\"name\":\"api\",\"start_time\":1.0,\"end_time\":1.5}`: begin each datagram with {\"format\":\"json\",\"version\":1} and a line feed\n\
         datagrams: 1 received = 0 accepted + 1 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_document_that_x_ray_finds_too_large() {
    let good = format!(r#"{END},"metadata":{{"default":{{"cart":"apple"}}}}"#);
    let bad = good.replace("apple", &"a".repeat(65_000));
    diagnose_document(
        "document-large",
        &good,
        &bad,
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 lint (document-large): much was recorded in one document: it has 65154 bytes, and X-Ray takes 64 kB, which may mean 64000; send its subsegments on their own, or record less metadata\n\
         \x20   in api\n\
         \x20 X-Ray accepts it (known by: guide)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn an_annotation_that_x_ray_drops() {
    let good = format!(r#"{END},"annotations":{{"order_id":"o-1"}}"#);
    diagnose_document(
        "annotation-key",
        &good,
        &good.replace("order_id", "order id"),
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 pruned (annotation-key): a text, or a name from elsewhere, was used as a key: the annotation key `order id` has ` `; use letters, digits, `_` and `.`\n\
         \x20   at /annotations/order id of api\n\
         \x20 X-Ray keeps the document and silently loses this (known by: seen)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
    diagnose_document(
        "annotation-value",
        &good,
        &good.replace(r#""o-1""#, "null"),
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 pruned (annotation-value): a value that is not set was annotated: the annotation `order_id` is null; use a string, a number or a boolean, or metadata for anything else\n\
         \x20   at /annotations/order_id of api\n\
         \x20 X-Ray keeps the document and silently loses this (known by: seen)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn an_annotation_that_the_recorder_leaves_out() {
    diagnose_with(
        |builder| builder,
        async |daemon, bug| {
            let items = if bug == Bug::Seeded { f64::NAN } else { 3.0 };
            let serve = async |segment: xray_phantom::OpenEntity| {
                segment.annotate("items", items);
            };
            recorder(daemon)
                .in_segment_infallible("OrdersWorker", serve)
                .await;
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - annotation-value: the annotation `items` is left out: JSON has no NaN and no infinity (PLACE)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn an_end_before_its_start() {
    diagnose_document(
        "time-order",
        END,
        r#""end_time":0.5"#,
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 lint (time-order): the clock was set back while it ran: `end_time` 0.5 is before `start_time` 1.0; measure durations with a monotonic clock\n\
         \x20   at /end_time of api\n\
         \x20 X-Ray accepts it (known by: inferred)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_client_error_that_is_recorded_as_a_fault() {
    let status = r#""http":{"response":{"status":404}}"#;
    let (good, bad) = (
        format!(r#"{END},"error":true,{status}"#),
        format!(r#"{END},"fault":true,{status}"#),
    );
    diagnose_document(
        "flags-and-status",
        &good,
        &bad,
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 lint (flags-and-status): the flags were set by an exception, and not by the reply: the status 404 means `error`, and `fault` is set; set the flags by the status\n\
         \x20   at /http/response/status of api\n\
         \x20 X-Ray accepts it (known by: guide)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_cause_without_a_flag() {
    let cause = r#""cause":{"exceptions":[{"id":"00000000000000e1","message":"no stock"}]}"#;
    let bad = format!("{END},{cause}");
    let good = format!(r#"{bad},"fault":true"#);
    diagnose_document(
        "cause-without-flag",
        &good,
        &bad,
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 lint (cause-without-flag): an error was recorded without its flag: the segment `api` has a `cause` and is neither `error` nor `fault` nor `throttle`; set the flag, or X-Ray shows it as successful\n\
         \x20   at /cause of api\n\
         \x20 X-Ray accepts it (known by: guide)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

/// A segment with calls of AWS inside.
fn with_calls(calls: &str) -> String {
    format!(r#"{END},"subsegments":[{calls}]"#)
}

const CALL: &str = r#"{"id":"00000000000000b1","name":"DynamoDB","namespace":"aws","start_time":1.1,"end_time":1.2,
    "aws":{"operation":"PutItem","region":"us-east-1","table_name":"Orders","request_id":"r-1"}}"#;

#[test]
fn a_call_without_its_table() {
    let without = CALL.replace(r#""table_name":"Orders","#, "");
    diagnose_document(
        "aws-call",
        &with_calls(CALL),
        &with_calls(&without),
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 lint (aws-call): it was recorded by hand, or by a library that leaves this out: the AWS call has no aws.table_name; without it the console cannot show what was called\n\
         \x20   at /subsegments/0 of api > DynamoDB\n\
         \x20 X-Ray accepts it (known by: guide)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_client_that_is_instrumented_twice() {
    let again = CALL.replace("00000000000000b1", "00000000000000b2");
    let twice = with_calls(&format!("{CALL},{again}"));
    diagnose_document(
        "recorded-twice",
        &with_calls(CALL),
        &twice,
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - recorded-twice in trace TRACE: the client is instrumented twice: subsegment `DynamoDB` records the same call as subsegment `DynamoDB` (they have the same request id)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_password_in_the_url_of_a_database() {
    let sql = |url: &str| {
        with_calls(&format!(
            r#"{{"id":"00000000000000b1","name":"orders-db","namespace":"remote","start_time":1.1,"end_time":1.2,
                "sql":{{"url":"{url}"}}}}"#
        ))
    };
    let (good, bad) = ("mysql://db/orders", "mysql://app:s3cr3t-w0rd@db/orders");
    diagnose_document(
        "secret-credential",
        &sql(good),
        &sql(bad),
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 lint (secret-credential): a setting, a URL or a query was recorded as it is: `sql.url` holds what looks like a password (`s3…`, 11 characters); leave it out, or allow it\n\
         \x20   at /subsegments/0/sql/url of api > orders-db\n\
         \x20 X-Ray accepts it (known by: inferred)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn an_id_in_a_name() {
    diagnose_with(
        |builder| builder.deny("id-in-name"),
        async |daemon, bug| {
            let name = match bug {
                Bug::Seeded => "order-7f3c9a52-1d4e-4b8a-9c6f-2e5d8b7a1c03",
                Bug::Absent => "order",
            };
            Emitter::to(daemon).emit(&segment(1, name));
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 lint (id-in-name): an id was put into a name: `order-7f3c9a52-1d4e-4b8a-9c6f-2e5d8b7a1c03` looks as if it held one; name the kind of work, and put the id into an annotation\n\
         \x20   at /name of order-7f3c9a52-1d4e-4b8a-9c6f-2e5d8b7a1c03\n\
         \x20 X-Ray accepts it (known by: inferred)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}
