//! What the team decided and an operator configured; enters [`super::decide`] and nothing else.

use super::Severity;
use super::calendar::Calendar;
use super::clock::{ClockRule, InformationRule};
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

/// What members' commands are bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandRule {
    /// Seconds for which a letter to the reporter is held.
    pub hold_s: u32,
    /// Working days within which an acknowledgement promises the next word, unless the member says otherwise.
    pub contact_days: u32,
    /// Letters that one member orders in an hour; for more, a second person must agree.
    pub letters_per_hour: u32,
    /// Hours in which a second person can agree.
    pub confirm_hours: u32,
    /// Closing as no vulnerability what the reporter claims to be at least so grave needs a second person; `None`: never.
    pub close_agreed_from: Option<Severity>,
    /// Times in 24 hours that a reporter who asks is told how it stands.
    pub status_per_day: u32,
}

impl Default for CommandRule {
    fn default() -> Self {
        Self {
            hold_s: 600,
            contact_days: 5,
            letters_per_hour: 5,
            confirm_hours: 24,
            close_agreed_from: Some(Severity::High),
            status_per_day: 3,
        }
    }
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
    /// How long the reporter may take to answer our questions.
    pub information: InformationRule,
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
    /// The TSC is told of a case nobody takes from this claimed severity on; `None`: never.
    pub tsc_from: Option<Severity>,
    /// Reminders wait for the working hours of whoever gets them.
    pub reminders_in_member_hours: bool,
    /// Members' commands.
    pub commands: CommandRule,
}

/// MAIL: "escalation beyond the owner waits one working day, then goes on".
pub const UNVERIFIED_ANSWER_HOLDS_HOURS: u32 = 24;
