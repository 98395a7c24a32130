//! The target `capture_file`.

#![no_main]

use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target, fuzzer_mutate};
use xray_phantom_fuzz::guided::{cross, mutate};
use xray_phantom_fuzz::mutator::Form;

fuzz_target!(|input: &[u8]| xray_phantom_fuzz::capture_file(input));

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    mutate(Form::Lines, data, (size, most), seed, fuzzer_mutate)
});

fuzz_crossover!(|one: &[u8], other: &[u8], data: &mut [u8], seed: u32| {
    cross(Form::Lines, (one, other), data, seed)
});
