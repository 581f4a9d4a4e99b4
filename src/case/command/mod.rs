//! What members can say: one table gives the grammar, the classes, the help and the documentation (MAIL section 7).
//!
//! [`read::block`] finds the lines at the top of a text, [`read::commands`] reads them; how they came (mail, comment on the
//! issue) does not matter here.

mod finding;
pub mod markdown;
mod nearest;
pub mod read;
pub mod runbook;
mod table;
pub mod takedown;
mod verb;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use finding::Finding;
pub(crate) use nearest::levenshtein;
pub use runbook::Runbook;
pub use table::{TABLE, documentation, help};
pub use takedown::TakedownWord;
pub use verb::Verb;

use super::closure::Closure;
use super::reference::Reference;
use super::{Address, CaseId, MailId, MemberKey, Severity};

/// How a command reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// By mail.
    Mail,
    /// As a comment on the private issue.
    Comment,
    /// By what they did to the private issue: assigned it, closed it.
    Issue,
}

/// How much a verb may do, and so what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Reads: an authenticated member.
    Read,
    /// Changes what the team sees: and a code or thread of theirs.
    Internal,
    /// Writes to the reporter: the letter is held first.
    Reporter,
    /// Reaches new people: a second person confirms.
    TwoPeople,
}

impl Class {
    /// The number by which members know it.
    pub fn number(self) -> u8 {
        match self {
            Self::Read => 0,
            Self::Internal => 1,
            Self::Reporter => 2,
            Self::TwoPeople => 3,
        }
    }
}

/// A question that a reporter can be asked; the upper layers know its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Which release, branch or commit.
    Version,
    /// How to see it happen.
    Steps,
    /// Which gem, tool or file.
    Component,
    /// Which operating system and build.
    Platform,
    /// Who attacks, and what they gain.
    Impact,
    /// Whether a date is planned.
    Deadline,
    /// Who else knows.
    Others,
    /// How to name the reporter.
    Credit,
}

impl Question {
    /// All, in the order in which they are asked.
    pub const ALL: [Self; 8] = [
        Self::Version,
        Self::Steps,
        Self::Component,
        Self::Platform,
        Self::Impact,
        Self::Deadline,
        Self::Others,
        Self::Credit,
    ];

    /// The word in commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Steps => "steps",
            Self::Component => "component",
            Self::Platform => "platform",
            Self::Impact => "impact",
            Self::Deadline => "deadline",
            Self::Others => "others",
            Self::Credit => "credit",
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Which cases a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All that are not closed.
    Open,
    /// Those of whoever asks.
    Mine,
    /// Those with a broken promise.
    Overdue,
}

/// How a report is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// By T01, which promises the next word within so many working days; none: as configured.
    Letter(Option<u32>),
    /// A member did it already, in their own mail.
    Done,
}

/// Whom a case is raised to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Above {
    /// The chairs of SIG-Security.
    Chairs,
    /// The contact of the Technical Steering Committee, and the chairs.
    Tsc,
}

/// One command with its arguments, checked in form and not yet against a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// How to command; about one verb, or all.
    Help(Option<Verb>),
    /// How the case stands.
    Status,
    /// What happened on the case.
    Show,
    /// Cases.
    List(Which),
    /// The case that is meant; must agree with the thread.
    Case(CaseId),
    /// Somebody takes the case; none: whoever says it.
    Own(Option<MemberKey>),
    /// The owner gives it back.
    Disown,
    /// The team's own severity.
    Severity(Severity),
    /// Another case is about the same.
    Dup(CaseId),
    /// Another case has to do with it.
    Link(CaseId),
    /// A further reporter.
    LinkMail(Address),
    /// The report holds two flaws: one more case.
    Split,
    /// A mail that was set aside becomes a case.
    Open(MailId),
    /// A waiting mail, or this case, is spam.
    Spam(Option<MailId>),
    /// A mail of this case becomes a case of its own; none: the last one.
    New(Option<MailId>),
    /// Who reported it.
    Reporter(Address),
    /// Acknowledge.
    Ack(Ack),
    /// Ask the reporter; empty: all that is open.
    Ask(Vec<Question>),
    /// Ask once more what was asked.
    Remind,
    /// It is public already.
    Known(Reference),
    /// The text below goes to the reporter.
    Reply,
    /// The case ends.
    Close {
        /// Why.
        closure: Closure,
        /// In a member's words, for the reporter where a letter says it.
        reason: String,
    },
    /// The case goes on.
    Reopen,
    /// Somebody above must help.
    Raise(Above),
    /// Take back an act; none: the last one.
    Undo(Option<u32>),
    /// A second person agrees, by the nonce that only they have.
    Confirm(String),
    /// On the way of a vulnerability to be public.
    Runbook(Runbook),
}

impl Command {
    /// Its verb.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Help(_) => Verb::Help,
            Self::Status => Verb::Status,
            Self::Show => Verb::Show,
            Self::List(_) => Verb::List,
            Self::Case(_) => Verb::Case,
            Self::Own(_) => Verb::Own,
            Self::Disown => Verb::Disown,
            Self::Severity(_) => Verb::Severity,
            Self::Dup(_) => Verb::Dup,
            Self::Link(_) | Self::LinkMail(_) => Verb::Link,
            Self::Split => Verb::Split,
            Self::Open(_) => Verb::Open,
            Self::Spam(_) => Verb::Spam,
            Self::New(_) => Verb::New,
            Self::Reporter(_) => Verb::Reporter,
            Self::Ack(_) => Verb::Ack,
            Self::Ask(_) | Self::Remind => Verb::Ask,
            Self::Known(_) => Verb::Known,
            Self::Reply => Verb::Reply,
            Self::Close { .. } => Verb::Close,
            Self::Reopen => Verb::Reopen,
            Self::Raise(_) => Verb::Raise,
            Self::Undo(_) => Verb::Undo,
            Self::Confirm(_) => Verb::Confirm,
            Self::Runbook(runbook) => runbook.verb(),
        }
    }

    /// Whether the text below the block goes to the reporter: nothing may stand between.
    pub fn sends_words(&self) -> bool {
        matches!(self, Self::Reply | Self::Runbook(Runbook::Update(_)))
    }

    /// Whether it may tell the embargoed list, or asks whether it was told.
    pub fn tells_list(&self) -> bool {
        matches!(
            self,
            Self::Confirm(_) | Self::Runbook(Runbook::Notify | Runbook::Ready { .. } | Runbook::Publish)
        )
    }

    /// What it needs.
    pub fn class(&self) -> Class {
        match self {
            Self::LinkMail(_) => Class::TwoPeople,
            Self::Runbook(runbook) => runbook.class(),
            Self::Help(_) | Self::Status | Self::Show | Self::List(_) | Self::Case(_) => Class::Read,
            Self::Ack(Ack::Letter(_))
            | Self::Ask(_)
            | Self::Remind
            | Self::Known(_)
            | Self::Reply
            | Self::Close { .. } => Class::Reporter,
            Self::Ack(Ack::Done)
            | Self::Own(_)
            | Self::Disown
            | Self::Severity(_)
            | Self::Dup(_)
            | Self::Link(_)
            | Self::Split
            | Self::Open(_)
            | Self::Spam(_)
            | Self::New(_)
            | Self::Reporter(_)
            | Self::Reopen
            | Self::Raise(_)
            | Self::Undo(_)
            | Self::Confirm(_) => Class::Internal,
        }
    }
}
