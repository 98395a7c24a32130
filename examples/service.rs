//! A service that continues the traces of its callers, as one in production does.
//!
//! ```sh
//! cargo run --example service
//! ```

use xray_phantom::wire::TraceHeader;
use xray_phantom::{FakeDaemon, Recorder, SamplingRequest, block_on, in_subsegment};

/// Whatever the framework gives.
struct Request {
    method: &'static str,
    host: &'static str,
    path: &'static str,
    trace_header: &'static str,
}

struct Response {
    status: u16,
    trace_header: String,
}

async fn serve(recorder: &Recorder, request: &Request) -> Response {
    let header = TraceHeader::parse(request.trace_header); // X-Amzn-Trace-Id
    let what = SamplingRequest::new()
        .host(request.host)
        .http_method(request.method)
        .url_path(request.path);
    let name = recorder.segment_name(Some(request.host));
    let serving = recorder.serving(&header, &what);
    serving
        .in_segment_infallible(&name, async |segment| {
            let url = format!("https://{}{}", request.host, request.path);
            segment.http_request(request.method, &url);
            let status = match order(request.path).await {
                Ok(_) => 200,
                Err(_) => 404,
            };
            segment.http_status(status); // 4xx is an error, 5xx a fault
            let answer = segment.answer_header();
            Response {
                status,
                trace_header: answer.map_or(String::new(), |header| header.to_string()),
            }
        })
        .await
}

/// `in_subsegment` finds the segment by itself.
async fn order(path: &str) -> Result<u32, std::num::ParseIntError> {
    in_subsegment("find-order", async |find| {
        find.annotate("path", path);
        path.trim_start_matches("/orders/").parse()
    })
    .await
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let daemon = FakeDaemon::start();
    // In production: Recorder::from_env("OrdersWorker").
    let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    let asks = |path| Request {
        method: "GET",
        host: "orders.example.com",
        path,
        trace_header: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?",
    };
    for path in ["/orders/7", "/orders/seven"] {
        let response = block_on(serve(&recorder, &asks(path)));
        println!("{} {}", response.status, response.trace_header);
    }
    for trace in block_on(daemon.traces())? {
        println!("\n{trace}");
    }
    Ok(())
}
