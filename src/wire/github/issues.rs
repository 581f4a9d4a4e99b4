//! Issues, comments and labels of one repository. Replies are read leniently (own structs, optional fields): GitHub's own
//! examples break its own schema in places, and a deleted author is `null`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answer, GithubError};
use super::{Github, Verb};

/// GitHub's largest page.
pub(super) const PAGE: usize = 100;
/// A list of more pages is not believed.
pub(super) const MAX_PAGES: usize = 1000;

/// A new issue.
#[derive(Clone, Serialize)]
pub struct NewIssue<'a> {
    /// One line, 256 characters at most.
    pub title: &'a str,
    /// Markdown, at most 60,000 bytes by our own rule.
    pub body: &'a str,
    /// Dropped silently by GitHub where we may not push: read back.
    pub labels: &'a [String],
}

/// What is to become of an issue; what is `None` stays.
#[derive(Clone, Default, Serialize)]
pub struct Update<'a> {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    /// All labels: others are taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<&'a [String]>,
    /// `open` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a str>,
    /// Why it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<Closing>,
}

/// Why an issue is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// The work is done.
    Completed,
    /// There is none.
    NotPlanned,
    /// It is another issue's.
    Duplicate,
}

impl Closing {
    fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::NotPlanned => "not_planned",
            Self::Duplicate => "duplicate",
        }
    }
}

/// Who wrote something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Author {
    /// Can be given to somebody else one day.
    pub login: String,
    /// Cannot.
    pub id: u64,
}

/// An issue as GitHub shows it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Issue {
    /// Its number in the repository.
    pub number: u64,
    /// Its global id.
    pub node_id: Option<String>,
    /// For people.
    pub html_url: Option<String>,
    /// The title.
    #[serde(default)]
    pub title: String,
    /// Markdown.
    pub body: Option<String>,
    /// `open` or `closed`.
    pub state: Option<String>,
    /// Why it was closed.
    pub state_reason: Option<String>,
    /// Names of its labels.
    #[serde(default, deserialize_with = "names")]
    pub labels: Vec<String>,
    /// `None` for a deleted account.
    pub user: Option<Author>,
    /// To whom it is assigned.
    pub assignees: Option<Vec<Author>>,
    /// When it was opened.
    pub created_at: Option<Timestamp>,
    /// When it was last touched.
    pub updated_at: Option<Timestamp>,
    /// Whether only people of the project can write there.
    #[serde(default)]
    pub locked: bool,
    /// There for pull requests, which the issue lists hold too.
    pub(super) pull_request: Option<serde_json::Value>,
}

/// A comment as GitHub shows it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// For people.
    pub html_url: Option<String>,
    /// Markdown.
    pub body: Option<String>,
    /// `None` for a deleted account.
    pub user: Option<Author>,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// Later than that if it was edited.
    pub updated_at: Option<Timestamp>,
    /// There when an App wrote it in a person's name.
    pub performed_via_github_app: Option<serde_json::Value>,
    /// The address of its issue in the API; the number stands at its end.
    pub issue_url: Option<String>,
}

impl Issue {
    /// Whether it is a pull request, which the issue lists hold too.
    pub fn is_pull_request(&self) -> bool {
        self.pull_request.is_some()
    }
}

/// Shows no word of it.
impl std::fmt::Debug for Issue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issue({})", self.number)
    }
}

/// Shows no word of it.
impl std::fmt::Debug for Comment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Comment({})", self.id)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Label {
    Name(String),
    Whole { name: Option<String> },
}

fn names<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let labels = Vec::<Label>::deserialize(from)?;
    let name = |label| match label {
        Label::Name(name) => Some(name),
        Label::Whole { name } => name,
    };
    Ok(labels.into_iter().filter_map(name).collect())
}

impl Github {
    /// Opens an issue: one POST, never repeated here. The answer shows which labels were kept.
    ///
    /// # Errors
    /// [`GithubError`]; after [`GithubError::Unknown`] list before trying again.
    pub async fn create_issue(&self, repository: u64, new: &NewIssue<'_>) -> Result<Issue, GithubError> {
        self.write(Verb::Post, &format!("/repositories/{repository}/issues"), new).await?.json()
    }

    /// One issue.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn get_issue(&self, repository: u64, number: u64) -> Result<Issue, GithubError> {
        self.get(&format!("/repositories/{repository}/issues/{number}")).await
    }

    /// Brings an issue to the state wanted and compares the body that comes back: over its size limit GitHub answers
    /// 200 and keeps the old one.
    ///
    /// # Errors
    /// [`GithubError::NotKept`]; else [`GithubError`].
    pub async fn update_issue(
        &self,
        repository: u64,
        number: u64,
        update: &Update<'_>,
    ) -> Result<Issue, GithubError> {
        let route = format!("/repositories/{repository}/issues/{number}");
        let issue: Issue = self.write(Verb::Patch, &route, update).await?.json()?;
        match update.body {
            Some(body) if !same(body, issue.body.as_deref()) => Err(GithubError::NotKept),
            Some(_) | None => Ok(issue),
        }
    }

    /// Closes an issue.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn close_as(&self, repository: u64, number: u64, why: Closing) -> Result<Issue, GithubError> {
        let route = format!("/repositories/{repository}/issues/{number}");
        let body = json!({ "state": "closed", "state_reason": why.word() });
        self.write(Verb::Patch, &route, &body).await?.json()
    }

    /// Writes a comment: one POST, never repeated here.
    ///
    /// # Errors
    /// [`GithubError`]; after [`GithubError::Unknown`] list before trying again.
    pub async fn comment(&self, repository: u64, number: u64, body: &str) -> Result<Comment, GithubError> {
        let route = format!("/repositories/{repository}/issues/{number}/comments");
        self.write(Verb::Post, &route, &json!({ "body": body })).await?.json()
    }

    /// Adds labels and reads back that they stand; it keeps those that are there.
    ///
    /// # Errors
    /// [`GithubError::NotKept`] when one is missing afterwards; else [`GithubError`].
    pub async fn add_labels(
        &self,
        repository: u64,
        number: u64,
        labels: &[String],
    ) -> Result<(), GithubError> {
        if labels.is_empty() {
            return Ok(());
        }
        let route = format!("/repositories/{repository}/issues/{number}/labels");
        let kept: Vec<Label> = self.write(Verb::Post, &route, &json!({ "labels": labels })).await?.json()?;
        let kept: BTreeSet<String> = kept
            .into_iter()
            .filter_map(|label| match label {
                Label::Name(name) => Some(name),
                Label::Whole { name } => name,
            })
            .map(|name| name.to_lowercase())
            .collect();
        let whole = labels.iter().all(|label| kept.contains(&label.to_lowercase()));
        if whole { Ok(()) } else { Err(GithubError::NotKept) }
    }

    /// Makes sure that the repository has a label. `color`: six hex digits; `description`: at most 100 characters.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn ensure_label(
        &self,
        repository: u64,
        name: &str,
        color: &str,
        description: &str,
    ) -> Result<(), GithubError> {
        let one = format!("/repositories/{repository}/labels/{}", in_path(name));
        match self.get::<serde_json::Value>(&one).await {
            Err(GithubError::Refused { status: 404, .. }) => (),
            other => return other.map(drop),
        }
        let body = json!({ "name": name, "color": color, "description": description });
        match self.write(Verb::Post, &format!("/repositories/{repository}/labels"), &body).await {
            // Somebody was quicker.
            Err(GithubError::Refused { status: 422, .. }) => {
                self.get::<serde_json::Value>(&one).await.map(drop)
            }
            other => other.map(drop),
        }
    }

    /// All issues, newest first, open and closed, that were *touched* since then (`None`: ever); without pull requests.
    /// GitHub's lists can be late by minutes: one look proves no absence.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn list_issues_since(
        &self,
        repository: u64,
        since: Option<Timestamp>,
    ) -> Result<Vec<Issue>, GithubError> {
        let route =
            format!("/repositories/{repository}/issues?state=all&sort=created&direction=desc{}", at(since));
        let mut issues: Vec<Issue> = self.all_pages(&route).await?;
        let mut seen = BTreeSet::new();
        // An issue opened between two pages shifts the others: they come twice.
        issues.retain(|issue| issue.pull_request.is_none() && seen.insert(issue.number));
        Ok(issues)
    }

    /// All comments of an issue touched since then, oldest first.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn list_comments(
        &self,
        repository: u64,
        number: u64,
        since: Option<Timestamp>,
    ) -> Result<Vec<Comment>, GithubError> {
        let route = format!(
            "/repositories/{repository}/issues/{number}/comments?{}",
            at(since).trim_start_matches('&')
        );
        let mut comments: Vec<Comment> = self.all_pages(&route).await?;
        let mut seen = BTreeSet::new();
        comments.retain(|comment| seen.insert(comment.id));
        Ok(comments)
    }

    /// The newest issue or pull request's number; `None` in an empty repository.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn highest_issue(&self, repository: u64) -> Result<Option<u64>, GithubError> {
        let route =
            format!("/repositories/{repository}/issues?state=all&sort=created&direction=desc&per_page=1");
        let newest: Vec<Issue> = self.get(&route).await?;
        Ok(newest.first().map(|issue| issue.number))
    }

    /// Pages are counted, not followed: octocrab sends an absolute `next` without its authorization.
    async fn all_pages<T: serde::de::DeserializeOwned>(&self, route: &str) -> Result<Vec<T>, GithubError> {
        let mut all = Vec::new();
        let glue = if route.ends_with('?') { "" } else { "&" };
        for page in 1..=MAX_PAGES {
            let answer = self.read(&self.crab, &format!("{route}{glue}per_page={PAGE}&page={page}")).await?;
            let part: Vec<T> = answer.json()?;
            let last = part.is_empty() || !has_next(&answer);
            all.extend(part);
            if last {
                return Ok(all);
            }
        }
        Err(GithubError::Unknown)
    }
}

/// Whether the `Link` header (RFC 8288) names a next page; where it goes does not matter.
pub(super) fn has_next(answer: &Answer) -> bool {
    let links = answer.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    links.flat_map(|links| links.split(',')).any(|link| link.contains("rel=\"next\""))
}

pub(super) fn at(since: Option<Timestamp>) -> String {
    // Whole seconds: GitHub knows no finer time, and rounding down asks for a little more.
    since.map_or_else(String::new, |at| format!("&since={}", at.strftime("%Y-%m-%dT%H:%M:%SZ")))
}

/// GitHub stores CR LF where it got it, and cuts nothing.
pub(super) fn same(written: &str, kept: Option<&str>) -> bool {
    let kept = kept.unwrap_or_default();
    written == kept || written.replace("\r\n", "\n").trim_end() == kept.replace("\r\n", "\n").trim_end()
}

/// A label's name as one segment of a path (RFC 3986 section 3.3).
fn in_path(name: &str) -> String {
    use std::fmt::Write as _;
    name.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _never = write!(out, "%{byte:02X}");
        }
        out
    })
}
