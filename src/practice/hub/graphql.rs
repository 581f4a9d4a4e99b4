//! The few questions and orders in `GraphQL` that the daemon has: an issue's earlier texts, whether it can be deleted, its deletion.

use http::Method;
use serde_json::{Map, Value, json};

use super::route::{Call, Outcome, refusal};
use super::state::{Issue, World};
use crate::practice::web::Reply;

/// Which of them it is.
enum Asked {
    Edits,
    MayDelete,
    Delete,
}

/// Answers one of them; anything else is a violation.
pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Outcome {
    if call.asked.method != Method::POST {
        return Err(world.unmatched(call.asked));
    }
    let fields = world.fields(call.asked, &["query", "variables"])?;
    let text = fields.get("query").and_then(Value::as_str).unwrap_or_default();
    let has = |word: &str| text.contains(word);
    let asked = match (has("mutation"), has("deleteIssue"), has("viewerCanDelete"), has("userContentEdits")) {
        (true, true, false, false) => Asked::Delete,
        (false, false, true, false) => Asked::MayDelete,
        (false, false, false, true) => Asked::Edits,
        _other => {
            world.violation(call.asked, "no such question in GraphQL");
            return Err(refusal(400, "Problems parsing JSON"));
        }
    };
    let variables = fields.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    if variables.keys().any(|name| name != "id") {
        world.violation(call.asked, "unknown variable");
        return Err(refusal(400, "unknown variable"));
    }
    Ok(Reply::json(200, said(world, call, &asked, &variables)))
}

/// An error as `GraphQL` tells it: status 200.
fn fault(kind: &str, message: &str) -> Value {
    json!({ "data": null, "errors": [{ "type": kind, "message": message, "path": ["node"] }] })
}

fn said(world: &mut World, call: &Call<'_>, asked: &Asked, variables: &Map<String, Value>) -> Value {
    let id = variables.get("id").and_then(Value::as_str).unwrap_or_default();
    let number = id.strip_prefix("I_").and_then(|id| id.parse::<u64>().ok());
    let found = world.repositories.values().find_map(|repo| {
        let issue = repo.issues.values().find(|issue| Some(issue.id) == number)?;
        Some((repo.id, issue.clone()))
    });
    let Some((repo, issue)) = found else {
        return fault("NOT_FOUND", "Could not resolve to a node with the global id");
    };
    let may = world.deleters.contains(&call.who);
    match asked {
        Asked::MayDelete => json!({ "data": { "node": { "viewerCanDelete": may } } }),
        Asked::Edits => json!({ "data": { "node": edits(&issue) } }),
        Asked::Delete if !may => {
            fault("FORBIDDEN", "The viewer does not have permission to delete this issue")
        }
        Asked::Delete => {
            if let Some(repo) = world.repositories.get_mut(&repo) {
                repo.issues.remove(&issue.number);
                repo.deleted.insert(issue.number);
            }
            json!({ "data": { "deleteIssue": { "clientMutationId": null } } })
        }
    }
}

fn edits(issue: &Issue) -> Value {
    let nodes = issue.edits.iter().map(|(at, login, earlier)| {
        json!({ "editedAt": at.to_string(), "deletedAt": null, "diff": earlier, "editor": { "login": login } })
    });
    let comments =
        issue.comments.iter().take(100).map(
            |comment| json!({ "id": format!("IC_{}", comment.id), "userContentEdits": { "nodes": [] } }),
        );
    json!({
        "userContentEdits": { "nodes": nodes.collect::<Vec<_>>() },
        "comments": { "nodes": comments.collect::<Vec<_>>() },
    })
}
