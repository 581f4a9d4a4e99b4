//! The outbox: effects, their states and their order.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::lines::{PUBLIC_ISSUE, line};
use super::rows::{from_ms, from_ms_opt, ms};
use super::{StoreError, Txn};
use crate::case::{After, CaseId, Effect, EffectId, Lane, Op, Planned, Sha256};

/// The state of an effect (table in `schema.sql`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EffectState {
    /// To be done.
    Due,
    /// Begun: whoever finds it so after a start does not know whether it happened.
    Sending,
    /// Done.
    Done,
    /// Nobody can say.
    Unknown,
    /// It cannot be done; people were told.
    Parked,
    /// A person took it back.
    Canceled,
    /// Written to a file instead, in `mode = "shadow"`.
    Shadowed,
}

impl EffectState {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Due, Self::Sending, Self::Done, Self::Unknown, Self::Parked, Self::Canceled, Self::Shadowed];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Unknown => "unknown",
            Self::Parked => "parked",
            Self::Canceled => "canceled",
            Self::Shadowed => "shadowed",
        }
    }
}

/// An effect about to be written.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What, when, in which order.
    pub planned: Planned,
    /// Its fixed id.
    pub op: Op,
    /// For mails: the Message-ID, without brackets.
    pub message_id: Option<String>,
    /// For letters to people outside: the bytes, rendered already.
    pub letter: Option<Vec<u8>>,
}

/// A row of `effect`.
#[derive(Debug, Clone)]
pub struct EffectRow {
    /// Its number.
    pub id: EffectId,
    /// Its fixed id.
    pub op: Op,
    /// Its case.
    pub case: Option<CaseId>,
    /// What.
    pub effect: Effect,
    /// How it stands.
    pub state: EffectState,
    /// When it was decided.
    pub planned_at: Timestamp,
    /// When it is due.
    pub not_before: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When the last try began.
    pub started_at: Option<Timestamp>,
    /// Why it is not done, as a word.
    pub why: Option<String>,
    /// Its Message-ID, if it is a mail.
    pub message_id: Option<String>,
    /// The bytes of a letter.
    pub letter: Option<Vec<u8>>,
}

/// How many effects of a lane are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneCount {
    /// The lane's word.
    pub lane: String,
    /// The state's word.
    pub state: String,
    /// How many.
    pub count: u64,
}

const COLUMNS: &str = "e.id, e.op, e.case_id, e.json, e.state, e.planned_at, e.not_before, e.tries, e.started_at, e.why, \
                       (select message_id from sent s where s.effect = e.id), e.letter";

fn effect_row(row: &Row<'_>) -> Result<EffectRow, StoreError> {
    let case: Option<String> = row.get(2)?;
    let json: String = row.get(3)?;
    let state: String = row.get(4)?;
    Ok(EffectRow {
        id: EffectId(row.get(0)?),
        op: Op(row.get(1)?),
        case: case.map(|case| case.parse()).transpose()?,
        effect: serde_json::from_str(&json)?,
        state: EffectState::ALL
            .into_iter()
            .find(|known| known.word() == state)
            .ok_or(StoreError::Row("effect state"))?,
        planned_at: from_ms(row.get(5)?)?,
        not_before: from_ms(row.get(6)?)?,
        tries: row.get(7)?,
        started_at: from_ms_opt(row.get(8)?)?,
        why: row.get(9)?,
        message_id: row.get(10)?,
        letter: row.get(11)?,
    })
}

/// Who gets it, as `sent` says it.
pub(super) fn recipient(effect: &Effect) -> String {
    match effect {
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Answer
        | Effect::Post { .. }
        | Effect::Advisory
        | Effect::Publish { .. }
        | Effect::TellPoster
        | Effect::TakeDown { .. } => String::new(),
        Effect::Announce { channel } => format!("channel:{channel}"),
        Effect::Letter { to, .. } => format!("person:{to}"),
        Effect::Alert { to, .. } | Effect::Transcript { to, .. } => format!("member:{to}"),
    }
}

impl Txn<'_> {
    /// Writes an effect into the outbox.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn plan(&self, case: Option<CaseId>, draft: &Draft, now: Timestamp) -> Result<EffectId, StoreError> {
        let effect = &draft.planned.effect;
        let id = case.map(|case| case.to_string());
        let after_until = match draft.planned.after {
            After::Nothing | After::Issue => None,
            After::IssueOr(until) | After::AdvisoryOr(until) => Some(ms(until)),
        };
        let after_effect = match (draft.planned.after, &id) {
            (After::Nothing, _) | (_, None) => None,
            (After::Issue | After::IssueOr(_), Some(id)) => self.issue_effect(id)?,
            (After::AdvisoryOr(_), Some(id)) => self.advisory_effect(id)?,
        };
        let waits = match after_effect {
            Some(first) => !self.is_done(first)?,
            None => false,
        };
        let to = recipient(effect);
        self.run(
                "insert into effect (op, case_id, lane, recipient, json, state, planned_at, not_before, after_effect,
                   after_until, letter, letter_sha256, waits, held_until)
                 values (?1, ?2, ?3, ?4, ?5, 'due', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)", params![
                draft.op.0,
                id,
                effect.lane().word(),
                line(&draft.planned, now),
                serde_json::to_string(effect)?,
                ms(now),
                ms(draft.planned.not_before.unwrap_or(now)),
                after_effect,
                after_until,
                draft.letter,
                draft.letter.as_deref().map(|bytes| Sha256::of(bytes).0),
                waits,
                draft.planned.held_until.map(ms),
            ])?;
        let row = self.0.last_insert_rowid();
        self.touch(effect.lane());
        if let Some(message_id) = &draft.message_id {
            self.run(
                "insert into sent (message_id, effect, case_id, recipient) values (?1, ?2, ?3, ?4)",
                params![message_id, row, id, to],
            )?;
        }
        Ok(EffectId(row))
    }

    fn is_done(&self, effect: i64) -> Result<bool, StoreError> {
        let mut query =
            self.0.prepare_cached("select state in ('done', 'shadowed') from effect where id = ?1")?;
        Ok(query.query_row([effect], |row| row.get(0))?)
    }

    /// Effects of a lane that may be begun now, in order.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn performable(&self, lane: Lane, now: Timestamp, limit: u32) -> Result<Vec<EffectRow>, StoreError> {
        // What waits for another effect stands apart, so that a crowd of it costs nothing here.
        // A new report is not to wait behind a flood of comments on others.
        let mut ready = match lane {
            Lane::Github => {
                self.ready(lane, now, limit, "e.waits = 0 and e.json = '{\"effect\":\"open-issue\"}'")?
            }
            Lane::Letters | Lane::Advisory | Lane::Members | Lane::Discord => Vec::new(),
        };
        if ready.is_empty() {
            ready = self.ready(lane, now, limit, "e.waits = 0")?;
        }
        let left = limit.saturating_sub(u32::try_from(ready.len()).unwrap_or(limit));
        if left > 0 {
            let late = "e.waits = 1 and e.after_effect is not null and e.after_until <= ?2";
            ready.extend(self.ready(lane, now, left, late)?);
        }
        Ok(ready)
    }

    fn ready(
        &self,
        lane: Lane,
        now: Timestamp,
        limit: u32,
        which: &str,
    ) -> Result<Vec<EffectRow>, StoreError> {
        let polled = ms(self.letters_may_pass()?);
        let sql = format!(
            "select {COLUMNS} from effect e
             where e.lane = ?1 and e.state = 'due' and e.not_before <= ?2 and {which}
               and (e.held_until is null or (e.held_until <= ?4
                    and not exists (select 1 from missing m where m.first_at >= e.planned_at)))
               and (e.case_id is null or not exists (
                    select 1 from effect f where f.case_id = e.case_id and f.lane = e.lane and f.recipient = e.recipient
                      and f.id < e.id and f.state in ('due', 'sending')))
             order by e.not_before, e.id limit ?3"
        );
        self.effects(&sql, params![lane.word(), ms(now), limit, polled])
    }

    fn effects(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<EffectRow>, StoreError> {
        let mut query = self.0.prepare_cached(sql)?;
        let mut rows = query.query(values)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(effect_row(row)?);
        }
        Ok(found)
    }

    /// The next instant at which an effect of a lane may become performable by time alone.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn next_effect(&self, lane: Lane, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = self
            .0
            .prepare_cached(
                "select min(t) from (
                   select min(not_before) t from effect
                     where state = 'due' and lane = ?1 and waits in (0, 1) and not_before > ?2
                   union all
                   select min(after_until) t from effect
                     where state = 'due' and after_effect is not null and after_until > ?2)",
            )?
            .query_row(params![lane.word(), ms(now)], |row| row.get(0))?;
        from_ms_opt(next)
    }

    /// Notes that an effect begins now.
    ///
    /// # Errors
    /// A fault of the disk, or it is not due any more.
    pub fn begin(&self, effect: EffectId, now: Timestamp) -> Result<(), StoreError> {
        let changed = self.run(
                "update effect set state = 'sending', started_at = ?2, tries = tries + 1 where id = ?1 and state = 'due'", params![effect.0, ms(now)])?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Absent("effect that is due")) }
    }

    /// Ends an effect in that state.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn end(
        &self,
        effect: EffectId,
        state: EffectState,
        why: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(
            "update effect set state = ?2, why = ?3, finished_at = ?4 where id = ?1",
            params![effect.0, state.word(), why, ms(now)],
        )?;
        if matches!(state, EffectState::Done | EffectState::Shadowed) {
            self.run(
                    "update effect set waits = 0
                     where case_id = (select case_id from effect where id = ?1) and after_effect = ?1 and waits = 1", [effect.0])?;
            if self.0.changes() > 0 {
                // What waited is of other lanes.
                self.touch_all();
            }
        }
        Ok(())
    }

    /// An effect that provably did not happen is due again at that instant.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn again(&self, effect: EffectId, not_before: Timestamp, why: &str) -> Result<(), StoreError> {
        self.touch_all();
        self.run(
            "update effect set state = 'due', not_before = ?2, why = ?3 where id = ?1",
            params![effect.0, ms(not_before), why],
        )?;
        Ok(())
    }

    /// Keeps what the peer said about an effect (an issue's number, a message id).
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn note_result(&self, effect: EffectId, result: &str) -> Result<(), StoreError> {
        self.run("update effect set result = ?2 where id = ?1", params![effect.0, result])?;
        Ok(())
    }

    /// One effect.
    ///
    /// # Errors
    /// A fault of the disk, or no such effect.
    pub fn effect(&self, effect: EffectId) -> Result<EffectRow, StoreError> {
        let sql = format!("select {COLUMNS} from effect e where e.id = ?1");
        self.effects(&sql, [effect.0])?.pop().ok_or(StoreError::Absent("such effect"))
    }

    /// Effects that are neither done nor taken back, and the last finished ones if asked; at most `limit`.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn outbox(&self, with_finished: bool, limit: u32) -> Result<Vec<EffectRow>, StoreError> {
        let open = if with_finished { "1" } else { "e.state in ('due', 'sending', 'unknown', 'parked')" };
        let sql = format!("select {COLUMNS} from effect e where {open} order by e.id desc limit ?1");
        let mut rows = self.effects(&sql, [limit])?;
        rows.reverse();
        Ok(rows)
    }

    /// Effects in that state, the oldest first.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn effects_in(&self, state: EffectState, limit: u32) -> Result<Vec<EffectRow>, StoreError> {
        // The state as a literal: as a parameter it would make SQLite prepare anew with each value, for the partial indexes.
        let state = state.word();
        let sql = format!("select {COLUMNS} from effect e where e.state = '{state}' order by e.id limit ?1");
        self.effects(&sql, [limit])
    }

    /// The effects of a case.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn effects_of(&self, case: CaseId) -> Result<Vec<EffectRow>, StoreError> {
        let sql = format!("select {COLUMNS} from effect e where e.case_id = ?1 order by e.id");
        self.effects(&sql, [case.to_string()])
    }

    /// How many effects of each lane are in each state.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn outbox_counts(&self) -> Result<Vec<LaneCount>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("select lane, state, count(*) from effect group by lane, state order by 1, 2")?;
        let rows = query.query_map([], |row| {
            Ok(LaneCount { lane: row.get(0)?, state: row.get(1)?, count: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What the page of a case waited for is there: it need not wait any longer.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn issue_may_open(&self, case: CaseId, now: Timestamp) -> Result<(), StoreError> {
        let changed = self.run(
            "update effect set not_before = ?2 where case_id = ?1 and json = '{\"effect\":\"open-issue\"}'
               and state = 'due' and tries = 0 and not_before > ?2",
            params![case.to_string(), ms(now)],
        )?;
        if changed > 0 {
            self.touch(Lane::Github);
        }
        Ok(())
    }

    /// Whether the public issue of this case is being taken down, or that waits for a person.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn is_taking_down(&self, case: CaseId) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached(
            "select json from effect where case_id = ?1 and recipient = ?2 and state in ('due', 'sending', 'unknown', 'parked')",
        )?;
        let mut rows = query.query(params![case.to_string(), PUBLIC_ISSUE])?;
        while let Some(row) = rows.next()? {
            let effect: Effect = serde_json::from_str(&row.get::<_, String>(0)?)?;
            if matches!(effect, Effect::TakeDown { .. }) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The id that stands in the marker of the issue of this case.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn issue_op(&self, case: CaseId) -> Result<Option<Op>, StoreError> {
        let Some(effect) = self.issue_effect(&case.to_string())? else { return Ok(None) };
        Ok(Some(self.effect(EffectId(effect))?.op))
    }

    /// Everything unfinished becomes unknown: after a restored backup nobody knows what happened since.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn unfinished_become_unknown(&self, now: Timestamp) -> Result<u64, StoreError> {
        let changed = self.run(
            "update effect set state = 'unknown', why = 'restored', started_at = coalesce(started_at, ?1)
             where state in ('due', 'sending')",
            [ms(now)],
        )?;
        Ok(changed as u64)
    }
}
