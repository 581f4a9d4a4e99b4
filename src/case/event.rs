//! What happened to a case, in the past tense.
//!
//! Events hold ids, instants, enums and hashes; words and addresses live in the tables `message` and `person`. Kinds
//! are only ever added: a journal of any age must fold (`tests/it/journal_corpus/` holds one of each).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::act::{Deed, Hold, Stopped};
use super::advisory::{Advisory, Task};
use super::clock::{ClockKind, Ring};
use super::closure::Closure;
use super::command::Via;
use super::letter::LetterKind;
use super::refused::Refused;
use super::withheld::Withheld;
use super::{CaseId, Checked, Component, EffectId, MailId, MemberKey, PersonId, Posted, Severity};

/// How a case came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A mail that the daemon took for a report by itself.
    Mail,
    /// A mail of the waiting room, opened by a person or because its time was over.
    WaitingRoom,
    /// A mail of the time before the first start, adopted by an operator.
    History,
    /// A mail that had been parked or screened, opened by an operator.
    Operator,
    /// A mail, or a part of a report, of which a member made a case.
    Member,
    /// A private vulnerability report on GitHub (an advisory in state `triage`).
    Advisory,
    /// A public issue that looks like a report nobody has disclosed, or that a member named.
    Posted,
}

/// Why a mail on a case is not taken for a participant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// The sender is nobody we know on this case.
    Stranger,
    /// The sender is named, but authentication failed.
    AuthenticationFailed,
}

/// What stopped a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Stop {
    /// A letter written by order of a member was accepted by the mail server.
    Letter {
        /// The letter's effect.
        effect: EffectId,
    },
    /// A member answered the reporter, proven by authentication or confirmed by a person.
    Answer {
        /// Who answered.
        member: MemberKey,
        /// Their mail; none when an operator vouched for an answer that we never saw.
        mail: Option<MailId>,
    },
    /// A member took the case.
    Claim {
        /// Who took it.
        member: MemberKey,
    },
    /// The case was closed, and nobody is owed a letter.
    Closed,
    /// What it waited for is there, or is no longer owed.
    Settled,
    /// The reporter wrote.
    Reply {
        /// Their mail.
        mail: MailId,
    },
}

/// One thing that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// The case began.
    Opened {
        /// The report.
        mail: MailId,
        /// How it came.
        source: Source,
        /// Who wrote it; none without an address.
        reporter: Option<PersonId>,
        /// When the mailbox received it (INTERNALDATE): all clocks count from here.
        received: Timestamp,
        /// The part of O3DE it is about, by our list.
        component: Option<Component>,
        /// The severity that the reporter claims.
        severity: Option<Severity>,
    },
    /// The reporter will get no receipt, and later neither.
    ReceiptWithheld {
        /// Why.
        why: Withheld,
    },
    /// A clock runs; every instant is a value here and is never computed again.
    ClockStarted {
        /// Which.
        clock: ClockKind,
        /// When the promise is broken.
        due: Timestamp,
        /// When people are told, in order, before and after that.
        rings: Vec<Ring>,
    },
    /// People were told that a clock runs out, at this level and all below.
    ClockRang {
        /// Which.
        clock: ClockKind,
        /// Index into the rings.
        level: u8,
    },
    /// The last ring of a clock was told to the owner alone, because an answer of a member seems to be there: the
    /// escalation itself rings once more, later.
    EscalationPutOff {
        /// Which.
        clock: ClockKind,
        /// The ring that is added at the end.
        ring: Ring,
    },
    /// The promise was kept (or is no longer owed).
    ClockStopped {
        /// Which.
        clock: ClockKind,
        /// By what.
        stop: Stop,
    },
    /// What had stopped the clock did not hold (the letter came back): it runs again towards the same instant.
    ClockReopened {
        /// Which.
        clock: ClockKind,
        /// The mail that says so.
        mail: MailId,
    },
    /// Somebody of the case wrote again.
    Added {
        /// Their mail.
        mail: MailId,
        /// Who, if outside the team.
        person: Option<PersonId>,
        /// Who, if of the team.
        member: Option<MemberKey>,
        /// An out-of-office answer and the like: kept and shown, nobody is alerted.
        automatic: bool,
        /// It does not show that its writer read what was sent: it only asks how the case stands, or proves to be nobody's.
        #[serde(default)]
        idle: bool,
    },
    /// A mail arrived on the case from somebody who cannot be trusted to be of it.
    Quarantined {
        /// The mail.
        mail: MailId,
        /// Why.
        doubt: Doubt,
    },
    /// A member wrote to the reporter from their own mail client.
    MemberAnswered {
        /// The mail.
        mail: MailId,
        /// Who it says it is from.
        member: MemberKey,
        /// Whether authentication proves it.
        verified: bool,
        /// INTERNALDATE.
        received: Timestamp,
    },
    /// A person vouched for an answer.
    AnswerConfirmed {
        /// Who answered the reporter.
        member: MemberKey,
        /// When they vouched.
        at: Timestamp,
    },
    /// A letter of ours came back.
    DeliveryFailed {
        /// The delivery status notification (RFC 3464).
        mail: MailId,
        /// The letter.
        effect: EffectId,
        /// To whom it was.
        person: PersonId,
        /// Not only delayed.
        permanent: bool,
        /// INTERNALDATE of the notification.
        received: Timestamp,
    },
    /// The private issue is there.
    IssueOpened {
        /// Numeric id of the repository.
        repository: u64,
        /// Number of the issue.
        number: u64,
    },
    /// The mail server accepted a letter.
    LetterSent {
        /// Its effect.
        effect: EffectId,
        /// Which letter.
        letter: LetterKind,
        /// To whom.
        person: PersonId,
        /// When.
        at: Timestamp,
    },
    /// Nobody can say whether a letter left; a member was asked.
    LetterUnknown {
        /// Its effect.
        effect: EffectId,
        /// Which letter.
        letter: LetterKind,
    },
    /// An effect cannot be done; people were told.
    EffectParked {
        /// Which.
        effect: EffectId,
        /// Which letter, if it is one.
        #[serde(default)]
        letter: Option<LetterKind>,
    },
    /// A member took the case.
    Claimed {
        /// Who.
        by: MemberKey,
    },
    /// A member, proven to be one, did something on the case.
    Acted {
        /// Counts up from 1 on each case.
        act: u32,
        /// Who.
        by: MemberKey,
        /// When.
        at: Timestamp,
        /// How they said it.
        via: Via,
        /// Their mail, if it was one.
        #[serde(default)]
        mail: Option<MailId>,
        /// What.
        deed: Deed,
        /// The letter that it orders.
        #[serde(default)]
        hold: Option<Hold>,
        /// A second person must agree by then.
        #[serde(default)]
        asks_until: Option<Timestamp>,
    },
    /// A member took back an act.
    Undone {
        /// Which.
        act: u32,
        /// Who.
        by: MemberKey,
        /// When.
        at: Timestamp,
    },
    /// A second person agreed to an act.
    Confirmed {
        /// Which.
        act: u32,
        /// Who.
        by: MemberKey,
        /// When.
        at: Timestamp,
    },
    /// The letter of an act was accepted by the mail server.
    LetterLeft {
        /// Which act.
        act: u32,
        /// The letter's effect.
        effect: EffectId,
        /// When.
        at: Timestamp,
    },
    /// The letter of an act will not leave.
    LetterStopped {
        /// Which act.
        act: u32,
        /// Why.
        why: Stopped,
    },
    /// An act was taken back: the clock that it had stopped runs again towards the same instant.
    ClockResumed {
        /// Which.
        clock: ClockKind,
    },
    /// The case ended by itself: the letter that closes it left.
    Closed {
        /// Why.
        closure: Closure,
    },
    /// Another case belongs together with this one.
    Linked {
        /// Which.
        case: CaseId,
    },
    /// Another case no longer belongs together with this one.
    Unlinked {
        /// Which.
        case: CaseId,
    },
    /// A member asked how the case stands, and was told.
    Looked {
        /// Who.
        by: MemberKey,
        /// How they asked.
        via: Via,
        /// Their mail.
        #[serde(default)]
        mail: Option<MailId>,
    },
    /// A member commanded, and nothing was done: a line was wrong, or did not fit the case. They were told.
    NothingRan {
        /// Who.
        by: MemberKey,
        /// How they commanded.
        via: Via,
        /// Their mail.
        #[serde(default)]
        mail: Option<MailId>,
    },
    /// A mail that commands does not prove to be a member's: kept, shown, nothing was done.
    CommandRefused {
        /// The mail.
        mail: MailId,
        /// The member that it names.
        named: Option<MemberKey>,
        /// What it lacks.
        why: Refused,
    },
    /// Somebody commanded on the issue, by a comment or by assigning it, and does not prove to be a member: nothing was done.
    CommentRefused {
        /// GitHub's id of the comment, or of what they did.
        id: u64,
        /// The member that it names.
        named: Option<MemberKey>,
        /// What it lacks.
        why: Refused,
    },
    /// Somebody closed the issue without closing the case; they were asked for the reason.
    IssueClosed {
        /// GitHub's id of the closing.
        id: u64,
        /// Who, if of the team.
        by: Option<MemberKey>,
    },
    /// The reporter asked how it stands, and one safe line was sent.
    StatusTold {
        /// Their mail.
        mail: MailId,
        /// When.
        at: Timestamp,
    },
    /// The report was looked for among public records and earlier cases, or could not be.
    Checked {
        /// What came of it, in numbers.
        checked: Checked,
    },
    /// GitHub shows something else of the advisory than before.
    AdvisorySeen {
        /// What.
        advisory: Box<Advisory>,
        /// When it was looked at.
        at: Timestamp,
    },
    /// Two people agreed that these of the embargoed list are told; their letters wait in the outbox.
    ListOrdered {
        /// Who.
        people: Vec<PersonId>,
        /// Until when they keep it, as they read it.
        day: Timestamp,
    },
    /// GitHub gives the program no right to a step: a person was asked to do it.
    TaskNamed {
        /// Which.
        task: Task,
        /// When.
        at: Timestamp,
    },
    /// Something speaks against what two people said about publishing: it counts no more.
    PublishHalted {
        /// Since when.
        at: Timestamp,
    },
    /// GitHub shows something else of the public issue than before.
    PostedSeen {
        /// What.
        posted: Box<Posted>,
        /// When it was looked at.
        at: Timestamp,
    },
}

impl Event {
    /// The kind as it stands in the journal's column `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::ReceiptWithheld { .. } => "receipt-withheld",
            Self::ClockStarted { .. } => "clock-started",
            Self::ClockRang { .. } => "clock-rang",
            Self::EscalationPutOff { .. } => "escalation-put-off",
            Self::ClockStopped { .. } => "clock-stopped",
            Self::ClockReopened { .. } => "clock-reopened",
            Self::Added { .. } => "added",
            Self::Quarantined { .. } => "quarantined",
            Self::MemberAnswered { .. } => "member-answered",
            Self::AnswerConfirmed { .. } => "answer-confirmed",
            Self::DeliveryFailed { .. } => "delivery-failed",
            Self::IssueOpened { .. } => "issue-opened",
            Self::LetterSent { .. } => "letter-sent",
            Self::LetterUnknown { .. } => "letter-unknown",
            Self::EffectParked { .. } => "effect-parked",
            Self::Claimed { .. } => "claimed",
            Self::Acted { .. } => "acted",
            Self::Undone { .. } => "undone",
            Self::Confirmed { .. } => "confirmed",
            Self::LetterLeft { .. } => "letter-left",
            Self::LetterStopped { .. } => "letter-stopped",
            Self::ClockResumed { .. } => "clock-resumed",
            Self::Closed { .. } => "closed",
            Self::Linked { .. } => "linked",
            Self::Unlinked { .. } => "unlinked",
            Self::Looked { .. } => "looked",
            Self::NothingRan { .. } => "nothing-ran",
            Self::CommandRefused { .. } => "command-refused",
            Self::CommentRefused { .. } => "comment-refused",
            Self::IssueClosed { .. } => "issue-closed",
            Self::StatusTold { .. } => "status-told",
            Self::Checked { .. } => "checked",
            Self::AdvisorySeen { .. } => "advisory-seen",
            Self::ListOrdered { .. } => "list-ordered",
            Self::TaskNamed { .. } => "task-named",
            Self::PublishHalted { .. } => "publish-halted",
            Self::PostedSeen { .. } => "posted-seen",
        }
    }
}
