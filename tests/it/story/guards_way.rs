//! Letters, notices and pages on the way of a vulnerability: what holds them back or keeps them true. Each was broken once.

use sir_intake::case::act::{ActState, Stopped};
use sir_intake::case::{Event, MemberKey};
use sir_intake::practice::loopback::{ROSTER, Settings};

use super::command_desk::{ALICE, BOB, CAROL, flat, hold_ends, letters, readable, reported_with_hold};
use super::disclosure::{STUDIO, approved, assessed, got, rena, say};
use super::post::{Auth, Mail, address};
use crate::story::thread::FIRST;
use crate::world::World;

/// The second line of defense: a letter looks at its act when it leaves, also where nobody took it out of the outbox.
#[tokio::test]
async fn a_letter_whose_act_does_not_stand_any_more_does_not_leave() {
    let by = MemberKey("bob".to_owned());
    for what in ["undone", "stopped"] {
        let mut world = reported_with_hold(600).await;
        super::command_desk::say(&mut world, ALICE, 1, "!ack").await;
        let act = world.case(1).acts[0].number;
        let now = world.now();
        let event = match what {
            "undone" => Event::Undone { act, by: by.clone(), at: now },
            _stopped => Event::LetterStopped { act, why: Stopped::Operator },
        };
        let write = world.daemon().office.store.write("event", move |txn| {
            let mut case = txn.case(FIRST)?;
            case.apply(&event);
            txn.record(&case, &[event], now)
        });
        write.await.unwrap();
        hold_ends(&mut world).await;
        assert_eq!(letters(&world), Vec::<String>::new(), "{what}");
        assert!(!matches!(world.case(1).acts[0].state, ActState::Asked { .. }));
    }
}

/// A reminder that waits for somebody's morning is not sent when its promise was kept in the night.
#[tokio::test]
async fn a_reminder_of_what_was_kept_in_the_night_is_not_sent() {
    let mut world = World::with(Settings { rest: ROSTER.to_owned(), ..Settings::default() }).await;
    world.change_config(
        "addresses = [\"alice@members.example\"]",
        "addresses = [\"alice@members.example\"]\nzone = \"Asia/Tokyo\"",
    );
    world.deliver(&Mail::report().write());
    world.settle().await;
    // 10:00 UTC is 19:00 in Tokyo.
    world.at("2026-11-24T10:00:00Z");
    world.settle().await;
    assert_eq!(got(&world, BOB, "No person has answered the reporter yet"), 1);
    assert_eq!(got(&world, ALICE, "No person has answered the reporter yet"), 0, "not in the night");
    super::command_desk::say(&mut world, BOB, 1, "!ack done").await;
    world.at("2026-11-25T02:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, ALICE, "No person has answered the reporter yet"), 0);
}

/// An organization that was told nothing of this case is a stranger to it, though it is on the list.
#[tokio::test]
async fn an_organization_that_was_told_nothing_is_a_stranger() {
    let mut world = assessed().await;
    let mail =
        Mail::new(&format!("Studio <{STUDIO}>"), "[SIR-2026-0001] what is this?", "s9@studio.example", "Hm?");
    world.deliver(&mail.write());
    world.settle_within(1).await;
    let told = readable(&world.sent_to(address(ALICE)).pop().unwrap());
    assert!(told.contains("a stranger wrote (unverified)") && !told.contains("Example Studios"), "{told}");
}

/// A letter names a day only once both agreed to one.
#[tokio::test]
async fn before_a_day_is_agreed_no_letter_names_one() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!embargo 2026-12-07").await;
    say(&mut world, ALICE, "!cve request").await;
    let letter = flat(&letters(&world).pop().unwrap());
    assert!(letter.contains("we asked for a CVE number"), "{letter}");
    assert!(
        !letter.contains("7 December 2026") && !letter.contains("The day on which we publish"),
        "{letter}"
    );
}

/// A day that was taken back is not the day that stood before.
#[tokio::test]
async fn a_day_that_was_taken_back_is_not_what_the_day_moved_from() {
    let mut world = assessed().await;
    let mut n = 20;
    for (day, reason) in [("2026-12-07", ""), ("2026-12-09", " The fix needs two more days")] {
        say(&mut world, ALICE, &format!("!embargo {day}")).await;
        rena(&mut world, n, "Yes.").await;
        n += 1;
        let told = say(&mut world, ALICE, &format!("!agreed{reason}")).await;
        assert!(told.contains("the day is"), "{told}");
    }
    let letter = flat(&letters(&world).pop().unwrap());
    assert!(letter.contains("7 December 2026"), "from that one: {letter}");
    assert!(!letter.contains("30 days"), "nobody speaks of a later end where there is none: {letter}");
    let case = world.case(1);
    let last = case.last_act().unwrap().number;
    let now = world.now();
    // As an undo before the letter left would have done.
    let write = world.daemon().office.store.write("event", move |txn| {
        let mut case = txn.case(FIRST)?;
        let event = Event::Undone { act: last, by: MemberKey("bob".to_owned()), at: now };
        case.apply(&event);
        txn.record(&case, &[event], now)
    });
    write.await.unwrap();
    say(&mut world, ALICE, "!embargo 2026-12-10").await;
    rena(&mut world, n, "Yes.").await;
    let told = say(&mut world, ALICE, "!agreed The fix needs three more days").await;
    assert!(told.contains("the day is Thu 10 Dec 2026"), "{told}");
    let letter = flat(&letters(&world).pop().unwrap());
    assert!(letter.contains("7 December 2026") && !letter.contains("9 December 2026"), "{letter}");
}

/// The page shows a review as done only while nobody objects.
#[tokio::test]
async fn a_review_that_somebody_objects_to_is_open_on_the_page() {
    let mut world = approved().await;
    assert!(world.issue(1).body.contains("- [x] Review of text"), "{}", world.issue(1).body);
    // A third approval: two stand without Bob's.
    let hash = super::advisory::seen(&world).text.short();
    say(&mut world, CAROL, &format!("!approve {hash}")).await;
    say(&mut world, BOB, "!object It is wrong").await;
    let page = world.issue(1).body;
    assert!(page.contains("- [ ] Review of text") && page.contains("Bob Birch objects"), "{page}");
}

/// Each doubt about a mail stands on the page of its case, before its words are read.
#[tokio::test]
async fn the_page_says_what_a_reader_must_doubt() {
    let alone = |n: u32| {
        let mut mail = Mail::report();
        mail.id = Some(format!("d{n}@reporter.example"));
        mail.subject = format!("Heap overflow {n}");
        mail
    };
    let mut ahead = alone(2);
    ahead.date = "Mon, 23 Nov 2026 15:00:00 +0000".to_owned();
    let several = alone(3).with("From: Sam Second <sam@second.example>");
    for (mail, words) in [
        (alone(1).auth(Auth::Fail), "failed authentication"),
        (ahead, "is dated"),
        (several, "names more than one sender"),
    ] {
        let mut world = World::new().await;
        world.deliver(&mail.write());
        world.settle_within(30).await;
        let page = world.issue(1).body;
        assert!(page.contains(words), "{words}: {page}");
        let mut plain = World::new().await;
        plain.deliver(&alone(9).write());
        plain.settle_within(1).await;
        assert!(!plain.issue(1).body.contains(words), "{words}");
    }
}
