//! What an act brings besides its letter waits as the letter does: until then any member takes it back.

use sir_intake::case::{Effect, Lane, LetterKind};
use sir_intake::practice::loopback::ROSTER;
use sir_intake::store::EffectState;

use super::advisory::{asked, seen};
use super::command_desk::{ALICE, BOB, flat, hold_ends, readable, say};
use super::disclosure::{self, MORE, STUDIO, approve, assess, confirm, rena, reported_with};
use super::post::Mail;
use crate::world::World;

/// Assessed; letters are held for ten minutes.
async fn assessed() -> World {
    let more = MORE.replace("hold_s = 0", "hold_s = 600");
    assess(reported_with(&format!("{ROSTER}{more}")).await).await
}

/// MAIL 7: "any member's `!undo` stops it, always". What GitHub was asked for cannot be taken back.
#[tokio::test]
async fn a_cve_is_not_asked_for_while_its_order_can_be_taken_back() {
    for said in ["!fork\n!cve request", "!cve request\n!fork"] {
        let mut world = assessed().await;
        let ghsa = seen(&world).ghsa;
        say(&mut world, ALICE, 1, said).await;
        assert_eq!(asked(&world, "POST", "forks"), 1, "what is not held happens at once: {said}");
        assert_eq!(world.peers.hub.cve_requests(&ghsa), 0, "{said}");
        // Whatever else looks at the advisory meanwhile.
        say(&mut world, BOB, 1, "!credit anonymous").await;
        assert_eq!(world.peers.hub.cve_requests(&ghsa), 0, "{said}");
        let acts = world.case(1).acts;
        let cve = acts.iter().find(|act| act.deed.words() == "cve request").unwrap().number;
        let told = say(&mut world, BOB, 1, &format!("!undo {cve}")).await;
        assert!(told.contains("its letter will not leave"), "{told}");
        // A new order has a time of its own, also where the old one still lies there.
        world.clock.advance(std::time::Duration::from_secs(300));
        say(&mut world, ALICE, 1, "!cve request").await;
        world.clock.advance(std::time::Duration::from_secs(301));
        world.settle().await;
        assert_eq!(world.peers.hub.cve_requests(&ghsa), 0, "the first was taken back: {said}");
        world.clock.advance(std::time::Duration::from_secs(300));
        let (store, now) = (world.daemon().office.store.clone(), world.now());
        let begins = store.write("test", move |txn| Ok(txn.performable(Lane::Advisory, now, 10)?.len()));
        assert_eq!(begins.await.unwrap(), 0, "an undo that came in time may lie in the mailbox");
        world.settle().await;
        assert_eq!(world.peers.hub.cve_requests(&ghsa), 1, "{said}");
        world.nothing_is_left_over();
    }
}

/// RUNBOOK T23: "We write again 24 h before and if the date moves": once it has moved.
#[tokio::test]
async fn the_list_hears_of_a_moved_day_when_it_cannot_be_taken_back_any_more() {
    let mut world = approve(assessed().await).await;
    disclosure::say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    assert_eq!(world.sent_to(STUDIO).len(), 1, "the notice");
    // That it is known outside is told at once; it has no letter to the reporter.
    say(&mut world, BOB, 1, "!leaked It is on a forum").await;
    assert_eq!(world.sent_to(STUDIO).len(), 2);
    disclosure::say(&mut world, ALICE, "!embargo 2026-12-09").await;
    rena(&mut world, 8, "That suits me as well.").await;

    let agreed = "!agreed The fix needs one more platform";
    say(&mut world, ALICE, 1, agreed).await;
    assert_eq!(world.sent_to(STUDIO).len(), 2, "not yet");
    let told = say(&mut world, BOB, 1, "!undo").await;
    assert!(told.contains("its letter will not leave"), "{told}");
    let waiting = world.effects_in(EffectState::Due);
    assert!(!waiting.iter().any(|row| matches!(row.effect, Effect::Letter { .. })), "{waiting:?}");
    hold_ends(&mut world).await;
    assert_eq!(world.sent_to(STUDIO).len(), 2, "the day did not move");

    say(&mut world, ALICE, 1, agreed).await;
    hold_ends(&mut world).await;
    assert_eq!(world.sent_to(STUDIO).len(), 3);
    let list = flat(&readable(&world.sent_to(STUDIO).pop().unwrap()));
    assert!(list.contains("has changed") && list.contains("9 December 2026"), "{list}");
    assert!(!list.contains("forum") && !list.contains("known outside"), "the day, not the leak: {list}");
    let told = say(&mut world, BOB, 1, "!undo").await;
    assert!(told.contains("left already"), "{told}");
    world.nothing_is_left_over();
}

/// Whoever orders many letters needs a second person, who reads the letter to the reporter; the list waits for that word too.
#[tokio::test]
async fn the_list_waits_for_the_second_person_as_well() {
    let mut world = approve(assessed().await).await;
    disclosure::say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    disclosure::say(&mut world, ALICE, "!embargo 2026-12-09").await;
    rena(&mut world, 8, "That suits me as well.").await;
    world.change_config("letters_per_hour = 100", "letters_per_hour = 0");
    world.kill();
    world.settle().await;
    say(&mut world, ALICE, 1, "!agreed The fix needs one more platform").await;
    hold_ends(&mut world).await;
    let asked = flat(&readable(&world.sent_to("bob@members.example").pop().unwrap()));
    assert!(asked.contains("one more platform"), "the letter to the reporter: {asked}");
    assert_eq!(world.sent_to(STUDIO).len(), 1);
    confirm(&mut world, BOB).await;
    hold_ends(&mut world).await;
    assert_eq!(world.sent_to(STUDIO).len(), 2);
    let rows = world.effects_in(EffectState::Done);
    let moved =
        rows.iter().filter(|row| matches!(row.effect, Effect::Letter { letter: LetterKind::ListChange, .. }));
    assert_eq!(moved.count(), 1);
    world.nothing_is_left_over();
}

/// "letters go there from now on": what was ordered for a wrong address does not leave to it once that was taken back.
#[tokio::test]
async fn a_letter_to_a_wrong_reporter_does_not_leave() {
    let mut world = assessed().await;
    say(&mut world, ALICE, 1, "!reporter wrong@elsewhere.example").await;
    let wrong = world.case(1).last_act().unwrap().number;
    say(&mut world, ALICE, 1, "!update 5wd\n\nThe fix is nearly there.").await;
    let told = say(&mut world, BOB, 1, &format!("!undo {wrong}")).await;
    assert!(told.contains("taken back"), "{told}");
    hold_ends(&mut world).await;
    assert!(world.sent_to("wrong@elsewhere.example").is_empty());
    let alert = flat(&readable(&world.sent_to("alice@members.example").pop().unwrap()));
    assert!(alert.contains("the case has another reporter now"), "{alert}");
    // They are of the case no longer: what they write is a stranger's.
    let mail = Mail::new(
        "Wrong One <wrong@elsewhere.example>",
        "Re: [SIR-2026-0001]",
        "w1@elsewhere.example",
        "Hello?",
    );
    world.deliver(&mail.write());
    world.settle().await;
    assert_eq!(world.case(1).quarantined, 1);
    world.nothing_is_left_over();
}
