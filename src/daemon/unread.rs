//! Which stored mails are read next, and what becomes of those that nobody can read.

use std::sync::Arc;

use super::{Fault, commit};
use crate::case::{Alarm, MailId};
use crate::office::Office;
use crate::store::{FateWord, MailRow, Note, StoreError};

/// How many mails are read between two transactions, and how many bytes of them.
const BATCH: u32 = 32;
const BATCH_BYTES: u64 = 8 << 20;
/// How often the header alone is tried before a person is asked.
pub(super) const HEADER_TRIES: u32 = 2;

/// Reading it ended the process itself, whole and by its header alone, so often that nobody tries again.
pub(super) fn is_hopeless(office: &Office, row: &MailRow) -> bool {
    row.read_attempts > office.config.limits.read_attempts.saturating_add(HEADER_TRIES)
}

/// Not even the header can be read: the mails are parked and people are told. They must not stop the next ones.
pub(super) async fn park(office: &Arc<Office>, mails: Vec<MailId>) -> Result<usize, Fault> {
    if mails.is_empty() {
        return Ok(0);
    }
    let count = mails.len();
    let now = office.outside.clock.now();
    let office_in = Arc::clone(office);
    office
        .store
        .write("parked", move |txn| {
            mails.iter().try_for_each(|&mail| {
                let why = Some("unreadable".to_owned());
                txn.settle(mail, FateWord::Parked, &Note { why, ..Note::default() })?;
                let alarm = Alarm::MailParked { mail };
                commit::alarm_once(&office_in, txn, &format!("mail-parked-{mail}"), &alarm, now)
            })
        })
        .await?;
    Ok(count)
}

/// The next mails. One that was begun before and never ended is taken alone: its neighbors are not to suffer.
pub(super) fn next_batch(office: &Office) -> Result<Vec<MailRow>, StoreError> {
    let rows = office.store.read(|txn| txn.unread(BATCH))?;
    let mut batch: Vec<MailRow> = Vec::new();
    let mut bytes = 0;
    for row in rows {
        let suspect = row.read_attempts > 0;
        bytes += row.size;
        if !batch.is_empty() && (suspect || bytes > BATCH_BYTES) {
            break;
        }
        batch.push(row);
        if suspect {
            break;
        }
    }
    Ok(batch)
}

/// They were read, and the disk had no room for what follows: that is not counted against them. It is a small writing, for
/// which there mostly is room; without it they are counted as if they had ended the process.
pub(super) async fn not_their_doing(office: &Arc<Office>, mails: Arc<[MailId]>) {
    let job =
        office.store.write("disk full", move |txn| mails.iter().try_for_each(|id| txn.reading_was_well(*id)));
    if let Err(fault) = job.await {
        tracing::warn!(%fault, "the count of readings stands, though the disk was at fault");
    }
}
