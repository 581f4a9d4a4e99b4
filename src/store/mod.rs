//! The disk: one SQLite file, one thread that writes.
//!
//! **Invariant:** what follows from one input is written in one transaction: events, the new state of the case, its
//! effects, and the mark that the input is dealt with. Nothing is sent inside it.
//!
//! Transactions that wait are committed together (group commit): each runs in its own savepoint, one fsync serves all.

mod advised;
mod advisories;
mod effects;
mod error;
mod executed;
mod findings;
mod found;
mod heard;
mod held;
mod house;
mod intake;
mod journal;
mod keys;
mod lately;
mod lines;
mod messages;
mod news;
mod open;
mod operators;
mod pinned;
mod posted;
mod rows;
mod window;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

pub use advised::{AdvisoryMark, AdvisoryText};
pub use advisories::{ADVISORY, AdvisoryRow};
pub use effects::{Draft, EffectRow, EffectState, LaneCount};
pub use error::StoreError;
pub use findings::{CheckState, Cited, FindingRow};
pub use found::{Found, FoundWhat};
pub use heard::{Did, Heard, HeardFate, Who};
pub use house::{DigestRows, Figures};
pub use intake::{Arrived, FolderRow, Gap};
pub use journal::EventRow;
pub use keys::Keyring;
pub use lately::{Counted, Turn};
pub use messages::{FateWord, MailRow, Note, THREADS_DISAGREE};
pub use news::Lanes;
pub use open::{Lock, LockError, is_held, private_dir};
pub use operators::OrderRow;
pub use pinned::PinnedKey;
pub use posted::{POSTED, PostedCopy, PostedRow, Wanted};
pub use rows::{from_ms, ms};
pub use window::Window;

use crate::outside::Outside;

/// The files of a state directory that make a whole backup, besides rotated refresh tokens (`refresh-token-*`).
pub const FILES: [&str; 2] = [open::FILE_NAME, keys::FILE_NAME];

/// The store of a state directory.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl Txn<'_> {
    /// Runs a statement, kept prepared for the next time. Returns how many rows it changed.
    fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, StoreError> {
        Ok(self.0.prepare_cached(sql)?.execute(values)?)
    }
}

/// A connection inside a transaction (or the read-only one, on which every writing call fails).
pub struct Txn<'c>(&'c Connection, news::Touched);

struct Inner {
    writer: writer::Writer,
    reader: Mutex<Connection>,
    keys: Keyring,
    lanes: Lanes,
    path: PathBuf,
}

impl Store {
    /// Opens (and makes, or migrates) the store in this directory.
    ///
    /// # Errors
    /// A newer or foreign file, a disk fault, a missing right.
    pub fn open(state_dir: &Path, outside: Outside) -> Result<Self, StoreError> {
        let path = state_dir.join(open::FILE_NAME);
        let keys = keys::load_or_make(state_dir, &outside)?;
        let connection = open::open(&path)?;
        let reader = open::reader(&path)?;
        let lanes = Lanes::default();
        let writer = writer::Writer::start(connection, outside, lanes.clone())?;
        Ok(Self { inner: Arc::new(Inner { writer, reader: Mutex::new(reader), keys, lanes, path }) })
    }

    /// The keys that sign markers and footer codes.
    pub fn keys(&self) -> &Keyring {
        &self.inner.keys
    }

    /// The bells of the lanes: rung by each transaction that gives one something to do.
    pub fn lanes(&self) -> &Lanes {
        &self.inner.lanes
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Runs a job in a transaction of the writer thread and waits until it is durable. `label` names its crash points.
    ///
    /// # Errors
    /// What the job returns (its writes are undone), or why the commit failed.
    pub async fn write<T, F>(&self, label: &'static str, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Txn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.writer.run(label, job).await
    }

    /// Runs a query on the read-only connection. Sees only what is committed.
    ///
    /// # Errors
    /// What the query returns.
    pub fn read<T>(&self, query: impl FnOnce(&Txn<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let reader = self.inner.reader.lock().unwrap_or_else(PoisonError::into_inner);
        query(&Txn(&reader, news::Touched::default()))
    }
}
