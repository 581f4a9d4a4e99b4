//! `doctor`: tries the real set-up, and says of each thing whether it works and what to do. It dials: it logs in to the
//! mailbox, sends it a few mails of its own (which the daemon sets aside as automatic), and asks GitHub and Discord. It
//! changes nothing else.

mod peers;
mod post;

use std::path::Path;

use serde_json::json;

use super::out::Out;
use super::{FAULTS, OK, Stop, house};
use crate::case::roster::Role;
use crate::config::{Config, Dkim, Proof};
use crate::office;
use crate::outside::{NoText, Outside};

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    /// It works.
    Good,
    /// Nobody can say, or it works less than it could.
    Doubt,
    /// It does not work.
    Fault,
}

impl Grade {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Doubt => "look",
            Self::Fault => "FAULT",
        }
    }
}

/// One thing that was tried.
#[derive(Debug, Clone)]
struct Finding {
    /// Stable name, for programs.
    about: &'static str,
    grade: Grade,
    what: String,
    /// What to do; empty when nothing is.
    remedy: String,
}

/// All of them, in the order of trying.
#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn good(&mut self, about: &'static str, what: impl Into<String>) {
        self.0.push(Finding { about, grade: Grade::Good, what: what.into(), remedy: String::new() });
    }

    fn doubt(&mut self, about: &'static str, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { about, grade: Grade::Doubt, what: what.into(), remedy: remedy.into() });
    }

    fn fault(&mut self, about: &'static str, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { about, grade: Grade::Fault, what: what.into(), remedy: remedy.into() });
    }
}

/// Tries everything and prints; exit code 1 when something does not work. `wait_s`: how long a mail may take to arrive.
pub(super) async fn doctor(wait_s: u64, config: &Config, out: &Out) -> Result<u8, Stop> {
    let outside = house::outside();
    let mut report = Report::default();
    disk(&mut report, config);
    keys(&mut report, config, &outside);
    people(&mut report, config);
    terms(&mut report, config, &outside);
    names(&mut report, config, &outside).await;
    if token_in_use(config) {
        let what = "the service runs, and its OAuth token must not be renewed by two";
        report.fault("mailbox", what, "stop the service, run doctor, start it again; mail was not tried");
    } else {
        Box::pin(post::post(&mut report, config, &outside, std::time::Duration::from_secs(wait_s))).await;
    }
    Box::pin(peers::github(&mut report, config)).await;
    peers::discord(&mut report, config).await;
    let faults = report.0.iter().filter(|finding| finding.grade == Grade::Fault).count();
    let rows: Vec<_> = report
        .0
        .iter()
        .map(|f| json!({ "about": f.about, "grade": f.grade.word(), "what": f.what, "remedy": f.remedy }))
        .collect();
    out.either(&json!({ "faults": faults, "findings": rows }), || text(&report, faults));
    Ok(if faults == 0 { OK } else { FAULTS })
}

fn text(report: &Report, faults: usize) -> String {
    let mut lines: Vec<String> = report
        .0
        .iter()
        .map(|f| {
            let remedy = if f.remedy.is_empty() { String::new() } else { format!("; {}", f.remedy) };
            format!("{:<5} {:<12} {}{remedy}", f.grade.word(), f.about, f.what)
        })
        .collect();
    lines.push(match faults {
        0 => "nothing is broken".to_owned(),
        1 => "1 thing is broken".to_owned(),
        count => format!("{count} things are broken"),
    });
    lines.join("\n")
}

/// Whether the daemon holds an OAuth token that only it may renew.
fn token_in_use(config: &Config) -> bool {
    let smtp = config.smtp.login.as_ref().map(|login| &login.proof);
    let rotates = [Some(&config.mailbox.login.proof), smtp].into_iter().flatten().any(|proof| match proof {
        Proof::OAuth(_) => true,
        Proof::Password(_) => false,
    });
    rotates && crate::store::is_held(&config.state_dir).unwrap_or(true)
}

fn disk(report: &mut Report, config: &Config) {
    let dir = &config.state_dir;
    let shown = dir.display();
    if !dir.is_dir() {
        report.doubt(
            "disk",
            format!("{shown} does not exist yet"),
            "the service makes it at its first start",
        );
        return;
    }
    if rustix::fs::access(dir, rustix::fs::Access::WRITE_OK).is_err() {
        report.fault(
            "disk",
            format!("this user may not write to {shown}"),
            "run doctor as the service's user",
        );
    }
    let mib = |bytes: u64| bytes / 1_048_576;
    match crate::daemon::free_bytes(Path::new(dir)) {
        Some(free) if free < config.limits.free_disk_bytes => report.fault(
            "disk",
            format!("{} MiB free for {shown}: no mail is fetched", mib(free)),
            "make room, or lower limits.free_disk_mib",
        ),
        Some(free) if free / 4 < config.limits.free_disk_bytes => {
            report.doubt("disk", format!("{} MiB free for {shown}", mib(free)), "it will be short soon");
        }
        Some(free) => report.good("disk", format!("{} MiB free for {shown}", mib(free))),
        None => report.doubt("disk", format!("the system does not say what is free for {shown}"), ""),
    }
}

fn keys(report: &mut Report, config: &Config, outside: &Outside) {
    match office::ring(config) {
        Err(fault) => report.fault("openpgp", fault.to_string(), "mend the file, or leave the key out"),
        Ok(ring) => match &ring.team {
            None => report.doubt(
                "openpgp",
                "no secret key: what comes encrypted waits for a key holder",
                "give [pgp] secret_key_file",
            ),
            Some(team) if team.certificate().can_receive(outside.clock.now()) => {
                report.good("openpgp", format!("key {} opens", team.certificate().fingerprint()));
            }
            Some(_) => report.fault(
                "openpgp",
                "the team's key is expired, revoked or not for encryption: nobody can write to it",
                "extend it, and publish it anew",
            ),
        },
    }
}

/// Whose terms of the embargoed list end.
fn terms(report: &mut Report, config: &Config, outside: &Outside) {
    let today = config.team.calendar.zone.to_datetime(outside.clock.now()).date();
    for news in config.runbook.embargoed.iter().filter_map(|listed| listed.news(today)) {
        report.doubt("embargoed", news, "ask them, and set `confirmed` of their entry");
    }
}

/// Who of the roster can do what.
fn people(report: &mut Report, config: &Config) {
    if config.addresses.bot.is_none() {
        let remedy = "give the mailbox an address of its own; comments on issues work without";
        report.doubt("commands", "no `bot_address`: commands by mail are off", remedy);
    }
    for member in &config.team.roster.members {
        if member.is(Role::Ops) {
            continue;
        }
        if member.dkim_domains.is_empty() && member.openpgp.is_empty() {
            report.doubt(
                "commands",
                format!("{} cannot command by mail: nothing is pinned", member.key),
                "give `dkim_domains`: the d= in the DKIM-Signature of their mails",
            );
        }
        if member.github.is_none() {
            report.doubt(
                "commands",
                format!("{} cannot command by comments: no `github_id`", member.key),
                "gh api users/LOGIN --jq .id",
            );
        }
    }
}

async fn names(report: &mut Report, config: &Config, outside: &Outside) {
    match config.addresses.dkim {
        Dkim::Provider => {}
        Dkim::Verify => {
            let name = format!("_dmarc.{}.", config.addresses.list.domain());
            match outside.names.texts(&name).await {
                Ok(_) | Err(NoText::Absent) => report.good("names", "the name servers answer"),
                Err(NoText::Unanswered) => report.fault(
                    "names",
                    "the name servers do not answer: no signature can be verified here",
                    "look at /etc/resolv.conf",
                ),
            }
        }
    }
}
