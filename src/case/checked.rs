//! What a check against the public record and earlier cases came to, as numbers: words stay in the store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much a check found. Nothing here is a word of a report or of a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Records whose id the report cites, and that stand.
    pub cited: u8,
    /// Cited records that were rejected by their source.
    pub rejected: u8,
    /// Records that share an address or a commit with the report.
    pub same_reference: u8,
    /// Records that are likely the same thing.
    pub likely: u8,
    /// Records worth a look.
    pub related: u8,
    /// Earlier cases of our own, closed and rejected ones too.
    pub earlier: u8,
    /// Bundled packages that the report names with a version inside the range of a record.
    pub in_range: u8,
    /// Records of O3DE that became public after the report came, or that O3DE did not mark.
    pub leaks: u8,
    /// Ids that are cited and not in the mirror.
    pub unknown: u8,
}

impl Tally {
    /// Whether a person must decide something about what was found.
    pub fn is_strong(&self) -> bool {
        let all = [self.cited, self.same_reference, self.likely, self.earlier, self.in_range, self.leaks];
        all.iter().any(|count| *count > 0)
    }

    /// Whether more of a strong kind was found than stands in the other.
    pub fn is_more_than(&self, told: &Self) -> bool {
        let kinds = [
            (self.cited, told.cited),
            (self.same_reference, told.same_reference),
            (self.likely, told.likely),
            (self.earlier, told.earlier),
            (self.in_range, told.in_range),
            (self.leaks, told.leaks),
        ];
        kinds.iter().any(|(found, told)| found > told)
    }

    /// The larger number of each kind.
    #[must_use]
    pub fn most(&self, other: &Self) -> Self {
        Self {
            cited: self.cited.max(other.cited),
            rejected: self.rejected.max(other.rejected),
            same_reference: self.same_reference.max(other.same_reference),
            likely: self.likely.max(other.likely),
            related: self.related.max(other.related),
            earlier: self.earlier.max(other.earlier),
            in_range: self.in_range.max(other.in_range),
            leaks: self.leaks.max(other.leaks),
            unknown: self.unknown.max(other.unknown),
        }
    }

    /// `1 cited, 2 likely known, 1 earlier case`; `None` when nothing was found.
    pub fn words(&self) -> Option<String> {
        let one = |count: u8, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let mut parts = vec![
            one(self.cited, "cited", "cited"),
            one(self.same_reference, "with the same reference", "with the same reference"),
            one(self.likely, "likely known", "likely known"),
            one(self.earlier, "earlier case", "earlier cases"),
            one(self.in_range, "bundled package in range", "bundled packages in range"),
            one(self.leaks, "possible leak", "possible leaks"),
            one(self.rejected, "cited id rejected by its source", "cited ids rejected by their source"),
            one(self.unknown, "cited id not in the mirror", "cited ids not in the mirror"),
        ];
        if !self.is_strong() {
            parts.insert(0, one(self.related, "related", "related"));
        }
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Why a report was not checked against the public record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unchecked {
    /// There is no mirror, or an empty one.
    NoMirror,
    /// The mirror cannot be read.
    MirrorFault,
    /// It took longer than a mail may wait for it.
    TooSlow,
    /// Its turn has not come.
    NotYet,
    /// The text of the mail could not be read.
    Unreadable,
    /// The mail is encrypted.
    Encrypted,
}

impl Unchecked {
    /// The reason in words, as members read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoMirror => "no mirror yet",
            Self::MirrorFault => "the mirror cannot be read",
            Self::TooSlow => "it took too long; it is tried again",
            Self::NotYet => "not yet, in a moment",
            Self::Unreadable => "only the header of the mail could be read",
            Self::Encrypted => "the mail is encrypted",
        }
    }
}

/// How a check of a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Checked {
    /// The report was compared with the mirror and with earlier cases.
    Done {
        /// What was found.
        tally: Tally,
        /// When the mirror was last brought up to date.
        mirror: Option<Timestamp>,
    },
    /// It could not be compared with the mirror.
    Not {
        /// Why.
        why: Unchecked,
        /// Earlier cases of our own that look alike all the same.
        earlier: u8,
    },
}

impl Checked {
    /// What was found, in numbers; of a check without public records the earlier cases alone.
    pub fn tally(&self) -> Tally {
        match self {
            Self::Done { tally, .. } => *tally,
            Self::Not { earlier, .. } => Tally { earlier: *earlier, ..Tally::default() },
        }
    }

    /// One line for members: counts, in our own words.
    pub fn words(&self) -> String {
        match self {
            Self::Done { tally, .. } => {
                tally.words().unwrap_or_else(|| "nothing like it was found".to_owned())
            }
            Self::Not { why, earlier: 0 } => format!("not checked: {}", why.words()),
            Self::Not { why, earlier: 1 } => {
                format!("1 earlier case; public records not checked: {}", why.words())
            }
            Self::Not { why, earlier } => {
                format!("{earlier} earlier cases; public records not checked: {}", why.words())
            }
        }
    }

    /// Whether a person must decide something about what was found.
    pub fn is_strong(&self) -> bool {
        match self {
            Self::Done { tally, .. } => tally.is_strong(),
            Self::Not { earlier, .. } => *earlier > 0,
        }
    }
}
