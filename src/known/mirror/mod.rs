//! The mirror: one SQLite file with everything public and our own cases, made to be read fast and rebuilt at will.
//!
//! **Invariant:** what one feed brings goes in whole or not at all; a bad feed leaves the last good one.
//!
//! **Invariant:** one process writes (a lock file beside it); readers never wait and see only what is committed.

mod body;
mod error;
mod feed;
mod import;
mod kept;
mod likest;
mod own;
mod posting;
mod search;
mod source;
mod status;
mod write;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};

pub use error::MirrorError;
pub use feed::{FEED_LIMIT, Meta, unpack};
pub use import::{FeedDone, ImportReport, Progress};
pub use kept::{Glance, Kept};
pub use source::{SourceRow, Standing};
pub use status::{FeedRow, MirrorStatus, YearRow};

pub(crate) use search::Found;

use super::hashed::ByHash;
use super::package::{Associated, Packages};
use super::record::Source;
use super::words;
use posting::Builder;

/// The name of the file in a state directory.
pub const FILE_NAME: &str = "known.db";

/// Version of `schema.sql`; an older one gets what it lacks, a newer one is refused.
const VERSION: i64 = 3;

/// The mirror of what is known. Cheap to clone.
#[derive(Clone)]
pub struct Mirror {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// The list beneath what cmake files said.
    packages: Arc<Packages>,
    reader: Mutex<Reader>,
}

/// How the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Mapped into memory: the fastest, but whoever cuts the file short ends this process.
    Mapped,
    /// Page by page.
    Read,
}

/// The connection that reads, with what it keeps at hand.
struct Reader {
    connection: Connection,
    cache: Cache,
}

/// Numbers of the whole mirror, kept until it changes.
#[derive(Default)]
struct Cache {
    generation: i64,
    /// Records in the index of the file.
    indexed: u32,
    public: u64,
    advisories: u64,
    issues: u64,
    last: u32,
    /// The numbers of our own cases; some may be gone.
    own: Vec<u32>,
    /// In how many records each common term stands, by its hash.
    common: ByHash<u32>,
    common_at: i64,
    /// The index of the records that the file's index does not have yet: at most a few hundred.
    young: Builder,
    young_from: u32,
    young_seen: u32,
    packages: Arc<Packages>,
    /// What the list in use was made of: a new one has to learn its pattern anew.
    packages_of: Option<Vec<Associated>>,
}

impl Mirror {
    /// Opens the mirror in this file, which is made (readable for its owner only) when it is not there.
    ///
    /// # Errors
    /// It cannot be made or read, or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self, MirrorError> {
        Self::open_with(path, Packages::today().clone())
    }

    /// As [`Self::open`], with another list of packages than the project's own.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(path: &Path, packages: Packages) -> Result<Self, MirrorError> {
        Self::open_as(path, packages, Access::Mapped)
    }

    fn open_as(path: &Path, packages: Packages, access: Access) -> Result<Self, MirrorError> {
        let packages = Arc::new(packages);
        drop(writer(path)?);
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "query_only", "on")?;
        match access {
            Access::Mapped => connection.pragma_update(None, "mmap_size", 1_i64 << 30)?,
            // The system keeps the file's pages at hand; this process lives for months beside others.
            Access::Read => connection.pragma_update(None, "cache_size", -8_000)?,
        }
        keep_statements(&connection)?;
        let reader = Mutex::new(Reader { connection, cache: Cache { generation: -1, ..Cache::default() } });
        Ok(Self { inner: Arc::new(Inner { path: path.to_owned(), packages, reader }) })
    }

    /// The list of bundled packages in use: the reviewed one, with the versions that `BuiltInPackages_*.cmake` files
    /// named last.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn packages(&self) -> Result<Arc<Packages>, MirrorError> {
        self.read(|_, cache| Ok(Arc::clone(&cache.packages)))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Runs a query in one read transaction, with the numbers at hand brought up to date.
    fn read<T>(
        &self,
        query: impl FnOnce(&Connection, &Cache) -> Result<T, MirrorError>,
    ) -> Result<T, MirrorError> {
        let mut reader = self.inner.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let Reader { connection, cache } = &mut *reader;
        let txn = connection.transaction()?;
        cache.refresh(&txn, &self.inner.packages)?;
        let answer = query(&txn, cache)?;
        txn.commit()?;
        Ok(answer)
    }

    /// Takes the lock and runs a job in one transaction of an own connection.
    fn write<T>(&self, job: impl FnOnce(&Connection) -> Result<T, MirrorError>) -> Result<T, MirrorError> {
        let _lock = self.lock()?;
        let mut connection = writer(&self.inner.path)?;
        let txn = connection.transaction()?;
        let answer = job(&txn)?;
        bump(&txn)?;
        txn.commit()?;
        Ok(answer)
    }

    fn lock(&self) -> Result<Lock, MirrorError> {
        self.lock_named(".lock", MirrorError::Busy)
    }

    fn lock_named(&self, end: &str, held: MirrorError) -> Result<Lock, MirrorError> {
        let mut name = self.inner.path.clone().into_os_string();
        name.push(end);
        let path = PathBuf::from(name);
        let fault = |source| MirrorError::File { path: path.display().to_string(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(fs::TryLockError::WouldBlock) => Err(held),
            Err(fs::TryLockError::Error(source)) => Err(fault(source)),
        }
    }
}

/// A lock on a file, given back when dropped. By word, not by closing alone: a process that is being started holds the file
/// open for a moment longer.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // What fails here is mended by closing the file.
        let _ = self.0.unlock();
    }
}

impl Cache {
    fn refresh(&mut self, connection: &Connection, beneath: &Arc<Packages>) -> Result<(), MirrorError> {
        let generation = meta_number(connection, "generation")?;
        if generation == self.generation {
            return Ok(());
        }
        self.indexed =
            connection.query_row("SELECT coalesce(sum(records), 0) FROM segment", [], |row| row.get(0))?;
        let count = |source: Source| tally(connection, source);
        (self.advisories, self.issues) = (count(Source::Advisory)?, count(Source::Issue)?);
        self.public = count(Source::Nvd)? + self.advisories + self.issues;
        self.last = u32::try_from(meta_number(connection, "last_num")?).unwrap_or(0);
        self.refresh_own(connection)?;
        self.refresh_common(connection)?;
        self.refresh_young(connection)?;
        let found = source::packages(connection)?;
        if self.packages_of.as_ref() != Some(&found) {
            self.packages = match found.as_slice() {
                [] => Arc::clone(beneath),
                found => Arc::new(beneath.refreshed(found)),
            };
            self.packages_of = Some(found);
        }
        self.generation = generation;
        Ok(())
    }

    /// Records that can be found by words.
    fn records(&self) -> u32 {
        self.indexed + self.young.records()
    }

    fn refresh_own(&mut self, connection: &Connection) -> Result<(), MirrorError> {
        let last = self.own.last().copied().unwrap_or(0);
        let mut query =
            connection.prepare_cached("SELECT num FROM record WHERE source = 3 AND num > ?1 ORDER BY num")?;
        let mut rows = query.query([last])?;
        while let Some(row) = rows.next()? {
            self.own.push(row.get(0)?);
        }
        Ok(())
    }

    fn refresh_common(&mut self, connection: &Connection) -> Result<(), MirrorError> {
        // Written together: while the one is the same, so is the other.
        let at = meta_number(connection, "common_at")?;
        if at == self.common_at {
            return Ok(());
        }
        let mut query = connection.prepare_cached("SELECT value FROM meta WHERE name = 'common'")?;
        let blob: Option<Vec<u8>> = query.query_row([], |row| row.get(0)).optional()?;
        let text = String::from_utf8(blob.unwrap_or_default()).unwrap_or_default();
        let pairs = text.lines().filter_map(|line| line.split_once('\t'));
        self.common =
            pairs.map(|(term, df)| (words::hash(term), df.parse().unwrap_or(write::COMMON))).collect();
        self.common_at = at;
        Ok(())
    }

    fn refresh_young(&mut self, connection: &Connection) -> Result<(), MirrorError> {
        let from = write::young_from(connection)?;
        if from != self.young_from {
            (self.young, self.young_from, self.young_seen) = (Builder::default(), from, 0);
        }
        let mut query = connection
            .prepare_cached("SELECT num, body FROM record WHERE num >= ?1 AND num > ?2 ORDER BY num")?;
        let mut rows = query.query([from, self.young_seen])?;
        while let Some(row) = rows.next()? {
            let (num, packed): (u32, Vec<u8>) = (row.get(0)?, row.get(1)?);
            write::enter(&mut self.young, num, &body::unpack(&packed)?);
            self.young_seen = num;
        }
        Ok(())
    }
}

/// How many records of a source there are.
fn tally(connection: &Connection, source: Source) -> Result<u64, MirrorError> {
    let mut query = connection.prepare_cached("SELECT records FROM tally WHERE source = ?1")?;
    Ok(query.query_row([write::source_number(source)], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// A connection that writes, with the schema in place. The file is for its owner only: it holds words of own cases.
fn writer(path: &Path) -> Result<Connection, MirrorError> {
    private(path)?;
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(30))?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > VERSION {
        return Err(MirrorError::Newer { found, here: VERSION });
    }
    if found == 0 {
        connection.pragma_update(None, "page_size", 8192)?;
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A mirror that loses its last import to a power cut is imported again; it is never torn.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", -48_000)?;
    connection.pragma_update(None, "journal_size_limit", 16_000_000)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    keep_statements(&connection)?;
    if found < VERSION {
        connection.execute_batch(include_str!("schema.sql"))?;
        connection.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(connection)
}

/// Statements stay prepared. Without the stability guarantee SQLite plans most of them anew whenever a value is bound
/// (<https://www.sqlite.org/queryplanner-ng.html#qpstab>): a quarter of the time a check took.
fn keep_statements(connection: &Connection) -> Result<(), MirrorError> {
    connection.set_prepared_statement_cache_capacity(32);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

#[cfg(unix)]
fn private(path: &Path) -> Result<(), MirrorError> {
    use std::os::unix::fs::OpenOptionsExt;
    let fault = |source| MirrorError::File { path: path.display().to_string(), source };
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(fault)
}

#[cfg(not(unix))]
fn private(_path: &Path) -> Result<(), MirrorError> {
    Ok(())
}

fn meta_number(connection: &Connection, name: &str) -> Result<i64, MirrorError> {
    let mut query = connection.prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?1")?;
    Ok(query.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn set_meta(connection: &Connection, name: &str, value: i64) -> Result<(), MirrorError> {
    let mut query = connection.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?;
    query.execute(rusqlite::params![name, value.to_string()])?;
    Ok(())
}

/// Readers drop what they keep at hand when this number changes.
fn bump(connection: &Connection) -> Result<(), MirrorError> {
    let generation = meta_number(connection, "generation")?;
    set_meta(connection, "generation", generation + 1)
}
