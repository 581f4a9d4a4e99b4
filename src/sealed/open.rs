//! Opens messages and verifies signatures.

use jiff::Timestamp;
use pgp::composed::{
    CleartextSignedMessage, DecryptionOptions, Deserializable as _, DetachedSignature, Message, TheRing,
    VerificationResult,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::Signature;
use pgp::ser::Serialize as _;
use pgp::types::VerifyingKey;

use super::{Certificate, Fault, TeamKey, read_all};
use crate::case::Sha256;

/// Layers of one message: encrypted, compressed, signed, and some to spare.
const MOST_LAYERS: usize = 6;
/// Signatures that are verified beside one text.
const MOST_SIGNATURES: usize = 8;
/// So far may a signer's clock be ahead, seconds.
const AHEAD_S: i64 = 600;

/// A good signature of a known certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Good {
    /// Of the primary key, upper-case hexadecimal.
    pub fingerprint: String,
    /// When it says that it was made.
    pub made: Timestamp,
    /// Its digest.
    pub mark: Sha256,
}

/// What was inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// The octets.
    pub content: Vec<u8>,
    /// Nobody can have changed them on the way (MDC or AEAD). Without it the text is shown and trusted for nothing.
    pub intact: bool,
    /// It was signed, by whomever.
    pub signed: bool,
    /// The good signatures of those certificates that we know.
    pub good: Vec<Good>,
}

/// Opens a message (armored or binary), unpacks it to at most `most` octets, and verifies its signatures.
///
/// # Errors
/// [`Fault`]; nothing of the text is in it.
pub fn open(
    bytes: &[u8],
    team: Option<&TeamKey>,
    known: &[Certificate],
    most: usize,
    now: Timestamp,
) -> Result<Opened, Fault> {
    match unseal(bytes, team, known, most, now, false) {
        // Old programs wrote packets that anybody can bend: readable, and marked.
        Err(Fault::Broken) => unseal(bytes, team, known, most, now, true),
        other => other,
    }
}

fn unseal(
    bytes: &[u8],
    team: Option<&TeamKey>,
    known: &[Certificate],
    most: usize,
    now: Timestamp,
    unprotected: bool,
) -> Result<Opened, Fault> {
    let armored = bytes.trim_ascii_start().starts_with(b"-----BEGIN");
    let message = if armored {
        Message::from_armor(bytes).map(|(message, _)| message)
    } else {
        Message::from_bytes(bytes)
    };
    let mut message = message.map_err(|_| Fault::Broken)?;
    let mut was_encrypted = false;
    for _ in 0..MOST_LAYERS {
        if message.is_encrypted() {
            was_encrypted = true;
            message = decrypt(message, team.ok_or(Fault::OtherKey)?, unprotected)?;
        } else if message.is_compressed() {
            message = message.decompress().map_err(|_| Fault::Broken)?;
        } else {
            let content = read_all(&mut message, most)?;
            let signed = message.is_signed();
            let good = if signed && !unprotected { verified(&message, known, now) } else { Vec::new() };
            return Ok(Opened { content, intact: was_encrypted && !unprotected, signed, good });
        }
    }
    Err(Fault::TooMuch)
}

fn decrypt<'a>(message: Message<'a>, team: &TeamKey, unprotected: bool) -> Result<Message<'a>, Fault> {
    let options = DecryptionOptions::new().enable_gnupg_aead();
    let ring = TheRing {
        secret_keys: vec![&team.key],
        key_passwords: vec![&team.passphrase],
        decrypt_options: if unprotected { options.enable_legacy() } else { options },
        ..TheRing::default()
    };
    let opened = message.decrypt_the_ring(ring, true);
    opened.map(|(message, _)| message).map_err(|error| {
        if matches!(error, pgp::errors::Error::MissingKey) { Fault::OtherKey } else { Fault::Broken }
    })
}

fn verified(message: &Message<'_>, known: &[Certificate], now: Timestamp) -> Vec<Good> {
    let mut good = Vec::new();
    for certificate in known {
        let keys = certificate.signing_keys(now);
        let Ok(results) = message.verify_nested(&keys) else { continue };
        for result in results {
            if let VerificationResult::Valid(signature) = result {
                good.extend(counted(&signature, certificate, now));
            }
        }
    }
    good
}

/// A signature that verified counts when it was made in the past, has not ended, and by a digest that still holds.
fn counted(signature: &Signature, certificate: &Certificate, now: Timestamp) -> Option<Good> {
    let made = i64::from(signature.created()?.as_secs());
    let ends = signature.signature_expiration_time().map(|d| i64::from(d.as_secs())).filter(|s| *s > 0);
    let strong = matches!(
        signature.hash_alg()?,
        HashAlgorithm::Sha256
            | HashAlgorithm::Sha384
            | HashAlgorithm::Sha512
            | HashAlgorithm::Sha224
            | HashAlgorithm::Sha3_256
            | HashAlgorithm::Sha3_512
    );
    let alive = made <= now.as_second() + AHEAD_S && ends.is_none_or(|ends| now.as_second() < made + ends);
    if !strong || !alive {
        return None;
    }
    Some(Good {
        fingerprint: certificate.fingerprint(),
        made: Timestamp::from_second(made).ok()?,
        mark: Sha256::of(&[b"openpgp ".as_slice(), &signature.to_bytes().ok()?].concat()),
    })
}

/// Verifies a detached signature (RFC 3156 section 5) over these octets.
pub fn detached(content: &[u8], armor: &[u8], known: &[Certificate], now: Timestamp) -> Vec<Good> {
    let signatures = if armor.trim_ascii_start().starts_with(b"-----BEGIN") {
        DetachedSignature::from_armor_many(armor)
            .map(|(all, _)| all.take(MOST_SIGNATURES).filter_map(Result::ok).collect::<Vec<_>>())
    } else {
        DetachedSignature::from_bytes_many(armor)
            .map(|all| all.take(MOST_SIGNATURES).filter_map(Result::ok).collect::<Vec<_>>())
    };
    let signatures = signatures.unwrap_or_default();
    all(signatures.iter().map(|detached| &detached.signature), content, known, now)
}

/// A text signed in the clear (RFC 9580 section 7): what was signed, with LF line ends, and the good signatures over it.
///
/// # Errors
/// [`Fault::Broken`].
pub fn cleartext(armor: &str, known: &[Certificate], now: Timestamp) -> Result<(String, Vec<Good>), Fault> {
    let (message, _) = CleartextSignedMessage::from_string(armor).map_err(|_| Fault::Broken)?;
    let text = message.signed_text();
    let signatures = message.signatures().iter().take(MOST_SIGNATURES);
    let good = all(signatures, text.as_bytes(), known, now);
    Ok((text.replace("\r\n", "\n"), good))
}

fn all<'a>(
    signatures: impl Iterator<Item = &'a Signature>,
    content: &[u8],
    known: &[Certificate],
    now: Timestamp,
) -> Vec<Good> {
    let mut good = Vec::new();
    for signature in signatures {
        for certificate in known {
            let mut keys = certificate.signing_keys(now).into_iter();
            if keys.any(|key| signature.verify(&Key(key), content).is_ok()) {
                good.extend(counted(signature, certificate, now));
            }
        }
    }
    good
}

/// rPGP wants a sized key where it has only ever an unsized one to give.
#[derive(Debug)]
struct Key<'a>(&'a dyn VerifyingKey);

impl pgp::types::KeyDetails for Key<'_> {
    fn version(&self) -> pgp::types::KeyVersion {
        self.0.version()
    }
    fn legacy_key_id(&self) -> pgp::types::KeyId {
        self.0.legacy_key_id()
    }
    fn fingerprint(&self) -> pgp::types::Fingerprint {
        self.0.fingerprint()
    }
    fn algorithm(&self) -> pgp::crypto::public_key::PublicKeyAlgorithm {
        self.0.algorithm()
    }
    fn created_at(&self) -> pgp::types::Timestamp {
        self.0.created_at()
    }
    fn legacy_v3_expiration_days(&self) -> Option<u16> {
        self.0.legacy_v3_expiration_days()
    }
    fn public_params(&self) -> &pgp::types::PublicParams {
        self.0.public_params()
    }
}

impl VerifyingKey for Key<'_> {
    fn verify(
        &self,
        hash: HashAlgorithm,
        data: &[u8],
        signature: &pgp::types::SignatureBytes,
    ) -> pgp::errors::Result<()> {
        self.0.verify(hash, data, signature)
    }
}
