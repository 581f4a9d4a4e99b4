//! Free space: under the limit no mail is fetched, while what is held is still worked on and sent.

use std::path::Path;

/// Free bytes for us on the disk of that directory; `None` when the system does not say.
pub(super) fn free(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}
