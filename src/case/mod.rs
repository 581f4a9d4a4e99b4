//! What a case is and what happens next: pure, total, replayable.
//!
//! [`Case::apply`] folds events and knows nothing else; [`decide`] alone sees the policy, the calendar and the instant.

pub mod act;
pub mod advisory;
mod agree;
pub mod assessment;
pub mod brief;
mod brought;
pub mod calendar;
pub mod checked;
pub mod clock;
pub mod closure;
pub mod command;
pub mod decide;
pub mod effect;
pub mod event;
mod fold;
pub mod id;
pub mod instant;
pub mod letter;
pub mod order;
mod part;
pub mod planned;
pub mod policy;
pub mod posted;
pub mod reference;
pub mod refused;
pub mod review;
pub mod roster;
pub mod sighting;
pub mod step;
pub mod tracks;
pub mod withheld;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use act::{Act, ActState, Deed};
pub use advisory::{Advisory, Task};
pub use assessment::{Assessment, Sig};
pub use brief::Brief;
pub use checked::{Checked, Tally, Unchecked};
pub use clock::{Audience, ClockKind, ClockRule, InformationRule, Ring};
pub use closure::Closure;
pub use effect::{Alarm, Alert, Effect, Lane, Remark, WhenUnknown};
pub use event::{Doubt, Event, Source, Stop};
pub use id::{
    Address, CaseId, Component, EffectId, MailId, Malformed, MemberKey, Op, PersonId, Severity, Sha256,
};
pub use letter::{Content, LetterKind};
pub use planned::{After, Planned, Spoken};
pub use policy::Policy;
pub use posted::{Posted, PostedWords, Takedown};
pub use reference::Reference;
pub use refused::Refused;
pub use sighting::Sighting;
pub use step::Step;
pub use tracks::{Phase, Tracks};
pub use withheld::Withheld;

/// Where a case stands in the runbook. Holds only what is true in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum Stage {
    /// The issue is (being) opened, nobody has taken the case.
    New,
    /// Somebody is working on it.
    Triage {
        /// The triage owner.
        owner: MemberKey,
    },
    /// It is public already; the letter that says so has not left yet.
    Known {
        /// The triage owner.
        owner: MemberKey,
        /// Where it is public.
        reference: Reference,
    },
    /// It is a vulnerability, on its way to be public.
    Remedy {
        /// How far.
        phase: Phase,
        /// The triage owner, unless they gave it back.
        owner: Option<MemberKey>,
    },
    /// Done.
    Closed {
        /// Who owned it last.
        owner: Option<MemberKey>,
        /// Why.
        closure: Closure,
    },
}

impl Stage {
    /// How far it is on its way to be public, if it is a vulnerability and not closed.
    pub fn phase(&self) -> Option<Phase> {
        match self {
            Self::Remedy { phase, .. } => Some(*phase),
            Self::New | Self::Triage { .. } | Self::Known { .. } | Self::Closed { .. } => None,
        }
    }

    /// The word in the store and in lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Triage { .. } => "triage",
            Self::Known { .. } => "known",
            Self::Remedy { phase, .. } => phase.word(),
            Self::Closed { .. } => "closed",
        }
    }
}

/// The state of one promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseClock {
    /// When it is broken.
    pub due: Timestamp,
    /// When people are told, before and after that.
    pub rings: Vec<Ring>,
    /// How many of the rings have rung.
    pub rung: u8,
    /// What stopped it.
    pub stopped: Option<Stop>,
}

impl CaseClock {
    /// The next instant at which people are to be told, if it runs.
    pub fn next_ring(&self) -> Option<Timestamp> {
        if self.stopped.is_some() { None } else { self.rings.get(usize::from(self.rung)).map(|ring| ring.at) }
    }

    /// Whether the promise is broken at that instant.
    pub fn is_broken(&self, now: Timestamp) -> bool {
        self.stopped.is_none() && self.due <= now
    }
}

/// What became of the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receipt {
    /// On its way.
    Due,
    /// The mail server accepted it, at this instant.
    Sent(Timestamp),
    /// It will not be sent.
    Withheld(Withheld),
    /// Nobody can say; a member was asked.
    Unknown,
    /// It cannot be sent; a member was told.
    Parked,
}

impl Receipt {
    /// Why none was sent, where that was decided.
    pub fn withheld(self) -> Option<Withheld> {
        if let Self::Withheld(why) = self { Some(why) } else { None }
    }
}

/// The last answer of a member to the reporter that we saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Who, as the mail says or as a person vouched.
    pub member: MemberKey,
    /// Whether that is proven.
    pub verified: bool,
    /// When their mail arrived, or a person vouched.
    pub at: Timestamp,
}

/// All that follows from one report: a fold over its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// Where it stands.
    pub stage: Stage,
    /// The report.
    pub report: MailId,
    /// How it came.
    pub source: Source,
    /// Who reported it; none without an address.
    pub reporter: Option<PersonId>,
    /// When the mailbox received the report.
    pub received: Timestamp,
    /// The part of O3DE, by our list.
    pub component: Option<Component>,
    /// The severity the reporter claims.
    pub severity: Option<Severity>,
    /// The promises.
    pub clocks: BTreeMap<ClockKind, CaseClock>,
    /// What became of the receipt.
    pub receipt: Receipt,
    /// The private issue: repository id and number.
    pub issue: Option<(u64, u64)>,
    /// The last answer of a member to the reporter.
    pub answer: Option<Answer>,
    /// Since when our letters to the reporter come back.
    pub delivery_failed: Option<Timestamp>,
    /// Later mails of people of the case.
    pub replies: u32,
    /// Mails of strangers on the case.
    pub quarantined: u32,
    /// Effects that could not be done when they were tried last.
    pub parked: Vec<EffectId>,
    /// What members did, in order.
    pub acts: Vec<Act>,
    /// The team's own severity.
    pub severity_set: Option<Severity>,
    /// The case that is about the same.
    pub duplicate_of: Option<CaseId>,
    /// Cases that belong together with it.
    pub links: Vec<CaseId>,
    /// Who above was asked to help.
    pub raised: Option<command::Above>,
    /// The next word to the reporter is promised by then.
    pub contact_by: Option<Timestamp>,
    /// It was closed once, and goes on.
    pub reopened: bool,
    /// The last mail of the reporter: what our letters answer.
    pub last_mail: MailId,
    /// Mails that commanded and were not a member's, as far as they prove.
    pub refused: u32,
    /// When the reporter was told how it stands, at most the last 20 times.
    pub status_told: Vec<Timestamp>,
    /// What the last check against public records and earlier cases came to; none before the first.
    #[serde(default)]
    pub checked: Option<Checked>,
    /// The most of each kind that any check found: so much people were told.
    #[serde(default)]
    pub found_most: Tally,
    /// What runs beside the stages of a vulnerability.
    #[serde(default)]
    pub tracks: Tracks,
}

impl Case {
    /// The case as its first event makes it; none if that event does not open a case.
    pub fn begin(id: CaseId, event: &Event) -> Option<Self> {
        let Event::Opened { mail, source, reporter, received, component, severity } = event else {
            return None;
        };
        Some(Self {
            id,
            stage: Stage::New,
            report: *mail,
            source: *source,
            reporter: *reporter,
            received: *received,
            component: component.clone(),
            severity: *severity,
            clocks: BTreeMap::new(),
            receipt: Receipt::Due,
            issue: None,
            answer: None,
            delivery_failed: None,
            replies: 0,
            quarantined: 0,
            parked: Vec::new(),
            acts: Vec::new(),
            severity_set: None,
            duplicate_of: None,
            links: Vec::new(),
            raised: None,
            contact_by: None,
            reopened: false,
            last_mail: *mail,
            refused: 0,
            status_told: Vec::new(),
            checked: None,
            found_most: Tally::default(),
            tracks: Tracks::default(),
        })
    }

    /// The case as these events make it.
    pub fn replay<'a>(id: CaseId, events: impl IntoIterator<Item = &'a Event>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut case = Self::begin(id, events.next()?)?;
        events.for_each(|event| case.apply(event));
        Some(case)
    }

    /// The mail server took a letter to somebody outside.
    fn letter_sent(&mut self, letter: LetterKind, person: PersonId, at: Timestamp) {
        if let (LetterKind::DraftForReporter, Some(review)) = (letter, &mut self.tracks.review) {
            review.ask(person, at);
        }
        if letter == LetterKind::Receipt {
            self.receipt = Receipt::Sent(at);
        } else if letter.is_notice() {
            self.tracks.told.push((letter, person, at));
            if letter == LetterKind::ListEnded {
                self.tracks.to_tell.retain(|known| *known != person);
            }
        } else if letter == LetterKind::PublishedThanks {
            self.tracks.thanked = true;
            self.wrote(at);
        } else if matches!(letter, LetterKind::DraftForReporter | LetterKind::CveNews) {
            // Also by themselves, when GitHub shows something new.
            self.wrote(at);
        }
    }

    /// Folds one event in. Total: an event that does not fit changes nothing.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened { .. } => {}
            Event::ReceiptWithheld { why } => self.receipt = Receipt::Withheld(*why),
            Event::ClockStarted { clock, due, rings } => {
                let fresh = CaseClock { due: *due, rings: rings.clone(), rung: 0, stopped: None };
                self.clocks.insert(*clock, fresh);
            }
            Event::ClockRang { clock, level } => {
                if let Some(clock) = self.clocks.get_mut(clock) {
                    clock.rung = clock.rung.max(level.saturating_add(1));
                }
            }
            Event::EscalationPutOff { clock, ring } => {
                if let Some(clock) = self.clocks.get_mut(clock) {
                    clock.rings.push(*ring);
                }
            }
            Event::ClockStopped { clock, stop } => {
                if let Some(clock) = self.clocks.get_mut(clock) {
                    clock.stopped = Some(stop.clone());
                }
            }
            Event::ClockReopened { clock, .. } => {
                if let Some(clock) = self.clocks.get_mut(clock) {
                    clock.stopped = None;
                }
            }
            Event::Added { mail, person, automatic, idle, .. } => {
                self.added(*mail, *person, *automatic || *idle);
            }
            Event::Quarantined { .. } => self.quarantined = self.quarantined.saturating_add(1),
            Event::MemberAnswered { member, verified, received, .. } => {
                self.seems_answered(member, *verified, *received);
            }
            Event::AnswerConfirmed { member, at } => {
                self.answer = Some(Answer { member: member.clone(), verified: true, at: *at });
            }
            Event::DeliveryFailed { permanent, received, .. } => {
                if *permanent {
                    self.delivery_failed = Some(*received);
                }
            }
            Event::IssueOpened { repository, number } => self.issue = Some((*repository, *number)),
            Event::LetterSent { letter, person, at, .. } => self.letter_sent(*letter, *person, *at),
            Event::LetterUnknown { letter: LetterKind::Receipt, .. } => self.receipt = Receipt::Unknown,
            Event::LetterUnknown { .. } => {}
            Event::EffectParked { effect, letter } => self.park(*effect, *letter),
            Event::Claimed { by } => self.stage = self.owned_by(Some(by)),
            Event::Acted { .. }
            | Event::Undone { .. }
            | Event::Confirmed { .. }
            | Event::LetterLeft { .. }
            | Event::LetterStopped { .. }
            | Event::ClockResumed { .. }
            | Event::Closed { .. }
            | Event::Linked { .. }
            | Event::Unlinked { .. }
            | Event::Looked { .. }
            | Event::NothingRan { .. }
            | Event::CommandRefused { .. }
            | Event::CommentRefused { .. }
            | Event::IssueClosed { .. }
            | Event::StatusTold { .. } => self.apply_act(event),
            Event::Checked { checked } => self.looked_for(*checked),
            Event::AdvisorySeen { advisory, at } => self.advisory_seen(advisory, *at),
            Event::ListOrdered { people, day } => self.tracks.list_ordered(people, *day),
            Event::TaskNamed { task, at } => self.tracks.named(task, *at),
            Event::PublishHalted { .. } => self.tracks.not_published(),
            Event::PostedSeen { posted, at } => self.tracks.posted_seen(posted, *at),
        }
    }

    fn looked_for(&mut self, checked: Checked) {
        self.found_most = self.found_most.most(&checked.tally());
        self.checked = Some(checked);
    }

    fn added(&mut self, mail: MailId, person: Option<PersonId>, idle: bool) {
        self.replies = self.replies.saturating_add(1);
        if person.is_some() && person == self.reporter {
            self.last_mail = mail;
            // That they are out of office is no word on the text; nor is anything before they have it.
            if let (false, Some(person), Some(review)) = (idle, person, &mut self.tracks.review) {
                review.wrote(person);
            }
        }
    }

    /// Public is what everybody can read, whoever made it so.
    fn advisory_seen(&mut self, advisory: &Advisory, at: Timestamp) {
        self.tracks.seen(advisory, at);
        self.stay_public();
    }

    fn seems_answered(&mut self, member: &MemberKey, verified: bool, at: Timestamp) {
        // While a proven answer stands, a mail that anybody can write does not take its place.
        let stands =
            self.answer.as_ref().is_some_and(|answer| answer.verified) && !self.runs(ClockKind::Acknowledge);
        if verified || !stands {
            self.answer = Some(Answer { member: member.clone(), verified, at });
        }
    }

    fn park(&mut self, effect: EffectId, letter: Option<LetterKind>) {
        if !self.parked.contains(&effect) {
            self.parked.push(effect);
        }
        if letter == Some(LetterKind::Receipt) {
            self.receipt = Receipt::Parked;
        }
        if letter == Some(LetterKind::DraftForReporter) {
            self.draft_reaches_nobody();
        }
    }

    /// The draft cannot reach the reporter: nobody waits longer for them than if it had.
    pub(super) fn draft_reaches_nobody(&mut self) {
        if let (Some(reporter), Some(review)) = (self.reporter, &mut self.tracks.review) {
            review.ask(reporter, review.since);
        }
    }

    /// The triage owner.
    pub fn owner(&self) -> Option<&MemberKey> {
        match &self.stage {
            Stage::New => None,
            Stage::Triage { owner } | Stage::Known { owner, .. } => Some(owner),
            Stage::Remedy { owner, .. } | Stage::Closed { owner, .. } => owner.as_ref(),
        }
    }

    /// Why it is closed, if it is.
    pub fn closure(&self) -> Option<Closure> {
        match &self.stage {
            Stage::Closed { closure, .. } => Some(*closure),
            Stage::New | Stage::Triage { .. } | Stage::Known { .. } | Stage::Remedy { .. } => None,
        }
    }

    /// How far it is on its way to be public, if it is a vulnerability and not closed.
    pub fn phase(&self) -> Option<Phase> {
        self.stage.phase()
    }

    /// When a person must have acknowledged the report.
    pub fn acknowledge_by(&self) -> Option<Timestamp> {
        self.clocks.get(&ClockKind::Acknowledge).map(|clock| clock.due)
    }

    /// When the first promise of ours is broken, of those that run.
    pub fn first_due(&self) -> Option<Timestamp> {
        let ours = self.clocks.iter().filter(|(kind, clock)| kind.is_ours() && clock.stopped.is_none());
        ours.map(|(_, clock)| clock.due).min()
    }

    /// Whether a promise runs.
    pub fn runs(&self, clock: ClockKind) -> bool {
        self.clocks.get(&clock).is_some_and(|clock| clock.stopped.is_none())
    }
}
