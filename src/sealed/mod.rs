//! OpenPGP (RFC 9580): opens what came sealed to the team, verifies who signed, seals letters that go out. The packets are
//! rPGP's; what a key may be used for, and until when, is judged here, because rPGP leaves that to its caller.
//!
//! **Invariant:** nothing here is trusted for being encrypted: only a signature by a known certificate, good at this instant,
//! is a proof, and only of the octets that it covers.

mod certificate;
mod letter;
mod open;
mod seal;

use std::io::Read as _;

use pgp::composed::{Deserializable as _, SignedSecretKey};
use pgp::types::Password;
use secrecy::{ExposeSecret as _, SecretString};

pub use certificate::Certificate;
pub use letter::Ring;
pub use open::{Good, Opened, cleartext, detached, open};
pub use seal::{SealFault, seal};

/// Octets of a file of keys that are read.
const MOST_KEY_BYTES: usize = 1 << 20;

/// Why something stayed closed, or a key is of no use. Holds no word of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not OpenPGP, or broken.
    #[error("not readable as OpenPGP")]
    Broken,
    /// Not for our key.
    #[error("not encrypted to the team's key")]
    OtherKey,
    /// More layers than any program writes, or it unpacks to more than the limit.
    #[error("larger or deeper than the limits")]
    TooMuch,
    /// The team's key does not open with its passphrase.
    #[error("the passphrase does not open the key")]
    Passphrase,
    /// No such key in the file.
    #[error("there is no key in it")]
    NoKey,
}

/// The team's own key.
pub struct TeamKey {
    key: SignedSecretKey,
    passphrase: Password,
}

impl TeamKey {
    /// Reads an armored or binary secret key and tries its passphrase.
    ///
    /// # Errors
    /// [`Fault::NoKey`], [`Fault::Passphrase`].
    pub fn read(bytes: &[u8], passphrase: Option<&SecretString>) -> Result<Self, Fault> {
        let bytes = bytes.get(..bytes.len().min(MOST_KEY_BYTES)).unwrap_or_default();
        let key = if bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
            SignedSecretKey::from_armor_single(bytes).map(|(key, _)| key)
        } else {
            SignedSecretKey::from_bytes(bytes)
        };
        let key = key.map_err(|_| Fault::NoKey)?;
        let passphrase = passphrase.map_or_else(Password::empty, |text| Password::from(text.expose_secret()));
        let opened = key
            .secret_subkeys
            .iter()
            .all(|sub| matches!(sub.key.unlock(&passphrase, |_, _| Ok(())), Ok(Ok(()))));
        if opened { Ok(Self { key, passphrase }) } else { Err(Fault::Passphrase) }
    }

    /// Its public half.
    pub fn certificate(&self) -> Certificate {
        Certificate::of(self.key.to_public_key())
    }
}

/// Reads at most `most` octets; more is a fault.
fn read_all(source: &mut dyn std::io::Read, most: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    source.take(limit).read_to_end(&mut out).map_err(|_| Fault::Broken)?;
    if out.len() > most { Err(Fault::TooMuch) } else { Ok(out) }
}
