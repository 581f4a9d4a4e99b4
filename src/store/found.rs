//! What was done after the backup that was restored: found in the reports repository, and not done again.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::rows::from_ms_opt;
use super::{StoreError, Txn};
use crate::case::CaseId;

/// What was found about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundWhat {
    /// The issue of the case that it began.
    Issue,
    /// A comment about it.
    Comment,
}

impl FoundWhat {
    fn word(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Comment => "comment",
        }
    }
}

/// An issue, or a comment on it, about a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The mark of the mail.
    pub mark: String,
    /// Which of both.
    pub what: FoundWhat,
    /// The case.
    pub case: CaseId,
    /// Number of the issue.
    pub number: u64,
}

impl Txn<'_> {
    /// Notes something that was found.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn note_found(&self, found: &Found) -> Result<(), StoreError> {
        self.run(
            "insert or ignore into found (mark, what, case_id, number) values (?1, ?2, ?3, ?4)",
            params![found.mark, found.what.word(), found.case.to_string(), found.number],
        )?;
        Ok(())
    }

    /// When the journal was last written to.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn newest_instant(&self) -> Result<Option<Timestamp>, StoreError> {
        from_ms_opt(self.0.query_row("select max(at) from event", [], |row| row.get(0))?)
    }

    /// Whether a backup was restored and anything found.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn has_found(&self) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached("select exists (select 1 from found)")?;
        Ok(query.query_row([], |row| row.get(0))?)
    }

    /// What was found about the mail that stands under one of these marks: case and number of the issue.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn found(&self, marks: &[String], what: FoundWhat) -> Result<Option<(CaseId, u64)>, StoreError> {
        let mut query =
            self.0.prepare_cached("select case_id, number from found where mark = ?1 and what = ?2")?;
        for mark in marks {
            let row = query
                .query_row(params![mark, what.word()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
                .optional()?;
            if let Some((case, number)) = row {
                return Ok(Some((case.parse()?, number)));
            }
        }
        Ok(None)
    }
}
