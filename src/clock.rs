//! The only place that asks the time.
//!
//! Everything else is handed a [`Clock`], or the instant itself. Deadlines of people are instants of the wall clock;
//! timeouts and back-off are lengths of the monotonic one, which no time server sets back.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// A wait that ends at some time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits for it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point; never goes back.
    fn monotonic(&self) -> Duration;

    /// Ends when the wall clock shows `at` or later; at once when it does already.
    fn sleep_until(&self, at: Timestamp) -> Sleep;

    /// Ends after that length of monotonic time.
    fn sleep(&self, length: Duration) -> Sleep;
}

/// The longest single sleep towards an instant of the wall clock: after a jump of the clock (suspend, time server) the
/// wait is at most this much off.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Its monotonic time begins now, at 0.
    #[allow(clippy::disallowed_methods, reason = "this is the place that asks the time")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the place that asks the time")]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        wall_clock()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        Box::pin(async move {
            loop {
                let left = at.duration_since(wall_clock());
                let Ok(left) = Duration::try_from(left) else { return };
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LOOK_AGAIN)).await;
            }
        })
    }

    fn sleep(&self, length: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(length))
    }
}

/// A clock that moves only when told to: for tests and for practice. Clones show the same time.
#[derive(Clone)]
pub struct ManualClock {
    hands: Arc<Mutex<(Timestamp, Duration)>>,
    moved: watch::Sender<()>,
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({})", self.now())
    }
}

impl ManualClock {
    /// A clock that shows `at`; its monotonic time begins at 0.
    pub fn new(at: Timestamp) -> Self {
        Self { hands: Arc::new(Mutex::new((at, Duration::ZERO))), moved: watch::Sender::new(()) }
    }

    fn hands(&self) -> MutexGuard<'_, (Timestamp, Duration)> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves both the wall clock and the monotonic one forward, and wakes who waited for it.
    pub fn advance(&self, by: Duration) {
        {
            let mut hands = self.hands();
            let length = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
            hands.0 = hands.0.checked_add(length).unwrap_or(Timestamp::MAX);
            hands.1 = hands.1.saturating_add(by);
        }
        self.moved.send_replace(());
    }

    /// Sets the wall clock, forward or back; monotonic time stands still.
    pub fn set(&self, at: Timestamp) {
        self.hands().0 = at;
        self.moved.send_replace(());
    }

    /// Moves forward to `at`, as [`Self::advance`]; does nothing when that is past.
    pub fn advance_to(&self, at: Timestamp) {
        if let Ok(by) = Duration::try_from(at.duration_since(self.now())) {
            self.advance(by);
        }
    }

    fn wait(&self, done: impl Fn(&Self) -> bool + Send + 'static) -> Sleep {
        let clock = self.clone();
        let mut moved = self.moved.subscribe();
        Box::pin(async move {
            // An error would mean that the clock is gone, and `clock` holds it.
            while !done(&clock) && moved.changed().await.is_ok() {}
        })
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.hands().0
    }

    fn monotonic(&self) -> Duration {
        self.hands().1
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        self.wait(move |clock| clock.now() >= at)
    }

    fn sleep(&self, length: Duration) -> Sleep {
        let end = self.monotonic().saturating_add(length);
        self.wait(move |clock| clock.monotonic() >= end)
    }
}

/// A clock that goes as the machine's does and can be put forward: for practice, where days pass in seconds. Whoever waits on it
/// wakes when their time has come, by going or by leaping. Clones show the same time.
#[derive(Clone)]
pub struct LeapingClock {
    machine: SystemClock,
    began: Timestamp,
    leapt: watch::Sender<Duration>,
}

impl fmt::Debug for LeapingClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeapingClock({})", self.now())
    }
}

impl LeapingClock {
    /// A clock that shows `at` now; its monotonic time begins at 0.
    pub fn new(at: Timestamp) -> Self {
        Self { machine: SystemClock::new(), began: at, leapt: watch::Sender::new(Duration::ZERO) }
    }

    /// Leaps forward to `at`, the monotonic clock with it; does nothing when that is past.
    pub fn leap_to(&self, at: Timestamp) {
        if let Ok(by) = Duration::try_from(at.duration_since(self.now())) {
            self.leapt.send_modify(|leapt| *leapt = leapt.saturating_add(by));
        }
    }

    /// Ends once `left` says that nothing is left to wait for.
    fn wait(&self, left: impl Fn(&Self) -> Duration + Send + 'static) -> Sleep {
        let clock = self.clone();
        let mut leaps = self.leapt.subscribe();
        Box::pin(async move {
            loop {
                leaps.mark_unchanged();
                let left = left(&clock);
                if left.is_zero() {
                    return;
                }
                // An error would mean that the clock is gone, and `clock` holds it.
                drop(tokio::time::timeout(left.min(LOOK_AGAIN), leaps.changed()).await);
            }
        })
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> Timestamp {
        let gone = SignedDuration::try_from(self.monotonic()).unwrap_or(SignedDuration::MAX);
        self.began.checked_add(gone).unwrap_or(Timestamp::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic().saturating_add(*self.leapt.borrow())
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        self.wait(move |clock| Duration::try_from(at.duration_since(clock.now())).unwrap_or_default())
    }

    fn sleep(&self, length: Duration) -> Sleep {
        let end = self.monotonic().saturating_add(length);
        self.wait(move |clock| end.saturating_sub(clock.monotonic()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn who_waits_on_a_manual_clock_wakes_when_it_is_moved_and_not_before() {
        let clock = ManualClock::new(at("2026-11-20T09:00:00Z"));
        let seen = clock.clone();
        let wait = tokio::spawn(clock.sleep_until(at("2026-11-20T10:00:00Z")));
        let pause = tokio::spawn(clock.sleep(Duration::from_secs(3_600)));
        clock.advance(Duration::from_secs(3_599));
        tokio::task::yield_now().await;
        assert!(!wait.is_finished() && !pause.is_finished());
        clock.advance(Duration::from_secs(1));
        wait.await.unwrap();
        pause.await.unwrap();
        assert_eq!(seen.now(), at("2026-11-20T10:00:00Z"), "clones show the same time");
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_keeps_its_monotonic_time() {
        let clock = ManualClock::new(at("2026-11-20T09:00:00Z"));
        clock.advance(Duration::from_secs(5));
        clock.set(at("2020-01-01T00:00:00Z"));
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
        clock.sleep_until(at("2019-01-01T00:00:00Z")).await;
        clock.advance_to(at("2019-01-01T00:00:00Z"));
        assert_eq!(clock.now(), at("2020-01-01T00:00:00Z"));
    }

    #[tokio::test]
    async fn a_leaping_clock_goes_by_itself_and_wakes_whom_it_leaps_over() {
        let clock = LeapingClock::new(at("2026-03-05T13:00:00Z"));
        clock.sleep(Duration::from_millis(10)).await;
        clock.sleep_until(at("2026-03-05T13:00:00.02Z")).await;
        let (wait, pause) =
            (clock.sleep_until(at("2026-03-16T09:00:00Z")), clock.sleep(Duration::from_secs(60)));
        let (wait, pause) = (tokio::spawn(wait), tokio::spawn(pause));
        clock.leap_to(at("2026-03-16T08:59:00Z"));
        pause.await.unwrap();
        assert!(!wait.is_finished());
        clock.clone().leap_to(at("2026-03-16T09:00:00Z"));
        wait.await.unwrap();
        let shown = clock.now();
        assert!(shown >= at("2026-03-16T09:00:00Z") && shown < at("2026-03-16T09:05:00Z"));
        clock.leap_to(at("2020-01-01T00:00:00Z"));
        assert!(clock.now() >= shown, "it never goes back");
    }

    #[tokio::test]
    async fn the_system_clock_wakes_in_time_and_at_once_for_the_past() {
        let clock = SystemClock::new();
        let before = clock.monotonic();
        clock.sleep_until(at("2020-01-01T00:00:00Z")).await;
        clock.sleep_until(clock.now() + SignedDuration::from_millis(20)).await;
        assert!(clock.monotonic() - before >= Duration::from_millis(19));
    }
}
