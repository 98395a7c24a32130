//! A Python program in a process of its own.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A program that runs until it ends, or until this is dropped.
///
/// What it wrote to stderr is in the text of a failure. That text is also printed when a test
/// panics for another reason, so that the harness shows it with the failed test.
#[derive(Debug)]
#[must_use = "dropped, the program is killed"]
pub(crate) struct Program {
    script: &'static str,
    child: Child,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Program {
    /// Starts a script of this package.
    #[track_caller]
    pub(crate) fn start(script: &'static str, environment: &[(&str, String)]) -> Program {
        let Some(python) = env::var_os(PYTHON) else {
            panic!("{PYTHON} is not set: {HOW}");
        };
        let mut command = Command::new(&python);
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script))
            // A pipe that nobody writes to: it closes when this process ends, however it ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in env::vars_os().filter(|(name, _)| leads_astray(name)) {
            command.env_remove(name);
        }
        command.envs(ENVIRONMENT);
        command.envs(environment.iter().map(|(name, value)| (name, value)));

        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("{} does not start: {error}: {HOW}", python.display()),
        };
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // The test may have stopped reading.
                let _ = sender.send(line);
            }
        });
        let stderr = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Program {
            script,
            child,
            lines,
            stderr: Some(stderr),
        }
    }

    /// The next line that it prints.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => self.fail("printed no line in time"),
            Err(RecvTimeoutError::Disconnected) => self.fail("ended without printing a line"),
        }
    }

    /// Waits until it has ended well, and returns the lines that it printed.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Vec<String> {
        let deadline = Instant::now() + DEADLINE;
        let mut printed = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => printed.push(line),
                Err(RecvTimeoutError::Timeout) => self.fail("did not end in time"),
                // Its stdout closes when it ends.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if !self.child.wait().unwrap().success() {
            self.fail("failed");
        }
        // The harness shows it if the test fails later.
        self.show_stderr();
        printed
    }

    #[track_caller]
    fn fail(&mut self, what: &str) -> ! {
        // It may have ended by itself.
        let _ = self.child.kill();
        let status = self.child.wait().unwrap();
        let stderr = self.stderr();
        panic!(
            "{} {what} ({status}), and wrote to stderr:\n{stderr}",
            self.script
        );
    }

    /// Prints what it wrote to stderr, if anything. It must have ended.
    fn show_stderr(&mut self) {
        let stderr = self.stderr();
        if !stderr.is_empty() {
            eprintln!("{} wrote to stderr:\n{stderr}", self.script);
        }
    }

    /// What it wrote to stderr, once. It must have ended.
    fn stderr(&mut self) -> String {
        let Some(stderr) = self.stderr.take() else {
            return String::new();
        };
        stderr.join().unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            self.show_stderr();
        }
    }
}

/// Whether a variable could lead a program somewhere else than its test says.
fn leads_astray(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_uppercase();
    let prefixes = ["AWS_", "BOTO", "LAMBDA_", "PYTHON", "_X_AMZN_"];
    name.ends_with("_PROXY") || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// What every program sees. Nothing in it leads off this machine.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("AWS_ACCESS_KEY_ID", "testing"),
    ("AWS_SECRET_ACCESS_KEY", "testing"),
    ("AWS_DEFAULT_REGION", "us-east-1"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    // Whoever runs the tests may have files that name other endpoints.
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ("NO_PROXY", "*"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
];
/// Names the interpreter that has the SDK.
const PYTHON: &str = "XRAY_PHANTOM_PYTHON";
const HOW: &str =
    "run `tests/interop/run`, which makes the Python environment and starts these tests";
/// Far more than a program needs, even on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);
