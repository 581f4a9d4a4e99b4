//! What commands do besides events and effects of their own case, in the same transaction.

use jiff::Timestamp;

use super::{commit, late};
use crate::case::command::Via;
use crate::case::decide::Decision;
use crate::case::decide::command::Chore;
use crate::case::roster::Role;
use crate::case::{
    Alert, Brief, Case, CaseId, Deed, Effect, Event, LetterKind, MailId, MemberKey, Planned, Source,
};
use crate::office::Office;
use crate::store::{StoreError, Txn, Wanted};

/// Does one; the case that it made, if it made one.
pub(super) fn done(
    office: &Office,
    txn: &Txn<'_>,
    case: Option<&Case>,
    chore: &Chore,
    decision: &Decision,
    now: Timestamp,
) -> Result<Option<CaseId>, StoreError> {
    let here = || case.map(|case| case.id).ok_or(StoreError::Absent("such case"));
    match chore {
        Chore::StopLetter { act } => txn.stop_letter(here()?, *act, now)?,
        Chore::ReleaseLetter { act, until } => txn.release_letter(here()?, *act, *until)?,
        Chore::LinkOther { case: other } => {
            other_knows(office, txn, *other, Event::Linked { case: here()? }, now)?;
        }
        Chore::UnlinkOther { case: other } => {
            other_knows(office, txn, *other, Event::Unlinked { case: here()? }, now)?;
        }
        Chore::Join { person } => txn.joins(here()?, *person)?,
        Chore::Leave { person } => txn.leaves(here()?, *person)?,
        Chore::SetAside { mail } => {
            super::ticks::discard(txn, *mail)?;
        }
        Chore::PublicMail { to, act } => {
            let to = txn.person(to, "")?;
            let mut publish = Decision::default();
            publish.effects.push(Planned::letter_of_case(LetterKind::PublicMail, to, None, *act));
            commit::follow(office, txn, &mut txn.case(here()?)?, &publish, now)?;
        }
        Chore::TellDuplicates => tell_duplicates(office, txn, here()?, now)?,
        Chore::TakeIn { place, by, via } => {
            let wanted = Wanted { place: place.clone(), by: by.clone(), via: *via };
            txn.want_posted(&wanted, now)?;
        }
        Chore::OpenMail { mail } => {
            return late::open_late(office, txn, *mail, Source::Member, now).map(Some);
        }
        Chore::OneMore { mail } => {
            return one_more(office, txn, here()?, *mail, decision, now).map(Some);
        }
    }
    Ok(None)
}

/// Their reporters know nothing of this case, and were promised a word (RUNBOOK 1.2, row 6).
fn tell_duplicates(office: &Office, txn: &Txn<'_>, case: CaseId, now: Timestamp) -> Result<(), StoreError> {
    for other in txn.case(case)?.links {
        let mut other = txn.case(other)?;
        if other.duplicate_of == Some(case) && other.reporter.is_some() {
            let mut decision = Decision::default();
            let alert = Alert::Brief { brief: Brief::OriginalEnded };
            let owner = other.owner().and_then(|owner| office.policy.roster.get(owner));
            let team = || office.policy.roster.keys_with(&[Role::Member]);
            let people = owner.map_or_else(team, |owner| vec![owner.key.clone()]);
            decision.effects.extend(
                people.into_iter().map(|to| Planned::now(Effect::Alert { to, alert: alert.clone() })),
            );
            commit::follow(office, txn, &mut other, &decision, now)?;
        }
    }
    Ok(())
}

/// The other case, without a word of this one beyond its number.
fn other_knows(
    office: &Office,
    txn: &Txn<'_>,
    other: CaseId,
    event: Event,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut other = txn.case(other)?;
    let mut decision = Decision::default();
    decision.event(event);
    decision.then_on_issue(Effect::UpdateIssue);
    commit::follow(office, txn, &mut other, &decision, now).map(drop)
}

/// One more case of a mail of this one; both are linked.
fn one_more(
    office: &Office,
    txn: &Txn<'_>,
    of: CaseId,
    mail: MailId,
    decision: &Decision,
    now: Timestamp,
) -> Result<CaseId, StoreError> {
    let is_report = txn.case(of)?.report == mail;
    let new = late::open_again(office, txn, mail, Source::Member, now)?;
    if !is_report {
        txn.moves_to(mail, new)?;
    }
    if let Some((by, via)) = whose(decision) {
        made_by(office, txn, new, &by, via, now)?;
    }
    other_knows(office, txn, new, Event::Linked { case: of }, now)?;
    other_knows(office, txn, of, Event::Linked { case: new }, now)?;
    Ok(new)
}

fn whose(decision: &Decision) -> Option<(MemberKey, Via)> {
    decision.events.iter().find_map(|event| {
        if let Event::Acted { by, via, .. } = event { Some((by.clone(), *via)) } else { None }
    })
}

/// The first act on a case that a member made: to take it back is to close it.
pub(super) fn made_by(
    office: &Office,
    txn: &Txn<'_>,
    new: CaseId,
    by: &MemberKey,
    via: Via,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut case = txn.case(new)?;
    let mut decision = Decision::default();
    decision.event(Event::Acted {
        act: 1,
        by: by.clone(),
        at: now,
        via,
        mail: None,
        deed: Deed::Open,
        hold: None,
        asks_until: None,
    });
    commit::follow(office, txn, &mut case, &decision, now).map(drop)
}
