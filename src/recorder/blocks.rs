//! What every segment of a program says.

use std::collections::BTreeMap;

use crate::json::ObjectWriter;
use crate::model::limits::MAX_TEXT;
use crate::recorder::Origin;

/// Origin, resource and service of a program.
#[derive(Clone, Debug, Default)]
pub(in crate::recorder) struct Blocks {
    /// The name of the service.
    pub(in crate::recorder) service: String,
    /// The version of the program.
    pub(in crate::recorder) version: Option<String>,
    /// Where it runs.
    pub(in crate::recorder) origin: Origin,
}

impl Blocks {
    /// The name of the kind of resource.
    pub(in crate::recorder) fn origin(&self) -> Option<&str> {
        self.origin.name().map(cut)
    }

    /// Writes the members of `aws` that the segment has not said itself.
    pub(in crate::recorder) fn aws(
        &self,
        aws: &mut ObjectWriter<'_>,
        said: &BTreeMap<String, String>,
    ) {
        let mut room = MOST_OF_ORIGIN;
        for (key, json) in self.origin.blocks() {
            if !said.contains_key(key) && json.len() <= room {
                room -= json.len();
                aws.raw(key, json);
            }
        }
        if said.contains_key("xray") {
            return;
        }
        let mut xray = aws.object("xray");
        xray.text("sdk", "xray-phantom");
        xray.text("sdk_version", env!("CARGO_PKG_VERSION"));
        xray.end();
    }

    /// Writes `service` of a segment with this name.
    pub(in crate::recorder) fn service(&self, segment: &mut ObjectWriter<'_>, name: &str) {
        let named = !self.service.is_empty() && self.service != name;
        if !named && self.version.is_none() {
            return;
        }
        let mut service = segment.object("service");
        if named {
            service.text("name", cut(&self.service));
        }
        if let Some(version) = &self.version {
            service.text("version", cut(version));
        }
        service.end();
    }

    /// What is not sent as it was said, as it is too long.
    pub(in crate::recorder) fn problems(&self) -> Vec<String> {
        let texts = [
            ("the name of the service", Some(&*self.service)),
            ("the version", self.version.as_deref()),
            ("the origin", self.origin.name()),
        ];
        let mut problems: Vec<String> = texts
            .iter()
            .filter_map(|(what, text)| text.map(|text| (what, text)))
            .filter(|(_, text)| cut(text).len() < text.len())
            .map(|(what, text)| {
                format!(
                    "{what} of {} bytes is cut to {MAX_TEXT} characters",
                    text.len()
                )
            })
            .collect();
        let blocks: usize = self.origin.blocks().map(|(_, json)| json.len()).sum();
        if blocks > MOST_OF_ORIGIN {
            problems.push(format!(
                "of the origin's {blocks} bytes only blocks of {MOST_OF_ORIGIN} are sent"
            ));
        }
        problems
    }
}

/// A text of at most so many characters as X-Ray takes.
fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(MAX_TEXT);
    end.map_or(text, |(end, _)| &text[..end])
}

/// So many bytes of a document may say where the program runs.
const MOST_OF_ORIGIN: usize = 8_000;
