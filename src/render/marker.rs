//! The hidden first line of what we write on GitHub, by which we find it again after an unknown outcome.
//!
//! `<!-- sir-intake op=<op> case=<id> mac=<HMAC-SHA-256> -->`. A reporter may write such a line, so it counts only as
//! line 1, by our own account, with the right MAC (GITHUB.md section 4).

use std::fmt;
use std::str::FromStr as _;

use ring::hmac;
use zeroize::Zeroize as _;

use crate::case::{CaseId, Op};

/// A secret of 32 random bytes with its number; a higher number is newer. Never printed.
#[derive(Clone)]
pub struct Key {
    /// Counts up with each rotation.
    pub number: u32,
    /// The secret.
    pub bytes: [u8; 32],
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key {}", self.number)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

/// All keys that still count: the newest signs, any of them verifies.
#[derive(Debug, Clone)]
pub struct Keyring {
    newest: Key,
    older: Vec<Key>,
}

impl Keyring {
    /// A ring of one key or more; the one with the highest number signs.
    pub fn new(first: Key, others: Vec<Key>) -> Self {
        let mut newest = first;
        let mut older = Vec::with_capacity(others.len());
        for key in others {
            if key.number > newest.number {
                older.push(std::mem::replace(&mut newest, key));
            } else {
                older.push(key);
            }
        }
        Self { newest, older }
    }

    /// The key that signs.
    pub fn newest(&self) -> &Key {
        &self.newest
    }

    /// The key with that number.
    pub fn get(&self, number: u32) -> Option<&Key> {
        self.all().find(|key| key.number == number)
    }

    /// Every key, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

/// What a verified marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The effect that wrote it.
    pub op: Op,
    /// The case it belongs to.
    pub case: CaseId,
}

const HEAD: &str = "<!-- sir-intake ";
const TAIL: &str = " -->";

/// Signs with a label first, so that a MAC of one use never passes for another.
pub(crate) fn mac(key: &Key, label: &str, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key.bytes));
    context.update(label.as_bytes());
    for part in parts {
        // The length first: two parts can never be read as other two.
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    context.sign()
}

/// Equal or not, in a time that does not tell where they differ (RFC 2104 section 5 allows a truncated MAC).
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && std::hint::black_box(a.iter().zip(b).fold(0_u8, |differ, (x, y)| differ | (x ^ y))) == 0
}

const LABEL: &str = "sir-intake marker 1";

/// The marker line, without a line end.
pub fn marker(op: &Op, case: CaseId, keys: &Keyring) -> String {
    let tag = mac(keys.newest(), LABEL, &[op.0.as_bytes(), case.to_string().as_bytes()]);
    format!("{HEAD}op={op} case={case} mac={}{TAIL}", data_encoding::HEXLOWER.encode(tag.as_ref()))
}

/// Reads line 1 of a body; anything but exactly our line with a right MAC is no marker. Whether our own account wrote
/// it is for the caller to check.
pub fn verify(body: &str, keys: &Keyring) -> Option<Marked> {
    let line = body.lines().next()?; // also takes the CR that GitHub may put before LF
    let mut fields = line.strip_prefix(HEAD)?.strip_suffix(TAIL)?.split(' ');
    let op = fields.next()?.strip_prefix("op=")?;
    let case = CaseId::from_str(fields.next()?.strip_prefix("case=")?).ok()?;
    let given = fields.next()?.strip_prefix("mac=")?;
    let word = !op.is_empty() && op.len() <= 64 && op.bytes().all(|b| b.is_ascii_alphanumeric());
    if fields.next().is_some() || !word || given.len() != 64 {
        return None;
    }
    let given = data_encoding::HEXLOWER.decode(given.as_bytes()).ok()?;
    let right =
        |key: &Key| same(mac(key, LABEL, &[op.as_bytes(), case.to_string().as_bytes()]).as_ref(), &given);
    keys.all().any(right).then(|| Marked { op: Op(op.to_owned()), case })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Keyring {
        Keyring::new(Key { number: 1, bytes: [7; 32] }, vec![])
    }
    const CASE: CaseId = CaseId { year: 2026, number: 7 };

    #[test]
    fn a_marker_reads_back_also_after_the_key_was_rotated() {
        let op = Op("abcdefghijklmnopqrstuvwxyz".into());
        let line = marker(&op, CASE, &ring());
        let rotated =
            Keyring::new(Key { number: 1, bytes: [7; 32] }, vec![Key { number: 2, bytes: [9; 32] }]);
        assert_eq!(rotated.newest().number, 2);
        for keys in [ring(), rotated] {
            let found = verify(&format!("{line}\r\n\r\nbody"), &keys);
            assert_eq!(found, Some(Marked { op: op.clone(), case: CASE }));
        }
    }

    #[test]
    fn a_forged_moved_or_changed_marker_is_none() {
        let line = marker(&Op("abcdefghijklmnopqrstuvwxyz".into()), CASE, &ring());
        let other = Keyring::new(Key { number: 1, bytes: [8; 32] }, vec![]);
        assert_eq!(verify(&line, &other), None);
        for forged in [
            format!("\n{line}"),
            format!(" {line}"),
            format!("{line} x"),
            line.replace("SIR-2026-0007", "SIR-2026-0008"),
            line.replace("op=a", "op=b"),
            line.replace(" mac=", " mac=0"),
            line.replace(" mac=", "  mac="),
            String::new(),
        ] {
            assert_eq!(verify(&forged, &ring()), None, "{forged}");
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", Key { number: 3, bytes: [0xAB; 32] }), "Key 3");
    }
}
