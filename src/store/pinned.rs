//! Keys of people outside, pinned for a case (MAIL section 9).

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::rows::ms;
use super::{StoreError, Txn};
use crate::case::{CaseId, PersonId};

/// A key that is pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedKey {
    /// Of the primary key, upper-case hexadecimal.
    pub fingerprint: String,
    /// The certificate, binary.
    pub bytes: Vec<u8>,
}

impl Txn<'_> {
    /// The key to which letters to this person on this case are encrypted.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn pinned_key(&self, case: CaseId, person: PersonId) -> Result<Option<PinnedKey>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("select fingerprint, bytes from pinned_key where case_id = ?1 and person = ?2")?;
        let row = query.query_row(params![case.to_string(), person.0], |row| {
            Ok(PinnedKey { fingerprint: row.get(0)?, bytes: row.get(1)? })
        });
        Ok(row.optional()?)
    }

    /// Pins a key where none is. A newer copy of the same key replaces it (it may be extended or revoked); another key
    /// does not. Returns whether the key offered is the pinned one now.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn pin_key(
        &self,
        case: CaseId,
        person: PersonId,
        key: &PinnedKey,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let held = self.pinned_key(case, person)?;
        if held.is_some_and(|held| held.fingerprint != key.fingerprint) {
            return Ok(false);
        }
        self.run(
            "insert into pinned_key (case_id, person, fingerprint, bytes, at) values (?1, ?2, ?3, ?4, ?5)
             on conflict (case_id, person) do update set bytes = excluded.bytes",
            params![case.to_string(), person.0, key.fingerprint, key.bytes, ms(now)],
        )?;
        Ok(true)
    }

    /// Forgets the keys of a case: the next authenticated mail that offers one pins it. Returns how many those were.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn forget_keys(&self, case: CaseId) -> Result<usize, StoreError> {
        self.run("delete from pinned_key where case_id = ?1", [case.to_string()])
    }
}
