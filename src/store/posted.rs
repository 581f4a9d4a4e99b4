//! Public issues that were taken in, with every copy of them that was saved, and those that a member named.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::intake::Arrived;
use super::rows::{from_ms_opt, ms};
use super::{StoreError, Txn};
use crate::case::command::Via;
use crate::case::posted::Place;
use crate::case::{CaseId, MailId, MemberKey, Posted, PostedWords, Sha256};

/// The role of a message that came as a public issue.
pub const POSTED: &str = "posted";

/// A public issue that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedRow {
    /// GitHub's global id.
    pub node: String,
    /// Numeric id of its repository.
    pub repository: u64,
    /// Where it is.
    pub place: Place,
    /// Login of who posted it; none for a deleted account.
    pub author: Option<String>,
    /// When it was posted.
    pub posted_at: Option<Timestamp>,
    /// Why it looks like a report, our words.
    pub why: String,
    /// How it stood when it was taken in.
    pub seen: Posted,
    /// The member who named it, and how; none: it was found.
    pub named: Option<(MemberKey, Via)>,
}

/// A copy of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PostedCopy {
    /// Of the bytes.
    pub sha256: Sha256,
    /// What others wrote there then.
    pub words: PostedWords,
    /// As GitHub told it, JSON.
    pub bytes: Vec<u8>,
}

/// A public issue that a member named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where it is.
    pub place: Place,
    /// Who named it.
    pub by: MemberKey,
    /// How.
    pub via: Via,
}

const COLUMNS: &str =
    "p.node, p.repository, p.project, p.number, p.author, p.posted_at, p.why, p.seen, p.by, p.via";

fn posted(row: &Row<'_>) -> Result<PostedRow, StoreError> {
    Ok(PostedRow {
        node: row.get(0)?,
        repository: row.get(1)?,
        place: Place { project: row.get(2)?, number: row.get(3)? },
        author: row.get(4)?,
        posted_at: from_ms_opt(row.get(5)?)?,
        why: row.get(6)?,
        seen: serde_json::from_str(&row.get::<_, String>(7)?)?,
        named: match (row.get::<_, Option<String>>(8)?, row.get::<_, Option<String>>(9)?) {
            (Some(by), Some(via)) => Some((MemberKey(by), serde_json::from_str(&via)?)),
            (Some(_) | None, _) => None,
        },
    })
}

impl Txn<'_> {
    /// Whether that issue was taken in already.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn has_posted(&self, node: &str) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached("select 1 from posted where node = ?1")?;
        Ok(query.exists([node])?)
    }

    /// The case of that public issue, if it is one.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn case_of_posted(&self, place: &Place) -> Result<Option<CaseId>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select m.case_id from posted p join message m on m.id = p.message where p.project = ?1 and p.number = ?2",
        )?;
        let id: Option<Option<String>> =
            query.query_row(params![place.project, place.number], |row| row.get(0)).optional()?;
        Ok(id.flatten().map(|id| id.parse()).transpose()?)
    }

    /// The public issue that a message stands for.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn posted_of(&self, message: MailId) -> Result<Option<PostedRow>, StoreError> {
        let mut query =
            self.0.prepare_cached(&format!("select {COLUMNS} from posted p where message = ?1"))?;
        let mut rows = query.query([message.0])?;
        rows.next()?.map(posted).transpose()
    }

    /// How many were taken in since then.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn posted_since(&self, at: Timestamp) -> Result<u32, StoreError> {
        let mut query = self.0.prepare_cached(
            "select count(*) from posted p join message m on m.id = p.message where m.stored_at >= ?1",
        )?;
        Ok(query.query_row([ms(at)], |row| row.get(0))?)
    }

    /// Bytes of the copies of an issue that were saved since then.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn copied_since(&self, node: &str, at: Timestamp) -> Result<u64, StoreError> {
        let mut query = self.0.prepare_cached(
            "select coalesce(sum(length(bytes) + length(json)), 0) from posted_copy where node = ?1 and saved_at >= ?2",
        )?;
        Ok(query.query_row(params![node, ms(at)], |row| row.get(0))?)
    }

    /// Takes one in, with its first copy, as a message that is read like a mail. `None`: it was there already.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn take_posted(
        &self,
        row: &PostedRow,
        copy: &PostedCopy,
        raw: Vec<u8>,
        now: Timestamp,
    ) -> Result<Option<MailId>, StoreError> {
        if self.has_posted(&row.node)? {
            return Ok(None);
        }
        let sha256 = Sha256::of(&raw);
        let held = Arrived { uid: 0, received: now, size: raw.len() as u64, raw };
        let mail = self.insert_mail(POSTED, false, sha256, &held, now)?;
        self.run("update message set decorated = 1 where id = ?1", [mail])?;
        self.run(
            "insert into posted (node, repository, project, number, author, posted_at, why, message, seen, by, via)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                row.node,
                row.repository,
                row.place.project,
                row.place.number,
                row.author,
                row.posted_at.map(ms),
                row.why,
                mail,
                serde_json::to_string(&row.seen)?,
                row.named.as_ref().map(|(by, _)| &by.0),
                row.named.as_ref().map(|(_, via)| serde_json::to_string(via)).transpose()?
            ],
        )?;
        self.keep_posted(&row.node, copy, now)?;
        Ok(Some(MailId(mail)))
    }

    /// Keeps a copy, once.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn keep_posted(&self, node: &str, copy: &PostedCopy, now: Timestamp) -> Result<(), StoreError> {
        self.run(
            "insert or ignore into posted_copy (node, sha256, words, json, bytes, saved_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                node,
                copy.sha256.0,
                copy.words.sha256().0,
                serde_json::to_string(&copy.words)?,
                copy.bytes,
                ms(now)
            ],
        )?;
        Ok(())
    }

    /// What others wrote there, by its hash, as it was saved.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn posted_words(&self, node: &str, words: &Sha256) -> Result<Option<PostedWords>, StoreError> {
        let mut query = self.0.prepare_cached(
            "select json from posted_copy where node = ?1 and words = ?2 order by id limit 1",
        )?;
        let json: Option<String> = query.query_row(params![node, words.0], |row| row.get(0)).optional()?;
        Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    /// Every copy of a public issue that was saved, the oldest first: hash and bytes.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn posted_copies(&self, node: &str) -> Result<Vec<(Sha256, Vec<u8>)>, StoreError> {
        let mut query =
            self.0.prepare_cached("select sha256, bytes from posted_copy where node = ?1 order by id")?;
        let rows = query.query_map([node], |row| Ok((Sha256(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, rusqlite::Error>>()?)
    }

    /// The public issues of cases that are not closed, with their cases.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn watched_posted(&self) -> Result<Vec<(CaseId, PostedRow)>, StoreError> {
        let mut query = self.0.prepare_cached(&format!(
            "select {COLUMNS}, c.id from posted p join message m on m.id = p.message join \"case\" c on c.id = m.case_id
             where c.stage <> 'closed' order by c.id",
        ))?;
        let mut rows = query.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get::<_, String>(10)?.parse()?, posted(row)?));
        }
        Ok(found)
    }

    /// A member named that public issue: it is looked at soon.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn want_posted(&self, wanted: &Wanted, now: Timestamp) -> Result<(), StoreError> {
        self.run(
            "insert or replace into posted_wanted (project, number, by, via, at) values (?1, ?2, ?3, ?4, ?5)",
            params![
                wanted.place.project,
                wanted.place.number,
                wanted.by.0,
                serde_json::to_string(&wanted.via)?,
                ms(now)
            ],
        )?;
        self.touch_named();
        Ok(())
    }

    /// Those that members named and that were not dealt with.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn wanted_posted(&self) -> Result<Vec<Wanted>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("select project, number, by, via from posted_wanted order by at, number")?;
        let mut rows = query.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let via: String = row.get(3)?;
            found.push(Wanted {
                place: Place { project: row.get(0)?, number: row.get(1)? },
                by: MemberKey(row.get(2)?),
                via: serde_json::from_str(&via)?,
            });
        }
        Ok(found)
    }

    /// It was dealt with.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn posted_done(&self, place: &Place) -> Result<(), StoreError> {
        self.run(
            "delete from posted_wanted where project = ?1 and number = ?2",
            params![place.project, place.number],
        )?;
        Ok(())
    }
}
