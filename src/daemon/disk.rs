//! Free space: under the limit no mail is fetched, while what is held is still worked on and sent.

use std::path::Path;
use std::sync::Arc;

use super::commit;
use super::poll::PollFault;
use crate::case::Alarm;
use crate::office::Office;

/// Free bytes for us on the disk of that directory; `None` when the system does not say.
pub fn free(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether space is so low that nothing more is taken in.
pub(super) fn is_low(office: &Office) -> bool {
    free(&office.config.state_dir).is_some_and(|free| free < office.config.limits.free_disk_bytes)
}

/// Raises the alarm when space is low, ends it when there is some again.
///
/// # Errors
/// [`PollFault::DiskLow`], or a fault of the store.
pub(super) async fn check(office: &Arc<Office>) -> Result<(), PollFault> {
    let low = is_low(office);
    let now = office.outside.clock.now();
    let raised =
        office.store.read(|txn| Ok(txn.alarms()?.iter().any(|(word, _)| word == Alarm::DiskLow.word())))?;
    if low != raised {
        let office_in = Arc::clone(office);
        office
            .store
            .write("disk", move |txn| {
                if low {
                    commit::alarm_once(&office_in, txn, Alarm::DiskLow.word(), &Alarm::DiskLow, now)
                } else {
                    txn.clear(Alarm::DiskLow.word()).map(|_| ())
                }
            })
            .await?;
    }
    if low { Err(PollFault::DiskLow) } else { Ok(()) }
}
