//! What letters about the team itself may know: who joins and leaves, votes, load. None of them belongs to a case.

use jiff::Timestamp;

use super::on_case::Desk;
use super::sheet::{Filled, Sheet};
use super::table::LetterName;

/// In the place of a case's number.
const TAG: &str = "sir-intake";

/// A letter about the team.
#[derive(Debug, Clone)]
pub enum OfTeam {
    /// T33, to the TSC's contact.
    Nominated {
        /// Name of the chair who proposes.
        proposer: String,
        /// Name of whom.
        who: String,
        /// Ground of the nomination (RFC lines 22 to 25).
        basis: String,
        /// The chair's words.
        why: String,
        /// When the answer is due.
        by: Timestamp,
    },
    /// T33, to the chairs.
    Declined {
        /// Name of whom.
        who: String,
        /// The TSC's words.
        reason: String,
    },
    /// T33, to the new member.
    Welcome {
        /// When the TSC approved.
        approved: Timestamp,
        /// What they get, and from whom.
        access: Vec<String>,
        /// Where the policy is published.
        policy_url: String,
    },
    /// T33, to the team.
    Resigned {
        /// Name of whom.
        who: String,
        /// When access ends.
        ends: Timestamp,
        /// Open cases with their new owners.
        cases: Vec<String>,
    },
    /// T33, to the member who leaves.
    Leaving {
        /// When access ends.
        ends: Timestamp,
        /// What ends.
        access: Vec<String>,
    },
    /// T34, to all active members but the one it is about.
    Vote {
        /// Name of whom.
        who: String,
        /// The chair's words.
        reason: String,
        /// When it ends.
        by: Timestamp,
        /// How many may vote; more than half of them must say yes.
        voters: u32,
        /// Name of who counts.
        chair: String,
        /// Whether this is the reminder.
        reminder: bool,
    },
    /// T34, to those who voted.
    Result {
        /// Name of whom.
        who: String,
        /// Votes.
        yes: u32,
        /// Votes.
        no: u32,
        /// Votes.
        abstained: u32,
        /// How many may vote.
        voters: u32,
        /// What the chair recorded.
        removed: bool,
    },
    /// T34, to the TSC's contact.
    Removed {
        /// Name of whom.
        who: String,
        /// The chair's words.
        reason: String,
        /// When access ended.
        ended: Timestamp,
    },
    /// T34, to the TSC's contact and the appellant.
    Appeal {
        /// Name of whom.
        who: String,
        /// When the appeal was received.
        received: Timestamp,
        /// Its words.
        words: String,
        /// When the decision is due.
        by: Timestamp,
    },
    /// T35, to chairs, then the TSC's contact.
    Overload {
        /// Cases without an owner.
        unowned: u32,
        /// Age of the oldest of them (`3d 4h`).
        oldest: Option<String>,
        /// Clocks that ran out.
        missed: u32,
        /// Members who are not away.
        active: u32,
        /// Whether it goes to the TSC.
        to_tsc: bool,
    },
    /// T36, to chairs.
    Quarterly {
        /// Which (`2026 Q4`).
        quarter: String,
        /// Figures for the chairs, as a table.
        figures: String,
        /// Figures for the public page, as a table.
        public: String,
        /// When remarks are due.
        by: Timestamp,
    },
}

impl OfTeam {
    /// Its letter.
    pub fn name(&self) -> LetterName {
        match self {
            Self::Nominated { .. } => LetterName::Nominated,
            Self::Declined { .. } => LetterName::Declined,
            Self::Welcome { .. } => LetterName::Welcome,
            Self::Resigned { .. } => LetterName::Resigned,
            Self::Leaving { .. } => LetterName::Leaving,
            Self::Vote { .. } => LetterName::Vote,
            Self::Result { .. } => LetterName::VoteResult,
            Self::Removed { .. } => LetterName::Removed,
            Self::Appeal { .. } => LetterName::Appeal,
            Self::Overload { .. } => LetterName::Overload,
            Self::Quarterly { .. } => LetterName::Quarterly,
        }
    }

    pub(super) fn filled(&self, desk: &Desk) -> Filled {
        let mut sheet = desk.sheet(TAG);
        self.fill(&mut sheet);
        sheet.of(self.name())
    }

    fn fill(&self, s: &mut Sheet<'_>) {
        match self {
            Self::Nominated { proposer, who, basis, why, by } => {
                s.line("proposer", proposer);
                s.line("who", who);
                s.line("basis", basis);
                s.said("why", why);
                Desk::by(s, *by);
            }
            Self::Declined { who, reason } => {
                s.line("who", who);
                s.said("reason", reason);
            }
            Self::Welcome { approved, access, policy_url } => {
                s.at("approved", *approved);
                s.items("access", access);
                s.line("policy_url", policy_url);
            }
            Self::Resigned { who, ends, cases } => {
                s.line("who", who);
                s.at("ends", *ends);
                s.items("cases", cases);
            }
            Self::Leaving { ends, access } => {
                s.at("ends", *ends);
                s.items("access", access);
            }
            Self::Vote { who, reason, by, voters, chair, reminder } => {
                s.line("who", who);
                s.said("reason", reason);
                Desk::by(s, *by);
                s.count("voters", u64::from(*voters));
                s.count("needed", majority(*voters));
                s.line("chair", chair);
                s.flag("reminder", *reminder);
            }
            Self::Result { who, yes, no, abstained, voters, removed } => {
                s.line("who", who);
                for (name, votes) in [("yes", yes), ("no", no), ("abstained", abstained)] {
                    s.count(name, u64::from(*votes));
                }
                s.count("needed", majority(*voters));
                s.flag("removed", *removed);
            }
            Self::Removed { who, reason, ended } => {
                s.line("who", who);
                s.said("reason", reason);
                s.at("ended", *ended);
            }
            Self::Appeal { who, received, words, by } => {
                s.line("who", who);
                s.at("received", *received);
                s.said("words", words);
                Desk::by(s, *by);
            }
            Self::Overload { unowned, oldest, missed, active, to_tsc } => {
                for (name, many) in [("unowned", unowned), ("missed", missed), ("active", active)] {
                    s.count(name, u64::from(*many));
                }
                s.line("oldest", oldest.as_deref().unwrap_or_default());
                s.flag("to_tsc", *to_tsc);
            }
            Self::Quarterly { quarter, figures, public, by } => {
                s.line("quarter", quarter);
                s.block("figures", figures);
                s.block("public", public);
                Desk::by(s, *by);
            }
        }
    }
}

/// RFC line 29: more than half.
fn majority(voters: u32) -> u64 {
    u64::from(voters / 2) + 1
}
