//! Acts that count only once a second person agreed, and whose deed happens then.

use super::act::{Act, ActLetter, ActState};
use super::{Case, Deed, LetterKind};

impl Act {
    /// Whether its deed is not done before a second person agrees. A letter alone can wait by itself.
    pub fn waits(&self) -> bool {
        let whole = match &self.deed {
            Deed::Close { .. } => true,
            Deed::Step { step } => step.waits(),
            Deed::Own { .. }
            | Deed::Disown
            | Deed::Severity { .. }
            | Deed::Dup { .. }
            | Deed::Link { .. }
            | Deed::LinkMail { .. }
            | Deed::Split
            | Deed::New { .. }
            | Deed::Open
            | Deed::Reporter { .. }
            | Deed::Acknowledge { .. }
            | Deed::Answered
            | Deed::Ask { .. }
            | Deed::Remind { .. }
            | Deed::Known { .. }
            | Deed::Reply
            | Deed::Reopen
            | Deed::Raise { .. } => false,
        };
        whole && matches!(self.state, ActState::Asked { .. })
    }

    /// Whether two people said so, or must.
    pub fn is_of_two(&self) -> bool {
        matches!(&self.deed, Deed::Step { step } if step.waits())
    }

    /// Whether its letter will not leave.
    pub fn is_stopped(&self) -> bool {
        self.letter == Some(ActLetter::Stopped)
    }
}

impl Case {
    /// A second person agreed. What waited for that is done now, and is the last that was done: what others did meanwhile
    /// came before it.
    pub(super) fn agreed(&mut self, number: u32) {
        let Some(at) = self.acts.iter().position(|act| act.number == number) else { return };
        let mut act = self.acts.remove(at);
        let waited = act.waits();
        act.state = ActState::Done;
        if waited {
            act.before = self.snapshot(&act.deed, &act.by);
            self.do_deed(&act);
            self.acts.push(act);
        } else {
            self.acts.insert(at, act);
        }
    }

    /// The number of the next act.
    pub fn next_act(&self) -> u32 {
        self.acts.iter().map(|act| act.number).max().map_or(1, |last| last.saturating_add(1))
    }

    /// Letters that wait although an ended case asks nothing and promises no further word; not that of the act `but`.
    pub fn idle_letters(&self, but: u32) -> Vec<(u32, LetterKind)> {
        let idle = |letter: LetterKind| match letter {
            LetterKind::Questions | LetterKind::Reminder | LetterKind::Acknowledgement => true,
            LetterKind::Receipt
            | LetterKind::KnownIssue
            | LetterKind::Intended
            | LetterKind::Bug
            | LetterKind::NotHere
            | LetterKind::Reply
            | LetterKind::Status
            | LetterKind::Confirmed
            | LetterKind::Proposal
            | LetterKind::Settled
            | LetterKind::Update
            | LetterKind::CveNews
            | LetterKind::Invitation
            | LetterKind::DraftForReporter
            | LetterKind::PublishedThanks
            | LetterKind::ListNotice
            | LetterKind::ListChange
            | LetterKind::ListReminder
            | LetterKind::ListLifted
            | LetterKind::ListCorrected
            | LetterKind::ListEnded
            | LetterKind::PublicMail
            | LetterKind::PosterMail => false,
        };
        let held = self.acts.iter().filter(|act| act.number != but && act.stands());
        held.filter_map(|act| act.held().map(|hold| (act.number, hold.letter)))
            .filter(|(_, letter)| idle(*letter))
            .collect()
    }
}
