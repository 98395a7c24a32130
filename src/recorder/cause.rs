//! Errors and panics as exceptions.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::EntityId;
use crate::recorder::part::Cause;
use crate::seam::Ids;

/// One error of a chain.
#[derive(Clone, Debug)]
pub(in crate::recorder) struct Exception {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) kind: String,
    pub(in crate::recorder) message: String,
    pub(in crate::recorder) remote: bool,
    /// The exception that caused this one: the next, unless that was cut.
    pub(in crate::recorder) source: Option<EntityId>,
    /// How many were left out between this one and the one that it caused.
    pub(in crate::recorder) skipped: usize,
    /// Frames as JSON, innermost first.
    pub(in crate::recorder) stack: Vec<String>,
    /// How many frames there were.
    pub(in crate::recorder) frames: usize,
    /// What tells the outermost error of a chain from others.
    pub(in crate::recorder) mark: Option<Mark>,
}

/// Tells a chain of errors from others, by the texts of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recorder) struct Mark(u64);

/// An exception by which a part failed.
#[derive(Clone, Copy, Debug)]
pub(in crate::recorder) struct Failure {
    pub(in crate::recorder) id: EntityId,
    /// `None` where it is no error of this program.
    pub(in crate::recorder) mark: Option<Mark>,
}

/// An error with its sources.
pub(in crate::recorder) struct Chain {
    /// Outermost first.
    pub(in crate::recorder) exceptions: Vec<Exception>,
    /// How many are left out before the innermost one.
    pub(in crate::recorder) skipped: usize,
    pub(in crate::recorder) mark: Mark,
}

impl Exception {
    pub(in crate::recorder) fn new(id: EntityId, kind: String, message: String) -> Exception {
        Exception {
            id,
            kind,
            message,
            remote: false,
            source: None,
            skipped: 0,
            stack: Vec::new(),
            frames: 0,
            mark: None,
        }
    }
}

impl Cause {
    /// What a cause becomes where exceptions come on top of it; gives how many are left out.
    ///
    /// A reference gives way: the exception that it names is recorded where it was thrown.
    pub(in crate::recorder) fn add(cause: &mut Option<Cause>, chain: Vec<Exception>) -> usize {
        let Some(Cause::Exceptions(all)) = cause else {
            *cause = Some(Cause::Exceptions(chain));
            return 0;
        };
        // The first ones and the last chain tell most.
        let room = MOST_EXCEPTIONS.saturating_sub(chain.len());
        let left_out = all.len().saturating_sub(room);
        all.truncate(room);
        all.extend(chain);
        left_out
    }

    /// The exception that is this error, if there is one.
    pub(in crate::recorder) fn find(&self, mark: Mark) -> Option<EntityId> {
        let Cause::Exceptions(all) = self else {
            return None;
        };
        let found = all.iter().find(|exception| exception.mark == Some(mark));
        found.map(|exception| exception.id)
    }
}

/// The chain of an error and its sources.
pub(in crate::recorder) fn chain<E: Error + ?Sized>(error: &E, ids: &Ids) -> Chain {
    let mut hasher = DefaultHasher::new();
    let mut exception = |kind: Option<Cow<'_, str>>, debug: &str, message: String| {
        (debug, &message).hash(&mut hasher);
        let kind = kind.unwrap_or_else(|| Cow::Borrowed(guessed(debug)));
        Exception::new(ids.entity_id(), kind.into_owned(), message)
    };
    let outermost = exception(
        named(std::any::type_name::<E>()),
        &format!("{error:?}"),
        error.to_string(),
    );
    let mut exceptions = vec![outermost];
    let (sources, skipped) = sources(error);
    for source in sources {
        let is_io = source.is::<std::io::Error>();
        let kind = is_io.then_some(Cow::Borrowed("io::Error"));
        exceptions.push(exception(kind, &format!("{source:?}"), source.to_string()));
    }
    skipped.hash(&mut hasher);
    let mark = Mark(hasher.finish());
    for index in 1..exceptions.len() {
        exceptions[index - 1].source = Some(exceptions[index].id);
    }
    if let [_, .., innermost] = &mut exceptions[..] {
        innermost.skipped = skipped;
    }
    exceptions[0].mark = Some(mark);
    Chain {
        exceptions,
        skipped,
        mark,
    }
}

/// The sources of an error, outermost first, and how many are left out before the innermost.
fn sources<E: Error + ?Sized>(error: &E) -> (Vec<&(dyn Error + 'static)>, usize) {
    let mut first = Vec::new();
    let mut beyond = 0;
    let mut innermost = None;
    // An error may name itself as its source.
    for source in std::iter::successors(error.source(), source_of).take(MOST_WALKED) {
        if first.len() < LONGEST - 2 {
            first.push(source);
        } else {
            beyond += 1;
            innermost = Some(source);
        }
    }
    first.extend(innermost);
    (first, usize::saturating_sub(beyond, 1))
}

fn source_of<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    // Of a reference to it, the source would live no longer than that.
    (**error).source()
}

/// The message of a panic.
pub(in crate::recorder) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text: Option<&str> = if let Some(text) = panic.downcast_ref::<&str>() {
        Some(text)
    } else if let Some(text) = panic.downcast_ref::<String>() {
        Some(text)
    } else if let Some(text) = panic.downcast_ref::<Box<str>>() {
        Some(text)
    } else {
        panic
            .downcast_ref::<Cow<'static, str>>()
            .map(|text| &**text)
    };
    text.unwrap_or("a panic without a message").to_owned()
}

/// The type of an error that is behind a `dyn`, as far as its `Debug` text tells: derived ones
/// begin with the name of the type, or of the variant.
fn guessed(debug: &str) -> &str {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let end = debug.find(|character| !is_part(character));
    let (name, rest) = debug.split_at(end.unwrap_or(debug.len()));
    let is_name = name.starts_with(|first: char| first.is_ascii_uppercase());
    let is_derived = rest.is_empty() || rest.starts_with(" {") || rest.starts_with('(');
    if is_name && is_derived { name } else { "Error" }
}

/// The name of a type without its path and parameters; `None` for a `dyn`.
///
/// Of a type `Error` the module is told too: `io::Error`.
fn named(mut full: &str) -> Option<Cow<'_, str>> {
    // References and boxes are no errors of their own.
    while let Some(inner) = POINTERS
        .iter()
        .find_map(|pointer| full.strip_prefix(pointer))
    {
        full = inner;
    }
    if full.starts_with("dyn ") {
        return None;
    }
    let plain = full.split(['<', '>']).next().unwrap_or(full);
    let mut parts = plain.rsplit("::");
    let name = parts.next().unwrap_or(plain);
    if name != "Error" {
        return Some(Cow::Borrowed(name));
    }
    let module = parts.find(|part| *part != "error" && !part.starts_with('{'));
    Some(module.map_or(Cow::Borrowed(name), |module| {
        Cow::Owned(format!("{module}::{name}"))
    }))
}

/// How `type_name` writes what points to another type.
const POINTERS: [&str; 6] = [
    "&mut ",
    "&",
    "(",
    "alloc::boxed::Box<",
    "alloc::rc::Rc<",
    "alloc::sync::Arc<",
];
/// How many errors of a chain are recorded.
pub(in crate::recorder) const LONGEST: usize = 16;
/// How many errors of a chain are looked at.
const MOST_WALKED: usize = 1_000;
/// How many exceptions of one entity are recorded.
pub(in crate::recorder) const MOST_EXCEPTIONS: usize = 64;
