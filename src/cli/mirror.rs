//! `mirror`: what is publicly known, fetched, taken from files, and looked at.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::arguments::MirrorWhat;
use super::house;
use super::out::{Out, facts, table};
use super::{AGAIN, CONFIG, FAULTS, OK, Stop};
use crate::config::Config;
use crate::daemon::sync::{self, MIRROR_FILE, SourceDone, Step, SyncFault, Tell};
use crate::known::Mirror;
use crate::known::mirror::{
    FeedDone, ImportReport, MirrorError, MirrorStatus, Progress, SourceRow, Standing,
};
use crate::mail::visible_line;
use crate::perform::github_client;
use crate::render::when;
use crate::store::private_dir;

/// Names of unreadable records that are shown of a feed.
const SHOWN: usize = 5;

pub(super) async fn go(what: MirrorWhat, config: &Config, out: &Out) -> Result<u8, Stop> {
    match what {
        MirrorWhat::Sync => sync_now(config, out).await,
        MirrorWhat::Import { paths } => import(&paths, config, out),
        MirrorWhat::Status => status(config, out),
    }
}

/// The mirror, made if it is not there.
pub(super) fn mirror(config: &Config) -> Result<Mirror, Stop> {
    let dir = &config.state_dir;
    private_dir(dir).map_err(|error| Stop::fault(format!("cannot make {}: {error}", dir.display())))?;
    let path = dir.join(MIRROR_FILE);
    sync::open_mirror(dir).map_err(|fault| {
        let Stop { code, what } = Stop::from(fault);
        Stop::new(code, format!("{}: {what}", path.display()))
    })
}

impl From<MirrorError> for Stop {
    fn from(fault: MirrorError) -> Self {
        let code = match &fault {
            MirrorError::Busy | MirrorError::Syncing => AGAIN,
            MirrorError::Newer { .. } => CONFIG,
            MirrorError::Sqlite(_)
            | MirrorError::File { .. }
            | MirrorError::Feed { .. }
            | MirrorError::Broken => FAULTS,
        };
        Self::new(code, fault.to_string())
    }
}

impl From<SyncFault> for Stop {
    fn from(fault: SyncFault) -> Self {
        match fault {
            SyncFault::Mirror(fault) => fault.into(),
            SyncFault::Setup(_) => Self::new(CONFIG, fault.to_string()),
            SyncFault::Stopped => Self::fault(fault.to_string()),
        }
    }
}

/// Fetches what changed: a bar on a terminal, a line a source otherwise.
async fn sync_now(config: &Config, out: &Out) -> Result<u8, Stop> {
    // Told at once, before anybody is asked, when the state directory cannot be used.
    drop(mirror(config)?);
    let github = github_client(config).map_err(|fault| Stop::new(CONFIG, fault.to_string()))?;
    let drawn = ProgressBar::new_spinner();
    let tell: Tell = match (out.is_json(), std::io::stderr().is_terminal()) {
        (true, _) => Arc::new(|_| {}),
        (false, true) => bar(drawn.clone()),
        (false, false) => lines(),
    };
    let clock = house::outside().clock;
    let synced = Box::pin(sync::sync(config, Arc::new(github), clock, tell)).await;
    drawn.finish_and_clear();
    let report = synced?;
    out.either(&json!(report), || {
        let rows: Vec<Vec<String>> = report.sources.iter().map(row).collect();
        table(&["source", "records", "new", "changed", "unreadable", "result"], &rows)
    });
    Ok(if report.faults().next().is_some() { FAULTS } else { OK })
}

fn row(done: &SourceDone) -> Vec<String> {
    vec![
        done.name.clone(),
        done.records.to_string(),
        done.added.to_string(),
        done.changed.to_string(),
        done.unreadable.to_string(),
        result(done),
    ]
}

fn result(done: &SourceDone) -> String {
    match (&done.fault, &done.note, done.unchanged) {
        (Some(fault), _, _) => format!("FAILED: {fault}"),
        (None, Some(note), _) => note.clone(),
        (None, None, true) => "as it was".to_owned(),
        (None, None, false) => "taken in".to_owned(),
    }
}

/// One line a source, on standard error.
fn lines() -> Tell {
    let out = Mutex::new(Out::new(false));
    Arc::new(move |step| {
        if let Step::Done(done) = step {
            let out = out.lock().unwrap_or_else(PoisonError::into_inner);
            out.tell(&format!("{}: {} records, {}", done.name, done.records, result(done)));
        }
    })
}

/// A bar, drawn on standard error. What it prints went through [`visible_line`]: names come from us, faults may not.
fn bar(bar: ProgressBar) -> Tell {
    let bytes = style("{msg:24} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}");
    let spin = style("{msg:24} {spinner} {human_pos} {elapsed}");
    Arc::new(move |step| match step {
        Step::Begins(name) => {
            bar.set_style(spin.clone());
            bar.reset();
            bar.set_message(visible_line(name));
        }
        Step::Bytes(read, of) => {
            if let Some(of) = of {
                bar.set_style(bytes.clone());
                bar.set_length(*of);
            }
            bar.set_position(*read);
        }
        Step::Records(records) => bar.set_position(*records),
        Step::Done(done) => {
            let line = format!("{}: {} records, {}", done.name, done.records, result(done));
            bar.println(visible_line(&line));
        }
    })
}

/// A template of ours; the library's own bar where it does not take it.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Takes feed files and package lists from disk: a bar on a terminal, a line a feed otherwise.
fn import(paths: &[PathBuf], config: &Config, out: &Out) -> Result<u8, Stop> {
    let mirror = mirror(config)?;
    let is_cmake = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("cmake"));
    let (lists, feeds): (Vec<PathBuf>, Vec<PathBuf>) = paths.iter().cloned().partition(is_cmake);
    let now = house::now();
    let packages = match lists.as_slice() {
        [] => None,
        lists => Some(sync::import_cmake(&mirror, lists, now)?),
    };
    let drawn = match (out.is_json(), std::io::stderr().is_terminal()) {
        (false, true) => {
            ProgressBar::new(0).with_style(style("{msg:32} [{bar:30}] {pos} of {len} feeds, {elapsed}"))
        }
        (true, _) | (false, false) => ProgressBar::hidden(),
    };
    let mut tell = |progress: &Progress| {
        let Progress { feed, done, of, records } = progress;
        drawn.set_length(u64::try_from(*of).unwrap_or(u64::MAX));
        drawn.set_position(u64::try_from(*done).unwrap_or(u64::MAX));
        drawn.set_message(visible_line(&format!("{feed}, {records} records so far")));
        if drawn.is_hidden() && !out.is_json() && done < of {
            out.tell(&format!("feed {feed} ({} of {of}), {records} records so far", done + 1));
        }
    };
    let report = match feeds.as_slice() {
        [] => ImportReport::default(),
        feeds => mirror.import(feeds, now, &mut tell)?,
    };
    drawn.finish_and_clear();
    let row = |feed: &FeedDone| {
        let fault = feed.fault.clone().unwrap_or_else(|| "taken in".to_owned());
        vec![
            feed.name.clone(),
            feed.records.to_string(),
            feed.added.to_string(),
            feed.changed.to_string(),
            feed.bad.to_string(),
            fault,
        ]
    };
    let head = ["feed", "records", "new", "changed", "unreadable", "result"];
    out.either(&json!({ "feeds": report.feeds, "packages": packages }), || {
        let packages = packages.map(|n| format!("{n} packages named by {} lists", lists.len()));
        let rows: Vec<Vec<String>> = report.feeds.iter().map(row).collect();
        let feeds = (!rows.is_empty()).then(|| table(&head, &rows));
        packages.into_iter().chain(feeds).collect::<Vec<_>>().join("\n\n")
    });
    Ok(if report.failed() { FAULTS } else { OK })
}

/// Whether a mirror of that age counts as old.
pub(super) fn is_stale(standing: Option<&Standing>, config: &Config, now: Timestamp) -> bool {
    config.known.nvd && Standing::is_old(standing, config.known.stale_days, now)
}

/// Sources, ages, counts, coverage.
fn status(config: &Config, out: &Out) -> Result<u8, Stop> {
    let mirror = mirror(config)?;
    let (status, sources) = (mirror.status()?, mirror.sources()?);
    let standing = Standing::of(mirror.path())?;
    let now = house::now();
    let stale = is_stale(standing.as_ref(), config, now);
    let faults = sources.iter().filter(|row| row.fault.is_some()).count();
    let value = json!({
        "age": status.age, "feeds": status.feeds, "years": status.years, "advisories": status.advisories,
        "issues": status.issues, "cases": status.cases, "bytes": status.bytes,
        "sources": sources, "stale": stale, "faults": faults,
    });
    out.either(&value, || as_text(&status, &sources, stale, config, now));
    Ok(if stale || faults > 0 { FAULTS } else { OK })
}

/// The NVD's own stamp, as people read an instant.
fn newest(stamp: &str) -> String {
    stamp.parse().map_or_else(|_| stamp.to_owned(), |at| when::medium(at, &TimeZone::UTC))
}

fn as_text(
    status: &MirrorStatus,
    sources: &[SourceRow],
    stale: bool,
    config: &Config,
    now: Timestamp,
) -> String {
    let ago = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| when::relative(at, now));
    let bad: u64 = status.feeds.iter().map(|feed| feed.bad).sum();
    let old = if stale { format!(", OLD (over {} days)", config.known.stale_days) } else { String::new() };
    let rows = [
        ("Records", status.age.records.to_string()),
        ("Newest", newest(&status.age.stamp)),
        ("Taken in", format!("{}{old}", ago(status.age.taken_at))),
        ("O3DE's", format!("{} advisories, {} issues", status.advisories, status.issues)),
        ("Unreadable", format!("{bad} records")),
        ("File", format!("{} MiB", status.bytes >> 20)),
    ];
    let mut text = facts(&rows);
    if !sources.is_empty() {
        let rows: Vec<Vec<String>> = sources
            .iter()
            .map(|row| {
                let fault = row.fault.clone().unwrap_or_default();
                vec![row.name.clone(), ago(row.good_at), ago(row.tried_at), fault]
            })
            .collect();
        text.push_str(&format!("\n\n{}", table(&["source", "good", "tried", "last fault"], &rows)));
    }
    let unreadable: Vec<String> = status
        .feeds
        .iter()
        .flat_map(|feed| feed.unreadable.iter().take(SHOWN).map(|why| format!("{}: {why}", feed.name)))
        .collect();
    if !unreadable.is_empty() {
        text.push_str(&format!("\n\nUnreadable:\n{}", unreadable.join("\n")));
    }
    let years: Vec<Vec<String>> = status
        .years
        .iter()
        .map(|year| {
            [
                year.year.to_string(),
                year.records.to_string(),
                year.with_cpe.to_string(),
                year.rejected.to_string(),
            ]
            .into()
        })
        .collect();
    let years = table(&["year", "records", "with products", "rejected"], &years);
    format!("{text}\n\n{years}")
}

/// The mirror in a few words, for `status`.
pub(super) struct Brief {
    /// For programs.
    pub(super) value: Value,
    /// For people.
    pub(super) text: String,
    /// What somebody must look at.
    pub(super) wrong: Vec<String>,
}

/// Looks at the mirror; none is made.
pub(super) fn brief(config: &Config, now: Timestamp) -> Brief {
    let standing = match Standing::of(&config.state_dir.join(MIRROR_FILE)) {
        Ok(standing) => standing,
        Err(fault) => {
            let text = format!("cannot be read: {fault}");
            let wrong = vec![format!("the mirror {text}")];
            return Brief { value: json!({ "fault": text }), text, wrong };
        }
    };
    let stale = is_stale(standing.as_ref(), config, now);
    let mut wrong = Vec::new();
    if stale {
        wrong.push(match standing.as_ref().and_then(|standing| standing.nvd_at) {
            Some(at) => {
                format!("the mirror is old: {} (`sir-intake mirror status`)", when::relative(at, now))
            }
            None => "no mirror yet (`sir-intake mirror sync`)".to_owned(),
        });
    }
    let Some(standing) = standing else {
        return Brief { value: Value::Null, text: "none yet".to_owned(), wrong };
    };
    if !standing.faults.is_empty() {
        let names: Vec<&str> = standing.faults.iter().map(|(name, _)| name.as_str()).collect();
        wrong.push(format!("sources of the mirror failed: {}", names.join(", ")));
    }
    let at = standing.nvd_at.map_or_else(|| "never".to_owned(), |at| when::relative(at, now));
    let text = format!("{} records, NVD taken in {at}", standing.records);
    let value = json!({
        "records": standing.records, "nvd_at": standing.nvd_at, "unreadable": standing.unreadable,
        "stale": stale, "faults": standing.faults,
    });
    Brief { value, text, wrong }
}
