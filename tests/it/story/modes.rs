//! `mode`: a team tries the machine on its real mailbox, and rehearses with it.

use crate::world::{World, report};
use sir_intake::practice::loopback::Settings;
use sir_intake::store::EffectState;

const OVERFLOW: &str = "I found a heap overflow in the Multiplayer gem of O3DE 25.05.1 on Windows 11.\n\n\
    Steps to reproduce:\n1. Start a server.\n2. Send a NetBind packet of 70000 bytes.\n3. It crashes.\n\n\
    A remote attacker without an account can run code on the server.\n";

async fn world(mode: &str) -> World {
    World::with(Settings { mode: mode.to_owned(), ..Settings::default() }).await
}

fn overflow(from: &str, id: &str) -> String {
    report(from, "Heap overflow in Multiplayer", id, OVERFLOW)
}

/// "*shadow* does everything and performs nothing outside (files in `would-send/`, never performed later)".
#[tokio::test]
async fn shadow_writes_what_it_would_send_and_sends_nothing_ever() {
    let mut world = world("shadow").await;
    world.deliver(&overflow("rena@reporter.example", "r1@reporter.example"));
    world.settle().await;
    assert_eq!(world.cases().len(), 1);
    let nothing_left = |world: &World| {
        assert_eq!((world.peers.smtpd.count(), world.peers.hub.issues().len()), (0, 0));
        assert_eq!((world.peers.discord.messages().len(), world.peers.hub.labels().len()), (0, 0));
    };
    nothing_left(&world);
    let mut files: Vec<(String, String)> = std::fs::read_dir(world.peers.dir.join("would-send"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    let of = |ending: &str| files.iter().filter(|(name, _)| name.ends_with(ending)).collect::<Vec<_>>();
    assert_eq!((of(".md").len(), of(".txt").len()), (1, 1), "{files:?}");
    assert!(of(".md")[0].1.contains("NetBind packet"), "the issue as it would be");
    let mails = of(".eml");
    for to in ["rena@reporter.example", "alice@members.example", "bob@members.example"] {
        assert_eq!(mails.iter().filter(|(_, mail)| mail.contains(&format!("To: {to}"))).count(), 1, "{to}");
    }
    world.nothing_is_left_over();
    world.kill();

    // Also not when the same store goes live.
    let config = std::fs::read_to_string(world.peers.path()).unwrap();
    std::fs::write(world.peers.path(), config.replacen("\"shadow\"", "\"live\"", 1)).unwrap();
    world.settle().await;
    nothing_left(&world);
    world.nothing_is_left_over();
}

/// RFC: "run a full practice of patching O3DE"
/// "*exercise* writes only to the roster, `[PRACTICE]` first in every subject".
#[tokio::test]
async fn an_exercise_writes_to_the_roster_alone_and_says_so_in_every_subject() {
    let mut world = world("exercise").await;
    world.deliver(&overflow("rena@reporter.example", "r1@reporter.example"));
    world.settle().await;
    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.sent_to("rena@reporter.example"), Vec::<String>::new());
    let canceled = world.daemon().office.store.read(|txn| txn.effects_in(EffectState::Canceled, 10)).unwrap();
    assert_eq!(canceled.len(), 1, "the receipt");

    // Warnings and breaches of the clocks, to chairs and the TSC: all of the roster, all marked.
    for _ in 0..8 {
        world.pass(24);
        world.settle().await;
    }
    let mails = world.peers.smtpd.mails();
    assert!(mails.len() > 4, "{}", mails.len());
    for mail in &mails {
        let text = String::from_utf8(mail.data.clone()).unwrap();
        assert!(
            text.contains("\r\nSubject: [PRACTICE] ") || text.starts_with("Subject: [PRACTICE] "),
            "{text}"
        );
        let known = |to: &String| {
            ["members.example", "chairs.example", "tsc.example"].iter().any(|domain| to.ends_with(domain))
        };
        assert!(mail.envelope_to.iter().all(known), "{:?}", mail.envelope_to);
    }
    let issues = world.peers.hub.issues();
    assert_eq!(issues.len(), 1);
    assert!(issues[0].title.starts_with("[PRACTICE] SIR-2026-0001"), "{}", issues[0].title);
    assert!(issues[0].body.contains("**Exercise.** Nothing here is real."), "{}", issues[0].body);
    world.nothing_is_left_over();
}
