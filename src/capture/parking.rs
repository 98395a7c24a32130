//! Sockets of daemons that have ended.
//!
//! A task that outlives its test may still send. Were the port free, the next test might get it
//! and with it the stranger's datagrams. So the last few sockets stay open, and what reaches them
//! is named on stderr by the daemon that starts or ends next.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write as _;
use std::mem;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use crate::capture::kernel;
use crate::capture::received::Bytes;
use crate::error::on_one_line;
use crate::json::Document;
use crate::wire::{Body, receive};

/// The one static of the crate: what outlives a daemon can belong to none.
static PARKED: Mutex<VecDeque<Parked>> = Mutex::new(VecDeque::new());

struct Parked {
    socket: Arc<UdpSocket>,
    address: SocketAddr,
    owner: String,
    /// What came after the daemon was judged and before its socket was parked.
    unread: Vec<Bytes>,
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
pub(in crate::capture) fn park(
    socket: Arc<UdpSocket>,
    unread: Vec<Bytes>,
    address: SocketAddr,
    owner: String,
) {
    // What comes now is only named: it shall not hold the memory of the whole machine. Where the
    // system refuses, the buffer stays as it is.
    let _ = kernel::limit_receive_buffer(&socket, PARKED_BUFFER);
    let evicted = {
        let mut parked = PARKED.lock().unwrap_or_else(PoisonError::into_inner);
        parked.push_back(Parked {
            socket,
            address,
            owner,
            unread,
        });
        if parked.len() > PLACES {
            parked.pop_front()
        } else {
            None
        }
    };
    if let Some(mut oldest) = evicted {
        report(&look(&mut oldest, AT_A_TIME));
    }
}

/// Names what has come to the parked sockets since the last time.
pub(in crate::capture) fn report_late_datagrams() {
    let late: Vec<Late> = {
        let mut parked = PARKED.lock().unwrap_or_else(PoisonError::into_inner);
        parked
            .iter_mut()
            .flat_map(|socket| look(socket, AT_A_TIME))
            .collect()
    };
    report(&late);
}

fn report(late: &[Late]) {
    for datagram in late {
        // Not by eprintln!, which the test harness shows for failing tests alone. If stderr is
        // closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "{datagram}");
    }
}

/// Reads what has come, at most `most` datagrams, names the first few, and counts the others.
fn look(parked: &mut Parked, most: usize) -> Vec<Late> {
    let mut buffer = vec![0; BUFFER];
    let mut datagrams = mem::take(&mut parked.unread);
    let mut others = 0_usize;
    for _ in 0..most {
        let Ok((length, sender)) = parked.socket.recv_from(&mut buffer) else {
            break;
        };
        // A fence whose wait was given up is nobody's datagram.
        if sender == parked.address {
            continue;
        }
        if datagrams.len() < MOST {
            datagrams.push(Bytes::new(&buffer[..length]));
        } else {
            others += 1;
        }
    }
    others += datagrams.len().saturating_sub(MOST);
    let named = datagrams
        .iter()
        .take(MOST)
        .map(|datagram| describe(datagram.as_bytes()));
    let counted = (others > 0).then(|| format!("and {others} more"));
    named
        .chain(counted)
        .map(|what| Late {
            address: parked.address,
            owner: parked.owner.clone(),
            what,
        })
        .collect()
}

/// What a datagram is called: by its document, or its size.
fn describe(datagram: &[u8]) -> String {
    let Ok(Body::Segment(document)) = receive(datagram) else {
        return format!("a datagram of {} bytes", datagram.len());
    };
    name_late(&document)
}

/// What a document that comes too late is called: `` `OrdersWorker` of trace 1-... ``.
pub(crate) fn name_late(document: &Document) -> String {
    let field = |key| {
        let text = document.root().get(key)?.as_identity()?;
        (!text.is_empty()).then(|| on_one_line(&text, SHOWN))
    };
    let name = match field("name") {
        Some(name) => format!("`{name}`"),
        None => "a document without name".to_owned(),
    };
    match field("trace_id") {
        Some(trace) => format!("{name} of trace {trace}"),
        None => format!("{name} of no trace"),
    }
}

/// How many sockets stay open.
const PLACES: usize = 16;
/// How many late datagrams of one socket are named at a time; the others are counted.
const MOST: usize = 8;
/// How many characters of a name or a trace id are shown.
const SHOWN: usize = 200;
/// How many datagrams of one socket are read at a time: who floods it shall not hold up others.
const AT_A_TIME: usize = 4_096;
/// The receive buffer of a parked socket.
const PARKED_BUFFER: usize = 65_536;
/// Larger than any datagram.
const BUFFER: usize = 65_536;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::net::UdpSocket;

    use crate::capture::parking::{AT_A_TIME, MOST, Parked, look};
    use crate::capture::received::Bytes;

    /// A socket that is parked, and one that sends to it.
    fn sockets(owner: &str) -> (Parked, UdpSocket) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(address).unwrap();
        let parked = Parked {
            socket: socket.into(),
            address,
            owner: owner.to_owned(),
            unread: Vec::new(),
        };
        (parked, sender)
    }

    /// What is named of the datagrams that one look reads.
    fn what(parked: &mut Parked, most: usize) -> Vec<String> {
        let late = look(parked, most).into_iter();
        late.map(|late| late.what).collect()
    }

    #[test]
    fn what_was_read_and_not_judged_is_named_too_and_many_are_counted() {
        let (mut parked, sender) = sockets("");
        for _ in 0..MOST {
            sender.send(b"xy").unwrap();
        }
        // A fence that nobody waits for any more is not counted.
        let fence = b"xray-phantom fence";
        parked.socket.send_to(fence, parked.address).unwrap();
        parked.unread = vec![Bytes::new(b"x"), Bytes::new(b"x")];
        let late = what(&mut parked, AT_A_TIME);
        assert_eq!(
            late[..2],
            ["a datagram of 1 bytes", "a datagram of 1 bytes"]
        );
        assert_eq!(late[MOST..], ["and 2 more"]);
        assert_eq!(look(&mut parked, AT_A_TIME), []);
    }

    #[test]
    fn who_floods_a_parked_socket_does_not_hold_up_others() {
        let (mut parked, sender) = sockets("");
        for datagram in ["a", "bb", "ccc"] {
            sender.send(datagram.as_bytes()).unwrap();
        }
        let bytes = |number: u32| format!("a datagram of {number} bytes");
        assert_eq!(what(&mut parked, 2), [bytes(1), bytes(2)]);
        assert_eq!(what(&mut parked, 2), [bytes(3)]);
    }

    #[test]
    fn a_late_datagram_is_named_with_its_trace_and_the_test_it_belonged_to() {
        let (mut parked, sender) = sockets("started at tests/orders.rs:7");
        assert_eq!(look(&mut parked, AT_A_TIME), []);

        let segment = "{\"format\":\"json\",\"version\":1}\n{\"name\":\"OrdersWorker\",\"trace_id\":\"1-2-3\"}";
        sender.send(segment.as_bytes()).unwrap();
        sender.send(b"x").unwrap();
        let late: Vec<String> = look(&mut parked, AT_A_TIME)
            .iter()
            .map(ToString::to_string)
            .collect();
        let tail = format!(
            "came to {} after its FakeDaemon had ended (started at tests/orders.rs:7). Something \
             outlived that test: await its tasks, join its threads, shut its exporters down.",
            parked.address
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
