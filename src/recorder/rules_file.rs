//! Sampling rules as JSON.

use crate::error::Error;
use crate::json::{Document, Kind, Value};
use crate::recorder::local_rules::{LocalRule, LocalRules, Quota};
use crate::recorder::pattern::Pattern;
use crate::recorder::reservoir::Reservoir;

/// Reads a file of sampling rules.
pub(in crate::recorder) fn read(text: &str) -> Result<LocalRules, Error> {
    let document = Document::parse(text).map_err(|error| {
        Error::invalid("sampling rules", &shown(text), format!("not JSON: {error}"))
    })?;
    let file = Place {
        what: "sampling rules",
        value: document.root(),
        pointer: String::new(),
    };
    file.object("a file of sampling rules", &["default", "rules", "version"])?;
    let version = version(&file.member("version", "add `\"version\": 2`")?)?;
    let default = file.member(
        "default",
        "add `\"default\": {\"fixed_target\": 1, \"rate\": 0.05}`",
    )?;
    default.object("the default rule", QUOTA)?;
    let rules = match file.optional("rules") {
        None => Vec::new(),
        Some(rules) => rules
            .elements()?
            .map(|rule| read_rule(&rule, version))
            .collect::<Result<_, _>>()?,
    };
    Ok(LocalRules {
        rules,
        default: quota(&default)?,
    })
}

/// The versions of the format. They differ in the name of one key: what the first calls
/// `service_name` was held against the host all along (aws-xray-sdk-go,
/// `strategy/sampling/sampling_rule_manifest.go`, `processManifest`).
#[derive(Clone, Copy)]
enum Version {
    One,
    Two,
}

fn version(place: &Place<'_>) -> Result<Version, Error> {
    match place.whole() {
        Some(1) => Ok(Version::One),
        Some(2) => Ok(Version::Two),
        _ => Err(place.refused(
            "1 (its rules have a `service_name`) or 2 (a `host`)",
            Kind::Number,
        )),
    }
}

fn read_rule(rule: &Place<'_>, version: Version) -> Result<LocalRule, Error> {
    let (host, takes, keys) = match version {
        Version::One => ("service_name", "the rule of version 1", KEYS_OF_ONE),
        Version::Two => ("host", "the rule of version 2", KEYS_OF_TWO),
    };
    rule.object(takes, keys)?;
    let pattern = |key| rule.member(key, "add `\"*\"` for any")?.pattern();
    let description = rule.optional("description");
    Ok(LocalRule {
        description: description
            .map(|text| text.text())
            .transpose()?
            .map(Into::into),
        host: pattern(host)?,
        http_method: pattern("http_method")?,
        url_path: pattern("url_path")?,
        quota: quota(rule)?,
    })
}

fn quota(rule: &Place<'_>) -> Result<Quota, Error> {
    let target = rule.member(
        "fixed_target",
        "add how many requests a second are recorded for certain",
    )?;
    let Some(size) = target.whole() else {
        return Err(target.refused(
            "a whole number of requests a second (0 to 4294967295)",
            Kind::Number,
        ));
    };
    let rate = rule.member(
        "rate",
        "add which part of the other requests is recorded (0.05 is 5 %)",
    )?;
    let number = rate.value.as_number().map(|number| number.as_f64());
    match number.filter(|number| (0.0..=1.0).contains(number)) {
        Some(rate) => Ok(Quota {
            reservoir: Reservoir::of(size),
            rate,
        }),
        None => Err(rate.refused("a number from 0 to 1 (0.05 is 5 %)", Kind::Number)),
    }
}

/// A value of the file, what it is, and its JSON pointer.
struct Place<'a> {
    what: &'static str,
    value: Value<'a>,
    pointer: String,
}

impl<'a> Place<'a> {
    /// Refuses what is no object, and keys that are not among these.
    fn object(&self, who: &str, keys: &[&str]) -> Result<(), Error> {
        if self.value.kind() != Kind::Object {
            return Err(self.refused("an object", Kind::Object));
        }
        for (key, _) in self.value.members() {
            let key = key.decode();
            if !keys.contains(&&*key) {
                let why = format!("{who}{} takes {}", self.at(), keys.join(", "));
                return Err(Error::invalid("key", &shown(&key), why));
            }
        }
        Ok(())
    }

    fn elements(&self) -> Result<impl Iterator<Item = Place<'a>>, Error> {
        if self.value.kind() != Kind::Array {
            return Err(self.refused("an array", Kind::Array));
        }
        let elements = self.value.elements().enumerate();
        Ok(elements.map(|(index, value)| Place {
            what: "sampling rule",
            value,
            pointer: format!("{}/{index}", self.pointer),
        }))
    }

    fn member(&self, key: &'static str, remedy: &str) -> Result<Place<'a>, Error> {
        self.optional(key).ok_or_else(|| {
            let why = format!("`{key}` is missing{}: {remedy}", self.at());
            Error::invalid(self.what, &shown(self.value.raw()), why)
        })
    }

    fn optional(&self, key: &'static str) -> Option<Place<'a>> {
        Some(Place {
            what: key,
            value: self.value.get(key)?,
            pointer: format!("{}/{key}", self.pointer),
        })
    }

    fn text(&self) -> Result<String, Error> {
        let text = self.value.as_str();
        let text = text.ok_or_else(|| self.refused("a string", Kind::String))?;
        Ok(text.into_owned())
    }

    fn pattern(&self) -> Result<Pattern, Error> {
        match self.value.as_str().filter(|pattern| !pattern.is_empty()) {
            Some(pattern) => Ok(Pattern::new(&pattern)),
            None => Err(self.refused(
                "a string that is not empty (`*` stands for any)",
                Kind::String,
            )),
        }
    }

    /// The number, if it has no fraction and fits: 1, 1.0 and 1e0 are one.
    fn whole(&self) -> Option<u32> {
        let number = self.value.as_number()?;
        let whole = number.is_integer().then(|| number.scaled(0)).flatten()?;
        u32::try_from(whole).ok()
    }

    /// The error for a value that is not what it should be.
    fn refused(&self, expected: &str, kind: Kind) -> Error {
        let found = match self.value.kind() {
            found if found == kind => String::new(),
            found => format!(", got {found}"),
        };
        let why = format!("expected {expected}{found}{}", self.at());
        Error::invalid(self.what, &shown(self.value.raw()), why)
    }

    /// ` at /rules/0`; nothing for the whole file.
    fn at(&self) -> String {
        match &*self.pointer {
            "" => String::new(),
            pointer => format!(" at {pointer}"),
        }
    }
}

/// A text as errors quote it: on one line, and not more than its beginning.
fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The keys of every rule. The default rule has no others: it is for all requests.
const QUOTA: &[&str] = &["fixed_target", "rate"];
/// `description` and `id` are for readers: the example files of aws-xray-sdk-go have both
/// (`strategy/sampling/testdata`), and rules stand in the order of the file all the same.
const KEYS_OF_ONE: &[&str] = &[
    "description",
    "fixed_target",
    "http_method",
    "id",
    "rate",
    "service_name",
    "url_path",
];
const KEYS_OF_TWO: &[&str] = &[
    "description",
    "fixed_target",
    "host",
    "http_method",
    "id",
    "rate",
    "url_path",
];
/// Longest piece of a file that an error quotes, in characters.
const LONGEST_SHOWN: usize = 80;
