//! Where something is public: an id of a public list, or an address on the web.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest address that is repeated in a letter, in characters.
const URL_CHARS: usize = 300;

/// A public record of a flaw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "list", content = "id", rename_all = "kebab-case")]
pub enum Reference {
    /// `CVE-2026-12345` (CVE Record Format 5, `cveId`).
    Cve(String),
    /// `GHSA-xxxx-xxxx-xxxx`, of GitHub's alphabet.
    Ghsa(String),
    /// An https address that a member named.
    Url(String),
}

impl Reference {
    /// Reads an id in any letter case, or an address; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        if let Some(rest) = upper.strip_prefix("CVE-") {
            let (year, number) = rest.split_once('-')?;
            let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
            let whole = year.len() == 4 && (4..=12).contains(&number.len()) && digits(year) && digits(number);
            return whole.then_some(Self::Cve(upper));
        }
        if let Some(rest) = upper.strip_prefix("GHSA-") {
            let groups: Vec<&str> = rest.split('-').collect();
            let letter = |b: u8| b"23456789CFGHJMPQRVWX".contains(&b);
            let whole = groups.len() == 3 && groups.iter().all(|g| g.len() == 4 && g.bytes().all(letter));
            return whole.then(|| Self::Ghsa(format!("GHSA-{}", rest.to_ascii_lowercase())));
        }
        let host = text.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
        let safe = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#=&%+@,;".contains(c);
        let named = host.contains('.') && !host.contains(['@', '%']) && !host.starts_with('.');
        (named && text.chars().count() <= URL_CHARS && text.chars().all(safe))
            .then(|| Self::Url(text.to_owned()))
    }

    /// The address: built from the id, never taken from a record.
    pub fn url(&self) -> String {
        match self {
            Self::Cve(id) => format!("https://www.cve.org/CVERecord?id={id}"),
            Self::Ghsa(id) => format!("https://github.com/advisories/{id}"),
            Self::Url(url) => url.clone(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cve(id) | Self::Ghsa(id) | Self::Url(id) => f.write_str(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_or_an_address_and_nothing_else() {
        assert_eq!(Reference::parse("cve-2025-12345"), Some(Reference::Cve("CVE-2025-12345".into())));
        let ghsa = Reference::parse("GHSA-2c4F-xxxx-9gHj").unwrap();
        assert_eq!(ghsa.url(), "https://github.com/advisories/GHSA-2c4f-xxxx-9ghj");
        assert!(Reference::parse("https://github.com/o3de/o3de/issues/7265").is_some());
        for bad in [
            "",
            "CVE-25-1",
            "CVE-2025-x1234",
            "GHSA-aaaa-bbbb-cccc",
            "http://a.example",
            "https://a",
            "https://user@evil.example/",
            "https://a.example/<b>",
            "javascript:alert(1)",
        ] {
            assert_eq!(Reference::parse(bad), None, "{bad}");
        }
    }
}
