//! Sockets of daemons that have ended.
//!
//! A task that outlives its test may still send. Were the port free, the next test might get it
//! and with it the stranger's datagrams. So the last few sockets stay open, and what reaches them
//! is named on stderr by the daemon that starts or ends next.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};

use crate::error::visible;
use crate::wire::{Body, receive};

/// The one static of the crate: what outlives a daemon can belong to none.
static PARKED: Mutex<VecDeque<Parked>> = Mutex::new(VecDeque::new());

struct Parked {
    socket: UdpSocket,
    address: SocketAddr,
    owner: String,
}

/// A datagram that came after its daemon had ended.
#[derive(Debug, PartialEq, Eq)]
struct Late {
    address: SocketAddr,
    owner: String,
    what: String,
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "xray-phantom: {} came to {} after its FakeDaemon had ended ({}). Something outlived \
             that test: await its tasks, join its threads, shut its exporters down.",
            self.what, self.address, self.owner
        )
    }
}

/// Keeps a socket open for a while.
pub(in crate::capture) fn park(socket: UdpSocket, address: SocketAddr, owner: String) {
    let mut parked = PARKED.lock().unwrap_or_else(PoisonError::into_inner);
    parked.push_back(Parked {
        socket,
        address,
        owner,
    });
    if parked.len() > PLACES
        && let Some(oldest) = parked.pop_front()
    {
        report(&look(&oldest));
    }
}

/// Names what has come to the parked sockets since the last time.
pub(in crate::capture) fn report_late_datagrams() {
    let parked = PARKED.lock().unwrap_or_else(PoisonError::into_inner);
    let late: Vec<Late> = parked.iter().flat_map(look).collect();
    drop(parked);
    report(&late);
}

fn report(late: &[Late]) {
    for datagram in late {
        // Not by eprintln!, which the test harness shows for failing tests alone. If stderr is
        // closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "{datagram}");
    }
}

fn look(parked: &Parked) -> Vec<Late> {
    let mut late = Vec::new();
    let mut buffer = vec![0; BUFFER];
    while late.len() < MOST
        && let Ok(length) = parked.socket.recv(&mut buffer)
    {
        late.push(Late {
            address: parked.address,
            owner: parked.owner.clone(),
            what: describe(&buffer[..length]),
        });
    }
    late
}

/// `segment `OrdersWorker` of trace 1-...`, or the size.
fn describe(datagram: &[u8]) -> String {
    let Ok(Body::Segment(document)) = receive(datagram) else {
        return format!("a datagram of {} bytes", datagram.len());
    };
    let field = |key| document.root().get(key).and_then(|value| value.as_str());
    let name = field("name").unwrap_or("without name".into());
    let trace = field("trace_id").unwrap_or("unknown".into());
    format!("`{}` of trace {}", visible(&name), visible(&trace))
}

/// How many sockets stay open.
const PLACES: usize = 16;
/// How many late datagrams of one socket are named at a time.
const MOST: usize = 8;
/// Larger than any datagram.
const BUFFER: usize = 65_536;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::net::UdpSocket;

    use crate::capture::parking::{Parked, look};

    #[test]
    fn a_late_datagram_is_named_with_its_trace_and_the_test_it_belonged_to() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let parked = Parked {
            socket,
            address,
            owner: "started at tests/orders.rs:7".to_owned(),
        };
        assert_eq!(look(&parked), []);

        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let segment = "{\"format\":\"json\",\"version\":1}\n{\"name\":\"OrdersWorker\",\"trace_id\":\"1-2-3\"}";
        sender.send_to(segment.as_bytes(), address).unwrap();
        sender.send_to(b"x", address).unwrap();
        let late: Vec<String> = look(&parked).iter().map(ToString::to_string).collect();
        let tail = format!(
            "came to {address} after its FakeDaemon had ended (started at tests/orders.rs:7). Something \
             outlived that test: await its tasks, join its threads, shut its exporters down."
        );
        assert_eq!(
            late,
            [
                format!("xray-phantom: `OrdersWorker` of trace 1-2-3 {tail}"),
                format!("xray-phantom: a datagram of 1 bytes {tail}")
            ]
        );
    }
}
