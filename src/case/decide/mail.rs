//! A mail reaches an existing case.

use jiff::Timestamp;

use super::{Decision, Trust, answer};
use crate::case::{
    Alert, Audience, Case, ClockKind, Content, Doubt, Effect, EffectId, Event, LetterKind, MailId, MemberKey,
    PersonId, Planned, Policy, Remark, Spoken, Stop,
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
    /// What the provider says about its sender.
    pub trust: Trust,
    /// It only asks how the case stands, and nothing speaks against answering.
    pub asks_status: bool,
}

pub(super) fn arrived(case: &Case, letter: &CaseMail, policy: &Policy, now: Timestamp) -> Decision {
    let mail = letter.mail;
    let mut decision = Decision::default();
    match &letter.writer {
        Writer::Participant(person) => {
            let (person, automatic) = (Some(*person), letter.automatic);
            let idle = letter.asks_status || letter.trust == Trust::Failed;
            decision.event(Event::Added { mail, person, member: None, automatic, idle });
            decision.then_on_issue(Effect::Comment { remark: Remark::Reply { mail } });
            if letter.asks_status && !automatic {
                status(&mut decision, case, mail, person, policy, now);
            } else if !automatic {
                answers(&mut decision, case, letter);
                wakes(&mut decision, case, policy, now);
                super::tell(&mut decision, case, Audience::Owner, &Alert::ReporterWrote, policy, now);
            }
        }
        Writer::Member { member, verified, answers_reporter: true } => {
            answer::seen(&mut decision, case, letter, member, *verified);
        }
        Writer::Member { member, answers_reporter: false, .. } => {
            let automatic = letter.automatic;
            let member = Some(member.clone());
            decision.event(Event::Added { mail, person: None, member, automatic, idle: false });
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

/// One safe line for a reporter who asks, some times a day; members are not alerted.
fn status(
    decision: &mut Decision,
    case: &Case,
    mail: MailId,
    person: Option<PersonId>,
    policy: &Policy,
    now: Timestamp,
) {
    let day = jiff::SignedDuration::from_hours(24);
    let lately = case.status_told.iter().filter(|at| now.duration_since(**at) < day).count();
    let limit = usize::try_from(policy.commands.status_per_day).unwrap_or(usize::MAX);
    let Some(to) = person.filter(|_| lately < limit) else { return };
    decision.event(Event::StatusTold { mail, at: now });
    decision.effects.push(Planned {
        spoken: Some(Spoken::Letter(Content::Status)),
        ..Planned::now(Effect::Letter { letter: LetterKind::Status, to, in_reply_to: Some(mail), act: 0 })
    });
}

/// What we wait for is here, or a word about it: whoever owns the case reads it.
fn answers(decision: &mut Decision, case: &Case, letter: &CaseMail) {
    let (clock, mail) = (ClockKind::Information, letter.mail);
    // "A participant's mail whose authentication failed adds text, never ... state" (MAIL 5).
    if case.runs(clock) && letter.trust != Trust::Failed {
        decision.event(Event::ClockStopped { clock, stop: Stop::Reply { mail } });
    }
}

/// MAIL 5: "A reply to a closed case starts a new acknowledgement clock and alerts; it does not reopen."
fn wakes(decision: &mut Decision, case: &Case, policy: &Policy, now: Timestamp) {
    if case.closure().is_some() && !case.runs(ClockKind::Acknowledge) {
        let clock = ClockKind::Acknowledge;
        let (due, rings) = policy.acknowledge.rings(&policy.calendar, now);
        decision.event(Event::ClockStarted { clock, due, rings });
        decision.then_on_issue(Effect::UpdateIssue);
    }
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
        Some(Stop::Claim { .. } | Stop::Closed | Stop::Settled | Stop::Reply { .. }) | None => false,
    };
    if reopens {
        decision.event(Event::ClockReopened { clock: ClockKind::Acknowledge, mail });
    }
    decision.then_on_issue(Effect::UpdateIssue);
    super::tell(&mut decision, case, Audience::Owner, &Alert::DeliveryFailed, policy, now);
    decision
}
