//! The rules for sources.

use std::collections::BTreeSet;

use crate::tidy::names::Names;
use crate::tidy::paths::{Path, paths};
use crate::tidy::table::{HOMES, OUTSIDE, ROOMS, lists, spelled};
use crate::tidy::tokens::{Kind, Tokens};

/// A source, read.
#[derive(Debug)]
pub(crate) struct Source {
    path: String,
    /// The first name below `src/`; of the root, which no folder is, `lib.rs`.
    pub(crate) room: String,
    pub(crate) tokens: Tokens,
    pub(crate) paths: Vec<Path>,
}

/// Whatever breaks a rule in `sources`, pairs of a path such as `src/capture/mod.rs` and a text,
/// of a package with these `dependencies`.
pub(crate) fn violations(
    sources: &[(String, String)],
    dependencies: &BTreeSet<String>,
) -> Vec<String> {
    let mut report = Report::default();
    unlisted_dependencies(dependencies, &mut report);
    let mut read = Vec::new();
    for (path, text) in sources {
        let length = text.lines().count();
        if length > LONGEST {
            report.add(path, 0, format!("{length} lines: does it hold two ideas?"));
        }
        match Tokens::read(text) {
            Ok(tokens) => read.push(Source::new(path, tokens)),
            Err(line) => report.add(path, line, "this is not Rust".to_owned()),
        }
    }
    new_rooms(&read, &mut report);
    let names = Names::of(&read);
    for source in &read {
        imports(source, &names, &mut report);
        hidden_imports(source, &names, &mut report);
        outside_crates(source, dependencies, &mut report);
        homes(source, &mut report);
        banned(source, &mut report);
    }
    report.lines(sources)
}

impl Source {
    fn new(path: &str, tokens: Tokens) -> Source {
        let below = path.strip_prefix("src/").unwrap_or(path);
        let room = match below.split_once('/') {
            Some((folder, _)) => folder,
            None if below == "lib.rs" => below,
            None if below == "main.rs" => "bin",
            None => below.strip_suffix(".rs").unwrap_or(below),
        };
        Source {
            path: path.to_owned(),
            room: room.to_owned(),
            paths: paths(&tokens),
            tokens,
        }
    }

    /// Whether this file is one of `homes`, rooms and single files.
    fn lives_in(&self, homes: &str) -> bool {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        lists(homes, &self.room) || lists(homes, below)
    }

    /// The rooms that this one may name, unless it is the root, which names all, or is not listed.
    fn may_name(&self) -> Option<&'static str> {
        let row = ROOMS.iter().find(|(room, _)| *room == self.room)?;
        Some(row.1)
    }
}

fn unlisted_dependencies(dependencies: &BTreeSet<String>, report: &mut Report) {
    for dependency in dependencies {
        if !OUTSIDE.iter().any(|(_, crates)| lists(crates, dependency)) {
            let text = format!(
                "no room may name the crate `{dependency}`: add it to the table of outside crates"
            );
            report.add("Cargo.toml", 0, text);
        }
    }
}

fn new_rooms(sources: &[Source], report: &mut Report) {
    let mut seen = BTreeSet::from(["lib.rs"]);
    for source in sources {
        if seen.insert(&source.room) && source.may_name().is_none() {
            let text = format!(
                "new room `{}`: add it to the import table with the rooms that it may name",
                source.room
            );
            report.add(&source.path, 0, text);
        }
    }
}

fn imports(source: &Source, names: &Names, report: &mut Report) {
    let Some(may_name) = source.may_name() else {
        return;
    };
    // The program is a crate of its own: there `crate` is not the library.
    if source.room == "bin" {
        return;
    }
    let own = source.paths.iter().filter(|path| path.first() == "crate");
    for path in own.filter(|path| path.segments.len() > 1 && path.segments[1] != "*") {
        let Some(rooms) = names.rooms(&path.segments[1..]) else {
            let text = format!("cannot tell which room `{path}` leads to");
            report.add(&source.path, path.line, text);
            continue;
        };
        for room in rooms {
            if room == source.room || lists(may_name, &room) {
                continue;
            }
            let allowed = match spelled(may_name) {
                none if none.is_empty() => "no other".to_owned(),
                some => some,
            };
            let text = format!(
                "room `{}` names `{room}` (`{path}`): the import table lets it name {allowed}",
                source.room
            );
            report.add(&source.path, path.line, text);
        }
    }
}

/// What would hide from [`imports`] which room is named.
fn hidden_imports(source: &Source, names: &Names, report: &mut Report) {
    let tokens = &source.tokens;
    for (at, token) in tokens.iter().filter(|(_, token)| token.kind == Kind::Word) {
        let text = match &*token.text {
            "crate" if tokens.text(at + 1) == "::" => match tokens.text(at + 2) {
                "{" => "`crate::{`: one line for each path from the root",
                "*" => "`crate::*`: name what is meant",
                _ => continue,
            },
            "crate" if tokens.before(at, 1) == "extern" => match tokens.text(at + 1) {
                "self" => "`extern crate self`: the crate calls itself `crate`",
                _ => continue,
            },
            "crate" if tokens.before(at, 2) == "pub" && tokens.text(at + 1) == ")" => continue,
            "crate" => "`crate` alone: write the whole path where it is used",
            "include" if tokens.calls(at + 1) => "`include!`: a file belongs to one room",
            "macro_use" => "`macro_use`: a macro is named by its path",
            "path" if tokens.reads(at + 1, &["="]) && tokens.before(at, 2) == "#" => {
                "`#[path]`: a file belongs to one room"
            }
            "super" => "`super`: paths begin at `crate`",
            _ => continue,
        };
        report.add(&source.path, token.line, text.to_owned());
    }
    for path in &source.paths {
        if path.first() == OWN_NAME && source.room != "bin" {
            let text = format!("`{path}`: the crate calls itself `crate`");
            report.add(&source.path, path.line, text);
        }
        let glob = path.segments.last().is_some_and(|last| last == "*");
        if glob && source.room == "lib.rs" && names.behind_root_path(path).is_some() {
            let text = format!("`{path}`: the root re-exports by name, and each name has one room");
            report.add(&source.path, path.line, text);
        }
    }
}

fn outside_crates(source: &Source, dependencies: &BTreeSet<String>, report: &mut Report) {
    for path in &source.paths {
        let named = path.first();
        let mut listed = OUTSIDE
            .iter()
            .filter(|(_, crates)| lists(crates, named))
            .map(|(room, _)| *room)
            .peekable();
        // What no row lists is reported once, as a dependency.
        if !dependencies.contains(named) || listed.peek().is_none() {
            continue;
        }
        let listed: Vec<&str> = listed.collect();
        if !listed.contains(&&*source.room) {
            let text = format!(
                "room `{}` names the crate `{named}` (`{path}`): only {} may",
                source.room,
                listed.join(", ")
            );
            report.add(&source.path, path.line, text);
        }
    }
}

fn homes(source: &Source, report: &mut Report) {
    let storage = source.tokens.local_storage();
    for home in HOMES.iter().filter(|home| !source.lives_in(home.homes)) {
        let mut stray = |name: &dyn std::fmt::Display, line: usize| {
            let text = format!("`{name}`: {} only in {}", home.what, spelled(home.homes));
            report.add(&source.path, line, text);
        };
        for (at, token) in source.tokens.iter() {
            let stored = token.text == "static" && storage.iter().any(|body| body.contains(&at));
            if token.kind == Kind::Word && lists(home.names, &token.text) && !stored {
                stray(&token.text, token.line);
            }
        }
        for path in &source.paths {
            let mut names = home.names.split_whitespace();
            if names.any(|name| path.leads_through(name)) {
                stray(path, path.line);
            }
        }
    }
}

/// What stands nowhere in `src/`, or in its tests only.
fn banned(source: &Source, report: &mut Report) {
    let tokens = &source.tokens;
    let tests = tokens.test_items();
    let in_test = |at: usize| tests.iter().any(|item| item.contains(&at));
    for (at, token) in tokens.iter().filter(|(_, token)| token.kind == Kind::Word) {
        let name = &*token.text;
        let text = match name {
            "expect" | "unwrap" if !in_test(at) => {
                let method = tokens.before(at, 1) == "." && tokens.text(at + 1) == "(";
                let function = tokens.before(at, 1) == "::"
                    && ["Option", "Result"].contains(&tokens.before(at, 2));
                if !method && !function {
                    continue;
                }
                format!("`{name}`: return an error, or say with `unreachable!` why it cannot be")
            }
            "dbg" | "todo" | "unimplemented" if tokens.calls(at + 1) => {
                format!("`{name}!`: this is not finished")
            }
            _ => continue,
        };
        report.add(&source.path, token.line, text);
    }
    for path in &source.paths {
        if path.leads_through("thread::sleep") && !in_test(path.at) {
            let text = format!("`{path}`: nothing sleeps: wait on a condition with a deadline");
            report.add(&source.path, path.line, text);
        }
    }
}

/// Violations as they are found: file, line (0: the whole file), text.
#[derive(Default)]
struct Report(Vec<(String, usize, String)>);

impl Report {
    fn add(&mut self, path: &str, line: usize, text: String) {
        self.0.push((path.to_owned(), line, text));
    }

    /// One line each, in the order of `sources`; what is in none of them comes first.
    fn lines(mut self, sources: &[(String, String)]) -> Vec<String> {
        self.0.sort_by_key(|(path, line, _)| {
            let place = sources.iter().position(|(source, _)| source == path);
            (place, *line)
        });
        let spell = |(path, line, text): (String, usize, String)| match line {
            0 => format!("{path}: {text}"),
            _ => format!("{path}:{line}: {text}"),
        };
        self.0.into_iter().map(spell).collect()
    }
}

const OWN_NAME: &str = "xray_phantom";

/// Above this many lines a file usually holds two ideas.
const LONGEST: usize = 500;
