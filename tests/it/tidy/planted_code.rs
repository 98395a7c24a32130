//! What lives where, and what nowhere: sources that break such a rule, or nearly.

use crate::tidy::planted::check;

#[test]
fn what_has_a_home_is_caught_elsewhere() {
    let environment = "the environment only in seam";
    let sockets = "sockets only in capture, recorder/sampling_http.rs, recorder/udp.rs, service";
    let threads = "threads only in capture, recorder, service";
    for (home, text, caught) in [
        (
            "seam",
            "use std::time::SystemTime;",
            "`SystemTime`: the system clock only in seam",
        ),
        (
            "seam",
            "use std::env;",
            &format!("`std::env`: {environment}"),
        ),
        (
            "seam",
            "use std::{env as e, fmt};",
            &format!("`std::env as e`: {environment}"),
        ),
        (
            "seam",
            "use std as s;",
            &format!("`std as s`: {environment}"),
        ),
        (
            "seam",
            "fn f() { std::env::args() }",
            &format!("`std::env::args`: {environment}"),
        ),
        (
            "seam",
            "fn f() { env::var_os(\"A\") }",
            &format!("`env::var_os`: {environment}"),
        ),
        (
            "service",
            "fn f(i: Instant) {}",
            "`Instant`: monotonic deadlines only in capture, fake_daemon, seam, service",
        ),
        (
            "capture",
            "use std::net::UdpSocket;",
            &format!("`UdpSocket`: {sockets}"),
        ),
        (
            "service",
            "use std::net::{TcpListener as L};",
            &format!("`TcpListener`: {sockets}"),
        ),
        (
            "recorder/udp.rs",
            "m!(net::TcpStream);",
            &format!("`TcpStream`: {sockets}"),
        ),
        (
            "recorder",
            "fn f() { thread::spawn(g) }",
            &format!("`thread::spawn`: {threads}"),
        ),
        (
            "recorder",
            "use std::thread::Builder;",
            &format!("`std::thread::Builder`: {threads}"),
        ),
        (
            "capture/kernel.rs",
            "fn f() { unsafe { g() } }",
            "`unsafe`: unsafe code only in capture/kernel.rs",
        ),
        (
            "capture/parking.rs",
            "static A: u8 = 0;",
            "`static`: statics only in capture/parking.rs, recorder/at_work.rs, schema/witness.rs",
        ),
        (
            "capture/parking.rs",
            "m! { static mut A: u8 = 0; }",
            "`static`: statics only in capture/parking.rs, recorder/at_work.rs, schema/witness.rs",
        ),
    ] {
        let home = if home.contains('/') {
            home.to_owned()
        } else {
            format!("{home}/a.rs")
        };
        check(
            &[("query.rs", text)],
            &[&format!("src/query.rs:1: {caught}")],
        );
        check(&[(&home, text)], &[]);
    }
}

#[test]
fn a_home_that_is_one_file_is_not_its_whole_room() {
    check(
        &[("recorder/mod.rs", "use std::net::UdpSocket;")],
        &["src/recorder/mod.rs:1: `UdpSocket`: \
           sockets only in capture, recorder/sampling_http.rs, recorder/udp.rs, service"],
    );
    check(
        &[("fake_daemon/mod.rs", "use std::net::UdpSocket;")],
        &["src/fake_daemon/mod.rs:1: `UdpSocket`: \
           sockets only in capture, recorder/sampling_http.rs, recorder/udp.rs, service"],
    );
    check(
        &[("capture/mod.rs", "unsafe fn f() {}")],
        &["src/capture/mod.rs:1: `unsafe`: unsafe code only in capture/kernel.rs"],
    );
}

#[test]
fn what_only_resembles_something_with_a_home_is_none() {
    for text in [
        "fn f(s: &'static str) -> Box<dyn Any + 'static> {} // unsafe static SystemTime",
        "const TEXT: &str = \"UdpSocket std::env thread::spawn unsafe\";",
        "/// Reads no `std::env`, `Instant` or `UdpSocket`.\nstruct S;",
        "const A: &str = env!(\"A\"); const B: Option<&str> = std::option_env!(\"B\");",
        "const A: &str = std::env!(\"A\");",
        "thread_local! { static A: u8 = 0; }",
        "tokio::task_local! { static A: u8; static B: u8; }",
        "use crate::seam::env::var;",
        "fn f() { std::thread::panicking() }",
    ] {
        check(&[("recorder/mod.rs", text)], &[]);
    }
}

#[test]
fn a_static_behind_local_storage_is_caught() {
    check(
        &[(
            "recorder.rs",
            "thread_local! { static A: u8 = 0; }\nstatic B: u8 = 0;",
        )],
        &[
            "src/recorder.rs:2: `static`: statics only in capture/parking.rs, recorder/at_work.rs, schema/witness.rs",
        ],
    );
}

#[test]
fn a_hidden_panic_is_caught_outside_tests() {
    let unwrap = "`unwrap`: return an error, or say with `unreachable!` why it cannot be";
    let expect = "`expect`: return an error, or say with `unreachable!` why it cannot be";
    for (text, caught) in [
        ("fn f() { a.unwrap() }", unwrap),
        ("fn f() { m!(a.unwrap()) }", unwrap),
        ("fn f() { a.map(Option::unwrap) }", unwrap),
        ("fn f() { a.expect(\"b\") }", expect),
        ("fn f() { Result::expect(a, \"b\") }", expect),
    ] {
        check(
            &[("trace.rs", text)],
            &[&format!("src/trace.rs:1: {caught}")],
        );
        for test in [
            "#[cfg(test)] #[test]",
            "/// Text.\n#[cfg(test)] pub(crate) async",
            "#[cfg(test)] extern \"C\"",
        ] {
            check(&[("trace.rs", &format!("{test} {text}"))], &[]);
        }
        check(
            &[("trace.rs", &format!("#[cfg(test)] mod tests {{ {text} }}"))],
            &[],
        );
        check(
            &[("trace.rs", &format!("#[cfg(test)] mod tests {{}}\n{text}"))],
            &[&format!("src/trace.rs:2: {caught}")],
        );
        check(
            &[("trace.rs", &format!("#[cfg(not(test))]\n{text}"))],
            &[&format!("src/trace.rs:2: {caught}")],
        );
    }
}

#[test]
fn a_name_like_unwrap_or_expect_is_none() {
    for text in [
        "fn f() { a.unwrap_or(b); a.expect_one(); expect = a.expect; } // a.unwrap()",
        "#[expect(dead_code, reason = \"a\")] fn expect() { expect(1); self.unwrap; \".unwrap()\" }",
        "/// ```\n/// a.unwrap();\n/// ```\nfn f() {}",
    ] {
        check(&[("trace.rs", text)], &[]);
    }
}

#[test]
fn sleep_is_caught_outside_tests() {
    let sleeps = "nothing sleeps: wait on a condition with a deadline";
    for (text, path) in [
        ("fn f() { std::thread::sleep(a) }", "std::thread::sleep"),
        ("fn f() { thread::sleep(a) }", "thread::sleep"),
        ("use std::thread::{sleep as s};", "std::thread::sleep as s"),
        ("use std::thread as t;", "std::thread as t"),
        ("use std::thread::*;", "std::thread::*"),
    ] {
        check(
            &[("service.rs", text)],
            &[&format!("src/service.rs:1: `{path}`: {sleeps}")],
        );
    }
    check(
        &[(
            "service.rs",
            "fn f() { self.sleep(); timer::sleep() } // thread::sleep",
        )],
        &[],
    );
    check(
        &[(
            "service.rs",
            "#[cfg(test)] fn f() { std::thread::sleep(a) }",
        )],
        &[],
    );
}

#[test]
fn unfinished_code_is_caught() {
    for name in ["dbg", "todo", "unimplemented"] {
        let caught = format!("src/trace.rs:1: `{name}!`: this is not finished");
        check(
            &[("trace.rs", &format!("fn f() {{ {name}!(a) }}"))],
            &[&caught],
        );
        check(
            &[(
                "trace.rs",
                &format!("fn f() {{ {name} != \"{name}!()\" }} // {name}!()"),
            )],
            &[],
        );
    }
}

#[test]
fn a_file_of_more_than_500_lines_is_caught() {
    check(
        &[("trace.rs", &"\n".repeat(501))],
        &["src/trace.rs: 501 lines: does it hold two ideas?"],
    );
    check(&[("trace.rs", &"\n".repeat(500))], &[]);
}

#[test]
fn a_file_that_is_not_rust_is_caught() {
    check(
        &[("trace.rs", "fn f() {}\n}")],
        &["src/trace.rs:2: this is not Rust"],
    );
}

#[test]
fn violations_stand_in_the_order_of_files_and_lines() {
    check(
        &[
            (
                "trace.rs",
                "\nuse super::A;\nuse crate::wire::A;\nuse super::B;",
            ),
            ("json.rs", "use super::A;"),
        ],
        &[
            "src/trace.rs:2: `super`: paths begin at `crate`",
            "src/trace.rs:3: room `trace` names `wire` (`crate::wire::A`): \
             the import table lets it name error, json, model, seam",
            "src/trace.rs:4: `super`: paths begin at `crate`",
            "src/json.rs:1: `super`: paths begin at `crate`",
        ],
    );
}
