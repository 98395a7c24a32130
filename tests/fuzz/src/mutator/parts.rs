//! An input as the datagrams, lines and documents that it is made of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use xray_phantom::wire::HEADER_LINE;

use crate::SEPARATOR;
use crate::mutator::tree::Tree;

/// What the inputs of a target are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Datagrams, parted by [`SEPARATOR`].
    Datagrams,
    /// One document.
    Document,
    /// The lines of a capture file, or a document.
    Lines,
}

/// A datagram, or a document by itself.
#[derive(Clone, Debug)]
pub(in crate::mutator) struct Part {
    /// The line of the capture file that it stands in.
    line: Option<Tree>,
    /// The header line, and its line feed.
    pub(in crate::mutator) header: Vec<u8>,
    pub(in crate::mutator) body: Body,
}

#[derive(Clone, Debug)]
pub(in crate::mutator) enum Body {
    Bytes(Vec<u8>),
    Document(Tree),
}

impl Part {
    /// A document with the usual header.
    pub(in crate::mutator) fn of(form: Form, document: Tree) -> Part {
        let (line, header) = match form {
            Form::Datagrams => (None, HEADER_LINE),
            Form::Document => (None, ""),
            Form::Lines => (Some(Tree::Object(Vec::new())), HEADER_LINE),
        };
        Part {
            line,
            header: header.as_bytes().to_vec(),
            body: Body::Document(document),
        }
    }

    pub(in crate::mutator) fn document(&mut self) -> Option<&mut Tree> {
        match &mut self.body {
            Body::Bytes(_) => None,
            Body::Document(tree) => Some(tree),
        }
    }

    fn read(datagram: &[u8], line: Option<Tree>) -> Part {
        let feed = datagram.iter().position(|byte| *byte == b'\n');
        let (header, body) = datagram.split_at(feed.map_or(0, |feed| feed + 1));
        Part {
            line,
            header: header.to_vec(),
            body: Body::read(body),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let bytes = [&*self.header, &self.body.bytes()].concat();
        let Some(mut line) = self.line.clone() else {
            return bytes;
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) if line.get("bytes_b64").is_none() => line.set("text", Tree::text(text), 1),
            _ => {
                line.remove("text");
                line.set("bytes_b64", Tree::text(&BASE64.encode(bytes)), 1);
            }
        }
        line.to_string().into_bytes()
    }
}

impl Body {
    fn read(bytes: &[u8]) -> Body {
        let text = std::str::from_utf8(bytes).ok();
        match text.and_then(Tree::read) {
            Some(tree) => Body::Document(tree),
            None => Body::Bytes(bytes.to_vec()),
        }
    }

    pub(in crate::mutator) fn bytes(&self) -> Vec<u8> {
        match self {
            Body::Bytes(bytes) => bytes.clone(),
            Body::Document(tree) => tree.to_string().into_bytes(),
        }
    }
}

/// Parts an input. A line is unfolded to its datagram, or is a document itself: `folded`.
pub(in crate::mutator) fn parted(form: Form, input: &[u8], folded: bool) -> Vec<Part> {
    let plain = |bytes: &[u8]| Part {
        line: None,
        header: Vec::new(),
        body: Body::read(bytes),
    };
    match form {
        Form::Datagrams => input
            .split(|byte| *byte == SEPARATOR)
            .map(|datagram| Part::read(datagram, None))
            .collect(),
        Form::Document => vec![plain(input)],
        Form::Lines => input
            .split(|byte| *byte == b'\n')
            .map(|line| match unfolded(line) {
                Some((tree, datagram)) if !folded => Part::read(&datagram, Some(tree)),
                _ => plain(line),
            })
            .collect(),
    }
}

/// A line of a capture file, and the datagram in it.
fn unfolded(line: &[u8]) -> Option<(Tree, Vec<u8>)> {
    let tree = Tree::read(std::str::from_utf8(line).ok()?)?;
    let text = |key| match tree.get(key)? {
        Tree::Token(text) => serde_json::from_str::<String>(text).ok(),
        _ => None,
    };
    let datagram = match (text("text"), text("bytes_b64")) {
        (Some(text), _) => text.into_bytes(),
        (None, base64) => BASE64.decode(base64?).ok()?,
    };
    Some((tree, datagram))
}

/// The input that these parts are.
pub(in crate::mutator) fn joined(form: Form, parts: &[Part]) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = parts.iter().map(Part::bytes).collect();
    match form {
        Form::Datagrams => parts.join(&SEPARATOR),
        // What was made beside it is left out.
        Form::Document => parts.into_iter().next().unwrap_or_default(),
        Form::Lines => parts.join(&b'\n'),
    }
}
