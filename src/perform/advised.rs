//! What GitHub shows of an advisory, as its case knows it and as everybody will read it.

use jiff::Timestamp;

use super::{Peers, PerformFault};
use crate::case::advisory::AdvisoryState;
use crate::case::advisory::CreditState;
use crate::case::roster::Role;
use crate::case::{Advisory, CaseId, MemberKey};
use crate::office::Office;
use crate::render::advisory::{Affected, PublicText, without_marker};
use crate::store::{AdvisoryText, StoreError, Txn};
use crate::wire::github::{GithubError, Project, RepositoryAdvisory};

/// An advisory with all that everybody will read of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) advisory: Advisory,
    pub(crate) text: PublicText,
}

/// GitHub's word for a state; an unknown one counts as one in which nothing is written.
pub(super) fn state(held: &RepositoryAdvisory) -> AdvisoryState {
    match held.state.as_deref() {
        Some("triage") => AdvisoryState::Triage,
        Some("draft") => AdvisoryState::Draft,
        Some("published") => AdvisoryState::Published,
        Some("withdrawn") => AdvisoryState::Withdrawn,
        Some(_) | None => AdvisoryState::Closed,
    }
}

/// All that everybody will read.
pub(super) fn public_text(held: &RepositoryAdvisory) -> PublicText {
    let mut affected: Vec<Affected> = held
        .vulnerabilities()
        .into_iter()
        .map(|one| Affected {
            ecosystem: one.package.ecosystem,
            name: one.package.name.unwrap_or_default(),
            range: one.vulnerable_version_range.unwrap_or_default(),
            fixed: one.patched_versions.unwrap_or_default(),
        })
        .collect();
    affected.sort();
    let mut credits: Vec<(String, String)> =
        held.credits().into_iter().map(|credit| (credit.login, credit.kind)).collect();
    credits.sort();
    let mut cwes = held.cwe_ids.clone().unwrap_or_default();
    cwes.sort();
    PublicText {
        summary: held.summary.clone().unwrap_or_default(),
        // GitHub may keep other line ends and a last one more or less.
        description: without_marker(held.description.as_deref().unwrap_or_default()).trim_end().to_owned(),
        severity: held.severity.clone().unwrap_or_default().to_lowercase(),
        vector: held.vector().unwrap_or_default().to_owned(),
        affected,
        cwes,
        cve: held.cve_id.clone().filter(|id| !id.is_empty()),
        credits,
    }
}

/// What GitHub shows. `me`: our own login, which can see it as well.
pub(crate) fn seen(office: &Office, project: &Project, held: &RepositoryAdvisory, me: &str) -> Seen {
    let text = public_text(held);
    let mut logins = held.users();
    let teams = held.teams();
    logins.extend(teams.iter().map(|slug| team(slug)));
    logins.push(me.to_owned());
    logins.sort();
    logins.dedup();
    let of_team = office.config.runbook.team_slug.as_ref().is_some_and(|slug| teams.contains(slug));
    let sees = |login: &str| logins.iter().any(|other| other.eq_ignore_ascii_case(login));
    let people: Vec<MemberKey> = office
        .policy
        .roster
        .members
        .iter()
        .filter(|member| {
            of_team && member.is(Role::Member)
                || member.github.as_ref().is_some_and(|account| sees(&account.login))
        })
        .map(|member| member.key.clone())
        .collect();
    let mut credits: Vec<(String, CreditState)> = held
        .accepted()
        .into_iter()
        .map(|(login, state)| match state.as_str() {
            "accepted" => (login, CreditState::Accepted),
            "declined" => (login, CreditState::Declined),
            _ => (login, CreditState::Pending),
        })
        .collect();
    credits.sort_by(|a, b| a.0.cmp(&b.0));
    let advisory = Advisory {
        repository: project.to_string(),
        ghsa: held.ghsa_id.clone(),
        state: state(held),
        text: text.sha256(),
        gaps: text.gaps(),
        cve: text.cve.clone(),
        fork: held.has_fork(),
        people,
        logins,
        credits,
    };
    Seen { advisory, text }
}

/// How a team stands among logins, which hold no slash.
pub(super) fn team(slug: &str) -> String {
    format!("team/{slug}")
}

/// Keeps what it says.
pub(crate) fn keep(txn: &Txn<'_>, case: CaseId, seen: &Seen, now: Timestamp) -> Result<(), StoreError> {
    let text = AdvisoryText {
        repository: seen.advisory.repository.clone(),
        ghsa: seen.advisory.ghsa.clone(),
        sha256: seen.advisory.text,
        json: serde_json::to_string(&seen.text)?,
    };
    txn.note_advisory_text(case, &text, now)
}

/// As [`seen`], kept in the store.
pub(super) async fn look(
    office: &Office,
    peers: &Peers,
    case: CaseId,
    project: &Project,
    held: &RepositoryAdvisory,
) -> Result<Result<Seen, GithubError>, PerformFault> {
    let me = match peers.whoami().await {
        Ok(me) => me,
        Err(error) => return Ok(Err(error)),
    };
    let found = seen(office, project, held, &me);
    let (now, kept) = (office.outside.clock.now(), found.clone());
    office.store.write("advisory", move |txn| keep(txn, case, &kept, now)).await?;
    Ok(Ok(found))
}

/// `owner/name`, of the shape that the configuration and assessments have.
pub(crate) fn project(repository: &str) -> Option<Project> {
    let (owner, name) = repository.split_once('/')?;
    let plain = |text: &str| {
        !text.is_empty()
            && text.len() <= 100
            && !text.bytes().all(|b| b == b'.')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    (plain(owner) && plain(name)).then(|| Project { owner: owner.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_nobody_knows_is_one_in_which_nothing_is_written() {
        for unknown in [r#""frozen""#, r#""""#, "null"] {
            let held = format!(r#"{{"ghsa_id":"GHSA-2222-3333-4444","cve_id":null,"state":{unknown}}}"#);
            let held: RepositoryAdvisory = serde_json::from_str(&held).unwrap();
            assert_eq!(state(&held), AdvisoryState::Closed, "{unknown}");
        }
    }
}
