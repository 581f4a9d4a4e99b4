//! How an effect went becomes part of the case.

use jiff::Timestamp;

use super::Decision;
use crate::case::{Alert, Audience, Case, Effect, EffectId, Event, LetterKind, Policy, Receipt};

/// How an effect went, as far as a case cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The private issue is there.
    IssueOpened {
        /// Numeric id of the repository.
        repository: u64,
        /// Number of the issue.
        number: u64,
        /// When its body was drawn: what happened since is not on it yet.
        drawn: Timestamp,
    },
    /// Done.
    Done,
    /// Nobody can say.
    Unknown,
    /// It cannot be done.
    Parked,
}

pub(super) fn came(
    case: &Case,
    effect_id: EffectId,
    effect: &Effect,
    outcome: &Outcome,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::default();
    match (effect, outcome) {
        (Effect::OpenIssue, Outcome::IssueOpened { repository, number, drawn }) => {
            if case.issue.is_none() {
                decision.event(Event::IssueOpened { repository: *repository, number: *number });
            }
            if matches!(case.receipt, Receipt::Sent(at) if at >= *drawn) {
                decision.then_on_issue(Effect::UpdateIssue);
            }
        }
        (Effect::Letter { letter, to, .. }, Outcome::Done) => {
            decision.event(Event::LetterSent { effect: effect_id, letter: *letter, person: *to, at: now });
            // The line on the issue says what the reporter holds in their hands; one that is not open yet will.
            if case.issue.is_some() {
                decision.then_on_issue(Effect::UpdateIssue);
            }
        }
        (Effect::Letter { letter, .. }, Outcome::Unknown) => {
            decision.event(Event::LetterUnknown { effect: effect_id, letter: *letter });
            decision.then_on_issue(Effect::UpdateIssue);
            let alert = Alert::LetterUnknown { effect: effect_id };
            super::tell(&mut decision, case, Audience::Owner, &alert, policy, now);
        }
        (
            Effect::Letter { .. } | Effect::OpenIssue | Effect::UpdateIssue | Effect::Comment { .. },
            Outcome::Parked,
        ) => {
            decision.event(Event::EffectParked { effect: effect_id, letter: letter_of(effect) });
            if letter_of(effect).is_some() {
                decision.then_on_issue(Effect::UpdateIssue);
            }
            let alert = Alert::Parked { effect: effect_id };
            super::tell(&mut decision, case, Audience::Owner, &alert, policy, now);
        }
        // A mail to a member that cannot be delivered is told to the others by the daily digest, not by more mail.
        (Effect::Alert { .. } | Effect::Post { .. }, Outcome::Parked) => {
            decision.event(Event::EffectParked { effect: effect_id, letter: None });
        }
        (
            Effect::OpenIssue
            | Effect::UpdateIssue
            | Effect::Comment { .. }
            | Effect::Alert { .. }
            | Effect::Post { .. },
            Outcome::Done | Outcome::Unknown,
        )
        | (
            Effect::UpdateIssue
            | Effect::Comment { .. }
            | Effect::Letter { .. }
            | Effect::Alert { .. }
            | Effect::Post { .. },
            Outcome::IssueOpened { .. },
        ) => {}
    }
    decision
}

fn letter_of(effect: &Effect) -> Option<LetterKind> {
    match effect {
        Effect::Letter { letter, .. } => Some(*letter),
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Alert { .. }
        | Effect::Post { .. } => None,
    }
}
