//! Arguments, runtime, one call, exit code.

use std::process::ExitCode;
use std::time::Duration;

use sir_intake::cli;

fn main() -> ExitCode {
    // Before anything makes a TLS client; nobody else installs one.
    let _first = rustls::crypto::ring::default_provider().install_default();
    let arguments = match cli::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(code) => return ExitCode::from(code),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ExitCode::from(cli::no_runtime(&error)),
    };
    let code = runtime.block_on(cli::go(arguments));
    // A mail that is still being read does not hold up the end: it is stored and read again.
    runtime.shutdown_timeout(Duration::from_secs(2));
    ExitCode::from(code)
}
