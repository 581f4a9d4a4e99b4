//! The configuration: one TOML file, read once, into checked values.
//!
//! Every key is documented in `config.example.toml`. Unknown keys are refused; all mistakes are told at once, each with
//! its place and what to do. Secrets come from files that the file names. There is no reload: a restart is free of side
//! effects. This is the only place that reads the environment (`CREDENTIALS_DIRECTORY`,
//! systemd.exec(5), and `RUST_LOG`).

mod believed;
mod commands;
mod cron;
mod known;
mod mistakes;
mod peers;
mod pgp;
mod post;
mod public;
mod raw;
mod runbook;
mod secret;
mod team;
mod url;
mod work;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

pub use believed::{ArPosition, Dkim};
pub use commands::Commands;
pub use cron::Cron;
pub use known::{Known, ProjectName};
pub use mistakes::{Grade, Mistake};
pub use peers::{Discord, Github, GithubLogin};
pub use pgp::Pgp;
pub use post::{Addresses, AfterStore, FirstStart, Login, Mailbox, OAuth, Proof, SentProof, Smtp, SmtpTls};
pub use public::Public;
pub use runbook::{Channel, Runbook};
pub use team::Team;
pub use url::Url;
pub use work::{Clocks, Digest, Limits, LogFormat, LogLevel, Ops, Outbox, ReceiptRule, Receipts, Waiting};

use raw::{Document, Section};

use crate::case::MemberKey;
use crate::case::roster::Role;

/// Largest configuration file that is read.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// How much of the world is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything is done.
    Live,
    /// Everything is decided and nothing outside is done: what would be sent is written to files.
    Shadow,
    /// Only people of the roster get mail, `[PRACTICE]` first in every subject.
    Exercise,
}

/// All settings, checked. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// How much of the world is touched.
    pub mode: Mode,
    /// Where everything is kept.
    pub state_dir: PathBuf,
    /// Templates that go before the built-in ones.
    pub template_dir: Option<PathBuf>,
    /// Where shadow mode writes what it would have sent.
    pub would_send_dir: PathBuf,
    /// The mailbox that is read.
    pub mailbox: Mailbox,
    /// Whose addresses are whose.
    pub addresses: Addresses,
    /// The server that takes our mail.
    pub smtp: Smtp,
    /// The repository of reports.
    pub github: Github,
    /// The team's channel, if any.
    pub discord: Option<Discord>,
    /// The people and their calendar.
    pub team: Team,
    /// How long the team has.
    pub clocks: Clocks,
    /// To whom the machine answers at once.
    pub receipts: Receipts,
    /// Members' commands.
    pub commands: Commands,
    /// The waiting room.
    pub waiting: Waiting,
    /// Bounds on what one mail may cost.
    pub limits: Limits,
    /// The daily letter to members.
    pub digest: Digest,
    /// How the outbox is emptied.
    pub outbox: Outbox,
    /// What is publicly known, and where it is fetched from.
    pub known: Known,
    /// From a confirmed vulnerability to its disclosure.
    pub runbook: Runbook,
    /// Public issues that look like reports.
    pub public: Public,
    /// What the people who run the machine need.
    pub ops: Ops,
    /// `OpenPGP`.
    pub pgp: Pgp,
    /// What does not stop the program but may surprise somebody.
    pub warnings: Vec<Mistake>,
}

/// Reads a configuration file and the secrets that it names; `$CREDENTIALS_DIRECTORY` goes before the folder of the
/// file for relative names of secrets.
///
/// # Errors
/// All mistakes of the file at once, in its order (warnings only together with faults).
pub fn load(path: &Path) -> Result<Config, Vec<Mistake>> {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    load_with(path, credentials.as_deref())
}

/// What `RUST_LOG` asks for; it goes before `ops.log_level`.
pub fn rust_log() -> Option<String> {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    std::env::var("RUST_LOG").ok().filter(|text| !text.is_empty())
}

/// As [`load`], with the directory of credentials given.
///
/// # Errors
/// As [`load`].
pub fn load_with(path: &Path, credentials: Option<&Path>) -> Result<Config, Vec<Mistake>> {
    read(path, credentials).0
}

/// The override directory that a file names, also when the file has faults: so that a check names those of the
/// templates in the same breath.
pub fn template_dir_of(path: &Path) -> Option<PathBuf> {
    let table: toml::Table = fs::read_to_string(path).ok()?.parse().ok()?;
    let name = table.get("template_dir")?.as_str().filter(|name| !name.is_empty())?;
    Some(Document::new(path, "", None).path(name))
}

/// Every key that a configuration may hold, as `section.key`: what the tests compare the example with. Free names (the
/// regions) are not in it.
pub fn keys() -> BTreeSet<String> {
    let text = "[[team.member]]\naway = [{ from = \"2026-01-01\", to = \"2026-01-01\" }]\n\
                [smtp]\nsent_proof = { bcc = \"a@b.example\" }\n\
                [[runbook.embargoed]]\n[[runbook.channel]]\n";
    parse(Path::new("config.toml"), text, None).1
}

/// A configuration or its mistakes, and all keys that were asked for.
type Outcome = (Result<Config, Vec<Mistake>>, BTreeSet<String>);

fn read(path: &Path, credentials: Option<&Path>) -> Outcome {
    let fault = |what: String| {
        let doc = Document::new(path, "", None);
        doc.note(0, Grade::Fault, what, "");
        (Err(doc.mistakes().0), BTreeSet::new())
    };
    let mut bytes = Vec::new();
    match fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > MOST_BYTES => fault(format!("larger than {MOST_BYTES} bytes")),
        Ok(_) => match std::str::from_utf8(&bytes) {
            Ok(text) => parse(path, text, credentials),
            Err(error) => fault(format!("not UTF-8 at byte {}", error.valid_up_to())),
        },
        Err(error) => fault(format!("cannot read this file: {error}")),
    }
}

fn parse(path: &Path, text: &str, credentials: Option<&Path>) -> Outcome {
    let doc = Document::new(path, text, credentials);
    let (table, errors) = DeTable::parse_recoverable(text);
    let torn = !errors.is_empty();
    for error in errors {
        let at = error.span().map_or(text.len(), |span| span.start);
        doc.note(at, Grade::Fault, error.message().trim().replace('\n', ", "), "");
    }
    let mut config = None;
    // A file that is not TOML is told as that alone: what follows from the torn places would only hide them.
    if !torn {
        config = sections(&Section::top(&doc, table.get_ref()));
    }
    let known = doc.known();
    let (faults, warnings) = doc.mistakes();
    let outcome = match config {
        Some(config) if faults.is_empty() => Ok(Config { warnings, ..config }),
        Some(_) | None => Err(faults.into_iter().chain(warnings).collect()),
    };
    (outcome, known)
}

fn sections(top: &Section<'_, '_>) -> Option<Config> {
    let mode = top.word(
        "mode",
        Mode::Live,
        &[("live", Mode::Live), ("shadow", Mode::Shadow), ("exercise", Mode::Exercise)],
    );
    let state_dir = top.doc.path(&top.text("state_dir", "/var/lib/sir-intake"));
    let would_send = top.optional("would_send_dir").map(|name| top.doc.path(&name));
    let template_dir = template_dir(top);
    let mailbox = Mailbox::read(&top.section("mailbox"));
    let addresses = Addresses::read(&top.section("addresses"));
    let smtp = Smtp::read(
        &top.section("smtp"),
        mailbox.as_ref().map(|mailbox| &mailbox.login),
        addresses.as_ref().map(|addresses| &addresses.list),
    );
    let github = Github::read(&top.section("github"));
    let discord = Discord::read(&top.section("discord"));
    let team = Team::read(&top.section("team"));
    let clocks = Clocks::read(&top.section("clocks"));
    let receipts = Receipts::read(&top.section("receipts"));
    let commands = Commands::read(&top.section("commands"));
    let waiting = Waiting::read(&top.section("waiting"));
    let limits = Limits::read(&top.section("limits"));
    let digest = Digest::read(&top.section("digest"), &team.calendar.zone);
    let outbox = Outbox::read(&top.section("outbox"));
    let known = Known::read(&top.section("known"));
    let way = top.section("runbook");
    let runbook = Runbook::read(&way);
    let public = Public::read(&top.section("public"));
    let ops = Ops::read(&top.section("ops"));
    let pgp = Pgp::read(&top.section("pgp"));
    if let Some(addresses) = &addresses {
        strange_members(top, addresses, &team);
    }
    strange_vouchers(&way, &runbook, &team);
    Some(Config {
        mode,
        would_send_dir: would_send.unwrap_or_else(|| state_dir.join("would-send")),
        state_dir,
        template_dir,
        mailbox: mailbox?,
        addresses: addresses?,
        smtp: smtp?,
        github: github?,
        discord,
        team,
        clocks,
        receipts,
        commands,
        waiting,
        limits,
        digest: digest?,
        outbox,
        known: known?,
        runbook,
        public,
        ops,
        pgp,
        warnings: Vec::new(),
    })
}

/// Two people of the team decide on each entry of the embargoed list, and some leave it.
fn strange_vouchers(section: &Section<'_, '_>, runbook: &Runbook, team: &Team) {
    let of_team = |key: &&MemberKey| {
        let known = team.roster.get(key);
        known.is_some_and(|member| member.is(Role::Member) || member.is(Role::Chair))
    };
    for listed in &runbook.embargoed {
        let here = listed.vouched_by.iter().filter(of_team).count();
        if here < 2 {
            let what =
                format!("{here} of those who vouch for {} are members or chairs now", listed.organization);
            section.doubt("embargoed", what, "name two members or chairs in `vouched_by`");
        }
    }
}

/// A member whose address is one of ours would get notices back as mail.
fn strange_members(top: &Section<'_, '_>, addresses: &Addresses, team: &Team) {
    let ours = [Some(&addresses.list), addresses.bot.as_ref()];
    for address in ours.into_iter().flatten() {
        if let Some(member) = team.roster.by_address(address) {
            let what = format!("`{address}` is an address of ours and of the member `{}`", member.key);
            top.wrong("team", what, "notices to that member would come back as mail: give their own address");
        }
    }
}

/// The override of templates must not be writable by the service: who gets into it would write our letters.
fn template_dir(top: &Section<'_, '_>) -> Option<PathBuf> {
    let path = top.doc.path(&top.optional("template_dir")?);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) => {
            top.wrong("template_dir", format!("cannot list {}: {error}", path.display()), "");
            return None;
        }
    };
    let inside: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    let below = inside.iter().filter_map(|path| fs::read_dir(path).ok()).flatten().filter_map(Result::ok);
    let below: Vec<PathBuf> = below.map(|entry| entry.path()).collect();
    for path in std::iter::once(path.clone()).chain(inside).chain(below) {
        if writable(&path) {
            let shown = path.display();
            let remedy = format!("run: chown root {shown}; chmod go-w {shown}");
            top.wrong("template_dir", format!("this program may write to {shown}"), remedy);
        }
    }
    Some(path)
}

/// Whether this process may write there. For root, who may write everywhere, the permission bits of group and others
/// are judged.
fn writable(path: &Path) -> bool {
    if rustix::process::geteuid().is_root() {
        return fs::metadata(path)
            .is_ok_and(|meta| meta.uid() != 0 || meta.permissions().mode() & 0o022 != 0);
    }
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}
