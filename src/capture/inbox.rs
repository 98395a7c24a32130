//! The socket, and what was read from it.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use crate::capture::kernel;
use crate::error::Error;
use crate::seam::{Clock, Ids};

/// The socket with its unread datagrams, and the numbers of its fences.
///
/// It stands behind one lock, so that a fence and the drain never see half of each other's work.
#[derive(Debug)]
pub(in crate::capture) struct Inbox {
    socket: UdpSocket,
    address: SocketAddr,
    clock: Clock,
    buffer: Vec<u8>,
    unparsed: VecDeque<Unparsed>,
    /// What a fence datagram of this socket begins with. Nobody else knows it.
    token: String,
    fences_sent: u64,
    fences_seen: u64,
    /// The number of the last fence that was read.
    last_fence: u64,
    /// A failure of the socket that no read can get past: from then on nothing is certain.
    broken: Option<String>,
}

/// A datagram that was read and not yet looked into.
#[derive(Debug)]
pub(in crate::capture) struct Unparsed {
    pub(in crate::capture) arrived: Duration,
    pub(in crate::capture) bytes: Vec<u8>,
}

impl Inbox {
    pub(in crate::capture) fn new(socket: UdpSocket, address: SocketAddr, clock: Clock) -> Inbox {
        let ids = Ids::random();
        Inbox {
            socket,
            address,
            clock,
            buffer: vec![0; BUFFER],
            unparsed: VecDeque::new(),
            token: format!("xray-phantom fence {}{} ", ids.entity_id(), ids.entity_id()),
            fences_sent: 0,
            fences_seen: 0,
            last_fence: 0,
            broken: None,
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
        let arrived = self.now();
        self.unparsed.push_back(Unparsed {
            arrived,
            bytes: bytes.to_vec(),
        });
    }

    /// Takes a datagram that did not come through the socket.
    pub(in crate::capture) fn hand_over(&mut self, bytes: Vec<u8>) {
        // What came through the socket before stands before it.
        self.drain(usize::MAX);
        let arrived = self.now();
        self.unparsed.push_back(Unparsed { arrived, bytes });
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
            return Ok(Some(Passed {
                dropped,
                waiting: self.unparsed.len(),
            }));
        }
        // An empty socket and no fence: the kernel dropped it, or still has it under way. Another
        // one answers for both.
        *fence = Some(if empty { self.send_fence()? } else { number });
        Ok(None)
    }

    fn send_fence(&mut self) -> Result<u64, Error> {
        let number = self.fences_sent + 1;
        let datagram = format!("{}{number}", self.token);
        match self.socket.send_to(datagram.as_bytes(), self.address) {
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
        self.unparsed.drain(..count).collect()
    }

    /// Ends reading: the socket, and what nobody has looked into.
    pub(in crate::capture) fn end(self) -> (UdpSocket, Vec<Vec<u8>>) {
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
    /// Datagrams that were read before it and not yet looked into.
    pub(in crate::capture) waiting: usize,
}

/// Larger than any datagram, as the daemon's own buffers are.
const BUFFER: usize = 65_536;
/// How many datagrams one step of a fence reads, so that an async task is not held up.
const STEP: usize = 256;
