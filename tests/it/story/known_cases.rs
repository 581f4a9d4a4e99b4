//! Earlier cases of our own: how they stand is told to members as it is, and floods of them cost little.

use sir_intake::case::Closure;
use sir_intake::known::Status;
use sir_intake::known::own_case::{self, OwnCase};
use sir_intake::practice::loopback::{ROSTER, Settings};

use super::command_desk::{ALICE, reported, say};
use super::intake::nth_report;
use super::known::{feed, known};
use super::post::Mail;
use crate::world::World;

/// KNOWN: "Duplicates among own cases, rejections included": why it was rejected stands in the row.
#[tokio::test]
async fn an_earlier_rejection_is_shown_with_its_class_and_an_open_one_as_open() {
    let mut world = reported().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&nth_report(2, "sam@second.example").write());
    world.settle().await;
    let page = world.issue(2).body;
    assert!(known(&page).contains("/1) | open, "), "{page}");
    say(&mut world, ALICE, 1, "!close wai You opened the file yourself").await;
    world.deliver(&nth_report(3, "tess@third.example").write());
    world.settle().await;
    let page = world.issue(3).body;
    assert!(known(&page).contains("/1) | closed: **rejected**, works as intended, "), "{page}");
    let record = world.mirror().get("SIR-2026-0001").unwrap().unwrap();
    assert_eq!((record.status, record.closure), (Status::Rejected, Some(Closure::Wai)));
    say(&mut world, ALICE, 1, "!reopen").await;
    world.settle().await;
    let record = world.mirror().get("SIR-2026-0001").unwrap().unwrap();
    assert_eq!((record.status, record.closure), (Status::Open, None));
    world.nothing_is_left_over();
}

/// A disclosed case is no rejection, and neither is a duplicate or what was public already.
#[tokio::test]
async fn a_disclosed_case_is_shown_as_disclosed() {
    let shown = [
        (Closure::Disclosed, Status::Closed, "closed: **disclosed**, Sat 1 Mar 2025"),
        (Closure::KnownPublic, Status::Closed, "closed: public already, Sat 1 Mar 2025"),
        (Closure::Duplicate, Status::Closed, "closed: a duplicate, Sat 1 Mar 2025"),
        (Closure::Spam, Status::Rejected, "closed: **rejected**, spam, Sat 1 Mar 2025"),
    ];
    for (closure, status, words) in shown {
        let mut world = World::new().await;
        let earlier = OwnCase {
            id: "SIR-2025-0009".to_owned(),
            subject: "Heap overflow in Multiplayer".to_owned(),
            text: super::post::OVERFLOW.to_owned(),
            received: "2025-03-01T10:00:00Z".parse().unwrap(),
            closure: Some(closure),
        };
        assert_eq!(own_case::record(&earlier).status, status);
        world.mirror().put(&[own_case::record(&earlier)]).unwrap();
        world.deliver(&Mail::report().write());
        world.settle().await;
        let page = world.issue(1).body;
        assert!(known(&page).contains(words), "{page}");
        world.nothing_is_left_over();
    }
}

/// Many at once: their pages open first, and every one still says which earlier case it repeats.
#[tokio::test]
async fn in_a_flood_each_page_still_gets_its_findings() {
    let mut world = reported().await;
    for number in 2..=20 {
        world.deliver(&nth_report(number, &format!("r{number}@flood{number}.example")).write());
    }
    world.settle().await;
    for number in 2..=20 {
        let page = world.issue(number).body;
        assert!(known(&page).contains("Earlier cases"), "{number}: {page}");
        assert!(!known(&page).contains("not yet"), "{number}: {page}");
        let later: Vec<u64> =
            (number..=20).filter(|later| page.contains(&format!("SIR-2026-{later:04}]"))).collect();
        assert!(later.is_empty(), "{number} names what came after it: {later:?}");
    }
    world.nothing_is_left_over();
}

/// Of a flood a page waits a little for its check: none is opened that says nothing of it and is drawn anew a moment later.
#[tokio::test]
async fn in_a_flood_the_page_waits_for_its_check_and_the_receipt_does_not() {
    let rest = format!("{ROSTER}[waiting]\ncases_per_hour = 50\n");
    let mut world = World::with(Settings { rest, ..Settings::default() }).await;
    world.mirror_learns("2018", &feed(&[]));
    let from = |number| format!("r{number}@flood{number}.example");
    for number in 1..=30 {
        world.deliver(&nth_report(number, &from(number)).write());
    }
    world.settle().await;
    let sent: usize = (1..=30).map(|number| world.sent_to(&from(number)).len()).sum();
    assert_eq!(sent, 30, "receipts");
    world.settle_within(1).await;
    assert_eq!(world.peers.hub.issues().len(), 30);
    let opened: Vec<String> =
        world.peers.hub.heard().into_iter().filter(|line| line.contains("report received")).collect();
    assert_eq!(opened.len(), 30, "each opened once");
    assert!(!opened.iter().any(|line| line.contains("not yet, in a moment")), "{opened:?}");
    world.nothing_is_left_over();
}
