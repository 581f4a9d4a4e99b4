//! A letter before there is one: on made-up data, or with what is known of a real case in its place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::sheet::{greeting, line};
use super::table::{LetterName, Reader};
use super::{Letter, Letters, TemplateFault, render, reporter, samples};
use crate::case::{CaseId, Severity};
use crate::render::when;

/// A letter on such data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What sets this variant apart; empty where there is one.
    pub variant: &'static str,
    /// As it would read.
    pub letter: Letter,
    /// What stands in it and was made up.
    pub made_up: BTreeSet<&'static str>,
}

/// What a case and the configuration know so far.
#[derive(Debug, Clone)]
pub struct CaseFacts {
    /// Its number.
    pub case: CaseId,
    /// The subject of the report, theirs.
    pub subject: Option<String>,
    /// The reporter's name, theirs.
    pub name: Option<String>,
    /// INTERNALDATE of the report.
    pub received: Timestamp,
    /// When a person must have answered.
    pub acknowledge_by: Option<Timestamp>,
    /// When the next word is promised.
    pub contact_by: Option<Timestamp>,
    /// The owner's name.
    pub owner: Option<String>,
    /// The part, from our list.
    pub component: Option<String>,
    /// The team's own rating.
    pub severity: Option<Severity>,
    /// Address of the issue.
    pub issue: Option<String>,
    /// The day on which it is public: the agreed one, or the one that is proposed.
    pub publish_at: Option<Timestamp>,
    /// The last day without the reporter's written yes to a later one; once it is a vulnerability.
    pub limit_at: Option<Timestamp>,
    /// Its public number; once there is an advisory.
    pub ids: Option<String>,
    /// How it was scored.
    pub vector: Option<String>,
    /// The team's zone.
    pub zone: TimeZone,
    /// The reporter's, where it is known.
    pub their_zone: Option<TimeZone>,
    /// The team's name without an article.
    pub team: String,
    /// Where the policy is published.
    pub policy_url: Option<String>,
    /// The list's address.
    pub contact: String,
}

impl CaseFacts {
    /// The values that are known, by the names of variables.
    fn values(&self, reader: Reader) -> BTreeMap<&'static str, String> {
        let theirs = self.their_zone.as_ref().filter(|_| reader == Reader::Reporter);
        let shown = |at| when::both(at, &self.zone, theirs);
        let mut known = BTreeMap::from([
            ("case", self.case.to_string()),
            ("tag", self.case.to_string()),
            ("received", shown(self.received)),
            ("team", self.team.clone()),
            ("contact", self.contact.clone()),
        ]);
        let at = |at: Option<Timestamp>| at.map(shown);
        let more = [
            ("subject", self.subject.as_deref().map(reporter::subject)),
            ("greeting", self.name.as_deref().map(|name| greeting(Some(name)))),
            ("acknowledge_by", at(self.acknowledge_by)),
            ("contact_by", at(self.contact_by)),
            ("owner", self.owner.as_deref().map(line)),
            ("component", self.component.as_deref().map(line)),
            ("severity", self.severity.map(|severity| severity.word().to_owned())),
            ("issue", self.issue.as_deref().map(line)),
            ("publish_at", at(self.publish_at)),
            ("until", at(self.publish_at)),
            ("limit_at", at(self.limit_at)),
            ("ids", self.ids.clone()),
            ("vector", self.vector.clone()),
            ("policy_url", self.policy_url.clone()),
        ];
        known.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
        known
    }
}

impl Letters {
    /// A letter in all its variants.
    ///
    /// # Errors
    /// The template fails.
    pub fn preview(
        &self,
        name: LetterName,
        facts: Option<&CaseFacts>,
    ) -> Result<Vec<Preview>, TemplateFault> {
        let mut known = facts.map(|facts| facts.values(name.reader())).unwrap_or_default();
        if name.reader() != Reader::Reporter {
            // The one who is greeted is somebody else; what is received, something else.
            known.retain(|name, _| !["greeting", "received", "subject"].contains(name));
        }
        let mut out = Vec::new();
        for (variant, mut filled) in samples::of(name) {
            let mut made_up = filled.names.clone();
            for (variable, value) in known.iter().filter(|(variable, _)| filled.names.contains(*variable)) {
                filled.context.insert(*variable, value);
                made_up.remove(variable);
            }
            let used = self.tera.get_template_variables(name.file()).into_iter().flatten();
            let used: BTreeSet<&str> = used.collect();
            made_up.retain(|variable| used.contains(variable));
            out.push(Preview { variant, letter: render(&self.tera, &filled)?, made_up });
        }
        Ok(out)
    }
}
