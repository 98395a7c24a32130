//! The socket that datagrams go to.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::Outcome;

/// A socket that takes datagrams and is drained when nobody looks at the clock.
///
/// Nobody sleeps in it: who sends to it wakes nobody.
#[derive(Debug)]
pub struct Receiver {
    socket: UdpSocket,
    buffer: Vec<u8>,
}

impl Receiver {
    /// A socket on a port of its own.
    pub fn open() -> Outcome<Receiver> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        // The system grants what it allows; a datagram that is lost is noticed.
        SockRef::from(&socket).set_recv_buffer_size(WANTED)?;
        Ok(Receiver {
            socket,
            buffer: vec![0; LARGEST],
        })
    }

    /// Where it listens.
    pub fn address(&self) -> Outcome<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }

    /// How many datagrams of a segment surely fit, before it is drained.
    pub fn room(&self) -> Outcome<usize> {
        Ok(SockRef::from(&self.socket).recv_buffer_size()? / EACH)
    }

    /// Takes what has come, and counts it.
    ///
    /// # Errors
    ///
    /// Fewer or more datagrams than `expected`.
    pub fn drain(&mut self, expected: u64) -> Outcome {
        let mut found = 0;
        while self.next()?.is_some() {
            found += 1;
        }
        if found == expected {
            return Ok(());
        }
        let message = format!(
            "{found} datagrams came where {expected} were sent: if the system has no room for them, raise \
             net.core.rmem_max"
        );
        Err(message.into())
    }

    /// Takes what has come, whole.
    pub fn take(&mut self) -> Outcome<Vec<Vec<u8>>> {
        let mut taken = Vec::new();
        while let Some(length) = self.next()? {
            taken.push(self.buffer[..length].to_vec());
        }
        Ok(taken)
    }

    /// Drains it until so many have come, however long they take.
    pub fn await_all(&mut self, expected: u64) -> Outcome {
        let start = Instant::now();
        let mut found = 0;
        while found < expected {
            if self.next()?.is_some() {
                found += 1;
            } else if start.elapsed() > DEADLINE {
                return Err(format!("{found} of {expected} datagrams came in ten seconds").into());
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Outcome<Option<usize>> {
        match self.socket.recv(&mut self.buffer) {
            Ok(length) => Ok(Some(length)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// A connected, non-blocking socket to this address.
pub fn sender(to: SocketAddr) -> Outcome<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    socket.connect(to)?;
    Ok(socket)
}

/// What is asked for, in bytes.
const WANTED: usize = 4 << 20;
/// What the kernel reckons for a datagram of up to 1 kB: 1,280 bytes, and some to be sure.
const EACH: usize = 1_536;
const LARGEST: usize = 65_536;
const DEADLINE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use crate::Outcome;
    use crate::receiver::{Receiver, sender};

    #[test]
    fn what_is_sent_is_taken_whole() -> Outcome {
        let mut receiver = Receiver::open()?;
        let socket = sender(receiver.address()?)?;
        socket.send(b"one")?;
        socket.send(b"")?;
        assert_eq!(receiver.take()?, [b"one".to_vec(), vec![]]);
        assert!(receiver.room()? > 100);
        Ok(())
    }

    #[test]
    fn a_datagram_too_few_or_too_many_is_an_error() -> Outcome {
        let mut receiver = Receiver::open()?;
        let socket = sender(receiver.address()?)?;
        for (sent, expected) in [(1, 2), (2, 1), (1, 0)] {
            for _ in 0..sent {
                socket.send(b"x")?;
            }
            let error = receiver
                .drain(expected)
                .err()
                .map(|error| error.to_string());
            let begin = format!("{sent} datagrams came where {expected} were sent: ");
            assert!(error.is_some_and(|error| error.starts_with(&begin)));
        }
        socket.send(b"x")?;
        receiver.drain(1)
    }
}
