//! What the check of a case found, which cases are to be checked, and which later reports can find.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::rows::{from_ms_opt, ms};
use super::{StoreError, Txn};
use crate::case::CaseId;

/// Whether a case is to be checked (`schema.sql` tells the states).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// As soon as may be.
    Due,
    /// When there is a mirror.
    Waits,
    /// It failed: at this instant once more.
    Again(Timestamp),
    /// Not until the case or the mirror changes.
    Done,
}

impl CheckState {
    fn word(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Waits => "waits",
            Self::Again(_) => "again",
            Self::Done => "done",
        }
    }

    fn again_at(self) -> Option<i64> {
        match self {
            Self::Again(at) => Some(ms(at)),
            Self::Due | Self::Waits | Self::Done => None,
        }
    }
}

/// What is kept of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// Which words of the case are the last ones.
    pub words: i64,
    /// When it was made; none before the first.
    pub checked_at: Option<Timestamp>,
    /// `known::Findings` as JSON; none when nothing could be searched.
    pub json: Option<String>,
}

/// An id that a case cites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// The id.
    pub id: String,
    /// A print of its record as the mirror had it; none: not in the mirror.
    pub print: Option<i64>,
}

impl Txn<'_> {
    /// A case is there: later reports cannot find it yet.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn begin_findings(&self, case: CaseId) -> Result<(), StoreError> {
        self.run("insert or ignore into finding (case_id, state) values (?1, 'due')", [case.to_string()])?;
        Ok(())
    }

    /// The words of a case grew: it is checked and named once more.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn case_grew(&self, case: CaseId) -> Result<(), StoreError> {
        self.run(
            "update finding set state = 'due', words = words + 1 where case_id = ?1",
            [case.to_string()],
        )?;
        Ok(())
    }

    /// A case was closed, or opened again: later reports are to be told how it stands.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn case_stands_otherwise(&self, case: CaseId) -> Result<(), StoreError> {
        self.run("update finding set indexed = 0 where case_id = ?1", [case.to_string()])?;
        Ok(())
    }

    /// Keeps what a check of these words of a case found, and the ids that it cites. If the case has other words by now it
    /// stays due.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn keep_findings(
        &self,
        case: CaseId,
        words: i64,
        state: CheckState,
        json: Option<&str>,
        cited: &[Cited],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = case.to_string();
        self.run(
            "update finding set state = case when words = ?6 then ?2 else 'due' end, again_at = ?3, checked_at = ?4, json = ?5
             where case_id = ?1",
            params![id, state.word(), state.again_at(), ms(now), json, words],
        )?;
        self.run("delete from cited where case_id = ?1", [&id])?;
        for one in cited {
            self.run(
                "insert or ignore into cited (id, case_id, print) values (?1, ?2, ?3)",
                params![one.id, id, one.print],
            )?;
        }
        Ok(())
    }

    /// A check that failed is tried again later; what an earlier one found stays.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn check_later(&self, case: CaseId, state: CheckState) -> Result<(), StoreError> {
        self.run(
            "update finding set state = ?2, again_at = ?3 where case_id = ?1",
            params![case.to_string(), state.word(), state.again_at()],
        )?;
        Ok(())
    }

    /// What the last check of a case found.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn findings(&self, case: CaseId) -> Result<Option<FindingRow>, StoreError> {
        let mut query =
            self.0.prepare_cached("select words, checked_at, json from finding where case_id = ?1")?;
        let row: Option<(i64, Option<i64>, Option<String>)> = query
            .query_row([case.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        row.map(|(words, at, json)| Ok(FindingRow { words, checked_at: from_ms_opt(at)?, json })).transpose()
    }

    /// Cases to be checked now, the oldest first.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn checks_due(&self, now: Timestamp, limit: u32) -> Result<Vec<CaseId>, StoreError> {
        self.cases_by(
            "select case_id from finding where state = 'due' union all
             select case_id from finding where state = 'again' and again_at <= ?1 order by 1 limit ?2",
            params![ms(now), limit],
        )
    }

    /// Cases that later reports cannot find yet, the oldest first.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn unnamed_cases(&self, limit: u32) -> Result<Vec<CaseId>, StoreError> {
        self.cases_by("select case_id from finding where indexed < words order by 1 limit ?1", params![limit])
    }

    /// Whether a case other than this one cannot be found yet by later reports.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn others_unnamed(&self, case: CaseId) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached(
            "select exists (select 1 from finding where indexed < words and case_id <> ?1)",
        )?;
        Ok(query.query_row([case.to_string()], |row| row.get(0))?)
    }

    /// Later reports can find these cases, by those words of them.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn named(&self, cases: &[(CaseId, i64)]) -> Result<(), StoreError> {
        cases.iter().try_for_each(|(case, words)| {
            self.run("update finding set indexed = ?2 where case_id = ?1", params![case.to_string(), words])?;
            Ok(())
        })
    }

    /// The cases that were named and are not among these, which is all that the mirror has, are to be named once more.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn rename_all_but(&self, there: &BTreeSet<String>) -> Result<usize, StoreError> {
        let gone = self.named_outside(there)?;
        for case in &gone {
            self.run("update finding set indexed = 0 where case_id = ?1", [case])?;
        }
        Ok(gone.len())
    }

    /// The cases that were named and are not among these.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn named_outside(&self, there: &BTreeSet<String>) -> Result<Vec<String>, StoreError> {
        let mut query = self.0.prepare_cached("select case_id from finding where indexed > 0")?;
        let named: Vec<String> =
            query.query_map([], |row| row.get(0))?.collect::<Result<_, rusqlite::Error>>()?;
        Ok(named.into_iter().filter(|case| !there.contains(case)).collect())
    }

    /// All ids that cases cite, each once, in order, after that one.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn cited_after(&self, id: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        let mut query =
            self.0.prepare_cached("select distinct id from cited where id > ?1 order by id limit ?2")?;
        let rows = query.query_map(params![id, limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, rusqlite::Error>>()?)
    }

    /// The mirror has this record of an id: cases that saw another one are checked again. How many those are.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn learned(&self, id: &str, print: Option<i64>) -> Result<usize, StoreError> {
        self.run(
            "update finding set state = 'due' where state = 'done'
             and case_id in (select case_id from cited where id = ?1 and print is not ?2)",
            params![id, print],
        )
    }

    /// There is a mirror: cases that waited for one are due. How many those are.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn mirror_is_there(&self) -> Result<usize, StoreError> {
        self.run("update finding set state = 'due' where state in ('waits', 'again')", [])
    }

    fn cases_by(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<CaseId>, StoreError> {
        let mut query = self.0.prepare_cached(sql)?;
        let rows = query.query_map(values, |row| row.get::<_, String>(0))?;
        rows.map(|id| Ok(id?.parse()?)).collect()
    }
}
