//! All that looks like a secret in one text.

use crate::schema::Rule;
use crate::schema::secrets::{card, email, keyed, pem, scheme, sql, token, url};

/// Something that looks like a secret: the bytes from `start` to `end` of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema::secrets) struct Find {
    pub(in crate::schema::secrets) rule: Rule,
    /// What it looks like, with its article.
    pub(in crate::schema::secrets) what: &'static str,
    pub(in crate::schema::secrets) start: usize,
    pub(in crate::schema::secrets) end: usize,
}

impl Find {
    fn overlaps(&self, other: &Find) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn holds(&self, other: &Find) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// What looks like a secret in `text`, which stands at `key` if that is known. In order, and
/// none overlaps another.
pub(in crate::schema::secrets) fn find(text: &str, key: Option<&str>) -> Vec<Find> {
    let mut finds = Vec::new();
    // From the surest to the least sure: of two that overlap, the first one wins.
    pem::find(text, &mut finds);
    token::find(text, &mut finds);
    scheme::find(text, &mut finds);
    url::find(text, &mut finds);
    if let Some(key) = key {
        keyed::find_at_key(key, text, &mut finds);
    }
    keyed::find(text, &mut finds);
    sql::find(text, &mut finds);
    card::find(text, &mut finds);
    email::find(text, &mut finds);
    apart(finds)
}

/// Leaves one of those that overlap: the one that holds the others, else the surest.
fn apart(finds: Vec<Find>) -> Vec<Find> {
    let mut ranked: Vec<(usize, Find)> = finds.into_iter().enumerate().collect();
    ranked.sort_by_key(|(rank, find)| (find.start, *rank));
    let mut kept: Vec<(usize, Find)> = Vec::new();
    for (rank, find) in ranked {
        match kept.last_mut() {
            Some(last) if last.1.overlaps(&find) => {
                let wider = find.holds(&last.1) && !last.1.holds(&find);
                let surer = rank < last.0 && !last.1.holds(&find);
                if wider || surer {
                    *last = (rank, find);
                }
            }
            _ => kept.push((rank, find)),
        }
    }
    kept.into_iter().map(|(_, find)| find).collect()
}
