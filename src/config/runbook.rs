//! `[runbook]`: from a confirmed vulnerability to its disclosure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use secrecy::SecretString;

use super::known::project;
use super::peers::secret_url;
use super::post::address;
use super::raw::Section;
use crate::case::assessment::Sig;
use crate::case::policy::{ComponentRule, Listed, RunbookRule};
use crate::case::{Address, MemberKey};

/// What the team agreed on for vulnerabilities, and who outside is told.
#[derive(Debug, Clone)]
pub struct Runbook {
    /// Lengths and numbers.
    pub rule: RunbookRule,
    /// The embargoed list.
    pub embargoed: Vec<Listed>,
    /// Public mailing lists that are told of a disclosure.
    pub announce: Vec<Address>,
    /// Webhooks of public Discord channels that are told of a disclosure.
    pub channels: Vec<Channel>,
    /// Minutes between two looks at the draft advisories; 0: only after our own writes.
    pub watch_minutes: u32,
    /// Slug of the team that sees every advisory; none: its members one by one.
    pub team_slug: Option<String>,
}

/// A public Discord channel.
#[derive(Debug, Clone)]
pub struct Channel {
    /// As people call it.
    pub name: String,
    /// The webhook's URL.
    pub webhook: SecretString,
}

impl Runbook {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        let days = |key: &str, default: u32| s.number(key, default, 1..=365);
        let default = RunbookRule::default();
        let rule = RunbookRule {
            target_days: days("target_days", default.target_days),
            limit_days: days("limit_days", default.limit_days),
            extension_days: s.number("extension_days", default.extension_days, 0..=365),
            publish_hour_utc: s.number("publish_hour_utc", default.publish_hour_utc, 0..=23),
            assessment_days: days("assessment_days", default.assessment_days),
            meeting_days: days("meeting_days", default.meeting_days),
            agreement_days: days("agreement_days", default.agreement_days),
            approvals: s.number("approvals", default.approvals, 1..=20),
            reporter_review_days: days("reporter_review_days", default.reporter_review_days),
            prep_days: s.number("prep_days", default.prep_days, 0..=14),
            prep_days_critical: s.number("prep_days_critical", default.prep_days_critical, 0..=14),
            cve_notice_days: days("cve_notice_days", default.cve_notice_days),
            cve_escalate_days: days("cve_escalate_days", default.cve_escalate_days),
            update_days_critical: days("update_days_critical", default.update_days_critical),
            update_days_high: days("update_days_high", default.update_days_high),
            update_days: days("update_days", default.update_days),
            exploited_days: days("exploited_days", default.exploited_days),
            stall_days: days("stall_days", default.stall_days),
            repository: s
                .parsed("repository", |text| project(text).map(|_| text.to_owned()))
                .unwrap_or(default.repository),
            components: components(s),
        };
        if rule.target_days > rule.limit_days {
            s.wrong("target_days", "`runbook.target_days` lies behind `runbook.limit_days`", "");
        }
        Self {
            rule,
            embargoed: s.sections("embargoed").iter().filter_map(listed).collect(),
            announce: s.list("announce", address).unwrap_or_default(),
            channels: s.sections("channel").iter().filter_map(channel).collect(),
            watch_minutes: s.number("watch_minutes", 10, 0..=1_440),
            team_slug: s.optional("team_slug"),
        }
    }
}

/// `[runbook.components]`: `Multiplayer = "o3de/o3de network"`, for parts whose shipped entry does not fit.
fn components(s: &Section<'_, '_>) -> BTreeMap<String, ComponentRule> {
    let table = s.section("components");
    let mut found = BTreeMap::new();
    for name in table.names() {
        let rule = table.parsed(&name, |text| {
            let mut words = text.split_whitespace();
            let repository = words.next().unwrap_or_default();
            project(repository)?;
            let sigs: Vec<Sig> = words.map(|word| Sig(word.to_owned())).collect();
            if sigs.is_empty() {
                return Err(format!("`{text}` names no SIG: write \"owner/name sig\""));
            }
            Ok(ComponentRule { repository: repository.to_owned(), sigs })
        });
        if let Some(rule) = rule {
            found.insert(name.to_ascii_lowercase(), rule);
        }
    }
    found
}

fn channel(s: &Section<'_, '_>) -> Option<Channel> {
    let name = s.required("name", "\"sig-security\"");
    s.required("webhook_file", "\"sig-security-webhook\"");
    let webhook = secret_url(s, "webhook_file");
    Some(Channel { name: name?, webhook: webhook? })
}

/// Who decided on an entry (RUNBOOK 1.7, "approve 2p"): two different people.
fn vouched_by(s: &Section<'_, '_>) -> Vec<MemberKey> {
    let names = s.list("vouched_by", |text| Ok(MemberKey(text.to_owned()))).unwrap_or_default();
    let people: BTreeSet<&MemberKey> = names.iter().collect();
    if people.len() < 2 {
        let what = "two people decide on each entry of the embargoed list";
        s.wrong("vouched_by", what, "name both: vouched_by = [\"alice\", \"bob\"]");
    }
    names
}

/// One of the embargoed list (RUNBOOK 1.7: a monitored alias, accepted terms, two people who vouch, confirmed yearly).
fn listed(s: &Section<'_, '_>) -> Option<Listed> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| format!("`{text}` is not a day (2026-12-24)"));
    let organization = s.required("organization", "\"Example Studios\"");
    s.required("address", "\"security@studio.example\"");
    let to = s.parsed("address", address);
    s.required("terms_accepted", "\"2026-01-31\"");
    let terms_accepted = s.parsed("terms_accepted", day);
    let vouched_by = vouched_by(s);
    let confirmed = s.parsed("confirmed", day);
    Some(Listed {
        organization: organization?,
        address: to?,
        confirmed: confirmed.or(terms_accepted)?,
        terms_accepted: terms_accepted?,
        vouched_by,
    })
}
