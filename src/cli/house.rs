//! What most commands need: the configuration, the store to look at, the clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::out::Out;
use super::{AGAIN, CONFIG, FAULTS, Stop};
use crate::clock::SystemClock;
use crate::config::{self, Config, Mistake};
use crate::daemon::StartFault;
use crate::outside::{NoPoints, Outside, SystemChance};
use crate::perform::{Peers, SetupFault, credentials};
use crate::store::{LockError, StoreError, Window};
use crate::wire::names::SystemNames;

const DEFAULT: &str = "/etc/sir-intake/config.toml";

/// The file that is meant.
pub(super) fn config_path(given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| PathBuf::from(DEFAULT), Path::to_owned)
}

/// Reads the configuration; warnings are told.
pub(super) fn config(given: Option<&Path>, out: &Out) -> Result<Config, Stop> {
    let config = config::load(&config_path(given)).map_err(|mistakes| Stop::new(CONFIG, lines(&mistakes)))?;
    if !config.warnings.is_empty() {
        out.tell(&lines(&config.warnings));
    }
    Ok(config)
}

/// One mistake a line.
pub(super) fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The machine's own clock and chance.
pub(super) fn outside() -> Outside {
    Outside {
        clock: Arc::new(SystemClock::new()),
        chance: Arc::new(SystemChance::default()),
        points: Arc::new(NoPoints),
        names: Arc::new(SystemNames::default()),
    }
}

/// Now.
pub(super) fn now() -> Timestamp {
    outside().clock.now()
}

/// The clients of the world as the daemon would make them; nothing is dialed.
pub(super) fn peers(config: &Config) -> Result<Peers, SetupFault> {
    let (_, smtp_login) = credentials(config)?;
    Peers::new(config, smtp_login)
}

/// The store, to look at; the daemon may run beside it.
pub(super) fn window(config: &Config) -> Result<Window, Stop> {
    Ok(Window::open(&config.state_dir)?)
}

impl From<StoreError> for Stop {
    fn from(fault: StoreError) -> Self {
        let code = match &fault {
            StoreError::Newer { .. } => CONFIG,
            StoreError::Sqlite(_)
            | StoreError::Full
            | StoreError::Broken
            | StoreError::Row(_)
            | StoreError::File { .. }
            | StoreError::Absent(_)
            | StoreError::Refused(_)
            | StoreError::Chance(_)
            | StoreError::Died(_) => FAULTS,
        };
        Self::new(code, fault.to_string())
    }
}

impl From<LockError> for Stop {
    fn from(fault: LockError) -> Self {
        let code = match &fault {
            LockError::Held(_) => AGAIN,
            LockError::File { .. } => FAULTS,
        };
        Self::new(code, fault.to_string())
    }
}

impl From<StartFault> for Stop {
    fn from(fault: StartFault) -> Self {
        let text = fault.to_string();
        match fault {
            StartFault::Lock(fault) => fault.into(),
            StartFault::Store(fault) => fault.into(),
            StartFault::Templates(_) | StartFault::Ring(_) | StartFault::Setup(_) => Self::new(CONFIG, text),
            StartFault::Recover(_) => Self::new(FAULTS, text),
        }
    }
}
