//! The mirror of a running daemon: synced on its schedule, beside everything else and in the way of nothing.

use std::sync::Arc;

use super::{Step, SyncFault, Tell, sync};
use crate::daemon::Fault;
use crate::known::mirror::{MirrorError, Standing};
use crate::office::Office;
use crate::perform::Peers;

/// Syncs whenever the schedule says so. A fault is a line in the log and stands in the mirror itself, where `status` and
/// the figures read it; it never ends the daemon.
///
/// # Errors
/// None but the end of the runtime.
pub(in crate::daemon) async fn keep_syncing(office: &Arc<Office>, peers: &Arc<Peers>) -> Result<(), Fault> {
    let Some(cron) = office.config.known.sync.clone() else { return std::future::pending().await };
    let clock = Arc::clone(&office.outside.clock);
    // A first start has no mirror and does not wait for its turn.
    let path = office.config.state_dir.join(super::MIRROR_FILE);
    let standing =
        tokio::task::spawn_blocking(move || Standing::of(&path)).await.map_err(|_| Fault::Stopped)?;
    let mut is_due =
        matches!(&standing, Ok(None)) || standing.is_ok_and(|found| found.is_some_and(|s| !s.synced));
    loop {
        if !is_due {
            let Some(next) = cron.next_after(clock.now()) else { return std::future::pending().await };
            clock.sleep_until(next).await;
        }
        is_due = false;
        match sync(&office.config, Arc::clone(&peers.github), Arc::clone(&clock), lines()).await {
            Ok(report) => {
                let faults = report.faults().count();
                tracing::info!(sources = report.sources.len(), faults, "the mirror was synced");
            }
            Err(SyncFault::Mirror(MirrorError::Syncing)) => {
                tracing::info!("another process syncs the mirror");
            }
            Err(SyncFault::Stopped) => return Err(Fault::Stopped),
            Err(fault) => tracing::warn!(%fault, "the mirror was not synced"),
        }
    }
}

/// One line a source.
pub(crate) fn lines() -> Tell {
    Arc::new(|step| match step {
        Step::Begins(_) | Step::Bytes(..) | Step::Records(_) => {}
        Step::Done(done) => match (&done.fault, &done.note) {
            (Some(fault), _) => tracing::warn!(source = %done.name, %fault, "a source of the mirror failed"),
            (None, Some(note)) => {
                tracing::info!(source = %done.name, records = done.records, %note, "a source of the mirror");
            }
            (None, None) => tracing::info!(
                source = %done.name, records = done.records, new = done.added, changed = done.changed,
                unchanged = done.unchanged, "a source of the mirror"
            ),
        },
    })
}
