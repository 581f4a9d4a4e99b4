//! The advisories of cases as GitHub showed them last, and what we did with them once.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::rows::ms;
use super::{StoreError, Txn};
use crate::case::{CaseId, PersonId, Sha256};

/// What we did with an advisory, so that it is not done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdvisoryMark {
    /// A CVE id was asked for; the value says by which order.
    Cve,
    /// A private fork was begun; the value says when.
    Fork,
    /// Severity, vector and versions that we wrote, or were about to, as a list in JSON.
    Wrote,
    /// Whom we credited, or were about to, as a list in JSON.
    Credit,
    /// Whom we let in, or were about to, as a list in JSON.
    People,
}

impl AdvisoryMark {
    fn word(self) -> &'static str {
        match self {
            Self::Cve => "cve",
            Self::Fork => "fork",
            Self::Wrote => "wrote",
            Self::Credit => "credit",
            Self::People => "people",
        }
    }
}

/// An advisory as it was seen last: all that everybody will read.
#[derive(Clone, PartialEq, Eq)]
pub struct AdvisoryText {
    /// `owner/name`.
    pub repository: String,
    /// Its id.
    pub ghsa: String,
    /// Of the text.
    pub sha256: Sha256,
    /// The text with all its fields, as JSON.
    pub json: String,
}

impl Txn<'_> {
    /// The effect that opens the issue of a case.
    pub(super) fn issue_effect(&self, case: &str) -> Result<Option<i64>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select id from effect where case_id = ?1 and json = '{\"effect\":\"open-issue\"}' order by id limit 1",
        )?;
        Ok(query.query_row([case], |row| row.get(0)).optional()?)
    }

    /// The last effect that brings the advisory of a case to what it says, while it is not done. Nobody waits for one that is
    /// held.
    pub(super) fn advisory_effect(&self, case: &str) -> Result<Option<i64>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select id from effect where case_id = ?1 and json = '{\"effect\":\"advisory\"}'
               and state in ('due', 'sending') and held_until is null order by id desc limit 1",
        )?;
        Ok(query.query_row([case], |row| row.get(0)).optional()?)
    }

    /// Keeps what an advisory says now.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn note_advisory_text(
        &self,
        case: CaseId,
        text: &AdvisoryText,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(
            "insert into advisory_text (case_id, repository, ghsa, sha256, json, seen_at) values (?1, ?2, ?3, ?4, ?5, ?6)
             on conflict (case_id) do update set repository = ?2, ghsa = ?3, sha256 = ?4, json = ?5, seen_at = ?6",
            params![case.to_string(), text.repository, text.ghsa, text.sha256.0, text.json, ms(now)],
        )?;
        Ok(())
    }

    /// What the advisory of a case said when it was looked at last.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn advisory_text(&self, case: CaseId) -> Result<Option<AdvisoryText>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("select repository, ghsa, sha256, json from advisory_text where case_id = ?1")?;
        let row = query.query_row([case.to_string()], |row| {
            Ok(AdvisoryText {
                repository: row.get(0)?,
                ghsa: row.get(1)?,
                sha256: Sha256(row.get(2)?),
                json: row.get(3)?,
            })
        });
        Ok(row.optional()?)
    }

    /// The case that has this advisory: as it was seen last, or as the private report that it came by.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn case_of_advisory(&self, ghsa: &str) -> Result<Option<CaseId>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select case_id from advisory_text where ghsa = ?1
             union all
             select m.case_id from advisory a join message m on m.id = a.message where a.ghsa = ?1 and m.case_id is not null",
        )?;
        let id: Option<String> = query.query_row([ghsa], |row| row.get(0)).optional()?;
        id.map(|id| id.parse().map_err(StoreError::from)).transpose()
    }

    /// The cases that are not closed and whose advisory was seen.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn watched_advisories(&self) -> Result<Vec<CaseId>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select t.case_id from advisory_text t join \"case\" c on c.id = t.case_id
             where c.stage <> 'closed' order by t.case_id",
        )?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|id| Ok(id?.parse()?)).collect()
    }

    /// Addresses of everybody outside the team on a case.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn addresses_on(&self, case: CaseId) -> Result<Vec<String>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select address from person where id in (select person from participant where case_id = ?1) order by id",
        )?;
        let rows = query.query_map([case.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, rusqlite::Error>>()?)
    }

    /// Message-IDs of the mails on a case, without brackets.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn message_ids_on(&self, case: CaseId) -> Result<Vec<String>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select message_id from message where case_id = ?1 and message_id is not null order by id",
        )?;
        let rows = query.query_map([case.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, rusqlite::Error>>()?)
    }

    /// The name on somebody's mails.
    ///
    /// # Errors
    /// A fault of the disk, or no such person.
    pub fn name_of(&self, person: PersonId) -> Result<String, StoreError> {
        let mut query = self.0.prepare_cached("select name from person where id = ?1")?;
        Ok(query.query_row([person.0], |row| row.get(0))?)
    }

    /// What stands under a mark.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn advisory_mark(&self, case: CaseId, mark: AdvisoryMark) -> Result<Option<String>, StoreError> {
        let mut query =
            self.0.prepare_cached("select value from advisory_mark where case_id = ?1 and what = ?2")?;
        Ok(query.query_row(params![case.to_string(), mark.word()], |row| row.get(0)).optional()?)
    }

    /// Sets a mark.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn mark_advisory(&self, case: CaseId, mark: AdvisoryMark, value: &str) -> Result<(), StoreError> {
        self.run(
            "insert or replace into advisory_mark (case_id, what, value) values (?1, ?2, ?3)",
            params![case.to_string(), mark.word(), value],
        )?;
        Ok(())
    }
}
