//! What a careful person writes in an hour: structs that serde serialises, and a socket.
//!
//! Nothing of a context, of threads, of sampling, of limits; but the buffer is used again and the
//! socket is connected.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use xray_phantom_peers::cases::{BURST, STEADY};
use xray_phantom_peers::hand::Numbers;
use xray_phantom_peers::receiver::sender;
use xray_phantom_peers::rounds::Case;
use xray_phantom_peers::workloads::{CALL, REQUEST_ID, SERVICE};
use xray_phantom_peers::{Outcome, check};

#[derive(Serialize)]
struct Segment {
    trace_id: String,
    id: String,
    name: &'static str,
    start_time: f64,
    end_time: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http>,
    aws: Tracer,
    annotations: BTreeMap<&'static str, Annotation>,
    subsegments: Vec<Call>,
}

#[derive(Serialize)]
struct Call {
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'static str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<&'static str>,
    id: String,
    name: &'static str,
    start_time: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_progress: Option<bool>,
    namespace: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http>,
    aws: Aws,
}

#[derive(Serialize)]
struct Http {
    response: Response,
}

#[derive(Serialize)]
struct Response {
    status: u16,
}

#[derive(Serialize)]
struct Tracer {
    xray: Sdk,
}

#[derive(Serialize)]
struct Sdk {
    sdk: &'static str,
    sdk_version: &'static str,
}

#[derive(Serialize)]
struct Aws {
    operation: &'static str,
    region: &'static str,
    request_id: &'static str,
    table_name: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Annotation {
    Number(i64),
    Text(&'static str),
}

/// Fills and serialises a segment, and does so over UDP; serialises one that is filled.
pub(crate) fn cases(receiver: SocketAddr) -> Outcome<Vec<Case>> {
    let (mut numbers, mut buffer) = (Numbers::new(), Vec::with_capacity(1_024));
    let recorded = Case::fallible("careful seg1aws", STEADY, move || {
        write(&mut buffer, &segment(&mut numbers))?;
        black_box(&buffer);
        Ok(())
    });
    let (mut numbers, mut buffer) = (Numbers::new(), Vec::with_capacity(1_024));
    let socket = sender(receiver)?;
    let sent = Case::fallible("careful seg1aws, sent", BURST, move || {
        write(&mut buffer, &segment(&mut numbers))?;
        Ok(socket.send(&buffer).map(drop)?)
    });
    Ok(vec![
        recorded,
        sent.sends(1).checked(check::order),
        serialised("serde_json seg1aws", segment(&mut Numbers::new())),
        serialised("serde_json call in progress", in_progress()),
    ])
}

/// The documents that [`serialised`] writes: of a segment, and of a call in progress.
#[cfg(test)]
fn documents() -> Outcome<[Vec<u8>; 2]> {
    let mut documents = [Vec::new(), Vec::new()];
    write(&mut documents[0], &segment(&mut Numbers::new()))?;
    write(&mut documents[1], &in_progress())?;
    Ok(documents)
}

/// Serialises the same value each time.
fn serialised(name: &'static str, value: impl Serialize + 'static) -> Case {
    let mut buffer = Vec::with_capacity(1_024);
    Case::fallible(name, STEADY, move || {
        buffer.clear();
        serde_json::to_writer(&mut buffer, black_box(&value))?;
        black_box(&buffer);
        Ok(())
    })
}

fn write(buffer: &mut Vec<u8>, value: &impl Serialize) -> Outcome {
    buffer.clear();
    buffer.extend_from_slice(b"{\"format\":\"json\",\"version\":1}\n");
    Ok(serde_json::to_writer(buffer, value)?)
}

/// Looks at the clock four times and draws three ids, as everybody does.
fn segment(numbers: &mut Numbers) -> Segment {
    let (start_time, call_start) = (now(), now());
    let (call_end, end_time) = (now(), now());
    let trace = (u128::from(numbers.next()) << 32) | u128::from(numbers.next() >> 32);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "X-Ray takes the seconds in 32 bits"
    )]
    let seconds = start_time as u32;
    Segment {
        trace_id: format!("1-{seconds:08x}-{trace:024x}"),
        id: format!("{:016x}", numbers.next()),
        name: SERVICE,
        start_time,
        end_time,
        http: Some(Http {
            response: Response { status: 201 },
        }),
        aws: Tracer {
            xray: Sdk {
                sdk: "xray-phantom",
                sdk_version: "0.1.0",
            },
        },
        annotations: BTreeMap::from([
            ("order_id", Annotation::Text("o-1")),
            ("items", Annotation::Number(3)),
        ]),
        subsegments: vec![Call {
            trace_id: None,
            kind: None,
            parent_id: None,
            id: format!("{:016x}", numbers.next()),
            start_time: call_start,
            end_time: Some(call_end),
            in_progress: None,
            ..in_progress()
        }],
    }
}

/// A call of a Lambda function that has been answered and is in progress.
fn in_progress() -> Call {
    Call {
        trace_id: Some("1-5759e988-bd862e3fe1be46a994272793"),
        kind: Some("subsegment"),
        parent_id: Some("53995c3f42cd8ad8"),
        id: "6a2f1b3c4d5e6f70".to_owned(),
        name: CALL,
        start_time: 1_721_763_840.250_113,
        end_time: None,
        in_progress: Some(true),
        namespace: "aws",
        http: Some(Http {
            response: Response { status: 200 },
        }),
        aws: Aws {
            operation: "PutItem",
            region: "us-east-1",
            request_id: REQUEST_ID,
            table_name: "Orders",
        },
    }
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use xray_phantom_peers::hand::Hand;
    use xray_phantom_peers::{Outcome, check};

    use crate::peers::careful::documents;

    #[test]
    fn what_serde_writes_is_what_the_hand_writes() -> Outcome {
        let [segment, call] = documents()?;
        assert_eq!(
            check::masked(&segment)?,
            check::masked(Hand::default().segment())?
        );
        check::in_progress(&[call])
    }
}
