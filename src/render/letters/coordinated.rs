//! What letters to the reporter of a confirmed vulnerability may know, from its confirmation to the thanks at the end.

use jiff::Timestamp;

use super::sheet::Sheet;
use super::table::LetterName;
use crate::case::Severity;

/// When it is to be published, and what we promised about that (RFC line 53).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// The day that is proposed or agreed.
    pub publish_at: Timestamp,
    /// The last day, with or without a fix.
    pub limit_at: Timestamp,
    /// Days from the report on within which we wish to publish, as configured.
    pub wished_days: u32,
    /// Days after which we publish at the latest, as configured, without an extension.
    pub limit_days: u32,
}

/// What one letter says besides [`super::Common`].
#[derive(Debug, Clone)]
pub enum Coordinated {
    /// T08.
    Confirmed {
        /// The team's own rating.
        severity: Severity,
        /// A member's words: why it is rated so.
        why: String,
        /// A member's words: what is done next.
        plan: String,
        /// The next word is promised by then.
        contact_by: Timestamp,
        /// Whether to offer a place in the advisory.
        ask_account: bool,
        /// Whether to ask for the credit; asked once.
        ask_credit: bool,
    },
    /// T12.
    EmbargoProposal {
        /// Our proposal.
        dates: Dates,
        /// Most days beyond the limit, with their yes.
        extension_days: u32,
        /// Our words: who knows of it (`the response team and the chairs of one group`).
        who_knows: String,
    },
    /// T13: agreed, or moved.
    Embargo {
        /// What holds now.
        dates: Dates,
        /// Days beyond the limit that they agreed to in writing; 0: none.
        extension_days: u32,
        /// The day before it moved, and a member's words on why.
        moved: Option<(Timestamp, String)>,
        /// Whether their yes is asked for.
        confirm: bool,
    },
    /// T16.
    Update {
        /// Our last letter.
        since: Timestamp,
        /// A member's words; empty: nothing changed, and the letter says so.
        changed: String,
        /// A member's words.
        next: String,
        /// The next word is promised by then.
        contact_by: Timestamp,
        /// The agreed day, if there is one.
        dates: Option<Dates>,
    },
    /// T17.
    Cve {
        /// How it stands.
        state: Cve,
        /// The agreed day, if there is one.
        dates: Option<Dates>,
        /// Whether the advisory is public already.
        public: bool,
    },
    /// T18.
    Invitation {
        /// Their login, theirs.
        account: String,
        /// Address of the advisory.
        advisory: String,
    },
    /// T21.
    Review {
        /// Exactly what is to be published.
        text: String,
        /// Their credit as it will read.
        credit: String,
        /// When we go on.
        by: Timestamp,
        /// Whether it is another text than the one that they read before.
        again: bool,
        /// The agreed day, if there is one.
        dates: Option<Dates>,
    },
    /// T28.
    Published {
        /// Public pages.
        links: Vec<String>,
        /// Their credit as it reads.
        credit: String,
    },
}

/// How the CVE number stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cve {
    /// Asked for.
    Requested {
        /// When.
        at: Timestamp,
    },
    /// There.
    Assigned {
        /// The number.
        cve: String,
    },
    /// Asked for long ago.
    Waiting {
        /// When.
        requested_at: Timestamp,
    },
    /// Refused.
    Refused {
        /// When it was asked for; none: we never asked.
        requested_at: Option<Timestamp>,
        /// The reason that was given, in a member's words; empty: none was.
        reason: String,
    },
}

impl Coordinated {
    pub(super) fn fill(&self, sheet: &mut Sheet<'_>) -> LetterName {
        match self {
            Self::Confirmed { severity, why, plan, contact_by, ask_account, ask_credit } => {
                sheet.put("severity", severity.word());
                sheet.said("why", why);
                sheet.said("plan", plan);
                sheet.at("contact_by", *contact_by);
                sheet.flag("ask_account", *ask_account);
                sheet.flag("ask_credit", *ask_credit);
                LetterName::Confirmed
            }
            Self::EmbargoProposal { dates, extension_days, who_knows } => {
                embargo(sheet, dates, *extension_days);
                sheet.put("who_knows", who_knows);
                LetterName::EmbargoProposal
            }
            Self::Embargo { dates, extension_days, moved, confirm } => {
                embargo(sheet, dates, *extension_days);
                sheet.at_if("was_at", moved.as_ref().map(|(was, _)| *was));
                sheet.said("reason", moved.as_ref().map_or("", |(_, why)| why));
                sheet.flag("confirm", *confirm);
                LetterName::Embargo
            }
            Self::Update { since, changed, next, contact_by, dates } => {
                sheet.at("since", *since);
                sheet.said("changed", changed);
                sheet.said("next", next);
                sheet.at("contact_by", *contact_by);
                planned(sheet, dates.as_ref());
                LetterName::Update
            }
            Self::Cve { state, dates, public } => {
                cve(sheet, state);
                sheet.flag("public", *public);
                planned(sheet, dates.as_ref());
                LetterName::Cve
            }
            Self::Invitation { account, advisory } => {
                sheet.own("account", account);
                sheet.line("advisory", advisory);
                LetterName::Invitation
            }
            Self::Review { text, credit, by, again, dates } => {
                sheet.flag("again", *again);
                sheet.quote("text", text);
                sheet.line("credit", credit);
                sheet.at("by", *by);
                planned(sheet, dates.as_ref());
                LetterName::ReporterReview
            }
            Self::Published { links, credit } => {
                sheet.items("links", links);
                sheet.line("credit", credit);
                LetterName::Published
            }
        }
    }
}

fn embargo(sheet: &mut Sheet<'_>, dates: &Dates, extension_days: u32) {
    sheet.at("publish_at", dates.publish_at);
    sheet.at("limit_at", dates.limit_at);
    sheet.days(Some(dates));
    sheet.count("extension_days", u64::from(extension_days));
}

/// The agreed day, where there is one.
fn planned(sheet: &mut Sheet<'_>, dates: Option<&Dates>) {
    sheet.at_if("publish_at", dates.map(|dates| dates.publish_at));
    sheet.days(dates);
}

fn cve(sheet: &mut Sheet<'_>, state: &Cve) {
    let (word, number, at, reason) = match state {
        Cve::Requested { at } => ("requested", "", Some(*at), ""),
        Cve::Assigned { cve } => ("assigned", cve.as_str(), None, ""),
        Cve::Waiting { requested_at } => ("waiting", "", Some(*requested_at), ""),
        Cve::Refused { requested_at, reason } => ("refused", "", *requested_at, reason.as_str()),
    };
    sheet.put("state", word);
    sheet.line("cve", number);
    sheet.at_if("requested_at", at);
    sheet.said("reason", reason);
}
