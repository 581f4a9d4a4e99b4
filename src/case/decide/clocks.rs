//! Clocks ring. Each level rings once; after a long downtime the highest one passed speaks for those below it.

use jiff::Timestamp;

use super::Decision;
use crate::case::{Alert, Audience, Case, CaseClock, ClockKind, Effect, Event, Policy};

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
        decision.then_on_issue(Effect::UpdateIssue);
    }
    decision
}

/// The highest level that is due and did not ring.
fn passed(clock: &CaseClock, now: Timestamp) -> Option<(u8, Audience)> {
    if clock.stopped.is_some() {
        return None;
    }
    let due = clock.rings.iter().enumerate().skip(usize::from(clock.rung)).filter(|(_, ring)| ring.at <= now);
    let (level, ring) = due.last()?;
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
    let breach = clock.rings.get(usize::from(level)).is_some_and(|ring| ring.at >= clock.due);
    super::tell(decision, case, audience, &Alert::Clock { clock: kind, level, breach }, policy, now);
}
