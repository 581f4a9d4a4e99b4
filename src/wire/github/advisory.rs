//! Repository security advisories, written: make a draft, change it, publish it, ask for a CVE id, begin a private fork.
//!
//! GitHub's answers break its own description in places, so they are read leniently. octocrab's own calls panic on a status
//! that they do not expect: the routes are asked for directly. Each call is one request, never repeated here.

use ::http::Uri;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{Answer, GithubError};
use super::public::{after, readable, tag};
use super::{Github, Project, Verb};

/// GitHub's largest page.
const PAGE: usize = 100;
/// A list of more pages is not believed.
const MAX_PAGES: usize = 1_000;
/// GitHub's limits of a summary and a description, in characters.
pub const SUMMARY_CHARS: usize = 1_024;
/// See [`SUMMARY_CHARS`].
pub const DESCRIPTION_CHARS: usize = 65_535;

/// An advisory as somebody who works on it sees it.
#[derive(Clone, PartialEq, Deserialize)]
pub struct RepositoryAdvisory {
    /// `GHSA-` and three groups of four.
    pub ghsa_id: String,
    /// Its CVE, if one was given.
    pub cve_id: Option<String>,
    /// `triage`, `draft`, `published`, `closed`, `withdrawn`.
    pub state: Option<String>,
    /// One line.
    pub summary: Option<String>,
    /// Markdown.
    pub description: Option<String>,
    /// `low` to `critical`.
    pub severity: Option<String>,
    cvss: Option<Scored>,
    cvss_severities: Option<Severities>,
    /// `CWE-79` and the like.
    pub cwe_ids: Option<Vec<String>>,
    vulnerabilities: Option<Vec<Value>>,
    credits: Option<Vec<Value>>,
    credits_detailed: Option<Vec<Value>>,
    collaborating_users: Option<Vec<Value>>,
    collaborating_teams: Option<Vec<Value>>,
    private_fork: Option<Value>,
    author: Option<Value>,
    /// When it was begun.
    pub created_at: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Deserialize)]
struct Scored {
    vector_string: Option<String>,
}

#[derive(Clone, PartialEq, Deserialize)]
struct Severities {
    cvss_v3: Option<Scored>,
    cvss_v4: Option<Scored>,
}

/// Shows no word of it.
impl std::fmt::Debug for RepositoryAdvisory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RepositoryAdvisory({})", self.state.as_deref().unwrap_or("?"))
    }
}

/// What of a package is affected, as GitHub takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vulnerability {
    /// Of which package.
    pub package: Package,
    /// `< 2510.2`
    pub vulnerable_version_range: Option<String>,
    /// `2510.2`
    pub patched_versions: Option<String>,
    /// Names of functions.
    #[serde(default)]
    pub vulnerable_functions: Option<Vec<String>>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// One of GitHub's list; C++ has none but `other`.
    pub ecosystem: String,
    /// Its name.
    pub name: Option<String>,
}

/// Somebody who is thanked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    /// Their login.
    pub login: String,
    /// `reporter`, `finder`, `analyst` ...
    #[serde(rename = "type")]
    pub kind: String,
}

/// A new draft. Exactly one of severity and vector, or none.
#[derive(Clone, Serialize)]
pub struct NewAdvisory<'a> {
    /// One line, [`SUMMARY_CHARS`] at most.
    pub summary: &'a str,
    /// Markdown, [`DESCRIPTION_CHARS`] at most.
    pub description: &'a str,
    /// What is affected.
    pub vulnerabilities: &'a [Vulnerability],
    /// `low` to `critical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'a str>,
    /// CVSS 3 or 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cvss_vector_string: Option<&'a str>,
}

/// What is to become of an advisory; what is `None` stays.
#[derive(Clone, Default, Serialize)]
pub struct AdvisoryUpdate {
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `low` to `critical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// CVSS 3 or 4; `Some(None)` takes it off, without which no severity can be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cvss_vector_string: Option<Option<String>>,
    /// All that is affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vulnerabilities: Option<Vec<Vulnerability>>,
    /// All that are thanked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<Vec<Credited>>,
    /// Logins of all people who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collaborating_users: Option<Vec<String>>,
    /// Slugs of all teams that may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collaborating_teams: Option<Vec<String>>,
    /// `draft`, `published` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
}

impl AdvisoryUpdate {
    /// Both in one; where both say something, the other one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            description: other.description.or(self.description),
            severity: other.severity.or(self.severity),
            cvss_vector_string: other.cvss_vector_string.or(self.cvss_vector_string),
            vulnerabilities: other.vulnerabilities.or(self.vulnerabilities),
            credits: other.credits.or(self.credits),
            collaborating_users: other.collaborating_users.or(self.collaborating_users),
            collaborating_teams: other.collaborating_teams.or(self.collaborating_teams),
            state: other.state.or(self.state),
        }
    }
}

/// A text at the end of a path in a value.
fn word(value: &Value, path: &[&str]) -> Option<String> {
    path.iter().try_fold(value, |value, name| value.get(name))?.as_str().map(str::to_owned)
}

fn words(values: Option<&Vec<Value>>, path: &[&str]) -> Vec<String> {
    values.into_iter().flatten().filter_map(|value| word(value, path)).collect()
}

impl RepositoryAdvisory {
    /// The CVSS vector, of whichever version.
    pub fn vector(&self) -> Option<&str> {
        let severities = self.cvss_severities.as_ref();
        let four = severities.and_then(|all| all.cvss_v4.as_ref());
        let three = severities.and_then(|all| all.cvss_v3.as_ref());
        let all = [four, self.cvss.as_ref(), three];
        let vectors = all.into_iter().flatten().filter_map(|scored| scored.vector_string.as_deref());
        vectors.into_iter().find(|vector| !vector.is_empty())
    }

    /// What is affected, as far as it can be read.
    pub fn vulnerabilities(&self) -> Vec<Vulnerability> {
        let all = self.vulnerabilities.iter().flatten();
        all.filter_map(|one| Vulnerability::deserialize(one).ok()).collect()
    }

    /// Who is thanked.
    pub fn credits(&self) -> Vec<Credited> {
        self.credits.iter().flatten().filter_map(|one| Credited::deserialize(one).ok()).collect()
    }

    /// Who is thanked, with GitHub's word of whether they accepted: `accepted`, `declined`, `pending`.
    pub fn accepted(&self) -> Vec<(String, String)> {
        let all = self.credits_detailed.iter().flatten();
        all.filter_map(|one| Some((word(one, &["user", "login"])?, word(one, &["state"])?))).collect()
    }

    /// Logins of the people who may see it.
    pub fn users(&self) -> Vec<String> {
        words(self.collaborating_users.as_ref(), &["login"])
    }

    /// Slugs of the teams that may see it.
    pub fn teams(&self) -> Vec<String> {
        words(self.collaborating_teams.as_ref(), &["slug"])
    }

    /// Whether it has a private fork.
    pub fn has_fork(&self) -> bool {
        self.private_fork.as_ref().is_some_and(|fork| !fork.is_null())
    }

    /// Login of who made it.
    pub fn author(&self) -> Option<String> {
        self.author.as_ref().and_then(|author| word(author, &["login"]))
    }
}

/// The drafts of a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Drafts {
    /// What could be read.
    pub items: Vec<RepositoryAdvisory>,
    /// To ask with the next time.
    pub etag: String,
}

fn one(project: &Project, ghsa: &str) -> Result<String, GithubError> {
    let plain = ghsa.len() <= 40 && ghsa.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let route = || format!("/repos/{}/{}/security-advisories/{ghsa}", project.owner, project.name);
    plain.then(route).ok_or(GithubError::NotDone)
}

impl Github {
    /// One advisory; `None` when it is as it was with that tag.
    ///
    /// # Errors
    /// [`GithubError`]; 403 and 404 also for want of a right to see it.
    pub async fn advisory(
        &self,
        project: &Project,
        ghsa: &str,
        etag: &str,
    ) -> Result<Option<(RepositoryAdvisory, String)>, GithubError> {
        let Some(answer) = self.read_if(&one(project, ghsa)?, etag).await? else { return Ok(None) };
        Ok(Some((answer.json()?, tag(&answer))))
    }

    /// All drafts of a repository; `None` when the list is as it was.
    ///
    /// # Errors
    /// [`GithubError`]; 403 and 404 also for want of a right to see them.
    pub async fn drafts(&self, project: &Project, etag: &str) -> Result<Option<Drafts>, GithubError> {
        let route = format!(
            "/repos/{}/{}/security-advisories?state=draft&sort=updated&direction=desc&per_page={PAGE}",
            project.owner, project.name
        );
        // Any change brings an advisory to the top: the first page tells for the list.
        let Some(mut answer) = self.read_if(&route, etag).await? else { return Ok(None) };
        let mut all = Drafts { items: Vec::new(), etag: tag(&answer) };
        for _ in 0..MAX_PAGES {
            let (items, _): (Vec<RepositoryAdvisory>, u64) = readable(&answer)?;
            all.items.extend(items);
            let Some(after) = after(&answer) else { return Ok(Some(all)) };
            answer = self.read(&self.crab, &format!("{route}&after={after}")).await?;
        }
        Err(GithubError::Unknown)
    }

    /// Makes a draft: one POST.
    ///
    /// # Errors
    /// [`GithubError`]; after [`GithubError::Unknown`] list before trying again.
    pub async fn create_advisory(
        &self,
        project: &Project,
        new: &NewAdvisory<'_>,
    ) -> Result<RepositoryAdvisory, GithubError> {
        let route = format!("/repos/{}/{}/security-advisories", project.owner, project.name);
        self.write(Verb::Post, &route, new).await?.json()
    }

    /// Brings an advisory to what is wanted, and shows what GitHub made of it.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn update_advisory(
        &self,
        project: &Project,
        ghsa: &str,
        update: &AdvisoryUpdate,
    ) -> Result<RepositoryAdvisory, GithubError> {
        self.write(Verb::Patch, &one(project, ghsa)?, update).await?.json()
    }

    /// Asks GitHub for a CVE id (202; the id comes in days or weeks). Asking twice changes nothing.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn request_cve(&self, project: &Project, ghsa: &str) -> Result<(), GithubError> {
        self.bare_post(&format!("{}/cve", one(project, ghsa)?)).await.map(drop)
    }

    /// Begins a temporary private fork (202; it is there within minutes).
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn create_private_fork(&self, project: &Project, ghsa: &str) -> Result<(), GithubError> {
        self.bare_post(&format!("{}/forks", one(project, ghsa)?)).await.map(drop)
    }

    /// A POST without a body.
    async fn bare_post(&self, route: &str) -> Result<Answer, GithubError> {
        let uri = route.parse::<Uri>().map_err(|_| GithubError::NotDone)?;
        let turn = self.gate.enter().await;
        let result = self.in_time(self.crab._post(uri, None::<&()>)).await;
        turn.leave();
        result
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_advisory_with_holes_is_read() {
        let bare: RepositoryAdvisory = serde_json::from_value(json!({
            "ghsa_id": "GHSA-2222-3333-4444", "severity": null, "cvss": null, "vulnerabilities": null, "credits": null,
            "collaborating_users": null, "author": null, "private_fork": null, "state": "draft", "new_field": 1,
        }))
        .unwrap();
        assert_eq!(
            (bare.vector(), bare.users(), bare.has_fork(), bare.author()),
            (None, vec![], false, None)
        );
        let full: RepositoryAdvisory = serde_json::from_value(json!({
            "ghsa_id": "GHSA-2222-3333-4444",
            "cvss": { "vector_string": null },
            "cvss_severities": { "cvss_v3": { "vector_string": "CVSS:3.1/x" }, "cvss_v4": { "vector_string": "CVSS:4.0/y" } },
            "vulnerabilities": [{ "package": { "ecosystem": "other", "name": null } }, { "odd": 1 }],
            "credits": [{ "login": "rena-r", "type": "reporter" }, 5],
            "credits_detailed": [{ "user": null, "state": "pending" }],
            "collaborating_users": [{ "login": "a" }, null], "collaborating_teams": [{ "slug": "t" }],
            "private_fork": { "id": 1 }, "author": { "login": "bot" },
        }))
        .unwrap();
        assert_eq!(full.vector(), Some("CVSS:4.0/y"));
        assert_eq!((full.vulnerabilities().len(), full.credits().len(), full.accepted().len()), (1, 1, 0));
        assert_eq!((full.users(), full.teams()), (vec!["a".to_owned()], vec!["t".to_owned()]));
        assert!(full.has_fork() && full.author().as_deref() == Some("bot"));
    }

    #[test]
    fn an_id_that_is_none_reaches_no_route() {
        let project = Project { owner: "o3de".to_owned(), name: "o3de".to_owned() };
        assert!(one(&project, "GHSA-2222-3333-4444").is_ok());
        for bad in ["../issues", "GHSA-2222/cve", "x?y", "a#b"] {
            assert!(one(&project, bad).is_err(), "{bad}");
        }
    }
}
