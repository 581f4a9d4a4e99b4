//! Taking back, and agreeing as the second person.

use super::{Chore, Run, Said, words};
use crate::case::act::{Act, ActLetter, ActState, Sets};
use crate::case::decide::told;
use crate::case::event::Event;
use crate::case::{Brief, ClockKind, Closure, Deed, Effect, LetterKind, PersonId, Stage, Step};

impl Run<'_> {
    /// Any member takes back any act; a letter that waits does not leave then.
    pub(super) fn undo(&mut self, number: Option<u32>) -> Result<Said, String> {
        let case = self.case()?;
        let act = match number {
            Some(number) => {
                case.act(number).ok_or_else(|| format!("there is no act {number} on this case"))?
            }
            None => case.last_act().ok_or("nothing was done on this case that could be taken back")?,
        };
        let act = act.clone();
        self.may_undo(&act)?;
        let kept_by_word = case.kept_by_word();
        let mut told = String::new();
        let (held, waited) = (act.held().is_some(), act.waits());
        self.event(Event::Undone { act: act.number, by: self.order.by.clone(), at: self.now });
        if held {
            self.chore(Chore::StopLetter { act: act.number });
        }
        match &act.deed {
            Deed::Link { case: other } | Deed::Dup { of: other, .. } => {
                self.event(Event::Unlinked { case: *other });
                self.chore(Chore::UnlinkOther { case: *other });
            }
            Deed::LinkMail { person } if act.state == ActState::Done && !self.is_of_case(*person)? => {
                self.chore(Chore::Leave { person: *person });
            }
            Deed::Reporter { person } if !self.is_of_case(*person)? => {
                self.chore(Chore::Leave { person: *person });
            }
            Deed::Reporter { .. } => {}
            Deed::Answered if kept_by_word => {
                self.event(Event::ClockResumed { clock: ClockKind::Acknowledge });
            }
            Deed::Raise { to } => {
                self.tell_above(*to, true);
            }
            Deed::Step { step: Step::Leaked | Step::Exploited } if !waited => {
                told = self.was_an_error(act.number)?;
            }
            Deed::Step { step: Step::Assess { .. } } if !waited && self.case()?.phase().is_none() => {
                told = self.draft_stays()?;
            }
            Deed::Close { closure }
                if !waited && *closure != Closure::Disclosed && self.case()?.phase().is_some() =>
            {
                told = self.goes_on();
            }
            // The advisory shows what it said.
            Deed::Step { step } if step.shows_on_advisory() && !waited && self.case()?.phase().is_some() => {
                self.ruling.decision.then_on_issue(Effect::Advisory);
            }
            Deed::LinkMail { .. }
            | Deed::Answered
            | Deed::Own { .. }
            | Deed::Disown
            | Deed::Severity { .. }
            | Deed::Split
            | Deed::New { .. }
            | Deed::Open
            | Deed::Acknowledge { .. }
            | Deed::Ask { .. }
            | Deed::Remind { .. }
            | Deed::Known { .. }
            | Deed::Reply
            | Deed::Close { .. }
            | Deed::Step { .. }
            | Deed::Reopen => {}
        }
        let letter = if held { "; its letter will not leave" } else { "" };
        Ok(words(format!("taken back: act {} of {}, {}{letter}{told}", act.number, act.by, act.deed.words())))
    }

    /// Everybody who was told that it is known or used outside hears that it is not.
    fn was_an_error(&mut self, act: u32) -> Result<String, String> {
        let case = self.case()?;
        if case.tracks.published.is_some() {
            return Ok(String::new());
        }
        let (people, listed) = (told::everybody(case, &self.policy.roster), case.tracks.list_told());
        let stays = case.tracks.leaked.or(case.tracks.exploited).is_none();
        let count = self.tell_all(people, &Brief::NoIncident { stays });
        self.tell_list(&listed, LetterKind::ListCorrected, act);
        let mut said = format!("; {count} people hear that it was an error");
        if !listed.is_empty() {
            said.push_str(", and those of the embargoed list who were told");
        }
        if self.case()?.reporter.is_some() {
            said.push_str("; the reporter is not told by this: update tells them");
        }
        Ok(said)
    }

    /// Nothing is written into a draft of what is no vulnerability, and nobody is told: a person decides what becomes of it.
    fn draft_stays(&self) -> Result<String, String> {
        let seen = self.case()?.tracks.advisory.as_ref();
        Ok(seen.map_or_else(String::new, |seen| {
            format!(
                "; the draft {} stays on GitHub, and whoever was told of the assessment is told nothing: assess it anew, or close both",
                seen.ghsa
            )
        }))
    }

    /// Whether that person is of the case whatever was taken back: they report it, did so before, or were linked with it.
    fn is_of_case(&self, person: PersonId) -> Result<bool, String> {
        let case = self.case()?;
        let by = |act: &Act| {
            matches!(act.deed, Deed::Reporter { .. }) && act.reporter_before() == Some(person)
                || act.deed == (Deed::LinkMail { person }) && act.state == ActState::Done
        };
        Ok(case.reporter == Some(person) || case.acts.iter().any(|act| act.stands() && by(act)))
    }

    fn may_undo(&self, act: &Act) -> Result<(), String> {
        let number = act.number;
        if !act.stands() {
            return Err(format!("act {number} was taken back already"));
        }
        let gone =
            matches!(act.letter, Some(ActLetter::Left { .. })) || self.around.leaving.contains(&number);
        let closes = matches!(act.deed, Deed::Close { .. } | Deed::Dup { .. });
        if gone && !closes {
            return Err(format!("the letter of act {number} left already: write another one with reply"));
        }
        if gone && closes {
            return Err(format!("the letter of act {number} left already: reopen goes on with the case"));
        }
        let tracks = &self.case()?.tracks;
        self.may_deny(act, closes)?;
        let public = tracks.published.is_some();
        let shown = tracks.advisory.as_ref().map(|seen| &seen.ghsa);
        let known = |step: &Step| {
            matches!(step, Step::Fork | Step::Notify { .. } | Step::SetDay { .. })
                // Until it is public it can be called back, also where a person was asked to do it.
                || public && matches!(step, Step::Publish { .. })
                // Two people told everybody that it is the one.
                || matches!(step, Step::Advisory { ghsa: Some(ghsa) }
                    if public && tracks.publishing && shown == Some(ghsa))
        };
        if let Deed::Step { step } = &act.deed
            && act.state == ActState::Done
            && known(step)
        {
            return Err(format!("{} was done, and others know of it now", step.words()));
        }
        let review = tracks.review.as_ref().filter(|review| !review.objections.is_empty());
        if let (Deed::Step { step: Step::Review { .. } }, Some(review)) = (&act.deed, review) {
            let names: Vec<String> = review.objections.iter().map(ToString::to_string).collect();
            return Err(format!(
                "{} objects, and that would be lost with it: end that first",
                names.join(", ")
            ));
        }
        if let Deed::Step { step: Step::TakeDown { how, .. } } = &act.deed
            && self.case()?.tracks.posted.as_ref().is_some_and(|posted| posted.is_done(*how))
        {
            return Err("that is done, and GitHub gives it back to nobody".to_owned());
        }
        if let Deed::Step { step: Step::TellPoster } = &act.deed
            && self.case()?.tracks.posted.as_ref().is_some_and(|posted| posted.told.is_some())
        {
            return Err("the comment is there, and whoever posted it knows".to_owned());
        }
        if matches!(act.deed, Deed::Split | Deed::New { .. }) {
            return Err("take that back on the case that was made: undo there".to_owned());
        }
        let sets = act.deed.sets();
        let after = self.case()?.acts.iter().skip_while(|known| known.number != number).skip(1);
        // What waits for a second person has set nothing yet.
        let counts =
            |known: &&Act| known.stands() && !known.waits() && known.deed.sets() == sets && sets != Sets::Own;
        let later = after.filter(counts).last().filter(|_| !act.waits());
        match later {
            Some(later) => Err(format!(
                "act {} came after it and sets the same: undo {} first",
                later.number, later.number
            )),
            None => Ok(()),
        }
    }

    /// What others heard of an end, or of its end, is not taken back behind their backs.
    fn may_deny(&self, act: &Act, closes: bool) -> Result<(), String> {
        let tracks = &self.case()?.tracks;
        // Whoever was told in confidence heard that it is none.
        let denied = closes && act.state == ActState::Done && act.stage_before().phase().is_some();
        if denied && told::all_chairs(self.case()?) && tracks.published.is_none() {
            return Err("whoever was told in confidence hears that it is none: reopen goes on with the case"
                .to_owned());
        }
        let was_none = !matches!(act.stage_before(), Stage::Closed { closure: Closure::Disclosed, .. });
        if act.deed == Deed::Reopen && was_none && self.case()?.phase().is_some() {
            return Err("others hear that it goes on: close it, and say why".to_owned());
        }
        Ok(())
    }

    pub(super) fn confirm(&mut self, nonce: &str) -> Result<Said, String> {
        let unknown = "that word confirms nothing here; it is bound to one act, one person and 24 hours";
        let number = self.around.nonces.get(nonce).copied().ok_or(unknown)?;
        let act = self.case()?.act(number).cloned().ok_or(unknown)?;
        let ActState::Asked { until } = act.state else {
            return Err(format!("act {number} needs no second person any more"));
        };
        if until <= self.now {
            return Err(format!("the time to confirm act {number} is over"));
        }
        if act.by == *self.order.by {
            return Err("somebody else must agree".to_owned());
        }
        if act.is_stopped() {
            return Err(format!("the letter of act {number} does not leave any more"));
        }
        if let Deed::Close { closure } = act.deed {
            self.undecided()?;
            if act.waits() {
                self.may_close(closure, true)?;
                let before = act.stage_before().phase();
                if self.case()?.phase() != before {
                    return Err(format!("the case went on since act {number} was asked for: close it again"));
                }
            }
        }
        if let Deed::Step { step } = &act.deed {
            self.may_confirm(step)?;
        }
        self.event(Event::Confirmed { act: number, by: self.order.by.clone(), at: self.now });
        if let Deed::Step { step } = &act.deed {
            self.confirmed(number, step);
        }
        if let Deed::LinkMail { person } = act.deed {
            self.chore(Chore::Join { person });
        }
        if let Some(hold) = act.held() {
            self.chore(Chore::ReleaseLetter { act: number, until: hold.until.max(self.now) });
        }
        let mut said = format!("confirmed: act {number} of {}, {}", act.by, act.deed.words());
        if let Deed::Close { closure } = act.deed {
            said.push_str(&self.ends(number, closure));
        }
        Ok(Said { act: Some(number), ..words(said) })
    }
}
