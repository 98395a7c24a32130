//! What the environment asks of a recorder.

use std::str::FromStr;

use crate::error::{Error, visible};
use crate::recorder::{ContextMissing, DaemonAddress};
use crate::seam::Environment;
use crate::wire::Note;

/// What the environment asks of a recorder.
///
/// | variable | values | read by |
/// |---|---|---|
/// | `AWS_XRAY_CONTEXT_MISSING` | `LOG_ERROR`, `RUNTIME_ERROR`, `IGNORE_ERROR`, in any case: [`ContextMissing`] | all SDKs |
/// | `AWS_XRAY_DAEMON_ADDRESS` | [`DaemonAddress`] | all SDKs |
/// | `AWS_XRAY_SDK_DISABLED` | `true`, in any case: nothing is recorded | the SDK for Go |
/// | `AWS_XRAY_SDK_ENABLED` | `n`, `no`, `f`, `false`, `off`, `0`, in any case: nothing is recorded | the SDK for Python, `sdk_config.py` |
/// | `AWS_XRAY_TRACING_NAME` | the name of segments, or the fallback where hosts name them | all SDKs |
///
/// A variable that holds nothing but white space counts as not set. Each goes before what the
/// program's own code says, as in the SDKs, but for the daemon's address: where the builder is
/// told of a daemon or an emitter that variable is not looked at, and may hold anything. Where one
/// of the two switches says off, it is off, and nothing else is of account.
///
/// Not read, because they ask for what a [`Recorder`](crate::Recorder) does not have:
/// `AWS_XRAY_NOOP_ID` (here ids are always real), `AWS_XRAY_DEBUG_MODE`, `AWS_XRAY_LOG_LEVEL`,
/// `AWS_XRAY_MANUAL_MODE`, `AWS_XRAY_COLLECT_SQL_QUERIES`, `AWS_XRAY_METRICS_DAEMON_ADDRESS`.
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::Settings;
/// use xray_phantom::seam::Environment;
///
/// let (settings, notes) = Settings::read(&Environment::of([
///     ("AWS_XRAY_DAEMON_ADDRESS", "xray-daemon:2000"),
///     ("AWS_XRAY_SDK_ENABLED", "maybe"),
/// ]));
/// assert_eq!(settings.daemon.unwrap().udp(), "xray-daemon:2000");
/// assert!(!settings.disabled);
/// assert_eq!(
///     notes[0].to_string(),
///     "invalid-setting: AWS_XRAY_SDK_ENABLED is `maybe`, expected true or false: recording stays on"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// `AWS_XRAY_CONTEXT_MISSING`: what happens to work that finds no segment.
    pub context_missing: Option<ContextMissing>,
    /// `AWS_XRAY_DAEMON_ADDRESS`: where the daemon listens.
    pub daemon: Option<DaemonAddress>,
    /// `AWS_XRAY_SDK_DISABLED`, `AWS_XRAY_SDK_ENABLED`: whether nothing is to be recorded.
    pub disabled: bool,
    /// `AWS_XRAY_TRACING_NAME`: the name of segments, as it was given.
    pub tracing_name: Option<String>,
}

impl Settings {
    /// Reads the variables. What cannot be used is as if it were not set, and makes a note of
    /// code `invalid-setting`.
    pub fn read(environment: &Environment) -> (Settings, Vec<Note>) {
        Settings::read_with(environment, |variables| {
            variables.parsed("AWS_XRAY_DAEMON_ADDRESS")
        })
    }

    /// The same without the address of the daemon, for a recorder that is told where to send:
    /// whatever the variable holds is of no account.
    pub(in crate::recorder) fn read_but_daemon(environment: &Environment) -> (Settings, Vec<Note>) {
        Settings::read_with(environment, |_| None)
    }

    fn read_with(
        environment: &Environment,
        daemon: impl FnOnce(&mut Variables<'_>) -> Option<DaemonAddress>,
    ) -> (Settings, Vec<Note>) {
        let mut variables = Variables {
            environment,
            notes: Vec::new(),
        };
        let settings = Settings {
            context_missing: variables.parsed("AWS_XRAY_CONTEXT_MISSING"),
            daemon: daemon(&mut variables),
            disabled: {
                let disabled = variables.switch("AWS_XRAY_SDK_DISABLED", &["true"], &["false"]);
                let enabled = variables.switch("AWS_XRAY_SDK_ENABLED", ON, OFF);
                disabled == Some(true) || enabled == Some(false)
            },
            tracing_name: variables.text("AWS_XRAY_TRACING_NAME"),
        };
        (settings, variables.notes)
    }
}

/// An environment, and what was found wrong with it.
struct Variables<'a> {
    environment: &'a Environment,
    notes: Vec<Note>,
}

impl Variables<'_> {
    /// The value of a variable, unless it is blank.
    fn text(&mut self, name: &str) -> Option<String> {
        match self.environment.variable(name) {
            Ok(value) => value.filter(|value| !value.trim().is_empty()),
            Err(error) => {
                self.note(error.to_string());
                None
            }
        }
    }

    /// The value of a variable as what it stands for.
    fn parsed<T: FromStr<Err = Error>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|error| self.note(format!("{name} is not used: {error}")))
            .ok()
    }

    /// Whether a variable has one of the values that turn it on, or one of those that do not.
    fn switch(&mut self, name: &str, on: &[&str], off: &[&str]) -> Option<bool> {
        let text = self.text(name)?;
        let value = text.trim().to_ascii_lowercase();
        if on.contains(&&*value) {
            return Some(true);
        }
        if !off.contains(&&*value) {
            self.note(format!(
                "{name} is `{}`, expected true or false: recording stays on",
                visible(&text)
            ));
            return None;
        }
        Some(false)
    }

    fn note(&mut self, message: String) {
        self.notes.push(Note::new("invalid-setting", message));
    }
}

const ON: &[&str] = &["y", "yes", "t", "true", "on", "1"];
const OFF: &[&str] = &["n", "no", "f", "false", "off", "0"];
