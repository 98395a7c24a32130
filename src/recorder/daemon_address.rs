//! Where the daemon listens.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV6};
use std::str::FromStr;

use crate::error::Error;

/// Where the daemon listens: for documents on UDP, for sampling on TCP. Names of hosts are not
/// looked up yet.
///
/// ```text
/// 127.0.0.1:2000                              both
/// [::1]:2000                                  both, IPv6
/// xray-daemon:2000                            both, by name
/// tcp:127.0.0.1:2000 udp:127.0.0.2:2001       each its own, in either order
/// ```
///
/// This is what `AWS_XRAY_DAEMON_ADDRESS` holds. White space around and between is of no
/// account. The default is `127.0.0.1:2000` for both. The official SDKs split at each colon, so
/// that IPv6 is ours alone.
///
/// Source: AWS X-Ray SDKs, `DaemonConfiguration.java`, `daemon_config.go`, `daemon_config.js`.
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::DaemonAddress;
///
/// let address: DaemonAddress = "tcp:127.0.0.1:2000 udp:xray-daemon:2001".parse().unwrap();
/// assert_eq!((address.udp(), address.tcp()), ("xray-daemon:2001", "127.0.0.1:2000"));
///
/// assert_eq!("[::1]:2000".parse::<DaemonAddress>().unwrap().udp(), "[::1]:2000");
/// assert_eq!(DaemonAddress::default().to_string(), "127.0.0.1:2000");
///
/// let error = "::1:2000".parse::<DaemonAddress>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid daemon address `::1:2000`: an IPv6 address stands in brackets, as in `[::1]:2000`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DaemonAddress {
    udp: String,
    tcp: String,
}

impl DaemonAddress {
    /// `host:port` for documents.
    pub fn udp(&self) -> &str {
        &self.udp
    }

    /// `host:port` for sampling.
    pub fn tcp(&self) -> &str {
        &self.tcp
    }

    fn both(address: String) -> DaemonAddress {
        DaemonAddress {
            udp: address.clone(),
            tcp: address,
        }
    }
}

impl Default for DaemonAddress {
    fn default() -> DaemonAddress {
        DaemonAddress::both("127.0.0.1:2000".to_owned())
    }
}

impl From<SocketAddr> for DaemonAddress {
    fn from(address: SocketAddr) -> DaemonAddress {
        DaemonAddress::both(address.to_string())
    }
}

impl FromStr for DaemonAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<DaemonAddress, Error> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let address = match parts[..] {
            [both] => one_for_both(both),
            [one, other] => one_for_each([one, other]),
            _ => Err(format!("expected {FORMS}")),
        };
        address.map_err(|why| Error::invalid("daemon address", text, why))
    }
}

/// The shortest form that reads as the same.
impl fmt::Display for DaemonAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.udp == self.tcp {
            return f.write_str(&self.udp);
        }
        write!(f, "tcp:{} udp:{}", self.tcp, self.udp)
    }
}

fn one_for_both(part: &str) -> Result<DaemonAddress, String> {
    // `udp:2000` is a host of that name; `udp:127.0.0.1:2000` is half of what is needed.
    match part.split_once(':') {
        Some((protocol @ ("tcp" | "udp"), rest)) if host_and_port(rest).is_ok() => {
            Err(format!("it names {protocol} alone: expected {FORMS}"))
        }
        _ => host_and_port(part).map(DaemonAddress::both),
    }
}

fn one_for_each(parts: [&str; 2]) -> Result<DaemonAddress, String> {
    let (mut udp, mut tcp) = (None, None);
    for part in parts {
        match part.split_once(':') {
            Some(("udp", rest)) => udp = Some(host_and_port(rest)?),
            Some(("tcp", rest)) => tcp = Some(host_and_port(rest)?),
            _ => return Err(format!("expected {FORMS}, got `{part}`")),
        }
    }
    match (udp, tcp) {
        (Some(udp), Some(tcp)) => Ok(DaemonAddress { udp, tcp }),
        (Some(_), None) => Err(format!("it names udp twice: expected {FORMS}")),
        _ => Err(format!("it names tcp twice: expected {FORMS}")),
    }
}

/// The host and the port in one text, as the system looks them up.
fn host_and_port(text: &str) -> Result<String, String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => return Err(format!("`{text}` has no port: expected {FORMS}")),
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = match port.parse::<u16>() {
        Ok(number @ 1..) if digits => number,
        _ => return Err(format!("`{port}` is no port: expected 1 to 65535")),
    };
    let address = format!("{host}:{port}");
    if host.starts_with('[') {
        return match address.parse::<SocketAddrV6>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) => Err(format!("`{host}` is no IPv6 address in brackets")),
        };
    }
    let is_host = |character: char| character.is_alphanumeric() || "-._".contains(character);
    if host.contains(':')
        && host
            .chars()
            .all(|character| character == ':' || is_host(character))
    {
        return Err("an IPv6 address stands in brackets, as in `[::1]:2000`".to_owned());
    }
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(format!("`{host}` is no host: expected {FORMS}"));
    }
    let number = |byte: u8| byte == b'.' || byte.is_ascii_digit();
    if host.bytes().all(number) && host.parse::<Ipv4Addr>().is_err() {
        return Err(format!("`{host}` is no IPv4 address"));
    }
    Ok(address)
}

const FORMS: &str = "`host:port` or `tcp:host:port udp:host:port`";
