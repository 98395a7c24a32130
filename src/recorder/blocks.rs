//! What every segment of a program says.

use std::collections::BTreeMap;

use crate::json::ObjectWriter;
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
        self.origin.name()
    }

    /// Writes the members of `aws` that the segment has not said itself.
    pub(in crate::recorder) fn aws(
        &self,
        aws: &mut ObjectWriter<'_>,
        said: &BTreeMap<String, String>,
    ) {
        for (key, json) in self.origin.blocks() {
            if !said.contains_key(key) {
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
            service.text("name", &self.service);
        }
        if let Some(version) = &self.version {
            service.text("version", version);
        }
        service.end();
    }
}
