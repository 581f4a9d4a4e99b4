//! Who read what will be public, and what they said of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MemberKey, PersonId, Sha256};

/// A review of what will be public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// SHA-256 of the text; approvals are of this text alone.
    pub text: Sha256,
    /// Since when.
    pub since: Timestamp,
    /// Who approved it.
    pub approvals: BTreeSet<MemberKey>,
    /// Who objects.
    pub objections: BTreeSet<MemberKey>,
    /// Which reporter was asked to read it, and since when they have it.
    #[serde(default)]
    pub asked: Option<(PersonId, Timestamp)>,
    /// Whether they wrote since.
    pub reporter_wrote: bool,
}

impl Review {
    /// Of another text nobody has approved anything; who objects does so until they say otherwise.
    pub(super) fn anew(&self, text: Sha256, since: Timestamp) -> Self {
        Self { objections: self.objections.clone(), ..Self::of(text, since) }
    }

    pub(super) fn of(text: Sha256, since: Timestamp) -> Self {
        Self {
            text,
            since,
            approvals: BTreeSet::new(),
            objections: BTreeSet::new(),
            asked: None,
            reporter_wrote: false,
        }
    }

    /// Since when that person has it to read; none: nothing left to them.
    pub fn asked_since(&self, reporter: PersonId) -> Option<Timestamp> {
        self.asked.filter(|(who, _)| *who == reporter).map(|(_, at)| at)
    }

    /// The draft reached that person, or can reach nobody: from then on they have their time to read it.
    pub(super) fn ask(&mut self, reporter: PersonId, at: Timestamp) {
        if self.asked_since(reporter).is_none() {
            self.reporter_wrote = false;
            self.asked = Some((reporter, at));
        }
    }

    /// That person wrote.
    pub(super) fn wrote(&mut self, reporter: PersonId) {
        self.reporter_wrote |= self.asked_since(reporter).is_some();
    }
}
