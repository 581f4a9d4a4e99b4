//! What the team decided and an operator configured; enters [`super::decide`] and nothing else.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::Calendar;
use super::clock::{ClockRule, InformationRule};
use super::roster::Roster;
use super::{Address, MemberKey, Severity, Sig};

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

/// Where a part of O3DE is looked after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentRule {
    /// `owner/name` of the public repository whose advisory it becomes.
    pub repository: String,
    /// The SIGs that look after it.
    pub sigs: Vec<Sig>,
}

/// One of the embargoed list (RUNBOOK 1.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who.
    pub organization: String,
    /// Their monitored alias.
    pub address: Address,
    /// When they accepted the terms.
    pub terms_accepted: Date,
    /// The members or chairs who decided on the entry and vouch for them; at least two.
    pub vouched_by: Vec<MemberKey>,
    /// When they confirmed it last; once a year.
    pub confirmed: Date,
}

impl Listed {
    /// Days before their year is over from which on members hear of it.
    const TOLD_DAYS: i64 = 30;

    /// The last day on which they may be told: a year after they confirmed the terms (RUNBOOK 1.7, "re-confirmed yearly").
    pub fn good_until(&self) -> Date {
        self.confirmed.checked_add(1.year()).unwrap_or(Date::MAX)
    }

    /// Whether they are told nothing on that day.
    pub fn is_lapsed(&self, today: Date) -> bool {
        today > self.good_until()
    }

    /// What members must know of their terms on that day, our words; none while there is time.
    pub fn news(&self, today: Date) -> Option<String> {
        let (who, until) = (&self.organization, self.good_until());
        let day = |day: Date| day.strftime("%-d %B %Y").to_string();
        if self.is_lapsed(today) {
            return Some(format!(
                "{who} of the embargoed list confirmed the terms last on {}, more than a year ago, and is told nothing",
                day(self.confirmed)
            ));
        }
        let soon = until.checked_sub(Self::TOLD_DAYS.days()).is_ok_and(|soon| today >= soon);
        soon.then(|| {
            format!(
                "{who} of the embargoed list must confirm the terms by {}, or is told nothing from then on",
                day(until)
            )
        })
    }
}

/// Lengths and numbers on the way of a vulnerability (RUNBOOK 1.4 and 1.7). Days are calendar days unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookRule {
    /// Wished days from the report to the disclosure (RFC on receiving reports: 14).
    pub target_days: u32,
    /// Most days from the report to the disclosure, with or without a fix (RFC: 90).
    pub limit_days: u32,
    /// Days beyond that to which the reporter may agree in writing.
    pub extension_days: u32,
    /// The hour of publishing, UTC.
    pub publish_hour_utc: u32,
    /// Working days from the report to the assessment.
    pub assessment_days: u32,
    /// Days from the report to the meeting about a grave one (RFC: 1 week).
    pub meeting_days: u32,
    /// Days to agree about the day.
    pub agreement_days: u32,
    /// Members who must approve the public text.
    pub approvals: u32,
    /// Working days in which the reporter can read it.
    pub reporter_review_days: u32,
    /// Days of the embargoed list to prepare.
    pub prep_days: u32,
    /// The same for a critical one.
    pub prep_days_critical: u32,
    /// Working days without a CVE id after which the owner hears of it.
    pub cve_notice_days: u32,
    /// Days without a CVE id after which the chairs hear of it.
    pub cve_escalate_days: u32,
    /// Working days between words to the reporter of a critical one, or one that is being used.
    pub update_days_critical: u32,
    /// The same for a high one.
    pub update_days_high: u32,
    /// The same for the others.
    pub update_days: u32,
    /// Days to the disclosure of one that is being used against people.
    pub exploited_days: u32,
    /// Days without movement after which people are told.
    pub stall_days: u32,
    /// The repository of parts that `components` does not name.
    pub repository: String,
    /// Parts that are looked after elsewhere, by their name in lower case.
    pub components: BTreeMap<String, ComponentRule>,
}

impl Default for RunbookRule {
    fn default() -> Self {
        Self {
            target_days: 14,
            limit_days: 90,
            extension_days: 30,
            publish_hour_utc: 16,
            assessment_days: 10,
            meeting_days: 7,
            agreement_days: 10,
            approvals: 2,
            reporter_review_days: 5,
            prep_days: 7,
            prep_days_critical: 3,
            cve_notice_days: 5,
            cve_escalate_days: 35,
            update_days_critical: 3,
            update_days_high: 5,
            update_days: 10,
            exploited_days: 7,
            stall_days: 30,
            repository: "o3de/o3de".to_owned(),
            components: BTreeMap::new(),
        }
    }
}

/// Public issues (RFC lines 74 to 78).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostedRule {
    /// Where GitHub is for people: `https://github.com`.
    pub web: String,
    /// The repositories that are watched, as `owner/name`.
    pub projects: Vec<String>,
    /// Hours from telling whoever posted it to its deletion: what tells them goes with it.
    pub told_hours: u32,
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
    /// From a confirmed vulnerability to its disclosure.
    pub runbook: RunbookRule,
    /// The embargoed list.
    pub embargoed: Vec<Listed>,
    /// Public mailing lists that are told of a disclosure.
    pub announce: Vec<Address>,
    /// How many public Discord channels are told of it.
    pub channels: u8,
    /// Public issues.
    pub posted: PostedRule,
    /// An exercise: nothing is done in public.
    pub exercise: bool,
}

/// MAIL: "escalation beyond the owner waits one working day, then goes on".
pub const UNVERIFIED_ANSWER_HOLDS_HOURS: u32 = 24;
