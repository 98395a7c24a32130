//! What several test files share.

use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;

use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, assemble};
use xray_phantom::wire::frame;
use xray_phantom::{FakeDaemon, PartialTrace};

/// A program that sends datagrams, as far as a daemon can tell.
pub(crate) struct Emitter {
    socket: UdpSocket,
    daemon: SocketAddr,
}

impl Emitter {
    pub(crate) fn to(daemon: &FakeDaemon) -> Emitter {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        Emitter {
            socket,
            daemon: daemon.address(),
        }
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&self, datagram: impl AsRef<[u8]>) {
        self.socket.send_to(datagram.as_ref(), self.daemon).unwrap();
    }

    /// Sends a document with its header line.
    pub(crate) fn emit(&self, document: &str) {
        self.send(frame(document).unwrap());
    }
}

/// A complete segment of the trace with this number; its id is the same number.
pub(crate) fn segment(number: u32, name: &str) -> String {
    format!(
        r#"{{"trace_id":"{}","id":"{number:016x}","name":"{name}","start_time":1.0,"end_time":1.5}}"#,
        trace_id(number)
    )
}

/// The trace id with this number.
pub(crate) fn trace_id(number: u32) -> String {
    format!("1-66a00000-{number:024x}")
}

/// The one trace of these documents, whose parents may be sent by somebody else.
pub(crate) fn partial(documents: &[impl AsRef<str>]) -> PartialTrace {
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(text.as_ref()).unwrap()),
    });
    let mut traces = assemble(arrivals, &ExternalParents::any()).traces;
    assert_eq!(traces.len(), 1);
    traces.remove(0)
}

/// The codes of what is wrong with a trace, in order of their names.
pub(crate) fn codes(trace: &PartialTrace) -> Vec<&'static str> {
    let mut codes: Vec<&str> = trace
        .defects()
        .map(|defect| defect.code().as_str())
        .collect();
    codes.sort_unstable();
    codes
}

/// A file under `fixtures/`.
pub(crate) fn fixture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(path)
}

/// A new folder for the files of one test, removed with this.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over lies in the target folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The text that a closure panics with.
#[track_caller]
pub(crate) fn panic_text<T>(run: impl FnOnce() -> T) -> String {
    let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) else {
        panic!("expected a panic");
    };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

/// Leaves what a daemon captured for the second witness, `tests/oracle/run`, if that asks for it.
pub(crate) async fn leave_for_oracle(daemon: &FakeDaemon, name: &str) {
    if let Some(folder) = std::env::var_os("XRAY_PHANTOM_ORACLE") {
        let file = PathBuf::from(folder).join(format!("{name}.jsonl"));
        daemon.save(file).await.unwrap();
    }
}

/// A text with what differs from run to run replaced: addresses, places, trace ids, times.
pub(crate) fn settled(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let cut = ["started at ", "asked at ", "captured at "]
            .iter()
            .find_map(|mark| Some(line.find(mark)? + mark.len()));
        let line = cut.map_or_else(|| line.to_owned(), |at| format!("{}PLACE", &line[..at]));
        let words = line.split(' ').map(settled_word);
        without_times(&words.collect::<Vec<_>>().join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn settled_word(word: &str) -> String {
    if let Some(at) = word.find("127.0.0.1:") {
        return format!(
            "{}ADDRESS{}",
            &word[..at],
            if word.ends_with(',') { "," } else { "" }
        );
    }
    if let Some(at) = word.find("tests/it/") {
        let end = if word.ends_with(')') { ")" } else { "" };
        return format!("{}PLACE{end}", &word[..at]);
    }
    if word.starts_with("Parent=") {
        return "Parent=ID".to_owned();
    }
    let is_id = |at: &usize| {
        let id = word.get(*at..at + 35).unwrap_or_default();
        id.parse::<xray_phantom::model::TraceId>().is_ok()
    };
    match word.match_indices("1-").map(|(at, _)| at).find(is_id) {
        Some(at) => format!("{}TRACE{}", &word[..at], &word[at + 35..]),
        None => word.to_owned(),
    }
}

/// A line of a tree without its durations.
fn without_times(line: &str) -> String {
    let is_time = |word: &&str| {
        let unit = [" ns", " \u{b5}s", " ms", " s"]
            .iter()
            .find_map(|unit| word.strip_suffix(unit));
        unit.is_some_and(|number| number.parse::<f64>().is_ok())
    };
    let words: Vec<&str> = line.split("  ").filter(|word| !is_time(word)).collect();
    words.join("  ")
}

/// The first five lines of a text.
pub(crate) fn five(text: &str) -> String {
    settled(text).lines().take(5).collect::<Vec<_>>().join("\n")
}
