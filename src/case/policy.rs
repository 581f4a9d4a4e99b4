//! What the team decided and an operator configured; enters [`super::decide`] and nothing else.

use super::calendar::Calendar;
use super::clock::{Audience, ClockRule};
use super::roster::Roster;

/// Who gets receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptRule {
    /// Everybody whose authentication did not fail.
    UnlessFailed,
    /// Only authenticated senders.
    AuthenticatedOnly,
    /// Nobody.
    Never,
}

/// How many receipts leave (against being used as a mail bomb).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptLimits {
    /// To one sender in 24 hours.
    pub per_sender_day: u32,
    /// To one domain in an hour.
    pub per_domain_hour: u32,
    /// To everybody in an hour.
    pub per_hour: u32,
}

/// When a mail waits instead of becoming a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRule {
    /// New cases in an hour, beyond which further ones wait.
    pub cases_per_hour: u32,
    /// Members are told of a waiting mail within so many working hours.
    pub notice_hours: u32,
    /// A waiting mail becomes a case by itself after so many working days.
    pub becomes_case_days: u32,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Working days.
    pub calendar: Calendar,
    /// The team.
    pub roster: Roster,
    /// The promise to the reporter.
    pub acknowledge: ClockRule,
    /// The promise to ourselves: somebody takes the case.
    pub owner: ClockRule,
    /// Who gets receipts.
    pub receipts: ReceiptRule,
    /// How many.
    pub receipt_limits: ReceiptLimits,
    /// The waiting room.
    pub waiting: WaitingRule,
    /// Whether there is a Discord channel.
    pub discord: bool,
    /// How long an alert waits for the issue's link, in seconds.
    pub alert_waits_for_issue_s: u32,
    /// An unverified answer of a member holds back the escalation beyond the owner for so many working hours.
    pub unverified_answer_holds_hours: u32,
}

/// The acknowledgement promise of the runbook: 3 working days, warnings after 1, 2 and 2.5.
pub fn acknowledge_default() -> ClockRule {
    ClockRule {
        due: 72,
        warn: vec![(24, Audience::Owner), (48, Audience::Owner), (60, Audience::Members)],
        breach: Audience::Chairs,
    }
}

/// The ownership promise: one working day; told after 4 working hours, at 1 day, to the chairs at 2, to the TSC at 3.
pub fn owner_default() -> ClockRule {
    ClockRule {
        due: 72,
        warn: vec![(4, Audience::Members), (24, Audience::Members), (48, Audience::Chairs)],
        breach: Audience::TscIfHigh,
    }
}
