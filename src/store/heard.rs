//! What people say and do on the issues: taken once each, durable before anybody judges it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::rows::{from_ms, ms};
use super::{EffectRow, EffectState, StoreError, Txn};
use crate::case::{CaseId, Effect, EffectId};

/// The meta rows: when the last look at the issues began, when a look was good last, since when looks fail.
const LISTENED: &str = "issues-listened";
const HEARD_WELL: &str = "issues-heard-well";
/// Before this instant nothing on the issues counts.
const FLOOR: &str = "issues-floor";

/// What became of it (table in `schema.sql`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeardFate {
    /// Not yet judged.
    Stored,
    /// Carried out, or its writer was told why not.
    Ran,
    /// Not proven to be a member's.
    Refused,
    /// They were asked why they closed the issue.
    Asked,
    /// Nothing that commands.
    Text,
    /// Of our own account.
    Own,
    /// On an issue of no case.
    Elsewhere,
    /// From before the first look, or before a backup was restored.
    Past,
    /// Beyond an hour's limit: not carried out.
    Over,
}

impl HeardFate {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Ran => "ran",
            Self::Refused => "refused",
            Self::Asked => "asked",
            Self::Text => "text",
            Self::Own => "own",
            Self::Elsewhere => "elsewhere",
            Self::Past => "past",
            Self::Over => "over",
        }
    }
}

/// An account of GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Its number, for ever.
    pub id: u64,
    /// Its name, which somebody else can have tomorrow.
    pub login: String,
}

/// What somebody said or did.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub enum Did {
    /// A comment.
    Comment {
        /// Markdown.
        body: String,
        /// Changed after it was written, or GitHub does not tell.
        edited: bool,
    },
    /// The issue was assigned.
    Assigned {
        /// To whom.
        to: Who,
    },
    /// The issue was taken from somebody.
    Unassigned {
        /// From whom.
        from: Who,
    },
    /// The issue was closed.
    Closed,
}

/// Shows no word of it.
impl std::fmt::Debug for Did {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Comment { .. } => "Comment",
            Self::Assigned { .. } => "Assigned",
            Self::Unassigned { .. } => "Unassigned",
            Self::Closed => "Closed",
        })
    }
}

/// One thing that was heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// GitHub's id of the comment or the deed.
    #[serde(skip)]
    pub id: u64,
    /// The repository's id.
    #[serde(skip)]
    pub repository: u64,
    /// Of the issue.
    #[serde(skip)]
    pub number: u64,
    /// When, as GitHub says.
    #[serde(skip)]
    pub at: Timestamp,
    /// Who; none when the account is gone.
    pub who: Option<Who>,
    /// An App did it in their name.
    pub through_app: bool,
    /// What.
    #[serde(flatten)]
    pub did: Did,
}

impl Heard {
    fn what(&self) -> &'static str {
        match self.did {
            Did::Comment { .. } => "comment",
            Did::Assigned { .. } | Did::Unassigned { .. } | Did::Closed => "deed",
        }
    }
}

impl Txn<'_> {
    /// Whether there is an issue of a case to listen to.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn has_issues(&self) -> Result<bool, StoreError> {
        Ok(self.0.query_row("select exists (select 1 from link)", [], |row| row.get(0))?)
    }

    /// Holds what was heard, unless it was heard before; whether it is new. `fate`: what is known of it at once.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn hear(&self, heard: &Heard, fate: HeardFate, now: Timestamp) -> Result<bool, StoreError> {
        let json = if fate == HeardFate::Stored { Some(serde_json::to_string(heard)?) } else { None };
        let changed = self.run(
            "insert or ignore into heard (repository, what, id, number, said_at, heard_at, json, fate)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                heard.repository,
                heard.what(),
                heard.id,
                heard.number,
                ms(heard.at),
                ms(now),
                json,
                fate.word()
            ],
        )?;
        Ok(changed == 1)
    }

    /// What is held and not judged, in the order in which it was said; what stands on an issue that may yet turn out to be
    /// a case's comes when that is known.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn unjudged(&self, limit: u32) -> Result<Vec<Heard>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select repository, id, number, said_at, json from heard h where fate = 'stored' and (
               exists (select 1 from link l where l.repository = h.repository and l.number = h.number)
               or not exists (select 1 from effect e where e.lane = 'github'
                    and e.state in ('due', 'sending', 'unknown') and e.json = '{\"effect\":\"open-issue\"}'))
             order by said_at, what, id limit ?1",
        )?;
        let mut rows = query.query([limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let json: String = row.get(4)?;
            let held: Heard = serde_json::from_str(&json)?;
            found.push(Heard {
                repository: row.get(0)?,
                id: row.get(1)?,
                number: row.get(2)?,
                at: from_ms(row.get(3)?)?,
                ..held
            });
        }
        Ok(found)
    }

    /// Whether something on an issue of a case waits to be judged: it may take back a letter.
    pub(super) fn is_unjudged(&self) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached(
            "select 1 from heard h join link l on l.repository = h.repository and l.number = h.number
             where h.fate = 'stored' limit 1",
        )?;
        Ok(query.query_row([], |_| Ok(())).optional()?.is_some())
    }

    /// Whether it still waits to be judged; asked in the transaction that does.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn is_stored(&self, heard: &Heard) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached(
            "select 1 from heard where repository = ?1 and what = ?2 and id = ?3 and fate = 'stored'",
        )?;
        let values = params![heard.repository, heard.what(), heard.id];
        Ok(query.query_row(values, |_| Ok(())).optional()?.is_some())
    }

    /// It is judged; its words go.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn judged(&self, heard: &Heard, fate: HeardFate, case: Option<CaseId>) -> Result<(), StoreError> {
        self.run(
            "update heard set fate = ?4, json = null, case_id = ?5 where repository = ?1 and what = ?2 and id = ?3",
            params![
                heard.repository,
                heard.what(),
                heard.id,
                fate.word(),
                case.map(|case| case.to_string())
            ],
        )?;
        if fate != HeardFate::Stored {
            // A letter may have waited for the judgment.
            self.letters_may_go()?;
        }
        Ok(())
    }

    /// How many things were heard, by what became of them.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn heard_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut query = self.0.prepare_cached("select fate, count(*) from heard group by fate order by 1")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The case of an issue.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn case_of_issue(&self, repository: u64, number: u64) -> Result<Option<CaseId>, StoreError> {
        let mut query =
            self.0.prepare_cached("select case_id from link where repository = ?1 and number = ?2")?;
        let case: Option<String> =
            query.query_row(params![repository, number], |row| row.get(0)).optional()?;
        Ok(case.map(|case| case.parse()).transpose()?)
    }

    /// How an issue of a case stood at the last look: `open` or `closed`, and to whom it was assigned.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn watched(&self, repository: u64, number: u64) -> Result<(String, String), StoreError> {
        let mut query = self
            .0
            .prepare_cached("select state, assignees from watched where repository = ?1 and number = ?2")?;
        let row = query.query_row(params![repository, number], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(row.optional()?.unwrap_or_else(|| ("open".to_owned(), String::new())))
    }

    /// Notes how it stands now.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn watch(
        &self,
        repository: u64,
        number: u64,
        state: &str,
        assignees: &str,
    ) -> Result<(), StoreError> {
        self.run(
            "insert or replace into watched (repository, number, state, assignees) values (?1, ?2, ?3, ?4)",
            params![repository, number, state, assignees],
        )?;
        Ok(())
    }

    /// At a start: what is older than the store does not count, and if nobody listens no letter waits for it.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn listening_starts(&self, listens: bool, now: Timestamp) -> Result<(), StoreError> {
        if self.issues_floor()?.is_none() {
            self.set_issues_floor(now)?;
        }
        if listens { Ok(()) } else { self.forget_meta(LISTENED) }
    }

    /// Notes that a look at the issues began then: letters whose hold ended before may leave.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn listened_at(&self, began: Timestamp) -> Result<(), StoreError> {
        self.set_meta(LISTENED, &began.to_string())?;
        self.letters_may_go()
    }

    /// Notes that this look was good.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn heard_well(&self, at: Timestamp) -> Result<(), StoreError> {
        self.set_meta(HEARD_WELL, &at.to_string())
    }

    /// When a look was good last.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn heard_well_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.meta_instant(HEARD_WELL)
    }

    pub(super) fn listened(&self) -> Result<Option<Timestamp>, StoreError> {
        self.meta_instant(LISTENED)
    }

    /// Before which instant nothing on the issues counts; set by the first look, and when a backup is restored.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn issues_floor(&self) -> Result<Option<Timestamp>, StoreError> {
        self.meta_instant(FLOOR)
    }

    /// Sets it.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn set_issues_floor(&self, at: Timestamp) -> Result<(), StoreError> {
        // GitHub counts whole seconds.
        let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
        self.set_meta(FLOOR, &at.to_string())
    }

    /// Our comment with answers on the issue of this case.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn answer_comment(&self, case: CaseId) -> Result<Option<u64>, StoreError> {
        let mut query = self.0.prepare_cached("select comment from answer where case_id = ?1")?;
        Ok(query.query_row([case.to_string()], |row| row.get(0)).optional()?)
    }

    /// Notes it.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn note_answer(&self, case: CaseId, comment: u64) -> Result<(), StoreError> {
        self.run(
            "insert or replace into answer (case_id, comment) values (?1, ?2)",
            params![case.to_string(), comment],
        )?;
        Ok(())
    }

    /// The first effect that answers on the issue of this case: its id stands in the marker of our comment.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn first_answer(&self, case: CaseId) -> Result<Option<EffectRow>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select min(id) from effect where case_id = ?1 and json = '{\"effect\":\"answer\"}'",
        )?;
        let first: Option<i64> = query.query_row([case.to_string()], |row| row.get(0))?;
        first.map(|id| self.effect(EffectId(id))).transpose()
    }

    /// The last answers on the issue of this case, the newest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn answers(&self, case: CaseId, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut rows = self.effects_of(case)?;
        rows.retain(|row| row.effect == Effect::Answer && row.state != EffectState::Canceled);
        let texts = rows.into_iter().rev().filter_map(|row| row.letter).take(limit);
        Ok(texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect())
    }
}
