//! Figures for people and machines: the node-exporter text file, the heartbeat, systemd's watchdog.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Fault;
use super::poll::Gate;
use super::sync::MIRROR_FILE;
use crate::config::Config;
use crate::known::mirror::Standing;
use crate::observe::{self, Gauges};
use crate::office::Office;
use crate::store::{StoreError, Txn};
use crate::wire::heartbeat::Heartbeat;

/// Writes the text file, if one is configured.
pub(super) fn write(office: &Office) -> Result<(), StoreError> {
    let Some(path) = &office.config.ops.metrics_file else { return Ok(()) };
    let now = office.outside.clock.now();
    let mut gauges = office.store.read(|txn| gather(txn, now))?;
    gather_mirror(&mut gauges, &office.config);
    if let Err(error) = gauges.write(path) {
        tracing::warn!(%error, "the metrics file cannot be written");
    }
    Ok(())
}

/// All figures; no value of a mail is among them.
///
/// # Errors
/// A fault of the disk.
pub fn gather(txn: &Txn<'_>, now: jiff::Timestamp) -> Result<Gauges, StoreError> {
    let (figures, clocks, alarms) = (txn.figures()?, txn.clocks(now)?, txn.alarms()?);
    let mut gauges = Gauges::new();
    let number = |n: u64| n as f64;
    for (fate, count) in &figures.mails {
        gauges.set(
            "sir_intake_mails",
            "Mails held, by what became of them",
            &[("fate", fate)],
            number(*count),
        );
    }
    for lane in &figures.outbox {
        let labels = [("lane", lane.lane.as_str()), ("state", lane.state.as_str())];
        gauges.set("sir_intake_effects", "Effects, by lane and state", &labels, number(lane.count));
    }
    for (kind, running, broken) in &clocks {
        let label = [("clock", kind.word())];
        gauges.set("sir_intake_clocks_running", "Promises that run", &label, f64::from(*running));
        gauges.set("sir_intake_clocks_broken", "Promises that are broken", &label, f64::from(*broken));
    }
    gauges.set("sir_intake_cases", "Cases", &[], number(figures.cases));
    gauges.set(
        "sir_intake_uids_shown",
        "Mails the server showed at the last full look",
        &[],
        number(figures.shown),
    );
    gauges.set("sir_intake_uids_held", "Places of mails held", &[], number(figures.held));
    gauges.set("sir_intake_uids_missing", "Mails shown and not held", &[], number(figures.missing));
    gauges.set("sir_intake_alarms", "Alarms raised", &[], alarms.len() as f64);
    gauges.set(
        "sir_intake_sweep_faults",
        "Whether the last look for private reports on GitHub failed",
        &[],
        f64::from(u8::from(txn.meta(super::sweep::FAULT)?.is_some_and(|fault| !fault.is_empty()))),
    );
    if let Some(at) = txn.meta_instant(super::sweep::GOOD)? {
        let seconds = at.as_second() as f64;
        let what = "Unix time of the last good look for private reports on GitHub";
        gauges.set("sir_intake_last_good_sweep_seconds", what, &[], seconds);
    }
    if let Some(at) = figures.last_poll {
        let seconds = at.as_second() as f64;
        gauges.set("sir_intake_last_good_poll_seconds", "Unix time of the last good poll", &[], seconds);
    }
    Ok(gauges)
}

/// How the mirror stands; a mirror that cannot be read counts as one fault.
pub fn gather_mirror(gauges: &mut Gauges, config: &Config) {
    let standing = Standing::of(&config.state_dir.join(MIRROR_FILE));
    let (faults, standing) = match &standing {
        Ok(standing) => (standing.as_ref().map_or(0, |standing| standing.faults.len()), standing.as_ref()),
        Err(_) => (1, None),
    };
    let faults = faults as f64;
    gauges.set("sir_intake_mirror_faults", "Sources of the mirror whose last try failed", &[], faults);
    let Some(standing) = standing else { return };
    let (records, bad) = (standing.records as f64, standing.unreadable as f64);
    gauges.set("sir_intake_mirror_records", "Public records in the mirror", &[], records);
    gauges.set("sir_intake_mirror_unreadable", "Records of feeds that could not be read", &[], bad);
    if let Some(at) = standing.nvd_at {
        let seconds = at.as_second() as f64;
        gauges.set("sir_intake_mirror_taken_seconds", "Unix time when NVD was taken in last", &[], seconds);
    }
}

/// Feeds the watchdog by real progress, writes the figures, and beats the heart after good polls.
pub(super) async fn keep_writing(office: &Arc<Office>, gate: &Gate) -> Result<(), Fault> {
    tokio::try_join!(keep_figures(office), keep_heart(office, gate), keep_watchdog(office, gate))?;
    Ok(())
}

async fn keep_figures(office: &Arc<Office>) -> Result<(), Fault> {
    loop {
        write(office)?;
        office.outside.clock.sleep(office.config.ops.metrics_every).await;
    }
}

async fn keep_heart(office: &Arc<Office>, gate: &Gate) -> Result<(), Fault> {
    let url = office.config.ops.heartbeat_url.clone();
    let heart = url.and_then(|url| Heartbeat::new(url, Duration::from_secs(20)).ok());
    let Some(heart) = heart else { return std::future::pending().await };
    let mut polls = gate.polls.subscribe();
    while polls.changed().await.is_ok() {
        if let Err(error) = heart.beat().await {
            tracing::warn!(%error, "the heartbeat was not taken");
        }
    }
    Ok(())
}

/// The watchdog is fed only while polls (also failing ones) go on and the store answers.
async fn keep_watchdog(office: &Arc<Office>, gate: &Gate) -> Result<(), Fault> {
    announce(office, gate).await;
    let Some(every) = observe::watchdog_every() else { return std::future::pending().await };
    let mut seen = gate.progress.load(Ordering::Relaxed);
    let mut still = 0_u32;
    // An IDLE may be silent for minutes: so many halves of the watchdog's span without a poll are no fault.
    let patience = patience(office, every);
    loop {
        office.outside.clock.sleep(every).await;
        // The writer answers, or this waits and systemd notices.
        office.store.write("watchdog", |txn| txn.set_meta("watchdog", "fed")).await?;
        let moved = gate.progress.load(Ordering::Relaxed);
        still = if moved == seen { still.saturating_add(1) } else { 0 };
        seen = moved;
        if still <= patience {
            observe::notify_alive();
        }
    }
}

fn patience(office: &Office, every: Duration) -> u32 {
    let mailbox = &office.config.mailbox;
    let silent =
        mailbox.idle_max + mailbox.backoff_cap + mailbox.connect_timeout + mailbox.command_timeout * 4;
    u32::try_from(silent.as_secs() / every.as_secs().max(1)).unwrap_or(u32::MAX).saturating_add(2)
}

/// `READY=1` after the first good poll, or "degraded" after a while: the store works and mail is not lost.
async fn announce(office: &Arc<Office>, gate: &Gate) {
    let mut polls = gate.polls.subscribe();
    let first = async { polls.wait_for(|polls| *polls > 0).await.map(|_| ()) };
    tokio::select! {
        _ = first => observe::notify_ready("taking mail in"),
        () = office.outside.clock.sleep(office.config.ops.degraded_after) => {
            observe::notify_ready("degraded: no good poll yet");
            tracing::warn!("ready, degraded: the mailbox was not polled yet");
        }
    }
}
