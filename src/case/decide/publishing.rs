//! What forbids to publish: looked at when it is asked for, when the second person agrees, after each thing that happens until it
//! is done, and before it is done. What two people agreed to holds only as long as nothing speaks against it.

use jiff::Timestamp;

use super::{Decision, promises};
use crate::case::review::Review;
use crate::case::tracks::Phase;
use crate::case::{Advisory, Alert, Audience, Brief, Case, Effect, Event, PersonId, Policy};

/// How an instant is written for whoever reads why.
pub(super) type InWords<'a> = &'a dyn Fn(Timestamp) -> String;

/// What a review still lacks.
pub(super) fn review_lacks(case: &Case, policy: &Policy, now: Timestamp, at: InWords<'_>) -> Vec<String> {
    let Some(review) = &case.tracks.review else {
        return vec!["nothing was reviewed: review".to_owned()];
    };
    let ended = case.tracks.advisory.as_ref().and_then(Advisory::ended);
    let mut lacks: Vec<String> = ended.map(str::to_owned).into_iter().collect();
    if case.tracks.text() != Some(review.text) {
        lacks.push("the advisory was changed since".to_owned());
    }
    let (have, want) = (case.tracks.approvals(&policy.roster), policy.runbook.approvals);
    if have < want {
        lacks.push(format!("{have} of {want} approvals of its text ({})", review.text.short()));
    }
    if !review.objections.is_empty() {
        let names: Vec<String> = review.objections.iter().map(ToString::to_string).collect();
        lacks.push(format!("{} objects", names.join(", ")));
    }
    if let Some(id) = case.tracks.unread_cve() {
        lacks.push(format!(
            "GitHub shows {id}, and nobody here asked for it: cve {id} says that it is the right one"
        ));
    }
    lacks.extend(case.reporter.and_then(|reporter| unread(review, reporter, policy, now, at)));
    lacks
}

/// Why it waits for the reporter.
fn unread(
    review: &Review,
    reporter: PersonId,
    policy: &Policy,
    now: Timestamp,
    at: InWords<'_>,
) -> Option<String> {
    let Some(since) = review.asked_since(reporter) else {
        return Some(
            "the reporter does not have the text yet: the draft (T21) must leave first, or review sends it again"
                .to_owned(),
        );
    };
    let until = policy.calendar.advance_working_days(since, policy.runbook.reporter_review_days);
    let reads = !review.reporter_wrote && until > now;
    reads.then(|| format!("the reporter has until {} to read it", at(until)))
}

/// Until when those who were told still prepare; none where nobody does, where less time will do, or where it is forced.
/// `listed`: somebody stands on the embargoed list, whose letters may not have left yet.
pub(super) fn preparing(case: &Case, policy: &Policy, now: Timestamp, listed: bool) -> Option<Timestamp> {
    let somebody = listed || !case.tracks.list_told().is_empty();
    let waits = somebody && !case.tracks.hurried && !is_forced(case, policy, now);
    let told = case.tracks.notified.filter(|_| waits)?;
    Some(promises::prepared(case, policy, told)).filter(|until| *until > now)
}

/// Whether it may be public without waiting for a day: it is known or used outside, or, without an agreed day, its last one is
/// over.
pub(super) fn is_forced(case: &Case, policy: &Policy, now: Timestamp) -> bool {
    let over = case.tracks.date().is_none() && promises::limit(case, policy) <= now;
    over || case.tracks.leaked.is_some() || case.tracks.exploited.is_some()
}

/// What forbids to publish now; `listed` as in [`preparing`].
pub(super) fn lacks(
    case: &Case,
    policy: &Policy,
    now: Timestamp,
    listed: bool,
    at: InWords<'_>,
) -> Vec<String> {
    let mut lacks = review_lacks(case, policy, now, at);
    if case.phase() != Some(Phase::Ready) {
        lacks.push("it is not ready: ready".to_owned());
    }
    if let Some(until) = preparing(case, policy, now, listed) {
        lacks.push(format!(
            "the embargoed list prepares until {}; ready WHY says that less time will do",
            at(until)
        ));
    }
    match case.tracks.date() {
        _any if is_forced(case, policy, now) => {}
        Some(day) if day <= now => {}
        Some(day) => lacks.push(format!("the agreed day is {}", at(day))),
        None if case.reporter.is_none() => {
            let limit = at(promises::limit(case, policy));
            lacks.push(format!(
                "no day is set: embargo, and a second person confirms; without one the last day is {limit}"
            ));
        }
        None => {
            let limit = at(promises::limit(case, policy));
            lacks.push(format!("no day is agreed; without one the last day is {limit}"));
        }
    }
    lacks
}

/// Whether two people said that it is to be public, and nothing speaks against it since.
pub fn may_be_public(case: &Case, policy: &Policy, now: Timestamp) -> bool {
    case.tracks.publishing && lacks(case, policy, now, false, &|at| at.to_string()).is_empty()
}

/// An objection, a later day, a word that was taken back: what two people said before counts no more, and the team is told.
/// Returns whether that is so.
pub(super) fn halt(decision: &mut Decision, case: &mut Case, policy: &Policy, now: Timestamp) -> bool {
    let waits = case.tracks.publishing && case.tracks.published.is_none();
    if !waits || may_be_public(case, policy, now) {
        return false;
    }
    let event = Event::PublishHalted { at: now };
    case.apply(&event);
    decision.event(event);
    decision.then_on_issue(Effect::UpdateIssue);
    let alert = Alert::Brief { brief: Brief::PublishHalted };
    super::tell(decision, case, Audience::Chairs, &alert, policy, now);
    true
}
