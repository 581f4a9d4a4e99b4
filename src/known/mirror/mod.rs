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
mod own;
mod posting;
mod search;
mod source;
mod status;
mod write;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

pub use error::MirrorError;
pub use feed::{FEED_LIMIT, Meta, unpack};
pub use import::{FeedDone, ImportReport, Progress};
pub use kept::{Glance, Kept};
pub use source::{SourceRow, Standing};
pub use status::{FeedRow, MirrorStatus, YearRow};

pub(crate) use search::Found;

use super::package::Packages;

/// The name of the file in a state directory.
pub const FILE_NAME: &str = "known.db";

/// Version of `schema.sql`; an older one gets what it lacks, a newer one is refused.
const VERSION: i64 = 2;

/// The mirror of what is known. Cheap to clone.
#[derive(Clone)]
pub struct Mirror {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// The list beneath what cmake files said.
    packages: Packages,
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
    records: u32,
    public: u64,
    advisories: u64,
    issues: u64,
    last: u32,
    common: HashMap<Box<str>, u32>,
    packages: Arc<Packages>,
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
        drop(writer(path)?);
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "query_only", "on")?;
        match access {
            Access::Mapped => connection.pragma_update(None, "mmap_size", 1_i64 << 30)?,
            Access::Read => connection.pragma_update(None, "cache_size", -64_000)?,
        }
        connection.set_prepared_statement_cache_capacity(32);
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
    fn refresh(&mut self, connection: &Connection, beneath: &Packages) -> Result<(), MirrorError> {
        let generation = meta_number(connection, "generation")?;
        if generation == self.generation {
            return Ok(());
        }
        self.records =
            connection.query_row("SELECT coalesce(sum(records), 0) FROM segment", [], |row| row.get(0))?;
        self.public =
            connection.query_row("SELECT count(*) FROM record WHERE source < 3", [], |row| row.get(0))?;
        let count = |source: i64| {
            connection.query_row("SELECT count(*) FROM record WHERE source = ?1", [source], |row| row.get(0))
        };
        (self.advisories, self.issues) = (count(1)?, count(2)?);
        self.last = u32::try_from(meta_number(connection, "last_num")?).unwrap_or(0);
        self.common.clear();
        let mut query = connection.prepare_cached("SELECT value FROM meta WHERE name = 'common'")?;
        let blob: Option<Vec<u8>> = query.query_row([], |row| row.get(0)).optional()?;
        let text = String::from_utf8(blob.unwrap_or_default()).unwrap_or_default();
        for (term, df) in text.lines().filter_map(|line| line.split_once('\t')) {
            self.common.insert(term.into(), df.parse().unwrap_or(write::COMMON));
        }
        self.packages = match source::packages(connection)?.as_slice() {
            [] => Arc::new(beneath.clone()),
            found => Arc::new(beneath.refreshed(found)),
        };
        self.generation = generation;
        Ok(())
    }
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
    connection.set_prepared_statement_cache_capacity(32);
    if found < VERSION {
        connection.execute_batch(include_str!("schema.sql"))?;
        connection.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(connection)
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
