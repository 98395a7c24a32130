//! The handle of an open segment or subsegment.

use std::error::Error as StdError;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use crate::error::Error;
use crate::json::serialized;
use crate::model::{EntityId, TraceId};
use crate::recorder::AnnotationValue;
use crate::recorder::cause::{Exception, chain};
use crate::recorder::record::{Cause, Fields, Record};
use crate::wire::{Note, Sampled, TraceHeader};

/// A segment or subsegment that is open. Clones are the same one.
///
/// What is said of it goes into its document when it ends. Outside of every segment this is a
/// handle that takes everything and records nothing.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// block_on(recorder.in_segment_infallible("OrdersWorker", async |segment| {
///     segment.annotate("tenant", "t1").metadata("cart", &["apple", "pear"]);
///     in_subsegment_infallible("price", async |price| {
///         price.annotate("items", 2);
///     })
///     .await;
/// }));
/// let trace = block_on(daemon.expect_one_trace());
/// let price = trace.nodes().find(|node| node.name().as_deref() == Some("price")).unwrap();
/// assert_eq!(price.entity().annotation("items").unwrap().raw(), "2");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OpenEntity(Option<Place>);

#[derive(Clone, Debug)]
struct Place {
    record: Arc<Record>,
    index: usize,
}

impl OpenEntity {
    pub(in crate::recorder) fn new(record: Arc<Record>, index: usize) -> OpenEntity {
        OpenEntity(Some(Place { record, index }))
    }

    /// The handle that records nothing.
    pub(in crate::recorder) fn nowhere() -> OpenEntity {
        OpenEntity(None)
    }

    /// Opens a subsegment of this entity, without making it the current one.
    pub(crate) fn open_child_at(
        &self,
        name: &str,
        place: &'static Location<'static>,
    ) -> OpenEntity {
        let Some(Place { record, index }) = &self.0 else {
            return OpenEntity::nowhere();
        };
        OpenEntity::new(Arc::clone(record), record.open_child(*index, name, place))
    }

    /// Ends the entity.
    pub(crate) fn close(&self) {
        if let Some(Place { record, index }) = &self.0 {
            record.close(*index);
        }
    }

    /// Adds an annotation, by which traces can be searched.
    ///
    /// A key may hold letters, digits, `_` and `.`; a number must be one that JSON has. X-Ray drops
    /// anything else in silence, so that here it is left out and reported.
    #[track_caller]
    pub fn annotate(&self, key: &str, value: impl Into<AnnotationValue>) -> &OpenEntity {
        let place = Location::caller();
        let good_key = !key.is_empty()
            && key.chars().all(|character| {
                character.is_ascii_alphanumeric() || matches!(character, '_' | '.')
            });
        match value.into().to_json() {
            Some(json) if good_key => {
                self.say(place, |fields| drop(fields.annotations.insert(key.to_owned(), json)));
            }
            Some(_) => self.note(place, "annotation-key", format!(
                "the annotation key `{key}` is left out: X-Ray takes letters, digits, `_` and `.` and drops others"
            )),
            None => self.note(place, "annotation-value", format!(
                "the annotation `{key}` is left out: JSON has no NaN and no infinity"
            )),
        }
        self
    }

    /// Adds metadata under the namespace `default`: any value, not searched.
    #[track_caller]
    pub fn metadata(&self, key: &str, value: &(impl Serialize + ?Sized)) -> &OpenEntity {
        self.metadata_in("default", key, value)
    }

    /// Adds metadata under a namespace.
    #[track_caller]
    pub fn metadata_in(
        &self,
        namespace: &str,
        key: &str,
        value: &(impl Serialize + ?Sized),
    ) -> &OpenEntity {
        let place = Location::caller();
        let json = catch_unwind(AssertUnwindSafe(|| serialized(value)))
            .unwrap_or_else(|_| Err(Error::stopped("it panicked when it was serialized")));
        match json {
            Ok(json) => self.say(place, |fields| {
                let block = fields.metadata.entry(namespace.to_owned()).or_default();
                block.insert(key.to_owned(), json);
            }),
            Err(error) => self.note(
                place,
                "metadata-value",
                format!("the metadata `{key}` is left out: {error}"),
            ),
        }
        self
    }

    /// Marks that the caller was at fault (4xx).
    #[track_caller]
    pub fn error(&self) -> &OpenEntity {
        self.say(Location::caller(), |fields| fields.error = true);
        self
    }

    /// Marks that the service was at fault (5xx).
    #[track_caller]
    pub fn fault(&self) -> &OpenEntity {
        self.say(Location::caller(), |fields| fields.fault = true);
        self
    }

    /// Marks that the request was throttled (429), which is an error of the caller too.
    #[track_caller]
    pub fn throttle(&self) -> &OpenEntity {
        self.say(Location::caller(), |fields| {
            fields.error = true;
            fields.throttle = true;
        });
        self
    }

    /// Records an error as the cause, with the chain of its sources. Flags are not changed.
    #[track_caller]
    pub fn cause<E: StdError + ?Sized>(&self, error: &E) -> &OpenEntity {
        self.record_error(error, Location::caller(), false);
        self
    }

    /// Whether it has not ended.
    pub(crate) fn is_open(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|place| place.record.is_open(place.index))
    }

    /// The id of the trace; `None` outside of every segment.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.0.as_ref().map(|place| place.record.trace_id)
    }

    /// The id of the entity; `None` outside of every segment.
    pub fn id(&self) -> Option<EntityId> {
        self.0.as_ref().map(|place| place.record.id(place.index))
    }

    /// The trace header for a call downstream; `None` outside of every segment.
    pub fn trace_header(&self) -> Option<TraceHeader> {
        let header = TraceHeader::new(self.trace_id()?).with_parent(self.id()?);
        Some(header.with_sampled(Sampled::Keep))
    }

    /// Ends the entity as one whose code was dropped, if it has not ended.
    pub(crate) fn cancel(&self, place: &'static Location<'static>) {
        if self.is_open() {
            self.exception(
                place,
                "Cancelled",
                "the future was dropped before it ended",
                false,
            );
            self.say(place, |fields| fields.error = true);
            self.close();
        }
    }

    /// Says that the code under it failed with this error.
    pub(in crate::recorder) fn failed<E: StdError + ?Sized>(
        &self,
        error: &E,
        place: &'static Location<'static>,
    ) {
        self.record_error(error, place, true);
    }

    /// Records an exception that is no error of this program: a panic, a cancellation, an answer.
    pub(crate) fn exception(
        &self,
        place: &'static Location<'static>,
        kind: &str,
        message: &str,
        remote: bool,
    ) {
        let Some(Place { record, .. }) = &self.0 else {
            return;
        };
        let id = record.shared.ids.entity_id();
        let exception = Exception {
            id,
            kind: kind.to_owned(),
            message: message.to_owned(),
            remote,
        };
        self.say(place, |fields| {
            fields.cause = Some(Cause::Exceptions(vec![exception]));
        });
    }

    /// Says something of the fields.
    pub(in crate::recorder) fn say(
        &self,
        place: &'static Location<'static>,
        say: impl FnOnce(&mut Fields),
    ) {
        if let Some(Place { record, index }) = &self.0 {
            record.say(*index, place, say);
        }
    }

    fn record_error<E: StdError + ?Sized>(
        &self,
        error: &E,
        place: &'static Location<'static>,
        fault: bool,
    ) {
        let Some(Place { record, index }) = &self.0 else {
            return;
        };
        // Formatting is the user's code; a panic in it is not to be one of the recorder's.
        let chain = catch_unwind(AssertUnwindSafe(|| chain(error, &record.shared.ids)));
        let Ok(chain) = chain else {
            self.say(place, |fields| fields.fault |= fault);
            return self.note(
                place,
                "error-text",
                "an error panicked when it was formatted".to_owned(),
            );
        };
        let cause = match chain
            .first()
            .and_then(|first| record.passed_through(*index, first))
        {
            Some(id) => Cause::Reference(id),
            None => Cause::Exceptions(chain),
        };
        self.say(place, |fields| {
            fields.fault |= fault;
            fields.cause = Some(cause);
        });
    }

    fn note(&self, place: &'static Location<'static>, code: &'static str, message: String) {
        if let Some(Place { record, .. }) = &self.0 {
            record.shared.emitter.note(Note::at(place, code, message));
        }
    }
}

/// What only the integrations say.
#[cfg(feature = "aws")]
impl OpenEntity {
    /// Another name than it was opened with.
    pub(crate) fn rename(&self, name: &str) {
        if let Some(Place { record, index }) = &self.0 {
            record.rename(*index, name);
        }
    }

    /// `aws` or `remote`.
    #[track_caller]
    pub(crate) fn namespace(&self, namespace: &'static str) {
        self.say(Location::caller(), |fields| {
            fields.namespace = Some(namespace);
        });
    }

    /// A member of the `aws` block, its value as JSON.
    #[track_caller]
    pub(crate) fn aws(&self, key: &str, json: String) {
        self.say(Location::caller(), |fields| {
            drop(fields.aws.insert(key.to_owned(), json));
        });
    }

    /// A member of `http.response`.
    #[track_caller]
    pub(crate) fn response(&self, key: &'static str, value: i64) {
        self.say(Location::caller(), |fields| {
            fields.response.insert(key, value);
        });
    }
}
