//! The target `datagrams`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| xray_phantom_fuzz::datagrams(input));
