//! The hidden first line of what we write on GitHub, by which we find it again after an unknown outcome.
//!
//! `<!-- sir-intake op=<op> case=<id> mail=<mark> page=<hash> mac=<HMAC-SHA-256> -->`. A reporter may write such a line, so it
//! counts only as line 1, by our own account, with the right MAC (GITHUB.md section 4). It knows the page below it: whether a
//! person edited that page is told by the page alone, also when nobody knows any more what we last wrote.

use std::fmt;
use std::str::FromStr as _;

use ring::hmac;
use zeroize::Zeroize as _;

use crate::case::{CaseId, Op, Sha256};

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
    /// Which mail it is about, as [`mail_marks`] tells it.
    pub mail: Option<String>,
    /// The page below it reads as we wrote it.
    pub untouched: bool,
}

/// The most that the line and the blank line below it take.
pub const LINE_BYTES: usize = 320;

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

const MAIL_LABEL: &str = "sir-intake mail 1";
/// Stands in a marker that is about no mail.
const NO_MAIL: &str = "none";

/// Half an HMAC of a mail's hash: after a restored backup it tells which mail an issue or comment is about, and tells
/// nobody else anything.
fn mark_by(key: &Key, mail: &Sha256) -> String {
    let tag = mac(key, MAIL_LABEL, &[&mail.0]);
    data_encoding::HEXLOWER.encode(tag.as_ref().get(..16).unwrap_or_default())
}

/// What a page is signed with: the effect that writes it, and the mail it is about.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// The effect.
    pub op: &'a Op,
    /// Hash of the mail, if it is about one.
    pub mail: Option<&'a Sha256>,
}

/// All marks that this mail may stand under: one for each key.
pub fn mail_marks(mail: &Sha256, keys: &Keyring) -> Vec<String> {
    keys.all().map(|key| mark_by(key, mail)).collect()
}

/// The page under its marker line, which is at most [`LINE_BYTES`] long.
pub fn marked(case: CaseId, stamp: &Stamp<'_>, page: &str, keys: &Keyring) -> String {
    let op = stamp.op;
    let mail = stamp.mail.map_or_else(|| NO_MAIL.to_owned(), |mail| mark_by(keys.newest(), mail));
    let page = page.trim();
    let hash = page_hash(page);
    let id = case.to_string();
    let tag = mac(keys.newest(), LABEL, &[op.0.as_bytes(), id.as_bytes(), mail.as_bytes(), hash.as_bytes()]);
    let tag = data_encoding::HEXLOWER.encode(tag.as_ref());
    format!("{HEAD}op={op} case={case} mail={mail} page={hash} mac={tag}{TAIL}\n\n{page}\n")
}

/// Half a SHA-256 of a page. Line ends and blank ends are GitHub's to change.
fn page_hash(page: &str) -> String {
    let lines: Vec<&str> = page.trim().lines().collect();
    data_encoding::HEXLOWER.encode(Sha256::of(lines.join("\n").as_bytes()).0.get(..16).unwrap_or_default())
}

/// Reads line 1 of a body; anything but exactly our line with a right MAC is no marker. Whether our own account wrote
/// it is for the caller to check.
pub fn verify(body: &str, keys: &Keyring) -> Option<Marked> {
    let line = body.lines().next()?; // also takes the CR that GitHub may put before LF
    let page = body.get(line.len()..)?;
    let mut fields = line.strip_prefix(HEAD)?.strip_suffix(TAIL)?.split(' ');
    let op = fields.next()?.strip_prefix("op=")?;
    let case = CaseId::from_str(fields.next()?.strip_prefix("case=")?).ok()?;
    let mail = fields.next()?.strip_prefix("mail=")?;
    let hash = fields.next()?.strip_prefix("page=")?;
    let given = fields.next()?.strip_prefix("mac=")?;
    let word = !op.is_empty() && op.len() <= 64 && op.bytes().all(|b| b.is_ascii_alphanumeric());
    if fields.next().is_some() || !word || given.len() != 64 {
        return None;
    }
    let given = data_encoding::HEXLOWER.decode(given.as_bytes()).ok()?;
    let id = case.to_string();
    let signed = [op.as_bytes(), id.as_bytes(), mail.as_bytes(), hash.as_bytes()];
    let right = |key: &Key| same(mac(key, LABEL, &signed).as_ref(), &given);
    let about = (mail != NO_MAIL).then(|| mail.to_owned());
    let untouched = page_hash(page) == hash;
    keys.all().any(right).then(|| Marked { op: Op(op.to_owned()), case, mail: about, untouched })
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
        let mail = Sha256([3; 32]);
        let text = marked(CASE, &Stamp { op: &op, mail: Some(&mail) }, "A table\n\nand more", &ring());
        assert!(text.find("A table").is_some_and(|at| at <= LINE_BYTES));
        let rotated =
            Keyring::new(Key { number: 1, bytes: [7; 32] }, vec![Key { number: 2, bytes: [9; 32] }]);
        assert_eq!(rotated.newest().number, 2);
        for keys in [ring(), rotated] {
            // As GitHub may give it back.
            let found = verify(text.replace('\n', "\r\n").trim_end(), &keys).unwrap();
            assert!(found.untouched);
            assert_eq!((found.op, found.case), (op.clone(), CASE));
            assert!(mail_marks(&mail, &keys).contains(&found.mail.unwrap()));
        }
    }

    #[test]
    fn a_page_tells_whether_somebody_edited_it() {
        let op = Op("abcdefghijklmnopqrstuvwxyz".into());
        let text = marked(CASE, &Stamp { op: &op, mail: None }, "- [ ] owned\n- [ ] answered", &ring());
        let untouched = |text: &str| verify(text, &ring()).map(|found| found.untouched);
        assert_eq!(untouched(&text), Some(true));
        assert_eq!(untouched(&text.replacen("[ ]", "[x]", 1)), Some(false), "found again all the same");
        assert_eq!(untouched(&text.replace("answered", "answered\nMy notes.")), Some(false));
        let (head, rest) = text.split_once(" page=").unwrap();
        let mac = rest.split_once(" mac=").unwrap().1.lines().next().unwrap();
        let forged = format!("{head} page={} mac={mac}\n\nMy notes.", page_hash("My notes."));
        assert_eq!(untouched(&forged), None, "nobody else can say so");
    }

    #[test]
    fn a_forged_moved_or_changed_marker_is_none() {
        let op = Op("abcdefghijklmnopqrstuvwxyz".into());
        let text = marked(CASE, &Stamp { op: &op, mail: None }, "A table", &ring());
        let line = text.lines().next().unwrap();
        assert!(verify(line, &ring()).is_some());
        let other = Keyring::new(Key { number: 1, bytes: [8; 32] }, vec![]);
        assert_eq!(verify(line, &other), None);
        for forged in [
            format!("\n{line}"),
            format!(" {line}"),
            format!("{line} x"),
            line.replace("SIR-2026-0007", "SIR-2026-0008"),
            line.replace("op=a", "op=b"),
            line.replace("mail=none", "mail=00000000000000000000000000000000"),
            line.replace(" page=", " page=0"),
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
