//! Bugs of tracing, each seeded into a small program: the text of the test that fails names the cause
//! in its first five lines, and the program without the bug passes.
//!
//! | what goes wrong | file |
//! |---|---|
//! | a segment or subsegment is never closed | `lost` |
//! | code runs in no segment: spawned, on a thread, or nobody opened one | `lost` |
//! | a wrong parent, an annotation in another request's trace | `misplaced`, `asserted` |
//! | a child outlives its parent, or a document is sent twice | `misplaced` |
//! | a parent is missing, two roots, ids of two traces in one document | `misplaced` |
//! | a document does not fit | `lost`, `documents` |
//! | a document that X-Ray refuses | `documents` |
//! | an annotation that X-Ray drops | `documents` |
//! | an end before its start, a child before its parent | `documents`, `misplaced` |
//! | the outgoing header is missing, or names another parent | `asserted` |
//! | sampling: recorded though sampled out, or sampled out unseen | `sampled` |
//! | flags that contradict the status, a cause without a flag | `documents`, `asserted` |
//! | a call without its table, a client that is instrumented twice | `documents`, `asserted` |
//! | a secret in a trace | `documents` |
//! | retries, counted wrong or switched off | `asserted` |
//! | Lambda: held across invocations, no header | `lost`, `sampled` |
//! | an id in a name | `documents` |

mod asserted;
mod documents;
mod lost;
mod misplaced;
mod sampled;

use std::error::Error;

use xray_phantom::{FakeDaemon, FakeDaemonBuilder, Recorder};

use crate::support::five;

/// How a program's test ends.
type Verdict = Result<(), Box<dyn Error>>;

/// Whether the bug is in the program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bug {
    Seeded,
    Absent,
}

/// Runs the test of a program without its bug, which passes, and with it, which fails with a text that
/// begins so.
#[track_caller]
fn diagnose(program: impl AsyncFn(&FakeDaemon, Bug) -> Verdict, expected: &str) {
    diagnose_with(|builder| builder, program, expected);
}

/// The same with a daemon that is set up.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a program is written in the call"
)]
fn diagnose_with(
    set_up: impl Fn(FakeDaemonBuilder) -> FakeDaemonBuilder,
    program: impl AsyncFn(&FakeDaemon, Bug) -> Verdict,
    expected: &str,
) {
    let text = text_of(set_up, &program);
    assert_eq!(five(&text), expected, "{text}");
}

/// The text of the test that fails, once the program without the bug has passed.
#[track_caller]
fn text_of(
    set_up: impl Fn(FakeDaemonBuilder) -> FakeDaemonBuilder,
    program: &impl AsyncFn(&FakeDaemon, Bug) -> Verdict,
) -> String {
    let run = |bug| {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().build().unwrap();
        let test = async |daemon: &FakeDaemon| program(daemon, bug).await;
        let tested = set_up(FakeDaemon::builder()).try_scope(test);
        match runtime.block_on(tested) {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(report) => Some(report.to_string()),
        }
    };
    assert_eq!(run(Bug::Absent), None);
    run(Bug::Seeded).unwrap_or_else(|| panic!("the bug passes"))
}

fn recorder(daemon: &FakeDaemon) -> Recorder {
    Recorder::builder("OrdersWorker").daemon(daemon).build()
}
