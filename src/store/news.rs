//! Who is to look: a transaction that gives a lane something to do rings its bell once it is durable.

use std::cell::Cell;
use std::sync::Arc;

use tokio::sync::Notify;

use super::Txn;
use crate::case::Lane;

/// A bell for each lane, and one for those who watch public issues.
#[derive(Debug, Clone, Default)]
pub struct Lanes(Arc<[Notify; 5]>, Arc<Notify>);

impl Lanes {
    /// The bell of a lane. A ring that nobody waits for is kept for the next one who does.
    pub fn bell(&self, lane: Lane) -> &Notify {
        let [github, letters, advisory, members, discord] = &*self.0;
        match lane {
            Lane::Github => github,
            Lane::Letters => letters,
            Lane::Advisory => advisory,
            Lane::Members => members,
            Lane::Discord => discord,
        }
    }

    /// The bell of those who watch public issues: a member named one.
    pub fn named(&self) -> &Notify {
        &self.1
    }

    pub(super) fn ring(&self, touched: Touched) {
        if touched.0.get() & NAMED != 0 {
            self.named().notify_one();
        }
        for lane in Lane::ALL {
            if touched.0.get() & bit(lane) != 0 {
                self.bell(lane).notify_one();
            }
        }
    }
}

/// The lanes that a transaction gave something to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Touched(Cell<u8>);

/// Beside the bits of the lanes.
const NAMED: u8 = 32;

fn bit(lane: Lane) -> u8 {
    match lane {
        Lane::Github => 1,
        Lane::Letters => 2,
        Lane::Members => 4,
        Lane::Discord => 8,
        Lane::Advisory => 16,
    }
}

impl Txn<'_> {
    /// This lane has something new to do, if this transaction stands.
    pub(super) fn touch(&self, lane: Lane) {
        self.1.0.set(self.1.0.get() | bit(lane));
    }

    /// A public issue was named, if this transaction stands.
    pub(super) fn touch_named(&self) {
        self.1.0.set(self.1.0.get() | NAMED);
    }

    /// Any lane may have something new to do.
    pub fn touch_all(&self) {
        Lane::ALL.into_iter().for_each(|lane| self.touch(lane));
    }
}
