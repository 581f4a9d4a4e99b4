//! The GitHub client against a scripted server: one call is one request, and what an answer proves.

use std::time::Duration;

use sir_intake::wire::github::{
    Changed, Closing, Github, GithubAccount, GithubAuth, GithubError, NewIssue, Update, Wait, Whoami,
};
use sir_intake::wire::http::SetupError;
use tokio::net::TcpListener;

use crate::wire_peer::{Asked, Peer, Reply, json};

const TOKEN: &str = "ghp_canaryToken";

/// Made for these tests and known to no server: the body of an RSA key.
const KEY: &str = "\
MIIEpAIBAAKCAQEAvq97UnsPfoxEOzsfsVsZMbwVvtU3CXTWer65SpT4z/uGAzcl1VfflXTwTl0/8HDdzNI5+lvJxfkRJgJl\
vxyxNRDDsiwKDqmn8/K2at9V3Nirt3XhnleWDWS4nH+jLVSNMuHZiFgppSb/99EBu1ISR//aOOxYSWc/tsoyvCibc41zT/XM\
YfJWKx+5nDWCiGGQWqrHenYHZDi3QYMr/DOJZKaZL+ABXzEj9WcsMinW0LXdl9gkoBIdLRWRY4ne7iLn9RWNT4G4rLwYmjRK\
jCiXdQYTRA06MJO9uBeEOtG5wqeU03iX9p5IsvZoh6eANR9R0xrj/kpWzIOPej4sFXfjoQIDAQABAoIBAADFLGY0LMKPqsQH\
n9Iltw1WO5RAv+8pITnLIEedjiRMWVvL918DF2yIHtDv7g7mbKpaswdAkRbKDS9AjBWFGtz93aEQLedc+OzXLyJMzhD7AxDV\
7Opfh+ihFWCrTiuRtADfnGDl5I0rgihQzxdpCL2VbIynvXL7BjYk8YIXDi9m3YGba3dJXIRAfDPKBebJXJBGhXdLI5LJe4f0\
/+2s6pyuOD9fsoA9c/sLQCL/sm+JoM6egz3axcgZVbH674fuSeD0/P7GK8bCJRRPHgMtMFHP5KcZjYYohiUx2zCueOeFQzGi\
hwTa8v+KdnzAVz8rMm53hLR0Z/qD9/wTZxykKRECgYEA5KHbMRuc4FIozLU4Y/lQmfOe7Itx+WdmXCXDH0pUU2FBXEX8fZZW\
frWR9Ha9lcrpG/CWi5D4DuPLLR+nTT44iaQxAD4z5D3Hzk6m/CUr0uOnRDFH9se1EttZRK0j83gNyRVJzq4oiSfOQGYoCmaQ\
VB/xNq0HE4d4VNWvQoxMd7UCgYEA1YLLgvedWlB3YlgyDioY6cRbRIZDLoaB6zFXcHrl+pUI4dk5tMB4nmnicadpwu/o4gTA\
+P9WpJWTz/9Njw2e2BGbyjk1QjI+FVuGo+l8oiqncWlVK1+0g1iHKrmGHDr3U4J+SJFMTjKRipDg3GCSsXzHSH2kGrpjTWOG\
/n4hV70CgYEA2Crgn9HHxaBoywQcyQmU17qr7GL75B+LfFyH3DHfAObXcXMKg4N9TFhII6eRIOu086HJ9TOgFhPyqjtfZ30I\
37rKSbyGO6reG4XqBETw5ngwUh12OTIhVi7mfDRn5W8BObpTCoNH+EYWkHUGLq9CjweUfWmjYyeW8j8HchhMxHECgYBZbAZA\
O+SzRrA5iCauuALnJU30TScl/T+8eVXdzhsz7+dgb9IzWckqz73/S9aHxmMLBmKr5oUrOVpG6u5Y06OLaxSMhZlAuDo4R7UE\
QW3pnWOzpCH/oH3B5Pn3cuwwNqIPX7/0NKZ4ucUq+7KxmeDWZSQxwC1S5G1ipCSNwdXFIQKBgQC6JFB674ZkEXN0Omi2dSlJ\
F3xuCacOjj7RTUh7PZutj6JIU319zkM/E9cBDAc+AlL/Oowdzf+PzdBw+D6kCmIYl62w3SeePd5JWtXlhreKL8Utg4owsYef\
RMop4m84rvAR5PrvkuwxBt8Yp9agAY4TeWGyezsmnrxMEd59D+K2NQ==";

fn account(url: &str, auth: GithubAuth) -> GithubAccount {
    GithubAccount { base_url: url.to_owned(), auth, limit: Duration::from_secs(1), spacing: Duration::ZERO }
}

fn with_token(url: &str) -> Github {
    let _already = rustls::crypto::ring::default_provider().install_default();
    Github::new(&account(url, GithubAuth::Token(TOKEN.to_owned().into()))).unwrap()
}

/// An RSA key as PEM.
pub fn key() -> String {
    let lines: Vec<&str> = KEY.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let kind = "RSA PRIVATE KEY";
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

fn as_app(url: &str) -> Github {
    let _already = rustls::crypto::ring::default_provider().install_default();
    Github::new(&account(url, GithubAuth::App { id: 7, installation: 9, key: key().into() })).unwrap()
}

const ISSUE: &str = r#"{"number":7,"node_id":"I_7","html_url":"https://hub.example/7","title":"t","body":"b","state":"open","labels":[{"name":"sir"},"plain",{"id":1}],"user":null,"created_at":"2026-11-20T10:00:00Z"}"#;

async fn create(github: &Github) -> Result<u64, GithubError> {
    let labels = ["sir".to_owned()];
    let new = NewIssue { title: "SIR-2026-0007: report received", body: "canary words", labels: &labels };
    github.create_issue(41, &new).await.map(|issue| issue.number)
}

/// RFC 9110 section 13.1.2; GITHUB 3: "keep own If-None-Match for the few polled lists"; one bad item fails nothing.
#[tokio::test]
async fn a_list_is_asked_for_by_what_was_seen_of_it() {
    const COMMENTS: &str = r#"[{"id":1,"body":"a","user":null,"issue_url":"https://hub.example/repos/o/r/issues/7",
        "created_at":"2026-11-20T10:00:00Z","updated_at":"2026-11-20T10:00:00Z"},
        {"id":"no number","updated_at":"2026-11-20T10:00:05Z"}]"#;
    let peer = Peer::start(|asked: &Asked| match asked.headers.get("if-none-match") {
        Some(etag) if etag == "W/\"x\"" => json(304, ""),
        _ => Reply::Http(200, vec![("etag", "W/\"x\"".to_owned())], COMMENTS.to_owned()),
    })
    .await;
    let github = with_token(&peer.url);
    let since = "2026-11-20T09:50:00.5Z".parse().unwrap();
    let Changed::Page(page) = github.comments_since(41, since, 1, None).await.unwrap() else {
        panic!("a page")
    };
    assert_eq!((page.items.len(), page.items[0].issue(), page.more), (1, Some(7), false));
    assert_eq!(page.last, Some("2026-11-20T10:00:05Z".parse().unwrap()));
    let again = github.comments_since(41, since, 1, page.etag.as_deref()).await.unwrap();
    assert_eq!(again, Changed::Same);
    let asked = peer.asked();
    let wanted = "/repositories/41/issues/comments?since=2026-11-20T09:50:00Z&sort=updated&direction=asc";
    assert!(asked.iter().all(|asked| asked.path.starts_with(wanted)), "{}", asked[0].path);
    assert_eq!((asked.len(), asked[0].headers.get("if-none-match")), (2, None));
}

#[tokio::test]
async fn an_issue_is_created_with_one_request() {
    let peer = Peer::start(|_| json(201, ISSUE)).await;
    let github = with_token(&peer.url);
    let labels = ["sir".to_owned()];
    let issue = github.create_issue(41, &NewIssue { title: "t", body: "b", labels: &labels }).await.unwrap();
    assert_eq!((issue.number, issue.node_id.as_deref(), issue.body.as_deref()), (7, Some("I_7"), Some("b")));
    assert_eq!((issue.labels, issue.user), (vec!["sir".to_owned(), "plain".to_owned()], None));
    let asked = peer.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/repositories/41/issues"));
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(asked[0].headers["x-github-api-version"], "2022-11-28");
    assert!(asked[0].headers.contains_key("user-agent"));
    let body: serde_json::Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(body, serde_json::json!({ "title": "t", "body": "b", "labels": ["sir"] }));
}

/// octocrab by default sends four: four issues.
#[tokio::test]
async fn one_create_is_one_post_whatever_becomes_of_it() {
    for (reply, wanted) in [
        (json(502, "<html>canary</html>"), GithubError::Unknown),
        (json(500, "{}"), GithubError::Unknown),
        (Reply::Drop, GithubError::Unknown),
        (Reply::Hang, GithubError::Unknown),
        (Reply::Cut(201, ISSUE.to_owned()), GithubError::Unknown),
        (json(201, "{\"number\":"), GithubError::Unknown),
        (json(201, "{}"), GithubError::Unknown),
        (json(429, "{}"), GithubError::RateLimited { wait: Wait::Unsaid }),
        (json(403, "{\"message\":\"canary\"}"), GithubError::Refused { status: 403, needs: None }),
        (json(401, "{}"), GithubError::Refused { status: 401, needs: None }),
        (json(404, "{\"message\":\"Not Found\"}"), GithubError::Refused { status: 404, needs: None }),
        (json(422, "{\"message\":\"canary words\"}"), GithubError::Refused { status: 422, needs: None }),
    ] {
        let told = reply.clone();
        let peer = Peer::start(move |_| told.clone()).await;
        let error = create(&with_token(&peer.url)).await.unwrap_err();
        assert_eq!(error, wanted, "{reply:?}");
        assert_eq!(peer.asked().len(), 1, "{reply:?}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary") && !shown.contains("http"), "{shown}");
    }
}

#[tokio::test]
async fn nobody_there_is_certainly_not_done() {
    let empty = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(create(&with_token(&format!("http://{empty}"))).await, Err(GithubError::NotDone));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 307, 308] {
        let peer = Peer::start(move |asked| match asked.path.as_str() {
            "/elsewhere" => json(201, ISSUE),
            _ => Reply::Http(status, vec![("location", "/elsewhere".to_owned())], String::new()),
        })
        .await;
        let github = with_token(&peer.url);
        assert_eq!(create(&github).await, Err(GithubError::Moved));
        assert_eq!(github.repository(41).await, Err(GithubError::Moved));
        assert_eq!(peer.asked().len(), 2);
    }
}

#[tokio::test]
async fn limits_name_their_wait() {
    let reply = |headers: Vec<(&'static str, String)>| {
        move |_: &Asked| Reply::Http(403, headers.clone(), "{}".to_owned())
    };
    let peer = Peer::start(reply(vec![("retry-after", "17".to_owned())])).await;
    let wait = Wait::For(Duration::from_secs(17));
    assert_eq!(create(&with_token(&peer.url)).await, Err(GithubError::RateLimited { wait }));
    let spent =
        vec![("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", "1795000000".to_owned())];
    let peer = Peer::start(reply(spent)).await;
    let wait = Wait::Until(jiff::Timestamp::from_second(1_795_000_000).unwrap());
    assert_eq!(create(&with_token(&peer.url)).await, Err(GithubError::RateLimited { wait }));
}

#[tokio::test]
async fn plain_http_only_towards_this_machine() {
    let refused = |url: &str| Github::new(&account(url, GithubAuth::Token(TOKEN.to_owned().into()))).err();
    assert_eq!(refused("http://api.hub.example"), Some(SetupError::PlainHttp));
    assert_eq!(refused("http://192.0.2.1:8080/api/v3"), Some(SetupError::PlainHttp));
    assert_eq!(refused("ftp://127.0.0.1"), Some(SetupError::Url));
    let broken = account("http://127.0.0.1:1", GithubAuth::Token("line\nbreak".to_owned().into()));
    assert_eq!(Github::new(&broken).err(), Some(SetupError::Credential));
    let key = GithubAuth::App { id: 1, installation: 2, key: "no key".to_owned().into() };
    assert_eq!(Github::new(&account("http://127.0.0.1:1", key)).err(), Some(SetupError::Credential));
}

/// Serves the App's token and three pages of issues; demands the installation's token everywhere else.
fn pages(asked: &Asked) -> Reply {
    if asked.path == "/app/installations/9/access_tokens" {
        assert_eq!(asked.method, "POST");
        assert!(asked.headers["authorization"].starts_with("Bearer ey"));
        return json(
            201,
            r#"{"token":"ghs_7_canaryInstallation","expires_at":"2126-01-01T00:00:00Z","permissions":{},"repositories":[]}"#,
        );
    }
    if asked.path == "/app" {
        assert!(asked.headers["authorization"].starts_with("Bearer ey"));
        return json(200, r#"{"slug":"sir-intake","id":7}"#);
    }
    if asked.headers.get("authorization").map(String::as_str) != Some("Bearer ghs_7_canaryInstallation") {
        return json(401, "{}");
    }
    if asked.path == "/users/sir-intake%5Bbot%5D" {
        return json(200, r#"{"login":"sir-intake[bot]","id":77}"#);
    }
    let page = asked.path.rsplit("page=").next().unwrap();
    let next = |page| {
        vec![(
            "link",
            format!(
                "<http://elsewhere.example/x?page={page}>; rel=\"next\", <http://elsewhere.example/x?page=1>; rel=\"first\""
            ),
        )]
    };
    match page {
        "1" => Reply::Http(200, next(2), format!("[{ISSUE}]")),
        "2" => {
            Reply::Http(200, next(3), format!("[{ISSUE},{}]", ISSUE.replace("\"number\":7", "\"number\":6")))
        }
        _ => json(200, r#"[{"number":5,"title":"a pull request","pull_request":{"url":"x"}},{"number":4}]"#),
    }
}

#[tokio::test]
async fn every_page_is_asked_for_with_authorization() {
    let peer = Peer::start(pages).await;
    let github = as_app(&peer.url);
    let since = "2026-11-20T10:00:00.7Z".parse().unwrap();
    let issues = github.list_issues_since(41, Some(since)).await.unwrap();
    let numbers: Vec<u64> = issues.iter().map(|issue| issue.number).collect();
    assert_eq!(numbers, [7, 6, 4], "once each, and no pull request");
    let asked = peer.asked();
    assert_eq!(asked.len(), 4, "one token, three pages");
    assert_eq!(
        asked[2].path,
        "/repositories/41/issues?state=all&sort=created&direction=desc&since=2026-11-20T10:00:00Z&per_page=100&page=2"
    );
    let whoami = Whoami { login: "sir-intake[bot]".to_owned(), id: Some(77) };
    assert_eq!(github.whoami().await, Ok(whoami));
}

/// The token comes before the write: without it nothing can have been done.
#[tokio::test]
async fn a_token_that_is_not_given_means_not_done() {
    for (reply, wanted) in [
        (json(500, "{}"), GithubError::NotDone),
        (json(401, "{\"message\":\"canary\"}"), GithubError::Refused { status: 401, needs: None }),
        (json(404, "{}"), GithubError::Refused { status: 404, needs: None }),
        (
            Reply::Http(403, vec![("retry-after", "9".to_owned())], "{}".to_owned()),
            GithubError::RateLimited { wait: Wait::For(Duration::from_secs(9)) },
        ),
    ] {
        let told = reply.clone();
        let peer = Peer::start(move |_| told.clone()).await;
        assert_eq!(create(&as_app(&peer.url)).await, Err(wanted), "{reply:?}");
        assert!(peer.asked().iter().all(|asked| asked.path.ends_with("access_tokens")));
    }
}

#[tokio::test]
async fn a_token_of_a_person_tells_who_we_are() {
    let peer = Peer::start(|_| json(200, r#"{"login":"sir-bot","id":5}"#)).await;
    let whoami = with_token(&peer.url).whoami().await.unwrap();
    assert_eq!((whoami.login.as_str(), whoami.id), ("sir-bot", Some(5)));
    assert_eq!(peer.asked()[0].path, "/user");
}

#[tokio::test]
async fn the_guard_lets_only_the_private_configured_repository_pass() {
    let whole = r#"{"id":41,"full_name":"o/reports","private":true,"archived":false,"has_issues":true}"#;
    for (body, wanted) in [
        (whole.to_owned(), None),
        (whole.replace("\"id\":41", "\"id\":42"), Some(GithubError::OtherRepository)),
        (whole.replace("\"private\":true", "\"private\":false"), Some(GithubError::NotPrivate)),
        (whole.replace("\"private\":true,", ""), Some(GithubError::NotPrivate)),
        (whole.replace("\"archived\":false", "\"archived\":true"), Some(GithubError::Archived)),
        (whole.replace("\"has_issues\":true", "\"has_issues\":false"), Some(GithubError::IssuesOff)),
        ("{}".to_owned(), Some(GithubError::Unknown)),
    ] {
        let told = body.clone();
        let peer = Peer::start(move |_| json(200, &told)).await;
        assert_eq!(with_token(&peer.url).guard(41).await.err(), wanted, "{body}");
        assert_eq!(peer.asked()[0].path, "/repositories/41");
    }
}

/// Over its size limit GitHub answers 200 to a PATCH and keeps the old body.
#[tokio::test]
async fn a_patch_that_keeps_the_old_body_is_found_out() {
    let peer = Peer::start(|_| json(200, ISSUE)).await;
    let github = with_token(&peer.url);
    let update = |body| Update { body: Some(body), ..Update::default() };
    assert_eq!(github.update_issue(41, 7, &update("new")).await.err(), Some(GithubError::NotKept));
    assert!(github.update_issue(41, 7, &update("b")).await.is_ok());
    let title = Update { title: Some("x"), ..Update::default() };
    assert!(github.update_issue(41, 7, &title).await.is_ok());
    let bodies: Vec<String> = peer.asked().into_iter().map(|asked| asked.body).collect();
    assert_eq!(bodies, [r#"{"body":"new"}"#, r#"{"body":"b"}"#, r#"{"title":"x"}"#]);
    github.close_as(41, 7, Closing::Duplicate).await.unwrap();
    let last = peer.asked().pop().unwrap();
    assert_eq!((last.method.as_str(), last.path.as_str()), ("PATCH", "/repositories/41/issues/7"));
    assert!(
        last.body.contains("\"state_reason\":\"duplicate\"") && last.body.contains("\"state\":\"closed\"")
    );
}

#[tokio::test]
async fn labels_are_made_once_and_read_back() {
    let peer = Peer::start(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/repositories/41/labels/there") => json(200, r#"{"name":"there"}"#),
        ("GET", "/repositories/41/labels/needs%20owner%2F%C3%A9") => json(404, "{}"),
        ("POST", "/repositories/41/labels") => json(201, "{}"),
        ("POST", "/repositories/41/issues/7/labels") => json(200, r#"[{"name":"SIR"}]"#),
        other => panic!("{other:?}"),
    })
    .await;
    let github = with_token(&peer.url);
    github.ensure_label(41, "there", "ff0000", "d").await.unwrap();
    assert_eq!(peer.asked().len(), 1);
    github.ensure_label(41, "needs owner/\u{e9}", "ff0000", "d").await.unwrap();
    assert_eq!(github.add_labels(41, 7, &["sir".to_owned()]).await, Ok(()));
    assert_eq!(github.add_labels(41, 7, &["other".to_owned()]).await, Err(GithubError::NotKept));
    assert_eq!(github.add_labels(41, 7, &[]).await, Ok(()));
}

#[tokio::test]
async fn comments_are_written_and_listed() {
    let comment = r#"{"id":3,"html_url":"u","body":"hello","user":null,"performed_via_github_app":null}"#;
    let peer = Peer::start(move |asked| match asked.method.as_str() {
        "POST" => json(201, comment),
        _ => json(200, &format!("[{comment},{comment}]")),
    })
    .await;
    let github = with_token(&peer.url);
    assert_eq!(github.comment(41, 7, "hello").await.unwrap().id, 3);
    assert_eq!(github.list_comments(41, 7, None).await.unwrap().len(), 1);
    assert_eq!(peer.asked()[1].path, "/repositories/41/issues/7/comments?per_page=100&page=1");
    let since = "2026-11-20T10:00:00Z".parse().unwrap();
    github.list_comments(41, 7, Some(since)).await.unwrap();
    let path = "/repositories/41/issues/7/comments?since=2026-11-20T10:00:00Z&per_page=100&page=1";
    assert_eq!(peer.asked()[2].path, path);
}

#[tokio::test]
async fn the_highest_issue() {
    let peer = Peer::start(|_| json(200, &format!("[{ISSUE}]"))).await;
    assert_eq!(with_token(&peer.url).highest_issue(41).await, Ok(Some(7)));
    let peer = Peer::start(|_| json(200, "[]")).await;
    assert_eq!(with_token(&peer.url).highest_issue(41).await, Ok(None));
}

#[tokio::test]
async fn writes_keep_their_distance_and_reads_do_not_wait() {
    let peer = Peer::start(|_| json(201, ISSUE)).await;
    let _already = rustls::crypto::ring::default_provider().install_default();
    let mut account = account(&peer.url, GithubAuth::Token(TOKEN.to_owned().into()));
    account.spacing = Duration::from_millis(120);
    let github = Github::new(&account).unwrap();
    let started = std::time::Instant::now();
    let (one, two, three) = tokio::join!(create(&github), create(&github), create(&github));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert!(started.elapsed() >= Duration::from_millis(240));
    let started = std::time::Instant::now();
    github.get_issue(41, 7).await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(100));
}
