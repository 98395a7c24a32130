//! What is left out of an entity that is too large for a document.

use crate::json::write_text;
use crate::recorder::part::{Cause, Fields};

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
        let mut json = String::new();
        write_text(&mut json, &text);
        let own = fields.metadata.entry(OWN_NAMESPACE.to_owned()).or_default();
        own.insert(OWN_KEY.to_owned(), json);
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
    Sql(&'static str),
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
    fields.metadata.retain(|_, values| !values.is_empty());
    cut.mark(fields);
    any
}

/// All that can be cut, and how much shorter the document gets by it, at least.
fn items(fields: &Fields) -> Vec<(usize, Item)> {
    let mut items = Vec::new();
    for (namespace, values) in &fields.metadata {
        // Of one alone, its namespace goes with it.
        let around = if values.len() == 1 {
            written(namespace) + BRACES
        } else {
            0
        };
        if namespace.len() > LONG {
            let inside = values.iter().map(|(key, json)| member(key, json));
            let size = written(namespace) + BRACES + inside.sum::<usize>();
            items.push((size, Item::Namespace(namespace.clone())));
            continue;
        }
        for (key, json) in values {
            if namespace == OWN_NAMESPACE && key == OWN_KEY {
                continue;
            }
            let place = (namespace.clone(), key.clone());
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
    for (key, json) in &fields.annotations {
        items.push((member(key, json), Item::Annotation(key.clone())));
    }
    for (key, json) in &fields.aws {
        items.push((member(key, json), Item::Aws(key.clone())));
    }
    for (key, json) in &fields.sql {
        if json.len() > LONG {
            items.push((json.len() - MARK, Item::Sql(key)));
        }
    }
    if fields.precursors.len() > FEW {
        items.push(((fields.precursors.len() - FEW) * ID, Item::Precursors));
    }
    if let Some(Cause::Exceptions(exceptions)) = &fields.cause {
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
    }
    items
}

/// The length of a text as JSON.
fn written(text: &str) -> usize {
    let mut json = String::with_capacity(text.len() + 2);
    write_text(&mut json, text);
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
    match item {
        Item::Annotation(key) => {
            let was = fields.annotations.remove(&key).map_or(0, |json| json.len());
            (format!("the annotation `{}`", shown(&key)), was)
        }
        Item::Aws(key) => {
            let was = fields.aws.remove(&key).map_or(0, |json| json.len());
            (format!("`{}` of `aws`", shown(&key)), was)
        }
        Item::Metadata(namespace, key) => {
            let what = format!("the metadata `{}`", shown(&key));
            let values = fields.metadata.entry(namespace).or_default();
            let json = values.entry(key).or_default();
            let was = json.len();
            *json = mark(was);
            (what, was)
        }
        Item::MetadataWithKey(namespace, key) => {
            let values = fields.metadata.entry(namespace).or_default();
            let was = values.remove(&key).map_or(0, |json| json.len());
            (format!("the metadata `{}`", shown(&key)), was)
        }
        Item::Namespace(namespace) => {
            let values = fields.metadata.remove(&namespace).unwrap_or_default();
            let was = values.iter().map(|(key, json)| key.len() + json.len());
            (
                format!("the metadata of `{}`", shown(&namespace)),
                was.sum(),
            )
        }
        Item::Precursors => {
            let was = (fields.precursors.len() - FEW) * ID;
            fields.precursors.truncate(FEW);
            (format!("`precursor_ids` after the first {FEW}"), was)
        }
        Item::Sql(key) => {
            let json = fields.sql.entry(key).or_default();
            let was = json.len();
            *json = mark(was);
            (format!("`{key}` of `sql`"), was)
        }
        Item::Exceptions | Item::Message(_) | Item::Stack(_) => {
            let Some(Cause::Exceptions(exceptions)) = &mut fields.cause else {
                unreachable!("the item came from there")
            };
            cut_exception(exceptions, &item)
        }
    }
}

fn cut_exception(
    exceptions: &mut Vec<crate::recorder::cause::Exception>,
    item: &Item,
) -> (String, usize) {
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

/// What stands for a value that was cut.
fn mark(bytes: usize) -> String {
    format!("\"cut by xray-phantom: {bytes} bytes\"")
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
