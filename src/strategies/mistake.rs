//! One mistake: where it is made, and what it changes.

use proptest::sample::Index;

use crate::schema::Rule;
use crate::strategies::json::Json;

/// One way to break a rule.
#[derive(Debug)]
pub(in crate::strategies) struct Mistake {
    pub(in crate::strategies) rule: Rule,
    pub(in crate::strategies) place: Place,
    pub(in crate::strategies) needs: Need,
    change: Change,
}

/// Which entities it can be made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::strategies) enum Place {
    Any,
    /// A subsegment inside another entity.
    Embedded,
    /// A subsegment at the top of its document.
    OnItsOwn,
    /// A segment.
    Segment,
    /// A subsegment, embedded or not.
    Subsegment,
    /// Whatever is at the top of the document.
    Top,
}

/// What such an entity must have, or have not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::strategies) enum Need {
    /// A call of an AWS SDK that was answered.
    AnsweredCall,
    /// A call of an AWS SDK that has ended.
    Call,
    Ended,
    Exception,
    Flag,
    /// No call of an AWS SDK, whose name says what is called.
    NoCall,
    NoFlag,
    Nothing,
    Status,
}

/// What is changed in the entity.
#[derive(Debug)]
enum Change {
    /// Something that no table can say. Gives the place inside the entity.
    By(fn(&mut Json, &Scene, Index) -> String),
    /// One of these is taken away; the mistake is said to be at the place.
    Remove(&'static [&'static str], &'static str),
    /// A text that is too long: the sign, and how often.
    Repeat(&'static str, &'static str, usize),
    /// One of these places gets a value.
    Set(&'static [(&'static str, &'static str)]),
}

/// Whether a status is one that a service of AWS gives, with an id: a 5xx may be of a proxy.
fn is_of_aws(status: &Json) -> bool {
    !status.to_string().starts_with('5')
}

/// What a change may need to know of the whole document.
#[derive(Debug)]
pub(in crate::strategies) struct Scene {
    pub(in crate::strategies) id: Json,
    pub(in crate::strategies) length: usize,
}

impl Mistake {
    pub(in crate::strategies) const fn by(
        rule: Rule,
        place: Place,
        change: fn(&mut Json, &Scene, Index) -> String,
    ) -> Mistake {
        Mistake::new(rule, place, Change::By(change))
    }

    pub(in crate::strategies) const fn remove(
        rule: Rule,
        place: Place,
        paths: &'static [&'static str],
        at: &'static str,
    ) -> Mistake {
        Mistake::new(rule, place, Change::Remove(paths, at))
    }

    pub(in crate::strategies) const fn repeat(
        rule: Rule,
        place: Place,
        path: &'static str,
        (sign, count): (&'static str, usize),
    ) -> Mistake {
        Mistake::new(rule, place, Change::Repeat(path, sign, count))
    }

    pub(in crate::strategies) const fn set(
        rule: Rule,
        place: Place,
        values: &'static [(&'static str, &'static str)],
    ) -> Mistake {
        Mistake::new(rule, place, Change::Set(values))
    }

    const fn new(rule: Rule, place: Place, change: Change) -> Mistake {
        Mistake {
            rule,
            place,
            needs: Need::Nothing,
            change,
        }
    }

    pub(in crate::strategies) const fn needs(mut self, needs: Need) -> Mistake {
        self.needs = needs;
        self
    }

    /// Makes the mistake; gives its place as a JSON pointer inside the entity.
    pub(in crate::strategies) fn make(
        &self,
        entity: &mut Json,
        scene: &Scene,
        which: Index,
    ) -> String {
        match &self.change {
            Change::By(change) => change(entity, scene, which),
            Change::Remove(paths, at) => {
                let there = paths.iter().filter(|path| entity.at(path).is_some());
                let there: Vec<&str> = there.copied().collect();
                let path: &str = which.get::<&str>(&there);
                entity.remove(path);
                (*at).to_owned()
            }
            Change::Repeat(path, sign, count) => {
                entity.set(path, Json::text(sign.repeat(*count)));
                format!("/{path}")
            }
            Change::Set(values) => {
                let (path, value) = which.get(values);
                entity.set(path, Json::raw(value));
                format!("/{path}")
            }
        }
    }
}

impl Place {
    /// Whether it takes an entity at the top of a document that is a segment, or is none.
    pub(in crate::strategies) fn is_top(self, segment: bool) -> bool {
        match self {
            Place::Any | Place::Top => true,
            Place::Embedded => false,
            Place::OnItsOwn | Place::Subsegment => !segment,
            Place::Segment => segment,
        }
    }

    pub(in crate::strategies) fn is_embedded(self) -> bool {
        matches!(self, Place::Any | Place::Embedded | Place::Subsegment)
    }
}

impl Need {
    pub(in crate::strategies) fn is_met(self, entity: &Json) -> bool {
        let ended = entity.get("end_time").is_some();
        let flags = ["error", "fault", "throttle"];
        let flagged = || flags.iter().any(|flag| entity.is(flag, "true"));
        let call = entity.is("namespace", "\"aws\"");
        match self {
            Need::AnsweredCall => {
                ended && call && entity.at("http/response/status").is_some_and(is_of_aws)
            }
            Need::Call => ended && call,
            Need::Ended => ended,
            Need::Exception => entity.at("cause/exceptions/0/id").is_some(),
            Need::Flag => flagged(),
            Need::NoCall => !call,
            Need::NoFlag => !flagged(),
            Need::Nothing => true,
            Need::Status => entity.at("http/response/status").is_some(),
        }
    }

    /// Gives it to a subsegment that has ended and has nothing.
    pub(in crate::strategies) fn give(self, subsegment: &mut Json) {
        match self {
            Need::AnsweredCall => {
                Need::Call.give(subsegment);
                subsegment.set("aws/request_id", Json::text("request-1"));
                Need::Status.give(subsegment);
            }
            Need::Call => {
                subsegment.set("namespace", Json::text("aws"));
                subsegment.set("aws/operation", Json::text("PutObject"));
                subsegment.set("aws/region", Json::text("us-east-1"));
            }
            Need::Ended | Need::NoCall | Need::NoFlag | Need::Nothing => {}
            Need::Exception => {
                let id = Json::text("0123456789abcdef");
                let exceptions = Json::Array(vec![Json::object([("id", Some(id))])]);
                subsegment.set("fault", Json::raw(true));
                subsegment.set("cause/exceptions", exceptions);
            }
            Need::Flag => subsegment.set("fault", Json::raw(true)),
            Need::Status => subsegment.set("http/response/status", Json::raw(200)),
        }
    }
}
