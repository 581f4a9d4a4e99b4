//! Large providers take no passwords: mail is read and sent with OAuth2 tokens that are renewed.

use std::time::Duration;

use crate::world::{World, report};
use sir_intake::practice::loopback::{ACCOUNT, Settings};
use sir_intake::practice::oauth::Oauth;

/// RFC 6749 section 6: "The authorization server MAY issue a new refresh token, in which case the client MUST discard
/// the old refresh token and replace it with the new refresh token."
#[tokio::test]
async fn one_rotating_refresh_token_serves_mailbox_and_letters_across_restarts() {
    let oauth = Oauth::start("sir", "client-word", "first-refresh-token").await.unwrap();
    let mut world = World::with(Settings {
        login: format!(
            "oauth = {{ token_url = \"{}\", client_id = \"sir\", client_secret_file = \"client-secret\", \
             refresh_token_file = \"refresh-token\" }}",
            oauth.token_url()
        ),
        ..Settings::default()
    })
    .await;
    world.secret("refresh-token", "first-refresh-token");
    world.secret("client-secret", "client-word");
    // From now on the servers take tokens alone.
    world.peers.imapd.set_password(ACCOUNT.0, "no longer");
    world.peers.smtpd.set_password(ACCOUNT.0, "no longer");
    let (imapd, smtpd) = (world.peers.imapd.clone(), world.peers.smtpd.clone());
    oauth.on_issued(move |token| {
        imapd.accept_tokens(&[token]);
        smtpd.accept_tokens(&[token]);
    });

    for (round, id) in ["r1", "r2", "r3"].iter().enumerate() {
        world.deliver(&report(
            "rena@reporter.example",
            "Heap overflow",
            &format!("{id}@reporter.example"),
            &format!("A heap overflow in PhysX of O3DE 25.05, round {round}. Steps to reproduce: open it."),
        ));
        world.settle().await;
        assert_eq!(world.sent_to("rena@reporter.example").len(), round + 1);
        // The access token runs out, the refresh token was rotated, the process is a new one.
        world.clock.advance(Duration::from_secs(7_200));
        world.kill();
    }

    assert_eq!(oauth.violations(), Vec::<String>::new());
    assert_eq!(oauth.issued().len(), 3, "one token a life serves both servers");
    let kept = std::fs::read_to_string(world.peers.dir.join("state/refresh-token-mailbox")).unwrap();
    assert_eq!(kept.trim(), oauth.refresh_token());
}
