//! Which room a path from the root leads to.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::paths::{Origin, Path};
use crate::tidy::rules::Source;
use crate::tidy::table::ROOMS;
use crate::tidy::tokens::Kind;

type Rooms = BTreeSet<String>;

/// The names that lead to a room without saying so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    rooms: Rooms,
    /// What `crate::Name` stands for: re-exports, exported macros, items of the root.
    root: BTreeMap<String, Rooms>,
    /// What `crate::room::Name` stands for beside that room, where it re-exports from another.
    passed_on: BTreeMap<(String, String), Rooms>,
}

impl Names {
    pub(crate) fn of(sources: &[Source]) -> Names {
        let listed = ROOMS.iter().map(|(room, _)| *room);
        let present = sources.iter().map(|source| &*source.room);
        let mut names = Names {
            rooms: listed
                .chain(present)
                .filter(|room| *room != "lib.rs")
                .map(str::to_owned)
                .collect(),
            ..Names::default()
        };
        // A re-export may be of a re-export, and lines may stand in any order: until nothing is new.
        loop {
            let mut learned = names.clone();
            for source in sources {
                names.learn(source, &mut learned);
            }
            if learned == names {
                return names;
            }
            names = learned;
        }
    }

    /// The rooms that `crate::segments` leads through; `None` where that cannot be told.
    pub(crate) fn rooms(&self, segments: &[String]) -> Option<Rooms> {
        let (first, rest) = segments.split_first()?;
        let mut rooms = self.root.get(first).cloned();
        if self.rooms.contains(first) {
            let rooms = rooms.get_or_insert_default();
            rooms.insert(first.clone());
            for ((room, name), behind) in &self.passed_on {
                let glob =
                    name == "*" && !rest.is_empty() || rest.iter().any(|segment| segment == "*");
                if room == first && (glob || rest.contains(name)) {
                    rooms.extend(behind.iter().cloned());
                }
            }
        }
        rooms
    }

    fn learn(&self, source: &Source, learned: &mut Names) {
        learned.learn_macros(source);
        if source.room == "lib.rs" {
            self.learn_items(source, learned);
            for path in &source.paths {
                if let Some(name) = path.name() {
                    let behind = self.behind_root_path(path).unwrap_or_default();
                    learned
                        .root
                        .entry(name.to_owned())
                        .or_default()
                        .extend(behind);
                }
            }
        } else {
            for path in &source.paths {
                if path.first() != "crate" || path.origin != Origin::Exported {
                    continue;
                }
                let name = path.name().unwrap_or("*");
                let behind = self.rooms(&path.segments[1..]).unwrap_or_default();
                let key = (source.room.clone(), name.to_owned());
                learned.passed_on.entry(key).or_default().extend(behind);
            }
        }
    }

    /// An exported macro is found at the root, and belongs to the room that holds it.
    fn learn_macros(&mut self, source: &Source) {
        let tokens = &source.tokens;
        for (at, _) in tokens.iter() {
            if !tokens.reads(at, &["macro_rules", "!"]) || source.room == "lib.rs" {
                continue;
            }
            let exported =
                (tokens.attributes_start(at)..at).any(|at| tokens.text(at) == "macro_export");
            if exported {
                let rooms = self.root.entry(tokens.text(at + 2).to_owned()).or_default();
                rooms.insert(source.room.clone());
            }
        }
    }

    /// An item of the root stands for every room that its definition names.
    fn learn_items(&self, source: &Source, learned: &mut Names) {
        let tokens = &source.tokens;
        let mut at = 0;
        while at < tokens.len() {
            let end = tokens.item_end(at).max(at + 1);
            let name = (at..end)
                .take_while(|&at| tokens.text(at) != "{")
                .find(|&at| DEFINING.contains(&tokens.text(at)) && tokens.text(at + 1) != "fn")
                .map(|keyword| {
                    if tokens.text(keyword + 1) == "!" {
                        keyword + 2
                    } else {
                        keyword + 1
                    }
                })
                .filter(|&name| tokens.is(name, Kind::Word) && tokens.text(name + 1) != ";");
            if let Some(name) = name {
                let inside = source
                    .paths
                    .iter()
                    .filter(|path| (at..end).contains(&path.at));
                let rooms = inside
                    .filter_map(|path| self.behind_root_path(path))
                    .flatten();
                let name = tokens.text(name).to_owned();
                learned.root.entry(name).or_default().extend(rooms);
            }
            at = end;
        }
    }

    /// As [`rooms`](Names::rooms), for a path in the root, where `crate::` need not be written.
    pub(crate) fn behind_root_path(&self, path: &Path) -> Option<Rooms> {
        let own = ["crate", "self"].contains(&path.first());
        self.rooms(&path.segments[usize::from(own)..])
    }
}

/// The keywords before the name of an item.
const DEFINING: &[&str] = &[
    "const",
    "enum",
    "fn",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "union",
];
