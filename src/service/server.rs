//! The HTTP server.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::runtime::{self, Runtime};
use tokio::sync::oneshot;

use crate::error::Error;
use crate::seam::Clock;
use crate::service::sampling::{Answer, answer};

/// Answers sampling requests until it is dropped.
#[derive(Debug)]
#[must_use = "dropped, it answers no more"]
pub(crate) struct SamplingResponder {
    /// Dropped, it ends the server's thread.
    _stop: oneshot::Sender<Infallible>,
}

/// Opens a TCP socket on this address. The port is taken as it is: it is UDP's.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address)
}

impl SamplingResponder {
    /// Answers on a socket, on a thread and a runtime of its own.
    pub(crate) fn start(listener: TcpListener, clock: Clock) -> Result<SamplingResponder, Error> {
        let failed = |what| move |error| Error::io(what, error);
        listener
            .set_nonblocking(true)
            .map_err(failed("make a TCP socket non-blocking"))?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(failed("start the sampling responder's runtime"))?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(failed("serve a TCP socket"))?
        };
        let (stop, stopped) = oneshot::channel();
        let serve = move || run(&runtime, listener, clock, stopped);
        thread::Builder::new()
            .name("xray-phantom sampling".to_owned())
            .spawn(serve)
            .map_err(failed("start the sampling responder's thread"))?;
        Ok(SamplingResponder { _stop: stop })
    }
}

fn run(
    runtime: &Runtime,
    listener: tokio::net::TcpListener,
    clock: Clock,
    stopped: oneshot::Receiver<Infallible>,
) {
    runtime.block_on(async {
        tokio::spawn(accept(listener, clock));
        // The sender is never used: this ends when it is dropped, and the runtime ends all tasks.
        let Err(_) = stopped.await;
    });
}

async fn accept(listener: tokio::net::TcpListener, clock: Clock) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let clock = clock.clone();
                let service = service_fn(move |request| reply(request, clock.clone()));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                // How a client ends its connection is its own affair.
                tokio::spawn(async move { drop(connection.await) });
            }
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

/// The pause after a failure to accept.
const BACK_OFF: Duration = Duration::from_millis(10);
/// Far more than the statistics of 25 rules, which is what an SDK sends at most.
const MAX_BODY: usize = 1 << 20;
