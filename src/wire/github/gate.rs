//! One write at a time, with a rest between two: GitHub asks for it and bans who does not.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Sleep;

/// The rest that the last write left behind; it runs while nobody waits for it.
pub(super) struct Gate {
    spacing: Duration,
    rest: Mutex<Option<Pin<Box<Sleep>>>>,
}

/// The right to write.
pub(super) struct Turn<'a> {
    spacing: Duration,
    rest: MutexGuard<'a, Option<Pin<Box<Sleep>>>>,
}

impl Gate {
    pub(super) fn new(spacing: Duration) -> Self {
        Self { spacing, rest: Mutex::new(None) }
    }

    /// Waits for the writers before us and for the rest after the last.
    pub(super) async fn enter(&self) -> Turn<'_> {
        let mut rest = self.rest.lock().await;
        // Taken only when over: a caller that gives up here leaves the rest to the next.
        if let Some(sleep) = rest.as_mut() {
            sleep.as_mut().await;
        }
        *rest = None;
        Turn { spacing: self.spacing, rest }
    }
}

impl Turn<'_> {
    /// Starts the rest.
    pub(super) fn leave(self) {
        drop(self);
    }
}

impl Drop for Turn<'_> {
    /// Also a call that was cut off may have written.
    fn drop(&mut self) {
        if !self.spacing.is_zero() {
            *self.rest = Some(Box::pin(tokio::time::sleep(self.spacing)));
        }
    }
}
