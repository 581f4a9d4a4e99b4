//! A mail reaches an existing case.

use jiff::Timestamp;

use super::{Decision, answer};
use crate::case::{
    Alert, Audience, Case, ClockKind, Doubt, Effect, EffectId, Event, MailId, MemberKey, PersonId, Policy,
    Remark, Stop,
};

/// Who wrote a mail on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writer {
    /// Somebody of the case outside the team.
    Participant(PersonId),
    /// A roster address.
    Member {
        /// Whose.
        member: MemberKey,
        /// Whether authentication proves it.
        verified: bool,
        /// Whether the mail has what an answer has: the reporter among its recipients, a reply to a mail of the case,
        /// not automatic, new words.
        answers_reporter: bool,
    },
    /// Somebody we cannot trust to be of the case.
    Stranger(Doubt),
}

/// A mail on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseMail {
    /// The stored message.
    pub mail: MailId,
    /// Who wrote it.
    pub writer: Writer,
    /// Whether it looks automatic.
    pub automatic: bool,
    /// INTERNALDATE.
    pub received: Timestamp,
}

pub(super) fn arrived(case: &Case, letter: &CaseMail, policy: &Policy, now: Timestamp) -> Decision {
    let mail = letter.mail;
    let mut decision = Decision::default();
    match &letter.writer {
        Writer::Participant(person) => {
            let (person, automatic) = (Some(*person), letter.automatic);
            decision.event(Event::Added { mail, person, member: None, automatic });
            decision.then_on_issue(Effect::Comment { remark: Remark::Reply { mail } });
            if !automatic {
                super::tell(&mut decision, case, Audience::Owner, &Alert::ReporterWrote, policy, now);
            }
        }
        Writer::Member { member, verified, answers_reporter: true } => {
            answer::seen(&mut decision, case, letter, member, *verified);
        }
        Writer::Member { member, answers_reporter: false, .. } => {
            let automatic = letter.automatic;
            decision.event(Event::Added { mail, person: None, member: Some(member.clone()), automatic });
            decision.then_on_issue(Effect::Comment { remark: Remark::Reply { mail } });
        }
        Writer::Stranger(doubt) => {
            decision.event(Event::Quarantined { mail, doubt: *doubt });
            decision.then_on_issue(Effect::Comment { remark: Remark::Stranger { mail } });
            if !letter.automatic {
                super::tell(&mut decision, case, Audience::Owner, &Alert::StrangerWrote, policy, now);
            }
        }
    }
    decision
}

/// A letter to somebody of the case came back: what it had promised is open again, and so is an answer to the same
/// dead address.
pub(super) fn bounced(
    case: &Case,
    mail: MailId,
    effect: EffectId,
    person: PersonId,
    permanent: bool,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::default();
    decision.event(Event::DeliveryFailed { mail, effect, person, permanent, received: now });
    decision.then_on_issue(Effect::Comment { remark: Remark::Bounce { mail } });
    if !permanent {
        return decision;
    }
    let stopped_by = case.clocks.get(&ClockKind::Acknowledge).and_then(|clock| clock.stopped.as_ref());
    let reopens = match stopped_by {
        Some(Stop::Letter { effect: letter }) => *letter == effect,
        Some(Stop::Answer { .. }) => case.reporter == Some(person),
        Some(Stop::Claim { .. }) | None => false,
    };
    if reopens {
        decision.event(Event::ClockReopened { clock: ClockKind::Acknowledge, mail });
    }
    decision.then_on_issue(Effect::UpdateIssue);
    super::tell(&mut decision, case, Audience::Owner, &Alert::DeliveryFailed, policy, now);
    decision
}
