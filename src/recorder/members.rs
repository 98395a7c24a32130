//! The members of an entity's blocks, as JSON in one text.

use crate::json::{is_plain, push_text};
use crate::recorder::key::{Key, prefix};
use crate::recorder::member::{Member, between, insert, sort};

/// A block of a document, in the order in which a document has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::recorder) enum Block {
    Request,
    Sql,
    Aws,
    Annotations,
    /// Values under namespaces.
    Metadata,
}

const BLOCKS: [Block; 5] = [
    Block::Request,
    Block::Sql,
    Block::Aws,
    Block::Annotations,
    Block::Metadata,
];

/// What is said of an entity: the members of its blocks, by block, namespace and key.
///
/// They are written when they are said, one behind the other into memory that is used again. A list
/// tells where each of them stands; a document takes them from there in its order.
#[derive(Clone, Debug, Default)]
pub(in crate::recorder) struct Members {
    /// UTF-8.
    text: Vec<u8>,
    /// Those of each block: in order, as long as that can be told quickly when they are said; then in
    /// the order in which they were said, until they are put in order.
    lists: [Vec<Member>; BLOCKS.len()],
    /// Whether none of them is out of order, or was said again.
    is_sorted: bool,
    /// Whether some of them were taken away.
    has_gone: bool,
    /// How long the text was when what was replaced was last forgotten.
    kept: usize,
}

impl Members {
    /// Says a member of a block that has no namespaces, whose key needs no escape.
    #[inline]
    pub(in crate::recorder) fn set(
        &mut self,
        block: Block,
        key: &str,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        self.set_in(block, "", key, true, write);
    }

    /// Says a member, whose JSON `write` appends. One that was said before is replaced.
    #[inline]
    pub(in crate::recorder) fn set_any(
        &mut self,
        block: Block,
        namespace: &str,
        key: &str,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        self.set_in(block, namespace, key, is_plain(key.as_bytes()), write);
    }

    /// Says a member of a block that has no namespaces, whose key is known when the program is built.
    #[inline]
    pub(in crate::recorder) fn set_known(
        &mut self,
        block: Block,
        key: Key,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        self.text.reserve(key.json.len() + ROOM);
        let start = self.text.len();
        self.text.extend_from_slice(key.json.as_bytes());
        // Behind the comma and the quote, and before the quote and the colon.
        let said = (start + 2, self.text.len() - 2);
        let member = self.with_value((start, start), said, key.prefix, write);
        self.push(block, member);
    }

    #[inline]
    fn set_in(
        &mut self,
        block: Block,
        namespace: &str,
        key: &str,
        is_plain: bool,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let member = self.written(block, (namespace, key), is_plain, write);
        self.push(block, member);
    }

    /// Lists a member that was written last.
    #[inline]
    fn push(&mut self, block: Block, member: Member) {
        let list = &mut self.lists[block as usize];
        if list
            .last()
            .is_none_or(|before| before.is_surely_before(member))
        {
            list.push(member);
        } else {
            self.is_sorted = self.is_sorted && insert(list, member);
            if !self.is_sorted {
                list.push(member);
            }
        }
        // Who says one thing again and again needs no more memory than for some of it.
        if self.text.len() > 2 * self.kept + MOST_BYTES {
            self.make_room();
        }
    }

    /// Writes a member behind the others.
    #[inline]
    fn written(
        &mut self,
        block: Block,
        (namespace, key): (&str, &str),
        is_plain: bool,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Member {
        self.text.reserve(namespace.len() + key.len() + ROOM);
        let before = self.text.len();
        self.text.extend_from_slice(namespace.as_bytes());
        let (start, said);
        if is_plain {
            start = self.text.len();
            said = start + 2;
            self.text.extend_from_slice(b",\"");
            self.text.extend_from_slice(key.as_bytes());
            self.text.extend_from_slice(b"\":");
        } else {
            // Order goes by the key as it was said.
            said = self.text.len();
            self.text.extend_from_slice(key.as_bytes());
            start = self.text.len();
            self.text.push(b',');
            push_text(&mut self.text, key);
            self.text.push(b':');
        }
        let said = (said, said + key.len());
        let prefix = match block {
            Block::Metadata => 0,
            _ => prefix(key.as_bytes()),
        };
        self.with_value((before, start), said, prefix, write)
    }

    /// Writes the value of a member behind its key.
    #[inline]
    fn with_value(
        &mut self,
        (namespace, start): (usize, usize),
        key: (usize, usize),
        prefix: u64,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Member {
        let value = self.text.len();
        write(&mut self.text);
        if self.text.len() > MOST_TEXT {
            self.too_much(value);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "little comes on top of `MOST_TEXT`"
        )]
        Member {
            prefix,
            namespace: namespace as u32,
            key: (key.0 as u32, key.1 as u32),
            start: start as u32,
            value: value as u32,
            end: self.text.len() as u32,
        }
    }

    /// Puts a mark in the place of a value: what is there is too large for a document many times over.
    #[cold]
    fn too_much(&mut self, value: usize) {
        let bytes = self.text.len() - value;
        self.text.truncate(value);
        mark(&mut self.text, bytes);
    }

    /// Puts all in order. Of those that were said again, the last one stays.
    #[inline]
    pub(in crate::recorder) fn sort(&mut self) {
        if self.has_gone {
            self.has_gone = false;
            for list in &mut self.lists {
                list.retain(|member| !member.is_gone());
            }
        }
        if !self.is_sorted {
            self.put_in_order();
        }
    }

    #[inline(never)]
    fn put_in_order(&mut self) {
        self.is_sorted = true;
        for list in &mut self.lists {
            if list.len() > 1 {
                sort(list, &self.text);
            }
        }
    }

    /// Puts all in order, and forgets what was replaced.
    #[cold]
    fn make_room(&mut self) {
        self.sort();
        let old = std::mem::take(self);
        // Until all are there.
        self.kept = usize::MAX / 4;
        for (block, list) in BLOCKS.into_iter().zip(&old.lists) {
            for member in list {
                let namespace = text(member.namespace(&old.text));
                let key = text(member.key(&old.text));
                self.set_any(block, namespace, key, |json| {
                    json.extend_from_slice(member.value(&old.text));
                });
            }
        }
        self.is_sorted = true;
        self.kept = self.text.len();
    }

    /// Takes a member away, and gives how long its value was. To take many away costs in proportion.
    pub(in crate::recorder) fn remove(
        &mut self,
        block: Block,
        namespace: &str,
        key: &str,
    ) -> Option<usize> {
        let place = self.find(block, namespace, key)?;
        let member = &mut self.lists[block as usize][place];
        let was = member.value(&self.text).len();
        member.end = 0;
        self.has_gone = true;
        Some(was)
    }

    /// Puts another value into the place of a member, and gives how long the old one was.
    pub(in crate::recorder) fn replace(
        &mut self,
        block: Block,
        namespace: &str,
        key: &str,
        write: impl FnOnce(&mut Vec<u8>, usize),
    ) -> Option<usize> {
        let place = self.find(block, namespace, key)?;
        let was = self.lists[block as usize][place].value(&self.text).len();
        let is_plain = is_plain(key.as_bytes());
        let member = self.written(block, (namespace, key), is_plain, |json| write(json, was));
        self.lists[block as usize][place] = member;
        Some(was)
    }

    /// Takes back what was said last under a name; what was said of it before holds again.
    pub(in crate::recorder) fn take_back(&mut self, block: Block, namespace: &str, key: &str) {
        let is_it = |member: &Member| {
            member.namespace(&self.text) == namespace.as_bytes()
                && member.key(&self.text) == key.as_bytes()
        };
        let list = &self.lists[block as usize];
        if let Some(place) = list.iter().rposition(is_it) {
            self.lists[block as usize].remove(place);
        }
    }

    /// Where a member stands that was not taken away.
    fn find(&mut self, block: Block, namespace: &str, key: &str) -> Option<usize> {
        if !self.is_sorted {
            self.sort();
        }
        let list = &self.lists[block as usize];
        let found = list.binary_search_by(|member| {
            let of_namespace = member.namespace(&self.text).cmp(namespace.as_bytes());
            of_namespace.then_with(|| member.key(&self.text).cmp(key.as_bytes()))
        });
        found.ok().filter(|place| !list[*place].is_gone())
    }

    /// Takes all away, and keeps the memory.
    pub(in crate::recorder) fn clear(&mut self) {
        self.text.clear();
        for list in &mut self.lists {
            list.clear();
        }
        self.is_sorted = true;
        self.has_gone = false;
        self.kept = 0;
    }

    /// How many bytes of memory it holds, roughly.
    pub(in crate::recorder) fn capacity(&self) -> usize {
        let members = self.lists.iter().map(Vec::capacity).sum::<usize>();
        self.text.capacity() + members * size_of::<Member>()
    }

    /// The members of a block, in order.
    #[inline]
    pub(in crate::recorder) fn of(&self, block: Block) -> Chosen<'_> {
        Chosen {
            text: &self.text,
            list: &self.lists[block as usize],
        }
    }
}

/// Some members that stand side by side: those of a block, or of a namespace.
#[derive(Clone, Copy)]
pub(in crate::recorder) struct Chosen<'a> {
    text: &'a [u8],
    list: &'a [Member],
}

impl<'a> Chosen<'a> {
    #[inline]
    pub(in crate::recorder) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub(in crate::recorder) fn len(&self) -> usize {
        self.list.len()
    }

    /// Key and value of each.
    pub(in crate::recorder) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let all = self.text;
        let pair = move |member: &Member| (text(member.key(all)), text(member.value(all)));
        self.list.iter().map(pair)
    }

    /// Each namespace with its members.
    pub(in crate::recorder) fn namespaces(
        &self,
    ) -> impl Iterator<Item = (&'a str, Chosen<'a>)> + use<'a> {
        let all = self.text;
        self.list
            .chunk_by(move |one, next| one.namespace(all) == next.namespace(all))
            .map(move |list| (text(list[0].namespace(all)), Chosen { text: all, list }))
    }

    /// Appends them as the members of an object, without braces.
    #[inline]
    pub(in crate::recorder) fn write(&self, json: &mut Vec<u8>) {
        let Some((first, others)) = self.list.split_first() else {
            return;
        };
        // What was said one after the other is copied at once; without the first comma.
        let (mut start, mut end) = (first.start + 1, first.end);
        for member in others {
            if member.start != end {
                json.extend_from_slice(between(self.text, start, end));
                start = member.start;
            }
            end = member.end;
        }
        json.extend_from_slice(between(self.text, start, end));
    }
}

/// What stands for a value that was cut.
pub(in crate::recorder) fn mark(json: &mut Vec<u8>, bytes: usize) {
    push_text(json, &format!("cut by xray-phantom: {bytes} bytes"));
}

/// What was a text when it was said.
fn text(said: &[u8]) -> &str {
    let Ok(text) = std::str::from_utf8(said) else {
        unreachable!("what is said comes in texts, and is cut between them")
    };
    text
}

/// For what stands around a key, and a short value.
const ROOM: usize = 64;
/// So much is taken: a document has room for 64 kB.
const MOST_TEXT: usize = 1 << 30;
/// So many bytes are kept in any case, whether they were replaced or not.
const MOST_BYTES: usize = 16_384;

#[cfg(test)]
mod tests;
