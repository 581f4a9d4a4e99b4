//! Repository security advisories: create, list, read, change, publish, by GitHub's rules.

use http::Method;
use serde_json::{Map, Value, json};

use super::advised::{self, Right};
use super::issues::text;
use super::lists;
use super::route::{Call, Outcome, Place, invalid, not_found, refusal};
use super::shape;
use super::state::{Repository, World, second};
use crate::case::assessment::Vector;
use crate::practice::web::Reply;

const CREATE: &[&str] = &[
    "summary",
    "description",
    "cve_id",
    "vulnerabilities",
    "cwe_ids",
    "credits",
    "severity",
    "cvss_vector_string",
    "start_private_fork",
];
const UPDATE: &[&str] = &[
    "summary",
    "description",
    "cve_id",
    "vulnerabilities",
    "cwe_ids",
    "credits",
    "severity",
    "cvss_vector_string",
    "state",
    "collaborating_users",
    "collaborating_teams",
];
const ECOSYSTEMS: &[&str] = &[
    "rubygems", "npm", "pip", "maven", "nuget", "composer", "go", "rust", "erlang", "actions", "pub",
    "other", "swift",
];

/// Answers what concerns advisories.
pub(super) fn answer(world: &mut World, call: &Call<'_>, repo: u64, place: &Place) -> Outcome {
    match (call.asked.method.clone(), place) {
        (Method::GET, Place::Advisories) => list(world, call, repo),
        (Method::POST, Place::Advisories) => create(world, call, repo),
        (Method::GET, Place::Advisory(ghsa)) => {
            world.parameters(call.asked, &[])?;
            let found = visible(world, call, repo, ghsa)?;
            Ok(Reply::json(200, found))
        }
        (Method::PATCH, Place::Advisory(ghsa)) => update(world, call, repo, ghsa),
        _ => Err(world.unmatched(call.asked)),
    }
}

fn find<'w>(world: &'w World, repo: u64, ghsa: &str) -> Result<&'w Value, Reply> {
    let repo = world.repositories.get(&repo).ok_or_else(not_found)?;
    let named = |advisory: &&Value| advisory.get("ghsa_id").and_then(Value::as_str) == Some(ghsa);
    repo.advisories.iter().find(named).ok_or_else(not_found)
}

/// Whoever may not manage advisories sees the published ones alone.
pub(super) fn visible(world: &World, call: &Call<'_>, repo: u64, ghsa: &str) -> Result<Value, Reply> {
    let found = find(world, repo, ghsa)?;
    if found.get("state").and_then(Value::as_str) != Some("published") {
        if !world.pushers.contains(&call.who) {
            return Err(not_found());
        }
        advised::allowed(world, Right::See)?;
    }
    Ok(found.clone())
}

fn list(world: &mut World, call: &Call<'_>, repo: u64) -> Outcome {
    let asked = call.asked;
    world.parameters(asked, &["state", "sort", "direction", "per_page", "before", "after"])?;
    let direction = lists::word(asked, "direction", &["desc", "asc"])?;
    let sort = lists::word(asked, "sort", &["created", "updated", "published"])?;
    let state = asked.query("state");
    if state.is_some_and(|state| !["triage", "draft", "published", "closed"].contains(&state)) {
        return Err(invalid("state"));
    }
    let held = world.repositories.get(&repo).ok_or_else(not_found)?;
    // Who may not see the others gets the published ones, or 404 for asking.
    let manages = world.pushers.contains(&call.who);
    if state.is_some_and(|state| state != "published") {
        if !manages {
            return Err(not_found());
        }
        advised::allowed(world, Right::See)?;
    }
    let is =
        |advisory: &Value, name: &str, word: &str| advisory.get(name).and_then(Value::as_str) == Some(word);
    let wanted = |advisory: &&Value| {
        state.is_none_or(|state| is(advisory, "state", state))
            && (manages || is(advisory, "state", "published"))
    };
    let mut items: Vec<Value> = held.advisories.iter().filter(wanted).cloned().collect();
    items.retain(|advisory| !advised::still_unlisted(&mut world.unlisted, advisory));
    let key = format!("{sort}_at");
    items.sort_by_key(|advisory| advisory.get(&key).and_then(Value::as_str).unwrap_or_default().to_owned());
    if direction == "desc" {
        items.reverse();
    }
    lists::cursor(world, asked, repo, "/security-advisories", items)
}

/// What a description of GitHub's cannot say: exactly one of severity and vector.
fn check(fields: &Map<String, Value>) -> Result<(), Reply> {
    let set = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
    if set("severity") && set("cvss_vector_string") {
        return Err(invalid("severity and cvss_vector_string exclude each other"));
    }
    if let Some(vector) = text(fields, "cvss_vector_string")?.filter(|vector| !vector.is_empty()) {
        Vector::parse(&vector).ok_or_else(|| invalid("cvss_vector_string"))?;
    }
    if text(fields, "summary")?.is_some_and(|text| text.chars().count() > 1024) {
        return Err(invalid("summary is too long (maximum is 1024 characters)"));
    }
    if text(fields, "description")?.is_some_and(|text| text.chars().count() > 65_535) {
        return Err(invalid("description is too long (maximum is 65535 characters)"));
    }
    let severity = text(fields, "severity")?.filter(|severity| !severity.is_empty());
    if severity.is_some_and(|severity| !["critical", "high", "medium", "low"].contains(&severity.as_str())) {
        return Err(invalid("severity"));
    }
    Ok(())
}

fn vulnerabilities(fields: &Map<String, Value>) -> Result<Option<Value>, Reply> {
    let Some(given) = fields.get("vulnerabilities") else { return Ok(None) };
    let given = given.as_array().ok_or_else(|| invalid("vulnerabilities"))?;
    let mut shaped = Vec::new();
    for one in given {
        let package = one.get("package").ok_or_else(|| invalid("package"))?;
        let ecosystem = package.get("ecosystem").and_then(Value::as_str).unwrap_or_default();
        if !ECOSYSTEMS.contains(&ecosystem) {
            return Err(invalid("ecosystem"));
        }
        shaped.push(json!({
            "package": { "ecosystem": ecosystem, "name": package.get("name") },
            "vulnerable_version_range": one.get("vulnerable_version_range"),
            "patched_versions": one.get("patched_versions"),
            "vulnerable_functions": one.get("vulnerable_functions"),
        }));
    }
    Ok(Some(Value::Array(shaped)))
}

/// GHSA ids draw their letters from these (GitHub's description, pattern of `ghsa_id`).
pub(super) fn ghsa(mut number: u64) -> String {
    let letters: Vec<char> = "23456789cfghjmpqrvwx".chars().collect();
    let mut id = String::new();
    for place in 0..12 {
        if place % 4 == 0 {
            id.push('-');
        }
        let digit = usize::try_from(number % 20).unwrap_or(0);
        id.push(letters.get(digit).copied().unwrap_or('2'));
        number /= 20;
    }
    format!("GHSA{id}")
}

fn create(world: &mut World, call: &Call<'_>, repo: u64) -> Outcome {
    let fields = world.fields(call.asked, CREATE)?;
    let (private, archived) = {
        let repo = world.repositories.get(&repo).ok_or_else(not_found)?;
        (repo.private, repo.archived)
    };
    if private || archived || !world.pushers.contains(&call.who) {
        return Err(refusal(403, "Security advisories cannot be created here"));
    }
    advised::allowed(world, Right::Create)?;
    check(&fields)?;
    advised::check_credits(world, &fields)?;
    for needed in ["summary", "description"] {
        text(&fields, needed)?.filter(|text| !text.is_empty()).ok_or_else(|| invalid(needed))?;
    }
    let vulnerabilities = vulnerabilities(&fields)?.ok_or_else(|| invalid("vulnerabilities"))?;
    let ghsa = ghsa(world.id());
    let at = second(call.now).to_string();
    let author = shape::user(world, &call.who);
    let held = world.repositories.get(&repo).ok_or_else(not_found)?;
    let mut advisory = blank(&world.base, held, &ghsa, "draft", author, &at);
    merge(world, &mut advisory, &fields, Some(vulnerabilities));
    if world.record.list_lag > 0 {
        world.unlisted.insert(ghsa, world.record.list_lag);
    }
    if let Some(repo) = world.repositories.get_mut(&repo) {
        repo.advisories.push(advisory.clone());
    }
    Ok(Reply::json(201, advisory))
}

/// An advisory with every required field, and nothing said.
pub(super) fn blank(
    base: &str,
    repo: &Repository,
    ghsa: &str,
    state: &str,
    author: Value,
    at: &str,
) -> Value {
    json!({
        "ghsa_id": ghsa,
        "cve_id": null,
        "url": format!("{base}/repos/{}/security-advisories/{ghsa}", repo.full_name()),
        "html_url": format!("{base}/{}/security/advisories/{ghsa}", repo.full_name()),
        "author": author,
        "publisher": null,
        "identifiers": [{ "type": "GHSA", "value": ghsa }],
        "state": state,
        "created_at": at, "updated_at": at,
        "published_at": null, "closed_at": null, "withdrawn_at": null,
        "submission": null,
        "severity": null,
        "cvss": { "vector_string": null, "score": null },
        "cwes": [], "cwe_ids": [],
        "credits": [], "credits_detailed": [],
        "collaborating_users": [], "collaborating_teams": [],
        "private_fork": null,
    })
}

/// Puts the client's fields into the advisory in the shape of the reply.
pub(super) fn merge(
    world: &World,
    advisory: &mut Value,
    fields: &Map<String, Value>,
    vulnerabilities: Option<Value>,
) {
    let Some(held) = advisory.as_object_mut() else { return };
    if let Some(vulnerabilities) = vulnerabilities {
        held.insert("vulnerabilities".to_owned(), vulnerabilities);
    }
    for (name, value) in fields {
        match name.as_str() {
            "vulnerabilities" | "start_private_fork" | "state" => {}
            "collaborating_teams" => {
                let slugs = value.as_array().cloned().unwrap_or_default();
                let teams =
                    slugs.iter().filter_map(Value::as_str).map(|slug| advised::team(world, slug)).collect();
                held.insert(name.clone(), Value::Array(teams));
            }
            "cvss_vector_string" => advised::score(held, value),
            "cwe_ids" => {
                let ids = value.as_array().cloned().unwrap_or_default();
                let cwes: Vec<Value> = ids.iter().map(|id| json!({ "cwe_id": id, "name": id })).collect();
                held.insert("cwes".to_owned(), Value::Array(cwes));
                held.insert("cwe_ids".to_owned(), Value::Array(ids));
            }
            "credits" => {
                let given = value.as_array().cloned().unwrap_or_default();
                let login = |credit: &Value| {
                    credit.get("login").and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                let before = held.get("credits_detailed").cloned().unwrap_or_default();
                let detailed: Vec<Value> = given
                    .iter()
                    .map(|c| {
                        let state = advised::answered(&before, &login(c));
                        json!({ "user": shape::user(world, &login(c)), "type": c.get("type"), "state": state })
                    })
                    .collect();
                held.insert("credits_detailed".to_owned(), Value::Array(detailed));
                held.insert("credits".to_owned(), Value::Array(given));
            }
            "collaborating_users" => {
                let logins = value.as_array().cloned().unwrap_or_default();
                let users =
                    logins.iter().filter_map(Value::as_str).map(|login| shape::user(world, login)).collect();
                held.insert(name.clone(), Value::Array(users));
            }
            _ => {
                held.insert(name.clone(), value.clone());
            }
        }
    }
}

fn update(world: &mut World, call: &Call<'_>, repo: u64, ghsa: &str) -> Outcome {
    let fields = world.fields(call.asked, UPDATE)?;
    let mut advisory = visible(world, call, repo, ghsa)?;
    if !world.pushers.contains(&call.who) {
        return Err(refusal(403, "Must be a security manager"));
    }
    advised::allowed(world, Right::Update)?;
    check(&fields)?;
    advised::check_credits(world, &fields)?;
    advised::check_people(world, &fields)?;
    let scored = advisory.pointer("/cvss/vector_string").is_some_and(|vector| !vector.is_null());
    if scored && fields.contains_key("severity") && !fields.contains_key("cvss_vector_string") {
        return Err(invalid("Cannot update severity value when CVSS is set"));
    }
    let vulnerabilities = vulnerabilities(&fields)?;
    let state = text(&fields, "state")?;
    if let Some(state) = &state {
        advised::check_state(world, &advisory, state)?;
    }
    merge(world, &mut advisory, &fields, vulnerabilities);
    if state.as_deref() == Some("published") {
        advised::check_publishable(&advisory)?;
    }
    let at = json!(second(call.now).to_string());
    if let Some(held) = advisory.as_object_mut() {
        held.insert("updated_at".to_owned(), at.clone());
        if let Some(state) = &state {
            advised::enter(held, state, &at);
        }
    }
    replace(world, repo, ghsa, &advisory)?;
    Ok(Reply::json(200, advisory))
}

/// The advisory is as it is given from now on.
pub(super) fn replace(world: &mut World, repo: u64, ghsa: &str, advisory: &Value) -> Result<(), Reply> {
    let held = world.repositories.get_mut(&repo).ok_or_else(not_found)?;
    for old in
        held.advisories.iter_mut().filter(|old| old.get("ghsa_id").and_then(Value::as_str) == Some(ghsa))
    {
        old.clone_from(advisory);
    }
    Ok(())
}
