//! The floor: the same bytes, written by hand.

use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::workloads::{CALL, REQUEST_ID, SERVICE};

/// Writes what a struct holds into a buffer that is there, with ids that cost next to nothing.
///
/// Names, keys and values are known when it runs, and looked at for what needs an escape. All else is
/// taken away that a recorder is for: nobody says anything piece by piece, nothing can be missing, no
/// thread but one knows of it. So it shows what is left.
#[derive(Debug)]
pub struct Hand {
    buffer: Vec<u8>,
    numbers: Numbers,
    order: Segment,
}

/// A segment as it is written.
#[derive(Debug)]
struct Segment {
    name: &'static str,
    items: u64,
    order_id: &'static str,
    status: u64,
    call: Call,
}

/// A call to DynamoDB as it is written.
#[derive(Debug)]
struct Call {
    name: &'static str,
    namespace: &'static str,
    status: u64,
    operation: &'static str,
    region: &'static str,
    request_id: &'static str,
    table_name: &'static str,
}

impl Default for Hand {
    fn default() -> Hand {
        Hand {
            buffer: Vec::with_capacity(1_024),
            numbers: Numbers::new(),
            order: black_box(Segment {
                name: SERVICE,
                items: 3,
                order_id: "o-1",
                status: 201,
                call: Call {
                    name: CALL,
                    namespace: "aws",
                    status: 200,
                    operation: "PutItem",
                    region: "us-east-1",
                    request_id: REQUEST_ID,
                    table_name: "Orders",
                },
            }),
        }
    }
}

impl Hand {
    /// A datagram of a segment with one call: four looks at the clock, three ids.
    pub fn segment(&mut self) -> &[u8] {
        let (start, call_start) = (now(), now());
        let (call_end, end) = (now(), now());
        self.begin();
        let trace = (self.numbers.next(), self.numbers.next());
        self.text("\"trace_id\":\"1-");
        let seconds = u32::try_from(start.0).unwrap_or(u32::MAX);
        self.hex(&seconds.to_be_bytes());
        self.text("-");
        self.hex(&trace.0.to_be_bytes()[4..]);
        self.hex(&trace.1.to_be_bytes());
        self.text("\",\"id\":\"");
        self.id();
        self.text("\",\"name\":");
        self.quoted(self.order.name);
        self.times(start, Some(end));
        self.status(self.order.status);
        self.text(
            ",\"aws\":{\"xray\":{\"sdk\":\"xray-phantom\",\"sdk_version\":\"0.1.0\"}},\"annotations\":{\"items\":",
        );
        self.number(self.order.items);
        self.text(",\"order_id\":");
        self.quoted(self.order.order_id);
        self.text("},\"subsegments\":[{\"id\":\"");
        self.id();
        self.call(call_start, Some(call_end));
        self.text("}]}");
        &self.buffer
    }

    /// A datagram of a call in an invocation of a Lambda function: two looks at the clock, an id.
    pub fn alone(&mut self) -> &[u8] {
        let (start, end) = (now(), now());
        let id = self.numbers.next();
        self.part(id, start, Some(end))
    }

    /// The same with one in progress before it; `send` gets both.
    pub fn twice<E>(&mut self, mut send: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let id = self.numbers.next();
        let start = now();
        send(self.part(id, start, None))?;
        let end = now();
        send(self.part(id, start, Some(end)))
    }

    fn part(&mut self, id: u64, start: Time, end: Option<Time>) -> &[u8] {
        self.begin();
        self.text(
            "\"trace_id\":\"1-5759e988-bd862e3fe1be46a994272793\",\"type\":\"subsegment\",\
             \"parent_id\":\"53995c3f42cd8ad8\",\"id\":\"",
        );
        self.hex(&id.to_be_bytes());
        self.call(start, end);
        self.text("}");
        &self.buffer
    }

    /// The members of a call, from its name on.
    fn call(&mut self, start: Time, end: Option<Time>) {
        self.text("\",\"name\":");
        self.quoted(self.order.call.name);
        self.times(start, end);
        self.text(",\"namespace\":");
        self.quoted(self.order.call.namespace);
        if end.is_some() {
            self.status(self.order.call.status);
        }
        self.text(",\"aws\":{\"operation\":");
        self.quoted(self.order.call.operation);
        self.text(",\"region\":");
        self.quoted(self.order.call.region);
        if end.is_some() {
            self.text(",\"request_id\":");
            self.quoted(self.order.call.request_id);
        }
        self.text(",\"table_name\":");
        self.quoted(self.order.call.table_name);
        self.text("}");
    }

    fn status(&mut self, status: u64) {
        self.text(",\"http\":{\"response\":{\"status\":");
        self.number(status);
        self.text("}}");
    }

    /// A string, with the escapes that it needs.
    fn quoted(&mut self, text: &str) {
        self.text("\"");
        #[expect(
            clippy::needless_bitwise_bool,
            reason = "without branches many bytes are looked at at once"
        )]
        let needs = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
        if text.bytes().fold(false, |any, byte| any | needs(byte)) {
            for character in text.chars() {
                self.text(&character.escape_default().to_string());
            }
        } else {
            self.text(text);
        }
        self.text("\"");
    }

    fn number(&mut self, number: u64) {
        let (mut digits, mut start, mut rest) = ([0; 20], 20, number);
        loop {
            start -= 1;
            digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.buffer.extend_from_slice(&digits[start..]);
    }

    fn begin(&mut self) {
        self.buffer.clear();
        self.text("{\"format\":\"json\",\"version\":1}\n{");
    }

    fn times(&mut self, start: Time, end: Option<Time>) {
        self.text(",\"start_time\":");
        self.time(start);
        if let Some(end) = end {
            self.text(",\"end_time\":");
            self.time(end);
        } else {
            self.text(",\"in_progress\":true");
        }
    }

    fn text(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    fn id(&mut self) {
        let id = self.numbers.next();
        self.hex(&id.to_be_bytes());
    }

    fn hex(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let digits =
                [byte >> 4, byte & 0xf].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
            self.buffer.extend_from_slice(&digits);
        }
    }

    /// Seconds and six digits after the point.
    fn time(&mut self, (seconds, micros): Time) {
        let mut digits = *b"0000000000.000000";
        fill(&mut digits[..10], seconds);
        fill(&mut digits[11..], micros.into());
        self.buffer.extend_from_slice(&digits);
    }
}

fn fill(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// Seconds since 1970, and microseconds.
type Time = (u64, u32);

fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    (since.as_secs(), since.subsec_micros())
}

/// Numbers that look random and are never the same: the cheapest ids there are.
#[derive(Debug)]
pub struct Numbers(u64);

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers::new()
    }
}

impl Numbers {
    /// Numbers that begin somewhere.
    pub fn new() -> Numbers {
        let (seconds, micros) = now();
        Numbers((seconds << 20) ^ u64::from(micros))
    }

    /// The next one.
    #[expect(clippy::should_implement_trait, reason = "there is no end to them")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use xray_phantom::wire::TraceHeader;
    use xray_phantom::{Recorder, Sampling};

    use crate::hand::Hand;
    use crate::sink::Sink;
    use crate::workloads::{HEADER, lambda_sub_in_progress, seg1aws};
    use crate::{Outcome, check};

    /// The documents of the recorder.
    fn recorded(run: impl FnOnce(&Recorder)) -> Outcome<Vec<Vec<u8>>> {
        let sink = Sink::default();
        let recorder = Recorder::builder("OrdersWorker")
            .emitter(sink.clone())
            .sampling(Sampling::always())
            .build();
        sink.keep(|| {
            run(&recorder);
            Ok(())
        })
    }

    #[test]
    fn a_segment_by_hand_is_the_recorders() -> Outcome {
        let documents = recorded(seg1aws)?;
        let by_hand = Hand::default().segment().to_vec();
        check::order(&documents)?;
        check::order(std::slice::from_ref(&by_hand))?;
        assert_eq!(check::masked(&by_hand)?, check::masked(&documents[0])?);
        assert_eq!(by_hand.len(), documents[0].len());
        Ok(())
    }

    #[test]
    fn a_call_by_hand_is_the_recorders() -> Outcome {
        let header = TraceHeader::parse(HEADER);
        let documents = recorded(|recorder| lambda_sub_in_progress(recorder, &header, 1))?;
        let mut hand = Hand::default();
        let mut by_hand = Vec::new();
        hand.twice(|datagram| {
            by_hand.push(datagram.to_vec());
            Ok::<(), crate::Failure>(())
        })?;
        check::call(&documents)?;
        check::call(&by_hand)?;
        for (by_hand, document) in by_hand.iter().zip(&documents) {
            assert_eq!(check::masked(by_hand)?, check::masked(document)?);
            assert_eq!(by_hand.len(), document.len());
        }
        assert_eq!(check::masked(hand.alone())?, check::masked(&documents[1])?);
        Ok(())
    }
}
