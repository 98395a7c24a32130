//! What the segments of a service are called.

use crate::recorder::name::{clean, is_name};
use crate::recorder::pattern::Pattern;

/// How the segment of a request gets its name: always the same one, or the host that was asked
/// for.
///
/// Each name is one that X-Ray takes: characters that names may not have are dropped, what is
/// beyond 200 characters is cut, and where nothing is left the name is `unnamed`. A host of which
/// nothing is left names nothing: the fallback does.
///
/// Source: AWS X-Ray SDKs, "segment naming strategies"; `mw_utils.js` of the Node SDK,
/// `DynamicSegmentNamingStrategy.java`.
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::Naming;
///
/// let naming = Naming::fixed("Orders (worker)");
/// assert_eq!(naming.name(Some("api.example.com")), "Orders worker");
///
/// let naming = Naming::by_host("*.example.com", "OrdersWorker");
/// assert_eq!(naming.name(Some("API.example.com")), "API.example.com");
/// assert_eq!(naming.name(Some("203.0.113.7")), "OrdersWorker");
/// assert_eq!(naming.name(None), "OrdersWorker");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The hosts that name their segments themselves.
    hosts: Option<Pattern>,
    name: String,
}

impl Naming {
    /// One name for all segments.
    pub fn fixed(name: &str) -> Naming {
        Naming {
            hosts: None,
            name: clean(name).into_owned(),
        }
    }

    /// The host, where it is like the pattern; else the fallback.
    ///
    /// In the pattern `*` stands for any run of characters and `?` for one; letters match in
    /// either case. It is held against the whole `Host` header, a port included, as the SDKs do:
    /// `*.example.com*` takes any port. A host that nobody checks makes a service of each name
    /// that a client invents; so does the pattern `*`.
    pub fn by_host(pattern: &str, fallback: &str) -> Naming {
        Naming {
            hosts: Some(Pattern::new(pattern)),
            name: clean(fallback).into_owned(),
        }
    }

    /// Gives the fixed name, or the fallback, another text, as `AWS_XRAY_TRACING_NAME` does.
    #[must_use = "the naming with the other name is what this returns"]
    pub fn with_name(mut self, name: &str) -> Naming {
        self.name = clean(name).into_owned();
        self
    }

    /// The name of the segment of a request with this `Host` header.
    pub fn name(&self, host: Option<&str>) -> String {
        match (&self.hosts, host) {
            (Some(hosts), Some(host)) if is_name(host) && hosts.matches(host) => {
                clean(host).into_owned()
            }
            _ => self.name.clone(),
        }
    }
}
