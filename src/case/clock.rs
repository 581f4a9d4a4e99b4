//! The clocks of a case: which promises run, and when people are told that one runs out.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;

/// A promise with a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockKind {
    /// A person acknowledges the report (RFC: "within 3 working days of initial report").
    Acknowledge,
    /// Somebody of the team takes the case.
    Owner,
    /// The team says what it is (RFC: "identify initial impact level").
    Assessment,
    /// The team meets about a grave one (RFC: "within 1 week of issue being reported").
    Meeting,
    /// The reporter hears the word that they were promised.
    Contact,
    /// The reporter hears how it goes (RFC: "timely updates").
    Update,
    /// Both agree about the day.
    Agreement,
    /// It is public (RFC: "disclosure with 90 days, even if no fix is available").
    Disclosure,
    /// There is a CVE id.
    Cve,
    /// The embargoed list is reminded a day before.
    Prep,
    /// Anything happens.
    Stall,
    /// The reporter answers our questions: nothing that the team promised.
    Information,
}

impl ClockKind {
    /// All kinds, for tables and tests.
    pub const ALL: [Self; 12] = [
        Self::Acknowledge,
        Self::Owner,
        Self::Assessment,
        Self::Meeting,
        Self::Contact,
        Self::Update,
        Self::Agreement,
        Self::Disclosure,
        Self::Cve,
        Self::Prep,
        Self::Stall,
        Self::Information,
    ];

    /// The word in the store and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Owner => "owner",
            Self::Assessment => "assessment",
            Self::Meeting => "meeting",
            Self::Contact => "contact",
            Self::Update => "update",
            Self::Agreement => "agreement",
            Self::Disclosure => "disclosure",
            Self::Cve => "cve",
            Self::Prep => "prep",
            Self::Stall => "stall",
            Self::Information => "information",
        }
    }

    /// Whether the team owes it: only then somebody is late.
    pub fn is_ours(self) -> bool {
        self != Self::Information
    }

    /// Whether it stays owed after its last ring, until somebody does it. What rings before a publication only reminds.
    pub fn is_owed(self) -> bool {
        self.is_ours() && self != Self::Prep
    }

    /// The commands that keep it, without their `!`; empty where other words say it.
    pub fn keeps(self) -> &'static [&'static str] {
        match self {
            Self::Acknowledge | Self::Owner | Self::Prep => &[],
            Self::Assessment => &["assess vuln c=yes severity=high", "assess bug REASON", "help assess"],
            Self::Meeting => &["meeting held", "meeting waived REASON"],
            Self::Contact | Self::Update => &["update 5wd"],
            Self::Agreement => &["embargo 2026-12-01T16:00Z", "agreed", "conflict"],
            Self::Disclosure => &["status", "ready", "publish"],
            Self::Cve => &["cve CVE-...", "cve refused", "cve none REASON"],
            Self::Stall => &["status", "update", "close CLOSURE REASON", "raise chairs"],
            Self::Information => &["ask again", "close not-reproducible REASON"],
        }
    }

    /// What must be done, for people.
    pub fn task(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Owner => "find an owner",
            Self::Assessment => "assess it",
            Self::Meeting => "meet about it",
            Self::Contact => "write to the reporter, as promised",
            Self::Update => "tell the reporter how it goes",
            Self::Agreement => "agree with the reporter about the day",
            Self::Disclosure => "make it public",
            Self::Cve => "get a CVE id",
            Self::Prep => "remind the embargoed list",
            Self::Stall => "go on with it",
            Self::Information => "hear from the reporter",
        }
    }
}

/// Who is told when a clock rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The owner; without one, all active members.
    Owner,
    /// All active members.
    Members,
    /// All active members and the chairs.
    Chairs,
    /// The TSC contacts, if the claimed severity is high or critical; else the chairs again.
    TscIfHigh,
    /// All active members, the chairs and the TSC contacts.
    Tsc,
}

/// One warning of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// When.
    pub at: Timestamp,
    /// Whom.
    pub to: Audience,
}

/// When the owner hears that the reporter has not answered our questions (RUNBOOK section 1.4: info wait), in calendar days
/// from the letter that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InformationRule {
    /// To ask again, ascending.
    pub remind_days: Vec<u32>,
    /// That the case may be closed.
    pub close_days: u32,
}

impl InformationRule {
    /// The instants of this rule for questions that left at `from`.
    pub fn rings(&self, from: Timestamp) -> (Timestamp, Vec<Ring>) {
        let at = |days: u32| {
            let hours = i64::from(days).saturating_mul(24);
            from.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(from)
        };
        let days = self.remind_days.iter().copied().chain([self.close_days]);
        (at(self.close_days), days.map(|days| Ring { at: at(days), to: Audience::Owner }).collect())
    }
}

/// How long a promise is and when it warns, all in working hours (24 to a working day).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRule {
    /// When the promise is broken, in working hours.
    pub due: u32,
    /// When people are told, before and after that, in working hours; and whom.
    pub rings: Vec<(u32, Audience)>,
}

impl ClockRule {
    /// The instants of this rule for a promise that began at `from`.
    pub fn rings(&self, calendar: &Calendar, from: Timestamp) -> (Timestamp, Vec<Ring>) {
        let at = |hours: u32| {
            if hours.is_multiple_of(24) {
                calendar.advance_working_days(from, hours / 24)
            } else {
                calendar.advance_working_hours(from, hours)
            }
        };
        let mut rings: Vec<Ring> = self.rings.iter().map(|&(hours, to)| Ring { at: at(hours), to }).collect();
        rings.sort_by_key(|ring| ring.at);
        (at(self.due), rings)
    }
}
