//! `dkim = "verify"`: the provider writes nothing that could be believed, and this program itself finds out who commands.

use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::DkimSigner;
use sir_intake::store::FateWord;

use super::command_desk::{ALICE, command, owner, transcript};
use super::post::{Auth, Mail};
use crate::world::World;

/// A command of Alice's without a word of the provider.
fn silent(world: &World, text: &str) -> Mail {
    let mail = command(world, ALICE, 1, text).auth(Auth::Silent);
    Mail { seal: None, ..mail }
}

/// The mail, signed by a domain whose key stands in the zone.
fn sign(world: &World, mail: &Mail, domain: &str, partly: bool) -> String {
    let raw = mail.write().replace('\n', "\r\n");
    let key = Ed25519Key::from_pkcs8_der(&Ed25519Key::generate_pkcs8().unwrap()).unwrap();
    let public = data_encoding::BASE64.encode(&key.public_key());
    let selector = format!("k{}", world.peers.imapd.held("INBOX").len());
    let name = format!("{selector}._domainkey.{domain}");
    world.zone.add(&name, format!("v=DKIM1; k=ed25519; p={public}").as_bytes());
    let signer = DkimSigner::from_key(key).domain(domain).selector(&selector);
    let signer = signer.headers(["From", "Subject", "Date", "Message-ID"]).body_length(partly);
    format!("{}{raw}", signer.sign(raw.as_bytes()).unwrap().to_header())
}

async fn deliver(world: &mut World, raw: String) {
    world.deliver_raw("INBOX", raw.into_bytes());
    world.settle().await;
}

#[tokio::test]
async fn a_command_that_this_program_verified_runs_and_no_other() {
    let mut world = World::new().await;
    world.change_config("[mailbox]", "dkim = \"verify\"\n\n[mailbox]");
    world.deliver(&Mail::report().write());
    world.settle().await;

    let mail = silent(&world, "!severity low");
    let raw = sign(&world, &mail, "members.example", false);
    deliver(&mut world, raw.replacen("!severity low", "!close spam", 1)).await;
    let other = sign(&world, &silent(&world, "!close spam"), "evil.example", false);
    deliver(&mut world, other).await;
    let partly = sign(&world, &silent(&world, "!close spam"), "members.example", true);
    deliver(&mut world, partly).await;
    let none = silent(&world, "!close spam").write().replace('\n', "\r\n");
    deliver(&mut world, none).await;
    let case = world.case(1);
    assert_eq!((case.acts.len(), case.refused, world.mails(FateWord::Quarantined).len()), (0, 4, 4));

    let mail = silent(&world, "!own me");
    let raw = sign(&world, &mail, "members.example", false);
    deliver(&mut world, raw.clone()).await;
    assert!(transcript(&world, ALICE, &mail).contains("owner: nobody -> alice"));
    assert_eq!(owner(&world, 1).as_deref(), Some("alice"));
    // The same octets once more, under another Message-ID and another copy of the field: they are known.
    let again = raw.replacen("DKIM-Signature:", "dkim-signature:", 1).replacen("!own me", "!own me ", 1);
    deliver(&mut world, again).await;
    assert_eq!(world.case(1).acts.len(), 1);
    world.nothing_is_left_over();
}
