//! The HTTP server.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::error::Error;
use crate::seam::Clock;
use crate::service::sampling::{Answer, answer};

/// Answers sampling requests until it is dropped.
///
/// Most tests never ask. So its thread sleeps on the one socket, and a runtime is made when the
/// first client comes.
#[derive(Debug)]
#[must_use = "dropped, it answers no more"]
pub(crate) struct SamplingResponder {
    listener: Arc<TcpListener>,
    end_accepting: EndAccepting,
    /// Dropped, it ends the server's thread.
    stop: Option<oneshot::Sender<Infallible>>,
}

/// Wakes who waits for a client of this socket, where the system can, and needs no descriptor for it.
pub(crate) type EndAccepting = fn(&TcpListener) -> std::io::Result<()>;

/// Opens a TCP socket on this address. The port is taken as it is: it is UDP's.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address)
}

impl SamplingResponder {
    /// Answers on a socket, on a thread and a runtime of its own.
    pub(crate) fn start(
        listener: TcpListener,
        clock: Clock,
        end_accepting: EndAccepting,
    ) -> Result<SamplingResponder, Error> {
        let listener = Arc::new(listener);
        let shared = Arc::clone(&listener);
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("xray-phantom sampling".to_owned())
            .spawn(move || serve(&shared, &clock, stopped))
            .map_err(|error| Error::io("start the sampling responder's thread", error))?;
        Ok(SamplingResponder {
            listener,
            end_accepting,
            stop: Some(stop),
        })
    }
}

impl Drop for SamplingResponder {
    fn drop(&mut self) {
        drop(self.stop.take());
        // The thread may wait for its first client.
        if (self.end_accepting)(&self.listener).is_ok() {
            return;
        }
        // So this is one. The byte is never read, so that the connection ends without traces. Where
        // this fails the thread stays asleep.
        let connected = self
            .listener
            .local_addr()
            .and_then(|address| TcpStream::connect_timeout(&address, PATIENCE));
        if let Ok(mut stream) = connected {
            let _ = stream.write_all(b"x");
        }
    }
}

/// Waits for the first client, then serves all.
fn serve(listener: &TcpListener, clock: &Clock, mut stopped: oneshot::Receiver<Infallible>) {
    loop {
        let accepted = listener.accept();
        if stopped.try_recv() == Err(TryRecvError::Closed) {
            return;
        }
        match accepted {
            Ok((first, _)) => {
                // Out of descriptors, say: the client sees its connection end, and asks again.
                if let Ok(()) = serve_all(first, listener, clock, &mut stopped) {
                    return;
                }
            }
            Err(_) => thread::park_timeout(BACK_OFF),
        }
    }
}

/// Serves all clients until it is stopped, on a runtime of its own.
fn serve_all(
    first: TcpStream,
    listener: &TcpListener,
    clock: &Clock,
    stopped: &mut oneshot::Receiver<Infallible>,
) -> std::io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let _inside = runtime.enter();
    first.set_nonblocking(true)?;
    let first = tokio::net::TcpStream::from_std(first)?;
    let listener = of_runtime(listener)?;
    let clock = clock.clone();
    runtime.block_on(async {
        talk(first, clock.clone());
        tokio::spawn(accept(listener, clock));
        // The sender is never used: this ends when it is dropped, and the runtime ends all tasks.
        let Err(_) = stopped.await;
    });
    Ok(())
}

/// The listener for the runtime that is entered. Where this fails the listener is as before.
fn of_runtime(listener: &TcpListener) -> std::io::Result<tokio::net::TcpListener> {
    let twin = listener.try_clone()?;
    twin.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(twin).inspect_err(|_| {
        // The mode is that of the socket, whichever descriptor it was set by.
        let _ = listener.set_nonblocking(false);
    })
}

/// Serves one client.
fn talk(stream: tokio::net::TcpStream, clock: Clock) {
    let service = service_fn(move |request| reply(request, clock.clone()));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // How a client ends its connection is its own affair.
    tokio::spawn(async move { drop(connection.await) });
}

async fn accept(listener: tokio::net::TcpListener, clock: Clock) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => talk(stream, clock.clone()),
            // The client has gone: that is its own affair.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            // Out of descriptors, say. The queue stays full until some are free, so that trying
            // again at once would keep a core busy.
            Err(_) => tokio::time::sleep(BACK_OFF).await,
        }
    }
}

async fn reply(
    request: Request<Incoming>,
    clock: Clock,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let answer = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => answer(
            head.method.as_str(),
            head.uri.path(),
            &body.to_bytes(),
            clock.now(),
        ),
        Err(error) => Answer {
            status: 400,
            body: format!("{{\"message\":\"unreadable body: {error}\"}}"),
        },
    };
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        CONTENT_TYPE,
        hyper::header::HeaderValue::from_static("application/json"),
    );
    Ok(response)
}

/// How long the wake may take. It takes microseconds.
const PATIENCE: Duration = Duration::from_secs(1);
/// The pause after a failure to accept.
const BACK_OFF: Duration = Duration::from_millis(10);
/// Far more than the statistics of 25 rules, which is what an SDK sends at most.
const MAX_BODY: usize = 1 << 20;

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    #[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    fn a_listener_that_no_runtime_takes_is_still_one_to_sleep_on() {
        use std::fs::{self, File};
        use std::net::TcpListener;
        use std::os::fd::{AsRawFd as _, OwnedFd};

        use crate::service::server::of_runtime;

        // A file passes for a socket until epoll refuses it.
        let file = OwnedFd::from(File::open("/proc/self/exe").unwrap());
        let listener = TcpListener::from(file);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let _inside = runtime.enter();
        let error = of_runtime(&listener).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
        let path = format!("/proc/self/fdinfo/{}", listener.as_raw_fd());
        let info = fs::read_to_string(path).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = u32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
        assert_eq!(flags & 0o4_000, 0, "O_NONBLOCK in {info}");
    }
}
