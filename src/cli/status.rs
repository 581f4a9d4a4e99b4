//! `status`: how things are, and whether somebody must look.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::mirror::{self, Brief};
use super::out::{Out, facts};
use super::{FAULTS, OK, Stop, house};
use crate::case::{CaseId, ClockKind};
use crate::config::{Config, Mode};
use crate::daemon;
use crate::render::when;
use crate::store::{Figures, StoreError, Txn, is_held};

/// Clocks that ring within a day are told.
const SOON_MS: i64 = 24 * 3_600_000;

struct Status {
    now: Timestamp,
    figures: Figures,
    clocks: Vec<(ClockKind, u32, u32)>,
    due: Vec<(CaseId, String, Timestamp)>,
    alarms: Vec<(String, Timestamp)>,
    paused: bool,
    runs: bool,
    overdue: bool,
    mirror: Brief,
    swept: Option<Timestamp>,
    sweep_fault: String,
    posted_fault: String,
}

pub(super) fn status(metrics: bool, config: &Config, out: &Out) -> Result<u8, Stop> {
    let now = house::now();
    let window = house::window(config)?;
    if metrics {
        let mut gauges = window.read(|txn| daemon::gather(txn, now))?;
        daemon::gather_mirror(&mut gauges, config);
        out.text(&gauges.render());
        return Ok(OK);
    }
    let status = window.read(|txn| look(txn, config, now))?;
    let status = Status { runs: is_held(&config.state_dir)?, ..status };
    out.either(&status.json(config), || status.text(config));
    Ok(if status.wrong().is_empty() { OK } else { FAULTS })
}

fn look(txn: &Txn<'_>, config: &Config, now: Timestamp) -> Result<Status, StoreError> {
    let figures = txn.figures()?;
    let limit = SignedDuration::try_from(config.ops.poll_overdue).unwrap_or(SignedDuration::MAX);
    Ok(Status {
        now,
        overdue: figures.last_poll.is_none_or(|at| now.duration_since(at) >= limit),
        clocks: txn.clocks(now)?,
        due: txn.clocks_within(now, SOON_MS)?,
        alarms: txn.alarms()?,
        paused: txn.is_paused()?,
        runs: false,
        figures,
        mirror: mirror::brief(config, now),
        swept: txn.meta_instant(daemon::SWEEP_GOOD)?,
        sweep_fault: txn.meta(daemon::SWEEP_FAULT)?.unwrap_or_default(),
        posted_fault: txn.meta(daemon::POSTED_FAULT)?.unwrap_or_default(),
    })
}

impl Status {
    fn mails(&self, fate: &str) -> u64 {
        self.figures.mails.iter().filter(|(word, _)| word == fate).map(|(_, count)| count).sum()
    }

    fn effects(&self, state: &str) -> u64 {
        self.figures.outbox.iter().filter(|lane| lane.state == state).map(|lane| lane.count).sum()
    }

    /// What somebody must look at, each in a few words.
    fn wrong(&self) -> Vec<String> {
        let mut wrong: Vec<String> = self.alarms.iter().map(|(word, _)| format!("alarm {word}")).collect();
        let mut some = |count: u64, what: &str| wrong.extend((count > 0).then(|| format!("{count} {what}")));
        some(self.effects("unknown"), "effects of unknown outcome (`sir-intake outbox list`)");
        some(self.effects("parked"), "effects parked (`sir-intake outbox list`)");
        some(self.mails("parked"), "mails parked (`sir-intake parked list`)");
        for (kind, _, broken) in &self.clocks {
            let what = match kind {
                ClockKind::Acknowledge => "cases not acknowledged in time (`sir-intake cases list late`)",
                ClockKind::Owner => "cases without an owner for too long (`sir-intake cases list late`)",
                ClockKind::Assessment
                | ClockKind::Meeting
                | ClockKind::Contact
                | ClockKind::Update
                | ClockKind::Agreement
                | ClockKind::Disclosure
                | ClockKind::Cve
                | ClockKind::Prep
                | ClockKind::Stall => {
                    some(u64::from(*broken), &format!("cases where it is late to {}", kind.task()));
                    continue;
                }
                // Nobody of the team is late.
                ClockKind::Information => continue,
            };
            some(u64::from(*broken), what);
        }
        if self.overdue {
            wrong.push("no good poll lately".to_owned());
        }
        wrong.extend(self.mirror.wrong.iter().cloned());
        if !self.sweep_fault.is_empty() {
            wrong.push(format!("private reports on GitHub: {}", self.sweep_fault));
        }
        if !self.posted_fault.is_empty() {
            wrong.push(format!("public issues on GitHub: {}", self.posted_fault));
        }
        wrong
    }

    fn json(&self, config: &Config) -> Value {
        let figures = &self.figures;
        let mails: serde_json::Map<String, Value> =
            figures.mails.iter().map(|(fate, count)| (fate.clone(), json!(count))).collect();
        let outbox: Vec<Value> = figures
            .outbox
            .iter()
            .map(|lane| json!({ "lane": lane.lane, "state": lane.state, "count": lane.count }))
            .collect();
        let clocks: Vec<Value> = self
            .clocks
            .iter()
            .map(|(kind, running, broken)| json!({ "clock": kind, "running": running, "broken": broken }))
            .collect();
        let due: Vec<Value> = self
            .due
            .iter()
            .map(|(case, clock, at)| json!({ "case": case, "clock": clock, "due_at": at }))
            .collect();
        let alarms: Vec<Value> =
            self.alarms.iter().map(|(word, at)| json!({ "alarm": word, "since": at })).collect();
        json!({
            "wrong": self.wrong(),
            "running": self.runs,
            "mode": mode(config.mode),
            "paused": self.paused,
            "last_good_poll": figures.last_poll,
            "poll_age_s": figures.last_poll.map(|at| self.now.duration_since(at).as_secs()),
            "poll_overdue": self.overdue,
            "shown": figures.shown, "held": figures.held, "missing": figures.missing, "gone": figures.gone,
            "cases": figures.cases,
            "mails": mails,
            "waiting": self.mails("waiting"),
            "parked_mails": self.mails("parked"),
            "parked_effects": self.effects("parked"),
            "unknown": self.effects("unknown"),
            "outbox": outbox,
            "clocks": clocks,
            "clocks_due": due,
            "alarms": alarms,
            "mirror": self.mirror.value,
            "last_good_sweep": self.swept,
            "sweep_fault": Some(&self.sweep_fault).filter(|fault| !fault.is_empty()),
            "public_issues_fault": Some(&self.posted_fault).filter(|fault| !fault.is_empty()),
        })
    }

    fn text(&self, config: &Config) -> String {
        let zone = &config.team.calendar.zone;
        let figures = &self.figures;
        let poll = figures.last_poll.map_or_else(
            || "never".to_owned(),
            |at| format!("{} ({})", when::medium(at, zone), when::relative(at, self.now)),
        );
        let runs = if self.runs { "runs" } else { "does not run" };
        let paused = if self.paused { ", PAUSED: effects wait" } else { "" };
        let mails: Vec<String> = figures.mails.iter().map(|(fate, n)| format!("{n} {fate}")).collect();
        let mut rows = vec![
            ("Daemon", format!("{runs}, mode {}{paused}", mode(config.mode))),
            ("Last good poll", poll),
            (
                "On the server",
                format!(
                    "{} shown, {} held, {} not held, {} of ours removed by people",
                    figures.shown, figures.held, figures.missing, figures.gone
                ),
            ),
            ("Cases", figures.cases.to_string()),
            ("Mails", if mails.is_empty() { "none".to_owned() } else { mails.join(", ") }),
        ];
        for lane in &figures.outbox {
            rows.push(("Outbox", format!("{}: {} {}", lane.lane, lane.count, lane.state)));
        }
        for (kind, running, broken) in &self.clocks {
            rows.push(("Clocks", format!("{}: {running} running, {broken} broken", kind.word())));
        }
        for (case, clock, at) in &self.due {
            rows.push(("Due", format!("{case} {clock} {}", when::relative(*at, self.now))));
        }
        for (word, at) in &self.alarms {
            rows.push(("Alarm", format!("{word}, since {}", when::medium(*at, zone))));
        }
        rows.push(("Mirror", self.mirror.text.clone()));
        if config.known.sweep.is_some() {
            let at = self.swept.map_or_else(|| "never".to_owned(), |at| when::relative(at, self.now));
            rows.push(("GitHub reports", format!("looked for {at}")));
        }
        let wrong = self.wrong();
        rows.push(("Wrong", if wrong.is_empty() { "nothing".to_owned() } else { wrong.join("; ") }));
        facts(&rows)
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live",
        Mode::Shadow => "shadow",
        Mode::Exercise => "exercise",
    }
}
