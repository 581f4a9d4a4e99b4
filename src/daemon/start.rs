//! Starting: lock, store, templates, peers; then what a crash left behind is put in order.

use std::sync::Arc;

use super::poll::Gate;
use super::{Fault, outbox, ticks};
use crate::config::Config;
use crate::office::{self, Office, RingFault};
use crate::outside::Outside;
use crate::perform::{Peers, SetupFault, credentials, trust};
use crate::render::letters::TemplateFault;
use crate::store::{Lock, LockError, Store, StoreError};

/// A daemon that is ready to turn.
pub struct Daemon {
    /// Configuration, store, rules.
    pub office: Arc<Office>,
    pub(super) peers: Arc<Peers>,
    pub(super) gate: Gate,
    _lock: Lock,
}

/// Why it cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// Another process works on the state directory.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Templates.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Templates(Vec<TemplateFault>),
    /// `OpenPGP` keys.
    #[error(transparent)]
    Ring(#[from] RingFault),
    /// Peers.
    #[error(transparent)]
    Setup(#[from] SetupFault),
    /// What a crash left behind could not be put in order.
    #[error(transparent)]
    Recover(#[from] Fault),
}

impl Daemon {
    /// Starts on this configuration. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`StartFault`].
    pub async fn start(config: Config, outside: Outside) -> Result<Self, StartFault> {
        let lock = Lock::take(&config.state_dir)?;
        let letters = office::letters(&config).map_err(StartFault::Templates)?;
        let ring = office::ring(&config)?;
        let store = Store::open(&config.state_dir, outside.clone())?;
        let (credentials, smtp_login) = credentials(&config)?;
        let peers = Arc::new(Peers::new(&config, smtp_login)?);
        let mailbox = &config.mailbox;
        let trust = trust("[mailbox]", mailbox.ca_file.as_ref())?;
        let office = Office::new(config, store, outside, letters, ring)?;
        let now = office.outside.clock.now();
        let listens = office.config.github.comments_poll.is_some();
        office
            .store
            .write("start", move |txn| {
                txn.set_meta("started", &now.to_string())?;
                txn.listening_starts(listens, now)
            })
            .await?;
        outbox::recover(&office).await?;
        let gate = Gate::new(&office, trust, credentials);
        Ok(Self { office, peers, gate, _lock: lock })
    }
}

/// Takes the orders that wait, without a daemon: for a command that finds none running. Nothing is polled, no effect is
/// begun. Returns how many orders those were.
///
/// # Errors
/// [`StartFault`]; [`LockError::Held`] when a daemon runs, which takes them itself.
pub async fn take_orders(config: Config, outside: Outside) -> Result<usize, StartFault> {
    let _lock = Lock::take(&config.state_dir)?;
    let letters = office::letters(&config).map_err(StartFault::Templates)?;
    let ring = office::ring(&config)?;
    let store = Store::open(&config.state_dir, outside.clone())?;
    let office = Office::new(config, store, outside, letters, ring)?;
    // Whoever holds the lock knows that nothing is under way.
    outbox::recover(&office).await?;
    Ok(ticks::take_orders(&office).await?)
}
