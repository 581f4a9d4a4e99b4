//! What the leak guard takes for confidential, and what not: each of these guards was broken once.
//!
//! The words are a sentence of our own notice (T23): whoever wrote it before in confidence has made it a leak.

use sir_intake::practice::loopback::{ROSTER, Settings};
use sir_intake::store::EffectState;

use super::advisory::{the_one, word};
use super::command_desk::{ALICE, BOB};
use super::disclosure::{MORE, PUBLIC, REST, STUDIO, approve, assess, confirm, got, rena, reported_in, say};
use super::post::{LIST, Mail, OVERFLOW};
use crate::world::World;

const WORDS: &str = "Please prepare, but deploy nothing before that day: the fix would give the flaw away.";

/// Approved, after a report of these words.
async fn after(subject: &str, text: &str) -> World {
    after_in(subject, text, &format!("{ROSTER}{MORE}")).await
}

async fn after_in(subject: &str, text: &str, rest: &str) -> World {
    let mut world = World::with(Settings { rest: rest.to_owned(), ..Settings::default() }).await;
    let mut report = Mail::report();
    report.subject = subject.to_owned();
    report.text = text.to_owned();
    world.peers.hub.add_repository(crate::sync::O3DE, "o3de", "o3de", false);
    world.deliver(&report.write());
    world.settle_within(1).await;
    approve(assess(world).await).await
}

/// Two people tell the embargoed list; how many notices left, and how often Alice hears why not.
async fn notified(world: &mut World) -> (usize, usize) {
    say(world, ALICE, "!notify").await;
    confirm(world, BOB).await;
    (world.sent_to(STUDIO).len(), got(world, ALICE, "would tell what is confidential"))
}

#[tokio::test]
async fn words_of_the_report_its_subject_and_what_it_quotes_are_confidential() {
    let quoted = format!(
        "{OVERFLOW}\nOn Monday, 16 November 2026, Sam Second <sam@second.example> wrote:\n> {WORDS}\n"
    );
    let said = format!("{OVERFLOW}\n{WORDS}\n");
    for (what, subject, text) in [
        ("its text", "Heap overflow in Multiplayer", said.as_str()),
        ("what it quotes", "Heap overflow in Multiplayer", quoted.as_str()),
        ("its subject", WORDS, OVERFLOW),
    ] {
        let mut world = after(subject, text).await;
        assert_eq!(notified(&mut world).await, (0, 1), "{what}");
        world.nothing_is_left_over();
    }
}

/// A mail that nobody of the case wrote is as confidential as any.
#[tokio::test]
async fn words_of_a_mail_that_was_put_aside_on_the_case_are_confidential() {
    let mut world = after("Heap overflow in Multiplayer", OVERFLOW).await;
    let mail = Mail::new("Mallory <m@evil.example>", "[SIR-2026-0001] hello", "m1@evil.example", WORDS);
    world.deliver(&mail.write());
    world.settle_within(1).await;
    assert_eq!(world.case(1).quarantined, 1);
    assert_eq!(notified(&mut world).await, (0, 1));
}

/// Whoever answers a letter of ours and quotes it has said nothing new.
#[tokio::test]
async fn what_a_reply_quotes_of_us_stops_nothing() {
    let mut world = after("Heap overflow in Multiplayer", OVERFLOW).await;
    rena(&mut world, 7, &format!("Fine.\n\nOn Monday you wrote:\n> {WORDS}\n")).await;
    assert_eq!(notified(&mut world).await, (1, 0));
}

/// What a member told the reporter is for the reporter: it does not become fit for others by that.
#[tokio::test]
async fn what_the_reporter_was_told_is_not_approved_by_that() {
    let mut world = after("Heap overflow in Multiplayer", OVERFLOW).await;
    say(&mut world, ALICE, &format!("!update 5wd\n\n{WORDS}")).await;
    rena(&mut world, 7, WORDS).await;
    assert_eq!(notified(&mut world).await, (0, 1));
}

/// Our own list stands below every text of ours as the place to write to: it is no secret, also where it takes part in a case.
#[tokio::test]
async fn our_own_address_is_no_leak() {
    let mut world = after("Heap overflow in Multiplayer", OVERFLOW).await;
    let case = world.case(1).id;
    let list = sir_intake::case::Address::parse(LIST).unwrap();
    let write = world.daemon().office.store.write("person", move |txn| {
        let person = txn.person(&list, "Security")?;
        txn.joins(case, person)
    });
    write.await.unwrap();
    assert_eq!(notified(&mut world).await, (1, 0));
}

/// A letter that one decision plans by way of the store fails: the case goes on from what that brought.
#[tokio::test]
async fn public_mails_that_the_guard_stops_together_leave_the_case_what_its_journal_says() {
    let two = MORE.replace(
        "announce = [\"announce@lists.o3de.example\"]",
        "announce = [\"announce@lists.o3de.example\", \"more@lists.o3de.example\"]",
    );
    let sentence = "How we handle reports, and how to send one";
    let text = format!("{OVERFLOW}\n{sentence}: that is what I looked for.\n");
    let mut world = after_in("Heap overflow in Multiplayer", &text, &format!("{ROSTER}{two}")).await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, REST).await;
    world.at("2026-12-07T16:05:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    assert_eq!(word(&the_one(&world), "state"), "published");
    assert_eq!((world.sent_to(PUBLIC).len(), world.sent_to("more@lists.o3de.example").len()), (0, 0));
    let parked = world.effects_in(EffectState::Parked);
    assert_eq!(parked.iter().filter(|row| row.why.as_deref() == Some("leak")).count(), 2);
    world.nothing_is_left_over();
}

/// The reporter does not want to be named: nobody reads a name, whatever still stands in the advisory.
#[tokio::test]
async fn who_does_not_want_to_be_named_is_named_nowhere() {
    let mut world =
        reported_in(World::with(Settings { rest: format!("{ROSTER}{MORE}"), ..Settings::default() }).await)
            .await;
    world = approve(assess(world).await).await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, &format!("!credit anonymous\n{REST}")).await;
    world.at("2026-12-07T16:05:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    let thanks = super::command_desk::letters(&world).pop().unwrap();
    assert!(thanks.contains("not named") && !thanks.contains("  Rena."), "{thanks}");
    let public = super::command_desk::readable(&world.sent_to(PUBLIC)[0]);
    assert!(!public.contains("Rena"), "{public}");
}
