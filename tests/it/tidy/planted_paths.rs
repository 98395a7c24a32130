//! Who names whom: sources that break the import table or the table of outside crates, or nearly.

use crate::tidy::planted::{check, found};
use crate::tidy::table::ROOMS;

#[test]
fn a_room_names_what_the_table_lists_and_nothing_else() {
    for (room, names) in ROOMS.iter().filter(|(room, _)| *room != "bin") {
        for (other, _) in ROOMS {
            let text = format!("use crate::{other}::Name;");
            let allowed = room == other || names.split_whitespace().any(|name| name == *other);
            let found = found(&[(&format!("{room}/mod.rs"), &text)], &[]);
            assert_eq!(found.is_empty(), allowed, "{room} and {other}: {found:?}");
        }
    }
}

#[test]
fn an_import_of_a_room_out_of_reach_is_caught() {
    check(
        &[("capture/drain.rs", "\nuse crate::model::TraceId;")],
        &[
            "src/capture/drain.rs:2: room `capture` names `model` (`crate::model::TraceId`): \
             the import table lets it name error, json, seam, wire",
        ],
    );
    check(
        &[("error.rs", "use crate::json;")],
        &[
            "src/error.rs:1: room `error` names `json` (`crate::json`): \
             the import table lets it name no other",
        ],
    );
}

#[test]
fn a_path_out_of_reach_is_caught_wherever_it_stands() {
    let caught = |path: &str| {
        format!(
            "src/wire.rs:1: room `wire` names `trace` (`{path}`): \
             the import table lets it name error, json, model"
        )
    };
    for text in [
        "fn f(t: &crate::trace::Trace) {}",
        "fn f() { let r = ..crate::trace::Trace; }",
        "fn f() { g!(a, [crate::trace::Trace]) }",
        "macro_rules! m { () => { $crate::trace::Trace } }",
        "#[derive(crate::trace::Trace)] struct S;",
        "use {std::fmt, crate::trace::Trace};",
        "pub(in crate::trace::Trace) struct S;",
        "#[cfg(test)] mod tests { use crate::trace::Trace; }",
        "use crate::r#trace::Trace;",
        "type T = <crate::trace::Trace as Iterator>::Item;",
    ] {
        check(&[("wire.rs", text)], &[&caught("crate::trace::Trace")]);
    }
    check(
        &[("wire.rs", "use crate::trace::{self as t};")],
        &[&caught("crate::trace as t")],
    );
    check(
        &[("wire.rs", "use crate::trace::*;")],
        &[&caught("crate::trace::*")],
    );
}

#[test]
fn a_name_that_is_no_path_to_a_room_is_none() {
    for text in [
        "const PATH: &str = \"crate::trace::Trace\"; // crate::trace::Trace",
        "/// As [`Trace`](crate::trace::Trace).\nstruct S;",
        "use self::trace::Trace;",
        "mod trace; use trace::Trace;",
        "fn f(trace: u8) -> u8 { self.trace; trace }",
        "use crate::wire::trace::Trace;",
        "use crate::model::trace;",
        "fn f<'trace>(s: &'trace str) {}",
        "pub(crate) struct S;",
    ] {
        check(&[("wire/mod.rs", text)], &[]);
    }
}

#[test]
fn a_re_export_of_the_root_is_caught() {
    let caught = |path: &str| {
        format!(
            "src/expect.rs:1: room `expect` names `recorder` (`{path}`): \
             the import table lets it name error, json, model, trace, graph, query, render"
        )
    };
    for root in [
        "pub use crate::recorder::Recorder;",
        "pub use recorder::Recorder;",
        "pub use self::recorder::{Builder, segment::{OpenSegment, Recorder}};",
        "#[cfg(feature = \"a\")] #[doc(inline)] pub use recorder::Inner as Recorder;",
        "pub use Inner as Recorder; pub use recorder::Inner;",
        "use crate::recorder::Recorder;",
        "pub type Recorder = crate::recorder::Inner<u8>;",
        "pub const fn Recorder() -> [u8; 2] { recorder::inner() }",
        "pub mod Recorder { pub use crate::recorder::Inner; }",
        "#[macro_export] macro_rules! Recorder { () => { $crate::recorder::Inner } }",
    ] {
        check(
            &[("lib.rs", root), ("expect.rs", "use crate::Recorder;")],
            &[&caught("crate::Recorder")],
        );
    }
    check(
        &[
            ("lib.rs", "pub use crate::recorder as tape;"),
            ("expect.rs", "fn f() { crate::tape::Recorder::new() }"),
        ],
        &[&caught("crate::tape::Recorder::new")],
    );
    check(
        &[
            ("lib.rs", "pub use recorder::Recorder;"),
            ("expect.rs", "macro_rules! m { () => { $crate::Recorder } }"),
        ],
        &[&caught("crate::Recorder")],
    );
}

#[test]
fn a_re_export_of_a_room_in_reach_is_none() {
    check(
        &[
            (
                "lib.rs",
                "mod trace; pub use trace::{Trace as Tree, Defect}; pub fn f() {}",
            ),
            (
                "expect.rs",
                "use crate::Defect; use crate::Tree; fn g() { crate::f() }",
            ),
        ],
        &[],
    );
}

#[test]
fn an_exported_macro_belongs_to_the_room_of_its_file() {
    let exported = "/// Text.\n#[macro_export]\n#[doc(hidden)]\nmacro_rules! tape { () => {} }";
    for call in ["crate::tape!()", "$crate::tape!()"] {
        let user = format!("macro_rules! m {{ () => {{ {call} }} }}");
        check(
            &[("recorder/tape.rs", exported), ("expect.rs", &user)],
            &[
                "src/expect.rs:1: room `expect` names `recorder` (`crate::tape`): \
                 the import table lets it name error, json, model, trace, graph, query, render",
            ],
        );
        check(&[("trace.rs", exported), ("expect.rs", &user)], &[]);
    }
}

#[test]
fn a_re_export_of_another_room_leads_on_to_that_room() {
    for clock in [
        "pub use crate::seam::Clock;",
        "pub(crate) use crate::seam::*;",
    ] {
        check(
            &[
                ("recorder/mod.rs", clock),
                ("instrument.rs", "use crate::recorder::Clock;"),
            ],
            &[
                "src/instrument.rs:1: room `instrument` names `seam` (`crate::recorder::Clock`): \
                 the import table lets it name error, json, model, recorder, wire",
            ],
        );
    }
    check(
        &[
            ("recorder/mod.rs", "pub use crate::seam::Clock;"),
            ("instrument.rs", "use crate::recorder::*;"),
        ],
        &[
            "src/instrument.rs:1: room `instrument` names `seam` (`crate::recorder::*`): \
             the import table lets it name error, json, model, recorder, wire",
        ],
    );
    for clock in ["use crate::seam::Clock;", "pub use crate::seam::Stopwatch;"] {
        check(
            &[
                ("recorder/mod.rs", clock),
                ("instrument.rs", "use crate::recorder::Clock;"),
            ],
            &[],
        );
    }
}

#[test]
fn a_name_that_leads_nowhere_is_caught() {
    check(
        &[
            (
                "lib.rs",
                "mod gone; pub use trace::Trace; impl S { fn Span() {} }",
            ),
            (
                "expect.rs",
                "use crate::Span;\nuse crate::gone::Span;\nm!($crate::$room::Span);",
            ),
        ],
        &[
            "src/expect.rs:1: cannot tell which room `crate::Span` leads to",
            "src/expect.rs:2: cannot tell which room `crate::gone::Span` leads to",
            "src/expect.rs:3: cannot tell which room `crate::$room::Span` leads to",
        ],
    );
}

#[test]
fn a_room_that_the_table_does_not_list_is_caught_once() {
    check(
        &[
            ("cache/a.rs", ""),
            ("cache/mod.rs", ""),
            ("lib.rs", ""),
            ("main.rs", ""),
            ("bin/a.rs", ""),
        ],
        &[
            "src/cache/a.rs: new room `cache`: add it to the import table with the rooms that it may name",
        ],
    );
    check(
        &[("lib/mod.rs", "")],
        &[
            "src/lib/mod.rs: new room `lib`: add it to the import table with the rooms that it may name",
        ],
    );
}

#[test]
fn a_group_at_the_root_is_caught_and_its_members_too() {
    check(
        &[(
            "wire.rs",
            "use crate::{\n  model::TraceId,\n  trace::{Trace, Defect as D}};",
        )],
        &[
            "src/wire.rs:1: `crate::{`: one line for each path from the root",
            "src/wire.rs:3: room `wire` names `trace` (`crate::trace::Trace`): \
             the import table lets it name error, json, model",
            "src/wire.rs:3: room `wire` names `trace` (`crate::trace::Defect as D`): \
             the import table lets it name error, json, model",
        ],
    );
    check(
        &[("wire.rs", "use crate::model::{EntityId, TraceId};")],
        &[],
    );
}

#[test]
fn a_road_that_hides_the_room_is_caught() {
    for (text, caught) in [
        (
            "use crate as x;",
            "`crate` alone: write the whole path where it is used",
        ),
        (
            "m!(crate);",
            "`crate` alone: write the whole path where it is used",
        ),
        ("use crate::*;", "`crate::*`: name what is meant"),
        ("pub use crate::*;", "`crate::*`: name what is meant"),
        (
            "use crate::{self as x};",
            "`crate::{`: one line for each path from the root",
        ),
        (
            "extern crate self as x;",
            "`extern crate self`: the crate calls itself `crate`",
        ),
        (
            "use xray_phantom::Trace;",
            "`xray_phantom::Trace`: the crate calls itself `crate`",
        ),
        (
            "use ::xray_phantom as x;",
            "`xray_phantom as x`: the crate calls itself `crate`",
        ),
        (
            "include!(\"../trace.rs\");",
            "`include!`: a file belongs to one room",
        ),
        (
            "#[path = \"trace.rs\"] mod t;",
            "`#[path]`: a file belongs to one room",
        ),
        (
            "#[macro_use] mod t;",
            "`macro_use`: a macro is named by its path",
        ),
    ] {
        check(&[("wire.rs", text)], &[&format!("src/wire.rs:1: {caught}")]);
    }
    check(
        &[("lib.rs", "pub use trace::*;")],
        &["src/lib.rs:1: `trace::*`: the root re-exports by name, and each name has one room"],
    );
}

#[test]
fn a_road_that_hides_nothing_is_none() {
    for text in [
        "pub(crate) fn f() { let path = include_str!(\"a\"); include = path; } // xray_phantom::Trace",
        "const NAME: &str = \"xray_phantom::Trace\"; struct S { xray_phantom: u8 }",
        "use crate::model::*;",
    ] {
        check(&[("wire.rs", text)], &[]);
    }
    check(
        &[(
            "main.rs",
            "use xray_phantom::Trace;\nuse crate::arguments::Run;",
        )],
        &[],
    );
    check(&[("lib.rs", "pub use std::fmt::*;")], &[]);
}

#[test]
fn super_is_caught() {
    for text in [
        "use super::Trace;",
        "mod tests { use super::*; }",
        "pub(super) fn f() {}",
    ] {
        check(
            &[("wire.rs", text)],
            &["src/wire.rs:1: `super`: paths begin at `crate`"],
        );
    }
    check(&[("wire.rs", "// super::Trace\nfn supervise() {}")], &[]);
}

#[test]
fn a_crate_from_outside_is_caught_in_a_room_that_may_not_name_it() {
    for (text, path) in [
        ("use tokio;", "tokio"),
        ("use tokio as t;", "tokio as t"),
        ("use {std::fmt, tokio};", "tokio"),
        ("extern crate tokio as t;", "tokio as t"),
        ("use ::tokio::task;", "tokio::task"),
        ("fn f() -> ::tokio::Task {}", "tokio::Task"),
        ("fn f(t: &dyn ::tokio::Task) {}", "tokio::Task"),
        ("fn f() { tokio::spawn(g) }", "tokio::spawn"),
        ("fn f() { tokio::select!(g) }", "tokio::select"),
        ("m! { { tokio::spawn } }", "tokio::spawn"),
        ("#[tokio::main] fn f() {}", "tokio::main"),
    ] {
        let caught = format!(
            "src/trace.rs:1: room `trace` names the crate `tokio` (`{path}`): \
             only seam, recorder, service, fake_daemon may"
        );
        check(&[("trace.rs", text)], &[&caught]);
        check(&[("seam.rs", text)], &[]);
    }
    check(
        &[("lib.rs", "pub use tokio::task;")],
        &[
            "src/lib.rs:1: room `lib.rs` names the crate `tokio` (`tokio::task`): \
             only seam, recorder, service, fake_daemon may",
        ],
    );
}

#[test]
fn a_name_that_a_crate_from_outside_has_too_is_none() {
    for text in [
        "fn f(tokio: u8) { tokio.g(); self.tokio; \"tokio::spawn\" }",
        "use crate::trace::tokio::Task; // tokio::spawn",
        "use self::tokio::Task; fn f() { Task::tokio::<u8>() }",
        "use std::sync as tokio_sync;",
        "#[serde(default)] struct S;",
        "use insta::Settings;",
        "macro_rules! m { ($tokio:path) => { $tokio::spawn() } }",
    ] {
        check(&[("trace.rs", text)], &[]);
    }
}

#[test]
fn a_dependency_that_no_room_may_name_is_caught() {
    assert_eq!(
        found(&[("trace.rs", "use left_pad::pad;")], &["left_pad", "libc"]),
        [
            "Cargo.toml: no room may name the crate `left_pad`: add it to the table of outside crates"
        ]
    );
}
