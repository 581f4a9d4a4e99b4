//! The practice servers for GitHub, Discord and OAuth against a plain HTTP client: strict, stateful, wrong on command.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sir_intake::practice::discord::{self, Discord};
use sir_intake::practice::hub::{Fault, Hub, Kind, MAX_BODY_BYTES};
use sir_intake::practice::oauth::{self, Oauth};
use sir_intake::practice::web::Now;

use crate::world::recorder;

const REPO: u64 = 4_711;
const PUBLIC: u64 = 4_712;
const SOON: Duration = Duration::from_millis(100);

fn now() -> Timestamp {
    "2026-11-23T08:00:00.5Z".parse().unwrap()
}

fn clock() -> Now {
    Arc::new(now)
}

struct GitHub {
    hub: Hub,
    http: reqwest::Client,
    token: String,
}

impl GitHub {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let hub = Hub::start(clock(), recorder()).await.unwrap();
        hub.add_repository(REPO, "o3de", "sig-security-reports", true);
        hub.add_repository(PUBLIC, "o3de", "o3de", false);
        hub.add_token("ghp_practice", 99, "intake-bot");
        hub.add_user(7, "ada");
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { hub, http, token: "ghp_practice".to_owned() }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.hub.base_url()) };
        self.http
            .request(Method::from_bytes(method.as_bytes()).unwrap(), url)
            .header("authorization", format!("Bearer {}", self.token))
            .header("user-agent", "stands")
            .header("x-github-api-version", "2022-11-28")
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let mut request = self.request(method, path);
        if !body.is_null() {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        let status = reply.status();
        (status, serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    /// As `call`, and the whole reply must arrive.
    async fn fails(&self, method: &str, path: &str, body: Value) -> bool {
        let reply = self.request(method, path).json(&body).send().await;
        match reply {
            Ok(reply) => reply.bytes().await.is_err(),
            Err(_) => true,
        }
    }
}

const ISSUES: &str = "/repos/o3de/sig-security-reports/issues";

#[tokio::test]
async fn an_issue_lives_from_its_creation_to_its_lock() {
    let github = GitHub::start().await;
    let (status, repo) = github.call("GET", "/repos/o3de/sig-security-reports", Value::Null).await;
    assert_eq!((status.as_u16(), &repo["private"], &repo["id"]), (200, &json!(true), &json!(REPO)));
    let label = json!({ "name": "needs triage", "color": "d93f0b", "description": "nobody owns it" });
    assert_eq!(github.call("POST", "/repos/o3de/sig-security-reports/labels", label.clone()).await.0, 201);
    assert_eq!(github.call("POST", "/repos/o3de/sig-security-reports/labels", label).await.0, 422);
    assert_eq!(
        github.call("GET", "/repos/o3de/sig-security-reports/labels/needs%20triage", Value::Null).await.0,
        200
    );

    let body = "<!-- marker -->\n\nA table";
    let issue =
        json!({ "title": "SIR-2026-0001: report received", "body": body, "labels": ["needs triage"] });
    let (status, made) = github.call("POST", ISSUES, issue).await;
    assert_eq!(
        (status.as_u16(), &made["number"], &made["labels"][0]["name"]),
        (201, &json!(1), &json!("needs triage"))
    );
    assert_eq!(made["created_at"], "2026-11-23T08:00:00Z", "whole seconds");

    let patch = json!({ "body": "new", "labels": ["needs triage", "owned"], "assignees": ["ada", "nobody"] });
    let (_, changed) = github.call("PATCH", "/repositories/4711/issues/1", patch).await;
    assert_eq!((&changed["body"], changed["assignees"].as_array().unwrap().len()), (&json!("new"), 1));
    let (_, comment) =
        github.call("POST", &format!("{ISSUES}/1/comments"), json!({ "body": "Thanks" })).await;
    let path = format!("{ISSUES}/comments/{}", comment["id"]);
    assert_eq!(github.call("PATCH", &path, json!({ "body": "Thank you" })).await.0, 200);
    assert_eq!(github.call("GET", &path, Value::Null).await.1["body"], "Thank you");
    assert_eq!(
        github.call("POST", &format!("{ISSUES}/1/labels"), json!({ "labels": ["late"] })).await.0,
        200
    );
    assert_eq!(github.call("DELETE", &format!("{ISSUES}/1/labels/owned"), Value::Null).await.0, 200);
    assert_eq!(
        github.call("GET", &format!("{ISSUES}/1/labels"), Value::Null).await.1.as_array().unwrap().len(),
        2
    );
    assert_eq!(
        github.call("POST", &format!("{ISSUES}/1/assignees"), json!({ "assignees": ["ada"] })).await.0,
        201
    );
    assert_eq!(
        github.call("PUT", &format!("{ISSUES}/1/lock"), json!({ "lock_reason": "resolved" })).await.0,
        204
    );
    assert_eq!(
        github.call("PATCH", &format!("{ISSUES}/1"), json!({ "state": "closed" })).await.1["state"],
        "closed"
    );
    assert_eq!(github.call("GET", ISSUES, Value::Null).await.1, json!([]), "open ones only");
    let all =
        format!("{ISSUES}?state=all&since=2026-11-23T08:00:00Z&sort=created&direction=desc&per_page=100");
    assert_eq!(github.call("GET", &all, Value::Null).await.1.as_array().unwrap().len(), 1);
    assert_eq!(github.call("GET", &format!("{ISSUES}/1/comments?per_page=100"), Value::Null).await.0, 200);
    assert_eq!(
        github.call("GET", &format!("{ISSUES}/comments"), Value::Null).await.1[0]["body"],
        "Thank you"
    );
    for path in ["/rate_limit", "/user", "/users/ada"] {
        assert_eq!(github.call("GET", path, Value::Null).await.0, 200, "{path}");
    }

    github.hub.add_comment_as("ada", 1, "I look at it").unwrap();
    let text = github.hub.as_markdown(1);
    assert!(text.starts_with("# SIR-2026-0001: report received (#1)\n\nclosed, by intake-bot"), "{text}");
    assert!(text.contains("**intake-bot**") && text.contains("I look at it"), "{text}");
    assert!(github.hub.set_user_edit(1, "edited") && github.hub.ghost(1));
    let (_, read) = github.call("GET", &format!("{ISSUES}/1"), Value::Null).await;
    assert_eq!((&read["body"], &read["user"]), (&json!("edited"), &Value::Null));
    assert_eq!(github.hub.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_github_would_not_say_is_a_violation() {
    let github = GitHub::start().await;
    let url = format!("{}{ISSUES}", github.hub.base_url());
    let bare =
        github.http.get(&url).header("user-agent", "stands").header("x-github-api-version", "2022-11-28");
    assert_eq!(bare.send().await.unwrap().status(), 401);
    let wrong =
        github.http.get(&url).header("user-agent", "stands").header("authorization", "Bearer ghp_practice");
    assert_eq!(wrong.send().await.unwrap().status(), 400);
    assert_eq!(github.call("POST", ISSUES, json!({ "title": "a", "titel": "b" })).await.0, 422);
    assert_eq!(github.call("GET", &format!("{ISSUES}?sorted=created"), Value::Null).await.0, 422);
    assert_eq!(github.call("GET", "/repos/o3de/sig-security-reports/isues", Value::Null).await.0, 404);
    assert_eq!(github.call("DELETE", ISSUES, Value::Null).await.0, 404);
    let said: Vec<_> =
        github.hub.violations().iter().map(|v| v.rsplit_once(": ").unwrap().1.to_owned()).collect();
    let expected = [
        "no Authorization",
        "no X-GitHub-Api-Version, or another one",
        "unknown field titel",
        "unknown parameter sorted",
        "no such route",
        "no such route",
    ];
    assert_eq!(said, expected);
    assert!(github.hub.issues().is_empty());
}

#[tokio::test]
async fn a_reply_can_be_lost_after_the_issue_was_made() {
    let github = GitHub::start().await;
    let faults = github.hub.faults();
    let issue = json!({ "title": "t" });
    faults.at("POST", Kind::Issues, Fault::CommitThen502);
    assert_eq!(github.call("POST", ISSUES, issue.clone()).await.0, 502);
    for fault in [Fault::CommitThenDrop, Fault::CutBody] {
        faults.at("POST", Kind::Issues, fault);
        assert!(github.fails("POST", ISSUES, issue.clone()).await);
    }
    faults.at("POST", Kind::Issues, Fault::CommitThenHang);
    assert!(tokio::time::timeout(SOON, github.fails("POST", ISSUES, issue.clone())).await.is_err());
    assert_eq!(github.hub.issues().len(), 4, "each was made");

    faults.at("POST", Kind::Issues, Fault::Drop);
    assert!(github.fails("POST", ISSUES, issue.clone()).await);
    faults.at("POST", Kind::Issues, Fault::Hang);
    assert!(tokio::time::timeout(SOON, github.fails("POST", ISSUES, issue.clone())).await.is_err());
    for (fault, status, header) in [
        (Fault::ServerError, 500, None),
        (Fault::Secondary { retry_after_s: Some(60) }, 403, Some(("retry-after", "60"))),
        (Fault::Secondary { retry_after_s: None }, 403, None),
        (Fault::Primary { reset_in_s: 30 }, 403, Some(("x-ratelimit-remaining", "0"))),
        (Fault::TooMany { retry_after_s: Some(2) }, 429, Some(("retry-after", "2"))),
        (Fault::Unauthorized, 401, None),
        (Fault::Forbidden, 403, None),
        (Fault::NotFound, 404, None),
        (Fault::Invalid, 422, None),
        (Fault::Moved, 301, Some(("location", "https://elsewhere.example/repositories/1"))),
    ] {
        faults.at("POST", Kind::Any, fault.clone());
        let reply = github.request("POST", ISSUES).json(&issue).send().await.unwrap();
        assert_eq!(reply.status(), status, "{fault:?}");
        if let Some((name, value)) = header {
            assert_eq!(reply.headers()[name], value);
        }
    }
    assert_eq!((github.hub.issues().len(), faults.pending()), (4, 0), "none of these made one");
}

#[tokio::test]
async fn lists_lag_and_come_in_pages() {
    let github = GitHub::start().await;
    let faults = github.hub.faults();
    faults.list_lag(2);
    github.call("POST", ISSUES, json!({ "title": "late" })).await;
    for expected in [0, 0, 1] {
        let (_, list) = github.call("GET", ISSUES, Value::Null).await;
        assert_eq!(list.as_array().unwrap().len(), expected);
    }
    faults.clear();
    for title in ["a", "b"] {
        github.call("POST", ISSUES, json!({ "title": title })).await;
    }
    faults.small_pages(Some(2));
    let first = github.request("GET", &format!("{ISSUES}?per_page=100&state=all")).send().await.unwrap();
    let link = first.headers()["link"].to_str().unwrap().to_owned();
    let next = link.split('>').next().unwrap().trim_start_matches('<').to_owned();
    assert!(next.contains("/repositories/4711/issues?") && next.contains("per_page=100"), "{link}");
    assert_eq!(github.http.get(&next).send().await.unwrap().status(), 400, "page 2 wants all headers too");
    let (status, second) = github.call("GET", &next, Value::Null).await;
    assert_eq!((status.as_u16(), second.as_array().unwrap().len()), (200, 1));

    let reply = github.request("GET", ISSUES).send().await.unwrap();
    let etag = reply.headers()["etag"].to_str().unwrap().to_owned();
    let again = github.request("GET", ISSUES).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn limits_and_rights_are_githubs() {
    let github = GitHub::start().await;
    let large = "x".repeat(MAX_BODY_BYTES + 1);
    assert_eq!(github.call("POST", ISSUES, json!({ "title": "t", "body": large })).await.0, 422);
    github.call("POST", ISSUES, json!({ "title": "t", "body": "kept" })).await;
    let (status, kept) = github.call("PATCH", &format!("{ISSUES}/1"), json!({ "body": large })).await;
    assert_eq!((status.as_u16(), &kept["body"]), (200, &json!("kept")), "200, and not changed");
    assert_eq!(github.call("POST", &format!("{ISSUES}/1/comments"), json!({ "body": large })).await.0, 422);
    github.hub.faults().keep_on_patch(1);
    assert_eq!(
        github.call("PATCH", &format!("{ISSUES}/1"), json!({ "body": "new" })).await.1["body"],
        "kept"
    );

    github.hub.set_push("intake-bot", false);
    let (_, bare) = github.call("POST", ISSUES, json!({ "title": "t", "labels": ["x"] })).await;
    assert_eq!(bare["labels"], json!([]), "dropped without a word");
    github.hub.set_push("intake-bot", true);

    github.hub.change_repository(REPO, |repo| repo.archived = true);
    assert_eq!(github.call("POST", ISSUES, json!({ "title": "t" })).await.0, 403);
    github.hub.change_repository(REPO, |repo| (repo.archived, repo.has_issues) = (false, false));
    assert_eq!(github.call("POST", ISSUES, json!({ "title": "t" })).await.0, 410);
    github.hub.change_repository(REPO, |repo| (repo.private, repo.has_issues) = (false, true));
    assert_eq!(github.call("GET", "/repositories/4711", Value::Null).await.1["private"], false);
    github.hub.rename(REPO, "o3de", "elsewhere");
    let (status, moved) = github.call("GET", ISSUES, Value::Null).await;
    assert_eq!(status, 301);
    assert!(moved["url"].as_str().unwrap().ends_with("/repositories/4711/issues"), "{moved}");
    github.hub.replace_repository(REPO, 5000);
    assert_eq!(github.call("GET", "/repos/o3de/elsewhere", Value::Null).await.1["id"], 5000);
    assert_eq!(github.call("GET", "/repositories/4711", Value::Null).await.0, 404);
    assert_eq!(github.hub.violations(), Vec::<String>::new());
}

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.c2ln", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(claims))
}

#[tokio::test]
async fn an_app_trades_its_jwt_for_a_token() {
    let mut github = GitHub::start().await;
    github.hub.add_installation(123, 456, "sir-intake[bot]");
    let issued = now().as_second() - 60;
    github.token = jwt(&json!({ "iss": "123", "iat": issued, "exp": issued + 540 }));
    let path = "/app/installations/456/access_tokens";
    let (status, token) =
        github.call("POST", path, json!({ "repositories": ["sig-security-reports"] })).await;
    assert_eq!((status.as_u16(), &token["expires_at"]), (201, &json!("2026-11-23T09:00:00Z")));
    github.token = token["token"].as_str().unwrap().to_owned();
    let (_, issue) = github.call("POST", ISSUES, json!({ "title": "t" })).await;
    assert_eq!((&issue["user"]["login"], &issue["user"]["type"]), (&json!("sir-intake[bot]"), &json!("Bot")));
    github.hub.revoke_tokens();
    assert_eq!(github.call("GET", ISSUES, Value::Null).await.0, 401);
    github.token = jwt(&json!({ "iss": "9", "iat": issued, "exp": issued + 540 }));
    assert_eq!(github.call("POST", path, Value::Null).await.0, 401);
    github.token = jwt(&json!({ "iss": "123", "iat": issued, "exp": issued + 5400 }));
    assert_eq!(github.call("POST", path, Value::Null).await.0, 401, "too long");
    assert_eq!(github.hub.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_advisory_belongs_to_a_public_repository() {
    let github = GitHub::start().await;
    let path = "/repos/o3de/o3de/security-advisories";
    let vulnerability =
        json!({ "package": { "ecosystem": "other", "name": "o3de" }, "vulnerable_version_range": "< 2" });
    let mut advisory = json!({
        "summary": "Overflow",
        "description": "Long",
        "severity": "high",
        "vulnerabilities": [vulnerability],
        "credits": [{ "login": "ada", "type": "finder" }],
        "cwe_ids": ["CWE-787"],
    });
    let (status, made) = github.call("POST", path, advisory.clone()).await;
    assert_eq!((status.as_u16(), &made["state"]), (201, &json!("draft")));
    let one = format!("{path}/{}", made["ghsa_id"].as_str().unwrap());
    assert_eq!(github.call("GET", &one, Value::Null).await.1, made);
    let (_, changed) =
        github.call("PATCH", &one, json!({ "collaborating_users": ["ada"], "severity": "low" })).await;
    assert_eq!(
        (&changed["severity"], &changed["collaborating_users"][0]["login"]),
        (&json!("low"), &json!("ada"))
    );
    assert_eq!(
        github.call("GET", &format!("{path}?state=draft"), Value::Null).await.1.as_array().unwrap().len(),
        1
    );
    assert_eq!(github.hub.advisories(PUBLIC).len(), 1);
    let private = "/repos/o3de/sig-security-reports/security-advisories";
    assert_eq!(github.call("POST", private, advisory.clone()).await.0, 403);
    advisory["cvss_vector_string"] = json!("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
    assert_eq!(github.call("POST", path, advisory).await.0, 422, "severity and vector exclude each other");
    assert_eq!(github.hub.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn octocrab_finds_its_way_around() {
    let github = GitHub::start().await;
    let client = octocrab::Octocrab::builder()
        .base_uri(github.hub.base_url())
        .unwrap()
        .personal_token("ghp_practice".to_owned())
        .build()
        .unwrap();
    let issues = client.issues("o3de", "sig-security-reports");
    let made = Box::pin(issues.create("t").body("b").labels(vec!["x".to_owned()]).send()).await.unwrap();
    issues.create_comment(made.number, "c").await.unwrap();
    Box::pin(issues.create("u").send()).await.unwrap();
    github.hub.faults().small_pages(Some(1));
    let page = issues.list().send().await.unwrap();
    let next: Option<octocrab::Page<octocrab::models::issues::Issue>> =
        client.get_page(&page.next).await.unwrap();
    assert_eq!(next.unwrap().items[0].number, 1);
    github.hub.faults().at("POST", Kind::Issues, Fault::CommitThen502);
    Box::pin(issues.create("v").send()).await.unwrap_err();
    assert_eq!(github.hub.issues().len(), 3, "one create is one POST");
    assert_eq!(github.hub.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn discord_takes_a_message_and_refuses_what_would_ping() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = Discord::start(clock(), recorder()).await.unwrap();
    let http = reqwest::Client::new();
    let url = server.webhook_url();
    let post = async |body: Value| http.post(format!("{url}?wait=true")).json(&body).send().await;
    let good = json!({ "content": "SIR-2026-0001", "allowed_mentions": { "parse": [] }, "flags": 4 });

    let reply = post(good.clone()).await.unwrap();
    assert_eq!(reply.status(), 200);
    let id = serde_json::from_slice::<Value>(&reply.bytes().await.unwrap()).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let edit = json!({ "content": "owned", "allowed_mentions": { "parse": [] } });
    assert_eq!(http.patch(format!("{url}/messages/{id}")).json(&edit).send().await.unwrap().status(), 200);
    assert_eq!(http.get(format!("{url}/messages/{id}")).send().await.unwrap().status(), 200);
    assert_eq!(http.post(&url).json(&good).send().await.unwrap().status(), 204);
    assert_eq!(server.messages()[0].content, "owned");
    assert_eq!(server.violations(), Vec::<String>::new());

    server.fail(1, discord::Fault::TooMany { retry_after_s: 0.5 });
    let limited = post(good.clone()).await.unwrap();
    assert_eq!(limited.status(), 429);
    assert_eq!(serde_json::from_slice::<Value>(&limited.bytes().await.unwrap()).unwrap()["retry_after"], 0.5);
    server.fail(1, discord::Fault::CommitThenDrop);
    post(good.clone()).await.unwrap_err();
    assert_eq!((server.messages().len(), server.pending()), (3, 0));
    server.revoke(Some(404));
    assert_eq!(post(good.clone()).await.unwrap().status(), 404);
    server.revoke(None);

    for bad in [
        json!({ "content": "x" }),
        json!({ "content": "x", "allowed_mentions": { "parse": ["everyone"] } }),
        json!({ "content": "", "allowed_mentions": { "parse": [] } }),
        json!({ "content": "x".repeat(2001), "allowed_mentions": { "parse": [] } }),
        json!({ "content": "x", "contents": "y", "allowed_mentions": { "parse": [] } }),
    ] {
        assert_eq!(post(bad).await.unwrap().status(), 400);
    }
    assert_eq!(server.violations().len(), 5);
    assert!(server.requests().iter().all(|met| !met.path.contains(server.token())));
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = Oauth::start("client", "s3cret", "refresh-0").await.unwrap();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    server.on_issued(move |token| hears.lock().unwrap().push(token.to_owned()));
    let http = reqwest::Client::new();
    let ask = async |refresh: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "client"),
            ("client_secret", "s3cret"),
            ("refresh_token", refresh),
        ];
        let reply = http.post(server.token_url()).form(&form).send().await?;
        let status = reply.status().as_u16();
        Ok::<_, reqwest::Error>((status, serde_json::from_slice::<Value>(&reply.bytes().await?).unwrap()))
    };
    let (status, first) = ask("refresh-0").await.unwrap();
    assert_eq!((status, &first["access_token"]), (200, &json!("practice-access-1")));
    assert_eq!(ask("refresh-0").await.unwrap().1["error"], "invalid_grant", "it was rotated");
    let refresh = first["refresh_token"].as_str().unwrap();
    server.fail(oauth::Fault::ServerError);
    assert_eq!(ask(refresh).await.unwrap().0, 500);
    server.fail(oauth::Fault::CommitThenDrop);
    ask(refresh).await.unwrap_err();
    assert_eq!(ask(&server.refresh_token()).await.unwrap().0, 200);
    assert_eq!(*told.lock().unwrap(), server.issued());
    assert_eq!((server.issued().len(), server.violations().len(), server.pending()), (3, 0, 0));
}
