//! Capped back-off with jitter: a crowd of clients must not come back in step.

use std::time::Duration;

use crate::outside::Outside;

/// Counts failures in a row.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    /// The first wait, and the longest.
    pub fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, failures: 0 }
    }

    /// The wait after one more failure: between half and all of first * 2^n, at most the cap.
    pub fn next(&mut self, outside: &Outside) -> Duration {
        let wait = after(self.first, self.cap, self.failures, outside);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// It worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The wait after so many failures.
pub(super) fn after(first: Duration, cap: Duration, failures: u32, outside: &Outside) -> Duration {
    let full = first.saturating_mul(1 << failures.min(20)).min(cap);
    let mut byte = [0_u8; 1];
    // Without chance there is no jitter, which is no reason to stop.
    let _ = outside.chance.fill(&mut byte);
    let [jitter] = byte;
    full / 2 + full * u32::from(jitter) / 510
}
