//! A public issue, whole and as GitHub tells it; locked, emptied, deleted. Deleting goes by `GraphQL` alone, and GitHub lets few
//! accounts do it (GITHUB.md section 2): what it refuses is said, never taken for done.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::{Answer, GithubError};
use super::issues::{PAGE, has_next};
use super::{Comment, Github, Issue, Project, Repository, Verb};

/// Comments of an issue that are read, at most.
pub const MOST_COMMENTS: usize = 2_000;
/// Bytes of an issue with all that belongs to it that are read, at most.
pub const MOST_BYTES: usize = 24 * 1024 * 1024;
/// Entries of what was done to it, comments among them.
const MOST_DEEDS: usize = 2_000;

/// The earlier texts of an issue and of its first comments, as far as GitHub keeps them.
const EDITS: &str = "query($id: ID!) { node(id: $id) { ... on Issue { \
    userContentEdits(first: 100) { nodes { editedAt deletedAt diff editor { login } } } \
    comments(first: 100) { nodes { id userContentEdits(first: 20) { nodes { editedAt deletedAt diff editor { login } } } } } } } }";
const MAY_DELETE: &str = "query($id: ID!) { node(id: $id) { ... on Issue { viewerCanDelete } } }";
const DELETE: &str = "mutation($id: ID!) { deleteIssue(input: { issueId: $id }) { clientMutationId } }";

/// Whether an issue is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There<T> {
    /// As it was when we asked with that entity tag.
    Same,
    /// It is, and this is it.
    Yes(T),
    /// It is not: deleted (410), or nobody lets us see it (404).
    No,
}

/// How much of an issue is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What people read there: the issue and its comments.
    Words,
    /// And what was done to it, and its earlier texts.
    All,
}

/// An issue with all that belongs to it, as GitHub told it.
#[derive(Clone, PartialEq)]
pub struct WholeIssue {
    /// What we read of it.
    pub issue: Issue,
    /// Its comments, in order.
    pub comments: Vec<Comment>,
    /// All of it as GitHub told it: the issue, the comments, what was done to it, its earlier texts.
    pub told: Value,
    /// There is more than we read.
    pub cut: bool,
    /// To ask with the next time.
    pub etag: String,
}

impl WholeIssue {
    /// What a list tells of an issue, and no more.
    pub fn listed(issue: &Issue) -> Self {
        let told = json!({ "issue": { "number": issue.number, "title": issue.title, "body": issue.body }, "cut": true });
        Self { issue: issue.clone(), comments: Vec::new(), told, cut: true, etag: String::new() }
    }
}

/// Shows no word of it.
impl std::fmt::Debug for WholeIssue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WholeIssue({}, {} comments)", self.issue.number, self.comments.len())
    }
}

/// What belongs to an issue beside its words. GitHub may not let us see it, and whoever posted the issue can make it too
/// much to be told: the issue is kept all the same, and its copy says so.
fn shown<T>(asked: Result<T, GithubError>) -> Result<Option<T>, GithubError> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_put_off() => Err(error),
        Err(_) => Ok(None),
    }
}

/// What was read of a list.
struct Read {
    items: Vec<Value>,
    bytes: usize,
    cut: bool,
}

impl Github {
    /// The repository of that name, if it has it still.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn repository_named(&self, project: &Project) -> Result<Repository, GithubError> {
        self.get(&format!("/repos/{}/{}", project.owner, project.name)).await
    }

    /// An issue with its comments, unless it is as it was. GitHub touches an issue with each comment.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn whole_issue(
        &self,
        repository: u64,
        number: u64,
        etag: &str,
        depth: Depth,
    ) -> Result<There<Box<WholeIssue>>, GithubError> {
        let route = format!("/repositories/{repository}/issues/{number}");
        let answer = match self.read_if(&route, etag).await {
            Ok(None) => return Ok(There::Same),
            Ok(Some(answer)) => answer,
            Err(GithubError::Refused { status: 404 | 410, .. }) => return Ok(There::No),
            Err(error) => return Err(error),
        };
        let issue: Issue = answer.json()?;
        let comments = self.up_to(&format!("{route}/comments"), MOST_COMMENTS, answer.size()).await?;
        let mut told = json!({ "issue": answer.json::<Value>()?, "comments": comments.items });
        let mut cut = comments.cut;
        if depth == Depth::All {
            let deeds = self.up_to(&format!("{route}/timeline"), MOST_DEEDS, comments.bytes).await;
            let deeds = shown(deeds)?.unwrap_or(Read { items: Vec::new(), bytes: 0, cut: true });
            cut |= deeds.cut;
            let node = issue.node_id.clone().unwrap_or_default();
            let edits = shown(self.graphql::<Value>(EDITS, &node).await)?.unwrap_or(Value::Null);
            if let Some(told) = told.as_object_mut() {
                told.insert("timeline".to_owned(), Value::Array(deeds.items));
                told.insert("edits".to_owned(), edits);
                told.insert("cut".to_owned(), Value::Bool(cut));
            }
        }
        let etag = super::public::tag(&answer);
        let read = |one: &Value| Comment::deserialize(one);
        let whole = WholeIssue {
            issue,
            cut: cut || comments.items.iter().any(|one| read(one).is_err()),
            comments: comments.items.iter().filter_map(|one| read(one).ok()).collect(),
            told,
            etag,
        };
        Ok(There::Yes(Box::new(whole)))
    }

    /// The items of a list, as many as are read.
    async fn up_to(&self, route: &str, most: usize, before: usize) -> Result<Read, GithubError> {
        let mut read = Read { items: Vec::new(), bytes: before, cut: false };
        let mut page = 1;
        loop {
            let answer = self.read(&self.crab, &format!("{route}?per_page={PAGE}&page={page}")).await?;
            let items: Vec<Value> = answer.json()?;
            read.bytes = read.bytes.saturating_add(answer.size());
            let last = items.is_empty() || !has_next(&answer);
            read.items.extend(items);
            if last {
                return Ok(read);
            }
            if read.items.len() >= most || read.bytes > MOST_BYTES {
                read.cut = true;
                return Ok(read);
            }
            page += 1;
        }
    }

    /// Locks an issue: only people of the project can write there any more. Twice does no harm.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn lock_issue(&self, repository: u64, number: u64) -> Result<(), GithubError> {
        let route = format!("/repositories/{repository}/issues/{number}/lock");
        self.write(Verb::Put, &route, &json!({ "lock_reason": "resolved" })).await.map(drop)
    }

    /// Whether GitHub lets us delete this issue, by its global id.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn may_delete_issue(&self, node: &str) -> Result<bool, GithubError> {
        #[derive(Deserialize)]
        struct Data {
            node: Option<Node>,
        }
        #[derive(Deserialize)]
        struct Node {
            #[serde(rename = "viewerCanDelete", default)]
            may: bool,
        }
        let data: Data = self.graphql(MAY_DELETE, node).await?;
        Ok(data.node.is_some_and(|node| node.may))
    }

    /// Deletes an issue, for ever.
    ///
    /// # Errors
    /// [`GithubError`]; after [`GithubError::Unknown`] look whether it is there.
    pub async fn delete_issue(&self, node: &str) -> Result<(), GithubError> {
        self.graphql::<Value>(DELETE, node).await.map(drop)
    }

    /// The public address of an account, if it shows one.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn shown_address(&self, login: &str) -> Result<Option<String>, GithubError> {
        #[derive(Deserialize)]
        struct Account {
            email: Option<String>,
        }
        let plain = !login.is_empty() && login.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !plain {
            return Ok(None);
        }
        match self.get::<Account>(&format!("/users/{login}")).await {
            Ok(account) => Ok(account.email),
            Err(GithubError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One question or order in `GraphQL` about one node. octocrab's own call loses what kind an error is of.
    async fn graphql<T: DeserializeOwned>(&self, text: &str, node: &str) -> Result<T, GithubError> {
        #[derive(Deserialize)]
        struct Said<T> {
            data: Option<T>,
            #[serde(default)]
            errors: Vec<Fault>,
        }
        #[derive(Deserialize)]
        struct Fault {
            #[serde(rename = "type")]
            kind: Option<String>,
        }
        let body = json!({ "query": text, "variables": { "id": node } });
        let answer: Answer = self.write(Verb::Post, &self.graphql_route(), &body).await?;
        let said: Said<T> = answer.json()?;
        let refused = |status| Err(GithubError::Refused { status, needs: None });
        match (said.errors.first().map(|fault| fault.kind.as_deref()), said.data) {
            (None, Some(data)) => Ok(data),
            (None, None) => Err(GithubError::Unknown),
            (Some(Some("NOT_FOUND")), _) => refused(404),
            (Some(Some("RATE_LIMITED")), _) => Err(GithubError::RateLimited { wait: super::Wait::Unsaid }),
            // FORBIDDEN, UNPROCESSABLE and whatever else: it was not done.
            (Some(_), _) => refused(403),
        }
    }

    /// Where `GraphQL` is: on a server of one's own beside `/api/v3`.
    fn graphql_route(&self) -> String {
        let base = self.base.path().trim_end_matches('/');
        match (base.strip_suffix("/v3"), self.base.authority(), self.base.scheme_str()) {
            (Some(above), Some(host), Some(scheme)) => format!("{scheme}://{host}{above}/graphql"),
            _other => "/graphql".to_owned(),
        }
    }
}
