//! Why a datagram never becomes a document.

use std::fmt;
use std::str::Utf8Error;

use crate::error::visible;
use crate::json::{Kind, SyntaxError};
use crate::wire::OtlpKind;

/// Why a datagram was refused: a stable code, and a message with the value and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    code: RefusalCode,
    message: String,
}

/// The codes of [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalCode {
    /// `empty-body`: nothing follows the header line.
    EmptyBody,
    /// `invalid-header`: the header line is not the one that the daemon asks for.
    InvalidHeader,
    /// `missing-newline`: no line feed parts header and document.
    MissingNewline,
    /// `not-an-object`: the body is JSON, but no object.
    NotAnObject,
    /// `not-base64`: the body has an OTLP prefix and no base64 behind it.
    NotBase64,
    /// `not-json`: the body is neither JSON nor OTLP.
    NotJson,
    /// `not-utf8`: the body is no UTF-8 text.
    NotUtf8,
}

impl RefusalCode {
    /// All codes.
    pub const ALL: [RefusalCode; 7] = [
        RefusalCode::EmptyBody,
        RefusalCode::InvalidHeader,
        RefusalCode::MissingNewline,
        RefusalCode::NotAnObject,
        RefusalCode::NotBase64,
        RefusalCode::NotJson,
        RefusalCode::NotUtf8,
    ];

    /// The code as it is printed.
    pub fn as_str(&self) -> &'static str {
        match self {
            RefusalCode::EmptyBody => "empty-body",
            RefusalCode::InvalidHeader => "invalid-header",
            RefusalCode::MissingNewline => "missing-newline",
            RefusalCode::NotAnObject => "not-an-object",
            RefusalCode::NotBase64 => "not-base64",
            RefusalCode::NotJson => "not-json",
            RefusalCode::NotUtf8 => "not-utf8",
        }
    }

    /// What it means, in a few words.
    pub fn about(&self) -> &'static str {
        match self {
            RefusalCode::EmptyBody => "nothing follows the header line",
            RefusalCode::InvalidHeader => "the header line is not the one that the daemon asks for",
            RefusalCode::MissingNewline => "no line feed parts header and document",
            RefusalCode::NotAnObject => "the body is JSON, but no object",
            RefusalCode::NotBase64 => "the body has an OTLP prefix and no base64 behind it",
            RefusalCode::NotJson => "the body is neither JSON nor OTLP",
            RefusalCode::NotUtf8 => "the body is no UTF-8 text",
        }
    }

    /// What the service answers to such a body, where that is known.
    ///
    /// What the daemon itself refuses never reaches the service and has no code there.
    /// `ParseError` was seen for the body `x` (`aws-xray-daemon` issue 120), `MissingId` for `[]`.
    pub fn aws_code(&self) -> Option<&'static str> {
        match self {
            RefusalCode::EmptyBody | RefusalCode::InvalidHeader | RefusalCode::MissingNewline => {
                None
            }
            RefusalCode::NotAnObject => Some("MissingId"),
            RefusalCode::NotBase64 | RefusalCode::NotJson | RefusalCode::NotUtf8 => {
                Some("ParseError")
            }
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Refusal {
    pub(in crate::wire) fn missing_newline(datagram: &[u8]) -> Refusal {
        let message = format!(
            "no line feed parts header and document in {}: begin each datagram with \
             {{\"format\":\"json\",\"version\":1}} and a line feed",
            quote(datagram)
        );
        Refusal {
            code: RefusalCode::MissingNewline,
            message,
        }
    }

    pub(in crate::wire) fn empty_body() -> Refusal {
        let message =
            "nothing follows the header line: send one document in each datagram".to_owned();
        Refusal {
            code: RefusalCode::EmptyBody,
            message,
        }
    }

    pub(in crate::wire) fn invalid_header(line: &str, why: &str) -> Refusal {
        let message = format!("invalid header {}: {why}", quote(line.as_bytes()));
        Refusal {
            code: RefusalCode::InvalidHeader,
            message,
        }
    }

    pub(in crate::wire) fn not_utf8(body: &[u8], error: Utf8Error) -> Refusal {
        let at = error.valid_up_to();
        let message = format!(
            "the body is not UTF-8: byte {at} of it is 0x{:02x} in {}",
            body.get(at).copied().unwrap_or_default(),
            quote(body)
        );
        Refusal {
            code: RefusalCode::NotUtf8,
            message,
        }
    }

    pub(in crate::wire) fn not_json(body: &str, error: &SyntaxError) -> Refusal {
        let message = format!(
            "the body is not JSON: {error} in {}",
            quote(body.as_bytes())
        );
        Refusal {
            code: RefusalCode::NotJson,
            message,
        }
    }

    pub(in crate::wire) fn not_an_object(body: &str, kind: Kind) -> Refusal {
        let message = format!(
            "the body is {kind}, expected one segment or subsegment as an object: {}",
            quote(body.as_bytes())
        );
        Refusal {
            code: RefusalCode::NotAnObject,
            message,
        }
    }

    pub(in crate::wire) fn not_base64(kind: OtlpKind, why: &str) -> Refusal {
        let message = format!(
            "the body begins like OTLP ({}), but no base64 follows: {why}",
            kind.prefix()
        );
        Refusal {
            code: RefusalCode::NotBase64,
            message,
        }
    }

    /// The stable code.
    pub fn code(&self) -> RefusalCode {
        self.code
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// The beginning of a text in backquotes, on one line, with the rest counted.
fn quote(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(SHOWN)];
    let rest = bytes.len() - shown.len();
    let mut text = String::new();
    let mut chunks = shown.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(&visible(chunk.valid()));
        // A character that was cut where the shown part ends is no fault of the sender.
        if rest == 0 || chunks.peek().is_some() {
            text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
        }
    }
    match rest {
        0 => format!("`{text}`"),
        _ => format!("`{text}` (and {rest} more bytes)"),
    }
}

/// How many bytes of a refused text a message shows.
const SHOWN: usize = 120;
