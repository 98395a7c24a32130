//! Numbered references to what differs from run to run: `<id 1>`.

use std::collections::HashMap;

use crate::snapshot::Step;

/// What a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::snapshot) enum Kind {
    Account,
    Entity,
    Exception,
    External,
    Host,
    Line,
    Path,
    Port,
    Request,
    Trace,
    Version,
}

impl Kind {
    pub(in crate::snapshot) const ALL: [Kind; 11] = [
        Kind::Account,
        Kind::Entity,
        Kind::Exception,
        Kind::External,
        Kind::Host,
        Kind::Line,
        Kind::Path,
        Kind::Port,
        Kind::Request,
        Kind::Trace,
        Kind::Version,
    ];

    /// What stands for it where it has no number.
    pub(in crate::snapshot) fn mask(self) -> &'static str {
        match self {
            Kind::Account => "<account>",
            Kind::Entity => "<id>",
            Kind::Exception => "<exception>",
            Kind::External => "<external>",
            Kind::Host => "<host>",
            Kind::Line => "<line>",
            Kind::Path => "<path>",
            Kind::Port => "<port>",
            Kind::Request => "<request>",
            Kind::Trace => "<trace>",
            Kind::Version => "<version>",
        }
    }

    /// The step that makes such references.
    pub(in crate::snapshot) fn step(self) -> Step {
        match self {
            Kind::Account => Step::AccountIds,
            Kind::Entity | Kind::Exception | Kind::External | Kind::Trace => Step::Ids,
            Kind::Host => Step::Hosts,
            Kind::Line => Step::StackLines,
            Kind::Path => Step::StackPaths,
            Kind::Port => Step::Ports,
            Kind::Request => Step::RequestIds,
            Kind::Version => Step::SdkVersions,
        }
    }

    /// The reference of that number.
    pub(in crate::snapshot) fn numbered(self, number: usize) -> String {
        let mask = self.mask();
        format!("{} {number}>", &mask[..mask.len() - 1])
    }

    /// The kind and length of the reference at the start of a text, if there is one: so that what
    /// is normal already stays as it is.
    pub(in crate::snapshot) fn at_start(text: &str) -> Option<(Kind, usize)> {
        if !text.starts_with('<') {
            return None;
        }
        let end = text.find('>')?;
        let (word, number) = text[..end].split_once(' ')?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let mut kinds = Kind::ALL.into_iter();
        let kind = kinds.find(|kind| kind.mask().strip_suffix('>') == Some(word))?;
        (is_number && !number.is_empty()).then_some((kind, end + 1))
    }
}

/// A text that is told by a reference. Equal ones are one.
pub(in crate::snapshot) type Atom = usize;

/// The texts that are told by references.
#[derive(Debug, Default)]
pub(in crate::snapshot) struct Atoms {
    kinds: Vec<Kind>,
    known: HashMap<(Kind, String), Atom>,
}

impl Atoms {
    pub(in crate::snapshot) fn atom(&mut self, kind: Kind, text: &str) -> Atom {
        if let Some(atom) = self.known.get(&(kind, text.to_owned())) {
            return *atom;
        }
        let atom = self.kinds.len();
        self.kinds.push(kind);
        self.known.insert((kind, text.to_owned()), atom);
        atom
    }

    pub(in crate::snapshot) fn kind(&self, atom: Atom) -> Kind {
        self.kinds[atom]
    }

    pub(in crate::snapshot) fn len(&self) -> usize {
        self.kinds.len()
    }
}
