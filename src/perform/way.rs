//! What letters on the way of a vulnerability say of its case: days, ids, links, and what everybody will read.

use jiff::Timestamp;

use super::links;
use super::secrets;
use crate::case::assessment::Assessment;
use crate::case::decide::told;
use crate::case::roster::{Role, Roster};
use crate::case::tracks::{Credit, Cve, Fix};
use crate::case::{Act, Case, Deed, Policy, Severity, Step, decide};
use crate::config::Github;
use crate::mail::compose::Attachment;
use crate::office::Office;
use crate::render::advisory::{self, PublicText};
use crate::render::calendar_entry::{CalendarEntry, Occasion, Standing, uid};
use crate::render::letters::{AdvisoryText, Dates, PublicDesk};
use crate::store::{StoreError, Txn};

/// The project, as people outside know it.
pub(crate) const PRODUCT: &str = "O3DE";

/// The day that stands, or is proposed, or else the last one; and the rule behind it.
pub(crate) fn dates(office: &Office, case: &Case) -> Dates {
    dates_by(&office.policy, case)
}

/// The same by this policy.
pub(crate) fn dates_by(policy: &Policy, case: &Case) -> Dates {
    let limit_at = decide::limit(case, policy);
    Dates {
        publish_at: case.tracks.embargo.named(limit_at),
        limit_at,
        wished_days: policy.runbook.target_days,
        limit_days: policy.runbook.limit_days,
    }
}

/// The same once both agreed.
pub(crate) fn agreed_dates(office: &Office, case: &Case) -> Option<Dates> {
    case.tracks.date().map(|_| dates(office, case))
}

/// Why a day moved, for others than the reporter.
pub(crate) fn why_moved(case: &Case) -> &'static str {
    if is_set(case) {
        "The team set another day; nobody outside it has a say in that."
    } else {
        "The reporter and we agreed on another day."
    }
}

/// Whether members set the day, where there is no reporter to agree with.
pub(crate) fn is_set(case: &Case) -> bool {
    case.tracks.embargo.agreed.is_some_and(|agreed| agreed.mail.is_none())
}

/// The day that stood before the one that stands.
pub(crate) fn moved(case: &Case) -> Option<Timestamp> {
    case.acts.iter().rev().find_map(|act| moved_from(case, Some(act)))
}

/// The day that stood before this act.
fn moved_from(case: &Case, act: Option<&Act>) -> Option<Timestamp> {
    let number = act?.number;
    let earlier = case.acts.iter().rev().filter(|act| act.number < number && act.stands());
    let now = case.tracks.date();
    earlier
        .filter_map(|act| {
            if let Deed::Step { step: Step::Agreed { date, .. } | Step::SetDay { date } } = &act.deed {
                Some(*date).filter(|_| !act.waits())
            } else {
                None
            }
        })
        .next()
        .filter(|was| Some(*was) != now)
}

/// Days beyond the limit to which the reporter may agree, where the day that is meant lies beyond it.
pub(crate) fn extension(office: &Office, dates: &Dates) -> u32 {
    if dates.publish_at > dates.limit_at { office.policy.runbook.extension_days } else { 0 }
}

/// `CVE-2026-12345`, or the GHSA id.
pub(crate) fn ids(case: &Case) -> String {
    match (&case.tracks.cve, &case.tracks.advisory) {
        (Cve::Assigned { id }, _) => id.to_string(),
        (Cve::None | Cve::Requested { .. } | Cve::Refused | Cve::Unwanted, Some(advisory)) => {
            advisory.ghsa.clone()
        }
        (Cve::None | Cve::Requested { .. } | Cve::Refused | Cve::Unwanted, None) => "no id yet".to_owned(),
    }
}

/// Where people of the advisory read it.
pub(crate) fn advisory_url(office: &Office, case: &Case) -> String {
    advisory_at(&office.config.github, case)
}

/// The same by this configuration.
pub(crate) fn advisory_at(github: &Github, case: &Case) -> String {
    case.tracks.advisory.as_ref().map_or_else(
        || "the draft advisory on GitHub, which is being made".to_owned(),
        |seen| links::advisory_link(github, &seen.repository, &seen.ghsa),
    )
}

/// Why it is rated so, in our own words.
pub(crate) fn why(assessment: &Assessment) -> String {
    let mut said = format!("It breaks {}", assessment.breaks.words());
    let means: Vec<&str> = assessment.means.iter().map(|means| means.words()).collect();
    if !means.is_empty() {
        said.push_str(&format!(": {}", means.join("; ")));
    }
    said.push('.');
    if let Some(attacker) = assessment.attacker {
        said.push_str(&format!(" An attacker works {}.", attacker.words()));
    }
    if let Some(vector) = &assessment.vector {
        said.push_str(&format!(" It scores {} ({vector}).", vector.score()));
    }
    said
}

/// In the team's own view.
pub(crate) fn severity(case: &Case) -> Severity {
    let found = case.tracks.assessment.as_ref().map(|found| found.severity);
    found.or(case.severity_set).unwrap_or(Severity::None)
}

/// How the reporter is named, for themselves and for everybody.
pub(crate) fn credit(txn: &Txn<'_>, case: &Case) -> Result<String, StoreError> {
    Ok(match &case.tracks.credit {
        Some(Credit::Github { login }) => format!("@{login} on GitHub"),
        Some(Credit::Anonymous) => "not named".to_owned(),
        Some(Credit::Name) | None => {
            let name = case.reporter.map(|person| txn.name_of(person)).transpose()?;
            name.map(|name| advisory::name(&name))
                .filter(|name| !name.is_empty() && case.tracks.credit.is_some())
                .unwrap_or_else(|| "not decided yet: tell us how you wish to be named".to_owned())
        }
    })
}

/// The credit as everybody will read it: the advisory's own words, once it has some.
pub(crate) fn credit_line(txn: &Txn<'_>, case: &Case) -> Result<String, StoreError> {
    let anonymous = matches!(case.tracks.credit, Some(Credit::Anonymous));
    let written = if anonymous { None } else { text(txn, case)?.and_then(|text| text.section("credits")) };
    let line = |words: String| {
        let lines = words.lines().map(|line| line.trim_start_matches(['-', '*', ' ']).trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
    };
    written.map(line).filter(|line| !line.is_empty()).map_or_else(|| credit(txn, case), Ok)
}

/// Where the fix is, for people who prepare: a sentence.
pub(crate) fn fix(case: &Case) -> String {
    match &case.tracks.fix {
        Fix::Merged { at } => format!("It is in the public repository: {at}"),
        Fix::Proposed { .. } => "It is written, and becomes public with the advisory.".to_owned(),
        Fix::Impossible => "There is none yet; what helps meanwhile stands below.".to_owned(),
        Fix::Open => "It is being worked on.".to_owned(),
    }
}

/// A range of versions in words: `before 2510.2`, `from 2505.0 on, before 2510.2`. What is no range stays as it is.
pub(crate) fn range_in_words(range: &str) -> String {
    let part = |part: &str| {
        let part = part.trim();
        let (sign, version) = part.split_at(part.find(|c: char| !"<>=".contains(c)).unwrap_or(0));
        let version = version.trim();
        match sign {
            "<" => format!("before {version}"),
            "<=" => format!("up to {version}"),
            ">=" => format!("from {version} on"),
            ">" => format!("after {version}"),
            "=" => format!("{version} alone"),
            _ => part.to_owned(),
        }
    };
    range.split(',').map(part).collect::<Vec<_>>().join(", ")
}

/// What the advisory says now.
pub(crate) fn text(txn: &Txn<'_>, case: &Case) -> Result<Option<PublicText>, StoreError> {
    let Some(seen) = &case.tracks.advisory else { return Ok(None) };
    secrets::approved_text(txn, case, &seen.text)
}

/// Who writes to everybody.
pub(crate) fn public_desk(office: &Office) -> PublicDesk {
    PublicDesk {
        team: office.config.team.name.clone(),
        contact: office.config.addresses.list.to_string(),
        product: PRODUCT.to_owned(),
        policy_url: office.config.team.policy_url.clone().unwrap_or_default(),
    }
}

/// What the advisory says, taken apart by its headings.
pub(crate) fn taken_apart(office: &Office, case: &Case, text: &PublicText) -> AdvisoryText {
    apart(case, text, advisory_url(office, case))
}

/// The same with this address.
pub(crate) fn apart(case: &Case, text: &PublicText, url: String) -> AdvisoryText {
    let section = |heading: &str| text.section(heading).unwrap_or_default();
    let affected = text.affected.iter().map(|one| one.range.trim()).filter(|range| !range.is_empty());
    let fixed: Vec<String> = text
        .affected
        .iter()
        .map(|one| one.fixed.trim().to_owned())
        .filter(|fixed| !fixed.is_empty())
        .collect();
    let anonymous = matches!(case.tracks.credit, Some(Credit::Anonymous));
    let lines = section("credits");
    let credits = lines.lines().map(|line| line.trim_start_matches(['-', '*', ' ']).to_owned());
    AdvisoryText {
        ids: ids(case),
        title: text.summary.clone(),
        summary: section("summary"),
        severity: severity(case),
        vector: Some(text.vector.clone()).filter(|vector| !vector.is_empty()),
        why: section("severity"),
        affected: affected.map(|range| format!("{PRODUCT} {}", range_in_words(range))).collect(),
        fixed: Some(fixed),
        tell: section("am"),
        mitigation: section("mitigation"),
        workaround: section("workaround"),
        detection: section("detection"),
        details: section("details"),
        credits: Some(if anonymous { Vec::new() } else { credits.filter(|line| !line.is_empty()).collect() }),
        timeline: Vec::new(),
        url,
    }
}

/// Who was told of a case, for the reporter: everybody by what they are, nobody by name.
pub(crate) fn who_knows(roster: &Roster, case: &Case) -> String {
    let tracks = &case.tracks;
    let mut who = vec!["the response team".to_owned()];
    match tracks.assessment.as_ref().map_or(0, |found| found.sigs.len()) {
        0 => {}
        1 => who.push("the chairs and people of one group who fix it".to_owned()),
        count => who.push(format!("the chairs and people of {count} groups who fix it")),
    }
    if tracks.assessment.is_some() && roster.with(Role::TscContact).next().is_some() {
        who.push("a contact at the project's steering committee".to_owned());
    }
    if !told::release(case, roster).is_empty() {
        who.push("the people who make releases".to_owned());
    }
    let ours = |login: &String| {
        let mut accounts = roster.members.iter().filter_map(|member| member.github.as_ref());
        accounts.any(|account| account.login.eq_ignore_ascii_case(login))
    };
    let theirs = |login: &String| matches!(&tracks.credit, Some(Credit::Github { login: named }) if named.eq_ignore_ascii_case(login));
    match tracks.collaborators.iter().filter(|login| !ours(login) && !theirs(login)).count() {
        0 => {}
        1 => who.push("one more person who helps on the private advisory".to_owned()),
        count => who.push(format!("{count} more people who help on the private advisory")),
    }
    if matches!(tracks.cve, Cve::Requested { .. } | Cve::Assigned { .. } | Cve::Refused) {
        who.push("those who give out CVE numbers".to_owned());
    }
    if told::all_chairs(case) {
        who.push("the chairs of all groups of the project".to_owned());
    }
    match tracks.list_told().len() {
        0 => {}
        1 => who.push("one organization that prepares under embargo".to_owned()),
        count => who.push(format!("{count} organizations that prepare under embargo")),
    }
    and(who)
}

/// `one, two and three`.
pub(crate) fn and(mut words: Vec<String>) -> String {
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

/// The calendar entry of the day: its number rises with each day that was agreed.
pub(crate) fn entry(
    office: &Office,
    case: &Case,
    occasion: Occasion,
    begins: Timestamp,
    standing: Standing,
    now: Timestamp,
) -> Attachment {
    let domain = office.config.addresses.list.domain();
    let sequence = u32::try_from(case.acts.len()).unwrap_or(u32::MAX);
    CalendarEntry {
        uid: uid(case.id, occasion, domain, &office.keys),
        sequence,
        written: now,
        begins,
        minutes: 60,
        occasion,
        standing,
    }
    .attachment()
}

/// In the team's own view, else as claimed.
pub(crate) fn severity_or_claim(case: &Case) -> String {
    let found = case.tracks.assessment.as_ref().map(|found| found.severity).or(case.severity_set);
    match (found, case.severity) {
        (Some(found), _) => found.to_string(),
        (None, Some(claimed)) => format!("{claimed} (claimed)"),
        (None, None) => "not known yet".to_owned(),
    }
}
