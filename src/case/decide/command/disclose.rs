//! The embargoed list, the day, and what is public (RUNBOOK 1.2, rows 24 to 30). Nothing here happens by one person alone.

use jiff::Timestamp;

use super::{Run, Said, words};
use crate::case::decide::promises;
use crate::case::roster::Role;
use crate::case::tracks::{Cve, Fix};
use crate::case::{Brief, Case, Deed, Effect, LetterKind, Phase, Planned, Severity, Step};

impl Run<'_> {
    pub(super) fn notify(&mut self) -> Result<Said, String> {
        let (case, phase) = self.remedy()?;
        let mut lacks = self.review_lacks(case);
        if phase < Phase::Review {
            lacks.push("it is not under review yet".to_owned());
        }
        if self.lacks_day(case) {
            lacks.push(
                "no day is agreed: nobody can be told until when to keep it (or say conflict)".to_owned(),
            );
        }
        let asked = matches!(phase, Phase::Prenotice | Phase::Ready);
        if asked {
            lacks.push("they were told already".to_owned());
        }
        let text = case.tracks.text().filter(|_| lacks.is_empty()).ok_or_else(|| lacks.join("; "))?;
        let act = self.step_of_two(Step::Notify { text });
        let said = format!(
            "when a second person confirms: {} of the embargoed list and the chairs of all SIGs are told",
            self.around.embargoed.len()
        );
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn ready(&mut self) -> Result<Said, String> {
        let (case, phase) = self.remedy()?;
        let mut lacks = self.review_lacks(case);
        match phase {
            Phase::Ready => return Err("it is ready already".to_owned()),
            Phase::Prenotice => {}
            // RUNBOOK row 25: no time to prepare where there is nobody to prepare.
            Phase::Review if self.around.embargoed.is_empty() => {}
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
            lacks.push("no day is agreed (or say conflict: then the last day counts)".to_owned());
        }
        if !lacks.is_empty() {
            return Err(lacks.join("; "));
        }
        let day = case.tracks.date();
        let act = self.step(Step::Ready);
        let day = day.map_or("as soon as two people say so".to_owned(), |day| {
            format!("at {day}, when two people say so")
        });
        Ok(Said { act: Some(act), ..words(format!("ready: it goes public {day}")) })
    }

    /// Whether a day is still to be agreed: there is somebody to agree with, it was not given up, and nothing forces it.
    fn lacks_day(&self, case: &Case) -> bool {
        let open = case.tracks.date().is_none() && case.tracks.embargo.conflict.is_none();
        open && case.reporter.is_some() && self.forced_by(case).is_none()
    }

    /// The instant from which it may be public without an agreed day: the limit is over, or it is known or used outside.
    fn forced_by(&self, case: &Case) -> Option<Timestamp> {
        let limit = promises::limit(case, self.policy);
        [case.tracks.leaked, case.tracks.exploited, Some(limit).filter(|limit| *limit <= self.now)]
            .into_iter()
            .flatten()
            .min()
    }

    /// What forbids to publish now.
    fn publish_lacks(&self, case: &Case, phase: Phase) -> Vec<String> {
        let mut lacks = self.review_lacks(case);
        if phase != Phase::Ready {
            lacks.push("it is not ready: ready".to_owned());
        }
        match (case.tracks.date(), self.forced_by(case)) {
            (_, Some(since)) if case.tracks.leaked.or(case.tracks.exploited) == Some(since) => {}
            (Some(day), _) if day <= self.now => {}
            (Some(day), _) => lacks.push(format!("the agreed day is {day}")),
            (None, Some(_)) => {}
            // Nobody waits for it but the team.
            (None, None) if case.reporter.is_none() => {}
            (None, None) => {
                let limit = promises::limit(case, self.policy);
                lacks.push(format!("no day is agreed; without one the last day is {limit}"));
            }
        }
        lacks
    }

    pub(super) fn publish(&mut self) -> Result<Said, String> {
        let (case, phase) = self.remedy()?;
        if case.tracks.publishing {
            return Err("two people said so already; it is being done".to_owned());
        }
        let lacks = self.publish_lacks(case, phase);
        let text = case.tracks.text().filter(|_| lacks.is_empty()).ok_or_else(|| lacks.join("; "))?;
        let unread = case.tracks.date().is_none() && case.reporter.is_some();
        let act = self.step_of_two(Step::Publish { text });
        let mut said = format!("when a second person confirms, the advisory {} goes public", text.short());
        if unread {
            said.push_str("; the reporter has not agreed to a day");
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// Looks once more, when the second person agrees: time has passed, and a text may have changed.
    pub(super) fn may_confirm(&self, step: &Step) -> Result<(), String> {
        if let Step::TakeDown { how, words } = step {
            return self.may_take_down(*how, words);
        }
        let (case, phase) = self.remedy()?;
        let (asked, lacks) = if let Step::Publish { text } = step {
            (text, self.publish_lacks(case, phase))
        } else if let Step::Notify { text } = step {
            (text, self.review_lacks(case))
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
        if let Step::Publish { text } = step {
            self.ruling.decision.then_on_issue(Effect::Publish { text: *text });
        } else if let Step::Notify { .. } = step {
            let people = self.around.embargoed.clone();
            self.tell_list(&people, LetterKind::ListNotice, number);
            self.brief_roles(&[Role::SigChair, Role::Chair], &Brief::Mitigation);
        } else if let Step::TakeDown { how, words } = step {
            self.ruling.decision.then_on_issue(Effect::TakeDown { how: *how, words: *words });
        } else if let Step::Collaborate { login } = step {
            self.ruling.decision.then_on_issue(Effect::Advisory);
            self.invite(number, login);
        }
    }

    /// T18, if that login is the reporter's.
    fn invite(&mut self, act: u32, login: &str) {
        use crate::case::tracks::Credit;
        let Some(case) = &self.case else { return };
        let theirs = matches!(&case.tracks.credit, Some(Credit::Github { login: named }) if named.eq_ignore_ascii_case(login));
        let Some(to) = case.reporter.filter(|_| theirs) else { return };
        let in_reply_to = Some(case.last_mail);
        let letter = Planned::letter_of_case(LetterKind::Invitation, to, in_reply_to, act);
        self.ruling.decision.effects.push(letter);
    }

    /// Something is known outside, or used: everybody who must know hears of it at once (T31), and the day moves.
    pub(super) fn outside(&mut self, step: &Step) -> Result<Said, String> {
        let case = self.open_case()?;
        if case.phase() == Some(Phase::Disclosed) {
            return Err("it is public already".to_owned());
        }
        let known = if *step == Step::Leaked { case.tracks.leaked } else { case.tracks.exploited };
        if let Some(since) = known {
            return Err(format!("that is known since {since}"));
        }
        let (group, told) = (case.tracks.group.clone(), case.tracks.list_told());
        let act = self.act(Deed::Step { step: step.clone() });
        self.brief(group, &Brief::Incident);
        let count = self.tell_team(&[Role::Member, Role::Chair, Role::TscContact], &Brief::Incident);
        self.tell_list(&told, LetterKind::ListChange, act);
        let said = format!(
            "{count} people and {} of the embargoed list are told; it may be published before the agreed day now",
            told.len()
        );
        Ok(Said { act: Some(act), ..words(said) })
    }
}
