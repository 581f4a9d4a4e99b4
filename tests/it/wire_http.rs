//! Discord, the token server and the heartbeat against a scripted server.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sir_intake::wire::discord::{Discord, DiscordError, MAX_CONTENT};
use sir_intake::wire::heartbeat::{Heartbeat, HeartbeatError};
use sir_intake::wire::http::SetupError;
use sir_intake::wire::oauth::{Grant, OAuthAccount, OAuthError, Tokens};
use tokio::net::TcpListener;

use crate::wire_peer::{Peer, Reply, json};

const LIMIT: Duration = Duration::from_secs(1);

fn discord(url: &str) -> Discord {
    Discord::new(format!("{url}/webhooks/1/canary").into(), LIMIT).unwrap()
}

#[tokio::test]
async fn a_post_rings_nobody_and_unfolds_nothing() {
    let peer = Peer::start(|_| json(200, r#"{"id":"99"}"#)).await;
    let posted = discord(&peer.url).post("SIR-2026-0007: a report came in @everyone").await;
    assert_eq!(posted, Ok(Some("99".to_owned())));
    let asked = &peer.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/webhooks/1/canary?wait=true"));
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["allowed_mentions"], serde_json::json!({ "parse": [] }));
    assert_eq!(body["flags"], 4);
}

#[tokio::test]
async fn discord_s_refusals() {
    let wait = |wait| DiscordError::RateLimited { wait };
    for (reply, wanted) in [
        (
            json(429, r#"{"message":"canary","retry_after":1.5,"global":false}"#),
            wait(Duration::from_millis(1500)),
        ),
        (
            Reply::Http(429, vec![("retry-after", "3".to_owned())], String::new()),
            wait(Duration::from_secs(3)),
        ),
        (json(429, "x"), wait(Duration::from_secs(5))),
        (json(429, r#"{"retry_after":-1}"#), wait(Duration::from_secs(5))),
        (json(401, "{}"), DiscordError::Revoked { status: 401 }),
        (json(404, "{}"), DiscordError::Revoked { status: 404 }),
        (json(400, "{}"), DiscordError::Refused { status: 400 }),
        (
            Reply::Http(302, vec![("location", "/x".to_owned())], String::new()),
            DiscordError::Refused { status: 302 },
        ),
        (json(502, "x"), DiscordError::Unknown),
        (Reply::Drop, DiscordError::Unknown),
        (Reply::Hang, DiscordError::Unknown),
    ] {
        let told = reply.clone();
        let peer = Peer::start(move |_| told.clone()).await;
        let error = discord(&peer.url).post("x").await.unwrap_err();
        assert_eq!(error, wanted, "{reply:?}");
        assert_eq!(peer.asked().len(), 1);
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let empty = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = discord(&format!("http://{empty}"));
    assert_eq!(nobody.post("x").await, Err(DiscordError::Unreachable));
    assert_eq!(nobody.post(" ").await, Err(DiscordError::Unfit));
    assert_eq!(nobody.post(&"x".repeat(MAX_CONTENT + 1)).await, Err(DiscordError::Unfit));
    let peer = Peer::start(|_| Reply::Cut(200, r#"{"id":"99"}"#.to_owned())).await;
    assert_eq!(discord(&peer.url).post("x").await, Ok(None), "posted, though its id is not known");
    let clear = Discord::new("http://hooks.example/1".to_owned().into(), LIMIT);
    assert_eq!(clear.err(), Some(SetupError::PlainHttp));
}

#[tokio::test]
async fn a_heartbeat_is_a_get_of_a_secret_address() {
    let beat = |url: &str| Heartbeat::new(format!("{url}/canary").into(), LIMIT).unwrap();
    let peer = Peer::start(|_| json(200, "OK")).await;
    assert_eq!(beat(&peer.url).beat().await, Ok(()));
    assert_eq!((peer.asked()[0].method.as_str(), peer.asked()[0].path.as_str()), ("GET", "/canary"));
    let peer = Peer::start(|_| json(404, "gone")).await;
    assert_eq!(beat(&peer.url).beat().await, Err(HeartbeatError::Status(404)));
    let peer = Peer::start(|_| Reply::Hang).await;
    let error = beat(&peer.url).beat().await.unwrap_err();
    assert_eq!(error, HeartbeatError::Unreachable);
    assert!(!error.to_string().contains("canary"));
}

fn tokens(url: &str, grant: Grant) -> Tokens {
    let account = OAuthAccount {
        token_url: format!("{url}/token"),
        client_id: "client one".to_owned(),
        client_secret: Some("canary&secret".to_owned().into()),
        scope: Some("imap offline".to_owned()),
        grant,
        limit: LIMIT,
    };
    Tokens::new(account).unwrap()
}

fn refresh(token: &str) -> Grant {
    Grant::Refresh { token: token.to_owned().into() }
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end_and_a_rotated_one_is_handed_back() {
    let peer = Peer::start(|asked| {
        let token = if asked.body.contains("refresh_token=r1") { ("a1", "r2") } else { ("a2", "r2") };
        json(
            200,
            &format!(r#"{{"access_token":"{}","expires_in":3600,"refresh_token":"{}"}}"#, token.0, token.1),
        )
    })
    .await;
    let tokens = tokens(&peer.url, refresh("r1"));
    let start: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let at = |seconds| start + SignedDuration::from_secs(seconds);
    let text = |secret: &SecretString| secret.expose_secret().to_owned();
    let first = tokens.token(start).await.unwrap();
    assert_eq!(
        (text(&first.access), first.rotated.as_ref().map(text)),
        ("a1".to_owned(), Some("r2".to_owned()))
    );
    let held = tokens.token(at(3000)).await.unwrap();
    assert_eq!((text(&held.access), held.rotated.is_none()), ("a1".to_owned(), true));
    assert_eq!(peer.asked().len(), 1);
    let renewed = tokens.token(at(3500)).await.unwrap();
    assert_eq!((text(&renewed.access), renewed.rotated.is_none()), ("a2".to_owned(), true));
    assert!(peer.asked()[1].body.contains("refresh_token=r2"), "the rotated one is used");
    tokens.forget().await;
    tokens.token(at(3501)).await.unwrap();
    assert_eq!(peer.asked().len(), 3);
    let body = &peer.asked()[0].body;
    for part in [
        "grant_type=refresh_token",
        "client_id=client+one",
        "client_secret=canary%26secret",
        "scope=imap+offline",
    ] {
        assert!(body.contains(part), "{body}");
    }
}

#[tokio::test]
async fn client_credentials() {
    let peer = Peer::start(|_| json(200, r#"{"access_token":"a1","token_type":"Bearer"}"#)).await;
    let granted = tokens(&peer.url, Grant::ClientCredentials).token(Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(granted.access.expose_secret(), "a1");
    assert!(peer.asked()[0].body.contains("grant_type=client_credentials"));
}

#[tokio::test]
async fn token_servers_that_do_not_give() {
    for (reply, wanted) in [
        (json(400, r#"{"error":"invalid_grant","error_description":"canary"}"#), OAuthError::Revoked),
        (json(401, r#"{"error":"invalid_client"}"#), OAuthError::Refused { status: 401 }),
        (json(503, "canary"), OAuthError::Unavailable),
        (json(429, "canary"), OAuthError::Unavailable),
        (json(200, "canary"), OAuthError::Unavailable),
        (json(200, "{}"), OAuthError::Unavailable),
        (Reply::Drop, OAuthError::Unavailable),
        (Reply::Hang, OAuthError::Unavailable),
        (Reply::Cut(200, r#"{"access_token":"canary"}"#.to_owned()), OAuthError::Unavailable),
    ] {
        let told = reply.clone();
        let peer = Peer::start(move |_| told.clone()).await;
        let error = tokens(&peer.url, refresh("r1")).token(Timestamp::UNIX_EPOCH).await.err().unwrap();
        assert_eq!(error, wanted, "{reply:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
