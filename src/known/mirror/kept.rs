//! The mirror as a process uses it that runs for months: the file may be deleted, replaced or torn under it at any time.
//!
//! Such a process does not map the file into memory: reading a mapped file that somebody cuts short ends a process.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Access, Mirror, MirrorError};
use crate::known::package::Packages;

/// How the file looks from outside. While we hold it open its number is given to no other file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    device: u64,
    number: u64,
    changed: (i64, i64),
    bytes: u64,
    /// Of the log beside it, into which all is written first.
    log: (i64, i64, u64),
}

impl Glance {
    /// Whether it is the same file, whatever was written into it since.
    pub fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.number) == (other.device, other.number)
    }
}

/// The mirror of a state directory, opened when it is needed and again when it is another file.
pub struct Kept {
    path: PathBuf,
    held: Mutex<Option<((u64, u64), Mirror)>>,
    stuck: AtomicBool,
}

impl Kept {
    /// The mirror in this file; nothing is opened or made.
    pub fn new(path: PathBuf) -> Self {
        Self { path, held: Mutex::new(None), stuck: AtomicBool::new(false) }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the file looks now; `None` when there is none. Costs two calls of the system.
    pub fn glance(&self) -> Option<Glance> {
        let file = fs::metadata(&self.path).ok()?;
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let log = fs::metadata(log).map_or((0, 0, 0), |log| (log.mtime(), log.mtime_nsec(), log.len()));
        Some(Glance {
            device: file.dev(),
            number: file.ino(),
            changed: (file.mtime(), file.mtime_nsec()),
            bytes: file.len(),
            log,
        })
    }

    /// The mirror; `None` when there is no file.
    ///
    /// # Errors
    /// The file is no mirror, or cannot be read.
    pub fn get(&self) -> Result<Option<Mirror>, MirrorError> {
        let now = self.glance().map(|glance| (glance.device, glance.number));
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(now) = now else {
            *held = None;
            return Ok(None);
        };
        if let Some((number, mirror)) = held.as_ref()
            && *number == now
        {
            return Ok(Some(mirror.clone()));
        }
        *held = None;
        let mirror = Mirror::open_as(&self.path, Packages::today().clone(), Access::Read)?;
        *held = Some((now, mirror.clone()));
        Ok(Some(mirror))
    }

    /// The mirror, made when there is none.
    ///
    /// # Errors
    /// As [`Self::get`], or it cannot be made.
    pub fn make(&self) -> Result<Mirror, MirrorError> {
        if let Some(mirror) = self.get()? {
            return Ok(mirror);
        }
        drop(Mirror::open(&self.path)?);
        self.get()?.ok_or(MirrorError::Broken)
    }

    /// Whether somebody still waits for an answer that nobody waits for any more.
    pub fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::SeqCst)
    }

    /// An answer takes too long, or came after all.
    pub fn set_stuck(&self, stuck: bool) {
        self.stuck.store(stuck, Ordering::SeqCst);
    }

    /// After a fault: it is opened anew the next time.
    pub fn let_go(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
