//! Ids, web addresses and commits in a text, brought to one spelling so that they can be compared.

use std::sync::LazyLock;

use regex::Regex;

/// At most so many ids, addresses or commits of one text are followed.
pub const LINK_LIMIT: usize = 200;

static CVE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:CVE|CAN)[-_\s\u{2010}-\u{2015}]{0,2}((?:19|20)\d\d)[-_\s\u{2010}-\u{2015}]{1,2}(\d{4,8})\b").ok()
});
static GHSA: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bGHSA(?:-[23456789cfghjmpqrvwx]{4}){3}\b").ok());
static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:RUSTSEC-\d{4}-\d{4}|PYSEC-\d{4}-\d{1,6}|OSV-\d{4}-\d{1,6}|GO-\d{4}-\d{4})\b").ok()
});
static URL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\b(?:https?|hxxps?|ftp)://[^\s<>"'`|\\^{}\[\]]{4,500}"#).ok());
static COMMIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[0-9a-f]{10,40}\b").ok());

/// Whether all patterns of this file compile; for a test.
pub fn every_pattern_compiles() -> bool {
    [&CVE, &GHSA, &OTHER, &URL, &COMMIT].iter().all(|pattern| pattern.is_some())
}

fn push(all: &mut Vec<String>, item: String) {
    if all.len() < LINK_LIMIT && !all.contains(&item) {
        all.push(item);
    }
}

/// Ids of CVE, GitHub and OSV advisories that a text cites, in their proper spelling.
///
/// Tolerant: `CVE-2021_44228`, `cve 2021 44228` and `CAN-2001-0001` are read too.
pub fn ids(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(pattern) = CVE.as_ref() {
        for groups in pattern.captures_iter(text).take(LINK_LIMIT) {
            let part = |at| groups.get(at).map_or("", |m: regex::Match<'_>| m.as_str());
            push(&mut all, format!("CVE-{}-{}", part(1), part(2)));
        }
    }
    if let Some(pattern) = GHSA.as_ref() {
        for found in pattern.find_iter(text).take(LINK_LIMIT) {
            let tail = found.as_str().get(4..).unwrap_or_default().to_lowercase();
            push(&mut all, format!("GHSA{tail}"));
        }
    }
    if let Some(pattern) = OTHER.as_ref() {
        pattern.find_iter(text).take(LINK_LIMIT).for_each(|found| push(&mut all, found.as_str().to_owned()));
    }
    all
}

/// Web addresses of a text as [`key`] spells them.
pub fn urls(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(pattern) = URL.as_ref() {
        for found in pattern.find_iter(text).take(LINK_LIMIT) {
            if let Some(key) = key(found.as_str()) {
                push(&mut all, key);
            }
        }
    }
    all
}

/// The comparable form of a web address: no scheme, no `www.`, host in lower case, no fragment, no slash at the end, no
/// `.git`, no tracking parameters; GitHub's `pull/7/files` is `pull/7`. `None` for a bare host, which is no reference.
pub fn key(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split('#').next()?.trim_end_matches(['.', ',', ';', ':', ')', '!', '*', '?', '\'', '/']);
    let (host, path) = rest.split_once('/')?;
    let host = host.to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let (path, query) = path.split_once('?').map_or((path, ""), |(path, query)| (path, query));
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    let mut kept = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("utm_"));
    let query: Vec<&str> = kept.by_ref().take(8).collect();
    let mut path = path.to_owned();
    if host == "github.com" {
        path.make_ascii_lowercase();
        for tail in ["/files", "/commits"] {
            if path.contains("/pull/") && path.ends_with(tail) {
                path.truncate(path.len() - tail.len());
            }
        }
    }
    if path.is_empty() && query.is_empty() {
        return None;
    }
    Some(if query.is_empty() {
        format!("{host}/{path}")
    } else {
        format!("{host}/{path}?{}", query.join("&"))
    })
}

/// The GitHub project (`owner/name` in lower case) that an address points into.
pub fn project(key: &str) -> Option<String> {
    let mut parts = key.strip_prefix("github.com/").or_else(|| key.strip_prefix("gitlab.com/"))?.split('/');
    let (owner, name) = (parts.next()?, parts.next()?);
    let name = name.split('?').next().unwrap_or(name);
    let is_plain = !owner.is_empty() && !name.is_empty();
    let is_project = !["advisories", "orgs", "users", "topics", "sponsors"].contains(&owner);
    (is_plain && is_project).then(|| format!("{}/{}", owner.to_lowercase(), name.to_lowercase()))
}

/// Commits that a text names, by their first ten hexadecimal digits.
pub fn commits(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(pattern) = COMMIT.as_ref() {
        for found in pattern.find_iter(text).take(LINK_LIMIT * 4) {
            let word = found.as_str();
            let mixed = word.bytes().any(|b| b.is_ascii_digit())
                && word.bytes().filter(u8::is_ascii_alphabetic).count() > 1;
            if mixed {
                push(&mut all, word.chars().take(10).collect());
            }
        }
    }
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        assert!(every_pattern_compiles());
    }

    #[test]
    fn ids_are_read_in_many_spellings() {
        let text = "CVE-2021_44228, cve 2014 0160; CAN-2001-0001 and ghsa-jfh8-C2JP-5v3q, RUSTSEC-2021-0001, CVE-99-1";
        assert_eq!(
            ids(text),
            ["CVE-2021-44228", "CVE-2014-0160", "CVE-2001-0001", "GHSA-jfh8-c2jp-5v3q", "RUSTSEC-2021-0001"]
        );
    }

    #[test]
    fn addresses_have_one_spelling() {
        let one = "github.com/madler/zlib/pull/7";
        for url in [
            "https://github.com/madler/zlib/pull/7",
            "http://www.GitHub.com/madler/zlib/pull/7/files#diff",
            "https://github.com/madler/zlib/pull/7/?utm_source=mail).",
        ] {
            assert_eq!(key(url).unwrap(), one, "{url}");
        }
        assert_eq!(key("https://zlib.example/"), None);
        assert_eq!(project(one).unwrap(), "madler/zlib");
    }

    #[test]
    fn commits_are_their_first_ten_digits() {
        assert_eq!(
            commits("fixed in 5c44459c3b28a9bd3283aaceab7c615f8020c531, not 1234567890"),
            ["5c44459c3b"]
        );
    }
}
