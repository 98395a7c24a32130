//! What the body of a datagram is.

use std::sync::Arc;

use crate::error::visible;
use crate::json::{Document, Kind, Scratch};
use crate::wire::Refusal;

/// A body that X-Ray takes.
#[derive(Clone, Debug)]
pub enum Body {
    /// Base64 of an OTLP export request, as the AWS distro for OpenTelemetry sends it.
    ///
    /// It is counted as accepted. It is not JSON and joins no trace.
    Otlp(OtlpKind),
    /// A JSON object: a segment document, as far as the daemon can know.
    Segment(Arc<Document>),
}

/// The kinds of OTLP that come over UDP.
///
/// Source: `otlp_udp_exporter.py` of the AWS distro for OpenTelemetry Python; no AWS
/// documentation of the prefixes was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtlpKind {
    /// `M1`: metrics.
    Metrics,
    /// `T1S`: spans that were sampled.
    SampledSpans,
    /// `T1U`: spans that were not.
    UnsampledSpans,
}

impl OtlpKind {
    /// The prefix of the body.
    pub fn prefix(&self) -> &'static str {
        match self {
            OtlpKind::Metrics => "M1",
            OtlpKind::SampledSpans => "T1S",
            OtlpKind::UnsampledSpans => "T1U",
        }
    }
}

impl Body {
    /// Classes the body that begins at byte `start` of `source`.
    pub(in crate::wire) fn read(
        source: &Arc<str>,
        start: usize,
        scratch: &mut Scratch,
    ) -> Result<Body, Refusal> {
        let text = &source[start..];
        for kind in [
            OtlpKind::SampledSpans,
            OtlpKind::UnsampledSpans,
            OtlpKind::Metrics,
        ] {
            if let Some(payload) = text.strip_prefix(kind.prefix()) {
                return match base64_error(payload) {
                    None => Ok(Body::Otlp(kind)),
                    Some(why) => Err(Refusal::not_base64(kind, &why)),
                };
            }
        }
        let document = match Document::parse_tail_with(Arc::clone(source), start, scratch) {
            Ok(document) => document,
            Err(error) => return Err(Refusal::not_json(text, &error)),
        };
        match document.root().kind() {
            Kind::Object => Ok(Body::Segment(Arc::new(document))),
            other => Err(Refusal::not_an_object(text, other)),
        }
    }
}

/// What keeps a text from being base64 of the standard alphabet, padded.
fn base64_error(text: &str) -> Option<String> {
    let text = text.trim_end_matches(['\r', '\n']);
    let digits = text
        .strip_suffix("==")
        .or_else(|| text.strip_suffix('='))
        .unwrap_or(text);
    let stranger = digits
        .char_indices()
        .find(|(_, digit)| !(digit.is_ascii_alphanumeric() || matches!(digit, '+' | '/')));
    match stranger {
        Some((at, digit)) => Some(format!(
            "`{}` at byte {at} of it is no digit",
            visible(digit.encode_utf8(&mut [0; 4]))
        )),
        None if text.is_empty() => Some("nothing follows".to_owned()),
        None if !text.len().is_multiple_of(4) => {
            Some(format!("its length of {} is no multiple of 4", text.len()))
        }
        None => None,
    }
}
