//! Names that come near a name.

use crate::error::edits;

/// The name that comes nearest, if one is near: no more than a third of it is written otherwise.
pub(in crate::expect) fn near<'n>(
    wanted: &str,
    names: impl Iterator<Item = &'n str>,
) -> Option<&'n str> {
    let wanted: Vec<char> = folded(wanted);
    if wanted.len() > LONGEST {
        return None;
    }
    let most = (wanted.len() / 3).max(1);
    let mut nearest: Option<(usize, &str)> = None;
    for name in names {
        let other = folded(name);
        if other.is_empty() || other.len().abs_diff(wanted.len()) > most {
            continue;
        }
        let distance = edits(&wanted, &other);
        if distance <= most && nearest.is_none_or(|(best, _)| distance < best) {
            nearest = Some((distance, name));
        }
    }
    nearest.map(|(_, name)| name)
}

/// Letters and digits in lower case: `Dynamo_Put` is near to `dynamo-put`.
fn folded(name: &str) -> Vec<char> {
    let name = name.chars().take(LONGEST + 1);
    name.flat_map(char::to_lowercase)
        .map(|c| if matches!(c, '_' | ' ' | '.') { '-' } else { c })
        .collect()
}

/// Longer names are not compared.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use crate::expect::near::near;

    #[track_caller]
    fn check(wanted: &str, names: &[&str], nearest: Option<&str>) {
        assert_eq!(near(wanted, names.iter().copied()), nearest);
    }

    #[test]
    fn a_name_is_near_if_most_of_it_is_the_same() {
        check(
            "dynamo-put",
            &["auth", "dynamo_put", "dynamo-get"],
            Some("dynamo_put"),
        );
        check("OrderWorker", &["OrdersWorker"], Some("OrdersWorker"));
        check("ab", &["ac", "xy"], Some("ac"));
        check("ab", &["xy"], None);
        check("put", &["get", ""], None);
        check("", &["a", "ab"], Some("a"));
        check(&"x".repeat(201), &["x"], None);
    }
}
