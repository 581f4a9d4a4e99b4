//! Stored messages: reading attempts, fates, look-ups.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::rows::{from_ms, from_ms_opt, ms};
use super::{StoreError, Txn};
use crate::case::{Address, CaseId, EffectId, MailId, PersonId, Sha256};

/// What became of a message, as `message.fate` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FateWord {
    /// Held, not yet read.
    Stored,
    /// From before the first start.
    History,
    /// Began a case.
    Case,
    /// Of somebody of a case.
    Reply,
    /// Of a stranger on a case.
    Quarantined,
    /// Tells what became of a mail of ours.
    Delivery,
    /// Our own mail come back.
    Own,
    /// A second copy.
    Copy,
    /// Waits.
    Waiting,
    /// Set aside.
    Screened,
    /// We could not read it.
    Parked,
    /// A member commanded, about no case.
    Command,
}

impl FateWord {
    /// All of them, in the order of the schema's table.
    pub const ALL: [Self; 12] = [
        Self::Stored,
        Self::History,
        Self::Case,
        Self::Reply,
        Self::Quarantined,
        Self::Delivery,
        Self::Own,
        Self::Copy,
        Self::Waiting,
        Self::Screened,
        Self::Parked,
        Self::Command,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::History => "history",
            Self::Case => "case",
            Self::Reply => "reply",
            Self::Quarantined => "quarantined",
            Self::Delivery => "delivery",
            Self::Own => "own",
            Self::Copy => "copy",
            Self::Waiting => "waiting",
            Self::Screened => "screened",
            Self::Parked => "parked",
            Self::Command => "command",
        }
    }

    fn read(word: &str) -> Result<Self, StoreError> {
        Self::ALL.into_iter().find(|fate| fate.word() == word).ok_or(StoreError::Row("fate"))
    }
}

/// A row of `message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// Its number.
    pub id: MailId,
    /// Hash of the raw bytes.
    pub sha256: Sha256,
    /// Bytes, as the server tells.
    pub size: u64,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// When we stored it.
    pub stored: Timestamp,
    /// Role of its folder.
    pub role: String,
    /// From before the first start.
    pub history: bool,
    /// Only its first bytes are held.
    pub truncated: bool,
    /// How often somebody began to read it without an end.
    pub read_attempts: u32,
    /// What became of it.
    pub fate: FateWord,
    /// Why, as a word.
    pub why: Option<String>,
    /// The case.
    pub case: Option<CaseId>,
    /// The sender, if outside the team.
    pub person: Option<PersonId>,
    /// When it becomes a case by itself.
    pub wait_until: Option<Timestamp>,
}

/// The mark in `message.why` of a report whose code, ids and tag named several cases.
pub const THREADS_DISAGREE: &str = "threads-disagree";

/// What is noted about a mail once it is read, with its fate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// Why, as a word.
    pub why: Option<String>,
    /// The case.
    pub case: Option<CaseId>,
    /// The sender.
    pub person: Option<PersonId>,
    /// Its Message-ID, without brackets.
    pub message_id: Option<String>,
    /// Hash of what it says (for second copies).
    pub body: Option<Sha256>,
    /// The first copy.
    pub copy_of: Option<MailId>,
    /// When it becomes a case by itself.
    pub wait_until: Option<Timestamp>,
    /// Members are told by then.
    pub notice_by: Option<Timestamp>,
    /// Reading it whole killed us so often that only its header was read: the count of readings stays, so that nobody
    /// ever reads it whole by accident.
    pub poison: bool,
}

const COLUMNS: &str = "id, sha256, size, received_at, stored_at, role, history, truncated, read_attempts, fate, why, \
                       case_id, person, wait_until";

fn mail_row(row: &Row<'_>) -> Result<MailRow, StoreError> {
    let fate: String = row.get(9)?;
    let case: Option<String> = row.get(11)?;
    Ok(MailRow {
        id: MailId(row.get(0)?),
        sha256: Sha256(row.get(1)?),
        size: row.get(2)?,
        received: from_ms(row.get(3)?)?,
        stored: from_ms(row.get(4)?)?,
        role: row.get(5)?,
        history: row.get(6)?,
        truncated: row.get(7)?,
        read_attempts: row.get(8)?,
        fate: FateWord::read(&fate)?,
        why: row.get(10)?,
        case: case.map(|case| case.parse()).transpose()?,
        person: row.get::<_, Option<i64>>(12)?.map(PersonId),
        wait_until: from_ms_opt(row.get(13)?)?,
    })
}

impl Txn<'_> {
    pub(super) fn mails(
        &self,
        tail: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<MailRow>, StoreError> {
        let mut query = self.0.prepare_cached(&format!("select {COLUMNS} from message {tail}"))?;
        let mut rows = query.query(values)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(mail_row(row)?);
        }
        Ok(found)
    }

    /// Mails that are held and not read, the oldest first.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn unread(&self, limit: u32) -> Result<Vec<MailRow>, StoreError> {
        self.mails("where fate = 'stored' order by id limit ?1", [limit])
    }

    /// One mail.
    ///
    /// # Errors
    /// A fault of the disk, or no such mail.
    pub fn mail(&self, mail: MailId) -> Result<MailRow, StoreError> {
        self.mails("where id = ?1", [mail.0])?.pop().ok_or(StoreError::Absent("such mail"))
    }

    /// Mails with that fate, the newest last, at most `limit`.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn mails_with(&self, fate: FateWord, limit: u32) -> Result<Vec<MailRow>, StoreError> {
        let word = fate.word();
        self.mails(
            &format!("where id in (select id from message where fate = '{word}' order by id desc limit ?1) order by id"),
            [limit],
        )
    }

    /// All mails of a case in the order of their storing.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn mails_of(&self, case: CaseId) -> Result<Vec<MailRow>, StoreError> {
        self.mails("where case_id = ?1 order by id", [case.to_string()])
    }

    /// Counts one more reading of this mail: written before it is looked at, so that a mail that kills us is known.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn begin_reading(&self, mail: MailId) -> Result<(), StoreError> {
        self.run("update message set read_attempts = read_attempts + 1 where id = ?1", [mail.0])?;
        Ok(())
    }

    /// Takes the last count of [`Self::begin_reading`] back: the mail was read, and something else failed.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn reading_was_well(&self, mail: MailId) -> Result<(), StoreError> {
        self.run("update message set read_attempts = max(read_attempts - 1, 0) where id = ?1", [mail.0])?;
        Ok(())
    }

    /// Writes what became of a mail. Any result of reading it whole clears the count of readings.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn settle(&self, mail: MailId, fate: FateWord, note: &Note) -> Result<(), StoreError> {
        self.run(
                "update message set fate = ?2, why = ?3, case_id = ?4, person = coalesce(?5, person),
                   message_id = coalesce(?6, message_id), body_sha256 = coalesce(?7, body_sha256), copy_of = ?8,
                   wait_until = ?9, notice_by = ?10,
                   read_attempts = case when ?11 then read_attempts else 0 end
                 where id = ?1", params![
                mail.0,
                fate.word(),
                note.why,
                note.case.map(|case| case.to_string()),
                note.person.map(|person| person.0),
                note.message_id,
                note.body.map(|hash| hash.0),
                note.copy_of.map(|first| first.0),
                note.wait_until.map(ms),
                note.notice_by.map(ms),
                note.poison,
            ])?;
        Ok(())
    }

    /// An earlier mail with the same Message-ID, sender and words, received within seven days of this one. One that was
    /// set aside or could not be read hides no other.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn first_copy(
        &self,
        message_id: &str,
        person: PersonId,
        body: Sha256,
        received: Timestamp,
        not: MailId,
    ) -> Result<Option<MailId>, StoreError> {
        let week: i64 = 7 * 24 * 3_600_000;
        let mut query = self.0.prepare_cached(
            "select id from message where message_id = ?1 and person = ?2 and body_sha256 = ?3
               and abs(received_at - ?4) <= ?5 and id <> ?6 and fate not in ('stored', 'screened', 'parked', 'copy')
             order by id limit 1",
        )?;
        let found = query
            .query_row(params![message_id, person.0, body.0, ms(received), week, not.0], |row| row.get(0));
        Ok(found.optional()?.map(MailId))
    }

    /// The person with that address, made if need be. The first name ever seen stays.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn person(&self, address: &Address, name: &str) -> Result<PersonId, StoreError> {
        let key = address.key();
        let known: Option<i64> = self
            .0
            .prepare_cached("select id from person where address_key = ?1")?
            .query_row([&key], |row| row.get(0))
            .optional()?;
        if let Some(id) = known {
            return Ok(PersonId(id));
        }
        self.run(
            "insert into person (address_key, address, name) values (?1, ?2, ?3)",
            params![key, address.as_str(), name],
        )?;
        Ok(PersonId(self.0.last_insert_rowid()))
    }

    /// The address of a person.
    ///
    /// # Errors
    /// A fault of the disk, or no such person.
    pub fn address_of(&self, person: PersonId) -> Result<Address, StoreError> {
        let text: Option<String> = self
            .0
            .prepare_cached("select address from person where id = ?1")?
            .query_row([person.0], |row| row.get(0))
            .optional()?;
        let text = text.ok_or(StoreError::Absent("such person"))?;
        Address::parse(&text).ok_or(StoreError::Row("address"))
    }

    /// Whether this person is of that case.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn is_participant(&self, case: CaseId, person: PersonId) -> Result<bool, StoreError> {
        let mut query =
            self.0.prepare_cached("select 1 from participant where case_id = ?1 and person = ?2")?;
        Ok(query.query_row(params![case.to_string(), person.0], |_| Ok(())).optional()?.is_some())
    }

    /// The letter or notice that we sent under this Message-ID: effect, case, recipient.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn sent_by_us(
        &self,
        message_id: &str,
    ) -> Result<Option<(EffectId, Option<CaseId>, String)>, StoreError> {
        let mut query =
            self.0.prepare_cached("select effect, case_id, recipient from sent where message_id = ?1")?;
        let row = query
            .query_row([message_id], |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?, row.get(2)?)))
            .optional()?;
        row.map(|(effect, case, recipient)| {
            Ok((EffectId(effect), case.map(|case| case.parse()).transpose()?, recipient))
        })
        .transpose()
    }

    /// Whether a mail of ours with this Message-ID came back to us: proof that it was sent.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn came_back(&self, message_id: &str) -> Result<bool, StoreError> {
        let mut query =
            self.0.prepare_cached("select 1 from message where message_id = ?1 and fate = 'own' limit 1")?;
        Ok(query.query_row([message_id], |_| Ok(())).optional()?.is_some())
    }

    /// The case to which a mail with this Message-ID belongs (ours or somebody's).
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn case_of_id(&self, message_id: &str) -> Result<Option<CaseId>, StoreError> {
        if let Some((_, Some(case), _)) = self.sent_by_us(message_id)? {
            return Ok(Some(case));
        }
        let mut query = self.0.prepare_cached(
            "select case_id from message where message_id = ?1 and case_id is not null
               and fate in ('case', 'reply') order by id limit 1",
        )?;
        let case: Option<String> = query.query_row([message_id], |row| row.get(0)).optional()?;
        Ok(case.map(|case| case.parse()).transpose()?)
    }

    /// Waiting mails whose time is over.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn waited_out(&self, now: Timestamp) -> Result<Vec<MailRow>, StoreError> {
        self.mails("where fate = 'waiting' and wait_until <= ?1 order by id limit 50", [ms(now)])
    }

    /// Waiting mails nobody was told about, if the first of them is due to be told.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn untold_waiting(&self, now: Timestamp) -> Result<Vec<MailId>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select id, notice_by from message where fate = 'waiting' and told_at is null order by id limit 200",
        )?;
        let rows = query.query_map([], |row| Ok((MailId(row.get(0)?), row.get::<_, Option<i64>>(1)?)))?;
        let rows: Vec<(MailId, Option<i64>)> = rows.collect::<Result<_, _>>()?;
        let due = rows.iter().any(|(_, by)| by.is_some_and(|by| by <= ms(now)));
        Ok(if due { rows.into_iter().map(|(id, _)| id).collect() } else { Vec::new() })
    }

    /// Notes that members were told of a waiting mail.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn told(&self, mail: MailId, now: Timestamp) -> Result<(), StoreError> {
        self.run("update message set told_at = ?2 where id = ?1", params![mail.0, ms(now)])?;
        Ok(())
    }
}
