//! The trace header, as the SDKs write and read it.

use proptest::prelude::*;
use xray_phantom::model::{EntityId, TraceId};
use xray_phantom::wire::{Sampled, TraceHeader};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// Reads a header and shows what was understood, and what was odd.
#[track_caller]
fn check(header: &str, written: &str, oddities: &[&str]) {
    let header = TraceHeader::parse(header);
    let found: Vec<String> = header.oddities().iter().map(ToString::to_string).collect();
    assert_eq!(
        (header.to_string().as_str(), found),
        (written, oddities.iter().map(ToString::to_string).collect())
    );
}

#[test]
fn what_every_sdk_sends_is_understood() {
    let plain = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1");
    check(&plain, &plain, &[]);
    // .NET puts a space behind each semicolon, Go a semicolon at the end.
    check(
        &format!("Root={ROOT}; Parent=53995c3f42cd8ad8; Sampled=1"),
        &plain,
        &[],
    );
    check(
        &format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1;"),
        &plain,
        &[],
    );
    // Ruby writes keys in lower case, others may in capitals.
    check(
        &format!(" root={ROOT} ;PARENT = 53995c3f42cd8ad8; sampled=1 "),
        &plain,
        &[],
    );
    // A load balancer sends the root alone, and adds Self if there is one.
    check(&format!("Root={ROOT}"), &format!("Root={ROOT}"), &[]);
    check(
        &format!("Self=1-67891234-12456789abcdef012345678;Root={ROOT}"),
        &format!("Root={ROOT}"),
        &[],
    );
    // Lambda adds its lineage.
    let lineage = format!("Root={ROOT};Sampled=0;Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2");
    check(&lineage, &lineage, &[]);
    check(
        &format!("Sampled=?;Root={ROOT}"),
        &format!("Root={ROOT};Sampled=?"),
        &[],
    );
    check("", "", &[]);
}

#[test]
fn ids_are_padded_and_written_in_lower_case() {
    check(
        "Root=1-759E988-BD862E3FE1BE46A994272793;Parent=53995C3F42CD8AD8",
        "Root=1-0759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
        &[],
    );
}

#[test]
fn what_cannot_be_used_is_named_and_the_rest_is_used() {
    check(
        &format!("Root=1-2-3;Parent=xyz;Sampled=yes;junk;=x;Root={ROOT};k=a b;Sampled=1"),
        &format!("Root={ROOT};Sampled=1"),
        &[
            "invalid Root `1-2-3`: expected `1-`, up to 8 hex digits, `-`, 24 hex digits",
            "invalid Parent `xyz`: expected 16 hex digits",
            "invalid Sampled `yes`: expected 0, 1 or ?",
            "`junk` is not of the form key=value",
            "`=x` is not of the form key=value",
            "`Root` stands twice; the last value that can be used counts",
            "`k=a b` is not carried on: it holds more than visible ASCII",
            "`Sampled` stands twice; the last value that can be used counts",
        ],
    );
    check(
        "Root=2-5759e988-bd862e3fe1be46a994272793",
        "",
        &[
            "invalid Root `2-5759e988-bd862e3fe1be46a994272793`: expected `1-`, up to 8 hex digits, `-`, 24 hex digits",
        ],
    );
}

#[test]
fn unknown_keys_are_carried_on_in_order_and_of_duplicates_the_last() {
    check(
        "b=1;a=2;B=3;c=x=y",
        "b=3;a=2;c=x=y",
        &["`B` stands twice; the last value that can be used counts"],
    );
    let header = TraceHeader::parse("b=1;a=2");
    assert_eq!(
        header.others().collect::<Vec<_>>(),
        [("b", "1"), ("a", "2")]
    );
}

/// The Python SDK: splits at `;`, and discards the whole header for a part without `=`.
fn python(header: &str) -> Option<Vec<(String, String)>> {
    let parts = header.trim().split(';').map(|part| {
        let mut pieces = part.split('=');
        Some((pieces.next()?.to_owned(), pieces.next()?.to_owned()))
    });
    parts.collect()
}

/// The .NET SDK: asks for a root of 35 characters, a valid parent, no key twice.
fn dotnet(header: &str) -> bool {
    let parts: Vec<(&str, &str)> = header
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .collect();
    let value = |key| {
        parts
            .iter()
            .find(|(found, _)| *found == key)
            .map(|(_, value)| *value)
    };
    let mut keys: Vec<&str> = parts.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    let lower_hex = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    keys.windows(2).all(|pair| pair[0] != pair[1])
        && value("Root").is_some_and(|root| root.len() == 35 && root[2..].split('-').all(lower_hex))
        && value("Parent").is_none_or(|parent| parent.len() == 16 && lower_hex(parent))
}

fn any_header_text() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("Root".to_owned()),
        Just("root".to_owned()),
        Just("Parent".to_owned()),
        Just("Sampled".to_owned()),
        Just("Self".to_owned()),
        "[ A-Za-z;=é]{0,6}",
    ];
    let value = prop_oneof![
        Just(ROOT.to_owned()),
        "1-[0-9A-Fa-f]{1,9}-[0-9A-Fa-f]{24}",
        "[0-9a-fA-F]{15,17}",
        "[01?x]",
        "[ -~é\u{0}]{0,10}",
    ];
    let part = prop_oneof![6 => (key, value).prop_map(|(key, value)| format!("{key}={value}")), 1 => "[ -~]{0,5}"];
    prop::collection::vec(part, 0..7).prop_map(|parts| parts.join(";"))
}

proptest! {
    #[test]
    fn a_header_that_was_written_is_read_as_itself(
        root in any::<u128>(), parent in any::<Option<u64>>(), sampled in 0..4_usize,
    ) {
        let mut header = TraceHeader::new(TraceId::from_bits(root));
        if let Some(parent) = parent {
            header = header.with_parent(EntityId::from_bits(parent));
        }
        if let Some(sampled) = [Sampled::Ask, Sampled::Drop, Sampled::Keep].get(sampled) {
            header = header.with_sampled(*sampled);
        }
        prop_assert_eq!(TraceHeader::parse(&header.to_string()), header);
    }

    #[test]
    fn whatever_was_read_is_written_so_that_all_can_read_it(text in any_header_text()) {
        let header = TraceHeader::parse(&text);
        let written = header.to_string();
        let again = TraceHeader::parse(&written);
        prop_assert_eq!(again.oddities(), []);
        prop_assert_eq!(again.root(), header.root());
        prop_assert_eq!(again.parent(), header.parent());
        prop_assert_eq!(again.sampled(), header.sampled());
        prop_assert_eq!(again.others().collect::<Vec<_>>(), header.others().collect::<Vec<_>>());
        prop_assert!(written.bytes().all(|byte| byte.is_ascii_graphic()), "{}", written);
        if header.root().is_some() {
            prop_assert!(dotnet(&written), "{}", written);
            let keys: Vec<String> = python(&written).unwrap().into_iter().map(|(key, _)| key).collect();
            prop_assert_eq!(&keys[0], "Root");
        }
    }
}
