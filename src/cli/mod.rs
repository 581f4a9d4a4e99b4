//! The command line: one file a subcommand, one place that prints ([`out`]).
//!
//! Commands that look open the store read-only and may run beside the daemon. Commands that change something leave an
//! order in the store: the running daemon takes it, or this process does when nobody holds the lock.

mod arguments;
mod backup;
mod cases;
mod check;
mod docs;
mod doctor;
mod export;
mod findings;
mod house;
mod known;
mod mirror;
mod order;
mod out;
mod outbox;
mod pairs;
mod parked;
mod read;
mod restore;
mod run;
mod status;
mod templates;

use std::ffi::OsString;

pub use arguments::Arguments;

use arguments::Command;
use out::Out;

/// All went well.
pub const OK: u8 = 0;
/// Faults were found, or an order was refused.
pub const FAULTS: u8 = 1;
/// Wrong arguments (`EX_USAGE`).
pub const USAGE: u8 = 64;
/// Try again: another process works here, or a peer could not be reached (`EX_TEMPFAIL`).
pub const AGAIN: u8 = 75;
/// A mistake in the configuration, or a store of a newer version (`EX_CONFIG`).
pub const CONFIG: u8 = 78;

/// Why a command ends early: an exit code and what to tell, in plain English.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stop {
    code: u8,
    what: String,
}

impl Stop {
    fn new(code: u8, what: impl Into<String>) -> Self {
        Self { code, what: what.into() }
    }

    fn fault(what: impl Into<String>) -> Self {
        Self::new(FAULTS, what)
    }
}

/// Reads the arguments; prints help, version or what is wrong with them.
///
/// # Errors
/// The exit code to end with: [`OK`] after help and version, [`USAGE`] otherwise.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, u8> {
    <Arguments as clap::Parser>::try_parse_from(arguments).map_err(|error| {
        // Where nobody listens nothing can be told.
        let _told = error.print();
        if error.use_stderr() { USAGE } else { OK }
    })
}

/// Tells that there is no runtime, and gives the exit code.
pub fn no_runtime(error: &std::io::Error) -> u8 {
    Out::new(false).tell(&format!("cannot start threads: {error}"));
    AGAIN
}

/// Does what the arguments say. Returns the exit code.
pub async fn go(arguments: Arguments) -> u8 {
    let out = Out::new(arguments.json);
    out.quiet_panics();
    let code = match Box::pin(command(arguments, &out)).await {
        Ok(code) => code,
        Err(stop) => {
            out.stopped(stop.code, &stop.what);
            stop.code
        }
    };
    if out.failed() && code == OK { FAULTS } else { code }
}

async fn command(arguments: Arguments, out: &Out) -> Result<u8, Stop> {
    let file = arguments.config.as_deref();
    match arguments.command {
        Command::Run => Box::pin(run::run(house::config(file, out)?)).await,
        Command::Once => run::once(house::config(file, out)?, out).await,
        Command::Check => Ok(check::check(&house::config_path(file), out)),
        Command::Doctor { wait } => doctor::doctor(wait, &house::config(file, out)?, out).await,
        Command::Read { files } => read::read(&files, file, out),
        Command::Cases { what } => Box::pin(cases::cases(what, house::config(file, out)?, out)).await,
        Command::Parked { what } => parked::parked(what, house::config(file, out)?, out).await,
        Command::Outbox { what } => outbox::outbox(what, house::config(file, out)?, out).await,
        Command::Pause => order::one(crate::case::order::Order::Pause, house::config(file, out)?, out).await,
        Command::Resume => {
            order::one(crate::case::order::Order::Resume, house::config(file, out)?, out).await
        }
        Command::Status { metrics } => status::status(metrics, &house::config(file, out)?, out),
        Command::Backup { to } => backup::backup(&to, &house::config(file, out)?, out),
        Command::Restore { from, replace, offline } => {
            let how = restore::How { replace, offline };
            restore::restore(&from, &how, &house::config(file, out)?, out).await
        }
        Command::Known { file: text, pairs } => {
            let config = house::config(file, out)?;
            match (pairs, text) {
                (Some(pairs), _) => pairs::pairs(&pairs, &config, out),
                (None, Some(text)) => known::known(&text, &config, out),
                (None, None) => Err(Stop::new(USAGE, "which file? `-` is standard input")),
            }
        }
        Command::Mirror { what } => mirror::go(what, &house::config(file, out)?, out).await,
        Command::Templates { what } => templates::templates(what, file, out),
        Command::Docs => Ok(docs::docs(&house::config(file, out)?, out)),
        Command::Practice { play, dir } => {
            let play = match play {
                arguments::Play::Day => crate::practice::Play::Day,
                arguments::Play::Life => crate::practice::Play::Life,
            };
            Ok(crate::practice::play(crate::practice::Options { play, dir, json: arguments.json }).await)
        }
    }
}
