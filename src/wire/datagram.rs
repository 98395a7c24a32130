//! Datagrams: one header line, one document.

use std::sync::Arc;

use crate::error::Error;
use crate::json::Scratch;
use crate::model::limits::MAX_DATAGRAM;
use crate::wire::header_line::HeaderLine;
use crate::wire::{Body, Refusal};

/// The header line that senders put before the document, its line feed included.
///
/// The Python, Node, .NET and Ruby SDKs send these very bytes, Go and Java the same with spaces.
pub const HEADER_LINE: &str = "{\"format\":\"json\",\"version\":1}\n";

/// Header lines that are surely right: of Python, Node, .NET and Ruby; of Go and Java.
const KNOWN: [&[u8]; 2] = [
    HEADER_LINE.as_bytes(),
    b"{\"format\": \"json\", \"version\": 1}\n",
];

/// Puts a document into a datagram.
///
/// # Errors
///
/// A datagram that would be larger than [`MAX_DATAGRAM`]: the system would refuse to send it.
///
/// # Examples
///
/// ```
/// use xray_phantom::wire::{Body, frame, receive};
///
/// let datagram = frame(r#"{"name":"OrdersWorker"}"#).unwrap();
/// assert_eq!(datagram, b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"OrdersWorker\"}");
/// assert!(matches!(receive(&datagram), Ok(Body::Segment(_))));
///
/// let error = frame(&"x".repeat(65_500)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "a document of 65500 bytes makes a datagram of 65530, and UDP carries at most 65507: \
///      send its subsegments on their own"
/// );
/// ```
pub fn frame(document: &str) -> Result<Vec<u8>, Error> {
    let mut datagram = Vec::new();
    frame_into(&mut datagram, document)?;
    Ok(datagram)
}

/// Puts a document into a datagram whose memory is used again.
///
/// # Errors
///
/// As [`frame`].
pub(crate) fn frame_into(datagram: &mut Vec<u8>, document: &str) -> Result<(), Error> {
    datagram.clear();
    let length = HEADER_LINE.len() + document.len();
    if length > MAX_DATAGRAM {
        return Err(Error::stopped(format!(
            "a document of {} bytes makes a datagram of {length}, and UDP carries at most \
             {MAX_DATAGRAM}: send its subsegments on their own",
            document.len()
        )));
    }
    datagram.reserve_exact(length);
    datagram.extend_from_slice(HEADER_LINE.as_bytes());
    datagram.extend_from_slice(document.as_bytes());
    Ok(())
}

/// Takes a datagram apart as the daemon does, and classes its body.
///
/// The steps are those of `aws-xray-daemon` (`cmd/tracing/daemon.go`, `pkg/tracesegment`):
/// split at the first line feed; something must follow it; what stands before it must be a JSON
/// object whose `format` is `json` and whose `version` is 1, read as Go reads JSON. The daemon
/// never looks into the body. We do, because what it forwards blindly the service refuses.
///
/// An empty datagram is not handed to this function: the daemon ignores and does not count it.
///
/// # Errors
///
/// The step that failed, as a [`Refusal`].
///
/// # Examples
///
/// ```
/// use xray_phantom::wire::receive;
///
/// let refusal = receive(b"{\"format\":\"json\",\"version\":\"1\"}\n{}").unwrap_err();
/// assert_eq!(refusal.code().as_str(), "invalid-header");
/// assert_eq!(
///     refusal.to_string(),
///     "invalid header `{\"format\":\"json\",\"version\":\"1\"}`: version is \"1\", expected the number 1"
/// );
/// ```
pub fn receive(datagram: &[u8]) -> Result<Body, Refusal> {
    if let Ok(text) = std::str::from_utf8(datagram) {
        return Body::read(
            &Arc::from(text),
            body_start(datagram)?,
            &mut Scratch::default(),
        );
    }
    let body_start = body_start(datagram)?;
    // The header may hold what is not UTF-8 (Go reads it as U+FFFD), the body may not.
    match std::str::from_utf8(&datagram[body_start..]) {
        Ok(body) => Body::read(&Arc::from(body), 0, &mut Scratch::default()),
        Err(error) => Err(Refusal::not_utf8(&datagram[body_start..], error)),
    }
}

/// The same for a datagram that is text; its document is a part of that text and no copy.
#[cfg(feature = "testing")]
pub(crate) fn receive_text(datagram: &Arc<str>, scratch: &mut Scratch) -> Result<Body, Refusal> {
    Body::read(datagram, body_start(datagram.as_bytes())?, scratch)
}

/// Checks the header line, and tells where the body begins.
fn body_start(datagram: &[u8]) -> Result<usize, Refusal> {
    // What every SDK sends need not be read.
    if let Some(known) = KNOWN.iter().find(|known| datagram.starts_with(known))
        && known.len() < datagram.len()
    {
        return Ok(known.len());
    }
    let Some(line_feed) = datagram.iter().position(|&byte| byte == b'\n') else {
        return Err(Refusal::missing_newline(datagram));
    };
    if line_feed + 1 == datagram.len() {
        return Err(Refusal::empty_body());
    }
    HeaderLine::read(&datagram[..line_feed])?;
    Ok(line_feed + 1)
}
