//! The tables: who may name whom, and what lives where.

/// The import table: a room, and the other rooms that it may name.
///
/// A room stands below every room that it may name, so the table has no cycle.
pub(crate) const ROOMS: &[(&str, &str)] = &[
    ("error", ""),
    ("json", "error"),
    ("model", "error json"),
    ("wire", "error json model"),
    ("seam", "error model"),
    ("schema", "error json model"),
    ("recorder", "error json model seam wire"),
    ("capture", "error json seam wire"),
    ("trace", "error json model seam"),
    ("graph", "error model trace"),
    ("query", "error model trace graph"),
    ("render", "error model trace graph"),
    ("expect", "error json model trace graph query render"),
    ("snapshot", "error json model trace render"),
    ("instrument", "error json model recorder wire"),
    ("dynamodb", "error json seam wire"),
    (
        "service",
        "error json model trace graph query schema dynamodb seam wire",
    ),
    (
        "strategies",
        "error json model wire seam schema recorder capture trace graph query render expect \
         snapshot instrument dynamodb service",
    ),
    (
        "overhead",
        "error json model wire seam schema recorder capture trace graph query render expect \
         snapshot instrument dynamodb service",
    ),
    (
        "fake_daemon",
        "error json model wire seam schema recorder capture trace graph query render expect \
         snapshot instrument dynamodb service strategies overhead",
    ),
    ("mock_client", "instrument dynamodb recorder"),
    (
        "cli",
        "error json model wire seam schema recorder capture trace graph query render expect \
         snapshot instrument dynamodb service strategies overhead fake_daemon mock_client",
    ),
    (
        "bin",
        "error json model wire seam schema recorder capture trace graph query render expect \
         snapshot instrument dynamodb service strategies overhead fake_daemon mock_client cli",
    ),
];

/// The crates from outside that a room may name; a room that is not listed names none.
pub(crate) const OUTSIDE: &[(&str, &str)] = &[
    ("json", "serde serde_json"),
    ("model", "serde"),
    ("seam", "aws_smithy_async tokio"),
    ("schema", "jsonschema unicode_properties"),
    ("recorder", "futures_core serde socket2 tokio"),
    ("capture", "base64 libc"),
    ("render", "anstyle"),
    ("expect", "googletest regex serde"),
    ("snapshot", "insta serde"),
    (
        "instrument",
        "aws_smithy_runtime_api aws_smithy_types aws_types http_1x",
    ),
    (
        "dynamodb",
        "aws_credential_types aws_smithy_async aws_smithy_runtime_api aws_smithy_types aws_types \
         base64 crc32fast",
    ),
    ("service", "bytes http_body_util hyper hyper_util tokio"),
    ("strategies", "proptest"),
    ("overhead", "criterion"),
    ("fake_daemon", "tokio"),
    ("mock_client", "aws_types"),
    ("cli", "anstream anstyle clap"),
    ("bin", "clap"),
];

/// Something that lives in a few places only.
pub(crate) struct Home {
    pub(crate) what: &'static str,
    /// Words, and paths that may be part of a longer one.
    pub(crate) names: &'static str,
    /// Rooms, and single files below `src/`.
    pub(crate) homes: &'static str,
}

pub(crate) const HOMES: &[Home] = &[
    Home {
        what: "the system clock",
        names: "SystemTime",
        homes: "seam",
    },
    Home {
        what: "the environment",
        names: "std::env env::remove_var env::set_var env::var env::var_os env::vars env::vars_os",
        homes: "seam",
    },
    Home {
        what: "monotonic deadlines",
        names: "Instant",
        homes: "capture fake_daemon seam service",
    },
    Home {
        what: "sockets",
        names: "TcpListener TcpStream UdpSocket UnixDatagram UnixListener UnixStream",
        homes: "capture recorder/sampling_http.rs recorder/udp.rs service",
    },
    Home {
        what: "threads",
        names: "thread::Builder thread::scope thread::spawn",
        homes: "capture recorder service",
    },
    Home {
        what: "unsafe code",
        names: "unsafe",
        homes: "capture/kernel.rs",
    },
    Home {
        // The schema is a constant that is built once, and no state. What the recorders' one knows
        // is kept apart by runtime.
        what: "statics",
        names: "static",
        homes: "capture/parking.rs recorder/at_work.rs schema/witness.rs",
    },
];

/// Whether `list`, of words with spaces between, holds `word`.
pub(crate) fn lists(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|listed| listed == word)
}

/// The words of `list` as a reader sees them: `error, json`.
pub(crate) fn spelled(list: &str) -> String {
    list.split_whitespace().collect::<Vec<_>>().join(", ")
}

#[test]
fn a_room_names_only_rooms_that_stand_before_it() {
    for (at, (room, names)) in ROOMS.iter().enumerate() {
        for name in names.split_whitespace() {
            let known = ROOMS[..at].iter().any(|(earlier, _)| *earlier == name);
            assert!(
                known,
                "`{room}` names `{name}`, which does not stand before it"
            );
        }
    }
}

#[test]
fn the_other_tables_name_rooms_of_the_import_table() {
    let outside = OUTSIDE.iter().map(|(room, _)| *room);
    let homes = HOMES.iter().flat_map(|home| home.homes.split_whitespace());
    for place in outside.chain(homes) {
        let room = place.split('/').next().unwrap_or(place);
        assert!(ROOMS.iter().any(|(listed, _)| *listed == room), "`{place}`");
    }
}
