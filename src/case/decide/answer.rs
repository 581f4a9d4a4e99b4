//! A member answers the reporter from their own mail client, with the list in Cc.
//!
//! Proven, it stops the acknowledgement clock. Not proven (the usual case through a list), it is shown as such, the
//! member is asked at the roster's address, and a person confirms.

use super::Decision;
use crate::case::{Alert, Case, ClockKind, Effect, Event, MailId, MemberKey, Policy, Remark, Stop};

pub(super) fn seen(
    decision: &mut Decision,
    case: &Case,
    mail: MailId,
    member: &MemberKey,
    verified: bool,
    _policy: &Policy,
) {
    let asked_before =
        case.answer.as_ref().is_some_and(|answer| answer.member == *member && !answer.verified);
    decision.event(Event::MemberAnswered { mail, member: member.clone(), verified });
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
pub(super) fn confirmed(decision: &mut Decision, case: &Case, member: &MemberKey) {
    decision.event(Event::AnswerConfirmed { member: member.clone() });
    if case.runs(ClockKind::Acknowledge) {
        let stop = Stop::Answer { member: member.clone(), mail: None };
        decision.event(Event::ClockStopped { clock: ClockKind::Acknowledge, stop });
    }
    decision.then_on_issue(Effect::UpdateIssue);
}
