//! Letters that are held, and what commands ask about many cases.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::rows::ms;
use super::{EffectRow, EffectState, StoreError, Txn};
use crate::case::command::Which;
use crate::case::{Case, CaseId, Effect, Lane, MailId, MemberKey, PersonId};

/// The meta rows: when the last good poll began, and the last mail that was held when it ended.
const BEGAN: &str = "poll-began";
const HELD: &str = "poll-held";

impl Txn<'_> {
    /// Notes a good poll that began then. Letters whose hold ended before may leave once all that it brought is read.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn polled(&self, began: Timestamp) -> Result<(), StoreError> {
        let last: Option<i64> = self.0.query_row("select max(id) from message", [], |row| row.get(0))?;
        self.set_meta(BEGAN, &began.to_string())?;
        self.set_meta(HELD, &last.unwrap_or(0).to_string())?;
        self.letters_may_go()
    }

    /// Wakes the lane of letters if one is held: a poll came, or mail was read.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn letters_may_go(&self) -> Result<(), StoreError> {
        let mut query = self
            .0
            .prepare_cached("select 1 from effect where state = 'due' and held_until is not null limit 1")?;
        if query.query_row([], |_| Ok(())).optional()?.is_some() {
            self.touch(Lane::Letters);
            // The comment to whoever posted a public issue is held as well.
            self.touch(Lane::Advisory);
        }
        Ok(())
    }

    /// Up to which instant holds may have ended: when the last good poll began, and never while mail that it brought is
    /// unread, because that may be an undo.
    pub(super) fn letters_may_pass(&self) -> Result<Timestamp, StoreError> {
        let Some(began) = self.meta_instant(BEGAN)? else { return Ok(Timestamp::MIN) };
        let held: i64 = self.meta(HELD)?.and_then(|text| text.parse().ok()).unwrap_or(i64::MAX);
        let mut unread =
            self.0.prepare_cached("select 1 from message where fate = 'stored' and id <= ?1 limit 1")?;
        let is_unread = unread.query_row([held], |_| Ok(())).optional()?.is_some();
        let listened = self.listened()?.unwrap_or(Timestamp::MAX);
        let is_unjudged = self.is_unjudged()?;
        Ok(if is_unread || is_unjudged { Timestamp::MIN } else { began.min(listened) })
    }

    /// The letters that leave by an act of a case: first the one that it ordered, then those that come with it.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn letters_of(&self, case: CaseId, act: u32) -> Result<Vec<EffectRow>, StoreError> {
        let mut rows = self.effects_of(case)?;
        rows.retain(|row| matches!(row.effect, Effect::Letter { act: of, .. } if of == act));
        Ok(rows)
    }

    /// The letter that an act of a case ordered.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn letter_of(&self, case: CaseId, act: u32) -> Result<Option<EffectRow>, StoreError> {
        Ok(self.letters_of(case, act)?.into_iter().next())
    }

    /// No letter of this act may leave any more.
    ///
    /// # Errors
    /// A fault of the disk, or one of them left already.
    pub fn stop_letter(&self, case: CaseId, act: u32, now: Timestamp) -> Result<(), StoreError> {
        for row in self.letters_of(case, act)? {
            match row.state {
                EffectState::Due | EffectState::Parked => {
                    self.end(row.id, EffectState::Canceled, Some("taken back"), now)?;
                    self.touch_all();
                }
                EffectState::Canceled | EffectState::Shadowed => {}
                EffectState::Sending | EffectState::Done | EffectState::Unknown => {
                    return Err(StoreError::Refused("the letter left already".to_owned()));
                }
            }
        }
        Ok(())
    }

    /// A second person agreed: the letters of this act leave when this hold ended.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn release_letter(&self, case: CaseId, act: u32, until: Timestamp) -> Result<(), StoreError> {
        for row in self.letters_of(case, act)? {
            self.run(
                "update effect set not_before = ?2, held_until = ?2 where id = ?1 and state = 'due'",
                params![row.id.0, ms(until)],
            )?;
            self.touch_all();
        }
        Ok(())
    }

    /// Letters to outsiders that this member ordered, on all cases, in the hour before.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn letters_ordered(&self, by: &MemberKey, now: Timestamp) -> Result<u32, StoreError> {
        let since = now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(now);
        let mut query = self.0.prepare_cached(
            "select count(*) from event where kind = 'acted' and at > ?1
               and json_extract(json, '$.by') = ?2 and json_extract(json, '$.hold') is not null",
        )?;
        Ok(query.query_row(params![ms(since), by.0], |row| row.get(0))?)
    }

    /// Runs a part of a transaction that may be refused as a whole: then nothing of it stays, and why is told.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn attempt<T>(
        &self,
        part: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<Result<T, String>, StoreError> {
        self.0.execute_batch("savepoint attempt")?;
        match part(self) {
            Ok(done) => {
                self.0.execute_batch("release attempt")?;
                Ok(Ok(done))
            }
            Err(StoreError::Refused(why)) => {
                self.0.execute_batch("rollback to attempt; release attempt")?;
                Ok(Err(why))
            }
            Err(StoreError::Absent(what)) => {
                self.0.execute_batch("rollback to attempt; release attempt")?;
                Ok(Err(format!("there is no {what}")))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Cases for a list, the newest first, at most `limit`, and whether there are more.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn listed(
        &self,
        which: Which,
        who: &MemberKey,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<Case>, bool), StoreError> {
        let tail = match which {
            Which::Open => "where stage <> 'closed' and ?1 = ?1 and ?2 = ?2",
            Which::Mine => "where stage <> 'closed' and owner is not null and owner = ?1 and ?2 = ?2",
            Which::Overdue => "where ?1 = ?1 and stage <> 'closed' and due_at is not null and due_at <= ?2",
        };
        let sql = format!("select state from \"case\" {tail} order by opened_at desc limit {}", limit + 1);
        let mut query = self.0.prepare_cached(&sql)?;
        let rows = query.query_map(params![who.0, ms(now)], |row| row.get::<_, String>(0))?;
        let mut found: Vec<Case> =
            rows.map(|state| Ok(serde_json::from_str(&state?)?)).collect::<Result<_, StoreError>>()?;
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    /// Cases that are not closed.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn open_cases(&self) -> Result<u64, StoreError> {
        Ok(self.0.query_row("select count(*) from \"case\" where stage <> 'closed'", [], |row| row.get(0))?)
    }

    /// This person is of the case from now on.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn joins(&self, case: CaseId, person: PersonId) -> Result<(), StoreError> {
        self.run(
            "insert or ignore into participant (case_id, person, role) values (?1, ?2, 'reporter')",
            params![case.to_string(), person.0],
        )?;
        Ok(())
    }

    /// This person is of the case no longer.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn leaves(&self, case: CaseId, person: PersonId) -> Result<(), StoreError> {
        self.run(
            "delete from participant where case_id = ?1 and person = ?2",
            params![case.to_string(), person.0],
        )?;
        Ok(())
    }

    /// This mail is of that case.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn moves_to(&self, mail: MailId, case: CaseId) -> Result<(), StoreError> {
        self.run("update message set case_id = ?2 where id = ?1", params![mail.0, case.to_string()])?;
        Ok(())
    }
}
