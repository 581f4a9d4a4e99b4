//! What is to be done in the world, in the imperative. Only the outbox performs it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::brief::Brief;
use super::clock::ClockKind;
use super::command::Above;
use super::letter::LetterKind;
use super::refused::Refused;
use super::{CaseId, Closure, EffectId, MailId, MemberKey, PersonId, Sha256, Takedown};

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
    /// A mail that commands and does not prove to be a member's: shown as unverified, with the reason.
    Refused {
        /// The mail.
        mail: MailId,
        /// What it lacks.
        why: Refused,
    },
    /// What a member wrote below their commands: for the team alone.
    Note {
        /// Their mail.
        mail: MailId,
    },
    /// What a member commanded, what followed, and the letters that wait; its text is fixed when it is decided.
    Commanded {
        /// Their mail; none for a comment.
        mail: Option<MailId>,
    },
    /// More mails came than are shown in an hour; its text is fixed when it is decided.
    TooMany,
    /// Somebody closed the issue by hand: what closes the case; its text is fixed when it is decided.
    ClosedByHand {
        /// GitHub's id of the closing.
        id: u64,
    },
}

impl Remark {
    /// The mail that it is about.
    pub fn mail(&self) -> Option<MailId> {
        match self {
            Self::Reply { mail }
            | Self::Stranger { mail }
            | Self::Answer { mail }
            | Self::Bounce { mail }
            | Self::Refused { mail, .. }
            | Self::Note { mail } => Some(*mail),
            // Several comments may be about one mail: this is not the one by which it is found again.
            Self::Commanded { .. } | Self::ClosedByHand { .. } | Self::TooMany => None,
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
    /// A later check found more among public records and earlier cases than people were told before.
    FoundMore,
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
    /// To one member: a mail in your name commanded, and was refused.
    CommandRefused {
        /// What it lacked.
        why: Refused,
    },
    /// A member made you the owner.
    OwnerNow {
        /// Who did.
        by: MemberKey,
    },
    /// The case needs help from above; or no longer.
    Raised {
        /// Who says so.
        by: MemberKey,
        /// From whom.
        to: Above,
        /// It was taken back.
        over: bool,
    },
    /// To one person: agree to an act of another, with your own nonce.
    Confirm {
        /// Which act.
        act: u32,
    },
    /// The case was closed.
    Closed {
        /// Why.
        closure: Closure,
    },
    /// A letter that waited will not leave.
    LetterStopped {
        /// Which act ordered it.
        act: u32,
    },
    /// Something on the way of a vulnerability, by a letter of `templates/members/`.
    Brief {
        /// What.
        brief: Brief,
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
    /// What is said and done on the issues could not be looked at for too long.
    IssuesSilent {
        /// The last good look.
        since: Option<Timestamp>,
    },
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
            Self::IssuesSilent { .. } => "issues-silent",
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
    /// Bring our one comment with answers to commands on the issue up to date; what is new in it is fixed when it is decided.
    Answer,
    /// Send a letter to somebody outside.
    Letter {
        /// Which.
        letter: LetterKind,
        /// To whom.
        to: PersonId,
        /// In whose thread; none: it begins one.
        in_reply_to: Option<MailId>,
        /// The act that ordered it; 0: the machine itself.
        #[serde(default, skip_serializing_if = "is_zero")]
        act: u32,
    },
    /// Tell a member what became of their commands; its text is fixed when it is decided.
    Transcript {
        /// To whom.
        to: MemberKey,
        /// Their mail.
        mail: Option<MailId>,
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
    /// Bring the draft advisory to what the case says: make it, let people see it, ask for a CVE id, begin a fork. What GitHub
    /// lets no program do becomes a task for a person.
    Advisory,
    /// Make the advisory public. Two people said so, and the day is there.
    Publish {
        /// SHA-256 of what they approved: anything else is not published.
        text: Sha256,
    },
    /// Tell a public Discord channel of what was published.
    Announce {
        /// Which of the configured channels, from 0.
        channel: u8,
    },
    /// Tell whoever posted the public issue where reports go (T32): one comment there.
    TellPoster,
    /// Take the public issue down. Two people said so.
    TakeDown {
        /// How.
        how: Takedown,
        /// SHA-256 of what they read: anything else is not touched.
        words: Sha256,
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
    /// The advisory, and the public issue, in the public repository.
    Advisory,
    /// Mail to members.
    Members,
    /// Posts to Discord.
    Discord,
}

impl Lane {
    /// All lanes.
    pub const ALL: [Self; 5] = [Self::Github, Self::Letters, Self::Advisory, Self::Members, Self::Discord];

    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Letters => "letters",
            Self::Advisory => "advisory",
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
    /// Whether everybody can see what it does.
    pub fn is_public(&self) -> bool {
        match self {
            Self::Publish { .. } | Self::Announce { .. } | Self::TellPoster | Self::TakeDown { .. } => true,
            Self::OpenIssue
            | Self::UpdateIssue
            | Self::Comment { .. }
            | Self::Answer
            | Self::Letter { .. }
            | Self::Transcript { .. }
            | Self::Alert { .. }
            | Self::Post { .. }
            | Self::Advisory => false,
        }
    }

    /// The lane it goes in.
    pub fn lane(&self) -> Lane {
        match self {
            Self::OpenIssue | Self::UpdateIssue | Self::Comment { .. } | Self::Answer => Lane::Github,
            Self::Letter { .. } => Lane::Letters,
            Self::Alert { .. } | Self::Transcript { .. } => Lane::Members,
            Self::Post { .. } | Self::Announce { .. } => Lane::Discord,
            Self::Advisory | Self::Publish { .. } | Self::TellPoster | Self::TakeDown { .. } => {
                Lane::Advisory
            }
        }
    }

    /// The rule for an unknown outcome.
    pub fn when_unknown(&self) -> WhenUnknown {
        match self {
            Self::OpenIssue
            | Self::Comment { .. }
            | Self::Answer
            | Self::Advisory
            | Self::Publish { .. }
            | Self::TellPoster
            | Self::TakeDown { .. } => WhenUnknown::LookFirst,
            Self::UpdateIssue | Self::Alert { .. } | Self::Transcript { .. } | Self::Post { .. } => {
                WhenUnknown::Repeat
            }
            // The public is not told twice.
            Self::Letter { .. } | Self::Announce { .. } => WhenUnknown::AskAMember,
        }
    }

    /// The word in lists and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::OpenIssue => "open-issue",
            Self::UpdateIssue => "update-issue",
            Self::Comment { .. } => "comment",
            Self::Answer => "answer",
            Self::Letter { letter, .. } => letter.word(),
            Self::Transcript { .. } => "transcript",
            Self::Alert { .. } => "alert",
            Self::Post { .. } => "post",
            Self::Advisory => "advisory",
            Self::Publish { .. } => "publish",
            Self::Announce { .. } => "announce",
            Self::TellPoster => "tell-poster",
            Self::TakeDown { .. } => "take-down",
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
