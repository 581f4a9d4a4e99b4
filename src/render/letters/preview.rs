//! A letter before there is one: on made-up data, or with what is known of a real case in its place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::coordinated::Dates;
use super::public::AdvisoryText;
use super::sheet::{greeting, line, listed, set_in};
use super::table::{LetterName, Reader, Shape};
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
    /// Where bugs are filed.
    pub bug_url: Option<String>,
    /// Where wishes are collected.
    pub feature_url: Option<String>,
    /// The list's address.
    pub contact: String,
    /// What its way to be public brought so far; none before it was assessed as a vulnerability.
    pub way: Option<Box<WayFacts>>,
}

/// What is known of a vulnerability.
#[derive(Debug, Clone)]
pub struct WayFacts {
    /// The day that stands or is proposed, the last day, and the rule behind them.
    pub dates: Dates,
    /// Whether a day stands or is proposed.
    pub dated: bool,
    /// Days beyond the limit, with the reporter's yes.
    pub extension_days: u32,
    /// Who was told, our words.
    pub who_knows: String,
    /// Its ids.
    pub ids: String,
    /// Its CVE id.
    pub cve: Option<String>,
    /// How the reporter is named.
    pub credit: Option<String>,
    /// Why it is rated so, our words.
    pub why: String,
    /// The groups concerned.
    pub sigs: Vec<String>,
    /// Where the advisory is.
    pub advisory: Option<String>,
    /// The working group, by name.
    pub people: Vec<String>,
    /// Where the fix is, our words.
    pub fix: String,
    /// What the advisory says, by its headings.
    pub parts: Option<AdvisoryText>,
    /// The same whole, and its hash in short.
    pub text: Option<(String, String)>,
}

impl WayFacts {
    fn values(
        &self,
        name: LetterName,
        zone: &TimeZone,
        shown: impl Fn(Timestamp) -> String,
    ) -> BTreeMap<&'static str, String> {
        let dates = &self.dates;
        let mut known = BTreeMap::from([
            ("limit_at", shown(dates.limit_at)),
            ("wished_days", dates.wished_days.to_string()),
            ("limit_days", dates.limit_days.to_string()),
            ("who_knows", self.who_knows.clone()),
            ("ids", self.ids.clone()),
            ("why", set_in(&self.why)),
            ("sigs", self.sigs.join(", ")),
        ]);
        if let (LetterName::SigChair, Some((first, others))) = (name, self.sigs.split_first()) {
            known.extend([("sig", first.clone()), ("others", others.join(", "))]);
        }
        if name == LetterName::EmbargoProposal {
            known.insert("extension_days", self.extension_days.to_string());
        }
        if self.dated {
            let at = dates.publish_at;
            known.extend([("publish_at", shown(at)), ("until", shown(at))]);
            known.extend([("publish_short", when::short(at, zone)), ("until_short", when::stamp(at))]);
        }
        if !self.people.is_empty() {
            known.insert("people", listed(&self.people));
        }
        if name == LetterName::ListNotice {
            let help = self.parts.as_ref().map_or(String::new(), |parts| parts.mitigation.clone());
            known.insert("fix", set_in(&format!("{}\n\n{help}", self.fix)));
        } else {
            known.insert("fix", listed(std::slice::from_ref(&self.fix)));
        }
        let more = [
            ("cve", self.cve.clone()),
            ("credit", self.credit.as_deref().map(line)),
            ("advisory", self.advisory.clone()),
            ("url", self.advisory.clone()),
            ("hash", self.text.as_ref().map(|(_, hash)| hash.clone())),
        ];
        known.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
        if let Some(parts) = &self.parts {
            known.extend(spoken(parts));
        }
        known
    }
}

/// The parts of an advisory, as letters to the list and to everybody say them.
fn spoken(parts: &AdvisoryText) -> BTreeMap<&'static str, String> {
    let thanks = parts.credits.as_ref().map(|credits| credits.join(", ")).unwrap_or_default();
    let all = [
        ("title", line(&parts.title)),
        ("vector", parts.vector.as_deref().map(line).unwrap_or_default()),
        ("summary", set_in(&parts.summary)),
        ("affected", listed(&parts.affected)),
        ("fixed", parts.fixed.as_deref().map(listed).unwrap_or_default()),
        ("tell", set_in(&parts.tell)),
        ("mitigation", set_in(&parts.mitigation)),
        ("thanks", line(&thanks)),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

impl CaseFacts {
    /// The values that are known, by the names of variables.
    fn values(&self, name: LetterName) -> BTreeMap<&'static str, String> {
        let theirs = self.their_zone.as_ref().filter(|_| name.reader() == Reader::Reporter);
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
            ("vector", self.vector.clone()),
            ("policy_url", self.policy_url.clone()),
            ("bug_url", self.bug_url.clone()),
            ("feature_url", self.feature_url.clone()),
        ];
        known.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
        // An advisory's own page, and a line for a chat, escape what they hold: made-up data says enough there.
        if let Some(way) = self.way.as_ref().filter(|_| name.shape() == Shape::Mail) {
            known.extend(way.values(name, &self.zone, shown));
        }
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
        let mut known = facts.map(|facts| facts.values(name)).unwrap_or_default();
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
            let whole = facts.and_then(|facts| facts.way.as_ref()?.text.as_ref());
            if let Some((text, _)) = whole
                && let Some(block) = filled.blocks.iter_mut().find(|block| block.token == "::text::")
            {
                text.trim_matches('\n').clone_into(&mut block.text);
                made_up.remove("text");
            }
            let used = self.tera.get_template_variables(name.file()).into_iter().flatten();
            let used: BTreeSet<&str> = used.collect();
            made_up.retain(|variable| used.contains(variable));
            out.push(Preview { variant, letter: render(&self.tera, &filled)?, made_up });
        }
        Ok(out)
    }
}
