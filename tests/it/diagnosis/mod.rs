//! Bugs of tracing, each seeded into a small program: the text of the test that fails names the cause
//! in its first five lines, and the program without the bug passes.
//!
//! | # | what goes wrong | tests |
//! |---|---|---|
//! | 1 | a segment or subsegment is never closed | `lost::a_segment_that_an_early_return_leaves_open`, `a_segment_of_a_task_that_is_not_awaited`, `a_subsegment_that_is_left_open`, `a_segment_of_another_sdk_that_is_never_closed` |
//! | 2 | code runs in no segment: spawned, on a thread, or nobody opened one | `asserted::a_subsegment_of_a_task_that_lost_its_context`, `a_subsegment_by_a_pattern_of_a_task_that_lost_its_context`, `lost::a_blocking_thread_that_gets_no_context`, `code_for_which_nobody_opened_a_segment` |
//! | 3 | a wrong parent, or what belongs to another request | `asserted::a_subsegment_with_the_wrong_parent`, `an_annotation_that_lands_in_the_trace_of_another_request`, `a_subsegment_that_lands_in_the_trace_of_another_request`, `misplaced::a_parent_of_another_request` |
//! | 4 | a child outlives its parent or begins after it, a document is late or sent twice | `misplaced::a_child_that_outlives_its_parent`, `a_child_that_begins_after_its_parent_has_ended`, `a_document_that_is_sent_twice` |
//! | 5 | a parent is missing, ids of two traces in one document, two roots | `misplaced::a_parent_that_never_arrives`, `a_document_with_ids_of_two_traces`, `a_service_that_loses_the_parent_of_the_header`, `a_request_that_begins_two_traces` |
//! | 6 | a datagram or a document does not fit, or the kernel drops it | `lost::a_datagram_that_is_too_large`, `datagrams_that_the_kernel_drops`, `documents::a_document_that_x_ray_finds_too_large` |
//! | 7 | a document that X-Ray refuses | `documents::a_segment_without_an_end`, `a_name_that_x_ray_refuses`, `a_document_that_names_no_trace`, `a_datagram_without_its_header_line` |
//! | 8 | an annotation that X-Ray drops, or the recorder | `documents::an_annotation_that_x_ray_drops`, `an_annotation_that_the_recorder_leaves_out`, `asserted::an_annotation_that_was_left_out` |
//! | 9 | an end before its start | `documents::an_end_before_its_start` |
//! | 10 | the outgoing header is missing, names another parent, says the wrong `Sampled`, differs between attempts | `asserted::a_call_that_carries_no_header`, `a_call_that_names_another_parent`, `a_call_that_says_it_is_not_sampled`, `a_call_of_a_request_that_is_not_recorded_says_it_is`, `a_header_that_is_made_anew_for_each_attempt`, `a_header_that_only_the_first_attempt_carries` |
//! | 11 | recorded though sampled out, sampled out unseen, a trace of its own | `sampled` but its last test |
//! | 12 | flags that contradict the status, a cause without a flag | `asserted::flags_that_contradict_the_status`, `documents::a_client_error_that_is_recorded_as_a_fault`, `a_cause_without_a_flag` |
//! | 13 | a call without its table, a client that is instrumented twice | `asserted::a_call_that_does_not_name_its_table`, `documents::a_call_without_its_table`, `a_client_that_is_instrumented_twice` |
//! | 14 | a secret in a trace | `documents::a_password_in_the_url_of_a_database` |
//! | 15 | attempts that are written as retries, retries that are off | `asserted::attempts_that_are_written_as_retries`, `retries_that_are_off` |
//! | 16 | Lambda: held across invocations, no header | `lost::an_invocation_of_lambda_that_is_held_until_the_next_one`, `sampled::a_lambda_function_that_reads_the_header_too_early` |
//! | 17 | an id in a name | `documents::an_id_in_a_name` |

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
