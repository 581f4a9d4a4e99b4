//! Who of the roster, besides the team and the TSC contact, was told of a vulnerability in confidence (RUNBOOK 1.6): what becomes
//! of it concerns them as well.

use jiff::Timestamp;

use super::publishing;
use crate::case::roster::{Role, Roster};
use crate::case::{Act, ActState, Case, Deed, MemberKey, Policy, Severity, Step};

/// All of the roster who know of it: the team, the TSC contact, the working group, and those two.
pub fn everybody(case: &Case, roster: &Roster) -> Vec<MemberKey> {
    let mut people = case.tracks.group.clone();
    people.extend(roster.keys_with(&[Role::Member, Role::Chair, Role::TscContact]));
    people.extend(sig_chairs(case, roster));
    people.extend(release(case, roster));
    people
}

/// Chairs of SIGs: of those that it concerns once it is assessed (T10), of all once the embargoed list knows (T22).
pub fn sig_chairs(case: &Case, roster: &Roster) -> Vec<MemberKey> {
    let sigs = case.tracks.assessment.as_ref().map(|found| found.sigs.as_slice()).unwrap_or_default();
    let all = all_chairs(case);
    let chairs = roster.with(Role::SigChair);
    let told = chairs.filter(|chair| all || chair.sigs.iter().any(|sig| sigs.contains(sig)));
    told.map(|chair| chair.key.clone()).collect()
}

/// Whether the chairs of all SIGs were told.
pub fn all_chairs(case: &Case) -> bool {
    let notified = |act: &Act| {
        matches!(act.deed, Deed::Step { step: Step::Notify { .. } }) && act.state == ActState::Done
    };
    case.acts.iter().any(notified)
}

/// SIG-Release, if it was asked about installers (T25): with the first word about a fix of a high or critical one.
pub fn release(case: &Case, roster: &Roster) -> Vec<MemberKey> {
    let asked = case.acts.iter().position(|act| matches!(act.deed, Deed::Step { step: Step::Mend { .. } }));
    let grave = |act: &Act| {
        if let Deed::Step { step: Step::Assess { assessment } } = &act.deed {
            Some(assessment.severity >= Severity::High)
        } else {
            None
        }
    };
    let found = asked.and_then(|asked| case.acts.iter().take(asked).rev().find_map(grave));
    if found == Some(true) { roster.keys_with(&[Role::ReleaseContact]) } else { Vec::new() }
}

/// Whether those of the embargoed list who were told still have time to prepare.
pub fn still_prepare(case: &Case, policy: &Policy, now: Timestamp) -> bool {
    publishing::preparing(case, policy, now, false).is_some()
}
