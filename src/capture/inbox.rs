//! The socket, and what was read from it.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::capture::arrival::Waiting;
use crate::capture::faults::{Faults, Suffering, Tally};
use crate::capture::kernel;
use crate::capture::received::{Bytes, Way};
use crate::error::Error;
use crate::seam::{Clock, Ids};
use crate::wire::frame_into;

/// The socket with its unread datagrams, and the numbers of its fences.
///
/// It stands behind one lock, so that a fence and the drain never see half of each other's work.
#[derive(Debug)]
pub(in crate::capture) struct Inbox {
    socket: Arc<UdpSocket>,
    address: SocketAddr,
    clock: Clock,
    buffer: Vec<u8>,
    /// Where documents that are handed over get their header line.
    framed: Vec<u8>,
    suffering: Suffering<Unparsed>,
    unparsed: VecDeque<Unparsed>,
    /// How many datagrams were given away to be looked into.
    given: u64,
    /// What a fence datagram of this socket begins with. Nobody else knows it.
    token: String,
    fences_sent: u64,
    fences_seen: u64,
    /// The number of the last fence that was read.
    last_fence: u64,
    /// A failure of the socket that no read can get past: from then on nothing is certain.
    broken: Option<String>,
    waiting: Waiting,
}

/// A datagram that was read and not yet looked into.
#[derive(Clone, Debug)]
pub(in crate::capture) struct Unparsed {
    pub(in crate::capture) arrived: Duration,
    pub(in crate::capture) way: Way,
    pub(in crate::capture) bytes: Bytes,
}

impl Inbox {
    pub(in crate::capture) fn new(
        socket: Arc<UdpSocket>,
        address: SocketAddr,
        clock: Clock,
    ) -> Inbox {
        let ids = Ids::random();
        Inbox {
            socket,
            address,
            clock,
            buffer: vec![0; BUFFER],
            framed: Vec::new(),
            suffering: Suffering::new(Faults::none()),
            unparsed: VecDeque::new(),
            given: 0,
            token: format!("xray-phantom fence {}{} ", ids.entity_id(), ids.entity_id()),
            fences_sent: 0,
            fences_seen: 0,
            last_fence: 0,
            broken: None,
            waiting: Waiting::default(),
        }
    }

    /// Reads what has arrived, at most `most` datagrams, and tells how many there were.
    pub(in crate::capture) fn drain(&mut self, most: usize) -> usize {
        let mut read = 0;
        while read < most {
            match self.socket.recv_from(&mut self.buffer) {
                Ok((length, sender)) => {
                    read += 1;
                    self.take(length, sender);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // On Windows the answer to a fence that was sent when nobody listened.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::Interrupted | ErrorKind::ConnectionReset
                    ) => {}
                Err(error) => {
                    self.broken = Some(error.to_string());
                    break;
                }
            }
        }
        read
    }

    fn take(&mut self, length: usize, sender: SocketAddr) {
        let bytes = &self.buffer[..length];
        if sender == self.address
            && let Some(number) = bytes.strip_prefix(self.token.as_bytes())
        {
            let number = std::str::from_utf8(number)
                .ok()
                .and_then(|number| number.parse().ok());
            self.fences_seen += 1;
            self.last_fence = number.unwrap_or(self.last_fence).max(self.last_fence);
            return;
        }
        let bytes = Bytes::new(bytes);
        self.pass(bytes, Way::Socket);
    }

    fn pass(&mut self, bytes: Bytes, way: Way) {
        let arrived = self.now();
        let unparsed = &mut self.unparsed;
        let datagram = Unparsed {
            arrived,
            way,
            bytes,
        };
        self.suffering
            .pass(datagram, |datagram| unparsed.push_back(datagram));
        self.waiting.wake();
    }

    /// How many datagrams have been read.
    pub(in crate::capture) fn read(&self) -> u64 {
        self.given + self.unparsed.len() as u64
    }

    /// Those who wait for the next one.
    pub(in crate::capture) fn waiting(&mut self) -> &mut Waiting {
        &mut self.waiting
    }

    /// Takes a document that did not come through the socket; `false` where nobody listens.
    pub(in crate::capture) fn hand_over(&mut self, document: &str) -> Result<bool, Error> {
        frame_into(&mut self.framed, document)?;
        if self.suffering.refuses() {
            return Ok(false);
        }
        // What came through the socket before stands before it; a flood there does not keep the
        // program waiting here.
        self.drain(BEFORE);
        let bytes = Bytes::new(&self.framed);
        self.pass(bytes, Way::Memory);
        Ok(true)
    }

    /// Takes other faults from now on.
    pub(in crate::capture) fn set_faults(&mut self, faults: Faults) -> Result<(), Error> {
        // What came before suffers those of before.
        self.drain(FULL);
        match (self.suffering.refuses(), faults.refuses()) {
            // A socket that is connected to itself takes nothing from others, and keeps its port.
            (false, true) => self
                .socket
                .connect(self.address)
                .map_err(|error| Error::io(format!("close {}", self.address), error))?,
            (true, false) => self.reopen()?,
            _ => {}
        }
        self.suffering.set(faults);
        Ok(())
    }

    /// Takes datagrams from others again.
    fn reopen(&self) -> Result<(), Error> {
        let SocketAddr::V4(address) = self.address else {
            unreachable!("daemons listen on 127.0.0.1")
        };
        let mut result = kernel::disconnect(&self.socket, address);
        // For a moment the port is nobody's. Who gets it then is mostly a test that looks for a
        // free port, and gives it back.
        for _ in 0..TRIES {
            if !matches!(&result, Err(error) if error.kind() == ErrorKind::AddrInUse) {
                break;
            }
            thread::yield_now();
            result = kernel::disconnect(&self.socket, address);
        }
        result.map_err(|error| Error::io(format!("open {} again", self.address), error))
    }

    /// Hands over what faults have held back.
    pub(in crate::capture) fn release(&mut self) {
        self.drain(FULL);
        let unparsed = &mut self.unparsed;
        self.suffering
            .release(|datagram| unparsed.push_back(datagram));
        self.waiting.wake();
    }

    /// One step of a fence: sends it if it is not under way, drains, and looks for it.
    ///
    /// Gives the kernel's drops, our own fences left out, once the fence has passed.
    pub(in crate::capture) fn step(
        &mut self,
        fence: &mut Option<u64>,
    ) -> Result<Option<Passed>, Error> {
        let number = match *fence {
            Some(number) => number,
            None => self.send_fence()?,
        };
        let empty = self.drain(STEP) < STEP;
        if let Some(error) = &self.broken {
            return Err(Error::stopped(format!(
                "cannot read from the socket of {}: {error}",
                self.address
            )));
        }
        // Only when no other fence is under way are the lost ones known exactly.
        if self.last_fence >= number && self.last_fence == self.fences_sent {
            let lost_fences = self.fences_sent - self.fences_seen;
            let dropped =
                kernel::drops(&self.socket).map(|drops| drops.saturating_sub(lost_fences));
            let unparsed = &mut self.unparsed;
            self.suffering
                .end_group(|datagram| unparsed.push_back(datagram));
            return Ok(Some(Passed {
                dropped,
                on_request: self.suffering.tally(),
                held: self.suffering.held(),
                upto: self.read(),
            }));
        }
        // An empty socket and no fence: the kernel dropped it, or still has it under way. Another
        // one answers for both.
        *fence = Some(if empty { self.send_fence()? } else { number });
        Ok(None)
    }

    /// From now on no read can get past this.
    #[cfg(test)]
    pub(in crate::capture) fn break_socket(&mut self, why: &str) {
        self.broken = Some(why.to_owned());
    }

    fn send_fence(&mut self) -> Result<u64, Error> {
        let number = self.fences_sent + 1;
        let datagram = format!("{}{number}", self.token);
        // A connected socket may not be told where to send to, on some systems.
        let sent = if self.suffering.refuses() {
            self.socket.send(datagram.as_bytes())
        } else {
            self.socket.send_to(datagram.as_bytes(), self.address)
        };
        match sent {
            Ok(_) => self.fences_sent = number,
            // No room to send: the next step tries again.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => {
                return Err(Error::io(
                    format!("send a fence to {}", self.address),
                    error,
                ));
            }
        }
        Ok(number)
    }

    /// Hands over what was read and not yet looked into, at most `most` datagrams.
    pub(in crate::capture) fn unparsed(&mut self, most: usize) -> Vec<Unparsed> {
        let count = self.unparsed.len().min(most);
        self.given += count as u64;
        self.unparsed.drain(..count).collect()
    }

    /// Wakes the drain if it sleeps.
    pub(in crate::capture) fn wake(&mut self) {
        // Where it fails the drain looks by itself, a little later.
        let _ = self.send_fence();
    }

    /// Ends reading: the socket, and what nobody has looked into.
    pub(in crate::capture) fn end(mut self) -> (Arc<UdpSocket>, Vec<Bytes>) {
        self.waiting.wake();
        if self.suffering.refuses() {
            // So that what comes too late is named. Where it fails, that is refused as before.
            let _ = self.reopen();
        }
        (
            self.socket,
            self.unparsed
                .into_iter()
                .map(|datagram| datagram.bytes)
                .collect(),
        )
    }

    /// The time in whole microseconds, as capture files have it.
    fn now(&self) -> Duration {
        let now = self.clock.now().since_epoch();
        Duration::new(now.as_secs(), now.subsec_micros() * 1_000)
    }
}

/// A fence that has passed.
#[derive(Clone, Copy, Debug)]
pub(in crate::capture) struct Passed {
    /// Datagrams that the kernel dropped, our fences left out; `None` where it does not tell.
    pub(in crate::capture) dropped: Option<u64>,
    /// What faults have dropped and doubled.
    pub(in crate::capture) on_request: Tally,
    /// Datagrams that faults hold back.
    pub(in crate::capture) held: u64,
    /// How many datagrams had been read by then, all since the start.
    pub(in crate::capture) upto: u64,
}

/// How many datagrams are read before a document that is handed over.
const BEFORE: usize = 64;
/// As many datagrams as the largest buffer holds, and more.
const FULL: usize = 100_000;
/// How often a port that somebody else has got is tried again.
const TRIES: u32 = 1_000;
/// Larger than any datagram, as the daemon's own buffers are.
const BUFFER: usize = 65_536;
/// How many datagrams one step of a fence reads, so that an async task is not held up.
const STEP: usize = 256;
