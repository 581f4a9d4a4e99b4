//! Who is to look: a transaction that gives a lane something to do rings its bell once it is durable.

use std::cell::Cell;
use std::sync::Arc;

use tokio::sync::Notify;

use super::Txn;
use crate::case::Lane;

/// A bell for each lane.
#[derive(Debug, Clone, Default)]
pub struct Lanes(Arc<[Notify; 5]>);

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

    pub(super) fn ring(&self, touched: Touched) {
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

    /// Any lane may have something new to do.
    pub fn touch_all(&self) {
        Lane::ALL.into_iter().for_each(|lane| self.touch(lane));
    }
}
