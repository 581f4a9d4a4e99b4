//! Private vulnerability reports on GitHub: a second door, into the same table of messages.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::intake::Arrived;
use super::{StoreError, Txn};
use crate::case::{MailId, Sha256};

/// The role of a message that came by no mailbox.
pub const ADVISORY: &str = "advisory";

/// An advisory that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryRow {
    /// Its id, of a checked shape.
    pub ghsa: String,
    /// `owner/name`.
    pub repository: String,
    /// Where people read it.
    pub url: String,
    /// Login of who reported it.
    pub author: Option<String>,
}

impl Txn<'_> {
    /// Whether it was taken in already.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn has_advisory(&self, ghsa: &str) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached("select 1 from advisory where ghsa = ?1")?;
        Ok(query.exists([ghsa])?)
    }

    /// The advisory that a message stands for.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn advisory_of(&self, message: MailId) -> Result<Option<AdvisoryRow>, StoreError> {
        let mut query =
            self.0.prepare_cached("select ghsa, repository, url, author from advisory where message = ?1")?;
        let row = query.query_row([message.0], |row| {
            Ok(AdvisoryRow {
                ghsa: row.get(0)?,
                repository: row.get(1)?,
                url: row.get(2)?,
                author: row.get(3)?,
            })
        });
        Ok(row.optional()?)
    }

    /// Takes one in as a message that is read like a mail. `None`: it was there already.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn take_advisory(
        &self,
        advisory: &AdvisoryRow,
        raw: Vec<u8>,
        created: Timestamp,
        now: Timestamp,
    ) -> Result<Option<MailId>, StoreError> {
        if self.has_advisory(&advisory.ghsa)? {
            return Ok(None);
        }
        let sha256 = Sha256::of(&raw);
        let held = Arrived { uid: 0, received: created, size: raw.len() as u64, raw };
        let mail = self.insert_mail(ADVISORY, false, sha256, &held, now)?;
        self.run("update message set decorated = 1 where id = ?1", [mail])?;
        self.run(
            "insert into advisory (ghsa, repository, url, author, message) values (?1, ?2, ?3, ?4, ?5)",
            params![advisory.ghsa, advisory.repository, advisory.url, advisory.author, mail],
        )?;
        Ok(Some(MailId(mail)))
    }
}
