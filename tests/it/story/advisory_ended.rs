//! Somebody ends the advisory on GitHub while its case goes on: people hear of it, and nothing is built on it.

use serde_json::json;
use sir_intake::case::Phase;

use super::advisory::{edit, seen, the_one, word};
use super::command_desk::{ALICE, BOB, CAROL, flat, readable};
use super::disclosure::{STUDIO, approved, assessed, confirm, got, phase, rena, say};
use super::post::{RENA, address};
use crate::world::World;

const CLOSED: &str = "somebody closed the advisory on GitHub";

async fn becomes(world: &mut World, state: &str) {
    let ghsa = seen(world).ghsa;
    edit(world, &ghsa, "state", json!(state));
    world.pass(1);
    world.settle_within(1).await;
}

/// Whoever owns the case hears of it once, and reads what can be done; what is undone on GitHub is seen.
#[tokio::test]
async fn a_draft_that_somebody_closes_is_told_to_the_owner_once() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!group alice, nora\n!reproduced yes\n!fix none It is hard\n!credit name").await;
    becomes(&mut world, "closed").await;
    assert_eq!((got(&world, ALICE, CLOSED), got(&world, BOB, CLOSED)), (1, 0));
    let told = flat(&readable(&world.sent_to(address(ALICE)).pop().unwrap()));
    let ghsa = seen(&world).ghsa;
    for words in [ghsa.as_str(), "The case goes on", "open it again on GitHub", "say: advisory GHSA-..."] {
        assert!(told.contains(words), "{words} in {told}");
    }
    let posts = world.peers.discord.messages();
    assert_eq!(posts.iter().filter(|post| post.content.contains(CLOSED)).count(), 1);
    assert!(world.issue(1).body.contains("CLOSED on GitHub"), "{}", world.issue(1).body);
    let told = say(&mut world, ALICE, "!review").await;
    assert!(told.contains("the advisory is closed on GitHub: open it again there"), "{told}");
    // Something else changes in it; days pass: nobody hears again.
    edit(&world, &ghsa, "cwe_ids", json!(["CWE-787"]));
    world.pass(24);
    world.settle_within(2).await;
    assert_eq!(got(&world, ALICE, CLOSED), 1);
    // It is opened again, and once more closed: that is news.
    becomes(&mut world, "draft").await;
    assert!(!world.issue(1).body.contains("CLOSED on GitHub"));
    assert_eq!(got(&world, ALICE, CLOSED), 1);
    becomes(&mut world, "closed").await;
    assert_eq!(got(&world, ALICE, CLOSED), 2);
    world.nothing_is_left_over();
}

#[tokio::test]
async fn without_an_owner_all_members_hear_of_a_closed_draft() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!disown").await;
    becomes(&mut world, "closed").await;
    assert_eq!((got(&world, ALICE, CLOSED), got(&world, BOB, CLOSED)), (1, 1));
    // Nor does anybody outside hear a word of it.
    assert!(world.sent_to(RENA).iter().all(|mail| !flat(&readable(mail)).contains("closed the advisory")));
    world.nothing_is_left_over();
}

/// Nobody outside is told, and nothing is published, of what is closed: neither when it is asked for nor when it is confirmed.
#[tokio::test]
async fn nothing_is_told_or_published_of_a_closed_advisory() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    becomes(&mut world, "closed").await;
    let told = confirm(&mut world, BOB).await;
    assert!(told.contains("the advisory is closed on GitHub"), "{told}");
    assert_eq!((phase(&world), world.sent_to(STUDIO).len()), (Some(Phase::Review), 0));
    let told = say(&mut world, ALICE, "!notify").await;
    assert!(told.contains("the advisory is closed on GitHub"), "{told}");
    // Its text is the one that was approved: once it is open again, they go on.
    becomes(&mut world, "draft").await;
    say(&mut world, ALICE, "!undo\n!notify").await;
    confirm(&mut world, BOB).await;
    assert_eq!((phase(&world), world.sent_to(STUDIO).len()), (Some(Phase::Prenotice), 1));
    world.nothing_is_left_over();
}

/// A text that changed while it was closed is read by everybody again once it is open.
#[tokio::test]
async fn what_was_changed_while_it_was_closed_is_reviewed_when_it_opens() {
    let mut world = approved().await;
    let ghsa = seen(&world).ghsa;
    edit(&world, &ghsa, "summary", json!("Oversized packets are accepted"));
    becomes(&mut world, "closed").await;
    let text = seen(&world).text.short();
    assert_eq!(got(&world, BOB, &text), 0, "nobody reads a closed one");
    becomes(&mut world, "draft").await;
    assert_eq!((got(&world, BOB, &text), got(&world, "tess@tsc.example", &text)), (1, 1));
    rena(&mut world, 5, "Reads well.").await;
    world.nothing_is_left_over();
}

/// It was public by somebody's hand and is taken back: nobody is told any more that it is public.
#[tokio::test]
async fn what_was_public_and_is_withdrawn_is_told_to_nobody_as_public() {
    let mut world = approved().await;
    becomes(&mut world, "published").await;
    assert_eq!(phase(&world), Some(Phase::Disclosed));
    say(&mut world, ALICE, "!publish").await;
    becomes(&mut world, "withdrawn").await;
    assert_eq!(got(&world, ALICE, "somebody withdrew the advisory on GitHub"), 1);
    let letters = world.sent_to(RENA).len();
    let told = confirm(&mut world, CAROL).await;
    assert!(told.contains("the advisory was withdrawn on GitHub"), "{told}");
    let told = say(&mut world, BOB, "!publish").await;
    assert!(told.contains("nobody can be told that it is public"), "{told}");
    assert_eq!(world.sent_to(RENA).len(), letters);
    assert_eq!(word(&the_one(&world), "state"), "withdrawn");
    // The case has an end all the same: the reporter hears from a person, and whoever ends it says why.
    let told = say(&mut world, ALICE, "!close disclosed It stood there by mistake").await;
    assert!(told.contains("nobody told the reporter that it is public"), "{told}");
    say(&mut world, ALICE, "!reply\n\nIt was public for an hour, by mistake. It was not yours to bear.")
        .await;
    let told = say(&mut world, ALICE, "!close disclosed").await;
    assert!(told.contains("the advisory was withdrawn on GitHub: say why the case ends"), "{told}");
    let told = say(&mut world, ALICE, "!close disclosed It stood there by mistake").await;
    assert!(told.contains("closed: disclosed"), "{told}");
    world.nothing_is_left_over();
}
