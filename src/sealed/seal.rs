//! Seals a letter for its recipient: PGP/MIME (RFC 3156 section 4) with the true subject inside (RFC 9788).

use jiff::Timestamp;
use pgp::composed::{ArmorOptions, MessageBuilder};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::Certificate;
use crate::outside::Chance;

/// Why a letter could not be sealed. It is held then: never in the clear by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// The key is expired, revoked, or not for encryption.
    #[error("the recipient's key cannot be used now")]
    Key,
    /// The letter has no shape that can be sealed.
    #[error("the letter cannot be sealed")]
    Letter,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Chance,
    /// The packets could not be written.
    #[error("encryption failed")]
    Failed,
}

/// The fields that go inside with the body; the others stay outside.
fn is_inner(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("content-") || name == "mime-version"
}

/// Makes of a whole letter one that only the holder of this key can read. The outer subject keeps the tag of the case alone.
///
/// # Errors
/// [`SealFault`]; then nothing may be sent.
pub fn seal(
    letter: &[u8],
    to: &Certificate,
    now: Timestamp,
    chance: &dyn Chance,
) -> Result<Vec<u8>, SealFault> {
    let text = std::str::from_utf8(letter).map_err(|_| SealFault::Letter)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(SealFault::Letter)?;
    let fields = fields(head);
    let subject =
        fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("subject")).ok_or(SealFault::Letter)?.1;
    let inner: String = fields
        .iter()
        .filter(|(name, _)| name.to_ascii_lowercase().starts_with("content-"))
        .map(|(name, whole)| match name.eq_ignore_ascii_case("content-type") {
            true => format!("{whole}; protected-headers=\"v1\"\r\n"),
            false => format!("{whole}\r\n"),
        })
        .collect();
    let inner = format!("{inner}{subject}\r\n\r\n{body}");
    let armor = encrypt(inner.into_bytes(), to, now, chance)?;
    let mut seed = [0; 12];
    chance.fill(&mut seed).map_err(|_| SealFault::Chance)?;
    let boundary = format!("sealed-{}", data_encoding::HEXLOWER.encode(&seed));
    let tag = crate::mail::thread::tags(subject).first().map(|case| format!("[{case}] ")).unwrap_or_default();
    let mut out = String::new();
    for (name, whole) in fields.iter().filter(|(name, _)| !is_inner(name)) {
        if name.eq_ignore_ascii_case("subject") {
            out.push_str(&format!("Subject: {tag}...\r\n"));
        } else {
            out.push_str(&format!("{whole}\r\n"));
        }
    }
    out.push_str(&format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n\
         --{boundary}\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\n\
         Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n{armor}\r\n--{boundary}--\r\n"
    ));
    Ok(out.into_bytes())
}

fn encrypt(
    inner: Vec<u8>,
    to: &Certificate,
    now: Timestamp,
    chance: &dyn Chance,
) -> Result<String, SealFault> {
    let key = to.encryption_key(now).ok_or(SealFault::Key)?;
    let mut seed = [0; 32];
    chance.fill(&mut seed).map_err(|_| SealFault::Chance)?;
    let mut rng = StdRng::from_seed(seed);
    let mut message = MessageBuilder::from_bytes("", inner).seipd_v1(&mut rng, SymmetricKeyAlgorithm::AES256);
    message.encrypt_to_key(&mut rng, key).map_err(|_| SealFault::Key)?;
    let armor =
        message.to_armored_string(&mut rng, ArmorOptions::default()).map_err(|_| SealFault::Failed)?;
    Ok(armor.replace("\r\n", "\n").replace('\n', "\r\n"))
}

/// Each field whole, folded lines included, with its name.
fn fields(head: &str) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let mut end = rest.len();
        for (at, _) in rest.match_indices("\r\n") {
            let next = rest.get(at + 2..).unwrap_or_default();
            if !next.starts_with([' ', '\t']) {
                end = at;
                break;
            }
        }
        let (field, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let name = field.split_once(':').map_or(field, |(name, _)| name);
        found.push((name, field));
        rest = tail.strip_prefix("\r\n").unwrap_or(tail);
    }
    found
}
