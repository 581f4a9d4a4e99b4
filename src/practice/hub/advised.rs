//! What belongs to an advisory beside its text: rights, people, credits, the CVE id, the private fork, publishing.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};

use super::advisories::{merge, replace, visible};
use super::route::{Call, Outcome, invalid, not_found, refusal};
use super::state::{Repository, World, second};
use super::{Hub, shape};
use crate::case::assessment::Vector;
use crate::practice::web::Reply;

/// What GitHub lets an account do with advisories, each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// See drafts.
    See,
    /// Make drafts.
    Create,
    /// Change them.
    Update,
    /// Let people in.
    People,
    /// Credit people.
    Credit,
    /// Ask for a CVE id.
    Cve,
    /// Begin a private fork.
    Fork,
    /// Publish.
    Publish,
}

/// 403 or 404 for want of a right.
pub(super) fn allowed(world: &World, right: Right) -> Result<(), Reply> {
    match world.denied.get(&right) {
        None => Ok(()),
        Some(404) => Err(not_found()),
        Some(_) => Err(refusal(403, "Resource not accessible by integration")),
    }
}

/// An advisory that lists do not show yet.
pub(super) fn still_unlisted(unlisted: &mut BTreeMap<String, u32>, advisory: &Value) -> bool {
    let ghsa = advisory.get("ghsa_id").and_then(Value::as_str).unwrap_or_default();
    let Some(left) = unlisted.get_mut(ghsa).filter(|left| **left > 0) else { return false };
    *left = left.saturating_sub(1);
    true
}

fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Vec<Value>> {
    fields.get(name).and_then(Value::as_array)
}

/// Whoever is thanked must have an account.
pub(super) fn check_credits(world: &World, fields: &Map<String, Value>) -> Result<(), Reply> {
    let Some(credits) = list(fields, "credits") else { return Ok(()) };
    allowed(world, Right::Credit)?;
    let login = |credit: &Value| credit.get("login").and_then(Value::as_str).unwrap_or_default().to_owned();
    let all = credits.iter().all(|credit| world.users.contains_key(&login(credit)));
    if all { Ok(()) } else { Err(invalid("credits: no such user")) }
}

/// Whoever is let in must have an account; a team must be there.
pub(super) fn check_people(world: &World, fields: &Map<String, Value>) -> Result<(), Reply> {
    let (users, teams) = (list(fields, "collaborating_users"), list(fields, "collaborating_teams"));
    if users.is_some() || teams.is_some() {
        allowed(world, Right::People)?;
    }
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let there = users.into_iter().flatten().all(|login| world.users.contains_key(&word(login)))
        && teams.into_iter().flatten().all(|slug| world.teams.contains(&word(slug)));
    if there { Ok(()) } else { Err(invalid("a collaborator is not there")) }
}

/// Which states follow on which.
pub(super) fn check_state(world: &World, advisory: &Value, to: &str) -> Result<(), Reply> {
    let from = advisory.get("state").and_then(Value::as_str).unwrap_or_default();
    if to == "published" {
        allowed(world, Right::Publish)?;
    }
    let goes = match to {
        "published" => matches!(from, "draft" | "published"),
        "draft" => matches!(from, "triage" | "draft" | "closed"),
        "closed" => matches!(from, "triage" | "draft" | "closed"),
        _ => return Err(invalid("state")),
    };
    if goes { Ok(()) } else { Err(invalid(&format!("Invalid state transition from `{from}` to `{to}`."))) }
}

/// Nothing is published that says nothing, or names no package.
pub(super) fn check_publishable(advisory: &Value) -> Result<(), Reply> {
    let said =
        |name: &str| advisory.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    let packages =
        advisory.get("vulnerabilities").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if said("summary") && said("description") && packages { Ok(()) } else { Err(invalid("not complete")) }
}

/// Enters a state. Publishing deletes the private fork.
pub(super) fn enter(held: &mut Map<String, Value>, state: &str, at: &Value) {
    let first = held.get("published_at").is_none_or(Value::is_null);
    held.insert("state".to_owned(), json!(state));
    if state == "published" && first {
        held.insert("published_at".to_owned(), at.clone());
        held.insert("private_fork".to_owned(), Value::Null);
    }
    if state == "closed" {
        held.insert("closed_at".to_owned(), at.clone());
    }
}

/// A vector gives the score and the severity.
pub(super) fn score(held: &mut Map<String, Value>, vector: &Value) {
    let read = vector.as_str().and_then(Vector::parse);
    let none = json!({ "vector_string": null, "score": null });
    let Some(read) = read else {
        held.insert("cvss".to_owned(), none.clone());
        held.insert("cvss_severities".to_owned(), json!({ "cvss_v3": none, "cvss_v4": none }));
        return;
    };
    let number: f64 = read.score().parse().unwrap_or_default();
    let scored = json!({ "vector_string": vector, "score": number });
    let four = read.to_string().starts_with("CVSS:4");
    let (v3, v4) = if four { (none, scored.clone()) } else { (scored.clone(), none) };
    held.insert("cvss".to_owned(), scored);
    held.insert("cvss_severities".to_owned(), json!({ "cvss_v3": v3, "cvss_v4": v4 }));
    held.insert("severity".to_owned(), json!(read.severity().word()));
}

/// What somebody said to their credit so far.
pub(super) fn answered(before: &Value, login: &str) -> Value {
    let mut all = before.as_array().into_iter().flatten();
    let same = |credit: &&Value| credit.pointer("/user/login").and_then(Value::as_str) == Some(login);
    all.find(same).and_then(|credit| credit.get("state")).cloned().unwrap_or_else(|| json!("pending"))
}

/// A `team`.
pub(super) fn team(world: &World, slug: &str) -> Value {
    let base = format!("{}/organizations/1/team/{slug}", world.base);
    json!({
        "id": 1, "node_id": format!("T_{slug}"), "name": slug, "slug": slug, "description": null,
        "privacy": "closed", "permission": "pull", "type": "organization", "organization_id": 1,
        "url": base, "html_url": format!("{}/orgs/o3de/teams/{slug}", world.base),
        "members_url": format!("{base}/members{{/member}}"), "repositories_url": format!("{base}/repos"),
        "parent": null,
    })
}

/// `POST .../cve`: 202, and the id comes when somebody assigns it.
pub(super) fn request_cve(world: &mut World, call: &Call<'_>, repo: u64, ghsa: &str) -> Outcome {
    let advisory = posted(world, call, repo, ghsa, Right::Cve)?;
    let ranged = |one: &Value| {
        one.get("vulnerable_version_range").and_then(Value::as_str).is_some_and(|range| !range.is_empty())
    };
    let packages = advisory.get("vulnerabilities").and_then(Value::as_array);
    if !packages.is_some_and(|all| all.iter().any(ranged)) {
        return Err(invalid("affected versions are needed for a CVE request"));
    }
    if advisory.get("cve_id").is_some_and(|id| !id.is_null()) {
        return Err(invalid("it has a CVE id"));
    }
    let times = world.cve_requests.entry(ghsa.to_owned()).or_default();
    *times = times.saturating_add(1);
    Ok(Reply::json(202, json!({})))
}

/// `POST .../forks`: 202; it is there within minutes.
pub(super) fn fork(world: &mut World, call: &Call<'_>, repo: u64, ghsa: &str) -> Outcome {
    let advisory = posted(world, call, repo, ghsa, Right::Fork)?;
    if advisory.get("private_fork").is_some_and(|fork| !fork.is_null()) || world.forking.contains(ghsa) {
        return Err(invalid("it has a private fork"));
    }
    let fork = forked(world, repo, ghsa)?;
    if world.slow_forks {
        world.forking.insert(ghsa.to_owned());
    } else {
        set_fork(world, repo, ghsa, &fork)?;
    }
    Ok(Reply::json(202, fork))
}

fn posted(world: &mut World, call: &Call<'_>, repo: u64, ghsa: &str, right: Right) -> Result<Value, Reply> {
    if call.asked.method != Method::POST {
        return Err(world.unmatched(call.asked));
    }
    if !call.asked.body.is_empty() {
        world.violation(call.asked, "a body where none belongs");
    }
    let advisory = visible(world, call, repo, ghsa)?;
    allowed(world, right)?;
    Ok(advisory)
}

fn forked(world: &mut World, repo: u64, ghsa: &str) -> Result<Value, Reply> {
    let id = world.id();
    let of = world.repositories.get(&repo).ok_or_else(not_found)?;
    let fork = Repository {
        id,
        owner: of.owner.clone(),
        name: format!("{}-{}", of.name, ghsa.to_lowercase()),
        private: true,
        archived: false,
        has_issues: false,
        issues: Default::default(),
        labels: Vec::new(),
        advisories: Vec::new(),
        files: Default::default(),
        created_at: of.created_at,
        deleted: Default::default(),
        next_number: 1,
    };
    Ok(shape::repository(world, &fork, true))
}

fn set_fork(world: &mut World, repo: u64, ghsa: &str, fork: &Value) -> Result<(), Reply> {
    let found = world.repositories.get(&repo).ok_or_else(not_found)?;
    let mut all = found.advisories.iter();
    let held = all.find(|one| one.get("ghsa_id").and_then(Value::as_str) == Some(ghsa));
    let mut advisory = held.ok_or_else(not_found)?.clone();
    if let Some(fields) = advisory.as_object_mut() {
        fields.insert("private_fork".to_owned(), fork.clone());
    }
    replace(world, repo, ghsa, &advisory)
}

impl Hub {
    /// From now on GitHub refuses that with this status (403 or 404); `None`: it is allowed again.
    pub fn deny(&self, right: Right, status: Option<u16>) {
        self.world.change(|world| match status {
            Some(status) => drop(world.denied.insert(right, status)),
            None => drop(world.denied.remove(&right)),
        });
    }

    /// A team of the organization, which can be let in.
    pub fn add_team(&self, slug: &str) {
        self.world.change(|world| world.teams.insert(slug.to_owned()));
    }

    /// How often a CVE id was asked for.
    pub fn cve_requests(&self, ghsa: &str) -> u32 {
        self.world.look(|world| world.cve_requests.get(ghsa).copied().unwrap_or_default())
    }

    /// From now on private forks are not there at once, or all that are being made are there.
    pub fn slow_forks(&self, slow: bool) {
        self.world.change(|world| {
            world.slow_forks = slow;
            if slow {
                return;
            }
            let repositories: Vec<u64> = world.repositories.keys().copied().collect();
            for ghsa in std::mem::take(&mut world.forking) {
                for repo in &repositories {
                    if let Ok(fork) = forked(world, *repo, &ghsa) {
                        // In the other repositories there is no such advisory.
                        let _made = set_fork(world, *repo, &ghsa, &fork);
                    }
                }
            }
        });
    }

    /// A person with every right changes an advisory on the website: the fields of an update, and `"fork": true`. `false` when
    /// there is no such one.
    pub fn edit_advisory(&self, repository: u64, ghsa: &str, fields: &Value) -> bool {
        let at = json!(second((self.now)()).to_string());
        self.world.change(|world| {
            let all =
                world.repositories.get(&repository).map(|repo| repo.advisories.clone()).unwrap_or_default();
            let named = |one: &Value| one.get("ghsa_id").and_then(Value::as_str) == Some(ghsa);
            let (Some(mut advisory), Some(given)) = (all.into_iter().find(named), fields.as_object()) else {
                return false;
            };
            let mut given = given.clone();
            let fork = given.remove("fork").is_some();
            let vulnerabilities = given.get("vulnerabilities").cloned();
            merge(world, &mut advisory, &given, vulnerabilities);
            let made = fork.then(|| forked(world, repository, ghsa).ok()).flatten();
            if let Some(held) = advisory.as_object_mut() {
                held.insert("updated_at".to_owned(), at.clone());
                made.map(|fork| held.insert("private_fork".to_owned(), fork));
                if let Some(state) = given.get("state").and_then(Value::as_str) {
                    enter(held, state, &at);
                }
            }
            replace(world, repository, ghsa, &advisory).is_ok()
        })
    }

    /// Somebody accepts their credit, or does not; `false` when there is no such credit.
    pub fn answer_credit(&self, repository: u64, ghsa: &str, login: &str, accepts: bool) -> bool {
        let at = second((self.now)()).to_string();
        self.world.change(|world| {
            let advisories = world.repositories.get_mut(&repository).map(|repo| &mut repo.advisories);
            let mut held = advisories.into_iter().flatten();
            let Some(advisory) = held.find(|one| one.get("ghsa_id").and_then(Value::as_str) == Some(ghsa))
            else {
                return false;
            };
            let credits = advisory.get_mut("credits_detailed").and_then(Value::as_array_mut);
            let mut mine = credits.into_iter().flatten().filter_map(Value::as_object_mut).filter(|credit| {
                credit.get("user").and_then(|user| user.get("login")).and_then(Value::as_str) == Some(login)
            });
            let Some(credit) = mine.next() else { return false };
            credit.insert("state".to_owned(), json!(if accepts { "accepted" } else { "declined" }));
            advisory.as_object_mut().map(|fields| fields.insert("updated_at".to_owned(), json!(at)));
            true
        })
    }
}
