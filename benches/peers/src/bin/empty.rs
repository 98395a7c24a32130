//! Says how much of the processor a program has used before `main` that does nothing.

use xray_phantom_peers::{Outcome, cpu};

fn main() -> Outcome {
    println!("{}", cpu::seconds()?);
    Ok(())
}
