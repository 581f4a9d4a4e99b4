//! The embargoed list, the day, and what is public (RUNBOOK 1.2, rows 24 to 30). Nothing here happens by one person alone.

use jiff::Timestamp;

use super::{Run, Said, words};
use crate::case::decide::{advisory, promises, publishing, told};
use crate::case::roster::Role;
use crate::case::tracks::{Credit, Cve, Fix};
use crate::case::{Advisory, Brief, Case, Deed, Effect, Event, LetterKind, Phase, Severity, Sighting, Step};

impl Run<'_> {
    /// What forbids to tell the embargoed list now.
    fn notify_lacks(&self, case: &Case, phase: Phase) -> Vec<String> {
        let mut lacks = self.review_lacks(case);
        if phase < Phase::Review {
            lacks.push("it is not under review yet".to_owned());
        }
        if self.lacks_day(case) {
            lacks.push(
                "no day is agreed: nobody can be told until when to keep it (embargo; or say conflict)"
                    .to_owned(),
            );
        }
        // A text that changed is told again.
        if phase >= Phase::Review && is_told(case) {
            lacks.push("they were told already".to_owned());
        }
        lacks
    }

    pub(super) fn notify(&mut self) -> Result<Said, String> {
        let (case, phase) = self.remedy()?;
        let lacks = self.notify_lacks(case, phase);
        let text = case.tracks.text().filter(|_| lacks.is_empty()).ok_or_else(|| lacks.join("; "))?;
        let (day, until) = (case.tracks.date(), promises::prepared(case, self.policy, self.now));
        let act = self.step_of_two(Step::Notify { text })?;
        let count = self.around.embargoed.len();
        let mut said = format!(
            "when a second person confirms: {count} of the embargoed list and the chairs of all SIGs are told"
        );
        if !self.around.lapsed.is_empty() {
            let names = self.around.lapsed.join(", ");
            said.push_str(&format!(
                "; not told, because they have not confirmed the terms within a year: {names}"
            ));
        }
        let soon = day.filter(|day| count > 0 && *day < until);
        if let Some(day) = soon {
            let day = self.at(day);
            said.push_str(&format!("; the day ({day}) leaves them less time to prepare than is configured"));
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// `why`: it was said why the embargoed list needs less time than is configured.
    pub(super) fn ready(&mut self, why: bool) -> Result<Said, String> {
        let (case, phase) = self.remedy()?;
        let mut lacks = self.review_lacks(case);
        let day = case.tracks.date();
        let short = self.preparing(case).filter(|until| day.is_none_or(|day| day < *until));
        match phase {
            Phase::Ready if !why || short.is_none() => {
                return Err("it is ready already".to_owned());
            }
            Phase::Ready | Phase::Prenotice => {}
            // RUNBOOK row 25: no time to prepare where there is nobody to prepare.
            Phase::Review if self.around.embargoed.is_empty() && self.around.lapsed.is_empty() => {}
            // A review of the text that they were told of asks nobody of them again.
            Phase::Review if is_told(case) => {}
            Phase::Review => lacks.push("the embargoed list is not told: notify".to_owned()),
            Phase::Confirmed | Phase::Mitigating | Phase::Disclosed => {
                lacks.push("it is not under review yet".to_owned());
            }
        }
        match &case.tracks.fix {
            Fix::Merged { .. } | Fix::Impossible => {}
            Fix::Open | Fix::Proposed { .. } => lacks.push(
                "the fix is not in the public repository: fix merged https://..., or fix none and why"
                    .to_owned(),
            ),
        }
        let grave = case.tracks.assessment.as_ref().is_some_and(|found| found.severity >= Severity::High);
        if grave && case.tracks.installers.is_none() {
            lacks.push("SIG-Release has not said whether installers are made: installers yes|no".to_owned());
        }
        if case.tracks.cve == Cve::None {
            lacks.push("nobody has asked for a CVE id: cve request, or cve none and why".to_owned());
        }
        if self.lacks_day(case) {
            lacks.push("no day is agreed (embargo; or say conflict: then the last day counts)".to_owned());
        }
        if let (Some(until), Some(day), false) = (short, day, why) {
            let (until, day) = (self.at(until), self.at(day));
            lacks.push(format!(
                "the embargoed list prepares until {until}, and the day is {day}: agree on a later one, or say why less time will do: ready WHY"
            ));
        }
        if !lacks.is_empty() {
            return Err(lacks.join("; "));
        }
        let old = case.tracks.told_of.is_some() && case.tracks.told_of != case.tracks.text();
        let loose = loose_ends(case);
        let act = self.step(Step::Ready { hurried: why && short.is_some() });
        let day = day.map_or("as soon as two people say so".to_owned(), |day| {
            format!("on {}, when two people say so", self.at(day))
        });
        let mut said = format!("ready: it goes public {day}");
        if old {
            said.push_str("; the embargoed list was told of an earlier text: notify tells them of this one");
        }
        said.push_str(&loose);
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// Until when those who were told still prepare, or will be told now.
    fn preparing(&self, case: &Case) -> Option<Timestamp> {
        publishing::preparing(case, self.policy, self.now, !self.around.embargoed.is_empty())
    }

    /// Whether a day is still to be agreed, or set where there is nobody to agree with: it was not given up, and nothing forces
    /// it.
    fn lacks_day(&self, case: &Case) -> bool {
        let open = case.tracks.date().is_none() && case.tracks.embargo.conflict.is_none();
        open && !self.is_forced(case)
    }

    fn is_forced(&self, case: &Case) -> bool {
        publishing::is_forced(case, self.policy, self.now)
    }

    /// What forbids to publish now.
    fn publish_lacks(&self, case: &Case) -> Vec<String> {
        let listed = !self.around.embargoed.is_empty();
        publishing::lacks(case, self.policy, self.now, listed, &|at| self.at(at))
    }

    /// In an exercise nothing is done in public.
    pub(super) fn for_real(&self) -> Result<(), String> {
        if self.policy.exercise {
            return Err("this is an exercise: nothing is done in public".to_owned());
        }
        Ok(())
    }

    pub(super) fn publish(&mut self) -> Result<Said, String> {
        self.for_real()?;
        if let (Some(Phase::Disclosed), false) = (self.open_case()?.phase(), self.case()?.tracks.publishing) {
            return self.tell_public();
        }
        let (case, _) = self.remedy()?;
        if case.tracks.publishing {
            return Err(
                "two people said so already; it is being done (undo takes it back until then)".to_owned()
            );
        }
        let lacks = self.publish_lacks(case);
        let text = case.tracks.text().filter(|_| lacks.is_empty()).ok_or_else(|| lacks.join("; "))?;
        let unread = case.tracks.date().is_none() && case.reporter.is_some();
        let outside = case.tracks.leaked.max(case.tracks.exploited);
        let unheard = outside.is_some() && case.tracks.last_word <= outside && case.reporter.is_some();
        let act = self.step_of_two(Step::Publish { text })?;
        let mut said = format!("when a second person confirms, the advisory {} goes public", text.short());
        if unread {
            said.push_str("; the reporter has not agreed to a day");
        }
        if unheard {
            said.push_str("; the reporter has not heard that it goes public earlier: update tells them");
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// Somebody made it public on GitHub, and nobody here said so: nobody outside was told yet.
    fn tell_public(&mut self) -> Result<Said, String> {
        let seen = self.case()?.tracks.advisory.as_ref().ok_or("there is no advisory")?;
        if let Some(why) = seen.ended() {
            return Err(format!("{why}: nobody can be told that it is public"));
        }
        let text = seen.text;
        let act = self.step_of_two(Step::Publish { text })?;
        let said = "it is public on GitHub already, and no two people here had said so of this text; when a second person confirms, the reporter, \
                    the embargoed list and the public channels are told";
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// Looks once more, when the second person agrees: time has passed, and a text may have changed.
    pub(super) fn may_confirm(&self, step: &Step) -> Result<(), String> {
        if let Step::TakeDown { how, words } = step {
            return self.may_take_down(*how, words);
        }
        let open = self.open_case()?;
        if let (Some(Phase::Disclosed), Step::Publish { text }, false) =
            (open.phase(), step, open.tracks.publishing)
        {
            if open.tracks.text() != Some(*text) {
                return Err("the advisory was changed since that was asked for".to_owned());
            }
            return open
                .tracks
                .advisory
                .as_ref()
                .and_then(Advisory::ended)
                .map_or(Ok(()), |why| Err(why.to_owned()));
        }
        let (case, phase) = self.remedy()?;
        if let Step::SetDay { date } = step {
            return self.may_set_day(*date);
        }
        let (asked, lacks) = if let Step::Publish { text } = step {
            (text, self.publish_lacks(case))
        } else if let Step::Notify { text } = step {
            (text, self.notify_lacks(case, phase))
        } else {
            return Ok(());
        };
        if case.tracks.text() != Some(*asked) {
            return Err("the advisory was changed since that was asked for".to_owned());
        }
        if lacks.is_empty() { Ok(()) } else { Err(lacks.join("; ")) }
    }

    /// A second person agreed: now it happens.
    pub(super) fn confirmed(&mut self, number: u32, step: &Step) {
        let public = self.case.as_ref().filter(|case| case.phase() == Some(Phase::Disclosed));
        if let (Step::Publish { .. }, Some(case)) = (step, public) {
            advisory::notices(&mut self.ruling.decision, case, number, self.policy, self.now);
        } else if let Step::Publish { text } = step {
            self.ruling.decision.then_on_issue(Effect::Publish { text: *text });
        } else if let Step::Notify { .. } = step {
            let people = self.around.embargoed.clone();
            let day = self.case.as_ref().map_or(self.now, |case| promises::named(case, self.policy));
            self.event(Event::ListOrdered { people: people.clone(), day });
            self.tell_list(&people, LetterKind::ListNotice, number);
            self.brief_roles(&[Role::SigChair, Role::Chair], &Brief::Mitigation);
        } else if let Step::SetDay { .. } = step {
            self.tell_the_day(number);
        } else if let Step::TakeDown { how, words } = step {
            self.ruling.decision.then_on_issue(Effect::TakeDown { how: *how, words: *words });
        } else if let Step::Collaborate { login } = step {
            // T18 leaves when GitHub shows that they can see it.
            self.ruling.decision.then_on_issue(Effect::Advisory);
            let shown = self.case.as_ref().and_then(|case| case.tracks.advisory.clone());
            if let (Some(seen), Some(case)) = (shown.filter(|seen| seen.is_seen_by(login)), &self.case) {
                advisory::welcome(&mut self.ruling.decision, case, None, &seen);
            }
        }
    }

    /// Something is known outside, or used: everybody who must know hears of it at once (T31), and the day moves.
    /// `seen`: what a member says of it, for the people who are told.
    pub(super) fn outside(&mut self, step: &Step, seen: &Sighting) -> Result<Said, String> {
        let case = self.open_case()?;
        if case.phase() == Some(Phase::Disclosed) {
            return Err("it is public already".to_owned());
        }
        let known = if *step == Step::Leaked { case.tracks.leaked } else { case.tracks.exploited };
        if let Some(since) = known {
            return Err(format!("that is known since {}", self.at(since)));
        }
        let listed = case.tracks.list_told();
        let people = told::everybody(case, &self.policy.roster);
        let act = self.act(Deed::Step { step: step.clone() });
        self.post(&Brief::Incident);
        let count = self.brief_saying(people, &Brief::Incident, &seen.bytes());
        self.tell_list(&listed, LetterKind::ListChange, act);
        let mut said = format!(
            "{count} people and {} of the embargoed list are told; it may be published before the agreed day now",
            listed.len()
        );
        if self.case()?.reporter.is_some() {
            said.push_str("; the reporter is not told by this: update tells them");
        }
        Ok(Said { act: Some(act), ..words(said) })
    }
}

/// Whether others were told of what the advisory says now.
fn is_told(case: &Case) -> bool {
    case.tracks.notified.is_some() && case.tracks.told_of == case.tracks.text()
}

/// What a publication ends, or goes without (RUNBOOK F8): nobody is held up by it, and somebody should know.
fn loose_ends(case: &Case) -> String {
    let mut said = String::new();
    let Some(seen) = &case.tracks.advisory else { return said };
    if seen.fork {
        said.push_str("; publishing deletes the private fork: keep what is there alone");
    }
    if let Some(Credit::Github { login }) = &case.tracks.credit
        && !seen.credits.iter().any(|(who, state)| {
            who.eq_ignore_ascii_case(login) && *state == crate::case::advisory::CreditState::Accepted
        })
    {
        said.push_str(&format!("; {login} has not accepted the credit yet"));
    }
    said
}
