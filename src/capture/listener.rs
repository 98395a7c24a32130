//! A socket that is drained, and the list of what came.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::capture::arrival::NextArrival;
use crate::capture::faults::Faults;
use crate::capture::inbox::{Inbox, Passed};
use crate::capture::rest::{Look, Rest};
use crate::capture::{Counts, Received, kernel, parking};
use crate::error::Error;
use crate::json::Scratch;
use crate::seam::Clock;

/// A UDP socket on loopback that a thread of its own keeps empty.
///
/// The thread only moves bytes; datagrams are taken apart when they are asked for.
pub(crate) struct Listener {
    address: SocketAddr,
    receive_buffer: Option<usize>,
    /// `None` once the listener has ended.
    inbox: Arc<Mutex<Option<Inbox>>>,
    ledger: Mutex<Ledger>,
    drain: Thread,
    /// Who listened, for the report of datagrams that come too late.
    owner: String,
}

/// What was read, and how much of it.
#[derive(Debug, Default)]
struct Ledger {
    received: Vec<Received>,
    counts: Counts,
    scratch: Scratch,
}

/// Opens a UDP socket on a free port of 127.0.0.1.
pub(crate) fn bind() -> Result<UdpSocket, Error> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
        .map_err(|error| Error::io("listen on a UDP port of 127.0.0.1", error))
}

impl Listener {
    /// Listens on a socket.
    ///
    /// `receive_buffer` holds the socket's buffer down to so many bytes; without it the socket
    /// gets the largest that the system gives.
    pub(crate) fn start(
        socket: UdpSocket,
        receive_buffer: Option<usize>,
        clock: Clock,
        owner: String,
    ) -> Result<Listener, Error> {
        parking::report_late_datagrams();
        let address = socket
            .local_addr()
            .map_err(|error| Error::io("ask for the address of a socket", error))?;
        socket
            .set_nonblocking(true)
            .map_err(|error| Error::io("make a socket non-blocking", error))?;
        match receive_buffer {
            Some(bytes) => kernel::limit_receive_buffer(&socket, bytes).map_err(|error| {
                Error::io(format!("set a receive buffer of {bytes} bytes"), error)
            })?,
            None => kernel::widen_receive_buffer(&socket, WISH),
        }
        let receive_buffer = kernel::receive_buffer(&socket).ok();
        let socket = Arc::new(socket);
        let inbox = Inbox::new(Arc::clone(&socket), address, clock);
        let inbox = Arc::new(Mutex::new(Some(inbox)));
        let drain = start_drain(
            socket,
            Arc::clone(&inbox),
            Rest::for_buffer(receive_buffer.unwrap_or(STOCK)),
        )?;
        Ok(Listener {
            address,
            receive_buffer,
            inbox,
            ledger: Mutex::default(),
            drain,
            owner,
        })
    }

    /// The address that datagrams are sent to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The size of the receive buffer as the system accounts it, where it tells.
    pub(crate) fn receive_buffer(&self) -> Option<usize> {
        self.receive_buffer
    }

    /// A way in that does not go through the kernel.
    pub(crate) fn door(&self) -> Door {
        Door {
            inbox: Arc::clone(&self.inbox),
        }
    }

    /// Waits, asynchronously and on no runtime in particular, until all that was sent before has
    /// been read.
    pub(crate) fn fence(&self) -> Fence<'_> {
        Fence {
            listener: self,
            stage: Stage::Sent(None),
            deadline: Instant::now() + DEADLINE,
        }
    }

    /// The same on this thread.
    pub(crate) fn fence_blocking(&self) -> Result<Counts, Error> {
        let mut fence = self.fence();
        loop {
            if let Some(counts) = fence.step()? {
                return Ok(counts);
            }
            thread::yield_now();
        }
    }

    /// Waits until more than so many datagrams were read, or the deadline has come.
    pub(crate) fn next_arrival(&self, seen: u64, deadline: Instant) -> NextArrival {
        NextArrival {
            inbox: Arc::clone(&self.inbox),
            drain: self.drain.clone(),
            seen,
            deadline,
            name: None,
        }
    }

    /// From now on the socket cannot be read, for this reason.
    #[cfg(test)]
    pub(crate) fn break_socket(&self, why: &str) {
        if let Some(inbox) = lock(&self.inbox).as_mut() {
            inbox.break_socket(why);
        }
    }

    fn overdue(&self) -> Error {
        Error::stopped(format!(
            "a fence sent to {} did not come back within {} s: something reads or drops what is sent \
             to that port, or the machine is overloaded",
            self.address,
            DEADLINE.as_secs()
        ))
    }

    /// All that was looked into so far, in order: what came before the last fence, at least.
    pub(crate) fn received(&self) -> Vec<Received> {
        lock(&self.ledger).received.clone()
    }

    /// Visits what was looked into so far, in order, from the `first` on.
    pub(crate) fn visit(&self, first: usize, visit: impl FnMut(&Received)) {
        let ledger = lock(&self.ledger);
        ledger.received.iter().skip(first).for_each(visit);
    }

    /// Takes other faults from now on.
    pub(crate) fn set_faults(&self, faults: Faults) -> Result<(), Error> {
        match lock(&self.inbox).as_mut() {
            Some(inbox) => inbox.set_faults(faults),
            None => Ok(()),
        }
    }

    /// Hands over what faults have held back.
    pub(crate) fn release(&self) {
        if let Some(inbox) = lock(&self.inbox).as_mut() {
            inbox.release();
        }
    }

    /// Looks into some of the first `upto` datagrams and enters them; gives the counts of those
    /// `upto` once all of them are entered.
    fn enter(&self, upto: u64) -> Option<Counts> {
        // Locked before the inbox is emptied, so that two callers cannot enter out of order.
        let ledger = &mut *lock(&self.ledger);
        let left = usize::try_from(upto.saturating_sub(ledger.counts.received));
        let unparsed = lock(&self.inbox)
            .as_mut()
            .map(|inbox| inbox.unparsed(left.map_or(PORTION, |left| left.min(PORTION))))
            .unwrap_or_default();
        for datagram in unparsed {
            let seq = ledger.counts.received;
            let arrived = Some(datagram.arrived);
            let received = Received::new(
                seq,
                arrived,
                datagram.way,
                datagram.bytes,
                &mut ledger.scratch,
            );
            ledger.counts.add(&received);
            ledger.received.push(received);
        }
        (ledger.counts.received >= upto).then(|| ledger.counts_of(upto))
    }
}

impl Ledger {
    /// The counts of the first `upto` datagrams. Others are here where another fence has passed
    /// meanwhile.
    fn counts_of(&self, upto: u64) -> Counts {
        let mut beyond = Counts::default();
        let first = usize::try_from(upto).unwrap_or(usize::MAX);
        let others = self.received.get(first..).unwrap_or_default();
        for received in others {
            beyond.add(received);
        }
        Counts {
            received: self.counts.received - beyond.received,
            accepted: self.counts.accepted - beyond.accepted,
            rejected: self.counts.rejected - beyond.rejected,
            ignored: self.counts.ignored - beyond.ignored,
            ..self.counts
        }
    }
}

/// Ends the drain and parks the socket, so that a late datagram reaches no other test.
impl Drop for Listener {
    fn drop(&mut self) {
        let inbox = lock(&self.inbox).take();
        self.drain.unpark();
        if let Some(mut inbox) = inbox {
            inbox.wake();
            let (socket, late) = inbox.end();
            parking::park(socket, late, self.address, std::mem::take(&mut self.owner));
        }
        parking::report_late_datagrams();
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// A way into a listener that does not go through the kernel, so that nothing is lost on it.
#[derive(Clone)]
pub(crate) struct Door {
    inbox: Arc<Mutex<Option<Inbox>>>,
}

impl Door {
    /// Whether the listener has not ended.
    pub(crate) fn is_open(&self) -> bool {
        lock(&self.inbox).is_some()
    }

    /// Hands a document over, in the bytes that would go over UDP.
    ///
    /// # Errors
    ///
    /// One that is too large for a datagram.
    pub(crate) fn hand_over(&self, document: &str) -> Result<HandedOver, Error> {
        let mut inbox = lock(&self.inbox);
        let Some(inbox) = inbox.as_mut() else {
            return Ok(HandedOver::TooLate);
        };
        Ok(if inbox.hand_over(document)? {
            HandedOver::Taken
        } else {
            HandedOver::Refused
        })
    }
}

/// What became of a document that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandedOver {
    /// It was refused, on request.
    Refused,
    /// It was taken.
    Taken,
    /// The listener has ended.
    TooLate,
}

/// The wait for a fence.
#[derive(Debug)]
#[must_use = "a fence does nothing until it is awaited"]
pub(crate) struct Fence<'a> {
    listener: &'a Listener,
    stage: Stage,
    deadline: Instant,
}

#[derive(Debug)]
enum Stage {
    /// It is under way, once it has a number.
    Sent(Option<u64>),
    /// It has passed, and the datagrams that came before are to be looked into.
    Passed(Passed),
}

impl Fence<'_> {
    /// Does a bounded piece of work; gives the counts when all is done.
    fn step(&mut self) -> Result<Option<Counts>, Error> {
        match &mut self.stage {
            Stage::Sent(number) => {
                let mut inbox = lock(&self.listener.inbox);
                let Some(inbox) = inbox.as_mut() else {
                    let address = self.listener.address;
                    return Err(Error::stopped(format!(
                        "nobody listens on {address} any more"
                    )));
                };
                if let Some(passed) = inbox.step(number)? {
                    self.stage = Stage::Passed(passed);
                } else if Instant::now() > self.deadline {
                    return Err(self.listener.overdue());
                }
                Ok(None)
            }
            Stage::Passed(passed) => Ok(self.listener.enter(passed.upto).map(|counts| Counts {
                dropped: passed.dropped,
                dropped_on_request: passed.on_request.dropped,
                duplicated: passed.on_request.duplicated,
                held: passed.held,
                refused: passed.on_request.refused,
                ..counts
            })),
        }
    }
}

impl Future for Fence<'_> {
    type Output = Result<Counts, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // A fence that passes at once is done in one poll.
        for _ in 0..2 {
            if let Some(counts) = self.step().transpose() {
                return Poll::Ready(counts);
            }
        }
        // Never idle, so that a paused clock of the runtime does not run ahead meanwhile.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Starts the thread that keeps the socket empty until its inbox is taken away.
fn start_drain(
    socket: Arc<UdpSocket>,
    inbox: Arc<Mutex<Option<Inbox>>>,
    mut rest: Rest,
) -> Result<Thread, Error> {
    let drain = move || {
        loop {
            let (found, deadline) = match lock(&inbox).as_mut() {
                Some(inbox) => (inbox.drain(ROUND), inbox.waiting().wake_overdue()),
                None => return,
            };
            // Never behind the deadline of one who waits; the system counts in milliseconds.
            let most = deadline.map_or(LONGEST_SLEEP, |left| left.min(LONGEST_SLEEP) + MILLISECOND);
            match rest.after(found) {
                Look::After(pause) => thread::park_timeout(pause.min(most)),
                Look::AtOnce => thread::yield_now(),
                Look::WhenWoken => kernel::wait(&socket, most),
            }
        }
    };
    let thread = thread::Builder::new()
        .name("xray-phantom drain".to_owned())
        .spawn(drain);
    // Not joined: it ends by itself at its next look, and ending never waits.
    thread
        .map(|handle| handle.thread().clone())
        .map_err(|error| Error::io("start the drain's thread", error))
}

/// Locks even after a panic elsewhere: each step under these locks leaves them whole.
pub(in crate::capture) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The receive buffer that is asked for: some 50,000 datagrams of ordinary size.
const WISH: usize = 64 << 20;
/// The receive buffer of a Linux socket that asks for none (`net.core.rmem_default`).
const STOCK: usize = 212_992;
/// How long a fence may take. It takes microseconds; this is for machines in trouble.
const DEADLINE: Duration = Duration::from_secs(10);
/// After so long the drain looks even if nothing has woken it.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);
const MILLISECOND: Duration = Duration::from_millis(1);
/// How many datagrams one step of a fence looks into, so that an async task is not held up.
const PORTION: usize = 64;
/// How many datagrams the drain reads before it lets others have the lock.
const ROUND: usize = 1_024;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::capture::faults::Faults;
    use crate::capture::listener::{HandedOver, Listener, Stage, bind};
    use crate::seam::Clock;

    #[test]
    fn the_counts_of_a_fence_are_those_of_the_moment_when_it_passed() {
        let socket = bind().unwrap();
        let listener = Listener::start(socket, None, Clock::system(), String::new()).unwrap();
        let door = listener.door();
        let hand_over = |document| {
            assert_eq!(door.hand_over(document).unwrap(), HandedOver::Taken);
        };
        listener
            .set_faults(Faults::none().delay_every(2, 100))
            .unwrap();
        (0..3).for_each(|_| hand_over("{}"));
        let mut first = listener.fence();
        while !matches!(first.stage, Stage::Passed(_)) {
            assert_eq!(first.step().unwrap(), None);
        }

        // Before it has looked into what came, more comes, and another fence passes.
        listener.set_faults(Faults::none()).unwrap();
        listener.release();
        hand_over("[]");
        let second = listener.fence_blocking().unwrap();
        let first = first.step().unwrap().unwrap();

        let of = |counts: crate::capture::Counts| {
            (
                counts.received,
                counts.accepted,
                counts.rejected,
                counts.held,
            )
        };
        assert_eq!(of(first), (2, 2, 0, 1));
        assert_eq!(of(second), (4, 3, 1, 0));
    }
}
