//! A member of a block, and the order of members.

use std::cmp::Ordering;

/// Where a member stands in the text: its namespace as it was said; its key as it was said, if that
/// needs escapes; a comma, the key as JSON, a colon, and the value.
#[derive(Clone, Copy, Debug)]
pub(in crate::recorder) struct Member {
    /// How the key begins, as a number: it tells most keys apart. Zero in a block that has
    /// namespaces.
    pub(in crate::recorder) prefix: u64,
    pub(in crate::recorder) namespace: u32,
    /// Where the key as it was said begins and ends.
    pub(in crate::recorder) key: (u32, u32),
    /// Where the comma is.
    pub(in crate::recorder) start: u32,
    pub(in crate::recorder) value: u32,
    /// Zero where it was taken away: nobody reads its value then.
    pub(in crate::recorder) end: u32,
}

impl Member {
    #[inline]
    pub(in crate::recorder) fn namespace(self, text: &[u8]) -> &[u8] {
        between(text, self.namespace, self.start.min(self.key.0))
    }

    #[inline]
    pub(in crate::recorder) fn key(self, text: &[u8]) -> &[u8] {
        between(text, self.key.0, self.key.1)
    }

    /// The order in which a block has them.
    #[inline]
    fn cmp(&self, other: &Member, text: &[u8]) -> Ordering {
        let of_prefix = self.prefix.cmp(&other.prefix);
        of_prefix.then_with(|| self.cmp_whole(other, text))
    }

    #[inline(never)]
    fn cmp_whole(&self, other: &Member, text: &[u8]) -> Ordering {
        let of_namespace = self.namespace(text).cmp(other.namespace(text));
        of_namespace.then_with(|| self.key(text).cmp(other.key(text)))
    }

    /// Whether one look tells.
    #[inline]
    pub(in crate::recorder) fn is_surely_before(self, next: Member) -> bool {
        self.prefix < next.prefix
    }

    /// Whether it was taken away; it is dropped when the members are put in order.
    #[inline]
    pub(in crate::recorder) fn is_gone(self) -> bool {
        self.end == 0
    }

    #[inline]
    pub(in crate::recorder) fn value(self, text: &[u8]) -> &[u8] {
        between(text, self.value, self.end)
    }
}

/// Puts a member among few that are in order, if one look at each tells where; `false` if not.
#[inline(never)]
pub(in crate::recorder) fn insert(list: &mut Vec<Member>, member: Member) -> bool {
    let is_behind = |other: &Member| !member.is_surely_before(*other);
    let place = list.iter().rposition(is_behind).map_or(0, |last| last + 1);
    let before = list[..place].last();
    let is_sure = list.len() <= FEW && before.is_none_or(|before| before.is_surely_before(member));
    if is_sure {
        list.insert(place, member);
    }
    is_sure
}

/// Puts members in order. Of those that were said again, the last one stays.
pub(in crate::recorder) fn sort(list: &mut Vec<Member>, text: &[u8]) {
    if list.len() > FEW {
        return sort_many(list, text);
    }
    // Most stand where they belong, and the others not far from there.
    let mut sorted = 1;
    for next in 1..list.len() {
        if sorted == next && list[next - 1].is_surely_before(list[next]) {
            sorted += 1;
            continue;
        }
        let member = list[next];
        let mut place = sorted;
        let is_again = loop {
            let Some(before) = list[..place].last() else {
                break false;
            };
            match before.cmp(&member, text) {
                Ordering::Less => break false,
                Ordering::Equal => break true,
                Ordering::Greater => list[place] = *before,
            }
            place -= 1;
        };
        if is_again {
            list[place - 1] = member;
            list.copy_within(place + 1..=sorted, place);
        } else {
            list[place] = member;
            sorted += 1;
        }
    }
    list.truncate(sorted);
}

#[inline(never)]
fn sort_many(list: &mut Vec<Member>, text: &[u8]) {
    if list.is_sorted_by(|one, next| one.cmp(next, text).is_lt()) {
        return;
    }
    list.sort_by(|one, next| one.cmp(next, text));
    list.dedup_by(|next, one| {
        let is_same = one.cmp(next, text).is_eq();
        if is_same {
            *one = *next;
        }
        is_same
    });
}

#[inline]
pub(in crate::recorder) fn between(text: &[u8], start: u32, end: u32) -> &[u8] {
    &text[start as usize..end as usize]
}

/// So many members are put in order one by one.
const FEW: usize = 16;
