//! The working group, what it finds, the fix, the CVE id, and who may see the advisory (RUNBOOK 1.2, rows 17 to 22).

use super::{Run, Said, words};
use crate::case::command::runbook::FixWord;
use crate::case::decide::advisory;
use crate::case::roster::Role;
use crate::case::step::CveStep;
use crate::case::tracks::{Credit, Cve, Fix};
use crate::case::{Brief, Content, Deed, Effect, LetterKind, MemberKey, Phase, Planned, Severity, Step};

impl Run<'_> {
    /// RFC: "Group should contain at least one member of each impacted SIG, the SIR team triage owner".
    pub(super) fn group(&mut self, members: &[MemberKey]) -> Result<Said, String> {
        let (case, phase) = self.remedy()?;
        let mut lacks: Vec<String> = Vec::new();
        for name in members {
            if self.policy.roster.get(name).is_none() {
                lacks.push(format!("`{name}` is not on the roster"));
            }
        }
        match case.owner() {
            Some(owner) if !members.contains(owner) => lacks.push(format!("the owner {owner} must be in it")),
            Some(_) => {}
            None => lacks.push("nobody owns the case: own it first".to_owned()),
        }
        let sigs = case.tracks.assessment.as_ref().map(|found| found.sigs.clone()).unwrap_or_default();
        for sig in sigs {
            let found = members
                .iter()
                .filter_map(|name| self.policy.roster.get(name))
                .any(|member| member.sigs.contains(&sig));
            if !found {
                lacks.push(format!("nobody of SIG {sig} is in it (`sigs` on the roster)"));
            }
        }
        if !lacks.is_empty() {
            return Err(lacks.join("; "));
        }
        let without: Vec<String> = members
            .iter()
            .filter(|name| self.policy.roster.get(name).is_some_and(|member| member.github.is_none()))
            .map(ToString::to_string)
            .collect();
        let old = case.tracks.group.clone();
        let step = Step::Group { members: members.to_vec() };
        // Once others were told, a change of the group moves no stage back.
        let act = self.step(step);
        let new = members.iter().filter(|name| !old.contains(name)).cloned().collect::<Vec<_>>();
        self.ruling.decision.then_on_issue(Effect::Advisory);
        let count = self.brief(new, &Brief::Group);
        let mut said = format!("working group of {}; told now: {count}", members.len());
        if phase == Phase::Confirmed {
            said.push_str("; it works on the fix now");
        }
        if !without.is_empty() {
            said.push_str(&format!("; no account on GitHub is known of {}", without.join(", ")));
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn reproduced(&mut self, yes: bool) -> Result<Said, String> {
        self.remedy()?;
        let act = self.step(Step::Reproduced { yes });
        let said = if yes { "seen to happen" } else { "not seen to happen" };
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn fix(&mut self, word: &FixWord) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        let grave = case.tracks.assessment.as_ref().is_some_and(|found| found.severity >= Severity::High);
        let asked = case.tracks.fix != Fix::Open || case.tracks.installers.is_some();
        let (fix, said) = match word {
            FixWord::Proposed(at) => (Fix::Proposed { at: at.clone() }, "the fix is written, and private"),
            FixWord::Merged(at) => (Fix::Merged { at: at.clone() }, "the fix is in the public repository"),
            FixWord::Impossible => (Fix::Impossible, "there will be no fix in time"),
        };
        let act = self.step(Step::Mend { fix });
        let mut said = said.to_owned();
        if grave && !asked {
            // RFC: "Co-ordinate with SIG-release esp around Critical and High issues".
            let count = self.brief_roles(&[Role::ReleaseContact], &Brief::Installers);
            said.push_str(&match count {
                0 => {
                    "; nobody of SIG-Release is on the roster: ask them about installers yourself".to_owned()
                }
                count => format!("; {count} of SIG-Release are asked about installers"),
            });
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn installers(&mut self, needed: bool) -> Result<Said, String> {
        self.remedy()?;
        let act = self.step(Step::Installers { needed });
        Ok(Said {
            act: Some(act),
            ..words(if needed { "new installers are made" } else { "no new installers" })
        })
    }

    /// Also of what is public: the id may take longer than the day allows (RUNBOOK F7). `reason`: why it was refused, in words for
    /// the reporter.
    pub(super) fn cve(&mut self, says: &CveStep, reason: &str) -> Result<Said, String> {
        let case = self.open_case()?;
        if case.phase() != Some(Phase::Disclosed) {
            self.remedy()?;
        }
        match (&case.tracks.cve, says) {
            (Cve::Assigned { id }, CveStep::Assigned { id: named })
                if case.tracks.cve_unread && id != named =>
            {
                return Err(format!("GitHub shows {id}: correct it there, or say cve {id}"));
            }
            (Cve::Assigned { .. }, CveStep::Assigned { .. }) if case.tracks.cve_unread => {}
            (Cve::Assigned { id }, CveStep::Request | CveStep::Assigned { .. }) => {
                return Err(format!("it has {id} already"));
            }
            (Cve::Requested { .. }, CveStep::Request) => {
                return Err("it was asked for already; asking again helps nobody".to_owned());
            }
            _other => {}
        }
        let shown = case.tracks.advisory.as_ref().and_then(|seen| seen.cve.as_ref());
        if let (Some(id), CveStep::Refused | CveStep::Unwanted) = (shown, says) {
            return Err(format!(
                "GitHub shows {id}: cve {id} says that it is the right one; if not, take it off there first"
            ));
        }
        if *says == CveStep::Request {
            let mut lacks: Vec<&str> = Vec::new();
            if case.tracks.advisory.is_none() {
                lacks.push("there is no draft advisory yet");
            }
            if case.tracks.assessment.as_ref().is_none_or(|found| found.versions.is_none()) {
                lacks.push("the affected versions are missing: assess again with versions=...");
            }
            if !lacks.is_empty() {
                return Err(lacks.join("; "));
            }
        }
        let deed = Deed::Step { step: Step::Cve { says: says.clone() } };
        let reachable = case.reporter.is_some();
        let (act, told) = if reachable && *says != CveStep::Unwanted {
            self.act_with_letter(deed, LetterKind::CveNews, Content::CveNews { reason: reason.to_owned() })?
        } else {
            (self.act(deed), "no letter".to_owned())
        };
        if *says == CveStep::Request {
            // An undo within the hold takes it back before anybody asked.
            let hold = self.case()?.act(act).and_then(|act| act.held());
            let until = hold.map(|hold| hold.until).filter(|until| *until > self.now);
            let asks = Planned::after_issue(Effect::Advisory);
            self.ruling.decision.effects.push(Planned { not_before: until, held_until: until, ..asks });
        }
        let said = match says {
            CveStep::Request => "a CVE id is asked for".to_owned(),
            CveStep::Assigned { id } => format!("it is {id}"),
            CveStep::Refused => "the authority gives none".to_owned(),
            CveStep::Unwanted => "none: the GHSA id must do".to_owned(),
        };
        Ok(Said { act: Some(act), ..words(format!("{said}; {told}")) })
    }

    pub(super) fn credit(&mut self, credit: &Credit) -> Result<Said, String> {
        let case = self.open_case()?;
        if case.reporter.is_none() && *credit == Credit::Name {
            return Err("the report names nobody".to_owned());
        }
        let confirmed = case.phase().is_some();
        let new = case.tracks.credit.as_ref() != Some(credit);
        let act = self.step(Step::Credit { credit: credit.clone() });
        if let (Some(case), true) = (&self.case, new)
            && let Some(seen) = &case.tracks.advisory
        {
            // Whoever was let in before we knew that it is them.
            advisory::welcome(&mut self.ruling.decision, case, None, seen);
        }
        if confirmed {
            self.ruling.decision.then_on_issue(Effect::Advisory);
        }
        let said = match credit {
            Credit::Anonymous => "the reporter is not named".to_owned(),
            Credit::Name => "the reporter is named as in their mails".to_owned(),
            Credit::Github { login } => format!("the reporter is credited as {login}, once they accept"),
        };
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// People of the roster at once; others only when a second person agrees.
    pub(super) fn collaborate(&mut self, logins: &[String]) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        let reporter = match &case.tracks.credit {
            Some(Credit::Github { login }) => Some(login.clone()),
            Some(Credit::Anonymous | Credit::Name) | None => None,
        };
        let known = |login: &str| {
            let mut accounts = self.policy.roster.members.iter().filter_map(|member| member.github.as_ref());
            accounts.any(|account| account.login.eq_ignore_ascii_case(login))
        };
        let (ours, others): (Vec<&String>, Vec<&String>) = logins.iter().partition(|login| known(login));
        let mut told = Vec::new();
        let mut last = None;
        for login in ours {
            last = Some(self.step(Step::Collaborate { login: login.clone() }));
            told.push(format!("{login} is added"));
        }
        for login in others {
            last = Some(self.step_of_two(Step::Collaborate { login: login.clone() })?);
            told.push(format!("{login} is added when a second person confirms"));
            if reporter.as_ref().is_some_and(|reporter| reporter.eq_ignore_ascii_case(login)) {
                told.push("the reporter is invited by letter then".to_owned());
            }
        }
        self.ruling.decision.then_on_issue(Effect::Advisory);
        Ok(Said { act: last, ..words(told.join("; ")) })
    }

    pub(super) fn advisory(&mut self, ghsa: Option<&String>) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        if let (Some(seen), Some(ghsa)) = (&case.tracks.advisory, ghsa)
            && seen.ghsa != *ghsa
            && seen.ended().is_none()
        {
            return Err(format!("it has {} already", seen.ghsa));
        }
        let theirs = ghsa.and_then(|ghsa| Some((ghsa, self.around.advised.get(ghsa)?)));
        if let Some((ghsa, other)) = theirs.filter(|(_, other)| **other != case.id) {
            return Err(format!("{ghsa} is the advisory of {other}; are both about the same: dup"));
        }
        let act = self.step(Step::Advisory { ghsa: ghsa.cloned() });
        // What was named in error is taken back before anything is read from it, or written into it.
        let hold_s = self.policy.commands.hold_s;
        let until = ghsa.filter(|_| hold_s > 0).map(|_| self.in_seconds(hold_s));
        let look = Planned { not_before: until, ..Planned::after_issue(Effect::Advisory) };
        self.ruling.decision.effects.push(look);
        let said = match (ghsa, until) {
            (Some(ghsa), Some(until)) => {
                format!("the advisory is {ghsa}; it is looked at after {}", self.at(until))
            }
            (Some(ghsa), None) => format!("the advisory is {ghsa}; it is looked at now"),
            (None, _) => "the advisory is brought up to date".to_owned(),
        };
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn fork(&mut self) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        if case.tracks.fork {
            return Err("a private fork is asked for already".to_owned());
        }
        let act = self.step(Step::Fork);
        self.ruling.decision.then_on_issue(Effect::Advisory);
        let said = "a private fork is begun; it runs no CI, and takes one pull request into main";
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn update(&mut self, days: Option<u32>) -> Result<Said, String> {
        self.open_case()?;
        let text = self.around.words.trim().to_owned();
        if text.is_empty() {
            return Err("there is no text below it to send".to_owned());
        }
        let days = days.unwrap_or(self.policy.commands.contact_days);
        let contact_by = self.policy.calendar.advance_working_days(self.now, days);
        let deed = Deed::Step { step: Step::Update { contact_by } };
        let content = Content::Update { words: text, contact_by };
        let (act, told) = self.act_with_letter(deed, LetterKind::Update, content)?;
        Ok(Said { act: Some(act), ..words(told) })
    }
}
