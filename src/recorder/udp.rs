//! Documents over UDP.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use socket2::SockRef;

use crate::error::Error;
use crate::wire::{Daemon, Emit, EmitCounts, Note, NoteSource, frame};

/// Sends each document in a datagram of its own to a daemon, and never waits.
///
/// Its socket is connected, so that a daemon that is not there is noticed, and opened anew where it
/// fails for another reason. A name is looked up when the emitter is made; later, where it has to
/// be looked up again, on a thread of its own, and what is to be sent meanwhile is counted as failed.
#[derive(Debug)]
pub(in crate::recorder) struct UdpEmitter {
    daemon: String,
    way: Arc<Mutex<Way>>,
    sent: AtomicU64,
    /// Sent, and refused by the system on the other side.
    refused: AtomicU64,
    failed: AtomicU64,
}

/// The way to the daemon.
#[derive(Debug)]
enum Way {
    /// The system refused a socket, or knew no such name; the next document tries again.
    Closed,
    Open(UdpSocket),
    /// A thread looks up the name.
    Opening,
}

impl UdpEmitter {
    /// An emitter to `host:port`. Where the socket cannot be opened now, that is told, and each
    /// document tries again.
    pub(in crate::recorder) fn to(daemon: &str) -> (UdpEmitter, Result<(), Error>) {
        let (way, opened) = match open(daemon) {
            Ok(socket) => (Way::Open(socket), Ok(())),
            Err(error) => (Way::Closed, Err(error)),
        };
        let emitter = UdpEmitter {
            daemon: daemon.to_owned(),
            way: Arc::new(Mutex::new(way)),
            sent: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        };
        (emitter, opened)
    }

    fn send(&self, datagram: &[u8]) -> bool {
        let way = &mut *lock(&self.way);
        if let Way::Closed = way {
            *way = self.reopen();
        }
        let Way::Open(socket) = way else {
            return false;
        };
        let sent = match socket.send(datagram) {
            // The answer to the datagram before, which nobody took; this one is not sent yet.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                socket.send(datagram)
            }
            sent => sent,
        };
        match sent {
            Ok(_) => true,
            // No room, or still nobody there: the socket is as good as before.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::ConnectionRefused
                ) =>
            {
                false
            }
            Err(_) => {
                *way = Way::Closed;
                false
            }
        }
    }

    /// Opens a socket at once where the address is a number; a name may take its time.
    fn reopen(&self) -> Way {
        if let Ok(address) = self.daemon.parse() {
            return connected(address).map_or(Way::Closed, Way::Open);
        }
        let (daemon, way) = (self.daemon.clone(), Arc::clone(&self.way));
        let thread = thread::Builder::new().name("xray-phantom resolver".to_owned());
        let started = thread.spawn(move || {
            let opened = open(&daemon).map_or(Way::Closed, Way::Open);
            *lock(&way) = opened;
        });
        started.map_or(Way::Closed, |_| Way::Opening)
    }
}

fn lock(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A socket that is connected to `host:port`.
fn open(daemon: &str) -> Result<UdpSocket, Error> {
    let failed = |error| Error::io(format!("open a socket for the daemon on {daemon}"), error);
    let mut refused = None;
    for address in daemon.to_socket_addrs().map_err(failed)? {
        match connected(address) {
            Ok(socket) => return Ok(socket),
            Err(error) => refused = Some(error),
        }
    }
    Err(failed(refused.unwrap_or_else(|| {
        std::io::Error::new(ErrorKind::NotFound, "the name has no address")
    })))
}

fn connected(daemon: SocketAddr) -> std::io::Result<UdpSocket> {
    let own: IpAddr = match daemon {
        SocketAddr::V4(daemon) if daemon.ip().is_loopback() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(daemon) if daemon.ip().is_loopback() => Ipv6Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((own, 0))?;
    socket.set_nonblocking(true)?;
    socket.connect(daemon)?;
    // macOS takes datagrams of 9,216 bytes unless it is told otherwise. Where it refuses that too,
    // larger documents are counted as failed.
    let options = SockRef::from(&socket);
    if options.send_buffer_size()? < SEND_BUFFER {
        let _ = options.set_send_buffer_size(SEND_BUFFER);
    }
    Ok(socket)
}

impl Emit for UdpEmitter {
    fn emit(&self, document: &str) {
        let sent = match frame(document) {
            Ok(datagram) => self.send(&datagram),
            Err(error) => {
                self.note(Note::new("too-large", error.to_string()));
                false
            }
        };
        let counter = if sent { &self.sent } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn counts(&self) -> EmitCounts {
        let refused = self.refused.load(Ordering::Relaxed);
        EmitCounts {
            sent: self.sent.load(Ordering::Relaxed).saturating_sub(refused),
            failed: self.failed.load(Ordering::Relaxed) + refused,
        }
    }

    fn note(&self, note: Note) {
        note.tell();
    }
}

/// Sends over UDP to a daemon in the same process, which hears the notes and counts along.
#[derive(Debug)]
pub(in crate::recorder) struct BesideDaemon {
    udp: Arc<UdpEmitter>,
    daemon: Arc<dyn Emit>,
}

impl BesideDaemon {
    pub(in crate::recorder) fn to(daemon: &impl Daemon) -> Result<BesideDaemon, Error> {
        let (udp, opened) = UdpEmitter::to(&daemon.address().to_string());
        opened?;
        let udp = Arc::new(udp);
        let sender: Arc<dyn Emit> = Arc::<UdpEmitter>::clone(&udp);
        daemon.audit(sender);
        Ok(BesideDaemon {
            udp,
            daemon: daemon.emitter(),
        })
    }
}

impl Emit for BesideDaemon {
    fn emit(&self, document: &str) {
        self.udp.emit(document);
    }

    fn counts(&self) -> EmitCounts {
        self.udp.counts()
    }

    fn note(&self, note: Note) {
        self.daemon.note(note);
    }

    fn watch(&self, source: Arc<dyn NoteSource>) {
        self.daemon.watch(source);
    }

    fn is_test(&self) -> bool {
        self.daemon.is_test()
    }
}

/// Room for one datagram of the largest size, and for what the system reckons with it.
const SEND_BUFFER: usize = 128 * 1_024;
