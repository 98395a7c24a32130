//! Where a program runs, as a segment says it.

use std::collections::BTreeMap;

use crate::json::{ObjectWriter, write_text};

/// Where a program runs: `origin` of a segment, and what `aws` says of the place.
///
/// ```json
/// {"origin": "AWS::ECS::Container", "aws": {"ecs": {"container": "ip-10-0-0-7"}}}
/// ```
///
/// [`detect`](Origin::detect) finds what variables and files show. What only the metadata
/// address of an instance knows, the program has to say itself.
///
/// Source: AWS X-Ray developer guide, segment documents, `origin` and "AWS resource data".
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::Origin;
///
/// let instance = Origin::new("AWS::EC2::Instance")
///     .with("ec2", "instance_id", "i-0b5a4678fc325bg98")
///     .with("ec2", "availability_zone", "us-west-2c");
/// let container = Origin::new("AWS::ECS::Container").with("ecs", "container", "ip-10-0-0-7");
///
/// // What is nearer to the program comes first and gives the name; the blocks of both stay.
/// let origin = container.or(instance);
/// assert_eq!(origin.name(), Some("AWS::ECS::Container"));
/// let blocks: Vec<(&str, String)> = origin.blocks().collect();
/// assert_eq!(blocks[1], ("ecs", r#"{"container":"ip-10-0-0-7"}"#.to_owned()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    name: Option<String>,
    /// The fields of each block, values as JSON.
    blocks: BTreeMap<String, BTreeMap<String, String>>,
}

impl Origin {
    /// A place of this kind, such as `AWS::EC2::Instance`: X-Ray makes the type of the service of
    /// it. Other kinds that are in use: `AWS::ECS::Fargate`, `AWS::AppRunner::Service`.
    pub fn new(name: &str) -> Origin {
        Origin {
            name: Some(name.to_owned()),
            ..Origin::default()
        }
    }

    /// Says something of the place: a field of a block of `aws`, such as `instance_id` of `ec2`.
    ///
    /// The block `xray` is the recorder's own; what is said of it here is not written.
    #[must_use = "the origin with the field is what this returns"]
    pub fn with(mut self, block: &str, field: &str, text: &str) -> Origin {
        let mut json = String::new();
        write_text(&mut json, text);
        self.set(block, field, json);
        self
    }

    /// This place, and of the other whatever this one does not have: its name, and whole blocks.
    #[must_use = "the place with both is what this returns"]
    pub fn or(mut self, other: Origin) -> Origin {
        self.name = self.name.or(other.name);
        for (key, block) in other.blocks {
            self.blocks.entry(key).or_insert(block);
        }
        self
    }

    /// The kind of place, `origin` of a segment.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The blocks of `aws` by key, each a JSON object.
    pub fn blocks(&self) -> impl Iterator<Item = (&str, String)> {
        self.blocks.iter().map(|(key, fields)| {
            let mut json = String::new();
            let mut object = ObjectWriter::begin(&mut json);
            for (field, value) in fields {
                object.raw(field, value);
            }
            object.end();
            (&**key, json)
        })
    }

    /// Sets a field to a JSON value.
    pub(in crate::recorder) fn set(&mut self, block: &str, field: &str, json: String) {
        if block != OWN_BLOCK {
            let fields = self.blocks.entry(block.to_owned()).or_default();
            fields.insert(field.to_owned(), json);
        }
    }
}

/// The block that names the recorder.
pub(in crate::recorder) const OWN_BLOCK: &str = "xray";
