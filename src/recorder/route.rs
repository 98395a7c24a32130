//! Which of a daemon's addresses documents are sent to.

use std::fmt;
use std::io::{Error, ErrorKind, Result};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use crate::model::Timestamp;

/// The addresses of a daemon, the one that is tried now, and when its name was looked up last.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Route {
    addresses: Vec<SocketAddr>,
    at: usize,
    /// The name was looked up anew then, or is looked up since then.
    asked: Option<Timestamp>,
}

impl Route {
    /// A route through these, the first one first.
    pub(in crate::recorder) fn through(addresses: Vec<SocketAddr>) -> Route {
        Route {
            addresses,
            ..Route::default()
        }
    }

    /// Goes on to the next address. Gives whether all of them were tried; then the first one's
    /// turn comes again.
    pub(in crate::recorder) fn go_on(&mut self) -> bool {
        self.at += 1;
        let all = self.at >= self.addresses.len();
        if all {
            self.at = 0;
        }
        all
    }

    /// Whether the name is to be looked up once more; if so, it counts as asked.
    pub(in crate::recorder) fn ask(&mut self, now: Timestamp) -> bool {
        // A clock that was set back does not keep anybody from asking.
        let soon = |asked: Timestamp| now.since(asked).is_some_and(|since| since < AGAIN);
        let ask = !self.asked.is_some_and(soon);
        if ask {
            self.asked = Some(now);
        }
        ask
    }

    /// Takes the answer. Gives whether the addresses are others than before; then the first of
    /// them is next.
    pub(in crate::recorder) fn answered(&mut self, addresses: Vec<SocketAddr>) -> bool {
        if addresses == self.addresses {
            return false;
        }
        self.addresses = addresses;
        self.at = 0;
        true
    }

    /// The address that is tried now; `None` where none is known.
    pub(in crate::recorder) fn address(&self) -> Option<SocketAddr> {
        self.addresses.get(self.at).copied()
    }

    /// How many there are.
    pub(in crate::recorder) fn len(&self) -> usize {
        self.addresses.len()
    }
}

/// Those who know the addresses of names.
#[derive(Clone)]
pub(in crate::recorder) struct Names(Arc<LookUp>);

type LookUp = dyn Fn(&str) -> Result<Vec<SocketAddr>> + Send + Sync;

impl Names {
    /// The system, which may ask others and take its time.
    pub(in crate::recorder) fn of_the_system() -> Names {
        Names(Arc::new(|daemon| Ok(daemon.to_socket_addrs()?.collect())))
    }

    /// A function, for tests.
    #[cfg(test)]
    pub(in crate::recorder) fn of(
        look_up: impl Fn(&str) -> Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Names {
        Names(Arc::new(look_up))
    }

    /// The addresses of `host:port`, those of IPv4 first: that is where the daemon listens unless it
    /// is told otherwise, and the official SDKs look for it.
    ///
    /// # Errors
    ///
    /// A name that nobody knows, or that has no address.
    pub(in crate::recorder) fn look_up(&self, daemon: &str) -> Result<Vec<SocketAddr>> {
        let mut addresses = (self.0)(daemon)?;
        if addresses.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "the name has no address"));
        }
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names")
    }
}

/// How long an answer holds, however often its addresses refuse.
const AGAIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use crate::recorder::route::Names;

    #[test]
    fn addresses_of_ipv4_come_first() {
        let addresses = ["[::1]:1", "10.0.0.2:1", "[::2]:1", "10.0.0.1:1"];
        let names = Names::of(move |_| Ok(addresses.map(|text| text.parse().unwrap()).into()));
        let found: Vec<String> = names
            .look_up("daemon:1")
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["10.0.0.2:1", "10.0.0.1:1", "[::1]:1", "[::2]:1"]);
    }

    #[test]
    fn a_name_without_an_address_is_an_error() {
        let error = Names::of(|_| Ok(vec![])).look_up("daemon:1").unwrap_err();
        assert_eq!(error.to_string(), "the name has no address");
    }
}
