//! The program `xray-phantom`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xray_phantom::cli::main()
}
