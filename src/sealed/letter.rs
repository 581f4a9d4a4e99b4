//! A mail that came sealed or signed, read.

use jiff::Timestamp;

use super::{Certificate, Good, Opened, TeamKey, cleartext, detached, open};
use crate::case::Sha256;
use crate::mail::commander::PgpProof;
use crate::mail::{self, Attachment, House, Letter, Limits, Seal};

/// Files of one mail that are opened; each may want a search through the mail.
const MOST_FILES: usize = 8;

fn is_closed(file: &Attachment) -> bool {
    file.seal == Seal::Closed
}

/// Whose keys we hold.
#[derive(Default)]
pub struct Ring {
    /// Our own, if any.
    pub team: Option<TeamKey>,
    /// Those of the roster, from files.
    pub members: Vec<Certificate>,
    /// Fingerprints that the roster pins: a key that a mail offers is believed to be one of these by its fingerprint.
    pub pinned: Vec<String>,
}

impl Ring {
    /// Opens what is sealed in this mail and verifies what is signed. What cannot be opened stays as it is.
    pub fn read(&self, raw: &[u8], mut letter: Letter, limits: &Limits, now: Timestamp) -> Letter {
        let inline = letter.text.contains("-----BEGIN PGP ");
        if letter.header_only
            || !(letter.encrypted
                || letter.signed
                || inline
                || letter.attachments.iter().any(is_closed)
                || mail::offers_key(raw, limits))
        {
            return letter;
        }
        let seals = mail::seals(raw, limits);
        letter.keys.clone_from(&seals.keys);
        let known = self.known(&seals.keys);
        if let Some(payload) = &seals.payload {
            if let Ok(opened) = open(payload, self.team.as_ref(), &known, limits.decoded_bytes, now) {
                inside(&mut letter, opened, &known, limits, now);
            }
        } else if let Some((content, signature)) = &seals.signed {
            let good = detached(content, signature, &known, now);
            let text = mail::read(content, limits, &House::default()).plain;
            letter.proof.pgp.extend(proofs(good, &text));
        }
        self.blocks(&mut letter, &known, limits, now);
        self.files(raw, &mut letter, limits, now);
        letter
    }

    /// What was inside of an encrypted mail: the octets of PGP/MIME, or the whole text with its blocks opened. `None` when it
    /// was not encrypted, or stays closed.
    pub fn inside(&self, raw: &[u8], limits: &Limits, now: Timestamp) -> Option<Vec<u8>> {
        if let Some(payload) = mail::seals(raw, limits).payload {
            let opened = open(&payload, self.team.as_ref(), &[], limits.decoded_bytes, now).ok()?;
            return Some(opened.content);
        }
        let letter = self.read(raw, mail::read(raw, limits, &House::default()), limits, now);
        letter.opened.then(|| letter.text.into_bytes())
    }

    /// The file of this digest that came sealed by itself in a mail, opened.
    pub fn file(&self, raw: &[u8], limits: &Limits, sha256: Sha256, now: Timestamp) -> Option<Vec<u8>> {
        let letter = mail::read(raw, limits, &House::default());
        let closed = letter.attachments.iter().filter(|file| is_closed(file)).take(MOST_FILES);
        closed
            .filter_map(|file| self.unsealed(raw, file, limits, now))
            .find(|bytes| Sha256::of(bytes) == sha256)
    }

    /// Files that came sealed by themselves beside the text.
    fn files(&self, raw: &[u8], letter: &mut Letter, limits: &Limits, now: Timestamp) {
        let mut room = limits.decoded_bytes;
        for file in letter.attachments.iter_mut().filter(|file| is_closed(file)).take(MOST_FILES) {
            let limits = Limits { decoded_bytes: room, ..*limits };
            if let Some(content) = self.unsealed(raw, file, &limits, now) {
                room = room.saturating_sub(content.len());
                file.take_inside(&content);
            }
        }
    }

    fn unsealed(&self, raw: &[u8], file: &Attachment, limits: &Limits, now: Timestamp) -> Option<Vec<u8>> {
        self.team.as_ref()?;
        let sealed = mail::attachment(raw, limits, file.sha256)?;
        open(&sealed, self.team.as_ref(), &[], limits.decoded_bytes, now).ok().map(|opened| opened.content)
    }

    /// The certificates of the roster; one that a mail offers only where there is no file of it.
    fn known(&self, offered: &[Vec<u8>]) -> Vec<Certificate> {
        let mut known = self.members.clone();
        for certificate in offered.iter().filter_map(|bytes| Certificate::read(bytes).ok()).flatten() {
            let print = certificate.fingerprint();
            if self.pinned.contains(&print) && known.iter().all(|other| other.fingerprint() != print) {
                known.push(certificate);
            }
        }
        known
    }

    /// Inline PGP: armored blocks in the text.
    fn blocks(&self, letter: &mut Letter, known: &[Certificate], limits: &Limits, now: Timestamp) {
        let text = letter.text.clone();
        for block in mail::blocks(&text, "MESSAGE") {
            let Ok(opened) = open(block.as_bytes(), self.team.as_ref(), known, limits.decoded_bytes, now)
            else {
                continue;
            };
            let content = String::from_utf8_lossy(&opened.content).replace("\r\n", "\n");
            let content = mail::shown(&content);
            letter.opened = true;
            letter.signed |= opened.signed;
            letter.take_block(block, &content, opened.intact);
            if opened.intact {
                letter.proof.pgp.extend(proofs(opened.good, &content));
            }
        }
        let text = letter.text.clone();
        for block in mail::blocks(&text, "SIGNED MESSAGE") {
            let Ok((content, good)) = cleartext(block, known, now) else { continue };
            let content = mail::shown(&content);
            letter.take_block(block, &content, true);
            letter.proof.pgp.extend(proofs(good, &content));
        }
    }
}

/// What a PGP/MIME message held.
fn inside(letter: &mut Letter, opened: Opened, known: &[Certificate], limits: &Limits, now: Timestamp) {
    let inner = mail::read(&opened.content, limits, &House::default());
    let seals = mail::seals(&opened.content, limits);
    letter.keys.extend(seals.keys);
    letter.signed |= opened.signed || inner.signed;
    if opened.intact {
        letter.proof.pgp.extend(proofs(opened.good, &inner.plain));
        // Signed first, then encrypted as a whole (RFC 3156 section 6.1).
        if let Some((content, signature)) = &seals.signed {
            let good = detached(content, signature, known, now);
            letter.proof.pgp.extend(proofs(good, &inner.plain));
        }
    }
    letter.take_inside(inner, opened.intact);
}

fn proofs(good: Vec<Good>, text: &str) -> impl Iterator<Item = PgpProof> {
    let proof = |good: Good| PgpProof {
        fingerprint: good.fingerprint,
        made: good.made,
        mark: good.mark,
        text: text.to_owned(),
    };
    good.into_iter().map(proof).collect::<Vec<_>>().into_iter()
}
