//! The verbs of a vulnerability's way to be public, each to its passage, and what the passages share.

use jiff::{SignedDuration, Timestamp};

use super::{Run, Said};
use crate::case::command::Runbook;
use crate::case::instant;
use crate::case::roster::Role;
use crate::case::{Act, ActState, After, Alert, Brief, Case, Deed, Effect, MemberKey, Phase, Spoken, Step};

impl Run<'_> {
    pub(super) fn runbook(&mut self, runbook: &Runbook) -> Result<Said, String> {
        match runbook {
            Runbook::Assess(finding) => self.assess(finding),
            Runbook::Meeting(word) => self.meeting(*word),
            Runbook::Embargo(when) => self.embargo(*when),
            Runbook::Agreed(mail, reason) => self.agreed(*mail, reason),
            Runbook::Conflict(why) => self.conflict(why),
            Runbook::Group(members) => self.group(members),
            Runbook::Reproduced(yes) => self.reproduced(*yes),
            Runbook::Fix(fix) => self.fix(fix),
            Runbook::Installers(needed) => self.installers(*needed),
            Runbook::Cve(says, reason) => self.cve(says, reason),
            Runbook::Credit(credit) => self.credit(credit),
            Runbook::Collaborate(logins) => self.collaborate(logins),
            Runbook::Advisory(ghsa) => self.advisory(ghsa.as_ref()),
            Runbook::Fork => self.fork(),
            Runbook::Update(days) => self.update(*days),
            Runbook::Review => self.review(),
            Runbook::Approve(digits) => self.approve(digits),
            Runbook::Object => self.object(),
            Runbook::Notify => self.notify(),
            Runbook::Ready { why } => self.ready(*why),
            Runbook::Publish => self.publish(),
            Runbook::Leaked(seen) => self.outside(&Step::Leaked, seen),
            Runbook::Exploited(seen) => self.outside(&Step::Exploited, seen),
            Runbook::Takedown(word) => self.takedown(word),
        }
    }

    /// An instant in words: in the team's zone, and on the clock of whoever reads the answer.
    pub(super) fn at(&self, at: Timestamp) -> String {
        let theirs = self.policy.roster.get(self.order.by).and_then(|member| member.zone.as_ref());
        instant::beside(at, &self.policy.calendar.zone, theirs)
    }

    /// The case, if it is a vulnerability that is not public yet.
    pub(super) fn remedy(&self) -> Result<(&Case, Phase), String> {
        let case = self.open_case()?;
        match case.phase() {
            Some(Phase::Disclosed) => Err("it is public already".to_owned()),
            Some(phase) => Ok((case, phase)),
            None => Err("it is not assessed as a vulnerability: assess it first".to_owned()),
        }
    }

    /// A step without a letter.
    pub(super) fn step(&mut self, step: Step) -> u32 {
        self.act(Deed::Step { step })
    }

    /// A step of which nothing happens before a second person agreed. While one waits, the same is not asked for again: both
    /// could be agreed to.
    pub(super) fn step_of_two(&mut self, step: Step) -> Result<u32, String> {
        let deed = Deed::Step { step };
        let waits = |act: &&Act| {
            act.deed == deed && matches!(act.state, ActState::Asked { until } if until > self.now)
        };
        if let Some(act) = self.case()?.acts.iter().find(waits) {
            return Err(format!("act {} asks for the same, and waits for a second person", act.number));
        }
        if self.others().is_empty() {
            return Err("there is no second person on the roster who could agree".to_owned());
        }
        Ok(self.act_until(deed, None, Some(self.agreed_by())))
    }

    /// Tells these people, each once; how many.
    pub(super) fn brief(&mut self, people: impl IntoIterator<Item = MemberKey>, brief: &Brief) -> usize {
        let before = self.ruling.decision.effects.len();
        let count = self.ruling.decision.brief(people, brief);
        // These name the advisory: they wait a moment for it.
        if matches!(brief, Brief::Sig | Brief::Tsc | Brief::Group)
            && let Ok(until) = self.now.checked_add(SignedDuration::from_mins(10))
        {
            let new = self.ruling.decision.effects.iter_mut().skip(before);
            new.for_each(|planned| planned.after = After::AdvisoryOr(until));
        }
        count
    }

    /// The same, with a member's words that no event holds: they go with each of the mails.
    pub(super) fn brief_saying(
        &mut self,
        people: impl IntoIterator<Item = MemberKey>,
        brief: &Brief,
        words: &[u8],
    ) -> usize {
        let before = self.ruling.decision.effects.len();
        let count = self.brief(people, brief);
        let new = self.ruling.decision.effects.iter_mut().skip(before);
        new.for_each(|planned| planned.spoken = Some(Spoken::Bytes(words.to_vec())));
        count
    }

    /// Tells these people, each once, and the team's channel; how many.
    pub(super) fn tell_all(&mut self, people: Vec<MemberKey>, brief: &Brief) -> usize {
        self.post(brief);
        self.brief(people, brief)
    }

    /// Tells the team's channel.
    pub(super) fn post(&mut self, brief: &Brief) {
        if self.policy.discord {
            self.ruling.decision.then(Effect::Post { alert: Alert::Brief { brief: brief.clone() } });
        }
    }

    /// Tells everybody with one of these roles; how many.
    pub(super) fn brief_roles(&mut self, roles: &[Role], brief: &Brief) -> usize {
        let people = self.policy.roster.keys_with(roles);
        self.brief(people, brief)
    }

    /// The same, and the team's channel.
    pub(super) fn tell_team(&mut self, roles: &[Role], brief: &Brief) -> usize {
        self.tell_all(self.policy.roster.keys_with(roles), brief)
    }
}
