//! Time on the processor, of all threads of this process.

#![expect(unsafe_code, reason = "the standard library does not ask for it")]

use std::mem::MaybeUninit;

use crate::Outcome;

/// The seconds that all threads of this process have spent on a processor so far, in the program and
/// in the kernel, as `getrusage` has them: to the microsecond.
pub fn seconds() -> Outcome<f64> {
    let mut usage = MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: the pointer is to a place of the type that the call fills.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    if answer != 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    // SAFETY: the call succeeded, so that it has filled the place.
    let usage = unsafe { usage.assume_init() };
    Ok(of(usage.ru_utime) + of(usage.ru_stime))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no process runs for 2^53 microseconds"
)]
fn of(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use crate::Outcome;
    use crate::cpu::seconds;

    #[test]
    fn computing_takes_time_on_the_processor() -> Outcome {
        let before = seconds()?;
        while seconds()? <= before {}
        Ok(())
    }
}
