//! Objects whose fields are known, and the look-up of a field by its key.

use crate::json::Kind;
use crate::schema::fields::{Fact, Shape};

/// An object whose fields are known.
#[derive(Debug)]
pub(in crate::schema) struct Block {
    pub(in crate::schema) fields: &'static [Field],
    /// Gives each key a place of its own in `places`.
    multiplier: u64,
    /// For each such place the field, or `NONE`.
    places: [u8; PLACES],
}

#[derive(Debug)]
pub(in crate::schema) struct Field {
    pub(in crate::schema) key: &'static str,
    /// The first and last bytes of the key: all of it, up to 16 bytes.
    ends: [u64; 2],
    pub(in crate::schema) shape: Shape,
    /// The kinds of value that are right whatever they hold, a bit each: see [`kind_bit`]. None for a
    /// fact, which is looked at.
    pub(in crate::schema) kinds: u8,
    /// What the entity around remembers of it.
    pub(in crate::schema) fact: Option<Fact>,
}

impl Block {
    pub(in crate::schema) const fn new(fields: &'static [Field]) -> Block {
        // One bit each must tell which of them were seen.
        assert!(fields.len() < 64, "more fields than bits");
        let mut multiplier = 0x9e37_79b9_7f4a_7c15_u64;
        let mut tries = 0;
        loop {
            assert!(tries < 10_000, "a key stands twice, or there are too many");
            tries += 1;
            let mut places = [NONE; PLACES];
            let mut at = 0;
            while at < fields.len() {
                let place = place(fields[at].ends, multiplier);
                if places[place] != NONE {
                    break;
                }
                #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
                {
                    places[place] = at as u8;
                }
                at += 1;
            }
            if at == fields.len() {
                return Block {
                    fields,
                    multiplier,
                    places,
                };
            }
            multiplier = multiplier
                .wrapping_mul(0xd134_2543_de82_ef95)
                .wrapping_add(2);
        }
    }

    /// The place of a field in the list.
    #[inline]
    pub(in crate::schema) fn place(&self, key: &[u8]) -> Option<usize> {
        let ends = ends(key);
        let at = usize::from(self.places[place(ends, self.multiplier)]);
        let field = self.fields.get(at)?;
        // Up to 16 bytes the ends are all there is.
        let same = field.ends == ends
            && field.key.len() == key.len()
            && (key.len() <= 16 || field.key.as_bytes() == key);
        same.then_some(at)
    }
}

/// The first eight bytes of a key and the last eight, which overlap in a shorter one.
const fn ends(key: &[u8]) -> [u64; 2] {
    match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => match (key.first_chunk(), key.last_chunk()) {
            (Some(first), Some(last)) => [
                u32::from_le_bytes(*first) as u64,
                u32::from_le_bytes(*last) as u64,
            ],
            _ => {
                let (mut all, mut at) = (0, 0);
                while at < key.len() {
                    all = all << 8 | key[at] as u64;
                    at += 1;
                }
                [all, 0]
            }
        },
    }
}

/// Where a key with these ends stands, one of [`PLACES`].
const fn place(ends: [u64; 2], multiplier: u64) -> usize {
    ((ends[0] ^ ends[1].rotate_left(23)).wrapping_mul(multiplier) >> 57) as usize
}

/// A field that is judged by itself.
pub(in crate::schema) const fn field(key: &'static str, shape: Shape) -> Field {
    Field {
        key,
        ends: ends(key.as_bytes()),
        shape,
        kinds: kinds(shape),
        fact: None,
    }
}

/// A field that the entity around remembers.
pub(in crate::schema) const fn fact(key: &'static str, shape: Shape, fact: Fact) -> Field {
    Field {
        key,
        ends: ends(key.as_bytes()),
        shape,
        kinds: 0,
        fact: Some(fact),
    }
}

const fn kinds(shape: Shape) -> u8 {
    match shape {
        Shape::Bool(_) => kind_bit(Kind::Bool),
        Shape::Number(_) => kind_bit(Kind::Number),
        Shape::Text(_) | Shape::OrNull(Shape::Text(_), _) => kind_bit(Kind::String),
        _ => 0,
    }
}

/// The bit of a kind of value.
pub(in crate::schema) const fn kind_bit(kind: Kind) -> u8 {
    1 << kind as u8
}

/// How many places there are for keys: 2^7.
const PLACES: usize = 128;
/// No field.
const NONE: u8 = u8::MAX;

#[cfg(test)]
mod tests {
    use crate::schema::block::Block;
    use crate::schema::fields::{AWS_CALL, CAUSE, EXCEPTION, LINK, SEGMENT, SUBSEGMENT, XRAY};

    /// All blocks differ in nothing but their fields.
    const BLOCKS: [&Block; 7] = [AWS_CALL, CAUSE, EXCEPTION, LINK, SEGMENT, SUBSEGMENT, XRAY];

    #[test]
    fn every_field_is_found_and_nothing_else() {
        for block in BLOCKS {
            for (place, field) in block.fields.iter().enumerate() {
                assert_eq!(
                    block.place(field.key.as_bytes()),
                    Some(place),
                    "{}",
                    field.key
                );
            }
            let known = |key: &[u8]| block.fields.iter().any(|field| field.key.as_bytes() == key);
            // Each key with one byte changed, left out or put in, and all short keys.
            let mut others: Vec<Vec<u8>> = Vec::new();
            for field in block.fields {
                let key = field.key.as_bytes();
                for at in 0..key.len() {
                    let (before, behind) = key.split_at(at);
                    for byte in (b'_'..=b'z').chain([b'2']) {
                        others.push([before, &[byte], &behind[1..]].concat());
                        others.push([before, &[byte], behind].concat());
                    }
                    others.push([before, &behind[1..]].concat());
                }
            }
            for first in b'a'..=b'z' {
                for second in b'a'..=b'z' {
                    others.push(vec![first, second]);
                    others.extend((b'a'..=b'z').map(|third| vec![first, second, third]));
                }
            }
            for key in others {
                assert_eq!(block.place(&key).is_some(), known(&key), "{key:?}");
            }
        }
    }
}
