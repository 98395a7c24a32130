//! Keys of members as numbers, and those that are known when the program is built.

/// A key that is known when the program is built, made by [`key!`].
#[cfg(feature = "aws")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// As a document has it: `,"operation":`.
    pub(in crate::recorder) json: &'static str,
    pub(in crate::recorder) prefix: u64,
}

#[cfg(feature = "aws")]
impl Key {
    /// The key of this text, which is a comma, the key as JSON without escapes, and a colon.
    pub(crate) const fn of(json: &'static str) -> Key {
        let (_, key) = json.as_bytes().split_at(2);
        let (key, _) = key.split_at(key.len() - 2);
        Key {
            json,
            prefix: prefix(key),
        }
    }
}

/// A key that needs no escape: `key!("operation")`.
#[cfg(feature = "aws")]
macro_rules! key {
    ($key:literal) => {
        const { $crate::recorder::Key::of(concat!(",\"", $key, "\":")) }
    };
}

#[cfg(feature = "aws")]
pub(crate) use key;

/// The first eight bytes of a key, in the order of keys. A shorter one ends with zeros.
#[inline]
pub(in crate::recorder) const fn prefix(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    let (mut first, mut at) = ([0; 8], 0);
    while at < key.len() {
        first[at] = key[at];
        at += 1;
    }
    u64::from_be_bytes(first)
}
