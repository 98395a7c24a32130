//! How an entity ended: status, flags that agree with it, and the cause.

use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::model::EntityId;
use crate::strategies::json::Json;
use crate::strategies::texts::text;

#[derive(Clone, Debug)]
pub(in crate::strategies) struct Outcome {
    ending: Ending,
    cause: Option<Cause>,
}

#[derive(Clone, Debug)]
enum Ending {
    /// No status; `error`, `fault`, `throttle`.
    Flags([bool; 3]),
    Status(u16),
}

#[derive(Clone, Debug)]
enum Cause {
    Exceptions(Vec<Exception>, bool),
    /// The exception of a subsegment, where one has any.
    OfSubsegment,
}

#[derive(Clone, Debug)]
struct Exception {
    message: String,
    kind: &'static str,
    remote: bool,
    /// Whether the exception before it is its cause.
    chained: bool,
    frames: Vec<Option<u16>>,
}

impl Outcome {
    /// The status of the response, where there is one.
    pub(in crate::strategies) fn status(&self) -> Option<u16> {
        match self.ending {
            Ending::Flags(_) => None,
            Ending::Status(status) => Some(status),
        }
    }

    /// `error`, `fault`, `throttle`.
    pub(in crate::strategies) fn flags(&self) -> [(&'static str, bool); 3] {
        let [error, fault, throttle] = match self.ending {
            Ending::Flags(flags) => flags,
            Ending::Status(status) => [
                (400..500).contains(&status),
                (500..600).contains(&status),
                status == 429,
            ],
        };
        [("error", error), ("fault", fault), ("throttle", throttle)]
    }

    /// The `cause`, where a flag is set, and the first exception in it. `status` is what the entity
    /// has of it.
    pub(in crate::strategies) fn cause(
        &self,
        mut id: impl FnMut() -> EntityId,
        of_subsegment: Option<EntityId>,
        status: Option<u16>,
    ) -> (Option<Json>, Option<EntityId>) {
        if self.flags().iter().all(|(_, set)| !set) {
            return (None, None);
        }
        let says_why = status.is_some() || !self.is_bare();
        let cause = match &self.cause {
            Some(Cause::OfSubsegment) if of_subsegment.is_none() => None,
            Some(Cause::Exceptions(exceptions, _)) if exceptions.is_empty() && !says_why => None,
            cause => cause.as_ref(),
        };
        match cause {
            Some(Cause::Exceptions(exceptions, place)) => {
                let ids: Vec<EntityId> = exceptions.iter().map(|_| id()).collect();
                let written = exceptions.iter().enumerate();
                let written = written.map(|(at, exception)| exception.json(&ids, at));
                let cause = Json::object([
                    ("working_directory", place.then(|| Json::text("/srv/app"))),
                    (
                        "paths",
                        place.then(|| Json::Array(vec![Json::text("/srv/lib")])),
                    ),
                    ("exceptions", Some(Json::Array(written.collect()))),
                ]);
                (Some(cause), ids.first().copied())
            }
            Some(Cause::OfSubsegment) => {
                let id = of_subsegment.map(|id| Json::text(id.to_string()));
                (id, of_subsegment)
            }
            // A failure of which nothing else says why is a defect of its trace.
            None if !says_why => {
                let ids = [id()];
                let exceptions = Json::Array(vec![Exception::refusal().json(&ids, 0)]);
                let cause = Json::object([("exceptions", Some(exceptions))]);
                (Some(cause), ids.first().copied())
            }
            None => (None, None),
        }
    }

    /// Whether an entity without status would fail, and not say why.
    fn is_bare(&self) -> bool {
        let [(_, error), (_, fault), (_, throttle)] = self.flags();
        (error || fault) && !throttle
    }
}

impl Exception {
    /// The least that says why something failed.
    fn refusal() -> Exception {
        Exception {
            message: "refused".to_owned(),
            kind: "Io",
            remote: false,
            chained: false,
            frames: Vec::new(),
        }
    }

    fn json(&self, ids: &[EntityId], at: usize) -> Json {
        let id = |id: &EntityId| Json::text(id.to_string());
        let before = at.checked_sub(1).and_then(|before| ids.get(before));
        let frames = self.frames.iter().map(|line| {
            Json::object([
                ("path", Some(Json::text("src/main.rs"))),
                ("line", line.map(Json::raw)),
                ("label", Some(Json::text("orders::place"))),
            ])
        });
        let stack: Vec<Json> = frames.collect();
        let cut = !stack.is_empty();
        Json::object([
            ("id", ids.get(at).map(id)),
            ("message", Some(Json::text(&self.message))),
            ("type", Some(Json::text(self.kind))),
            ("remote", self.remote.then(|| Json::raw(true))),
            ("cause", before.filter(|_| self.chained).map(id)),
            ("truncated", cut.then(|| Json::raw(7))),
            ("stack", cut.then_some(Json::Array(stack))),
        ])
    }
}

pub(in crate::strategies) fn outcome() -> impl Strategy<Value = Outcome> {
    let ending = prop_oneof![
        4 => Just(Ending::Status(200)),
        2 => select(&[400, 404, 429, 500, 503, 599][..]).prop_map(Ending::Status),
        1 => (200..600_u16).prop_map(Ending::Status),
        2 => any::<[bool; 3]>().prop_map(Ending::Flags),
    ];
    let kinds = &["Io", "java.lang.Exception", "Über"][..];
    let line = option::of(any::<u16>());
    let exception = (
        text(),
        select(kinds),
        any::<bool>(),
        any::<bool>(),
        vec(line, 0..3),
    );
    let exception = exception.prop_map(|(message, kind, remote, chained, frames)| Exception {
        message,
        kind,
        remote,
        chained,
        frames,
    });
    let cause = prop_oneof![
        2 => (vec(exception, 0..3), weighted(0.3)).prop_map(|(list, place)| Cause::Exceptions(list, place)),
        1 => Just(Cause::OfSubsegment),
    ];
    (ending.boxed(), option::of(cause).boxed())
        .prop_map(|(ending, cause)| Outcome { ending, cause })
}
