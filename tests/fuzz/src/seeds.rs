//! What is known, as inputs of the targets: the corpora, a document for each rule, the texts in which
//! secrets are looked for, and whatever a target has found.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use xray_phantom::CaptureFile;
use xray_phantom::wire::HEADER_LINE;

use crate::mutator::{Form, NEIGHBOURS, mutated};
use crate::{SEPARATOR, capture_file, datagrams, document};

/// A target: what is called with an input, and the inputs that are known.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name, and that of its program.
    pub name: &'static str,
    /// What its inputs are.
    pub form: Form,
    /// What holds for every input.
    pub holds: fn(&[u8]),
    /// The seeds.
    pub seeds: Vec<Seed>,
}

/// An input that is known.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Where it is from.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

/// All targets.
///
/// # Errors
///
/// A fixture that cannot be read.
pub fn targets() -> io::Result<Vec<Target>> {
    let mut captures = Vec::new();
    let mut files = Vec::new();
    let mut documents = Vec::new();
    for path in listed("fixtures/corpora", "jsonl")? {
        if path.to_string_lossy().ends_with(".http.jsonl") {
            continue;
        }
        let name = name(&path);
        let capture = CaptureFile::read(&path).map_err(io::Error::other)?;
        let sent: Vec<Vec<u8>> = capture.datagrams().map(|of| of.bytes().to_vec()).collect();
        let bodies = capture.datagrams().filter_map(|of| of.document());
        documents.extend(bodies.map(|of| seed(&name, of.text().as_bytes().to_vec())));
        captures.extend(grouped(&sent, SEPARATOR).map(|bytes| seed(&name, bytes)));
        let lines = fs::read(&path)?;
        let lines: Vec<Vec<u8>> = lines
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        files.extend(grouped(&lines, b'\n').map(|bytes| seed(&name, bytes)));
        // As another program writes them: text, and a time.
        let texts = sent.iter().zip(0..).map(|(datagram, seq)| {
            let text = Value::from(String::from_utf8_lossy(datagram));
            format!("{{\"seq\": {seq}, \"t\": 1795338258.25, \"text\": {text}}}").into_bytes()
        });
        let texts: Vec<Vec<u8>> = texts.collect();
        files.extend(grouped(&texts, b'\n').map(|bytes| seed(&name, bytes)));
    }
    for path in listed("fixtures/rules", "json")? {
        let (name, bytes) = (name(&path), fs::read(&path)?);
        captures.push(seed(&name, [HEADER_LINE.as_bytes(), &bytes].concat()));
        files.push(seed(&name, bytes.clone()));
        documents.push(seed(&name, bytes));
    }
    for document in texts()? {
        captures.push(seed("texts", [HEADER_LINE.as_bytes(), &document].concat()));
        documents.push(seed("texts", document));
    }
    captures.extend(ODD.iter().map(|bytes| seed("odd", bytes.to_vec())));
    captures.extend(many().into_iter().map(|bytes| seed("many", bytes)));
    captures.extend(rare().into_iter().map(|bytes| seed("rare", bytes)));
    captures.extend(grouped(&calls(), SEPARATOR).map(|bytes| seed("calls", bytes)));
    captures.extend(unlike().into_iter().map(|bytes| seed("unlike", bytes)));
    captures.extend(alike().into_iter().map(|bytes| seed("alike", bytes)));
    Ok(vec![
        Target::new("capture_file", Form::Lines, capture_file, files)?,
        Target::new("datagrams", Form::Datagrams, datagrams, captures)?,
        Target::new("document", Form::Document, document, documents)?,
    ])
}

impl Target {
    fn new(
        name: &'static str,
        form: Form,
        holds: fn(&[u8]),
        mut seeds: Vec<Seed>,
    ) -> io::Result<Target> {
        seeds.extend(found(name)?);
        Ok(Target {
            name,
            form,
            holds,
            seeds,
        })
    }

    /// Mutations of the seeds, so many of each, of at most `most` bytes.
    pub fn mutations(&self, each: u32, most: usize) -> impl Iterator<Item = Vec<u8>> {
        let reversed = |text: &[u8]| text.iter().rev().copied().collect();
        self.seeds.iter().zip(0..).flat_map(move |(seed, number)| {
            let seeds = (0..each).map(move |time| each * number + time);
            seeds.filter_map(move |by| mutated(self.form, &seed.bytes, most, by, &reversed))
        })
    }
}

/// A dictionary for libFuzzer: the keys and short texts of all seeds, and what the targets split at.
///
/// # Errors
///
/// A fixture that cannot be read.
pub fn dictionary() -> io::Result<String> {
    let mut words = BTreeSet::new();
    let schema = fs::read_to_string(package().join("schemas/segment-document.schema.json"))?;
    collect(&serde_json::from_str(&schema)?, &mut words);
    for target in targets()? {
        for seed in target.seeds.iter().filter(|_| target.name == "document") {
            if let Ok(value) = serde_json::from_slice(&seed.bytes) {
                collect(&value, &mut words);
            }
        }
    }
    let quoted = words.iter().map(|word| format!("\"{word}\""));
    let all = quoted.chain(TOKENS.iter().map(ToString::to_string));
    let line = |token: String| {
        let escape = |byte: u8| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        };
        let token: String = token.bytes().map(escape).collect();
        format!("\"{token}\"\n")
    };
    let separated = format!(
        "\"\\xff{}\"\n",
        HEADER_LINE.replace('"', "\\\"").replace('\n', "\\x0a")
    );
    Ok(all.map(line).chain([separated]).collect())
}

/// The keys of a value, and its short texts.
fn collect(value: &Value, words: &mut BTreeSet<String>) {
    let mut add = |word: &str| {
        if (2..MOST_OF_A_WORD).contains(&word.len()) && !word.bytes().any(|byte| byte < b' ') {
            words.insert(word.to_owned());
        }
    };
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, words)),
        Value::Object(members) => {
            members.keys().for_each(|key| add(key));
            members.values().for_each(|value| collect(value, words));
        }
        Value::String(text) => add(text),
        _ => {}
    }
}

/// Documents that hold the texts of the tables of `tests/it/secrets`, as they are, between neighbours
/// of each kind, parted by them, and with escapes.
fn texts() -> io::Result<Vec<Vec<u8>>> {
    let tables = fs::read_to_string(package().join("tests/it/secrets/texts.rs"))?;
    let lines = tables.lines().filter_map(|line| {
        let (text, found) = line.trim().rsplit_once("  ")?;
        (found == "-" || found.starts_with("secret-")).then(|| text.trim_end().replace('~', ""))
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return Err(io::Error::other("tests/it/secrets/texts.rs has no tables"));
    }
    let neighbour = |place: usize| NEIGHBOURS[place % NEIGHBOURS.len()];
    let escape = |place: usize| ESCAPES[place % ESCAPES.len()];
    let json = |text: String| Value::from(text).to_string();
    let mut texts = Vec::new();
    texts.extend(lines.iter().cloned().map(json));
    for (place, line) in lines.iter().enumerate() {
        let other = place + place / NEIGHBOURS.len() + 1;
        let (before, behind) = (neighbour(place), neighbour(other));
        texts.push(json(format!("{before}{line}{behind}")));
        if line.contains(' ') {
            texts.push(json(line.replace(' ', neighbour(other))));
        }
        let quoted = json(line.clone());
        let inside = &quoted[1..quoted.len() - 1];
        texts.push(format!("\"{}{inside}{}\"", escape(place), escape(other)));
    }
    // Of a domain that is too long, and with a placeholder of one character.
    texts.push(json(format!("a@{}com", "é.".repeat(130))));
    texts.push(json("https://a:$@b PASSWORD '$'".to_owned()));
    let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    let document = |texts: Vec<u8>| {
        let before = b"{\"trace_id\":\"1-5759e988-bd862e3fe1be46a994272793\",\
            \"id\":\"0000000000000001\",\"name\":\"a\",\"start_time\":1465510280.5,\
            \"end_time\":1465510281.5,\"metadata\":{\"d\":["
            .to_vec();
        [before, texts, b"]}}".to_vec()].concat()
    };
    Ok(grouped(&texts, b',').map(document).collect())
}

/// More of something than is shown, or than X-Ray takes, in few bytes.
fn many() -> Vec<Vec<u8>> {
    let list = |count: u8, one: &dyn Fn(char) -> String| {
        let all = (0..count).map(|number| one(char::from(b'A' + number)));
        all.collect::<Vec<String>>().join(",")
    };
    let annotated = |id, count| {
        let all = list(count, &|key| format!("\"{}\":1", key.escape_default()));
        format!("{{\"trace_id\":\"t\",\"id\":\"{id}\",\"annotations\":{{{all}}}}}")
    };
    let traces = (b'a'..=b'u').map(|id| format!("{{\"trace_id\":\"{}\"}}", char::from(id)));
    let ring = (0..7).map(|id| {
        let caller = (id + 1) % 7;
        format!("{{\"trace_id\":\"t\",\"type\":\"subsegment\",\"id\":\"{id}\",\"parent_id\":\"{caller}\"}}")
    });
    let wide = list(42, &|_| "{}".to_owned());
    let deep = "{\"subsegments\":[".repeat(15) + &"]}".repeat(15);
    // Deeper than a timeline draws: one is drawn of what is valid.
    let entity = |id: u8| {
        format!("\"id\":\"00000000000000{id:02}\",\"name\":\"a\",\"start_time\":1,\"end_time\":1")
    };
    let drawn = (0..9).rev().fold(String::new(), |inside, id| {
        format!("{{{},\"subsegments\":[{inside}]}}", entity(id))
    });
    let trace = "\"trace_id\":\"1-00000000-000000000000000000000000\"";
    // Keys that are written with escapes.
    let escaped = entity(1).replace("name", "\\u006eame");
    let documents = [
        vec![annotated("a", 55)],
        vec![annotated("a", 26), annotated("b", 26)],
        vec![format!("{{\"trace_id\":\"t\",\"subsegments\":[{wide}]}}")],
        vec![format!("{{\"trace_id\":\"t\",\"subsegments\":[{deep}]}}")],
        vec![format!(
            "{{{trace},{},\"subsegments\":[{drawn}]}}",
            entity(99)
        )],
        vec![format!("{{{trace},{escaped},\"sql\":{{}}}}")],
        vec![format!(
            "{{\"\\u0074{},{},\"annotations\":{{\"\\u0053\":1,\"T\":1}}}}",
            &trace[2..],
            entity(1)
        )],
        vec![format!(
            "{{\"links\":[{}]}}",
            list(21, &|id| format!("{{\"trace_id\":\"{id}\"}}"))
        )],
        vec![format!("{{\"annotations\":{{\"{}\":1}}}}", "a".repeat(501))],
        vec![format!(
            "{{\"name\":\"{}\",\"user\":\"{}\"}}",
            "a".repeat(201),
            "a".repeat(251)
        )],
        traces.collect(),
        ring.collect(),
    ];
    let framed = |document: &String| [HEADER_LINE, document].concat().into_bytes();
    let inputs = documents
        .iter()
        .map(|all| all.iter().map(framed).collect::<Vec<_>>().join(&SEPARATOR));
    inputs.collect()
}

/// What mutations seldom make: words of a snapshot, statuses with flags, ids of a trace.
fn rare() -> Vec<Vec<u8>> {
    let document = |trace: &str, more: &str| {
        // What the quick judge reads of times: it passes only those like these.
        let times = "\"start_time\":1465510280.5,\"end_time\":1465510281.5";
        let named = "\"id\":\"0000000000000001\",\"name\":\"a\"";
        format!("{HEADER_LINE}{{\"trace_id\":\"{trace}\",{named},{times},{more}}}").into_bytes()
    };
    let known = "1-5759e988-bd862e3fe1be46a994272793";
    let mut all = Vec::new();
    for word in ["./a", "ERROR", "FAULT", "THROTTLE", "metadata.a"] {
        let request = format!("{{\"method\":\"{word}\",\"url\":\"/\"}}");
        all.push(document(
            known,
            &format!("\"http\":{{\"request\":{request}}}"),
        ));
    }
    for url in ["a://b", "/a://b", "a://b?c/d"] {
        let request = format!("{{\"method\":\"GET\",\"url\":\"{url}\"}}");
        all.push(document(
            known,
            &format!("\"http\":{{\"request\":{request}}}"),
        ));
    }
    for (status, flags) in [
        ("425", ""),
        ("5e5", ""),
        ("400", ",\"error\":true,\"fault\":true"),
    ] {
        let response = format!("\"http\":{{\"response\":{{\"status\":{status}}}}}{flags}");
        all.push(document(known, &response));
    }
    for trace in [
        "Root=1-5759e988-bd862e3fe1be46a994272793",
        "Root=1-5759e988",
        "1-5759e98g-bd862e3fe1be46a994272793",
    ] {
        all.push(document(trace, "\"user\":\"a\""));
    }
    all
}

/// Calls of AWS by names and operations that belong together and that do not, of which the one or
/// the other member is missing, or is what nobody should record.
fn calls() -> Vec<Vec<u8>> {
    // What the quick judge reads of times: it passes only those like these.
    let times = "\"start_time\":1465510280.5,\"end_time\":1465510281.5";
    let call = |name: &str, aws: &str, more: &str| {
        let top = "\"trace_id\":\"1-5759e988-bd862e3fe1be46a994272793\",\"parent_id\":\"00000000000000a1\"";
        let document = format!(
            "{{{top},\"id\":\"00000000000000b1\",\"type\":\"subsegment\",\"name\":\"{name}\",\
             \"namespace\":\"aws\",{times},\"aws\":{{{aws}}}{more}}}"
        );
        [HEADER_LINE, &document].concat().into_bytes()
    };
    let of = |operation: &str, more: &str| {
        format!("\"operation\":\"{operation}\",\"region\":\"r\",\"table_name\":\"t\"{more}")
    };
    let mut calls = Vec::new();
    for operation in OPERATIONS.split_whitespace() {
        for name in ["DynamoDB", "dynamo", "S3", "sqs", "secrets", "a"] {
            calls.push(call(name, &of(operation, ""), ""));
        }
    }
    let answered = ",\"http\":{\"response\":{\"status\":200}}";
    for name in ["DynamoDB", "a"] {
        let with_id = of("Query", ",\"request_id\":\"r\"");
        calls.push(call(name, &with_id, answered));
        calls.push(call(name, &of("Query", ""), answered));
        for part in with_id.split(',') {
            let without = with_id.replace(part, "\"other\":1");
            calls.push(call(name, &without, answered));
        }
        for value in [
            r#""item":{"id":{"S":"o-1"}}"#,
            r#""key":"a""#,
            r#""key":[1]"#,
            r#""body":"a""#,
            r#""body":"""#,
            r#""a":{"N":"7"}"#,
            r#""a":{"N":7}"#,
            r#""a":{"SS":[]}"#,
            r#""a":{"NS":[]}"#,
            r#""a":{"BS":[]}"#,
            r#""a":{"L":[]}"#,
            r#""a":{"NULL":true}"#,
            r#""a":{"BOOL":true}"#,
            r#""a":{"M":{}}"#,
            r#""a":[{"X":[]}]"#,
            r#""item_collection_metrics":{"a":{"S":"o-1"}}"#,
        ] {
            calls.push(call(name, &of("Query", &format!(",{value}")), ""));
        }
    }
    calls
}

/// Documents of one trace that say of an entity what the one or the other does not: that it failed,
/// why, what it holds, and that its trace is of another day.
fn unlike() -> Vec<Vec<u8>> {
    let trace = KNOWN;
    let alone = |id: &str, parent: &str, more: &str| {
        let more =
            format!(",\"type\":\"subsegment\",\"parent_id\":\"00000000000000{parent}\"{more}");
        of(trace, &entity(id, &more))
    };
    let (b1, b2) = (entity("b1", ""), entity("b2", ""));
    let open = b2.replace("\"end_time\":2", "\"in_progress\":true");
    let failed = of(trace, &entity("a1", ",\"fault\":true"));
    let mut all = vec![
        vec![
            holding(std::slice::from_ref(&b1)),
            holding(&[b1.clone(), b2.clone()]),
        ],
        vec![
            holding(&[b1.clone(), b2.clone()]),
            holding(&[b2.clone(), b1]),
        ],
        vec![holding(&[b2]), holding(&[open])],
        vec![
            alone("b1", "a1", ""),
            alone("b1", "a1", ",\"subsegments\":[{\"id\":\"c1\"}]"),
        ],
        vec![
            failed.clone(),
            of(trace, &entity("a2", ",\"error\":true,\"fault\":true")),
        ],
        vec![failed.clone(), alone("b1", "a1", "")],
        vec![of("1-6b02b1e8-299bb96069a00e338b2e13be", &entity("a1", ""))],
        vec![vec![], of(trace, &entity("a1", ""))],
        vec![
            vec![],
            of("1-6b0fe0e8-299bb96069a00e338b2e13be", &entity("a1", "")),
        ],
        vec![
            vec![],
            of("1-00000000-000000000000000000000000", &entity("a1", "")),
        ],
    ];
    for reason in [
        ",\"throttle\":true",
        ",\"error\":true",
        ",\"cause\":\"00000000000000e1\"",
        ",\"cause\":\"\"",
        ",\"cause\":{}",
        ",\"cause\":7",
        ",\"http\":{\"response\":{\"status\":399}}",
        ",\"http\":{\"response\":{\"status\":500}}",
        ",\"traced\":true",
    ] {
        let more = format!(",\"fault\":true{reason}");
        all.push(vec![of(trace, &entity("a1", &more))]);
        all.push(vec![failed.clone(), alone("b1", "a1", reason)]);
        let called = of(
            trace,
            &entity(
                "a2",
                &format!(",\"parent_id\":\"00000000000000b1\"{reason}"),
            ),
        );
        all.push(vec![alone("b1", "a1", ",\"fault\":true"), called]);
    }
    all.iter().map(|all| all.join(&SEPARATOR)).collect()
}

/// Documents of one trace that say what is the same, or just not, and is written otherwise; and calls
/// of AWS that are told of one another in this way.
fn alike() -> Vec<Vec<u8>> {
    let trace = KNOWN;
    let b2 = entity("b2", "");
    let mut all = Vec::new();
    // Halves of characters, and numbers of which only a reading of all digits tells the value.
    for (one, other) in [(r"\ud800", r"\udc00"), (r"\ud800", r"\uD800")] {
        let named = |id: &str| b2.replace("00000000000000b2", id);
        let said = |value: &str| of(trace, &entity("a1", &format!(",\"user\":\"{value}\"")));
        all.push(vec![
            of(one, &entity("a1", "")),
            of(other, &entity("a1", "")),
        ]);
        all.push(vec![holding(&[named(one)]), holding(&[named(other)])]);
        all.push(vec![said(one), said(other)]);
    }
    for (one, other) in [
        ("0", "-0.0e-5"),
        ("1e-400", "0.10e-399"),
        ("100", "1e99999999999999999999999999999999999999999"),
        ("1e300", "1e99999999999999999999999999999999999999999"),
    ] {
        let said = |number: &str| {
            let more = format!(",\"annotations\":{{\"n\":{number}}}");
            of(trace, &entity("a1", &more))
        };
        all.push(vec![said(one), said(other)]);
    }
    // A call of AWS inside another, at once or with something between.
    for (outer, inner) in [
        ("", ""),
        ("\"retries\":0", "\"retries\":1"),
        ("\"request_id\":\"\"", "\"request_id\":\"r\""),
        ("\"request_id\":\"r\"", "\"request_id\":\"r\""),
        ("\"table_name\":\"t\"", "\"table_name\":\"u\""),
    ] {
        let call = |id: &str, more: &str, inside: &str| {
            let operation = if more.is_empty() { "" } else { "," };
            let aws = format!("{{\"operation\":\"Query\"{operation}{more}}}");
            let inside = format!(",\"subsegments\":[{inside}]");
            entity(id, &format!(",\"namespace\":\"aws\",\"aws\":{aws}{inside}"))
        };
        let within = format!("{{{}}}", call("c1", inner, ""));
        let between = format!(
            "{{{}}}",
            entity("d1", &format!(",\"subsegments\":[{within}]"))
        );
        all.push(vec![holding(&[call("b1", outer, &within)])]);
        all.push(vec![holding(&[call("b1", outer, &between)])]);
    }
    all.iter()
        .map(|all: &Vec<Vec<u8>>| all.join(&SEPARATOR))
        .collect()
}

/// The members of an entity whose id ends so, and more.
fn entity(id: &str, more: &str) -> String {
    format!("\"id\":\"00000000000000{id}\",\"name\":\"a\",\"start_time\":1,\"end_time\":2{more}")
}

/// A document with these members.
fn of(trace: &str, entity: &str) -> Vec<u8> {
    format!("{HEADER_LINE}{{\"trace_id\":\"{trace}\",{entity}}}").into_bytes()
}

/// A segment with these subsegments.
fn holding(inside: &[String]) -> Vec<u8> {
    let inside: Vec<String> = inside
        .iter()
        .map(|entity| format!("{{{entity}}}"))
        .collect();
    let inside = format!(",\"subsegments\":[{}]", inside.join(","));
    of(KNOWN, &entity("a1", &inside))
}

/// Joins parts to inputs that the fuzzer can change in a short time.
fn grouped(parts: &[Vec<u8>], separator: u8) -> impl Iterator<Item = Vec<u8>> {
    let mut groups: Vec<Vec<u8>> = Vec::new();
    for part in parts {
        match groups
            .last_mut()
            .filter(|last| last.len() + part.len() < GROUP)
        {
            Some(group) => {
                group.push(separator);
                group.extend(part);
            }
            None => groups.push(part.clone()),
        }
    }
    groups.into_iter()
}

/// What a target has found before, smallest form.
fn found(target: &str) -> io::Result<Vec<Seed>> {
    let folder = package().join("tests/fuzz/found").join(target);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        found.push(seed(&name(&path), fs::read(&path)?));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The files below a folder of the package, sorted.
fn listed(folder: &str, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![package().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn seed(name: &str, bytes: Vec<u8>) -> Seed {
    Seed {
        name: name.to_owned(),
        bytes,
    }
}

fn name(path: &Path) -> String {
    path.strip_prefix(package())
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Datagrams that AWS's daemon or X-Ray refuses, and some that look odd and are not.
const ODD: &[&[u8]] = &[
    b"",
    b"\n",
    b"{}",
    b"{\"format\":\"json\",\"version\":1}",
    b"{\"format\":\"json\",\"version\":1}\n",
    b"{\"format\":\"json\",\"version\":\"1\"}\n{}",
    b"{\"FORMAT\":\"J\\u0053ON\",\"version\":1,\"version\":1,\"x\":[]} \n {} ",
    b"{\"format\":\"json\",\"version\":1}\n[]",
    b"{\"format\":\"json\",\"version\":1}\nnull",
    b"{\"format\":\"json\",\"version\":1}\nx",
    b"{\"format\":\"json\",\"version\":1}\n-inf",
    b"{\"format\":\"json\",\"version\":1}\nT1SCgAA",
    b"{\"format\":\"json\",\"version\":1}\nT1UCgA=\n",
    b"{\"format\":\"json\",\"version\":1}\nM1",
    b"{\"format\":\"json\",\"version\":1}\nM1!AAA",
    b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"\xc3\x28\"}",
    b"{\"format\":\"\xc3\",\"version\":1}\n{}",
    b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"a\\ud800\\udc00\\ud800\",\"id\":\"\\u0000\",\"start_time\":1e400,\"end_time\":-0.0E+5}",
    b"{\"format\":\"json\",\"version\":1}\n{\"trace_id\":\"1-6b02b1e8-299bb96069a00e338b2e13be\",\"type\":\"subsegment\",\"id\":\"00000000000000a1\",\"parent_id\":\"00000000000000b1\",\"name\":\"a\",\"start_time\":1,\"end_time\":2}\xff{\"format\":\"json\",\"version\":1}\n{\"trace_id\":\"1-6b02b1e8-299bb96069a00e338b2e13be\",\"type\":\"subsegment\",\"id\":\"00000000000000b1\",\"parent_id\":\"00000000000000a1\",\"name\":\"b\",\"start_time\":1,\"end_time\":2}",
    b"{\"format\":\"json\",\"version\":1}\n{\"annotations\":{\"token\":\"AKIAQ3EGXYZWVUTSRQPO\",\"mail\":\"jordan@example.com\",\"card\":4111111111111111},\"sql\":{\"url\":\"postgres://app:hunter2hunter2@db/orders\",\"sanitized_query\":\"SET PASSWORD = 'abcdefgh1'\"},\"http\":{\"request\":{\"url\":\"https://a/?access_token=abcdef0123456789\"}},\"metadata\":{\"d\":{\"authorization\":\"Bearer abcdef.0123456789\",\"pem\":\"-----BEGIN PRIVATE KEY-----\\nabc\"}}}",
];
/// What stands in inputs beside keys and texts.
const TOKENS: &[&str] = &[
    "\":\"",
    "\":{\"",
    "\":[{\"",
    "\":null",
    "\":true",
    "\":false",
    "},{",
    "}]}",
    "\"\",",
    "1e400",
    "-0.0",
    "1795338258.25",
    "0000000000000000",
    "1-6b02b1e8-299bb96069a00e338b2e13be",
    "\\ud800",
    "\\udc00",
    "\\u0000",
    "\\u202e",
    "\\/",
    "\\n",
    "AKIAQ3EGXYZWVUTSRQPO",
    "Bearer ",
    "password=",
    "postgres://a:b1b1b1b1@c",
    "@example.com",
    "4111111111111111",
    "-----BEGIN PRIVATE KEY-----",
    "SELECT * FROM t WHERE password = '",
    "T1S",
    "T1U",
    "M1",
    "bytes_b64",
];
/// Escapes of characters of each length, and of what is none.
const ESCAPES: &[&str] = &[
    "\\u0041",
    "\\u00e9",
    "\\u5b57",
    "\\ud834\\udd1e",
    "\\ud800",
    "\\n",
    "\\/",
    "\\b",
    "\\\"",
    "\\\\",
    "\\u000a",
];
/// A trace id.
const KNOWN: &str = "1-5759e988-bd862e3fe1be46a994272793";
const GROUP: usize = 700;
const MOST_OF_A_WORD: usize = 32;
/// Of four services, and of several.
const OPERATIONS: &str = "\
    BatchGetItem BatchWriteItem DeleteItem GetItem PutItem TransactGetItems TransactWriteItems \
    UpdateItem CreateBucket HeadObject ListObjectsV2 UploadPart ChangeMessageVisibility \
    DeleteMessageBatch ReceiveMessage SendMessageBatch GetSecretValue PutSecretValue Query \
    CreateTable";
