//! Which O3DE a report speaks of: release, range, engine version, commit, branch.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use serde::Serialize;

use super::section::{self, Section, Topic};
use super::words::{Found, Words, group, keep, patterns, place};

/// A release on our list (`data/releases.tsv`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The tag in o3de/o3de: `2505.1`.
    pub tag: &'static str,
    /// Its date, as `YYYY-MM-DD`.
    pub date: &'static str,
    /// The engine's own version (`2.4.1`), where we know it.
    pub engine: Option<&'static str>,
}

static RELEASES: LazyLock<Vec<Release>> = LazyLock::new(|| {
    let lines = include_str!("data/releases.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let (tag, date) = (columns.next()?, columns.next()?);
            Some(Release { tag, date, engine: columns.next().filter(|engine| *engine != "-") })
        })
        .collect()
});

/// The releases that we know, oldest first.
pub fn releases() -> &'static [Release] {
    &RELEASES
}

/// What a version is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Which {
    /// A release by its tag (`2505.1`), however it was written (`25.05.1`, `v25.05.1`, `2505.1`). It need not be on
    /// our list: new ones come.
    Release(String),
    /// The engine's own version: `2.4.1`.
    Engine(String),
    /// `00.00`: what a build from source shows.
    Source,
    /// All versions.
    All,
    /// The newest release, whichever that was on the day.
    LatestRelease,
    /// The tip of a branch: `development` or `main`.
    Tip,
}

/// On which side of a version the flaw is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Bound {
    /// This version.
    Exactly,
    /// This one and older: `<=`, through, up to, and earlier.
    UpTo,
    /// Older than this: `<`, prior to.
    Before,
    /// This one and newer: `>=`, since, and later.
    Since,
    /// Newer than this: `>`.
    After,
}

/// A version as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Which one.
    pub which: Which,
    /// It alone, or all on one side of it.
    pub bound: Bound,
}

impl Version {
    /// The release on our list that this names, if it is there.
    pub fn release(&self) -> Option<&'static Release> {
        RELEASES.iter().find(|release| match &self.which {
            Which::Release(tag) => release.tag == tag,
            Which::Engine(engine) => release.engine == Some(engine.as_str()),
            Which::Source | Which::All | Which::LatestRelease | Which::Tip => false,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.bound {
            Bound::Exactly => "",
            Bound::UpTo => "<= ",
            Bound::Before => "< ",
            Bound::Since => ">= ",
            Bound::After => "> ",
        })?;
        match &self.which {
            Which::Release(tag) => f.write_str(tag),
            Which::Engine(engine) => write!(f, "engine {engine}"),
            Which::Source => f.write_str("source build (00.00)"),
            Which::All => f.write_str("all versions"),
            Which::LatestRelease => f.write_str("latest release"),
            Which::Tip => f.write_str("latest commit"),
        }
    }
}

patterns! {
    RELEASE = r"\bv?(?:(2[1-9])\.(0[1-9]|1[0-2])(?:\.(\d{1,2}))?|(2[1-9])(0[1-9]|1[0-2])\.(\d{1,2}))\b";
    BRAND = r"(?:\$|\b(?:ubuntu|mint|nvidia|drivers?|geforce|fedora|nixos|mesa|ios|macos|android|python|clang|adrenalin|wrt|time|at|usd|eur|port))[ :]{0,2}(?:version |v)?\z";
    DATED = r"\b(?:on|dated?|by|until|am|le)[: ]{1,2}\z";
    ENGINE = r"\b(?:o3de|open 3d engine|engine)(?:'s)?(?:\s|[:=@/-]){1,3}(?:engine\s{1,2})?(?:version\s{1,2}|release\s{1,2}|ver\.?\s{1,2})?(?:[<>]=?\s{0,2})?v?(\d\.\d{1,2}\.\d{1,2})\b";
    SEMVER = r"\bv?([1-9]\.\d{1,2}\.\d{1,2})\b";
    SOURCE = r"\b00\.00\b";
    ALL_VERSIONS = r"\b(?:all|any|every|each)\s{1,2}(?:(?:the|known|current|supported|released|public|o3de|affected)\s{1,2}){0,3}(?:versions?|releases?|builds)\b|\b(?:affected )?versions?\s{0,2}:\s{0,2}\**\s{0,2}all\b";
    LATEST_RELEASE = r"\b(?:latest|newest|current|most recent)\s{1,2}(?:(?:stable|public|official|o3de|released|available)\s{1,2}){0,2}(?:versions?|releases?|installer|build)\b|\bversion\s{0,2}:\s{0,2}latest\b";
    TIP = r"\b(?:latest|current|newest|tip of(?: the)?|head of(?: the)?|top of(?: the)?|today's)\s{1,2}(?:commits?\s{1,2}(?:on|of|in)\s{1,2}(?:the\s{1,2})?)?[`'\x22]?(?:main|master|development|dev branch|git|head|commit|source|trunk)\b";
    AT_MOST_BEFORE = r"(?:<=|\b(?:through|thru|up to|upto|until|to|and below|including|bis)(?:\s{1,2}(?:and\s{1,2}including|including|version|o3de|release)){0,3})[\s`'\x22]{0,3}\z";
    LESS_BEFORE = r"(?:<|\b(?:prior to|before|earlier than|older than|below|lower than)(?:\s{1,2}(?:version|o3de|release)){0,2})[\s`'\x22v]{0,3}\z";
    AT_LEAST_BEFORE = r"(?:>=|\b(?:since|starting (?:from|with|at|in)|from|introduced in|as of|ab)(?:\s{1,2}(?:version|o3de|release)){0,2})[\s`'\x22]{0,3}\z";
    MORE_BEFORE = r"(?:>|\b(?:after|newer than|later than|above)(?:\s{1,2}(?:version|o3de|release)){0,2})[\s`'\x22]{0,3}\z";
    AT_MOST_AFTER = r"\A[`'\x22]{0,2}[,\s]{0,2}\(?(?:and|or)?\s{0,2}(?:(?:all|any)\s{1,2})?(?:earlier|below|older|prior|previous|lower|before)\b";
    AT_LEAST_AFTER = r"\A[`'\x22]{0,2}[,\s]{0,2}\(?(?:(?:and|or)\s{1,2}(?:(?:all|any)\s{1,2})?(?:later|newer|above|higher|up)\b|\+)";
    COMMIT = r"\b(?:commit|sha-?1?|rev(?:ision)?|git|head|at)\b(?:\s{1,2}(?:id|hash|sha|is|at|of|the))?[\s:=#`'\x22(*@]{1,6}([0-9a-f]{7,40})\b";
    COMMIT_URL = r"/(?:commit|blob|tree|commits)/([0-9a-f]{7,40})\b";
    BRANCH_NAME = r"\b((?:stabilization|point-release)/\d{4,6}(?:rte)?)\b";
    BRANCH = r"\b(?:branch|HEAD of|tip of|latest|current|built from)\s{0,2}[:=]?\s{0,2}(?:is\s|the\s)?[`'\x22*]{0,2}(development|main|master)\b|\b[`'\x22]?(development|main|master)[`'\x22]?\s{1,2}branch\b";
    BRANCH_URL = r"/(?:blob|tree)/(development|main)\b";
}

/// Versions named anywhere in the report.
pub(super) fn versions(words: &Words, sections: &[Section]) -> Vec<Found<Version>> {
    let mut out = Vec::new();
    for groups in RELEASE.groups(words.all()) {
        if let Some((tag, at)) = release(words, &groups) {
            let which = Which::Release(tag);
            keep(&mut out, with_bound(words, which, &at));
        }
    }
    for groups in ENGINE.groups(words.all()) {
        keep(&mut out, with_bound(words, Which::Engine(group(&groups, 1).to_owned()), &place(&groups, 1)));
    }
    for section in sections.iter().filter(|s| s.topic == Topic::Version) {
        let Some(line) = section::first_line(words, section) else { continue };
        for groups in SEMVER.groups(words.at(&line)).take(4) {
            let (inner, text) = (place(&groups, 1), group(&groups, 1));
            // A bare 2.4.1 could be any program's version; only the engine's own ones are taken.
            if RELEASES.iter().any(|release| release.engine == Some(text)) {
                let at = line.start + inner.start..line.start + inner.end;
                keep(&mut out, with_bound(words, Which::Engine(text.to_owned()), &at));
            }
        }
    }
    for (pattern, which) in [
        (&SOURCE, Which::Source),
        (&ALL_VERSIONS, Which::All),
        (&TIP, Which::Tip),
        (&LATEST_RELEASE, Which::LatestRelease),
    ] {
        if let Some(at) = pattern.find(words.all()) {
            keep(&mut out, words.found(Version { which, bound: Bound::Exactly }, &at));
        }
    }
    out
}

/// A match of the release pattern as a tag, unless it is a date, an Ubuntu, a driver or a price.
fn release(words: &Words, groups: &regex::Captures<'_>) -> Option<(String, Range<usize>)> {
    let at = place(groups, 0);
    let (before, after) = (words.before(&at, 24), words.after(&at, 4));
    let dotted = !group(groups, 1).is_empty();
    let (year, month, patch) = if dotted {
        (group(groups, 1), group(groups, 2), group(groups, 3))
    } else {
        (group(groups, 4), group(groups, 5), group(groups, 6))
    };
    let patch: u8 = if patch.is_empty() { 0 } else { patch.parse().ok()? };
    let glued = before.ends_with(['.', '-', '/', ',', '$', '_', '@'].as_slice())
        && !["o3de-", "o3de/", "o3de_", "o3de@", "tag/"]
            .iter()
            .any(|own| before.to_lowercase().ends_with(own));
    let goes_on =
        after.starts_with('.') && after.get(1..2).is_some_and(|c| c.bytes().all(|b| b.is_ascii_digit()));
    let unit = after.trim_start().starts_with(['%', '$'].as_slice());
    let known = RELEASES.iter().any(|release| release.tag == format!("{year}{month}.{patch}"));
    // Releases come out in months 5, 7, 9, 10 and 11; other months only when the list has them.
    let month_fits = known || matches!(month, "05" | "07" | "09" | "10" | "11");
    let date = DATED.is_in(before) && !known;
    if glued || goes_on || unit || patch > 9 || !month_fits || date || BRAND.is_in(before) {
        return None;
    }
    Some((format!("{year}{month}.{patch}"), at))
}

/// The version with the side that the words around it name; the words shown take the side in.
fn with_bound(words: &Words, which: Which, at: &Range<usize>) -> Found<Version> {
    let (before, after) = (words.before(at, 40), words.after(at, 24));
    let sides = [
        // "prior to" before "to".
        (&LESS_BEFORE, Bound::Before),
        (&AT_MOST_BEFORE, Bound::UpTo),
        (&AT_LEAST_BEFORE, Bound::Since),
        (&MORE_BEFORE, Bound::After),
    ];
    for (pattern, bound) in sides {
        if let Some(side) = pattern.find(before) {
            let from = at.start - before.len() + side.start;
            return words.found(Version { which, bound }, &(from..at.end));
        }
    }
    for (pattern, bound) in [(&AT_MOST_AFTER, Bound::UpTo), (&AT_LEAST_AFTER, Bound::Since)] {
        if let Some(side) = pattern.find(after) {
            return words.found(Version { which, bound }, &(at.start..at.end + side.end));
        }
    }
    words.found(Version { which, bound: Bound::Exactly }, at)
}

/// The commit a report names: 7 to 40 hexadecimal digits after a word such as "commit", or in a link.
pub(super) fn commit(words: &Words) -> Option<Found<String>> {
    let named = COMMIT.groups(words.all()).chain(COMMIT_URL.groups(words.all())).find(|groups| {
        let hash = group(groups, 1);
        let digit = hash.bytes().any(|b| b.is_ascii_digit());
        // Seven letters a to f are also words ("defaced"), seven digits also a number; forty are neither.
        hash.len() == 40 || (digit && hash.bytes().any(|b| b.is_ascii_alphabetic()))
    })?;
    Some(words.found(group(&named, 1).to_ascii_lowercase(), &place(&named, 0)))
}

/// The branch a report names.
pub(super) fn branch(words: &Words) -> Option<Found<String>> {
    let named =
        [&BRANCH_NAME, &BRANCH, &BRANCH_URL].into_iter().find_map(|p| p.groups(words.all()).next())?;
    let name = [group(&named, 1), if named.len() > 2 { group(&named, 2) } else { "" }];
    let name = name.into_iter().find(|name| !name.is_empty())?;
    Some(words.found(name.to_ascii_lowercase(), &place(&named, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let words = Words::new("", text);
        let sections = section::sections(&words);
        versions(&words, &sections).iter().map(|found| found.value.to_string()).collect()
    }

    #[test]
    fn a_release_is_read_in_every_form_it_is_written_in() {
        for (text, expected) in [
            ("O3DE 25.05.1", "2505.1"),
            ("v25.05", "2505.0"),
            ("tag 2409.2", "2409.2"),
            ("Affected: <= 25.05.0", "<= 2505.0"),
            ("prior to 23.10.3", "< 2310.3"),
            ("versions before v24.09", "< 2409.0"),
            ("up to and including 2505.1", "<= 2505.1"),
            ("since 22.10", ">= 2210.0"),
            ("25.05.0 and earlier", "<= 2505.0"),
            ("23.05 or later", ">= 2305.0"),
            ("O3DE engine version 2.4.1", "engine 2.4.1"),
            ("Version: 2.3.2", "engine 2.3.2"),
            ("the about box says 00.00", "source build (00.00)"),
            ("all released versions", "all versions"),
            ("the latest development branch", "latest commit"),
            ("the newest release", "latest release"),
            ("o3de-26.10.0", "2610.0"),
        ] {
            assert_eq!(read(text), [expected], "{text}");
        }
        assert_eq!(read("from 22.10 through 25.05.1"), [">= 2210.0", "<= 2505.1"]);
    }

    #[test]
    fn what_only_looks_like_a_release_is_none() {
        for text in [
            "Ubuntu 22.10",
            "NVIDIA driver 25.09.1",
            "am 25.05.2026",
            "on 25.05.26",
            "192.168.25.05",
            "21.11.5.3",
            "$25.05",
            "Python 2.4.1",
            "at 22:05",
            "23.10 %",
        ] {
            assert!(read(text).is_empty(), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn commits_and_branches_are_found_and_words_are_not_commits() {
        let commit_of = |text| commit(&Words::new("", text)).map(|found| found.value);
        assert_eq!(commit_of("commit 354a2acc"), Some("354a2acc".into()));
        assert_eq!(commit_of("(sha: `0123456789abcdef0123456789abcdef01234567`)").map(|s| s.len()), Some(40));
        assert_eq!(commit_of("https://x.example/o3de/blob/354a2ac/f.cpp"), Some("354a2ac".into()));
        assert_eq!(commit_of("at address 0x41414141, commit defaced, at 1234567"), None);
        let branch_of = |text| branch(&Words::new("", text)).map(|found| found.value);
        assert_eq!(branch_of("built from stabilization/25050"), Some("stabilization/25050".into()));
        assert_eq!(branch_of("on the `development` branch"), Some("development".into()));
        assert_eq!(branch_of("the main problem of development"), None);
    }

    #[test]
    fn the_list_of_releases_is_whole_and_in_order() {
        assert_eq!(releases().len(), 21);
        assert!(releases().windows(2).all(|pair| pair[0].date < pair[1].date));
        let known = Version { which: Which::Engine("2.4.1".into()), bound: Bound::Exactly };
        assert_eq!(known.release().map(|release| release.tag), Some("2505.1"));
    }
}
