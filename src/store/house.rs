//! What concerns the house and no single case: small notes, receipts, alarms, the digest, figures.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::messages::{FateWord, MailRow};
use super::rows::{from_ms, ms};
use super::{EffectRow, EffectState, LaneCount, StoreError, Txn};
use crate::case::decide::ReceiptCounts;
use crate::case::{Address, CaseId};

/// What the daily digest lists.
#[derive(Debug, Clone, Default)]
pub struct DigestRows {
    /// Waiting mails.
    pub waiting: Vec<MailRow>,
    /// Set aside since the last digest.
    pub screened: Vec<MailRow>,
    /// Mails that could not be read.
    pub parked_mails: Vec<MailRow>,
    /// Strangers' mails since the last digest.
    pub quarantined: Vec<MailRow>,
    /// History of the last 14 days, for the first digest only.
    pub history: Vec<MailRow>,
    /// Letters nobody can say about.
    pub unknown: Vec<EffectRow>,
    /// Effects that cannot be done.
    pub parked_effects: Vec<EffectRow>,
    /// Clocks that ring within a day, or are broken: case, kind, instant.
    pub due: Vec<(CaseId, String, Timestamp)>,
}

impl DigestRows {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        let mails = [&self.waiting, &self.screened, &self.parked_mails, &self.quarantined, &self.history];
        mails.iter().all(|rows| rows.is_empty())
            && self.unknown.is_empty()
            && self.parked_effects.is_empty()
            && self.due.is_empty()
    }
}

/// Figures of the whole house.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Mails held, by fate.
    pub mails: Vec<(String, u64)>,
    /// Places held (UIDs of the current folders).
    pub held: u64,
    /// Mails the server showed at the last full look.
    pub shown: u64,
    /// Mails of ours that people removed from the server.
    pub gone: u64,
    /// UIDs shown and not held.
    pub missing: u64,
    /// Cases.
    pub cases: u64,
    /// Outbox.
    pub outbox: Vec<LaneCount>,
    /// Last good poll.
    pub last_poll: Option<Timestamp>,
}

impl Txn<'_> {
    /// A small note under a name.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let mut query = self.0.prepare_cached("select cast(value as text) from meta where key = ?1")?;
        Ok(query.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Writes a small note.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.run(
            "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = ?2",
            [key, value],
        )?;
        Ok(())
    }

    /// Forgets a small note.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn forget_meta(&self, key: &str) -> Result<(), StoreError> {
        self.run("delete from meta where key = ?1", [key])?;
        Ok(())
    }

    /// An instant noted under a name.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn meta_instant(&self, key: &str) -> Result<Option<Timestamp>, StoreError> {
        self.meta(key)?.map(|text| text.parse().map_err(|_| StoreError::Row("instant"))).transpose()
    }

    /// Receipts that left lately.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn receipt_counts(&self, to: &Address, now: Timestamp) -> Result<ReceiptCounts, StoreError> {
        let hour = ms(now) - 3_600_000;
        let day = ms(now) - 24 * 3_600_000;
        let mut query = self.0.prepare_cached(
            "select coalesce(sum(at > ?2 and address_key = ?3), 0), coalesce(sum(at > ?1 and domain = ?4), 0),
               coalesce(sum(at > ?1), 0) from receipt where at > ?2",
        )?;
        Ok(query.query_row(params![hour, day, to.key(), to.domain()], |row| {
            Ok(ReceiptCounts { sender_day: row.get(0)?, domain_hour: row.get(1)?, hour: row.get(2)? })
        })?)
    }

    /// Notes a receipt that is on its way; forgets those older than a day.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn note_receipt(&self, to: &Address, now: Timestamp) -> Result<(), StoreError> {
        self.run(
            "insert into receipt (at, address_key, domain) values (?1, ?2, ?3)",
            params![ms(now), to.key(), to.domain()],
        )?;
        self.run("delete from receipt where at < ?1", [ms(now) - 2 * 24 * 3_600_000])?;
        Ok(())
    }

    /// Raises an alarm: true when it was not raised already.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn raise(&self, word: &str, now: Timestamp) -> Result<bool, StoreError> {
        let changed = self.run(
            "insert or ignore into alarm (word, raised_at, told_at) values (?1, ?2, ?2)",
            params![word, ms(now)],
        )?;
        Ok(changed == 1)
    }

    /// Ends an alarm: true when it was raised.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn clear(&self, word: &str) -> Result<bool, StoreError> {
        Ok(self.run("delete from alarm where word = ?1", [word])? == 1)
    }

    /// Alarms that are raised.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn alarms(&self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let mut query = self.0.prepare_cached("select word, raised_at from alarm order by word")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        rows.map(|row| {
            let (word, at): (String, i64) = row?;
            Ok((word, from_ms(at)?))
        })
        .collect()
    }

    /// What the digest lists: standing things, and what came since the last digest.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn digest_rows(&self, since: Option<Timestamp>, now: Timestamp) -> Result<DigestRows, StoreError> {
        let fresh = |rows: Vec<MailRow>| -> Vec<MailRow> {
            rows.into_iter().filter(|mail| since.is_none_or(|since| mail.stored > since)).collect()
        };
        let fortnight = ms(now) - 14 * 24 * 3_600_000;
        let history = match since {
            Some(_) => Vec::new(),
            None => self
                .mails_with(FateWord::History, 200)?
                .into_iter()
                .filter(|mail| ms(mail.received) >= fortnight)
                .collect(),
        };
        Ok(DigestRows {
            waiting: self.mails_with(FateWord::Waiting, 100)?,
            screened: fresh(self.mails_with(FateWord::Screened, 100)?),
            parked_mails: self.mails_with(FateWord::Parked, 100)?,
            quarantined: fresh(self.mails_with(FateWord::Quarantined, 100)?),
            history,
            unknown: self.effects_in(EffectState::Unknown, 100)?,
            parked_effects: self.effects_in(EffectState::Parked, 100)?,
            due: self.clocks_within(now, 24 * 3_600_000)?,
        })
    }

    /// Clocks that are due within that span of milliseconds, or broken: case, kind, instant.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn clocks_within(
        &self,
        now: Timestamp,
        span: i64,
    ) -> Result<Vec<(CaseId, String, Timestamp)>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select case_id, kind, due_at from clock where due_at <= ?1 order by due_at limit 100",
        )?;
        let rows = query.query_map([ms(now) + span], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, i64>(2)?))
        })?;
        rows.map(|row| {
            let (case, kind, due) = row?;
            Ok((case.parse()?, kind, from_ms(due)?))
        })
        .collect()
    }

    /// Figures of the whole house.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn figures(&self) -> Result<Figures, StoreError> {
        let mut query =
            self.0.prepare_cached("select fate, count(*) from message group by fate order by 1")?;
        let mails = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let one = |sql: &str| -> Result<u64, StoreError> { Ok(self.0.query_row(sql, [], |row| row.get(0))?) };
        Ok(Figures {
            mails,
            held: one(
                "select count(*) from place p join folder f on f.name = p.folder and f.uidvalidity = p.uidvalidity",
            )?,
            shown: one("select coalesce(sum(shown), 0) from folder")?,
            gone: one("select coalesce(sum(gone), 0) from folder")?,
            missing: one("select count(*) from missing")?,
            cases: one("select count(*) from \"case\"")?,
            outbox: self.outbox_counts()?,
            last_poll: self.meta_instant("last-good-poll")?,
        })
    }

    /// Copies the whole store into a file that does not exist yet.
    ///
    /// # Errors
    /// A fault of either disk.
    pub fn copy_to(&self, path: &std::path::Path) -> Result<(), StoreError> {
        self.run("vacuum into ?1", [path.display().to_string()])?;
        Ok(())
    }
}
