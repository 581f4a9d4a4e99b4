//! The GitHub, Discord and OAuth clients against the practice servers, which are stateful and count every broken rule.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use sir_intake::practice::discord;
use sir_intake::practice::hub::{Fault, Hub, Kind};
use sir_intake::practice::oauth::Oauth;
use sir_intake::practice::web::Recorder;
use sir_intake::wire::discord::{Discord, DiscordError};
use sir_intake::wire::github::{
    Closing, Github, GithubAccount, GithubAuth, GithubError, NewIssue, Update, Wait,
};
use sir_intake::wire::oauth::{Grant, OAuthAccount, Tokens};

use crate::wire_github::key;

const REPORTS: u64 = 4_711;
const LIMIT: Duration = Duration::from_secs(1);

async fn hub() -> Hub {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let hub = Hub::start(Arc::new(Timestamp::now), Recorder::none()).await.unwrap();
    hub.add_repository(REPORTS, "o3de", "sig-security-reports", true);
    hub.add_token("ghp_practice", 99, "intake-bot");
    hub.add_installation(7, 9, "sir-intake[bot]");
    hub
}

fn client(hub: &Hub, auth: GithubAuth) -> Github {
    let account = GithubAccount { base_url: hub.base_url(), auth, limit: LIMIT, spacing: Duration::ZERO };
    Github::new(&account).unwrap()
}

fn with_token(hub: &Hub) -> Github {
    client(hub, GithubAuth::Token("ghp_practice".to_owned().into()))
}

fn as_app(hub: &Hub) -> Github {
    client(hub, GithubAuth::App { id: 7, installation: 9, key: key().into() })
}

async fn create(github: &Github, title: &str) -> Result<u64, GithubError> {
    let labels = ["sir".to_owned()];
    github
        .create_issue(REPORTS, &NewIssue { title, body: "body", labels: &labels })
        .await
        .map(|issue| issue.number)
}

#[tokio::test]
async fn an_issue_s_whole_life() {
    let hub = hub().await;
    for github in [with_token(&hub), as_app(&hub)] {
        assert!(github.guard(REPORTS).await.unwrap().private);
        github.ensure_label(REPORTS, "sir", "b60205", "a report").await.unwrap();
        github.ensure_label(REPORTS, "sir", "b60205", "a report").await.unwrap();
        let labels = ["sir".to_owned()];
        let new = NewIssue { title: "SIR-2026-0007: report received", body: "first", labels: &labels };
        let issue = github.create_issue(REPORTS, &new).await.unwrap();
        assert_eq!(issue.labels, ["sir"]);
        let author = issue.user.unwrap();
        let whoami = github.whoami().await.unwrap();
        assert_eq!((author.login, Some(author.id)), (whoami.login, whoami.id));
        let update = Update { body: Some("second\nline"), ..Update::default() };
        github.update_issue(REPORTS, issue.number, &update).await.unwrap();
        github.add_labels(REPORTS, issue.number, &["sir".to_owned(), "new".to_owned()]).await.unwrap();
        let comment = github.comment(REPORTS, issue.number, "said").await.unwrap();
        let comments = github.list_comments(REPORTS, issue.number, None).await.unwrap();
        assert_eq!(comments.len(), 1);
        assert_eq!((comments[0].id, comments[0].body.as_deref()), (comment.id, Some("said")));
        let closed = github.close_as(REPORTS, issue.number, Closing::Duplicate).await.unwrap();
        assert_eq!(
            (closed.state.as_deref(), closed.state_reason.as_deref()),
            (Some("closed"), Some("duplicate"))
        );
        assert_eq!(
            github.get_issue(REPORTS, issue.number).await.unwrap().body.as_deref(),
            Some("second\nline")
        );
        assert_eq!(github.highest_issue(REPORTS).await, Ok(Some(issue.number)));
    }
    assert_eq!(hub.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn unknown_means_look_and_not_done_means_not_done() {
    let hub = hub().await;
    for github in [with_token(&hub), as_app(&hub)] {
        create(&github, "warm").await.unwrap();
        let limited = |wait| GithubError::RateLimited { wait };
        for (fault, wanted, more) in [
            (Fault::CommitThenDrop, GithubError::Unknown, 1),
            (Fault::CommitThen502, GithubError::Unknown, 1),
            (Fault::CutBody, GithubError::Unknown, 1),
            (Fault::CommitThenHang, GithubError::Unknown, 1),
            (Fault::Drop, GithubError::Unknown, 0),
            (Fault::ServerError, GithubError::Unknown, 0),
            (Fault::Secondary { retry_after_s: Some(7) }, limited(Wait::For(Duration::from_secs(7))), 0),
            (Fault::Secondary { retry_after_s: None }, limited(Wait::Unsaid), 0),
            (Fault::TooMany { retry_after_s: None }, limited(Wait::Unsaid), 0),
            (Fault::Moved, GithubError::Moved, 0),
        ] {
            let before = hub.issues().len();
            hub.faults().at("POST", Kind::Any, fault.clone());
            assert_eq!(create(&github, "once").await, Err(wanted), "{fault:?}");
            assert_eq!(hub.issues().len() - before, more, "{fault:?}");
            assert_eq!(hub.faults().pending(), 0);
        }
        for (fault, status) in [(Fault::Forbidden, 403), (Fault::NotFound, 404), (Fault::Invalid, 422)] {
            hub.faults().at("POST", Kind::Any, fault.clone());
            let refused = create(&github, "never").await;
            assert!(
                matches!(refused, Err(GithubError::Refused { status: got, .. }) if got == status),
                "{refused:?}"
            );
        }
        hub.faults().at("POST", Kind::Any, Fault::Primary { reset_in_s: 90 });
        assert!(matches!(create(&github, "x").await, Err(GithubError::RateLimited { wait: Wait::Until(_) })));
    }
}

#[tokio::test]
async fn all_pages_of_a_list_are_read_by_app_and_token() {
    let hub = hub().await;
    for n in 0..25 {
        hub.add_issue_as("intake-bot", &format!("issue {n}"), "body").unwrap();
    }
    hub.ghost(3);
    hub.faults().small_pages(Some(10));
    for github in [with_token(&hub), as_app(&hub)] {
        let issues = github.list_issues_since(REPORTS, None).await.unwrap();
        assert_eq!(issues.len(), 25);
        assert!(issues.iter().any(|issue| issue.user.is_none()));
        let future = Timestamp::now() + SignedDuration::from_hours(1);
        assert_eq!(github.list_issues_since(REPORTS, Some(future)).await.unwrap().len(), 0);
    }
    assert_eq!(hub.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_revoked_installation_token_is_renewed_and_a_kept_body_noticed() {
    let hub = hub().await;
    let github = as_app(&hub);
    let number = create(&github, "one").await.unwrap();
    hub.revoke_tokens();
    assert!(create(&github, "two").await.is_ok());
    assert_eq!(hub.issues().len(), 2);
    hub.faults().keep_on_patch(1);
    let update = Update { body: Some("new"), ..Update::default() };
    assert_eq!(github.update_issue(REPORTS, number, &update).await.err(), Some(GithubError::NotKept));
    hub.rename(REPORTS, "o3de", "renamed");
    assert_eq!(github.guard(REPORTS).await.unwrap().full_name, "o3de/renamed");
    hub.change_repository(REPORTS, |repository| repository.private = false);
    assert_eq!(github.guard(REPORTS).await, Err(GithubError::NotPrivate));
}

#[tokio::test]
async fn discord_and_the_token_server_find_no_fault_with_us() {
    let sink = discord::Discord::start(Arc::new(Timestamp::now), Recorder::none()).await.unwrap();
    let ours = Discord::new(sink.webhook_url().into(), LIMIT).unwrap();
    assert!(ours.post("SIR-2026-0007 came in").await.unwrap().is_some());
    assert_eq!((sink.messages().len(), sink.violations()), (1, vec![]));
    sink.revoke(Some(404));
    assert_eq!(ours.post("again").await, Err(DiscordError::Revoked { status: 404 }));

    let server = Oauth::start("client", "secret", "r1").await.unwrap();
    let tokens = Tokens::new(OAuthAccount {
        token_url: server.token_url(),
        client_id: "client".to_owned(),
        client_secret: Some("secret".to_owned().into()),
        scope: None,
        grant: Grant::Refresh { token: "r1".to_owned().into() },
        limit: LIMIT,
    })
    .unwrap();
    let granted = tokens.token(Timestamp::now()).await.unwrap();
    assert_eq!(granted.access.expose_secret(), server.issued()[0]);
    assert_eq!(granted.rotated.unwrap().expose_secret(), server.refresh_token());
    tokens.forget().await;
    tokens.token(Timestamp::now()).await.unwrap();
    assert_eq!((server.issued().len(), server.violations()), (2, vec![]));
}
