//! Who is told what on the way of a vulnerability, and what must not stop it: found by reading the letters of a whole life.

use serde_json::json;
use sir_intake::case::ClockKind;
use sir_intake::practice::loopback::ROSTER;
use sir_intake::store::EffectState;

use super::advisory::{edit, seen, the_one, word};
use super::command_desk::{ALICE, BOB, letters, readable};
use super::disclosure::{
    MORE, PUBLIC, REST, STUDIO, approve, approved, assess, assessed, confirm, got, phase, rena, reported,
    reported_with, say,
};
use super::post::{Mail, address, field};

/// The notice to the embargoed list asks for an answer. Whoever answers quotes our words and our subject: neither the reminder nor
/// the public notice may take that for a leak.
#[tokio::test]
async fn an_organization_that_answers_stops_nothing_and_is_named() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    let notice = world.sent_to(STUDIO).pop().unwrap();
    let subject = field(&notice, "Subject").unwrap();
    let mut text = String::from("Received. You wrote:\n\n");
    // Not as a quote: some programs do so.
    text.push_str(&readable(&notice));
    let answer =
        Mail::new(&format!("Studio <{STUDIO}>"), &format!("Re: {subject}"), "s1@studio.example", &text);
    world.deliver(&answer.answering(&notice).write());
    world.settle_within(1).await;
    let told = world.sent_to(address(ALICE)).pop().unwrap();
    assert!(readable(&told).contains("Example Studios of the embargoed list wrote"), "{}", readable(&told));
    say(&mut world, ALICE, REST).await;
    world.at("2026-12-06T16:05:00Z");
    world.settle_within(1).await;
    assert_eq!(world.sent_to(STUDIO).len(), 2, "a day before");
    world.at("2026-12-07T16:05:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    assert_eq!(word(&the_one(&world), "state"), "published");
    assert_eq!((world.sent_to(STUDIO).len(), world.sent_to(PUBLIC).len()), (3, 1));
    // Everybody who knew before hears that it is public.
    for who in ["tess@tsc.example", "nora@sigs.example"] {
        assert_eq!(got(&world, who, "It is public; thank you for your part in it"), 1, "{who}");
    }
    assert_eq!(got(&world, BOB, "look back at how it went"), 1, "the team, not its owner alone");
    world.nothing_is_left_over();
}

/// What the reporter wrote is confidential all the same, also when somebody of the list quotes it.
#[tokio::test]
async fn words_of_the_report_are_a_leak_whoever_repeats_them() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    let notice = world.sent_to(STUDIO).pop().unwrap();
    let words = "The walrus keeps nine silver spoons behind every second door of the harbor";
    rena(&mut world, 7, words).await;
    let text = format!("Is this true? {words}");
    let answer = Mail::new(&format!("Studio <{STUDIO}>"), "Re: it", "s2@studio.example", &text);
    world.deliver(&answer.answering(&notice).write());
    world.settle_within(1).await;
    let ghsa = seen(&world).ghsa;
    let body = word(&the_one(&world), "description").replace("Update to 2510.2.", words);
    edit(&world, &ghsa, "description", json!(body));
    world.pass(1);
    world.settle_within(1).await;
    let before = world.sent_to(STUDIO).len();
    world.at("2026-12-06T16:05:00Z");
    world.settle_within(1).await;
    assert!(world.sent_to(STUDIO).iter().all(|mail| !readable(mail).contains("walrus")), "{before}");
}

/// Two letters that fail in one decision: what the second brings stands on what the first brought.
#[tokio::test]
async fn letters_that_the_guard_stops_together_leave_the_case_what_its_journal_says() {
    let second = "[[runbook.embargoed]]\norganization = \"Second Studios\"\naddress = \"security@second.example\"\n\
                  terms_accepted = \"2026-01-31\"\nvouched_by = [\"bob\", \"alice\"]\n";
    let mut world = approve(assess(reported_with(&format!("{ROSTER}{MORE}{second}")).await).await).await;
    rena(
        &mut world,
        7,
        "Please prepare, but deploy nothing before that day: the fix would give the flaw away.",
    )
    .await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    assert_eq!((world.sent_to(STUDIO).len(), world.sent_to("security@second.example").len()), (0, 0));
    assert_eq!(got(&world, ALICE, "would tell what is confidential"), 2, "which words, by mail alone");
    let parked = world.effects_in(EffectState::Parked);
    assert_eq!(parked.len(), 2, "each of them");
    world.nothing_is_left_over();
}

/// RUNBOOK 1.4, promised contact: "Stop: next letter to P".
#[tokio::test]
async fn a_promise_to_write_is_kept_by_the_next_letter() {
    let mut world = reported().await;
    say(&mut world, ALICE, "!own me\n!ack 5wd").await;
    assert!(world.case(1).runs(ClockKind::Contact));
    let told = say(&mut world, ALICE, "!ask credit").await;
    assert!(told.contains("asks for credit"), "{told}");
    assert!(!world.case(1).runs(ClockKind::Contact), "they heard from us");
    world.at("2026-12-02T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, ALICE, "write to the reporter, as promised"), 0);

    // The letter that confirms it names a day, and that day is a promise that runs.
    let world = assessed().await;
    let letter = letters(&world).pop().unwrap();
    let due = world.case(1).clocks[&ClockKind::Update].due;
    let day = due.strftime("%A %-d %B %Y").to_string();
    assert!(letter.contains(&day) && world.case(1).runs(ClockKind::Update), "{day} {letter}");
    assert!(!letter.contains("how should we name you"), "asked once, in the acknowledgement: {letter}");
}

/// RUNBOOK 1.2, row 20: "Notify: P: T17; owner".
#[tokio::test]
async fn a_cve_id_that_comes_is_told_to_the_reporter_and_the_owner_once() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!cve request").await;
    let ghsa = seen(&world).ghsa;
    edit(&world, &ghsa, "cve_id", json!("CVE-2026-12345"));
    world.pass(1);
    world.settle_within(1).await;
    let letter = letters(&world).pop().unwrap();
    assert!(
        letter.contains("your finding has a CVE number") && letter.contains("CVE-2026-12345"),
        "{letter}"
    );
    assert_eq!(got(&world, ALICE, "The CVE id is there"), 1);
    let count = letters(&world).len();
    edit(&world, &ghsa, "cwe_ids", json!(["CWE-787"]));
    world.pass(1);
    world.settle_within(1).await;
    assert_eq!(letters(&world).len(), count);
    world.nothing_is_left_over();
}

/// A chair's and the TSC's letter name the advisory, though it is made by the same command.
#[tokio::test]
async fn who_is_asked_to_help_reads_where_the_details_are() {
    let world = assessed().await;
    let ghsa = seen(&world).ghsa;
    for who in ["nora@sigs.example", "tess@tsc.example"] {
        assert_eq!(got(&world, who, &ghsa), 1, "{who}");
    }
    assert_eq!(phase(&world), Some(sir_intake::case::Phase::Confirmed));
}

/// A reminder that waits for somebody's morning is not sent when its promise was kept before.
#[tokio::test]
async fn a_reminder_that_is_over_by_the_morning_is_not_sent() {
    let mut world = assessed().await;
    world.change_config(
        "addresses = [\"alice@members.example\"]",
        "addresses = [\"alice@members.example\"]\nzone = \"Asia/Tokyo\"",
    );
    world.kill();
    // 09:00 UTC is 18:00 in Tokyo.
    world.at("2026-11-26T12:00:00Z");
    world.settle().await;
    assert_eq!(got(&world, ALICE, "tell the reporter how it goes"), 0, "not in the night");
    say(&mut world, BOB, "!update 5wd\n\nWe see it happen.").await;
    world.at("2026-11-27T02:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, ALICE, "tell the reporter how it goes"), 0, "and not in the morning after");
    world.nothing_is_left_over();
}
