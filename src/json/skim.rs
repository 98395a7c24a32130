//! The members of an object and the elements of an array, without a look at what is inside of them.
//!
//! Bodies of DynamoDB hold up to megabytes of items, which are nobody's business but for a name
//! beside them. This walks over them and keeps nothing, where a [`Document`](crate::json::Document)
//! keeps the places of all values. It is for texts that a JSON writer has written, or a reader has
//! read: what is no JSON ends the walk without a word.

/// The members of an object: a key without its quotes, as written, and the text of a value.
pub(crate) fn members(json: &[u8]) -> Members<'_> {
    Members(Walk::begin(json, b'{'))
}

/// The elements of an array.
pub(crate) fn elements(json: &[u8]) -> Elements<'_> {
    Elements(Walk::begin(json, b'['))
}

/// The value of the first member of that name.
pub(crate) fn member<'a>(json: &'a [u8], key: &str) -> Option<&'a [u8]> {
    members(json)
        .find(|(name, _)| *name == key.as_bytes())
        .map(|(_, value)| value)
}

/// See [`members`].
pub(crate) struct Members<'a>(Walk<'a>);

/// See [`elements`].
pub(crate) struct Elements<'a>(Walk<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let walk = &mut self.0;
        walk.next_one()?;
        let key = walk.value()?;
        let key = key.get(1..key.len() - 1).filter(|_| key[0] == b'"')?;
        walk.space();
        walk.take(b':')?;
        walk.space();
        Some((key, walk.value()?))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_one()?;
        self.0.value()
    }
}

/// A place in a text.
struct Walk<'a> {
    json: &'a [u8],
    at: usize,
    /// Whether nothing was read since the bracket.
    first: bool,
}

impl<'a> Walk<'a> {
    /// Goes behind the bracket. Another value has no members.
    fn begin(json: &'a [u8], bracket: u8) -> Walk<'a> {
        let mut walk = Walk {
            json,
            at: 0,
            first: true,
        };
        walk.space();
        if walk.take(bracket).is_none() {
            walk.at = json.len();
        }
        walk
    }

    /// Goes to the next member or element; `None` behind the last one.
    fn next_one(&mut self) -> Option<()> {
        self.space();
        if !std::mem::take(&mut self.first) {
            self.take(b',')?;
            self.space();
        }
        Some(())
    }

    /// Goes behind a value; `None` where there is none.
    fn value(&mut self) -> Option<&'a [u8]> {
        let begun = self.at;
        match *self.json.get(self.at)? {
            b'"' => self.string()?,
            b'{' | b'[' => self.nested()?,
            _ => {
                let rest = &self.json[self.at..];
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || is_space(*byte);
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
        Some(&self.json[begun..self.at]).filter(|value| !value.is_empty())
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.json.get(self.at..)?;
            let found = quote_or_backslash(rest)?;
            self.at += found + 1;
            if rest[found] == b'"' {
                return Some(());
            }
            // Whatever is escaped, it is no quote.
            self.at += 1;
        }
    }

    fn nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let rest = self.json.get(self.at..)?;
            let matters = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']');
            let found = rest.iter().position(matters)?;
            self.at += found;
            match rest[found] {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                _ => {
                    depth -= 1;
                    self.at += 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
            }
        }
    }

    fn space(&mut self) {
        let rest = &self.json[self.at..];
        self.at += rest.iter().take_while(|byte| is_space(**byte)).count();
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.json.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }
}

/// Where the first of them is. Eight bytes at once: of a byte that is zero, one less has its highest
/// bit set (Anderson, "Bit Twiddling Hacks", `haszero`), and what this borrows falsifies only those
/// behind it.
fn quote_or_backslash(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let zero = |word: u64| word.wrapping_sub(EACH) & !word & (EACH << 7);
        let found = zero(word ^ (EACH * 0x22)) | zero(word ^ (EACH * 0x5c));
        if found != 0 {
            return Some(8 * number + found.trailing_zeros() as usize / 8);
        }
    }
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(8 * words.len() + found)
}

/// A one in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use crate::json::skim::{elements, member, members};

    #[track_caller]
    fn check(json: &str, expected: &[(&str, &str)]) {
        let found: Vec<(String, String)> = members(json.as_bytes())
            .map(|(key, value)| (text(key), text(value)))
            .collect();
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        assert_eq!(found, expected);
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn members_are_given_as_they_are_written() {
        check("{}", &[]);
        check(" { } ", &[]);
        check(r#"{"a":1}"#, &[("a", "1")]);
        check(
            r#" { "a" : -1.5e3 , "b" : "x\"},\\" , "c" : { "d" : ["}", {}] } , "e":null } "#,
            &[
                ("a", "-1.5e3"),
                ("b", r#""x\"},\\""#),
                ("c", r#"{ "d" : ["}", {}] }"#),
                ("e", "null"),
            ],
        );
    }

    #[test]
    fn the_end_of_a_string_is_found_wherever_it_is() {
        for length in 0..20 {
            // What comes before it looks like it but for one bit.
            let inner = "!#]\u{dc}\u{a2}[\u{7f}".repeat(3);
            let inner: String = inner.chars().take(length).collect();
            let json = format!("{{\"{inner}\":\"{inner}\\\"{inner}\",\"\":0}}");
            let value = format!("\"{inner}\\\"{inner}\"");
            check(&json, &[(&inner, &value), ("", "0")]);
        }
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for json in [
            "",
            " ",
            "[1]",
            "\"a\"",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":}",
            "{1:2}",
            "{\"a\":\"b",
            "{\"a\":[",
            "{\"a\":{\"b\":\"\\",
        ] {
            check(json, &[]);
        }
        check("{\"a\":1 \"b\":2}", &[("a", "1")]);
    }

    #[test]
    fn elements_are_walked_over() {
        let found: Vec<String> = elements(br#"[1, "a,b", [2], {"c": "]"}]"#)
            .map(text)
            .collect();
        assert_eq!(found, ["1", "\"a,b\"", "[2]", "{\"c\": \"]\"}"]);
        assert_eq!(elements(b"{}").count(), 0);
        assert_eq!(member(br#"{"a":{"b":1},"b":2}"#, "b"), Some(&b"2"[..]));
        assert_eq!(member(br#"{"a":{"b":1}}"#, "b"), None);
    }
}
