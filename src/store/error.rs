//! What can go wrong with the disk. Texts hold no data of a row.

use crate::case::Malformed;
use crate::outside::{Died, NoChance};

/// A fault of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refuses.
    #[error("the store refuses: {0}")]
    Sqlite(SafeSqlite),
    /// The disk is full: nothing was written.
    #[error("the disk of the store is full")]
    Full,
    /// The disk failed: the process must end and start again, because nobody knows what is durable.
    #[error("the disk of the store failed; the daemon must restart")]
    Broken,
    /// A row does not hold what it should.
    #[error("a row of the store holds an invalid {0}")]
    Row(&'static str),
    /// A file beside the store.
    #[error("{what} {path}: {source}")]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is of a newer version of the program.
    #[error(
        "the store is of a newer version ({found}) than this program ({known}); install the newer program"
    )]
    Newer {
        /// Version of the file.
        found: i64,
        /// Version we know.
        known: i64,
    },
    /// There is no such row.
    #[error("there is no {0}")]
    Absent(&'static str),
    /// An operator's order that does not fit.
    #[error("{0}")]
    Refused(String),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// A test lets the process die.
    #[error(transparent)]
    Died(#[from] Died),
}

/// SQLite's words without any value: the code and its fixed text.
#[derive(Debug, Clone, Copy)]
pub struct SafeSqlite(rusqlite::ffi::Error);

impl std::fmt::Display for SafeSqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "enums of other crates that may grow: whatever else it is, it is a fault"
)]
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                Code::DiskFull => Self::Full,
                Code::SystemIoFailure | Code::DatabaseCorrupt | Code::NotADatabase => Self::Broken,
                _ => Self::Sqlite(SafeSqlite(failure)),
            },
            rusqlite::Error::QueryReturnedNoRows => Self::Absent("such row"),
            _ => Self::Row("value"),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(_: serde_json::Error) -> Self {
        Self::Row("JSON")
    }
}

impl From<Malformed> for StoreError {
    fn from(malformed: Malformed) -> Self {
        Self::Row(malformed.0)
    }
}
