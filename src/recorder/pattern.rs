//! Patterns for hosts and paths, as sampling rules and dynamic naming have them.

/// A pattern for the whole of a text, in any case: `*` stands for any run of characters, none
/// included, and `?` for one character (aws-xray-sdk-python 2.15.0,
/// `core/utils/search_pattern.py:1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::recorder) struct Pattern(String);

impl Pattern {
    pub(in crate::recorder) fn new(pattern: &str) -> Pattern {
        Pattern(pattern.to_owned())
    }

    /// Whether the whole of a text is like the pattern.
    pub(in crate::recorder) fn matches(&self, text: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.chars(), text.chars());
        // What stands behind the last star, and the text that the star has not swallowed. The
        // stars before it need no second try: the shortest run leaves the most for those behind.
        let mut star = None;
        loop {
            let mut after = rest.clone();
            match (pattern.next(), after.next()) {
                (Some('*'), _) if pattern.as_str().is_empty() => return true,
                (Some('*'), _) => star = Some((pattern.clone(), rest.clone())),
                (None, None) => return true,
                (Some(wanted), Some(found)) if wanted == '?' || same(wanted, found) => rest = after,
                _ => {
                    let Some((behind, unswallowed)) = &mut star else {
                        return false;
                    };
                    if unswallowed.next().is_none() {
                        return false;
                    }
                    (pattern, rest) = (behind.clone(), unswallowed.clone());
                }
            }
        }
    }
}

fn same(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::recorder::pattern::Pattern;

    #[track_caller]
    fn check(pattern: &str, like: &[&str], unlike: &[&str]) {
        let of = Pattern::new(pattern);
        for text in like {
            assert!(of.matches(text), "`{pattern}` is like `{text}`");
        }
        for text in unlike {
            assert!(!of.matches(text), "`{pattern}` is not like `{text}`");
        }
    }

    #[test]
    fn a_star_stands_for_any_run_and_a_question_mark_for_one_character() {
        check("", &[""], &["a"]);
        check("*", &["", "a", "/a/b", "*"], &[]);
        check("?", &["a", "é", "?"], &["", "ab"]);
        check(
            "/api/move/*",
            &["/api/move/", "/api/move/5"],
            &["/api/move", "/v2/api/move/5"],
        );
        check(
            "*.example.com",
            &["a.example.com", ".example.com"],
            &["example.com", "a.example.com:80"],
        );
        check("/a?c", &["/abc"], &["/ac", "/abbc"]);
        check("a*b*c", &["abc", "axbxc", "abbcc"], &["acb", "ab", "abcd"]);
        check("*ab*ab", &["abab", "xababab"], &["ab", "aba"]);
        check("**", &["", "a"], &[]);
        check("**a**", &["a", "bab"], &["", "b"]);
        check("*?", &["a", "ab"], &[""]);
    }

    #[test]
    fn case_does_not_count() {
        check("GET", &["get", "Get", "GET"], &["GETS"]);
        check("/Übersicht", &["/übersicht", "/ÜBERSICHT"], &["/ubersicht"]);
    }

    /// Follows the definition word by word.
    fn is_like(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, _) => text.is_empty(),
            (Some((b'*', behind)), _) => {
                (0..=text.len()).any(|swallowed| is_like(behind, &text[swallowed..]))
            }
            (Some((b'?', behind)), Some((_, rest))) => is_like(behind, rest),
            (Some((wanted, behind)), Some((found, rest))) => {
                wanted.eq_ignore_ascii_case(found) && is_like(behind, rest)
            }
            (Some(_), None) => false,
        }
    }

    /// All texts of these characters up to a length.
    fn all(characters: &str, longest: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut from = 0;
        for _ in 0..longest {
            let end = texts.len();
            for shorter in from..end {
                for character in characters.chars() {
                    texts.push(format!("{}{character}", texts[shorter]));
                }
            }
            from = end;
        }
        texts
    }

    #[test]
    fn every_short_pattern_matches_what_the_definition_says() {
        let texts = all("aBb", 5);
        assert_eq!(texts.len(), 364);
        for pattern in all("aAb*?", 4) {
            let of = Pattern::new(&pattern);
            for text in &texts {
                assert_eq!(
                    of.matches(text),
                    is_like(pattern.as_bytes(), text.as_bytes()),
                    "`{pattern}` and `{text}`"
                );
            }
        }
    }

    #[test]
    fn many_stars_and_a_long_text_take_no_exponential_time() {
        let pattern = Pattern::new(&"*a".repeat(60));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(5_000))));
        assert!(pattern.matches(&"a".repeat(5_000)));
    }
}
