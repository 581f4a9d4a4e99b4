//! Looking at a store beside the daemon, and leaving it an order.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::open::{self, FILE_NAME};
use super::{StoreError, Txn};

/// A connection of another process than the daemon's: it never makes, migrates or takes over a store.
pub struct Window {
    connection: Connection,
}

impl Window {
    /// Opens the store of a state directory to look at it.
    ///
    /// # Errors
    /// There is none, it is of another version, or it cannot be read.
    pub fn open(state_dir: &Path) -> Result<Self, StoreError> {
        Self::with(state_dir, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Opens it to write single rows; waits up to ten seconds for the daemon's own transactions.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_to_write(state_dir: &Path) -> Result<Self, StoreError> {
        let window = Self::with(state_dir, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        window.connection.pragma_update(None, "synchronous", "full")?;
        window.connection.pragma_update(None, "foreign_keys", "on")?;
        Ok(window)
    }

    fn with(state_dir: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let path = state_dir.join(FILE_NAME);
        let fault = |source| StoreError::File {
            what: "there is no store that can be read at",
            path: path.display().to_string(),
            source,
        };
        // SQLite's own words do not tell a missing file from a missing right.
        std::fs::File::open(&path).map_err(fault)?;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.pragma_update(None, "trusted_schema", "off")?;
        open::version_fits(&connection)?;
        Ok(Self { connection })
    }

    /// Runs queries that all see one state of the store.
    ///
    /// # Errors
    /// What the queries return.
    pub fn read<T>(&self, query: impl FnOnce(&Txn<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        let result = query(&Txn(&transaction));
        transaction.finish()?;
        result
    }

    /// Runs a job in one durable transaction.
    ///
    /// # Errors
    /// What the job returns (its writes are undone), or a fault of the disk.
    pub fn write<T>(&mut self, job: impl FnOnce(&Txn<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = job(&Txn(&transaction))?;
        transaction.commit()?;
        Ok(result)
    }

    /// Copies the store, as it is at this instant, into an empty or missing file.
    ///
    /// # Errors
    /// A fault of either disk.
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        Txn(&self.connection).copy_to(path)
    }

    /// Whether SQLite finds its pages in order.
    ///
    /// # Errors
    /// A fault of the disk, or [`StoreError::Broken`].
    pub fn is_whole(&self) -> Result<(), StoreError> {
        let word: String = self.connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
        if word == "ok" { Ok(()) } else { Err(StoreError::Broken) }
    }

    /// Closes it; of the last connection this folds SQLite's side files into the store.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn close(self) -> Result<(), StoreError> {
        self.connection.close().map_err(|(_, error)| error.into())
    }
}
