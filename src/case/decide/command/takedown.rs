//! Public issues (RFC lines 74 to 78; RUNBOOK 1.3): taken in by a member's word, whoever posted it told by a member's order, and
//! taken down by two people alone, after it was saved, queued and told of.

use jiff::SignedDuration;

use super::{Chore, Run, Said, words};
use crate::case::act::Hold;
use crate::case::command::TakedownWord;
use crate::case::posted::{Place, Posted, Standing, Takedown};
use crate::case::{Case, Deed, Effect, LetterKind, Planned, Sha256, Step};

impl Run<'_> {
    pub(super) fn takedown(&mut self, word: &TakedownWord) -> Result<Said, String> {
        match word {
            TakedownWord::TakeIn(url) => self.take_in(url),
            TakedownWord::Tell => self.tell_poster(),
            TakedownWord::Down(how) => self.take_down(*how),
        }
    }

    /// RFC: "Save GHI content ... Move into internal issue queue." GitHub is asked after this; who asked is told.
    fn take_in(&mut self, url: &str) -> Result<Said, String> {
        let rule = &self.policy.posted;
        let place = Place::parse(url, &rule.web).ok_or_else(|| {
            format!("that is no address of an issue such as {}/OWNER/NAME/issues/1", rule.web)
        })?;
        let watched = rule.projects.iter().find(|project| project.eq_ignore_ascii_case(&place.project));
        let Some(project) = watched else {
            return Err(format!("{} is no repository that is watched for public issues", place.project));
        };
        let place = Place { project: project.clone(), number: place.number };
        if let Some(case) = self.around.posted.get(&place) {
            return Err(format!("it is {case} already"));
        }
        let said = format!("{place} is looked at now: you hear when it is a case, or why not");
        self.chore(Chore::TakeIn { place, by: self.order.by.clone(), via: self.order.via });
        Ok(words(said))
    }

    fn posted(&self) -> Result<(&Case, &Posted), String> {
        let case = self.open_case()?;
        let posted = case.tracks.posted.as_ref();
        let posted =
            posted.ok_or("this case did not begin with a public issue: takedown URL takes one in")?;
        if posted.standing == Standing::Gone {
            return Err("the public issue is gone already".to_owned());
        }
        self.for_real()?;
        match &self.around.left_alone {
            None => Ok((case, posted)),
            Some(why) => Err(format!("the public issue is left alone: {why}")),
        }
    }

    /// RFC: "Message responder that security reports should be made through security@o3de.org."
    fn tell_poster(&mut self) -> Result<Said, String> {
        let (case, posted) = self.posted()?;
        if let Some(at) = posted.told {
            return Err(format!("whoever posted it is told since {}", self.at(at)));
        }
        if case.tracks.telling {
            return Err("that is ordered already".to_owned());
        }
        // RUNBOOK 1.3: "and mail if address known": GitHub tells none, a member may have.
        let to = case.reporter;
        let hold_s = self.policy.commands.hold_s;
        let until = self.in_seconds(hold_s);
        let hold = to.map(|_| Hold { letter: LetterKind::PosterMail, until });
        let act = self.act_until(Deed::Step { step: Step::TellPoster }, hold, None);
        let mail = to.map(|to| Planned::letter_of_case(LetterKind::PosterMail, to, None, act));
        for planned in std::iter::once(Planned::after_issue(Effect::TellPoster)).chain(mail) {
            self.ruling.decision.effects.push(Planned {
                not_before: Some(until),
                // Without a hold there is no time in which an undo could come.
                held_until: (hold_s > 0).then_some(until),
                ..planned
            });
        }
        let said = match to {
            None => "the comment on the public issue (T32) is held; it says nothing of this case",
            Some(_) => {
                "the comment on the public issue and the mail to the reporter's address (T32) are held; neither says \
                 anything of this case"
            }
        };
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// What forbids to take it down: RUNBOOK 1.3, "2p + SAVED + `IN_QUEUE` + `POSTER_TOLD` verified".
    fn takedown_lacks(&self, how: Takedown) -> Result<Sha256, String> {
        let (case, posted) = self.posted()?;
        if posted.is_done(how) {
            return Err("that is done already".to_owned());
        }
        // An order that was given up, or that only an admin could carry out, may be given again: rights change.
        if case.tracks.takedown.is_some_and(|(asked, _)| asked == how) && self.around.taking_down {
            return Err("two people said so already, and it is being done".to_owned());
        }
        let mut lacks = Vec::new();
        if !posted.whole {
            lacks.push(
                "it is too long to be saved whole here: an admin must save and take it down".to_owned(),
            );
        }
        if case.issue.is_none() {
            lacks.push("its own issue is not open yet".to_owned());
        }
        let wait = SignedDuration::from_hours(self.policy.posted.told_hours.into());
        match posted.told {
            None => lacks.push("whoever posted it is not told yet: takedown tell".to_owned()),
            Some(at) if how == Takedown::Delete => {
                let from = at.saturating_add(wait).unwrap_or(at);
                if from > self.now {
                    let (at, from) = (self.at(at), self.at(from));
                    lacks.push(format!(
                        "whoever posted it was told on {at}, by a comment that is deleted with it: from {from} on (takedown \
                         blank can be done now)"
                    ));
                }
            }
            Some(_) => {}
        }
        if lacks.is_empty() { Ok(posted.words) } else { Err(lacks.join("; ")) }
    }

    /// RFC: "Save GHI content and delete public GitHub issue".
    fn take_down(&mut self, how: Takedown) -> Result<Said, String> {
        let words_of = self.takedown_lacks(how)?;
        let act = self.step_of_two(Step::TakeDown { how, words: words_of })?;
        let what = match how {
            Takedown::Blank => {
                "retitled, blanked and locked; GitHub goes on showing the old title in the history of the issue, and \
                 earlier texts behind `edited`"
            }
            Takedown::Delete => "deleted, for ever",
        };
        let said = format!(
            "when a second person confirms, and if it still reads as it was saved ({}), the public issue is {what}",
            words_of.short()
        );
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// Looks once more, when the second person agrees.
    pub(super) fn may_take_down(&self, how: Takedown, asked: &Sha256) -> Result<(), String> {
        let stands = self.takedown_lacks(how)?;
        if stands == *asked {
            Ok(())
        } else {
            Err("the public issue was changed since that was asked for: ask again".to_owned())
        }
    }
}
