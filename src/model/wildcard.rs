//! Patterns for hosts and paths, as sampling rules and dynamic naming have them.

/// A pattern in which `*` stands for any run of characters, none included, and `?` for one
/// character. Letters match in either case.
///
/// Source: AWS X-Ray developer guide, sampling rules; `search_pattern.py` of the Python SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wildcard(Vec<char>);

impl Wildcard {
    pub(crate) fn new(pattern: &str) -> Wildcard {
        Wildcard(pattern.chars().collect())
    }

    /// Whether the whole of a text is like the pattern.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (pattern, text) = (&self.0, text.chars().collect::<Vec<_>>());
        let (mut at, mut here) = (0, 0);
        // The last star, and the character that it does not swallow yet.
        let mut star = None;
        while here < text.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, here));
                    at += 1;
                }
                Some(wanted) if *wanted == '?' || same(*wanted, text[here]) => {
                    at += 1;
                    here += 1;
                }
                // Only the last star need give way: what stands before it is matched already.
                _ => {
                    let Some((place, swallowed)) = star else {
                        return false;
                    };
                    star = Some((place, swallowed + 1));
                    (at, here) = (place + 1, swallowed + 1);
                }
            }
        }
        pattern[at..].iter().all(|rest| *rest == '*')
    }
}

fn same(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::model::Wildcard;

    #[track_caller]
    fn check(pattern: &str, like: &[&str], unlike: &[&str]) {
        let wildcard = Wildcard::new(pattern);
        let wrong = |text: &&&str| wildcard.matches(text) != like.contains(*text);
        assert_eq!(like.iter().chain(unlike).find(wrong), None, "{pattern}");
    }

    #[test]
    fn a_star_is_any_run_and_a_question_mark_is_one_character() {
        check("", &[""], &["a"]);
        check("a?c", &["abc", "aéc", "a*c"], &["ac", "abbc", "abcd"]);
        check("*", &["", "a", "a.b"], &[]);
        check(
            "*.example.com",
            &["a.example.com", ".example.com", "a.b.example.com"],
            &["example.com", "a.example.com:8080", "a.example.org"],
        );
        check("a*b*c", &["abc", "axbxc", "abbcc", "abcbc"], &["acb", "ab"]);
        check("*?a", &["xa", "aa", "aba"], &["a", "", "ab"]);
        check("**a**", &["a", "bab"], &["", "b"]);
    }

    #[test]
    fn letters_match_in_either_case() {
        check("API.*", &["api.x", "Api.", "aPI.X"], &["ap.x"]);
        check("straße*É", &["STRAßE é"], &["strasse é"]);
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "*a".repeat(200);
        assert!(!Wildcard::new(&pattern).matches(&"a".repeat(199)));
        assert!(Wildcard::new(&pattern).matches(&"a".repeat(600)));
    }
}
