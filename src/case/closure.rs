//! Why a case ends: one list, with the letter that goes to the reporter (RUNBOOK sections 1.2 and 3).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::letter::LetterKind;

/// Why a case is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closure {
    /// It was public already.
    KnownPublic,
    /// It works as intended.
    Wai,
    /// A fault, but not of security.
    Bug,
    /// A wish for another behavior.
    Feature,
    /// Nothing that this project looks after.
    OutOfScope,
    /// We could not see it happen.
    NotReproducible,
    /// It harms neither confidentiality, integrity nor availability.
    NoImpact,
    /// Another case is about the same.
    Duplicate,
    /// Advertising and the like.
    Spam,
    /// A mail that reports nothing.
    NotAReport,
    /// Published.
    Disclosed,
}

impl Closure {
    /// All of them, in the order in which members are told of them.
    pub const ALL: [Self; 11] = [
        Self::KnownPublic,
        Self::Wai,
        Self::Bug,
        Self::Feature,
        Self::OutOfScope,
        Self::NotReproducible,
        Self::NoImpact,
        Self::Duplicate,
        Self::Spam,
        Self::NotAReport,
        Self::Disclosed,
    ];

    /// The word in commands, events and labels.
    pub fn word(self) -> &'static str {
        match self {
            Self::KnownPublic => "known-public",
            Self::Wai => "wai",
            Self::Bug => "bug",
            Self::Feature => "feature",
            Self::OutOfScope => "out-of-scope",
            Self::NotReproducible => "not-reproducible",
            Self::NoImpact => "no-impact",
            Self::Duplicate => "duplicate",
            Self::Spam => "spam",
            Self::NotAReport => "not-a-report",
            Self::Disclosed => "disclosed",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::KnownPublic => "public already",
            Self::Wai => "works as intended",
            Self::Bug => "a bug, not of security",
            Self::Feature => "a feature request",
            Self::OutOfScope => "out of scope",
            Self::NotReproducible => "not reproducible",
            Self::NoImpact => "no security impact shown",
            Self::Duplicate => "a duplicate",
            Self::Spam => "spam",
            Self::NotAReport => "not a report",
            Self::Disclosed => "disclosed",
        }
    }

    /// The letter that tells the reporter; none where nobody is owed one, or another verb sends it.
    pub fn letter(self) -> Option<LetterKind> {
        match self {
            Self::Wai => Some(LetterKind::Intended),
            Self::Bug => Some(LetterKind::Bug),
            Self::Feature | Self::OutOfScope | Self::NotReproducible | Self::NoImpact => {
                Some(LetterKind::NotHere)
            }
            Self::KnownPublic | Self::Duplicate | Self::Spam | Self::NotAReport | Self::Disclosed => None,
        }
    }

    /// Whether it says that there is no vulnerability (RUNBOOK section 1.1, `NOT_VULN`), so that for a grave claim a second
    /// person must agree; the others say where the report went.
    pub fn denies(self) -> bool {
        match self {
            Self::Wai
            | Self::Bug
            | Self::Feature
            | Self::OutOfScope
            | Self::NotReproducible
            | Self::NoImpact
            | Self::Spam
            | Self::NotAReport => true,
            Self::KnownPublic | Self::Duplicate | Self::Disclosed => false,
        }
    }

    /// Whether members owe a reason, because the reporter is told one.
    pub fn needs_reason(self) -> bool {
        self.letter().is_some()
    }
}

impl fmt::Display for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
