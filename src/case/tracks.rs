//! What runs beside the stages of a vulnerability: assessment, embargo, CVE, fix, review, notices (RUNBOOK section 1).
//!
//! A [`Step`] is what a member did; an [`Advisory`] is what GitHub shows. Both fold into [`Tracks`], which hold no words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::advisory::{Advisory, Task};
use super::assessment::Assessment;
use super::reference::Reference;
use super::review::Review;
use super::roster::{Member, Role, Roster};
use super::step::{CveStep, Step};
use super::{LetterKind, MailId, MemberKey, PersonId, Posted, Sha256, Takedown};

/// How far a vulnerability is on its way to be public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It is a vulnerability; the draft advisory is there or being made.
    Confirmed,
    /// A working group reproduces, sizes and fixes it.
    Mitigating,
    /// What will be public is being reviewed.
    Review,
    /// The embargoed list knows, and prepares.
    Prenotice,
    /// Nothing is missing but the date and two people.
    Ready,
    /// It is public.
    Disclosed,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Confirmed, Self::Mitigating, Self::Review, Self::Prenotice, Self::Ready, Self::Disclosed];

    /// The word in the store and in lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Mitigating => "mitigating",
            Self::Review => "review",
            Self::Prenotice => "prenotice",
            Self::Ready => "ready",
            Self::Disclosed => "disclosed",
        }
    }
}

/// How the flaw is mended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "fix", rename_all = "kebab-case")]
pub enum Fix {
    /// Nobody has said yet.
    #[default]
    Open,
    /// It is written, and waits in private.
    Proposed {
        /// Where.
        at: Reference,
    },
    /// It is in the public repository.
    Merged {
        /// Where.
        at: Reference,
    },
    /// There will be none before the disclosure; the reason stands on the issue.
    Impossible,
}

/// How it stands with the CVE id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "cve", rename_all = "kebab-case")]
pub enum Cve {
    /// Nobody has asked for one.
    #[default]
    None,
    /// It was asked for.
    Requested {
        /// When.
        at: Timestamp,
    },
    /// It has one.
    Assigned {
        /// Which.
        id: Reference,
    },
    /// The authority gives none.
    Refused,
    /// The team wants none: the GHSA id must do.
    Unwanted,
}

/// How the reporter is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "credit", rename_all = "kebab-case")]
pub enum Credit {
    /// Not at all.
    Anonymous,
    /// By the name on their mails, as a line of text.
    Name,
    /// By their account on GitHub, which accepts it.
    Github {
        /// Its login.
        login: String,
    },
}

/// What is known of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "meeting", rename_all = "kebab-case")]
pub enum Meeting {
    /// People are asked to meet then.
    Proposed {
        /// When.
        at: Timestamp,
    },
    /// It was held.
    Held,
    /// It is not needed; the reason stands on the issue.
    Waived,
}

/// A day that is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// When all is to be public.
    pub date: Timestamp,
    /// Which act proposed it.
    pub act: u32,
    /// When.
    pub at: Timestamp,
}

/// A day that both sides agreed to in writing, or that two members set where there is no other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// When all is to be public.
    pub date: Timestamp,
    /// The reporter's mail, if there is a reporter.
    pub mail: Option<MailId>,
    /// When a member confirmed it.
    pub at: Timestamp,
}

/// How it stands with the day: an agreed one stands until another one is agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Embargo {
    /// The day that stands.
    pub agreed: Option<Agreed>,
    /// A day that waits for an answer.
    pub proposed: Option<Proposed>,
    /// Since when there is no agreement.
    pub conflict: Option<Timestamp>,
    /// The day that the embargoed list and the chairs of SIGs were told last.
    #[serde(default)]
    pub told: Option<Timestamp>,
}

impl Embargo {
    /// That day stands; whoever was told another one hears of it.
    fn stands(&mut self, date: Timestamp, mail: Option<MailId>, at: Timestamp) {
        let told = self.told.map(|_| date);
        *self = Self { agreed: Some(Agreed { date, mail, at }), proposed: None, conflict: None, told };
    }

    /// As it was, but for what others were told meanwhile.
    pub(super) fn back_to(&mut self, before: Self) {
        *self = Self { told: before.told.or(self.told), ..before };
    }

    /// The day that others are told: the one that stands, else one that is proposed and not refused, else the last one.
    pub fn named(&self, limit: Timestamp) -> Timestamp {
        let open = self.proposed.filter(|_| self.conflict.is_none()).map(|proposed| proposed.date);
        self.agreed.map(|agreed| agreed.date).or(open).unwrap_or(limit)
    }
}

/// A map whose keys are more than words, as a list of pairs: JSON has no other keys.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}

/// All tracks of a case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tracks {
    /// What was found.
    pub assessment: Option<Assessment>,
    /// The meeting of the team.
    pub meeting: Option<Meeting>,
    /// The day.
    pub embargo: Embargo,
    /// Who works on it.
    pub group: Vec<MemberKey>,
    /// Whether it was seen to happen.
    pub reproduced: Option<bool>,
    /// How it is mended.
    pub fix: Fix,
    /// Whether new installers are made.
    pub installers: Option<bool>,
    /// The CVE id.
    pub cve: Cve,
    /// GitHub shows an id that nobody here asked for, or another one than before: a person must say that it is the right one.
    pub cve_unread: bool,
    /// How the reporter is named.
    pub credit: Option<Credit>,
    /// Logins that were asked to join the advisory.
    pub collaborators: Vec<String>,
    /// A private fork is wanted.
    pub fork: bool,
    /// The advisory, as GitHub showed it last.
    pub advisory: Option<Advisory>,
    /// The review that runs or ran.
    pub review: Option<Review>,
    /// Those of the embargoed list whom two people said to tell.
    pub to_tell: Vec<PersonId>,
    /// Who outside was told what, and when.
    pub told: Vec<(LetterKind, PersonId, Timestamp)>,
    /// What people must do because GitHub lets no program do it.
    #[serde(with = "pairs")]
    pub tasks: BTreeMap<Task, Timestamp>,
    /// Since when something of it is known outside.
    pub leaked: Option<Timestamp>,
    /// Since when it is being used against people.
    pub exploited: Option<Timestamp>,
    /// Two people said: make it public.
    pub publishing: bool,
    /// Since when it is public.
    pub published: Option<Timestamp>,
    /// Since when it is known to be a vulnerability.
    pub confirmed: Option<Timestamp>,
    /// Since when the embargoed list knows.
    pub notified: Option<Timestamp>,
    /// SHA-256 of the text that it was told of last.
    pub told_of: Option<Sha256>,
    /// The list has less time to prepare than is configured; why stands on the issue.
    pub hurried: bool,
    /// When a letter to the reporter left last.
    pub last_word: Option<Timestamp>,
    /// When anything happened last, to the day.
    pub moved: Option<Timestamp>,
    /// The letter that thanks the reporter left.
    pub thanked: bool,
    /// The advisory that a member named, until GitHub shows it.
    pub ghsa: Option<String>,
    /// The public issue that it began with, as GitHub showed it last.
    pub posted: Option<Posted>,
    /// A member said: tell whoever posted it.
    pub telling: bool,
    /// Two people said: take it down, as it read then.
    pub takedown: Option<(Takedown, Sha256)>,
}

impl Tracks {
    /// SHA-256 of what the advisory says, if there is one.
    pub fn text(&self) -> Option<Sha256> {
        self.advisory.as_ref().map(|advisory| advisory.text)
    }

    /// Members and chairs who approved what the advisory says now; observers count for seeing it, not for this.
    pub fn approvals(&self, roster: &Roster) -> u32 {
        let Some(review) = self.review.as_ref().filter(|review| Some(review.text) == self.text()) else {
            return 0;
        };
        let of_team = |member: &Member| member.is(Role::Member) || member.is(Role::Chair);
        let counted = review.approvals.iter().filter(|key| roster.get(key).is_some_and(of_team));
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    }

    /// Those of the embargoed list who were told, or are about to be, each once: what follows is for them as well.
    pub fn list_told(&self) -> Vec<PersonId> {
        let mut people: BTreeSet<PersonId> = BTreeSet::new();
        for (letter, person, _) in &self.told {
            if *letter == LetterKind::ListNotice {
                people.insert(*person);
            } else if *letter == LetterKind::ListEnded {
                // They know that it is none.
                people.remove(person);
            }
        }
        people.extend(&self.to_tell);
        people.into_iter().collect()
    }

    /// The day on which it goes public, as far as both sides agreed.
    pub fn date(&self) -> Option<Timestamp> {
        self.embargo.agreed.map(|agreed| agreed.date)
    }

    /// Folds in a step.
    pub(super) fn step(&mut self, step: &Step, act: u32, by: &MemberKey, at: Timestamp) {
        match step {
            Step::Assess { assessment } => {
                self.assessment = Some((**assessment).clone());
                self.confirmed = self.confirmed.or(Some(at));
            }
            Step::Meet { meeting } => self.meeting = Some(*meeting),
            Step::Embargo { date } => {
                self.embargo.proposed = Some(Proposed { date: *date, act, at });
                self.embargo.conflict = None;
            }
            Step::Agreed { date, mail } => self.embargo.stands(*date, Some(*mail), at),
            Step::SetDay { date } => self.embargo.stands(*date, None, at),
            Step::Conflict => self.embargo.conflict = Some(at),
            Step::Group { members } => {
                self.group.clone_from(members);
                self.tasks.retain(|task, _| !matches!(task, Task::PeopleOff { .. }));
            }
            Step::Reproduced { yes } => self.reproduced = Some(*yes),
            Step::Mend { fix } => self.fix = fix.clone(),
            Step::Installers { needed } => self.installers = Some(*needed),
            Step::Cve { says } => {
                self.cve_unread = false;
                self.cve = match says {
                    CveStep::Request => Cve::Requested { at },
                    CveStep::Assigned { id } => Cve::Assigned { id: id.clone() },
                    CveStep::Refused => Cve::Refused,
                    CveStep::Unwanted => Cve::Unwanted,
                }
            }
            Step::Credit { credit } => {
                self.credit = Some(credit.clone());
                self.tasks.retain(|task, _| !task.is_of_credit());
            }
            Step::Collaborate { login } => {
                self.tasks.retain(|task, _| !matches!(task, Task::PeopleOff { .. }));
                if !self.collaborators.contains(login) {
                    self.collaborators.push(login.clone());
                }
            }
            Step::Advisory { ghsa } => self.ghsa = ghsa.clone().or_else(|| self.ghsa.take()),
            Step::Fork => self.fork = true,
            Step::Review { text } => self.reviewed(*text, at),
            Step::Approve { text } => {
                if let Some(review) = self.review.as_mut().filter(|review| review.text == *text) {
                    review.objections.remove(by);
                    review.approvals.insert(by.clone());
                }
            }
            Step::Object => {
                if let Some(review) = &mut self.review {
                    review.approvals.remove(by);
                    review.objections.insert(by.clone());
                }
            }
            Step::Publish { .. } => self.publishing = true,
            Step::Leaked => self.leaked = self.leaked.or(Some(at)),
            Step::Exploited => self.exploited = self.exploited.or(Some(at)),
            Step::Notify { text } => {
                // Who is told again of a text that changed has prepared since the first time.
                self.notified = self.notified.or(Some(at));
                self.told_of = Some(*text);
                self.hurried = false;
            }
            Step::Ready { hurried } => self.hurried = *hurried,
            Step::TellPoster => self.telling = true,
            Step::TakeDown { how, words } => self.takedown = Some((*how, *words)),
            Step::Update { .. } => {}
        }
    }

    pub(super) fn named(&mut self, task: &Task, at: Timestamp) {
        self.tasks.entry(task.clone()).or_insert(at);
    }

    /// Folds in what GitHub shows of the public issue. What stands in public is known outside; words that changed are words
    /// about which nobody has agreed; and who is told stays told.
    pub(super) fn posted_seen(&mut self, posted: &Posted, at: Timestamp) {
        let told = self.posted.as_ref().and_then(|before| before.told).or(posted.told);
        if posted.is_readable() {
            self.leaked = self.leaked.or(Some(at));
        }
        let over = |(how, words): (Takedown, Sha256)| posted.is_done(how) || words != posted.words;
        if self.takedown.is_some_and(over) {
            self.takedown = None;
        }
        self.tasks.retain(|task, _| !task.is_done_on(posted));
        self.posted = Some(Posted { told, ..posted.clone() });
    }

    /// Folds in what GitHub shows. A text that changed is one that nobody has approved.
    pub(super) fn seen(&mut self, advisory: &Advisory, at: Timestamp) {
        let other = |review: &&mut Review| review.text != advisory.text;
        let was_public = self.published.is_some();
        if !was_public && let Some(review) = self.review.as_mut().filter(other) {
            *review = review.anew(advisory.text, at);
        }
        // Nor did two people say that this one is to be public, also where somebody changed it and published it in one go.
        let other = self.advisory.as_ref().is_some_and(|before| before.text != advisory.text);
        if other && !was_public {
            self.not_published();
        }
        if advisory.is_public() && !was_public {
            self.published = Some(at);
        }
        self.tasks.retain(|task, _| !task.is_done(advisory));
        self.advisory = Some(advisory.clone());
        self.cve_shown();
    }

    /// Who approved this very text has done so, also where it is sent to the reporter once more.
    fn reviewed(&mut self, text: Sha256, since: Timestamp) {
        match &self.review {
            Some(known) if known.text == text => {}
            Some(known) => self.review = Some(known.anew(text, since)),
            None => self.review = Some(Review::of(text, since)),
        }
    }

    /// Those of the embargoed list who are to be told of it, and until when they keep it.
    pub(super) fn list_ordered(&mut self, people: &[PersonId], day: Timestamp) {
        self.to_tell.extend(people);
        self.embargo.told = Some(day);
    }

    /// A reporter is there who was not asked: the day that members set without one does not bind them.
    pub(super) fn unbind_day(&mut self) {
        self.embargo.agreed = self.embargo.agreed.filter(|agreed| agreed.mail.is_some());
    }

    /// There was no reporter after all: what members had set stands again, unless another day does.
    pub(super) fn bind_day(&mut self, before: &Embargo) {
        let set = before.agreed.filter(|agreed| agreed.mail.is_none());
        self.embargo.agreed = self.embargo.agreed.or(set);
    }

    /// It is none: nobody keeps it, or prepares for it, any longer.
    pub(super) fn told_that_it_is_none(&mut self) {
        self.notified = None;
        self.embargo.told = None;
        self.told_of = None;
        self.hurried = false;
    }

    /// What two people said about publishing counts no more.
    pub(super) fn not_published(&mut self) {
        self.publishing = false;
        self.tasks.remove(&Task::Publish);
    }

    /// An id that GitHub shows is there, whatever was said of it before.
    pub(super) fn cve_shown(&mut self) {
        let shown = self.advisory.as_ref().and_then(|advisory| advisory.cve.clone());
        if let Some(id) = shown {
            self.cve_unread |= !self.is_expected(&id);
            self.cve = Cve::Assigned { id: Reference::Cve(id) };
        }
    }

    /// Whether somebody here asked for an id, or knows this one.
    pub fn is_expected(&self, cve: &str) -> bool {
        match &self.cve {
            Cve::Requested { .. } => true,
            Cve::Assigned { id } => matches!(id, Reference::Cve(known) if known == cve),
            Cve::None | Cve::Refused | Cve::Unwanted => false,
        }
    }

    /// The id that a person must look at before anything goes public.
    pub fn unread_cve(&self) -> Option<&Reference> {
        match &self.cve {
            Cve::Assigned { id } if self.cve_unread => Some(id),
            Cve::Assigned { .. } | Cve::Requested { .. } | Cve::None | Cve::Refused | Cve::Unwanted => None,
        }
    }
}
