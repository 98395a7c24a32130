//! Documents over UDP to a daemon in the same process.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::error::Error;
use crate::recorder::udp::{NO_DAEMON, UdpEmitter};
use crate::seam::Clock;
use crate::wire::{Daemon, Emit, EmitCounts, Note, NoteSource};

/// Sends over UDP to a daemon in the same process, which hears the notes and counts along.
#[derive(Debug)]
pub(in crate::recorder) struct BesideDaemon {
    udp: Arc<UdpEmitter>,
    daemon: Arc<dyn Emit>,
}

impl BesideDaemon {
    pub(in crate::recorder) fn to(daemon: &impl Daemon) -> Result<BesideDaemon, Error> {
        // An address is never looked up, so that no clock is asked.
        let (udp, opened) = UdpEmitter::to(&daemon.address().to_string(), Clock::system());
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

    fn flush(&self) {
        self.udp.flush();
    }

    fn is_test(&self) -> bool {
        self.daemon.is_test()
    }

    fn daemon(&self) -> Option<SocketAddr> {
        self.daemon.daemon()
    }

    fn failures(&self) -> Vec<Note> {
        let mut failures = self.udp.failures();
        // This daemon refuses where its test asks for that, or when it has ended.
        failures.retain(|note| note.code() != NO_DAEMON);
        failures
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::net::SocketAddr;
    use std::sync::Arc;

    use crate::recorder::MemoryEmitter;
    use crate::recorder::beside_daemon::BesideDaemon;
    use crate::recorder::outlet::Outlet;
    use crate::recorder::udp::tests::nobody;
    use crate::wire::{Daemon, Emit};

    /// A daemon that keeps the notes.
    struct Keeps(MemoryEmitter, SocketAddr);

    impl Daemon for Keeps {
        fn emitter(&self) -> Arc<dyn Emit> {
            Arc::new(self.0.clone())
        }

        fn address(&self) -> SocketAddr {
            self.1
        }

        fn audit(&self, sender: Arc<dyn Emit>) {
            drop(sender);
        }
    }

    #[test]
    fn failures_over_udp_go_to_the_daemon_but_for_its_own_refusals() {
        let nobody = nobody();
        let daemon = Keeps(MemoryEmitter::new(), nobody.local_addr().unwrap());
        let outlet = Outlet::to(Arc::new(BesideDaemon::to(&daemon).unwrap()));
        for length in [2, 2, 65_500, 65_500] {
            outlet.emit(&"x".repeat(length));
        }
        let notes: Vec<String> = daemon.0.notes().iter().map(ToString::to_string).collect();
        // No test stands behind this one, so that one of a kind is enough.
        assert_eq!(
            notes,
            [
                "too-large: a document of 65500 bytes is not sent: UDP carries at most 65507, its header line \
                 included; record less in one segment or subsegment, or open subsegments for its parts"
            ]
        );
        assert_eq!(outlet.counts().failed, 4);
    }
}
