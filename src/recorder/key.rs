//! Keys of members as numbers, and those that are known when the program is built.

/// A key that is known when the program is built, made by [`key!`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// As a document has it: `,"operation":`.
    pub(in crate::recorder) json: &'static str,
    pub(in crate::recorder) prefix: u64,
}

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
macro_rules! key {
    ($key:literal) => {
        const { $crate::recorder::key::Key::of(concat!(",\"", $key, "\":")) }
    };
}

pub(crate) use key;

/// The first eight bytes of a key, in the order of keys. A shorter one ends with zeros.
#[inline]
pub(in crate::recorder) const fn prefix(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    if let (Some(first), Some(last)) = (key.first_chunk(), key.last_chunk()) {
        // Where they overlap they say the same.
        let (first, last) = (u32::from_be_bytes(*first), u32::from_be_bytes(*last));
        return (first as u64) << 32 | (last as u64) << (8 * (8 - key.len()));
    }
    let (mut first, mut at) = ([0; 8], 0);
    while at < key.len() {
        first[at] = key[at];
        at += 1;
    }
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use crate::recorder::key::prefix;

    #[test]
    fn prefixes_are_in_the_order_of_keys() {
        let long = "order_id_2";
        for key in (0..=long.len()).map(|end| &long[..end]) {
            let mut padded = [key.as_bytes(), &[0; 8]].concat();
            padded.truncate(8);
            let number = padded
                .iter()
                .fold(0, |all, byte| all << 8 | u64::from(*byte));
            assert_eq!(prefix(key.as_bytes()), number, "{key}");
        }
    }
}
