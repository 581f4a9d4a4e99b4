//! `[clocks]`, `[receipts]`, `[waiting]`, `[limits]`, `[digest]`, `[outbox]`, `[ops]`: how the work is done.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::cron::Cron;
use super::peers::secret_url;
use super::post::address;
use super::raw::Section;
pub use crate::case::policy::ReceiptRule;
use crate::case::{Address, Severity};

/// How long the team has. Working hours are hours of working days, 24 to the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    /// Working days within which a person acknowledges a report.
    pub acknowledge_days: u32,
    /// Warnings before that, in working hours from receipt, ascending.
    pub acknowledge_warn_hours: Vec<u32>,
    /// Working hours without an owner after which the team is reminded, ascending.
    pub owner_team_hours: Vec<u32>,
    /// Working hours without an owner after which the chairs are told.
    pub owner_chairs_hours: u32,
    /// Working hours without an owner after which the TSC contact is told, for a claim of at least `owner_tsc_from`.
    pub owner_tsc_hours: u32,
    /// The claimed severity from which the TSC contact is told; `None`: at any.
    pub owner_tsc_from: Option<Severity>,
    /// Calendar days after which the owner hears that the reporter has not answered our questions, ascending.
    pub information_days: Vec<u32>,
    /// Calendar days after which the owner hears that the case may be closed.
    pub information_close_days: u32,
    /// Whether reminders wait for 08:00 to 18:00, Monday to Friday, of a member who has a zone.
    pub reminders_in_member_hours: bool,
}

impl Clocks {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        let acknowledge_days = s.number("acknowledge_days", 3, 1..=60);
        let clocks = Self {
            acknowledge_days,
            // Of the usual warnings those that come before the end, so that a shorter promise needs no second key.
            acknowledge_warn_hours: s.numbers(
                "acknowledge_warn_hours",
                &[24, 48, 60].into_iter().filter(|hours| *hours < acknowledge_days * 24).collect::<Vec<_>>(),
                1..=1_440,
            ),
            owner_team_hours: s.numbers("owner_team_hours", &[4, 24], 1..=1_440),
            owner_chairs_hours: s.number("owner_chairs_hours", 48, 1..=1_440),
            owner_tsc_hours: s.number("owner_tsc_hours", 72, 1..=1_440),
            owner_tsc_from: s.word(
                "owner_tsc_from",
                Some(Severity::High),
                &[
                    ("any", None),
                    ("low", Some(Severity::Low)),
                    ("medium", Some(Severity::Medium)),
                    ("high", Some(Severity::High)),
                    ("critical", Some(Severity::Critical)),
                ],
            ),
            information_days: s.numbers("information_days", &[7, 21], 1..=365),
            information_close_days: s.number("information_close_days", 45, 1..=365),
            reminders_in_member_hours: s.flag("reminders_in_member_hours", true),
        };
        for (key, hours) in [
            ("acknowledge_warn_hours", &clocks.acknowledge_warn_hours),
            ("owner_team_hours", &clocks.owner_team_hours),
            ("information_days", &clocks.information_days),
        ] {
            if !hours.is_sorted_by(|a, b| a < b) {
                s.wrong(key, format!("`clocks.{key}` must rise"), "");
            }
        }
        if clocks.acknowledge_warn_hours.iter().any(|hours| *hours >= acknowledge_days * 24) {
            let what =
                format!("a warning after {} working hours or more comes too late", acknowledge_days * 24);
            s.wrong("acknowledge_warn_hours", what, "24 working hours are one working day");
        }
        if clocks.information_days.iter().any(|days| *days >= clocks.information_close_days) {
            let what = "a reminder would come when the case may be closed, or later";
            s.wrong("information_days", what, "they are days from the letter that asked");
        }
        if clocks.owner_chairs_hours > clocks.owner_tsc_hours {
            s.wrong("owner_tsc_hours", "the TSC contact would be told before the chairs", "");
        }
        clocks
    }
}

/// The receipt, and the limits that keep it from being a weapon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipts {
    /// To whom.
    pub rule: ReceiptRule,
    /// Most receipts to one sender in 24 hours.
    pub per_sender_day: u32,
    /// Most receipts to one domain in an hour.
    pub per_domain_hour: u32,
    /// Most receipts in an hour.
    pub per_hour: u32,
}

impl Receipts {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        Self {
            rule: s.word(
                "rule",
                ReceiptRule::UnlessFailed,
                &[
                    ("unless-failed", ReceiptRule::UnlessFailed),
                    ("authenticated-only", ReceiptRule::AuthenticatedOnly),
                    ("never", ReceiptRule::Never),
                ],
            ),
            per_sender_day: s.number("per_sender_day", 3, 0..=1_000_000),
            per_domain_hour: s.number("per_domain_hour", 10, 0..=1_000_000),
            per_hour: s.number("per_hour", 60, 0..=1_000_000),
        }
    }
}

/// The waiting room: mail of which we doubt that it is a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// New cases in an hour beyond which further ones wait.
    pub cases_per_hour: u32,
    /// Working hours within which members get a line about what waits.
    pub notice_hours: u32,
    /// Working days after which a waiting mail becomes a case by itself.
    pub becomes_case_days: u32,
}

impl Waiting {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        Self {
            cases_per_hour: s.number("cases_per_hour", 20, 1..=1_000_000),
            notice_hours: s.number("notice_hours", 4, 0..=240),
            becomes_case_days: s.number("becomes_case_days", 1, 1..=60),
        }
    }
}

/// Bounds on what one mail may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of one mail that are fetched.
    pub raw_bytes: u64,
    /// Most bytes of header.
    pub header_bytes: u64,
    /// Most MIME parts.
    pub parts: u32,
    /// Deepest nesting of MIME parts.
    pub depth: u32,
    /// Most bytes after decoding.
    pub decoded_bytes: u64,
    /// Most bytes of HTML that are made text.
    pub html_bytes: u64,
    /// Deepest nesting of HTML elements.
    pub html_levels: u32,
    /// Failed readings after which a mail goes the header-only way.
    pub read_attempts: u32,
    /// Free bytes on the disk below which no mail is fetched.
    pub free_disk_bytes: u64,
}

impl Limits {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        let (kib, mib) = (1_024, 1_048_576);
        Self {
            raw_bytes: s.number("raw_mib", 35_u64, 1..=512) * mib,
            header_bytes: s.number("header_kib", 256_u64, 16..=65_536) * kib,
            parts: s.number("parts", 500, 1..=100_000),
            depth: s.number("depth", 20, 1..=100),
            decoded_bytes: s.number("decoded_mib", 64_u64, 1..=1_024) * mib,
            html_bytes: s.number("html_kib", 1_024_u64, 1..=16_384) * kib,
            html_levels: s.number("html_levels", 200, 1..=1_000),
            read_attempts: s.number("read_attempts", 3, 1..=100),
            free_disk_bytes: s.number("free_disk_mib", 500_u64, 0..=1_048_576) * mib,
        }
    }
}

/// The daily letter to members.
#[derive(Debug, Clone)]
pub struct Digest {
    /// When, on the team's clock; only on working days.
    pub cron: Cron,
    /// Days back from which history is named in the first one.
    pub history_days: u32,
}

impl Digest {
    pub(super) fn read(s: &Section<'_, '_>, zone: &TimeZone) -> Option<Self> {
        let cron = s.parsed("cron", |text| Cron::parse(text, zone.clone()));
        let history_days = s.number("history_days", 14, 0..=3_650);
        let cron = cron.or_else(|| Cron::parse("0 8 * * *", zone.clone()).ok())?;
        Some(Self { cron, history_days })
    }
}

/// How the outbox is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outbox {
    /// How long alerts wait for the issue, so that they can name it; after it they say "issue pending".
    pub alert_waits_for_issue: Duration,
    /// First wait after a proven failure; doubles, with jitter.
    pub retry_first: Duration,
    /// Longest wait after failures.
    pub retry_cap: Duration,
    /// How long one effect is tried before it is parked for a person.
    pub give_up: Duration,
    /// Comments on one issue in an hour that mails bring.
    pub comments_per_hour: u32,
    /// Notices to one member in an hour that mails to one case, or commands in their name, bring.
    pub notices_per_hour: u32,
}

impl Outbox {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        let retry_cap = s.seconds("retry_cap_s", 3_600, 0..=86_400);
        Self {
            alert_waits_for_issue: s.seconds("alert_waits_for_issue_s", 60, 0..=86_400),
            retry_first: s.seconds("retry_first_s", 10, 0..=3_600).min(retry_cap),
            retry_cap,
            give_up: s.seconds("give_up_s", 432_000, 1..=31_536_000),
            comments_per_hour: s.number("comments_per_hour", 60, 1..=100_000),
            notices_per_hour: s.number("notices_per_hour", 20, 1..=100_000),
        }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people and the journal.
    Plain,
    /// One JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what stops work.
    Error,
    /// What needs a look.
    Warn,
    /// What happened.
    Info,
    /// Why.
    Debug,
    /// Everything of ours; the network crates stay at info.
    Trace,
}

/// What the people who run the machine need.
#[derive(Debug, Clone)]
pub struct Ops {
    /// Who is told when the machine is in trouble.
    pub alarm_addresses: Vec<Address>,
    /// A URL that is fetched after each good poll; whoever knows it can fake life, so it is a secret.
    pub heartbeat_url: Option<SecretString>,
    /// Where numbers for node-exporter's textfile collector are written.
    pub metrics_file: Option<PathBuf>,
    /// Time between two writings of that file.
    pub metrics_every: Duration,
    /// Form of log lines.
    pub log_format: LogFormat,
    /// Least level that is logged.
    pub log_level: LogLevel,
    /// How long the first poll may take before the service says "ready, degraded".
    pub degraded_after: Duration,
    /// Age of the last good poll at which the alarm is raised.
    pub poll_overdue: Duration,
    /// How long work under way may take to end when the service is stopped.
    pub shutdown_grace: Duration,
}

impl Ops {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        Self {
            alarm_addresses: s.list("alarm_addresses", address).unwrap_or_default(),
            heartbeat_url: secret_url(s, "heartbeat_url_file"),
            metrics_file: s.optional("metrics_file").map(|name| s.doc.path(&name)),
            metrics_every: s.seconds("metrics_every_s", 15, 1..=3_600),
            log_format: s.word(
                "log_format",
                LogFormat::Plain,
                &[("plain", LogFormat::Plain), ("json", LogFormat::Json)],
            ),
            log_level: s.word(
                "log_level",
                LogLevel::Info,
                &[
                    ("error", LogLevel::Error),
                    ("warn", LogLevel::Warn),
                    ("info", LogLevel::Info),
                    ("debug", LogLevel::Debug),
                    ("trace", LogLevel::Trace),
                ],
            ),
            degraded_after: s.seconds("degraded_after_s", 60, 1..=3_600),
            poll_overdue: s.seconds("poll_overdue_s", 300, 1..=86_400),
            shutdown_grace: s.seconds("shutdown_grace_s", 20, 0..=600),
        }
    }
}
