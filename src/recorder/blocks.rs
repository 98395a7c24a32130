//! What every segment of a program says.

use std::collections::BTreeMap;

use crate::json::ObjectWriter;

/// Origin, resource and service of a program.
#[derive(Clone, Debug, Default)]
pub(in crate::recorder) struct Blocks {
    /// The name of the service.
    pub(in crate::recorder) service: String,
    /// The version of the program.
    pub(in crate::recorder) version: Option<String>,
    /// The kind of resource that it runs on.
    pub(in crate::recorder) origin: Option<String>,
    /// Members of `aws`, their values as JSON.
    pub(in crate::recorder) aws: BTreeMap<String, String>,
    /// The sampling rule by which the segment is recorded.
    pub(in crate::recorder) rule: Option<String>,
}

impl Blocks {
    pub(in crate::recorder) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Writes the members of `aws` that the segment has not said itself.
    pub(in crate::recorder) fn aws(
        &self,
        aws: &mut ObjectWriter<'_>,
        said: &BTreeMap<String, String>,
    ) {
        for (key, json) in &self.aws {
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
        if let Some(rule) = &self.rule {
            xray.text("sampling_rule_name", rule);
        }
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
