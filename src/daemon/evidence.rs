//! What only look-ups can say about a mail that wants to command: gathered for `mail::commander`.

use std::sync::Arc;

use jiff::Timestamp;

use crate::case::decide::Trust;
use crate::config::Dkim;
use crate::mail::commander::{self, Evidence, PgpProof, Refused, SentTo, Standing};
use crate::mail::{Letter, Signature, thread};
use crate::office::Office;
use crate::render::code::{Coded, Holder, find};
use crate::store::{StoreError, Txn};
use crate::wire::dkim;

/// Ids of ours that are looked up for one mail.
const MOST_IDS: usize = 100;

/// The DKIM signatures that are good, verified here; nothing where the provider does it, or the mail neither commands in the
/// name of somebody of the roster nor offers a key.
/// On a task of its own: what others make of hostile bytes ends no daemon.
pub async fn verified(office: &Arc<Office>, letter: &Letter, raw: Vec<u8>) -> Vec<Signature> {
    let wanted = match office.config.addresses.dkim {
        Dkim::Verify => !letter.keys.is_empty() || commander::wants_proof(letter, &office.policy.roster),
        Dkim::Provider => false,
    };
    if !wanted {
        return Vec::new();
    }
    let names = Arc::clone(&office.outside.names);
    let task = tokio::spawn(async move { dkim::good(dkim::verify(&raw, names.as_ref()).await) });
    task.await.unwrap_or_default()
}

/// Whether it is proven who wrote a mail, as the configuration says: by the provider's word, or by what was verified here
/// where the provider is silent.
pub fn is_authentic(office: &Office, letter: &Letter, verified: &[Signature], trust: Trust) -> bool {
    let here = office.config.addresses.dkim == Dkim::Verify && commander::wrote(letter, verified);
    trust == Trust::Passed || (trust == Trust::Unknown && here)
}

/// Whether a mail may command (MAIL section 7). One that may has commanded: it and its signatures never will again, from
/// this transaction on.
///
/// # Errors
/// A fault of the disk.
pub fn judge(
    office: &Office,
    txn: &Txn<'_>,
    letter: &Letter,
    verified: &[Signature],
    now: Timestamp,
) -> Result<Standing, StoreError> {
    let pgp = &letter.proof.pgp;
    let evidence = gather(office, txn, letter, verified.to_vec(), pgp.clone())?;
    let standing = commander::standing(letter, &evidence, &office.policy.roster, now);
    Ok(match standing {
        Standing::May { member, .. } | Standing::MayRead(member) if office.config.addresses.bot.is_none() => {
            Standing::MayNot { named: Some(member), because: Refused::ThroughList }
        }
        Standing::May { .. } | Standing::MayRead(_) => {
            txn.note_executed(&commander::marks(letter, pgp), now)?;
            standing
        }
        Standing::MayNot { .. } | Standing::NoCommand => standing,
    })
}

/// All of it, with what was verified before.
///
/// # Errors
/// A fault of the disk.
pub fn gather(
    office: &Office,
    txn: &Txn<'_>,
    letter: &Letter,
    verified: Vec<Signature>,
    pgp: Vec<PgpProof>,
) -> Result<Evidence, StoreError> {
    let candidates = thread::candidates(letter);
    let mut codes = Vec::new();
    for Coded { case, holder } in find(&candidates.codes.join("\n"), &office.keys) {
        if txn.case_if(case)?.is_some() {
            let member = match holder {
                Holder::Member(member) => Some(member),
                Holder::Participant(_) => None,
            };
            codes.push(SentTo { case: Some(case), member });
        }
    }
    let mut answers = Vec::new();
    for id in candidates.ids.iter().take(MOST_IDS) {
        if let Some((_, case, recipient)) = txn.sent_by_us(id)? {
            let member = recipient.strip_prefix("member:").map(|key| crate::case::MemberKey(key.to_owned()));
            answers.push(SentTo { case, member });
        }
    }
    let executed = txn.executed(&commander::marks(letter, &pgp))?;
    Ok(Evidence { verified, pgp, executed, codes, answers })
}
