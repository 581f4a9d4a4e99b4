//! How what members did changes a case, and how it is taken back.

use jiff::Timestamp;

use super::act::{Act, ActLetter, ActState, Before, Deed, Stopped};
use super::closure::Closure;
use super::event::{Event, Stop};
use super::part::Part;
use super::step::Step;
use super::tracks::Phase;
use super::{Answer, Case, ClockKind, LetterKind, MemberKey, Stage};

impl Case {
    /// Folds in what members did; any other event changes nothing here.
    pub(super) fn apply_act(&mut self, event: &Event) {
        match event {
            Event::Acted { .. } => self.acted(event),
            Event::Undone { act, by, .. } => self.undo(*act, by),
            Event::Confirmed { act, .. } => self.agreed(*act),
            Event::LetterLeft { act, at, .. } => self.letter_left(*act, *at),
            Event::LetterStopped { act, why } => self.letter_stopped(*act, *why),
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
            | Event::AdvisorySeen { .. }
            | Event::TaskNamed { .. }
            | Event::ListOrdered { .. }
            | Event::PublishHalted { .. }
            | Event::PostedSeen { .. }
            | Event::Looked { .. }
            | Event::IssueClosed { .. }
            | Event::NothingRan { .. } => {}
        }
    }

    /// On a case without an owner the first who closes it, or says where it is known, owns it.
    fn owner_or(&self, by: &MemberKey) -> MemberKey {
        self.owner().unwrap_or(by).clone()
    }

    fn acted(&mut self, event: &Event) {
        let Event::Acted { act, by, at, deed, hold, asks_until, .. } = event else { return };
        let state = match asks_until {
            Some(until) => ActState::Asked { until: *until },
            None => ActState::Done,
        };
        let (before, letter) = (self.snapshot(deed, by), hold.map(ActLetter::Held));
        let act = Act { number: *act, by: by.clone(), at: *at, deed: deed.clone(), state, letter, before };
        if !act.waits() {
            self.do_deed(&act);
        }
        self.tracks.moved = Some(*at);
        self.acts.push(act);
    }

    /// What that deed may set, as it is now.
    pub(super) fn snapshot(&self, deed: &Deed, by: &MemberKey) -> Box<Before> {
        let part = if let Deed::Step { step } = deed {
            Some(self.tracks.part(step, by))
        } else if let Deed::Reporter { .. } = deed {
            Some(Part::Embargo(self.tracks.embargo))
        } else {
            None
        };
        Box::new(Before {
            stage: self.stage.clone(),
            severity: self.severity_set,
            reporter: self.reporter,
            part,
        })
    }

    /// The stage with another owner.
    pub(super) fn owned_by(&self, owner: Option<&MemberKey>) -> Stage {
        match (&self.stage, owner) {
            (Stage::Closed { closure, .. }, owner) => {
                Stage::Closed { owner: owner.cloned(), closure: *closure }
            }
            (Stage::Remedy { phase, .. }, owner) => Stage::Remedy { phase: *phase, owner: owner.cloned() },
            (_, Some(owner)) => Stage::Triage { owner: owner.clone() },
            (_, None) => Stage::New,
        }
    }

    pub(super) fn do_deed(&mut self, act: &Act) {
        match &act.deed {
            Deed::Own { member } => self.stage = self.owned_by(Some(member)),
            Deed::Disown => self.stage = self.owned_by(None),
            Deed::Severity { severity } => self.severity_set = Some(*severity),
            Deed::Dup { of, .. } => {
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
                if *closure != Closure::Disclosed {
                    self.tracks.told_that_it_is_none();
                }
            }
            Deed::Reopen => {
                self.duplicate_of = None;
                self.reopened = true;
                self.stage = match self.owner() {
                    Some(owner) => Stage::Triage { owner: owner.clone() },
                    None => Stage::Triage { owner: act.by.clone() },
                };
                // What was published stays so, and what was assessed stays known.
                if self.tracks.assessment.is_some() {
                    let phase =
                        if self.tracks.published.is_some() { Phase::Disclosed } else { Phase::Confirmed };
                    self.stage = Stage::Remedy { phase, owner: Some(self.owner_or(&act.by)) };
                }
            }
            Deed::Step { step } => {
                // A later word on something earlier (another assessment, another group) moves nothing back; a new review does.
                let back = |phase| self.phase().is_some_and(|now| now >= phase) && phase != Phase::Review;
                // What everybody can read is public, whatever is said of it later.
                let public = |phase| if self.tracks.published.is_some() { Phase::Disclosed } else { phase };
                if let Some(phase) = step.leads_to().filter(|phase| !back(*phase)).map(public) {
                    self.stage = Stage::Remedy { phase, owner: Some(self.owner_or(&act.by)) };
                }
                self.tracks.step(step, act.number, &act.by, act.at);
            }
            Deed::Reporter { person } => {
                self.reporter = Some(*person);
                self.tracks.unbind_day();
            }
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
        let (deed, done_by) = (act.deed.clone(), act.by.clone());
        let Before { stage, severity, reporter, part } = *act.before.clone();
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
            Deed::Step { step } => {
                if step.leads_to().is_some() && self.closure().is_none() && self.tracks.published.is_none() {
                    self.stage = stage.clone();
                }
                if let Some(part) = part {
                    self.tracks.take_back(part, &done_by);
                    self.not_public_after_all(&stage);
                }
            }
            Deed::Severity { .. } => self.severity_set = severity,
            Deed::Reporter { .. } => {
                self.reporter = reporter;
                if let Some(Part::Embargo(before)) = part {
                    self.tracks.bind_day(&before);
                }
            }
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
        self.stay_public();
    }

    /// What everybody can read is public, whatever is taken back.
    pub(super) fn stay_public(&mut self) {
        if let Stage::Remedy { phase, .. } = &mut self.stage
            && self.tracks.published.is_some()
        {
            *phase = Phase::Disclosed;
        }
    }

    /// What was public was not this case's advisory: it is where it was before that was named.
    fn not_public_after_all(&mut self, before: &Stage) {
        if let (Stage::Remedy { phase, .. }, Stage::Remedy { phase: was, .. }) = (&mut self.stage, before)
            && *phase == Phase::Disclosed
            && self.tracks.published.is_none()
        {
            *phase = *was;
        }
    }

    fn close(&mut self, closure: Closure) {
        let owner = self.owner().cloned();
        self.stage = Stage::Closed { owner, closure };
    }

    fn letter_stopped(&mut self, act: u32, why: Stopped) {
        let Some(act) = self.acts.iter_mut().find(|known| known.number == act) else { return };
        let draft = act.held().is_some_and(|hold| hold.letter == LetterKind::DraftForReporter);
        act.letter = Some(ActLetter::Stopped);
        if draft && why == Stopped::Exercise {
            self.draft_reaches_nobody();
        }
    }

    /// A person wrote to the reporter.
    fn letter_left(&mut self, act: u32, at: Timestamp) {
        let Some(act) = self.acts.iter_mut().find(|known| known.number == act) else { return };
        act.letter = Some(ActLetter::Left { at });
        self.tracks.moved = Some(at);
        let (by, deed) = (act.by.clone(), act.deed.clone());
        match deed {
            Deed::Ask { .. } | Deed::Remind { .. } => self.wrote(at),
            Deed::Step { step } => {
                self.wrote(at);
                if let Step::Update { contact_by } = step {
                    self.contact_by = Some(contact_by);
                    self.answered_by(by, at);
                }
            }
            Deed::Acknowledge { contact_by } | Deed::Dup { contact_by: Some(contact_by), .. } => {
                self.contact_by = Some(contact_by);
                self.answered_by(by, at);
            }
            Deed::Dup { contact_by: None, .. }
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
            | Deed::Raise { .. } => {
                self.answered_by(by, at);
                self.wrote(at);
            }
        }
    }

    /// The answer that the reporter waited for; a later letter does not move it.
    fn answered_by(&mut self, member: MemberKey, at: Timestamp) {
        let kept = self.answer.as_ref().is_some_and(|answer| answer.verified);
        if !kept || self.runs(ClockKind::Acknowledge) {
            self.answer = Some(Answer { member, verified: true, at });
        }
    }

    /// The reporter heard from us: what an earlier letter promised is kept (RUNBOOK 1.4, promised contact).
    pub(super) fn wrote(&mut self, at: Timestamp) {
        self.tracks.last_word = Some(at);
        self.contact_by = None;
    }

    /// Whether the promise to the reporter was kept by what a member did alone, so that taking it back resumes it.
    pub(super) fn kept_by_word(&self) -> bool {
        let clock = self.clocks.get(&ClockKind::Acknowledge);
        matches!(clock.and_then(|clock| clock.stopped.as_ref()), Some(Stop::Answer { mail: None, .. }))
    }
}
