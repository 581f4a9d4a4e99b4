//! What the private issue of a case may know. Texts are marked as ours or hostile, field by field.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::fence::Value;
use super::known::KnownView;
use crate::case::posted::Standing;
use crate::case::{CaseId, Checked, Closure, Severity, Sha256};
use crate::mail::Seal;

/// All that the page of a case shows.
#[derive(Debug, Clone)]
pub struct IssueView {
    /// The case.
    pub case: CaseId,
    /// Hash of the report.
    pub mail: Sha256,
    /// The stage as a label says it: `new`, `triage`, `closed`.
    pub stage: Stage,
    /// Why it is closed.
    pub closure: Option<Closure>,
    /// The team's own severity.
    pub severity: Option<Severity>,
    /// What members must know besides: links, letters that wait, our words.
    pub remarks: Vec<String>,
    /// Name of the triage owner, ours.
    pub owner: Option<String>,
    /// INTERNALDATE of the report: where the clocks start.
    pub received: Timestamp,
    /// When a person must have answered.
    pub acknowledge_by: Timestamp,
    /// Whether one has.
    pub answered: Answered,
    /// What became of the receipt.
    pub receipt: Receipt,
    /// What the report says, in the order of the page.
    pub facts: Vec<Fact>,
    /// What it does not say, our words.
    pub missing: Vec<String>,
    /// What a reviewer must know before reading.
    pub notes: Vec<Note>,
    /// Whether it is known already.
    pub known: KnownView,
    /// The runbook, from [`runbook`].
    pub steps: Vec<Step>,
    /// What came with it.
    pub attachments: Vec<AttachmentRow>,
    /// The first message.
    pub report: Report,
    /// The team's zone, for people; instants that bind are also in UTC.
    pub zone: TimeZone,
}

/// The stages of RUNBOOK section 1.1, as words and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Issue open, nobody owns it.
    New,
    /// An owner works on it.
    Triage,
    /// Already public.
    Known,
    /// Not a vulnerability.
    NotVulnerable,
    /// A vulnerability.
    Confirmed,
    /// Being fixed.
    Mitigating,
    /// The text is under review.
    Review,
    /// The embargoed list knows.
    Prenotice,
    /// Waiting for its date.
    Ready,
    /// Published.
    Disclosed,
    /// Done.
    Closed,
}

impl Stage {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Triage => "in triage",
            Self::Known => "already public",
            Self::NotVulnerable => "not a vulnerability",
            Self::Confirmed => "confirmed",
            Self::Mitigating => "being fixed",
            Self::Review => "text under review",
            Self::Prenotice => "embargoed list told",
            Self::Ready => "ready to publish",
            Self::Disclosed => "disclosed",
            Self::Closed => "closed",
        }
    }

    /// The label on GitHub.
    pub fn label(self) -> &'static str {
        match self {
            Self::New => "stage/new",
            Self::Triage => "stage/triage",
            Self::Known => "stage/known",
            Self::NotVulnerable => "stage/not-a-vulnerability",
            Self::Confirmed => "stage/confirmed",
            Self::Mitigating => "stage/mitigating",
            Self::Review => "stage/review",
            Self::Prenotice => "stage/prenotice",
            Self::Ready => "stage/ready",
            Self::Disclosed => "stage/disclosed",
            Self::Closed => "stage/closed",
        }
    }
}

/// Whether a person answered the reporter (MAIL.md section 5, last paragraph).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// Nobody yet.
    No,
    /// A member, seen for sure: the clock stopped.
    By {
        /// Their name, ours.
        who: String,
        /// When.
        at: Timestamp,
    },
    /// Looks like a member's mail, but could be forged: the clock runs on.
    Unverified {
        /// Their name, ours.
        who: String,
        /// When.
        at: Timestamp,
    },
}

/// What became of T00.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// In the outbox.
    Due,
    /// The server took it.
    Sent(Timestamp),
    /// Not sent, and never will be: why, our words.
    Withheld(String),
    /// It came back.
    Failed(Timestamp),
    /// Nobody can tell; a member is asked.
    Unknown,
}

/// One row of what was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Our word: `Component`.
    pub name: &'static str,
    /// One value or several.
    pub values: Vec<Value>,
    /// Whether the reporter only claims it (severity, CVSS).
    pub claimed: bool,
}

/// What a reviewer must know before reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Only headers were read: why, our words.
    HeaderOnly(String),
    /// Encrypted, and no key here.
    Encrypted,
    /// `From` was rewritten by our list; the sender was recovered.
    FromRewritten,
    /// The list held it: INTERNALDATE minus Date.
    HeldByList(SignedDuration),
    /// Date is later than INTERNALDATE by this.
    DateAhead(SignedDuration),
    /// Authentication of the sender failed.
    AuthenticationFailed,
    /// More than one From.
    SeveralSenders,
    /// A letter of ours came back.
    DeliveryFailed(Timestamp),
    /// An automatic mail by its signs, kept as a report.
    Automatic(String),
    /// Code, thread and tag of the mail name different cases, so it became its own.
    CodesDisagree,
    /// An operator or a clock opened it from the waiting room.
    FromWaitingRoom,
    /// It was reported privately on GitHub: where, ours.
    FromGithub(String),
    /// It is a public issue.
    Posted(PostedNote),
    /// An exercise.
    Exercise,
}

/// How a public issue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedNote {
    /// Its address, ours.
    pub url: String,
    /// Why it was taken in, our words.
    pub why: String,
    /// When it was posted.
    pub posted_at: Option<Timestamp>,
    /// How much of it everybody can read.
    pub stands: Standing,
    /// Since when whoever posted it is told.
    pub told: Option<Timestamp>,
    /// Beginning of the hash of what others wrote there.
    pub words: String,
    /// Whether all of it is saved.
    pub whole: bool,
}

impl Note {
    /// Whether it may change what a reviewer believes or does first.
    pub(crate) fn is_grave(&self) -> bool {
        match self {
            Self::HeaderOnly(_)
            | Self::Encrypted
            | Self::AuthenticationFailed
            | Self::SeveralSenders
            | Self::DeliveryFailed(_)
            | Self::Posted(_)
            | Self::CodesDisagree => true,
            Self::FromRewritten
            | Self::HeldByList(_)
            | Self::DateAhead(_)
            | Self::Automatic(_)
            | Self::FromWaitingRoom
            | Self::FromGithub(_)
            | Self::Exercise => false,
        }
    }
}

/// One step of the runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whether it is behind us.
    pub done: bool,
    /// What, our words.
    pub text: String,
}

/// An attachment as the page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Its name in the mail, hostile.
    pub name: String,
    /// Its media type in the mail, hostile.
    pub kind: String,
    /// Bytes after decoding.
    pub size: u64,
    /// Of those bytes.
    pub sha256: Sha256,
    /// Whether it is sealed by itself.
    pub seal: Seal,
}

/// The first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Its text, hostile all of it.
    Shown {
        /// Subject.
        subject: String,
        /// Sender, as stored.
        from: String,
        /// Text, at most as long as the caller read.
        text: String,
    },
    /// Not on GitHub: why, our words (`it came encrypted`).
    Withheld(String),
}

/// Where the runbook stands; what [`runbook`] draws the check list from.
#[derive(Debug, Clone)]
pub struct Progress {
    /// What looking whether it is public already came to.
    pub checked: Option<Checked>,
    /// Owner's name, ours.
    pub owner: Option<String>,
    /// Whether a person answered.
    pub answered: Answered,
    /// How many facts are missing; `None`: the report could not be read here.
    pub missing: Option<usize>,
    /// The result of the assessment, our words.
    pub assessed: Option<String>,
    /// The closure, our word.
    pub closed: Option<String>,
    /// When a person must have answered.
    pub acknowledge_by: Timestamp,
    /// The team's zone.
    pub zone: TimeZone,
}
