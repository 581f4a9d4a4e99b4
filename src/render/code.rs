//! The code in the footer of every letter: which case it belongs to and to whom it was sent, under our own HMAC.
//!
//! It finds the case again for clients that drop References, and after a backup was restored. `SIRC-` and groups of
//! four characters of base32 (RFC 4648 section 6): key number, year, number, holder, and 8 bytes of HMAC-SHA-256.

use crate::case::{CaseId, MemberKey, PersonId};

use super::marker::{Keyring, mac, same};

/// To whom a letter was sent. A reporter's code is never a member's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// Somebody outside the roster who takes part in the case.
    Participant(PersonId),
    /// A member of the roster. That they are still one is for the caller to check.
    Member(MemberKey),
}

/// What a verified code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// The case.
    pub case: CaseId,
    /// To whom it was sent.
    pub holder: Holder,
}

const HEAD: &str = "SIRC";
const LABEL: &str = "sir-intake code 1";
const NONCE_LABEL: &str = "sir-intake confirm 1";
const MAC_BYTES: usize = 8;
const GROUP: usize = 4;
/// Longest short name of a member that fits a code, in bytes.
pub const LONGEST_MEMBER_KEY: usize = 40;
/// Groups that a code has at most: (1 + 5 + 3 + 5 + 1 + 40 + 8) bytes in base32.
const MOST_GROUPS: usize = 26;
/// Codes looked at in one text: a mail quotes few, a hostile one may hold thousands.
const MOST_CODES: usize = 32;

const PARTICIPANT: u8 = 0;
const MEMBER: u8 = 1;

/// The code for this holder's letters on this case. `None` when a member's short name is longer than
/// [`LONGEST_MEMBER_KEY`] or empty, or a row number is negative.
pub fn code(case: CaseId, holder: &Holder, keys: &Keyring) -> Option<String> {
    let mut bytes = payload(keys.newest().number, case, holder)?;
    let tag = mac(keys.newest(), LABEL, &[&bytes]);
    bytes.extend(tag.as_ref().iter().take(MAC_BYTES));
    let letters = data_encoding::BASE32_NOPAD.encode(&bytes);
    let mut out = HEAD.to_owned();
    for (i, c) in letters.chars().enumerate() {
        if i % GROUP == 0 {
            out.push('-');
        }
        out.push(c);
    }
    Some(out)
}

fn payload(key: u32, case: CaseId, holder: &Holder) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(24);
    push_number(&mut bytes, u64::from(key));
    push_number(&mut bytes, u64::try_from(case.year).ok()?);
    push_number(&mut bytes, u64::from(case.number));
    match holder {
        Holder::Participant(PersonId(row)) => {
            bytes.push(PARTICIPANT);
            push_number(&mut bytes, u64::try_from(*row).ok()?);
        }
        Holder::Member(MemberKey(key)) => {
            bytes.push(MEMBER);
            let short = (1..=LONGEST_MEMBER_KEY).contains(&key.len());
            bytes.push(u8::try_from(key.len()).ok().filter(|_| short)?);
            bytes.extend(key.as_bytes());
        }
    }
    Some(bytes)
}

/// Seven bits a byte, least first, the high bit says that more follow (LEB128).
fn push_number(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value & 0x7F).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take_number(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.next()?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A word of ten letters that nobody can guess, for exactly these bytes: 50 bits, good for one person and one act.
pub fn nonce(exact: &[u8], keys: &Keyring) -> String {
    let tag = mac(keys.newest(), NONCE_LABEL, &[exact]);
    data_encoding::BASE32_NOPAD.encode(tag.as_ref()).chars().take(10).collect()
}

/// Every code of ours in a text, each once, in order. Quote marks, line wraps at the dashes, lower case and the usual
/// misreadings (0 for O, 1 for I, 8 for B) are forgiven; a wrong MAC is not. Looks at the first 32 candidates.
pub fn find(text: &str, keys: &Keyring) -> Vec<Coded> {
    let mut found: Vec<Coded> = Vec::new();
    let upper = text.to_ascii_uppercase();
    for (_, after) in upper.match_indices(HEAD).take(MOST_CODES).filter_map(|(at, head)| {
        let after = upper.get(at + head.len()..)?;
        let before = upper.get(..at)?.chars().next_back();
        (!before.is_some_and(char::is_alphanumeric)).then_some((at, after))
    }) {
        let coded = candidate(after, keys);
        found.extend(coded.filter(|c| !found.contains(c)));
    }
    found
}

/// The code that stands here, if any number of its groups verifies: what follows may look like one more group.
fn candidate(text: &str, keys: &Keyring) -> Option<Coded> {
    let mut letters = String::new();
    let mut rest = text.chars().peekable();
    let mut found = None;
    for _ in 0..MOST_GROUPS {
        while rest.next_if(|c| is_filler(*c)).is_some() {}
        if rest.next_if(|c| matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2013}')).is_none() {
            break;
        }
        while rest.next_if(|c| is_filler(*c)).is_some() {}
        let mut size = 0;
        while let Some(c) = rest.next_if(char::is_ascii_alphanumeric) {
            size += 1;
            letters.push(match c {
                '0' => 'O',
                '1' => 'I',
                '8' => 'B',
                c => c,
            });
        }
        if size == 0 || size > GROUP {
            break;
        }
        found = check(&letters, keys).or(found);
        if size < GROUP {
            break;
        }
    }
    found
}

/// What a mail program puts between the groups when it quotes and wraps.
fn is_filler(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, '>' | '|')
}

fn check(letters: &str, keys: &Keyring) -> Option<Coded> {
    let bytes = data_encoding::BASE32_NOPAD.decode(letters.as_bytes()).ok()?;
    let (body, given) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
    let mut rest = body.iter();
    let key = keys.get(u32::try_from(take_number(&mut rest)?).ok()?)?;
    if !same(mac(key, LABEL, &[body]).as_ref().get(..MAC_BYTES)?, given) {
        return None;
    }
    let year = i16::try_from(take_number(&mut rest)?).ok()?;
    let number = u32::try_from(take_number(&mut rest)?).ok()?;
    let holder = match *rest.next()? {
        PARTICIPANT => Holder::Participant(PersonId(i64::try_from(take_number(&mut rest)?).ok()?)),
        MEMBER => {
            let length = usize::from(*rest.next()?);
            let key: Vec<u8> = rest.by_ref().take(length).copied().collect();
            Holder::Member(MemberKey(String::from_utf8(key).ok()?))
        }
        _ => return None,
    };
    rest.next().is_none().then_some(Coded { case: CaseId { year, number }, holder })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::marker::Key;

    fn ring(byte: u8) -> Keyring {
        Keyring::new(Key { number: 1, bytes: [byte; 32] }, vec![])
    }
    const CASE: CaseId = CaseId { year: 2026, number: 7 };

    fn both() -> [Coded; 2] {
        [Holder::Participant(PersonId(3)), Holder::Member(MemberKey("alice".into()))]
            .map(|holder| Coded { case: CASE, holder })
    }

    #[test]
    fn a_code_reads_back_however_a_mail_program_mangled_it() {
        for coded in both() {
            let code = code(CASE, &coded.holder, &ring(1)).unwrap();
            let wrapped = code.replacen('-', "-\n> ", 3);
            let before = code.replacen('-', "\r\n>> -", 2);
            let misread = code.replace('O', "0").replace('I', "1").replace('B', "8").replace("S1RC", "SIRC");
            for text in [
                code.clone(),
                format!("On Monday you wrote:\n> > {}\n> > more", code.to_lowercase()),
                wrapped,
                before,
                misread.clone(),
                format!("{code} - text and - more"),
                format!("({code})."),
                format!("{code}-ABCD"),
            ] {
                assert_eq!(find(&text, &ring(1)), vec![coded.clone()], "{text}");
            }
        }
    }

    #[test]
    fn a_changed_or_foreign_code_says_nothing() {
        for coded in both() {
            let good = code(CASE, &coded.holder, &ring(1)).unwrap();
            assert!(find(&good, &ring(2)).is_empty());
            assert!(find(&format!("x{good}"), &ring(1)).is_empty());
            for (i, c) in good.char_indices().skip(5).filter(|(_, c)| *c != '-') {
                let other = if c == 'A' { "C" } else { "A" };
                let mut changed = good.clone();
                changed.replace_range(i..=i, other);
                assert!(find(&changed, &ring(1)).is_empty(), "{changed}");
            }
        }
    }

    #[test]
    fn a_member_s_code_is_not_a_reporter_s() {
        let found: Vec<Coded> =
            both().iter().flat_map(|c| find(&code(CASE, &c.holder, &ring(1)).unwrap(), &ring(1))).collect();
        assert_eq!(found, both());
    }

    #[test]
    fn the_longest_code_fits_and_a_longer_name_is_refused() {
        let long = Holder::Member(MemberKey("m".repeat(LONGEST_MEMBER_KEY)));
        let far = CaseId { year: 9999, number: 999_999_999 };
        let keys = Keyring::new(Key { number: u32::MAX, bytes: [1; 32] }, vec![]);
        let text = code(far, &long, &keys).unwrap();
        assert_eq!(find(&text, &keys), vec![Coded { case: far, holder: long }]);
        assert_eq!(code(far, &Holder::Member(MemberKey("m".repeat(41))), &keys), None);
        assert_eq!(code(far, &Holder::Participant(PersonId(-1)), &keys), None);
    }

    #[test]
    fn ten_thousand_false_starts_cost_little() {
        let text = "SIRC-AAAA-".repeat(100_000);
        assert!(find(&text, &ring(1)).is_empty());
    }
}
