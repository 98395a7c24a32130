//! The target `capture_file`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| xray_phantom_fuzz::capture_file(input));
