//! `sir-intake practice`: a day of mail on stand-ins, for newcomers and for CI.

use std::path::PathBuf;

use crate::practice::{self, Options};

/// Plays a day of mail with the real daemon between stand-ins on this machine, and leaves everything as files.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder to leave everything in, new or empty. Without it, a new one in the system's temporary folder.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Print the diary as JSON, one object a line, and nothing else.
    #[arg(long)]
    json: bool,
}

/// Plays the day. The exit code: 0 when every step held, 1 otherwise.
///
/// It needs a tokio runtime, and no subscriber of log lines: the daemon's go to a file in the folder.
pub async fn run(args: Args) -> u8 {
    practice::play(Options { dir: args.dir, json: args.json }).await
}
