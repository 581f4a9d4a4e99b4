//! The stand-in's replies in the shape of GitHub's OpenAPI description (version 2022-11-28), every required field filled.

use serde_json::{Map, Value, json};

use super::state::{Comment, Deed, Issue, Label, Repository, User, World};

/// A `simple-user`.
pub(super) fn user(world: &World, login: &str) -> Value {
    let id = world.users.get(login).map_or(0, |user| user.id);
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    let path = login.replace('[', "%5B").replace(']', "%5D");
    let base = format!("{}/users/{path}", world.base);
    json!({
        "login": login,
        "id": id,
        "node_id": format!("U_{id}"),
        "avatar_url": format!("{}/avatars/{id}", world.base),
        "gravatar_id": "",
        "url": base,
        "html_url": format!("{}/{path}", world.base),
        "followers_url": format!("{base}/followers"),
        "following_url": format!("{base}/following{{/other_user}}"),
        "gists_url": format!("{base}/gists{{/gist_id}}"),
        "starred_url": format!("{base}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{base}/subscriptions"),
        "organizations_url": format!("{base}/orgs"),
        "repos_url": format!("{base}/repos"),
        "events_url": format!("{base}/events{{/privacy}}"),
        "received_events_url": format!("{base}/received_events"),
        "type": kind,
        "site_admin": false,
    })
}

fn maybe_user(world: &World, login: Option<&String>) -> Value {
    login.map_or(Value::Null, |login| user(world, login))
}

/// A `public-user`: what `/user` and `/users/{login}` answer.
pub(super) fn account(world: &World, user: &User) -> Value {
    let mut account = self::user(world, &user.login);
    if let Some(fields) = account.as_object_mut() {
        let address = world.addresses.get(&user.login);
        for name in ["bio", "blog", "company", "email", "hireable", "location", "name"] {
            fields.insert(name.to_owned(), Value::Null);
        }
        fields.insert("email".to_owned(), json!(address));
        for name in ["followers", "following", "public_gists", "public_repos"] {
            fields.insert(name.to_owned(), json!(0));
        }
        for name in ["created_at", "updated_at"] {
            fields.insert(name.to_owned(), json!("2020-01-01T00:00:00Z"));
        }
    }
    account
}

fn api(world: &World, repo: &Repository) -> String {
    format!("{}/repos/{}/{}", world.base, repo.owner, repo.name)
}

/// A `label`.
pub(super) fn label(world: &World, repo: &Repository, label: &Label) -> Value {
    json!({
        "id": label.id,
        "node_id": format!("LA_{}", label.id),
        "url": format!("{}/labels/{}", api(world, repo), label.name.replace(' ', "%20")),
        "name": label.name,
        "color": label.color,
        "default": false,
        "description": label.description,
    })
}

/// The labels of an issue.
pub(super) fn labels(world: &World, repo: &Repository, issue: &Issue) -> Value {
    issue.labels.iter().filter_map(|name| repo.label(name)).map(|one| label(world, repo, one)).collect()
}

/// An `issue`.
pub(super) fn issue(world: &World, repo: &Repository, issue: &Issue) -> Value {
    let repository = api(world, repo);
    let url = format!("{repository}/issues/{}", issue.number);
    let assignees: Vec<Value> = issue.assignees.iter().map(|login| user(world, login)).collect();
    json!({
        "id": issue.id,
        "node_id": format!("I_{}", issue.id),
        "url": url,
        "repository_url": repository,
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": format!("{}/{}/issues/{}", world.base, repo.full_name(), issue.number),
        "number": issue.number,
        "state": if issue.open { "open" } else { "closed" },
        "state_reason": issue.state_reason,
        "title": issue.title,
        "body": issue.body,
        "user": maybe_user(world, issue.author.as_ref()),
        "labels": labels(world, repo, issue),
        "assignee": assignees.first(),
        "assignees": assignees,
        "milestone": null,
        "locked": issue.locked,
        "active_lock_reason": issue.lock_reason,
        "comments": issue.comments.len(),
        "closed_at": issue.closed_at.map(|at| at.to_string()),
        "created_at": issue.created_at.to_string(),
        "updated_at": issue.updated_at.to_string(),
        "author_association": "NONE",
    })
}

/// An `issue-comment`.
pub(super) fn comment(world: &World, repo: &Repository, number: u64, comment: &Comment) -> Value {
    let repository = api(world, repo);
    json!({
        "id": comment.id,
        "node_id": format!("IC_{}", comment.id),
        "url": format!("{repository}/issues/comments/{}", comment.id),
        "html_url": format!("{}/{}/issues/{number}#issuecomment-{}", world.base, repo.full_name(), comment.id),
        "issue_url": format!("{repository}/issues/{number}"),
        "body": comment.body,
        "user": maybe_user(world, comment.author.as_ref()),
        "created_at": comment.created_at.to_string(),
        "updated_at": comment.updated_at.to_string(),
        "author_association": "NONE",
        "performed_via_github_app": app(world, comment.through_app),
    })
}

/// A `nullable-integration`: the App that acted in a person's name, if one did.
pub(super) fn app(world: &World, acted: bool) -> Value {
    if !acted {
        return Value::Null;
    }
    json!({
        "id": 77,
        "slug": "helper",
        "node_id": "A_77",
        "owner": user(world, "helper-maker"),
        "name": "helper",
        "description": null,
        "external_url": "https://helper.example",
        "html_url": format!("{}/apps/helper", world.base),
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "permissions": { "issues": "write" },
        "events": [],
    })
}

/// An item of a timeline: a `timeline-assigned-issue-event`, `timeline-unassigned-issue-event` or `state-change-issue-event`.
pub(super) fn deed(world: &World, repo: &Repository, deed: &Deed) -> Value {
    let mut shaped = json!({
        "id": deed.id,
        "node_id": format!("E_{}", deed.id),
        "url": format!("{}/issues/events/{}", api(world, repo), deed.id),
        "actor": user(world, &deed.actor),
        "event": deed.event,
        "commit_id": null,
        "commit_url": null,
        "created_at": deed.at.to_string(),
        "performed_via_github_app": app(world, deed.through_app),
    });
    if let Some(fields) = shaped.as_object_mut() {
        match &deed.assignee {
            Some(login) => fields.insert("assignee".to_owned(), user(world, login)),
            None => fields.insert("state_reason".to_owned(), Value::Null),
        };
    }
    shaped
}

/// The fields of a repository that are nothing but addresses below it.
const REPOSITORY_URLS: &[(&str, &str)] = &[
    ("archive_url", "{/archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

const REPOSITORY_NO: &[&str] =
    &["disabled", "has_projects", "has_wiki", "has_pages", "has_discussions", "has_downloads", "fork"];
const REPOSITORY_NULL: &[&str] = &["description", "homepage", "language", "license", "mirror_url"];
const REPOSITORY_NONE: &[&str] = &[
    "forks",
    "forks_count",
    "size",
    "stargazers_count",
    "watchers",
    "watchers_count",
    "network_count",
    "subscribers_count",
];

/// A `full-repository`.
pub(super) fn repository(world: &World, repo: &Repository, push: bool) -> Value {
    let open = repo.issues.values().filter(|issue| issue.open).count();
    let full = repo.full_name();
    let web = format!("{}/{full}", world.base);
    let at = repo.created_at.to_string();
    let base = api(world, repo);
    let mut fields: Map<String, Value> = REPOSITORY_URLS
        .iter()
        .map(|(name, path)| ((*name).to_owned(), json!(format!("{base}{path}"))))
        .collect();
    fields.extend(REPOSITORY_NO.iter().map(|name| ((*name).to_owned(), json!(false))));
    fields.extend(REPOSITORY_NULL.iter().map(|name| ((*name).to_owned(), Value::Null)));
    fields.extend(REPOSITORY_NONE.iter().map(|name| ((*name).to_owned(), json!(0))));
    for (name, value) in [
        ("id", json!(repo.id)),
        ("node_id", json!(format!("R_{}", repo.id))),
        ("name", json!(repo.name)),
        ("full_name", json!(full)),
        ("owner", user(world, &repo.owner)),
        ("private", json!(repo.private)),
        ("visibility", json!(if repo.private { "private" } else { "public" })),
        ("archived", json!(repo.archived)),
        ("has_issues", json!(repo.has_issues)),
        ("html_url", json!(web)),
        ("clone_url", json!(format!("{web}.git"))),
        ("git_url", json!(format!("git:127.0.0.1/{full}.git"))),
        ("ssh_url", json!(format!("git@127.0.0.1:{full}.git"))),
        ("svn_url", json!(web)),
        ("default_branch", json!("main")),
        ("open_issues", json!(open)),
        ("open_issues_count", json!(open)),
        ("pushed_at", json!(at)),
        ("created_at", json!(at)),
        ("updated_at", json!(at)),
        ("permissions", json!({ "admin": false, "push": push, "pull": true })),
    ] {
        fields.insert(name.to_owned(), value);
    }
    Value::Object(fields)
}

/// The issue with its comments as a person would read it.
pub(super) fn markdown(issue: &Issue) -> String {
    let nobody = "ghost".to_owned();
    let author = issue.author.as_ref().unwrap_or(&nobody);
    let state = if issue.open { "open" } else { "closed" };
    let labels: Vec<&str> = issue.labels.iter().map(String::as_str).collect();
    let mut text =
        format!("# {} (#{})\n\n{state}, by {author}, {}", issue.title, issue.number, issue.created_at);
    if !labels.is_empty() {
        text.push_str(", labels: ");
        text.push_str(&labels.join(", "));
    }
    if !issue.assignees.is_empty() {
        let assignees: Vec<&str> = issue.assignees.iter().map(String::as_str).collect();
        text.push_str(", assigned: ");
        text.push_str(&assignees.join(", "));
    }
    text.push_str("\n\n");
    text.push_str(&issue.body);
    for comment in &issue.comments {
        let author = comment.author.as_ref().unwrap_or(&nobody);
        text.push_str(&format!("\n\n---\n\n**{author}**, {}:\n\n{}", comment.created_at, comment.body));
    }
    text.push('\n');
    text
}
