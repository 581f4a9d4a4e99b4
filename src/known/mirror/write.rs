//! Writing records, links and segments; all inside the caller's transaction.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::posting::{Builder, append};
use super::{MirrorError, body, meta_number, set_meta};
use crate::known::links;
use crate::known::record::{Record, Source, Status};
use crate::known::words;

/// When a segment takes about so much memory it is written, in bytes.
const SEGMENT_BYTES: usize = 100_000_000;

/// So many rows of an index are merged in one go.
const MERGED_ROWS: u32 = 20_000;

/// So many records put in one by one wait for the next segment: to write one takes a row for each of its terms, whatever
/// the number of records.
const YOUNG: i64 = 128;

/// So many small segments are merged into one.
const SMALL_SEGMENTS: usize = 10;

/// A segment of fewer records is small.
const SMALL_RECORDS: i64 = 30_000;

/// Terms in at least so many records have their number kept at hand for weighing.
pub(super) const COMMON: u32 = 64;

/// How records go into the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    /// In segments of their own, those that wait included.
    Segments,
    /// They wait until they are many.
    Single,
}

/// Takes records in, one after the other.
pub(super) struct Intake<'c> {
    connection: &'c Connection,
    grain: Grain,
    builder: Builder,
    /// Segments that were written.
    segments: u32,
    next: u32,
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) same: u64,
    links: Vec<(i64, u32)>,
}

pub(super) fn source_number(source: Source) -> i64 {
    match source {
        Source::Nvd => 0,
        Source::Advisory => 1,
        Source::Issue => 2,
        Source::Case => 3,
    }
}

pub(super) fn status_number(status: Status) -> i64 {
    match status {
        Status::Unstated => 0,
        Status::Waiting => 1,
        Status::Analyzed => 2,
        Status::Deferred => 3,
        Status::Disputed => 4,
        Status::Rejected => 5,
        Status::Published => 6,
        Status::Private => 7,
        Status::Open => 8,
        Status::Closed => 9,
    }
}

/// The year in a CVE id, else of the publication, else 0.
fn year_of(record: &Record) -> i64 {
    let in_id = || record.id.strip_prefix("CVE-")?.split('-').next()?.parse().ok();
    let published = || record.published.map(|at| i64::from(at.to_zoned(jiff::tz::TimeZone::UTC).year()));
    in_id().or_else(published).unwrap_or(0)
}

impl<'c> Intake<'c> {
    pub(super) fn new(connection: &'c Connection, grain: Grain) -> Result<Self, MirrorError> {
        let last: u32 =
            connection.query_row("SELECT coalesce(max(num), 0) FROM record", [], |row| row.get(0))?;
        let last = last.max(u32::try_from(meta_number(connection, "last_num")?).unwrap_or(0));
        let builder = Builder::default();
        let (next, links) = (last + 1, Vec::new());
        let segments = 0;
        let mut intake =
            Self { connection, grain, builder, segments, next, added: 0, changed: 0, same: 0, links };
        if grain == Grain::Segments {
            intake.index_from(young_from(connection)?)?;
        }
        Ok(intake)
    }

    /// Enters what is there from this number on into the index.
    pub(super) fn index_from(&mut self, num: u32) -> Result<(), MirrorError> {
        let mut query =
            self.connection.prepare("SELECT num, body FROM record WHERE num >= ?1 ORDER BY num")?;
        let mut rows = query.query([num])?;
        while let Some(row) = rows.next()? {
            let (num, packed): (u32, Vec<u8>) = (row.get(0)?, row.get(1)?);
            self.index(num, &body::unpack(&packed)?);
            if self.is_full() {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Takes one record in. One that is older than what is there, or the same, changes nothing.
    pub(super) fn put(&mut self, record: &Record) -> Result<(), MirrorError> {
        let packed = body::pack(record);
        let print = words::hash_bytes(&packed).cast_signed();
        let modified = record.modified.map_or(0, jiff::Timestamp::as_millisecond);
        let mut find =
            self.connection.prepare_cached("SELECT num, print, modified FROM record WHERE id = ?1")?;
        let old: Option<(u32, i64, i64)> =
            find.query_row([&record.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        match old {
            Some((_, old_print, old_modified)) if old_print == print || old_modified > modified => {
                self.same += 1;
                return Ok(());
            }
            Some((num, ..)) => {
                self.forget(num)?;
                self.changed += 1;
            }
            None => self.added += 1,
        }
        let num = self.next;
        self.next += 1;
        let has_cpe = record.products.iter().any(|product| !product.vendor.is_empty());
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO record (num, id, source, year, status, modified, print, has_cpe, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        insert.execute(params![
            num,
            record.id,
            source_number(record.source),
            year_of(record),
            status_number(record.status),
            modified,
            print,
            has_cpe,
            packed
        ])?;
        self.index(num, record);
        Ok(())
    }

    fn forget(&self, num: u32) -> Result<(), MirrorError> {
        self.connection.prepare_cached("DELETE FROM record WHERE num = ?1")?.execute([num])?;
        Ok(())
    }

    /// Enters the words and links of a record.
    fn index(&mut self, num: u32, record: &Record) {
        for hash in link_hashes(record) {
            self.links.push((hash, num));
        }
        match self.grain {
            Grain::Segments => enter(&mut self.builder, num, record),
            Grain::Single => {}
        }
    }

    /// Whether the segment at hand should be written now.
    pub(super) fn is_full(&self) -> bool {
        self.builder.size() > SEGMENT_BYTES
    }

    /// Whether enough was taken in to commit it.
    pub(super) fn is_much(&self) -> bool {
        self.is_full() || self.segments > 0
    }

    /// Writes the segment at hand and the links.
    pub(super) fn flush(&mut self) -> Result<(), MirrorError> {
        self.links.sort_unstable();
        self.links.dedup();
        let mut insert =
            self.connection.prepare_cached("INSERT OR IGNORE INTO link (hash, num) VALUES (?1, ?2)")?;
        for (hash, num) in self.links.drain(..) {
            insert.execute(params![hash, num])?;
        }
        set_meta(self.connection, "last_num", i64::from(self.next - 1))?;
        match self.grain {
            Grain::Segments => set_meta(self.connection, "young_from", i64::from(self.next))?,
            Grain::Single => {}
        }
        if self.builder.records() == 0 {
            return Ok(());
        }
        let seg: i64 =
            self.connection.query_row("SELECT coalesce(max(seg), 0) + 1 FROM segment", [], |r| r.get(0))?;
        let records = self.builder.records();
        self.connection
            .execute("INSERT INTO segment (seg, records) VALUES (?1, ?2)", params![seg, records])?;
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO posting (term, seg, df, data) VALUES (?1, ?2, ?3, ?4)")?;
        self.builder.each(|term, df, data| insert.execute(params![term, seg, df, data]).map(drop))?;
        self.builder = Builder::default();
        self.segments += 1;
        Ok(())
    }
}

/// Records from this number on are not in the file's index yet.
pub(super) fn young_from(connection: &Connection) -> Result<u32, MirrorError> {
    Ok(u32::try_from(meta_number(connection, "young_from")?).unwrap_or(0))
}

/// Whether enough records wait to make a segment of them.
pub(super) fn is_due(connection: &Connection) -> Result<bool, MirrorError> {
    let mut query = connection.prepare_cached("SELECT count(*) FROM record WHERE num >= ?1")?;
    let waiting: i64 = query.query_row([young_from(connection)?], |row| row.get(0))?;
    Ok(waiting >= YOUNG)
}

/// Enters the words of a record into an index. A rejected one has none: it is found by its id only.
pub(super) fn enter(builder: &mut Builder, num: u32, record: &Record) {
    if record.status != Status::Rejected || record.source == Source::Case {
        terms(record, |term| builder.word(term));
        builder.finish(num);
    }
}

/// Hashes of all that leads to a record: addresses, commits in them, projects, other ids.
fn link_hashes(record: &Record) -> Vec<i64> {
    let mut all = BTreeSet::new();
    for key in record.references.iter().filter_map(|url| links::key(url)) {
        for commit in links::commits(&key) {
            all.insert(words::hash(&format!("commit:{commit}")).cast_signed());
        }
        for id in links::ids(&key) {
            if id != record.id {
                all.insert(words::hash(&id).cast_signed());
            }
        }
        all.insert(words::hash(&key).cast_signed());
    }
    all.extend(record.aliases.iter().map(|id| words::hash(id).cast_signed()));
    all.into_iter().collect()
}

/// The terms under which a record is found.
pub(super) fn terms(record: &Record, mut give: impl FnMut(&str)) {
    words::each(&record.title, |word, _, _| give(word));
    words::each(&record.text, |word, _, _| give(word));
    let mut seen = BTreeSet::new();
    for product in &record.products {
        give(&format!("c:{}:{}", product.vendor, product.name));
        words::each(&product.name.replace('_', " "), |word, _, _| {
            seen.insert(word.to_owned());
        });
    }
    for project in record.references.iter().filter_map(|url| links::project(&links::key(url)?)) {
        words::each(&project.replace('/', " "), |word, _, _| {
            seen.insert(word.to_owned());
        });
    }
    seen.iter().for_each(|word| give(word));
    if record.products.iter().all(|product| product.vendor.is_empty()) {
        let mut early = BTreeSet::new();
        words::each(&record.text, |word, _, place| {
            if place <= 14 {
                early.insert(word.to_owned());
            }
        });
        early.iter().for_each(|word| give(&format!("e:{word}")));
    }
}

/// Merges small segments when there are many: each look-up reads one row a segment.
pub(super) fn merge(connection: &Connection) -> Result<(), MirrorError> {
    let mut query = connection.prepare("SELECT seg FROM segment WHERE records < ?1 ORDER BY seg")?;
    let small: Vec<i64> = query.query_map([SMALL_RECORDS], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let (Some(first), Some(last)) = (small.first(), small.last()) else { return Ok(()) };
    // Only neighbors may be merged: entries must stay in the order of their numbers.
    let between: i64 = connection.query_row(
        "SELECT count(*) FROM segment WHERE seg BETWEEN ?1 AND ?2 AND records >= ?3",
        params![first, last, SMALL_RECORDS],
        |row| row.get(0),
    )?;
    if small.len() < SMALL_SEGMENTS || between > 0 {
        return Ok(());
    }
    join(connection, *first)
}

/// Makes one segment of all from this one on.
fn join(connection: &Connection, first: i64) -> Result<(), MirrorError> {
    let mut last = String::new();
    while let Some(end) = join_some(connection, first, &last)? {
        last = end;
    }
    let records: i64 = connection.query_row(
        "SELECT coalesce(sum(records), 0) FROM segment WHERE seg >= ?1",
        [first],
        |r| r.get(0),
    )?;
    connection.execute("DELETE FROM segment WHERE seg >= ?1", [first])?;
    connection.execute("INSERT INTO segment (seg, records) VALUES (?1, ?2)", params![first, records])?;
    Ok(())
}

/// Joins the rows of the next terms after this one. The last term that was joined, if there were any.
fn join_some(connection: &Connection, first: i64, after: &str) -> Result<Option<String>, MirrorError> {
    let mut query = connection.prepare_cached(
        "SELECT term, df, data FROM posting WHERE seg >= ?1 AND term > ?2 ORDER BY term, seg LIMIT ?3",
    )?;
    let mut rows = query.query(params![first, after, MERGED_ROWS])?;
    let mut merged: Vec<(String, u32, Vec<u8>)> = Vec::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        let (term, df, data): (String, u32, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match merged.last_mut() {
            Some(last) if last.0 == term => {
                append(&mut last.2, &data);
                last.1 += df;
            }
            Some(_) | None => merged.push((term, df, data)),
        }
    }
    drop(rows);
    // Where the rows were cut, the last term may have more: it is read again, whole, with the next ones.
    if count == MERGED_ROWS && merged.len() > 1 {
        merged.pop();
    }
    let mut delete = connection.prepare_cached("DELETE FROM posting WHERE term = ?1 AND seg >= ?2")?;
    let mut insert =
        connection.prepare_cached("INSERT INTO posting (term, seg, df, data) VALUES (?1, ?2, ?3, ?4)")?;
    for (term, df, data) in &merged {
        delete.execute(params![term, first])?;
        insert.execute(params![term, first, df, data])?;
    }
    Ok(merged.pop().map(|(term, ..)| term))
}
