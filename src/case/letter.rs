//! Letters to people outside the team: which there are, and what only their order knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::closure::Closure;
use super::command::Question;
use super::reference::Reference;

/// A letter to somebody outside the team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterKind {
    /// T00: your message arrived. Written by the machine; stops no clock.
    Receipt,
    /// T01: thank you, somebody looks, you hear from us by then.
    Acknowledgement,
    /// T02: it is public already.
    KnownIssue,
    /// T03: what we still miss.
    Questions,
    /// T04: what we still miss, again.
    Reminder,
    /// T05: it works as intended.
    Intended,
    /// T06: a fault, not of security.
    Bug,
    /// T07: a wish, out of scope, not to be seen here, no harm shown.
    NotHere,
    /// In a member's own words.
    Reply,
    /// The one safe line to a reporter who asks. Written by the machine; stops no clock.
    Status,
    /// T08: it is a vulnerability; how grave, and what comes next.
    Confirmed,
    /// T12: a day on which we propose to publish together.
    Proposal,
    /// T13: the day that both agreed to, or a new one.
    Settled,
    /// T16: what changed, what comes next, and when they hear again.
    Update,
    /// T17: how it stands with the CVE id.
    CveNews,
    /// T18: they are welcome on the advisory.
    Invitation,
    /// T21: what we plan to publish; anything wrong?
    DraftForReporter,
    /// T28: it is public; thank you.
    PublishedThanks,
    /// T23: to one of the embargoed list, before the day.
    ListNotice,
    /// T23: the day moved.
    ListChange,
    /// T23: it is public in a day.
    ListReminder,
    /// T23: it is public.
    ListLifted,
    /// T23: that it is known or used outside was an error.
    ListCorrected,
    /// T23: it turned out to be none, and nothing is published.
    ListEnded,
    /// T26: to a public list.
    PublicMail,
    /// T32: to whoever posted it in public, where an address is known.
    PosterMail,
}

impl LetterKind {
    /// The name of its template and its word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Acknowledgement => "acknowledgement",
            Self::KnownIssue => "known-issue",
            Self::Questions => "questions",
            Self::Reminder => "reminder",
            Self::Intended => "intended",
            Self::Bug => "bug",
            Self::NotHere => "not-here",
            Self::Reply => "reply",
            Self::Status => "status",
            Self::Confirmed => "confirmed",
            Self::Proposal => "embargo-proposal",
            Self::Settled => "embargo-settled",
            Self::Update => "update",
            Self::CveNews => "cve",
            Self::Invitation => "invitation",
            Self::DraftForReporter => "reporter-review",
            Self::PublishedThanks => "published",
            Self::ListNotice => "list-notice",
            Self::ListChange => "list-change",
            Self::ListReminder => "list-reminder",
            Self::ListLifted => "list-lifted",
            Self::ListCorrected => "list-corrected",
            Self::ListEnded => "list-ended",
            Self::PublicMail => "public-mail",
            Self::PosterMail => "poster-mail",
        }
    }

    /// For people: `the acknowledgement (T01)`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Receipt => "the receipt (T00)",
            Self::Acknowledgement => "the acknowledgement (T01)",
            Self::KnownIssue => "the known-issue letter (T02)",
            Self::Questions => "the letter with questions (T03)",
            Self::Reminder => "the reminder (T04)",
            Self::Intended => "the letter works-as-intended (T05)",
            Self::Bug => "the letter bug-not-security (T06)",
            Self::NotHere => "the letter not-a-vulnerability (T07)",
            Self::Reply => "the reply",
            Self::Status => "the status line",
            Self::Confirmed => "the letter that it is confirmed (T08)",
            Self::Proposal => "the proposal of a day (T12)",
            Self::Settled => "the letter about the agreed day (T13)",
            Self::Update => "the update (T16)",
            Self::CveNews => "the letter about the CVE (T17)",
            Self::Invitation => "the invitation to the advisory (T18)",
            Self::DraftForReporter => "the draft for the reporter (T21)",
            Self::PublishedThanks => "the letter of thanks (T28)",
            Self::ListNotice => "the notice to the embargoed list (T23)",
            Self::ListChange => "the changed day to the embargoed list (T23)",
            Self::ListReminder => "the reminder to the embargoed list (T23)",
            Self::ListLifted => "the end of the embargo to the embargoed list (T23)",
            Self::ListCorrected => "the correction to the embargoed list (T23)",
            Self::ListEnded => "the word to the embargoed list that it is none (T23)",
            Self::PublicMail => "the public mail (T26)",
            Self::PosterMail => "the mail to whoever posted it (T32)",
        }
    }

    /// Whether a person's promise to answer is kept by it (RUNBOOK: T01, T02 or a member's own answer).
    pub fn answers(self) -> bool {
        match self {
            Self::Acknowledgement
            | Self::KnownIssue
            | Self::Intended
            | Self::Bug
            | Self::NotHere
            | Self::Reply
            | Self::Confirmed
            | Self::Update
            | Self::PublishedThanks => true,
            Self::Receipt
            | Self::Questions
            | Self::Reminder
            | Self::Status
            | Self::Proposal
            | Self::Settled
            | Self::CveNews
            | Self::Invitation
            | Self::DraftForReporter
            | Self::ListNotice
            | Self::ListChange
            | Self::ListReminder
            | Self::ListLifted
            | Self::ListCorrected
            | Self::ListEnded
            | Self::PublicMail
            | Self::PosterMail => false,
        }
    }

    /// Whether an act leads to it beside, or instead of, the one letter that it orders: to several, each by itself. Should one
    /// of them not leave, the others do.
    pub fn follows(self) -> bool {
        self.is_notice() && self != Self::PosterMail
            || matches!(self, Self::PublishedThanks | Self::Invitation)
    }

    /// The letter of the embargoed list that must have left before this one: without it they know nothing of what this is about.
    pub fn speaks_of(self) -> Option<Self> {
        let of_notice =
            matches!(self, Self::ListChange | Self::ListReminder | Self::ListLifted | Self::ListEnded);
        let of_change = (self == Self::ListCorrected).then_some(Self::ListChange);
        of_change.or(of_notice.then_some(Self::ListNotice))
    }

    /// Whether it is for whoever reported the case, and for nobody who no longer counts as that. The receipt, and the line for
    /// whoever asks, go to the writer of one mail.
    pub fn is_for_reporter(self) -> bool {
        !self.is_notice() && !matches!(self, Self::Receipt | Self::Status)
    }

    /// Whether it goes to others than the reporter: who was told what, and when, is kept with the case.
    pub fn is_notice(self) -> bool {
        match self {
            Self::ListNotice
            | Self::ListChange
            | Self::ListReminder
            | Self::ListLifted
            | Self::ListCorrected
            | Self::ListEnded
            | Self::PublicMail
            | Self::PosterMail => true,
            Self::Receipt
            | Self::Acknowledgement
            | Self::KnownIssue
            | Self::Questions
            | Self::Reminder
            | Self::Intended
            | Self::Bug
            | Self::NotHere
            | Self::Reply
            | Self::Status
            | Self::Confirmed
            | Self::Proposal
            | Self::Settled
            | Self::Update
            | Self::CveNews
            | Self::Invitation
            | Self::DraftForReporter
            | Self::PublishedThanks => false,
        }
    }
}

/// What a letter says that only its order knows. It is rendered between deciding and committing and never kept but in the
/// letter itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// T01.
    Acknowledgement {
        /// Working days.
        days: u32,
        /// The instant that they end.
        contact_by: Timestamp,
    },
    /// T02.
    Known(Reference),
    /// T03 and T04.
    Questions(Vec<Question>),
    /// T05 to T07.
    Closing {
        /// Why.
        closure: Closure,
        /// In a member's words.
        reason: String,
    },
    /// A member's own words.
    Reply(String),
    /// The safe line.
    Status,
    /// T16: what changed, in a member's words.
    Update {
        /// Their words.
        words: String,
        /// The next word is promised by then.
        contact_by: Timestamp,
    },
    /// T13: why the day moved, in a member's words; empty where it did not.
    Settled {
        /// Their words.
        reason: String,
    },
    /// T17: why the id was refused, in a member's words; empty where nobody said, or it was not.
    CveNews {
        /// Their words.
        reason: String,
    },
    /// What the case itself says, and nothing else.
    OfCase,
}
