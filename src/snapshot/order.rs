//! The order of entities, and of what references are numbered by: it depends on what entities say
//! and on who refers to whom, and on no id, time or arrival.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::snapshot::alias::{Atom, Atoms};
use crate::snapshot::masked::Place;

/// Entities by what they say, each before its children.
#[derive(Debug)]
pub(in crate::snapshot) struct Graph {
    /// What each says, masked, its name first.
    pub(in crate::snapshot) says: Vec<String>,
    /// The atoms that each holds, in order; those of members alike once they are sorted.
    pub(in crate::snapshot) atoms: Vec<Vec<Place>>,
    /// The atoms of their ids.
    pub(in crate::snapshot) ids: Vec<Option<Atom>>,
    pub(in crate::snapshot) parents: Vec<Option<usize>>,
    pub(in crate::snapshot) children: Vec<Vec<usize>>,
    pub(in crate::snapshot) roots: Vec<usize>,
}

impl Graph {
    /// Puts roots and children in order, and the atoms of members alike.
    ///
    /// What entities say orders them first. Where two say the same, all that is known of their
    /// surroundings does: refined round by round, until nothing more can be told apart. What still
    /// cannot are twins, and it makes no difference which is first; or one of several is put in
    /// front, and the others follow from that.
    pub(in crate::snapshot) fn sort(&mut self, known: &Atoms) {
        let mut colors = Colors::of(self, known);
        let mut atoms = self.atoms.iter().flatten();
        let has_alike = atoms.any(|place| place.member.is_some());
        loop {
            while (has_alike || self.has_ties(&colors)) && colors.refine(self) {}
            match self.undecided(&colors) {
                Some(chosen) => colors.put_in_front(chosen),
                None => break,
            }
        }
        let key = |index: &usize| colors.nodes[*index];
        self.roots.sort_by_key(key);
        self.children
            .iter_mut()
            .for_each(|children| children.sort_by_key(key));
        for atoms in &mut self.atoms {
            atoms.sort_by_key(|place| (place.slot, colors.atoms[place.atom]));
        }
    }

    fn groups(&self) -> impl Iterator<Item = &Vec<usize>> {
        std::iter::once(&self.roots).chain(&self.children)
    }

    /// The siblings that have the same color, of each color that several have.
    fn ties(&self, colors: &Colors) -> Vec<Vec<usize>> {
        let mut ties = Vec::new();
        for siblings in self.groups().filter(|siblings| siblings.len() > 1) {
            let mut by_color: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for index in siblings {
                let same = by_color.entry(colors.nodes[*index]).or_default();
                same.push(*index);
            }
            ties.extend(by_color.into_values().filter(|same| same.len() > 1));
        }
        ties.sort_by_key(|same| colors.nodes[same[0]]);
        ties
    }

    fn has_ties(&self, colors: &Colors) -> bool {
        self.groups().any(|siblings| {
            let mut found: Vec<usize> = siblings.iter().map(|index| colors.nodes[*index]).collect();
            found.sort_unstable();
            found.windows(2).any(|pair| pair[0] == pair[1])
        })
    }

    /// One of the first siblings that cannot be told apart and are no twins.
    fn undecided(&self, colors: &Colors) -> Option<usize> {
        let ties = self.ties(colors);
        if ties.is_empty() {
            return None;
        }
        let mut total: Vec<usize> = vec![0; colors.atoms.len()];
        let held = self.atoms.iter().flatten();
        held.for_each(|place| total[place.atom] += 1);
        let mut undecided = ties.iter().filter(|same| {
            let forms: Vec<_> = same
                .iter()
                .map(|index| self.form(*index, colors, &total))
                .collect();
            forms.windows(2).any(|pair| pair[0] != pair[1])
        });
        let first = undecided.next()?;
        let color = |same: &[usize]| colors.nodes[same[0]];
        let others = undecided.take_while(|same| color(same) == color(first));
        let candidates = first.iter().chain(others.flatten()).copied();
        let mut owners = vec![None; colors.atoms.len()];
        for (index, id) in self.ids.iter().enumerate() {
            if let Some(id) = id {
                owners[*id] = Some(index);
            }
        }
        candidates.min_by_key(|index| self.way(*index, colors, &owners))
    }

    /// The way from an entity along its references, told by colors and by what has been met
    /// before: rings of another length have another.
    fn way(&self, index: usize, colors: &Colors, owners: &[Option<usize>]) -> Vec<(usize, usize)> {
        let mut way = Vec::new();
        let mut met: BTreeMap<Atom, usize> = BTreeMap::new();
        let mut seen = BTreeSet::from([index]);
        let mut waiting = VecDeque::from([index]);
        while let Some(index) = waiting.pop_front() {
            way.push((colors.nodes[index], 0));
            for Place { atom, .. } in colors.arranged(&self.atoms[index]) {
                let next = met.len() + 1;
                let number = *met.entry(atom).or_insert(next);
                way.push((colors.atoms[atom], number));
                waiting.extend(owners[atom].filter(|owner| seen.insert(*owner)));
            }
        }
        way
    }

    /// What an entity and all below it hold: an atom that is nowhere else by its first place, any
    /// other as it is. Twins have the same.
    fn form(&self, index: usize, colors: &Colors, total: &[usize]) -> Vec<Held> {
        let mut held = Vec::new();
        let mut waiting = vec![index];
        while let Some(index) = waiting.pop() {
            let places = colors.arranged(&self.atoms[index]).into_iter();
            held.extend(places.map(|place| place.atom));
            let mut children = self.children[index].clone();
            children.sort_by_key(|child| colors.nodes[*child]);
            waiting.extend(children.iter().rev());
        }
        let mut first: BTreeMap<Atom, (usize, usize)> = BTreeMap::new();
        for (place, atom) in held.iter().enumerate() {
            first.entry(*atom).or_insert((place, 0)).1 += 1;
        }
        let of = |atom: &Atom| match first.get(atom) {
            Some((place, count)) if total[*atom] == *count => Held::Inside(*place),
            _ => Held::Outside(*atom),
        };
        held.iter().map(of).collect()
    }
}

#[derive(PartialEq, Eq)]
enum Held {
    Inside(usize),
    Outside(Atom),
}

/// Entities and atoms by what is known of them: the same color where nothing tells them apart.
/// Colors are in order of what they stand for.
#[derive(Clone, Debug)]
struct Colors {
    nodes: Vec<usize>,
    atoms: Vec<usize>,
}

impl Colors {
    fn of(graph: &Graph, known: &Atoms) -> Colors {
        Colors {
            nodes: ranks(graph.says.iter().collect()),
            atoms: ranks((0..known.len()).map(|atom| known.kind(atom)).collect()),
        }
    }

    fn count(&self) -> usize {
        let most = |colors: &[usize]| colors.iter().max().map_or(0, |most| most + 1);
        most(&self.nodes) + most(&self.atoms)
    }

    /// Tells apart what differs in its surroundings; whether anything did.
    fn refine(&mut self, graph: &Graph) -> bool {
        let before = self.count();
        let mut places: Vec<Vec<(usize, usize, Vec<usize>)>> = vec![Vec::new(); self.atoms.len()];
        for (index, atoms) in graph.atoms.iter().enumerate() {
            let members = self.members(atoms);
            for Place { atom, slot, member } in atoms {
                let beside = member.and_then(|member| members.get(&member));
                let beside = beside.cloned().unwrap_or_default();
                places[*atom].push((self.nodes[index], *slot, beside));
            }
        }
        for places in &mut places {
            places.sort_unstable();
        }
        let atoms = ranks(self.atoms.iter().zip(places).collect());
        let color = |index: &usize| self.nodes[*index];
        let nodes = (0..graph.says.len()).map(|index| {
            let mut children: Vec<usize> = graph.children[index].iter().map(color).collect();
            children.sort_unstable();
            let held = graph.atoms[index].iter();
            let mut held: Vec<_> = held.map(|place| (place.slot, atoms[place.atom])).collect();
            held.sort_unstable();
            let parent = graph.parents[index].as_ref().map(color);
            (self.nodes[index], parent, children, held)
        });
        self.nodes = ranks(nodes.collect());
        self.atoms = atoms;
        self.count() > before
    }

    /// The colors in each of the members alike, by place.
    fn members(&self, places: &[Place]) -> BTreeMap<usize, Vec<usize>> {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        if places.iter().all(|place| place.member.is_none()) {
            return members;
        }
        for Place { atom, member, .. } in self.arranged(places) {
            if let Some(member) = member {
                members.entry(member).or_default().push(self.atoms[atom]);
            }
        }
        members
    }

    /// Places in order: of members alike by what is known of them.
    fn arranged(&self, places: &[Place]) -> Vec<Place> {
        let mut places = places.to_vec();
        if places.iter().any(|place| place.member.is_some()) {
            places.sort_by_key(|place| (place.slot, self.atoms[place.atom]));
        }
        places
    }

    /// Gives an entity a color of its own, before that of those it cannot be told from.
    fn put_in_front(&mut self, chosen: usize) {
        let colors = self.nodes.iter().enumerate();
        self.nodes = ranks(
            colors
                .map(|(index, color)| (*color, index != chosen))
                .collect(),
        );
    }
}

/// The place of each among all that differ, in order.
#[expect(
    clippy::needless_pass_by_value,
    reason = "what is ranked is collected for it"
)]
fn ranks<T: Ord>(of: Vec<T>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by(|one, other| of[*one].cmp(&of[*other]));
    let mut ranks = vec![0; of.len()];
    let mut rank = 0;
    for pair in 0..order.len() {
        if pair > 0 && of[order[pair]] != of[order[pair - 1]] {
            rank += 1;
        }
        ranks[order[pair]] = rank;
    }
    ranks
}
