//! What the GitHub stand-in holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Numeric id.
    pub id: u64,
    /// Login; an App's ends in `[bot]`.
    pub login: String,
}

/// A comment.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Id, unique over all repositories.
    pub id: u64,
    /// Login of the author; `None`: the account is gone (GitHub's "ghost").
    pub author: Option<String>,
    /// Markdown.
    pub body: String,
    /// To the second.
    pub created_at: Timestamp,
    /// To the second.
    pub updated_at: Timestamp,
    /// An App wrote it in the author's name.
    pub through_app: bool,
    /// So many lists still come without it.
    pub(super) unlisted: u32,
}

/// What somebody did to an issue, as its timeline shows it.
#[derive(Debug, Clone)]
pub struct Deed {
    /// Id, unique over all repositories.
    pub id: u64,
    /// `assigned`, `unassigned`, `closed`, `reopened`.
    pub event: &'static str,
    /// Login.
    pub actor: String,
    /// Login, where somebody was assigned or taken off.
    pub assignee: Option<String>,
    /// To the second.
    pub at: Timestamp,
    /// An App did it in the actor's name.
    pub through_app: bool,
}

/// An issue.
#[derive(Debug, Clone)]
pub struct Issue {
    /// Id, unique over all repositories.
    pub id: u64,
    /// Number in its repository, from 1.
    pub number: u64,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// `false`: closed.
    pub open: bool,
    /// `completed`, `not_planned` ...
    pub state_reason: Option<String>,
    /// Names.
    pub labels: BTreeSet<String>,
    /// Logins.
    pub assignees: BTreeSet<String>,
    /// Login of the author; `None`: the account is gone.
    pub author: Option<String>,
    /// In order of creation.
    pub comments: Vec<Comment>,
    /// What was done to it, in order.
    pub deeds: Vec<Deed>,
    /// Whether only those with push right may comment.
    pub locked: bool,
    /// Reason given with the lock.
    pub lock_reason: Option<String>,
    /// To the second.
    pub created_at: Timestamp,
    /// To the second.
    pub updated_at: Timestamp,
    /// To the second.
    pub closed_at: Option<Timestamp>,
    /// Its earlier bodies: when each was replaced, by whom (login), and what stood there.
    pub edits: Vec<(Timestamp, String, String)>,
    pub(super) unlisted: u32,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Id, unique over all repositories.
    pub id: u64,
    /// Name, unique in its repository, without regard to case.
    pub name: String,
    /// Six hexadecimal digits.
    pub color: String,
    /// At most 100 characters.
    pub description: Option<String>,
}

/// A repository.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Numeric id.
    pub id: u64,
    /// Login of the owner.
    pub owner: String,
    /// Name.
    pub name: String,
    /// Whether only people with access see it.
    pub private: bool,
    /// Whether nothing can be written.
    pub archived: bool,
    /// Whether issues are on.
    pub has_issues: bool,
    /// By number.
    pub issues: BTreeMap<u64, Issue>,
    /// In order of creation.
    pub labels: Vec<Label>,
    /// As answered.
    pub advisories: Vec<Value>,
    /// Text files of the main branch, by path.
    pub files: BTreeMap<String, String>,
    /// To the second.
    pub created_at: Timestamp,
    /// Numbers of issues that were deleted: 410 from then on.
    pub deleted: BTreeSet<u64>,
    pub(super) next_number: u64,
}

impl Repository {
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub(super) fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn comment_mut(&mut self, id: u64) -> Option<(u64, &mut Comment)> {
        self.issues.values_mut().find_map(|issue| {
            let number = issue.number;
            issue.comments.iter_mut().find(|comment| comment.id == id).map(|comment| (number, comment))
        })
    }

    pub(super) fn comment(&self, id: u64) -> Option<(u64, &Comment)> {
        self.issues.values().find_map(|issue| {
            issue.comments.iter().find(|comment| comment.id == id).map(|comment| (issue.number, comment))
        })
    }
}

/// An access token and whom it stands for.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) login: String,
    /// `None`: it does not expire.
    pub(super) expires: Option<Timestamp>,
}

/// An App's installation.
#[derive(Debug, Clone)]
pub(super) struct Installation {
    pub(super) app: u64,
    pub(super) login: String,
}

/// Everything.
pub(super) struct World {
    /// `http://127.0.0.1:port`
    pub(super) base: String,
    pub(super) repositories: BTreeMap<u64, Repository>,
    /// The repository that the look-ups without a name mean: the first one added.
    pub(super) main: u64,
    /// Old `owner/name` in lower case and where it went.
    pub(super) moved: BTreeMap<String, u64>,
    /// By login.
    pub(super) users: BTreeMap<String, User>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) installations: BTreeMap<u64, Installation>,
    /// Logins that may set labels, assign, lock and write to locked issues.
    pub(super) pushers: BTreeSet<String>,
    /// Logins that may delete issues.
    pub(super) deleters: BTreeSet<String>,
    /// Addresses that accounts show, by login.
    pub(super) addresses: BTreeMap<String, String>,
    /// What nobody may do with advisories, and how GitHub says so.
    pub(super) denied: BTreeMap<super::advised::Right, u16>,
    /// Slugs of the teams that may be let in.
    pub(super) teams: BTreeSet<String>,
    /// How often a CVE id was asked for, by advisory.
    pub(super) cve_requests: BTreeMap<String, u32>,
    /// Private forks take their time.
    pub(super) slow_forks: bool,
    /// Those that are being made, by advisory.
    pub(super) forking: BTreeSet<String>,
    /// So many lists still come without these advisories.
    pub(super) unlisted: BTreeMap<String, u32>,
    pub(super) next_id: u64,
    pub(super) record: super::faults::Record,
}

impl World {
    pub(super) fn new(base: String) -> Self {
        Self {
            base,
            repositories: BTreeMap::new(),
            main: 0,
            moved: BTreeMap::new(),
            users: BTreeMap::new(),
            tokens: BTreeMap::new(),
            installations: BTreeMap::new(),
            pushers: BTreeSet::new(),
            deleters: BTreeSet::new(),
            addresses: BTreeMap::new(),
            denied: BTreeMap::new(),
            teams: BTreeSet::new(),
            cve_requests: BTreeMap::new(),
            slow_forks: false,
            forking: BTreeSet::new(),
            unlisted: BTreeMap::new(),
            next_id: 3_000_000_001,
            record: super::faults::Record::default(),
        }
    }

    pub(super) fn id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        id
    }

    pub(super) fn main_repository(&self) -> Option<&Repository> {
        self.repositories.get(&self.main)
    }

    pub(super) fn main_repository_mut(&mut self) -> Option<&mut Repository> {
        self.repositories.get_mut(&self.main)
    }

    pub(super) fn named(&self, owner: &str, name: &str) -> Option<u64> {
        self.repositories
            .values()
            .find(|repo| repo.owner.eq_ignore_ascii_case(owner) && repo.name.eq_ignore_ascii_case(name))
            .map(|repo| repo.id)
    }
}

/// GitHub keeps whole seconds.
pub(super) fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
