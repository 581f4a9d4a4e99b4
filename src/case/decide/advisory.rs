//! What GitHub shows of an advisory becomes part of its case.

use jiff::Timestamp;

use super::Decision;
use crate::case::{Advisory, Alert, Audience, Brief, Case, Effect, Event, Policy, Task};

/// The advisory was looked at: what changed is noted, and what only a person can do is named, once.
pub(super) fn came(
    decision: &mut Decision,
    case: &Case,
    seen: Option<&Advisory>,
    tasks: &[Task],
    policy: &Policy,
    now: Timestamp,
) {
    if let Some(seen) = seen.filter(|seen| case.tracks.advisory.as_ref() != Some(seen)) {
        decision.event(Event::AdvisorySeen { advisory: Box::new(seen.clone()), at: now });
        decision.then_on_issue(Effect::UpdateIssue);
    }
    for task in tasks.iter().filter(|task| !case.tracks.tasks.contains_key(task)) {
        decision.event(Event::TaskNamed { task: task.clone(), at: now });
        decision.then_on_issue(Effect::UpdateIssue);
        let alert = Alert::Brief { brief: Brief::Task { task: task.clone() } };
        super::tell(decision, case, Audience::Owner, &alert, policy, now);
    }
}
