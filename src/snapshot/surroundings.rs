//! What surrounds entities: who refers to whom.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::snapshot::compared::{Entity, hash};

/// Gives each entity its numbers `near` and `far`, and returns its links: twins that others refer
/// to are told apart by them. Of two calls that say the same, another request has answered each.
pub(in crate::snapshot) fn surround(
    entities: &mut [Entity],
    by_id: &HashMap<Cow<'_, str>, usize>,
) -> Vec<Vec<Link>> {
    let mut links: Vec<Vec<Link>> = vec![Vec::new(); entities.len()];
    let mut whole: Vec<u64> = Vec::with_capacity(entities.len());
    for (from, entity) in entities.iter().enumerate() {
        let mut said = entity.whole;
        for (place, id) in &entity.says.references {
            let place = hash(place);
            match by_id.get(&**id) {
                Some(to) => {
                    links[from].push((hash(&(place, TO)), *to));
                    links[*to].push((hash(&(place, FROM)), from));
                }
                None => said = hash(&(said, place)),
            }
        }
        whole.push(said);
    }
    for (entity, whole) in entities.iter_mut().zip(&whole) {
        (entity.near, entity.far) = (*whole, *whole);
    }
    if links.iter().all(Vec::is_empty) {
        return links;
    }
    for index in (0..entities.len()).rev() {
        let below = sorted(&entities[index].children, |child| entities[*child].near);
        entities[index].near = hash(&(whole[index], linked(&links[index], &whole), below));
    }
    let mut colors = whole;
    let mut known = distinct(&colors);
    while known < colors.len() {
        let color = |(index, entity): (usize, &Entity)| {
            let above = entity.parent.map(|parent| colors[parent]);
            let below = sorted(&entity.children, |child| colors[*child]);
            hash(&(colors[index], above, below, linked(&links[index], &colors)))
        };
        colors = entities.iter().enumerate().map(color).collect();
        let now = distinct(&colors);
        if now <= known {
            break;
        }
        known = now;
    }
    for (entity, color) in entities.iter_mut().zip(colors) {
        entity.far = color;
    }
    links
}

/// The place of a reference and its direction as a number, and the other end.
pub(in crate::snapshot) type Link = (u64, usize);

fn linked(links: &[Link], colors: &[u64]) -> Vec<(u64, u64)> {
    sorted(links, |(place, other)| (*place, colors[*other]))
}

fn sorted<T, K: Ord>(of: &[T], key: impl Fn(&T) -> K) -> Vec<K> {
    let mut keys: Vec<K> = of.iter().map(key).collect();
    keys.sort_unstable();
    keys
}

fn distinct(colors: &[u64]) -> usize {
    let mut colors = colors.to_vec();
    colors.sort_unstable();
    colors.dedup();
    colors.len()
}

const FROM: u8 = 0;
const TO: u8 = 1;
