//! What is confidential about a case, gathered for the leak guard (`render/leak.rs`).

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::case::tracks::Cve;
use crate::case::{Case, Effect, Sha256};
use crate::office::Office;
use crate::render::advisory::PublicText;
use crate::render::leak::{self, Leak, Secrets};
use crate::store::{EffectRow, EffectState, FateWord, StoreError, Txn};

/// Mails of a case whose words are confidential, at most: the oldest.
const MAILS: usize = 500;

/// Who reads a text: whether the case's own CVE id may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The public, when the case is published; or the embargoed list.
    OfTheDisclosure,
    /// Anybody else, at any time before.
    Anybody,
}

/// What an outward text must not say of this case. `approved`: what people read and approved; none: nothing.
///
/// # Errors
/// A fault of the store.
pub fn leaks_of(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    reader: Reader,
    text: &str,
    approved: &str,
) -> Result<Vec<Leak>, StoreError> {
    Ok(leak::leaks(text, approved, &secrets(office, txn, case, reader, text)?))
}

fn secrets(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    reader: Reader,
    text: &str,
) -> Result<Secrets, StoreError> {
    let github = &office.config.github;
    let ours = |address: &String| {
        crate::case::Address::parse(address).is_some_and(|address| office.house.owns(&address))
    };
    let mut addresses = txn.addresses_on(case.id)?;
    addresses.retain(|address| !ours(address));
    let mut cves = leak::cve_ids(text);
    cves.retain(|id| is_public(office, id));
    if reader == Reader::OfTheDisclosure {
        if let Cve::Assigned { id } = &case.tracks.cve {
            cves.insert(id.to_string());
        }
        cves.extend(case.tracks.advisory.as_ref().and_then(|advisory| advisory.cve.clone()));
    }
    Ok(Secrets {
        addresses,
        repository: format!("{}/{}", github.owner, github.repository),
        repository_id: github.repository_id,
        cves,
        texts: texts(office, txn, case)?,
    })
}

/// Whether public records have that id. Nobody is asked: they are mirrored.
fn is_public(office: &Office, id: &str) -> bool {
    let mirror = office.known.get().ok().flatten();
    mirror.is_some_and(|mirror| mirror.get(id).ok().flatten().is_some())
}

/// The words of the report, and the new words of all mails on the case.
fn texts(office: &Office, txn: &Txn<'_>, case: &Case) -> Result<Vec<String>, StoreError> {
    let mut texts = Vec::new();
    let confidential = |fate: FateWord| {
        matches!(fate, FateWord::Case | FateWord::Reply | FateWord::Quarantined) // what people wrote, once
    };
    for row in txn.mails_of(case.id)?.into_iter().filter(|row| confidential(row.fate)).take(MAILS) {
        // What kills the reader has no words that anybody could have copied from here.
        let Ok(read) = catch_unwind(AssertUnwindSafe(|| office.read_mail(txn, &row))) else { continue };
        let letter = &read?.letter;
        texts.push(letter.subject.clone());
        let whole = row.id == case.report;
        let words = if whole { letter.text.clone() } else { letter.split().new_words.clone() };
        texts.push(words);
    }
    Ok(texts)
}

/// What letters to others said about the case already, subjects included: each passed the guard before it left. Who answers one
/// quotes it, and its words must not stop the next.
///
/// # Errors
/// A fault of the store.
pub fn told_before(office: &Office, txn: &Txn<'_>, case: &Case) -> Result<String, StoreError> {
    let mut told = String::new();
    let left = |row: &&EffectRow| {
        let notice = matches!(&row.effect, Effect::Letter { letter, .. } if letter.is_notice());
        notice && row.state == EffectState::Done
    };
    for row in txn.effects_of(case.id)?.iter().filter(left).take(MAILS) {
        let Some(bytes) = &row.letter else { continue };
        let letter = crate::mail::read(bytes, &office.limits, &office.house);
        told.push_str(&format!("\n\n{}\n\n{}", letter.subject, letter.text));
    }
    Ok(told)
}

/// The text of a case's advisory, if it has that hash: what people approved.
///
/// # Errors
/// A fault of the store.
pub fn approved_text(txn: &Txn<'_>, case: &Case, sha256: &Sha256) -> Result<Option<PublicText>, StoreError> {
    let Some(row) = txn.advisory_text(case.id)?.filter(|row| row.sha256 == *sha256) else { return Ok(None) };
    Ok(Some(serde_json::from_str(&row.json)?))
}
