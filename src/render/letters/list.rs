//! What letters to the embargoed list may know: no number of a case, no reporter, no address of ours but the list's. One mail
//! for each organization; it names no other.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::coordinated::Dates;
use super::on_case::Incident;
use super::sheet::{Filled, Sheet, Zones};
use super::table::LetterName;
use crate::case::Severity;
use crate::render::when;

/// To whom, from whom, about which advisory.
#[derive(Debug, Clone)]
pub struct ListDesk {
    /// Name of the one organization.
    pub organization: String,
    /// What the project is called: `O3DE`.
    pub product: String,
    /// CVE, or the GHSA where there is none yet.
    pub ids: String,
    /// The team's zone.
    pub zone: TimeZone,
    /// The organization's zone, where it is known.
    pub their_zone: Option<TimeZone>,
    /// The team's name without an article.
    pub team: String,
    /// The address for reports and slips: the list's own.
    pub contact: String,
    /// When the embargo ends.
    pub dates: Dates,
}

/// A letter to the list.
#[derive(Debug, Clone)]
pub enum ToList {
    /// T23: the first.
    Notice(Box<ListNotice>),
    /// T23: the day moved.
    Change {
        /// The day before.
        was: Timestamp,
        /// A member's words.
        reason: String,
    },
    /// T23: a day before.
    DayBefore,
    /// T23: it is public.
    Lifted {
        /// Neutral title, as it is published.
        title: String,
        /// Public pages.
        links: Vec<String>,
        /// A member's words on why it is earlier than agreed.
        early: Option<String>,
    },
    /// T23: T31 was an error.
    Corrected {
        /// What it had said.
        kind: Incident,
        /// When.
        noticed: Timestamp,
        /// Nothing else of it is known or used outside: the day stays.
        stays: bool,
    },
    /// T23: it turned out to be none.
    Ended {
        /// What it is, in our words.
        reason: String,
    },
    /// T31: it leaked, or is exploited.
    Incident {
        /// Which.
        kind: Incident,
        /// When it was noticed.
        noticed: Timestamp,
        /// A member's words.
        what: String,
        /// A member's words.
        response: String,
    },
}

/// What an organization needs to know in order to prepare.
#[derive(Debug, Clone)]
pub struct ListNotice {
    /// Neutral: it stands in the subject.
    pub title: String,
    /// The team's own rating.
    pub severity: Severity,
    /// Its vector, if any.
    pub vector: Option<String>,
    /// A member's words.
    pub summary: String,
    /// Version ranges.
    pub affected: Vec<String>,
    /// A member's words.
    pub tell: String,
    /// A member's words: where the fix is, when it comes, what helps without it.
    pub fix: String,
    /// Whether it may be deployed before the day.
    pub deploy_early: bool,
}

impl ToList {
    /// Its letter.
    pub fn name(&self) -> LetterName {
        match self {
            Self::Notice(_) => LetterName::ListNotice,
            Self::Change { .. } => LetterName::ListChange,
            Self::DayBefore => LetterName::ListDayBefore,
            Self::Lifted { .. } => LetterName::ListLifted,
            Self::Corrected { .. } => LetterName::ListCorrected,
            Self::Ended { .. } => LetterName::ListEnded,
            Self::Incident { .. } => LetterName::ListIncident,
        }
    }

    pub(super) fn filled(&self, desk: &ListDesk) -> Filled {
        let mut sheet = Sheet::new(Zones { team: &desk.zone, theirs: desk.their_zone.as_ref() });
        sheet.own("organization", &desk.organization);
        sheet.put("product", &desk.product);
        sheet.line("ids", &desk.ids);
        sheet.put("team", &desk.team);
        sheet.put("contact", &desk.contact);
        sheet.at("until", desk.dates.publish_at);
        if !matches!(self, Self::Lifted { .. } | Self::Ended { .. }) {
            sheet.put("until_short", &when::stamp(desk.dates.publish_at));
            sheet.days(Some(&desk.dates));
        }
        self.fill(&mut sheet);
        sheet.of(self.name())
    }

    fn fill(&self, sheet: &mut Sheet<'_>) {
        match self {
            Self::Notice(notice) => {
                sheet.line("title", &notice.title);
                sheet.put("severity", notice.severity.word());
                sheet.line("vector", notice.vector.as_deref().unwrap_or_default());
                sheet.said("summary", &notice.summary);
                sheet.items("affected", &notice.affected);
                sheet.said("tell", &notice.tell);
                sheet.said("fix", &notice.fix);
                sheet.flag("deploy_early", notice.deploy_early);
            }
            Self::Change { was, reason } => {
                sheet.at("was", *was);
                sheet.said("reason", reason);
            }
            Self::DayBefore => {}
            Self::Lifted { title, links, early } => {
                sheet.line("title", title);
                sheet.items("links", links);
                sheet.flag("early", early.is_some());
                sheet.said("reason", early.as_deref().unwrap_or_default());
            }
            Self::Corrected { kind, noticed, stays } => {
                sheet.put("kind", kind.word());
                sheet.at("noticed", *noticed);
                sheet.flag("stays", *stays);
            }
            Self::Ended { reason } => sheet.line("reason", reason),
            Self::Incident { kind, noticed, what, response } => {
                sheet.put("kind", kind.word());
                sheet.at("noticed", *noticed);
                sheet.said("what", what);
                sheet.said("response", response);
            }
        }
    }
}
