//! What can be said of an open segment or subsegment.

use std::borrow::Cow;
use std::panic::Location;

use serde::Serialize;

use crate::error::Error;
use crate::json::Written;
use crate::model::EntityKind;
use crate::model::limits::{MAX_ANNOTATION_KEY, MAX_ANNOTATION_VALUE};
use crate::recorder::members::Block;
use crate::recorder::url::without_secrets;
use crate::recorder::value::{json_of, not_json, shown};
use crate::recorder::{AnnotationValue, OpenEntity};

/// The code of a note, and why a value is left out.
type Refused = (&'static str, String);

impl OpenEntity {
    /// Adds an annotation, by which traces can be searched.
    ///
    /// A key may hold letters, digits, `_` and `.`; a number must be one that JSON has. X-Ray drops
    /// anything else in silence, so that here it is left out and reported.
    #[inline]
    #[track_caller]
    pub fn annotate(&self, key: &str, value: impl Into<AnnotationValue>) -> &OpenEntity {
        // What is not recorded costs nothing.
        if self.is_recorded() {
            self.annotate_recorded(Location::caller(), key, &value.into());
        }
        self
    }

    fn annotate_recorded(
        &self,
        place: &'static Location<'static>,
        key: &str,
        value: &AnnotationValue,
    ) {
        if let Err((code, message)) = self.annotation(place, key, value) {
            self.left_out(place, code, message);
        }
    }

    /// Adds an annotation, or says why not.
    ///
    /// # Errors
    ///
    /// A key that X-Ray would drop; a number that JSON does not have; an entity that had ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// block_on(recorder.in_segment_infallible("api", async |segment| {
    ///     assert!(segment.try_annotate("tenant", "t1").is_ok());
    ///     let error = segment.try_annotate("user id", 7).unwrap_err();
    ///     assert_eq!(
    ///         error.to_string(),
    ///         "the annotation key `user id` is left out: X-Ray takes letters, digits, `_` and `.` and drops others"
    ///     );
    /// }));
    /// # }
    /// ```
    #[track_caller]
    pub fn try_annotate(
        &self,
        key: &str,
        value: impl Into<AnnotationValue>,
    ) -> Result<&OpenEntity, Error> {
        let said = self.annotation(Location::caller(), key, &value.into());
        self.tried(said, "annotation", key)
    }

    /// Adds an annotation; `false` where the entity had ended, which was told.
    fn annotation(
        &self,
        place: &'static Location<'static>,
        key: &str,
        value: &AnnotationValue,
    ) -> Result<bool, Refused> {
        // Without a branch for each byte.
        let is_good = |good, byte: u8| good & IN_KEYS[usize::from(byte)];
        if key.is_empty() || !key.bytes().fold(true, is_good) {
            let message = format!(
                "the annotation key `{}` is left out: X-Ray takes letters, digits, `_` and `.` and drops others",
                shown(key)
            );
            return Err(("annotation-key", message));
        }
        if key.len() > MAX_ANNOTATION_KEY {
            let message = format!(
                "an annotation key of {} characters is left out: X-Ray takes {MAX_ANNOTATION_KEY}",
                key.len()
            );
            return Err(("annotation-key", message));
        }
        let cut;
        let value = match value {
            AnnotationValue::Text(text) if text.bytes_len() > MAX_ANNOTATION_VALUE => {
                let text = Cow::Borrowed(&**text);
                let text = self.limited(place, "an annotation", text, MAX_ANNOTATION_VALUE);
                cut = AnnotationValue::from(&*text);
                &cut
            }
            other => other,
        };
        if !value.is_json() {
            let message = format!(
                "the annotation `{}` is left out: JSON has no NaN and no infinity",
                shown(key)
            );
            return Err(("annotation-value", message));
        }
        Ok(self.say(place, |fields| {
            let members = &mut fields.members;
            members.set(Block::Annotations, key, |json| value.push(json));
        }))
    }

    /// Adds metadata under the namespace `default`: any value, not searched.
    ///
    /// A value that cannot be serialized is left out and reported. NaN and infinity inside of one
    /// become `null`, as JSON does not have them, and that is reported too.
    #[track_caller]
    pub fn metadata(&self, key: &str, value: &(impl Serialize + ?Sized)) -> &OpenEntity {
        self.metadata_in("default", key, value)
    }

    /// Adds metadata under a namespace. Those that begin with `AWS.` are the service's own.
    #[track_caller]
    pub fn metadata_in(
        &self,
        namespace: &str,
        key: &str,
        value: &(impl Serialize + ?Sized),
    ) -> &OpenEntity {
        let place = Location::caller();
        if let Err((code, message)) = self.say_metadata(place, namespace, key, value) {
            self.left_out(place, code, message);
        }
        self
    }

    /// Adds metadata under the namespace `default`, or says why not.
    ///
    /// # Errors
    ///
    /// As those of [`try_metadata_in`](OpenEntity::try_metadata_in).
    #[track_caller]
    pub fn try_metadata(
        &self,
        key: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<&OpenEntity, Error> {
        self.try_metadata_in("default", key, value)
    }

    /// Adds metadata under a namespace, or says why not.
    ///
    /// # Errors
    ///
    /// A namespace or key that begins with `AWS.`; a value whose `Serialize` fails or panics; an
    /// entity that had ended. What is not recorded is not serialized either.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// block_on(recorder.in_segment_infallible("api", async |segment| {
    ///     assert!(segment.try_metadata_in("shop", "cart", &["apple", "pear"]).is_ok());
    ///     let error = segment.try_metadata("AWS.cart", &1).unwrap_err();
    ///     assert_eq!(
    ///         error.to_string(),
    ///         "the metadata `AWS.cart` is left out: `AWS.cart` begins with `AWS.`, which is reserved"
    ///     );
    /// }));
    /// # }
    /// ```
    #[track_caller]
    pub fn try_metadata_in(
        &self,
        namespace: &str,
        key: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<&OpenEntity, Error> {
        let said = self.say_metadata(Location::caller(), namespace, key, value);
        self.tried(said, "metadata", key)
    }

    /// Adds metadata; `false` where the entity had ended, which was told.
    fn say_metadata(
        &self,
        place: &'static Location<'static>,
        namespace: &str,
        key: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<bool, Refused> {
        let mut names = [namespace, key].into_iter();
        if let Some(reserved) = names.find(|name| name.starts_with("AWS.")) {
            let message = format!(
                "the metadata `{}` is left out: `{}` begins with `AWS.`, which is reserved",
                shown(key),
                shown(reserved)
            );
            return Err(("metadata-reserved", message));
        }
        if !self.is_recorded() {
            return Ok(true);
        }
        let say = |value: Written<'_>| {
            self.say(place, |fields| {
                fields.set_written(Block::Metadata, (namespace, key), value);
            })
        };
        let take_back = || self.take_back(Block::Metadata, namespace, key);
        let said = json_of(value, || self.scratch(), say, take_back);
        let (taken, lost) = said.map_err(|error| {
            let message = format!(
                "the metadata `{}` is left out: {}",
                shown(key),
                shown(&error)
            );
            ("metadata-value", message)
        })?;
        if taken && lost > 0 {
            let message = not_json(&format!("the metadata `{}`", shown(key)), lost);
            self.left_out(place, "metadata-value", message);
        }
        Ok(taken)
    }

    /// What a call that can fail returns.
    fn tried(
        &self,
        said: Result<bool, Refused>,
        what: &str,
        key: &str,
    ) -> Result<&OpenEntity, Error> {
        let why = match said {
            Ok(true) => return Ok(self),
            Ok(false) if self.is_open() => "someone else sends this segment",
            Ok(false) => "the entity had ended",
            Err((_, message)) => return Err(Error::stopped(message)),
        };
        let message = format!("the {what} `{}` is left out: {why}", shown(key));
        Err(Error::stopped(message))
    }

    /// Marks that the caller was at fault (4xx).
    #[track_caller]
    pub fn error(&self) -> &OpenEntity {
        self.say(Location::caller(), |fields| fields.said.error = true);
        self
    }

    /// Marks that the service was at fault (5xx).
    #[track_caller]
    pub fn fault(&self) -> &OpenEntity {
        self.say(Location::caller(), |fields| fields.said.fault = true);
        self
    }

    /// Marks that the request was throttled (429), which is an error of the caller too.
    #[track_caller]
    pub fn throttle(&self) -> &OpenEntity {
        self.say(Location::caller(), |fields| {
            fields.said.error = true;
            fields.said.throttle = true;
        });
        self
    }

    /// Who sent the request; of a segment.
    #[track_caller]
    pub fn user(&self, user: &str) -> &OpenEntity {
        let place = Location::caller();
        if !self.may_have(place, "user", EntityKind::Segment) {
            return self;
        }
        let json = self.text(place, "a user", user);
        self.say(place, |fields| fields.user = json);
        self
    }

    /// The HTTP request that a segment serves or a subsegment makes.
    ///
    /// Of the URL the part from `?` on is left out: it often holds what is nobody else's business.
    /// So are a user and a password.
    #[track_caller]
    pub fn http_request(&self, method: &str, url: &str) -> &OpenEntity {
        let place = Location::caller();
        let method = self.text(place, "a method", method);
        let url = self.text(place, "a URL", &without_secrets(url, &['?', '#']));
        self.say(place, |fields| {
            fields.set(Block::Request, "method", &method);
            fields.set(Block::Request, "url", &url);
        });
        self
    }

    /// Who sent the request that a segment serves: the address, and whether it comes from a header
    /// `X-Forwarded-For`, of which the first entry counts. One that names nobody is left out.
    #[track_caller]
    pub fn http_client(&self, address: &str, forwarded: bool) -> &OpenEntity {
        let place = Location::caller();
        let mut entries = address.split(',').map(str::trim);
        let Some(first) = entries.find(|entry| !entry.is_empty()) else {
            let message = format!("the address `{}` is left out: it is empty", shown(address));
            self.left_out(place, "client-address", message);
            return self;
        };
        let address = self.text(place, "an address", first);
        self.say(place, |fields| {
            fields.set(Block::Request, "client_ip", &address);
            if forwarded {
                fields.set(Block::Request, FORWARDED, "true");
            } else {
                fields.members.remove(Block::Request, "", FORWARDED);
            }
        });
        self
    }

    /// The header `User-Agent` of the request that a segment serves.
    #[track_caller]
    pub fn http_user_agent(&self, agent: &str) -> &OpenEntity {
        let place = Location::caller();
        let agent = self.text(place, "a user agent", agent);
        self.say(place, |fields| {
            fields.set(Block::Request, "user_agent", &agent);
        });
        self
    }

    /// The status of the answer, and the flags that it means: 4xx is an error, 429 an error and a
    /// throttle, 5xx a fault. Of several the last one counts.
    ///
    /// Source: AWS X-Ray developer guide, segment documents (`error`, `throttle`, `fault`).
    #[track_caller]
    pub fn http_status(&self, status: u16) -> &OpenEntity {
        self.say(Location::caller(), |fields| {
            fields.response.status = Some(status.into());
            fields.status = Some(status);
        });
        self
    }

    /// The length of the answer's body in bytes.
    #[track_caller]
    pub fn http_content_length(&self, bytes: u64) -> &OpenEntity {
        self.say(Location::caller(), |fields| {
            fields.response.content_length = Some(bytes.into());
        });
        self
    }
}

/// The bytes that keys of annotations are made of.
const IN_KEYS: [bool; 256] = {
    let mut good = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        good[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        byte += 1;
    }
    good
};
/// Whether the address of a request comes from the header that proxies write.
const FORWARDED: &str = "x_forwarded_for";
