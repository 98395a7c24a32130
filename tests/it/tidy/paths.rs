//! The paths of a source, `use` trees taken apart.

use crate::tidy::tokens::{Kind, Tokens};

/// A path of at least two segments, or one that is imported.
#[derive(Debug)]
pub(crate) struct Path {
    /// `use std::{fmt, io as i};` is two paths, `std::fmt` and `std::io`; a glob ends with `*`.
    pub(crate) segments: Vec<String>,
    /// The new name after `as`, in an import.
    pub(crate) alias: Option<String>,
    pub(crate) origin: Origin,
    /// `std::env!(..)`: the last segment is a macro, no module.
    pub(crate) calls: bool,
    /// Index of the first token of the path, or of the tree that it is a leaf of.
    pub(crate) at: usize,
    pub(crate) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `pub use`, however far the `pub` reaches.
    Exported,
    Imported,
    /// Written out where it is needed.
    Written,
}

impl Path {
    /// The name that an import brings in, if it is one name.
    pub(crate) fn name(&self) -> Option<&str> {
        let name = self.alias.as_ref().or(self.segments.last())?;
        (self.origin != Origin::Written && name != "*" && name != "_").then_some(name)
    }

    pub(crate) fn first(&self) -> &str {
        &self.segments[0]
    }

    /// Whether the path leads through `wanted`, as `std::thread::spawn` does through
    /// `thread::spawn`, or hides the last step of it behind a new name or a glob.
    pub(crate) fn leads_through(&self, wanted: &str) -> bool {
        let Some((modules, _)) = wanted.rsplit_once("::") else {
            return false;
        };
        if self.calls || ["crate", "self"].contains(&self.first()) {
            return false;
        }
        let whole = format!("::{}::", self.segments.join("::"));
        let hides = match whole.strip_suffix("::*::") {
            Some(before) => format!("{before}::").ends_with(&format!("::{modules}::")),
            None => self.alias.is_some() && whole.ends_with(&format!("::{modules}::")),
        };
        hides || whole.contains(&format!("::{wanted}::"))
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.segments.join("::"))?;
        match &self.alias {
            Some(alias) => write!(f, " as {alias}"),
            None => Ok(()),
        }
    }
}

/// All paths of a source, in order.
pub(crate) fn paths(tokens: &Tokens) -> Vec<Path> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (origin, start) = match tokens.text(at) {
            "use" if tokens.text(at + 1) != "<" => (import_origin(tokens, at), at + 1),
            "extern" if tokens.text(at + 1) == "crate" => (Origin::Imported, at + 2),
            _ if begins_path(tokens, at) => (Origin::Written, at),
            _ => {
                at += 1;
                continue;
            }
        };
        let mut reader = Reader {
            tokens,
            origin,
            start,
            found: &mut found,
        };
        at = reader.tree(start, &[]).max(at + 1);
    }
    found
}

struct Reader<'a> {
    tokens: &'a Tokens,
    origin: Origin,
    start: usize,
    found: &'a mut Vec<Path>,
}

impl Reader<'_> {
    /// Reads the path or `use` tree at `at`, and says where it ends.
    fn tree(&mut self, mut at: usize, prefix: &[String]) -> usize {
        let tokens = self.tokens;
        let mut segments = prefix.to_vec();
        let mut line = tokens.line(at);
        if tokens.text(at) == "::" {
            at += 1;
        }
        loop {
            match tokens.text(at) {
                "{" => {
                    let end = tokens.partner(at);
                    at += 1;
                    while at < end {
                        // At least one step: a tree in a macro may hold what is no path.
                        at = self.tree(at, &segments).max(at + 1);
                        if tokens.text(at) == "," {
                            at += 1;
                        }
                    }
                    return end + 1;
                }
                "self" if !prefix.is_empty() => {}
                "$" if tokens.text(at + 1) == "crate" => {
                    at += 1;
                    segments.push("crate".to_owned());
                }
                "$" => {
                    at += 1;
                    segments.push(format!("${}", tokens.text(at)));
                }
                text if text == "*" || tokens.is(at, Kind::Word) => segments.push(text.to_owned()),
                _ => break,
            }
            line = tokens.line(at);
            at += 1;
            if tokens.text(at) != "::" {
                break;
            }
            at += 1;
        }
        let mut alias = None;
        if self.origin != Origin::Written && tokens.text(at) == "as" {
            alias = Some(tokens.text(at + 1).to_owned());
            at += 2;
        }
        if segments.len() > 1 || self.origin != Origin::Written && !segments.is_empty() {
            self.found.push(Path {
                segments,
                alias,
                origin: self.origin,
                calls: tokens.calls(at),
                at: self.start,
                line,
            });
        }
        at
    }
}

fn import_origin(tokens: &Tokens, at: usize) -> Origin {
    let restricted =
        tokens.before(at, 1) == ")" && tokens.before(tokens.partner(at - 1), 1) == "pub";
    if restricted || tokens.before(at, 1) == "pub" {
        Origin::Exported
    } else {
        Origin::Imported
    }
}

/// Whether a path begins here: a word that continues no path, is no field, method or keyword.
fn begins_path(tokens: &Tokens, at: usize) -> bool {
    let word = tokens.text(at);
    let continues = match tokens.before(at, 1) {
        // `..tokio::MAX` is a range, `.tokio` a field.
        "." => tokens.before(at, 2) != ".",
        // `a::tokio` continues a path, `dyn ::tokio` begins one.
        "::" => {
            at > 1 && tokens.is(at - 2, Kind::Word) && !KEYWORDS.contains(&tokens.before(at, 2))
        }
        "$" => word != "crate",
        _ => false,
    };
    tokens.is(at, Kind::Word) && !KEYWORDS.contains(&word) && !continues
}

/// The keywords that are no segment of a path.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern", "false",
    "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
    "return", "static", "struct", "trait", "true", "type", "unsafe", "use", "where", "while",
];
