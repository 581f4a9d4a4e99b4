//! Labels and assignees.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value};

use super::issues::{issue_mut, text, writable};
use super::route::{Call, Outcome, Place, invalid, not_found, refusal};
use super::state::{Label, World, second};
use super::{lists, shape, timeline};
use crate::practice::web::Reply;

/// Answers what concerns labels and assignees.
pub(super) fn answer(world: &mut World, call: &Call<'_>, repo: u64, place: &Place) -> Outcome {
    match (call.asked.method.clone(), place) {
        (Method::GET, Place::Labels) => list(world, call, repo),
        (Method::POST, Place::Labels) => create(world, call, repo),
        (Method::GET, Place::Label(name)) => {
            world.parameters(call.asked, &[])?;
            read(world, repo, name, 200)
        }
        (Method::PATCH, Place::Label(name)) => update(world, call, repo, name),
        (Method::GET, Place::IssueLabels(number)) => of_issue(world, repo, *number),
        (Method::POST, Place::IssueLabels(number)) => put(world, call, repo, *number, false),
        (Method::PUT, Place::IssueLabels(number)) => put(world, call, repo, *number, true),
        (Method::DELETE, Place::IssueLabel(number, name)) => remove(world, call, repo, *number, name),
        (Method::POST, Place::Assignees(number)) => assign(world, call, repo, *number, true),
        (Method::DELETE, Place::Assignees(number)) => assign(world, call, repo, *number, false),
        (Method::GET, Place::Assignable(login)) => {
            if world.users.values().any(|user| user.login.eq_ignore_ascii_case(login)) {
                Ok(Reply::empty(204))
            } else {
                Err(not_found())
            }
        }
        _ => Err(world.unmatched(call.asked)),
    }
}

/// A list of names: texts, or objects with a `name`.
pub(super) fn names(fields: &Map<String, Value>, field: &str) -> Result<BTreeSet<String>, Reply> {
    let list = match fields.get(field) {
        None | Some(Value::Null) => return Ok(BTreeSet::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(invalid(field)),
    };
    let name = |item: &Value| item.as_str().or_else(|| item.get("name")?.as_str()).map(str::to_owned);
    list.iter().map(|item| name(item).ok_or_else(|| invalid(field))).collect()
}

/// Makes the labels that are missing, as GitHub does when an issue names them.
pub(super) fn ensure(world: &mut World, repo: u64, wanted: &BTreeSet<String>) {
    for name in wanted {
        let id = world.id();
        if let Some(repo) = world.repositories.get_mut(&repo)
            && repo.label(name).is_none()
        {
            repo.labels.push(Label { id, name: name.clone(), color: "ededed".to_owned(), description: None });
        }
    }
}

fn pushing(world: &World, call: &Call<'_>) -> Result<(), Reply> {
    if world.pushers.contains(&call.who) { Ok(()) } else { Err(refusal(403, "Must have push access")) }
}

fn read(world: &World, repo: u64, name: &str, status: u16) -> Outcome {
    let repo = world.repositories.get(&repo).ok_or_else(not_found)?;
    let label = repo.label(name).ok_or_else(not_found)?;
    Ok(Reply::json(status, shape::label(world, repo, label)))
}

fn list(world: &mut World, call: &Call<'_>, repo: u64) -> Outcome {
    world.parameters(call.asked, &["per_page", "page"])?;
    let held = world.repositories.get(&repo).ok_or_else(not_found)?;
    let items = held.labels.iter().map(|label| shape::label(world, held, label)).collect();
    lists::page(world, call.asked, repo, "/labels", items)
}

fn color(fields: &Map<String, Value>) -> Result<Option<String>, Reply> {
    let color = text(fields, "color")?;
    match color {
        Some(color) if color.len() != 6 || !color.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Err(invalid("color"))
        }
        color => Ok(color),
    }
}

fn description(fields: &Map<String, Value>) -> Result<Option<String>, Reply> {
    match text(fields, "description")? {
        Some(text) if text.chars().count() > 100 => {
            Err(invalid("description is too long (maximum is 100 characters)"))
        }
        text => Ok(text),
    }
}

fn create(world: &mut World, call: &Call<'_>, repo: u64) -> Outcome {
    let fields = world.fields(call.asked, &["name", "color", "description"])?;
    pushing(world, call)?;
    let name = text(&fields, "name")?.filter(|name| !name.is_empty()).ok_or_else(|| invalid("name"))?;
    let (color, description) =
        (color(&fields)?.unwrap_or_else(|| "ededed".to_owned()), description(&fields)?);
    let id = world.id();
    let held = writable(world, repo)?;
    if held.label(&name).is_some() {
        return Err(invalid("already_exists"));
    }
    held.labels.push(Label { id, name: name.clone(), color, description });
    read(world, repo, &name, 201)
}

fn update(world: &mut World, call: &Call<'_>, repo: u64, name: &str) -> Outcome {
    let fields = world.fields(call.asked, &["color", "description"])?;
    pushing(world, call)?;
    let (color, description) = (color(&fields)?, description(&fields)?);
    let held = writable(world, repo)?;
    let label =
        held.labels.iter_mut().find(|label| label.name.eq_ignore_ascii_case(name)).ok_or_else(not_found)?;
    label.color = color.unwrap_or_else(|| label.color.clone());
    label.description = description.or_else(|| label.description.clone());
    read(world, repo, name, 200)
}

fn of_issue(world: &World, repo: u64, number: u64) -> Outcome {
    let repo = world.repositories.get(&repo).ok_or_else(not_found)?;
    let issue = repo.issues.get(&number).ok_or_else(not_found)?;
    Ok(Reply::json(200, shape::labels(world, repo, issue)))
}

fn put(world: &mut World, call: &Call<'_>, repo: u64, number: u64, replace: bool) -> Outcome {
    let fields = world.fields(call.asked, &["labels"])?;
    let wanted = names(&fields, "labels")?;
    if wanted.is_empty() && !replace {
        return Err(invalid("labels"));
    }
    pushing(world, call)?;
    issue_mut(world, repo, number)?;
    ensure(world, repo, &wanted);
    let issue = issue_mut(world, repo, number)?;
    if replace {
        issue.labels.clear();
    }
    issue.labels.extend(wanted);
    issue.updated_at = second(call.now);
    of_issue(world, repo, number)
}

fn remove(world: &mut World, call: &Call<'_>, repo: u64, number: u64, name: &str) -> Outcome {
    pushing(world, call)?;
    let issue = issue_mut(world, repo, number)?;
    let before = issue.labels.len();
    issue.labels.retain(|label| !label.eq_ignore_ascii_case(name));
    if issue.labels.len() == before {
        return Err(refusal(404, "Label does not exist"));
    }
    issue.updated_at = second(call.now);
    of_issue(world, repo, number)
}

fn assign(world: &mut World, call: &Call<'_>, repo: u64, number: u64, add: bool) -> Outcome {
    let fields = world.fields(call.asked, &["assignees"])?;
    let mut logins = names(&fields, "assignees")?;
    // Who cannot be assigned is left out without a word.
    logins.retain(|login| world.users.contains_key(login));
    pushing(world, call)?;
    for login in logins {
        let id = world.id();
        timeline::assign(issue_mut(world, repo, number)?, id, &call.who, &login, add, second(call.now));
    }
    issue_mut(world, repo, number)?.updated_at = second(call.now);
    let repo = world.repositories.get(&repo).ok_or_else(not_found)?;
    let issue = repo.issues.get(&number).ok_or_else(not_found)?;
    Ok(Reply::json(if add { 201 } else { 200 }, shape::issue(world, repo, issue)))
}
