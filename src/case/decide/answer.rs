//! A member answers the reporter from their own mail client, with the list in Cc.
//!
//! Proven, it stops the acknowledgement clock. Not proven (the usual case through a list), it is shown as such, the
//! member is asked at the roster's address, and a person confirms.

use jiff::Timestamp;

use super::{CaseMail, Decision};
use crate::case::{Alert, Case, ClockKind, Effect, Event, MemberKey, Remark, Stop};

pub(super) fn seen(
    decision: &mut Decision,
    case: &Case,
    letter: &CaseMail,
    member: &MemberKey,
    verified: bool,
) {
    let (mail, received) = (letter.mail, letter.received);
    let asked_before =
        case.answer.as_ref().is_some_and(|answer| answer.member == *member && !answer.verified);
    decision.event(Event::MemberAnswered { mail, member: member.clone(), verified, received });
    decision.then_on_issue(Effect::Comment { remark: Remark::Answer { mail } });
    let owed = case.runs(ClockKind::Acknowledge);
    if verified && owed {
        let stop = Stop::Answer { member: member.clone(), mail: Some(mail) };
        decision.event(Event::ClockStopped { clock: ClockKind::Acknowledge, stop });
    }
    if !verified && owed && !asked_before {
        decision.then(Effect::Alert { to: member.clone(), alert: Alert::DidYouAnswer { mail } });
    }
    decision.then_on_issue(Effect::UpdateIssue);
}

/// A person vouches that this member answered.
pub(super) fn confirmed(decision: &mut Decision, case: &Case, member: &MemberKey, now: Timestamp) {
    decision.event(Event::AnswerConfirmed { member: member.clone(), at: now });
    if case.runs(ClockKind::Acknowledge) {
        let stop = Stop::Answer { member: member.clone(), mail: None };
        decision.event(Event::ClockStopped { clock: ClockKind::Acknowledge, stop });
    }
    decision.then_on_issue(Effect::UpdateIssue);
}
