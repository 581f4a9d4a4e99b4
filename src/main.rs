//! Arguments, runtime, one call, exit code.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sir_intake::cli::practice;

#[derive(Parser)]
#[command(version, about)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Practice(practice::Args),
}

fn main() -> ExitCode {
    let line = Line::parse();
    let Ok(runtime) = tokio::runtime::Runtime::new() else { return ExitCode::from(75) };
    let code = match line.command {
        Command::Practice(args) => runtime.block_on(practice::run(args)),
    };
    ExitCode::from(code)
}
