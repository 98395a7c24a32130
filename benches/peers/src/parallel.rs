//! Two threads at once, beside one.

use std::hint::black_box;
use std::sync::Arc;

use xray_phantom_peers::hand::Hand;
use xray_phantom_peers::receiver::{Receiver, sender};
use xray_phantom_peers::rounds::Series;
use xray_phantom_peers::threads::{Pair, Work};
use xray_phantom_peers::workloads::seg1aws;
use xray_phantom_peers::{Outcome, cases};

/// Which cases there are: by themselves as `{name}, 1 thread`, at once as `{name}, 2 threads`.
pub(crate) const HAND: &str = "hand seg1aws";
/// One recorder, which both threads record with.
pub(crate) const OURS: &str = "seg1aws";
/// One socket, which both threads send through.
pub(crate) const SEND: &str = "send";
/// One recorder, with its one socket.
pub(crate) const OURS_SENT: &str = "seg1aws, sent";

/// Adds a sitting of rounds in which each works by itself, and then with another thread.
pub(crate) fn sitting(series: &mut Series, receiver: &mut Receiver, rounds: usize) -> Outcome {
    let address = receiver.address()?;
    let (recorder, _) = cases::recorder();
    let udp = cases::sending(address)?;
    let socket = Arc::new(sender(address)?);
    let datagram = cases::datagram();
    let made = |name, is_sent, work: Box<dyn Fn() -> Work>| {
        Ok::<_, xray_phantom_peers::Failure>((name, is_sent, Pair::new(|| Ok(work()))?))
    };
    let mut pairs = [
        made(
            HAND,
            false,
            Box::new(|| {
                let mut hand = Hand::default();
                repeated(move || {
                    black_box(hand.segment());
                    Ok(())
                })
            }),
        )?,
        made(
            OURS,
            false,
            Box::new(move || {
                let recorder = recorder.clone();
                repeated(move || {
                    seg1aws(&recorder);
                    Ok(())
                })
            }),
        )?,
        made(
            SEND,
            true,
            Box::new(move || {
                let (socket, datagram) = (Arc::clone(&socket), datagram.clone());
                repeated(move || Ok(socket.send(&datagram).map(drop)?))
            }),
        )?,
        made(
            OURS_SENT,
            true,
            Box::new(move || {
                let udp = udp.clone();
                repeated(move || {
                    seg1aws(&udp);
                    Ok(())
                })
            }),
        )?,
    ];
    // What both threads send has to fit, as nobody drains meanwhile.
    let room = u64::try_from(receiver.room()? / 2)?;
    let mut taken = vec![[Vec::new(), Vec::new()]; pairs.len()];
    let warm_up = rounds.div_ceil(10);
    for round in 0..warm_up + rounds {
        for turn in 0..pairs.len() * 2 {
            let at = (round + turn) % (pairs.len() * 2);
            let (case, is_together) = (at / 2, at % 2 == 1);
            let (name, is_sent, pair) = &mut pairs[case];
            let times = if *is_sent { room.min(MOST) } else { MOST };
            let (seconds, threads) = if is_together {
                (pair.together(times)?, 2)
            } else {
                (pair.alone(times)?, 1)
            };
            let expected = if *is_sent { times * threads } else { 0 };
            receiver
                .drain(expected)
                .map_err(|error| format!("{name}: {error}"))?;
            if round >= warm_up {
                taken[case][usize::from(is_together)].push(seconds);
            }
        }
    }
    for ((name, _, _), [alone, together]) in pairs.iter().zip(taken) {
        series.add(&format!("{name}, 1 thread"), alone);
        series.add(&format!("{name}, 2 threads"), together);
    }
    Ok(())
}

fn repeated(mut once: impl FnMut() -> Outcome + Send + 'static) -> Work {
    Box::new(move |times| (0..times).try_for_each(|_| once()))
}

/// How often each thread does it in a round: a millisecond or so, beside which it does not matter
/// that one thread begins a little later.
const MOST: u64 = 1_000;
