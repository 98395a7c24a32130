//! The lint: secrets of a document become violations that do not show them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::error::{count, on_one_line};
use crate::json::{Document, Step, write_text};
use crate::schema::judge::names;
use crate::schema::secrets::allowed::Allowed;
use crate::schema::secrets::card;
use crate::schema::secrets::find::{Find, find};
use crate::schema::secrets::key::is_name;
use crate::schema::secrets::masked::{Masker, masked_by};
use crate::schema::secrets::place::{Part, Place, places};
use crate::schema::{Names, Rule, Violation};

/// A lint, on request, for what looks like a secret: whoever may read traces can read it.
///
/// It looks for credentials (passwords, keys, private keys), tokens, e-mail addresses, and the
/// numbers of payment cards, each by its own [rule](Rule): `secret-credential`, `secret-token`,
/// `secret-email`, `secret-card-number`. It looks
///
/// - into annotations and metadata, keys too, to any depth;
/// - into all other texts of an entity: name, user, URLs, connection strings, queries, the
///   messages of exceptions. Left out are ids, ARNs of resources, addresses and user agents of
///   clients, and the places in code of a stack.
///
/// What is in the place of a secret is none: `***`, `<redacted>`, `[FILTERED]`, `xxxx`, `?`,
/// `$1`, `:password`, `${PASSWORD}`, `null`. Behind the name of a password, anything of 4 and
/// more characters is one, unless it is part of a sentence; behind that of a token, what has no
/// spaces and a digit.
///
/// No violation shows a secret whole: messages have its first characters, at most 4 and at most
/// a quarter of it, and `…`, and of an e-mail address the domain. Where the secret is a key or a
/// part of a name, pointer and names show the same form, and the pointer leads nowhere.
///
/// # Examples
///
/// ```
/// use xray_phantom::json::Document;
/// use xray_phantom::schema::{Rule, Secrets};
///
/// let document = Document::parse(
///     r#"{"name": "api", "id": "53995c3f42cd8ad8", "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
///         "start_time": 1.25, "end_time": 1.5, "annotations": {"contact": "jordan@example.com"},
///         "sql": {"url": "postgres://app:hunter2@db/orders"}}"#,
/// )
/// .unwrap();
/// let violations = Secrets::new().judge(&document);
/// assert_eq!(violations[0].rule(), Rule::SecretEmail);
/// assert_eq!(violations[0].pointer(), "/annotations/contact");
/// assert_eq!(
///     violations[0].message(),
///     "what a person gave was recorded: `annotations.contact` holds what looks like an e-mail address \
///      (`jor…@example.com`, 18 characters); leave it out, or allow it"
/// );
/// assert_eq!(
///     violations[1].message(),
///     "a setting, a URL or a query was recorded as it is: `sql.url` holds what looks like a password \
///      (`h…`, 7 characters); leave it out, or allow it"
/// );
///
/// // What is known to be harmless is allowed.
/// let secrets = Secrets::new().allow("*@example.com").allow("hunter2");
/// assert!(secrets.judge(&document).is_empty());
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a lint that judges no document finds nothing"]
pub struct Secrets {
    allowed: Allowed,
}

impl Secrets {
    /// The lint that allows nothing.
    pub fn new() -> Secrets {
        Secrets::default()
    }

    /// Allows a secret: one that is `text`, or that stands in a string or key that is `text` as a
    /// whole. Each `*` stands for any characters, or none; case counts.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::json::Document;
    /// use xray_phantom::schema::Secrets;
    ///
    /// let document =
    ///     Document::parse(r#"{"metadata": {"default": {"db": "postgres://app:hunter2@localhost/test"}}}"#).unwrap();
    /// let count = |secrets: Secrets| secrets.judge(&document).len();
    /// assert_eq!(count(Secrets::new()), 1);
    /// assert_eq!(count(Secrets::new().allow("hunter2")), 0);
    /// assert_eq!(count(Secrets::new().allow("postgres://*@localhost/*")), 0);
    /// assert_eq!(count(Secrets::new().allow("hunter")), 1);
    /// ```
    pub fn allow(mut self, text: impl AsRef<str>) -> Secrets {
        self.allowed.add(text.as_ref());
        self
    }

    /// Looks for secrets in a document. In order of the pointers.
    ///
    /// The same secret twice in one string is one violation.
    pub fn judge(&self, document: &Document) -> Vec<Violation> {
        let found = self.found(document);
        let masker = Masker::new(texts(&found));
        let show = |text: &str| masker.mask(text).into_owned();
        let trace_id = document
            .root()
            .get("trace_id")
            .and_then(|id| id.as_identity());
        let trace_id: Option<Arc<str>> = trace_id.map(|id| show(&id).into());
        let mut violations = Vec::new();
        let mut known: HashMap<u32, (Option<Arc<str>>, Names)> = HashMap::new();
        for found in &found {
            let entity = found.place.entity;
            let (id, names) = known.entry(entity.index()).or_insert_with(|| {
                let id = entity.get("id").and_then(|id| id.as_identity());
                let names = names(&entity.way(), entity);
                (
                    id.map(|id| show(&id).into()),
                    names.iter().map(|name| show(name)).collect(),
                )
            });
            let (pointer, path) = found.place.spelled(&masker);
            let mut violation = Violation {
                rule: Rule::SecretCredential,
                seq: 0,
                trace_id: trace_id.clone(),
                id: id.clone(),
                names: Arc::clone(names),
                pointer,
                message: String::new(),
                dialect: None,
            };
            let mut seen = BTreeSet::new();
            for find in &found.finds {
                let secret = &found.text[find.start..find.end];
                if seen.insert((find.rule, secret)) {
                    violation.rule = find.rule;
                    violation.message = message(&found.place, &path, find, secret);
                    violations.push(violation.clone());
                }
            }
        }
        violations.sort_by(|a, b| a.pointer.cmp(&b.pointer).then(a.rule.cmp(&b.rule)));
        violations
    }

    /// The secrets of a document, whole, in each form in which they may be written: for
    /// [`Masker`].
    ///
    /// A secret that is only the word for one, such as `password`, is left out.
    pub(crate) fn texts(&self, document: &Document) -> Vec<String> {
        texts(&self.found(document))
    }

    /// The secrets of a text that never became a document.
    pub(crate) fn texts_of(&self, text: &str) -> Vec<String> {
        let found = find(text, None)
            .into_iter()
            .map(|find| &text[find.start..find.end]);
        let kept = found.filter(|secret| !self.allowed.holds(secret) && !is_name(secret));
        kept.map(str::to_owned).collect()
    }

    fn found<'a>(&self, document: &'a Document) -> Vec<Found<'a>> {
        let mut all = Vec::new();
        for place in places(document.root()) {
            let text = place.text();
            let name = place.name.map(|name| name.decode());
            let mut finds = match place.part {
                Part::Key(_) | Part::Text(_) => find(&text, name.as_deref()),
                Part::Number(number) => card::find_number(number),
            };
            finds.retain(|find| !self.allowed.holds(&text[find.start..find.end]));
            if !finds.is_empty() && !self.allowed.holds(&text) {
                all.push(Found { place, text, finds });
            }
        }
        all
    }
}

/// What was found at one place.
struct Found<'a> {
    place: Place<'a>,
    text: Cow<'a, str>,
    finds: Vec<Find>,
}

fn message(place: &Place<'_>, path: &str, find: &Find, secret: &str) -> String {
    let holds = match place.part {
        Part::Key(_) => "has a key that holds",
        Part::Number(_) | Part::Text(_) => "holds",
    };
    format!(
        "{}: `{}` {holds} what looks like {} (`{}`, {}); leave it out, or allow it",
        why(find.rule),
        on_one_line(path, SHOWN_PATH),
        find.what,
        on_one_line(&masked_by(find.rule, secret), SHOWN_SECRET),
        count(secret.chars().count() as u64, "character")
    )
}

/// Why a secret is likely to be there.
fn why(rule: Rule) -> &'static str {
    match rule {
        Rule::SecretCardNumber | Rule::SecretEmail => "what a person gave was recorded",
        Rule::SecretToken => "a header or a reply was recorded as it is",
        _ => "a setting, a URL or a query was recorded as it is",
    }
}

/// Each secret as it says, as it was received, and as we write it: into JSON, into a pointer.
fn texts(found: &[Found<'_>]) -> Vec<String> {
    let mut texts = BTreeSet::new();
    for found in found {
        let parts = found.finds.iter().map(|find| find.start..find.end);
        let parts: Vec<Range<usize>> = parts.collect();
        for (raw, part) in found.place.raw(&parts).into_iter().zip(parts) {
            let secret = &found.text[part];
            if is_name(secret) {
                continue;
            }
            if texts.insert(secret.to_owned()) {
                let mut json = String::new();
                write_text(&mut json, secret);
                texts.insert(json[1..json.len() - 1].to_owned());
                texts.insert(escaped(secret));
            }
            texts.insert(raw.to_owned());
        }
    }
    texts.into_iter().collect()
}

impl Place<'_> {
    /// The JSON pointer, and the path below the entity: `annotations.contact`. Secrets that are
    /// keys are masked in both.
    fn spelled(&self, masker: &Masker) -> (String, String) {
        let above = self.entity.way().len();
        let way = self.value.way();
        // The message of a key is about the object around it.
        let below = match self.part {
            Part::Key(_) => above..way.len() - 1,
            Part::Number(_) | Part::Text(_) => above..way.len(),
        };
        let (mut pointer, mut path) = (String::new(), String::new());
        for (place, (step, _)) in way.iter().enumerate() {
            let (step, part) = match step {
                Step::Element(index) => (index.to_string(), format!("[{index}]")),
                Step::Member(key) => {
                    let key = key.decode();
                    let key = masker.mask(&key);
                    let dot = if path.is_empty() { "" } else { "." };
                    (escaped(&key), format!("{dot}{key}"))
                }
            };
            pointer.push('/');
            pointer.push_str(&step);
            if below.contains(&place) {
                path.push_str(&part);
            }
        }
        (pointer, path)
    }
}

/// A key as a JSON pointer writes it.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// How many characters of a path are shown.
const SHOWN_PATH: usize = 80;
/// How many characters of a masked secret are shown.
const SHOWN_SECRET: usize = 60;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::json::Document;
    use crate::schema::{Masker, Secrets};

    #[test]
    fn texts_hold_each_form_of_a_secret() {
        let document = Document::parse(
            r#"{"metadata": {"a": {"secret": "ab\/\u0063d12", "password": "password", "b~c/d": "x", "token": "\u00e9"}}}"#,
        );
        let document = document.unwrap();
        let texts = Secrets::new().texts(&document);
        assert_eq!(texts, ["ab/cd12", "ab\\/\\u0063d12", "ab~1cd12"]);
        assert!(Secrets::new().allow("ab/*").texts(&document).is_empty());
        // Nothing of it is left in the document itself.
        let masked = Masker::new(texts).mask(document.text()).into_owned();
        assert!(
            masked.contains(r#""secret": "a…", "password": "password""#),
            "{masked}"
        );
    }

    #[test]
    fn numbers_are_texts_too() {
        let document = Document::parse(r#"{"annotations": {"card": 4111111111111111.0}}"#).unwrap();
        assert_eq!(Secrets::new().texts(&document), ["4111111111111111"]);
    }
}
