//! Taking mail in: folders, places, raw bytes. A mail that stands here is held, whatever happens next.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::rows::{from_ms, from_ms_opt, ms};
use super::{StoreError, Txn};
use crate::case::{MailId, Sha256};

/// Above this a raw message is written piece by piece, so that SQLite makes no second copy in memory. Bytes.
const WHOLE: usize = 1 << 20;

/// What we know about a folder of the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderRow {
    /// UIDVALIDITY (RFC 3501 section 2.3.1.1) at the last look.
    pub uidvalidity: u32,
    /// UIDs below this are history.
    pub history_below: u32,
    /// Every UID up to here that the server showed is held.
    pub high_water: u32,
    /// The last full look.
    pub scanned_at: Option<Timestamp>,
}

/// A mail as it was fetched.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Its UID.
    pub uid: u32,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// RFC822.SIZE, bytes.
    pub size: u64,
    /// The bytes, or the first of them when it is over the limit.
    pub raw: Vec<u8>,
}

/// A UID that the server shows and that could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Which.
    pub uid: u32,
    /// How often it was tried.
    pub attempts: u32,
    /// When to try again.
    pub next_at: Timestamp,
}

impl Txn<'_> {
    /// The folder, if it was seen before.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn folder(&self, name: &str) -> Result<Option<FolderRow>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select uidvalidity, history_below, high_water, scanned_at from folder where name = ?1",
        )?;
        let row = query
            .query_row([name], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<i64>>(3)?))
            })
            .optional()?;
        row.map(|(uidvalidity, history_below, high_water, scanned_at)| {
            let scanned_at = from_ms_opt(scanned_at)?;
            Ok(FolderRow { uidvalidity, history_below, high_water, scanned_at })
        })
        .transpose()
    }

    /// Notes a folder for the first time, or with a new UIDVALIDITY: everything is looked at again from UID 1.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn folder_begins(&self, name: &str, uidvalidity: u32, history_below: u32) -> Result<(), StoreError> {
        self.run(
            "insert into folder (name, uidvalidity, history_below, high_water, shown, gone) values (?1, ?2, ?3, 0, 0, 0)
             on conflict (name) do update set uidvalidity = ?2, history_below = ?3, high_water = 0, scanned_at = null",
            params![name, uidvalidity, history_below],
        )?;
        Ok(())
    }

    /// Notes a full look at a folder.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn folder_scanned(
        &self,
        name: &str,
        shown: u64,
        gone: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(
            "update folder set shown = ?2, gone = ?3, scanned_at = ?4 where name = ?1",
            params![name, shown, gone, ms(now)],
        )?;
        Ok(())
    }

    /// How many mails the server showed at the last full look, with those that came since.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn shown(&self, name: &str) -> Result<u64, StoreError> {
        let mut query = self.0.prepare_cached("select shown from folder where name = ?1")?;
        Ok(query.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// So many new mails were seen since the last full look.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn folder_grew(&self, name: &str, by: u64) -> Result<(), StoreError> {
        self.run("update folder set shown = shown + ?2 where name = ?1", params![name, by])?;
        Ok(())
    }

    /// How often the most stubborn gap was tried.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn worst_gap(&self) -> Result<u32, StoreError> {
        Ok(self.0.query_row("select coalesce(max(attempts), 0) from missing", [], |row| row.get(0))?)
    }

    /// Moves the high-water mark up.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn folder_high_water(&self, name: &str, uid: u32) -> Result<(), StoreError> {
        self.run("update folder set high_water = max(high_water, ?2) where name = ?1", params![name, uid])?;
        Ok(())
    }

    /// Stores a fetched mail: our "250". The same bytes again are only another place of the same message.
    ///
    /// # Errors
    /// A fault of the disk.
    #[expect(clippy::too_many_arguments, reason = "a row has so many columns")]
    pub fn store_mail(
        &self,
        folder: &str,
        uidvalidity: u32,
        role: &str,
        history: bool,
        sha256: Sha256,
        mail: &Arrived,
        now: Timestamp,
    ) -> Result<(MailId, bool), StoreError> {
        let known: Option<i64> = self
            .0
            .prepare_cached("select id from message where sha256 = ?1")?
            .query_row([sha256.0], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => self.insert_mail(role, history, sha256, mail, now)?,
        };
        self.run(
            "insert or ignore into place (folder, uidvalidity, uid, message) values (?1, ?2, ?3, ?4)",
            params![folder, uidvalidity, mail.uid, id],
        )?;
        self.run(
            "delete from missing where folder = ?1 and uidvalidity = ?2 and uid = ?3",
            params![folder, uidvalidity, mail.uid],
        )?;
        Ok((MailId(id), known.is_none()))
    }

    pub(super) fn insert_mail(
        &self,
        role: &str,
        history: bool,
        sha256: Sha256,
        mail: &Arrived,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let truncated = (mail.raw.len() as u64) < mail.size;
        self.run(
            "insert into message (sha256, size, received_at, stored_at, role, history, truncated)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![sha256.0, mail.size, ms(mail.received), ms(now), role, history, truncated],
        )?;
        let id = self.0.last_insert_rowid();
        if mail.raw.len() <= WHOLE {
            self.run("insert into raw (message, bytes) values (?1, ?2)", params![id, mail.raw])?;
            return Ok(id);
        }
        let length = mail.raw.len() as u64;
        self.run(
            "insert into raw (message, bytes) values (?1, ?2)",
            params![id, rusqlite::blob::ZeroBlob(length)],
        )?;
        let mut blob = self.0.blob_open("main", "raw", "bytes", id, false)?;
        for (index, piece) in mail.raw.chunks(WHOLE).enumerate() {
            blob.write_at(piece, index * WHOLE)?;
        }
        Ok(id)
    }

    /// Which of these UIDs are held.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn held_uids(&self, folder: &str, uidvalidity: u32) -> Result<Vec<u32>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("select uid from place where folder = ?1 and uidvalidity = ?2 order by uid")?;
        let rows = query.query_map(params![folder, uidvalidity], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Those of these UIDs that are held: for a look at the newest mails alone, which must not cost more as the folder grows.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn held_among(
        &self,
        folder: &str,
        uidvalidity: u32,
        shown: &[u32],
    ) -> Result<BTreeSet<u32>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("select uid from place where folder = ?1 and uidvalidity = ?2 and uid = ?3")?;
        let held = shown.iter().filter_map(|uid| {
            query.query_row(params![folder, uidvalidity, uid], |row| row.get(0)).optional().transpose()
        });
        Ok(held.collect::<Result<_, _>>()?)
    }

    /// Notes that a shown UID could not be fetched, and when to try again.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn note_gap(
        &self,
        folder: &str,
        uidvalidity: u32,
        uid: u32,
        now: Timestamp,
        next_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(
            "insert into missing (folder, uidvalidity, uid, attempts, first_at, next_at) values (?1, ?2, ?3, 1, ?4, ?5)
             on conflict (folder, uidvalidity, uid) do update set attempts = attempts + 1, next_at = ?5",
            params![folder, uidvalidity, uid, ms(now), ms(next_at)],
        )?;
        Ok(())
    }

    /// Forgets the gaps of mails that the server no longer shows.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn forget_gaps(&self, folder: &str, uidvalidity: u32, shown: &[u32]) -> Result<(), StoreError> {
        for gap in self.gaps(folder, uidvalidity)? {
            if !shown.contains(&gap.uid) {
                self.run(
                    "delete from missing where folder = ?1 and uidvalidity = ?2 and uid = ?3",
                    params![folder, uidvalidity, gap.uid],
                )?;
            }
        }
        Ok(())
    }

    /// The UIDs that could not be fetched.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn gaps(&self, folder: &str, uidvalidity: u32) -> Result<Vec<Gap>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select uid, attempts, next_at from missing where folder = ?1 and uidvalidity = ?2 order by uid",
        )?;
        let rows = query.query_map(params![folder, uidvalidity], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?))
        })?;
        rows.map(|row| {
            let (uid, attempts, next_at) = row?;
            Ok(Gap { uid, attempts, next_at: from_ms(next_at)? })
        })
        .collect()
    }

    /// The bytes of a mail.
    ///
    /// # Errors
    /// A fault of the disk, or no such mail.
    pub fn raw(&self, mail: MailId) -> Result<Vec<u8>, StoreError> {
        let mut query = self.0.prepare_cached("select bytes from raw where message = ?1")?;
        query.query_row([mail.0], |row| row.get(0)).optional()?.ok_or(StoreError::Absent("such mail"))
    }

    /// Where a mail lies: folder, UIDVALIDITY, UID.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn undecorated(&self, folder: &str, uidvalidity: u32) -> Result<Vec<(u32, MailId)>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select p.uid, p.message from message m join place p on p.message = m.id
             where m.decorated = 0 and m.history = 0 and p.folder = ?1 and p.uidvalidity = ?2 order by p.uid limit 500",
        )?;
        let rows =
            query.query_map(params![folder, uidvalidity], |row| Ok((row.get(0)?, MailId(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that a mail was decorated on the server (or that nobody will try again).
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn decorated(&self, mail: MailId) -> Result<(), StoreError> {
        self.run("update message set decorated = 1 where id = ?1", [mail.0])?;
        Ok(())
    }
}
