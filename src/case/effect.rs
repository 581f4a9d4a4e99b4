//! What is to be done in the world, in the imperative. Only the outbox performs it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::clock::ClockKind;
use super::{CaseId, EffectId, MailId, MemberKey, PersonId};

/// A letter to somebody outside the team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterKind {
    /// T00: your message arrived. Written by the machine; stops no clock.
    Receipt,
}

impl LetterKind {
    /// The name of its template and its word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
        }
    }
}

/// What a comment on the private issue is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "remark", rename_all = "kebab-case")]
pub enum Remark {
    /// Somebody of the case wrote again.
    Reply {
        /// Their mail.
        mail: MailId,
    },
    /// A stranger wrote on the case: shown as unverified.
    Stranger {
        /// Their mail.
        mail: MailId,
    },
    /// A member answered the reporter from their own mail client.
    Answer {
        /// Their mail.
        mail: MailId,
    },
    /// A letter of ours came back.
    Bounce {
        /// The delivery status notification.
        mail: MailId,
    },
}

impl Remark {
    /// The mail that it is about.
    pub fn mail(&self) -> MailId {
        match self {
            Self::Reply { mail }
            | Self::Stranger { mail }
            | Self::Answer { mail }
            | Self::Bounce { mail } => *mail,
        }
    }
}

/// What people of the team are told. Holds nothing of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alert", rename_all = "kebab-case")]
pub enum Alert {
    /// A case began.
    NewCase,
    /// The reporter wrote again.
    ReporterWrote,
    /// A stranger wrote on the case.
    StrangerWrote,
    /// A question to the one member whose name stands on an answer: was it you?
    DidYouAnswer {
        /// The answer.
        mail: MailId,
    },
    /// A letter of ours came back.
    DeliveryFailed,
    /// A clock runs out, or ran out.
    Clock {
        /// Which.
        clock: ClockKind,
        /// Which of its rings.
        level: u8,
        /// Whether the promise is broken.
        breach: bool,
    },
    /// Nobody can say whether a letter left.
    LetterUnknown {
        /// Its effect.
        effect: EffectId,
    },
    /// An effect of the case cannot be done.
    Parked {
        /// Which.
        effect: EffectId,
    },
    /// Mails wait in the waiting room (all that nobody was told about yet).
    Waiting {
        /// The mails.
        mails: Vec<MailId>,
    },
    /// The daily digest.
    Digest,
    /// The daemon itself is in trouble.
    Alarm {
        /// What is wrong.
        alarm: Alarm,
    },
}

/// A fault of the world that an operator must look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "alarm", rename_all = "kebab-case")]
pub enum Alarm {
    /// No good poll for too long.
    MailboxSilent {
        /// The last good poll.
        since: Option<Timestamp>,
    },
    /// The server shows mails that cannot be fetched.
    MailsNotFetched {
        /// How many.
        count: u32,
    },
    /// A mail could not be read; it is parked or went the header-only way.
    MailParked {
        /// Which.
        mail: MailId,
    },
    /// Signs of two different cases in one mail; it became its own case.
    ThreadsDisagree {
        /// Which.
        mail: MailId,
    },
    /// Free space on the disk of the state directory is under the limit; no mail is fetched.
    DiskLow,
    /// The reports repository can be read by everybody: nothing is written to it.
    RepositoryPublic,
    /// The reports repository is archived, moved or another one: nothing is written to it.
    RepositoryRefused,
    /// GitHub refuses our credentials.
    GithubRefused,
    /// The mail server refuses our credentials or is not there.
    SmtpDown,
    /// Discord refuses the webhook.
    DiscordRevoked,
    /// A mail of a case offers another OpenPGP key than the one that letters are encrypted to.
    OtherKey {
        /// Which case.
        case: CaseId,
    },
    /// An effect without a case cannot be done.
    EffectParked {
        /// Which.
        effect: EffectId,
    },
}

impl Alarm {
    /// The word under which an alarm is raised once and cleared.
    pub fn word(&self) -> &'static str {
        match self {
            Self::MailboxSilent { .. } => "mailbox-silent",
            Self::MailsNotFetched { .. } => "mails-not-fetched",
            Self::MailParked { .. } => "mail-parked",
            Self::ThreadsDisagree { .. } => "threads-disagree",
            Self::DiskLow => "disk-low",
            Self::RepositoryPublic => "repository-public",
            Self::RepositoryRefused => "repository-refused",
            Self::GithubRefused => "github-refused",
            Self::SmtpDown => "smtp-down",
            Self::DiscordRevoked => "discord-revoked",
            Self::OtherKey { .. } => "other-key",
            Self::EffectParked { .. } => "effect-parked",
        }
    }
}

/// One thing to do. One effect has one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case")]
pub enum Effect {
    /// Open the private issue.
    OpenIssue,
    /// Bring the private issue to what the case says now.
    UpdateIssue,
    /// Write a comment on the private issue.
    Comment {
        /// About what.
        remark: Remark,
    },
    /// Send a letter to somebody outside.
    Letter {
        /// Which.
        letter: LetterKind,
        /// To whom.
        to: PersonId,
        /// In whose thread.
        in_reply_to: MailId,
    },
    /// Mail a member.
    Alert {
        /// To whom.
        to: MemberKey,
        /// About what.
        alert: Alert,
    },
    /// Post to the team's Discord channel.
    Post {
        /// About what.
        alert: Alert,
    },
}

/// Effects of a case and a lane are performed in order; lanes never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// Issues and comments.
    Github,
    /// Letters to people outside.
    Letters,
    /// Mail to members.
    Members,
    /// Posts to Discord.
    Discord,
}

impl Lane {
    /// All lanes.
    pub const ALL: [Self; 4] = [Self::Github, Self::Letters, Self::Members, Self::Discord];

    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Letters => "letters",
            Self::Members => "members",
            Self::Discord => "discord",
        }
    }
}

/// What to do when nobody knows whether an effect happened (we died, or the answer was cut).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUnknown {
    /// Doing it twice is harmless, or ends in the same state.
    Repeat,
    /// Look it up in the world before a second try.
    LookFirst,
    /// Never try again by ourselves: look for proof, then ask a member.
    AskAMember,
}

impl Effect {
    /// The lane it goes in.
    pub fn lane(&self) -> Lane {
        match self {
            Self::OpenIssue | Self::UpdateIssue | Self::Comment { .. } => Lane::Github,
            Self::Letter { .. } => Lane::Letters,
            Self::Alert { .. } => Lane::Members,
            Self::Post { .. } => Lane::Discord,
        }
    }

    /// The rule for an unknown outcome.
    pub fn when_unknown(&self) -> WhenUnknown {
        match self {
            Self::OpenIssue | Self::Comment { .. } => WhenUnknown::LookFirst,
            Self::UpdateIssue | Self::Alert { .. } | Self::Post { .. } => WhenUnknown::Repeat,
            Self::Letter { .. } => WhenUnknown::AskAMember,
        }
    }

    /// The word in lists and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::OpenIssue => "open-issue",
            Self::UpdateIssue => "update-issue",
            Self::Comment { .. } => "comment",
            Self::Letter { letter, .. } => letter.word(),
            Self::Alert { .. } => "alert",
            Self::Post { .. } => "post",
        }
    }
}

/// A needed order across lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// Nothing to wait for.
    Nothing,
    /// Only when the issue is there.
    Issue,
    /// When the issue is there, or at this instant without it.
    IssueOr(Timestamp),
}

/// An effect with its earliest instant and its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What to do.
    pub effect: Effect,
    /// Not before this instant.
    pub not_before: Option<Timestamp>,
    /// Order across lanes.
    pub after: After,
}

impl Planned {
    /// At once, after nothing.
    pub fn now(effect: Effect) -> Self {
        Self { effect, not_before: None, after: After::Nothing }
    }

    /// Once the issue is there.
    pub fn after_issue(effect: Effect) -> Self {
        Self { effect, not_before: None, after: After::Issue }
    }
}
