//! JSON with masks.

use std::cmp::Reverse;
use std::ops::Range;

use crate::snapshot::alias::{Atom, Kind};

/// JSON with a mask in each place where a reference is to stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::snapshot) struct Masked {
    pub(in crate::snapshot) text: String,
    /// Where a mask begins, and for what it stands, in order.
    atoms: Vec<(usize, Atom)>,
    /// Members of one object that differ in what is masked alone: a host each, with the same value.
    /// None is before another until references have numbers. In order, one that holds others first.
    alike: Vec<Vec<Range<usize>>>,
}

impl Masked {
    pub(in crate::snapshot) fn of(text: impl Into<String>) -> Masked {
        Masked {
            text: text.into(),
            ..Masked::default()
        }
    }

    pub(in crate::snapshot) fn is_masked(&self) -> bool {
        !self.atoms.is_empty()
    }

    pub(in crate::snapshot) fn push(&mut self, other: &Masked) {
        let moved = self.text.len();
        let atoms = other.atoms.iter().map(|(at, atom)| (moved + at, *atom));
        self.atoms.extend(atoms);
        let moved_range = |range: &Range<usize>| moved + range.start..moved + range.end;
        let alike = other.alike.iter();
        self.alike
            .extend(alike.map(|members| members.iter().map(moved_range).collect()));
        self.text.push_str(&other.text);
    }

    pub(in crate::snapshot) fn push_atom(&mut self, kind: Kind, atom: Atom) {
        self.atoms.push((self.text.len(), atom));
        self.text.push_str(kind.mask());
    }

    /// Notes members that stand side by side, a comma between them, and whose order is open.
    pub(in crate::snapshot) fn note_alike(&mut self, alike: Vec<Vec<Range<usize>>>) {
        self.alike.extend(alike);
        self.alike
            .sort_by_key(|members| (start(members), Reverse(end(members))));
    }

    /// Appends where each atom stands, behind those that are there.
    pub(in crate::snapshot) fn place(&self, places: &mut Vec<Place>) {
        let last = places.iter().rev().find_map(|place| place.member);
        let mut next = Next {
            slot: places.last().map_or(0, |last| last.slot + 1),
            member: last.map_or(0, |last| last + 1),
        };
        self.place_part(places, &mut next, None, 0..self.text.len());
    }

    fn place_part(
        &self,
        places: &mut Vec<Place>,
        next: &mut Next,
        member: Option<usize>,
        part: Range<usize>,
    ) {
        let plain = |places: &mut Vec<Place>, next: &mut Next, part: Range<usize>| {
            for (_, atom) in self.within(part) {
                places.push(Place {
                    atom: *atom,
                    slot: next.slot,
                    member,
                });
                next.slot += 1;
            }
        };
        let mut from = part.start;
        for members in self.alike_within(part.clone()) {
            plain(places, next, from..start(members));
            let slot = next.slot;
            for part in members {
                next.slot = slot;
                let member = member.unwrap_or(next.member);
                self.place_part(places, next, Some(member), part.clone());
                next.member = next.member.max(member + 1);
            }
            from = end(members);
        }
        plain(places, next, from..part.end);
    }

    /// Writes the text with the reference of each atom in its place, members alike by these.
    pub(in crate::snapshot) fn write(&self, json: &mut String, references: &[(Kind, String)]) {
        self.write_part(json, references, 0..self.text.len());
    }

    /// Members alike nest no deeper than their text can be halved.
    fn write_part(&self, json: &mut String, references: &[(Kind, String)], part: Range<usize>) {
        let mut from = part.start;
        for members in self.alike_within(part.clone()) {
            self.write_plain(json, references, from..start(members));
            let written = members.iter().map(|member| {
                let mut json = String::new();
                self.write_part(&mut json, references, member.clone());
                json
            });
            let mut written: Vec<String> = written.collect();
            // A reference with more digits is greater.
            written.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
            json.push_str(&written.join(","));
            from = end(members);
        }
        self.write_plain(json, references, from..part.end);
    }

    fn write_plain(&self, json: &mut String, references: &[(Kind, String)], part: Range<usize>) {
        let mut from = part.start;
        for (at, atom) in self.within(part.clone()) {
            let (kind, reference) = &references[*atom];
            json.push_str(&self.text[from..*at]);
            json.push_str(reference);
            from = at + kind.mask().len();
        }
        json.push_str(&self.text[from..part.end]);
    }

    /// The atoms in a part of the text.
    fn within(&self, part: Range<usize>) -> impl Iterator<Item = &(usize, Atom)> {
        let first = self.atoms.partition_point(|(at, _)| *at < part.start);
        let atoms = self.atoms[first..].iter();
        atoms.take_while(move |(at, _)| *at < part.end)
    }

    /// The members alike in a part of the text; not those inside of them.
    fn alike_within(&self, part: Range<usize>) -> impl Iterator<Item = &Vec<Range<usize>>> {
        let first = self
            .alike
            .partition_point(|members| start(members) < part.start);
        let alike = self.alike[first..].iter();
        let alike = alike.take_while(move |members| start(members) < part.end);
        let mut from = part.start;
        alike.filter(move |members| {
            let is_next = start(members) >= from && end(members) <= part.end;
            if is_next {
                from = end(members);
            }
            is_next
        })
    }
}

/// Where an atom stands in what an entity says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::snapshot) struct Place {
    pub(in crate::snapshot) atom: Atom,
    /// The same in members alike.
    pub(in crate::snapshot) slot: usize,
    /// In which of the members alike, counted over the entity.
    pub(in crate::snapshot) member: Option<usize>,
}

/// What the next place has.
struct Next {
    slot: usize,
    member: usize,
}

fn start(members: &[Range<usize>]) -> usize {
    members.first().map_or(0, |member| member.start)
}

fn end(members: &[Range<usize>]) -> usize {
    members.last().map_or(0, |member| member.end)
}
