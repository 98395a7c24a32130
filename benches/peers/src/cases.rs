//! The floors, and the recorder.

use std::cell::RefCell;
use std::hint::black_box;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use xray_phantom::model::Timestamp;
use xray_phantom::recorder::ContextMissing;
use xray_phantom::seam::{Ids, ManualClock};
use xray_phantom::wire::{HEADER_LINE, TraceHeader};
use xray_phantom::{Recorder, RecorderBuilder, Sampling};

use crate::common::SEGMENT;
use crate::elsewhere::{Asleep, Elsewhere};
use crate::hand::Hand;
use crate::receiver::sender;
use crate::rounds::Case;
use crate::sink::Sink;
use crate::workloads::{
    HEADER, SERVICE, answer, ask, asynchronous, closure, exc, lambda_sub, lambda_sub_in_progress,
    nocontext, seg, seg1aws, unsampled, unsampled_segment,
};
use crate::{Outcome, check};

/// What a burst of sends has in it: few enough for the receiver, many enough for the clock.
pub const BURST: u64 = 64;
/// So many of what is not sent: a program that records all the time, and not the change to it from
/// something else.
pub const STEADY: u64 = 1_024;
/// How many calls an invocation of a Lambda function makes.
pub const CALLS: u64 = 16;

/// The datagram of the unit S: 637 bytes.
pub fn datagram() -> Vec<u8> {
    format!("{HEADER_LINE}{SEGMENT}").into_bytes()
}

/// What nothing can be faster than.
pub fn floors(receiver: SocketAddr) -> Outcome<Vec<Case>> {
    let atomic = AtomicU64::new(1);
    let send = sender(receiver)?;
    let bare = datagram();
    let asleep = Asleep::start(bare.clone())?;
    let mut hand = Hand::default();
    let (mut order, to_order) = (Hand::default(), sender(receiver)?);
    let (mut call, to_call) = (Hand::default(), sender(receiver)?);
    let (mut twice, to_twice) = (Hand::default(), sender(receiver)?);
    Ok(vec![
        Case::new("A", 16_384, move || {
            black_box(atomic.load(Ordering::Relaxed));
        }),
        Case::new("clock", 512, || {
            black_box(SystemTime::now());
        }),
        Case::new("F", STEADY, move || {
            black_box(hand.segment());
        }),
        Case::fallible("S", BURST, move || Ok(send.send(&bare).map(drop)?)).sends(1),
        Case::timed("S, asleep", 4, move |times| asleep.send(times)),
        Case::fallible("hand seg1aws, sent", BURST, move || {
            Ok(to_order.send(order.segment()).map(drop)?)
        })
        .sends(1)
        .checked(check::order),
        Case::fallible("hand call, sent", BURST, move || {
            Ok(to_call.send(call.alone()).map(drop)?)
        })
        .sends(1)
        .checked(check::call),
        Case::fallible("hand call twice, sent", BURST, move || {
            Ok(twice.twice(|datagram| to_twice.send(datagram).map(drop))?)
        })
        .sends(2)
        .checked(check::call),
        Case::batch("polls, bare", 4_096, |times| {
            drive(pin!(Pending(times)));
            Ok(())
        }),
    ])
}

/// A recorder that records all, and its sink.
pub fn recorder() -> (Recorder, Sink) {
    let sink = Sink::default();
    (into(&sink).build(), sink)
}

fn into(sink: &Sink) -> RecorderBuilder {
    let builder = Recorder::builder(SERVICE).emitter(sink.clone());
    builder.sampling(Sampling::always())
}

/// A recorder that sends to this address.
pub fn sending(receiver: SocketAddr) -> Outcome<Recorder> {
    let builder = Recorder::builder(SERVICE).daemon_address(receiver);
    Ok(builder.sampling(Sampling::always()).try_build()?)
}

/// The recorder, into a sink and over UDP.
pub fn ours(receiver: SocketAddr) -> Outcome<Vec<Case>> {
    let mut cases = vec![
        order("seg1aws", STEADY, seg1aws).checked(check::order),
        order("seg1aws, now and then", BURST, seg1aws).checked(check::order),
        order("seg1aws, closures", STEADY, closure).checked(check::order),
        order("seg10", 64, |recorder| seg(recorder, 10)).checked(|sent| check::orders(sent, 10)),
        order("seg100", 8, |recorder| seg(recorder, 100)).checked(|sent| check::orders(sent, 100)),
        order("exc", STEADY, exc).checked(check::failed),
    ];
    let (recorder, sink) = self::recorder();
    cases.push(
        Case::fallible("seg1aws, futures", STEADY, move || {
            let ready = asynchronous(&recorder);
            ready
                .then_some(())
                .ok_or_else(|| "a future was not ready".into())
        })
        .into_sink(&sink)
        .checked(check::order),
    );
    let udp = sending(receiver)?;
    cases.push(
        Case::new("seg1aws, sent", BURST, move || seg1aws(&udp))
            .sends(1)
            .checked(check::order),
    );
    cases.extend(serialising());
    cases.extend(in_lambda(receiver)?);
    cases.extend(not_recorded()?);
    let (recorder, sink) = self::recorder();
    cases.push(
        Case::batch("polls, in a segment", 4_096, move |times| {
            drive(pin!(recorder.in_segment_infallible(SERVICE, async |_| {
                Pending(times).await;
            })));
            Ok(())
        })
        .into_sink(&sink),
    );
    Ok(cases)
}

/// A whole segment into a sink.
fn order(name: &'static str, times: u64, run: impl Fn(&Recorder) + 'static) -> Case {
    let (recorder, sink) = recorder();
    Case::new(name, times, move || run(&recorder)).into_sink(&sink)
}

/// What there is of serialising by itself: a clock that stands still, ids that are counted.
fn serialising() -> Vec<Case> {
    let still = || ManualClock::at(Timestamp::from_nanos(1_721_763_840_250_113_000));
    let sink = Sink::default();
    let recorder = into(&sink).clock(still()).ids(Ids::sequential()).build();
    let order = Case::new("seg1aws, no clock", STEADY, move || seg1aws(&recorder))
        .into_sink(&sink)
        .checked(check::order);

    let sink = Sink::default();
    let recorder = into(&sink).clock(still()).ids(Ids::sequential()).build();
    let invocation = recorder.lambda_invocation(&TraceHeader::parse(HEADER));
    let call = invocation.begin_subsegment("DynamoDB");
    ask(&call);
    answer(&call);
    let in_progress = Case::new("call in progress, again", STEADY, move || {
        // The invocation stays open with it.
        let _ = &invocation;
        call.send_in_progress();
    });
    vec![
        order,
        in_progress.into_sink(&sink).checked(check::in_progress),
    ]
}

/// Calls in invocations of a Lambda function, [`CALLS`] in each.
fn in_lambda(receiver: SocketAddr) -> Outcome<Vec<Case>> {
    let case = |name, run: fn(&Recorder, &TraceHeader, u64)| {
        let (recorder, header) = (sending(receiver)?, TraceHeader::parse(HEADER));
        let case = Case::batch(name, BURST, move |times| {
            in_invocations(times, |calls| {
                run(&recorder, &header, calls);
                Ok(())
            })
        });
        Ok::<_, crate::Failure>(case.checked(check::call))
    };
    Ok(vec![
        case("lambda_sub, sent", lambda_sub)?.sends(1),
        case("lambda_sub twice, sent", lambda_sub_in_progress)?.sends(2),
    ])
}

/// Shares so many calls between invocations.
pub fn in_invocations(times: u64, mut invocation: impl FnMut(u64) -> Outcome) -> Outcome {
    let mut left = times;
    while left > 0 {
        let calls = left.min(CALLS);
        invocation(calls)?;
        left -= calls;
    }
    Ok(())
}

/// What is not recorded, and what is outside of every segment.
fn not_recorded() -> Outcome<Vec<Case>> {
    let sink = Sink::default();
    let never = into(&sink).sampling(Sampling::never()).build();
    let parent = never.begin_segment(SERVICE);
    let mut cases = vec![
        Case::new("unsampled", 1_024, move || unsampled(&parent))
            .into_sink(&sink)
            .checked(check::nothing),
        Case::new("unsampled segment", 512, move || unsampled_segment(&never))
            .into_sink(&sink)
            .checked(check::nothing),
    ];
    // Whoever is outside asks all recorders of the thread: here it has one, as programs have.
    let sink = Sink::default();
    let of_thread = sink.clone();
    let elsewhere = Elsewhere::start(move || {
        let recorder = into(&of_thread)
            .context_missing(ContextMissing::Ignore)
            .build();
        let before = RefCell::new(recorder.stats().missing);
        let recorder = Rc::new(recorder);
        let run = |times: u64| {
            for _ in 0..times {
                nocontext();
            }
        };
        let settle = move |times: u64| {
            let missing = recorder.stats().missing;
            let noticed = missing - before.replace(missing);
            if noticed == times {
                return Ok(());
            }
            Err(format!("{noticed} of {times} were outside of every segment").into())
        };
        (run, settle)
    })?;
    cases.push(
        Case::timed("nocontext", 4_096, move |times| elsewhere.run(times))
            .into_sink(&sink)
            .checked(check::nothing),
    );
    Ok(cases)
}

/// A future that is ready when it has been polled so many times.
struct Pending(u64);

impl Future for Pending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        Poll::Pending
    }
}

/// Polls a future until it is ready.
fn drive(mut future: Pin<&mut impl Future<Output = ()>>) {
    let mut context = Context::from_waker(Waker::noop());
    while black_box(future.as_mut().poll(&mut context)).is_pending() {}
}
