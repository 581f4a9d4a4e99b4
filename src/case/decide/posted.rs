//! What GitHub shows of the public issue becomes part of its case: changed words are saved and told, what only an admin can do
//! is named once, what is gone is noted.

use jiff::Timestamp;

use super::Decision;
use crate::case::posted::Standing;
use crate::case::{Alert, Audience, Brief, Case, Effect, Event, Policy, Posted, Task};

/// It was looked at.
pub(super) fn came(
    decision: &mut Decision,
    case: &Case,
    seen: Option<&Posted>,
    tasks: &[Task],
    policy: &Policy,
    now: Timestamp,
) {
    let known = case.tracks.posted.as_ref();
    if let Some(seen) = seen.filter(|seen| differs(known, seen)) {
        decision.event(Event::PostedSeen { posted: Box::new(seen.clone()), at: now });
        decision.then_on_issue(Effect::UpdateIssue);
        if let Some(brief) = known.and_then(|known| news(known, seen)) {
            super::tell(decision, case, Audience::Owner, &Alert::Brief { brief }, policy, now);
        }
    }
    let done =
        |task: &Task| seen.is_some_and(|seen| task.is_done_on(seen)) || case.tracks.tasks.contains_key(task);
    for task in tasks.iter().filter(|task| !done(task)) {
        decision.event(Event::TaskNamed { task: task.clone(), at: now });
        decision.then_on_issue(Effect::UpdateIssue);
        let alert = Alert::Brief { brief: Brief::Task { task: task.clone() } };
        super::tell(decision, case, Audience::Owner, &alert, policy, now);
    }
}

/// Whether it is news to the case; that somebody is told is so for ever.
fn differs(known: Option<&Posted>, seen: &Posted) -> bool {
    known.is_none_or(|known| {
        let told = known.told.or(seen.told);
        *known != Posted { told, ..seen.clone() }
    })
}

/// What people must hear of.
fn news(known: &Posted, seen: &Posted) -> Option<Brief> {
    match seen.standing {
        Standing::Gone if known.standing != Standing::Gone => Some(Brief::PostedGone),
        Standing::Readable if known.words != seen.words => Some(Brief::PostedChanged),
        Standing::Readable if !known.is_readable() => Some(Brief::PostedBack),
        Standing::Blank if known.is_readable() => Some(Brief::PostedBlank),
        Standing::Gone | Standing::Readable | Standing::Blank => None,
    }
}
