//! How time passes: everything that can be done is done, then the clock leaps to what comes next.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Life;
use crate::case::{Case, Lane};
use crate::clock::{Clock, SystemClock};
use crate::store::{EffectState, FateWord, StoreError};

/// How long, of the machine's time, the daemon may take to come to rest.
const LIMIT: Duration = Duration::from_secs(15);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// So many looks, and what is new is told: reading all that the stand-ins hold takes longer than a look.
const TELL: u32 = 50;
/// After so many looks without one of the daemon's own, a minute passes.
const PATIENCE: u32 = 60;
/// A leap is at least so long: then the mailbox and the issues are looked at again, once a minute both.
const LEAST: SignedDuration = SignedDuration::from_secs(61);
/// And at most so long: a whole day without a look into the mailbox would rightly be an alarm.
const MOST: SignedDuration = SignedDuration::from_hours(23);

/// An instant of the script.
pub(super) fn instant(text: &str) -> Timestamp {
    // The script's own texts; a slip there would make its first checks fail.
    text.parse().unwrap_or_default()
}

impl Life {
    /// Waits until nothing is left to do at this hour, and tells all on the way.
    pub(super) async fn rest(&mut self) {
        let rested = self.comes_to_rest(None).await;
        self.day.check("the daemon deals with it and comes to rest", rested);
    }

    /// Lets time pass up to that instant.
    pub(super) async fn until(&mut self, at: &str) {
        let at = instant(at);
        let mut rested = self.comes_to_rest(None).await;
        while rested && self.clock.now() < at {
            let from = self.clock.now();
            let next = self.next_due(from).unwrap_or(None).unwrap_or(at);
            let least = from.saturating_add(LEAST).unwrap_or(at);
            let most = from.saturating_add(MOST).unwrap_or(at);
            let to = next.max(least).min(most).min(at);
            self.clock.leap_to(to);
            // Both are looked at each minute; a shorter leap is the last one.
            rested = self.comes_to_rest((to >= least).then_some(to)).await;
        }
        self.day.check("the daemon keeps up with the days", rested);
    }

    /// Lets minutes pass until the case is so; whether it came.
    pub(super) async fn sees(&mut self, is_so: impl Fn(&Case) -> bool) -> bool {
        for _ in 0..30 {
            if self.case().is_some_and(|case| is_so(&case)) {
                return true;
            }
            if !self.a_little_later().await {
                return false;
            }
        }
        false
    }

    /// Lets the least time pass in which all is looked at; whether the daemon came to rest.
    pub(super) async fn a_little_later(&mut self) -> bool {
        let next = self.clock.now().saturating_add(LEAST).unwrap_or(Timestamp::MAX);
        self.clock.leap_to(next);
        self.comes_to_rest(Some(next)).await
    }

    async fn comes_to_rest(&mut self, looked: Option<Timestamp>) -> bool {
        let machine = SystemClock::new();
        for turn in 0_u32.. {
            let now = self.clock.now();
            if turn % TELL == TELL - 1 {
                self.tell();
            }
            if self.is_quiet(looked).unwrap_or(false) {
                self.tell();
                return true;
            }
            if turn % PATIENCE == PATIENCE - 1 && self.has_not_looked(looked).unwrap_or(false) {
                // A look that was under way when the clock leapt does not count, and the next comes a minute later.
                self.clock.leap_to(now.saturating_add(LEAST).unwrap_or(now));
            }
            if !self.day.goes_on() || machine.monotonic() >= LIMIT {
                return false;
            }
            machine.sleep(LOOK).await;
        }
        false
    }

    /// The mailbox or the issues were not looked at since then.
    fn has_not_looked(&self, looked: Option<Timestamp>) -> Result<bool, StoreError> {
        let Some(since) = looked else { return Ok(false) };
        self.day.office.store.read(|txn| {
            let before = |at: Option<Timestamp>| at.is_none_or(|at| at < since);
            Ok(before(txn.meta_instant("poll-began")?) || before(txn.meta_instant("issues-listened")?))
        })
    }

    fn is_quiet(&self, looked: Option<Timestamp>) -> Result<bool, StoreError> {
        if !self.day.is_heard()? || self.has_not_looked(looked)? {
            return Ok(false);
        }
        let imapd = &self.day.peers.imapd;
        let all_settled = self.day.office.store.read(|txn| {
            for folder in imapd.folders() {
                let held = txn.held_uids(&folder, imapd.uidvalidity(&folder))?;
                if imapd.held(&folder).iter().any(|(uid, _)| !held.contains(uid)) {
                    return Ok(false);
                }
            }
            Ok(txn.mails_with(FateWord::Stored, 1)?.is_empty())
        })?;
        if !all_settled {
            return Ok(false);
        }
        // After the mails: what followed from one of them is due by now.
        let now = self.clock.now();
        self.day.office.store.read(|txn| {
            let mut busy = !txn.effects_in(EffectState::Sending, 1)?.is_empty()
                || txn.next_ring()?.is_some_and(|at| at <= now)
                || txn.meta_instant("digest-next")?.is_none_or(|at| at <= now);
            for lane in Lane::ALL {
                busy = busy || !txn.performable(lane, now, 1)?.is_empty();
            }
            Ok(!busy)
        })
    }

    /// What comes next by time alone: an effect, a reminder, the digest.
    fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.day.office.store.read(|txn| {
            let mut due = vec![txn.next_ring()?, txn.meta_instant("digest-next")?];
            for lane in Lane::ALL {
                due.push(txn.next_effect(lane, now)?);
            }
            Ok(due.into_iter().flatten().filter(|at| *at > now).min())
        })
    }

    /// Tells all that is new.
    fn tell(&mut self) {
        // A fault of the disk ends the daemon as well, and with it the play.
        let _told = self.day.look();
        let now = self.clock.now();
        self.kept.look(&self.day.peers, now);
        self.tell_channels();
    }
}
