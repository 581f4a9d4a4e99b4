//! The day on which all is public: proposed, agreed by both in writing, changed, or not agreed (RUNBOOK 1.2, rows 15 and 16).
//!
//! RFC: "work with reporter to agree on embargo period/disclosure timeline. We should aim for disclosure with90 days, even if no
//! fix is available".

use jiff::Timestamp;
use jiff::civil::Weekday;

use super::{Run, Said, words};
use crate::case::act::ActLetter;
use crate::case::calendar::{days_after, days_before};
use crate::case::command::runbook::When;
use crate::case::decide::{promises, told};
use crate::case::roster::Role;
use crate::case::{Act, ActState, Brief, Content, Deed, Effect, LetterKind, MailId, PersonId, Planned, Step};

impl Run<'_> {
    pub(super) fn embargo(&mut self, when: When) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        let date = self.instant(when);
        if date <= self.now {
            return Err(format!("{} is over", self.at(date)));
        }
        let alone = case.reporter.is_none();
        let rule = &self.policy.runbook;
        let limit = promises::limit(case, self.policy);
        let longest = days_after(limit, rule.extension_days);
        if alone && date > limit {
            return Err(format!(
                "beyond {} days it stands only with a reporter's written yes, and the report has no address; {} is the last day",
                rule.limit_days,
                self.at(limit)
            ));
        }
        if date > longest {
            return Err(format!(
                "that is more than {} and {} days after the report; {} is the last day",
                rule.limit_days,
                rule.extension_days,
                self.at(longest)
            ));
        }
        let good = self.publishing_day(date);
        if let When::Day(_) = when
            && good != date
        {
            return Err(format!(
                "nobody looks after it on that day (a Friday, a weekend or a day off); the nearest earlier one is {}",
                self.at(good)
            ));
        }
        if case.tracks.date() == Some(date) {
            return Err("that day is agreed already".to_owned());
        }
        if alone {
            let act = self.step_of_two(Step::SetDay { date })?;
            let said = format!(
                "the report has no address, so nobody outside agrees to a day; when a second person confirms, it is {}",
                self.at(date)
            );
            return Ok(Said { act: Some(act), ..words(said) });
        }
        let waits =
            case.acts.iter().any(|act| act.held().is_some_and(|hold| hold.letter == LetterKind::Proposal));
        if waits {
            return Err("a proposal is held already: undo it first".to_owned());
        }
        let deed = Deed::Step { step: Step::Embargo { date } };
        let (act, told) = self.act_with_letter(deed, LetterKind::Proposal, Content::OfCase)?;
        let mut said =
            format!("proposed: {}; {told}; say agreed when the reporter agreed in writing", self.at(date));
        if date > limit {
            said.push_str(&format!(
                "; that is beyond {} days ({}): it stands only with the reporter's written yes",
                self.policy.runbook.limit_days,
                self.at(limit)
            ));
        }
        if good != date {
            said.push_str("; mind that this is a Friday, a weekend or a day off");
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// That day, or the nearest earlier one on which people can look after it: Monday to Thursday, no day off (RUNBOOK 1.7).
    fn publishing_day(&self, date: Timestamp) -> Timestamp {
        let mut at = date;
        for _ in 0..14 {
            let here = self.policy.calendar.zone.to_datetime(at).date();
            let good = !matches!(here.weekday(), Weekday::Friday | Weekday::Saturday | Weekday::Sunday);
            if good && self.policy.calendar.is_working_day(here) {
                return at;
            }
            at = days_before(at, 1);
        }
        date
    }

    /// `reason`: why the day moves, in words for the reporter.
    pub(super) fn agreed(&mut self, mail: Option<MailId>, reason: &str) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        let Some(proposed) = case.tracks.embargo.proposed else {
            return Err("no day is proposed: propose one by embargo".to_owned());
        };
        let left = match case.act(proposed.act).and_then(|act| act.letter) {
            Some(ActLetter::Left { at }) => at,
            Some(ActLetter::Held(_)) => return Err("the proposal has not left yet".to_owned()),
            Some(ActLetter::Stopped) | None => {
                return Err("the proposal did not leave: propose again".to_owned());
            }
        };
        // What counts is what they wrote after they had read it.
        let mut answers = self.around.reporters_mails.iter().filter(|(_, came)| *came >= left);
        let found = match mail {
            Some(mail) => answers.find(|(id, _)| *id == mail),
            None => answers.next_back(),
        };
        let Some((mail, _)) = found.copied() else {
            return Err(match mail {
                Some(mail) => format!("mail {mail} is not one that the reporter wrote after the proposal"),
                None => "the reporter has not written since the proposal".to_owned(),
            });
        };
        let before = case.tracks.date();
        let moved = before.is_some_and(|before| before != proposed.date);
        match before {
            Some(before) if moved && reason.is_empty() => {
                return Err(format!(
                    "the day moves from {} to {}: say why, in words for the reporter, such as: agreed The fix needs one more platform",
                    self.at(before),
                    self.at(proposed.date)
                ));
            }
            None if !reason.is_empty() => {
                return Err(
                    "no other day stood before: there is nothing to explain, say agreed alone".to_owned()
                );
            }
            Some(_) | None => {}
        }
        let step = Step::Agreed { date: proposed.date, mail };
        let content = Content::Settled { reason: reason.to_owned() };
        let (act, letter) = self.act_with_letter(Deed::Step { step }, LetterKind::Settled, content)?;
        self.tell_the_day(act);
        let day = self.at(proposed.date);
        let said = match before {
            Some(before) if moved => {
                format!("the day is {day} now, no longer {}, by mail {mail}; {letter}", self.at(before))
            }
            Some(_) | None => format!("the day is {day}, by mail {mail}; {letter}"),
        };
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// A second person looks once more: time has passed, and somebody may have an address for the report meanwhile.
    pub(super) fn may_set_day(&self, date: Timestamp) -> Result<(), String> {
        if date <= self.now {
            return Err(format!("{} is over", self.at(date)));
        }
        if self.case()?.reporter.is_some() {
            return Err(
                "the report has an address by now: embargo proposes the day to the reporter".to_owned()
            );
        }
        Ok(())
    }

    /// The working group hears of each day, and of another one whoever was told the one before: T11, T22, T23 and T25 named it.
    pub(super) fn tell_the_day(&mut self, act: u32) {
        let Some(case) = &self.case else { return };
        let (Some(date), Some(before)) = (case.tracks.date(), case.act(act).and_then(Act::embargo_before))
        else {
            return;
        };
        let stood = before.agreed.map(|agreed| agreed.date).or(before.told);
        let moved = stood.is_some_and(|stood| stood != date);
        let other = before.told.is_some_and(|told| told != date);
        let (roster, listed) = (&self.policy.roster, case.tracks.list_told());
        let mut people = case.tracks.group.clone();
        if moved {
            people.extend(roster.keys_with(&[Role::TscContact]));
            people.extend(told::release(case, roster));
        }
        if other {
            people.extend(told::sig_chairs(case, roster));
        }
        // Not before the letter to the reporter: until then it can be taken back.
        let asked = matches!(case.act(act).map(|act| &act.state), Some(ActState::Asked { .. }));
        let not_before = if asked { None } else { self.held_with(act).0 };
        let first = self.ruling.decision.effects.len();
        self.brief(people, &Brief::DayMoved);
        let briefs = self.ruling.decision.effects.iter_mut().skip(first);
        briefs.for_each(|planned| planned.not_before = not_before);
        if other {
            self.tell_list(&listed, LetterKind::ListChange, act);
        }
    }

    /// Tells those of the embargoed list; each hears alone, and not before the letter that the act itself orders: until then
    /// it can be taken back.
    pub(super) fn tell_list(&mut self, people: &[PersonId], letter: LetterKind, act: u32) {
        let (not_before, held_until) = self.held_with(act);
        for to in people {
            let told = Planned::letter_of_case(letter, *to, None, act);
            self.ruling.decision.effects.push(Planned { not_before, held_until, ..told });
        }
    }

    /// Until when the letter that this act ordered is held.
    fn held_with(&self, act: u32) -> (Option<Timestamp>, Option<Timestamp>) {
        let of_act =
            |planned: &&Planned| matches!(planned.effect, Effect::Letter { act: of, .. } if of == act);
        let ordered = self.ruling.decision.effects.iter().find(of_act);
        ordered.map(|ordered| (ordered.not_before, ordered.held_until)).unwrap_or_default()
    }

    /// `why`: what the reporter wishes instead, in a member's words for the team.
    pub(super) fn conflict(&mut self, why: &str) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        if case.reporter.is_none() {
            return Err(
                "the report has no address: nobody outside can disagree; embargo sets the day".to_owned()
            );
        }
        if case.tracks.embargo.conflict.is_some() {
            return Err("that is noted already".to_owned());
        }
        if case.tracks.embargo.agreed.is_some() && case.tracks.embargo.proposed.is_none() {
            return Err("a day is agreed: propose another one first".to_owned());
        }
        let act = self.step(Step::Conflict);
        self.post(&Brief::NoAgreement);
        let members = self.policy.roster.keys_with(&[Role::Member]);
        let count = self.brief_saying(members, &Brief::NoAgreement, why.as_bytes());
        let said = format!(
            "no agreement: {count} members are told; the chairs after 5 working days, then the TSC contact"
        );
        Ok(Said { act: Some(act), ..words(said) })
    }
}
