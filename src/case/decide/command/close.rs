//! How a case ends, and goes on.

use super::{Chore, Run, Said, words};
use crate::case::act::Stopped;
use crate::case::decide::told;
use crate::case::event::Event;
use crate::case::tracks::Cve;
use crate::case::{
    Act, ActState, Alert, Brief, Case, CaseId, ClockKind, Closure, Content, Deed, Effect, LetterKind, Phase,
    Reference, Stage,
};

/// Whether the reporter knows that it is public, or cannot be told: by the letter that thanks them, or by another one since.
fn told_of_it(case: &Case) -> bool {
    let since = |at: Option<jiff::Timestamp>| at.is_some() && at > case.tracks.published;
    case.reporter.is_none()
        || case.tracks.thanked
        || since(case.tracks.last_word)
        || since(case.delivery_failed)
}

impl Run<'_> {
    /// The case, if it goes on and no letter is about to close it.
    pub(super) fn undecided(&self) -> Result<&Case, String> {
        let case = self.open_case()?;
        match &case.stage {
            Stage::Known { reference, .. } => {
                Err(format!("the reporter is told of {reference} already: undo that first"))
            }
            Stage::New | Stage::Triage { .. } | Stage::Remedy { .. } | Stage::Closed { .. } => Ok(case),
        }
    }

    /// The case, if nobody said yet that it is a vulnerability.
    fn unassessed(&self) -> Result<&Case, String> {
        let case = self.decidable()?;
        match case.phase() {
            None => Ok(case),
            Some(_) => {
                Err("it is assessed as a vulnerability: undo that, or close it with a reason".to_owned())
            }
        }
    }

    /// Whether it may end so, where it stands (RUNBOOK 1.2, rows 12 and 28).
    pub(super) fn may_close(&self, closure: Closure, explained: bool) -> Result<(), String> {
        let case = self.undecided()?;
        match (case.phase(), closure) {
            (Some(Phase::Disclosed), Closure::Disclosed) => {
                let mut lacks: Vec<&str> = Vec::new();
                let shown = case.tracks.advisory.as_ref();
                match shown {
                    Some(seen) if seen.is_public() => {}
                    // It was public once; whoever ends the case says what became of it.
                    Some(seen) if seen.state.is_ended() && explained => {}
                    Some(seen) if seen.state.is_ended() => {
                        lacks.push("the advisory was withdrawn on GitHub: say why the case ends: close disclosed WHY");
                    }
                    Some(_) | None => lacks.push("GitHub does not show the advisory as public"),
                }
                if !told_of_it(case) {
                    lacks.push("nobody told the reporter that it is public: publish, or reply");
                }
                if matches!(case.tracks.cve, Cve::Requested { .. }) {
                    lacks.push("the CVE id that was asked for is not there: cve CVE-..., cve refused, or cve none and why");
                }
                if lacks.is_empty() { Ok(()) } else { Err(lacks.join("; ")) }
            }
            (Some(Phase::Disclosed), _) => Err("it is public: close disclosed".to_owned()),
            (_, Closure::Disclosed) => Err("it is not public yet".to_owned()),
            (Some(_), Closure::Spam | Closure::NotAReport) => {
                Err("it is assessed as a vulnerability: undo that first, or say what it is instead"
                    .to_owned())
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// The same, and nobody is asked to agree to its end.
    fn decidable(&self) -> Result<&Case, String> {
        let case = self.undecided()?;
        let waits = |act: &&Act| {
            matches!(act.state, ActState::Asked { until } if until > self.now)
                && matches!(act.deed, Deed::Close { .. })
                // One that the case has gone beyond cannot be agreed to any more.
                && act.stage_before().phase() == case.phase()
        };
        match case.acts.iter().find(waits) {
            Some(act) => Err(format!(
                "act {} ({}) waits for a second person: undo it first",
                act.number,
                act.deed.words()
            )),
            None => Ok(case),
        }
    }

    pub(super) fn known(&mut self, reference: &Reference) -> Result<Said, String> {
        let case = self.unassessed()?;
        let deed = Deed::Known { reference: reference.clone() };
        if case.reporter.is_none() {
            let act = self.act(deed);
            self.event(Event::Closed { closure: Closure::KnownPublic });
            let ends = self.ends(act, Closure::KnownPublic);
            let said =
                format!("closed: known-public ({reference}); no letter, the report has no address{ends}");
            return Ok(Said { act: Some(act), ..words(said) });
        }
        let (act, told) =
            self.act_with_letter(deed, LetterKind::KnownIssue, Content::Known(reference.clone()))?;
        let stopped = self.stop_idle_letters(act);
        let said = format!("public already: {reference}; {told}; the case closes when it left{stopped}");
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn close(&mut self, closure: Closure, reason: &str) -> Result<Said, String> {
        self.may_close(closure, !reason.is_empty())?;
        let reachable = self.decidable()?.reporter.is_some();
        let grave = self.ends_for_others(closure)?.or(self.denies_grave_claim(closure)?);
        let waits = grave.is_some();
        let deed = Deed::Close { closure };
        let (act, told) = match closure.letter().filter(|_| reachable) {
            Some(letter) => {
                let content = Content::Closing { closure, reason: reason.to_owned() };
                self.act_with_agreed_letter(deed, letter, content, grave)?
            }
            None => {
                let until = waits.then(|| self.agreed_by());
                let missing = if closure.letter().is_some() { ", the report has no address" } else { "" };
                let why = grave.map_or_else(String::new, |why| format!("waits for a second person: {why}; "));
                (self.act_until(deed, None, until), format!("{why}no letter{missing}"))
            }
        };
        // The letters of an hour can ask for a second person as well.
        if self.case()?.closure().is_none() {
            let said =
                format!("closes as {closure} ({}) when another member agrees: {told}", closure.words());
            return Ok(Said { act: Some(act), ..words(said) });
        }
        let ends = self.ends(act, closure);
        Ok(Said { act: Some(act), ..words(format!("closed: {closure} ({}); {told}{ends}", closure.words())) })
    }

    /// Why one person alone may not say that it is no vulnerability (RUNBOOK section 1.2, row 12).
    fn denies_grave_claim(&self, closure: Closure) -> Result<Option<String>, String> {
        let (claimed, from) = (self.case()?.severity, self.policy.commands.close_agreed_from);
        let claimed = claimed.filter(|claimed| from.is_some_and(|from| *claimed >= from));
        match claimed.filter(|_| closure.denies()) {
            None => Ok(None),
            Some(_) if self.others().is_empty() => Err(
                "the reporter claims it to be grave, and there is no second person on the roster who could agree"
                    .to_owned(),
            ),
            Some(claimed) => Ok(Some(format!("the reporter claims {claimed}"))),
        }
    }

    /// Why one person alone may not say that nothing will be published: others prepare for it.
    fn ends_for_others(&self, closure: Closure) -> Result<Option<String>, String> {
        let told = told::all_chairs(self.case()?) && closure != Closure::Disclosed;
        if told && self.others().is_empty() {
            return Err(
                "others were told of it, and there is no second person on the roster who could agree"
                    .to_owned(),
            );
        }
        Ok(told.then(|| "others were told of it in confidence, and hear then that it is none".to_owned()))
    }

    /// Whoever was told of it in confidence hears that it is none.
    fn end_for_others(&mut self, act: u32, closure: Closure) -> String {
        let assessed = |act: &Act| act.stage_before().phase().is_some();
        let Some(case) = self.case.as_ref().filter(|case| case.act(act).is_some_and(assessed)) else {
            return String::new();
        };
        if closure == Closure::Disclosed {
            return String::new();
        }
        let (people, listed) = (told::everybody(case, &self.policy.roster), case.tracks.list_told());
        let count = self.tell_all(people, &Brief::Ended);
        self.tell_list(&listed, LetterKind::ListEnded, act);
        format!("; {count} people and {} of the embargoed list hear that it is none", listed.len())
    }

    /// What follows when the case ends by an act: people are told, and what would ask or promise more does not leave.
    pub(super) fn ends(&mut self, act: u32, closure: Closure) -> String {
        self.tell_closed(closure);
        if closure != Closure::Duplicate && self.case.as_ref().is_some_and(|case| !case.links.is_empty()) {
            self.chore(Chore::TellDuplicates);
        }
        let told = self.end_for_others(act, closure);
        told + &self.stop_idle_letters(act)
    }

    /// Stops letters that wait and that an ended case does not send; not that of the act which ends it.
    fn stop_idle_letters(&mut self, but: u32) -> String {
        let idle = self.case.as_ref().map(|case| case.idle_letters(but)).unwrap_or_default();
        let mut said = String::new();
        for (act, letter) in idle {
            // What is on its way cannot be stopped.
            if !self.around.leaving.contains(&act) {
                self.event(Event::LetterStopped { act, why: Stopped::CaseEnds });
                self.chore(Chore::StopLetter { act });
                said.push_str(&format!("; {} of act {act} does not leave", letter.words()));
            }
        }
        said
    }

    pub(super) fn dup(&mut self, of: CaseId) -> Result<Said, String> {
        let case = self.unassessed()?;
        if case.id == of {
            return Err("a case is not its own duplicate".to_owned());
        }
        if !self.around.cases.contains(&of) {
            return Err(format!("there is no {of}"));
        }
        if self.around.duplicates.contains(&of) {
            return Err(format!(
                "{of} is closed as a duplicate of this one: reopen it first, or nobody goes on"
            ));
        }
        let owed = case.runs(ClockKind::Acknowledge) && case.reporter.is_some();
        let (act, told) = if owed {
            // They learn nothing of the other case: to them it is a report like any other (RUNBOOK 1.2, row 6).
            let days = self.policy.commands.contact_days;
            let contact_by = self.policy.calendar.advance_working_days(self.now, days);
            let content = Content::Acknowledgement { days, contact_by };
            let deed = Deed::Dup { of, contact_by: Some(contact_by) };
            self.act_with_letter(deed, LetterKind::Acknowledgement, content)?
        } else {
            (self.act(Deed::Dup { of, contact_by: None }), "no letter".to_owned())
        };
        self.event(Event::Linked { case: of });
        self.chore(Chore::LinkOther { case: of });
        let ends = self.ends(act, Closure::Duplicate);
        Ok(Said { act: Some(act), ..words(format!("closed: duplicate of {of}; {told}{ends}")) })
    }

    pub(super) fn reopen(&mut self) -> Result<Said, String> {
        let Some(closure) = self.case()?.closure() else { return Err("it is not closed".to_owned()) };
        let act = self.act(Deed::Reopen);
        let was_none = closure != Closure::Disclosed && self.case()?.phase().is_some();
        let told = if was_none { self.goes_on() } else { String::new() };
        Ok(Said { act: Some(act), ..words(format!("closed ({closure}) -> in triage{told}")) })
    }

    /// Whoever was told that it is none hears that it is one after all; the embargoed list by the next `notify`.
    pub(super) fn goes_on(&mut self) -> String {
        let Some(case) = &self.case else { return String::new() };
        let people = told::everybody(case, &self.policy.roster);
        let count = self.tell_all(people, &Brief::GoesOn);
        format!("; {count} people hear that it goes on")
    }

    /// The RFC: "close the issue in the queue and tell the SIR team".
    fn tell_closed(&mut self, closure: Closure) {
        if self.policy.discord {
            self.ruling.decision.then(Effect::Post { alert: Alert::Closed { closure } });
        }
    }
}
