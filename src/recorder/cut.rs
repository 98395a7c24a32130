//! What is left out of an entity that is too large for a document.

use crate::json::push_text;
use crate::recorder::cause::Exception;
use crate::recorder::members::{Block, Chosen, mark};
use crate::recorder::part::Fields;

/// What was cut.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Cut {
    /// The largest few, in words.
    pub(in crate::recorder) told: Vec<String>,
    /// How many others.
    pub(in crate::recorder) more: u64,
    /// Whether something is gone without a mark at its place.
    removed: bool,
}

impl Cut {
    pub(in crate::recorder) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    fn add(&mut self, what: String) {
        if self.told.len() < MOST_TOLD {
            self.told.push(what);
        } else {
            self.more += 1;
        }
    }

    /// Marks what is gone, as metadata.
    fn mark(&self, fields: &mut Fields) {
        if !self.removed {
            return;
        }
        let mut text = self.told.join("; ");
        if self.more > 0 {
            text = format!("{text}; and {} more", self.more);
        }
        let members = &mut fields.members;
        members.set_any(Block::Metadata, OWN_NAMESPACE, OWN_KEY, |json| {
            push_text(json, &text);
        });
    }
}

/// Something that can be cut.
enum Item {
    Annotation(String),
    Aws(String),
    Exceptions,
    Message(usize),
    /// A value of metadata, for which a mark stays.
    Metadata(String, String),
    /// A value of metadata with its key.
    MetadataWithKey(String, String),
    Namespace(String),
    Precursors,
    Sql(String),
    Stack(usize),
}

/// Cuts at least so many bytes, the largest things first; `false` where nothing is left to cut.
pub(in crate::recorder) fn cut(fields: &mut Fields, bytes: usize, cut: &mut Cut) -> bool {
    let mut items = items(fields);
    // Of those that are as large, metadata goes first.
    items.sort_by_key(|(size, item)| {
        let is_metadata = matches!(item, Item::Metadata(..) | Item::MetadataWithKey(..));
        (std::cmp::Reverse(*size), !is_metadata)
    });
    let mut left = bytes + ROOM_FOR_MARK;
    let mut any = false;
    for (size, item) in items {
        if left == 0 {
            break;
        }
        let (what, was) = apply(fields, item, &mut cut.removed);
        cut.add(format!("{what} of {was} bytes"));
        left = left.saturating_sub(size);
        any = true;
    }
    cut.mark(fields);
    any
}

/// All that can be cut, and how much shorter the document gets by it, at least.
fn items(fields: &Fields) -> Vec<(usize, Item)> {
    let mut items = Vec::new();
    let members = &fields.members;
    for (namespace, values) in members.of(Block::Metadata).namespaces() {
        // Of one alone, its namespace goes with it.
        let around = if values.len() == 1 {
            written(namespace) + BRACES
        } else {
            0
        };
        if namespace.len() > LONG {
            let inside = values.iter().map(|(key, json)| member(key, json));
            let size = written(namespace) + BRACES + inside.sum::<usize>();
            items.push((size, Item::Namespace(namespace.to_owned())));
            continue;
        }
        for (key, json) in values.iter() {
            if namespace == OWN_NAMESPACE && key == OWN_KEY {
                continue;
            }
            let place = (namespace.to_owned(), key.to_owned());
            let item = if json.len() > LONG && key.len() <= LONG {
                (json.len() - MARK, Item::Metadata(place.0, place.1))
            } else {
                (
                    around + member(key, json),
                    Item::MetadataWithKey(place.0, place.1),
                )
            };
            items.push(item);
        }
    }
    for (key, json) in members.of(Block::Annotations).iter() {
        items.push((member(key, json), Item::Annotation(key.to_owned())));
    }
    for (key, json) in members.of(Block::Aws).iter() {
        items.push((member(key, json), Item::Aws(key.to_owned())));
    }
    for (key, json) in members.of(Block::Sql).iter() {
        if json.len() > LONG {
            items.push((json.len() - MARK, Item::Sql(key.to_owned())));
        }
    }
    if fields.precursors.len() > FEW {
        items.push(((fields.precursors.len() - FEW) * ID, Item::Precursors));
    }
    let exceptions = fields.cause.exceptions();
    for (index, exception) in exceptions.iter().enumerate() {
        let message = written(&exception.message);
        if message > LONG {
            items.push((message - LONG, Item::Message(index)));
        }
        let stack: usize = exception.stack.iter().map(String::len).sum();
        if stack > 0 {
            items.push((stack, Item::Stack(index)));
        }
    }
    if exceptions.len() > FEW {
        items.push((0, Item::Exceptions));
    }
    items
}

/// The length of a text as JSON.
fn written(text: &str) -> usize {
    let mut json = Vec::with_capacity(text.len() + 2);
    push_text(&mut json, text);
    json.len()
}

/// The length of a member with its colon and comma.
fn member(key: &str, json: &str) -> usize {
    written(key) + json.len() + 2
}

/// Leaves nothing that was said but who it is and how it went: what cannot be cut otherwise, such
/// as many texts of the greatest length.
pub(in crate::recorder) fn cut_all(fields: &mut Fields, cut: &mut Cut) {
    let flags = fields.flags();
    *fields = Fields {
        namespace: fields.namespace,
        said: flags,
        ..Fields::default()
    };
    cut.removed = true;
    cut.add("all else that was said".to_owned());
    cut.mark(fields);
}

/// Cuts one thing; says what it was, and how many bytes it had.
fn apply(fields: &mut Fields, item: Item, removed: &mut bool) -> (String, usize) {
    *removed |= !matches!(item, Item::Metadata(..) | Item::Sql(_) | Item::Message(_));
    let members = &mut fields.members;
    let mut remove = |block, namespace: &str, key: &str| {
        let was = members.remove(block, namespace, key);
        was.unwrap_or_default()
    };
    match item {
        Item::Annotation(key) => {
            let was = remove(Block::Annotations, "", &key);
            (format!("the annotation `{}`", shown(&key)), was)
        }
        Item::Aws(key) => {
            let was = remove(Block::Aws, "", &key);
            (format!("`{}` of `aws`", shown(&key)), was)
        }
        Item::Metadata(namespace, key) => {
            let was = members.replace(Block::Metadata, &namespace, &key, mark);
            let what = format!("the metadata `{}`", shown(&key));
            (what, was.unwrap_or_default())
        }
        Item::MetadataWithKey(namespace, key) => {
            let was = remove(Block::Metadata, &namespace, &key);
            (format!("the metadata `{}`", shown(&key)), was)
        }
        Item::Namespace(namespace) => {
            let all = members.of(Block::Metadata);
            let values = all.namespaces().find(|(name, _)| *name == namespace);
            let keys = |values: Chosen<'_>| values.iter().map(|(key, _)| key.to_owned()).collect();
            let keys: Vec<String> = values.map_or_else(Vec::new, |(_, values)| keys(values));
            let mut was = 0;
            for key in keys {
                let value = members.remove(Block::Metadata, &namespace, &key);
                was += key.len() + value.unwrap_or_default();
            }
            (format!("the metadata of `{}`", shown(&namespace)), was)
        }
        Item::Precursors => {
            let was = (fields.precursors.len() - FEW) * ID;
            fields.precursors.truncate(FEW);
            (format!("`precursor_ids` after the first {FEW}"), was)
        }
        Item::Sql(key) => {
            let was = members.replace(Block::Sql, "", &key, mark);
            (format!("`{key}` of `sql`"), was.unwrap_or_default())
        }
        Item::Exceptions | Item::Message(_) | Item::Stack(_) => {
            cut_exception(fields.cause.exceptions_mut(), &item)
        }
    }
}

fn cut_exception(exceptions: &mut Vec<Exception>, item: &Item) -> (String, usize) {
    match *item {
        Item::Message(index) => {
            let exception = &mut exceptions[index];
            let was = exception.message.len();
            // Escapes are longer than what they stand for.
            let mut length = 0;
            let end = exception.message.char_indices().find(|(_, character)| {
                length += written(character.encode_utf8(&mut [0; 4])) - 2;
                length > LONG - MARK
            });
            if let Some((end, _)) = end {
                exception.message.truncate(end);
            }
            (format!("the message of `{}`", shown(&exception.kind)), was)
        }
        Item::Stack(index) => {
            let exception = &mut exceptions[index];
            let was = exception.stack.iter().map(String::len).sum();
            exception.stack.clear();
            (format!("the stack of `{}`", shown(&exception.kind)), was)
        }
        _ => {
            let cut = exceptions.split_off(FEW);
            let was = cut.iter().map(|exception| exception.message.len()).sum();
            (format!("the exceptions after the first {FEW}"), was)
        }
    }
}

/// A key as it is shown in a message.
fn shown(key: &str) -> String {
    let shown: String = key.chars().take(MOST_SHOWN).collect();
    let more = if shown.len() < key.len() { "..." } else { "" };
    format!("{}{more}", shown.escape_debug())
}

/// The namespace of what the recorder itself says in metadata.
const OWN_NAMESPACE: &str = "xray-phantom";
/// The key of what was cut.
const OWN_KEY: &str = "cut";
/// How many things that were cut are told one by one.
const MOST_TOLD: usize = 3;
/// How many characters of a key are shown.
const MOST_SHOWN: usize = 40;
/// What is longer is worth a mark of its own.
const LONG: usize = 512;
/// The braces of a namespace, its colon and its comma.
const BRACES: usize = 4;
/// No mark is longer.
const MARK: usize = 60;
/// Three things in words, and how many more.
const ROOM_FOR_MARK: usize = 1_024;
/// How many exceptions and precursors always stay.
const FEW: usize = 16;
/// An id with its quotes and comma.
const ID: usize = 19;
