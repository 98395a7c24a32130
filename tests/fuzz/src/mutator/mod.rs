//! Mutations that know JSON, datagrams and segment documents.
//!
//! libFuzzer's own mutations of bytes seldom make JSON that differs in structure, and never two
//! documents that know of each other. These take an input apart, change a few things in it, and
//! put it together again. What they do follows from a seed.

mod change;
mod dice;
mod parts;
mod relate;
mod tree;
mod vocabulary;
mod words;

use crate::mutator::change::{change, put, shorten};
use crate::mutator::dice::Dice;
use crate::mutator::parts::{Body, Part, joined, parted};
use crate::mutator::relate::relate;
use crate::mutator::tree::Tree;

pub(crate) use crate::mutator::vocabulary::NEIGHBOURS;

pub use crate::mutator::parts::Form;

/// Mutates bytes without knowing what they are, as libFuzzer does.
pub type Bytes<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

/// An input that is a little different, of at most `most` bytes; `None` where `bytes` may as well
/// make it of the whole input.
pub fn mutated(
    form: Form,
    input: &[u8],
    most: usize,
    seed: u32,
    bytes: Bytes<'_>,
) -> Option<Vec<u8>> {
    let mut dice = Dice::new(seed);
    if dice.one_in(3) {
        return None;
    }
    let folded = dice.one_in(2);
    let mut parts = parted(form, input, folded);
    for _ in 0..=dice.below(4) {
        mutate(form, &mut parts, bytes, &mut dice);
    }
    fitted(form, parts, most, &mut dice).filter(|changed| changed != input)
}

/// An input that has something of both, of at most `most` bytes.
pub fn crossed(form: Form, one: &[u8], other: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    let mut dice = Dice::new(seed);
    let folded = dice.one_in(2);
    let mut parts = parted(form, one, folded);
    let others = parted(form, other, folded);
    let spare = spare(&others);
    if form != Form::Document {
        for part in others {
            if dice.one_in(2) {
                parts.insert(dice.below(parts.len() + 1), part);
            }
        }
    }
    let number = dice.below(parts.len());
    if let Some(document) = parts.get_mut(number).and_then(Part::document) {
        put(document, &spare, &mut dice);
    }
    if dice.one_in(2) {
        relate(form, &mut parts, &mut dice);
    }
    fitted(form, parts, most, &mut dice)
}

/// The fields of a JSON Schema that no mutation writes: there should be none.
pub fn unknown_fields(schema: &str) -> Vec<String> {
    let schema = Tree::read(schema).unwrap_or_else(|| Tree::token("null"));
    words::lacking(&schema)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// Changes one thing.
fn mutate(form: Form, parts: &mut Vec<Part>, bytes: Bytes<'_>, dice: &mut Dice) {
    match dice.below(8) {
        0 => rearrange(parts, bytes, dice),
        1..=3 => relate(form, parts, dice),
        _ => {
            let spare = spare(parts);
            let number = dice.below(parts.len());
            if let Some(document) = parts.get_mut(number).and_then(Part::document) {
                change(document, &spare, bytes, dice);
            }
        }
    }
}

/// Changes datagrams as wholes.
fn rearrange(parts: &mut Vec<Part>, bytes: Bytes<'_>, dice: &mut Dice) {
    let (at, to) = (dice.below(parts.len()), dice.below(parts.len()));
    let Some(part) = parts.get_mut(at) else {
        return;
    };
    match dice.below(7) {
        0 => {
            let again = part.clone();
            parts.insert(to, again);
        }
        1 => {
            parts.remove(at);
        }
        2 => parts.swap(at, to),
        3 => part.header = dice.one_of(HEADERS).as_bytes().to_vec(),
        4 => part.header = bytes(&part.header),
        5 => part.body = Body::Bytes(dice.one_of(BODIES).as_bytes().to_vec()),
        _ => {
            let body = part.body.bytes();
            part.body = Body::Bytes(bytes(&body));
        }
    }
}

/// The values of all documents, each with its key.
fn spare(parts: &[Part]) -> Vec<(String, Tree)> {
    let documents = parts.iter().filter_map(|part| match &part.body {
        Body::Bytes(_) => None,
        Body::Document(document) => Some(document.places()),
    });
    documents
        .flatten()
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect()
}

/// The input that these parts are. Where it would be too long, some of them are left out, or some
/// of their members.
fn fitted(form: Form, mut parts: Vec<Part>, most: usize, dice: &mut Dice) -> Option<Vec<u8>> {
    for _ in 0..TRIES {
        let input = joined(form, &parts);
        if input.len() <= most {
            return Some(input);
        }
        let number = dice.below(parts.len());
        if parts.len() > 1 && dice.one_in(2) {
            parts.remove(number);
        } else if let Some(document) = parts[number].document() {
            shorten(document, dice);
        }
    }
    None
}

/// Header lines, most of which are refused.
const HEADERS: &[&str] = &[
    "",
    "\n",
    "{}\n",
    "{\"format\": \"json\", \"version\": 1}\n",
    "{\"format\":\"json\",\"version\":1}",
    "{\"format\":\"json\",\"version\":\"1\"}\n",
    "{\"format\":\"json\",\"version\":1.0}\n",
    "{\"format\":\"json\",\"version\":2}\n",
    "{\"format\":\"xml\",\"version\":1}\n",
    "{\"FORMAT\":\"j\\u017fon\",\"VERSION\":1,\"\u{212a}\":[]}\r\n",
    "[\"format\"]\n",
];

/// Bodies that are no documents.
const BODIES: &[&str] = &[
    "",
    "\n",
    "[]",
    "null",
    "1e400",
    "\"a\"",
    "{",
    "T1SCgAA",
    "T1UCgA=",
    "T1U",
    "T1S!AAA",
    "M1CgA=\n",
    "M1AAAAA",
    "{\"a\":NaN}",
];

/// How often an input is made shorter before that is given up.
const TRIES: usize = 16;
