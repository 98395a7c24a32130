//! What several documents show together of one entity, or of one id.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::trace::again::sent_again;
use crate::trace::conflict::{conflict, used_twice};
use crate::trace::identity::Entities;
use crate::trace::namesakes::is_zero;
use crate::trace::{Arrival, Defect};

/// The defects of each entity, of which what is said is in order of precedence.
pub(in crate::trace) fn between_documents(
    entities: &Entities<'_>,
    arrivals: &[Arrival],
) -> Vec<Vec<Defect>> {
    let Entities { mentions, said, .. } = entities;
    let document = |place: &usize| mentions[*place].document;
    let mut defects: Vec<Vec<Defect>> = Vec::new();
    // Documents that contradict another: that is told alone.
    let mut contradict: BTreeSet<usize> = BTreeSet::new();
    for said in said {
        let contradiction = conflict(said.iter().map(|place| {
            let seq = arrivals[document(place)].seq;
            let parent = entities.parent(*place).filter(|parent| !parent.is_empty());
            (seq, &mentions[*place], parent)
        }));
        if contradiction.is_some() {
            contradict.extend(said.iter().map(document));
        }
        defects.push(contradiction.into_iter().collect());
    }
    let mut used: Vec<(usize, Defect)> = Vec::new();
    for namesakes in entities.namesakes().filter(|places| places.len() > 1) {
        let first = namesakes.start;
        if let Some(defect) = used_by_several(entities, arrivals, &namesakes) {
            used.push((first, defect));
            contradict.extend(that_mean_others(entities, namesakes));
        }
    }
    for (said, defects) in said.iter().zip(&mut defects) {
        let tops = said.iter().filter(|place| {
            mentions[**place].container.is_none() && !contradict.contains(&document(place))
        });
        let documents = tops.map(|place| {
            let arrival = &arrivals[document(place)];
            (arrival.seq, &*arrival.document)
        });
        defects.extend(sent_again(mentions[said[0]].kind, documents));
    }
    for (entity, defect) in used {
        defects[entity].push(defect);
    }
    defects
}

/// That documents use the id of these each for another, where none shows them all by itself.
fn used_by_several(
    entities: &Entities<'_>,
    arrivals: &[Arrival],
    namesakes: &Range<usize>,
) -> Option<Defect> {
    let first = entities.best(namesakes.start);
    let mut held: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for mention in entities.said[namesakes.clone()].iter().flatten() {
        let document = entities.mentions[*mention].document;
        held.entry(document)
            .or_default()
            .insert(entities.of[*mention]);
    }
    let shows_all = |held: &BTreeSet<usize>| held.len() == namesakes.len();
    if first.id.as_deref().is_none_or(is_zero) || held.values().any(shows_all) {
        return None;
    }
    let with_first = held.get(&first.document)?;
    let other = namesakes
        .clone()
        .find(|place| !with_first.contains(place))?;
    Some(used_twice(
        namesakes.len(),
        arrivals[first.document].seq,
        first,
        entities.best(other),
    ))
}

/// The documents for one entity of which each holds one of these that another does not.
fn that_mean_others(entities: &Entities<'_>, namesakes: Range<usize>) -> BTreeSet<usize> {
    // What each document holds, by what is at the top of it.
    let mut held: BTreeMap<usize, BTreeMap<usize, BTreeSet<usize>>> = BTreeMap::new();
    for mention in entities.said[namesakes].iter().flatten() {
        let top = entities.of[entities.top(*mention)];
        let document = entities.mentions[*mention].document;
        let of_document = held.entry(top).or_default().entry(document).or_default();
        of_document.insert(entities.of[*mention]);
    }
    held.retain(|_, documents| {
        let mut held: Vec<&BTreeSet<usize>> = documents.values().collect();
        held.sort_by_key(|held| held.len());
        held.windows(2).any(|two| !two[0].is_subset(two[1]))
    });
    held.into_values().flat_map(BTreeMap::into_keys).collect()
}
