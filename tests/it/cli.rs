//! The program, run as a person or a build runs it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json as value};
use xray_phantom::capture::CaptureFile;
use xray_phantom::json;
use xray_phantom::wire::frame;

use crate::support::{Folder, fixture, segment, trace_id};

/// What a run gave: its exit code, standard output, standard error.
type Ran = (i32, String, String);

/// Runs the program in a folder.
fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_xray-phantom"))
        .current_dir(folder)
        .args(arguments))
}

fn run(command: &mut Command) -> Ran {
    let output = command.env_remove("GITHUB_ACTIONS").output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The one object that `--format json` prints, and the exit code.
fn checked(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["check", "--format", "json"], arguments].concat();
    let (code, out, err) = run_in(folder, &arguments);
    assert_eq!(err, "");
    assert_eq!(out.lines().count(), 1);
    (code, serde_json::from_str(&out).unwrap())
}

/// A line of a capture file.
fn line(seq: u64, document: &str) -> String {
    let datagram = String::from_utf8(frame(document).unwrap()).unwrap();
    format!("{}\n", value!({"seq": seq, "text": datagram}))
}

const OPEN: &str = r#"{"trace_id":"1-66a00000-000000000000000000000009","id":"00000000000000a9","name":"open","start_time":3.5,"in_progress":true}"#;
const ORPHAN: &str = r#"{"trace_id":"1-66a00000-000000000000000000000008","type":"subsegment","id":"00000000000000b8","parent_id":"00000000000000a8","name":"lost","start_time":2,"end_time":2.25}"#;

#[test]
fn a_capture_without_fault_is_shown_and_passes() {
    let folder = Folder::new("cli-good");
    fs::write(folder.0.join("good.jsonl"), line(0, &segment(1, "api"))).unwrap();
    let (code, out, err) = run_in(&folder.0, &["check", "good.jsonl"]);
    assert_eq!(
        out,
        "trace 1-66a00000-000000000000000000000001 (complete, 1 entity)\n\
         api  500 ms\n\n\
         1 file, 1 datagram: 1 accepted, 0 rejected, 0 ignored\n\
         1 trace: 1 complete, 0 not\n\
         nothing found: all is well\n"
    );
    assert_eq!((code, &*err), (0, ""));
}

#[test]
fn each_finding_is_told_with_its_place_its_reason_and_what_to_do() {
    let folder = Folder::new("cli-bad");
    let lines = [
        line(
            0,
            &segment(1, "api").replacen(
                '{',
                r#"{"annotations":{"a b":1},"http":{"response":{"status":404}},"#,
                1,
            ),
        ),
        "{\"seq\": 1, \"text\": \"x\"}\n".to_owned(),
        line(2, ORPHAN),
        line(3, OPEN),
    ];
    fs::write(folder.0.join("bad.jsonl"), lines.concat()).unwrap();
    let (code, out, err) = run_in(&folder.0, &["check", "bad.jsonl"]);
    assert_eq!((code, &*err), (1, ""));
    insta::assert_snapshot!(out);
    let (code, out, _) = run_in(
        &folder.0,
        &[
            "check",
            "bad.jsonl",
            "--external-parent",
            "00000000000000a8",
            "--allow",
            "missing-newline",
            "--allow",
            "never-closed",
            "--allow",
            "annotation-key at api",
            "--deny",
            "flags-and-status",
        ],
    );
    assert_eq!(code, 1);
    let heads: Vec<&str> = out.lines().filter(|line| line.contains("]: ")).collect();
    assert_eq!(
        heads,
        [
            "allowed: rejection[missing-newline]: no line feed parts header and document in `x`: begin each datagram \
             with {\"format\":\"json\",\"version\":1} and a line feed",
            "allowed: pruned[annotation-key]: a text, or a name from elsewhere, was used as a key: the annotation key `a b` has ` `; use letters, digits, `_` and `.`",
            "denied: lint[flags-and-status]: the status was recorded without its flags: the status 404 means `error`, and no flag is set; set the flags by the status",
            "allowed: defect[never-closed]: the future was dropped, or the program ended, before it was closed: all that arrived of segment `open` is in progress",
        ]
    );
    assert!(
        out.ends_with("1 rejection, 1 pruned, 1 lint, 1 defect: 1 finding fails\n"),
        "{out}"
    );
}

#[test]
fn many_findings_of_a_kind_are_counted_in_text_and_listed_in_json() {
    let folder = Folder::new("cli-many");
    let keys: Vec<String> = (0..25).map(|key| format!("\"k {key}\":1")).collect();
    let document = segment(1, "api").replacen(
        '{',
        &format!("{{\"annotations\":{{{}}},", keys.join(",")),
        1,
    );
    fs::write(folder.0.join("one.json"), &document).unwrap();
    let (_, out, _) = run_in(&folder.0, &["check", "one.json"]);
    assert_eq!(out.matches("pruned[annotation-key]").count(), 10);
    assert!(
        out.contains("\nannotation-key: and 15 more; --format json lists them all\n"),
        "{out}"
    );
    let (code, report) = checked(&folder.0, &["one.json"]);
    assert_eq!(
        (code, report["violations"].as_array().unwrap().len()),
        (1, 25)
    );
}

#[test]
fn json_is_the_contract() {
    let folder = Folder::new("cli-json");
    let rich = r#"{"trace_id":"1-66a00000-000000000000000000000001","id":"00000000000000a1","name":"api","start_time":1.0,"end_time":1.5,
        "fault":true,"annotations":{"user id":"u","n":1.50},"metadata":{"default":{"k":[1]}},"http":{"response":{"status":500}},
        "subsegments":[{"id":"00000000000000b2","name":"second","start_time":1.25,"end_time":1.5,"namespace":"aws",
            "aws":{"operation":"Query","region":"r","table_name":"t"}},
          {"id":"00000000000000b1","name":"first","start_time":1.0,"end_time":1.25,"sql":{"url":"u"},"parent_id":"00000000000000ff",
            "subsegments":[{"id":"00000000000000c1","name":"leaf","start_time":1.0,"in_progress":true}]}]}"#;
    let lines = [
        line(0, &rich.replace('\n', " ")),
        "{\"seq\": 7, \"text\": \"{\\\"format\\\":\\\"xml\\\"}\\n{}\"}\n".to_owned(),
        "{\"seq\": 8, \"text\": \"\"}\n".to_owned(),
        line(9, "T1SCg=="),
    ];
    fs::write(folder.0.join("a.jsonl"), lines.concat()).unwrap();
    let (code, report) = checked(&folder.0, &["a.jsonl"]);
    assert_eq!(code, 1);
    let message = report["rejections"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("invalid header `{\"format\":\"xml\"}`: "),
        "{message}"
    );
    let expected = CONTRACT.replace("MESSAGE", &message.replace('"', "\\\""));
    assert_eq!(report, serde_json::from_str::<Value>(&expected).unwrap());
}

const CONTRACT: &str = r#"{"version": 1,
 "datagrams": {"received": 4, "accepted": 2, "rejected": 1, "ignored": 1, "dropped": 0},
 "rejections": [{"file": null, "seq": 7, "code": "invalid-header", "aws_code": null, "message": "MESSAGE"}],
 "violations": [{"code": "annotation-key", "aws_code": null, "consequence": "pruned", "file": null, "seq": 0,
   "trace_id": "1-66a00000-000000000000000000000001", "id": "00000000000000a1", "pointer": "/annotations/user id",
   "message": "a text, or a name from elsewhere, was used as a key: the annotation key `user id` has ` `; use letters, digits, `_` and `.`"}],
 "traces": [{"id": "1-66a00000-000000000000000000000001", "complete": false, "start_time": 1.0, "duration": 0.5,
   "defects": [{"code": "never-closed", "severity": "error", "file": null, "seq": 0, "id": "00000000000000c1",
     "message": "the future was dropped, or the program ended, before it was closed: all that arrived of subsegment `leaf` is in progress"}],
   "roots": [{"id": "00000000000000a1", "kind": "segment", "name": "api", "namespace": null, "parent_id": null,
     "start_time": 1.0, "end_time": 1.5, "error": false, "fault": true, "throttle": false, "in_progress": false,
     "inferred": false, "annotations": {"user id": "u", "n": 1.5}, "metadata": {"default": {"k": [1]}},
     "http": {"response": {"status": 500}}, "aws": null, "sql": null, "children": [
      {"id": "00000000000000b1", "kind": "subsegment", "name": "first", "namespace": null,
       "parent_id": "00000000000000a1", "start_time": 1.0, "end_time": 1.25, "error": false, "fault": false,
       "throttle": false, "in_progress": false, "inferred": false, "annotations": {}, "metadata": {},
       "http": null, "aws": null, "sql": {"url": "u"}, "children": [
        {"id": "00000000000000c1", "kind": "subsegment", "name": "leaf", "namespace": null,
         "parent_id": "00000000000000b1", "start_time": 1.0, "end_time": null, "error": false, "fault": false,
         "throttle": false, "in_progress": true, "inferred": false, "annotations": {}, "metadata": {},
         "http": null, "aws": null, "sql": null, "children": []}]},
      {"id": "00000000000000b2", "kind": "subsegment", "name": "second", "namespace": "aws",
       "parent_id": "00000000000000a1", "start_time": 1.25, "end_time": 1.5, "error": false, "fault": false,
       "throttle": false, "in_progress": false, "inferred": false, "annotations": {}, "metadata": {},
       "http": null, "aws": {"operation": "Query", "region": "r", "table_name": "t"}, "sql": null,
       "children": []}]}]}],
 "expectations": []}"#;

#[test]
fn a_document_without_ids_has_its_violations_and_no_trace() {
    let folder = Folder::new("cli-no-ids");
    fs::write(
        folder.0.join("one.json"),
        "\n{\"name\": \"api\",\n \"start_time\": 1}\n",
    )
    .unwrap();
    let (code, report) = checked(&folder.0, &["one.json"]);
    let rows: Vec<(&Value, &Value, &Value)> = report["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| {
            (
                &violation["aws_code"],
                &violation["trace_id"],
                &violation["id"],
            )
        })
        .collect();
    let null = Value::Null;
    assert_eq!(
        rows,
        [
            (&value!("MissingEndTime"), &null, &null),
            (&value!("MissingId"), &null, &null),
            (&value!("MissingTraceId"), &null, &null),
        ]
    );
    assert_eq!((code, &report["traces"]), (1, &value!([])));
}

#[test]
fn several_files_are_one_capture_and_each_finding_names_its_file() {
    let folder = Folder::new("cli-files");
    let parent = segment(8, "caller").replace("\"0000000000000008\"", "\"00000000000000a8\"");
    fs::write(folder.0.join("a.jsonl"), line(0, ORPHAN)).unwrap();
    fs::write(folder.0.join("b.json"), parent).unwrap();
    fs::write(folder.0.join("c.jsonl"), line(0, &segment(3, "c?"))).unwrap();
    fs::write(
        folder.0.join("d.jsonl"),
        [line(0, &segment(4, "d?")), line(1, OPEN)].concat(),
    )
    .unwrap();
    let (code, report) = checked(&folder.0, &["a.jsonl", "b.json", "c.jsonl", "d.jsonl"]);
    assert_eq!(code, 1);
    let files: Vec<&Value> = report["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| &violation["file"])
        .collect();
    assert_eq!(files, ["c.jsonl", "d.jsonl"]);
    let traces = report["traces"].as_array().unwrap();
    let joined = traces
        .iter()
        .find(|trace| trace["id"] == trace_id(8))
        .unwrap();
    assert_eq!(joined["complete"], true);
    assert_eq!(joined["roots"][0]["children"][0]["name"], "lost");
    let open = traces
        .iter()
        .find(|trace| trace["id"] == trace_id(9))
        .unwrap();
    assert_eq!(
        (&open["defects"][0]["file"], &open["defects"][0]["seq"]),
        (&value!("d.jsonl"), &value!(1))
    );
    // Alone it is an orphan, unless someone else sends its parent.
    assert_eq!(
        checked(&folder.0, &["a.jsonl"]).1["traces"][0]["defects"][0]["code"],
        "orphan"
    );
    for parent in ["00000000000000a8", "any"] {
        assert_eq!(
            checked(&folder.0, &["a.jsonl", "--external-parent", parent]).0,
            0
        );
    }
    assert_eq!(
        checked(
            &folder.0,
            &["a.jsonl", "--external-parent", "00000000000000a9"]
        )
        .0,
        1
    );
}

#[test]
fn wrong_use_is_told_from_findings() {
    let folder = Folder::new("cli-wrong");
    let write = |name: &str, text: &str| fs::write(folder.0.join(name), text).unwrap();
    write("words.txt", "not json\n");
    write("array.json", "[\n{}]");
    write("number.json", "7");
    write(
        "bad-line.jsonl",
        &format!("{}{{\"seq\": 1}}\n", line(0, &segment(1, "api"))),
    );
    write("lone.jsonl", "{\"seq\": 1}\n");
    write("good.json", &segment(1, "api"));
    let told = |arguments: &[&str], expected: &str| {
        let (code, out, err) = run_in(&folder.0, &[&["check"], arguments].concat());
        assert_eq!((code, &*out), (2, ""), "{err}");
        assert!(
            err.starts_with(&format!("xray-phantom: {expected}")),
            "{err}"
        );
    };
    told(
        &[],
        "the following required arguments were not provided:\n  <FILE>...",
    );
    told(
        &["none.jsonl"],
        "cannot read none.jsonl: No such file or directory",
    );
    told(&["."], "cannot read .: ");
    told(
        &["words.txt"],
        "words.txt, line 1: not JSON: `not` is no JSON value",
    );
    told(
        &["array.json"],
        "array.json holds an array: expected the lines of a capture, or one segment or subsegment as an object",
    );
    told(&["number.json"], "number.json holds a number: ");
    told(
        &["bad-line.jsonl"],
        "bad-line.jsonl, line 2: expected a key `text` or `bytes_b64`, found neither",
    );
    told(
        &["lone.jsonl"],
        "lone.jsonl, line 1: expected a key `text` or `bytes_b64`, found neither",
    );
    told(
        &["good.json", "--allow", "annotations-key"],
        "invalid code `annotations-key`: there is no such code: is `annotation-key` meant?",
    );
    told(
        &["good.json", "--deny", "id-in-name at >"],
        "invalid path of names `>`: ",
    );
    told(
        &["good.json", "--format", "yaml"],
        "invalid value 'yaml' for '--format <FORMAT>'",
    );
    // Filters and selectors are not there yet, and nothing pretends that they are.
    for flag in ["--filter", "--expect", "--forbid"] {
        told(
            &["good.json", flag, "x"],
            &format!("unexpected argument '{flag}' found"),
        );
    }
    // All files that cannot be read are named, and nothing is half checked.
    let (code, _, err) = run_in(
        &folder.0,
        &["check", "none.jsonl", "words.txt", "good.json"],
    );
    assert_eq!((code, err.lines().count()), (2, 2), "{err}");
    let (code, _, err) = run_in(&folder.0, &["chekc"]);
    assert_eq!(code, 2);
    assert!(
        err.starts_with("xray-phantom: unrecognized subcommand 'chekc'"),
        "{err}"
    );
}

#[test]
fn a_document_that_is_no_json_is_refused_as_x_ray_refuses_it() {
    let folder = Folder::new("cli-nan");
    fs::write(folder.0.join("nan.json"), "{\n \"name\": NaN\n}\n").unwrap();
    let (code, report) = checked(&folder.0, &["nan.json"]);
    assert_eq!(code, 1);
    assert_eq!(report["rejections"][0]["aws_code"], "ParseError");
    assert_eq!(report["datagrams"]["rejected"], 1);
}

#[test]
fn files_are_read_however_they_were_written() {
    let folder = Folder::new("cli-written");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.0.join(name), bytes).unwrap();
    let good = line(0, &segment(1, "api"));
    write("mark.jsonl", format!("\u{feff}{good}").as_bytes());
    write(
        "mark.json",
        format!("\u{feff}{}", segment(1, "api")).as_bytes(),
    );
    write("windows.jsonl", good.replace('\n', "\r\n\r\n").as_bytes());
    write(
        "nulls.jsonl",
        good.replacen('{', "{\"bytes_b64\":null,\"t\":null,", 1)
            .replace("\"seq\":0", "\"seq\":null")
            .as_bytes(),
    );
    write(
        "text.json",
        segment(1, "api")
            .replacen('{', "{\"text\":\"own\",\"seq\":7,", 1)
            .as_bytes(),
    );
    for name in [
        "mark.jsonl",
        "mark.json",
        "windows.jsonl",
        "nulls.jsonl",
        "text.json",
    ] {
        let (code, report) = checked(&folder.0, &[name]);
        assert_eq!(
            (code, &report["datagrams"]["accepted"]),
            (0, &value!(1)),
            "{name}"
        );
    }
    write(
        "latin.json",
        &[b"{\"name\": \"caf\xe9\"", &segment(1, "a").as_bytes()[1..]].concat(),
    );
    let (code, report) = checked(&folder.0, &["latin.json"]);
    assert_eq!(
        (code, &report["rejections"][0]["code"]),
        (1, &value!("not-utf8"))
    );
    write(
        "several.jsonl",
        format!("{}\n{}\n", segment(1, "a"), segment(2, "b")).as_bytes(),
    );
    write("datagram.txt", &frame(&segment(1, "a")).unwrap());
    let told = |name: &str, part: &str| {
        let (code, _, err) = run_in(&folder.0, &["check", name]);
        assert_eq!(code, 2);
        assert!(err.contains(part), "{err}");
    };
    told(
        "several.jsonl",
        "line 1: expected a key `text` or `bytes_b64`, found neither (this looks like a segment document: ",
    );
    told(
        "datagram.txt",
        "(this looks like the header line of a datagram: ",
    );
    told("no\u{1b}[31m\nfile", "cannot read no\\u{1b}[31m\\nfile: ");
}

#[cfg(unix)]
#[test]
fn a_capture_may_come_through_a_pipe() {
    use std::io::Write as _;
    use std::process::Stdio;

    let mut command = Command::new(env!("CARGO_BIN_EXE_xray-phantom"));
    let command = command
        .args(["check", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"{\"seq\":0,\"text\":\"x\"}\n")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn secrets_are_hidden_in_keys_pointers_and_bodies_that_are_no_documents() {
    let folder = Folder::new("cli-hidden");
    let document =
        segment(1, "api").replacen('{', r#"{"annotations":{"jane@corp.example x":"1"},"#, 1);
    let lines = [
        line(0, &document),
        line(1, "{\"password\": \"hunter2secret\", \"x\": NaN}"),
    ];
    fs::write(folder.0.join("one.jsonl"), lines.concat()).unwrap();
    for format in ["text", "json"] {
        let (code, out, err) = run_in(
            &folder.0,
            &["check", "one.jsonl", "--secrets", "--format", format],
        );
        assert_eq!((code, &*err), (1, ""));
        assert!(
            !out.contains("jane@") && !out.contains("hunter2secret"),
            "{out}"
        );
        assert!(
            out.contains("annotation-key") && out.contains("not-json"),
            "{out}"
        );
    }
    // To deny one is to look for it.
    let (code, out, _) = run_in(
        &folder.0,
        &[
            "check",
            "one.jsonl",
            "--deny",
            "secret-email",
            "--allow",
            "not-json",
        ],
    );
    assert_eq!(code, 1);
    assert!(
        out.contains("denied: lint[secret-email]") && !out.contains("jane@"),
        "{out}"
    );
}

#[test]
fn the_age_of_a_trace_id_is_judged_where_it_is_denied() {
    let folder = Folder::new("cli-age");
    let arriving = |seconds: u64| {
        line(0, &segment(1, "api")).replacen('{', &format!(r#"{{"t":{seconds}.5,"#), 1)
    };
    fs::write(
        folder.0.join("old.jsonl"),
        arriving(0x66a0_0000 + 45 * 24 * 60 * 60),
    )
    .unwrap();
    fs::write(folder.0.join("new.jsonl"), arriving(0x66a0_0000)).unwrap();
    fs::write(folder.0.join("when.jsonl"), line(0, &segment(1, "api"))).unwrap();
    for others in [
        &[][..],
        &["--allow", "trace-id-age"],
        &["--deny", "after-arrival"],
    ] {
        let (code, out, _) = run_in(&folder.0, &[&["check", "old.jsonl"], others].concat());
        assert_eq!(code, 0);
        assert!(out.ends_with("nothing found: all is well\n"), "{out}");
    }
    let (code, out, err) = run_in(&folder.0, &["check", "old.jsonl", "--deny", "trace-id-age"]);
    assert_eq!((code, &*err), (1, ""));
    assert!(
        out.contains(&format!(
            "denied: lint[trace-id-age]: an id was kept from an earlier request, or the clock of its maker is wrong (a \
             W3C id has no time in it): trace `{}` says that it began 45 days before its first document arrived\n",
            trace_id(1)
        )),
        "{out}"
    );
    for file in ["new.jsonl", "when.jsonl"] {
        let (code, out, _) = run_in(&folder.0, &["check", file, "--deny", "trace-id-age"]);
        assert_eq!(code, 0, "{out}");
    }
    // A document by itself did not arrive at any time.
    fs::write(folder.0.join("one.json"), segment(1, "api")).unwrap();
    let (code, out, _) = run_in(&folder.0, &["check", "one.json", "--deny", "trace-id-age"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn the_report_is_one_line_however_the_document_was_written() {
    let folder = Folder::new("cli-pretty");
    let document: Value = serde_json::from_str(&segment(1, "api").replacen(
        '{',
        r#"{"metadata":{"d":{"a":[1]}},"#,
        1,
    ))
    .unwrap();
    fs::write(
        folder.0.join("one.json"),
        serde_json::to_string_pretty(&document).unwrap(),
    )
    .unwrap();
    let (_, report) = checked(&folder.0, &["one.json"]);
    assert_eq!(
        report["traces"][0]["roots"][0]["metadata"],
        value!({"d": {"a": [1]}})
    );
}

#[test]
fn nothing_to_judge_is_not_all_is_well() {
    let folder = Folder::new("cli-empty");
    fs::write(folder.0.join("empty.jsonl"), "\n").unwrap();
    let (code, out, err) = run_in(&folder.0, &["check", "empty.jsonl"]);
    assert_eq!(
        (code, &*err),
        (0, "xray-phantom: empty.jsonl holds no datagrams\n")
    );
    assert!(
        out.ends_with("\nnothing found: there was nothing to judge\n"),
        "{out}"
    );
}

#[test]
fn a_file_that_was_cut_is_checked_up_to_there_with_a_warning() {
    let folder = Folder::new("cli-cut");
    let whole = line(0, &segment(1, "api"));
    fs::write(
        folder.0.join("cut.jsonl"),
        format!("{whole}{}", &whole[..40]),
    )
    .unwrap();
    fs::write(folder.0.join("empty.jsonl"), "").unwrap();
    let (code, out, err) = run_in(&folder.0, &["check", "cut.jsonl", "empty.jsonl"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        err.starts_with(
            "xray-phantom: cut.jsonl, line 2: the file ends inside this line, which is left out ("
        ) && err.ends_with("\nxray-phantom: empty.jsonl holds no datagrams\n"),
        "{err}"
    );
}

#[test]
fn a_finding_in_a_document_names_its_line() {
    let folder = Folder::new("cli-lines");
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(&segment(1, "api?")).unwrap())
            .unwrap();
    fs::write(folder.0.join("one.json"), &pretty).unwrap();
    let line = pretty
        .lines()
        .position(|line| line.contains("api?"))
        .unwrap()
        + 1;
    let (_, out, _) = run_in(&folder.0, &["check", "one.json"]);
    assert!(
        out.contains(&format!("\n  --> one.json:{line}, at /name\n")),
        "{out}"
    );
}

#[test]
fn github_gets_annotations_and_only_there() {
    let folder = Folder::new("cli-github");
    let name = "a,b:100%.jsonl";
    fs::write(
        folder.0.join(name),
        line(
            0,
            &segment(1, "api 12345").replacen('{', "{\"annotations\":{\"a b\":1},", 1),
        ),
    )
    .unwrap();
    let command = |value: Option<&str>, format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xray-phantom"));
        command
            .current_dir(&folder.0)
            .args(["check", name, "--format", format]);
        command
            .env_remove("GITHUB_ACTIONS")
            .envs(value.map(|value| ("GITHUB_ACTIONS", value)));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let out = command(Some("true"), "text");
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(
        lines,
        [
            "::error file=a%2Cb%3A100%25.jsonl,line=1,title=annotation-key (pruned)::a text, or a name from elsewhere, was \
             used as a key: the annotation key `a b` has ` `; use letters, digits, `_` and `.`%0Adatagram 0, at /annotations/a b%0Aof api 12345, id 0000000000000001, trace \
             1-66a00000-000000000000000000000001%0AX-Ray keeps the document and silently loses this (known by: seen)",
            "::warning file=a%2Cb%3A100%25.jsonl,line=1,title=id-in-name (lint)::an id was put into a name: `api \
             12345` looks as if it held one; name the kind of work, and put the id into an annotation%0Adatagram 0, at /name%0Aof api 12345, id \
             0000000000000001, trace 1-66a00000-000000000000000000000001%0AX-Ray accepts it (known by: inferred)",
        ]
    );
    assert!(!command(Some("false"), "text").contains("::error"));
    assert!(!command(None, "text").contains("::error"));
    serde_json::from_str::<Value>(&command(Some("true"), "json")).unwrap();
}

#[test]
fn colours_are_for_terminals() {
    let folder = Folder::new("cli-colour");
    fs::write(folder.0.join("one.json"), segment(1, "api?")).unwrap();
    let (_, out, _) = run_in(&folder.0, &["check", "one.json"]);
    assert!(!out.contains('\u{1b}'));
    let mut command = Command::new(env!("CARGO_BIN_EXE_xray-phantom"));
    command
        .current_dir(&folder.0)
        .args(["check", "one.json"])
        .env("CLICOLOR_FORCE", "1");
    let (_, out, _) = run(&mut command);
    assert!(
        out.starts_with("\u{1b}[31mrejected[name-format]\u{1b}[0m\u{1b}[1m: a URL, a pattern or a text was used as a name: "),
        "{out:?}"
    );
}

#[test]
fn help_and_version_are_no_mistakes() {
    let here = Path::new(".");
    let (code, out, err) = run_in(here, &["check", "--help"]);
    assert_eq!((code, &*err), (0, ""));
    for taught in [
        "--external-parent",
        "Exit code:",
        "Examples:",
        "annotation-key",
        "never-closed",
        "missing-newline",
    ] {
        assert!(out.contains(taught), "{taught}");
    }
    let (code, out, _) = run_in(here, &["--version"]);
    assert_eq!(
        (code, &*out),
        (0, concat!("xray-phantom ", env!("CARGO_PKG_VERSION"), "\n"))
    );
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let readme = include_str!("../../README.md");
    let command = readme
        .lines()
        .find_map(|line| line.strip_prefix("xray-phantom check fixtures/"))
        .unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (code, out, _) = run_in(root, &["check", &format!("fixtures/{command}")]);
    assert_eq!(code, 0);
    assert!(readme.contains(&format!("```text\n{out}```")), "{out}");
}

#[test]
fn nesting_costs_no_stack() {
    let folder = Folder::new("cli-deep");
    let (mut open, mut close) = (String::new(), String::new());
    for level in 0..2_000 {
        write!(
            open,
            r#","subsegments":[{{"id":"{level:015x}f","name":"s","start_time":1,"end_time":2"#
        )
        .unwrap();
        close.push_str("}]");
    }
    let document = segment(1, "api").replace(
        ",\"end_time\":1.5}",
        &format!(",\"end_time\":2{open}{close}}}"),
    );
    fs::write(folder.0.join("deep.json"), document).unwrap();
    let (code, out, err) = run_in(&folder.0, &["check", "--format", "json", "deep.json"]);
    assert_eq!(
        (code, out.matches("\"children\":[").count()),
        (1, 2_001),
        "{err}"
    );
    let (code, _, err) = run_in(&folder.0, &["check", "deep.json"]);
    assert_eq!(code, 1, "{err}");
}

fn scenarios() -> Vec<PathBuf> {
    let folders = ["corpora/python", "corpora/node"].map(fixture);
    let files = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = files.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect()
}

/// `name@namespace!flags[child; child]`, as the corpora's own notation has it.
fn canonical(node: json::Value<'_>) -> String {
    let text = |key| node.get(key).unwrap().as_str();
    let mut tree = text("name").map_or_else(|| "<no name>".to_owned(), Into::into);
    if let Some(namespace) = text("namespace").filter(|namespace| namespace != "local") {
        tree = format!("{tree}@{namespace}");
    }
    let flags: String = [("error", 'e'), ("fault", 'f'), ("throttle", 't')]
        .iter()
        .filter(|(flag, _)| node.get(flag).unwrap().as_bool().unwrap())
        .map(|(_, letter)| *letter)
        .chain((node.get("end_time").unwrap().raw() == "null").then_some('p'))
        .collect();
    if !flags.is_empty() {
        tree = format!("{tree}!{flags}");
    }
    let children = node.get("children").unwrap();
    let mut children: Vec<String> = children.elements().map(canonical).collect();
    children.sort();
    match children.len() {
        0 => tree,
        _ => format!("{tree}[{}]", children.join("; ")),
    }
}

#[test]
fn the_scenarios_of_the_sdks_have_their_trees() {
    for path in scenarios() {
        let arguments = [
            "check",
            "--format",
            "json",
            "--external-parent",
            "any",
            path.to_str().unwrap(),
        ];
        let (code, out, _) = run_in(Path::new("."), &arguments);
        // Some metadata is nested deeper than serde_json reads.
        let report = json::Document::parse(&out).unwrap();
        let report = report.root();
        let traces: Vec<json::Value<'_>> = report.get("traces").unwrap().elements().collect();
        let expected: Value =
            serde_json::from_str(&fs::read_to_string(path.with_extension("expect.json")).unwrap())
                .unwrap();
        let expected = expected["traces"].as_array().unwrap();
        assert_eq!(traces.len(), expected.len());
        for declared in expected {
            let id = declared["trace_id"].as_str();
            let is_it =
                |trace: &&json::Value<'_>| trace.get("id").unwrap().as_str().as_deref() == id;
            let trace = traces.iter().find(is_it).unwrap();
            for (kind, key) in [("segment", "segments"), ("subsegment", "orphans")] {
                let roots = trace.get("roots").unwrap().elements();
                let roots =
                    roots.filter(|root| root.get("kind").unwrap().as_str().unwrap() == kind);
                let mut found: Vec<String> = roots.map(canonical).collect();
                let mut meant: Vec<&str> = declared[key]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|tree| tree.as_str().unwrap())
                    .collect();
                found.sort();
                meant.sort_unstable();
                assert_eq!(found, meant, "{}", path.display());
            }
        }
        let lints = |violation: json::Value<'_>| {
            violation.get("consequence").unwrap().as_str().unwrap() == "lint"
        };
        let failing = !report.get("violations").unwrap().elements().all(lints)
            || traces
                .iter()
                .any(|trace| trace.get("complete").unwrap().raw() == "false");
        assert_eq!(code, i32::from(failing), "{}", path.display());
        let read = CaptureFile::read(&path).unwrap().counts();
        let accepted = report.get("datagrams").unwrap().get("accepted").unwrap();
        assert_eq!(accepted.raw(), read.accepted.to_string());
    }
}

#[test]
fn half_characters_are_written_so_that_every_reader_takes_the_report() {
    let folder = Folder::new("cli-half");
    let document = segment(1, "api").replacen(
        '{',
        r#"{"metadata":{"default":{"a":"x\ud800 \\ud800 \ud83d\ude00 \ude00\ud83d"}},"#,
        1,
    );
    fs::write(folder.0.join("one.json"), document).unwrap();
    let (_, report) = checked(&folder.0, &["one.json"]);
    assert_eq!(
        report["traces"][0]["roots"][0]["metadata"]["default"]["a"],
        "x\u{fffd} \\ud800 \u{1f600} \u{fffd}\u{fffd}"
    );
}

#[test]
fn numbers_beyond_floats_are_written_so_that_every_reader_takes_the_report() {
    let folder = Folder::new("cli-vast");
    let vast = format!("-1{}", "0".repeat(309));
    let document = segment(1, "api")
        .replacen(
            '{',
            &format!(
                r#"{{"annotations":{{"vast":1e400,"most":1e308,"least":1E-400}},"metadata":{{"default":[{vast},1.50,"1e400"]}},"#
            ),
            1,
        )
        .replacen("\"end_time\":", "\"end_time\":2e999,\"was\":", 1);
    fs::write(folder.0.join("one.json"), document).unwrap();
    let (_, report) = checked(&folder.0, &["one.json"]);
    let root = &report["traces"][0]["roots"][0];
    assert_eq!(root["annotations"]["vast"], "1e400");
    assert_eq!(root["annotations"]["most"], 1e308);
    assert_eq!(root["annotations"]["least"], 0.0);
    assert_eq!(root["metadata"]["default"][0], vast);
    assert_eq!(root["metadata"]["default"][1], 1.5);
    assert_eq!(root["metadata"]["default"][2], "1e400");
    assert!(root["end_time"].is_null());
}

#[test]
fn secrets_are_looked_for_on_request_and_never_shown_whole() {
    let folder = Folder::new("cli-secrets");
    let document = segment(1, "api").replacen(
        '{',
        r#"{"annotations":{"contact":"jordan@example.com","card":4111111111111111,"note":"4111111111111111"},
            "metadata":{"default":{"password":"hunter\"2-hunter"}},"#,
        1,
    );
    fs::write(folder.0.join("one.json"), document).unwrap();
    let whole = ["jordan@", "4111111111111111", "2-hunter"];
    let (code, out, _) = run_in(&folder.0, &["check", "one.json"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("jordan@") && out.ends_with("nothing found: all is well\n"),
        "{out}"
    );

    let (code, out, err) = run_in(&folder.0, &["check", "one.json", "--secrets"]);
    assert_eq!((code, &*err), (0, ""));
    assert!(out.ends_with("4 lints: all is well\n"), "{out}");
    assert!(!whole.iter().any(|secret| out.contains(secret)), "{out}");
    let (code, out, _) = run_in(
        &folder.0,
        &[
            "check",
            "one.json",
            "--secrets",
            "--deny",
            "secret-credential",
            "--allow-secret",
            "*@example.com",
        ],
    );
    assert_eq!(code, 1);
    assert!(out.contains("denied: lint[secret-credential]: "), "{out}");
    assert!(
        !out.contains("secret-email") && out.contains("jordan@example.com"),
        "{out}"
    );

    let (code, report) = checked(&folder.0, &["one.json", "--secrets"]);
    assert_eq!(code, 0);
    let text = report.to_string();
    assert!(!whole.iter().any(|secret| text.contains(secret)), "{text}");
    assert_eq!(
        report["traces"][0]["roots"][0]["annotations"]["card"],
        "4111…"
    );
    let (code, _, err) = run_in(&folder.0, &["check", "one.json", "--allow-secret", "x"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn secrets_are_hidden_however_they_are_written() {
    let folder = Folder::new("cli-written");
    let document = segment(1, "postgres://app:b%40c1d2e3f4@db?").replacen(
        '{',
        r#"{"metadata":{"default":{"password":"hunter2secret","note":"\u0068unter2secret\n"}},"#,
        1,
    );
    fs::write(folder.0.join("one.json"), document).unwrap();
    let (_, report) = checked(&folder.0, &["one.json", "--secrets"]);
    assert_eq!(
        report["traces"][0]["roots"][0]["metadata"]["default"],
        value!({"password": "hun…", "note": "hun…\n"})
    );

    // An annotation of GitHub escapes the percent sign.
    let output = Command::new(env!("CARGO_BIN_EXE_xray-phantom"))
        .current_dir(&folder.0)
        .args(["check", "one.json", "--secrets"])
        .env("GITHUB_ACTIONS", "true")
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let first = out.lines().find(|line| line.starts_with("::error"));
    assert_eq!(
        first,
        Some(
            "::error file=one.json,line=1,title=name-format (rejected)::a URL, a pattern or a text was used as a name: \
             the name `postgres://app:…@db?` of a segment has `?`; use letters, digits, spaces and `_.:/%25&#=+-@`%0Aat /name%0Aof postgres://app:…@db?, id 0000000000000001, trace \
             1-66a00000-000000000000000000000001%0AX-Ray refuses the whole document and answers InvalidName (known by: seen)"
        )
    );
    assert!(!out.contains("c1d2e3f4"), "{out}");
}
