//! Letters to people outside who gave us a key: sealed, or held.

use jiff::Timestamp;

use super::commit;
use crate::case::{Alarm, CaseId, PersonId};
use crate::mail::Letter;
use crate::office::Office;
use crate::sealed::{Certificate, SealFault, seal};
use crate::store::{PinnedKey, StoreError, Txn};

/// Pins the key that an authenticated mail of a case offers, if it is for its sender. Another key than the pinned one is
/// not taken, and people are told: an attacker who got into the thread would like nothing better.
pub(super) fn pin(
    office: &Office,
    txn: &Txn<'_>,
    case: Option<CaseId>,
    person: Option<PersonId>,
    letter: &Letter,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (Some(case), Some(person), Some(from)) = (case, person, &letter.from) else { return Ok(()) };
    let keys = letter.keys.iter().filter_map(|bytes| Certificate::read(bytes).ok()).flatten();
    let Some(key) = keys.into_iter().find(|key| key.is_of(from)) else { return Ok(()) };
    let Ok(bytes) = key.to_bytes() else { return Ok(()) };
    let fingerprint = key.fingerprint();
    if !key.can_receive(now) && txn.pinned_key(case, person)?.is_none() {
        return Ok(());
    }
    if !txn.pin_key(case, person, &PinnedKey { fingerprint, bytes }, now)? {
        let alarm = Alarm::OtherKey { case };
        commit::alarm_once(office, txn, &format!("other-key-{case}"), &alarm, now)?;
    }
    Ok(())
}

/// A letter as it leaves: encrypted where a key of its recipient is pinned.
///
/// # Errors
/// It cannot be encrypted: then it must not leave at all.
pub(super) fn sealed(
    office: &Office,
    txn: &Txn<'_>,
    case: CaseId,
    to: PersonId,
    letter: Vec<u8>,
    now: Timestamp,
) -> Result<Vec<u8>, SealFault> {
    let Ok(pinned) = txn.pinned_key(case, to) else { return Err(SealFault::Key) };
    let Some(pinned) = pinned else { return Ok(letter) };
    let keys = Certificate::read(&pinned.bytes).map_err(|_| SealFault::Key)?;
    let key = keys.first().ok_or(SealFault::Key)?;
    seal(&letter, key, now, office.outside.chance.as_ref())
}
