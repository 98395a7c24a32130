//! Documents over UDP.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use socket2::SockRef;

use crate::error::Error;
use crate::model::limits::MAX_DATAGRAM;
use crate::recorder::failures::Failures;
use crate::recorder::route::{Names, Route};
use crate::seam::Clock;
use crate::wire::{Emit, EmitCounts, Note, frame_into};

/// Sends each document in a datagram of its own to a daemon, and never waits.
///
/// Its socket is connected, so that a daemon that is not there is noticed. Then the next address
/// of its name is tried; when all have refused, the name is looked up anew, on a thread of its own
/// and not more often than once in ten seconds. Only the emitter's making waits for a look-up.
#[derive(Debug)]
pub(in crate::recorder) struct UdpEmitter {
    daemon: String,
    clock: Clock,
    names: Names,
    way: Arc<Mutex<Way>>,
}

/// The way to the daemon.
#[derive(Debug, Default)]
struct Way {
    route: Route,
    /// None where an address or a socket was refused: the next document opens one.
    socket: Option<UdpSocket>,
    /// The thread that looks up the name, or has done so.
    resolver: Option<JoinHandle<()>>,
    counts: EmitCounts,
    failures: Failures,
    /// Memory for a datagram.
    datagram: Vec<u8>,
}

impl UdpEmitter {
    /// An emitter to `host:port`, which takes the time between look-ups from this clock. Where the
    /// socket cannot be opened now, that is told, and each document tries again.
    pub(in crate::recorder) fn to(daemon: &str, clock: Clock) -> (UdpEmitter, Result<(), Error>) {
        UdpEmitter::with(daemon, clock, Names::of_the_system())
    }

    fn with(daemon: &str, clock: Clock, names: Names) -> (UdpEmitter, Result<(), Error>) {
        let mut way = Way::default();
        let opened = names.look_up(daemon).and_then(|addresses| {
            way.route = Route::through(addresses);
            way.open_any()
        });
        let emitter = UdpEmitter {
            daemon: daemon.to_owned(),
            clock,
            names,
            way: Arc::new(Mutex::new(way)),
        };
        let opened = opened.map_err(|error| Error::io(no_socket(daemon), error));
        (emitter, opened)
    }

    fn send(&self, way: &mut Way, datagram: &[u8]) -> bool {
        // Each address may refuse what was sent before, and the first one be asked again.
        for _ in 0..=way.route.len() {
            if way.socket.is_none()
                && let Err(error) = way.open_any()
            {
                let told = || Error::io(no_socket(&self.daemon), error).to_string();
                way.failures.once("no-socket", told);
                self.look_up_again(way);
            }
            let Some(socket) = &way.socket else {
                return false;
            };
            match socket.send(datagram).map_err(|error| (error.kind(), error)) {
                Ok(_) => return true,
                // The answer to a datagram before, which nobody took; this one is not sent yet.
                Err((ErrorKind::ConnectionRefused, _)) => self.refused(way),
                Err((ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable, error)) => {
                    way.not_sent(&self.daemon, &error);
                    self.go_on(way);
                }
                Err((kind, error)) => {
                    way.not_sent(&self.daemon, &error);
                    // Where there is no room the socket is as good as before.
                    if kind != ErrorKind::WouldBlock {
                        way.socket = None;
                    }
                    return false;
                }
            }
        }
        false
    }

    /// Counts a document that was sent, and that nobody took.
    fn refused(&self, way: &mut Way) {
        way.counts.sent = way.counts.sent.saturating_sub(1);
        way.counts.failed += 1;
        way.failures.once(NO_DAEMON, || {
            format!(
                "nobody listens on {}: start the X-Ray daemon there, or say where it is \
                 (AWS_XRAY_DAEMON_ADDRESS); what is refused counts as failed",
                self.daemon
            )
        });
        self.go_on(way);
    }

    /// The answer to the last datagram, if it has come: nobody took it.
    fn settle(&self, way: &mut Way) {
        let error = way.socket.as_ref().map(UdpSocket::take_error);
        if let Some(Ok(Some(error))) = error
            && error.kind() == ErrorKind::ConnectionRefused
        {
            self.refused(way);
        }
    }

    fn go_on(&self, way: &mut Way) {
        if way.route.len() > 1 {
            way.socket = None;
        }
        if way.route.go_on() {
            self.look_up_again(way);
        }
    }

    /// Looks the name up once more, if it is one and it is time, and not on this thread.
    fn look_up_again(&self, way: &mut Way) {
        let is_asking = |resolver: &JoinHandle<()>| !resolver.is_finished();
        if way.resolver.as_ref().is_some_and(is_asking)
            || self.daemon.parse::<SocketAddr>().is_ok()
            || !way.route.ask(self.clock.now())
        {
            return;
        }
        let (daemon, names) = (self.daemon.clone(), self.names.clone());
        let shared = Arc::clone(&self.way);
        let thread = thread::Builder::new().name("xray-phantom resolver".to_owned());
        let resolver = thread.spawn(move || {
            if let Ok(addresses) = names.look_up(&daemon) {
                let way = &mut *lock(&shared);
                if way.route.answered(addresses) {
                    way.socket = None;
                }
            }
        });
        way.resolver = resolver.ok();
    }
}

impl Way {
    /// Opens a socket to the first address, from the one that is tried now on, that the system
    /// knows a way to.
    fn open_any(&mut self) -> std::io::Result<()> {
        let mut refused = ErrorKind::NotFound.into();
        for _ in 0..self.route.len() {
            match self.route.address().map(connected) {
                Some(Ok(socket)) => {
                    self.socket = Some(socket);
                    return Ok(());
                }
                Some(Err(error)) => refused = error,
                None => break,
            }
            self.route.go_on();
        }
        Err(refused)
    }

    fn not_sent(&mut self, daemon: &str, error: &std::io::Error) {
        self.failures.once("not-sent", || {
            format!("a document is not sent to {daemon}, and counts as failed: {error}")
        });
    }
}

fn lock(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_socket(daemon: &str) -> String {
    format!("open a socket for the daemon on {daemon}")
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
        let way = &mut *lock(&self.way);
        let mut datagram = std::mem::take(&mut way.datagram);
        match frame_into(&mut datagram, document) {
            Ok(()) if self.send(way, &datagram) => way.counts.sent += 1,
            Ok(()) => way.counts.failed += 1,
            Err(_) => {
                way.counts.failed += 1;
                let message = format!(
                    "a document of {} bytes is not sent: UDP carries at most {MAX_DATAGRAM}, its header line \
                     included; record less in one segment or subsegment, or open subsegments for its parts",
                    document.len()
                );
                way.failures.each("too-large", message);
            }
        }
        way.datagram = datagram;
    }

    fn counts(&self) -> EmitCounts {
        let way = &mut *lock(&self.way);
        self.settle(way);
        way.counts
    }

    fn note(&self, note: Note) {
        note.tell();
    }

    fn flush(&self) {
        self.settle(&mut lock(&self.way));
    }

    fn failures(&self) -> Vec<Note> {
        lock(&self.way).failures.take()
    }
}

/// The code of the note that nobody listens.
pub(in crate::recorder) const NO_DAEMON: &str = "no-daemon";
/// Room for one datagram of the largest size, and for what the system reckons with it.
const SEND_BUFFER: usize = 128 * 1_024;

#[cfg(test)]
#[cfg(target_os = "linux")]
pub(in crate::recorder) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::net::{SocketAddr, UdpSocket};
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use crate::model::Timestamp;
    use crate::recorder::route::Names;
    use crate::recorder::udp::{UdpEmitter, lock};
    use crate::seam::{Clock, ManualClock};
    use crate::wire::Emit;

    /// A socket that takes what comes.
    fn listener() -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    /// A port that is taken and refuses: its socket listens to itself alone.
    pub(in crate::recorder) fn nobody() -> UdpSocket {
        let socket = listener();
        socket.connect(socket.local_addr().unwrap()).unwrap();
        socket
    }

    fn of(socket: &UdpSocket) -> SocketAddr {
        socket.local_addr().unwrap()
    }

    /// The documents that have come, by what follows the header line.
    fn taken(socket: &UdpSocket) -> String {
        let mut buffer = [0; 100];
        let mut documents = String::new();
        while let Ok(length) = socket.recv(&mut buffer) {
            let text = std::str::from_utf8(&buffer[..length]).unwrap();
            documents.push_str(text.split_once('\n').unwrap().1);
        }
        documents
    }

    /// Waits until the name is looked up.
    fn resolved(emitter: &UdpEmitter) {
        let resolver = lock(&emitter.way).resolver.take();
        resolver.unwrap().join().unwrap();
    }

    fn still() -> ManualClock {
        ManualClock::at(Timestamp::from_nanos(0))
    }

    fn counts(emitter: &UdpEmitter) -> (u64, u64) {
        let counts = emitter.counts();
        (counts.sent, counts.failed)
    }

    #[test]
    fn an_address_that_refuses_is_left_for_the_next_one() {
        let (refusing, listening) = (nobody(), listener());
        let addresses = vec![of(&refusing), of(&listening)];
        let names = Names::of(move |_| Ok(addresses.clone()));
        let (emitter, opened) = UdpEmitter::with("daemon:2000", still().into(), names);
        opened.unwrap();
        for document in ["1", "2", "3"] {
            emitter.emit(document);
        }
        assert_eq!(taken(&listening), "23");
        assert_eq!(counts(&emitter), (2, 1));
        let told: Vec<String> = emitter.failures().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "no-daemon: nobody listens on daemon:2000: start the X-Ray daemon there, or say where it is \
                 (AWS_XRAY_DAEMON_ADDRESS); what is refused counts as failed"
            ]
        );
    }

    #[test]
    fn a_daemon_that_has_moved_is_found_by_its_name() {
        let (refusing, listening) = (nobody(), listener());
        let answer = Arc::new(Mutex::new(of(&refusing)));
        let answers = Arc::clone(&answer);
        let names = Names::of(move |_| Ok(vec![*answers.lock().unwrap()]));
        let (emitter, _) = UdpEmitter::with("daemon:2000", still().into(), names);
        *answer.lock().unwrap() = of(&listening);
        emitter.emit("1");
        emitter.emit("2"); // Hears of the refusal of the first.
        resolved(&emitter);
        emitter.emit("3");
        assert_eq!(taken(&listening), "3");
    }

    #[test]
    fn a_name_is_looked_up_once_in_ten_seconds_however_much_is_refused() {
        let refusing = nobody();
        let address = of(&refusing);
        let asked = Arc::new(Mutex::new(0));
        let count = Arc::clone(&asked);
        let names = Names::of(move |_| {
            *count.lock().unwrap() += 1;
            Ok(vec![address])
        });
        let clock = still();
        let (emitter, _) = UdpEmitter::with("daemon:2000", Clock::from(&clock), names);
        for seconds in [0, 9, 1, 9] {
            clock.advance(Duration::from_secs(seconds));
            for _ in 0..10 {
                emitter.emit("1");
            }
            if seconds != 9 {
                resolved(&emitter);
            }
        }
        // When it was made, and 0 and 10 seconds later.
        assert_eq!(*asked.lock().unwrap(), 3);
        assert_eq!(counts(&emitter), (0, 40));
    }

    #[test]
    fn nobody_waits_for_a_look_up_and_there_is_one_at_a_time() {
        let refusing = nobody();
        let address = of(&refusing);
        let (begun, begins) = channel();
        let (answer, answers) = channel::<()>();
        let answers = Mutex::new(answers);
        let names = Names::of(move |_| {
            begun.send(()).unwrap();
            answers.lock().unwrap().recv().unwrap();
            Ok(vec![address])
        });
        let clock = still();
        answer.send(()).unwrap();
        let (emitter, _) = UdpEmitter::with("daemon:2000", Clock::from(&clock), names);
        for _ in 0..10 {
            emitter.emit("1");
            clock.advance(Duration::from_mins(1));
        }
        assert_eq!(counts(&emitter), (0, 10));
        answer.send(()).unwrap();
        resolved(&emitter);
        assert_eq!(begins.try_iter().count(), 2);
    }
}
