//! What libFuzzer asks of a target beside its check.

use crate::mutator::{Form, crossed, mutated};

/// Mutates the first `size` bytes of `data` into at most `most`, and tells how many there are.
/// `own` is libFuzzer's own way.
pub fn mutate(
    form: Form,
    data: &mut [u8],
    (size, most): (usize, usize),
    seed: u32,
    own: fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let bytes = |text: &[u8]| {
        let most = text.len() + ROOM;
        let mut data = text.to_vec();
        data.resize(most, 0);
        let size = own(&mut data, text.len(), most);
        data.truncate(size);
        data
    };
    match mutated(form, &data[..size], most, seed, &bytes) {
        Some(changed) => written(&changed, data),
        None => own(data, size, most),
    }
}

/// Writes an input of two into `data`, and tells how many bytes it has: 0 where there is none.
pub fn cross(form: Form, (one, other): (&[u8], &[u8]), data: &mut [u8], seed: u32) -> usize {
    let crossed = crossed(form, one, other, data.len(), seed);
    crossed.map_or(0, |crossed| written(&crossed, data))
}

fn written(input: &[u8], data: &mut [u8]) -> usize {
    data[..input.len()].copy_from_slice(input);
    input.len()
}

/// By how many bytes a part of an input may grow at once.
const ROOM: usize = 16;
