//! The files that are checked.

use std::fs;
use std::path::{Path, PathBuf};

use crate::capture::{CaptureFile, Counts, Received};
use crate::error::{Error, visible};
use crate::json::{Document, Kind, Value};

/// All files as one capture: their datagrams in order.
#[derive(Debug)]
pub(in crate::cli) struct Capture {
    files: Vec<Source>,
    datagrams: Vec<Place>,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    capture: CaptureFile,
    /// Whether it holds one document, and no lines of a capture.
    is_document: bool,
}

/// Which file a datagram is in, and where.
#[derive(Clone, Copy, Debug)]
struct Place {
    file: usize,
    index: usize,
}

/// A datagram and where it stands.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Datagram<'a> {
    /// Its place among all datagrams of the capture.
    pub(in crate::cli) number: u64,
    pub(in crate::cli) received: &'a Received,
    pub(in crate::cli) path: &'a Path,
    /// The line of the file in which it stands; of a document, the first.
    pub(in crate::cli) line: usize,
    /// Whether the file holds this document alone, as it is.
    pub(in crate::cli) is_document: bool,
}

impl Capture {
    /// Reads all files.
    ///
    /// # Errors
    ///
    /// Each file that cannot be read, or is neither a capture nor a document.
    pub(in crate::cli) fn read(paths: &[PathBuf]) -> Result<Capture, Vec<Error>> {
        let mut files = Vec::new();
        let mut errors = Vec::new();
        for path in paths {
            match file(path) {
                Ok(source) => files.push(source),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Capture::new(files))
    }

    /// Reads the bytes of one file, which is called by this path.
    ///
    /// # Errors
    ///
    /// Bytes that are neither a capture nor a document.
    pub(in crate::cli) fn of_bytes(path: &Path, bytes: &[u8]) -> Result<Capture, Error> {
        Ok(Capture::new(vec![source(path, bytes)?]))
    }

    fn new(files: Vec<Source>) -> Capture {
        let datagrams = files.iter().enumerate().flat_map(|(file, source)| {
            (0..source.capture.datagrams().len()).map(move |index| Place { file, index })
        });
        Capture {
            datagrams: datagrams.collect(),
            files,
        }
    }

    /// What was wrong with the files and did not keep them from being read.
    pub(in crate::cli) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for Source { path, capture, .. } in &self.files {
            warnings.extend(capture.warnings().iter().cloned());
            if capture.datagrams().len() == 0 {
                let name = visible(&path.to_string_lossy());
                warnings.push(format!("{name} holds no datagrams"));
            }
        }
        warnings
    }

    /// How many files there are.
    pub(in crate::cli) fn files(&self) -> usize {
        self.files.len()
    }

    /// The datagrams, each with its number.
    pub(in crate::cli) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> + Clone {
        (0..self.datagrams.len() as u64).filter_map(|number| self.datagram(number))
    }

    /// The datagram with this number.
    pub(in crate::cli) fn datagram(&self, number: u64) -> Option<Datagram<'_>> {
        let place = self.datagrams.get(usize::try_from(number).ok()?)?;
        let source = self.files.get(place.file)?;
        let (received, line) = source.capture.at(place.index)?;
        Some(Datagram {
            number,
            received,
            path: &source.path,
            line,
            is_document: source.is_document,
        })
    }

    /// How many datagrams there are, and what AWS's daemon would do with them.
    pub(in crate::cli) fn counts(&self) -> Counts {
        self.files
            .iter()
            .fold(Counts::default(), |mut sum, source| {
                let counts = source.capture.counts();
                sum.received += counts.received;
                sum.accepted += counts.accepted;
                sum.rejected += counts.rejected;
                sum.ignored += counts.ignored;
                sum
            })
    }
}

impl Datagram<'_> {
    /// The line of the file in which a value of its document stands.
    pub(in crate::cli) fn line_of(&self, pointer: &str) -> usize {
        let Some(document) = self.received.document().filter(|_| self.is_document) else {
            return self.line;
        };
        let at = document.root().find(pointer);
        let offset = at.map_or(0, |value| value.offset());
        let before = document.text().as_bytes().iter().take(offset);
        self.line + before.filter(|byte| **byte == b'\n').count()
    }
}

fn file(path: &Path) -> Result<Source, Error> {
    let name = visible(&path.to_string_lossy());
    let bytes = fs::read(path).map_err(|error| Error::io(format!("read {name}"), error))?;
    source(path, &bytes)
}

fn source(path: &Path, bytes: &[u8]) -> Result<Source, Error> {
    let name = visible(&path.to_string_lossy());
    // Editors of Windows put a byte order mark in front.
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let is_document = is_document(&name, bytes)?;
    let capture = if is_document {
        CaptureFile::of_document(bytes)
    } else {
        CaptureFile::of_bytes(&name, bytes)?
    };
    Ok(Source {
        path: path.to_owned(),
        capture,
        is_document,
    })
}

/// Whether a file holds one document, and not the lines of a capture.
fn is_document(name: &str, bytes: &[u8]) -> Result<bool, Error> {
    let text = String::from_utf8_lossy(bytes);
    let whole = Document::parse(&text);
    if let Ok(document) = &whole {
        return match document.root().kind() {
            Kind::Object => Ok(!is_line(document.root())),
            kind => Err(Error::stopped(format!(
                "{name} holds {kind}: expected the lines of a capture, or one segment or \
                 subsegment as an object"
            ))),
        };
    }
    // No JSON as a whole: the lines of a capture are not, and neither is a document with a NaN or
    // a byte that is no text.
    let lines = text.lines().map(str::trim);
    let first = lines
        .clone()
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let is_capture =
        Document::parse(first).is_ok() || first_key(&text).is_none_or(|key| LINE.contains(&key));
    Ok(!is_capture)
}

/// Whether an object is a line of a capture, perhaps a wrong one.
fn is_line(root: Value<'_>) -> bool {
    let has = |keys: &[&str]| keys.iter().filter(|key| root.get(key).is_some()).count();
    has(&LINE) > 0 && has(&["id", "name", "start_time", "trace_id"]) < 2
}

/// The first key of a text that begins like an object.
fn first_key(text: &str) -> Option<&str> {
    let key = text
        .trim_start()
        .strip_prefix('{')?
        .trim_start()
        .strip_prefix('"')?;
    let (key, rest) = key.split_once('"')?;
    rest.trim_start().starts_with(':').then_some(key)
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The keys of a line of a capture.
const LINE: [&str; 4] = ["bytes_b64", "seq", "t", "text"];
