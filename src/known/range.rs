//! Ranges of affected versions, from CPE rows, from CVE 5 `affected`, and from the words of a description.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::version::{VERSION_LIMIT, Version};

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// No end on this side.
    Open,
    /// Up to and with this version.
    With(String),
    /// Up to but without this version.
    Without(String),
}

/// A range of versions. Written as `=1.2`, `[1.0,2.0)`, `(,3.1]`, `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Range {
    /// The lower end.
    pub from: End,
    /// The upper end.
    pub to: End,
}

/// Whether a version lies in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Inside {
    /// In the range.
    In,
    /// Outside of it.
    Out,
    /// One of the versions cannot be ordered, or the range names none.
    Unknown,
}

impl Range {
    /// Every version.
    pub fn all() -> Self {
        Self { from: End::Open, to: End::Open }
    }

    /// This one version.
    pub fn only(version: &str) -> Self {
        Self { from: End::With(version.to_owned()), to: End::With(version.to_owned()) }
    }

    /// Whether the range names no version at all: then it says nothing of any.
    pub fn is_all(&self) -> bool {
        self.from == End::Open && self.to == End::Open
    }

    /// Whether this version lies in the range.
    pub fn holds(&self, version: &Version) -> Inside {
        if self.is_all() {
            return Inside::Unknown;
        }
        let above = match &self.from {
            End::Open => Some(true),
            End::With(low) => Version::parse(low).map(|low| *version >= low),
            End::Without(low) => Version::parse(low).map(|low| *version > low),
        };
        let below = match &self.to {
            End::Open => Some(true),
            End::With(high) => Version::parse(high).map(|high| *version <= high),
            End::Without(high) => Version::parse(high).map(|high| *version < high),
        };
        match (above, below) {
            (Some(true), Some(true)) => Inside::In,
            (Some(false), _) | (_, Some(false)) => Inside::Out,
            (None, _) | (_, None) => Inside::Unknown,
        }
    }

    /// The first version that is said to be fixed.
    pub fn fixed(&self) -> Option<&str> {
        match &self.to {
            End::Without(version) => Some(version),
            End::With(_) | End::Open => None,
        }
    }
}

/// Where a version lies among several ranges: in any of them, else unknown if any is, else out.
pub fn inside(ranges: &[Range], version: &Version) -> Inside {
    let mut answer = if ranges.is_empty() { Inside::Unknown } else { Inside::Out };
    for range in ranges {
        match range.holds(version) {
            Inside::In => return Inside::In,
            Inside::Unknown => answer = Inside::Unknown,
            Inside::Out => {}
        }
    }
    answer
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (End::Open, End::Open) => f.write_str("*"),
            (End::With(low), End::With(high)) if low == high => write!(f, "={low}"),
            (from, to) => {
                match from {
                    End::Open => f.write_str("(")?,
                    End::With(low) => write!(f, "[{low}")?,
                    End::Without(low) => write!(f, "({low}")?,
                }
                match to {
                    End::Open => f.write_str(",)"),
                    End::With(high) => write!(f, ",{high}]"),
                    End::Without(high) => write!(f, ",{high})"),
                }
            }
        }
    }
}

impl From<Range> for String {
    fn from(range: Range) -> Self {
        range.to_string()
    }
}

impl From<String> for Range {
    /// Reads what `Display` wrote; anything else is [`Range::all`].
    fn from(text: String) -> Self {
        if let Some(version) = text.strip_prefix('=') {
            return Self::only(version);
        }
        let Some((low, high)) = text.split_once(',') else { return Self::all() };
        let from = match (low.strip_prefix('['), low.strip_prefix('(')) {
            (Some(version), _) => End::With(version.to_owned()),
            (None, Some(version)) if !version.is_empty() => End::Without(version.to_owned()),
            (None, _) => End::Open,
        };
        let to = match (high.strip_suffix(']'), high.strip_suffix(')')) {
            (Some(version), _) => End::With(version.to_owned()),
            (None, Some(version)) if !version.is_empty() => End::Without(version.to_owned()),
            (None, _) => End::Open,
        };
        Self { from, to }
    }
}

/// A version in running text, without the dot that ends a sentence.
const NUMBER: &str = r"v?(\d{1,8}(?:\.\d{1,9}){0,4}(?:[._-]?[a-z]{1,5}[._-]?\d{0,4})?)";

static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)\b(?:from|starting (?:with|in|from)|since|between)\s(?:versions?\s)?{NUMBER}\s?,?\s(?:and\s|up\s)?(?:before|prior to|to|through|until|and)\s(?:versions?\s)?{NUMBER}"
    ))
});
static DASHED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(
        r"(?i)\b(\d{1,5}(?:\.\d{1,9}){1,4}[a-z]{0,2})\s?[-\x{2013}]\s?(\d{1,5}(?:\.\d{1,9}){1,4}[a-z]{0,2})\b",
    )
});
/// Where it is fixed says nothing of what is affected.
static FIXED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)\b(?:fixed|patched|resolved|addressed)\s(?:in|by)\s(?:[a-z][a-z0-9_-]{{0,30}}\s)?(?:versions?\s)?{NUMBER}\b"
    ))
});
static BELOW: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)(?:\b(?:before|prior to|older than|earlier than|lower than|below)|<)\s?(?:versions?\s)?{NUMBER}\b"
    ))
});
static UP_TO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(r"(?i)(?:\b(?:through|up to(?: and including)?)|<=)\s?(?:versions?\s)?{NUMBER}\b"))
});
static AND_OLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)\b{NUMBER}(?:,)?\s\(?(?:and|or)\s(?:earlier|before|prior|below|older|lower|previous)"
    ))
});
static SINGLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| compile(r"(?i)[a-z0-9]\sv?(\d{1,5}(?:\.\d{1,9}){1,4}[a-z]{0,2})\b"));

fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// Whether all patterns of this file compile; for a test.
pub fn every_pattern_compiles() -> bool {
    [&SPAN, &DASHED, &FIXED, &BELOW, &UP_TO, &AND_OLDER, &SINGLE].iter().all(|pattern| pattern.is_some())
}

/// The ranges that a description names in words (`before 1.2.12`, `through 4.0.3`, `2.1 and earlier`), at most sixteen.
///
/// Whose versions they are is not known from here: give it the part of a description that speaks of one product.
pub fn ranges_in(text: &str) -> Vec<Range> {
    let end: String = text.chars().take(3000).collect();
    let mut found = Vec::new();
    let mut spent: Vec<std::ops::Range<usize>> = Vec::new();
    let mut take = |pattern: &LazyLock<Option<Regex>>, make: &dyn Fn(&str, &str) -> Option<Range>| {
        let Some(pattern) = pattern.as_ref() else { return };
        for groups in pattern.captures_iter(&end).take(16) {
            let Some(whole) = groups.get(0) else { continue };
            if spent.iter().any(|old| old.start < whole.end() && whole.start() < old.end) {
                continue;
            }
            let first = groups.get(1).map_or("", |m| m.as_str());
            let second = groups.get(2).map_or("", |m| m.as_str());
            if first.len() < VERSION_LIMIT && Version::parse(first).is_some() {
                spent.push(whole.range());
                found.extend(make(first, second));
            }
        }
    };
    let range = |from: End, to: End| Some(Range { from, to });
    take(&SPAN, &|low, high| range(End::With(low.to_owned()), End::Without(high.to_owned())));
    take(&DASHED, &|low, high| range(End::With(low.to_owned()), End::With(high.to_owned())));
    take(&FIXED, &|_, _| None);
    take(&AND_OLDER, &|high, _| range(End::Open, End::With(high.to_owned())));
    take(&BELOW, &|high, _| range(End::Open, End::Without(high.to_owned())));
    take(&UP_TO, &|high, _| range(End::Open, End::With(high.to_owned())));
    take(&SINGLE, &|one, _| Some(Range::only(one)));
    found.truncate(16);
    found
}
