//! A call that is under way.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;

use crate::instrument::answer::Progress;
use crate::json::{is_plain, write_text};
use crate::recorder::OpenEntity;
use crate::wire::Sampled;

/// The subsegment of a call that is under way. It lives in the bag of the call, not in the
/// interceptor, which many calls share.
#[derive(Clone, Debug)]
pub(in crate::instrument) struct InFlight(pub(in crate::instrument) Arc<Call>);

impl Storable for InFlight {
    type Storer = StoreReplace<Self>;
}

#[derive(Debug)]
pub(in crate::instrument) struct Call {
    pub(in crate::instrument) subsegment: OpenEntity,
    pub(in crate::instrument) place: &'static Location<'static>,
    /// Whether the SDK has got beyond the configuration of the client.
    begun: AtomicBool,
    /// Whether the request was written.
    serialized: AtomicBool,
    /// The service and the operation, once the bag knows them.
    metadata: OnceLock<Metadata>,
    /// Attempts that were sent. The SDK counts one before the pause that comes before it.
    sent: AtomicU32,
    /// The path of a request of S3, before the endpoint adds the bucket.
    pub(in crate::instrument) path: OnceLock<String>,
}

impl Call {
    pub(in crate::instrument) fn new(
        subsegment: OpenEntity,
        place: &'static Location<'static>,
    ) -> Call {
        Call {
            subsegment,
            place,
            begun: AtomicBool::new(false),
            serialized: AtomicBool::new(false),
            metadata: OnceLock::new(),
            sent: AtomicU32::new(0),
            path: OnceLock::new(),
        }
    }

    /// Says that an attempt is sent, the first one from 1; whether nobody has said so. Of two
    /// interceptors that are installed on one call, the first one records.
    pub(in crate::instrument) fn attempt(&self, number: u32) -> bool {
        self.sent.fetch_max(number, Ordering::Relaxed) < number
    }

    /// Says that the request was written; whether nobody has said so.
    pub(in crate::instrument) fn serialize(&self) -> bool {
        !self.serialized.swap(true, Ordering::Relaxed)
    }

    /// How far it has come.
    pub(in crate::instrument) fn progress(&self) -> Progress {
        Progress {
            serialized: self.serialized.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed) > 0,
        }
    }

    /// Says that the SDK has begun, and gives the call its name, operation and region, as the bag
    /// knows them.
    pub(in crate::instrument) fn begin(&self, bag: &ConfigBag) {
        self.begun.store(true, Ordering::Relaxed);
        self.identify(bag);
    }

    /// The same where a failure has come before the SDK began.
    pub(in crate::instrument) fn identify(&self, bag: &ConfigBag) {
        if self.metadata.get().is_some() {
            return;
        }
        if let Some(metadata) = bag.load::<Metadata>() {
            self.subsegment.rename(metadata.service());
            self.subsegment
                .aws_json("operation", quoted(metadata.name()));
            let _ = self.metadata.set(metadata.clone());
        }
        if let Some(region) = bag.load::<Region>() {
            self.subsegment.aws_json("region", quoted(region.as_ref()));
        }
    }

    /// The service and the operation.
    pub(in crate::instrument) fn metadata(&self) -> Option<&Metadata> {
        self.metadata.get()
    }

    pub(in crate::instrument) fn record_retries(&self) {
        let retries = self.sent.load(Ordering::Relaxed).saturating_sub(1);
        self.subsegment.aws_json("retries", retries.to_string());
    }
}

/// No hook runs when the future of a call is dropped, or when the SDK refuses its configuration; the
/// bag is dropped with it.
impl Drop for Call {
    fn drop(&mut self) {
        if !self.subsegment.is_open() {
            return;
        }
        self.record_retries();
        if !self.begun.load(Ordering::Relaxed) {
            // Up to here the SDK waits for nothing, so that no future was dropped.
            let message =
                "the SDK refused the configuration of the client, before a request was made";
            self.subsegment
                .exception(self.place, "ConstructionFailure", message, false);
            self.subsegment.fault();
            self.subsegment.close();
            return;
        }
        self.subsegment.cancel(self.place);
    }
}

/// The text of the header for what is done downstream of an entity. It is made for each attempt.
pub(in crate::instrument) fn header(entity: &OpenEntity) -> Option<String> {
    let header = entity.trace_header()?;
    if header.others().next().is_some() || header.sampled() == Some(Sampled::Ask) {
        return Some(header.to_string());
    }
    // As nearly every header is: no formatter is needed for it.
    let mut text = Vec::with_capacity(74);
    text.extend_from_slice(b"Root=");
    header.root()?.push(&mut text);
    if let Some(parent) = header.parent() {
        text.extend_from_slice(b";Parent=");
        parent.push(&mut text);
    }
    match header.sampled() {
        Some(Sampled::Drop) => text.extend_from_slice(b";Sampled=0"),
        Some(Sampled::Keep) => text.extend_from_slice(b";Sampled=1"),
        _ => {}
    }
    String::from_utf8(text).ok()
}

/// A text as JSON.
pub(in crate::instrument) fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    if is_plain(text.as_bytes()) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        write_text(&mut json, text);
    }
    json
}
