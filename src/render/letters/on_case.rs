//! What letters to people by name may know of a case: the team, chairs of the groups concerned, contacts of the TSC and of
//! the release. Some of them see nothing but what stands here: none of these letters quotes the report.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::coordinated::Dates;
use super::sheet::{Filled, Sheet, Zones, greeting};
use super::table::LetterName;
use crate::case::{CaseId, Severity};
use crate::render::when;

/// To whom, and from whom.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The reader's name; none: no name in the greeting.
    pub to: Option<String>,
    /// The team's zone.
    pub zone: TimeZone,
    /// The reader's own zone, where the roster has it.
    pub their_zone: Option<TimeZone>,
    /// The team's name without an article.
    pub team: String,
    /// The reader's footer code for the case, where there is one.
    pub code: Option<String>,
}

impl Desk {
    pub(super) fn sheet(&self, tag: &str) -> Sheet<'_> {
        let mut sheet = Sheet::new(Zones { team: &self.zone, theirs: self.their_zone.as_ref() });
        sheet.put("tag", tag);
        sheet.put("greeting", &greeting(self.to.as_deref()));
        sheet.put("team", &self.team);
        sheet.put("code", self.code.as_deref().unwrap_or_default());
        sheet
    }

    /// A day to answer by, also for the subject.
    pub(super) fn by(sheet: &mut Sheet<'_>, by: Timestamp) {
        sheet.at("by", by);
        sheet.short("by_short", by);
    }
}

/// The exact text that people approve, and the first eight digits of its SHA-256.
#[derive(Debug, Clone)]
pub struct Version {
    /// All of it.
    pub text: String,
    /// Eight hexadecimal digits, as `approve` takes them.
    pub hash: String,
}

/// What became known, or is abused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incident {
    /// Something is known outside.
    Leak,
    /// It is exploited.
    Exploited,
}

impl Incident {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Exploited => "exploited",
        }
    }
}

/// How far a fix is, for those who prepare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixIs {
    /// In the public repository.
    Public,
    /// Written, and to be public by the day.
    Coming,
    /// Not there, and perhaps never.
    Missing,
}

impl FixIs {
    fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Coming => "coming",
            Self::Missing => "missing",
        }
    }

    fn headline(self) -> &'static str {
        match self {
            Self::Public => "a fix is ready",
            Self::Coming => "a fix is coming",
            Self::Missing => "no fix yet",
        }
    }
}

/// A letter about a case.
#[derive(Debug, Clone)]
pub enum OnCase {
    /// T09, to the team and the chairs concerned.
    DraftResponse {
        /// Address of the issue.
        issue: String,
        /// The draft.
        draft: Version,
        /// When comments are due.
        by: Timestamp,
    },
    /// T10, to the chair of a group. No steps, no proof.
    SigChair {
        /// The reader's own group (`SIG network`).
        sig: String,
        /// Other groups that are asked as well.
        others: Vec<String>,
        /// The part, from our list.
        component: String,
        /// The team's own rating.
        severity: Severity,
        /// Address of the advisory.
        advisory: String,
        /// When names are due.
        by: Timestamp,
    },
    /// T11, to the TSC's contact.
    TscNotice(TscNote),
    /// T13, to the working group.
    Embargo {
        /// What holds now.
        dates: Dates,
        /// The day before it moved, and why.
        moved: Option<(Timestamp, String)>,
        /// Members set it: there is no reporter to agree with.
        set: bool,
    },
    /// T14, to the team, then chairs, then the TSC.
    Conflict(ConflictNote),
    /// T15, to each person of the working group.
    WorkingGroup {
        /// Names, with their groups.
        people: Vec<String>,
        /// Address of the advisory.
        advisory: String,
        /// Address of the private fork.
        fork: String,
        /// When a first word is wished for.
        by: Timestamp,
    },
    /// T19, to reviewers.
    ReviewRequest {
        /// Exactly what is to be published.
        draft: Version,
        /// When answers are due.
        by: Timestamp,
        /// The agreed day, if there is one.
        dates: Option<Dates>,
    },
    /// T20, to the team.
    Meeting {
        /// Address of the issue.
        issue: String,
        /// Our words: why it is serious (`claimed severity high`).
        why: String,
        /// Calendar days from the report on, as configured.
        days: u32,
        /// When those end.
        by: Timestamp,
        /// Instants to choose from.
        slots: Vec<Timestamp>,
        /// A second zone in which they are shown.
        second_zone: Option<TimeZone>,
    },
    /// T22, to chairs of all groups.
    ChairsNotice {
        /// The part, from our list.
        component: String,
        /// Whether there is a fix.
        fix: FixIs,
        /// Branches and projects.
        prepare: Vec<String>,
        /// Address of the advisory, if the reader was invited to it.
        advisory: Option<String>,
        /// The agreed day.
        dates: Dates,
    },
    /// T25, to the release contact.
    Installers {
        /// The team's own rating.
        severity: Severity,
        /// Commits and branches.
        fix: Vec<String>,
        /// A point release, a branch, a day.
        proposal: String,
        /// When the answer is due.
        by: Timestamp,
        /// The agreed day.
        dates: Dates,
    },
    /// T29, to the release contact and the documentation.
    ReleaseNote {
        /// CVE or GHSA.
        ids: String,
        /// The line itself.
        line: String,
        /// Public page.
        url: String,
    },
    /// T30, to the team.
    Retrospective {
        /// Address of the issue.
        issue: String,
        /// CVE or GHSA.
        ids: String,
        /// What happened when, one line each.
        timeline: String,
        /// When remarks are due.
        by: Timestamp,
    },
    /// T31, to the team, chairs and the TSC's contact.
    Incident(IncidentNote),
}

/// A confirmed case in short.
#[derive(Debug, Clone)]
pub struct TscNote {
    /// The team's own rating.
    pub severity: Severity,
    /// The groups.
    pub sigs: Vec<String>,
    /// A member's words: what is asked of the TSC.
    pub help: String,
    /// Address of the advisory.
    pub advisory: String,
    /// Whether a day is agreed.
    pub agreed: bool,
    /// That day, and the limit.
    pub dates: Dates,
}

/// Reporter and team want different days.
#[derive(Debug, Clone)]
pub struct ConflictNote {
    /// Address of the issue.
    pub issue: String,
    /// A member's words: what the reporter wants.
    pub theirs: String,
    /// What we proposed.
    pub ours: String,
    /// What holds without an agreement.
    pub why: String,
    /// What can be done.
    pub options: Vec<String>,
    /// When answers are due.
    pub by: Timestamp,
    /// The proposal, and the limit.
    pub dates: Dates,
}

/// What is known about a leak or an exploit.
#[derive(Debug, Clone)]
pub struct IncidentNote {
    /// Which.
    pub kind: Incident,
    /// When it was noticed.
    pub noticed: Timestamp,
    /// Whether somebody published the advisory.
    pub public: bool,
    /// A member's words: where; empty where nobody said.
    pub place: String,
    /// A member's words: what is known there.
    pub what: String,
    /// A member's words: how it came to that; empty where nobody said.
    pub how: String,
    /// What is done.
    pub response: String,
    /// The new day, if there is one already.
    pub new_at: Option<Timestamp>,
    /// What held before.
    pub dates: Dates,
    /// Whether that day had been agreed.
    pub agreed: bool,
}

impl OnCase {
    /// Its letter.
    pub fn name(&self) -> LetterName {
        match self {
            Self::DraftResponse { .. } => LetterName::DraftResponse,
            Self::SigChair { .. } => LetterName::SigChair,
            Self::TscNotice(_) => LetterName::TscNotice,
            Self::Embargo { .. } => LetterName::EmbargoTeam,
            Self::Conflict(_) => LetterName::Conflict,
            Self::WorkingGroup { .. } => LetterName::WorkingGroup,
            Self::ReviewRequest { .. } => LetterName::ReviewRequest,
            Self::Meeting { .. } => LetterName::Meeting,
            Self::ChairsNotice { .. } => LetterName::ChairsNotice,
            Self::Installers { .. } => LetterName::Installers,
            Self::ReleaseNote { .. } => LetterName::ReleaseNote,
            Self::Retrospective { .. } => LetterName::Retrospective,
            Self::Incident(_) => LetterName::Incident,
        }
    }

    pub(super) fn filled(&self, case: CaseId, desk: &Desk) -> Filled {
        let mut sheet = desk.sheet(&case.to_string());
        self.fill(&mut sheet, desk);
        sheet.of(self.name())
    }

    fn fill(&self, sheet: &mut Sheet<'_>, desk: &Desk) {
        match self {
            Self::DraftResponse { issue, draft, by } => {
                sheet.line("issue", issue);
                version(sheet, draft);
                Desk::by(sheet, *by);
            }
            Self::SigChair { sig, others, component, severity, advisory, by } => {
                sheet.line("sig", sig);
                sheet.line("others", &others.join(", "));
                sheet.line("component", component);
                sheet.put("severity", severity.word());
                sheet.line("advisory", advisory);
                Desk::by(sheet, *by);
            }
            Self::TscNotice(note) => note.fill(sheet),
            Self::Embargo { dates, moved, set } => {
                sheet.flag("set", *set);
                published(sheet, dates);
                sheet.at("limit_at", dates.limit_at);
                sheet.at_if("was_at", moved.as_ref().map(|(was, _)| *was));
                sheet.said("reason", moved.as_ref().map_or("", |(_, why)| why));
            }
            Self::Conflict(note) => note.fill(sheet),
            Self::WorkingGroup { people, advisory, fork, by } => {
                sheet.items("people", people);
                sheet.line("advisory", advisory);
                sheet.line("fork", fork);
                Desk::by(sheet, *by);
            }
            Self::ReviewRequest { draft, by, dates } => {
                version(sheet, draft);
                Desk::by(sheet, *by);
                sheet.at_if("publish_at", dates.map(|dates| dates.publish_at));
                sheet.days(dates.as_ref());
            }
            Self::Meeting { issue, why, days, by, slots, second_zone } => {
                sheet.line("issue", issue);
                sheet.line("why", why);
                sheet.count("days", u64::from(*days));
                Desk::by(sheet, *by);
                sheet.put("slots", &choices(slots, desk, second_zone.as_ref()));
            }
            Self::ChairsNotice { component, fix, prepare, advisory, dates } => {
                sheet.line("component", component);
                sheet.put("fix_is", fix.word());
                sheet.put("headline", fix.headline());
                sheet.items("prepare", prepare);
                sheet.line("advisory", advisory.as_deref().unwrap_or_default());
                published(sheet, dates);
            }
            Self::Installers { severity, fix, proposal, by, dates } => {
                sheet.put("severity", severity.word());
                sheet.items("fix", fix);
                sheet.line("proposal", proposal);
                Desk::by(sheet, *by);
                published(sheet, dates);
            }
            Self::ReleaseNote { ids, line, url } => {
                sheet.line("ids", ids);
                sheet.said("line", line);
                sheet.line("url", url);
            }
            Self::Retrospective { issue, ids, timeline, by } => {
                sheet.line("issue", issue);
                sheet.line("ids", ids);
                sheet.said("timeline", timeline);
                Desk::by(sheet, *by);
            }
            Self::Incident(note) => note.fill(sheet),
        }
    }
}

impl TscNote {
    fn fill(&self, sheet: &mut Sheet<'_>) {
        sheet.put("severity", self.severity.word());
        sheet.line("sigs", &self.sigs.join(", "));
        sheet.said("help", &self.help);
        sheet.line("advisory", &self.advisory);
        sheet.at_if("publish_at", self.agreed.then_some(self.dates.publish_at));
        sheet.at("limit_at", self.dates.limit_at);
        sheet.days(Some(&self.dates));
    }
}

impl ConflictNote {
    fn fill(&self, sheet: &mut Sheet<'_>) {
        sheet.line("issue", &self.issue);
        sheet.said("theirs", &self.theirs);
        sheet.said("ours", &self.ours);
        sheet.said("why", &self.why);
        sheet.items("options", &self.options);
        Desk::by(sheet, self.by);
        sheet.at("limit_at", self.dates.limit_at);
        sheet.days(Some(&self.dates));
    }
}

impl IncidentNote {
    fn fill(&self, sheet: &mut Sheet<'_>) {
        let headline = match self.kind {
            _any if self.public => "it was published early",
            Incident::Leak => "it has become known",
            Incident::Exploited => "it is being exploited",
        };
        sheet.flag("public", self.public);
        sheet.put("kind", self.kind.word());
        sheet.put("headline", headline);
        sheet.at("noticed", self.noticed);
        sheet.said("place", &self.place);
        sheet.said("what", &self.what);
        sheet.said("how", &self.how);
        sheet.said("response", &self.response);
        sheet.at_if("new_at", self.new_at);
        sheet.at_if("was_at", self.agreed.then_some(self.dates.publish_at));
        sheet.days(Some(&self.dates));
    }
}

fn version(sheet: &mut Sheet<'_>, draft: &Version) {
    sheet.quote("text", &draft.text);
    sheet.line("hash", &draft.hash);
}

/// The agreed day, also for a subject.
fn published(sheet: &mut Sheet<'_>, dates: &Dates) {
    sheet.at("publish_at", dates.publish_at);
    sheet.short("publish_short", dates.publish_at);
    sheet.days(Some(dates));
}

/// `- 1. Thu 26 Nov 2026, 14:00 UTC (15:00 CET, 06:00 PST)`: in UTC, and in the zones at hand where they differ.
fn choices(slots: &[Timestamp], desk: &Desk, second: Option<&TimeZone>) -> String {
    let line = |(at, slot): (usize, &Timestamp)| {
        let mut there: Vec<String> = Vec::new();
        for zone in [Some(&desk.zone), second, desk.their_zone.as_ref()].into_iter().flatten() {
            let shown = when::elsewhere(*slot, zone).filter(|shown| !there.contains(shown));
            there.extend(shown);
        }
        let there = if there.is_empty() { String::new() } else { format!(" ({})", there.join(", ")) };
        format!("{}. {}{there}", at + 1, when::medium(*slot, &TimeZone::UTC))
    };
    slots.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}
