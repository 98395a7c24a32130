//! What an input costs when a part of it comes many times.

use std::time::{Duration, Instant};

use crate::seeds::Seed;

/// An input that takes longer than its length allows.
#[derive(Clone, Debug)]
pub struct Slow {
    /// What was repeated, and how often.
    pub what: String,
    /// The time of one call, the shortest of three.
    pub took: Duration,
}

/// Repeats parts of a seed until it is as long as `length`, calls `holds`, and gives back what
/// takes more than `most`.
///
/// Parts are what stands between two signs of JSON, or between two datagrams: a member, a value, an
/// object with its comma, a run of brackets.
pub fn slow(seed: &Seed, holds: fn(&[u8]), length: usize, most: Duration) -> Vec<Slow> {
    let mut slow = Vec::new();
    for (start, end) in parts(&seed.bytes) {
        let (before, part, behind) = (
            &seed.bytes[..start],
            &seed.bytes[start..end],
            &seed.bytes[end..],
        );
        let times = length.saturating_sub(before.len() + behind.len()) / part.len();
        if times < 2 {
            continue;
        }
        let bytes = [before, &part.repeat(times), behind].concat();
        let time = || {
            let begun = Instant::now();
            holds(&bytes);
            begun.elapsed()
        };
        // The machine may have had other things to do.
        let mut took = time();
        for _ in 0..2 {
            if took > most {
                took = took.min(time());
            }
        }
        if took > most {
            let part = String::from_utf8_lossy(part);
            slow.push(Slow {
                what: format!(
                    "{}, bytes {start} to {end}: {times} times {part:?}",
                    seed.name
                ),
                took,
            });
        }
    }
    slow
}

/// Parts of an input that may be repeated, so that what is left is often still JSON.
fn parts(bytes: &[u8]) -> Vec<(usize, usize)> {
    let ends = |byte: &u8| matches!(byte, b',' | b'{' | b'[' | b'}' | b']' | b'"' | b'\n' | 0xff);
    let ends: Vec<usize> = (1..=bytes.len())
        .filter(|end| ends(&bytes[end - 1]))
        .collect();
    let mut parts = Vec::new();
    // Other places in each seed, so that all seeds together show most.
    for place in (bytes.len() % STRIDE..ends.len()).step_by(STRIDE) {
        for step in [1, 2, 4, 5, 8, 20] {
            if let Some(end) = ends.get(place + step) {
                parts.push((ends[place], *end));
            }
        }
    }
    parts
}

/// Of so many places, one is looked at.
const STRIDE: usize = 11;
