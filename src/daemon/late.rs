//! A mail that was set aside, or waited, becomes a case after all.

use std::sync::Arc;

use jiff::Timestamp;

use super::commit;
use super::desk::{Prepared, opening};
use crate::case::decide::Input;
use crate::case::{CaseId, MailId, Source};
use crate::office::Office;
use crate::store::{FateWord, MailRow, Note, POSTED, StoreError, Txn};

/// A mail that a person, or its time in the waiting room, turns into a case. `by`: the source of the case where the mail was
/// neither waiting nor history.
///
/// # Errors
/// A fault of the store, or the mail is of a case already.
pub(super) fn open_late(
    office: &Office,
    txn: &Txn<'_>,
    id: MailId,
    by: Source,
    now: Timestamp,
) -> Result<CaseId, StoreError> {
    let row = txn.mail(id)?;
    if matches!(row.fate, FateWord::Case | FateWord::Reply) {
        let case = row.case.map(|case| case.to_string()).unwrap_or_default();
        return Err(StoreError::Refused(format!("mail {id} belongs to {case} already")));
    }
    let source = match row.fate {
        FateWord::History => Source::History,
        FateWord::Waiting => Source::WaitingRoom,
        FateWord::Stored
        | FateWord::Case
        | FateWord::Reply
        | FateWord::Quarantined
        | FateWord::Delivery
        | FateWord::Own
        | FateWord::Copy
        | FateWord::Screened
        | FateWord::Parked
        | FateWord::Command => by,
    };
    let (case, note) = opened(office, txn, row, source, now)?;
    if let Some(posted) = txn.posted_of(id)? {
        commit::input(office, txn, case, &Input::Posted { seen: posted.seen }, now)?;
    }
    txn.settle(id, FateWord::Case, &note)?;
    Ok(case)
}

/// One more case of a mail that is of a case already; what became of the mail stays as it is.
///
/// # Errors
/// A fault of the store, or the mail cannot be read.
pub(super) fn open_again(
    office: &Office,
    txn: &Txn<'_>,
    id: MailId,
    source: Source,
    now: Timestamp,
) -> Result<CaseId, StoreError> {
    let row = txn.mail(id)?;
    opened(office, txn, row, source, now).map(|(case, _)| case)
}

fn opened(
    office: &Office,
    txn: &Txn<'_>,
    row: MailRow,
    source: Source,
    now: Timestamp,
) -> Result<(CaseId, Note), StoreError> {
    let id = row.id;
    // Whoever posted it in public hears nothing by mail, whichever way it becomes a case.
    let source = if row.role == POSTED { Source::Posted } else { source };
    let raw = txn.raw(id)?;
    // On the thread that writes: a reader that fails inside must not take it along, at each start again.
    let guarded = |headers_only: bool| {
        let read = || {
            let read = office.read_raw(id, &raw, headers_only);
            read.facts();
            read
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).ok()
    };
    let headers_only = row.truncated || office.is_poison(&row) || row.fate == FateWord::Parked;
    let read = guarded(headers_only)
        .or_else(|| guarded(true))
        .ok_or_else(|| StoreError::Refused(format!("mail {id} cannot be read, also not by its header")))?;
    let letter = &read.letter;
    let own = letter.from.as_ref().is_none_or(|from| office.house.owns(from));
    let person = match &letter.from {
        Some(from) if !own => Some(txn.person(from, letter.from_name.as_deref().unwrap_or(""))?),
        Some(_) | None => None,
    };
    let member =
        letter.from.as_ref().and_then(|from| office.policy.roster.by_address(from)).map(|m| m.key.clone());
    let note = Note {
        person,
        message_id: letter.message_id.clone(),
        body: letter.same_copy_key(),
        poison: office.is_poison(&row),
        ..Note::default()
    };
    let prepared = Prepared { row, read: Arc::clone(&read), signs: 0, verified: Vec::new(), checkup: None };
    let opening = opening(office, txn, &prepared, source, person, member.as_ref(), now)?;
    let case = commit::open(office, txn, &opening, &prepared, now)?;
    Ok((case, Note { case: Some(case), ..note }))
}
