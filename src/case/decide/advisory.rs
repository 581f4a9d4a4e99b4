//! What GitHub shows of an advisory becomes part of its case: a text that changed is asked about again, what is public is told.

use jiff::Timestamp;

use super::Decision;
use crate::case::advisory::AdvisoryState;
use crate::case::review::Review;
use crate::case::roster::{Member, Role};
use crate::case::tracks::{Credit, Cve, Phase};
use crate::case::{
    Act, ActState, Advisory, Alert, Audience, Brief, Case, Deed, Effect, Event, LetterKind, MemberKey,
    Planned, Policy, Reference, Step, Task,
};

/// The advisory was looked at: what changed is noted, and what only a person can do is named, once.
pub(super) fn came(
    decision: &mut Decision,
    case: &Case,
    seen: Option<&Advisory>,
    tasks: &[Task],
    policy: &Policy,
    now: Timestamp,
) {
    let news = |seen: &&Advisory| case.tracks.advisory.as_ref() != Some(seen) && is_of(case, seen);
    if let Some(seen) = seen.filter(news) {
        decision.event(Event::AdvisorySeen { advisory: Box::new(seen.clone()), at: now });
        decision.then_on_issue(Effect::UpdateIssue);
        if seen.is_public() && case.tracks.published.is_none() {
            published(decision, case, seen, policy, now);
        } else {
            welcome(decision, case, case.tracks.advisory.as_ref(), seen);
            numbered(decision, case, seen, policy, now);
            read_it(decision, case, seen, policy, now);
            ended(decision, case, seen, policy, now);
        }
    }
    for task in tasks.iter().filter(|task| !case.tracks.tasks.contains_key(task)) {
        decision.event(Event::TaskNamed { task: task.clone(), at: now });
        decision.then_on_issue(Effect::UpdateIssue);
        let alert = Alert::Brief { brief: Brief::Task { task: task.clone() } };
        super::tell(decision, case, Audience::Owner, &alert, policy, now);
    }
}

/// Whether it is this case's: not one whose naming was taken back while GitHub was asked.
fn is_of(case: &Case, seen: &Advisory) -> bool {
    let named = |act: &&Act| matches!(&act.deed, Deed::Step { step: Step::Advisory { ghsa: Some(ghsa) } } if *ghsa == seen.ghsa);
    case.acts.iter().rev().find(named).is_none_or(Act::stands)
}

/// Somebody closed it on GitHub while its case goes on: whoever owns the case hears of it, once each time.
fn ended(decision: &mut Decision, case: &Case, seen: &Advisory, policy: &Policy, now: Timestamp) {
    let known = case.tracks.advisory.as_ref().filter(|known| known.ghsa == seen.ghsa);
    if case.phase().is_none() || known.is_some_and(|known| known.state == seen.state) {
        return;
    }
    let brief = match seen.state {
        AdvisoryState::Closed => Brief::AdvisoryClosed,
        AdvisoryState::Withdrawn => Brief::AdvisoryWithdrawn,
        AdvisoryState::Triage | AdvisoryState::Draft | AdvisoryState::Published => return,
    };
    super::tell(decision, case, Audience::Owner, &Alert::Brief { brief }, policy, now);
}

/// T18: the reporter reads that they are welcome on the advisory once GitHub shows that they are. `before`: what it showed then.
pub(super) fn welcome(decision: &mut Decision, case: &Case, before: Option<&Advisory>, seen: &Advisory) {
    let Some(Credit::Github { login }) = &case.tracks.credit else { return };
    let invited = |act: &&Act| {
        let theirs = |step: &Step| matches!(step, Step::Collaborate { login: named } if named.eq_ignore_ascii_case(login));
        matches!(&act.deed, Deed::Step { step } if theirs(step)) && act.state == ActState::Done
    };
    let (Some(act), Some(to)) = (case.acts.iter().rev().find(invited), case.reporter) else { return };
    if seen.is_seen_by(login) && !before.is_some_and(|before| before.is_seen_by(login)) {
        let in_reply_to = Some(case.last_mail);
        decision.effects.push(Planned::letter_of_case(LetterKind::Invitation, to, in_reply_to, act.number));
    }
}

/// RUNBOOK 1.2, row 20: the reporter and the owner hear of the CVE id when GitHub shows it. One that nobody here asked for is
/// looked at by a person first.
fn numbered(decision: &mut Decision, case: &Case, seen: &Advisory, policy: &Policy, now: Timestamp) {
    let known =
        |id: &String| matches!(&case.tracks.cve, Cve::Assigned { id: Reference::Cve(held) } if held == id);
    let Some(id) = seen.cve.as_ref().filter(|id| !known(id)) else { return };
    let brief = if case.tracks.is_expected(id) { Brief::CveCame } else { Brief::CveUnread };
    if let (Brief::CveCame, Some(to)) = (&brief, case.reporter) {
        decision.effects.push(Planned::letter_of_case(LetterKind::CveNews, to, Some(case.last_mail), 0));
    }
    super::tell(decision, case, Audience::Owner, &Alert::Brief { brief }, policy, now);
}

/// RFC: "Provide a draft security response and request comments/changes from collaborators". A text that is new, or another one
/// than the one that is reviewed, is read again: approvals are of one text.
fn read_it(decision: &mut Decision, case: &Case, seen: &Advisory, policy: &Policy, now: Timestamp) {
    // What is public is read by everybody; what was ended is read by nobody.
    if case.tracks.published.is_some() || seen.state.is_ended() {
        return;
    }
    let first = case.tracks.advisory.is_none();
    let was_ended = case.tracks.advisory.as_ref().is_some_and(|known| known.state.is_ended());
    let unread = |review: &Review| review.text != seen.text || was_ended && review.approvals.is_empty();
    let changed = case.tracks.review.as_ref().is_some_and(unread);
    if !first && !changed {
        return;
    }
    let by = policy.calendar.advance_working_days(now, policy.runbook.reporter_review_days);
    let brief = Brief::Review { text: seen.text, by };
    decision.brief(policy.roster.keys_with(&[Role::Member, Role::Chair]), &brief);
    if changed {
        decision.brief(policy.roster.keys_with(&[Role::TscContact]), &brief);
        if let Some(to) = case.reporter {
            decision.effects.push(Planned::letter_of_case(
                LetterKind::DraftForReporter,
                to,
                Some(case.last_mail),
                0,
            ));
        }
    }
}

/// Everybody can read it now.
fn published(decision: &mut Decision, case: &Case, seen: &Advisory, policy: &Policy, now: Timestamp) {
    let asked = case.acts.iter().rev().find(|act| {
        matches!(act.deed, Deed::Step { step: Step::Publish { .. } }) && act.state == ActState::Done
    });
    // Two people said so, of the text that is public now.
    let agreed = case.tracks.publishing && case.tracks.text() == Some(seen.text);
    let Some(act) = asked.filter(|_| agreed) else {
        // To the team it is out before its day.
        let brief = Brief::Incident;
        decision.brief(policy.roster.keys_with(&[Role::Member, Role::Chair, Role::TscContact]), &brief);
        super::tell(decision, case, Audience::Owner, &Alert::Brief { brief }, policy, now);
        return;
    };
    notices(decision, case, act.number, policy, now);
}

/// Who must hear that it is public: the reporter, those of the embargoed list who were told, the public channels and lists,
/// SIG-Release; and whoever looks back at how it went.
pub(super) fn notices(decision: &mut Decision, case: &Case, act: u32, policy: &Policy, now: Timestamp) {
    if let Some(to) = case.reporter {
        decision.effects.push(Planned::letter_of_case(
            LetterKind::PublishedThanks,
            to,
            Some(case.last_mail),
            act,
        ));
    }
    for to in case.tracks.list_told() {
        decision.effects.push(Planned::letter_of_case(LetterKind::ListLifted, to, None, act));
    }
    for channel in 0..policy.channels {
        decision.then(Effect::Announce { channel });
    }
    decision.chores.extend(
        policy.announce.iter().map(|address| super::command::Chore::PublicMail { to: address.clone(), act }),
    );
    if !case.links.is_empty() {
        decision.chores.push(super::command::Chore::TellDuplicates);
    }
    decision.brief(policy.roster.keys_with(&[Role::ReleaseContact]), &Brief::ReleaseNote);
    let sigs = case.tracks.assessment.as_ref().map(|found| found.sigs.as_slice()).unwrap_or_default();
    let all = super::told::all_chairs(case);
    let told = |member: &&Member| {
        let sig = member.is(Role::SigChair) && (all || member.sigs.iter().any(|s| sigs.contains(s)));
        let team = member.is(Role::Member) || member.is(Role::Chair);
        (member.is(Role::TscContact) || sig || case.tracks.group.contains(&member.key)) && !team
    };
    let others: Vec<MemberKey> = policy.roster.members.iter().filter(told).map(|m| m.key.clone()).collect();
    decision.brief(others, &Brief::Public);
    super::tell(
        decision,
        case,
        Audience::Members,
        &Alert::Brief { brief: Brief::Retrospective },
        policy,
        now,
    );
}

/// The ring of a clock that is a letter of its own rather than a warning. It can ring late; of a day that is over nobody is
/// told that it comes.
pub(super) fn day_before(decision: &mut Decision, case: &Case, now: Timestamp) {
    let ahead = case.tracks.date().is_some_and(|date| now < date);
    if ahead && matches!(case.phase(), Some(Phase::Prenotice | Phase::Ready)) {
        for to in case.tracks.list_told() {
            decision.effects.push(Planned::letter_of_case(LetterKind::ListReminder, to, None, 0));
        }
    }
}
