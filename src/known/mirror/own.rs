//! O3DE's advisories and issues, and our own cases: the same engine, put in one by one.

use rusqlite::{Connection, OptionalExtension, params};

use super::import::{count_common, feed_stamp, settle};
use super::write::{Grain, Intake, is_due, source_number};
use super::{Mirror, MirrorError};
use crate::known::Age;
use crate::known::record::{Record, Source};

/// Puts a few records in. Gives how many are new, and how many changed.
pub(super) fn put_few(connection: &Connection, records: &[Record]) -> Result<(u64, u64), MirrorError> {
    let mut intake = Intake::new(connection, Grain::Single)?;
    for record in records {
        intake.put(record)?;
    }
    intake.flush()?;
    let counts = (intake.added, intake.changed);
    if is_due(connection)? {
        Intake::new(connection, Grain::Segments)?.flush()?;
        settle(connection, false)?;
        count_common(connection)?;
    }
    Ok(counts)
}

impl Mirror {
    /// Puts records in, or in the place of those with the same id. One transaction.
    ///
    /// # Errors
    /// Another process writes, or the mirror cannot be written.
    pub fn put(&self, records: &[Record]) -> Result<(), MirrorError> {
        self.write(|connection| put_few(connection, records).map(drop))
    }

    /// Takes a record out (a case that was purged, an advisory that is gone). Whether it was there.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn remove(&self, id: &str) -> Result<bool, MirrorError> {
        self.write(|connection| Ok(connection.execute("DELETE FROM record WHERE id = ?1", [id])? > 0))
    }

    /// The ids of all records of a source, in order; to find out which are gone.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn ids(&self, source: Source) -> Result<Vec<String>, MirrorError> {
        self.read(|connection, _| {
            let mut query =
                connection.prepare_cached("SELECT id FROM record WHERE source = ?1 ORDER BY id")?;
            let ids = query
                .query_map(params![source_number(source)], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok(ids)
        })
    }

    /// One record.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn get(&self, id: &str) -> Result<Option<Record>, MirrorError> {
        self.read(|connection, _| {
            super::search::by_id(connection, id).map(|found| found.map(|(_, record)| record))
        })
    }

    /// A number that changes with what the record of this id says; `None` when there is none.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn print(&self, id: &str) -> Result<Option<i64>, MirrorError> {
        self.read(|connection, _| {
            let mut query = connection.prepare_cached("SELECT print FROM record WHERE id = ?1")?;
            Ok(query.query_row([id], |row| row.get(0)).optional()?)
        })
    }

    /// How old it is and what is in it.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn age(&self) -> Result<Age, MirrorError> {
        self.read(super::status::age)
    }

    /// The stamp and SHA-256 of a feed as it was last taken in.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn feed_stamp(&self, name: &str) -> Result<Option<(String, String)>, MirrorError> {
        self.read(|connection, _| feed_stamp(connection, name))
    }
}
