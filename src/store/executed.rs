//! What commanded once: no mail and no signature does it twice (MAIL section 7).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, params};

use super::rows::ms;
use super::{StoreError, Txn};
use crate::case::Sha256;

/// How long a mark is kept: twice as long as a Date can be fresh, with the clocks ahead.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(97);

impl Txn<'_> {
    /// Which of these commanded before.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn executed(&self, marks: &BTreeSet<Sha256>) -> Result<BTreeSet<Sha256>, StoreError> {
        let mut query = self.0.prepare_cached("select 1 from executed where mark = ?1")?;
        let mut found = BTreeSet::new();
        for mark in marks {
            if query.query_row([mark.0.as_slice()], |_| Ok(())).optional()?.is_some() {
                found.insert(*mark);
            }
        }
        Ok(found)
    }

    /// Notes that these commanded, and forgets those that could not be fresh any more.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn note_executed(&self, marks: &BTreeSet<Sha256>, now: Timestamp) -> Result<(), StoreError> {
        for mark in marks {
            self.run(
                "insert into executed (mark, at) values (?1, ?2) on conflict (mark) do update set at = excluded.at",
                params![mark.0.as_slice(), ms(now)],
            )?;
        }
        let old = now.saturating_sub(KEPT_FOR).unwrap_or(now);
        self.run("delete from executed where at < ?1", [ms(old)])?;
        Ok(())
    }
}
