//! Cases and their events: the journal is the truth, the row of a case is its fold.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::rows::{from_ms, ms};
use super::{StoreError, Txn};
use crate::case::{Case, CaseId, ClockKind, Event};

/// Version of the events that this program writes.
const EVENT_VERSION: i64 = 1;

/// An event with its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its number, rising over the whole journal.
    pub seq: i64,
    /// When it was written.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

impl Txn<'_> {
    /// Draws the next number of that year. A number is never used twice, also not after a rolled back backup
    /// ([`Txn::numbers_jump_past`]).
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn draw_case_id(&self, year: i16) -> Result<CaseId, StoreError> {
        let key = format!("cases-{year}");
        let last: Option<i64> = self
            .0
            .prepare_cached("select value from meta where key = ?1")?
            .query_row([&key], |row| row.get(0))
            .optional()?;
        let next = last.unwrap_or(0) + 1;
        self.run(
            "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = ?2",
            params![key, next],
        )?;
        let number = u32::try_from(next).map_err(|_| StoreError::Row("case counter"))?;
        Ok(CaseId { year, number })
    }

    /// Makes sure that no number up to this one is drawn again.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn numbers_jump_past(&self, id: CaseId) -> Result<(), StoreError> {
        self.run(
            "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = max(value, ?2)",
            params![format!("cases-{}", id.year), id.number],
        )?;
        Ok(())
    }

    /// The case, from its cache.
    ///
    /// # Errors
    /// A fault of the disk, or no such case.
    pub fn case(&self, id: CaseId) -> Result<Case, StoreError> {
        self.case_if(id)?.ok_or(StoreError::Absent("such case"))
    }

    /// The case, if there is one.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn case_if(&self, id: CaseId) -> Result<Option<Case>, StoreError> {
        let mut query = self.0.prepare_cached("select state from \"case\" where id = ?1")?;
        let state: Option<String> = query.query_row([id.to_string()], |row| row.get(0)).optional()?;
        Ok(state.map(|state| serde_json::from_str(&state)).transpose()?)
    }

    /// All cases, the oldest first.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn cases(&self) -> Result<Vec<Case>, StoreError> {
        let mut query = self.0.prepare_cached("select state from \"case\" order by id")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|state| Ok(serde_json::from_str(&state?)?)).collect()
    }

    /// The events of a case in order.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn events(&self, id: CaseId) -> Result<Vec<EventRow>, StoreError> {
        let mut query =
            self.0.prepare_cached("select seq, at, json from event where case_id = ?1 order by seq")?;
        let rows = query.query_map([id.to_string()], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
        })?;
        rows.map(|row| {
            let (seq, at, json) = row?;
            Ok(EventRow { seq, at: from_ms(at)?, event: serde_json::from_str(&json)? })
        })
        .collect()
    }

    /// Writes events and the case they make. `case` is the case before them, or the fresh one after its first events.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn record(&self, case: &Case, events: &[Event], now: Timestamp) -> Result<(), StoreError> {
        let id = case.id.to_string();
        for event in events {
            self.run(
                "insert into event (case_id, at, kind, version, json) values (?1, ?2, ?3, ?4, ?5)",
                params![id, ms(now), event.kind(), EVENT_VERSION, serde_json::to_string(event)?],
            )?;
            self.index(case.id, event, now)?;
        }
        let owner = case.owner().map(|owner| owner.0.as_str());
        // A case that stands elsewhere now must be found as such by later reports.
        self.run(
            "update finding set words = words + 1 where case_id = ?1 and (select stage from \"case\" where id = ?1) <> ?2",
            params![id, case.stage.word()],
        )?;
        self.run(
            "insert into \"case\" (id, opened_at, stage, owner, state, due_at) values (?1, ?2, ?3, ?4, ?5, ?6)
                 on conflict (id) do update set stage = ?3, owner = ?4, state = ?5, due_at = ?6",
            params![id, ms(now), case.stage.word(), owner, serde_json::to_string(case)?, case.first_due().map(ms)],
        )?;
        self.wind_clocks(case)
    }

    /// Rows that answer questions about many cases.
    fn index(&self, case: CaseId, event: &Event, now: Timestamp) -> Result<(), StoreError> {
        let id = case.to_string();
        if let Event::Opened { reporter: Some(person), .. } = event {
            self.run(
                "insert or ignore into participant (case_id, person, role) values (?1, ?2, 'reporter')",
                params![id, person.0],
            )?;
        }
        if let Event::IssueOpened { repository, number } = event {
            // What waited for the issue waits no longer.
            self.touch_all();
            self.run(
                "insert or replace into link (repository, number, case_id) values (?1, ?2, ?3)",
                params![repository, number, id],
            )?;
            self.run(
                "update effect set not_before = min(not_before, ?2) where case_id = ?1 and state = 'due' and lane = 'github'",
                params![id, ms(now)],
            )?;
        }
        Ok(())
    }

    fn wind_clocks(&self, case: &Case) -> Result<(), StoreError> {
        let id = case.id.to_string();
        for (kind, clock) in &case.clocks {
            let next = clock.next_ring();
            let owed = clock.stopped.is_none() && kind.is_owed();
            if next.is_some() || owed {
                self.run(
                    "insert into clock (case_id, kind, next_at, due_at, level) values (?1, ?2, ?3, ?4, ?5)
                     on conflict (case_id, kind) do update set next_at = ?3, due_at = ?4, level = ?5
                     where next_at is not ?3 or due_at <> ?4 or level <> ?5",
                    params![id, kind.word(), next.map(ms), ms(clock.due), clock.rung],
                )?;
            } else {
                self.run("delete from clock where case_id = ?1 and kind = ?2", params![id, kind.word()])?;
            }
        }
        Ok(())
    }

    /// Cases whose clocks are to ring.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn ringing(&self, now: Timestamp, limit: u32) -> Result<Vec<CaseId>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select distinct case_id from clock where next_at <= ?1 order by next_at limit ?2",
        )?;
        let rows = query.query_map(params![ms(now), limit], |row| row.get::<_, String>(0))?;
        rows.map(|id| Ok(id?.parse()?)).collect()
    }

    /// When the next clock rings.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn next_ring(&self) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> =
            self.0.prepare_cached("select min(next_at) from clock")?.query_row([], |row| row.get(0))?;
        super::rows::from_ms_opt(next)
    }

    /// Cases opened since that instant.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn cases_since(&self, since: Timestamp) -> Result<u32, StoreError> {
        let mut query = self.0.prepare_cached("select count(*) from \"case\" where opened_at > ?1")?;
        Ok(query.query_row([ms(since)], |row| row.get(0))?)
    }

    /// Running clocks by kind: how many, and how many of them broken.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn clocks(&self, now: Timestamp) -> Result<Vec<(ClockKind, u32, u32)>, StoreError> {
        ClockKind::ALL
            .into_iter()
            .map(|kind| {
                let row = self.0.query_row(
                    "select count(*), coalesce(sum(due_at <= ?2), 0) from clock where kind = ?1",
                    params![kind.word(), ms(now)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
                Ok((kind, row.0, row.1))
            })
            .collect()
    }
}
