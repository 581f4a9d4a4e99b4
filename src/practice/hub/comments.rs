//! Comments: create, list, read, change, delete.

use http::Method;
use serde_json::Value;

use super::route::{Call, Outcome, Place, invalid, not_found, refusal};
use super::state::{Comment, World, second};
use super::{issues, lists, shape};
use crate::practice::web::Reply;

/// Answers what concerns comments.
pub(super) fn answer(world: &mut World, call: &Call<'_>, repo: u64, place: &Place) -> Outcome {
    match (call.asked.method.clone(), place) {
        (Method::GET, Place::Comments(number)) => list(world, call, repo, Some(*number)),
        (Method::GET, Place::AllComments) => list(world, call, repo, None),
        (Method::POST, Place::Comments(number)) => create(world, call, repo, *number),
        (Method::GET, Place::Comment(id)) => read(world, repo, *id, 200),
        (Method::PATCH, Place::Comment(id)) => update(world, call, repo, *id),
        (Method::DELETE, Place::Comment(id)) => delete(world, call, repo, *id),
        _ => Err(world.unmatched(call.asked)),
    }
}

fn read(world: &World, repo: u64, id: u64, status: u16) -> Outcome {
    let repo = world.repositories.get(&repo).ok_or_else(not_found)?;
    let (number, comment) = repo.comment(id).ok_or_else(not_found)?;
    Ok(Reply::json(status, shape::comment(world, repo, number, comment)))
}

fn create(world: &mut World, call: &Call<'_>, repo: u64, number: u64) -> Outcome {
    let fields = world.fields(call.asked, &["body"])?;
    let push = world.pushers.contains(&call.who);
    let locked = issues::issue_mut(world, repo, number)?.locked;
    if locked && !push {
        return Err(refusal(403, "Unable to create comment because issue is locked."));
    }
    let body = issues::body(&fields)?.filter(|body| !body.trim().is_empty());
    let body = body.ok_or_else(|| invalid("body can't be blank"))?;
    let (id, at, unlisted) = (world.id(), second(call.now), world.record.list_lag);
    let issue = issues::issue_mut(world, repo, number)?;
    let author = Some(call.who.clone());
    issue.comments.push(Comment {
        id,
        author,
        body,
        created_at: at,
        updated_at: at,
        through_app: false,
        unlisted,
    });
    issue.updated_at = at;
    read(world, repo, id, 201)
}

fn update(world: &mut World, call: &Call<'_>, repo: u64, id: u64) -> Outcome {
    let fields = world.fields(call.asked, &["body"])?;
    let body = issues::body(&fields)?.ok_or_else(|| invalid("body is missing"))?;
    let at = second(call.now);
    let push = world.pushers.contains(&call.who);
    let held = issues::writable(world, repo)?;
    let (number, comment) = held.comment_mut(id).ok_or_else(not_found)?;
    if !push && comment.author.as_deref() != Some(call.who.as_str()) {
        return Err(refusal(403, "Must have push access or be the author"));
    }
    if let Some(issue) = held.issues.get_mut(&number) {
        issue.updated_at = at;
    }
    let (_, comment) = held.comment_mut(id).ok_or_else(not_found)?;
    comment.body = body;
    comment.updated_at = at;
    read(world, repo, id, 200)
}

fn delete(world: &mut World, call: &Call<'_>, repo: u64, id: u64) -> Outcome {
    if !world.pushers.contains(&call.who) {
        return Err(refusal(403, "Must have push access"));
    }
    let held = issues::writable(world, repo)?;
    let (number, _) = held.comment(id).ok_or_else(not_found)?;
    if let Some(issue) = held.issues.get_mut(&number) {
        issue.comments.retain(|comment| comment.id != id);
    }
    Ok(Reply::empty(204))
}

fn list(world: &mut World, call: &Call<'_>, repo: u64, number: Option<u64>) -> Outcome {
    let asked = call.asked;
    let allowed: &[&str] = match number {
        Some(_) => &["since", "per_page", "page"],
        None => &["sort", "direction", "since", "per_page", "page"],
    };
    world.parameters(asked, allowed)?;
    let since = lists::since(asked)?;
    let sort = lists::word(asked, "sort", &["created", "updated"])?;
    // Of one issue they come in the order of creation.
    let direction =
        lists::word(asked, "direction", if number.is_some() { &["asc"] } else { &["desc", "asc"] })?;
    let held = world.repositories.get_mut(&repo).ok_or_else(not_found)?;
    if number.is_some_and(|number| !held.issues.contains_key(&number)) {
        return Err(not_found());
    }
    let mut shown: Vec<u64> = Vec::new();
    for issue in held.issues.values_mut().filter(|issue| number.is_none_or(|number| issue.number == number)) {
        for comment in issue.comments.iter_mut().filter(|c| since.is_none_or(|since| c.updated_at >= since)) {
            if comment.unlisted > 0 {
                comment.unlisted = comment.unlisted.saturating_sub(1);
            } else {
                shown.push(comment.id);
            }
        }
    }
    let held = world.repositories.get(&repo).ok_or_else(not_found)?;
    let mut comments: Vec<(u64, &Comment)> = shown.iter().filter_map(|id| held.comment(*id)).collect();
    comments.sort_by_key(|(_, c)| (if sort == "updated" { c.updated_at } else { c.created_at }, c.id));
    if direction == "desc" {
        comments.reverse();
    }
    let items: Vec<Value> =
        comments.into_iter().map(|(n, comment)| shape::comment(world, held, n, comment)).collect();
    let below =
        number.map_or_else(|| "/issues/comments".to_owned(), |number| format!("/issues/{number}/comments"));
    lists::page(world, asked, repo, &below, items)
}
