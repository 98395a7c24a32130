//! Environment variables.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::error::Error;

/// The environment that a program reads its settings from. Nothing ever writes to it.
///
/// # Examples
///
/// ```
/// use xray_phantom::seam::Environment;
///
/// let environment = Environment::of([("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000")]);
/// assert_eq!(environment.variable("AWS_XRAY_DAEMON_ADDRESS").unwrap().unwrap(), "127.0.0.1:2000");
/// assert_eq!(environment.variable("AWS_XRAY_TRACING_NAME").unwrap(), None);
/// ```
#[derive(Clone, Debug)]
pub struct Environment(Source);

#[derive(Clone, Debug)]
enum Source {
    Given(BTreeMap<String, OsString>),
    Process,
}

impl Environment {
    /// The environment of this process, read when asked.
    pub fn process() -> Environment {
        Environment(Source::Process)
    }

    /// An environment with these variables alone.
    pub fn of<K: Into<String>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Environment {
        let given = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Environment(Source::Given(given.collect()))
    }

    /// The value of a variable; `None` where it is not set.
    ///
    /// # Errors
    ///
    /// A value that is not Unicode.
    pub fn variable(&self, name: &str) -> Result<Option<String>, Error> {
        let value = match &self.0 {
            Source::Given(given) => given.get(name).cloned(),
            Source::Process => std::env::var_os(name),
        };
        match value.map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(value)) => Err(Error::invalid(
                "environment variable",
                &format!("{name}={}", value.to_string_lossy()),
                "the value is not Unicode",
            )),
        }
    }
}
