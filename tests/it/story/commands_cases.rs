//! Cases and mails that belong together or do not; help from above; a second person.

use sir_intake::case::ClockKind;
use sir_intake::store::FateWord;

use super::command_desk::{ALICE, BOB, BOT, CAROL, letters, owner, readable, reported, say, transcript};
use super::intake::nth_report;
use super::post::{Mail, RENA};
use super::thread::more;
use crate::world::World;

const SAM: &str = "sam@second.example";

async fn two() -> World {
    let mut world = reported().await;
    world.deliver(&nth_report(2, SAM).write());
    world.settle().await;
    world
}

/// The last mail with the word in its subject that a member got.
fn notice(world: &World, who: &str, word: &str) -> String {
    let sent = world.sent_to(who);
    readable(sent.iter().rfind(|mail| mail.contains(word)).unwrap_or_else(|| panic!("no notice: {word}")))
}

/// RFC: "known but undisclosed vulnerability"
/// RUNBOOK 1.2, row 6: "do **not** tell reporter details of the other case"; "P: T01 (same as new)"; MAIL: "a second reporter on a
/// duplicate is never shown the first".
#[tokio::test]
async fn a_duplicate_is_acknowledged_like_any_report_and_shown_nothing() {
    let mut world = two().await;
    let told = say(&mut world, ALICE, 2, "!dup SIR-2026-0001").await;
    assert!(told.contains("closed: duplicate of SIR-2026-0001; the acknowledgement (T01) is held"), "{told}");
    let case = world.case(2);
    assert_eq!(case.closure().map(|closure| closure.word()), Some("duplicate"));
    assert!(!case.runs(ClockKind::Acknowledge), "the letter left");
    assert_eq!(owner(&world, 2).as_deref(), Some("alice"));
    let letter = readable(&world.sent_to(SAM).pop().unwrap());
    assert!(
        letter.contains("[SIR-2026-0002]") && !letter.contains("0001") && !letter.contains("Rena"),
        "{letter}"
    );
    assert!(world.issue(2).labels.contains("closed/duplicate") && !world.issue(2).open);
    assert_eq!(world.issue(2).state_reason.as_deref(), Some("duplicate"));
    assert_eq!(world.case(1).links, [world.case(2).id]);
    assert!(world.issue(1).body.contains("linked with SIR-2026-0002"));
    assert_eq!(letters(&world).len(), 0, "the first reporter hears nothing of it");
    assert!(say(&mut world, BOB, 2, "!undo").await.contains("reopen goes on with the case"));
    say(&mut world, BOB, 2, "!reopen").await;
    assert_eq!(world.case(2).duplicate_of, None);
    world.nothing_is_left_over();
}

/// RUNBOOK 1.2, row 6: both reporters are owed the end of it, and the second one knows of no other case.
#[tokio::test]
async fn whoever_owns_a_duplicate_hears_what_became_of_the_other_case() {
    let mut world = two().await;
    say(&mut world, ALICE, 2, "!dup SIR-2026-0001").await;
    assert!(world.case(2).runs(ClockKind::Contact), "the next word is promised");
    say(&mut world, BOB, 1, "!own me\n!close bug It crashes, but only your own editor").await;
    let told = notice(&world, "alice@members.example", "is a duplicate");
    let told = super::command_desk::flat(&told);
    assert!(told.contains("[SIR-2026-0002]"), "{told}");
    assert!(
        told.contains("please write to them (reply)") && told.contains("waits for a word from us"),
        "{told}"
    );
    say(&mut world, ALICE, 2, "!reply\n\nIt turned out to be a fault of the editor alone.").await;
    assert!(!world.case(2).runs(ClockKind::Contact));
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_duplicate_without_a_letter_and_links_are_taken_back() {
    let mut world = two().await;
    say(&mut world, ALICE, 2, "!ack done\n!dup SIR-2026-0001").await;
    say(&mut world, BOB, 2, "!undo").await;
    assert_eq!((world.case(2).closure(), world.case(2).links.len(), world.case(1).links.len()), (None, 0, 0));
    assert!(world.issue(2).open);
    say(&mut world, ALICE, 1, "!link SIR-2026-0002").await;
    assert_eq!((world.case(1).links.len(), world.case(2).links.len()), (1, 1));
    assert!(
        say(&mut world, ALICE, 1, "!link SIR-2026-0002").await.contains("linked with SIR-2026-0002 already")
    );
    say(&mut world, BOB, 1, "!undo").await;
    assert_eq!((world.case(1).links.len(), world.case(2).links.len()), (0, 0));
    assert!(say(&mut world, ALICE, 1, "!dup SIR-2026-0001").await.contains("not its own duplicate"));
    world.nothing_is_left_over();
}

/// RUNBOOK 1.7: "split: one case per vulnerability, linked".
#[tokio::test]
async fn a_report_of_two_flaws_is_split_and_a_new_bug_gets_its_own_case() {
    let mut world = reported().await;
    let told = say(&mut world, ALICE, 1, "!own me\n!split").await;
    assert!(told.contains("one more case of the same report: SIR-2026-0002"), "{told}");
    let split = world.case(2);
    assert_eq!((split.report, split.reporter), (world.case(1).report, world.case(1).reporter));
    assert_eq!((split.links.len(), world.case(1).links.len()), (1, 1));
    assert!(world.issue(2).body.contains("NetBind"), "it shows the same report");
    assert!(say(&mut world, ALICE, 1, "!undo").await.contains("undo there"));
    say(&mut world, BOB, 2, "!undo").await;
    assert_eq!(world.case(2).closure().map(|closure| closure.word()), Some("not-a-report"));
    assert!(!world.issue(2).open);

    world.deliver(&more(1).answering(&Mail::report().write()).write());
    world.settle().await;
    let told = say(&mut world, BOB, 1, "!new").await;
    assert!(told.contains("is now SIR-2026-0003"), "{told}");
    assert!(world.issue(3).body.contains("on Linux"));
    world.deliver(
        &Mail { id: Some("later@reporter.example".to_owned()), ..more(2).answering(&more(1).write()) }
            .write(),
    );
    world.settle().await;
    assert_eq!((world.case(3).replies, world.case(1).replies), (1, 1), "its thread goes on there");
    assert!(say(&mut world, BOB, 1, "!new 1").await.contains("split makes one more case of it"));
    assert!(say(&mut world, BOB, 1, "!new 777").await.contains("is not of this case"));
    world.nothing_is_left_over();
}

/// MAIL 2: the waiting room: "members get one line each within 4 working hours; `!open`, `!spam`".
#[tokio::test]
async fn waiting_mails_are_opened_or_set_aside_by_an_answer_to_the_notice() {
    let mut world = reported().await;
    for n in 1..=2 {
        let chatter = Mail::new(
            "s@shop.example",
            "Hello",
            &format!("c{n}@shop.example"),
            &format!("Nice weather {n}."),
        );
        world.deliver(&chatter.write());
    }
    world.settle().await;
    world.at("2026-11-23T14:00:00Z");
    world.settle().await;
    let waiting: Vec<i64> = world.mails(FateWord::Waiting).iter().map(|row| row.id.0).collect();
    let sent = world.sent_to("alice@members.example");
    let asked = sent.iter().rfind(|mail| mail.contains("2 mails wait")).unwrap();
    let told = readable(asked);
    assert!(told.contains("  open NUMBER") && told.contains("  spam NUMBER"), "{told}");
    let text = format!("!open {}\n!spam {}", waiting[0], waiting[1]);
    let mail = Mail::new(ALICE, "Re: wait", "w1@members.example", &text).to(BOT).answering(asked);
    world.deliver(&mail.clone().sealed(world.now()).write());
    world.settle().await;
    let told = transcript(&world, ALICE, &mail);
    assert!(told.contains(&format!("mail {} is now SIR-2026-0002", waiting[0])), "{told}");
    assert!(told.contains("is set aside"), "{told}");
    assert_eq!(world.mails(FateWord::Screened).len(), 1);
    let back = Mail::new(BOB, "Re: wait", "w2@members.example", &format!("!open {}", waiting[1])).to(BOT);
    let sent = world.sent_to("bob@members.example");
    let asked = sent.iter().rfind(|mail| mail.contains("2 mails wait")).unwrap();
    world.deliver(&back.answering(asked).sealed(world.now()).write());
    world.settle().await;
    assert_eq!(world.cases().len(), 3, "spam is taken back by open");
    say(&mut world, BOB, 2, "!undo").await;
    assert_eq!(world.case(2).closure().map(|closure| closure.word()), Some("not-a-report"));
    assert!(say(&mut world, BOB, 1, "!open 1").await.contains("is of this case"));
    assert!(say(&mut world, BOB, 1, "!spam 1").await.contains("there is no mail 1 that waits"));
    world.nothing_is_left_over();
}

/// RUNBOOK: "Forwarded reports: the forwarder is the reporter until `!reporter <address>`."
#[tokio::test]
async fn letters_go_to_the_reporter_that_a_member_names() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!reporter finder@origin.example\n!ack").await;
    assert_eq!((letters(&world).len(), world.sent_to("finder@origin.example").len()), (0, 1));
    let letter = world.sent_to("finder@origin.example").pop().unwrap();
    assert!(readable(&letter).contains("\n\nHello,\n"), "not by the forwarder's name");
    let answer = Mail::new("finder@origin.example", "Re: yours", "o1@origin.example", "Thank you.");
    world.deliver(&answer.answering(&letter).write());
    world.settle().await;
    assert_eq!((world.case(1).replies, world.case(1).quarantined), (1, 0));
    assert!(
        say(&mut world, ALICE, 1, "!reporter bob@members.example")
            .await
            .contains("that address is a member's")
    );
    assert!(say(&mut world, ALICE, 1, &format!("!reporter {BOT}")).await.contains("cannot be written to"));
    say(&mut world, BOB, 1, "!undo 1").await;
    say(&mut world, BOB, 1, "!reply\nHello Rena.").await;
    assert_eq!(letters(&world).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 7, class 3: "`!link mail <address>`: + `!confirm <nonce>`: the asker gets no nonce, every other member, chair or TSC
/// contact gets their own with the exact act (SHA-256 bound, 24 h)".
#[tokio::test]
async fn a_further_reporter_is_added_by_two_people() {
    let mut world = two().await;
    let second = |n: u32, world: &World| {
        let last = world.sent_to(RENA).pop().unwrap();
        Mail::new("rita@second.example", "Re: yours", &format!("rita{n}@second.example"), "I was there too.")
            .answering(&last)
    };
    let told = say(&mut world, ALICE, 1, "!link mail rita@second.example").await;
    assert!(told.contains("waits for a second person"), "{told}");
    world.deliver(&second(1, &world).write());
    world.settle().await;
    assert_eq!(world.case(1).quarantined, 1, "not yet of the case");
    let mut nonces = std::collections::BTreeSet::new();
    for who in ["bob@members.example", "carol@chairs.example", "tess@tsc.example"] {
        let asked = notice(&world, who, "asks you to confirm");
        assert!(asked.contains("link mail rita@second.example"), "{asked}");
        nonces
            .insert(asked.split("  confirm ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned());
    }
    assert_eq!(nonces.len(), 3, "each has their own");
    let bobs = notice(&world, "bob@members.example", "asks you to confirm");
    let bobs = bobs.split("  confirm ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(say(&mut world, ALICE, 1, &format!("!confirm {bobs}")).await.contains("confirms nothing here"));
    assert!(say(&mut world, CAROL, 1, &format!("!confirm {bobs}")).await.contains("confirms nothing here"));
    assert!(
        say(&mut world, BOB, 2, &format!("!confirm {bobs}")).await.contains("confirms nothing here"),
        "another case"
    );
    say(&mut world, BOB, 1, &format!("!confirm {bobs}")).await;
    world.deliver(&second(2, &world).write());
    world.settle().await;
    assert_eq!((world.case(1).quarantined, world.case(1).replies), (1, 1));
    say(&mut world, CAROL, 1, "!undo 1").await;
    world.deliver(&second(3, &world).write());
    world.settle().await;
    assert_eq!(world.case(1).quarantined, 2);

    say(&mut world, ALICE, 1, "!link mail rolf@second.example").await;
    let late = notice(&world, "bob@members.example", "asks you to confirm");
    let late = late.split("  confirm ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    world.pass(25);
    assert!(say(&mut world, BOB, 1, &format!("!confirm {late}")).await.contains("is over"));
    world.nothing_is_left_over();
}

/// The RFC: "SIG-Chair(s) raise urgent issues with TSC"; taken back, they are told so.
#[tokio::test]
async fn those_above_are_asked_for_help_and_told_when_it_is_over() {
    let mut world = reported().await;
    let told = say(&mut world, ALICE, 1, "!raise").await;
    assert!(told.contains("raised to carol"), "{told}");
    assert!(world.sent_to("carol@chairs.example").iter().any(|mail| mail.contains("asks for your help")));
    assert!(world.sent_to("tess@tsc.example").is_empty());
    assert!(say(&mut world, BOB, 1, "!raise").await.contains("raised already"));
    say(&mut world, BOB, 1, "!raise tsc No time before Christmas").await;
    let asked = notice(&world, "tess@tsc.example", "asks for your help");
    assert!(
        !asked.contains("NetBind") && asked.contains("Bob Birch says that this case needs help"),
        "{asked}"
    );
    say(&mut world, ALICE, 1, "!undo").await;
    assert!(world.sent_to("tess@tsc.example").iter().any(|mail| mail.contains("help is no longer needed")));
    world.nothing_is_left_over();
}
