//! Capture files: datagrams as JSON lines.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::capture::received::{Bytes, Way};
use crate::capture::{Counts, Received, Rejection};
use crate::error::{Error, visible};
use crate::json::{Document, Kind, Scratch, Value, write_text};
#[cfg(feature = "cli")]
use crate::wire::HEADER_LINE;

/// The datagrams of a capture, one JSON object a line, in order of arrival:
///
/// ```text
/// {"seq": 0, "t": 1795338258.638498, "text": "{\"format\":\"json\",\"version\":1}\n{...}"}
/// {"seq": 1, "t": 1795338258.640112, "bytes_b64": "/w=="}
/// ```
///
/// `text` is the datagram where it is UTF-8, `bytes_b64` its base64 where it is not; either is
/// read. `t` is the time of arrival in seconds since the epoch, and may be missing. Other keys
/// are allowed and not kept.
#[derive(Clone, Debug, Default)]
pub struct CaptureFile {
    datagrams: Vec<Received>,
    /// The line of each datagram, from 1.
    lines: Vec<usize>,
    warnings: Vec<String>,
}

impl CaptureFile {
    /// Reads a capture file.
    ///
    /// Datagrams that AWS's daemon would refuse are read like all others: they become
    /// [`rejections`](CaptureFile::rejections). A file that was cut in its last line gives a
    /// [warning](CaptureFile::warnings) and all the lines before.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, and a line that is no such object.
    pub fn read(path: impl AsRef<Path>) -> Result<CaptureFile, Error> {
        let path = path.as_ref();
        let name = visible(&path.to_string_lossy());
        let bytes = fs::read(path).map_err(|error| Error::io(format!("read {name}"), error))?;
        CaptureFile::of_bytes(&name, &bytes)
    }

    /// Reads the bytes of a capture file, which messages call by this name.
    ///
    /// # Errors
    ///
    /// A line that is no object of a datagram.
    pub(crate) fn of_bytes(name: &str, bytes: &[u8]) -> Result<CaptureFile, Error> {
        let mut capture = CaptureFile::default();
        let mut scratch = Scratch::default();
        let lines = bytes.split_inclusive(|&byte| byte == b'\n').zip(1..);
        for (line, number) in lines {
            if line.trim_ascii().is_empty() {
                continue;
            }
            match datagram(line, capture.datagrams.len() as u64, &mut scratch) {
                Ok(received) => {
                    capture.datagrams.push(received);
                    capture.lines.push(number);
                }
                Err(Unread { why, cut: true }) if !line.ends_with(b"\n") => {
                    capture.warnings.push(format!(
                        "{name}, line {number}: the file ends inside this line, which is left out ({why})"
                    ));
                }
                Err(Unread { why, .. }) => {
                    return Err(Error::stopped(format!("{name}, line {number}: {why}")));
                }
            }
        }
        Ok(capture)
    }

    /// A capture of one document, which a file holds as it is, without its header line.
    #[cfg(feature = "cli")]
    pub(crate) fn of_document(document: &[u8]) -> CaptureFile {
        let datagram = [HEADER_LINE.as_bytes(), document].concat();
        let bytes = Bytes::new(&datagram);
        let received = Received::new(0, None, Way::File, bytes, &mut Scratch::default());
        CaptureFile {
            datagrams: vec![received],
            lines: vec![1],
            warnings: Vec::new(),
        }
    }

    /// The datagram with this place, and the line of the file in which it stands, from 1.
    #[cfg(feature = "cli")]
    pub(crate) fn at(&self, place: usize) -> Option<(&Received, usize)> {
        Some((self.datagrams.get(place)?, *self.lines.get(place)?))
    }

    /// Writes datagrams to a file, which is replaced if it exists.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write<'a>(
        path: impl AsRef<Path>,
        datagrams: impl IntoIterator<Item = &'a Received>,
    ) -> Result<(), Error> {
        let path = path.as_ref();
        let lines: String = datagrams.into_iter().map(line).collect();
        fs::write(path, lines)
            .map_err(|error| Error::io(format!("write {}", path.display()), error))
    }

    /// The datagrams in order.
    pub fn datagrams(&self) -> impl ExactSizeIterator<Item = &Received> {
        self.datagrams.iter()
    }

    /// How many datagrams there are, and what AWS's daemon would do with them. A file does not
    /// tell what the kernel dropped.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.datagrams().for_each(|received| counts.add(received));
        counts
    }

    /// The datagrams that never become a document.
    pub fn rejections(&self) -> Vec<Rejection> {
        self.datagrams().filter_map(Received::rejection).collect()
    }

    /// What was wrong with the file and did not keep it from being read.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Why a line is no datagram, and whether its text just ends too early.
struct Unread {
    why: String,
    cut: bool,
}

impl From<String> for Unread {
    fn from(why: String) -> Self {
        Unread { why, cut: false }
    }
}

/// Reads one line; `place` is its number among the datagrams.
fn datagram(line: &[u8], place: u64, scratch: &mut Scratch) -> Result<Received, Unread> {
    let line = std::str::from_utf8(line).map_err(|error| Unread {
        why: format!("not UTF-8: {error}"),
        cut: error.error_len().is_none(),
    })?;
    let document = Document::parse(line).map_err(|error| Unread {
        why: format!("not JSON: {error}"),
        cut: error.offset() == line.len(),
    })?;
    let root = document.root();
    if root.kind() != Kind::Object {
        let why = format!(
            "expected an object with `text` or `bytes_b64`, found {}",
            root.kind()
        );
        return Err(why.into());
    }
    // Null is as good as absent: some writers have no other way.
    let get = |key| root.get(key).filter(|value| value.kind() != Kind::Null);
    let seq = match get("seq") {
        Some(seq) => seq
            .as_number()
            .and_then(|number| u64::try_from(number.as_i64()?).ok())
            .ok_or_else(|| {
                let seq = visible(seq.raw());
                format!("`seq` is {seq}, expected a whole number from 0")
            })?,
        None => place,
    };
    let arrived = get("t").map(seconds).transpose()?;
    let bytes = match (get("text"), get("bytes_b64")) {
        (Some(text), None) => text_bytes(text)?,
        (None, Some(encoded)) => decoded_bytes(encoded)?,
        (Some(_), Some(_)) => {
            return Err("`text` and `bytes_b64` exclude each other"
                .to_owned()
                .into());
        }
        (None, None) => {
            let hint = if get("trace_id").is_some() || get("id").is_some() {
                " (this looks like a segment document: each is a file of its own, or the `text` of a datagram)"
            } else if get("format").is_some() {
                " (this looks like the header line of a datagram: a datagram is one line, as the `text` of an object)"
            } else {
                ""
            };
            return Err(
                format!("expected a key `text` or `bytes_b64`, found neither{hint}").into(),
            );
        }
    };
    let bytes = Bytes::new(&bytes);
    Ok(Received::new(seq, arrived, Way::File, bytes, scratch))
}

fn seconds(time: Value<'_>) -> Result<Duration, String> {
    let nanos = time.as_number().and_then(|number| number.scaled(9));
    nanos
        .and_then(|nanos| {
            let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
            Some(Duration::new(
                seconds,
                u32::try_from(nanos % 1_000_000_000).ok()?,
            ))
        })
        .ok_or_else(|| {
            let time = visible(time.raw());
            format!("`t` is {time}, expected seconds since the epoch")
        })
}

fn text_bytes(value: Value<'_>) -> Result<Vec<u8>, String> {
    let Some(text) = value.as_text() else {
        return Err(format!("`text` is {}, expected a string", value.kind()));
    };
    if text.has_lone_surrogate() {
        return Err("`text` holds half a character (a lone surrogate): use `bytes_b64`".to_owned());
    }
    Ok(text.decode().into_owned().into_bytes())
}

fn decoded_bytes(value: Value<'_>) -> Result<Vec<u8>, String> {
    let Some(encoded) = value.as_str() else {
        return Err(format!(
            "`bytes_b64` is {}, expected a string",
            value.kind()
        ));
    };
    BASE64
        .decode(encoded.as_bytes())
        .map_err(|error| format!("`bytes_b64` is not base64: {error}"))
}

fn line(received: &Received) -> String {
    let mut line = format!("{{\"seq\": {}", received.seq());
    if let Some(arrived) = received.arrived() {
        let _ = write!(
            line,
            ", \"t\": {}.{:06}",
            arrived.as_secs(),
            arrived.subsec_micros()
        );
    }
    match std::str::from_utf8(received.bytes()) {
        Ok(text) => {
            line.push_str(", \"text\": ");
            write_text(&mut line, text);
        }
        Err(_) => {
            let _ = write!(
                line,
                ", \"bytes_b64\": \"{}\"",
                BASE64.encode(received.bytes())
            );
        }
    }
    line.push_str("}\n");
    line
}
