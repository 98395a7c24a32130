//! How long the drain rests between two looks at the socket.

use std::time::Duration;

/// The pause of the drain: none during a burst, short while datagrams come, longer and longer
/// while none do.
///
/// A thread that sleeps in `recv` would be woken for every datagram, by and at the cost of the
/// sender. A thread that looks by itself costs the sender nothing. It should look again before a
/// sender can fill the buffer, so that the longest pause follows from its size. When nothing has
/// come for a second it sleeps after all: then an idle daemon costs nothing, and the next sender
/// wakes it once.
#[derive(Debug)]
pub(in crate::capture) struct Rest {
    pause: Duration,
    longest: Duration,
    /// How many looks in a row have found nothing since the last burst.
    quiet: u32,
    /// How long nothing has come.
    idle: Duration,
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) enum Look {
    /// After this pause.
    After(Duration),
    /// At once.
    AtOnce,
    /// When something has come.
    WhenWoken,
}

impl Rest {
    /// For a receive buffer of this many bytes.
    pub(in crate::capture) fn for_buffer(bytes: usize) -> Rest {
        // Half the time in which one sender can fill it.
        let datagrams = u32::try_from(bytes / TYPICAL).unwrap_or(u32::MAX);
        let longest = FASTEST
            .saturating_mul(datagrams / 2)
            .clamp(SHORTEST_IDLE, LONGEST);
        Rest {
            pause: SHORTEST,
            longest,
            quiet: QUIET,
            idle: Duration::ZERO,
        }
    }

    /// What follows a look that found this many datagrams.
    pub(in crate::capture) fn after(&mut self, found: usize) -> Look {
        match found {
            0 => self.quiet = self.quiet.saturating_add(1),
            BURST.. => self.quiet = 0,
            _ => {}
        }
        if self.quiet < QUIET {
            return Look::AtOnce;
        }
        if found > 0 {
            self.pause = SHORTEST;
            self.idle = Duration::ZERO;
        } else {
            self.pause = (self.pause * 2).min(self.longest);
        }
        if self.idle >= IDLE {
            return Look::WhenWoken;
        }
        self.idle += self.pause;
        Look::After(self.pause)
    }
}

/// What the kernel accounts for a datagram of 637 bytes, a segment with one AWS call.
const TYPICAL: usize = 1_280;
/// The time between two sends of a sender that does nothing else.
const FASTEST: Duration = Duration::from_nanos(750);
/// So many datagrams at one look are a burst.
const BURST: usize = 16;
/// So many looks without a datagram end it.
const QUIET: u32 = 100;
const SHORTEST: Duration = Duration::from_micros(250);
/// However small the buffer is: an idle daemon shall not be felt.
const SHORTEST_IDLE: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(20);
/// After so much time without a datagram the drain sleeps.
const IDLE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::capture::rest::{Look, QUIET, Rest};

    #[test]
    fn the_pause_grows_while_nothing_comes_and_is_short_again_when_something_does() {
        let mut rest = Rest::for_buffer(8 << 20);
        let pauses = [9, 0, 0, 0, 0, 0, 1, 0].map(|found| rest.after(found));
        let expected = [250, 500, 1_000, 2_000, 2_457, 2_457, 250, 500];
        assert_eq!(pauses, expected.map(after));
    }

    #[test]
    fn a_burst_is_not_rested_in_until_it_has_been_quiet_for_a_while() {
        let mut rest = Rest::for_buffer(8 << 20);
        assert_eq!(rest.after(1_000), Look::AtOnce);
        assert_eq!(rest.after(3), Look::AtOnce);
        assert!((1..QUIET).all(|_| rest.after(0) == Look::AtOnce));
        assert_eq!(rest.after(0), after(500));
    }

    #[test]
    fn when_nothing_has_come_for_a_second_the_drain_sleeps_until_something_does() {
        let mut rest = Rest::for_buffer(212_992);
        let mut looks = (1..).take_while(|_| rest.after(0) != Look::WhenWoken);
        assert_eq!(looks.by_ref().count(), 502);
        assert_eq!(rest.after(0), Look::WhenWoken);
        assert_eq!(rest.after(1), after(250));
        assert_eq!(rest.after(0), after(500));
    }

    fn after(micros: u64) -> Look {
        Look::After(Duration::from_micros(micros))
    }

    #[test]
    fn an_idle_daemon_looks_every_2_to_20_ms() {
        assert_eq!(Rest::for_buffer(212_992).longest, Duration::from_millis(2));
        assert_eq!(Rest::for_buffer(1 << 30).longest, Duration::from_millis(20));
    }
}
