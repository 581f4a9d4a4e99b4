//! What people do in repositories other than the one for reports: issues, advisories, private vulnerability reports, files.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::advisories::{blank, ghsa};
use super::state::{Issue, World, second};
use super::{Hub, shape};

/// An issue that somebody opened.
#[derive(Debug, Clone)]
pub struct Opened<'a> {
    /// Login.
    pub by: &'a str,
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub body: &'a str,
    /// Names; those that are missing are made.
    pub labels: &'a [&'a str],
}

/// An advisory that somebody wrote.
#[derive(Debug, Clone)]
pub struct Advised<'a> {
    /// Login.
    pub by: &'a str,
    /// The address that the account shows, if any.
    pub email: Option<&'a str>,
    /// `triage`: a private vulnerability report; `draft`, `published`, `closed`.
    pub state: &'a str,
    /// One line.
    pub summary: &'a str,
    /// Markdown.
    pub description: &'a str,
}

impl Hub {
    /// Somebody opens an issue in that repository; its number.
    pub fn open_issue_in(&self, repository: u64, opened: &Opened<'_>) -> Option<u64> {
        let id = self.world.change(World::id);
        self.add_user(id, opened.by);
        let at = second((self.now)());
        self.world.change(|world| {
            let labels: std::collections::BTreeSet<String> =
                opened.labels.iter().map(|label| (*label).to_owned()).collect();
            super::labels::ensure(world, repository, &labels);
            let repo = world.repositories.get_mut(&repository)?;
            let number = repo.next_number;
            repo.next_number = number.saturating_add(1);
            let issue = Issue {
                id,
                number,
                title: opened.title.to_owned(),
                body: opened.body.to_owned(),
                open: true,
                state_reason: None,
                labels,
                assignees: Default::default(),
                author: Some(opened.by.to_owned()),
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

    /// Somebody writes an advisory, or reports one privately; its id.
    pub fn advise(&self, repository: u64, advised: &Advised<'_>) -> Option<String> {
        let id = self.world.change(World::id);
        self.add_user(id, advised.by);
        let at = second((self.now)()).to_string();
        self.world.change(|world| {
            let ghsa = ghsa(world.id());
            let mut author = shape::user(world, advised.by);
            if let (Some(fields), Some(email)) = (author.as_object_mut(), advised.email) {
                fields.insert("email".to_owned(), json!(email));
            }
            let repo = world.repositories.get(&repository)?;
            let mut advisory = blank(&world.base, repo, &ghsa, advised.state, author, &at);
            let fields = advisory.as_object_mut()?;
            fields.insert("summary".to_owned(), json!(advised.summary));
            fields.insert("description".to_owned(), json!(advised.description));
            fields.insert("vulnerabilities".to_owned(), json!([]));
            if advised.state == "triage" {
                fields.insert("submission".to_owned(), json!({ "accepted": false }));
            }
            if advised.state == "published" {
                fields.insert("published_at".to_owned(), json!(at));
            }
            world.repositories.get_mut(&repository)?.advisories.push(advisory);
            Some(ghsa)
        })
    }

    /// People work on an advisory: its state, its words. `false` when there is no such one.
    pub fn change_advisory(&self, repository: u64, ghsa: &str, field: &str, value: &Value) -> bool {
        let at: Timestamp = second((self.now)());
        self.world.change(|world| {
            let advisories = world.repositories.get_mut(&repository).map(|repo| &mut repo.advisories);
            let held = advisories.into_iter().flatten();
            let mut held = held.filter(|one| one.get("ghsa_id").and_then(Value::as_str) == Some(ghsa));
            let fields = held.next().and_then(Value::as_object_mut);
            fields.is_some_and(|fields| {
                fields.insert(field.to_owned(), value.clone());
                fields.insert("updated_at".to_owned(), json!(at.to_string()));
                true
            })
        })
    }

    /// All requests so far in full, each a line: method, path and query, body.
    pub fn heard(&self) -> Vec<String> {
        self.world.look(|world| world.record.heard.clone())
    }

    /// A text file of the main branch.
    pub fn add_file(&self, repository: u64, path: &str, text: &str) {
        self.change_repository(repository, |repo| {
            repo.files.insert(path.to_owned(), text.to_owned());
        });
    }
}
