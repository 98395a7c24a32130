//! What every segment of a program says.

use crate::json::{ObjectWriter, write_text};
use crate::model::limits::MAX_TEXT;
use crate::recorder::Origin;
use crate::recorder::members::Chosen;
use crate::recorder::origin::OWN_BLOCK;

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
    /// The blocks as every segment has them.
    pub(in crate::recorder) fn written(&self) -> WrittenBlocks {
        let mut origin = String::new();
        if let Some(name) = self.origin.name() {
            ObjectWriter::behind(&mut origin).text("origin", cut(name));
        }
        let mut aws = self.origin.blocks().map(owned).collect::<Vec<_>>();
        aws.push((OWN_BLOCK.to_owned(), own()));
        let written = WrittenBlocks {
            name: self.service.clone(),
            origin,
            all_aws: String::new(),
            aws,
            service_of_that_name: self.service(false),
            service_of_another_name: self.service(true),
        };
        let all_aws = written.aws_but(&[]);
        WrittenBlocks { all_aws, ..written }
    }

    /// `service` of a segment, as the next member; nothing where there is nothing to say.
    fn service(&self, segment_has_another_name: bool) -> String {
        let mut json = String::new();
        let named = segment_has_another_name && !self.service.is_empty();
        if !named && self.version.is_none() {
            return json;
        }
        let mut segment = ObjectWriter::behind(&mut json);
        let mut service = segment.object("service");
        if named {
            service.text("name", cut(&self.service));
        }
        if let Some(version) = &self.version {
            service.text("version", cut(version));
        }
        service.end();
        json
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

/// What every segment of a program says, as JSON.
#[derive(Debug)]
pub(in crate::recorder) struct WrittenBlocks {
    /// The name of the service.
    name: String,
    /// `origin`, as the next member.
    origin: String,
    /// Key and value of the members of `aws`.
    aws: Vec<(String, String)>,
    /// All of them.
    all_aws: String,
    /// `service` of segments that are named after the service, as the next member.
    service_of_that_name: String,
    /// `service` of others.
    service_of_another_name: String,
}

impl WrittenBlocks {
    /// `origin`, as the next member.
    pub(in crate::recorder) fn origin(&self) -> &str {
        &self.origin
    }

    /// Writes the members of `aws`: those that the segment has said, and then those that it has not.
    pub(in crate::recorder) fn aws(&self, json: &mut Vec<u8>, said: Chosen<'_>) {
        if said.is_empty() {
            return json.extend_from_slice(self.all_aws.as_bytes());
        }
        said.write(json);
        let said: Vec<&str> = said.iter().map(|(key, _)| key).collect();
        let others = self.aws_but(&said);
        if !others.is_empty() {
            json.push(b',');
            json.extend_from_slice(others.as_bytes());
        }
    }

    /// `service` of a segment with this name, as the next member.
    pub(in crate::recorder) fn service(&self, name: &str) -> &str {
        if self.name == name {
            &self.service_of_that_name
        } else {
            &self.service_of_another_name
        }
    }

    /// The members of `aws` but for those that were said.
    fn aws_but(&self, said: &[&str]) -> String {
        let mut room = MOST_OF_ORIGIN;
        let mut json = String::new();
        for (key, value) in &self.aws {
            let is_own = key == OWN_BLOCK;
            if said.contains(&&**key) || !is_own && value.len() > room {
                continue;
            }
            if !is_own {
                room -= value.len();
            }
            if !json.is_empty() {
                json.push(',');
            }
            write_text(&mut json, key);
            json.push(':');
            json.push_str(value);
        }
        json
    }
}

fn owned((key, json): (&str, String)) -> (String, String) {
    (key.to_owned(), json)
}

/// What the recorder says of itself.
fn own() -> String {
    let mut json = String::new();
    let mut xray = ObjectWriter::begin(&mut json);
    xray.text("sdk", "xray-phantom");
    xray.text("sdk_version", env!("CARGO_PKG_VERSION"));
    xray.end();
    json
}

/// A text of at most so many characters as X-Ray takes.
fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(MAX_TEXT);
    end.map_or(text, |(end, _)| &text[..end])
}

/// So many bytes of a document may say where the program runs.
const MOST_OF_ORIGIN: usize = 8_000;
