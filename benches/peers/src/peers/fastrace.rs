//! fastrace, with a reporter that writes the same X-Ray JSON by hand, in its collector's thread.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use fastrace::Span;
use fastrace::collector::{Config, Reporter, SpanContext, SpanId, SpanRecord};
use xray_phantom_peers::cases::BURST;
use xray_phantom_peers::receiver::sender;
use xray_phantom_peers::rounds::Case;
use xray_phantom_peers::workloads::{CALL, REQUEST_ID, SERVICE};
use xray_phantom_peers::{Outcome, check};

/// A segment with a call, whose documents the collector sends; and a span without a parent.
///
/// The collector is one for all: this is the only one, until it is made anew.
pub(crate) fn cases(receiver: SocketAddr) -> Outcome<Vec<Case>> {
    let reporter = ToXRay {
        socket: sender(receiver)?,
        datagram: Vec::with_capacity(1_024),
    };
    // It collects when it is flushed, and not at some time while others are measured.
    let never = Config::default().report_interval(Duration::from_hours(1));
    fastrace::set_reporter(reporter, never);
    let order = Case::new("fastrace seg1aws, sent", BURST, order).flushed(|| {
        fastrace::flush();
        Ok(())
    });
    let nocontext = Case::new("fastrace nocontext", 4_096, || {
        drop(Span::enter_with_local_parent(CALL));
    });
    Ok(vec![order.sends(1).checked(check::order), nocontext])
}

fn order() {
    let segment = Span::root(SERVICE, SpanContext::random())
        .with_properties(|| [("order_id", "o-1"), ("items", "3"), ("http.status", "201")]);
    let call = Span::enter_with_parent(CALL, &segment).with_properties(|| {
        [
            ("operation", "PutItem"),
            ("region", "us-east-1"),
            ("table_name", "Orders"),
            ("request_id", REQUEST_ID),
            ("http.status", "200"),
        ]
    });
    drop(call);
    drop(segment);
}

/// Writes a datagram for each segment, its calls nested in it.
struct ToXRay {
    socket: UdpSocket,
    datagram: Vec<u8>,
}

impl Reporter for ToXRay {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        let mut calls: HashMap<SpanId, Vec<&SpanRecord>> = HashMap::new();
        for span in spans.iter().filter(|span| span.name != SERVICE) {
            calls.entry(span.parent_id).or_default().push(span);
        }
        for segment in spans.iter().filter(|span| span.name == SERVICE) {
            let calls = calls.remove(&segment.span_id).unwrap_or_default();
            let written = document(&mut self.datagram, segment, &calls);
            let sent = written.and_then(|()| self.socket.send(&self.datagram));
            if let Err(error) = sent {
                eprintln!("peers: fastrace's reporter: {error}");
            }
        }
    }
}

fn document(out: &mut Vec<u8>, segment: &SpanRecord, calls: &[&SpanRecord]) -> std::io::Result<()> {
    out.clear();
    let seconds = segment.begin_time_unix_ns / 1_000_000_000;
    // X-Ray's trace ids have 96 bits of their own.
    let own = segment.trace_id.0 & ((1 << 96) - 1);
    write!(
        out,
        "{{\"format\":\"json\",\"version\":1}}\n{{\"trace_id\":\"1-{seconds:08x}-{own:024x}\","
    )?;
    span(out, segment)?;
    out.extend_from_slice(b",\"http\":{\"response\":{\"status\":");
    out.extend_from_slice(said(segment, "http.status").as_bytes());
    out.extend_from_slice(
        b"}},\"aws\":{\"xray\":{\"sdk\":\"xray-phantom\",\"sdk_version\":\"0.1.0\"}},\"annotations\":{\"items\":",
    );
    out.extend_from_slice(said(segment, "items").as_bytes());
    text(out, ",\"order_id\":\"", said(segment, "order_id"));
    out.extend_from_slice(b"},\"subsegments\":[");
    for (at, call) in calls.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'{');
        span(out, call)?;
        out.extend_from_slice(b",\"namespace\":\"aws\",\"http\":{\"response\":{\"status\":");
        out.extend_from_slice(said(call, "http.status").as_bytes());
        text(out, "}},\"aws\":{\"operation\":\"", said(call, "operation"));
        text(out, ",\"region\":\"", said(call, "region"));
        text(out, ",\"request_id\":\"", said(call, "request_id"));
        text(out, ",\"table_name\":\"", said(call, "table_name"));
        out.extend_from_slice(b"}}");
    }
    out.extend_from_slice(b"]}");
    Ok(())
}

/// What every entity says first.
fn span(out: &mut Vec<u8>, span: &SpanRecord) -> std::io::Result<()> {
    let start = span.begin_time_unix_ns / 1_000;
    let end = (span.begin_time_unix_ns + span.duration_ns) / 1_000;
    write!(
        out,
        "\"id\":\"{:016x}\",\"name\":\"{}\",\"start_time\":{}.{:06},\"end_time\":{}.{:06}",
        span.span_id.0,
        span.name,
        start / 1_000_000,
        start % 1_000_000,
        end / 1_000_000,
        end % 1_000_000,
    )
}

fn text(out: &mut Vec<u8>, before: &str, text: &str) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// The value of a property.
fn said<'a>(span: &'a SpanRecord, key: &str) -> &'a str {
    let mut properties = span.properties.iter();
    let found = properties.find(|(found, _): &&(Cow<'_, str>, Cow<'_, str>)| found == key);
    found.map_or("", |(_, value)| value)
}
