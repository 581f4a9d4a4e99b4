//! What people say and do on the issues of a repository, asked for again and again: conditional lists (304 costs nothing,
//! RFC 9110 section 13.1.2), and what they did to one issue.

use ::http::header::{ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use ::http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::{Answer, GithubError};
use super::issues::{MAX_PAGES, PAGE, has_next, same};
use super::{Author, Comment, Github, Issue, Verb};

/// A list that may be what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed<T> {
    /// 304: nothing changed since the answer with that `ETag`.
    Same,
    /// The list.
    Page(Page<T>),
}

/// A page of a list, in the order in which its items were touched, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What can be read of it: an item of another shape is left out.
    pub items: Vec<T>,
    /// The last instant on the page, also of an item that cannot be read.
    pub last: Option<Timestamp>,
    /// Whether another page follows.
    pub more: bool,
    /// By which to ask again.
    pub etag: Option<String>,
}

/// Something that somebody did to an issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Deed {
    /// GitHub's id of it.
    pub id: u64,
    /// `assigned`, `unassigned`, `closed`, `reopened`, `labeled` ...
    pub event: String,
    /// Who; `None` for a deleted account.
    pub actor: Option<Author>,
    /// Whom they assigned or took off.
    pub assignee: Option<Author>,
    /// When.
    pub created_at: Option<Timestamp>,
    /// There when an App did it in a person's name.
    pub performed_via_github_app: Option<Value>,
}

impl Comment {
    /// The number of its issue.
    pub fn issue(&self) -> Option<u64> {
        self.issue_url.as_deref()?.rsplit_once("/issues/")?.1.parse().ok()
    }
}

impl Github {
    /// A page of all comments of a repository that were written or changed since then, the oldest first.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn comments_since(
        &self,
        repository: u64,
        since: Timestamp,
        page: usize,
        etag: Option<&str>,
    ) -> Result<Changed<Comment>, GithubError> {
        let route = format!(
            "/repositories/{repository}/issues/comments?since={}&sort=updated&direction=asc&per_page={PAGE}&page={page}",
            whole(since)
        );
        self.listed(&route, etag).await
    }

    /// A page of all issues of a repository that were touched since then, open and closed, the oldest first; without pull
    /// requests.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn issues_touched(
        &self,
        repository: u64,
        since: Timestamp,
        page: usize,
        etag: Option<&str>,
    ) -> Result<Changed<Issue>, GithubError> {
        let route = format!(
            "/repositories/{repository}/issues?state=all&since={}&sort=updated&direction=asc&per_page={PAGE}&page={page}",
            whole(since)
        );
        let mut listed = self.listed::<Issue>(&route, etag).await?;
        if let Changed::Page(page) = &mut listed {
            page.items.retain(|issue| issue.pull_request.is_none());
        }
        Ok(listed)
    }

    /// What was done to an issue, in order: all of its timeline that has an id, an event and is no comment.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn deeds(&self, repository: u64, number: u64) -> Result<Vec<Deed>, GithubError> {
        let mut deeds = Vec::new();
        for page in 1..=MAX_PAGES {
            let route =
                format!("/repositories/{repository}/issues/{number}/timeline?per_page={PAGE}&page={page}");
            let answer = self.read(&self.crab, &route).await?;
            let items: Vec<Value> = answer.json()?;
            let last = items.is_empty() || !has_next(&answer);
            deeds.extend(items.into_iter().filter_map(|item| serde_json::from_value::<Deed>(item).ok()));
            if last {
                deeds.retain(|deed| deed.event != "commented");
                return Ok(deeds);
            }
        }
        Err(GithubError::Unknown)
    }

    /// Brings a comment to the text wanted and compares what comes back. To do it twice does no harm.
    ///
    /// # Errors
    /// [`GithubError::NotKept`]; else [`GithubError`].
    pub async fn edit_comment(&self, repository: u64, id: u64, body: &str) -> Result<Comment, GithubError> {
        let route = format!("/repositories/{repository}/issues/comments/{id}");
        let comment: Comment = self.write(Verb::Patch, &route, &json!({ "body": body })).await?.json()?;
        if same(body, comment.body.as_deref()) { Ok(comment) } else { Err(GithubError::NotKept) }
    }

    async fn listed<T: DeserializeOwned>(
        &self,
        route: &str,
        etag: Option<&str>,
    ) -> Result<Changed<T>, GithubError> {
        #[derive(Deserialize)]
        struct Touched {
            updated_at: Option<Timestamp>,
        }
        let Some(answer) = self.read_if_changed(route, etag).await? else { return Ok(Changed::Same) };
        let all: Vec<Value> = answer.json()?;
        let etag = answer.headers.get(ETAG).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let last = all.iter().filter_map(|item| Touched::deserialize(item).ok()?.updated_at).max();
        let more = !all.is_empty() && has_next(&answer);
        // One that GitHub shows in another shape is no reason to be deaf to the others.
        let items = all.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect();
        Ok(Changed::Page(Page { items, last, more, etag }))
    }

    /// `None`: it is what it was.
    async fn read_if_changed(&self, route: &str, etag: Option<&str>) -> Result<Option<Answer>, GithubError> {
        let uri = route.parse::<Uri>().map_err(|_| GithubError::NotDone)?;
        let mut headers = HeaderMap::new();
        if let Some(value) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            headers.insert(IF_NONE_MATCH, value);
        }
        let work = async {
            match self.crab._get_with_headers(uri, Some(headers)).await {
                Ok(raw) if raw.status() == StatusCode::NOT_MODIFIED => Ok(None),
                Ok(raw) => Answer::of(raw).await.map(Some),
                Err(error) => Err(super::answer::of_client(&error)),
            }
        };
        tokio::time::timeout(self.limit, work).await.unwrap_or(Err(GithubError::Unknown))
    }
}

/// Whole seconds: GitHub knows no finer time, and rounding down asks for a little more.
fn whole(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
