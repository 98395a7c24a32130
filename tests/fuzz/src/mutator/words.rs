//! Fields, values and texts of segment documents, by choice.

use crate::mutator::dice::Dice;
use crate::mutator::tree::Tree;
use crate::mutator::vocabulary::{
    CLAUSES, FIELDS, FRAGMENTS, NEIGHBOURS, ODD, OWN_KEYS, SECRET_NAMES, SECRETS, SIGNS, VALUES,
};

/// A field for the object that a key leads to, mostly one of its own.
pub(in crate::mutator) fn field(around: &str, dice: &mut Dice) -> String {
    let own = FIELDS.iter().find(|(key, _)| *key == around);
    let field = match own {
        Some((_, fields)) if !dice.one_in(6) => word(fields, dice),
        None if !dice.one_in(6) => listed(OWN_KEYS, dice),
        _ => word(FIELDS[dice.below(FIELDS.len())].1, dice),
    };
    if dice.one_in(16) {
        return misspelled(field, dice);
    }
    field.to_owned()
}

/// Fields of a JSON Schema that are not among the words.
pub(in crate::mutator) fn lacking(schema: &Tree) -> Vec<&str> {
    let known = |field: &str| {
        let mut lists = FIELDS.iter();
        lists.any(|(_, fields)| fields.split_whitespace().any(|known| known == field))
    };
    let places = schema.places().into_iter();
    let fields = places
        .filter(|(key, _)| *key == "properties")
        .flat_map(|(_, fields)| fields.members());
    let fields = fields.map(|(field, _)| &**field);
    fields.filter(|field| !known(field)).collect()
}

/// A slip of the pen.
fn misspelled(field: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = field.chars().collect();
    let place = dice.below(letters.len());
    match dice.below(6) {
        0 => return field.replace('_', ""),
        1 => return field.replace('_', "-"),
        2 => return field.to_ascii_uppercase(),
        3 => letters.insert(place, 'x'),
        4 => letters[place.saturating_sub(1)..].reverse(),
        _ => letters.truncate(place),
    }
    letters.into_iter().collect()
}

/// A value for a field, mostly one that is read there.
pub(in crate::mutator) fn value(field: &str, dice: &mut Dice) -> Tree {
    let own = VALUES
        .iter()
        .find(|(fields, _)| fields.split(' ').any(|known| known == field));
    match own {
        Some((_, values)) if !dice.one_in(4) => Tree::written(listed(values, dice)),
        None if dice.one_in(2) => Tree::text(&text(dice)),
        _ => odd(dice),
    }
}

/// A value of any kind.
pub(in crate::mutator) fn odd(dice: &mut Dice) -> Tree {
    match dice.below(12) {
        0 => Tree::text(&text(dice)),
        1 => Tree::text(&"é".repeat(201 + dice.below(60))),
        2 => {
            let depth = 1 + dice.below(60);
            Tree::token(&["[".repeat(depth), "]".repeat(depth)].concat())
        }
        _ => Tree::written(listed(ODD, dice)),
    }
}

/// A text that means something to the library: a secret, an address, what steers a terminal.
pub(in crate::mutator) fn text(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => {
            let before = neighbour(dice);
            let (name, sign) = (listed(SECRET_NAMES, dice), dice.one_of(SIGNS));
            let (secret, behind) = (listed(SECRETS, dice), neighbour(dice));
            format!("{before}{name}{sign}{secret}{behind}")
        }
        1 => listed(SECRETS, dice).to_owned(),
        _ => (0..=dice.below(4)).map(|_| fragment(dice)).collect(),
    }
    .replace("\\n", "\n")
}

/// A part of a text.
pub(in crate::mutator) fn fragment(dice: &mut Dice) -> &'static str {
    match dice.below(6) {
        0 => listed(SECRETS, dice),
        1 => listed(SECRET_NAMES, dice),
        2 => listed(CLAUSES, dice),
        3 => dice.one_of(SIGNS),
        _ => neighbour(dice),
    }
}

/// What may stand beside something.
fn neighbour(dice: &mut Dice) -> &'static str {
    if dice.one_in(3) {
        dice.one_of(NEIGHBOURS)
    } else {
        dice.one_of(FRAGMENTS)
    }
}

fn word(words: &'static str, dice: &mut Dice) -> &'static str {
    let words: Vec<&str> = words.split_whitespace().collect();
    dice.one_of(&words)
}

fn listed(list: &'static str, dice: &mut Dice) -> &'static str {
    let values: Vec<&str> = list.split('|').map(str::trim).collect();
    dice.one_of(&values)
}
