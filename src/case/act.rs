//! What members did on a case, act by act, so that each can be taken back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::closure::Closure;
use super::command::{Above, Question};
use super::event::{Event, Stop};
use super::reference::Reference;
use super::{Answer, Case, CaseId, ClockKind, LetterKind, MailId, MemberKey, PersonId, Severity, Stage};

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
            Self::Dup { of } => format!("dup {of}"),
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

/// Stage, severity and reporter as they were.
pub(super) type Before = Box<(Stage, Option<Severity>, Option<PersonId>)>;

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
    /// Stage, severity and reporter before it: only what it sets is taken back.
    pub(super) before: Before,
}

impl Act {
    /// Whether it counts, or may yet.
    pub fn stands(&self) -> bool {
        !matches!(self.state, ActState::Undone { .. })
    }

    /// The stage before it.
    pub fn stage_before(&self) -> &Stage {
        &self.before.0
    }

    /// The severity before it.
    pub fn severity_before(&self) -> Option<Severity> {
        self.before.1
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

    /// Folds in what members did; any other event changes nothing here.
    pub(super) fn apply_act(&mut self, event: &Event) {
        match event {
            Event::Acted { act, by, at, deed, hold, asks_until, .. } => {
                let state = match asks_until {
                    Some(until) => ActState::Asked { until: *until },
                    None => ActState::Done,
                };
                let (before, letter) = (self.snapshot(), hold.map(ActLetter::Held));
                let act =
                    Act { number: *act, by: by.clone(), at: *at, deed: deed.clone(), state, letter, before };
                if !act.waits() {
                    self.do_deed(&act);
                }
                self.acts.push(act);
            }
            Event::Undone { act, by, .. } => self.undo(*act, by),
            Event::Confirmed { act, .. } => self.agreed(*act),
            Event::LetterLeft { act, at, .. } => self.letter_left(*act, *at),
            Event::LetterStopped { act, .. } => {
                if let Some(act) = self.acts.iter_mut().find(|known| known.number == *act) {
                    act.letter = Some(ActLetter::Stopped);
                }
            }
            Event::ClockResumed { clock } => {
                if let Some(clock) = self.clocks.get_mut(clock) {
                    clock.stopped = None;
                }
            }
            Event::Closed { closure, .. } => self.close(*closure),
            Event::Linked { case } => {
                if !self.links.contains(case) {
                    self.links.push(*case);
                }
            }
            Event::Unlinked { case } => self.links.retain(|known| known != case),
            Event::CommandRefused { .. } | Event::CommentRefused { .. } => {
                self.refused = self.refused.saturating_add(1);
            }
            Event::StatusTold { at, .. } => {
                self.status_told.push(*at);
                let surplus = self.status_told.len().saturating_sub(20);
                self.status_told.drain(..surplus);
            }
            Event::Opened { .. }
            | Event::ReceiptWithheld { .. }
            | Event::ClockStarted { .. }
            | Event::ClockRang { .. }
            | Event::EscalationPutOff { .. }
            | Event::ClockStopped { .. }
            | Event::ClockReopened { .. }
            | Event::Added { .. }
            | Event::Quarantined { .. }
            | Event::MemberAnswered { .. }
            | Event::AnswerConfirmed { .. }
            | Event::DeliveryFailed { .. }
            | Event::IssueOpened { .. }
            | Event::LetterSent { .. }
            | Event::LetterUnknown { .. }
            | Event::EffectParked { .. }
            | Event::Claimed { .. }
            | Event::Checked { .. }
            | Event::Looked { .. }
            | Event::IssueClosed { .. }
            | Event::NothingRan { .. } => {}
        }
    }

    /// On a case without an owner the first who closes it, or says where it is known, owns it.
    fn owner_or(&self, by: &MemberKey) -> MemberKey {
        self.owner().unwrap_or(by).clone()
    }

    pub(super) fn snapshot(&self) -> Before {
        Box::new((self.stage.clone(), self.severity_set, self.reporter))
    }

    pub(super) fn do_deed(&mut self, act: &Act) {
        match &act.deed {
            Deed::Own { member } => self.stage = Stage::Triage { owner: member.clone() },
            Deed::Disown => self.stage = Stage::New,
            Deed::Severity { severity } => self.severity_set = Some(*severity),
            Deed::Dup { of } => {
                let owner = Some(self.owner_or(&act.by));
                self.duplicate_of = Some(*of);
                self.stage = Stage::Closed { owner, closure: Closure::Duplicate };
            }
            Deed::Known { reference } => {
                let owner = self.owner_or(&act.by);
                self.stage = Stage::Known { owner, reference: reference.clone() };
            }
            Deed::Close { closure } => {
                let owner = Some(self.owner_or(&act.by));
                self.stage = Stage::Closed { owner, closure: *closure };
            }
            Deed::Reopen => {
                self.duplicate_of = None;
                self.reopened = true;
                self.stage = match self.owner() {
                    Some(owner) => Stage::Triage { owner: owner.clone() },
                    None => Stage::Triage { owner: act.by.clone() },
                };
            }
            Deed::Reporter { person } => self.reporter = Some(*person),
            Deed::Answered => {
                self.answer = Some(Answer { member: act.by.clone(), verified: true, at: act.at });
            }
            Deed::Raise { to } => self.raised = Some(*to),
            Deed::Link { .. }
            | Deed::LinkMail { .. }
            | Deed::Split
            | Deed::New { .. }
            | Deed::Open
            | Deed::Acknowledge { .. }
            | Deed::Ask { .. }
            | Deed::Remind { .. }
            | Deed::Reply => {}
        }
    }

    fn undo(&mut self, number: u32, by: &MemberKey) {
        let Some(act) = self.acts.iter_mut().find(|act| act.number == number) else { return };
        let waited = act.waits();
        act.state = ActState::Undone { by: by.clone() };
        if act.held().is_some() {
            act.letter = Some(ActLetter::Stopped);
        }
        if waited {
            return;
        }
        let (deed, (stage, severity, reporter)) = (act.deed.clone(), *act.before.clone());
        match deed {
            // There was nothing before it.
            Deed::Open => self.close(Closure::NotAReport),
            Deed::Own { .. }
            | Deed::Disown
            | Deed::Dup { .. }
            | Deed::Known { .. }
            | Deed::Close { .. }
            | Deed::Reopen => {
                self.reopened |= matches!(self.stage, Stage::Closed { .. });
                if matches!(deed, Deed::Dup { .. }) {
                    self.duplicate_of = None;
                }
                self.stage = stage;
            }
            Deed::Severity { .. } => self.severity_set = severity,
            Deed::Reporter { .. } => self.reporter = reporter,
            Deed::Answered => self.answer = None,
            Deed::Raise { .. } => self.raised = None,
            Deed::Link { .. }
            | Deed::LinkMail { .. }
            | Deed::Split
            | Deed::New { .. }
            | Deed::Acknowledge { .. }
            | Deed::Ask { .. }
            | Deed::Remind { .. }
            | Deed::Reply => {}
        }
    }

    fn close(&mut self, closure: Closure) {
        let owner = self.owner().cloned();
        self.stage = Stage::Closed { owner, closure };
    }

    /// A person wrote to the reporter.
    fn letter_left(&mut self, act: u32, at: Timestamp) {
        let Some(act) = self.acts.iter_mut().find(|known| known.number == act) else { return };
        act.letter = Some(ActLetter::Left { at });
        let (by, deed) = (act.by.clone(), act.deed.clone());
        match deed {
            Deed::Ask { .. } | Deed::Remind { .. } => {}
            Deed::Acknowledge { contact_by } => {
                self.contact_by = Some(contact_by);
                self.answer = Some(Answer { member: by, verified: true, at });
            }
            Deed::Dup { .. }
            | Deed::Known { .. }
            | Deed::Reply
            | Deed::Close { .. }
            | Deed::Own { .. }
            | Deed::Disown
            | Deed::Severity { .. }
            | Deed::Link { .. }
            | Deed::LinkMail { .. }
            | Deed::Split
            | Deed::New { .. }
            | Deed::Open
            | Deed::Reporter { .. }
            | Deed::Answered
            | Deed::Reopen
            | Deed::Raise { .. } => self.answer = Some(Answer { member: by, verified: true, at }),
        }
    }

    /// Whether the promise to the reporter was kept by what a member did alone, so that taking it back resumes it.
    pub(super) fn kept_by_word(&self) -> bool {
        let clock = self.clocks.get(&ClockKind::Acknowledge);
        matches!(clock.and_then(|clock| clock.stopped.as_ref()), Some(Stop::Answer { mail: None, .. }))
    }
}
