//! A stand-in for GitHub's REST API (version 2022-11-28): stateful, over plain HTTP on loopback, with faults as switches.
//!
//! It demands what GitHub demands (Authorization, User-Agent) and more than GitHub does: the API version, known routes, known fields,
//! known parameters. What breaks those rules is a *violation*; tests assert that there is none.

mod advised;
mod advisories;
mod comments;
mod contents;
mod faults;
mod graphql;
mod issues;
mod labels;
mod lists;
mod others;
mod people;
mod posted;
mod route;
mod shape;
mod shown;
mod state;
mod timeline;

use std::io;
use std::time::Duration;

use serde_json::Value;

pub use advised::Right;
pub use faults::{Fault, Faults, Kind};
pub use issues::MAX_BODY_BYTES;
pub use others::{Advised, Opened};
pub use route::API_VERSION;
pub use state::{Comment, Deed, Issue, Label, Repository, User};

use super::board::Board;
use super::web::{Met, Now, Recorder, Web};
use state::{Installation, Token, World, second};

/// The stand-in; it ends, with all its connections, when dropped.
pub struct Hub {
    web: Web,
    world: Board<World>,
    now: Now,
}

impl Hub {
    /// Listens on a free port of 127.0.0.1, with nothing in it.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(now: Now, recorder: Recorder) -> io::Result<Self> {
        let world = Board::new(World::new(String::new()));
        let (inside, clock) = (world.clone(), now.clone());
        let web = Web::start("github", recorder, |port| {
            inside.change(|world| world.base = format!("http://127.0.0.1:{port}"));
            move |asked: &super::web::Asked| {
                let now = clock();
                inside.change(|world| route::answer(world, asked, now))
            }
        });
        Ok(Self { web: web.await?, world, now })
    }

    /// `http://127.0.0.1:port`, without a slash behind.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.web.port)
    }

    /// Adds a repository with issues on. The first one is what the look-ups without a repository mean.
    pub fn add_repository(&self, id: u64, owner: &str, name: &str, private: bool) {
        let created_at = second((self.now)());
        self.add_user(id.saturating_add(1_000_000), owner);
        self.world.change(|world| {
            if world.repositories.is_empty() {
                world.main = id;
            }
            let repository = Repository {
                id,
                owner: owner.to_owned(),
                name: name.to_owned(),
                private,
                archived: false,
                has_issues: true,
                issues: Default::default(),
                labels: Vec::new(),
                advisories: Vec::new(),
                files: Default::default(),
                created_at,
                deleted: Default::default(),
                next_number: 1,
            };
            world.repositories.insert(id, repository);
        });
    }

    /// Adds an account; one that is there keeps its id.
    pub fn add_user(&self, id: u64, login: &str) {
        self.world.change(|world| {
            world.users.entry(login.to_owned()).or_insert(User { id, login: login.to_owned() });
        });
    }

    /// Whether that account may set labels, assign, lock and the like.
    pub fn set_push(&self, login: &str, push: bool) {
        self.world.change(|world| {
            if push {
                world.pushers.insert(login.to_owned());
            } else {
                world.pushers.remove(login);
            }
        });
    }

    /// A personal token of that account, which is made a user with push right when it is missing. It does not expire.
    pub fn add_token(&self, token: &str, id: u64, login: &str) {
        self.add_user(id, login);
        self.set_push(login, true);
        self.world.change(|world| {
            world.tokens.insert(token.to_owned(), Token { login: login.to_owned(), expires: None });
        });
    }

    /// An App's installation: its JWT gets tokens that act as `login` (`name[bot]`), with push right.
    pub fn add_installation(&self, app: u64, installation: u64, login: &str) {
        self.add_user(app.saturating_add(2_000_000), login);
        self.set_push(login, true);
        self.world.change(|world| {
            world.installations.insert(installation, Installation { app, login: login.to_owned() });
        });
    }

    /// All tokens become worthless (401 Bad credentials); installations can get new ones.
    pub fn revoke_tokens(&self) {
        self.world.change(|world| world.tokens.clear());
    }

    /// Changes a repository: private, archived, without issues.
    pub fn change_repository(&self, id: u64, change: impl FnOnce(&mut Repository)) {
        self.world.change(|world| {
            if let Some(repository) = world.repositories.get_mut(&id) {
                change(repository);
            }
        });
    }

    /// Renames a repository; under its old name it answers 301 (307 to anything but GET) from now on.
    pub fn rename(&self, id: u64, owner: &str, name: &str) {
        self.world.change(|world| {
            if let Some(repository) = world.repositories.get_mut(&id) {
                world.moved.insert(repository.full_name().to_lowercase(), id);
                owner.clone_into(&mut repository.owner);
                name.clone_into(&mut repository.name);
            }
        });
    }

    /// The repository is deleted and another one made under its name: empty, with another id.
    pub fn replace_repository(&self, id: u64, new_id: u64) {
        self.world.change(|world| {
            if let Some(old) = world.repositories.remove(&id) {
                let issues = Default::default();
                let new = Repository { id: new_id, issues, labels: Vec::new(), next_number: 1, ..old };
                world.repositories.insert(new_id, new);
                world.main = if world.main == id { new_id } else { world.main };
            }
        });
    }

    /// The switches for what goes wrong.
    pub fn faults(&self) -> Faults {
        Faults(self.world.clone())
    }

    /// The rules that the client broke: routes that do not exist, unknown fields and parameters, missing headers.
    pub fn violations(&self) -> Vec<String> {
        self.world.look(|world| world.record.violations.clone())
    }

    /// All requests so far, in order; status 0: the reply did not arrive whole and at once.
    pub fn requests(&self) -> Vec<Met> {
        self.world.look(|world| world.record.met.clone())
    }

    /// All issues of the main repository, by number.
    pub fn issues(&self) -> Vec<Issue> {
        self.world.look(|world| {
            world.main_repository().map(|r| r.issues.values().cloned().collect()).unwrap_or_default()
        })
    }

    /// One issue of the main repository.
    pub fn issue(&self, number: u64) -> Option<Issue> {
        self.world.look(|world| world.main_repository()?.issues.get(&number).cloned())
    }

    /// The comments of an issue, in order.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.issue(number).map(|issue| issue.comments).unwrap_or_default()
    }

    /// The labels of the main repository, in order of creation.
    pub fn labels(&self) -> Vec<Label> {
        self.world.look(|world| world.main_repository().map(|repo| repo.labels.clone()).unwrap_or_default())
    }

    /// The advisories of a repository as they would be answered.
    pub fn advisories(&self, id: u64) -> Vec<Value> {
        self.world
            .look(|world| world.repositories.get(&id).map(|repo| repo.advisories.clone()).unwrap_or_default())
    }

    /// The issue with its comments as Markdown, as GitHub would hold it; empty when there is no such issue.
    pub fn as_markdown(&self, number: u64) -> String {
        self.issue(number).map(|issue| shape::markdown(&issue)).unwrap_or_default()
    }

    /// Waits until the main repository satisfies `look`; `None` when `limit` ran out.
    pub async fn wait_for<R>(
        &self,
        limit: Duration,
        mut look: impl FnMut(&Repository) -> Option<R>,
    ) -> Option<R> {
        tokio::time::timeout(limit, self.world.wait(|world| look(world.main_repository()?))).await.ok()
    }

    fn touch(&self, number: u64, change: impl FnOnce(&mut Issue)) -> bool {
        let at = second((self.now)());
        self.world.change(|world| {
            let issue = world.main_repository_mut().and_then(|repo| repo.issues.get_mut(&number));
            issue.is_some_and(|issue| {
                change(issue);
                issue.updated_at = at;
                true
            })
        })
    }

    /// A person edits the body of an issue; `false` when there is no such issue.
    pub fn set_user_edit(&self, number: u64, body: &str) -> bool {
        self.touch(number, |issue| body.clone_into(&mut issue.body))
    }

    /// The author's account goes away (`user: null`); `false` when there is no such issue.
    pub fn ghost(&self, number: u64) -> bool {
        self.touch(number, |issue| issue.author = None)
    }

    /// Somebody comments; the comment's id, or `None` when there is no such issue. The account is made when it is missing.
    pub fn add_comment_as(&self, login: &str, number: u64, body: &str) -> Option<u64> {
        let id = self.world.change(World::id);
        self.add_user(id, login);
        let at = second((self.now)());
        let comment = Comment {
            id,
            author: Some(login.to_owned()),
            body: body.to_owned(),
            created_at: at,
            updated_at: at,
            through_app: false,
            unlisted: self.world.look(|world| world.record.list_lag),
        };
        self.touch(number, |issue| issue.comments.push(comment)).then_some(id)
    }

    /// Somebody opens an issue in the main repository; its number. The account is made when it is missing.
    pub fn add_issue_as(&self, login: &str, title: &str, body: &str) -> Option<u64> {
        let id = self.world.change(World::id);
        self.add_user(id, login);
        let at = second((self.now)());
        self.world.change(|world| {
            let repo = world.main_repository_mut()?;
            let number = repo.next_number;
            repo.next_number = number.saturating_add(1);
            let issue = Issue {
                id,
                number,
                title: title.to_owned(),
                body: body.to_owned(),
                open: true,
                state_reason: None,
                labels: Default::default(),
                assignees: Default::default(),
                author: Some(login.to_owned()),
                comments: Vec::new(),
                deeds: Vec::new(),
                locked: false,
                lock_reason: None,
                created_at: at,
                updated_at: at,
                closed_at: None,
                edits: Vec::new(),
                unlisted: 0,
            };
            repo.issues.insert(number, issue);
            Some(number)
        })
    }
}
