//! What members did on a case, act by act, so that each can be taken back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::closure::Closure;
use super::command::{Above, Question};
use super::part::Part;
use super::reference::Reference;
use super::step::{Step, Track};
use super::tracks::Embargo;
use super::{Case, CaseId, LetterKind, MailId, MemberKey, PersonId, Severity, Stage};

/// What a member did, as the journal keeps it: no words, no addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "kebab-case")]
pub enum Deed {
    /// Somebody is the owner now.
    Own {
        /// Who.
        member: MemberKey,
    },
    /// Nobody is the owner any more.
    Disown,
    /// The team's own severity.
    Severity {
        /// Which.
        severity: Severity,
    },
    /// Closed as the same as another case.
    Dup {
        /// Which.
        of: CaseId,
        /// The next word is promised to the reporter by then, once the letter left that says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact_by: Option<Timestamp>,
    },
    /// Linked with another case.
    Link {
        /// Which.
        case: CaseId,
    },
    /// A further reporter, once a second person agrees.
    LinkMail {
        /// Who.
        person: PersonId,
    },
    /// One more case was made of the report.
    Split,
    /// A mail of this case became a case of its own.
    New {
        /// Which.
        mail: MailId,
    },
    /// A member made this case: of a mail that was set aside, of another case's report or of a mail there.
    Open,
    /// Somebody else is the reporter.
    Reporter {
        /// Who.
        person: PersonId,
    },
    /// T01 was ordered.
    Acknowledge {
        /// The next word is promised by then.
        contact_by: Timestamp,
    },
    /// The reporter was answered by a member's own mail.
    Answered,
    /// T03 was ordered.
    Ask {
        /// What it asks.
        questions: Vec<Question>,
    },
    /// T04 was ordered.
    Remind {
        /// What it asks again.
        questions: Vec<Question>,
    },
    /// It is public already.
    Known {
        /// Where.
        reference: Reference,
    },
    /// A letter in a member's words was ordered.
    Reply,
    /// Closed.
    Close {
        /// Why.
        closure: Closure,
    },
    /// Goes on.
    Reopen,
    /// Somebody above was told.
    Raise {
        /// Who.
        to: Above,
    },
    /// Something on the way of a vulnerability.
    Step {
        /// What.
        #[serde(flatten)]
        step: Step,
    },
}

/// What of a case an act sets: of two acts that set the same, the later one is taken back first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sets {
    /// Stage and owner.
    Stage,
    /// The team's severity.
    Severity,
    /// Who reported it.
    Reporter,
    /// The promise to the reporter.
    Promise,
    /// What runs beside the stage.
    Track(Track),
    /// Nothing that another act sets.
    Own,
}

impl Deed {
    /// What it sets.
    pub fn sets(&self) -> Sets {
        match self {
            Self::Own { .. }
            | Self::Disown
            | Self::Dup { .. }
            | Self::Known { .. }
            | Self::Close { .. }
            | Self::Open
            | Self::Reopen => Sets::Stage,
            Self::Severity { .. } => Sets::Severity,
            Self::Reporter { .. } => Sets::Reporter,
            Self::Acknowledge { .. } | Self::Answered => Sets::Promise,
            Self::Step { step } if step.track() == Track::Stage => Sets::Stage,
            Self::Step { step } => Sets::Track(step.track()),
            Self::Link { .. }
            | Self::LinkMail { .. }
            | Self::Split
            | Self::New { .. }
            | Self::Ask { .. }
            | Self::Remind { .. }
            | Self::Reply
            | Self::Raise { .. } => Sets::Own,
        }
    }

    /// For lists: what was done, our words.
    pub fn words(&self) -> String {
        match self {
            Self::Own { member } => format!("own {member}"),
            Self::Disown => "disown".to_owned(),
            Self::Severity { severity } => format!("severity {severity}"),
            Self::Dup { of, .. } => format!("dup {of}"),
            Self::Link { case } => format!("link {case}"),
            Self::LinkMail { .. } => "link mail".to_owned(),
            Self::Split => "split".to_owned(),
            Self::New { mail } => format!("new {mail}"),
            Self::Open => "open".to_owned(),
            Self::Reporter { .. } => "reporter".to_owned(),
            Self::Acknowledge { .. } => "ack".to_owned(),
            Self::Answered => "ack done".to_owned(),
            Self::Ask { questions } => format!("ask {}", listed(questions)),
            Self::Remind { questions } => format!("ask again ({})", listed(questions)),
            Self::Known { reference } => format!("known {reference}"),
            Self::Reply => "reply".to_owned(),
            Self::Close { closure } => format!("close {closure}"),
            Self::Reopen => "reopen".to_owned(),
            Self::Raise { to: Above::Chairs } => "raise chairs".to_owned(),
            Self::Raise { to: Above::Tsc } => "raise tsc".to_owned(),
            Self::Step { step } => step.words(),
        }
    }
}

/// Questions in one line.
pub fn listed(questions: &[Question]) -> String {
    questions.iter().map(|question| question.word()).collect::<Vec<_>>().join(", ")
}

/// A letter that an act ordered, as it is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Which letter.
    pub letter: LetterKind,
    /// It leaves after a poll of the mailbox that began after this instant.
    pub until: Timestamp,
}

/// What became of an act's letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter-is", rename_all = "kebab-case")]
pub enum ActLetter {
    /// It waits.
    Held(Hold),
    /// The mail server accepted it.
    Left {
        /// When.
        at: Timestamp,
    },
    /// It will not leave.
    Stopped,
}

/// Why a held letter did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// Whoever ordered it is no longer of the team.
    LeftTeam,
    /// No second person agreed in time.
    Unconfirmed,
    /// The case no longer holds it.
    TakenBack,
    /// The case ends: it asks nothing any more, and promises no further word.
    CaseEnds,
    /// In an exercise mail goes to the roster alone.
    Exercise,
    /// An operator canceled it.
    Operator,
    /// The case has another reporter than when it was ordered.
    OtherReporter,
}

/// How an act stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act-is", rename_all = "kebab-case")]
pub enum ActState {
    /// It counts.
    Done,
    /// A second person must agree by then.
    Asked {
        /// Until when.
        until: Timestamp,
    },
    /// It was taken back.
    Undone {
        /// By whom.
        by: MemberKey,
    },
}

/// One act of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Counts up from 1 on each case.
    pub number: u32,
    /// Who.
    pub by: MemberKey,
    /// When.
    pub at: Timestamp,
    /// What.
    pub deed: Deed,
    /// How it stands.
    pub state: ActState,
    /// Its letter, if it ordered one.
    pub letter: Option<ActLetter>,
    /// What it may set, as it was: only what it sets is taken back.
    pub(super) before: Box<Before>,
}

/// What acts set, as it was before one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    pub(super) stage: Stage,
    pub(super) severity: Option<Severity>,
    pub(super) reporter: Option<PersonId>,
    /// Kept for steps alone: what this one sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<Part>,
}

impl Act {
    /// Whether it counts, or may yet.
    pub fn stands(&self) -> bool {
        !matches!(self.state, ActState::Undone { .. })
    }

    /// The stage before it.
    pub fn stage_before(&self) -> &Stage {
        &self.before.stage
    }

    /// How it stood with the day before it; none: it sets none.
    pub fn embargo_before(&self) -> Option<&Embargo> {
        match &self.before.part {
            Some(Part::Embargo(before)) => Some(before),
            Some(_) | None => None,
        }
    }

    /// Who had reported it before it.
    pub fn reporter_before(&self) -> Option<PersonId> {
        self.before.reporter
    }

    /// The severity before it.
    pub fn severity_before(&self) -> Option<Severity> {
        self.before.severity
    }

    /// The letter that waits, if one does.
    pub fn held(&self) -> Option<Hold> {
        match self.letter {
            Some(ActLetter::Held(hold)) => Some(hold),
            Some(ActLetter::Left { .. } | ActLetter::Stopped) | None => None,
        }
    }
}

impl Case {
    /// The act with that number.
    pub fn act(&self, number: u32) -> Option<&Act> {
        self.acts.iter().find(|act| act.number == number)
    }

    /// The last act that was not taken back.
    pub fn last_act(&self) -> Option<&Act> {
        self.acts.iter().rev().find(|act| act.stands())
    }

    /// Which questions were asked, by letters that left or may leave.
    pub fn asked(&self) -> Vec<Question> {
        let mut asked: Vec<Question> = Vec::new();
        for act in self.acts.iter().filter(|act| act.stands() && act.letter != Some(ActLetter::Stopped)) {
            if let Deed::Ask { questions } = &act.deed {
                asked.extend(questions);
            }
        }
        asked.sort_unstable();
        asked.dedup();
        asked
    }
}
