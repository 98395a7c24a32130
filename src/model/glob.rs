//! Patterns for names.

/// A pattern in which `*` stands for any run of characters, none included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    /// What stands between the stars.
    parts: Vec<String>,
}

impl Glob {
    pub(crate) fn new(pattern: &str) -> Glob {
        Glob {
            parts: pattern.split('*').map(str::to_owned).collect(),
        }
    }

    /// Whether the whole of a text is like the pattern.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.parts[..] else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(&**first) else {
            return false;
        };
        // Each part as early as it comes: that leaves the most for those behind it.
        for part in middle {
            match rest.find(&**part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(&**last)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Glob;

    #[track_caller]
    fn check(pattern: &str, like: &[&str], unlike: &[&str]) {
        let glob = Glob::new(pattern);
        assert!(like.iter().all(|text| glob.matches(text)), "{pattern}");
        assert!(!unlike.iter().any(|text| glob.matches(text)), "{pattern}");
    }

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        check("", &[""], &["a"]);
        check("ab", &["ab"], &["", "a", "abc", "xab"]);
        check("*", &["", "a", "a b"], &[]);
        check("a*", &["a", "ab"], &["ba", ""]);
        check("*a", &["a", "ba"], &["ab"]);
        check("a*a", &["aa", "aba"], &["a", "ab"]);
        check("a*b*c", &["abc", "axbxc", "abbcc"], &["acb", "ab"]);
        check("*ab*ab", &["abab", "xababab"], &["ab", "aba"]);
    }
}
