//! How long the drain rests between two looks at the socket.

use std::time::Duration;

/// The pause of the drain: short while datagrams come, longer and longer while none do.
///
/// A thread that sleeps in `recv` would be woken for every datagram, by and at the cost of the
/// sender: 3.5 to 9 times a bare send was measured. A thread that looks by itself costs the
/// sender nothing. It must look again before a sender can fill the buffer, so that the longest
/// pause follows from its size.
#[derive(Debug)]
pub(in crate::capture) struct Rest {
    pause: Duration,
    longest: Duration,
}

impl Rest {
    /// For a receive buffer of this many bytes.
    pub(in crate::capture) fn for_buffer(bytes: usize) -> Rest {
        // Half the time in which one sender can fill it.
        let datagrams = u32::try_from(bytes / TYPICAL).unwrap_or(u32::MAX);
        let longest = FASTEST
            .saturating_mul(datagrams / 2)
            .clamp(SHORTEST, LONGEST);
        Rest {
            pause: SHORTEST,
            longest,
        }
    }

    /// The next pause, after a look that found this many datagrams.
    pub(in crate::capture) fn after(&mut self, found: usize) -> Duration {
        self.pause = if found > 0 {
            SHORTEST
        } else {
            (self.pause * 2).min(self.longest)
        };
        self.pause
    }
}

/// What the kernel accounts for a datagram of 637 bytes, a segment with one AWS call.
const TYPICAL: usize = 1_280;
/// The time between two sends of a sender that does nothing else.
const FASTEST: Duration = Duration::from_nanos(750);
const SHORTEST: Duration = Duration::from_micros(250);
const LONGEST: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::capture::rest::Rest;

    #[test]
    fn the_pause_grows_while_nothing_comes_and_is_short_again_when_something_does() {
        let mut rest = Rest::for_buffer(8 << 20);
        let pauses: Vec<u128> = [9, 0, 0, 0, 0, 0, 1, 0]
            .map(|found| rest.after(found).as_micros())
            .into();
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 2_457, 2_457, 250, 500]);
    }

    #[test]
    fn a_small_buffer_is_looked_at_often_and_a_large_one_at_least_every_20_ms() {
        assert_eq!(
            Rest::for_buffer(212_992).longest,
            Duration::from_micros(250)
        );
        assert_eq!(Rest::for_buffer(1 << 30).longest, Duration::from_millis(20));
    }
}
