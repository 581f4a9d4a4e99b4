//! What can be said on the command line, and its help.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::case::{CaseId, EffectId, MailId, MemberKey, Sha256};

/// Takes in vulnerability reports by mail: each becomes a case, a private issue and a receipt, and none is lost.
#[derive(Debug, Parser)]
#[command(
    name = "sir-intake",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 well; 1 faults found, or an order refused; 64 wrong arguments; 75 try again \
                  (another process works here, a peer was not reached); 78 configuration, or a newer store."
)]
pub struct Arguments {
    /// The configuration [default: /etc/sir-intake/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Take mail in and do what follows, until told to stop
    Run,
    /// Poll once, do all that is due, and end
    Once,
    /// Name all mistakes of the configuration and the templates at once
    Check,
    /// Try the real set-up: dials every peer, sends the mailbox a few mails of its own; exit code 1 when something is broken
    Doctor {
        /// Seconds for a mail to arrive
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        wait: u64,
    },
    /// Show how the daemon would read these mails; needs no configuration
    Read {
        /// Files, each one mail as it came (RFC 5322)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Cases: look at them, open, take and answer them
    Cases {
        #[command(subcommand)]
        what: Cases,
    },
    /// Mails that wait, or that could not be read
    Parked {
        #[command(subcommand)]
        what: Parked,
    },
    /// What is still to be done in the world
    Outbox {
        #[command(subcommand)]
        what: Outbox,
    },
    /// Go on taking mail in, and let everything else wait
    Pause,
    /// End a pause
    Resume,
    /// How things are; exit code 1 when something is wrong
    Status {
        /// Print the figures for node-exporter's textfile collector instead
        #[arg(long)]
        metrics: bool,
    },
    /// Copy store and keys into a folder; works beside a running daemon
    Backup {
        /// Where to; nothing that is there is overwritten
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Put a backup in place; the daemon must be stopped
    Restore {
        /// A folder that `backup` made
        #[arg(value_name = "FROM")]
        from: PathBuf,
        /// Move the store that is there aside first
        #[arg(long)]
        replace: bool,
        /// Do not ask GitHub what was done since the backup: only to look at it, never to start on it
        #[arg(long)]
        offline: bool,
    },
    /// Is it known already? Candidates for a mail or plain text, earlier cases too, searched on this machine alone
    Known {
        /// A mail or plain text; `-` is standard input
        #[arg(value_name = "FILE", required_unless_present = "pairs", conflicts_with = "pairs")]
        file: Option<PathBuf>,
        /// Measure instead: a file with one {"cve": ..., "text": ...} a line, each asked with its record and without it
        #[arg(long, value_name = "FILE.jsonl")]
        pairs: Option<PathBuf>,
    },
    /// The mirror of public records that `known` searches
    Mirror {
        #[command(subcommand)]
        what: MirrorWhat,
    },
    /// The letters: their templates, and how they will read
    Templates {
        #[command(subcommand)]
        what: Templates,
    },
    /// Print the runbook as it is configured, in Markdown for the public: no name, no address but the list's, no secret
    Docs,
    /// Play on loopback: servers, mails, the real daemon; no account needed
    Practice {
        /// What is played
        #[arg(value_enum, default_value_t)]
        play: Play,
        /// Where to leave what happened [default: a new folder in the temporary directory]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// What `practice` plays.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(super) enum Play {
    /// A day of mail: all kinds of it, and what goes wrong
    #[default]
    Day,
    /// One vulnerability, from the first mail to the public notice
    Life,
}

#[derive(Debug, Subcommand)]
pub(super) enum Templates {
    /// One line a letter: number, name, reader, file, built-in or overridden
    List,
    /// The text of a template, as it is in use
    Show {
        /// As `list` shows it: T08-confirmed, or a number that only one letter has
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// How a letter will read, in all its variants, on made-up data
    Preview {
        /// As `list` shows it
        #[arg(value_name = "NAME")]
        name: String,
        /// With what is known of this case; what is not is named below. Nothing is changed
        #[arg(long, value_name = "SIR")]
        case: Option<CaseId>,
    },
    /// Name all mistakes of all templates at once
    Check,
}

#[derive(Debug, Subcommand)]
pub(super) enum MirrorWhat {
    /// Fetch what changed: NVD, O3DE's advisories, issues and package lists. Nothing that is asked for depends on a
    /// report. A sync that was stopped goes on where it was
    Sync,
    /// Take files from disk: NVD 2.0 feeds, with the .meta beside each, and O3DE's lists (`BuiltInPackages_*.cmake`)
    Import {
        /// Files, or folders of feeds
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Sources, ages, counts, what could not be read, coverage by year; exit code 1 when something is wrong
    Status,
}

#[derive(Debug, Subcommand)]
pub(super) enum Cases {
    /// One line a case
    List {
        /// Which ones
        #[arg(value_enum, default_value_t = Which::Open)]
        which: Which,
        /// Only those of this member
        #[arg(long, value_name = "NAME", value_parser = member)]
        owner: Option<MemberKey>,
    },
    /// Everything that is known about a case: state, what the check found, events, mails, effects
    Show {
        /// Like SIR-2026-0007
        #[arg(value_name = "SIR")]
        case: CaseId,
    },
    /// Write a case's mails, events and letters into a folder
    Export {
        /// Like SIR-2026-0007
        #[arg(value_name = "SIR")]
        case: CaseId,
        /// Where to; nothing that is there is overwritten
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Write this attachment alone, decoded, under its hash
        #[arg(long, value_name = "SHA256", value_parser = sha256)]
        attachment: Option<Sha256>,
    },
    /// Make a case of a mail that waits, is parked or was set aside
    Open {
        /// Its number, as `parked list` shows it
        #[arg(value_name = "MAIL", value_parser = mail, required_unless_present = "waiting")]
        mail: Option<MailId>,
        /// Of every mail in the waiting room
        #[arg(long, conflicts_with = "mail")]
        waiting: bool,
    },
    /// Mails from before the first start that are no case
    History {
        /// Received in so many days until now
        #[arg(long, value_name = "DAYS", default_value_t = 14)]
        days: u16,
    },
    /// Make a case of a mail from before the first start
    Adopt {
        /// Its number, as `cases history` shows it
        #[arg(value_name = "MAIL", value_parser = mail)]
        mail: MailId,
    },
    /// This member takes the case
    Own {
        /// Like SIR-2026-0007
        #[arg(value_name = "SIR")]
        case: CaseId,
        /// Short name of a member
        #[arg(value_name = "NAME", value_parser = member)]
        member: MemberKey,
    },
    /// Letters go in the clear until the next authenticated mail offers an OpenPGP key: for a reporter who has a new one
    ForgetKey {
        /// Like SIR-2026-0007
        #[arg(value_name = "SIR")]
        case: CaseId,
    },
    /// This member answered the reporter, and somebody saw it
    Answered {
        /// Like SIR-2026-0007
        #[arg(value_name = "SIR")]
        case: CaseId,
        /// Short name of the member who answered
        #[arg(long, value_name = "NAME", value_parser = member)]
        by: MemberKey,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    /// Not closed
    Open,
    /// Nobody has taken it
    Unowned,
    /// A promise is broken
    Late,
    /// Every case
    All,
}

#[derive(Debug, Subcommand)]
pub(super) enum Parked {
    /// One line a mail that waits or is parked
    List,
    /// How a mail reads
    Show {
        /// Its number
        #[arg(value_name = "MAIL", value_parser = mail)]
        mail: MailId,
    },
    /// Read a parked mail again
    Retry {
        /// Its number
        #[arg(value_name = "MAIL", value_parser = mail)]
        mail: MailId,
    },
    /// Make a case of it
    Open {
        /// Its number
        #[arg(value_name = "MAIL", value_parser = mail)]
        mail: MailId,
    },
    /// It is no report: set it aside (its bytes are kept)
    Discard {
        /// Its number
        #[arg(value_name = "MAIL", value_parser = mail)]
        mail: MailId,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Outbox {
    /// One line an effect that is not finished
    List {
        /// The last finished ones as well
        #[arg(long)]
        all: bool,
    },
    /// Try it again; a letter of unknown outcome may then come twice
    Retry {
        /// Its number
        #[arg(value_name = "EFFECT", value_parser = effect)]
        effect: EffectId,
    },
    /// Never do it
    Cancel {
        /// Its number
        #[arg(value_name = "EFFECT", value_parser = effect)]
        effect: EffectId,
    },
    /// A letter of unknown outcome was sent: somebody knows
    MarkSent {
        /// Its number
        #[arg(value_name = "EFFECT", value_parser = effect)]
        effect: EffectId,
    },
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "not a number as the lists show it".to_owned())
}

fn mail(text: &str) -> Result<MailId, String> {
    number(text).map(MailId)
}

fn effect(text: &str) -> Result<EffectId, String> {
    number(text).map(EffectId)
}

fn member(text: &str) -> Result<MemberKey, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = !text.is_empty() && text.chars().all(plain);
    good.then(|| MemberKey(text.to_owned())).ok_or_else(|| "not a short name of the roster".to_owned())
}

fn sha256(text: &str) -> Result<Sha256, String> {
    Sha256::try_from(text.to_owned()).map_err(|_| "not a SHA-256 in 64 hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn ids_are_read_strictly() {
        assert_eq!(mail("7"), Ok(MailId(7)));
        for bad in ["", "0", "-1", "x", "99999999999999999999"] {
            assert!(number(bad).is_err(), "{bad}");
        }
        assert!(member("Alice").is_err() && member("").is_err() && member("al-1ce").is_ok());
        assert!(sha256("ab").is_err());
    }
}
