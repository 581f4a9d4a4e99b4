//! Who looks after a case, how grave it is, who must help.

use super::{Run, Said, words};
use crate::case::command::Above;
use crate::case::event::Event;
use crate::case::roster::Role;
use crate::case::{Alert, ClockKind, Deed, Effect, MemberKey, Severity};

impl Run<'_> {
    pub(super) fn own(&mut self, who: Option<&MemberKey>) -> Result<Said, String> {
        let member = who.unwrap_or(self.order.by).clone();
        let case = self.open_case()?;
        let found = self.policy.roster.get(&member).filter(|m| m.is(Role::Member) || m.is(Role::Chair));
        if found.is_none() {
            return Err(format!("`{member}` is no member or chair on the roster"));
        }
        if self.around.reporter_is.as_ref() == Some(&member) {
            return Err(format!("{member} reported this case"));
        }
        if case.owner() == Some(&member) {
            return Err(format!("{member} owns it already"));
        }
        let before = case.owner().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        let act = self.act(Deed::Own { member: member.clone() });
        let said = format!("owner: {before} -> {member}");
        if member != *self.order.by {
            let alert = Alert::OwnerNow { by: self.order.by.clone() };
            self.ruling.decision.then(Effect::Alert { to: member, alert });
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn disown(&mut self) -> Result<Said, String> {
        let Some(owner) = self.open_case()?.owner().cloned() else {
            return Err("nobody owns it".to_owned());
        };
        let act = self.act(Deed::Disown);
        let (due, rings) = self.policy.owner.rings(&self.policy.calendar, self.now);
        self.event(Event::ClockStarted { clock: ClockKind::Owner, due, rings });
        Ok(Said { act: Some(act), ..words(format!("owner: {owner} -> nobody")) })
    }

    pub(super) fn severity(&mut self, severity: Severity) -> Result<Said, String> {
        let before = self.case()?.severity_set;
        if before == Some(severity) {
            return Err(format!("it is {severity} already"));
        }
        let act = self.act(Deed::Severity { severity });
        let before = before.map_or("none of ours", Severity::word);
        Ok(Said { act: Some(act), ..words(format!("severity: {before} -> {severity}")) })
    }

    pub(super) fn raise(&mut self, to: Above) -> Result<Said, String> {
        let case = self.case()?;
        if case.raised.is_some_and(|raised| raised >= to) {
            return Err("it is raised already".to_owned());
        }
        if self.above(to).is_empty() {
            return Err("there is nobody of that role on the roster".to_owned());
        }
        let act = self.act(Deed::Raise { to });
        let told = self.tell_above(to, false);
        Ok(Said { act: Some(act), ..words(format!("raised to {told}")) })
    }

    /// Tells those above, and says who they are.
    pub(super) fn tell_above(&mut self, to: Above, over: bool) -> String {
        let people = self.above(to);
        let alert = Alert::Raised { by: self.order.by.clone(), to, over };
        for member in &people {
            self.ruling.decision.then(Effect::Alert { to: member.clone(), alert: alert.clone() });
        }
        if self.policy.discord {
            self.ruling.decision.then(Effect::Post { alert });
        }
        people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    fn above(&self, to: Above) -> Vec<MemberKey> {
        let roles: &[Role] = match to {
            Above::Chairs => &[Role::Chair],
            Above::Tsc => &[Role::Chair, Role::TscContact],
        };
        self.policy.roster.keys_with(roles)
    }
}
