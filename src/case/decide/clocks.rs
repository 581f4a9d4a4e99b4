//! Clocks ring. Each level rings once; after a long downtime the highest one passed speaks for those below it.

use jiff::Timestamp;

use super::Decision;
use crate::case::tracks::Meeting;
use crate::case::{
    Alert, Audience, Case, CaseClock, ClockKind, Effect, Event, LetterKind, Phase, Planned, Policy, Ring,
};

pub(super) fn tick(case: &Case, policy: &Policy, now: Timestamp) -> Decision {
    let mut decision = Decision::default();
    for (&kind, clock) in &case.clocks {
        if let Some((level, audience)) = passed(clock, now) {
            ring(&mut decision, case, kind, clock, level, audience, policy, now);
        }
    }
    if !decision.events.is_empty() {
        super::in_member_hours(&mut decision, policy, now);
        super::wait_for_issue(&mut decision, policy, now);
    }
    decision
}

/// The highest level that is due and did not ring.
fn passed(clock: &CaseClock, now: Timestamp) -> Option<(u8, Audience)> {
    if clock.stopped.is_some() {
        return None;
    }
    let mut due =
        clock.rings.iter().enumerate().skip(usize::from(clock.rung)).filter(|(_, ring)| ring.at <= now);
    let (level, ring) = due.next_back()?;
    Some((u8::try_from(level).unwrap_or(u8::MAX), ring.to))
}

#[expect(clippy::too_many_arguments, reason = "one place, and each is a different thing")]
fn ring(
    decision: &mut Decision,
    case: &Case,
    kind: ClockKind,
    clock: &CaseClock,
    level: u8,
    audience: Audience,
    policy: &Policy,
    now: Timestamp,
) {
    decision.event(Event::ClockRang { clock: kind, level });
    if kind == ClockKind::Prep {
        super::advisory::day_before(decision, case, now);
        return;
    }
    if kind == ClockKind::Cve && clock.rung == 0 {
        still_waiting(decision, case);
    }
    let breach = clock.is_broken(now);
    if kind == ClockKind::Meeting && !breach && is_planned(case, clock, now) {
        return;
    }
    // Who must still be told that only the day is missing: the members, so that two of them are there.
    let ready = kind == ClockKind::Disclosure && !breach && case.phase() == Some(Phase::Ready);
    let audience = if ready { audience.min(Audience::Members) } else { audience };
    let until = held_until(case, kind, clock, audience, policy, now);
    if let Some(at) = until
        && usize::from(level) + 1 >= clock.rings.len()
    {
        // Otherwise nobody beyond the owner would ever hear of it, and anybody can write such a mail.
        let ring = Ring { at, to: audience };
        decision.event(Event::EscalationPutOff { clock: kind, ring });
    }
    let audience = if until.is_some() { Audience::Owner } else { audience };
    let alert = Alert::Clock { clock: kind, level, breach };
    if kind.is_ours() {
        super::tell(decision, case, audience, &alert, policy, now);
    } else {
        // A reminder is for whoever looks after the case, not for the channel.
        for member in super::people(case, audience, policy, now) {
            decision.then(Effect::Alert { to: member.key.clone(), alert: alert.clone() });
        }
    }
}

/// T17: "is still waiting at the CVE authority": once, with the first ring.
fn still_waiting(decision: &mut Decision, case: &Case) {
    if let Some(to) = case.reporter {
        let in_reply_to = Some(case.last_mail);
        decision.effects.push(Planned::letter_of_case(LetterKind::CveNews, to, in_reply_to, 0));
    }
}

/// An hour to meet was named, and lies ahead in time.
fn is_planned(case: &Case, clock: &CaseClock, now: Timestamp) -> bool {
    matches!(case.tracks.meeting, Some(Meeting::Proposed { at }) if at > now && at <= clock.due)
}

/// An unverified answer of a member holds the escalation beyond the owner for a while: most such answers are true.
fn held_until(
    case: &Case,
    kind: ClockKind,
    clock: &CaseClock,
    audience: Audience,
    policy: &Policy,
    now: Timestamp,
) -> Option<Timestamp> {
    let unverified = case.answer.as_ref().is_some_and(|answer| !answer.verified);
    let beyond = audience != Audience::Owner;
    let until = policy.calendar.advance_working_hours(clock.due, policy.unverified_answer_holds_hours);
    (unverified && beyond && kind == ClockKind::Acknowledge && now < until).then_some(until)
}
