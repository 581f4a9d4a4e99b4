//! Keeping the mirror current: NVD, O3DE's advisories and issues, the packages it bundles.
//!
//! **Invariant:** what is asked for depends on the configuration, the calendar and earlier answers of the same peer, never
//! on a case. (A test compares all requests with and without reports.)
//!
//! **Invariant:** what was taken stays: each feed and each page is one transaction with its place in the list, so that a
//! sync that is stopped goes on there. What is bad is named and leaves the last good records.
//!
//! Files are unpacked, checked and written on threads that may block; the network waits on the async ones.

mod api;
mod cycle;
mod feeds;
mod map;
mod packages;
mod projects;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::Clock;
use crate::config::{Config, Known};
use crate::known::mirror::{MirrorError, SourceRow};
use crate::known::{Mirror, Packages};
use crate::wire::github::{Github, GithubError, Wait};
use crate::wire::http::SetupError;
use crate::wire::nvd::{Nvd, NvdAccount};

pub(super) use cycle::keep_syncing;
pub(super) use map::{advisory_url, is_ghsa};
pub use packages::import_cmake;

pub use crate::known::mirror::FILE_NAME as MIRROR_FILE;

/// How often a busy mirror is tried.
const BUSY_LOOK: Duration = Duration::from_millis(200);

/// What a sync says while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A source is begun.
    Begins(String),
    /// Bytes of a file so far, and of how many.
    Bytes(u64, Option<u64>),
    /// Records of a list so far.
    Records(u64),
    /// A source is done.
    Done(SourceDone),
}

/// Who is told.
pub type Tell = Arc<dyn Fn(&Step) + Send + Sync>;

/// What became of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceDone {
    /// `nvd 2021`, `o3de/o3de issues`.
    pub name: String,
    /// Records read.
    pub records: u64,
    /// New ones.
    pub added: u64,
    /// Changed ones.
    pub changed: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Nothing to do: it is as it was.
    pub unchanged: bool,
    /// What people should know and nobody has to mend.
    pub note: Option<String>,
    /// What was wrong; the last good records stand.
    pub fault: Option<String>,
}

/// What became of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// In the order of work.
    pub sources: Vec<SourceDone>,
}

impl SyncReport {
    /// The sources that failed.
    pub fn faults(&self) -> impl Iterator<Item = &SourceDone> {
        self.sources.iter().filter(|done| done.fault.is_some())
    }
}

/// What ends a sync as a whole.
#[derive(Debug, thiserror::Error)]
pub enum SyncFault {
    /// The mirror: another process syncs, the disk is full.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// A URL or credential of the configuration.
    #[error("[known]: {0}")]
    Setup(#[from] SetupError),
    /// The runtime is going down, or the work failed inside.
    #[error("the sync was stopped")]
    Stopped,
}

/// Opens the mirror of a state directory; its folder must be there.
///
/// # Errors
/// It cannot be made or read.
pub fn open_mirror(state_dir: &Path) -> Result<Mirror, MirrorError> {
    Mirror::open_with(&state_dir.join(MIRROR_FILE), Packages::today().clone())
}

/// A sync under way.
pub(super) struct Syncing {
    mirror: Mirror,
    known: Known,
    github: Arc<Github>,
    clock: Arc<dyn Clock>,
    tell: Tell,
    report: SyncReport,
    _lock: crate::known::mirror::Lock,
}

/// Brings everything up to date. One process at a time.
///
/// # Errors
/// [`SyncFault`]; what fails of one source is in the report and stops none of the others.
pub async fn sync(
    config: &Config,
    github: Arc<Github>,
    clock: Arc<dyn Clock>,
    tell: Tell,
) -> Result<SyncReport, SyncFault> {
    let known = config.known.clone();
    let nvd = known.nvd.then(|| Nvd::new(&account(&known))).transpose()?;
    let state_dir = config.state_dir.clone();
    let (mirror, lock) = blocking(move || {
        let mirror = open_mirror(&state_dir)?;
        let lock = mirror.sync_lock()?;
        Ok((mirror, lock))
    })
    .await?;
    let report = SyncReport::default();
    let mut syncing = Syncing { mirror, known, github, clock, tell, report, _lock: lock };
    // The small ones first: a first run of NVD takes minutes, and its peer may be down.
    for project in syncing.known.repositories.clone() {
        syncing.advisories(&project).await?;
        syncing.issues(&project).await?;
    }
    syncing.packages().await?;
    if let Some(nvd) = nvd {
        syncing.feeds(&nvd).await?;
    }
    Ok(syncing.report)
}

fn account(known: &Known) -> NvdAccount {
    NvdAccount {
        feeds_url: known.feeds_url.as_str().to_owned(),
        api_url: known.api_url.as_str().to_owned(),
        key: known.api_key.clone(),
        request_limit: known.request_timeout,
        feed_limit: known.feed_timeout,
        window: known.api_window,
    }
}

impl Syncing {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn begins(&self, name: &str) {
        (self.tell)(&Step::Begins(name.to_owned()));
    }

    fn done(&mut self, done: SourceDone) {
        (self.tell)(&Step::Done(done.clone()));
        self.report.sources.push(done);
    }

    /// A job on the mirror, on a thread that may block; another process's short writing is waited for.
    async fn job<T: Send + 'static>(
        &self,
        job: impl Fn(&Mirror) -> Result<T, MirrorError> + Send + 'static,
    ) -> Result<T, SyncFault> {
        let mirror = self.mirror.clone();
        let looks = self.known.busy_wait.as_millis() / BUSY_LOOK.as_millis();
        blocking(move || {
            for _ in 0..looks {
                match job(&mirror) {
                    Err(MirrorError::Busy) => std::thread::sleep(BUSY_LOOK),
                    other => return other,
                }
            }
            job(&mirror)
        })
        .await
    }

    async fn source(&self, name: &str) -> Result<SourceRow, SyncFault> {
        let name = name.to_owned();
        self.job(move |mirror| mirror.source(&name)).await
    }

    async fn note(&self, row: SourceRow) -> Result<(), SyncFault> {
        self.job(move |mirror| mirror.note_source(&row)).await
    }

    /// A source failed: said, noted, and the last good state stays.
    async fn failed(&mut self, name: &str, fault: String) -> Result<(), SyncFault> {
        let mut row = self.source(name).await?;
        row.tried_at = Some(self.now());
        row.fault = Some(fault.clone());
        self.note(row).await?;
        self.done(SourceDone { name: name.to_owned(), fault: Some(fault), ..SourceDone::default() });
        Ok(())
    }

    /// The wait before the n-th repetition (from 0); `None`: no more of them now.
    fn wait(&self, nth: u32, wanted: Option<Duration>) -> Option<Duration> {
        if nth + 1 >= self.known.tries {
            return None;
        }
        let usual =
            self.known.retry_first.saturating_mul(2_u32.saturating_pow(nth)).min(self.known.retry_cap);
        match wanted {
            Some(wanted) if wanted > self.known.retry_cap => None,
            Some(wanted) => Some(wanted.max(usual)),
            None => Some(usual),
        }
    }

    /// A call to GitHub, again where that may help.
    async fn ask<T, F: Future<Output = Result<T, GithubError>>>(
        &self,
        call: impl Fn(Arc<Github>) -> F,
    ) -> Result<T, GithubError> {
        let mut nth = 0;
        loop {
            let fault = match call(Arc::clone(&self.github)).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let wanted = match &fault {
                GithubError::RateLimited { wait: Wait::For(wait) } => Some(*wait),
                GithubError::RateLimited { wait: Wait::Until(at) } => {
                    Some(Duration::try_from(at.duration_since(self.now())).unwrap_or_default())
                }
                GithubError::RateLimited { wait: Wait::Unsaid }
                | GithubError::NotDone
                | GithubError::Unknown => None,
                GithubError::Refused { .. }
                | GithubError::Moved
                | GithubError::OtherRepository
                | GithubError::NotPrivate
                | GithubError::Archived
                | GithubError::IssuesOff
                | GithubError::NotKept => return Err(fault),
            };
            let Some(wait) = self.wait(nth, wanted) else { return Err(fault) };
            self.clock.sleep(wait).await;
            nth += 1;
        }
    }
}

async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, MirrorError> + Send + 'static,
) -> Result<T, SyncFault> {
    match tokio::task::spawn_blocking(job).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(SyncFault::Stopped),
    }
}
