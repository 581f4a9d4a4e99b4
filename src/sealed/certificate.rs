//! Somebody's public key, and what it may be used for at an instant (RFC 9580 sections 5.2.3 and 10.1): expiry, revocation
//! and key flags. Of several self-signatures the newest counts that is not from the future.

use jiff::Timestamp;
use pgp::composed::{Deserializable as _, SignedPublicKey, SignedPublicSubKey};
use pgp::packet::{Signature, SignatureType};
use pgp::ser::Serialize as _;
use pgp::types::{KeyDetails as _, Tag, VerifyingKey};

use super::{Fault, MOST_KEY_BYTES};
use crate::case::Address;

/// Keys that are read from one file or attachment.
const MOST_KEYS: usize = 10;
/// Parts of one key that are judged: a key of thousands of identities is a flood.
const MOST_PARTS: usize = 100;

/// A public key with its identities and subkeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate(SignedPublicKey);

impl Certificate {
    pub(super) fn of(key: SignedPublicKey) -> Self {
        Self(key)
    }

    /// Reads armored or binary public keys, at most 10 of at most 1 MiB together.
    ///
    /// # Errors
    /// [`Fault::NoKey`] when there is none, or more octets than that.
    pub fn read(bytes: &[u8]) -> Result<Vec<Self>, Fault> {
        if bytes.len() > MOST_KEY_BYTES {
            return Err(Fault::NoKey);
        }
        let armored = bytes.trim_ascii_start().starts_with(b"-----BEGIN");
        let keys: Vec<Self> = if armored {
            let (keys, _) = SignedPublicKey::from_armor_many(bytes).map_err(|_| Fault::NoKey)?;
            keys.take(MOST_KEYS).filter_map(Result::ok).map(Self).collect()
        } else {
            let keys = SignedPublicKey::from_bytes_many(bytes).map_err(|_| Fault::NoKey)?;
            keys.take(MOST_KEYS).filter_map(Result::ok).map(Self).collect()
        };
        if keys.is_empty() { Err(Fault::NoKey) } else { Ok(keys) }
    }

    /// As it is stored: binary.
    ///
    /// # Errors
    /// [`Fault::Broken`] when it cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        self.0.to_bytes().map_err(|_| Fault::Broken)
    }

    /// Of the primary key, upper-case hexadecimal.
    pub fn fingerprint(&self) -> String {
        format!("{:X}", self.0.primary_key.fingerprint())
    }

    /// Whether one of its identities is this address.
    pub fn is_of(&self, address: &Address) -> bool {
        self.0.details.users.iter().take(MOST_PARTS).any(|user| {
            let text = String::from_utf8_lossy(user.id.id());
            let spec = text.rsplit_once('<').map_or(text.as_ref(), |(_, tail)| tail.trim_end_matches('>'));
            Address::parse(spec.trim()).is_some_and(|known| known == *address)
        })
    }

    /// Whether the primary key is bound, not revoked and not expired at this instant.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.self_signature(now).is_some_and(|own| {
            let primary = &self.0.primary_key;
            let revoked = |sig: &Signature| sig.verify_key(primary).is_ok();
            let ends = own.key_expiration_time().map(|d| i64::from(d.as_secs())).filter(|s| *s > 0);
            let made = i64::from(primary.created_at().as_secs());
            !self.0.details.revocation_signatures.iter().take(MOST_PARTS).any(revoked)
                && made <= now.as_second()
                && ends.is_none_or(|ends| now.as_second() < made + ends)
        })
    }

    /// The newest signature by which the key speaks of itself.
    fn self_signature(&self, now: Timestamp) -> Option<&Signature> {
        let primary = &self.0.primary_key;
        let direct = self.0.details.direct_signatures.iter().filter(|sig| sig.verify_key(primary).is_ok());
        let users = self.0.details.users.iter().take(MOST_PARTS).flat_map(|user| {
            let own = user.signatures.iter().take(MOST_PARTS).filter(|sig| {
                sig.is_certification() && sig.verify_certification(primary, Tag::UserId, &user.id).is_ok()
            });
            // An identity that its owner took back says nothing.
            let newest = own.filter(|sig| is_past(sig, now)).max_by_key(|sig| created(sig));
            let revoked = user.signatures.iter().take(MOST_PARTS).any(|sig| {
                sig.typ() == Some(SignatureType::CertRevocation)
                    && sig.verify_certification(primary, Tag::UserId, &user.id).is_ok()
            });
            newest.filter(|_| !revoked)
        });
        direct.take(MOST_PARTS).chain(users).filter(|sig| is_past(sig, now)).max_by_key(|sig| created(sig))
    }

    /// The subkeys that may be used at this instant, with what their binding allows.
    fn subkeys(&self, now: Timestamp) -> impl Iterator<Item = (&SignedPublicSubKey, &Signature)> {
        let primary = &self.0.primary_key;
        let usable = self.is_usable(now);
        self.0.public_subkeys.iter().take(MOST_PARTS).filter(move |_| usable).filter_map(move |sub| {
            let good = |sig: &&Signature| sig.verify_subkey_binding(primary, &sub.key).is_ok();
            let signatures = || sub.signatures.iter().take(MOST_PARTS);
            let revoked = signatures()
                .filter(|sig| sig.typ() == Some(SignatureType::SubkeyRevocation))
                .any(|sig| good(&sig));
            let bindings = signatures().filter(|sig| sig.typ() == Some(SignatureType::SubkeyBinding));
            let newest =
                bindings.filter(good).filter(|sig| is_past(sig, now)).max_by_key(|sig| created(sig))?;
            let made = i64::from(sub.key.created_at().as_secs());
            let ends = newest.key_expiration_time().map(|d| i64::from(d.as_secs())).filter(|s| *s > 0);
            let alive = made <= now.as_second() && ends.is_none_or(|ends| now.as_second() < made + ends);
            (alive && !revoked).then_some((sub, newest))
        })
    }

    /// The newest subkey that may be encrypted to at this instant.
    pub(super) fn encryption_key(&self, now: Timestamp) -> Option<&SignedPublicSubKey> {
        let fit = self.subkeys(now).filter(|(sub, binding)| {
            let flags = binding.key_flags();
            (flags.encrypt_comms() || flags.encrypt_storage()) && sub.key.algorithm().can_encrypt()
        });
        fit.max_by_key(|(sub, _)| sub.key.created_at().as_secs()).map(|(sub, _)| sub)
    }

    /// Whether a letter can be encrypted to it at this instant.
    pub fn can_receive(&self, now: Timestamp) -> bool {
        self.encryption_key(now).is_some()
    }

    /// The keys whose signatures count at this instant: the primary one, and subkeys that it vouches for and that vouch for
    /// it.
    pub(super) fn signing_keys(&self, now: Timestamp) -> Vec<&dyn VerifyingKey> {
        let mut found: Vec<&dyn VerifyingKey> = Vec::new();
        let primary = &self.0.primary_key;
        if self.is_usable(now) && self.self_signature(now).is_some_and(|own| own.key_flags().sign()) {
            found.push(primary);
        }
        for (sub, binding) in self.subkeys(now).filter(|(_, binding)| binding.key_flags().sign()) {
            let back = binding.embedded_signature();
            if back.is_some_and(|back| back.verify_primary_key_binding(&sub.key, primary).is_ok()) {
                found.push(&sub.key);
            }
        }
        found
    }
}

fn created(signature: &Signature) -> u32 {
    signature.created().map_or(0, pgp::types::Timestamp::as_secs)
}

fn is_past(signature: &Signature, now: Timestamp) -> bool {
    let ends = signature.signature_expiration_time().map(|d| i64::from(d.as_secs())).filter(|s| *s > 0);
    let made = i64::from(created(signature));
    made <= now.as_second() && ends.is_none_or(|ends| now.as_second() < made + ends)
}
