//! What the mirror reads of O3DE's repositories: security advisories, public issues, the package lists. Reads only;
//! nothing of a report is part of a request. One item that cannot be read costs itself alone.

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Answer, GithubError};
use super::issues::{at, has_next};
use super::{Author, Github};

/// GitHub's largest page.
const PAGE: usize = 100;
/// A list of more pages is not believed.
const MAX_PAGES: usize = 1_000;

/// A repository by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Project {
    /// Login of the owner.
    pub owner: String,
    /// Name of the repository.
    pub name: String,
}

impl std::fmt::Display for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// In which state advisories are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdvisoryState {
    /// Public.
    Published,
    /// Being written.
    Draft,
    /// A private vulnerability report that nobody has accepted.
    Triage,
}

impl AdvisoryState {
    /// GitHub's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Draft => "draft",
            Self::Triage => "triage",
        }
    }
}

/// A security advisory of a repository as GitHub shows it.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Advisory {
    /// `GHSA-` and three groups of four.
    pub ghsa_id: String,
    /// Its CVE, if one was given.
    pub cve_id: Option<String>,
    /// For people.
    pub html_url: Option<String>,
    /// One line.
    pub summary: Option<String>,
    /// Markdown.
    pub description: Option<String>,
    /// `low` to `critical`.
    pub severity: Option<String>,
    /// `None` for a deleted account.
    pub author: Option<AdvisoryAuthor>,
    /// `triage`, `draft`, `published`, `closed`, `withdrawn`.
    pub state: Option<String>,
    /// When it was reported or begun.
    pub created_at: Option<Timestamp>,
    /// When it was last touched.
    pub updated_at: Option<Timestamp>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// Packages with ranges, as GitHub shows them.
    #[serde(default)]
    pub vulnerabilities: Option<Vec<Value>>,
    /// `CWE-79` and the like.
    #[serde(default)]
    pub cwe_ids: Option<Vec<String>>,
}

/// Who reported or wrote an advisory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AdvisoryAuthor {
    /// Can be given to somebody else one day.
    pub login: String,
    /// Public address of the account, if it shows one.
    #[serde(default)]
    pub email: Option<String>,
}

/// Shows no word of it.
impl std::fmt::Debug for Advisory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Advisory({})", self.state.as_deref().unwrap_or("?"))
    }
}

/// A list, read to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Advisories {
    /// What could be read.
    pub items: Vec<Advisory>,
    /// How many could not.
    pub unreadable: u64,
    /// To ask with the next time.
    pub etag: String,
}

/// A public issue, with what tells who marked it.
#[derive(Clone, PartialEq, Deserialize)]
pub struct PublicIssue {
    /// Its number.
    pub number: u64,
    /// The title.
    #[serde(default)]
    pub title: String,
    /// Markdown.
    pub body: Option<String>,
    /// `open` or `closed`.
    pub state: Option<String>,
    /// Its labels; only people of the project can set one.
    #[serde(default)]
    pub labels: Vec<Value>,
    /// `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`, `NONE` ...
    pub author_association: Option<String>,
    /// `None` for a deleted account.
    pub user: Option<Author>,
    /// When it was opened.
    pub created_at: Option<Timestamp>,
    /// When it was last touched.
    pub updated_at: Option<Timestamp>,
    /// There for pull requests.
    pub pull_request: Option<Value>,
}

/// Shows no word of it.
impl std::fmt::Debug for PublicIssue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicIssue({})", self.number)
    }
}

impl PublicIssue {
    /// The names of its labels.
    pub fn label_names(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().filter_map(|label| label.as_str().or_else(|| label.get("name")?.as_str()))
    }
}

/// Where a list of issues goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Since {
    /// Touched then or later; `None`: all.
    pub at: Option<Timestamp>,
    /// Page of that list, from 1.
    pub page: usize,
}

/// A page of issues, the longest untouched first.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// What could be read; pull requests too.
    pub items: Vec<PublicIssue>,
    /// How many could not.
    pub unreadable: u64,
    /// Where the list goes on; `None` at its end.
    pub next: Option<Since>,
    /// To ask with the next time.
    pub etag: String,
}

/// An entry of a folder of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Its path in the repository.
    pub path: String,
    /// `file`, `dir`, `symlink`, `submodule`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Github {
    /// All advisories of a repository in one state; `None` when the list is as it was. Anything but
    /// `published` needs a permission: without it 403 or 404.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn advisories(
        &self,
        project: &Project,
        state: AdvisoryState,
        etag: &str,
    ) -> Result<Option<Advisories>, GithubError> {
        let route = format!(
            "/repos/{}/{}/security-advisories?state={}&sort=updated&direction=desc&per_page={PAGE}",
            project.owner,
            project.name,
            state.word()
        );
        // Any change brings an advisory to the top: the first page tells for the list.
        let Some(mut answer) = self.read_if(&route, etag).await? else { return Ok(None) };
        let mut all = Advisories { items: Vec::new(), unreadable: 0, etag: tag(&answer) };
        for _ in 0..MAX_PAGES {
            let (items, unreadable): (Vec<Advisory>, u64) = readable(&answer)?;
            all.items.extend(items);
            all.unreadable += unreadable;
            let Some(after) = after(&answer) else { return Ok(Some(all)) };
            answer = self.read(&self.crab, &format!("{route}&after={after}")).await?;
        }
        Err(GithubError::Unknown)
    }

    /// A page of a repository's issues, open and closed; `None` when it is as it was. A page that ends later than it
    /// began is followed by the list *since* its end, so that pages stay few however long the whole list is.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn public_issues(
        &self,
        project: &Project,
        since: Since,
        etag: &str,
    ) -> Result<Option<Listed>, GithubError> {
        let page = since.page.max(1);
        let route = format!(
            "/repos/{}/{}/issues?state=all&sort=updated&direction=asc{}&per_page={PAGE}&page={page}",
            project.owner,
            project.name,
            at(since.at)
        );
        let Some(answer) = self.read_if(&route, etag).await? else { return Ok(None) };
        let (items, unreadable): (Vec<PublicIssue>, u64) = readable(&answer)?;
        let last = items.iter().filter_map(|issue| issue.updated_at).max();
        let next = has_next(&answer).then_some(match (last, since.at) {
            (Some(last), from) if from.is_none_or(|from| last > from) => Since { at: Some(last), page: 1 },
            (Some(_) | None, _) => Since { at: since.at, page: page + 1 },
        });
        if page > MAX_PAGES {
            return Err(GithubError::Unknown);
        }
        Ok(Some(Listed { items, unreadable, next, etag: tag(&answer) }))
    }

    /// What lies in a folder of a repository's main branch; `None` when it is as it was.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn folder(
        &self,
        project: &Project,
        path: &str,
        etag: &str,
    ) -> Result<Option<(Vec<Entry>, String)>, GithubError> {
        let Some(answer) = self.read_if(&contents(project, path)?, etag).await? else { return Ok(None) };
        let (entries, _): (Vec<Entry>, u64) = readable(&answer)?;
        Ok(Some((entries, tag(&answer))))
    }

    /// A text file of a repository's main branch, at most 1 MB (GitHub's own limit of this call).
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn text_file(&self, project: &Project, path: &str) -> Result<String, GithubError> {
        #[derive(Deserialize)]
        struct File {
            encoding: String,
            content: String,
        }
        let file: File = self.get(&contents(project, path)?).await?;
        if file.encoding != "base64" {
            return Err(GithubError::Unknown);
        }
        let packed: String = file.content.split_ascii_whitespace().collect();
        let bytes = BASE64.decode(packed.as_bytes()).map_err(|_| GithubError::Unknown)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Paths come from the configuration or from GitHub's own list: anything but plain names is refused.
fn contents(project: &Project, path: &str) -> Result<String, GithubError> {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    let good =
        path.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain));
    good.then(|| format!("/repos/{}/{}/contents/{path}", project.owner, project.name))
        .ok_or(GithubError::NotDone)
}

pub(super) fn tag(answer: &Answer) -> String {
    let value = answer.headers.get("etag").and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.chars().take(200).collect()
}

/// The items of a list that can be read, and how many cannot.
pub(super) fn readable<T: serde::de::DeserializeOwned>(
    answer: &Answer,
) -> Result<(Vec<T>, u64), GithubError> {
    let all: Vec<Value> = answer.json()?;
    let count = all.len();
    let items: Vec<T> = all.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect();
    let unreadable = u64::try_from(count - items.len()).unwrap_or(u64::MAX);
    Ok((items, unreadable))
}

/// The cursor of the next page, from the `Link` header (RFC 8288). Only the cursor is taken: octocrab would send an
/// absolute address without its authorization.
pub(super) fn after(answer: &Answer) -> Option<String> {
    let links = answer.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    let next = links.flat_map(|links| links.split(',')).find(|link| link.contains("rel=\"next\""))?;
    let url = next.split(['<', '>']).nth(1)?;
    let query = url.split_once('?')?.1;
    let cursor = query.split('&').find_map(|pair| pair.strip_prefix("after="))?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%=".contains(&b);
    (!cursor.is_empty() && cursor.len() <= 500 && cursor.bytes().all(plain)).then(|| cursor.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_its_repository() {
        let project = Project { owner: "o3de".to_owned(), name: "o3de".to_owned() };
        assert!(contents(&project, "cmake/3rdParty/Platform").is_ok());
        for bad in ["", "/etc", "a//b", "../x", "a/../b", "a?ref=x", "a b", "a%2e", "a#b"] {
            assert!(contents(&project, bad).is_err(), "{bad}");
        }
    }
}
