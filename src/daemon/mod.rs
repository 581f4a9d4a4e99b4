//! The loop. One way through the house: store, read, decide, commit, perform.
//!
//! Priorities, written down: taking mail in comes first and waits for nobody; reading stored mail comes next; clocks and
//! orders of operators after it; the outbox empties itself beside all of them, each lane at its own pace; so does listening
//! to the issues and watching the advisories, for which nobody waits. A fault of a
//! peer is met with back-off; a fault of the disk ends the process, because nobody would know what is durable.

mod advisories;
mod around;
mod backoff;
mod case_words;
mod check;
mod chores;
mod commanded;
mod commit;
mod desk;
mod disk;
mod door;
mod envelope;
pub mod evidence;
mod gauges;
mod late;
mod leaks;
mod letters;
mod listen;
mod looks;
mod outbox;
mod outright;
mod poll;
mod posted;
mod start;
mod steer;
mod sweep;
pub mod sync;
mod talk;
mod ticks;
mod unread;
mod vigil;
mod way_letters;
mod way_next;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use backoff::Backoff;
pub use disk::free as free_bytes;
pub use gauges::{gather, gather_mirror};
pub use poll::{Gate, PollFault, Polled};
pub use posted::FAULT as POSTED_FAULT;
pub use start::{Daemon, StartFault, take_orders};
pub use sweep::{FAULT as SWEEP_FAULT, GOOD as SWEEP_GOOD};
pub use ticks::REFUSED;

use crate::observe;
use crate::office::Office;
use crate::outside::Died;
use crate::perform::PerformFault;
use crate::store::StoreError;

/// What ends the daemon.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test lets the process die.
    #[error(transparent)]
    Died(#[from] Died),
    /// The runtime is going down.
    #[error("stopped")]
    Stopped,
}

impl From<PerformFault> for Fault {
    fn from(fault: PerformFault) -> Self {
        match fault {
            PerformFault::Store(error) => Self::Store(error),
            PerformFault::Died(died) => Self::Died(died),
        }
    }
}

/// What one turn of `once` did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turn {
    /// Mails stored.
    pub stored: usize,
    /// Mails read and settled, and things judged that were heard on issues.
    pub settled: usize,
    /// Things said and done on issues that were stored.
    pub heard: usize,
    /// Effects performed, whatever came of them.
    pub performed: usize,
}

impl Daemon {
    /// One poll, everything that is due, and the end: for cron, scripts and tests. The poll's fault is returned with
    /// what was done all the same: mail that is held is worked on also when the mailbox cannot be reached.
    ///
    /// # Errors
    /// Only what ends the daemon.
    pub async fn once(&self) -> Result<(Turn, Option<PollFault>), Fault> {
        let office = &self.office;
        let mut turn = Turn::default();
        let mut seen = check::Seen::default();
        turn.stored += sweep::sweep(office, &self.peers, &mut sweep::Tags::new()).await?;
        turn.stored += posted::watch(office, &self.peers, &mut posted::Tags::default()).await?;
        let polled = match poll::connect_and_poll(office, &self.gate).await {
            Ok(polled) => {
                turn.stored += polled.stored;
                None
            }
            Err(PollFault::Store(error)) => return Err(error.into()),
            Err(PollFault::Died(died)) => return Err(died.into()),
            Err(fault) => Some(fault),
        };
        let mut looked = false;
        loop {
            let settled = desk::clear(office).await?;
            let ticked = ticks::tick(office, ticks::Look::Taken).await?;
            let checked = check::again(office, &mut seen).await?;
            let performed = outbox::drain(office, &self.peers).await?;
            // After what is due was done: nothing waits for the issues. Looked at once a turn, as the mailbox is.
            let first = !std::mem::replace(&mut looked, true);
            let heard = if first { listen::look(office, &self.peers).await?.unwrap_or(0) } else { 0 };
            if first {
                advisories::watch(office, &self.peers, &mut advisories::Tags::default()).await?;
            }
            let judged = talk::judge(office).await?;
            turn.heard += heard;
            turn.settled += settled + judged;
            turn.performed += performed;
            // A look lets letters go that waited for it.
            if !first && settled + ticked + checked + performed + heard + judged == 0 {
                break;
            }
        }
        gauges::write(office)?;
        Ok((turn, polled))
    }

    /// Looks at every clock once, and does what is due. Returns how much was.
    ///
    /// # Errors
    /// Only what ends the daemon.
    pub async fn tick(&self) -> Result<usize, Fault> {
        ticks::tick(&self.office, ticks::Look::Taken).await
    }

    /// Runs until it is told to stop.
    ///
    /// # Errors
    /// What ended it.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), Fault> {
        let office = Arc::clone(&self.office);
        let peers = Arc::clone(&self.peers);
        let emptying = outbox::keep_emptying(&office, &peers, &stop);
        tokio::pin!(emptying);
        let result = tokio::select! {
            // First, always: the outbox hears of the stop as well, and must not have ended when it is waited for below.
            biased;
            () = stop.cancelled() => Ok(()),
            ended = vigil::keep_polling(&office, &self.gate) => ended,
            ended = keep_reading(&office) => ended,
            ended = check::keep_checking(&office) => ended,
            ended = ticks::keep_ticking(&office, &self.gate) => ended,
            ended = &mut emptying => ended,
            ended = Box::pin(listen::keep_listening(&office, &peers)) => ended,
            ended = gauges::keep_writing(&office, &self.gate) => ended,
            ended = Box::pin(sync::keep_syncing(&office, &peers)) => ended,
            ended = Box::pin(sweep::keep_sweeping(&office, &peers)) => ended,
            ended = Box::pin(advisories::keep_watching(&office, &peers)) => ended,
            ended = Box::pin(posted::keep_watching(&office, &peers)) => ended,
        };
        observe::notify_stopping();
        if result.is_ok() {
            // What is under way may end; what does not stands as `sending` and is looked after at the next start.
            let grace = office.config.ops.shutdown_grace;
            if tokio::time::timeout(grace, emptying).await.is_err() {
                tracing::warn!("something was still under way at the end");
            }
            peers.smtp.close().await;
        }
        result
    }
}

async fn keep_reading(office: &Arc<Office>) -> Result<(), Fault> {
    loop {
        desk::clear(office).await?;
        office.bells.mail.notified().await;
    }
}
