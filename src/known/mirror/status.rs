//! What is in the mirror, for people.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use super::{Cache, Mirror, MirrorError};
use crate::known::Age;

/// A feed that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedRow {
    /// Its name.
    pub name: String,
    /// Its own stamp.
    pub stamp: String,
    /// When it was taken in.
    pub taken_at: Option<Timestamp>,
    /// Records read.
    pub records: u64,
    /// Records that could not be read.
    pub bad: u64,
    /// Their names; at most forty.
    pub unreadable: Vec<String>,
}

/// How many records a year has, and how many of them name products by CPE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct YearRow {
    /// The year of the ids; 0 unknown.
    pub year: i64,
    /// Records.
    pub records: u64,
    /// With CPE.
    pub with_cpe: u64,
    /// Rejected.
    pub rejected: u64,
}

/// What is in the mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MirrorStatus {
    /// Age and size.
    pub age: Age,
    /// Feeds.
    pub feeds: Vec<FeedRow>,
    /// Years.
    pub years: Vec<YearRow>,
    /// O3DE's advisories.
    pub advisories: u64,
    /// O3DE's issues.
    pub issues: u64,
    /// Own cases.
    pub cases: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Mirror {
    /// What is in the mirror.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn status(&self) -> Result<MirrorStatus, MirrorError> {
        self.read(|connection, cache| {
            let mut query =
                connection.prepare("SELECT name, stamp, taken_at, records, bad, unreadable FROM feed ORDER BY name")?;
            let feeds = query
                .query_map([], |row| {
                    let names: String = row.get(5)?;
                    Ok(FeedRow {
                        name: row.get(0)?,
                        stamp: row.get(1)?,
                        taken_at: Timestamp::from_millisecond(row.get(2)?).ok(),
                        records: row.get(3)?,
                        bad: row.get(4)?,
                        unreadable: serde_json::from_str(&names).unwrap_or_default(),
                    })
                })?
                .collect::<Result<_, _>>()?;
            let mut query = connection.prepare(
                "SELECT year, count(*), sum(has_cpe), sum(status = 5) FROM record WHERE source = 0 GROUP BY year ORDER BY year",
            )?;
            let years = query
                .query_map([], |row| {
                    Ok(YearRow { year: row.get(0)?, records: row.get(1)?, with_cpe: row.get(2)?, rejected: row.get(3)? })
                })?
                .collect::<Result<_, _>>()?;
            let count = |source: i64| {
                connection.query_row("SELECT count(*) FROM record WHERE source = ?1", [source], |row| row.get(0))
            };
            let bytes = std::fs::metadata(self.path()).map_or(0, |file| file.len());
            Ok(MirrorStatus {
                age: age(connection, cache)?,
                feeds,
                years,
                advisories: count(1)?,
                issues: count(2)?,
                cases: count(3)?,
                bytes,
            })
        })
    }
}

/// How old the mirror is.
pub(super) fn age(connection: &Connection, cache: &Cache) -> Result<Age, MirrorError> {
    let mut query = connection.prepare_cached("SELECT max(taken_at), max(stamp) FROM feed")?;
    let (taken, stamp): (Option<i64>, Option<String>) =
        query.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Age {
        taken_at: taken.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        stamp: stamp.unwrap_or_default(),
        records: cache.public,
        advisories: cache.advisories,
        issues: cache.issues,
    })
}
