//! From a request to the place that it means: who asks, which route, which fault.

use data_encoding::BASE64URL_NOPAD;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::faults::{Fault, Kind};
use super::state::{Token, World, second};
use super::{advised, advisories, comments, contents, graphql, issues, labels, shape, timeline};
use crate::case::Sha256;
use crate::practice::web::{Asked, Manner, Met, Reply};

/// The version of GitHub's REST API that the stand-in speaks.
pub const API_VERSION: &str = "2022-11-28";

/// A request with who asks and when.
pub(super) struct Call<'a> {
    pub(super) asked: &'a Asked,
    /// Login.
    pub(super) who: String,
    pub(super) now: Timestamp,
}

/// What a handler gives: a reply either way, so that `?` ends early.
pub(super) type Outcome = Result<Reply, Reply>;

/// A place in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Repository,
    Issues,
    Issue(u64),
    Comments(u64),
    AllComments,
    Comment(u64),
    IssueLabels(u64),
    IssueLabel(u64, String),
    Assignees(u64),
    Assignable(String),
    Lock(u64),
    Timeline(u64),
    Labels,
    Label(String),
    Advisories,
    Advisory(String),
    AdvisoryCve(String),
    AdvisoryFork(String),
    Contents(String),
}

enum Route {
    /// What an App asks about itself.
    App,
    Token(u64),
    RateLimit,
    User,
    UserNamed(String),
    Graphql,
    In(u64, Place),
    /// A repository that was renamed: its id, and what follows its name.
    Moved(u64, String),
    /// A repository that does not exist, on a route that does.
    Nowhere,
}

/// A reply in the shape of GitHub's errors.
pub(super) fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(
        status,
        json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
    )
}

pub(super) fn not_found() -> Reply {
    refusal(404, "Not Found")
}

/// 422 with a reason.
pub(super) fn invalid(message: &str) -> Reply {
    refusal(422, &format!("Validation Failed: {message}"))
}

impl World {
    /// Notes that the client broke GitHub's rules; tests assert that there is none.
    pub(super) fn violation(&mut self, asked: &Asked, what: &str) {
        self.record.violations.push(format!("{} {}: {what}", asked.method, asked.path));
    }

    /// The body as an object with no other fields than these.
    pub(super) fn fields(&mut self, asked: &Asked, allowed: &[&str]) -> Result<Map<String, Value>, Reply> {
        let Some(Value::Object(fields)) = &asked.json else {
            self.violation(asked, "the body is no JSON object");
            return Err(refusal(400, "Problems parsing JSON"));
        };
        if let Some(unknown) = fields.keys().find(|name| !allowed.contains(&name.as_str())) {
            self.violation(asked, &format!("unknown field {unknown}"));
            return Err(invalid("unknown field"));
        }
        Ok(fields.clone())
    }

    /// Nothing but these query parameters.
    pub(super) fn parameters(&mut self, asked: &Asked, allowed: &[&str]) -> Result<(), Reply> {
        match asked.query.iter().find(|(name, _)| !allowed.contains(&name.as_str())) {
            Some((unknown, _)) => {
                self.violation(asked, &format!("unknown parameter {unknown}"));
                Err(invalid("unknown parameter"))
            }
            None => Ok(()),
        }
    }

    /// A method that this place does not have.
    pub(super) fn unmatched(&mut self, asked: &Asked) -> Reply {
        self.violation(asked, "no such route");
        not_found()
    }
}

/// Answers one request.
pub(super) fn answer(world: &mut World, asked: &Asked, now: Timestamp) -> Reply {
    let reply = headed(world, asked, now).unwrap_or_else(|refused| refused);
    let reply = finished(reply, asked, now);
    let query: Vec<String> = asked.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = query.join("&");
    let body = String::from_utf8_lossy(&asked.body);
    world.record.heard.push(format!("{} {}?{query} {body}", asked.method, asked.path));
    world.record.met.push(Met {
        method: asked.method.to_string(),
        path: asked.path.clone(),
        query,
        status: if reply.manner == Manner::Whole { reply.status } else { 0 },
    });
    reply
}

/// Headers that every request needs, then the rest.
fn headed(world: &mut World, asked: &Asked, now: Timestamp) -> Outcome {
    if asked.header("user-agent").is_none_or(str::is_empty) {
        world.violation(asked, "no User-Agent");
        return Err(refusal(
            400,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        ));
    }
    // Left out it means this version; octocrab sends it with every request but that for an installation's token.
    let version = asked.header("x-github-api-version");
    let bare_token = version.is_none() && asked.path.ends_with("/access_tokens");
    if version != Some(API_VERSION) && !bare_token {
        world.violation(asked, "no X-GitHub-Api-Version, or another one");
        return Err(refusal(400, "the API version is missing or not known"));
    }
    let Some(credential) = asked.header("authorization") else {
        world.violation(asked, "no Authorization");
        return Err(refusal(401, "Requires authentication"));
    };
    let credential = credential
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token"));
    let Some((_, credential)) = credential else { return Err(refusal(401, "Bad credentials")) };
    let Some((route, kind)) = route(world, asked) else { return Err(world.unmatched(asked)) };
    let fault = world.record.strike(&asked.method, kind);
    if let Some(fault) = fault.as_ref().filter(|fault| fault.after_commit().is_none()) {
        return Err(struck(fault, now));
    }
    let reply = routed(world, asked, now, credential, route);
    Ok(match fault {
        Some(Fault::CommitThen502) => refusal(502, "Server Error"),
        Some(fault) => {
            let mut reply = reply.unwrap_or_else(|refused| refused);
            reply.manner = fault.after_commit().unwrap_or_default();
            reply
        }
        None => reply?,
    })
}

fn routed(world: &mut World, asked: &Asked, now: Timestamp, credential: &str, route: Route) -> Outcome {
    if let Route::Token(installation) = route {
        return token(world, asked, now, credential, installation);
    }
    if let Route::App = route {
        return app(world, asked, now, credential);
    }
    let known =
        world.tokens.get(credential).filter(|token| token.expires.is_none_or(|expires| now < expires));
    let Some(token) = known else { return Err(refusal(401, "Bad credentials")) };
    let call = Call { asked, who: token.login.clone(), now };
    match route {
        Route::App | Route::Token(_) | Route::Nowhere => Err(not_found()),
        Route::RateLimit => Ok(rate_limit(now)),
        Route::User => {
            let user = world.users.get(&call.who).ok_or_else(not_found)?;
            Ok(Reply::json(200, shape::account(world, user)))
        }
        Route::UserNamed(login) => {
            let user = world.users.values().find(|user| user.login.eq_ignore_ascii_case(&login));
            Ok(Reply::json(200, shape::account(world, user.ok_or_else(not_found)?)))
        }
        Route::Graphql => graphql::answer(world, &call),
        Route::Moved(id, rest) => {
            let location = format!("{}/repositories/{id}{rest}", world.base);
            let status = if asked.method == Method::GET { 301 } else { 307 };
            let mut reply = refusal(status, "Moved Permanently");
            if let Some(Value::Object(body)) = reply.body.as_mut() {
                body.insert("url".to_owned(), json!(location));
            }
            Err(reply.with("location", location))
        }
        Route::In(repo, place) => in_repository(world, &call, repo, &place),
    }
}

fn in_repository(world: &mut World, call: &Call<'_>, repo: u64, place: &Place) -> Outcome {
    if let Place::Issue(number) | Place::Comments(number) | Place::Timeline(number) | Place::Lock(number) =
        place
        && world.repositories.get(&repo).is_some_and(|repo| repo.deleted.contains(number))
    {
        return Err(refusal(410, "This issue was deleted"));
    }
    match place {
        Place::Repository => {
            if call.asked.method != Method::GET {
                return Err(world.unmatched(call.asked));
            }
            world.parameters(call.asked, &[])?;
            let push = world.pushers.contains(&call.who);
            let repo = world.repositories.get(&repo).ok_or_else(not_found)?;
            Ok(Reply::json(200, shape::repository(world, repo, push)))
        }
        Place::Issues | Place::Issue(_) | Place::Lock(_) => issues::answer(world, call, repo, place),
        Place::Comments(_) | Place::AllComments | Place::Comment(_) => {
            comments::answer(world, call, repo, place)
        }
        Place::Timeline(number) => timeline::answer(world, call, repo, *number),
        Place::IssueLabels(_)
        | Place::IssueLabel(..)
        | Place::Assignees(_)
        | Place::Assignable(_)
        | Place::Labels
        | Place::Label(_) => labels::answer(world, call, repo, place),
        Place::Advisories | Place::Advisory(_) => advisories::answer(world, call, repo, place),
        Place::AdvisoryCve(ghsa) => advised::request_cve(world, call, repo, ghsa),
        Place::AdvisoryFork(ghsa) => advised::fork(world, call, repo, ghsa),
        Place::Contents(path) if call.asked.method == Method::GET => {
            contents::answer(world, call, repo, path)
        }
        Place::Contents(_) => Err(world.unmatched(call.asked)),
    }
}

fn route(world: &World, asked: &Asked) -> Option<(Route, Kind)> {
    let segments = asked.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["app"] => Some((Route::App, Kind::Account)),
        ["app", "installations", id, "access_tokens"] => Some((Route::Token(id.parse().ok()?), Kind::Token)),
        ["rate_limit"] => Some((Route::RateLimit, Kind::Account)),
        ["user"] => Some((Route::User, Kind::Account)),
        ["graphql"] => Some((Route::Graphql, Kind::Graphql)),
        ["users", login] => Some((Route::UserNamed((*login).to_owned()), Kind::Account)),
        ["repositories", id, rest @ ..] => {
            let (place, kind) = place(rest)?;
            let id = id.parse().ok()?;
            let route =
                if world.repositories.contains_key(&id) { Route::In(id, place) } else { Route::Nowhere };
            Some((route, kind))
        }
        ["repos", owner, name, rest @ ..] => {
            let (place, kind) = place(rest)?;
            let gone = world.moved.get(&format!("{owner}/{name}").to_lowercase());
            let route = match (world.named(owner, name), gone) {
                (Some(id), _) => Route::In(id, place),
                (None, Some(id)) => {
                    let rest: String = rest.iter().map(|part| format!("/{part}")).collect();
                    Route::Moved(*id, rest)
                }
                (None, None) => Route::Nowhere,
            };
            Some((route, kind))
        }
        _ => None,
    }
}

fn place(rest: &[&str]) -> Option<(Place, Kind)> {
    Some(match rest {
        [] => (Place::Repository, Kind::Repository),
        ["issues"] => (Place::Issues, Kind::Issues),
        ["issues", "comments"] => (Place::AllComments, Kind::AllComments),
        ["issues", "comments", id] => (Place::Comment(id.parse().ok()?), Kind::Comment),
        ["issues", number] => (Place::Issue(number.parse().ok()?), Kind::Issue),
        ["issues", number, "comments"] => (Place::Comments(number.parse().ok()?), Kind::Comments),
        ["issues", number, "labels"] => (Place::IssueLabels(number.parse().ok()?), Kind::IssueLabels),
        ["issues", number, "labels", name] => {
            (Place::IssueLabel(number.parse().ok()?, (*name).to_owned()), Kind::IssueLabels)
        }
        ["issues", number, "assignees"] => (Place::Assignees(number.parse().ok()?), Kind::Assignees),
        ["issues", number, "lock"] => (Place::Lock(number.parse().ok()?), Kind::Lock),
        ["issues", number, "timeline"] => (Place::Timeline(number.parse().ok()?), Kind::Timeline),
        ["assignees", login] => (Place::Assignable((*login).to_owned()), Kind::Assignees),
        ["labels"] => (Place::Labels, Kind::Labels),
        ["labels", name] => (Place::Label((*name).to_owned()), Kind::Labels),
        ["contents", path @ ..] => (Place::Contents(path.join("/")), Kind::Contents),
        ["security-advisories"] => (Place::Advisories, Kind::Advisories),
        ["security-advisories", ghsa] => (Place::Advisory((*ghsa).to_owned()), Kind::Advisory),
        ["security-advisories", ghsa, "cve"] => (Place::AdvisoryCve((*ghsa).to_owned()), Kind::AdvisoryCve),
        ["security-advisories", ghsa, "forks"] => {
            (Place::AdvisoryFork((*ghsa).to_owned()), Kind::AdvisoryFork)
        }
        _ => return None,
    })
}

/// The reply of a fault that keeps the request from being obeyed.
fn struck(fault: &Fault, now: Timestamp) -> Reply {
    let late = |reply: Reply, seconds: &Option<u32>| match seconds {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    };
    match fault {
        Fault::Drop => Reply { manner: Manner::Nothing, ..Reply::empty(500) },
        Fault::Hang => Reply { manner: Manner::Silence, ..Reply::empty(500) },
        Fault::Secondary { retry_after_s } => late(
            refusal(403, "You have exceeded a secondary rate limit. Please wait a few minutes."),
            retry_after_s,
        ),
        Fault::Primary { reset_in_s } => {
            let reset = now.as_second().saturating_add(i64::from(*reset_in_s));
            refusal(403, "API rate limit exceeded for installation.")
                .with("x-ratelimit-remaining", "0")
                .with("x-ratelimit-reset", reset.to_string())
        }
        Fault::TooMany { retry_after_s } => late(refusal(429, "Too many requests"), retry_after_s),
        Fault::Forbidden => refusal(403, "Resource not accessible by integration"),
        Fault::NotFound => not_found(),
        Fault::Unauthorized => refusal(401, "Bad credentials"),
        Fault::Invalid => invalid("as asked for"),
        Fault::Moved => {
            refusal(301, "Moved Permanently").with("location", "https://elsewhere.example/repositories/1")
        }
        Fault::ServerError
        | Fault::CommitThenDrop
        | Fault::CommitThen502
        | Fault::CutBody
        | Fault::CommitThenHang
        | Fault::Late(_) => refusal(500, "Server Error"),
    }
}

/// Rate headers, `ETag` and 304 (RFC 9110 section 13.1.2).
fn finished(mut reply: Reply, asked: &Asked, now: Timestamp) -> Reply {
    let reset = now.as_second().saturating_add(3600).to_string();
    for (name, value) in [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "4999"),
        ("x-ratelimit-used", "1"),
        ("x-ratelimit-reset", reset.as_str()),
        ("x-ratelimit-resource", "core"),
    ] {
        if !reply.headers.iter().any(|(known, _)| *known == name) {
            reply.headers.push((name, value.to_owned()));
        }
    }
    if asked.method == Method::GET && reply.status == 200 {
        let body = reply.body.as_ref().map(Value::to_string).unwrap_or_default();
        let etag = format!("W/\"{}\"", Sha256::of(body.as_bytes()));
        if asked.header("if-none-match") == Some(etag.as_str()) && reply.manner == Manner::Whole {
            reply.status = 304;
            reply.body = None;
        }
        reply.headers.push(("etag", etag));
    }
    reply
}

fn rate_limit(now: Timestamp) -> Reply {
    let reset = now.as_second().saturating_add(3600);
    let rate = json!({ "limit": 5000, "used": 1, "remaining": 4999, "reset": reset });
    let search = json!({ "limit": 30, "used": 0, "remaining": 30, "reset": reset });
    Reply::json(
        200,
        json!({ "resources": { "core": rate, "search": search, "graphql": rate }, "rate": rate }),
    )
}

/// The App behind a JWT; its user is `slug[bot]`.
fn app(world: &mut World, asked: &Asked, now: Timestamp, jwt: &str) -> Outcome {
    if asked.method != Method::GET {
        return Err(world.unmatched(asked));
    }
    world.parameters(asked, &[])?;
    let known = world.installations.values().find(|known| check_jwt(jwt, known.app, now).is_ok());
    let known = known.ok_or_else(|| refusal(401, "A JSON web token could not be decoded"))?;
    let slug = known.login.trim_end_matches("[bot]");
    let owner = world.users.get(&known.login).ok_or_else(not_found)?;
    Ok(Reply::json(
        200,
        json!({
            "id": known.app,
            "slug": slug,
            "node_id": format!("A_{}", known.app),
            "owner": shape::account(world, owner),
            "name": slug,
            "description": Value::Null,
            "external_url": "https://hub.example",
            "html_url": format!("https://hub.example/apps/{slug}"),
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "permissions": { "issues": "write", "metadata": "read" },
            "events": [],
        }),
    ))
}

/// An installation's access token for an App's JWT: valid for one hour.
fn token(world: &mut World, asked: &Asked, now: Timestamp, jwt: &str, installation: u64) -> Outcome {
    if asked.method != Method::POST {
        return Err(world.unmatched(asked));
    }
    if !asked.body.is_empty() {
        world.fields(asked, &["repositories", "repository_ids", "permissions"])?;
    }
    let Some(known) = world.installations.get(&installation).cloned() else { return Err(not_found()) };
    if let Err(why) = check_jwt(jwt, known.app, now) {
        return Err(refusal(401, why));
    }
    let token = format!("ghs_practice_{}_{}", known.app, world.id());
    let expires = second(now.checked_add(SignedDuration::from_hours(1)).unwrap_or(now));
    world.tokens.insert(token.clone(), Token { login: known.login, expires: Some(expires) });
    let body = json!({
        "token": token,
        "expires_at": expires.to_string(),
        "permissions": { "issues": "write", "metadata": "read" },
        "repository_selection": "selected",
    });
    Ok(Reply::json(201, body))
}

/// The claims of an App's JWT; the signature is not looked at (the stand-in has no key of the App).
fn check_jwt(jwt: &str, app: u64, now: Timestamp) -> Result<(), &'static str> {
    let unreadable = "A JSON web token could not be decoded";
    let parts: Vec<&str> = jwt.split('.').collect();
    let [head, claims, _signature] = parts.as_slice() else { return Err(unreadable) };
    let read = |part: &str| -> Option<Value> {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).ok()?).ok()
    };
    let (head, claims) = (read(head).ok_or(unreadable)?, read(claims).ok_or(unreadable)?);
    if head.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err("the algorithm must be RS256");
    }
    let issuer = claims.get("iss").map(|iss| iss.as_str().map_or_else(|| iss.to_string(), str::to_owned));
    if issuer != Some(app.to_string()) {
        return Err("'Issuer' claim ('iss') must be the App's id");
    }
    let at = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(issued), Some(expires)) = (at("iat"), at("exp")) else {
        return Err("'iat' and 'exp' are needed");
    };
    if issued > now.as_second() || expires <= now.as_second() || expires.saturating_sub(now.as_second()) > 600
    {
        return Err("'Expiration time' claim ('exp') must be within the next ten minutes");
    }
    Ok(())
}
