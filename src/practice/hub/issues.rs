//! Issues: create, list, read, change, lock.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value};

use super::labels::{ensure, names};
use super::route::{Call, Outcome, Place, invalid, not_found, refusal};
use super::state::{Deed, Issue, Repository, World, second};
use super::{lists, shape};
use crate::practice::web::Reply;

/// What a body may hold, in UTF-8 bytes (measured by others in September 2026; the error text still speaks of 65,536 characters).
pub const MAX_BODY_BYTES: usize = 262_144;
/// What a title may hold, in characters.
const MAX_TITLE: usize = 256;

/// Answers what concerns an issue as a whole.
pub(super) fn answer(world: &mut World, call: &Call<'_>, repo: u64, place: &Place) -> Outcome {
    let method = call.asked.method.clone();
    match (method, place) {
        (Method::GET, Place::Issues) => list(world, call, repo),
        (Method::POST, Place::Issues) => create(world, call, repo),
        (Method::GET, Place::Issue(number)) => {
            world.parameters(call.asked, &[])?;
            read(world, repo, *number, 200)
        }
        (Method::PATCH, Place::Issue(number)) => update(world, call, repo, *number),
        (Method::PUT, Place::Lock(number)) => lock(world, call, repo, *number, true),
        (Method::DELETE, Place::Lock(number)) => lock(world, call, repo, *number, false),
        _ => Err(world.unmatched(call.asked)),
    }
}

/// The repository, if it can be written to and has issues.
pub(super) fn writable(world: &mut World, repo: u64) -> Result<&mut Repository, Reply> {
    let repo = world.repositories.get_mut(&repo).ok_or_else(not_found)?;
    if repo.archived {
        return Err(refusal(403, "Repository was archived so is read-only."));
    }
    if !repo.has_issues {
        return Err(refusal(410, "Issues has been disabled in this repository."));
    }
    Ok(repo)
}

/// The issue of that number, for change.
pub(super) fn issue_mut(world: &mut World, repo: u64, number: u64) -> Result<&mut Issue, Reply> {
    writable(world, repo)?.issues.get_mut(&number).ok_or_else(not_found)
}

fn read(world: &World, repo: u64, number: u64, status: u16) -> Outcome {
    let repo = world.repositories.get(&repo).ok_or_else(not_found)?;
    let issue = repo.issues.get(&number).ok_or_else(not_found)?;
    Ok(Reply::json(status, shape::issue(world, repo, issue)))
}

/// A text field: `None` when it is not there, an empty text when it is null.
pub(super) fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, Reply> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(String::new())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(name)),
    }
}

fn title(fields: &Map<String, Value>) -> Result<Option<String>, Reply> {
    match text(fields, "title")? {
        Some(title) if title.trim().is_empty() => Err(invalid("title can't be blank")),
        Some(title) if title.chars().count() > MAX_TITLE => {
            Err(invalid("title is too long (maximum is 256 characters)"))
        }
        title => Ok(title),
    }
}

/// A body within the limit.
pub(super) fn body(fields: &Map<String, Value>) -> Result<Option<String>, Reply> {
    match text(fields, "body")? {
        Some(body) if body.len() > MAX_BODY_BYTES => {
            Err(invalid("body is too long (maximum is 65536 characters)"))
        }
        body => Ok(body),
    }
}

fn create(world: &mut World, call: &Call<'_>, repo: u64) -> Outcome {
    let fields = world.fields(call.asked, &["title", "body", "labels", "assignees"])?;
    writable(world, repo)?;
    let title = title(&fields)?.ok_or_else(|| invalid("title is missing"))?;
    let body = body(&fields)?.unwrap_or_default();
    let (mut labels, mut assignees) = (names(&fields, "labels")?, names(&fields, "assignees")?);
    if !world.pushers.contains(&call.who) {
        // GitHub says nothing about it.
        labels.clear();
        assignees.clear();
    }
    assignees.retain(|login| world.users.contains_key(login));
    ensure(world, repo, &labels);
    let (id, at, unlisted) = (world.id(), second(call.now), world.record.list_lag);
    let held = writable(world, repo)?;
    let number = held.next_number;
    held.next_number = number.saturating_add(1);
    let issue = Issue {
        id,
        number,
        title,
        body,
        open: true,
        state_reason: None,
        labels,
        assignees,
        author: Some(call.who.clone()),
        comments: Vec::new(),
        deeds: Vec::new(),
        locked: false,
        lock_reason: None,
        created_at: at,
        updated_at: at,
        closed_at: None,
        edits: Vec::new(),
        unlisted,
    };
    held.issues.insert(number, issue);
    read(world, repo, number, 201)
}

fn update(world: &mut World, call: &Call<'_>, repo: u64, number: u64) -> Outcome {
    let fields =
        world.fields(call.asked, &["title", "body", "state", "state_reason", "labels", "assignees"])?;
    issue_mut(world, repo, number)?;
    let push = world.pushers.contains(&call.who);
    let author = issue_mut(world, repo, number)?.author.as_deref() == Some(call.who.as_str());
    if !push && !author {
        return Err(refusal(403, "Must have push access or be the author"));
    }
    let title = title(&fields)?;
    let mut body = text(&fields, "body")?;
    let state = text(&fields, "state")?;
    if state.as_deref().is_some_and(|state| !["open", "closed"].contains(&state)) {
        return Err(invalid("state"));
    }
    let reason = text(&fields, "state_reason")?.filter(|reason| !reason.is_empty());
    if reason.as_deref().is_some_and(|r| !["completed", "not_planned", "duplicate", "reopened"].contains(&r))
    {
        return Err(invalid("state_reason"));
    }
    let keep = body.is_some() && world.record.keep_on_patch > 0;
    if keep {
        world.record.keep_on_patch = world.record.keep_on_patch.saturating_sub(1);
    }
    // Too large a body is answered 200 and not kept, as GitHub does.
    body = body.filter(|body| !keep && body.len() <= MAX_BODY_BYTES);
    let labels =
        fields.contains_key("labels").then(|| names(&fields, "labels")).transpose()?.filter(|_| push);
    let assignees = fields.contains_key("assignees").then(|| names(&fields, "assignees")).transpose()?;
    let assignees = assignees.filter(|_| push).map(|mut logins| {
        logins.retain(|login| world.users.contains_key(login));
        logins
    });
    ensure(world, repo, labels.as_ref().unwrap_or(&BTreeSet::new()));
    let (at, id) = (second(call.now), world.id());
    let issue = issue_mut(world, repo, number)?;
    issue.title = title.unwrap_or_else(|| issue.title.clone());
    if let Some(body) = body.as_ref().filter(|body| **body != issue.body) {
        let earlier = std::mem::replace(&mut issue.body, body.clone());
        issue.edits.push((at, call.who.clone(), earlier));
    }
    issue.body = body.unwrap_or_else(|| issue.body.clone());
    issue.labels = labels.unwrap_or_else(|| issue.labels.clone());
    issue.assignees = assignees.unwrap_or_else(|| issue.assignees.clone());
    if let Some(state) = state {
        let open = state == "open";
        let default = if open { "reopened" } else { "completed" };
        if issue.open != open {
            let event = if open { "reopened" } else { "closed" };
            issue.deeds.push(Deed {
                id,
                event,
                actor: call.who.clone(),
                assignee: None,
                at,
                through_app: false,
            });
            issue.state_reason = Some(reason.unwrap_or_else(|| default.to_owned()));
        }
        issue.open = open;
        issue.closed_at = (!open).then_some(at);
    }
    issue.updated_at = at;
    read(world, repo, number, 200)
}

fn list(world: &mut World, call: &Call<'_>, repo: u64) -> Outcome {
    let asked = call.asked;
    world.parameters(
        asked,
        &["state", "labels", "since", "sort", "direction", "creator", "assignee", "per_page", "page"],
    )?;
    let state = lists::word(asked, "state", &["open", "closed", "all"])?;
    let sort = lists::word(asked, "sort", &["created", "updated", "comments"])?;
    let direction = lists::word(asked, "direction", &["desc", "asc"])?;
    let since = lists::since(asked)?;
    let labels: Vec<&str> = asked.query("labels").map(|text| text.split(',').collect()).unwrap_or_default();
    let matches = |issue: &Issue| {
        (state == "all" || issue.open == (state == "open"))
            && since.is_none_or(|since| issue.updated_at >= since)
            && labels.iter().all(|label| issue.labels.iter().any(|held| held.eq_ignore_ascii_case(label)))
            && asked.query("creator").is_none_or(|creator| issue.author.as_deref() == Some(creator))
            && asked.query("assignee").is_none_or(|login| issue.assignees.contains(login))
    };
    let held = world.repositories.get_mut(&repo).ok_or_else(not_found)?;
    let mut shown: Vec<u64> = Vec::new();
    for issue in held.issues.values_mut().filter(|issue| matches(issue)) {
        if issue.unlisted > 0 {
            issue.unlisted = issue.unlisted.saturating_sub(1);
        } else {
            shown.push(issue.number);
        }
    }
    let held = world.repositories.get(&repo).ok_or_else(not_found)?;
    let mut issues: Vec<&Issue> = shown.iter().filter_map(|number| held.issues.get(number)).collect();
    match sort {
        "updated" => issues.sort_by_key(|issue| (issue.updated_at, issue.number)),
        "comments" => issues.sort_by_key(|issue| (issue.comments.len(), issue.number)),
        _ => issues.sort_by_key(|issue| (issue.created_at, issue.number)),
    }
    if direction == "desc" {
        issues.reverse();
    }
    let items = issues.into_iter().map(|issue| shape::issue(world, held, issue)).collect();
    lists::page(world, asked, repo, "/issues", items)
}

fn lock(world: &mut World, call: &Call<'_>, repo: u64, number: u64, locked: bool) -> Outcome {
    let reason = if locked && !call.asked.body.is_empty() && call.asked.json != Some(Value::Null) {
        text(&world.fields(call.asked, &["lock_reason"])?, "lock_reason")?
    } else {
        None
    };
    if reason.as_deref().is_some_and(|r| !["off-topic", "too heated", "resolved", "spam"].contains(&r)) {
        return Err(invalid("lock_reason"));
    }
    if !world.pushers.contains(&call.who) {
        return Err(refusal(403, "Must have push access to lock"));
    }
    let issue = issue_mut(world, repo, number)?;
    issue.locked = locked;
    issue.lock_reason = reason;
    Ok(Reply::empty(204))
}
