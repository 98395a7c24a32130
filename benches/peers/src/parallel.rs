//! Two threads at once, beside one.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;

use xray_phantom_peers::hand::Hand;
use xray_phantom_peers::receiver::{Receiver, sender};
use xray_phantom_peers::rounds::{Series, count};
use xray_phantom_peers::threads::{Pair, Work};
use xray_phantom_peers::workloads::seg1aws;
use xray_phantom_peers::{Outcome, cases};

/// Which cases there are: by themselves as `{name}, 1 thread`, at once as `{name}, 2 threads`.
pub(crate) const HAND: &str = "hand seg1aws";
/// One recorder, which both threads record with.
pub(crate) const OURS: &str = "seg1aws";
/// One recorder, with its one socket.
pub(crate) const OURS_SENT: &str = "seg1aws, sent";
/// One socket, which both threads send through.
pub(crate) const SEND: &str = "send";

/// Adds a sitting of rounds in which each works by itself, and then with another thread.
pub(crate) fn sitting(series: &mut Series, receiver: &mut Receiver, rounds: usize) -> Outcome {
    let mut contenders = contenders(receiver.address()?)?;
    for contender in &mut contenders {
        contender.calibrate(receiver)?;
    }
    let warm_up = rounds.div_ceil(10);
    let turns = contenders.len() * 2;
    for round in 0..warm_up + rounds {
        for turn in 0..turns {
            let at = (round + turn) % turns;
            let nanos = contenders[at / 2].measure(at % 2 == 1, receiver)?;
            if round >= warm_up {
                contenders[at / 2].taken[at % 2].push(nanos);
            }
        }
    }
    for contender in contenders {
        let [alone, together] = contender.taken;
        series.add(&format!("{}, 1 thread", contender.name), alone);
        series.add(&format!("{}, 2 threads", contender.name), together);
    }
    Ok(())
}

/// What two threads do at once.
struct Contender {
    name: &'static str,
    /// Whether each time is a datagram.
    is_sent: bool,
    pair: Pair,
    /// How often each thread does it in a round.
    times: u64,
    /// Nanoseconds each time, alone and together.
    taken: [Vec<f64>; 2],
}

impl Contender {
    fn new(name: &'static str, is_sent: bool, make: impl Fn() -> Work) -> Outcome<Contender> {
        Ok(Contender {
            name,
            is_sent,
            pair: Pair::new(|| Ok(make()))?,
            times: FEW,
            taken: [Vec::new(), Vec::new()],
        })
    }

    /// Sees how long it takes. Each is at work for as long, so that whatever else the machine does
    /// falls on all alike.
    fn calibrate(&mut self, receiver: &mut Receiver) -> Outcome {
        self.measure(false, receiver)?;
        let nanos = self.measure(false, receiver)?;
        // What both threads send has to fit, as nobody drains meanwhile.
        let room = u64::try_from(receiver.room()? / 2)?;
        let most = if self.is_sent { room.min(MOST) } else { MOST };
        self.times = times_for(nanos, most);
        Ok(())
    }

    fn measure(&mut self, is_together: bool, receiver: &mut Receiver) -> Outcome<f64> {
        let (seconds, threads) = if is_together {
            (self.pair.together(self.times)?, 2)
        } else {
            (self.pair.alone(self.times)?, 1)
        };
        let expected = if self.is_sent {
            self.times * threads
        } else {
            0
        };
        let drained = receiver.drain(expected);
        drained.map_err(|error| format!("{}, on {threads} threads: {error}", self.name))?;
        Ok(seconds * 1e9 / count(self.times))
    }
}

fn contenders(address: SocketAddr) -> Outcome<[Contender; 4]> {
    let by_hand = || {
        let mut hand = Hand::default();
        repeated(move || {
            black_box(hand.segment());
            Ok(())
        })
    };
    let recording = |recorder: xray_phantom::Recorder| {
        move || {
            let recorder = recorder.clone();
            repeated(move || {
                seg1aws(&recorder);
                Ok(())
            })
        }
    };
    let (recorder, _) = cases::recorder();
    let (socket, datagram) = (Arc::new(sender(address)?), cases::datagram());
    let send = || {
        let (socket, datagram) = (Arc::clone(&socket), datagram.clone());
        repeated(move || Ok(socket.send(&datagram).map(drop)?))
    };
    Ok([
        Contender::new(HAND, false, by_hand)?,
        Contender::new(OURS, false, recording(recorder))?,
        Contender::new(OURS_SENT, true, recording(cases::sending(address)?))?,
        Contender::new(SEND, true, send)?,
    ])
}

fn repeated(mut once: impl FnMut() -> Outcome + Send + 'static) -> Work {
    Box::new(move |times| (0..times).try_for_each(|_| once()))
}

/// How often something fits into a round that takes so many nanoseconds each time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the smallest and the largest number are said"
)]
fn times_for(nanos: f64, most: u64) -> u64 {
    ((WINDOW / nanos) as u64).clamp(1, most.max(1))
}

/// For how many nanoseconds each is at work in a round: long enough that it does not matter that one
/// thread begins a little later.
const WINDOW: f64 = 1e6;
/// How often each is done to see how long it takes.
const FEW: u64 = 64;
/// How often each is done in a round, at the most.
const MOST: u64 = 20_000;

#[cfg(test)]
mod tests {
    use xray_phantom_peers::Outcome;
    use xray_phantom_peers::receiver::Receiver;
    use xray_phantom_peers::rounds::Series;

    use crate::parallel::{HAND, OURS, OURS_SENT, SEND, sitting, times_for};

    #[test]
    fn each_is_done_as_often_as_it_fits_into_a_round() {
        assert_eq!(times_for(1e3, 20_000), 1_000);
        assert_eq!(times_for(1.0, 20_000), 20_000);
        assert_eq!(times_for(1e9, 20_000), 1);
        assert_eq!(times_for(0.0, 300), 300);
    }

    #[test]
    fn all_are_measured_alone_and_together_and_all_datagrams_arrive() -> Outcome {
        let mut series = Series::default();
        sitting(&mut series, &mut Receiver::open()?, 2)?;
        for name in [HAND, OURS, OURS_SENT, SEND] {
            for threads in ["1 thread", "2 threads"] {
                assert_eq!(series.of(&format!("{name}, {threads}"))?[0].len(), 2);
            }
        }
        Ok(())
    }
}
