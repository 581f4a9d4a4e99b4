//! What was done to an issue, in order, its comments among it.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::route::{Call, Outcome, not_found};
use super::state::{Deed, Issue, World};
use super::{lists, shape};

/// Answers the timeline of an issue.
pub(super) fn answer(world: &mut World, call: &Call<'_>, repo: u64, number: u64) -> Outcome {
    if call.asked.method != Method::GET {
        return Err(world.unmatched(call.asked));
    }
    world.parameters(call.asked, &["per_page", "page"])?;
    let held = world.repositories.get(&repo).ok_or_else(not_found)?;
    let issue = held.issues.get(&number).ok_or_else(not_found)?;
    let mut items: Vec<(Timestamp, u64, Value)> = Vec::new();
    for comment in &issue.comments {
        let mut shaped = shape::comment(world, held, number, comment);
        if let Some(fields) = shaped.as_object_mut() {
            let nobody = "ghost".to_owned();
            let author = shape::user(world, comment.author.as_ref().unwrap_or(&nobody));
            fields.insert("event".to_owned(), json!("commented"));
            fields.insert("actor".to_owned(), author.clone());
            fields.insert("user".to_owned(), author);
        }
        items.push((comment.created_at, comment.id, shaped));
    }
    items.extend(issue.deeds.iter().map(|deed| (deed.at, deed.id, shape::deed(world, held, deed))));
    items.sort_by_key(|(at, id, _)| (*at, *id));
    let items = items.into_iter().map(|(_, _, item)| item).collect();
    lists::page(world, call.asked, repo, &format!("/issues/{number}/timeline"), items)
}

/// Assigns an issue, or takes it from somebody, and notes it; nothing where it stands so already.
pub(super) fn assign(issue: &mut Issue, id: u64, actor: &str, login: &str, add: bool, at: Timestamp) {
    let changed = if add { issue.assignees.insert(login.to_owned()) } else { issue.assignees.remove(login) };
    if changed {
        let event = if add { "assigned" } else { "unassigned" };
        let (actor, assignee) = (actor.to_owned(), Some(login.to_owned()));
        issue.deeds.push(Deed { id, event, actor, assignee, at, through_app: false });
    }
}
