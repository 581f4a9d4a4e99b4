//! The names of things: every id is its own type, so that none can stand in for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number of a case, printed as `SIR-2026-0007` everywhere: code, subjects, issues, logs.
///
/// Knowing it gives no right to anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseId {
    /// Calendar year (UTC) in which the case was opened.
    pub year: i16,
    /// Counts up from 1 in each year; never reused.
    pub number: u32,
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIR-{:04}-{:04}", self.year, self.number)
    }
}

/// A text that is not what it should be; the text itself is not repeated (it may be a report's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct Malformed(pub &'static str);

impl FromStr for CaseId {
    type Err = Malformed;

    /// Reads `SIR-2026-0007`, in any letter case.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bad = Malformed("case id (like SIR-2026-0007)");
        let upper = text.to_ascii_uppercase();
        let mut parts = upper.split('-');
        let (Some("SIR"), Some(year), Some(number), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad);
        };
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || !(4..=9).contains(&number.len()) || !digits(year) || !digits(number) {
            return Err(bad);
        }
        match (year.parse(), number.parse()) {
            (Ok(year), Ok(number)) if number > 0 => Ok(Self { year, number }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<String> for CaseId {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<CaseId> for String {
    fn from(id: CaseId) -> Self {
        id.to_string()
    }
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(
    /// A stored message (a row of `message`). Not the RFC 5322 Message-ID.
    MailId
);
row_id!(
    /// A person outside the roster who wrote to us (a row of `person`).
    PersonId
);
row_id!(
    /// An effect in the outbox (a row of `effect`).
    EffectId
);

/// The fixed id of an effect: 26 random characters of lower-case base32 (130 bits), drawn and committed before the
/// first try and never changed. It is the left part of outgoing Message-IDs and stands in the marker of an issue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Op(pub String);

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SHA-256 (FIPS 180-4), printed as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        let mut out = [0; 32];
        out.copy_from_slice(digest.as_ref());
        Self(out)
    }

    /// The digest stored as 32 raw bytes.
    ///
    /// # Errors
    /// When there are not exactly 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        <[u8; 32]>::try_from(bytes).map(Self).map_err(|_| Malformed("SHA-256"))
    }

    /// The first eight hexadecimal digits: how people name a text that they approve.
    pub fn short(&self) -> String {
        self.to_string().chars().take(8).collect()
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl TryFrom<String> for Sha256 {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        let bytes =
            data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| Malformed("SHA-256"))?;
        Self::from_bytes(&bytes)
    }
}

impl From<Sha256> for String {
    fn from(hash: Sha256) -> Self {
        hash.to_string()
    }
}

/// A mail address that we would answer: a strict addr-spec (RFC 5321 section 4.1.2 without quoted local parts,
/// comments, routes or address literals), its domain lower-case ASCII after IDNA.
///
/// Equality and order ignore letter case in the local part too: no provider that matters tells `Ann@` from `ann@`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    /// Reads a bare addr-spec; anything else (two `@`, quotes, routes, spaces, controls, an unknown-shaped domain)
    /// is no address. Limits: 64 octets before the `@`, 253 after it (RFC 5321 section 4.5.3.1).
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
        if !local_ok || domain.contains('@') {
            return None;
        }
        let ascii = idna::domain_to_ascii_strict(domain).ok()?.to_ascii_lowercase();
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let domain_ok = ascii.len() <= 253 && ascii.split('.').all(label_ok);
        domain_ok.then(|| Self(format!("{local}@{ascii}")))
    }

    /// As it is written in an envelope.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`, lower-case ASCII.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// What stands before the `@`, as it was written.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The form that is compared and stored: lower case in ASCII alone. Beyond it other signs have the lower case of a
    /// plain letter (U+212A that of `k`), and nobody may become a member by one.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// `atext` of RFC 5322 section 3.2.3, and letters and digits beyond ASCII (RFC 6531) but no controls or look-alike dots.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && c.is_alphanumeric())
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Address {}
impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Address {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Address {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text).ok_or(Malformed("mail address"))
    }
}
impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

/// A part of O3DE, by a name from our own list (never a reporter's words).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Component(pub String);

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A severity word; bands as in CVSS v3.0, v3.1 and v4.0 (None 0.0, Low to 3.9, Medium to 6.9, High to 8.9, Critical).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 0.0
    None,
    /// 0.1 to 3.9
    Low,
    /// 4.0 to 6.9
    Medium,
    /// 7.0 to 8.9
    High,
    /// 9.0 to 10.0
    Critical,
}

impl Severity {
    /// The word, in lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The short name of a member in the roster (`alice`): what events and commands say. Lower-case letters, digits, `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberKey(pub String);

impl fmt::Display for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_id_reads_back_what_it_prints_and_nothing_looser() {
        let id = CaseId { year: 2026, number: 7 };
        assert_eq!(id.to_string(), "SIR-2026-0007");
        assert_eq!("sir-2026-0007".parse(), Ok(id));
        assert_eq!("SIR-2026-12345".parse(), Ok(CaseId { year: 2026, number: 12345 }));
        for bad in
            ["SIR-2026-0000", "SIR-26-0007", "SIR-2026-7", "SIR-2026-0007-1", "SIR-2026-+007", "", "SIR"]
        {
            assert!(bad.parse::<CaseId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_a_bare_addr_spec_or_nothing() {
        assert_eq!(Address::parse("Ann.Lee@Example.EXAMPLE").unwrap().as_str(), "Ann.Lee@example.example");
        assert_eq!(Address::parse("a@bücher.example").unwrap().domain(), "xn--bcher-kva.example");
        for bad in [
            "",
            "@",
            "a@",
            "@b.example",
            "a b@c.example",
            "<@x.example,@y.example:alice@x.example>",
            "\"a\"@b.example",
            "a@b@c.example",
            "a..b@c.example",
            "a@b\r\nBcc: x",
            "a@[127.0.0.1]",
            "a@-b.example",
            "a@b..example",
        ] {
            assert!(Address::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(Address::parse("ANN@a.example"), Address::parse("ann@A.example"));
        assert_ne!(Address::parse("\u{212a}im@a.example"), Address::parse("kim@a.example"));
    }
}
