//! What those of the embargoed list read after their first letter, also where the mail server was away in between.

use sir_intake::case::{Effect, LetterKind};
use sir_intake::practice::smtpd::{Fault, Stage};
use sir_intake::store::EffectState;

use super::advisory::{edit, seen};
use super::command_desk::{ALICE, BOB, CAROL, command, flat, readable};
use super::commands_agreed::nonce;
use super::disclosure::{STUDIO, approved, confirm, got, say};
use crate::world::World;

async fn told() -> World {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    assert_eq!(world.sent_to(STUDIO).len(), 1, "the notice");
    world
}

fn last(world: &World) -> String {
    flat(&readable(&world.sent_to(STUDIO).pop().unwrap()))
}

/// What a member says while no mail can leave.
async fn say_unheard(world: &mut World, who: &str, text: &str) {
    let mail = command(world, who, 1, text);
    world.deliver(&mail.write());
    world.settle_within(1).await;
}

fn no_mail_leaves(world: &World) {
    world.peers.smtpd.faults().repeat(Stage::Rcpt, 100_000, Fault::Reply(451, "later".to_owned()));
}

async fn mail_leaves_again(world: &mut World) {
    world.peers.smtpd.faults().clear();
    world.pass(30);
    world.settle_within(3).await;
}

/// What was said in error is taken back before everybody who heard it.
#[tokio::test]
async fn the_list_hears_that_a_leak_was_none() {
    let mut world = told().await;
    say(&mut world, BOB, "!leaked It is on a forum").await;
    let leaked = world.case(1).last_act().unwrap().number;
    assert!(last(&world).contains("has become known outside"), "{}", last(&world));
    let told = say(&mut world, BOB, &format!("!undo {leaked}")).await;
    assert!(told.contains("hear that it was an error"), "{told}");
    let list = last(&world);
    assert!(list.contains("error of ours") && list.contains("The embargo holds as it did before"), "{list}");
    assert!(!list.contains("forum"), "{list}");
    assert_eq!(
        (world.sent_to(STUDIO).len(), got(&world, ALICE, "known outside, or used, was an error")),
        (3, 1)
    );
    world.nothing_is_left_over();
}

/// Whom no word of it reached need not hear that it was none.
#[tokio::test]
async fn a_leak_of_which_nobody_heard_is_corrected_before_nobody() {
    let mut world = told().await;
    no_mail_leaves(&world);
    say_unheard(&mut world, BOB, "!leaked It is on a forum").await;
    let leaked = world.case(1).last_act().unwrap().number;
    say_unheard(&mut world, BOB, &format!("!undo {leaked}")).await;
    mail_leaves_again(&mut world).await;
    assert_eq!(world.sent_to(STUDIO).len(), 1, "{}", last(&world));
    assert!(world.effects_in(EffectState::Parked).is_empty());
    world.nothing_is_left_over();
}

/// RUNBOOK T23: "We write again 24 h before and if the date moves": the notice is put off, and what follows comes after it.
#[tokio::test]
async fn a_leak_reaches_those_whose_notice_was_put_off_and_after_it() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    let word = nonce(&world, BOB);
    no_mail_leaves(&world);
    say_unheard(&mut world, BOB, &format!("!confirm {word}")).await;
    say_unheard(&mut world, BOB, "!leaked It is on a forum").await;
    assert!(world.sent_to(STUDIO).is_empty());
    mail_leaves_again(&mut world).await;
    let mails: Vec<String> = world.sent_to(STUDIO).iter().map(|mail| flat(&readable(mail))).collect();
    assert_eq!(mails.len(), 2, "{mails:#?}");
    assert!(
        mails[0].contains("Under embargo until") && mails[1].contains("has become known outside"),
        "{mails:#?}"
    );
    world.nothing_is_left_over();
}

/// Who never heard of it is not told that it ended; a person is told that they were never told.
#[tokio::test]
async fn who_was_told_nothing_before_it_was_public_hears_no_end_of_it() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    let word = nonce(&world, BOB);
    no_mail_leaves(&world);
    say_unheard(&mut world, BOB, &format!("!confirm {word}")).await;
    edit(&world, &seen(&world).ghsa, "state", serde_json::json!("published"));
    world.settle_within(1).await;
    assert!(world.case(1).tracks.published.is_some());
    mail_leaves_again(&mut world).await;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, CAROL).await;
    assert!(world.sent_to(STUDIO).is_empty(), "{}", last(&world));
    let parked = world.effects_in(EffectState::Parked);
    let notice = |effect: &Effect| matches!(effect, Effect::Letter { letter: LetterKind::ListNotice, .. });
    assert!(parked.len() == 1 && notice(&parked[0].effect), "{parked:?}");
}

/// It turns out to be none: two people say so, and whoever prepares for it hears that they need not.
#[tokio::test]
async fn the_list_hears_that_it_is_none() {
    let mut world = told().await;
    let told = say(&mut world, ALICE, "!close wai It is how it is meant to be").await;
    assert!(told.contains("others were told of it in confidence"), "{told}");
    assert_eq!(world.sent_to(STUDIO).len(), 1);
    let told = confirm(&mut world, BOB).await;
    assert!(told.contains("of the embargoed list hear that it is none"), "{told}");
    world.pass(1);
    world.settle_within(1).await;
    let list = last(&world);
    assert!(list.contains("turned out to be no vulnerability (works as intended)"), "{list}");
    assert!(!list.contains("SIR-2026") && !list.contains("Rena"), "{list}");
    assert_eq!(
        got(&world, "Nora Network <nora@sigs.example>", "no vulnerability, and nothing is published"),
        1
    );
    world.nothing_is_left_over();
}
