//! Those who send to a daemon: how they get there, how they are flushed, and what they count.

use std::net::SocketAddr;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::capture::{Counts, Faults};
use crate::error::Error;
use crate::fake_daemon::FakeDaemon;
use crate::fake_daemon::in_memory::InMemory;
use crate::fake_daemon::scope::Outcome;
use crate::wire::{Daemon, Emit};

/// Senders and what happens on the way.
impl FakeDaemon {
    /// The way to this daemon in memory, for an emitter in the same process that is written by
    /// hand.
    ///
    /// Documents arrive as over UDP, each in a datagram of its own, in the same bytes; the kernel
    /// cannot lose them.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let emitter = daemon.emitter();
    /// emitter.emit(r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1",
    ///     "name": "OrdersWorker", "start_time": 1.0, "end_time": 1.5}"#);
    /// assert_eq!(emitter.counts().sent, 1);
    /// assert!(block_on(daemon.expect_one_trace()).has_segment("OrdersWorker"));
    /// ```
    pub fn emitter(&self) -> Arc<dyn Emit> {
        let (door, notebook) = (self.listener.door(), Arc::clone(&self.notebook));
        let emitter: Arc<dyn Emit> =
            Arc::new(InMemory::new(door, self.address(), notebook, self.place()));
        Daemon::audit(self, Arc::clone(&emitter));
        emitter
    }

    /// From now on does something before each fence, after what was asked for before: flushes an
    /// exporter that batches, say.
    ///
    /// It runs on the thread that asks, before every question, before
    /// [`verify`](FakeDaemon::verify), and when the daemon is dropped or its scope ends, unless a
    /// panic is under way. An `Err` that it returns is a finding, `hook-failed`, and so is a panic:
    /// what was not sent is missing in the answer. The daemon holds it, and all that it holds, until
    /// it ends itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use std::sync::{Arc, Mutex};
    /// use xray_phantom::{FakeDaemon, block_on, wire};
    ///
    /// let daemon = FakeDaemon::start();
    /// let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    /// socket.connect(daemon.address()).unwrap();
    ///
    /// // An exporter collects documents ...
    /// let batch = Arc::new(Mutex::new(Vec::new()));
    /// let collected = Arc::clone(&batch);
    /// daemon.before_fence(move || -> std::io::Result<()> {
    ///     for document in collected.lock().unwrap().drain(..) {
    ///         socket.send(&wire::frame(document).unwrap())?;
    ///     }
    ///     Ok(())
    /// });
    ///
    /// // ... and the question is answered with what it had collected.
    /// batch.lock().unwrap().push(r#"{"trace_id": "1-66a00000-0123456789abcdef01234567",
    ///     "id": "00000000000000a1", "name": "OrdersWorker", "start_time": 1.0, "end_time": 1.5}"#);
    /// assert!(block_on(daemon.expect_one_trace()).has_segment("OrdersWorker"));
    /// ```
    #[track_caller]
    pub fn before_fence<R: Outcome>(&self, hook: impl Fn() -> R + Send + Sync + 'static) {
        self.hooks.add(Location::caller(), hook);
    }

    /// Holds what a sender says it has sent against what arrived: the difference is
    /// [`unexplained`](Counts::unexplained), and fails the test as a loss in the kernel does.
    ///
    /// A recorder beside the daemon is audited by itself. With another sender, audit all that send
    /// to this daemon: what comes of one that is not audited would make up for what another lost.
    /// `sent` gives how many datagrams the sender has sent so far; it is asked before each fence.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let sent = Arc::new(AtomicU64::new(0));
    /// let count = Arc::clone(&sent);
    /// daemon.audit(move || count.load(Ordering::Relaxed));
    ///
    /// // The emitter says two, and sends one.
    /// let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    /// socket.send_to(&[], daemon.address()).unwrap();
    /// sent.store(2, Ordering::Relaxed);
    /// let report = block_on(daemon.verify()).unwrap_err().to_string();
    /// assert!(report.contains("- 1 datagram was sent and never seen"), "{report}");
    /// ```
    pub fn audit(&self, sent: impl Fn() -> u64 + Send + Sync + 'static) {
        self.audits.add(sent);
    }

    /// Takes other [faults](Faults) from now on. What is held stays held.
    ///
    /// # Errors
    ///
    /// Faults that cannot be, such as every 0th; a socket that the system does not close or open.
    pub fn set_faults(&self, faults: Faults) -> Result<(), Error> {
        self.listener.set_faults(faults.checked()?)
    }

    /// Hands over what [faults](Faults) hold back, in the order in which it would have come.
    pub fn release(&self) {
        self.listener.release();
    }
}

/// A recorder in the same process hands its documents over in memory.
impl Daemon for FakeDaemon {
    fn emitter(&self) -> Arc<dyn Emit> {
        self.emitter()
    }

    fn address(&self) -> SocketAddr {
        FakeDaemon::address(self)
    }

    fn audit(&self, sender: Arc<dyn Emit>) {
        FakeDaemon::audit(self, move || sender.counts().sent);
    }
}

/// What senders say of themselves.
#[derive(Default)]
pub(in crate::fake_daemon) struct Audits(Mutex<Vec<Sent>>);

/// How many datagrams a sender has sent so far.
type Sent = Box<dyn Fn() -> u64 + Send + Sync>;

impl Audits {
    fn add(&self, sent: impl Fn() -> u64 + Send + Sync + 'static) {
        self.senders().push(Box::new(sent));
    }

    /// How many datagrams all of them have sent so far.
    pub(in crate::fake_daemon) fn said(&self) -> u64 {
        let senders = self.senders();
        let sent = senders.iter().map(|sent| sent());
        sent.fold(0, u64::saturating_add)
    }

    fn senders(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts with what is left of what senders said before the fence.
pub(in crate::fake_daemon) fn explained(counts: Counts, said: u64) -> Counts {
    let seen = counts.received.saturating_sub(counts.duplicated)
        + counts.dropped.unwrap_or(0)
        + counts.dropped_on_request
        + counts.held;
    let unexplained = if counts.refused {
        0
    } else {
        said.saturating_sub(seen)
    };
    Counts {
        unexplained,
        ..counts
    }
}
