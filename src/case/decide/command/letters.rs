//! What goes to the reporter by a member's order.

use super::{Run, Said, words};
use crate::case::act::{ActLetter, listed};
use crate::case::command::{Ack, Question};
use crate::case::event::{Event, Stop};
use crate::case::{ClockKind, Content, Deed, LetterKind};

impl Run<'_> {
    pub(super) fn ack(&mut self, ack: Ack) -> Result<Said, String> {
        let case = self.case()?;
        if !case.runs(ClockKind::Acknowledge) {
            return Err(match &case.answer {
                Some(answer) => format!("the reporter was answered already, by {}: use reply", answer.member),
                None => "no answer is owed: use reply".to_owned(),
            });
        }
        let days = match ack {
            Ack::Letter(days) => days.unwrap_or(self.policy.commands.contact_days),
            Ack::Done => return Ok(self.ack_done()),
        };
        let waits = |act: &&crate::case::Act| {
            act.held().is_some_and(|hold| hold.letter == LetterKind::Acknowledgement)
        };
        if let Some(act) = case.acts.iter().find(waits) {
            return Err(format!("act {} holds an acknowledgement already: undo it first", act.number));
        }
        let contact_by = self.policy.calendar.advance_working_days(self.now, days);
        let content = Content::Acknowledgement { days, contact_by };
        let (act, told) =
            self.act_with_letter(Deed::Acknowledge { contact_by }, LetterKind::Acknowledgement, content)?;
        Ok(Said { act: Some(act), ..words(format!("{told}; the clock stops when it left")) })
    }

    fn ack_done(&mut self) -> Said {
        let act = self.act(Deed::Answered);
        let stop = Stop::Answer { member: self.order.by.clone(), mail: None };
        self.event(Event::ClockStopped { clock: ClockKind::Acknowledge, stop });
        Said { act: Some(act), ..words(format!("answered by {}; the clock stopped", self.order.by)) }
    }

    pub(super) fn ask(&mut self, wanted: &[Question]) -> Result<Said, String> {
        let asked = self.open_case()?.asked();
        let open = &self.around.open_questions;
        let wanted: Vec<Question> = if wanted.is_empty() { open.clone() } else { wanted.to_vec() };
        let (mut ask, mut left_out) = (Vec::new(), Vec::new());
        for question in wanted {
            if asked.contains(&question) {
                left_out.push(format!("{question} was asked before"));
            } else if !open.contains(&question) {
                left_out.push(format!("{question} is answered already"));
            } else {
                ask.push(question);
            }
        }
        if ask.is_empty() {
            let why = if left_out.is_empty() { "nothing is open".to_owned() } else { left_out.join("; ") };
            return Err(format!("there is nothing to ask: {why}"));
        }
        let content = Content::Questions(ask.clone());
        let mut said = format!("asks for {}", listed(&ask));
        let (act, told) =
            self.act_with_letter(Deed::Ask { questions: ask }, LetterKind::Questions, content)?;
        said.push_str(&format!("; {told}"));
        for why in left_out {
            said.push_str(&format!("; not asked: {why}"));
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    pub(super) fn remind(&mut self) -> Result<Said, String> {
        let case = self.open_case()?;
        let mut again: Vec<Question> = Vec::new();
        for act in case.acts.iter().filter(|act| matches!(act.letter, Some(ActLetter::Left { .. }))) {
            if let Deed::Ask { questions } = &act.deed {
                again.extend(questions.iter().filter(|q| self.around.open_questions.contains(q)));
            }
        }
        again.sort_unstable();
        again.dedup();
        if again.is_empty() {
            return Err("no question that was asked is open".to_owned());
        }
        let content = Content::Questions(again.clone());
        let said = listed(&again);
        let (act, told) =
            self.act_with_letter(Deed::Remind { questions: again }, LetterKind::Reminder, content)?;
        Ok(Said { act: Some(act), ..words(format!("asks again for {said}; {told}")) })
    }

    pub(super) fn reply(&mut self) -> Result<Said, String> {
        let text = self.around.words.trim();
        if text.is_empty() {
            return Err("there is no text below it to send".to_owned());
        }
        let content = Content::Reply(text.to_owned());
        let (act, told) = self.act_with_letter(Deed::Reply, LetterKind::Reply, content)?;
        Ok(Said { act: Some(act), ..words(told) })
    }
}
