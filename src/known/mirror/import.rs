//! Feed files from disk into the mirror.

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::feed::{self, Extent, Feed, Page};
use super::write::{COMMON, Grain, Intake, merge};
use super::{Mirror, MirrorError, bump, meta_number, set_meta, writer};
use crate::known::record::read_nvd;

/// So many records that could not be read are named; the rest is counted.
const NAMED: usize = 40;

/// How far an import is; given to the caller's progress bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The feed at hand.
    pub feed: String,
    /// Feeds done.
    pub done: usize,
    /// Feeds in all.
    pub of: usize,
    /// Records taken in so far.
    pub records: u64,
}

/// What one feed brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct FeedDone {
    /// Its name (`2021`, `modified`).
    pub name: String,
    /// Records read.
    pub records: u64,
    /// New ones.
    pub added: u64,
    /// Changed ones.
    pub changed: u64,
    /// Ones that are as they were, or older than what is there.
    pub same: u64,
    /// Records that could not be read, named (at most forty).
    pub unreadable: Vec<String>,
    /// How many could not be read.
    pub bad: u64,
    /// Why nothing of it went in.
    pub fault: Option<String>,
}

/// What an import brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// Feed by feed.
    pub feeds: Vec<FeedDone>,
}

impl ImportReport {
    /// Records read in all.
    pub fn records(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.records).sum()
    }

    /// Whether any feed failed.
    pub fn failed(&self) -> bool {
        self.feeds.iter().any(|feed| feed.fault.is_some())
    }
}

impl Mirror {
    /// Takes feed files in (`nvdcve-2.0-*.json.gz` or `.json`, each checked against the `.meta` beside it if there is
    /// one; folders are looked through). A bad feed is reported and leaves what was there; the others go in.
    ///
    /// # Errors
    /// Another process is importing, or the mirror cannot be written.
    pub fn import(
        &self,
        paths: &[PathBuf],
        now: Timestamp,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<ImportReport, MirrorError> {
        let files = files(paths)?;
        self.take_in(files.len(), now, progress, |at| {
            files
                .get(at)
                .map_or_else(|| Err(MirrorError::Broken), |path| Ok((feed::name_of(path), feed::read(path))))
        })
    }

    /// Takes in one feed that is in memory, checked against its meta if there is one.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub fn import_bytes(
        &self,
        name: &str,
        json: Vec<u8>,
        meta: Option<&feed::Meta>,
        now: Timestamp,
    ) -> Result<ImportReport, MirrorError> {
        self.take_one(feed::checked(name.to_owned(), json, meta, Extent::Whole), name, now)
    }

    /// Takes in one page of the API, which holds a part of the records that it counts.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub fn import_page(
        &self,
        name: &str,
        json: Vec<u8>,
        now: Timestamp,
    ) -> Result<ImportReport, MirrorError> {
        self.take_one(feed::checked(name.to_owned(), json, None, Extent::Page), name, now)
    }

    fn take_one(
        &self,
        feed: Result<Feed, MirrorError>,
        name: &str,
        now: Timestamp,
    ) -> Result<ImportReport, MirrorError> {
        let mut feed = Some(feed);
        self.take_in(1, now, &mut |_| {}, |_| {
            feed.take().map(|feed| (name.to_owned(), feed)).ok_or(MirrorError::Broken)
        })
    }

    fn take_in(
        &self,
        of: usize,
        now: Timestamp,
        progress: &mut dyn FnMut(&Progress),
        mut next: impl FnMut(usize) -> Result<(String, Result<Feed, MirrorError>), MirrorError>,
    ) -> Result<ImportReport, MirrorError> {
        let _lock = self.lock()?;
        let mut connection = writer(self.path())?;
        let mut report = ImportReport::default();
        let mut at = 0;
        let mut records = 0;
        // A transaction ends when a segment is full: what is in is whole feeds only.
        while at < of {
            let txn = connection.transaction()?;
            let mut intake = Intake::new(&txn, Grain::Segments)?;
            while at < of && !intake.is_much() {
                let (name, feed) = next(at)?;
                progress(&Progress { feed: name.clone(), done: at, of, records });
                let done = match feed {
                    Ok(feed) => enter(&txn, &mut intake, &feed, now)?,
                    Err(fault) => FeedDone { name, fault: Some(fault.to_string()), ..FeedDone::default() },
                };
                records += done.records;
                report.feeds.push(done);
                at += 1;
            }
            intake.flush()?;
            drop(intake);
            settle(&txn, at == of)?;
            txn.commit()?;
        }
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        progress(&Progress { feed: String::new(), done: of, of, records });
        Ok(report)
    }
}

/// All feed files of these paths, the years in order, `modified` last.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, MirrorError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let fault = |source| MirrorError::File { path: path.display().to_string(), source };
            for entry in std::fs::read_dir(path).map_err(fault)? {
                let file = entry.map_err(fault)?.path();
                let name = file.to_string_lossy().into_owned();
                if name.ends_with(".json.gz") || name.ends_with(".json") {
                    files.push(file);
                }
            }
        } else {
            files.push(path.clone());
        }
    }
    files.sort_by_key(|path| {
        (feed::name_of(path).starts_with(|c: char| c.is_ascii_alphabetic()), path.clone())
    });
    files.dedup();
    Ok(files)
}

/// Enters one feed that was checked.
fn enter(
    connection: &Connection,
    intake: &mut Intake<'_>,
    feed: &Feed,
    now: Timestamp,
) -> Result<FeedDone, MirrorError> {
    let mut done = FeedDone { name: feed.name.clone(), ..FeedDone::default() };
    let Ok(page) = serde_json::from_slice::<Page<'_>>(&feed.json) else { return Ok(done) };
    let (added, changed, same) = (intake.added, intake.changed, intake.same);
    for (at, item) in page.vulnerabilities.iter().enumerate() {
        match read_nvd(item.get()) {
            Ok(record) => {
                intake.put(&record)?;
                done.records += 1;
                if intake.is_full() {
                    intake.flush()?;
                }
            }
            Err(why) => {
                done.bad += 1;
                if done.unreadable.len() < NAMED {
                    done.unreadable.push(format!("{}: {why}", name_of_item(at, item.get())));
                }
            }
        }
    }
    done.added = intake.added - added;
    done.changed = intake.changed - changed;
    done.same = intake.same - same;
    connection.execute(
        "INSERT OR REPLACE INTO feed (name, stamp, sha256, records, unreadable, bad, taken_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            feed.name,
            feed.stamp,
            feed.sha256,
            i64::try_from(done.records).unwrap_or(i64::MAX),
            serde_json::to_string(&done.unreadable).unwrap_or_default(),
            i64::try_from(done.bad).unwrap_or(i64::MAX),
            now.as_millisecond()
        ],
    )?;
    Ok(done)
}

/// What a record that cannot be read is called: what stands for its id, made harmless, and its place.
fn name_of_item(at: usize, json: &str) -> String {
    let id = json.split_once("\"id\"").and_then(|(_, rest)| rest.split('"').nth(1)).unwrap_or_default();
    let harmless: String =
        id.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).take(30).collect();
    format!("record {} ({harmless})", at + 1)
}

/// After a batch: small segments merged, dead records swept when they are many, numbers of common terms renewed.
pub(super) fn settle(connection: &Connection, last: bool) -> Result<(), MirrorError> {
    merge(connection)?;
    let live: i64 =
        connection.query_row("SELECT coalesce(sum(records), 0) FROM tally", [], |row| row.get(0))?;
    let indexed: i64 =
        connection.query_row("SELECT coalesce(sum(records), 0) FROM segment", [], |row| row.get(0))?;
    if last && indexed > 1000 && indexed > live * 13 / 10 {
        reindex(connection)?;
    }
    if last {
        count_common(connection)?;
    }
    bump(connection)
}

/// Renews the numbers of common terms when the records became a fiftieth more or fewer since they were counted.
pub(super) fn count_common(connection: &Connection) -> Result<(), MirrorError> {
    let live: i64 =
        connection.query_row("SELECT coalesce(sum(records), 0) FROM tally", [], |row| row.get(0))?;
    if (live - meta_number(connection, "common_at")?).abs() * 50 <= live {
        return Ok(());
    }
    let mut query =
        connection.prepare("SELECT term, sum(df) AS n FROM posting GROUP BY term HAVING n >= ?1")?;
    let mut rows = query.query([COMMON])?;
    let mut text = String::new();
    while let Some(row) = rows.next()? {
        let (term, df): (String, i64) = (row.get(0)?, row.get(1)?);
        text.push_str(&format!("{term}\t{df}\n"));
    }
    connection
        .execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('common', ?1)", [text.as_bytes()])?;
    set_meta(connection, "common_at", live)
}

/// Makes the index anew from the records.
fn reindex(connection: &Connection) -> Result<(), MirrorError> {
    connection.execute_batch("DELETE FROM posting; DELETE FROM segment; DELETE FROM link;")?;
    // What waits is indexed by the making of an intake: from here on that is everything.
    set_meta(connection, "young_from", 0)?;
    Intake::new(connection, Grain::Segments)?.flush()
}

/// When a feed was last taken in and its hash, to leave alone what has not changed.
pub(super) fn feed_stamp(
    connection: &Connection,
    name: &str,
) -> Result<Option<(String, String)>, MirrorError> {
    let mut query = connection.prepare_cached("SELECT stamp, sha256 FROM feed WHERE name = ?1")?;
    Ok(query.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
