//! Where the mirror's records come from: how far each source was read, when it was good last, what was wrong.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::own::put_few;
use super::{Lock, Mirror, MirrorError, bump};
use crate::known::package::Associated;
use crate::known::record::Record;

/// So many records that could not be read of one list are said in its fault text, not more.
const FAULT_LENGTH: usize = 300;

/// A source: a feed file, a list of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// `nvd`, `nvd 2021`, `o3de/o3de issues`.
    pub name: String,
    /// Entity tag of the last good answer; empty: none.
    #[serde(skip)]
    pub etag: String,
    /// How far it was read: an instant, or a place of ours; empty: not yet.
    pub cursor: String,
    /// When it was read to its end last.
    pub good_at: Option<Timestamp>,
    /// When it was tried last.
    pub tried_at: Option<Timestamp>,
    /// What was wrong with the last try.
    pub fault: Option<String>,
}

impl Mirror {
    /// All sources, in the order of their names.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn sources(&self) -> Result<Vec<SourceRow>, MirrorError> {
        self.read(|connection, _| sources(connection))
    }

    /// One source; an empty row when it is not known yet.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn source(&self, name: &str) -> Result<SourceRow, MirrorError> {
        self.read(|connection, _| {
            let mut query = connection.prepare_cached(
                "SELECT name, etag, cursor, good_at, tried_at, fault FROM source WHERE name = ?1",
            )?;
            let row = query.query_row([name], of_row).optional()?;
            Ok(row.unwrap_or_else(|| SourceRow { name: name.to_owned(), ..SourceRow::default() }))
        })
    }

    /// Notes how a source stands.
    ///
    /// # Errors
    /// Another process writes, or the mirror cannot be written.
    pub fn note_source(&self, row: &SourceRow) -> Result<(), MirrorError> {
        self.write(|connection| note(connection, row))
    }

    /// What a page of a source brought, what is gone, and how far it was read, in one transaction. Gives how many
    /// records are new, and how many changed.
    ///
    /// # Errors
    /// As [`Self::note_source`].
    pub fn put_from(
        &self,
        records: &[Record],
        gone: &[String],
        row: &SourceRow,
    ) -> Result<(u64, u64), MirrorError> {
        self.write(|connection| {
            let counts = put_few(connection, records)?;
            for id in gone {
                connection.execute("DELETE FROM record WHERE id = ?1", [id])?;
            }
            note(connection, row)?;
            Ok(counts)
        })
    }

    /// Replaces what is known of bundled packages; the reviewed list of the project stays beneath it.
    ///
    /// # Errors
    /// As [`Self::note_source`].
    pub fn put_packages(&self, found: &[Associated], row: &SourceRow) -> Result<(), MirrorError> {
        let json = serde_json::to_vec(found).map_err(|_| MirrorError::Broken)?;
        self.write(|connection| {
            connection
                .execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('packages', ?1)", [json])?;
            note(connection, row)?;
            bump(connection)
        })
    }

    /// The right to sync: held for the whole of it, while each writing takes its own short lock.
    ///
    /// # Errors
    /// [`MirrorError::Syncing`] when another process has it.
    pub fn sync_lock(&self) -> Result<Lock, MirrorError> {
        self.lock_named(".sync", MirrorError::Syncing)
    }
}

/// What people and figures are told of a mirror, without making one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// When NVD was taken in whole last, by a sync or from files.
    pub nvd_at: Option<Timestamp>,
    /// Records in it.
    pub records: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Sources whose last try failed: name and why.
    pub faults: Vec<(String, String)>,
    /// Whether a sync was ever begun.
    pub synced: bool,
}

impl Standing {
    /// Whether NVD was taken in longer ago than so many days, or never.
    pub fn is_old(standing: Option<&Self>, days: u32, now: Timestamp) -> bool {
        let most = SignedDuration::from_hours(24 * i64::from(days));
        let at = standing.and_then(|standing| standing.nvd_at);
        at.is_none_or(|at| now.duration_since(at) > most)
    }

    /// Looks at the file, if there is one; it is not changed. `None`: no mirror yet.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn of(path: &std::path::Path) -> Result<Option<Self>, MirrorError> {
        if !path.exists() {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(
            path,
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version > super::VERSION {
            return Err(MirrorError::Newer { found: version, here: super::VERSION });
        }
        if version < super::VERSION {
            return Ok(None);
        }
        let sources = sources(&connection)?;
        let synced = !sources.is_empty();
        let faults = sources.into_iter();
        let faults = faults.filter_map(|row| row.fault.map(|fault| (row.name, fault))).collect();
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
        let taken = number("SELECT good_at FROM source WHERE name = 'nvd'").optional()?.flatten();
        let imported = number("SELECT max(taken_at) FROM feed")?;
        let count = |n: Option<i64>| u64::try_from(n.unwrap_or(0)).unwrap_or(0);
        Ok(Some(Self {
            nvd_at: taken.max(imported).and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            records: count(number("SELECT count(*) FROM record WHERE source < 3")?),
            unreadable: count(number("SELECT sum(bad) FROM feed")?),
            faults,
            synced,
        }))
    }
}

/// The packages that cmake files named last; empty: never asked.
pub(super) fn packages(connection: &Connection) -> Result<Vec<Associated>, MirrorError> {
    let mut query = connection.prepare_cached("SELECT value FROM meta WHERE name = 'packages'")?;
    let blob: Option<Vec<u8>> = query.query_row([], |row| row.get(0)).optional()?;
    Ok(blob.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default())
}

fn sources(connection: &Connection) -> Result<Vec<SourceRow>, MirrorError> {
    let mut query = connection
        .prepare_cached("SELECT name, etag, cursor, good_at, tried_at, fault FROM source ORDER BY name")?;
    let rows = query.query_map([], of_row)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

fn of_row(row: &Row<'_>) -> rusqlite::Result<SourceRow> {
    let instant = |ms: Option<i64>| ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok(SourceRow {
        name: row.get(0)?,
        etag: row.get(1)?,
        cursor: row.get(2)?,
        good_at: instant(row.get(3)?),
        tried_at: instant(row.get(4)?),
        fault: row.get(5)?,
    })
}

fn note(connection: &Connection, row: &SourceRow) -> Result<(), MirrorError> {
    let fault = row.fault.as_ref().map(|fault| fault.chars().take(FAULT_LENGTH).collect::<String>());
    connection.execute(
        "INSERT OR REPLACE INTO source (name, etag, cursor, good_at, tried_at, fault)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            row.name,
            row.etag,
            row.cursor,
            row.good_at.map(Timestamp::as_millisecond),
            row.tried_at.map(Timestamp::as_millisecond),
            fault
        ],
    )?;
    Ok(())
}
