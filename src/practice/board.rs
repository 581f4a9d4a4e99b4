//! State that a stand-in's connections share and that a test or the script looks at and waits for.

use std::sync::Arc;

use tokio::sync::watch;

/// One value, changed under a lock; whoever waits is woken by each change.
pub struct Board<T>(Arc<watch::Sender<T>>);

impl<T> Clone for Board<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Board<T> {
    /// A board that shows `value`.
    pub fn new(value: T) -> Self {
        Self(Arc::new(watch::Sender::new(value)))
    }

    /// Reads under the lock; `look` must not wait for anything.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.borrow())
    }

    /// Changes under the lock and wakes all who wait.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut result = None;
        let mut change = Some(change);
        loop {
            self.0.send_modify(|value| {
                if let Some(change) = change.take() {
                    result = Some(change(value));
                }
            });
            if let Some(result) = result.take() {
                return result;
            }
        }
    }

    /// Waits, without a limit, until `look` finds something. Callers put a time-out around it.
    pub async fn wait<R>(&self, mut look: impl FnMut(&T) -> Option<R>) -> R {
        let mut news = self.0.subscribe();
        loop {
            if let Some(found) = look(&news.borrow_and_update()) {
                return found;
            }
            // We hold the sender ourselves, so it cannot be gone.
            if news.changed().await.is_err() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// A receiver that is told of each change.
    pub fn news(&self) -> watch::Receiver<T> {
        self.0.subscribe()
    }
}
