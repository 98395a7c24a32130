//! Documents over UDP.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::wire::{Daemon, Emit, EmitCounts, Note, NoteSource, frame};

/// Sends each document in a datagram of its own to a daemon, and never waits.
#[derive(Debug)]
pub(in crate::recorder) struct UdpEmitter {
    /// `None` where the system refused one: then nothing can be sent.
    socket: Option<UdpSocket>,
    sent: AtomicU64,
    /// Sent, and refused by the system on the other side.
    refused: AtomicU64,
    failed: AtomicU64,
}

impl UdpEmitter {
    pub(in crate::recorder) fn to(daemon: SocketAddr) -> Result<UdpEmitter, Error> {
        let failed = |error| Error::io(format!("open a socket for the daemon on {daemon}"), error);
        let own: IpAddr = match daemon {
            SocketAddr::V4(daemon) if daemon.ip().is_loopback() => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(daemon) if daemon.ip().is_loopback() => Ipv6Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((own, 0)).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        socket.connect(daemon).map_err(failed)?;
        Ok(UdpEmitter {
            socket: Some(socket),
            ..UdpEmitter::to_nobody()
        })
    }

    /// Counts, and sends nothing.
    pub(in crate::recorder) fn to_nobody() -> UdpEmitter {
        UdpEmitter {
            socket: None,
            sent: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }
}

impl Emit for UdpEmitter {
    fn emit(&self, document: &str) {
        let datagram = match frame(document) {
            Ok(datagram) => datagram,
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                return self.note(Note::new("too-large", error.to_string()));
            }
        };
        let sent = self
            .socket
            .as_ref()
            .is_some_and(|socket| match socket.send(&datagram) {
                Ok(_) => true,
                // The answer to the datagram before, which nobody took; this one is not sent yet.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    socket.send(&datagram).is_ok()
                }
                Err(_) => false,
            });
        // Counted when it is sent and not before, as a daemon may hold this against what came.
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
        eprintln!("xray-phantom: {note}");
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
        let udp = Arc::new(UdpEmitter::to(daemon.address())?);
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
