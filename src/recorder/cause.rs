//! Errors and panics as exceptions.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Debug, Write};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::EntityId;
use crate::seam::Ids;

/// One error of a chain.
#[derive(Clone, Debug)]
pub(in crate::recorder) struct Exception {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) kind: Cow<'static, str>,
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
    pub(in crate::recorder) fn new(
        id: EntityId,
        kind: Cow<'static, str>,
        message: String,
    ) -> Exception {
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

/// Why an entity failed: exceptions, or one that a child has already, as the error passed through.
#[derive(Clone, Debug, Default)]
pub(in crate::recorder) struct Cause {
    exceptions: Vec<Exception>,
    /// Means nothing beside exceptions.
    reference: Option<EntityId>,
}

impl Cause {
    pub(in crate::recorder) fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    pub(in crate::recorder) fn exceptions_mut(&mut self) -> &mut Vec<Exception> {
        &mut self.exceptions
    }

    /// The exception of a child.
    pub(in crate::recorder) fn reference(&self) -> Option<EntityId> {
        self.reference.filter(|_| self.exceptions.is_empty())
    }

    pub(in crate::recorder) fn is_empty(&self) -> bool {
        self.exceptions.is_empty() && self.reference.is_none()
    }

    /// Adds exceptions on top of what there is; gives how many are left out.
    ///
    /// A reference gives way: the exception that it names is recorded where it was thrown.
    pub(in crate::recorder) fn add(
        &mut self,
        chain: impl ExactSizeIterator<Item = Exception>,
    ) -> usize {
        // The first ones and the last chain tell most.
        let room = MOST_EXCEPTIONS.saturating_sub(chain.len());
        let left_out = self.exceptions.len().saturating_sub(room);
        self.exceptions.truncate(room);
        self.exceptions.extend(chain);
        left_out
    }

    /// Refers to the exception of a child, unless there are exceptions.
    pub(in crate::recorder) fn refer(&mut self, id: EntityId) {
        self.reference = Some(id);
    }

    /// The exception that is this error, if there is one.
    pub(in crate::recorder) fn find(&self, mark: Mark) -> Option<EntityId> {
        let mut all = self.exceptions.iter();
        let found = all.find(|exception| exception.mark == Some(mark));
        found.map(|exception| exception.id)
    }

    /// How many bytes of memory it holds, roughly.
    pub(in crate::recorder) fn capacity(&self) -> usize {
        self.exceptions.capacity() * size_of::<Exception>()
    }

    /// Forgets all, and keeps the memory.
    pub(in crate::recorder) fn clear(&mut self) {
        self.exceptions.clear();
        self.reference = None;
    }
}

/// The chain of an error and its sources.
pub(in crate::recorder) fn chain<E: Error + ?Sized>(error: &E, ids: &Ids) -> Chain {
    let mut texts = Texts(DefaultHasher::new());
    let mut exception = |kind: Option<Cow<'static, str>>, debug: &dyn Debug, message: String| {
        let kind = texts.kind(kind, debug);
        message.hash(&mut texts.0);
        Exception::new(ids.entity_id(), kind, message)
    };
    let outermost = exception(named(std::any::type_name::<E>()), &error, error.to_string());
    let mut exceptions = vec![outermost];
    let (sources, skipped) = sources(error);
    for source in sources {
        let is_io = source.is::<std::io::Error>();
        let kind = is_io.then_some(Cow::Borrowed(IO_ERROR));
        exceptions.push(exception(kind, &source, source.to_string()));
    }
    skipped.hash(&mut texts.0);
    let mark = Mark(texts.0.finish());
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

/// Takes the texts of errors into a hash.
struct Texts(DefaultHasher);

impl Texts {
    /// The type of an error: what is known of it, or what its `Debug` text tells.
    fn kind(&mut self, known: Option<Cow<'static, str>>, debug: &dyn Debug) -> Cow<'static, str> {
        // What `Debug` refuses to write is not looked at.
        let kind = match known {
            Some(known) => {
                let _ = write!(self, "{debug:?}");
                known
            }
            None => {
                let text = format!("{debug:?}");
                let _ = self.write_str(&text);
                Cow::Owned(guessed(&text).to_owned())
            }
        };
        self.0.write_u8(0xff);
        kind
    }
}

impl Write for Texts {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
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
fn named(mut full: &'static str) -> Option<Cow<'static, str>> {
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
    if module == Some("io") {
        return Some(Cow::Borrowed(IO_ERROR));
    }
    Some(module.map_or(Cow::Borrowed(name), |module| {
        Cow::Owned(format!("{module}::{name}"))
    }))
}

/// What the errors of the system are called.
const IO_ERROR: &str = "io::Error";
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
