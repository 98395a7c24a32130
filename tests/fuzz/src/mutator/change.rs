//! One change of one document.

use crate::mutator::Bytes;
use crate::mutator::dice::Dice;
use crate::mutator::tree::Tree;
use crate::mutator::words::{field, fragment, odd, value};

/// Changes a document; `spare` are values that may be put into it, each with its key.
pub(in crate::mutator) fn change(
    document: &mut Tree,
    spare: &[(String, Tree)],
    bytes: Bytes<'_>,
    dice: &mut Dice,
) {
    match dice.below(8) {
        0..=2 => set(document, spare, dice),
        3 => member(document, dice),
        4 => element(document, dice),
        5 => replace(document, spare, dice),
        _ => token(document, bytes, dice),
    }
}

/// Sets a field of an object, mostly one that is read there.
fn set(document: &mut Tree, spare: &[(String, Tree)], dice: &mut Dice) {
    let Some((key, place)) = chosen(document, dice, |tree| matches!(tree, Tree::Object(_))) else {
        return;
    };
    let field = field(&key, dice);
    let known: Vec<&Tree> = spare
        .iter()
        .filter(|(key, _)| *key == field)
        .map(|(_, value)| value)
        .collect();
    let value = if !known.is_empty() && dice.one_in(3) {
        known[dice.below(known.len())].clone()
    } else {
        value(&field, dice)
    };
    let at = dice.below(8);
    if let Some(object) = document.at(place) {
        object.set(&field, value, at);
    }
}

/// Removes, renames, spells in another way, moves or doubles a member.
fn member(document: &mut Tree, dice: &mut Dice) {
    let filled = |tree: &Tree| !tree.members().is_empty();
    let Some((around, place)) = chosen(document, dice, filled) else {
        return;
    };
    let Some(Tree::Object(members)) = document.at(place) else {
        return;
    };
    let at = dice.below(members.len());
    match dice.below(7) {
        0 | 1 => {
            members.remove(at);
        }
        2 => members[at].0 = field(&around, dice),
        6 if dice.one_in(2) => members[at].0 = escaped(&members[at].0, dice),
        6 => members[at].0 = exchanged(&members[at].0, dice),
        3 => {
            let to = dice.below(members.len());
            members.swap(at, to);
        }
        4 => {
            // Twice the same key.
            let key = members[at].0.clone();
            let value = value(&key, dice);
            members.insert(dice.below(members.len() + 1), (key, value));
        }
        _ => {
            let fresh = |number: usize| (format!("{number:x}"), Tree::token("1"));
            members.extend(many(dice).into_iter().map(fresh));
        }
    }
}

/// Removes, moves, adds or repeats an element.
fn element(document: &mut Tree, dice: &mut Dice) {
    let Some((key, place)) = chosen(document, dice, |tree| matches!(tree, Tree::Array(_))) else {
        return;
    };
    let Some(Tree::Array(elements)) = document.at(place) else {
        return;
    };
    let at = dice.below(elements.len());
    match (dice.below(5), elements.is_empty()) {
        (0, false) => {
            elements.remove(at);
        }
        (1, false) => {
            let to = dice.below(elements.len());
            elements.swap(at, to);
        }
        (2, false) => {
            let again = elements[at].clone();
            elements.insert(at, again);
        }
        (3, _) => {
            let member = dice.one_of(&["end_time", "id", "line", "name", "start_time", ""]);
            let fresh = |number: usize| {
                let token = Tree::Token(number.to_string());
                let value = match member {
                    "" => return token,
                    "id" | "name" => Tree::text(&format!("{number:x}")),
                    _ => token,
                };
                Tree::Object(vec![(member.to_owned(), value)])
            };
            elements.extend(many(dice).into_iter().map(fresh));
        }
        _ => elements.insert(at, value(&key, dice)),
    }
}

/// Numbers to tell many things apart by: in order, in reverse, all the same, or mixed.
fn many(dice: &mut Dice) -> Vec<usize> {
    let count = 1 + dice.below(MOST);
    let order = dice.below(4);
    let number = |place| match order {
        0 => place,
        1 => count - place,
        2 => 0,
        _ => dice.below(2 * count),
    };
    (0..count).map(number).collect()
}

/// Puts another value in the place of one.
fn replace(document: &mut Tree, spare: &[(String, Tree)], dice: &mut Dice) {
    let Some((key, place)) = chosen(document, dice, |_| true) else {
        return;
    };
    let fresh = match dice.below(4) {
        0 if !spare.is_empty() => spare[dice.below(spare.len())].1.clone(),
        1 => odd(dice),
        2 => match document.at(place) {
            // Inside of something.
            Some(old) if dice.one_in(2) => Tree::Array(vec![old.clone()]),
            Some(old) => Tree::Object(vec![(field(&key, dice), old.clone())]),
            None => return,
        },
        _ => value(&key, dice),
    };
    if let Some(old) = document.at(place).filter(|_| place > 0) {
        *old = fresh;
    }
}

/// Puts a value of another document into an object, with its key.
pub(in crate::mutator) fn put(document: &mut Tree, spare: &[(String, Tree)], dice: &mut Dice) {
    let Some((_, place)) = chosen(document, dice, |tree| matches!(tree, Tree::Object(_))) else {
        return;
    };
    let (Some((key, value)), Some(object)) =
        (spare.get(dice.below(spare.len())), document.at(place))
    else {
        return;
    };
    object.set(key, value.clone(), dice.below(8));
}

/// Leaves out a member or an element.
pub(in crate::mutator) fn shorten(document: &mut Tree, dice: &mut Dice) {
    let filled = |tree: &Tree| !matches!(tree, Tree::Token(_));
    let Some((_, place)) = chosen(document, dice, filled) else {
        return;
    };
    match document.at(place) {
        Some(Tree::Object(members)) if !members.is_empty() => {
            members.remove(dice.below(members.len()));
        }
        Some(Tree::Array(elements)) if !elements.is_empty() => {
            elements.truncate(dice.below(elements.len()));
        }
        _ => {}
    }
}

/// Changes a string, a number or a word.
fn token(document: &mut Tree, bytes: Bytes<'_>, dice: &mut Dice) {
    let Some((_, place)) = chosen(document, dice, |tree| matches!(tree, Tree::Token(_))) else {
        return;
    };
    let Some(Tree::Token(old)) = document.at(place) else {
        return;
    };
    let changed = match serde_json::from_str::<String>(old) {
        Ok(text) => match dice.below(4) {
            0 => escaped(old, dice),
            1 => Tree::text(&spliced(&text, dice)).to_string(),
            _ => Tree::text(&String::from_utf8_lossy(&bytes(text.as_bytes()))).to_string(),
        },
        Err(_) => number(old, dice),
    };
    *old = changed;
}

/// A text with something of meaning put into it.
fn spliced(text: &str, dice: &mut Dice) -> String {
    let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
    let place = match dice.below(3) {
        0 => 0,
        1 => text.len(),
        _ => places.get(dice.below(places.len())).copied().unwrap_or(0),
    };
    let (before, behind) = text.split_at(place);
    format!("{before}{}{behind}", fragment(dice))
}

/// A string, or a key, of which a character is written as an escape.
fn escaped(string: &str, dice: &mut Dice) -> String {
    let escape = |letter: char, _: &mut Dice| {
        let mut units = [0; 2];
        let units = letter.encode_utf16(&mut units).iter();
        let escapes: Vec<String> = units.map(|unit| format!("\\u{unit:04x}")).collect();
        escapes.concat()
    };
    with_another(string, escape, dice)
}

/// A key that is as long, of which a letter is another.
fn exchanged(key: &str, dice: &mut Dice) -> String {
    let exchange = |_, dice: &mut Dice| dice.one_of(&["x", "_", "S", "1", "é"]).to_owned();
    with_another(key, exchange, dice)
}

/// A string in which something stands in the place of a character.
fn with_another(
    string: &str,
    other: impl Fn(char, &mut Dice) -> String,
    dice: &mut Dice,
) -> String {
    let letters = string
        .char_indices()
        .filter(|(_, letter)| !matches!(letter, '"' | '\\'));
    let letters: Vec<(usize, char)> = letters.collect();
    let Some((place, letter)) = letters.get(dice.below(letters.len())).copied() else {
        return string.to_owned();
    };
    let (before, behind) = (&string[..place], &string[place + letter.len_utf8()..]);
    format!("{before}{}{behind}", other(letter, dice))
}

/// A number near to one, or written in another way.
fn number(raw: &str, dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => format!("{raw}0"),
        1 => format!("{raw}.0"),
        2 => format!("-{raw}"),
        3 => format!("{raw}e{}", dice.below(4)),
        4 => nearby(raw, dice).unwrap_or_else(|| "0".to_owned()),
        _ => value("t", dice).to_string(),
    }
}

/// A time a little before or after another.
pub(in crate::mutator) fn nearby(time: &str, dice: &mut Dice) -> Option<String> {
    let time: f64 = time.parse().ok()?;
    let steps = [0.0, 1e-6, 0.001, 0.25, 1.0, 60.0, 1e5];
    let step = steps[dice.below(steps.len())];
    let time = if dice.one_in(2) {
        time + step
    } else {
        time - step
    };
    time.is_finite().then(|| time.to_string())
}

/// One of the places of a document that fit, with the key that leads there.
fn chosen(
    document: &Tree,
    dice: &mut Dice,
    fits: impl Fn(&Tree) -> bool,
) -> Option<(String, usize)> {
    let places = document.places();
    let fitting: Vec<usize> = (0..places.len()).filter(|at| fits(places[*at].1)).collect();
    let place = *fitting.get(dice.below(fitting.len()))?;
    Some((places[place].0.to_owned(), place))
}

/// Members or elements that are added at once: more than are indexed, shown, or sorted in one go.
const MOST: usize = 60;
