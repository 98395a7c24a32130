//! What variables and files tell about where a program runs.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::json::{Document, Kind, Value};
use crate::recorder::Origin;
use crate::seam::Environment;
use crate::wire::Note;

impl Origin {
    /// Finds out where this program runs, from variables and from files below `root`, which is
    /// `/` unless a test says otherwise. Nothing goes over the network, to no metadata address.
    ///
    /// | place | seen by | `aws` |
    /// |---|---|---|
    /// | `AWS::ElasticBeanstalk::Environment` | the file `/var/elasticbeanstalk/xray/environment.conf` | `elastic_beanstalk`: what the file says |
    /// | `AWS::EKS::Container` | `AWS_WEB_IDENTITY_TOKEN_FILE` or `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` names a token of EKS | `eks`: `pod`, the host name |
    /// | `AWS::ECS::Container` | `ECS_CONTAINER_METADATA_URI_V4` or `ECS_CONTAINER_METADATA_URI` | `ecs`: `container`, the host name |
    ///
    /// The first of them gives the name, and all of them their blocks. The host name is
    /// `HOSTNAME`, or the text of `/etc/hostname`. Of Lambda (`AWS_LAMBDA_FUNCTION_NAME`) nothing
    /// is said: there the service writes the segment. An EC2 instance shows in no variable and no
    /// file: [`or`](Origin::or) adds it.
    ///
    /// A pod of EKS without a role of its own shows nothing that others have not; the Java SDK
    /// takes every pod of Kubernetes for one of EKS.
    ///
    /// What is there and cannot be used makes a note of code `unknown-origin`.
    ///
    /// Source: the plugins of the AWS X-Ray SDKs, and their order in
    /// `AWSXRayRecorderBuilder.java`. The tokens of EKS: Amazon EKS user guide, "IAM roles for
    /// service accounts" and "EKS Pod Identity".
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    /// use xray_phantom::recorder::Origin;
    /// use xray_phantom::seam::Environment;
    ///
    /// let environment = Environment::of([
    ///     ("ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4/1"),
    ///     ("HOSTNAME", "ip-10-0-0-7"),
    /// ]);
    /// let (origin, notes) = Origin::detect(&environment, Path::new("/"));
    /// assert_eq!(origin.name(), Some("AWS::ECS::Container"));
    /// assert!(notes.is_empty());
    /// ```
    pub fn detect(environment: &Environment, root: &Path) -> (Origin, Vec<Note>) {
        let mut signs = Signs {
            environment,
            root,
            notes: Vec::new(),
        };
        if signs.variable("AWS_LAMBDA_FUNCTION_NAME").is_some() {
            return (Origin::default(), signs.notes);
        }
        let origin = signs.beanstalk().or(signs.eks()).or(signs.ecs());
        (origin, signs.notes)
    }
}

/// Where signs are looked for, and what was found wrong with them.
struct Signs<'a> {
    environment: &'a Environment,
    root: &'a Path,
    notes: Vec<Note>,
}

impl Signs<'_> {
    fn beanstalk(&mut self) -> Origin {
        let Some(text) = self.file(BEANSTALK) else {
            return Origin::default();
        };
        let document = match Document::parse(&text) {
            Ok(document) if document.root().kind() == Kind::Object => document,
            Ok(document) => {
                let kind = document.root().kind();
                self.note_of(BEANSTALK, format_args!("holds {kind}, expected an object"));
                return Origin::default();
            }
            Err(error) => {
                self.note_of(BEANSTALK, format_args!("is no JSON: {error}"));
                return Origin::default();
            }
        };
        let mut origin = Origin::new("AWS::ElasticBeanstalk::Environment");
        let fields = [
            ("deployment_id", Kind::Number),
            ("environment_name", Kind::String),
            ("version_label", Kind::String),
        ];
        for (field, kind) in fields {
            let Some(value) = document.root().get(field) else {
                continue;
            };
            match as_kind(value, kind) {
                Some(json) => origin.set("elastic_beanstalk", field, json),
                None => {
                    let found = value.kind();
                    self.note_of(
                        BEANSTALK,
                        format_args!("gives `{field}` as {found}, expected {kind}"),
                    );
                }
            }
        }
        origin
    }

    fn eks(&mut self) -> Origin {
        let tokens = [
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        ];
        let is_of_eks = |path: String| EKS_TOKENS.iter().any(|folder| path.starts_with(folder));
        if !tokens
            .iter()
            .any(|name| self.variable(name).is_some_and(is_of_eks))
        {
            return Origin::default();
        }
        self.on_host(Origin::new("AWS::EKS::Container"), "eks", "pod")
    }

    fn ecs(&mut self) -> Origin {
        let addresses = [
            "ECS_CONTAINER_METADATA_URI_V4",
            "ECS_CONTAINER_METADATA_URI",
        ];
        if !addresses.iter().any(|name| self.variable(name).is_some()) {
            return Origin::default();
        }
        self.on_host(Origin::new("AWS::ECS::Container"), "ecs", "container")
    }

    /// Names the host, if it is known.
    fn on_host(&mut self, origin: Origin, block: &str, field: &str) -> Origin {
        let host = self.variable("HOSTNAME").or_else(|| self.file(HOST_NAME));
        match host.as_deref().map(str::trim) {
            Some(host) if !host.is_empty() => origin.with(block, field, host),
            _ => origin,
        }
    }

    /// The value of a variable, unless it is blank.
    fn variable(&mut self, name: &str) -> Option<String> {
        match self.environment.variable(name) {
            Ok(value) => value.filter(|value| !value.trim().is_empty()),
            Err(error) => {
                self.note(error.to_string());
                None
            }
        }
    }

    /// The text of a file; `None` where there is none.
    fn file(&mut self, path: &str) -> Option<String> {
        match fs::read_to_string(self.root.join(path)) {
            Ok(text) => Some(text),
            Err(error) => {
                let absent = [ErrorKind::NotADirectory, ErrorKind::NotFound];
                if !absent.contains(&error.kind()) {
                    self.note_of(path, format_args!("cannot be read: {error}"));
                }
                None
            }
        }
    }

    fn note_of(&mut self, path: &str, why: fmt::Arguments<'_>) {
        let path = self.root.join(path);
        self.note(format!("`{}` {why}", path.display()));
    }

    fn note(&mut self, message: String) {
        let note = Note::new("unknown-origin", message);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// The JSON of a value, if it is of this kind. A number in quotes is one too.
fn as_kind(value: Value<'_>, kind: Kind) -> Option<String> {
    if value.kind() == kind {
        return Some(value.raw().to_owned());
    }
    let text = value.as_str().filter(|_| kind == Kind::Number)?;
    text.parse::<u64>().ok().map(|number| number.to_string())
}

/// Below the root. On Windows: the OpenTelemetry resource detectors for Elastic Beanstalk.
const BEANSTALK: &str = if cfg!(windows) {
    "Program Files/Amazon/XRay/environment.conf"
} else {
    "var/elasticbeanstalk/xray/environment.conf"
};

/// Below the root.
const HOST_NAME: &str = "etc/hostname";

/// Where EKS mounts tokens: of roles for service accounts, and of Pod Identity.
const EKS_TOKENS: &[&str] = &[
    "/var/run/secrets/eks.amazonaws.com/",
    "/var/run/secrets/pods.eks.amazonaws.com/",
];
