//! What one member alone may not say: that a grave claim is none; and what an ended case still sends.

use sir_intake::case::order::Order;
use sir_intake::case::{ClockKind, Receipt, Withheld};
use sir_intake::practice::loopback::{ROSTER, Settings};
use sir_intake::store::EffectState;

use super::command_desk::{
    ALICE, BOB, CAROL, flat, hold_ends, letters, owner, readable, reported_with_hold, say, world_with_hold,
};
use super::post::{Mail, OVERFLOW};
use crate::world::World;

fn claims(severity: &str) -> Mail {
    let mut mail = Mail::report();
    mail.text = format!("Severity: {severity}\n\n{OVERFLOW}");
    mail
}

/// A report whose writer claims so much, in a world with that in `[commands]`.
async fn claimed(severity: &str, commands: &str) -> World {
    let rest = format!("{ROSTER}\n[commands]\nhold_s = 600\n{commands}\n");
    let mut world = World::with(Settings { rest, ..Settings::default() }).await;
    world.deliver(&claims(severity).write());
    world.settle().await;
    world
}

/// The word by which this member agrees, of the last notice that asks for one.
pub fn nonce(world: &World, who: &str) -> String {
    let sent = world.sent_to(super::post::address(who));
    let asked = readable(sent.iter().rfind(|mail| mail.contains("asks you to confirm")).expect("a notice"));
    asked.split("  confirm ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

fn closed_posts(world: &World) -> usize {
    world.peers.discord.messages().iter().filter(|post| post.content.contains("closed: ")).count()
}

/// RUNBOOK 1.2, row 12: "NOT_VULN: O; DEF 1 more M agrees if reporter claimed >= High".
#[tokio::test]
async fn a_grave_claim_is_closed_by_two() {
    let mut world = claimed("Critical", "").await;
    let told = say(&mut world, ALICE, 1, "!own me\n!close bug It crashes, but only your own editor").await;
    assert!(told.contains("closes as bug (a bug, not of security) when another member agrees"), "{told}");
    assert!(told.contains("waits for a second person: the reporter claims critical (act 2)"), "{told}");
    assert!(told.contains("leaves once a second person agreed, by Tue 24 Nov 2026, 09:00 UTC"), "{told}");
    let case = world.case(1);
    assert_eq!((case.closure(), owner(&world, 1).as_deref()), (None, Some("alice")));
    assert!(world.issue(1).open && closed_posts(&world) == 0);
    let waits = "act 2 (close bug) waits for a second person until Tue 24 Nov 2026, 09:00 UTC";
    assert!(world.issue(1).body.contains(waits), "{}", world.issue(1).body);
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 0, "its letter waits as well");

    // Bob looks after it now, and says no other end beside the one that waits.
    say(&mut world, BOB, 1, "!own me").await;
    let told = say(&mut world, BOB, 1, "!close spam").await;
    assert!(told.contains("REFUSED: act 2 (close bug) waits for a second person: undo it first"), "{told}");
    let asked = readable(&world.sent_to("bob@members.example")[1]);
    assert!(asked.contains("close bug") && asked.contains("only your own editor"), "{asked}");
    let bobs = nonce(&world, BOB);
    assert!(say(&mut world, ALICE, 1, &format!("!confirm {bobs}")).await.contains("confirms nothing here"));
    let told = say(&mut world, BOB, 1, &format!("!confirm {bobs}")).await;
    assert!(told.contains("confirmed: act 2 of alice, close bug"), "{told}");
    hold_ends(&mut world).await;
    let case = world.case(1);
    assert_eq!(case.closure().map(|closure| closure.word()), Some("bug"));
    assert_eq!(owner(&world, 1).as_deref(), Some("bob"), "who owned it when it ended");
    assert!(!world.issue(1).open && closed_posts(&world) == 1);
    assert!(flat(&letters(&world)[0]).contains("only your own editor"));
    assert!(case.clocks.values().all(|clock| clock.stopped.is_some()));
    // The end is the last that was done, though it was asked for earlier.
    assert!(say(&mut world, CAROL, 1, "!undo 3").await.contains("act 2 came after it"));
    say(&mut world, CAROL, 1, "!reopen").await;
    assert_eq!(owner(&world, 1).as_deref(), Some("bob"));
    world.nothing_is_left_over();
}

/// It is taken back before anybody agreed, or nobody does in time: the case goes on as if nothing had been asked.
#[tokio::test]
async fn an_end_that_nobody_agrees_to_is_none() {
    let mut world = claimed("High", "").await;
    say(&mut world, ALICE, 1, "!close bug It is only a crash").await;
    let bobs = nonce(&world, BOB);
    say(&mut world, BOB, 1, "!own me").await;
    let told = say(&mut world, CAROL, 1, "!undo 1").await;
    assert!(told.contains("taken back: act 1 of alice, close bug; its letter will not leave"), "{told}");
    assert_eq!(owner(&world, 1).as_deref(), Some("bob"), "what others did meanwhile stands");
    assert!(say(&mut world, BOB, 1, &format!("!confirm {bobs}")).await.contains("REFUSED"));

    say(&mut world, ALICE, 1, "!close not-reproducible We tried it on two machines").await;
    let carols = nonce(&world, CAROL);
    world.pass(25);
    world.settle().await;
    assert!(say(&mut world, CAROL, 1, &format!("!confirm {carols}")).await.contains("REFUSED"));
    assert!(world.sent_to("bob@members.example").iter().any(|mail| {
        let told = flat(&readable(mail));
        told.contains("did not leave: no second person agreed in time")
    }));
    let case = world.case(1);
    assert_eq!((case.closure(), letters(&world).len()), (None, 0));
    assert!(case.runs(ClockKind::Acknowledge) && !world.issue(1).body.contains("waits for a second person"));
    // And another end can be said now.
    assert!(say(&mut world, BOB, 1, "!known CVE-2025-12345").await.contains("public already"));
    hold_ends(&mut world).await;
    assert_eq!(world.case(1).closure().map(|closure| closure.word()), Some("known-public"));
    world.nothing_is_left_over();
}

/// Spam is no way around it; what says nothing against the claim needs nobody; a house can do without.
#[tokio::test]
async fn which_ends_of_which_claims_need_a_second_person() {
    for (severity, commands, said, alone) in [
        ("Critical", "", "!spam", false),
        ("High", "", "!close not-a-report", false),
        ("High", "", "!close no-impact Nobody gains anything", false),
        ("Medium", "", "!close bug It is only a crash", true),
        ("Medium", "close_agreed_from = \"medium\"", "!close bug It is only a crash", false),
        ("Critical", "close_agreed_from = \"never\"", "!close bug It is only a crash", true),
    ] {
        let mut world = claimed(severity, commands).await;
        assert!(world.case(1).severity.is_some(), "{severity}");
        let told = say(&mut world, ALICE, 1, said).await;
        assert_eq!(world.case(1).closure().is_some(), alone, "{severity} {commands} {said}: {told}");
        if !alone {
            let word = nonce(&world, CAROL);
            say(&mut world, CAROL, 1, &format!("!confirm {word}")).await;
            assert!(world.case(1).closure().is_some(), "{severity} {commands} {said}");
            assert_eq!(closed_posts(&world), 1);
        }
        hold_ends(&mut world).await;
        world.nothing_is_left_over();
    }
}

/// A case that ends asks nothing any more, and promises no further word: such letters that wait do not leave.
#[tokio::test]
async fn an_end_stops_the_questions_that_wait() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!own me\n!ack\n!ask credit").await;
    let told = say(&mut world, BOB, 1, "!close bug It is only a crash").await;
    assert!(told.contains("the acknowledgement (T01) of act 2 does not leave"), "{told}");
    assert!(told.contains("the letter with questions (T03) of act 3 does not leave"), "{told}");
    assert!(!world.issue(1).body.contains("(T03) waits"), "{}", world.issue(1).body);
    hold_ends(&mut world).await;
    let sent = letters(&world);
    assert!(sent.len() == 1 && sent[0].contains("only a crash"), "{sent:?}");
    assert!(!world.case(1).runs(ClockKind::Acknowledge), "the letter that left keeps the promise");
    // They were never asked, and can be.
    say(&mut world, BOB, 1, "!reopen\n!ask credit").await;
    say(&mut world, ALICE, 1, "!dup SIR-2026-0001").await;
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 2);
    world.nothing_is_left_over();
}

/// An end without a letter, and its undo: the promise runs again, for the next line of the same mail already.
#[tokio::test]
async fn spam_gets_no_word_that_waited() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!ack").await;
    say(&mut world, ALICE, 1, "!spam").await;
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 0);
    assert!(world.case(1).clocks.values().all(|clock| clock.stopped.is_some()));
    say(&mut world, BOB, 1, "!undo\n!ack").await;
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 1);
    world.nothing_is_left_over();
}

/// `mode = "exercise"`: "mail goes to the roster only". What does not leave is not shown as if it would.
#[tokio::test]
async fn in_an_exercise_no_letter_waits_for_ever() {
    let rest = format!("{ROSTER}\n[commands]\nhold_s = 600\n");
    let mut world = World::with(Settings { mode: "exercise".to_owned(), rest, ..Settings::default() }).await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.case(1).receipt, Receipt::Withheld(Withheld::Exercise));
    say(&mut world, ALICE, 1, "!own me\n!ack").await;
    assert!(world.issue(1).body.contains("the acknowledgement (T01) waits (act 2)"));
    hold_ends(&mut world).await;
    assert!(world.sent_to(super::post::RENA).is_empty());
    assert!(!world.issue(1).body.contains("(T01) waits"), "{}", world.issue(1).body);
    assert!(world.sent_to("alice@members.example").iter().any(|mail| {
        flat(&readable(mail))
            .contains("did not leave: this is an exercise, and mail goes to the roster alone")
    }));
    assert!(say(&mut world, ALICE, 1, "!show").await.contains("its letter did not leave"));
    world.nothing_is_left_over();
}

/// An operator cancels a letter in its hold: the page and whoever ordered it know.
#[tokio::test]
async fn a_letter_that_an_operator_cancels_does_not_wait() {
    let mut world = world_with_hold(600).await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    say(&mut world, ALICE, 1, "!own me\n!ack").await;
    let held = world.effects_in(EffectState::Due).pop().unwrap();
    assert!(world.order(Order::CancelEffect { effect: held.id }).await.contains("will not be done"));
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 0);
    assert!(!world.issue(1).body.contains("(T01) waits"));
    assert!(
        world
            .sent_to("alice@members.example")
            .iter()
            .any(|mail| { flat(&readable(mail)).contains("did not leave: an operator canceled it") })
    );
    say(&mut world, ALICE, 1, "!ack").await;
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 1);
    world.nothing_is_left_over();
}

/// What was to be agreed to is of no use any more: the word for it says so.
#[tokio::test]
async fn nobody_agrees_to_a_letter_that_does_not_leave_any_more() {
    let mut world = claimed("Low", "letters_per_hour = 0").await;
    let told = say(&mut world, ALICE, 1, "!ask credit").await;
    assert!(told.contains("waits for a second person: you ordered 0 letters within an hour"), "{told}");
    let bobs = nonce(&world, BOB);
    say(&mut world, CAROL, 1, "!spam\n!reopen").await;
    let told = say(&mut world, BOB, 1, &format!("!confirm {bobs}")).await;
    assert!(told.contains("the letter of act 1 does not leave any more"), "{told}");
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 0);
    world.nothing_is_left_over();
}
