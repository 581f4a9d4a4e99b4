//! What will be public is read before: by the team, by TSC observers, by the reporter (RUNBOOK 1.2, rows 22 to 24).

use super::{Run, Said, words};
use crate::case::decide::publishing;
use crate::case::review::Review;
use crate::case::roster::Role;
use crate::case::tracks::Fix;
use crate::case::{Act, Brief, Case, Content, Deed, LetterKind, Phase, Step};

/// Whether the reporter, if there is one, has the text, or the letter with it waits: what did not leave is ordered once more.
fn has_it(case: &Case, review: &Review) -> bool {
    let waits = |act: &Act| {
        act.held().is_some_and(|hold| hold.letter == LetterKind::DraftForReporter)
            && act.reporter_before() == case.reporter
    };
    case.reporter.is_none_or(|reporter| review.asked_since(reporter).is_some()) || case.acts.iter().any(waits)
}

impl Run<'_> {
    pub(super) fn review(&mut self) -> Result<Said, String> {
        let (case, phase) = self.remedy()?;
        let mut lacks: Vec<String> = Vec::new();
        if phase == Phase::Confirmed {
            lacks.push("there is no working group: group NAME, NAME".to_owned());
        }
        match &case.tracks.advisory {
            None => lacks.push("there is no draft advisory yet".to_owned()),
            Some(advisory) => {
                lacks.extend(advisory.ended().map(str::to_owned));
                lacks.extend(advisory.gaps.iter().map(|gap| format!("the advisory lacks {}", gap.words())));
            }
        }
        if case.tracks.reproduced.is_none() {
            lacks.push("nobody has said whether it was seen to happen: reproduced yes|no".to_owned());
        }
        if case.tracks.fix == Fix::Open {
            lacks.push("nobody has said how it is mended: fix proposed|merged|none".to_owned());
        }
        if case.tracks.credit.is_none() {
            lacks.push(
                "nobody has said how the reporter is named: credit name|anonymous|github LOGIN".to_owned(),
            );
        }
        let text = case.tracks.text().filter(|_| lacks.is_empty()).ok_or_else(|| lacks.join("; "))?;
        // A case that was closed and goes on comes to its review anew.
        let under_way = |review: &Review| review.text == text && has_it(case, review);
        if phase >= Phase::Review && case.tracks.review.as_ref().is_some_and(under_way) {
            return Err(format!("this text ({}) is under review already", text.short()));
        }
        let reachable = case.reporter.is_some();
        let deed = Deed::Step { step: Step::Review { text } };
        let (act, told) = if reachable {
            self.act_with_letter(deed, LetterKind::DraftForReporter, Content::OfCase)?
        } else {
            (self.act(deed), "no letter, the report has no address".to_owned())
        };
        let days = self.policy.runbook.reporter_review_days;
        let by = self.policy.calendar.advance_working_days(self.now, days);
        let count =
            self.tell_team(&[Role::Member, Role::Chair, Role::TscContact], &Brief::Review { text, by });
        let said = format!("the text {} is under review; {count} people are asked; {told}", text.short());
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// An approval is of one text: the digits say which.
    pub(super) fn approve(&mut self, digits: &str) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        let Some(review) = &case.tracks.review else { return Err("nothing is under review".to_owned()) };
        let text = review.text;
        if !text.to_string().starts_with(digits) {
            return Err(format!("the text is {} now: read it again", text.short()));
        }
        if review.approvals.contains(self.order.by) {
            return Err("you approved it already".to_owned());
        }
        let act = self.step(Step::Approve { text });
        let (have, want) =
            (self.case()?.tracks.approvals(&self.policy.roster), self.policy.runbook.approvals);
        Ok(Said { act: Some(act), ..words(format!("approved; {have} of {want} approvals")) })
    }

    pub(super) fn object(&mut self) -> Result<Said, String> {
        let (case, _) = self.remedy()?;
        if case.tracks.review.is_none() {
            return Err("nothing is under review".to_owned());
        }
        let act = self.step(Step::Object);
        Ok(Said {
            act: Some(act),
            ..words("noted: it is not published while you object; undo, or approve, ends it")
        })
    }

    /// What a review still lacks.
    pub(super) fn review_lacks(&self, case: &Case) -> Vec<String> {
        publishing::review_lacks(case, self.policy, self.now, &|at| self.at(at))
    }
}
