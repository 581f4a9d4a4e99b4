//! The part of the tracks that a step sets, as it was before: what an undo brings back, and nothing else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::review::Review;
use super::step::Step;
use super::tracks::{Credit, Cve, Embargo, Fix, Meeting, Tracks};
use super::{Advisory, MemberKey, Reference, Sha256, Takedown, Task};

/// One part of [`Tracks`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    /// The step sets none.
    Nothing,
    /// What was found, and since when.
    Assessment(Option<Box<Assessment>>, Option<Timestamp>),
    /// The meeting.
    Meeting(Option<Meeting>),
    /// The day.
    Embargo(Embargo),
    /// Who works on it.
    Group(Vec<MemberKey>),
    /// Whether it was seen to happen.
    Reproduced(Option<bool>),
    /// The fix.
    Fix(Fix),
    /// Installers.
    Installers(Option<bool>),
    /// The CVE id, and whether a person must look at it.
    Cve(Cve, bool),
    /// How the reporter is named.
    Credit(Option<Credit>),
    /// Who else may see the advisory.
    Collaborators(Vec<String>),
    /// The advisory that a member named, and what showed of the one before.
    Advisory(Box<Advised>),
    /// Whether a fork is wanted.
    Fork(bool),
    /// The review.
    Review(Option<Box<Review>>),
    /// What the member had said of that text.
    Opinion {
        /// Of which.
        text: Option<Sha256>,
        /// They had approved it.
        approved: bool,
        /// They had objected to it.
        objected: bool,
    },
    /// Since when the embargoed list knows.
    Notified(Option<Timestamp>),
    /// Whether less time to prepare will do.
    Hurried(bool),
    /// That two people said to publish.
    Publishing,
    /// Whether two people said to tell whoever posted it in public.
    Telling(bool),
    /// How two people said to take it down.
    Takedown(Option<(Takedown, Sha256)>),
    /// Since when it is known outside.
    Leaked(Option<Timestamp>),
    /// Since when it is used.
    Exploited(Option<Timestamp>),
}

/// Which advisory a case has, and what follows from what GitHub shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Advised {
    ghsa: Option<String>,
    advisory: Option<Advisory>,
    review: Option<Review>,
    cve: Cve,
    #[serde(default)]
    cve_unread: bool,
    published: Option<Timestamp>,
}

impl Tracks {
    fn advised(&self) -> Advised {
        Advised {
            ghsa: self.ghsa.clone(),
            advisory: self.advisory.clone(),
            review: self.review.clone(),
            cve: self.cve.clone(),
            cve_unread: self.cve_unread,
            published: self.published,
        }
    }

    /// The one that was named is not this case's: nothing that it showed is of the case.
    fn advised_before(&mut self, before: Advised) {
        let named = std::mem::replace(&mut self.ghsa, before.ghsa);
        let theirs = |seen: &&Advisory| Some(&seen.ghsa) == named.as_ref() && named != self.ghsa;
        let Some(seen) = self.advisory.as_ref().filter(theirs) else { return };
        let by_it = matches!((&self.cve, &seen.cve), (Cve::Assigned { id: Reference::Cve(id) }, Some(shown)) if id == shown);
        if by_it {
            self.cve = before.cve;
            self.cve_unread = before.cve_unread;
        }
        self.advisory = before.advisory;
        self.review = before.review;
        self.published = before.published;
    }

    /// What that step may set, as it is now.
    pub(super) fn part(&self, step: &Step, by: &MemberKey) -> Part {
        match step {
            Step::Assess { .. } => Part::Assessment(self.assessment.clone().map(Box::new), self.confirmed),
            Step::Meet { .. } => Part::Meeting(self.meeting),
            Step::Embargo { .. } | Step::Agreed { .. } | Step::SetDay { .. } | Step::Conflict => {
                Part::Embargo(self.embargo)
            }
            Step::Group { .. } => Part::Group(self.group.clone()),
            Step::Reproduced { .. } => Part::Reproduced(self.reproduced),
            Step::Mend { .. } => Part::Fix(self.fix.clone()),
            Step::Installers { .. } => Part::Installers(self.installers),
            Step::Cve { .. } => Part::Cve(self.cve.clone(), self.cve_unread),
            Step::Credit { .. } => Part::Credit(self.credit.clone()),
            Step::Collaborate { .. } => Part::Collaborators(self.collaborators.clone()),
            Step::Advisory { .. } => Part::Advisory(Box::new(self.advised())),
            Step::Fork => Part::Fork(self.fork),
            Step::Review { .. } => Part::Review(self.review.clone().map(Box::new)),
            Step::Approve { .. } | Step::Object => {
                let review = self.review.as_ref();
                Part::Opinion {
                    text: review.map(|review| review.text),
                    approved: review.is_some_and(|review| review.approvals.contains(by)),
                    objected: review.is_some_and(|review| review.objections.contains(by)),
                }
            }
            Step::Notify { .. } => Part::Notified(self.notified),
            Step::Ready { .. } => Part::Hurried(self.hurried),
            Step::Publish { .. } => Part::Publishing,
            Step::TellPoster => Part::Telling(self.telling),
            Step::TakeDown { .. } => Part::Takedown(self.takedown),
            Step::Leaked => Part::Leaked(self.leaked),
            Step::Exploited => Part::Exploited(self.exploited),
            Step::Update { .. } => Part::Nothing,
        }
    }

    /// What a step of this member set is again as it was before it.
    pub(super) fn take_back(&mut self, part: Part, by: &MemberKey) {
        self.ask_anew(&part);
        match part {
            Part::Nothing => {}
            Part::Assessment(assessment, confirmed) => {
                self.assessment = assessment.map(|found| *found);
                self.confirmed = confirmed;
            }
            Part::Meeting(meeting) => self.meeting = meeting,
            Part::Embargo(embargo) => self.embargo.back_to(embargo),
            Part::Group(group) => self.group = group,
            Part::Reproduced(reproduced) => self.reproduced = reproduced,
            Part::Fix(fix) => self.fix = fix,
            Part::Installers(installers) => self.installers = installers,
            Part::Cve(cve, unread) => {
                self.cve = cve;
                self.cve_unread = unread;
                self.cve_shown();
            }
            Part::Credit(credit) => self.credit = credit,
            Part::Collaborators(collaborators) => self.collaborators = collaborators,
            Part::Advisory(before) => self.advised_before(*before),
            Part::Fork(fork) => self.fork = fork,
            Part::Review(review) => self.review = review.map(|review| *review),
            Part::Opinion { text, approved, objected } => self.opinion(text, by, approved, objected),
            Part::Notified(notified) => self.notified = notified,
            Part::Hurried(hurried) => self.hurried = hurried,
            Part::Publishing => self.not_published(),
            Part::Telling(telling) => self.telling = telling,
            Part::Takedown(takedown) => {
                self.takedown = takedown;
                self.tasks.retain(|task, _| !matches!(task, Task::TakeDown { .. }));
            }
            Part::Leaked(leaked) => self.leaked = leaked,
            Part::Exploited(exploited) => self.exploited = exploited,
        }
    }

    /// What people were to do for what is taken back they need not do; what is still missing then is named again.
    fn ask_anew(&mut self, part: &Part) {
        let people = matches!(part, Part::Assessment(..) | Part::Group(_) | Part::Collaborators(_));
        let credit = matches!(part, Part::Credit(_));
        let cve = matches!(part, Part::Cve(..));
        self.tasks.retain(|task, _| {
            let over = people && task.is_of_people()
                || credit && task.is_of_credit()
                || cve && *task == Task::RequestCve;
            !over
        });
    }

    /// An approval is of one text; an objection stands whatever the text becomes.
    fn opinion(&mut self, text: Option<Sha256>, by: &MemberKey, approved: bool, objected: bool) {
        let Some(review) = self.review.as_mut() else { return };
        review.approvals.remove(by);
        review.objections.remove(by);
        if approved && Some(review.text) == text {
            review.approvals.insert(by.clone());
        }
        if objected {
            review.objections.insert(by.clone());
        }
    }
}
