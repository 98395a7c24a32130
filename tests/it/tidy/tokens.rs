//! A source as a flat list of tokens.

use std::ops::Range;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// As written, but `r#model` is `model`; of a literal, nothing.
    pub(crate) text: String,
    pub(crate) line: usize,
    /// Of a bracket, the index of the bracket at its other end.
    partner: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Close,
    Lifetime,
    Literal,
    Open,
    /// One character, or `::`.
    Sign,
    Word,
}

/// The tokens of a source, brackets included.
///
/// Questions about an index beyond the end are answered as for an empty text.
#[derive(Debug)]
pub(crate) struct Tokens(Vec<Token>);

impl Tokens {
    /// Reads a source.
    ///
    /// # Errors
    ///
    /// The line where the text stops being Rust.
    pub(crate) fn read(text: &str) -> Result<Tokens, usize> {
        let stream = text
            .parse::<TokenStream>()
            .map_err(|error| error.span().start().line)?;
        let mut tokens = Tokens(Vec::new());
        tokens.flatten(stream);
        Ok(tokens)
    }

    fn flatten(&mut self, stream: TokenStream) {
        // The previous token is a sign with the next one written right behind it.
        let mut joint = false;
        for tree in stream {
            let was_joint = std::mem::take(&mut joint);
            let line = tree.span().start().line;
            match tree {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                        Delimiter::Parenthesis => ("(", ")"),
                    };
                    let start = self.0.len();
                    self.push(Kind::Open, open, line);
                    self.flatten(group.stream());
                    let end = self.0.len();
                    self.push(Kind::Close, close, group.span_close().end().line);
                    self.0[start].partner = end;
                    self.0[end].partner = start;
                }
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    match self.0.last_mut() {
                        Some(quote) if was_joint && quote.text == "'" => {
                            quote.kind = Kind::Lifetime;
                            quote.text += &word;
                        }
                        _ => self.push(Kind::Word, word.trim_start_matches("r#"), line),
                    }
                }
                TokenTree::Literal(_) => self.push(Kind::Literal, "", line),
                TokenTree::Punct(sign) => match self.0.last_mut() {
                    Some(colon) if was_joint && colon.text == ":" && sign.as_char() == ':' => {
                        colon.text.push(':');
                    }
                    _ => {
                        joint = sign.spacing() == Spacing::Joint;
                        self.push(Kind::Sign, &sign.as_char().to_string(), line);
                    }
                },
            }
        }
    }

    fn push(&mut self, kind: Kind, text: &str, line: usize) {
        self.0.push(Token {
            kind,
            text: text.to_owned(),
            line,
            partner: 0,
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Token)> {
        self.0.iter().enumerate()
    }

    pub(crate) fn text(&self, at: usize) -> &str {
        self.0.get(at).map_or("", |token| &token.text)
    }

    /// The text of the token `back` places before `at`.
    pub(crate) fn before(&self, at: usize, back: usize) -> &str {
        at.checked_sub(back).map_or("", |at| self.text(at))
    }

    pub(crate) fn line(&self, at: usize) -> usize {
        self.0.get(at).map_or(0, |token| token.line)
    }

    pub(crate) fn is(&self, at: usize, kind: Kind) -> bool {
        self.0.get(at).is_some_and(|token| token.kind == kind)
    }

    /// Whether the tokens from `at` on have these texts.
    pub(crate) fn reads(&self, at: usize, texts: &[&str]) -> bool {
        (at..)
            .zip(texts)
            .all(|(at, text)| at < self.len() && self.text(at) == *text)
    }

    /// Whether a macro is called by the name that ends right before `at`.
    pub(crate) fn calls(&self, at: usize) -> bool {
        self.text(at) == "!" && self.is(at + 1, Kind::Open)
    }

    /// The index of the bracket that closes or opens what the one at `at` opens or closes.
    pub(crate) fn partner(&self, at: usize) -> usize {
        self.0.get(at).map_or(at, |token| token.partner)
    }

    /// The index behind the item in which `at` lies: behind its first block or semicolon.
    pub(crate) fn item_end(&self, mut at: usize) -> usize {
        while at < self.len() && !self.is(at, Kind::Close) {
            if self.text(at) == ";" {
                return at + 1;
            }
            if self.is(at, Kind::Open) {
                let block = self.text(at) == "{";
                at = self.partner(at);
                if block {
                    return at + 1;
                }
            }
            at += 1;
        }
        at
    }

    /// The index of the first attribute of the item that begins at `at`.
    pub(crate) fn attributes_start(&self, mut at: usize) -> usize {
        while self.before(at, 1) == "]" && self.before(self.partner(at - 1), 1) == "#" {
            at = self.partner(at - 1) - 1;
        }
        at
    }

    /// The modules, functions and impls under `#[cfg(test)]`.
    pub(crate) fn test_items(&self) -> Vec<Range<usize>> {
        let mut items = Vec::new();
        for at in 0..self.len() {
            if !self.reads(at, &["#", "[", "cfg", "(", "test", ")", "]"]) {
                continue;
            }
            let mut item = at;
            while self.text(item) == "#" {
                item = self.partner(item + 1) + 1;
            }
            while is_modifier(self.text(item)) || self.is(item, Kind::Literal) {
                item += 1;
                if self.text(item) == "(" {
                    item = self.partner(item) + 1;
                }
            }
            if ["fn", "impl", "mod"].contains(&self.text(item)) {
                items.push(at..self.item_end(item));
            }
        }
        items
    }

    /// The bodies of `thread_local!` and `task_local!`.
    pub(crate) fn local_storage(&self) -> Vec<Range<usize>> {
        (0..self.len())
            .filter(|&at| ["task_local", "thread_local"].contains(&self.text(at)))
            .filter(|&at| self.calls(at + 1))
            .map(|at| at..self.partner(at + 2))
            .collect()
    }
}

/// What may stand before the keyword of a function, module or impl.
fn is_modifier(word: &str) -> bool {
    ["async", "const", "extern", "pub", "unsafe"].contains(&word)
}
