//! Captures what a small emitter sends, and shows what X-Ray would have made of it.
//!
//! ```sh
//! cargo run --example capture
//! ```

use std::error::Error;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use xray_phantom::model::{EntityId, Timestamp, TraceId};
use xray_phantom::seam::{Clock, Ids, ManualClock};
use xray_phantom::{FakeDaemon, block_on, wire};

fn main() -> Result<(), Box<dyn Error>> {
    let daemon = FakeDaemon::start();
    println!("A fake X-Ray daemon listens on {}.\n", daemon.address());

    println!(
        "OrdersWorker handles an order. Each part is sent when it is done, the inner ones first:\n"
    );
    let emitter = Emitter::to(daemon.address())?;
    emitter.handle_order("o-1")?;
    let trace = block_on(daemon.expect_one_trace());
    println!("{trace}");
    println!(
        "trace.has_subsegment(\"dynamo-put\") is {}.\n",
        trace.has_subsegment("dynamo-put")
    );

    println!(
        "Then a report divides zero by zero, and a bare NaN goes out. AWS drops it in silence; here:\n"
    );
    emitter.send(r#"{"name": "report", "metadata": {"default": {"mean": NaN}}}"#)?;
    let rejection = block_on(daemon.expect_rejection("not-json"));
    println!("{rejection}\n");

    println!("Datagrams: {}.", block_on(daemon.fence())?);
    Ok(())
}

/// What an SDK does, in small: it measures, and sends segments to the daemon.
struct Emitter {
    socket: UdpSocket,
    clock: ManualClock,
    ids: Ids,
}

impl Emitter {
    fn to(daemon: SocketAddr) -> Result<Emitter, Box<dyn Error>> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(daemon)?;
        // Time is a parameter: this clock moves when the work below says so.
        let clock = ManualClock::at(Clock::system().now());
        Ok(Emitter {
            socket,
            clock,
            ids: Ids::random(),
        })
    }

    fn handle_order(&self, order: &str) -> Result<(), Box<dyn Error>> {
        let start = self.work(0);
        let trace = self.ids.trace_id(start);
        let [worker, put, call] = [(); 3].map(|()| self.ids.entity_id());

        let put_start = self.work(3); // validating the order
        let call_start = self.work(1); // building the request
        self.work(42); // DynamoDB at work
        let dynamo = r#""namespace":"aws","aws":{"operation":"PutItem","table_name":"Orders"},"http":{"response":{"status":200}}"#;
        self.subsegment(trace, (call, put), "DynamoDB", call_start, dynamo)?;
        let annotations = format!(r#""annotations":{{"order_id":"{order}"}}"#);
        self.subsegment(trace, (put, worker), "dynamo-put", put_start, &annotations)?;
        let end = self.work(2); // acknowledging it
        self.send(&format!(
            r#"{{"trace_id":"{trace}","id":"{worker}","name":"OrdersWorker","start_time":{start},"end_time":{end}}}"#
        ))
    }

    /// Works for so many milliseconds, and tells the time.
    fn work(&self, millis: u64) -> Timestamp {
        self.clock.advance(Duration::from_millis(millis));
        Clock::from(&self.clock).now()
    }

    /// Ends a subsegment, given with its parent.
    fn subsegment(
        &self,
        trace: TraceId,
        (id, parent): (EntityId, EntityId),
        name: &str,
        start: Timestamp,
        more: &str,
    ) -> Result<(), Box<dyn Error>> {
        let end = self.work(0);
        self.send(&format!(
            r#"{{"type":"subsegment","trace_id":"{trace}","id":"{id}","parent_id":"{parent}","name":"{name}","start_time":{start},"end_time":{end},{more}}}"#
        ))
    }

    fn send(&self, document: &str) -> Result<(), Box<dyn Error>> {
        self.socket.send(&wire::frame(document)?)?;
        Ok(())
    }
}
