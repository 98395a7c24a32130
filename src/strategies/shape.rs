//! The shape of a trace: names, work and nesting, before there are ids and times.

use std::collections::BTreeMap;

use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};

use crate::strategies::json::Json;
use crate::strategies::outcome::{Outcome, outcome};
use crate::strategies::texts::{annotations, metadata, name};
use crate::strategies::work::{Work, leaf_work, request, service};

/// An entity, and what hangs below it.
#[derive(Clone, Debug)]
pub(in crate::strategies) struct Shape {
    pub(in crate::strategies) name: String,
    pub(in crate::strategies) work: Work,
    pub(in crate::strategies) outcome: Outcome,
    pub(in crate::strategies) span: Span,
    pub(in crate::strategies) notes: Notes,
    pub(in crate::strategies) subsegments: Vec<Shape>,
    /// The segment of the service that a subsegment calls.
    pub(in crate::strategies) callee: Option<Box<Shape>>,
}

/// Times, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(in crate::strategies) struct Span {
    /// From the start of what is around it to its own start.
    pub(in crate::strategies) delay: u32,
    /// How long it lasts, unless something inside lasts longer.
    pub(in crate::strategies) least: u32,
    /// Whether it ends at all.
    pub(in crate::strategies) ends: bool,
}

/// What is noted at an entity.
#[derive(Clone, Debug)]
pub(in crate::strategies) struct Notes {
    pub(in crate::strategies) annotations: BTreeMap<String, Json>,
    pub(in crate::strategies) metadata: BTreeMap<String, Json>,
    /// How many traces it links to.
    pub(in crate::strategies) links: u8,
    /// Whether it names the subsegment before it as its precursor.
    pub(in crate::strategies) follows: bool,
}

impl Shape {
    /// Lets everything end.
    pub(in crate::strategies) fn ended(mut self) -> Shape {
        self.each(&mut |shape| shape.span.ends = true);
        self
    }

    /// Takes away who was called: one segment is left.
    pub(in crate::strategies) fn alone(mut self) -> Shape {
        self.each(&mut |shape| shape.callee = None);
        self
    }

    /// Takes away what is beyond [`MAX_ENTITIES`].
    pub(in crate::strategies) fn bounded(mut self) -> Shape {
        self.keep(&mut (MAX_ENTITIES - 1));
        self
    }

    fn each(&mut self, change: &mut impl FnMut(&mut Shape)) {
        change(self);
        for inside in self
            .subsegments
            .iter_mut()
            .chain(self.callee.as_deref_mut())
        {
            inside.each(change);
        }
    }

    /// Keeps as many of what is inside as are left; those that are nearer come first.
    fn keep(&mut self, left: &mut usize) {
        if *left == 0 {
            self.callee = None;
        }
        *left -= usize::from(self.callee.is_some());
        self.subsegments.truncate(*left);
        *left -= self.subsegments.len();
        for inside in self
            .subsegments
            .iter_mut()
            .chain(self.callee.as_deref_mut())
        {
            inside.keep(left);
        }
    }
}

/// A segment with its subsegments, and the segments that they call.
pub(in crate::strategies) fn segment_shape() -> BoxedStrategy<Shape> {
    segment_with(vec(subsegment_shape(), 0..5))
        .prop_map(Shape::bounded)
        .boxed()
}

/// A subsegment with what is inside, and the segments that are called from there.
pub(in crate::strategies) fn subsegment_shape() -> BoxedStrategy<Shape> {
    let leaf = entity(leaf_work(), Just(Vec::new()), Just(None));
    let inner = leaf.prop_recursive(4, 16, 3, |inner| {
        let subsegments = vec(inner.clone(), 0..4);
        let callee = segment_with(vec(inner, 0..3)).prop_map(|shape| Some(Box::new(shape)));
        prop_oneof![
            2 => entity(Just(Work::Local), subsegments, Just(None)),
            1 => entity(request().prop_map(Work::Remote), Just(Vec::new()), callee),
        ]
    });
    inner.prop_map(Shape::bounded).boxed()
}

fn segment_with(subsegments: impl Strategy<Value = Vec<Shape>> + 'static) -> BoxedStrategy<Shape> {
    entity(service().prop_map(Work::Segment), subsegments, Just(None))
}

/// An entity of these parts. Each is boxed, because a value on its way of shrinking would
/// otherwise be too large for the stack of a thread.
fn entity(
    work: impl Strategy<Value = Work> + 'static,
    subsegments: impl Strategy<Value = Vec<Shape>> + 'static,
    callee: impl Strategy<Value = Option<Box<Shape>>> + 'static,
) -> BoxedStrategy<Shape> {
    let own = (
        name().boxed(),
        work.boxed(),
        outcome().boxed(),
        span().boxed(),
        notes().boxed(),
    );
    let parts = (own.boxed(), subsegments.boxed(), callee.boxed());
    let shape = parts.prop_map(
        |((name, work, outcome, span, notes), subsegments, callee)| Shape {
            name: work.name().map_or(name, str::to_owned),
            work,
            outcome,
            span,
            notes,
            subsegments,
            callee,
        },
    );
    shape.boxed()
}

fn span() -> impl Strategy<Value = Span> {
    // Often equal, so that the order among siblings is decided by their ids.
    let micros = || {
        prop_oneof![
            Just(0),
            0..2_000_000_u32,
            (0..20_u32).prop_map(|tenths| tenths * 100_000)
        ]
    };
    (micros(), micros(), weighted(0.2)).prop_map(|(delay, least, open)| Span {
        delay,
        least,
        ends: !open,
    })
}

fn notes() -> impl Strategy<Value = Notes> {
    let links = option::weighted(0.2, 1..3_u8).prop_map(Option::unwrap_or_default);
    let parts = (
        annotations().boxed(),
        metadata().boxed(),
        links,
        any::<bool>(),
    );
    parts.prop_map(|(annotations, metadata, links, follows)| Notes {
        annotations,
        metadata,
        links,
        follows,
    })
}

/// The most entities of one trace.
pub(in crate::strategies) const MAX_ENTITIES: usize = 24;
