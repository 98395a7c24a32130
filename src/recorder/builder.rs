//! How a recorder is set up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::error::Error;
use crate::recorder::Recorder;
use crate::recorder::ambient;
use crate::recorder::record::Shared;
use crate::recorder::udp::{BesideDaemon, UdpEmitter};
use crate::seam::{Clock, Ids};
use crate::wire::{Daemon, Emit};

/// Sets up a [`Recorder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it builds a recorder"]
pub struct RecorderBuilder {
    service: String,
    destination: Destination,
    clock: Option<Clock>,
    ids: Option<Ids>,
}

#[derive(Debug)]
enum Destination {
    Address(SocketAddr),
    Emitter(Arc<dyn Emit>),
}

impl RecorderBuilder {
    pub(in crate::recorder) fn new(service: &str) -> RecorderBuilder {
        RecorderBuilder {
            service: service.to_owned(),
            destination: Destination::Address(DEFAULT_DAEMON),
            clock: None,
            ids: None,
        }
    }

    /// Sends to a daemon in this process, in memory: nothing is lost on the way.
    ///
    /// Findings of the recorder, such as a subsegment that was left open, are reported by that
    /// daemon, and the clock is tokio's: a test that pauses it sees virtual time in its trace.
    pub fn daemon(mut self, daemon: &impl Daemon) -> Self {
        self.destination = Destination::Emitter(daemon.emitter());
        self
    }

    /// Sends to a daemon in this process over UDP, as a program in production does.
    ///
    /// Otherwise as [`daemon`](RecorderBuilder::daemon); what the recorder says it has sent is held
    /// against what arrives.
    ///
    /// # Errors
    ///
    /// A socket that the system refuses.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon_over_udp(&daemon).unwrap().build();
    /// block_on(recorder.in_segment_infallible("api", async |_| ()));
    /// block_on(daemon.expect_one_trace());
    /// # }
    /// ```
    pub fn daemon_over_udp(mut self, daemon: &impl Daemon) -> Result<Self, Error> {
        self.destination = Destination::Emitter(Arc::new(BesideDaemon::to(daemon)?));
        Ok(self)
    }

    /// Sends to the daemon at this address over UDP. The default is 127.0.0.1:2000.
    pub fn daemon_address(mut self, daemon: SocketAddr) -> Self {
        self.destination = Destination::Address(daemon);
        self
    }

    /// Takes the time from this clock.
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = Some(clock.into());
        self
    }

    /// Takes new ids from this source.
    pub fn ids(mut self, ids: Ids) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Builds the recorder.
    ///
    /// Where the socket of a UDP recorder cannot be opened, the program under trace goes on, and
    /// what it records is counted as failed. [`try_build`](RecorderBuilder::try_build) tells.
    pub fn build(self) -> Recorder {
        let emitter = match self.destination {
            Destination::Emitter(ref emitter) => Arc::clone(emitter),
            Destination::Address(daemon) => match UdpEmitter::to(daemon) {
                Ok(emitter) => Arc::new(emitter),
                Err(error) => {
                    eprintln!("xray-phantom: nothing is recorded: {error}");
                    Arc::new(UdpEmitter::to_nobody())
                }
            },
        };
        self.finish(emitter)
    }

    /// Builds the recorder.
    ///
    /// # Errors
    ///
    /// A socket that the system refuses.
    pub fn try_build(self) -> Result<Recorder, Error> {
        let emitter: Arc<dyn Emit> = match self.destination {
            Destination::Emitter(ref emitter) => Arc::clone(emitter),
            Destination::Address(daemon) => Arc::new(UdpEmitter::to(daemon)?),
        };
        Ok(self.finish(emitter))
    }

    fn finish(self, emitter: Arc<dyn Emit>) -> Recorder {
        ambient::remember(&emitter);
        let clock = match self.clock {
            Some(clock) => clock,
            None if emitter.is_test() => Clock::tokio(),
            None => Clock::system(),
        };
        let ids = self.ids.unwrap_or_else(Ids::random);
        Recorder::new(Shared {
            service: self.service.into(),
            clock,
            ids,
            emitter,
        })
    }
}

/// Where the daemon listens unless it is told otherwise.
const DEFAULT_DAEMON: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2_000);
