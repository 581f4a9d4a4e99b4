//! Questions went out: who is reminded when no answer comes, and what ends that (RUNBOOK 1.4, info wait).

use sir_intake::case::{ClockKind, Event, Stop};

use super::command_desk::{ALICE, BOB, flat, letters, readable, reported, say};
use super::commands::events;
use super::post::{Auth, Mail, RENA};
use super::thread::FIRST;
use crate::world::World;

/// Rena answers our last letter.
fn rena(world: &World, n: u32, text: &str) -> Mail {
    let last = world.sent_to(RENA).pop().unwrap();
    let id = format!("re{n}@reporter.example");
    Mail::new("Rena Porter <rena@reporter.example>", "Re: yours", &id, text).answering(&last)
}

/// A case of Alice's whose reporter was thanked and asked.
async fn asked() -> World {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!own me\n!ack\n!ask credit, deadline").await;
    world
}

fn reminders(world: &World, who: &str) -> Vec<String> {
    let told = world.sent_to(who).into_iter().map(|mail| readable(&mail));
    told.filter(|mail| mail.contains("answer to our questions") || mail.contains("answered our questions"))
        .collect()
}

fn waits(world: &World) -> bool {
    world.case(1).runs(ClockKind::Information)
}

/// "info wait: 7 d, 21 d reminders; 45 d ask owner to close; starts with the question; stops with the reply".
#[tokio::test]
async fn the_owner_is_reminded_twice_and_then_told_that_it_may_be_closed() {
    let mut world = asked().await;
    assert!(waits(&world));
    for (at, count) in [
        ("2026-11-30T08:59:00Z", 0),
        ("2026-11-30T09:01:00Z", 1),
        ("2026-12-14T08:00:00Z", 1),
        ("2026-12-14T09:01:00Z", 2),
        ("2027-01-07T08:00:00Z", 2),
        ("2027-01-07T09:01:00Z", 3),
        ("2027-03-01T09:01:00Z", 3),
    ] {
        world.at(at);
        world.settle().await;
        assert_eq!(reminders(&world, "alice@members.example").len(), count, "{at}");
    }
    assert_eq!(reminders(&world, "bob@members.example").len(), 0, "the owner alone");
    assert!(!world.peers.discord.messages().iter().any(|post| post.content.contains("questions")));
    let told = reminders(&world, "alice@members.example");
    assert!(told[0].contains("the reporter has not answered our questions"), "{}", told[0]);
    assert!(told[0].contains("\n  ask again\n"), "{}", told[0]);
    assert!(flat(&told[0]).contains("may be closed from Thu 7 Jan 2027, 09:00 UTC"), "{}", told[0]);
    assert!(
        told[2].contains("close it?") && told[2].contains("  close not-reproducible REASON"),
        "{}",
        told[2]
    );
    assert_eq!(letters(&world).len(), 2, "nothing goes to the reporter by itself");
    assert_eq!(world.case(1).closure(), None, "and nothing closes by itself");
    let told = say(&mut world, ALICE, 1, "!status").await;
    assert!(told.contains("information     no answer yet; close from Thu 7 Jan 2027, 09:00 UTC"), "{told}");
    let case = world.case(1);
    let waits = case.clocks[&ClockKind::Information].due;
    assert_ne!(case.first_due(), Some(waits), "nobody of the team is late for it");
    world.nothing_is_left_over();
}

/// Any words of theirs end it; a machine's, a forger's, a stranger's and a mere `status` do not. A later question begins anew.
#[tokio::test]
async fn the_reporters_answer_ends_it() {
    let mut world = asked().await;
    world.deliver(&rena(&world, 1, "status").write());
    world.deliver(&rena(&world, 2, "I am away until Monday.").with("Auto-Submitted: auto-replied").write());
    world.deliver(&rena(&world, 3, "No deadline.").auth(Auth::Fail).write());
    let mut stranger = rena(&world, 4, "I know it: no deadline.");
    stranger.from = Some("Mallory <mallory@evil.example>".to_owned());
    world.deliver(&stranger.write());
    world.settle().await;
    assert!(waits(&world));
    world.deliver(&rena(&world, 5, "Please credit me as Rena Porter.").write());
    world.settle().await;
    assert!(!waits(&world));
    let stop = events(&world, FIRST).into_iter().rev().find_map(|event| match event {
        Event::ClockStopped { clock: ClockKind::Information, stop } => Some(stop),
        _other => None,
    });
    assert!(matches!(stop, Some(Stop::Reply { .. })), "{stop:?}");
    world.pass(24 * 30);
    world.settle().await;
    assert_eq!(reminders(&world, "alice@members.example").len(), 0);
    // One question is still open: the reminder is one more wait.
    let told = say(&mut world, BOB, 1, "!ask again").await;
    assert!(waits(&world), "{told}");
    world.pass(24 * 8);
    world.settle().await;
    assert_eq!(reminders(&world, "alice@members.example").len(), 1);
    // A reminder while we wait does not begin the wait anew.
    let due = world.case(1).clocks[&ClockKind::Information].due;
    say(&mut world, ALICE, 1, "!ask again").await;
    assert_eq!(world.case(1).clocks[&ClockKind::Information].due, due);
    say(&mut world, ALICE, 1, "!ask others").await;
    assert!(world.case(1).clocks[&ClockKind::Information].due > due);
    world.nothing_is_left_over();
}

/// "pauses nothing else": the promise to answer runs on beside it. An end of the case ends it, and its undo does not.
#[tokio::test]
async fn it_pauses_nothing_and_ends_with_the_case() {
    let mut world = reported().await;
    let promised = world.case(1).clocks[&ClockKind::Acknowledge].clone();
    say(&mut world, ALICE, 1, "!own me\n!ask credit").await;
    assert_eq!(world.case(1).clocks[&ClockKind::Acknowledge], promised);
    assert!(waits(&world));
    say(&mut world, ALICE, 1, "!close spam").await;
    assert!(!waits(&world));
    say(&mut world, BOB, 1, "!reopen").await;
    assert!(waits(&world));
    say(&mut world, BOB, 1, "!known CVE-2025-12345").await;
    assert!(!waits(&world), "the letter closed it");
    world.pass(24 * 50);
    world.settle().await;
    assert_eq!(reminders(&world, "alice@members.example").len(), 0);
    world.nothing_is_left_over();
}
