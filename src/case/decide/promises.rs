//! Which promises run follows from where the case stands, and from nothing else: after each input they are compared with
//! what should run, and started or stopped (RUNBOOK section 1.4). The first two clocks (acknowledge, owner) begin with the
//! report and go their own way.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Decision, publishing};
use crate::case::act::{Act, ActLetter};
use crate::case::calendar::{days_after as days, days_before as before};
use crate::case::clock::{Audience, ClockKind, Ring};
use crate::case::event::{Event, Stop};
use crate::case::tracks::{Cve, Meeting, Phase};
use crate::case::{Case, Closure, Deed, Policy, Severity, Stage, Step};

/// Days after the report at which people hear that its 90 are running out (RUNBOOK 1.4), as parts of 90.
const DISCLOSURE_RINGS: [(u32, Audience); 6] = [
    (45, Audience::Owner),
    (60, Audience::Owner),
    (75, Audience::Members),
    (83, Audience::Members),
    (87, Audience::Chairs),
    (89, Audience::Chairs),
];

/// How many days before it is to be public people hear of it, the most first.
pub fn warned_days_before() -> Vec<u32> {
    DISCLOSURE_RINGS.iter().map(|(day, _)| 90 - day).collect()
}

/// Adds to a decision what follows for the promises.
pub(super) fn follow(decision: &mut Decision, case: &Case, policy: &Policy, now: Timestamp) {
    if matches!(case.stage, Stage::New) && decision.events.is_empty() {
        return;
    }
    let mut after = case.clone();
    decision.events.iter().for_each(|event| after.apply(event));
    if let Some(event) = ended(&after) {
        after.apply(&event);
        decision.event(event);
    }
    publishing::halt(decision, &mut after, policy, now);
    for event in settle(&after, policy, now) {
        decision.event(event);
    }
}

/// A case that is public already ends when the letter that says so left; also when it comes back to that stage later, because
/// what somebody did in between was taken back.
pub(super) fn ended(case: &Case) -> Option<Event> {
    let told = |act: &&Act| {
        matches!(act.deed, Deed::Known { .. })
            && act.stands()
            && matches!(act.letter, Some(ActLetter::Left { .. }))
    };
    let known = matches!(case.stage, Stage::Known { .. });
    (known && case.acts.iter().any(|act| told(&act)))
        .then_some(Event::Closed { closure: Closure::KnownPublic })
}

/// The events that bring the promises of a case to what should run.
pub(super) fn settle(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    for clock in ClockKind::ALL {
        if matches!(clock, ClockKind::Acknowledge | ClockKind::Owner | ClockKind::Information) {
            continue;
        }
        let wanted = wanted(case, clock, policy, now);
        match (case.clocks.get(&clock), wanted) {
            (None, None) => {}
            (Some(known), None) if known.stopped.is_some() => {}
            (Some(_), None) => events.push(Event::ClockStopped { clock, stop: Stop::Settled }),
            (Some(known), Some(wanted)) if known.due == wanted.due => {
                if known.stopped.is_some() {
                    events.push(Event::ClockResumed { clock });
                }
            }
            (None | Some(_), Some(Wanted { due, mut rings })) => {
                // What would have rung before it began is no news.
                rings.retain(|ring| ring.at > now || ring.at >= due);
                rings.sort_by_key(|ring| ring.at);
                events.push(Event::ClockStarted { clock, due, rings });
            }
        }
    }
    events
}

/// A promise that should run.
struct Wanted {
    due: Timestamp,
    rings: Vec<Ring>,
}

fn wanted(case: &Case, clock: ClockKind, policy: &Policy, now: Timestamp) -> Option<Wanted> {
    match clock {
        ClockKind::Acknowledge | ClockKind::Owner | ClockKind::Information => None,
        ClockKind::Assessment => assessment(case, policy),
        ClockKind::Meeting => meeting(case, policy),
        ClockKind::Contact => contact(case, policy),
        ClockKind::Update => update(case, policy),
        ClockKind::Agreement => agreement(case, policy),
        ClockKind::Disclosure => disclosure(case, policy),
        ClockKind::Cve => cve(case, policy),
        ClockKind::Prep => prep(case),
        ClockKind::Stall => stall(case, policy, now),
    }
}

fn working(policy: &Policy, from: Timestamp, days: u32) -> Timestamp {
    policy.calendar.advance_working_days(from, days)
}

fn assessment(case: &Case, policy: &Policy) -> Option<Wanted> {
    let waits = matches!(case.stage, Stage::Triage { .. }) && !case.reopened;
    // While the reporter is asked, nobody can judge it; every other promise runs on (RUNBOOK 1.4, pause rules).
    let asked = case.runs(ClockKind::Information);
    (waits && !asked).then(|| {
        let total = policy.runbook.assessment_days;
        let due = working(policy, case.received, total);
        let rings = vec![
            Ring { at: working(policy, case.received, total * 7 / 10), to: Audience::Owner },
            Ring { at: due, to: Audience::Members },
            Ring { at: working(policy, due, 5), to: Audience::Chairs },
            Ring { at: working(policy, due, 10), to: Audience::TscIfHigh },
        ];
        Wanted { due, rings }
    })
}

/// "If issue is complicated/impactful enough consider holding meeting": claimed or found to be high, used, known outside, or of
/// several groups.
fn meeting(case: &Case, policy: &Policy) -> Option<Wanted> {
    let settled = matches!(case.tracks.meeting, Some(Meeting::Held | Meeting::Waived));
    let young =
        matches!(case.stage, Stage::Triage { .. }) || case.phase().is_some_and(|phase| phase < Phase::Review);
    let found = case.tracks.assessment.as_ref();
    let grave = found.map_or(case.severity, |found| Some(found.severity)) >= Some(Severity::High)
        || found.is_some_and(|found| found.sigs.len() > 1)
        || case.tracks.leaked.is_some()
        || case.tracks.exploited.is_some();
    (young && grave && !settled && !case.reopened).then(|| {
        let total = policy.runbook.meeting_days;
        let due = days(case.received, total);
        let rings = vec![
            Ring { at: days(case.received, total.saturating_sub(3)), to: Audience::Owner },
            Ring { at: days(case.received, total.saturating_sub(1)), to: Audience::Members },
            Ring { at: due, to: Audience::Members },
        ];
        Wanted { due, rings }
    })
}

fn contact(case: &Case, policy: &Policy) -> Option<Wanted> {
    // Whoever reported what another case goes on with was promised a word as well.
    let due = case.contact_by.filter(|_| matches!(case.closure(), None | Some(Closure::Duplicate)))?;
    let day_before = policy.calendar.advance_working_hours(before(due, 1), 0).min(due);
    let rings = vec![
        Ring { at: day_before, to: Audience::Owner },
        Ring { at: due, to: Audience::Members },
        Ring { at: working(policy, due, 1), to: Audience::Chairs },
        Ring { at: working(policy, due, 5), to: Audience::TscIfHigh },
    ];
    Some(Wanted { due, rings })
}

fn update(case: &Case, policy: &Policy) -> Option<Wanted> {
    let running = case.phase().is_some_and(|phase| phase < Phase::Disclosed) && case.reporter.is_some();
    let from = case.tracks.last_word.or(case.tracks.confirmed).filter(|_| running)?;
    let due = next_word(case, policy, from);
    let rings = vec![
        Ring { at: due, to: Audience::Owner },
        Ring { at: working(policy, due, 2), to: Audience::Members },
        Ring { at: working(policy, due, 5), to: Audience::Chairs },
        Ring { at: working(policy, due, 10), to: Audience::TscIfHigh },
    ];
    Some(Wanted { due, rings })
}

/// By when a reporter who heard from us then hears again: the periodic update.
pub fn next_word(case: &Case, policy: &Policy, from: Timestamp) -> Timestamp {
    let rule = &policy.runbook;
    let severity = case.tracks.assessment.as_ref().map(|found| found.severity);
    let length = match severity {
        Some(Severity::Critical) => rule.update_days_critical,
        _ if case.tracks.exploited.is_some() => rule.update_days_critical,
        Some(Severity::High) => rule.update_days_high,
        Some(Severity::None | Severity::Low | Severity::Medium) | None => rule.update_days,
    };
    // Our letters promise that they hear of it when the day no longer holds.
    let outside = case.tracks.leaked.max(case.tracks.exploited).filter(|since| *since >= from);
    outside.map_or_else(|| working(policy, from, length), |since| working(policy, since, 1))
}

/// "If there are conflicts in agreeing embargo period, please communicate with SIR team for next steps."
fn agreement(case: &Case, policy: &Policy) -> Option<Wanted> {
    let running = case.phase().is_some_and(|phase| phase < Phase::Disclosed) && case.reporter.is_some();
    let open = case.tracks.embargo.agreed.is_none();
    let from = case.tracks.confirmed.filter(|_| running && open)?;
    let over = days(from, policy.runbook.agreement_days);
    // A proposal after a conflict begins nothing anew: who was told of the conflict is not told of an earlier day as well.
    let conflict = case.tracks.embargo.conflict;
    let due = conflict.unwrap_or_else(|| last_conflict(case).map_or(over, |at| at.max(over)));
    let mut rings = vec![
        Ring { at: before(due, 3), to: Audience::Owner },
        Ring { at: due, to: Audience::Members },
        Ring { at: working(policy, due, 5), to: Audience::Chairs },
        Ring { at: working(policy, due, 10), to: Audience::Tsc },
    ];
    // Members hear of a conflict by a letter of its own (T14).
    rings.retain(|ring| conflict.is_none() || ring.at > due);
    Some(Wanted { due, rings })
}

/// When it was noted last that there is no agreement, whatever became of it.
fn last_conflict(case: &Case) -> Option<Timestamp> {
    let noted = |act: &&Act| matches!(act.deed, Deed::Step { step: Step::Conflict });
    case.acts.iter().rev().find(noted).map(|act| act.at)
}

/// The last instant at which it may be public without the reporter's written yes to a later one: so many days after the day
/// of the report in UTC, at the hour of publishing (RUNBOOK section 5, 5).
pub fn limit(case: &Case, policy: &Policy) -> Timestamp {
    let last = days(case.received, policy.runbook.limit_days);
    let hour = i8::try_from(policy.runbook.publish_hour_utc).unwrap_or(16);
    let day = last.to_zoned(TimeZone::UTC).date();
    day.at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).map_or(last, |at| at.timestamp())
}

/// The day that others than the reporter are told, as it stands now.
pub(super) fn named(case: &Case, policy: &Policy) -> Timestamp {
    case.tracks.embargo.named(limit(case, policy))
}

/// Until when the embargoed list prepares that is told at that instant (RUNBOOK 1.2, row 25).
pub(super) fn prepared(case: &Case, policy: &Policy, told: Timestamp) -> Timestamp {
    let grave = case.tracks.assessment.as_ref().map(|found| found.severity) == Some(Severity::Critical);
    let rule = &policy.runbook;
    days(told, if grave { rule.prep_days_critical } else { rule.prep_days })
}

fn disclosure(case: &Case, policy: &Policy) -> Option<Wanted> {
    case.phase().filter(|phase| *phase < Phase::Disclosed)?;
    let rule = &policy.runbook;
    let mut due = case.tracks.date().unwrap_or_else(|| limit(case, policy));
    if let Some(since) = case.tracks.exploited {
        due = due.min(days(since, rule.exploited_days));
    }
    if let Some(since) = case.tracks.leaked {
        due = due.min(working(policy, since, 1));
    }
    let mut rings: Vec<Ring> = DISCLOSURE_RINGS
        .iter()
        .map(|(day, to)| Ring { at: before(due, 90 - day), to: *to })
        .filter(|ring| ring.at > case.received)
        .collect();
    rings.push(Ring { at: due, to: Audience::Chairs });
    rings.push(Ring { at: days(due, 1), to: Audience::Tsc });
    Some(Wanted { due, rings })
}

fn cve(case: &Case, policy: &Policy) -> Option<Wanted> {
    let open = case.closure().is_none();
    let Cve::Requested { at } = case.tracks.cve else { return None };
    open.then(|| {
        let due = days(at, policy.runbook.cve_escalate_days);
        let notice = working(policy, at, policy.runbook.cve_notice_days);
        let rings = vec![Ring { at: notice, to: Audience::Owner }, Ring { at: due, to: Audience::Chairs }];
        Wanted { due, rings }
    })
}

/// The list hears again a day before; the ring is what sends it.
fn prep(case: &Case) -> Option<Wanted> {
    let told =
        matches!(case.phase(), Some(Phase::Prenotice | Phase::Ready)) && case.tracks.notified.is_some();
    let date = case.tracks.date().filter(|_| told)?;
    let due = before(date, 1);
    Some(Wanted { due, rings: vec![Ring { at: due, to: Audience::Owner }] })
}

/// "Issues should either be closed or lead to disclosed security vulnerabilities": one on which nothing happens is told.
fn stall(case: &Case, policy: &Policy, now: Timestamp) -> Option<Wanted> {
    if case.closure().is_some() {
        return None;
    }
    let unowned = case.clocks.get(&ClockKind::Owner).is_some_and(|clock| clock.next_ring().is_some());
    if matches!(case.stage, Stage::New) && unowned {
        // Its own clock still rings.
        return None;
    }
    let length = policy.runbook.stall_days;
    let running = case.clocks.get(&ClockKind::Stall).filter(|clock| clock.stopped.is_none());
    let began = running.map(|clock| before(clock.due, length));
    let moved = case.tracks.moved.or(began).unwrap_or(now);
    // To the day: not each small thing starts it anew.
    if let (Some(clock), Some(began)) = (running, began)
        && moved.duration_since(began) < SignedDuration::from_hours(24)
    {
        return Some(Wanted { due: clock.due, rings: Vec::new() });
    }
    let due = days(moved, length);
    let rings = vec![
        Ring { at: due, to: Audience::Owner },
        Ring { at: days(due, 7), to: Audience::Chairs },
        Ring { at: days(due, 14), to: Audience::Tsc },
    ];
    Some(Wanted { due, rings })
}
