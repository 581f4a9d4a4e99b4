//! What is written down on the way: when each mail left, and each state of the advisory.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::scene::PUBLIC_REPOSITORY;
use crate::clock::Clock;
use crate::practice::loopback::Loopback;

/// What was kept so far.
pub(super) struct Kept {
    sent: Arc<Mutex<Vec<Timestamp>>>,
    advisory: Vec<(Timestamp, String)>,
    /// Posts of each public channel that were told.
    pub(super) told: std::collections::BTreeMap<&'static str, usize>,
}

impl Kept {
    /// Begins to listen to the mail server.
    pub(super) fn of(peers: &Loopback, clock: &Arc<dyn Clock>) -> Self {
        let sent: Arc<Mutex<Vec<Timestamp>>> = Arc::default();
        let (times, clock) = (Arc::clone(&sent), Arc::clone(clock));
        peers.smtpd.on_accepted(move |_| {
            times.lock().unwrap_or_else(PoisonError::into_inner).push(clock.now());
        });
        Self { sent, advisory: Vec::new(), told: std::collections::BTreeMap::new() }
    }

    /// When each mail was accepted, in order.
    pub(super) fn sent(&self) -> Vec<Timestamp> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the advisory; keeps it where it reads otherwise than the last time.
    pub(super) fn look(&mut self, peers: &Loopback, now: Timestamp) {
        let page = peers.hub.advisories_as_markdown(PUBLIC_REPOSITORY).join("\n");
        if !page.is_empty() && self.advisory.last().is_none_or(|(_, last)| *last != page) {
            self.advisory.push((now, page));
        }
    }

    /// The advisory as it stood, each with the time from which on.
    pub(super) fn advisory(&self) -> &[(Timestamp, String)] {
        &self.advisory
    }
}
