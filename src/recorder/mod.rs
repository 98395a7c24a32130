//! Records segments and subsegments, and sends them.
//!
//! A [`Recorder`] belongs to nobody else: there is no global one. [`Recorder::in_segment`] opens
//! a segment around a future; inside it the free functions [`in_subsegment`] and [`current`] find
//! it by themselves, through the task and never through a stack that others could change: two
//! futures joined in one task have each their own parent.
//!
//! # Which function
//!
//! | the code returns | async | sync |
//! |---|---|---|
//! | `Result<T, E>`, `E: Error` | [`in_subsegment`] | [`in_subsegment_sync`] |
//! | `Result<T, E>`, `E` a `Box<dyn Error>`, an `anyhow::Error` | [`in_subsegment_boxed`] | [`in_subsegment_boxed_sync`] |
//! | anything, and cannot fail | [`in_subsegment_infallible`] | [`in_subsegment_infallible_sync`] |
//!
//! and the same six on [`Recorder`] for segments. Where no closure fits, [`begin_subsegment`] and
//! [`Recorder::begin_segment`] give a guard that ends its entity when it is dropped, and each
//! entity has both for a parent that is said: [`OpenEntity::in_subsegment`],
//! [`OpenEntity::begin_subsegment`].
//!
//! Code that runs elsewhere is told where it belongs:
//!
//! | the code runs | with |
//! |---|---|
//! | in a spawned task; as a stream | [`carry`], [`OpenEntity::carry`] |
//! | on a thread, in `spawn_blocking` | [`carry_fn`], [`OpenEntity::carry_fn`] |
//!
//! A request's segment goes on with its caller's trace: [`Recorder::serving`],
//! [`Recorder::continuing`]; in Lambda [`Recorder::lambda_invocation`].
//!
//! Opened inside of another one, a segment begins a trace of its own.
//!
//! An `Err` is recorded as a fault with its cause and the chain of its sources; a panic as a
//! fault with its message, and goes on. A future that is dropped before it ends closes what it
//! had opened, as an error of type `Cancelled`.
//!
//! # What threads share
//!
//! One lock for each segment guards its parts; nothing else of a segment is shared. Why no order of
//! threads can lose, double or mix anything:
//!
//! - A part is opened, spoken of and ended under that lock, and its number never changes. So two
//!   threads can open children of one parent, and each gets its own.
//! - Who ends a part turns it from open to ended under the lock, once; a second end sees that and
//!   does nothing. What is said afterwards finds no fields to write to, and is told.
//! - Ended becomes sent under the same lock in which its document is written. So a document is
//!   written once, by whichever thread was there first, and no part is in two of them.
//! - Documents are handed to the emitter after the lock is let go, so that an emitter can never wait
//!   for a thread that waits for it. Two threads may hand theirs over in either order, which a
//!   reader of X-Ray documents must not mind: each names its parent.
//! - No lock is taken while another is held. So there is no circle to wait in.
//! - Memory of a segment that has ended is used again by the thread that let go of it last, once
//!   nobody holds it, neither with a handle nor as one that is only remembered. Nobody can come to
//!   hold it then, so that nobody sees what is written into it next.
//! - Ids by chance come of a count of the thread's own, which begins at a place by chance.
//! - Which entity is the current one is no shared state: a task-local for futures, set at each poll
//!   and taken back after it, so that what another thread polls cannot be seen.
//! - Which recorders are at work where is read for notes alone. It is a list for each thread and one
//!   for each runtime; the second is looked at under a lock of its own, in which nothing is called.
//! - The reservoir of a sampling rule counts under its lock, and opens no second anew that has gone;
//!   a script gives each decision once, by one atomic step.
//! - Counters only grow, and nothing is decided by them. What is counted for each segment or part is
//!   counted in lanes, of which a thread has one, and what is ignored outside of every segment by the
//!   thread alone that ran it; each of these is an atomic of its own. Two that are read one after the
//!   other may be of different moments.

mod ambient;
mod annotation;
mod annotation_text;
#[cfg(feature = "aws")]
mod at_once;
mod at_work;
mod aws_members;
mod beside_daemon;
mod beside_test;
mod blocks;
mod body;
mod builder;
mod calls;
mod captured;
mod carry;
mod cause;
mod clues;
mod context_missing;
mod cut;
mod daemon_address;
mod decision;
mod detect;
mod document;
mod ending;
mod entity;
mod facade;
mod failing;
mod failures;
mod guard;
mod here;
pub(crate) mod key;
mod lane;
mod local_rules;
mod member;
mod members;
mod memory;
mod name;
mod namespace;
mod naming;
mod open_segments;
mod origin;
mod outcome;
mod outlet;
mod part;
mod parts;
mod pattern;
mod record;
mod reservoir;
mod route;
mod rules_file;
mod run;
mod said;
mod sampling;
mod sampling_request;
mod settings;
mod shared;
mod spare;
mod sql;
mod stack;
mod stats;
mod udp;
mod under;
mod url;
mod value;

#[cfg(feature = "aws")]
pub(crate) use ambient::current as current_or_none;
pub use annotation::AnnotationValue;
pub use annotation_text::AnnotationText;
#[cfg(feature = "aws")]
pub(crate) use at_once::Saying;
pub use builder::RecorderBuilder;
#[cfg(feature = "testing")]
pub(crate) use captured::Capture;
pub use carry::{Carried, carry, carry_fn};
pub use context_missing::ContextMissing;
pub use daemon_address::DaemonAddress;
pub use entity::OpenEntity;
pub use facade::Recorder;
pub use guard::EntityGuard;
pub use here::{
    begin_subsegment, current, in_subsegment, in_subsegment_boxed, in_subsegment_boxed_sync,
    in_subsegment_infallible, in_subsegment_infallible_sync, in_subsegment_sync,
};
#[cfg(feature = "aws")]
pub(crate) use key::{Key, key};
pub use memory::{JsonLines, MemoryEmitter};
pub use namespace::Namespace;
pub use naming::Naming;
pub use origin::Origin;
pub use sampling::Sampling;
pub use sampling_request::SamplingRequest;
pub use settings::Settings;
pub use sql::Sql;
pub use stats::RecorderStats;
