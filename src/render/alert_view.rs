//! What an alert may know. There is no field for a reporter's words: components and severities come from our own
//! lists, the rest is ids, instants and words of this program.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::news::News;
use super::when;
use crate::case::instant;
use crate::case::{CaseId, Checked, ClockKind, Component, EffectId, MailId, Severity};
use crate::mail::compose::Practice;

/// The case as an alert shows it.
#[derive(Debug, Clone)]
pub struct AlertCase {
    /// The case.
    pub id: CaseId,
    /// Address of its issue; `None`: not opened yet.
    pub issue: Option<String>,
    /// INTERNALDATE of the report.
    pub received: Timestamp,
    /// When a person must have answered.
    pub acknowledge_by: Timestamp,
    /// Whether a person has.
    pub acknowledged: bool,
    /// The day on which it goes public, once both sides agreed.
    pub public_on: Option<Timestamp>,
    /// Parts of O3DE that the report names, from our list.
    pub components: Vec<Component>,
    /// What the reporter claims.
    pub claimed: Option<Severity>,
    /// What the team found instead.
    pub rated: Option<Severity>,
    /// Owner's name.
    pub owner: Option<String>,
    /// What was found among public records and earlier cases, in numbers; none before the first check.
    pub checked: Option<Checked>,
    /// Why the receipt was withheld, our words.
    pub receipt_withheld: Option<String>,
    /// Address of the advisory, for a private report on GitHub: names of repositories and an id of a checked shape.
    pub advisory: Option<String>,
    /// Address of the public issue that it began with: a configured repository and a number.
    pub posted: Option<String>,
}

impl AlertCase {
    /// What the team found, else what is claimed.
    pub(super) fn severity(&self) -> Option<String> {
        let rated = self.rated.map(|severity| severity.to_string());
        rated.or_else(|| self.claimed.map(|severity| format!("{severity} (claimed)")))
    }
}

/// An alert without its recipient.
#[derive(Debug, Clone)]
pub struct AlertView {
    /// The case, where there is one.
    pub case: Option<AlertCase>,
    /// What it is about.
    pub kind: Alert,
    /// When it is rendered: ages count from here.
    pub now: Timestamp,
    /// The team's zone.
    pub zone: TimeZone,
    /// The reader's own, where the roster has one (mail only).
    pub their_zone: Option<TimeZone>,
    /// Whether this is an exercise (Discord says so here; a mail when it is composed).
    pub practice: Practice,
    /// The recipient's footer code (mail only).
    pub code: Option<String>,
    /// Whether members command by mail.
    pub commands: Commands,
}

impl AlertView {
    /// An instant in the team's zone, and on the reader's clock.
    pub(super) fn at(&self, at: Timestamp) -> String {
        when::beside(at, &self.zone, self.their_zone.as_ref())
    }

    /// The same with how long it is until then, or since.
    pub(super) fn at_and_gap(&self, at: Timestamp) -> String {
        let theirs = self.their_zone.as_ref().and_then(|theirs| instant::other(at, &self.zone, theirs));
        let there = theirs.map_or(String::new(), |there| format!("{there}; "));
        format!("{} ({there}{})", when::medium(at, &self.zone), when::relative(at, self.now))
    }
}

/// Whether members command by mail (MAIL section 7: not without a `bot_address`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// By answering notices.
    ByMail,
    /// Operators do it for them.
    Off,
}

/// Who is told when nobody takes a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Above {
    /// SIG-Security chairs.
    Chairs,
    /// The contact of the Technical Steering Committee.
    Tsc,
}

/// A mail or effect in a list, for people: no words of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The stored message.
    pub mail: MailId,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// Why it is there, our words.
    pub why: String,
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alert {
    /// A report came in.
    NewCase,
    /// A participant wrote again.
    ReporterWrote {
        /// Files that came with it.
        attachments: usize,
    },
    /// Somebody else wrote to the case.
    StrangerWrote,
    /// A later check found more than members were told before.
    FoundMore,
    /// To one member: did you answer?
    MemberAnswered {
        /// INTERNALDATE of the mail that names them as sender.
        received: Timestamp,
    },
    /// A letter came back.
    DeliveryFailed {
        /// Which, our words (`the receipt`).
        letter: String,
        /// Whether a clock that it had stopped runs again.
        clock_reopened: bool,
    },
    /// A clock comes near.
    ClockWarning {
        /// Which.
        clock: ClockKind,
        /// When it is due.
        due: Timestamp,
    },
    /// A clock ran out.
    ClockBreach {
        /// Which.
        clock: ClockKind,
        /// When it was due.
        due: Timestamp,
    },
    /// Nobody took the case.
    OwnerMissing {
        /// Who is told now.
        to: Above,
    },
    /// An effect could not be performed and waits for a person.
    EffectParked {
        /// Its row.
        effect: EffectId,
        /// What it would do, our words (`open the issue`).
        what: String,
        /// Why not, our words.
        why: String,
    },
    /// Nobody can tell whether a letter was sent.
    LetterUnknown {
        /// Its row.
        effect: EffectId,
        /// Which, our words.
        letter: String,
        /// When it was tried.
        tried: Timestamp,
    },
    /// Mail in the waiting room.
    Waiting(Vec<Line>),
    /// Mail that we could not take in.
    ParkedMail(Line),
    /// Only headers of a mail could be read.
    HeaderOnly {
        /// Why, our words.
        why: String,
    },
    /// What commands brought.
    News(News),
    /// Something is wrong with the machine.
    Alarm(Alarm),
}

/// What can be wrong with the machine or its peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// No good poll since then.
    MailboxUnreachable(Timestamp),
    /// The server shows mail that we do not hold: how many.
    MailNotHeld(u64),
    /// UIDVALIDITY changed or UIDs were used again; everything is scanned again.
    MailboxRebuilt,
    /// Free megabytes on the disk; intake stopped.
    DiskLow(u64),
    /// The reports repository is public.
    RepositoryPublic,
    /// It has another id, is archived, or has no issues.
    RepositoryChanged,
    /// GitHub refuses our credentials.
    GithubRefused,
    /// No answer from GitHub since then.
    GithubUnreachable(Timestamp),
    /// The mail server refuses our credentials.
    MailRefused,
    /// No letter leaves since then.
    SmtpUnreachable(Timestamp),
    /// What is said and done on the issues could not be looked at since then.
    IssuesSilent(Timestamp),
    /// The webhook is gone.
    DiscordRevoked,
    /// Code, thread and tag of a mail name different cases.
    CodesDisagree(MailId),
    /// A mail of this case offers another OpenPGP key than the pinned one.
    OtherKey(CaseId),
    /// The clock of the machine was set back by these seconds.
    ClockSetBack(i64),
    /// Code of a letter template that fails; its letters wait.
    TemplateFails(String),
    /// The other alarms cannot be told apart by us: a short code of ours.
    Other(String),
}
