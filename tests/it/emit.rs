//! The ways of documents out of a recorder, when they fail.

use std::fs::File;
use std::io::{BufWriter, Error, Write};
use std::net::UdpSocket;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use xray_phantom::recorder::{JsonLines, in_subsegment_infallible_sync};
use xray_phantom::{Recorder, Sampling};

/// Set for the copy of this test binary whose stderr is another.
const INSIDE: &str = "XRAY_PHANTOM_TEST_EMIT";

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs a test of this file alone, in a process of its own, with this for stderr.
fn alone(test: &str, stderr: Stdio) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("emit::{test}"), "--nocapture"])
        .env(INSIDE, "1")
        .stderr(stderr)
        .output()
        .unwrap()
}

/// A port that is taken and refuses: its socket listens to itself alone.
#[cfg(target_os = "linux")]
fn nobody() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(socket.local_addr().unwrap()).unwrap();
    socket
}

#[cfg(target_os = "linux")]
#[test]
fn a_stderr_that_takes_nothing_is_no_harm() {
    if is_inside() {
        // Before there is a recorder, from one that writes, and from one over UDP.
        in_subsegment_infallible_sync("lonely", |_| ());
        let builder = || Recorder::builder("api").sampling(Sampling::always());
        let nobody = nobody();
        let to_nowhere = builder().daemon_address(nobody.local_addr().unwrap());
        for builder in [
            builder().emitter(JsonLines::to(std::io::sink())),
            to_nowhere,
        ] {
            let recorder = builder.build();
            recorder.in_segment_infallible_sync("a?b", |_| ());
            assert_eq!(recorder.stats().renamed, 1);
        }
        println!("the program went on");
        return;
    }
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = alone("a_stderr_that_takes_nothing_is_no_harm", full.into());
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}");
    assert!(stdout.contains("the program went on"), "{stdout}");
}

/// Takes so many bytes, then refuses once, then takes all.
struct Torn {
    first: Option<usize>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Write for Torn {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = match self.first {
            Some(0) => {
                self.first = None;
                return Err(Error::other("no space left"));
            }
            Some(room) => room.min(bytes.len()),
            None => bytes.len(),
        };
        self.first = self.first.map(|room| room - taken);
        self.written.lock().unwrap().extend(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A recorder that writes lines.
fn lines_to(writer: impl Write + Send + 'static) -> Recorder {
    Recorder::builder("api")
        .emitter(JsonLines::to(writer))
        .sampling(Sampling::always())
        .build()
}

#[test]
fn after_a_line_that_was_cut_off_the_next_one_is_whole() {
    // (what the writer takes of the first line, the number of lines that are there then)
    for (first, lines) in [(0, 1), (1, 2), (20, 2)] {
        let written = Arc::default();
        let recorder = lines_to(Torn {
            first: Some(first),
            written: Arc::clone(&written),
        });
        for name in ["first", "second"] {
            recorder.in_segment_infallible_sync(name, |_| ());
        }
        assert_eq!((recorder.stats().sent, recorder.stats().failed), (1, 1));
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), lines, "{text}");
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last["name"], "second");
        assert!(text.ends_with("}\n"), "{text}");
    }
}

#[test]
fn lines_that_are_lost_in_a_buffer_count_as_failed_when_the_flush_fails() {
    let written = Arc::default();
    let recorder = lines_to(BufWriter::new(Torn {
        first: Some(0),
        written: Arc::clone(&written),
    }));
    for name in ["one", "two"] {
        recorder.in_segment_infallible_sync(name, |_| ());
    }
    recorder.flush();
    assert_eq!((recorder.stats().sent, recorder.stats().failed), (0, 2));
    recorder.in_segment_infallible_sync("three", |_| ());
    recorder.flush();
    assert_eq!((recorder.stats().sent, recorder.stats().failed), (1, 2));
    // A `BufWriter` tries again what it kept, and says nothing of it: it is all there.
    let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_writer_that_fails_is_told_once() {
    if is_inside() {
        let full = || File::options().write(true).open("/dev/full").unwrap();
        let (plain, buffered) = (lines_to(full()), lines_to(BufWriter::new(full())));
        for _ in 0..3 {
            plain.in_segment_infallible_sync("api", |_| ());
            buffered.in_segment_infallible_sync("api", |_| ());
            buffered.flush();
        }
        assert_eq!((plain.stats().sent, plain.stats().failed), (0, 3));
        assert_eq!((buffered.stats().sent, buffered.stats().failed), (0, 3));
        return;
    }
    let output = alone("a_writer_that_fails_is_told_once", Stdio::piped());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let told: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("xray-phantom"))
        .collect();
    assert_eq!(told.len(), 2, "{stderr}");
    for line in told {
        let begin = "xray-phantom: not-written: documents cannot be written as lines of JSON, and count as failed: ";
        assert!(line.starts_with(begin), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_that_is_not_there_is_told_once() {
    if is_inside() {
        let nobody = nobody();
        let recorder = Recorder::builder("api")
            .daemon_address(nobody.local_addr().unwrap())
            .sampling(Sampling::always())
            .build();
        for _ in 0..5 {
            recorder.in_segment_infallible_sync("api", |_| ());
        }
        assert_eq!((recorder.stats().sent, recorder.stats().failed), (0, 5));
        println!("address {}", nobody.local_addr().unwrap());
        return;
    }
    let output = alone("a_daemon_that_is_not_there_is_told_once", Stdio::piped());
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}{stderr}");
    let address = stdout.lines().find_map(|line| line.split_once("address "));
    let expected = format!(
        "xray-phantom: no-daemon: nobody listens on {}: start the X-Ray daemon there, or say where it is \
         (AWS_XRAY_DAEMON_ADDRESS); what is refused counts as failed",
        address.unwrap().1
    );
    assert_eq!(stderr.matches("xray-phantom: ").count(), 1, "{stderr}");
    assert!(stderr.contains(&expected), "{stderr}");
}
