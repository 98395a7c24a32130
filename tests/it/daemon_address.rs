//! The forms of `AWS_XRAY_DAEMON_ADDRESS`.

use proptest::prelude::*;
use xray_phantom::recorder::DaemonAddress;

#[track_caller]
fn check(text: &str, udp: &str, tcp: &str) {
    let address: DaemonAddress = text.parse().unwrap();
    assert_eq!((address.udp(), address.tcp()), (udp, tcp));
    assert_eq!(
        address.to_string().parse::<DaemonAddress>().unwrap(),
        address
    );
}

#[track_caller]
fn check_invalid(text: &str, why: &str) {
    let error = text.parse::<DaemonAddress>().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("invalid daemon address `{text}`: {why}")
    );
}

#[test]
fn one_address_is_for_both() {
    for address in [
        "127.0.0.1:2000",
        "[::1]:2000",
        "[fe80::1%3]:2000",
        "xray-daemon:2000",
        "xray_daemon.internal:1",
        "ec2-203-0-113-7.compute-1.amazonaws.com:65535",
        "udp:2000",
    ] {
        check(address, address, address);
        check(&format!("\t {address} \n"), address, address);
    }
    check("localhost:02000", "localhost:2000", "localhost:2000");
    check("[0:0:0:0:0:0:0:1]:2000", "[::1]:2000", "[::1]:2000");
}

#[test]
fn each_protocol_may_have_its_own_in_either_order() {
    check(
        "tcp:127.0.0.1:2000 udp:127.0.0.2:2001",
        "127.0.0.2:2001",
        "127.0.0.1:2000",
    );
    check(
        "udp:127.0.0.2:2001   tcp:127.0.0.1:2000",
        "127.0.0.2:2001",
        "127.0.0.1:2000",
    );
    check("udp:[::1]:1\ttcp:tcp:2", "[::1]:1", "tcp:2");
    check("tcp:a:1 udp:a:1", "a:1", "a:1");
}

#[test]
fn the_default_is_the_loopback_address() {
    check(
        "127.0.0.1:2000",
        DaemonAddress::default().udp(),
        DaemonAddress::default().tcp(),
    );
    let address: std::net::SocketAddr = "[::1]:7".parse().unwrap();
    assert_eq!(DaemonAddress::from(address).to_string(), "[::1]:7");
}

#[test]
fn what_is_no_address_is_told_with_the_forms_that_are() {
    let forms = "`host:port` or `tcp:host:port udp:host:port`";
    check_invalid("", &format!("expected {forms}"));
    check_invalid("a:1 b:2 c:3", &format!("expected {forms}"));
    check_invalid(
        "localhost",
        &format!("`localhost` has no port: expected {forms}"),
    );
    check_invalid("[::1]", &format!("`[::1]` has no port: expected {forms}"));
    check_invalid(":2000", &format!("`` is no host: expected {forms}"));
    check_invalid("localhost:", "`` is no port: expected 1 to 65535");
    check_invalid("localhost:0", "`0` is no port: expected 1 to 65535");
    check_invalid("localhost:+1", "`+1` is no port: expected 1 to 65535");
    check_invalid("localhost:65536", "`65536` is no port: expected 1 to 65535");
    check_invalid("127.0.0.256:2000", "`127.0.0.256` is no IPv4 address");
    check_invalid(
        "[127.0.0.1]:2000",
        "`[127.0.0.1]` is no IPv6 address in brackets",
    );
    check_invalid(
        "::1:2000",
        "an IPv6 address stands in brackets, as in `[::1]:2000`",
    );
    check_invalid(
        "http://localhost:2000",
        &format!("`http://localhost` is no host: expected {forms}"),
    );
    check_invalid(
        "udp:127.0.0.1:2000",
        &format!("it names udp alone: expected {forms}"),
    );
    check_invalid(
        "udp:a:1 udp:b:2",
        &format!("it names udp twice: expected {forms}"),
    );
    check_invalid(
        "tcp:a:1 tcp:b:2",
        &format!("it names tcp twice: expected {forms}"),
    );
    check_invalid("a:1 udp:b:2", &format!("expected {forms}, got `a:1`"));
    check_invalid(
        "tcp:2000 udp:2001",
        &format!("`2000` has no port: expected {forms}"),
    );
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_as_itself(
        text in prop_oneof!["\\PC{0,20}", "((tcp|udp|a|\\[::1\\]|1\\.2\\.3\\.4|[0-9]{1,5}|[:. ]):?){0,8}"],
    ) {
        if let Ok(address) = text.parse::<DaemonAddress>() {
            prop_assert_eq!(address.to_string().parse::<DaemonAddress>().unwrap(), address);
        }
    }
}
