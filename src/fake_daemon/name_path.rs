//! Where in a trace: a path of names.

use crate::error::Error;
use crate::model::Glob;

/// A pattern for the names that lead to an entity: `OrdersWorker >> dynamo-put > DynamoDB`.
///
/// `>` is a child, `>>` anything below, `*` any run of characters. Names that hold `>`, a quote,
/// or white space at an end stand in double quotes. The first name may be anywhere in the trace;
/// the last one is the entity itself.
#[derive(Clone, Debug)]
pub(in crate::fake_daemon) struct NamePath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
struct Step {
    name: Glob,
    /// Whether the entity before it is its parent, or merely above.
    is_child: bool,
}

impl NamePath {
    pub(in crate::fake_daemon) fn parse(text: &str) -> Result<NamePath, Error> {
        let invalid = |why: &str| Error::invalid("path of names", text, why);
        let mut steps = Vec::new();
        let mut rest = text.trim_start();
        let mut is_child = false;
        loop {
            let (name, behind) = match rest.strip_prefix('"') {
                Some(quoted) => quoted
                    .split_once('"')
                    .ok_or_else(|| invalid("a quote is not closed"))?,
                None => rest.split_at(rest.find('>').unwrap_or(rest.len())),
            };
            let name = if rest.starts_with('"') {
                name
            } else {
                name.trim_end()
            };
            if name.is_empty() {
                return Err(invalid("a name is missing: write it, or `*` for any"));
            }
            steps.push(Step {
                name: Glob::new(name),
                is_child,
            });
            let behind = behind.trim_start();
            if behind.is_empty() {
                return Ok(NamePath { steps });
            }
            let Some(sign) = behind.strip_prefix('>') else {
                return Err(invalid("expected `>` or `>>` behind a name in quotes"));
            };
            is_child = !sign.starts_with('>');
            rest = sign.strip_prefix('>').unwrap_or(sign).trim_start();
        }
    }

    /// Whether the entity to which these names lead is meant.
    pub(in crate::fake_daemon) fn matches(&self, names: &[String]) -> bool {
        // For each place whether the steps so far may end there.
        let mut ends = vec![true; names.len()];
        for (number, step) in self.steps.iter().enumerate() {
            let mut above = false;
            let mut parent = false;
            let mut next = vec![false; names.len()];
            for (place, name) in names.iter().enumerate() {
                let reached = match (number, step.is_child) {
                    (0, _) => true,
                    (_, true) => parent,
                    (_, false) => above,
                };
                next[place] = reached && step.name.matches(name);
                parent = ends[place];
                above |= ends[place];
            }
            ends = next;
        }
        ends.last() == Some(&true)
    }
}

#[cfg(test)]
mod tests {
    use crate::fake_daemon::name_path::NamePath;

    #[track_caller]
    fn check(pattern: &str, like: &[&[&str]], unlike: &[&[&str]]) {
        let Ok(path) = NamePath::parse(pattern) else {
            panic!("{pattern}")
        };
        let matches = |names: &&[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            path.matches(&names)
        };
        assert!(like.iter().all(matches), "{pattern}");
        assert!(!unlike.iter().any(matches), "{pattern}");
    }

    #[test]
    fn the_last_name_is_the_entity_and_the_first_may_be_anywhere() {
        check("b", &[&["b"], &["a", "b"]], &[&["b", "c"], &[]]);
        check(
            "a > b",
            &[&["a", "b"], &["x", "a", "b"]],
            &[&["a", "x", "b"], &["b"]],
        );
        check(
            "a >> b",
            &[&["a", "b"], &["a", "x", "y", "b"]],
            &[&["b", "a"], &["b"]],
        );
        check("a>b>>c", &[&["a", "b", "x", "c"]], &[&["a", "x", "b", "c"]]);
        check("a >> *", &[&["a", "b"]], &[&["a"], &["b"]]);
        check("a > a > b", &[&["a", "a", "a", "b"]], &[&["a", "b"]]);
        check(
            "\"x > y\" > \" z \"",
            &[&["x > y", " z "]],
            &[&["x", "y", "z"]],
        );
        check("put-*", &[&["put-1"]], &[&["put"]]);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let refused = |text: &str| NamePath::parse(text).err().map(|error| error.to_string());
        let missing = "a name is missing: write it, or `*` for any";
        for text in ["", " ", ">", "a >", "a > > b", "> a", "a >>> b", "\"\""] {
            assert_eq!(
                refused(text),
                Some(format!("invalid path of names `{text}`: {missing}"))
            );
        }
        assert_eq!(
            refused("\"a"),
            Some("invalid path of names `\"a`: a quote is not closed".to_owned())
        );
        assert_eq!(
            refused("\"a\" b"),
            Some(
                "invalid path of names `\"a\" b`: expected `>` or `>>` behind a name in quotes"
                    .to_owned()
            )
        );
    }
}
