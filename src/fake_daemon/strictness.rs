//! What fails a test, and what does not.

use crate::error::Error;
use crate::fake_daemon::name_path::NamePath;
use crate::schema::{Consequence, Rule, Violation};
use crate::trace::{Defect, DefectCode, Severity};
use crate::wire::RefusalCode;

/// Which findings fail: rejections, violations that are `rejected` or `pruned`, and defects do;
/// lints do not; and whatever else was said of a code.
///
/// A saying is a code, or a code and a path of names: `annotation-key at OrdersWorker >> *`. What
/// is said with a path wins over what is said of a code alone; where both were said, to deny wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strictness {
    sayings: Vec<Saying>,
}

#[derive(Clone, Debug)]
struct Saying {
    code: &'static str,
    path: Option<NamePath>,
    fails: bool,
}

impl Strictness {
    /// Findings with this code do not fail.
    pub(crate) fn allow(&mut self, saying: &str) -> Result<(), Error> {
        self.say(saying, false)
    }

    /// Findings with this code fail.
    pub(crate) fn deny(&mut self, saying: &str) -> Result<(), Error> {
        self.say(saying, true)
    }

    fn say(&mut self, saying: &str, fails: bool) -> Result<(), Error> {
        let (code, path) = match saying.split_once(" at ") {
            Some((code, path)) => (code.trim(), Some(NamePath::parse(path)?)),
            None => (saying, None),
        };
        let Some(known) = codes().find(|known| *known == code) else {
            return Err(Error::invalid("code", code, unknown(code)));
        };
        if path.is_some() && Rule::of(known).is_none() {
            return Err(Error::invalid(
                "code",
                saying,
                format!("`{known}` is of no single entity, so that no path of names goes with it"),
            ));
        }
        self.sayings.push(Saying {
            code: known,
            path,
            fails,
        });
        Ok(())
    }

    /// Whether a datagram that was refused for this reason fails.
    pub(crate) fn fails_rejection(&self, code: RefusalCode) -> bool {
        self.fails(code.as_str(), None, true)
    }

    /// Whether a violation fails.
    pub(crate) fn fails_violation(&self, violation: &Violation) -> bool {
        let usual = violation.consequence() != Consequence::Lint;
        self.fails(violation.code(), Some(violation.names()), usual)
    }

    /// Whether breaking a rule fails, wherever it is broken.
    #[cfg(feature = "schema")]
    pub(crate) fn fails_rule(&self, rule: Rule) -> bool {
        self.fails(rule.code(), None, rule.consequence() != Consequence::Lint)
    }

    /// Whether a defect fails.
    pub(crate) fn fails_defect(&self, defect: &Defect) -> bool {
        let usual = defect.code().severity() == Severity::Error;
        self.fails(defect.code().as_str(), None, usual)
    }

    /// Whether this code was denied.
    pub(in crate::fake_daemon) fn denies(&self, code: DefectCode) -> bool {
        self.fails(code.as_str(), None, false)
    }

    fn fails(&self, code: &str, names: Option<&[String]>, usual: bool) -> bool {
        let said = |with_path: bool| {
            let sayings = self.sayings.iter().filter(move |saying| {
                let here = match (&saying.path, names) {
                    (Some(path), Some(names)) => path.matches(names),
                    (path, _) => path.is_none(),
                };
                saying.code == code && saying.path.is_some() == with_path && here
            });
            sayings.map(|saying| saying.fails).max()
        };
        said(true).or_else(|| said(false)).unwrap_or(usual)
    }
}

/// All codes of findings.
fn codes() -> impl Iterator<Item = &'static str> {
    let rejections = RefusalCode::ALL.iter().map(RefusalCode::as_str);
    let violations = Rule::ALL.iter().map(Rule::code);
    let defects = DefectCode::ALL.iter().map(DefectCode::as_str);
    rejections.chain(violations).chain(defects)
}

/// What to do about a code that is none: the one with the most words in common is named.
fn unknown(code: &str) -> String {
    let alike = |known: &str| {
        let is_known = |word: &&str| known.split('-').any(|other| is_alike(word, other));
        let words = code.split('-').filter(is_known).count();
        (words, usize::MAX - known.len().abs_diff(code.len()))
    };
    match codes().max_by_key(|known| alike(known)) {
        Some(known) if alike(known).0 > 0 => {
            format!("there is no such code: is `{known}` meant?")
        }
        _ => "there is no such code: the documentation of `xray_phantom::schema` has the table, \
              and `xray-phantom check --help` the list"
            .to_owned(),
    }
}

/// Whether one word is the other, or a plural or an ending of it.
fn is_alike(word: &str, other: &str) -> bool {
    word == other
        || word.len().min(other.len()) > 3 && (word.starts_with(other) || other.starts_with(word))
}
