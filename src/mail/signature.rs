//! The `DKIM-Signature` fields of a mail, as they claim (RFC 6376 section 3.5). Nothing here is verified.

use std::collections::BTreeMap;

use super::head::Head;
use super::words;
use crate::case::Sha256;

/// Signatures that are read of one mail; real ones carry up to four.
pub(crate) const MOST: usize = 10;

/// What one signature claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `d=`, lower case.
    pub domain: String,
    /// `b=` without white space.
    pub b: String,
    /// `h=`, lower case.
    pub fields: Vec<String>,
    /// It covers a part of the body only (`l=`, whatever its value).
    pub partly: bool,
}

impl Signature {
    /// Whether all that a command is made of is covered.
    pub fn covers(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.fields.iter().any(|field| field == name))
    }

    /// What is remembered of it: the digest of its decoded octets, so that no other way to write them passes for new.
    pub fn mark(&self) -> Sha256 {
        let (bytes, _) = words::base64(self.b.as_bytes());
        Sha256::of(&[b"dkim ".as_slice(), &bytes].concat())
    }
}

/// All signatures whose tags can be read. More fields than [`MOST`]: none at all, so that nobody pays for them.
pub(super) fn all(head: &Head<'_>) -> Vec<Signature> {
    if head.all("dkim-signature").nth(MOST).is_some() {
        return Vec::new();
    }
    head.all("dkim-signature").filter_map(|field| one(&field.value())).collect()
}

/// Reads a tag list. A tag that stands twice makes the whole list invalid (RFC 6376 section 3.2).
fn one(value: &str) -> Option<Signature> {
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    for pair in value.split(';').filter(|pair| !pair.trim().is_empty()) {
        let (name, text) = pair.split_once('=')?;
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if tags.insert(name.trim().to_owned(), bare).is_some() {
            return None;
        }
    }
    let partly = tags.keys().any(|name| name.eq_ignore_ascii_case("l"));
    let domain = tags.remove("d").filter(|d| !d.is_empty())?.to_ascii_lowercase();
    let b = tags.remove("b").filter(|b| !b.is_empty())?;
    let fields = tags.remove("h")?.to_ascii_lowercase().split(':').map(str::to_owned).collect();
    Some(Signature { domain, b, fields, partly })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_folded_and_a_doubled_tag_spoils_all() {
        let read =
            one("v=1; a=rsa-sha256; d=A.example;\ts=x; h=From : Subject:date; bh=e30=; b=AB\tCD e=").unwrap();
        assert_eq!((read.domain.as_str(), read.b.as_str(), read.partly), ("a.example", "ABCDe=", false));
        assert!(read.covers(&["from", "subject", "date"]) && !read.covers(&["message-id"]));
        assert!(one("d=a.example; h=from; l=0; b=AB").unwrap().partly);
        assert_eq!(one("d=a.example; d=b.example; h=from; b=AB"), None);
        assert_eq!(one("d=a.example; h=from; b=AB; junk"), None);
        let other = one("d=a.example; h=from; b=ABC=").unwrap();
        assert_eq!(other.mark(), one("d=a.example; h=from; b=ABD=").unwrap().mark(), "the same octets");
    }
}
