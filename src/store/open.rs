//! Making, opening and locking the file.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::StoreError;

pub(super) const FILE_NAME: &str = "sir-intake.db";

/// Version of `schema.sql`; raised with every migration.
const VERSION: i64 = 1;

/// The lock of a state directory: two daemons on one mailbox would do everything twice. Held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Given back by word, not by closing alone: a child that is being started holds the file open for a moment longer.
impl Drop for Lock {
    fn drop(&mut self) {
        // What fails here is mended by closing the file.
        let _ = self.file.unlock();
    }
}

/// Why the lock is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another sir-intake works on {0}; stop it first, or leave the order to it")]
    Held(String),
    /// The file cannot be opened.
    #[error("cannot open the lock file {path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Makes a folder, and those above it, that nobody else may enter; one that is there stays as it is.
///
/// # Errors
/// What the system says.
pub fn private_dir(dir: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

impl Lock {
    /// Takes the lock of this directory (`flock`), which is made when it is not there.
    ///
    /// # Errors
    /// Another process has it, or the directory cannot be written.
    pub fn take(state_dir: &Path) -> Result<Self, LockError> {
        let path = state_dir.join("lock");
        let fault = |source| LockError::File { path: path.display().to_string(), source };
        private_dir(state_dir).map_err(fault)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(fs::TryLockError::WouldBlock) => Err(LockError::Held(state_dir.display().to_string())),
            Err(fs::TryLockError::Error(source)) => Err(fault(source)),
        }
    }
}

/// Whether somebody holds the lock of this directory. Nothing is made.
///
/// # Errors
/// The lock file cannot be opened although it is there.
pub fn is_held(state_dir: &Path) -> Result<bool, LockError> {
    let path = state_dir.join("lock");
    let fault = |source| LockError::File { path: path.display().to_string(), source };
    match File::open(&path) {
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(fs::TryLockError::WouldBlock) => Ok(true),
            Err(fs::TryLockError::Error(source)) => Err(fault(source)),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fault(error)),
    }
}

/// Refuses a file of another version, an empty one included.
pub(super) fn version_fits(connection: &Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        VERSION => Ok(()),
        found if found > VERSION => Err(StoreError::Newer { found, known: VERSION }),
        _ => Err(StoreError::Row("version; the daemon brings an older store up to date at its next start")),
    }
}

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    private(path)?;
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    keep_statements(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", "on")?;
    connection.pragma_update(None, "trusted_schema", "off")?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => {
            let sql = include_str!("schema.sql");
            connection.execute_batch(&format!(
                "begin immediate;\n{sql}\npragma user_version = {VERSION};\ncommit;"
            ))?;
        }
        VERSION => {}
        found => return Err(StoreError::Newer { found, known: VERSION }),
    }
    Ok(connection)
}

/// Statements stay prepared. Without the stability guarantee SQLite plans most of them anew whenever a value is bound
/// (<https://www.sqlite.org/queryplanner-ng.html#qpstab>): an eighth of the time a mail takes.
fn keep_statements(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(128);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// The file belongs to the daemon alone: it holds reports.
fn private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt;
    let fault =
        |source| StoreError::File { what: "cannot open the store", path: path.display().to_string(), source };
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map(|_| ())
        .map_err(fault)
}

pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    keep_statements(&connection)?;
    connection.pragma_update(None, "cache_size", -4_000)?;
    // Not mapped into memory: with each commit of the writer a reader gives its map back and makes it anew, which costs more
    // than to read the few pages that it needs.
    Ok(connection)
}
